//! `decimal`: up to 34 significant digits with a scale of its own per value, in 16 bytes.
//!
//! The bytes hold `coefficient << 14 | scale` as a little-endian `i128`, with trailing zeros of the
//! fraction removed, so that equal numbers have equal bytes and can be grouped and joined as they
//! are. Arithmetic goes through `bigdecimal` and is rounded to 34 digits.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};

/// Characters of a number at most.
const LONGEST_TEXT: usize = 10_000;
/// The largest exponent that is read: a huge one would make a huge integer of a few characters.
const LARGEST_EXPONENT: u32 = 6_000;

const DIGITS: u64 = 34;
const MAX_SCALE: i64 = 6144;

/// A decimal number (see the module's text).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal([u8; 16]);

impl Decimal {
    /// From the 16 bytes of an array cell.
    pub fn from_bytes(bytes: [u8; 16]) -> Decimal {
        Decimal(bytes)
    }

    /// The 16 bytes an array cell holds.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The number `coefficient / 10^scale`.
    fn pack(coefficient: i128, scale: i64) -> Decimal {
        let packed = (coefficient << 14) | i128::from(scale & 0x3fff);
        Decimal(packed.to_le_bytes())
    }

    fn unpack(self) -> (i128, i64) {
        let packed = i128::from_le_bytes(self.0);
        let scale = i64::try_from(packed & 0x3fff).unwrap_or(0);
        (packed >> 14, scale)
    }

    /// From a `bigdecimal`, rounded half away from zero to 34 digits; `None` when it is too large.
    pub fn from_big(big: &BigDecimal) -> Option<Decimal> {
        let mut rounded = if big.digits() > DIGITS {
            big.with_precision_round(std::num::NonZeroU64::new(DIGITS)?, RoundingMode::HalfUp)
        } else {
            big.clone()
        }
        .normalized();
        if rounded.fractional_digit_count() < 0 {
            rounded = rounded.with_scale(0);
        }
        if rounded.fractional_digit_count() > MAX_SCALE {
            rounded = rounded.with_scale(MAX_SCALE).normalized();
        }
        let (coefficient, scale) = rounded.into_bigint_and_exponent();
        let coefficient = coefficient.to_i128()?;
        if coefficient.unsigned_abs() >= 10u128.pow(34) {
            return None;
        }
        Some(Decimal::pack(coefficient, scale))
    }

    /// As a `bigdecimal`.
    pub fn to_big(self) -> BigDecimal {
        let (coefficient, scale) = self.unpack();
        BigDecimal::new(BigInt::from(coefficient), scale)
    }

    /// From a whole number.
    pub fn from_i64(value: i64) -> Decimal {
        Decimal::pack(i128::from(value), 0)
    }

    /// From a double, by its shortest decimal text; `None` for NaN and the infinities.
    pub fn from_f64(value: f64) -> Option<Decimal> {
        if !value.is_finite() {
            return None;
        }
        Decimal::parse(&format!("{value:e}"))
    }

    /// From decimal text such as `-12.50` or `1e5`; `None` when it is none.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let valid = text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
        let exponent = text
            .split_once(['e', 'E'])
            .map_or(Some(0), |(_, e)| e.parse::<i32>().ok())?;
        if !valid
            || text.is_empty()
            || text.len() > LONGEST_TEXT
            || exponent.unsigned_abs() > LARGEST_EXPONENT
        {
            return None;
        }
        Decimal::from_big(&BigDecimal::from_str(text).ok()?)
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        self.to_big().to_f64().unwrap_or(f64::NAN)
    }

    /// The whole part as a `long`, if it fits.
    pub fn to_i64(self) -> Option<i64> {
        self.to_big().with_scale(0).to_i64()
    }

    /// `self + other`, rounded to 34 digits; `None` on overflow.
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        Decimal::from_big(&(self.to_big() + other.to_big()))
    }

    /// `self - other`, rounded to 34 digits; `None` on overflow.
    pub fn checked_sub(self, other: Decimal) -> Option<Decimal> {
        Decimal::from_big(&(self.to_big() - other.to_big()))
    }

    /// `self * other`, rounded to 34 digits; `None` on overflow.
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        Decimal::from_big(&(self.to_big() * other.to_big()))
    }

    /// `self / other`, rounded to 34 digits; `None` for a zero divisor or on overflow.
    pub fn checked_div(self, other: Decimal) -> Option<Decimal> {
        if other.unpack().0 == 0 {
            return None;
        }
        Decimal::from_big(&(self.to_big() / other.to_big()))
    }

    /// The remainder with `0 <= r < |other|`, as Kusto's `%`; `None` for a zero divisor.
    pub fn checked_rem(self, other: Decimal) -> Option<Decimal> {
        if other.unpack().0 == 0 {
            return None;
        }
        let divisor = other.to_big().abs();
        let mut rest = self.to_big() % &divisor;
        if rest < 0 {
            rest += &divisor;
        }
        Decimal::from_big(&rest)
    }

    /// Rounded half away from zero to `places` digits after the point, or before it when negative;
    /// `None` on overflow.
    pub fn rounded(self, places: i64) -> Option<Decimal> {
        let places = places.clamp(-MAX_SCALE, MAX_SCALE);
        let big = self.to_big();
        if places >= 0 && big.fractional_digit_count() <= places {
            return Some(self);
        }
        Decimal::from_big(&big.with_scale_round(places, RoundingMode::HalfUp))
    }

    /// `-self`.
    #[must_use]
    pub fn negated(self) -> Decimal {
        let (coefficient, scale) = self.unpack();
        Decimal::pack(-coefficient, scale)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let ((a, s), (b, t)) = (self.unpack(), other.unpack());
        if s == t {
            a.cmp(&b)
        } else {
            self.to_big().cmp(&other.to_big())
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coefficient, scale) = self.unpack();
        let digits = coefficient.unsigned_abs().to_string();
        let scale = usize::try_from(scale).unwrap_or(0);
        if coefficient < 0 {
            f.write_str("-")?;
        }
        if scale == 0 {
            return f.write_str(&digits);
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{whole}.{fraction}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_equal_bytes() {
        let d = |s| Decimal::parse(s).unwrap();
        assert_eq!(d("1.50"), d("1.5"));
        assert_eq!(d("100").to_string(), "100");
        assert_eq!(d("1e5").to_string(), "100000");
        assert_eq!(d("-0.05").to_string(), "-0.05");
        assert_eq!(d("-7").checked_rem(d("3")).unwrap().to_string(), "2");
        assert_eq!(d("1").checked_div(d("3")).unwrap().to_string().len(), 36);
        assert_eq!(
            d("1000000020000000300000004").to_string(),
            "1000000020000000300000004"
        );
        assert_eq!(d("-2.5").negated(), d("2.5"));
        assert!(d("-2.5") < d("1"));
        assert_eq!(Decimal::parse("1e999999999"), None);
        assert_eq!(Decimal::parse("abc"), None);
    }
}
