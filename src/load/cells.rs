//! Builds a column of a KQL type from the cells of a file, each as it comes: text, a JSON value, a
//! number. What does not fit becomes null and is said to the caller.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int32Builder, Int64Builder,
    StringViewBuilder,
};

use crate::decimal::Decimal;
use crate::json;
use crate::load::json::{Cell, Kind, unescape};
use crate::temporal;
use crate::text;
use crate::types::Type;

/// How much of a cell that does not fit is shown.
const SAMPLE: usize = 40;

/// Whether a cell fitted its column's type.
pub(super) type Fits = bool;

/// A column being built.
pub(super) struct CellBuilder {
    column: Column,
    ty: Type,
    /// A dynamic column whose text cells may hold JSON text (a published one, as exports have it).
    holds_json: bool,
    scratch: String,
}

enum Column {
    Bool(BooleanBuilder),
    Int(Int32Builder),
    /// Also datetime and timespan.
    Long(Int64Builder),
    Real(Float64Builder),
    Text(StringViewBuilder),
    /// Decimal and guid.
    Bytes(FixedSizeBinaryBuilder),
}

impl CellBuilder {
    /// A builder for `rows` rows or so.
    pub fn new(ty: Type, holds_json: bool, rows: usize) -> CellBuilder {
        let column = match ty {
            Type::Bool => Column::Bool(BooleanBuilder::with_capacity(rows)),
            Type::Int => Column::Int(Int32Builder::with_capacity(rows)),
            Type::Long | Type::Datetime | Type::Timespan => {
                Column::Long(Int64Builder::with_capacity(rows))
            }
            Type::Real => Column::Real(Float64Builder::with_capacity(rows)),
            Type::String | Type::Dynamic | Type::Unknown => {
                Column::Text(StringViewBuilder::with_capacity(rows))
            }
            Type::Decimal | Type::Guid => {
                Column::Bytes(FixedSizeBinaryBuilder::with_capacity(rows, 16))
            }
        };
        CellBuilder {
            column,
            ty,
            holds_json,
            scratch: String::new(),
        }
    }

    /// The column's type.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// The column so far; the builder is empty then.
    pub fn finish(&mut self) -> ArrayRef {
        match &mut self.column {
            Column::Bool(b) => Arc::new(b.finish()),
            Column::Int(b) => Arc::new(b.finish()),
            Column::Long(b) => Arc::new(b.finish()),
            Column::Real(b) => Arc::new(b.finish()),
            Column::Text(b) => Arc::new(b.finish()),
            Column::Bytes(b) => Arc::new(b.finish()),
        }
    }

    /// A cell without a value: null, or `""` in a string column.
    pub fn null(&mut self) {
        match &mut self.column {
            Column::Bool(b) => b.append_null(),
            Column::Int(b) => b.append_null(),
            Column::Long(b) => b.append_null(),
            Column::Real(b) => b.append_null(),
            Column::Text(b) if self.ty == Type::String => b.append_value(""),
            Column::Text(b) => b.append_null(),
            Column::Bytes(b) => b.append_null(),
        }
    }

    /// A cell that cannot be read: null.
    pub fn misfit(&mut self) -> Fits {
        self.null();
        false
    }

    /// A truth value.
    pub fn bool(&mut self, value: bool) -> Fits {
        let text = if value { "true" } else { "false" };
        match (&mut self.column, self.ty) {
            (Column::Bool(b), _) => b.append_value(value),
            (Column::Text(b), _) => b.append_value(text),
            _ => return self.misfit(),
        }
        true
    }

    /// A whole number.
    pub fn whole(&mut self, value: i64) -> Fits {
        match (&mut self.column, self.ty) {
            (Column::Bool(b), _) if value == 0 || value == 1 => b.append_value(value == 1),
            (Column::Int(b), _) => match i32::try_from(value) {
                Ok(value) => b.append_value(value),
                Err(_) => return self.misfit(),
            },
            (Column::Long(b), Type::Long) => b.append_value(value),
            (Column::Real(b), _) => b.append_value(value as f64),
            (Column::Text(b), _) => b.append_value(value.to_string()),
            (Column::Bytes(b), Type::Decimal) => {
                return append_bytes(b, Decimal::from_i64(value).bytes());
            }
            _ => return self.misfit(),
        }
        true
    }

