//! Reads datetimes from text: ISO 8601 quickly, the other forms token by token.

use super::Civil;
use crate::types::{TICKS_PER_MINUTE, TICKS_PER_SECOND, UNIX_EPOCH_TICKS};

/// Ticks of a datetime in any text form that `todatetime()` and `datetime(…)` share.
///
/// ISO 8601 (an offset is converted to UTC; without one the time is UTC), `yyyy/MM/dd`,
/// `yyyyMMdd`, month-first `MM-dd-yyyy` with `-`, `/` or `.`, `2 Dec 2022`, `Dec 2, 2022`,
/// RFC 822, 850 and 1123. Digits of a second beyond the seventh are dropped.
pub fn parse_datetime(text: &str) -> Option<i64> {
    iso(text.as_bytes()).or_else(|| other(text.trim()))
}

/// Ticks of what stands between the parentheses of a `datetime(…)` literal: the forms of
/// [`parse_datetime`], `y, m[, d]`, and a number. `now` and `null` are the caller's.
pub fn datetime_literal(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(ticks) = parse_datetime(text) {
        return Some(ticks);
    }
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let number = |i: usize| match parts.get(i) {
        Some(p) if !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) => p.parse::<i32>().ok(),
        _ => None,
    };
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let day = if parts.len() == 3 { number(2)? } else { 1 };
    Civil::date(
        number(0)?,
        u8::try_from(number(1)?).ok()?,
        u8::try_from(day).ok()?,
    )
    .to_ticks()
}

// ---------------------------------------------------------------------------------------------
// ISO 8601, the hot path

fn two(b: &[u8], at: usize) -> Option<u8> {
    let (a, b) = (
        b.get(at)?.wrapping_sub(b'0'),
        b.get(at + 1)?.wrapping_sub(b'0'),
    );
    (a < 10 && b < 10).then(|| a * 10 + b)
}

/// `yyyy-MM-dd[(T| )HH:mm[:ss[.f…]]][Z|±hh:mm]` with every part at its full width.
fn iso(b: &[u8]) -> Option<i64> {
    if b.len() < 10 || b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let year = i32::from(two(b, 0)?) * 100 + i32::from(two(b, 2)?);
    let mut civil = Civil::date(year, two(b, 5)?, two(b, 8)?);
    if b.len() == 10 {
        return civil.to_ticks();
    }
    if !matches!(b[10], b'T' | b' ' | b't') || *b.get(13)? != b':' {
        return None;
    }
    civil.hour = two(b, 11)?;
    civil.minute = two(b, 14)?;
    let mut at = 16;
    if b.get(at) == Some(&b':') {
        civil.second = two(b, 17)?;
        at = 19;
        if b.get(at) == Some(&b'.') {
            (civil.tick, at) = fraction(b, at + 1)?;
        }
    }
    let ticks = civil.to_ticks()?;
    match b.get(at..)? {
        [] | [b'Z' | b'z'] => Some(ticks),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let offset = i64::from(two(b, at + 1)?) * 60 + i64::from(two(b, at + 4)?);
            shift(ticks, *sign, offset)
        }
        _ => None,
    }
}

/// Ticks of the digits of a second's fraction from `at` on, and where they end.
pub(super) fn fraction(b: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut end = at;
    let mut ticks = 0u32;
    while let Some(digit) = b.get(end).filter(|d| d.is_ascii_digit()) {
        if end - at < 7 {
            ticks = ticks * 10 + u32::from(digit - b'0');
        }
        end += 1;
    }
    if end == at {
        return None;
    }
    Some((
        ticks * 10u32.pow(7u32.saturating_sub((end - at) as u32)),
        end,
    ))
}

/// To UTC from a zone that is `minutes` east (`+`) or west of it.
fn shift(ticks: i64, sign: u8, minutes: i64) -> Option<i64> {
    if minutes > 14 * 60 {
        return None;
    }
    let offset = minutes * TICKS_PER_MINUTE;
    super::checked(if sign == b'-' {
        ticks + offset
    } else {
        ticks - offset
    })
}

