//! Dates as portals write them for people: in the order of the reader's country, maybe in local time.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::temporal::{self, Civil};
use crate::types::{TICKS_PER_SECOND, UNIX_EPOCH_TICKS};

/// Which of day and month comes first in a date of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `12/31/2026`
    MonthFirst,
    /// `31/12/2026`
    DayFirst,
}

/// A time zone.
#[derive(Clone)]
pub struct Zone(TimeZone);

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("offset"))
    }
}

impl Zone {
    /// The zone of this name (`Europe/Berlin`, `UTC`), or of an offset (`+02:00`).
    pub fn named(name: &str) -> Option<Zone> {
        if let Some(sign) = name.strip_prefix(['+', '-']) {
            let (hours, minutes) = sign.split_once(':').unwrap_or((sign, "0"));
            let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
            let seconds = hours
                .checked_mul(3600)?
                .checked_add(minutes.checked_mul(60)?)?;
            let seconds = if name.starts_with('-') {
                -seconds
            } else {
                seconds
            };
            return Some(Zone(TimeZone::fixed(Offset::from_seconds(seconds).ok()?)));
        }
        TimeZone::get(name).ok().map(Zone)
    }

    /// The instant of a civil time there: of two the first, of none the one as long after the gap.
    fn to_utc(&self, ticks: i64) -> Option<i64> {
        let c = Civil::from_ticks(ticks);
        let part = |n: u8| i8::try_from(n).ok();
        let civil = DateTime::new(
            i16::try_from(c.year).ok()?,
            part(c.month)?,
            part(c.day)?,
            part(c.hour)?,
            part(c.minute)?,
            part(c.second)?,
            0,
        );
        let there = self.0.to_timestamp(civil.ok()?).ok()?;
        let ticks = there.as_second().checked_mul(TICKS_PER_SECOND)? + UNIX_EPOCH_TICKS;
        temporal::checked(ticks + i64::from(c.tick))
    }
}

/// What the dates of a column have shown of their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    day_first: bool,
    month_first: bool,
    /// A cell is no date at all.
    pub other: bool,
    /// Some cell is a date.
    pub dates: bool,
}

impl Evidence {
    /// Takes note of a cell.
    pub fn see(&mut self, cell: &[u8]) {
        let Ok(text) = std::str::from_utf8(cell) else {
            self.other = true;
            return;
        };
        if text.trim().is_empty() {
            return;
        }
        if let Some((first, second, ..)) = numeric(&tidy(text)) {
            self.day_first |= first > 12;
            self.month_first |= second > 12;
        }
        match parse(text, None) {
            Some(_) => self.dates = true,
            None => self.other = true,
        }
    }

    /// The order, where all that was seen agrees.
    pub fn order(self) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (true, false) => Some(DateOrder::DayFirst),
            (false, true) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }
}

/// Whether a cell holds a date of numbers, whose order may have to be found out.
pub(super) fn is_numeric(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|text| numeric(&tidy(text)).is_some())
}

/// Text with plain blanks only, none around it.
fn tidy(text: &str) -> String {
    let plain = |c: char| {
        if matches!(c, '\u{202f}' | '\u{a0}') {
            ' '
        } else {
            c
        }
    };
    text.trim().chars().map(plain).collect()
}

/// The two numbers before the year, the year, and what follows it.
fn numeric(text: &str) -> Option<(u8, u8, &str, &str)> {
    let digits = |text: &str, most: usize| {
        let n = text.bytes().take_while(u8::is_ascii_digit).count();
        (1..=most).contains(&n).then_some(n)
    };
    let n = digits(text, 2)?;
    let (first, rest) = text.split_at(n);
    let mark = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '/' | '.' | '-'))?;
    let rest = &rest[1..];
    let n = digits(rest, 2)?;
    let (second, rest) = rest.split_at(n);
    let rest = rest.strip_prefix(mark)?;
    let n = digits(rest, 4).filter(|n| *n == 4)?;
    let (year, rest) = rest.split_at(n);
    Some((first.parse().ok()?, second.parse().ok()?, year, rest))
}

