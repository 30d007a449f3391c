//! Writing JSON text: quoting, and arrays and bags piece by piece.

use std::borrow::Cow;

use super::{DATETIME_MARK, Kind, elements, entries, kind};
use crate::temporal;
use crate::text;
use crate::types::Value;

/// Appends `content` as a JSON string.
pub fn write_quoted(content: &str, out: &mut String) {
    out.push('"');
    write_escaped(content, out);
    out.push('"');
}

/// Appends the content of a JSON string, escaped.
pub(super) fn write_escaped(content: &str, out: &mut String) {
    let bytes = content.as_bytes();
    let (mut start, mut i) = (0, 0);
    loop {
        i += plain(&bytes[i..]);
        let Some(b) = bytes.get(i) else { break };
        let escape = match b {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            _ => "",
        };
        out.push_str(&content[start..i]);
        i += 1;
        start = i;
        if escape.is_empty() {
            out.push_str("\\u00");
            for digit in [b >> 4, b & 15] {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&content[start..]);
}

/// How many bytes at the front stand for themselves in a JSON string.
fn plain(bytes: &[u8]) -> usize {
    let escaped = |b: &u8| *b < 32 || *b == b'"' || *b == b'\\';
    let mut length = 0;
    // Without an early exit a chunk is looked at as a whole.
    let chunks = bytes.chunks_exact(16);
    for chunk in chunks {
        if chunk.iter().fold(false, |any, b| any | escaped(b)) {
            break;
        }
        length += chunk.len();
    }
    let rest = &bytes[length..];
    length + rest.iter().position(escaped).unwrap_or(rest.len())
}

/// `content` as a JSON string.
pub fn quote(content: &str) -> String {
    let mut out = String::with_capacity(content.len() + 2);
    write_quoted(content, &mut out);
    out
}

/// Appends a datetime in its private form, as `datetime(…)` inside `dynamic(…)` is kept.
pub fn write_datetime(ticks: i64, out: &mut String) {
    out.push('"');
    out.push_str(DATETIME_MARK);
    temporal::write_datetime(ticks, out);
    out.push('"');
}

/// Appends a scalar as `pack_array`, `bag_pack` and `make_list` store it: datetimes, timespans,
/// guids and decimals as strings of their text, NaN and the infinities too, null as `null`.
pub fn write_element(value: &Value, out: &mut String) {
    match value {
        Value::Null(_) => out.push_str("null"),
        Value::Bool(v) => out.push_str(if *v { "true" } else { "false" }),
        Value::Int(v) => text::write_long(i64::from(*v), out),
        Value::Long(v) => text::write_long(*v, out),
        Value::Real(v) => write_real(*v, out),
        Value::String(v) => write_quoted(v, out),
        Value::Dynamic(v) => out.push_str(v),
        Value::Decimal(_) | Value::Datetime(_) | Value::Timespan(_) | Value::Guid(_) => {
            out.push('"');
            text::write_value(value, out);
            out.push('"');
        }
    }
}

/// Appends a real as JSON; what JSON lacks becomes a string.
pub(crate) fn write_real(value: f64, out: &mut String) {
    if value.is_finite() {
        text::write_real(value, out);
    } else if value.is_nan() {
        out.push_str("\"NaN\"");
    } else if value > 0.0 {
        out.push_str("\"Infinity\"");
    } else {
        out.push_str("\"-Infinity\"");
    }
}

/// The dynamic a scalar becomes (see [`write_element`]); `None` for null.
pub fn from_value(value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let mut out = String::new();
    write_element(value, &mut out);
    Some(out)
}

/// Writes an array element by element.
#[derive(Debug)]
pub struct ArrayWriter(String);

impl Default for ArrayWriter {
    fn default() -> ArrayWriter {
        ArrayWriter::new()
    }
}

impl ArrayWriter {
    /// An empty array.
    pub fn new() -> ArrayWriter {
        ArrayWriter("[".into())
    }

    /// An empty array in the place of a text that is no longer needed.
    pub fn over(mut text: String) -> ArrayWriter {
        text.clear();
        text.push('[');
        ArrayWriter(text)
    }

    /// Where to write the next element.
    pub fn element(&mut self) -> &mut String {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        &mut self.0
    }

    /// Adds an element that is JSON text.
    pub fn push_json(&mut self, json: &str) {
        self.element().push_str(json);
    }

    /// Adds a string.
    pub fn push_str(&mut self, content: &str) {
        write_quoted(content, self.element());
    }

    /// Adds a whole number.
    pub fn push_long(&mut self, value: i64) {
        text::write_long(value, self.element());
    }

    /// Adds a real.
    pub fn push_real(&mut self, value: f64) {
        write_real(value, self.element());
    }

    /// Adds any value (see [`write_element`]).
    pub fn push_value(&mut self, value: &Value) {
        write_element(value, self.element());
    }

    /// Bytes written so far.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// The array's text.
    pub fn finish(mut self) -> String {
        self.0.push(']');
        self.0
    }
}

/// Writes a property bag entry by entry; keys must not repeat.
#[derive(Debug)]
pub struct BagWriter(String);

impl Default for BagWriter {
    fn default() -> BagWriter {
        BagWriter::new()
    }
}

impl BagWriter {
    /// An empty bag.
    pub fn new() -> BagWriter {
        BagWriter("{".into())
    }

    /// Writes a key; the caller then writes its value.
    pub fn key(&mut self, key: &str) -> &mut String {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_quoted(key, &mut self.0);
        self.0.push(':');
        &mut self.0
    }

    /// Adds an entry whose value is JSON text.
    pub fn entry_json(&mut self, key: &str, json: &str) {
        self.key(key).push_str(json);
    }

    /// Adds an entry whose value is a string.
    pub fn entry_str(&mut self, key: &str, content: &str) {
        write_quoted(content, self.key(key));
    }

    /// Adds an entry of any value (see [`write_element`]).
    pub fn entry_value(&mut self, key: &str, value: &Value) {
        write_element(value, self.key(key));
    }

    /// Whether no entry was added.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 1
    }

    /// The bag's text.
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// The same JSON with the keys of every bag sorted by their bytes.
pub fn sorted(text: &str) -> Cow<'_, str> {
    match kind(text) {
        Kind::Array => {
            let mut out = ArrayWriter::new();
            for element in elements(text) {
                out.push_json(&sorted(element));
            }
            Cow::Owned(out.finish())
        }
        Kind::Bag => {
            let mut all: Vec<(Cow<'_, str>, &str)> = entries(text).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            let mut out = BagWriter::new();
            for (key, value) in all {
                out.entry_json(&key, &sorted(value));
            }
            Cow::Owned(out.finish())
        }
        _ => super::for_output(text),
    }
}