// ---------------------------------------------------------------------------------------------
// All other forms

/// What is left of the text.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
}

impl Reader<'_> {
    fn skip_spaces(&mut self) -> bool {
        let length = self
            .rest
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count();
        self.rest = &self.rest[length..];
        length > 0
    }

    pub(super) fn take(&mut self, wanted: &[u8]) -> Option<u8> {
        let first = *self.rest.first()?;
        wanted.contains(&first).then(|| {
            self.rest = &self.rest[1..];
            first
        })
    }

    /// The next run of digits, at most `most` long: its value and length.
    pub(super) fn digits(&mut self, most: usize) -> Option<(i32, usize)> {
        let length = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if length == 0 || length > most {
            return None;
        }
        let mut value = 0i32;
        for digit in &self.rest[..length] {
            value = value
                .checked_mul(10)?
                .checked_add(i32::from(digit - b'0'))?;
        }
        self.rest = &self.rest[length..];
        Some((value, length))
    }

    pub(super) fn small(&mut self) -> Option<u8> {
        u8::try_from(self.digits(2)?.0).ok()
    }

    /// The next run of letters, lower-case.
    fn word(&mut self) -> Option<String> {
        let length = self
            .rest
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        if length == 0 || length > 12 {
            return None;
        }
        let word = self.rest[..length]
            .iter()
            .map(|b| char::from(b.to_ascii_lowercase()));
        let word = word.collect();
        self.rest = &self.rest[length..];
        Some(word)
    }

    fn month_name(&mut self) -> Option<u8> {
        let word = self.word()?;
        let index = MONTHS.iter().position(|name| abbreviates(&word, name))?;
        u8::try_from(index + 1).ok()
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// Whether `word` is the name or its first three letters.
fn abbreviates(word: &str, name: &str) -> bool {
    word == name || (word.len() == 3 && name.starts_with(word))
}

/// A year as written with two digits (2000 to 2049, 1950 to 1999) or four.
fn year(value: i32, digits: usize) -> Option<i32> {
    match digits {
        4 => Some(value),
        2 if value < 50 => Some(2000 + value),
        2 => Some(1900 + value),
        _ => None,
    }
}

fn other(text: &str) -> Option<i64> {
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return number(text);
    }
    let mut r = Reader {
        rest: text.as_bytes(),
    };
    skip_weekday(&mut r);
    let mut civil = date(&mut r)?;
    let spaced = r.skip_spaces();
    let marked = r.take(b"Tt").is_some();
    if (spaced || marked) && r.rest.first().is_some_and(u8::is_ascii_digit) {
        time(&mut r, &mut civil)?;
    } else if marked {
        return None;
    }
    zone(&mut r, civil.to_ticks()?)
}

/// Digits alone: a year, a date, or seconds since 1970 (seen for small numbers only, so that the
/// lengths that might mean another unit are not guessed).
fn number(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    match text.len() {
        4 => Civil::date(value as i32, 1, 1).to_ticks(),
        8 => Civil::date(
            (value / 10_000) as i32,
            (value / 100 % 100) as u8,
            (value % 100) as u8,
        )
        .to_ticks(),
        1..=3 => Some(UNIX_EPOCH_TICKS + value * TICKS_PER_SECOND),
        _ => None,
    }
}

/// Skips `Fri, `, `Friday, ` or `Fri `.
fn skip_weekday(r: &mut Reader<'_>) {
    let before = r.rest;
    match r.word() {
        Some(word) if WEEKDAYS.iter().any(|name| abbreviates(&word, name)) => {
            r.take(b",");
            r.skip_spaces();
        }
        _ => r.rest = before,
    }
}

fn separator(r: &mut Reader<'_>) -> Option<u8> {
    let before = r.rest;
    let spaced = r.skip_spaces();
    if let Some(mark) = r.take(b"-/.") {
        r.skip_spaces();
        return Some(mark);
    }
    if spaced {
        return Some(b' ');
    }
    r.rest = before;
    None
}