/// A date's ticks, and whether only `order` (else month first) told day and month apart.
pub(super) fn parse(text: &str, order: Option<DateOrder>) -> Option<(i64, bool)> {
    if text.as_bytes().get(4) == Some(&b'-')
        && let Some(ticks) = temporal::parse_datetime(text)
    {
        return Some((ticks, false));
    }
    let text = tidy(text);
    let Some((first, second, year, rest)) = numeric(&text) else {
        let ticks = temporal::parse_datetime(&text)
            .or_else(|| temporal::parse_datetime(&text.replace(", ", " ")));
        return ticks.map(|ticks| (ticks, false));
    };
    let day_first = match (first > 12, second > 12) {
        (true, _) => true,
        (_, true) => false,
        _ => order == Some(DateOrder::DayFirst),
    };
    let (month, day) = if day_first {
        (second, first)
    } else {
        (first, second)
    };
    let time = rest.strip_prefix(',').unwrap_or(rest);
    let ticks = temporal::parse_datetime(&format!("{month}/{day}/{year}{time}"))?;
    Some((ticks, first <= 12 && second <= 12 && first != second))
}

/// The instant of a date in a zone; without one it is in UTC.
pub(super) fn instant(ticks: i64, zone: Option<&Zone>) -> Option<i64> {
    match zone {
        Some(zone) => zone.to_utc(ticks),
        None => Some(ticks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, order: Option<DateOrder>) -> String {
        match parse(text, order) {
            Some((ticks, ambiguous)) => {
                let mark = if ambiguous { "?" } else { "" };
                format!("{}{mark}", temporal::datetime_wire(ticks))
            }
            None => "none".into(),
        }
    }

    #[test]
    fn forms_of_portals() {
        for (text, expected) in [
            ("6/11/2023, 5:40:00 PM", "2023-06-11T17:40:00Z?"),
            ("2/25/2025, 9:19:25.391 AM", "2025-02-25T09:19:25.391Z"),
            ("16/07/2026 20:26:12.030", "2026-07-16T20:26:12.03Z"),
            ("09/04/2024, 11:26:37.286", "2024-09-04T11:26:37.286Z?"),
            (
                "2023-10-18T15:45:07.9862755Z",
                "2023-10-18T15:45:07.9862755Z",
            ),
            ("13/03/2024, 3:40:13.988 pm", "2024-03-13T15:40:13.988Z"),
            ("Apr 15, 2024 11:09:27 AM", "2024-04-15T11:09:27Z"),
            ("Apr 15, 2024, 11:09:27 AM", "2024-04-15T11:09:27Z"),
            ("9/20/2023 4:05:03 AM", "2023-09-20T04:05:03Z"),
            ("9/20/2023, 4:05:03\u{202f}AM", "2023-09-20T04:05:03Z"),
            ("2026-01-24T06:54:24.0000000Z ", "2026-01-24T06:54:24Z"),
            ("5/5/2024", "2024-05-05T00:00:00Z"),
            ("13/13/2024", "none"),
            ("1/2/24", "2024-01-02T00:00:00Z"),
            ("tomorrow", "none"),
        ] {
            assert_eq!(read(text, None), expected, "{text}");
        }
        let day = Some(DateOrder::DayFirst);
        assert_eq!(read("09/04/2024, 11:26:37", day), "2024-04-09T11:26:37Z?");
        assert_eq!(read("12/31/2024", day), "2024-12-31T00:00:00Z");
    }

    #[test]
    fn local_time_becomes_utc() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let utc = |text: &str| {
            let ticks = temporal::parse_datetime(text).unwrap();
            temporal::datetime_wire(instant(ticks, Some(&berlin)).unwrap())
        };
        assert_eq!(utc("2026-01-31 12:00:00.5"), "2026-01-31T11:00:00.5Z");
        assert_eq!(utc("2026-07-31 12:00"), "2026-07-31T10:00:00Z");
        // Of an hour that comes twice, the first; an hour that never came is as long after the gap.
        assert_eq!(utc("2026-10-25 02:30"), "2026-10-25T00:30:00Z");
        assert_eq!(utc("2026-03-29 02:30"), "2026-03-29T01:30:00Z");
        assert!(Zone::named("+05:30").is_some());
        assert!(Zone::named("Mars/Olympus").is_none());
    }
}
