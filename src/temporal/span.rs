//! Reads timespans from text: clock times, and numbers with units.

use super::parse::{Reader, fraction};
use crate::types::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};

/// Ticks of a timespan's text: `[-][d.]hh:mm[:ss[.f…]]`, or a duration such as `1.5h`.
/// A bare number is none; digits of a second beyond the seventh are dropped.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    clock(text).or_else(|| parse_duration(text))
}

/// Ticks of what stands between the parentheses of `timespan(…)`: the forms of
/// [`parse_timespan`], or a bare number of days. `null` is the caller's.
pub fn timespan_literal(text: &str) -> Option<i64> {
    let text = text.trim();
    parse_timespan(text).or_else(|| duration(text, |unit| unit.is_empty().then_some(NANOS_PER_DAY)))
}

fn clock(text: &str) -> Option<i64> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let mut r = Reader {
        rest: body.as_bytes(),
    };
    let (first, length) = r.digits(8)?;
    let (days, hour) = if r.take(b".").is_some() {
        (i64::from(first), r.small()?)
    } else if length <= 2 {
        (0, u8::try_from(first).ok()?)
    } else {
        return None;
    };
    r.take(b":")?;
    let minute = r.small()?;
    let (mut second, mut tick) = (0, 0);
    if r.take(b":").is_some() {
        second = r.small()?;
        if r.take(b".").is_some() {
            let (ticks, end) = fraction(r.rest, 0)?;
            tick = ticks;
            r.rest = &r.rest[end..];
        }
    }
    if !r.rest.is_empty() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let within = i64::from(hour) * TICKS_PER_HOUR
        + i64::from(minute) * TICKS_PER_MINUTE
        + i64::from(second) * TICKS_PER_SECOND
        + i64::from(tick);
    let sign = if negative { -1 } else { 1 };
    days.checked_mul(TICKS_PER_DAY)?
        .checked_mul(sign)?
        .checked_add(sign * within)
}

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// Nanoseconds of a timespan unit in any of its spellings (`d`, `hours`, `min`, …).
fn nanos(unit: &str) -> Option<i128> {
    Some(match unit {
        "d" | "day" | "days" => NANOS_PER_DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000_000_000,
        "m" | "min" | "minute" | "minutes" => 60_000_000_000,
        "s" | "sec" | "second" | "seconds" => 1_000_000_000,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => 1_000_000,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 1_000,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => 1,
        "tick" | "ticks" => 100,
        _ => return None,
    })
}

/// Ticks of a number with a unit: `1.5h`, `15 seconds`, `-2d`. Rounds down to ticks.
pub fn parse_duration(text: &str) -> Option<i64> {
    duration(text.trim(), nanos)
}

fn duration(text: &str, unit: impl Fn(&str) -> Option<i128>) -> Option<i64> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let end = body
        .bytes()
        .position(|b| !b.is_ascii_digit() && b != b'.')
        .unwrap_or(body.len());
    let (number, name) = body.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || whole.len() > 18 || fraction.contains('.') {
        return None;
    }
    // Fifteen digits of a day's fraction are finer than a tick.
    let fraction = fraction.get(..15).unwrap_or(fraction);
    let scale = 10i128.pow(fraction.len() as u32);
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let ticks = digits.checked_mul(unit(name.trim_start())?)? / scale / 100;
    i64::try_from(if negative { -ticks } else { ticks }).ok()
}

#[cfg(test)]
mod tests {
    use super::super::timespan_text;
    use super::*;

    #[test]
    fn timespans_are_read_and_written() {
        let read = |text| parse_timespan(text).map(timespan_text);
        assert_eq!(read("1.02:03:04.5").as_deref(), Some("1.02:03:04.5000000"));
        assert_eq!(read("-1.00:00:00").as_deref(), Some("-1.00:00:00"));
        assert_eq!(read(" 10:00 ").as_deref(), Some("10:00:00"));
        assert_eq!(read("0:0:0.001").as_deref(), Some("00:00:00.0010000"));
        assert_eq!(
            read("00:00:00.12345678").as_deref(),
            Some("00:00:00.1234567")
        );
        assert_eq!(read("1d").as_deref(), Some("1.00:00:00"));
        assert_eq!(read("1.5h").as_deref(), Some("01:30:00"));
        assert_eq!(parse_duration("150nanoseconds"), Some(1));
        assert_eq!(parse_duration("4.534h"), Some(163_224_000_000));
        assert_eq!(timespan_literal("2"), Some(2 * TICKS_PER_DAY));
        assert_eq!(timespan_literal("15 seconds"), Some(15 * TICKS_PER_SECOND));
        for bad in [
            "10",
            "",
            "25:00",
            "1:60",
            "10:00 x",
            "1w",
            "99999999999d",
            "1.2.3h",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn texts_read_back(span in proptest::num::i64::ANY) {
            proptest::prop_assert_eq!(parse_timespan(&timespan_text(span)), Some(span));
        }

        #[test]
        fn no_text_breaks_reading(text in "[0-9:. dhms-]{0,24}|\\PC{0,12}") {
            let _ = (parse_timespan(&text), timespan_literal(&text));
        }
    }
}
