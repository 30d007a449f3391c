//! KQL's text forms: `tostring` of every type, and the conversions from text that invert it.

mod real;

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::json;
use crate::temporal;
use crate::types::Value;

/// Appends a character as XML has it in text and between double quotes.
pub fn push_xml(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}

/// Whether a character must not reach a terminal as it is: controls, and those that reorder text
/// or hide in it.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Appends a control character's visible form.
pub fn write_control(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if u32::from(c) < 256 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
    }
}

/// Text with its control characters made visible.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_control(c) {
            true => write_control(c, &mut out),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Appends a value as `tostring` gives it; null is empty.
pub fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null(_) => {}
        Value::Bool(v) => out.push_str(bool_text(*v)),
        Value::Int(v) => write_long(i64::from(*v), out),
        Value::Long(v) => write_long(*v, out),
        Value::Real(v) => write_real(*v, out),
        Value::Decimal(v) => {
            let _ = write!(out, "{v}");
        }
        Value::String(v) => out.push_str(v),
        Value::Datetime(v) => temporal::write_datetime(*v, out),
        Value::Timespan(v) => temporal::write_timespan(*v, out),
        Value::Guid(v) => write_guid(v, out),
        Value::Dynamic(v) => out.push_str(&json::display(v)),
    }
}

/// A value as `tostring` gives it.
pub fn value_text(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

/// `True` or `False`.
pub fn bool_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Appends a whole number.
pub fn write_long(value: i64, out: &mut String) {
    let _ = write!(out, "{value}");
}

/// Appends a real with `.0` if whole (`6.0`, `0.1`, `1e-7`, `1.5e21`), `NaN`, `inf`, `-inf`.
pub fn write_real(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "inf" } else { "-inf" });
    } else {
        real::write(value, out);
    }
}

/// A real as `tostring` gives it.
pub fn real_text(value: f64) -> String {
    let mut out = String::new();
    write_real(value, &mut out);
    out
}

/// Appends a guid, lower-case with dashes.
pub fn write_guid(guid: &[u8; 16], out: &mut String) {
    for (i, byte) in guid.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
}

/// A guid, lower-case with dashes.
pub fn guid_text(guid: &[u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    write_guid(guid, &mut out);
    out
}

/// The guid of a text: its first 32 hexadecimal digits, dashes ignored wherever they are.
pub fn parse_guid(text: &str) -> Option<[u8; 16]> {
    let mut guid = [0u8; 16];
    let mut count = 0;
    for b in text.trim().bytes().filter(|b| *b != b'-') {
        let digit = char::from(b).to_digit(16)?;
        guid[count / 2] = guid[count / 2] << 4 | digit as u8;
        count += 1;
        if count == 32 {
            return Some(guid);
        }
    }
    None
}

/// The truth value of a text: `true` or `false` in any case (without spaces, as measured), or a
/// whole number (0 is false).
pub fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        parse_long(text).map(|v| v != 0)
    }
}

/// The `long` of a text: an optional sign and digits, or `0x` and hexadecimal digits, which are
/// unsigned and wrap into the type.
pub fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(hex) = hex_digits(text) {
        return u64::from_str_radix(hex, 16).ok().map(u64::cast_signed);
    }
    text.parse().ok()
}

/// The `int` of a text, as [`parse_long`].
pub fn parse_int(text: &str) -> Option<i32> {
    let text = text.trim();
    if let Some(hex) = hex_digits(text) {
        return u32::from_str_radix(hex, 16).ok().map(u32::cast_signed);
    }
    text.parse().ok()
}

fn hex_digits(text: &str) -> Option<&str> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then_some(digits)
}

/// The `real` of a text: decimal digits with an optional point and exponent, `NaN`, `inf`.
pub fn parse_real(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// One character with case taken out: its lower-case form if that is one character. A character
/// beyond ASCII never becomes an ASCII one (the Kelvin sign stays), so that ASCII texts can be
/// searched for byte by byte.
pub fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(folded), None) if !folded.is_ascii() => folded,
        _ => c,
    }
}

/// A text with case taken out, character by character: what every case-insensitive operator
/// compares.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    if text.chars().all(|c| fold_char(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(fold_char).collect())
}

/// `1 query`, `2 queries`
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The first `most` characters of a text, with a mark if there are more.
pub fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

/// Whether a text fits a pattern in which `*` stands for any characters.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_hidden() {
        assert_eq!(visible("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\x1b[31m\\u202e");
        assert!(matches!(visible("東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn reals_are_written_as_kusto_writes_them() {
        for (value, text) in [
            (6.0, "6.0"),
            (1.5, "1.5"),
            (0.1 + 0.2, "0.30000000000000007"),
            (100_000_000_000.0, "100000000000.0"),
            (1e20, "100000000000000000000.0"),
            (1.5e21, "1.5e21"),
            (0.000_001, "0.000001"),
            (1.25e-7, "1.25e-7"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
            (0.0, "0.0"),
            (40.764_323_000_000_005, "40.764323000000008"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (0.3, "0.3"),
            (-123.456, "-123.456"),
            (100.0, "100.0"),
        ] {
            assert_eq!(real_text(value), text);
        }
    }

    #[test]
    fn reals_read_back() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(real_text(value).parse(), Ok(value));
            }
        }
    }

    #[test]
    fn numbers_from_text() {
        assert_eq!(parse_long(" 7 "), Some(7));
        assert_eq!(parse_long("+4"), Some(4));
        assert_eq!(parse_long("0x10"), Some(16));
        assert_eq!(parse_long("0xFFFFFFFFFFFFFFFF"), Some(-1));
        for bad in [
            "5.7",
            "1e3",
            "5.",
            "1,000",
            "",
            "0x",
            "-0x10",
            "9223372036854775808",
            "0x+1",
        ] {
            assert_eq!(parse_long(bad), None, "{bad}");
        }
        assert_eq!(parse_int("2147483648"), None);
        assert_eq!(parse_real("5."), Some(5.0));
        assert_eq!(parse_real(".5"), Some(0.5));
        assert_eq!(parse_real("0x10"), None);
        assert_eq!(parse_bool("TRUE"), Some(true));
        assert_eq!(parse_bool(" true"), None);
        assert_eq!(parse_bool("0"), Some(false));
        assert_eq!(parse_bool("1.5"), None);
    }

    #[test]
    fn guids_are_read_with_and_without_dashes() {
        let guid = parse_guid("74BE27DE1E4E-49d9b579fe0b331d3642 rest").unwrap();
        assert_eq!(guid_text(&guid), "74be27de-1e4e-49d9-b579-fe0b331d3642");
        assert_eq!(parse_guid("74be27de"), None);
        assert_eq!(parse_guid(""), None);
    }

    #[test]
    fn only_letters_with_one_small_form_are_folded() {
        assert_eq!(fold("PowerShell"), "powershell");
        assert_eq!(fold("İ\u{212a}"), "İ\u{212a}");
    }

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, name, expected) in [
            ("Device*", "DeviceInfo", true),
            ("Device*", "Device", true),
            ("*Events", "DeviceEvents", true),
            ("D*e*s", "DeviceEvents", true),
            ("*_CL", "My_CL", true),
            ("a*b*c", "a1b2c", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("Device", "DeviceInfo", false),
            ("device*", "DeviceInfo", false),
        ] {
            assert_eq!(wildcard(pattern, name), expected, "{pattern} {name}");
        }
    }
}
