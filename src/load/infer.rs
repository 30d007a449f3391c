//! What type a column of an unknown table has: every cell leaves a mark, and the marks decide.

use crate::load::cells::{bool_of, is_word, real_of, whole_number};
use crate::load::json::{Cell, Kind, value};
use crate::temporal;
use crate::types::Type;

/// The kinds of cells a column has shown, a bit each. Nulls and empty strings leave no mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen(u8);

impl Seen {
    pub const BOOL: Seen = Seen(1);
    /// A whole number that is a `long`.
    pub const WHOLE: Seen = Seen(2);
    /// A whole number beyond that, of up to 34 digits.
    pub const BIG: Seen = Seen(4);
    pub const REAL: Seen = Seen(8);
    /// A string in ISO 8601.
    pub const DATE: Seen = Seen(16);
    /// Any other string.
    pub const TEXT: Seen = Seen(32);
    /// An object or array.
    pub const NESTED: Seen = Seen(64);
    /// A word for what is no finite number: a real among numbers, else a string.
    pub const WORD: Seen = Seen(128);

    pub fn add(&mut self, other: Seen) {
        self.0 |= other.0;
    }

    fn only(self, allowed: &[Seen]) -> bool {
        self.0 & !allowed.iter().fold(0, |bits, seen| bits | seen.0) == 0
    }

    /// Whether marks of another kind of cell can no longer change the type.
    fn settled(self) -> bool {
        self.0 & Seen::NESTED.0 != 0
    }

    /// The type of a JSON column; `None` if it has shown nothing.
    pub fn json_type(self) -> Option<Type> {
        Some(if self.0 == 0 {
            return None;
        } else if self.only(&[Seen::BOOL]) {
            Type::Bool
        } else if self.only(&[Seen::WHOLE]) {
            Type::Long
        } else if self.only(&[Seen::WHOLE, Seen::BIG]) {
            Type::Decimal
        } else if self.only(&[Seen::WHOLE, Seen::BIG, Seen::REAL, Seen::WORD])
            && !self.only(&[Seen::WORD])
        {
            Type::Real
        } else if self.only(&[Seen::DATE]) {
            Type::Datetime
        } else if self.only(&[Seen::DATE, Seen::TEXT, Seen::WORD]) {
            Type::String
        } else {
            Type::Dynamic
        })
    }

    /// The type of a column of text cells: what is not of one type is a string.
    pub fn text_type(self) -> Option<Type> {
        match self.json_type()? {
            Type::Dynamic if !self.only(&[Seen::NESTED]) => Some(Type::String),
            ty => Some(ty),
        }
    }

    /// Takes note of a JSON value.
    #[inline]
    pub fn see_json(&mut self, b: &[u8], cell: Cell) {
        if self.settled() {
            return;
        }
        let raw = &b[cell.start..cell.end];
        self.add(match cell.kind {
            Kind::Null => return,
            Kind::True | Kind::False => Seen::BOOL,
            Kind::NotFinite => Seen::REAL,
            Kind::Number => number(raw),
            Kind::Nested => Seen::NESTED,
            Kind::Escaped => Seen::TEXT,
            Kind::Text if raw.is_empty() => return,
            Kind::Text if is_word(raw) => Seen::WORD,
            Kind::Text if self.0 & Seen::TEXT.0 == 0 && is_iso(raw) => Seen::DATE,
            Kind::Text => Seen::TEXT,
        });
    }

    /// Takes note of a cell of CSV.
    pub fn see_text(&mut self, cell: &[u8]) {
        if cell.is_empty() || self.0 & Seen::TEXT.0 != 0 {
            return;
        }
        self.add(std::str::from_utf8(cell).map_or(Seen::TEXT, text_kind));
    }
}

/// The mark of a number as it is written.
fn number(token: &[u8]) -> Seen {
    if whole_number(token).is_some() {
        Seen::WHOLE
    } else if token.len() <= 34 && token.iter().all(|c| matches!(c, b'0'..=b'9' | b'-')) {
        Seen::BIG
    } else {
        Seen::REAL
    }
}

/// The mark of a text cell. Digits that a number would not give back, as `007`, are text.
fn text_kind(text: &str) -> Seen {
    let b = text.as_bytes();
    let digits = b.strip_prefix(b"-").unwrap_or(b);
    match digits.first() {
        Some(b'0') if digits.len() > 1 && digits[1].is_ascii_digit() => match is_iso(b) {
            true => Seen::DATE,
            false => Seen::TEXT,
        },
        Some(b'0'..=b'9') => match b {
            _ if whole_number(b).is_some() => Seen::WHOLE,
            _ if is_iso(b) => Seen::DATE,
            _ if digits.iter().all(u8::is_ascii_digit) => Seen::TEXT,
            _ if real_of(b).is_some() => Seen::REAL,
            _ => Seen::TEXT,
        },
        Some(b'N' | b'I' | b'i') if is_word(b) => Seen::WORD,
        Some(b't' | b'T' | b'f' | b'F') if bool_of(text).is_some() => Seen::BOOL,
        Some(b'{' | b'[') => match value(b, 0) {
            Ok((_, end)) if end == b.len() => Seen::NESTED,
            _ => Seen::TEXT,
        },
        _ => Seen::TEXT,
    }
}

/// Whether text is a time in ISO 8601: `yyyy-MM-dd`, maybe with `Thh:mm[:ss[.f…]]` (a space does
/// for the `T`) and `Z` or an offset.
pub(super) fn is_iso(b: &[u8]) -> bool {
    let shaped = b.len() >= 10
        && b[4] == b'-'
        && b[7] == b'-'
        && b[..10].iter().filter(|c| c.is_ascii_digit()).count() == 8
        && (b.len() == 10 || (matches!(b[10], b'T' | b't' | b' ') && b.get(13) == Some(&b':')));
    shaped && std::str::from_utf8(b).is_ok_and(|text| temporal::parse_datetime(text).is_some())
}

/// The type that holds the values of two files' columns of one name. `text` when both come from
/// text, where types are guesses.
pub(super) fn unify(a: Type, b: Type, text: bool) -> Type {
    use Type::{Datetime, Decimal, Dynamic, Guid, Int, Long, Real, String, Timespan};
    match (a, b) {
        _ if a == b => a,
        (Int, Long) | (Long, Int) => Long,
        (Int | Long, Real) | (Real, Int | Long) => Real,
        (Int | Long, Decimal) | (Decimal, Int | Long) => Decimal,
        (Real, Decimal) | (Decimal, Real) => Real,
        (String, Datetime | Timespan | Guid) | (Datetime | Timespan | Guid, String) => String,
        _ if text => String,
        _ => Dynamic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_type_they_are_written_in() {
        for (text, expected) in [
            ("12", Type::Long),
            ("-12", Type::Long),
            ("007", Type::String),
            ("1.50", Type::Real),
            ("12345678901234567890", Type::String),
            ("2024-01-31T10:00:00Z", Type::Datetime),
            ("0001-01-01", Type::Datetime),
            ("10.0.0.1", Type::String),
            ("2024-13-31", Type::String),
            ("TRUE", Type::Bool),
            ("{\"a\":1}", Type::Dynamic),
            ("{a}", Type::String),
            ("inf", Type::String),
            ("-", Type::String),
        ] {
            let mut seen = Seen::default();
            seen.see_text(text.as_bytes());
            assert_eq!(seen.text_type(), Some(expected), "{text}");
        }
    }
}