    /// A double.
    pub fn real(&mut self, value: f64) -> Fits {
        match (&mut self.column, self.ty) {
            (Column::Real(b), _) => b.append_value(value),
            (Column::Text(_), _) => {
                let text = text::real_text(value);
                return match self.ty {
                    Type::Dynamic if value.is_finite() => self.dynamic(&text),
                    _ => self.plain(&text),
                };
            }
            (Column::Bytes(b), Type::Decimal) => match Decimal::from_f64(value) {
                Some(d) => return append_bytes(b, d.bytes()),
                None => return self.misfit(),
            },
            _ => match whole_of(value) {
                Some(whole) => return self.whole(whole),
                None => return self.misfit(),
            },
        }
        true
    }

    /// Ticks of a datetime or timespan, in a column of that type or of text.
    pub fn ticks(&mut self, value: i64, from: Type) -> Fits {
        if from == Type::Datetime && !temporal::in_range(value) {
            return self.misfit();
        }
        match &mut self.column {
            Column::Long(b) if self.ty == from => {
                b.append_value(value);
                true
            }
            Column::Text(_) => {
                let text = match from {
                    Type::Datetime => temporal::datetime_text(value),
                    _ => temporal::timespan_text(value),
                };
                self.plain(&text)
            }
            _ => self.misfit(),
        }
    }

    /// 16 bytes of a guid or decimal, in a column of that type or of text.
    pub fn bytes(&mut self, value: [u8; 16], from: Type) -> Fits {
        match &mut self.column {
            Column::Bytes(b) if self.ty == from => append_bytes(b, value),
            Column::Text(_) => {
                let text = match from {
                    Type::Guid => text::guid_text(&value),
                    _ => Decimal::from_bytes(value).to_string(),
                };
                self.plain(&text)
            }
            Column::Real(b) if from == Type::Decimal => {
                b.append_value(Decimal::from_bytes(value).to_f64());
                true
            }
            _ => self.misfit(),
        }
    }

    /// Text that is no JSON text, in a text column.
    fn plain(&mut self, text: &str) -> Fits {
        match &mut self.column {
            Column::Text(b) if self.ty == Type::String => b.append_value(text),
            Column::Text(b) => b.append_value(json::quote(text)),
            _ => return self.misfit(),
        }
        true
    }