fn date(r: &mut Reader<'_>) -> Option<Civil> {
    if r.rest.first()?.is_ascii_alphabetic() {
        // Dec 2, 2022
        let month = r.month_name()?;
        r.take(b".");
        separator(r)?;
        let day = r.small()?;
        r.take(b",");
        r.skip_spaces();
        let (value, digits) = r.digits(4)?;
        return Some(Civil::date(year(value, digits)?, month, day));
    }
    let (first, length) = r.digits(8)?;
    if length == 8 {
        return Some(Civil::date(
            first / 10_000,
            (first / 100 % 100) as u8,
            (first % 100) as u8,
        ));
    }
    let mark = separator(r)?;
    if r.rest.first()?.is_ascii_alphabetic() {
        // 2 Dec 2022, 02-Dec-22
        let day = u8::try_from(first).ok().filter(|_| length <= 2)?;
        let month = r.month_name()?;
        r.take(b",");
        separator(r)?;
        let (value, digits) = r.digits(4)?;
        return Some(Civil::date(year(value, digits)?, month, day));
    }
    if mark == b' ' {
        return None;
    }
    let second = r.small()?;
    if separator(r)? != mark {
        return None;
    }
    if length == 4 {
        return Some(Civil::date(first, second, r.small()?));
    }
    let month = u8::try_from(first).ok().filter(|_| length <= 2)?;
    let (value, digits) = r.digits(4)?;
    Some(Civil::date(year(value, digits)?, month, second))
}

/// `H:mm[:ss[.f…]][ AM|PM]`
fn time(r: &mut Reader<'_>, civil: &mut Civil) -> Option<()> {
    civil.hour = r.small()?;
    r.take(b":")?;
    civil.minute = r.small()?;
    if r.take(b":").is_some() {
        civil.second = r.small()?;
        if r.take(b".").is_some() {
            let (tick, end) = fraction(r.rest, 0)?;
            civil.tick = tick;
            r.rest = &r.rest[end..];
        }
    }
    let before = r.rest;
    r.skip_spaces();
    match r.word().as_deref() {
        Some(half @ ("am" | "pm")) => {
            if !(1..=12).contains(&civil.hour) {
                return None;
            }
            civil.hour = civil.hour % 12 + if half == "pm" { 12 } else { 0 };
        }
        _ => r.rest = before,
    }
    Some(())
}

