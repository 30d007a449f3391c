//! Dynamic values: JSON text, and reading it without building trees.
//!
//! A dynamic column's cell is arrow null for JSON's `null`, else compact, normalised JSON text as
//! [`parse`] and the writers here make it. One scalar is not JSON: a datetime (written as a literal
//! inside `dynamic(…)`) is a JSON string whose content starts with the raw bytes `0x01` `d`, then
//! `tostring`'s text. Valid JSON has no raw control bytes, so nothing else looks like it;
//! [`for_output`] takes the mark away.

mod access;
mod path;
mod scan;
mod write;

pub use access::{
    Elements, Entries, element, elements, entries, length, member, member_chain, unescape,
};
pub use path::{Path, Step};
pub use scan::{Parsed, parse, parse_member, parse_valid};
pub(crate) use write::write_real;
pub use write::{
    ArrayWriter, BagWriter, from_value, quote, sorted, write_datetime, write_element, write_quoted,
};

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::temporal;
use crate::text;
use crate::types::Value;

/// What marks the content of a JSON string as a datetime.
pub(crate) const DATETIME_MARK: &str = "\u{1}d";

/// What a dynamic value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`, or nothing.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number within `long`.
    Long,
    /// Any other number.
    Double,
    /// A string.
    String,
    /// A datetime literal.
    Datetime,
    /// An array.
    Array,
    /// A property bag.
    Bag,
}

impl Kind {
    /// What `gettype()` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "bool",
            Kind::Long => "long",
            Kind::Double => "double",
            Kind::String => "string",
            Kind::Datetime => "datetime",
            Kind::Array => "array",
            Kind::Bag => "dictionary",
        }
    }
}

/// What a JSON text is.
pub fn kind(text: &str) -> Kind {
    let text = text.trim_start();
    match text.as_bytes().first() {
        Some(b'{') => Kind::Bag,
        Some(b'[') => Kind::Array,
        Some(b'"') if text[1..].starts_with(DATETIME_MARK) => Kind::Datetime,
        Some(b'"') => Kind::String,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'-' | b'0'..=b'9') => {
            let whole = !text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'));
            // Nineteen characters always fit.
            if whole && (text.len() < 19 || text.trim_end().parse::<i64>().is_ok()) {
                Kind::Long
            } else {
                Kind::Double
            }
        }
        _ => Kind::Null,
    }
}

/// Whether a JSON text is `null`.
pub fn is_null(text: &str) -> bool {
    kind(text) == Kind::Null
}

/// The value a JSON text holds: scalars as themselves, arrays and bags as dynamic.
pub fn value_of(text: &str) -> Value {
    let text = text.trim();
    match kind(text) {
        Kind::Null => Value::Null(crate::types::Type::Dynamic),
        Kind::Bool => Value::Bool(text == "true"),
        Kind::Long => Value::Long(text.parse().unwrap_or(0)),
        Kind::Double => Value::Real(text.parse().unwrap_or(f64::NAN)),
        Kind::String => Value::String(unescape(text).into()),
        Kind::Datetime => Value::Datetime(datetime_of(text).unwrap_or(0)),
        Kind::Array | Kind::Bag => Value::Dynamic(text.into()),
    }
}

/// The number a JSON text holds, if it holds one.
pub fn number(text: &str) -> Option<f64> {
    match text.trim().as_bytes().first()? {
        b'-' | b'0'..=b'9' => text.trim().parse().ok(),
        _ => None,
    }
}

/// Ticks of a datetime in its private form.
pub fn datetime_of(text: &str) -> Option<i64> {
    let content = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    temporal::parse_datetime(content.strip_prefix(DATETIME_MARK)?)
}

/// `tostring` of a dynamic: the content of a string, nothing for null, else compact JSON.
pub fn display(text: &str) -> Cow<'_, str> {
    match kind(text) {
        Kind::Null => Cow::Borrowed(""),
        Kind::String | Kind::Datetime => unescape(text),
        _ => for_output(text),
    }
}

/// A dynamic as results carry it: plain JSON, datetimes as strings.
pub fn for_output(text: &str) -> Cow<'_, str> {
    if memchr::memchr(1, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(DATETIME_MARK, ""))
}

/// Whether two dynamic values are the same: numbers by value (`1` is `1.0`), bags whatever the
/// order of their keys, datetimes like their text.
pub fn equal(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (kind(a), kind(b)) {
        (Kind::Null, Kind::Null) => true,
        (Kind::Long | Kind::Double, Kind::Long | Kind::Double) => {
            compare_numbers(a, b) == Some(Ordering::Equal)
        }
        (Kind::String | Kind::Datetime, Kind::String | Kind::Datetime) => {
            unescape(a) == unescape(b)
        }
        (Kind::Bool, Kind::Bool) => a.trim() == b.trim(),
        (Kind::Array, Kind::Array) => {
            length(a) == length(b) && elements(a).zip(elements(b)).all(|(x, y)| equal(x, y))
        }
        (Kind::Bag, Kind::Bag) => {
            entries(a).count() == entries(b).count()
                && entries(a).all(|(key, x)| member(b, &key).is_some_and(|y| equal(x, y)))
        }
        _ => false,
    }
}

/// The order of two JSON numbers; whole numbers are compared exactly.
pub fn compare_numbers(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.trim(), b.trim());
    if let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>()) {
        return Some(a.cmp(&b));
    }
    number(a)?.partial_cmp(&number(b)?)
}

/// A text that is equal for equal values and different for different ones: what sets of dynamic
/// elements are kept by. Whole reals lose their fraction, bags have sorted keys.
pub fn identity(text: &str) -> Cow<'_, str> {
    match kind(text) {
        Kind::Double => match number(text) {
            Some(v) if v == v.trunc() && v.abs() < 9e15 => {
                let whole = v as i64;
                Cow::Owned(whole.to_string())
            }
            Some(v) => Cow::Owned(text::real_text(v)),
            None => Cow::Borrowed(text),
        },
        Kind::Datetime => Cow::Owned(for_output(text).into_owned()),
        Kind::Array => {
            let mut out = ArrayWriter::new();
            for element in elements(text) {
                out.push_json(&identity(element));
            }
            Cow::Owned(out.finish())
        }
        Kind::Bag => {
            let mut all: Vec<(Cow<'_, str>, &str)> = entries(text).collect();
            all.sort_by(|x, y| x.0.cmp(&y.0));
            let mut out = BagWriter::new();
            for (key, value) in all {
                out.entry_json(&key, &identity(value));
            }
            Cow::Owned(out.finish())
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests;