    /// A string of the file. In other columns it is read as that type is written; an empty one is
    /// no value.
    pub fn string(&mut self, text: &str) -> Fits {
        match (&mut self.column, self.ty) {
            (Column::Text(b), Type::String) => {
                b.append_value(text);
                true
            }
            (_, Type::Dynamic | Type::Unknown) => {
                if self.holds_json
                    && matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['))
                    && let Some(json) = json::parse_valid(text)
                {
                    return self.dynamic(&json);
                }
                self.plain(text)
            }
            _ => self.converted(text.trim()),
        }
    }

    /// A cell of a text format (CSV): as [`CellBuilder::string`], but a dynamic is JSON text if it
    /// parses, and empty is no value.
    pub fn csv(&mut self, text: &str) -> Fits {
        if self.ty == Type::Dynamic {
            if text.is_empty() {
                self.null();
                return true;
            }
            return match json::parse_valid(text) {
                Some(json) => self.dynamic(&json),
                None => self.plain(text),
            };
        }
        self.string(text)
    }

    fn converted(&mut self, text: &str) -> Fits {
        if text.is_empty() {
            self.null();
            return true;
        }
        match (&mut self.column, self.ty) {
            (Column::Bool(b), _) => match bool_of(text) {
                Some(value) => b.append_value(value),
                None => return self.misfit(),
            },
            (Column::Long(b), Type::Datetime) => match temporal::parse_datetime(text) {
                Some(ticks) => b.append_value(ticks),
                None => return self.misfit(),
            },
            (Column::Long(b), Type::Timespan) => match temporal::parse_timespan(text) {
                Some(ticks) => b.append_value(ticks),
                None => return self.misfit(),
            },
            (Column::Bytes(b), Type::Guid) => match text::parse_guid(text) {
                Some(bytes) => return append_bytes(b, bytes),
                None => return self.misfit(),
            },
            _ => return self.number(text.as_bytes()),
        }
        true
    }

    /// A number as it is written.
    pub fn number(&mut self, token: &[u8]) -> Fits {
        match (&mut self.column, self.ty) {
            (Column::Long(b), Type::Long) => {
                if let Some(value) = whole_number(token) {
                    b.append_value(value);
                    return true;
                }
            }
            (Column::Text(_), _) => {
                let text = String::from_utf8_lossy(token);
                return match self.ty {
                    Type::String => self.string(&text),
                    _ => self.dynamic_of(&text),
                };
            }
            (Column::Bytes(b), Type::Decimal) => {
                return match std::str::from_utf8(token).ok().and_then(Decimal::parse) {
                    Some(d) => append_bytes(b, d.bytes()),
                    None => self.misfit(),
                };
            }
            (Column::Long(_), _) | (Column::Bytes(_), _) => return self.misfit(),
            _ => {}
        }
        match whole_number(token) {
            Some(value) => self.whole(value),
            None => match real_of(token) {
                Some(value) => self.real(value),
                None => self.misfit(),
            },
        }
    }

    /// A dynamic, in its normal form; `null` is no value.
    pub fn dynamic(&mut self, text: &str) -> Fits {
        match &mut self.column {
            _ if json::is_null(text) => self.null(),
            Column::Text(b) => b.append_value(text),
            _ => return self.misfit(),
        }
        true
    }

    fn dynamic_of(&mut self, text: &str) -> Fits {
        match json::parse_valid(text) {
            Some(json) => self.dynamic(&json),
            None => self.misfit(),
        }
    }

    /// A JSON value of text `b`.
    #[inline]
    pub fn json(&mut self, b: &[u8], cell: Cell) -> Fits {
        let raw = &b[cell.start..cell.end];
        match cell.kind {
            Kind::Null => {
                self.null();
                true
            }
            Kind::Text => match std::str::from_utf8(raw) {
                Ok(text) => self.string(text),
                Err(_) => {
                    let text = String::from_utf8_lossy(raw).into_owned();
                    self.string(&text);
                    false
                }
            },
            Kind::Number => self.number(raw),
            Kind::True => self.bool(true),
            Kind::False => self.bool(false),
            Kind::Escaped => {
                let mut text = std::mem::take(&mut self.scratch);
                text.clear();
                let clean = unescape(raw, &mut text);
                let fits = self.string(&text);
                self.scratch = text;
                fits && clean
            }
            Kind::NotFinite => match raw {
                b"NaN" => self.real(f64::NAN),
                b"-Infinity" => self.real(f64::NEG_INFINITY),
                _ => self.real(f64::INFINITY),
            },
            Kind::Nested => self.nested(raw),
        }
    }

    /// JSON text of an object or array.
    pub fn nested(&mut self, raw: &[u8]) -> Fits {
        let Ok(text) = std::str::from_utf8(raw) else {
            let text = String::from_utf8_lossy(raw).into_owned();
            self.nested(text.as_bytes());
            return false;
        };
        match (&mut self.column, json::parse_valid(text)) {
            (Column::Text(b), Some(json)) => {
                b.append_value(json);
                true
            }
            _ => self.misfit(),
        }
    }
}

fn append_bytes(builder: &mut FixedSizeBinaryBuilder, bytes: [u8; 16]) -> Fits {
    builder.append_value(bytes).is_ok()
}

/// The beginning of a cell, for a message.
pub(super) fn sample(text: &str) -> String {
    text::beginning(text, SAMPLE).into_owned()
}

/// `true`, `false` in any case, `1`, `0`.
pub(super) fn bool_of(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The whole number that is written so, digits with a sign, if it is a `long`.
#[inline]
pub(super) fn whole_number(token: &[u8]) -> Option<i64> {
    let (negative, digits) = match token {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut value: u64 = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    if negative {
        0i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    }
}

/// Whether text is a real that is no finite number.
pub(super) fn is_word(text: &[u8]) -> bool {
    matches!(text, b"NaN" | b"Infinity" | b"-Infinity" | b"inf" | b"-inf")
}

/// The real that is written so.
pub(super) fn real_of(token: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(token).ok()?;
    let number = text.parse::<f64>().ok()?;
    // Rust also reads `infinity`, `nan`; Kusto's spellings are these, in JSON and in text
    (number.is_finite() || is_word(token)).then_some(number)
}

/// The long that a double equals, if any.
fn whole_of(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(value as i64)
}