/// The zone at the end, if any; nothing may follow.
fn zone(r: &mut Reader<'_>, ticks: i64) -> Option<i64> {
    r.skip_spaces();
    if r.rest.is_empty() {
        return Some(ticks);
    }
    if let Some(sign) = r.take(b"+-") {
        let (value, digits) = r.digits(4)?;
        let minutes = match digits {
            4 => value / 100 * 60 + value % 100,
            1 | 2 => {
                let minute = if r.take(b":").is_some() {
                    r.small()?
                } else {
                    0
                };
                value * 60 + i32::from(minute)
            }
            _ => return None,
        };
        return r
            .rest
            .is_empty()
            .then(|| shift(ticks, sign, i64::from(minutes)))?;
    }
    let word = r.word()?;
    (r.rest.is_empty() && matches!(&*word, "z" | "gmt" | "utc" | "ut")).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::super::datetime_wire;
    use super::*;

    fn read(text: &str) -> String {
        parse_datetime(text).map_or_else(|| "null".into(), datetime_wire)
    }

    #[test]
    fn iso_dates_are_read_to_the_tick() {
        assert_eq!(read("2022-12-02"), "2022-12-02T00:00:00Z");
        assert_eq!(read("2022-12-02T13:45"), "2022-12-02T13:45:00Z");
        assert_eq!(
            read(" 2022-12-02 13:45:56.1234567Z "),
            "2022-12-02T13:45:56.1234567Z"
        );
        assert_eq!(
            read("2022-12-02T13:45:56.123456789Z"),
            "2022-12-02T13:45:56.1234567Z"
        );
        assert_eq!(read("2022-12-02T13:45:56+02:00"), "2022-12-02T11:45:56Z");
        assert_eq!(read("2022-12-02T13:45:56-0530"), "2022-12-02T19:15:56Z");
        assert_eq!(read("2022-12-02 13:45:56 GMT"), "2022-12-02T13:45:56Z");
        assert_eq!(
            read("9999-12-31T23:59:59.9999999Z"),
            "9999-12-31T23:59:59.9999999Z"
        );
        assert_eq!(read("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
        assert_eq!(read("2017 - 08 - 01"), "2017-08-01T00:00:00Z");
        for bad in [
            "",
            "2020-13-01",
            "2021-02-29",
            "2020-01-01T24:00:00",
            "2020-01-01T10:60",
            "2020-01-01x",
            "0001-01-01T00:00:00+01:00",
            "2020-01-01T",
            "2020-01-01T10",
            "not a date",
            "2020-01",
            "2020-01-01T10:00:00.",
            "2020-01-01T10:00:00+99:00",
            "é020-01-01",
        ] {
            assert_eq!(read(bad), "null", "{bad}");
        }
    }

    #[test]
    fn dates_are_read_in_their_other_forms() {
        let date = "2022-12-02T00:00:00Z";
        for text in [
            "2022/12/02",
            "20221202",
            "12-02-2022",
            "12/02/2022",
            "12.02.2022",
            "12/2/2022",
            "2 Dec 2022",
            "Dec 2, 2022",
            "December 2, 2022",
            "2-Dec-22",
            "Fri, 02 Dec 2022",
        ] {
            assert_eq!(read(text), date, "{text}");
        }
        let time = "2022-12-02T13:45:56Z";
        for text in [
            "Fri, 02 Dec 2022 13:45:56 GMT",
            "Friday, 02-Dec-22 13:45:56 GMT",
            "2 Dec 22 13:45:56",
            "12/02/2022 1:45:56 PM",
            "12-02-2022 13:45:56",
            "Dec 2, 2022 13:45:56",
        ] {
            assert_eq!(read(text), time, "{text}");
        }
        for bad in [
            "13-01-2022",
            "32 Dec 2022",
            "2 Foo 2022",
            "12-02/2022",
            "12/02/2022 13:45 PM",
        ] {
            assert_eq!(read(bad), "null", "{bad}");
        }
    }

    #[test]
    fn datetime_literals() {
        let read = |text| datetime_literal(text).map(datetime_wire);
        assert_eq!(read("2025, 6, 14").as_deref(), Some("2025-06-14T00:00:00Z"));
        assert_eq!(read("2025, 6").as_deref(), Some("2025-06-01T00:00:00Z"));
        assert_eq!(read("2025").as_deref(), Some("2025-01-01T00:00:00Z"));
        assert_eq!(read("20250614").as_deref(), Some("2025-06-14T00:00:00Z"));
        assert_eq!(read("1").as_deref(), Some("1970-01-01T00:00:01Z"));
        assert_eq!(read("2025, 6, 14, 1"), None);
        assert_eq!(read("1,2,3,"), None);
    }

    proptest::proptest! {
        #[test]
        fn texts_read_back(ticks in 0..=crate::types::MAX_DATETIME) {
            let both = [super::super::datetime_text(ticks), datetime_wire(ticks)];
            for text in both {
                proptest::prop_assert_eq!(parse_datetime(&text), Some(ticks));
            }
            proptest::prop_assert_eq!(Civil::from_ticks(ticks).to_ticks(), Some(ticks));
        }

        #[test]
        fn no_text_breaks_reading(text in "[0-9:. ,TZ+/a-z-]{0,24}|\\PC{0,12}") {
            let _ = (parse_datetime(&text), datetime_literal(&text));
        }
    }
}
