//! Ticks (100 ns since 0001-01-01 UTC) and civil time, and the text forms of both KQL time types.

mod parse;
mod span;

pub use parse::{datetime_literal, parse_datetime};
pub use span::{parse_duration, parse_timespan, timespan_literal};

use crate::types::{
    MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND,
};

/// A point of civil time, UTC, proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// 1 to 9999.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// Ticks within the second, 0 to 9,999,999.
    pub tick: u32,
}

impl Civil {
    /// Midnight of a day; whether there is such a day shows in [`Civil::to_ticks`].
    pub fn date(year: i32, month: u8, day: u8) -> Civil {
        Civil {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
            tick: 0,
        }
    }

    /// Civil time of a datetime. Ticks outside the range of datetime are clamped to it.
    pub fn from_ticks(ticks: i64) -> Civil {
        let ticks = ticks.clamp(0, MAX_DATETIME);
        let (year, month, day) = date_of_days(ticks / TICKS_PER_DAY);
        let rest = ticks % TICKS_PER_DAY;
        let part = |unit: i64, modulus: i64| (rest / unit % modulus) as u8;
        Civil {
            year,
            month,
            day,
            hour: part(TICKS_PER_HOUR, 24),
            minute: part(TICKS_PER_MINUTE, 60),
            second: part(TICKS_PER_SECOND, 60),
            tick: (rest % TICKS_PER_SECOND) as u32,
        }
    }

    /// Ticks of this civil time, if there is such a time.
    pub fn to_ticks(self) -> Option<i64> {
        let days = days_of_date(self.year, self.month, self.day)?;
        if self.hour > 23 || self.minute > 59 || self.second > 59 || self.tick > 9_999_999 {
            return None;
        }
        Some(
            days * TICKS_PER_DAY
                + i64::from(self.hour) * TICKS_PER_HOUR
                + i64::from(self.minute) * TICKS_PER_MINUTE
                + i64::from(self.second) * TICKS_PER_SECOND
                + i64::from(self.tick),
        )
    }
}

/// Whether ticks are within datetime's range.
pub fn in_range(ticks: i64) -> bool {
    (0..=MAX_DATETIME).contains(&ticks)
}

/// `ticks`, if within datetime's range.
pub fn checked(ticks: i64) -> Option<i64> {
    in_range(ticks).then_some(ticks)
}

/// Whether a year has a 29 February.
pub fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month, 0 when there is no such month.
pub fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days from 0001-01-01 to a date, if it exists and its year is 1 to 9999.
pub fn days_of_date(year: i32, month: u8, day: u8) -> Option<i64> {
    if !(1..=9999).contains(&year) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    // Years are counted from March, so that the leap day is a year's last.
    let (y, m) = if month > 2 {
        (i64::from(year), i64::from(month) - 3)
    } else {
        (i64::from(year) - 1, i64::from(month) + 9)
    };
    let day_of_year = (153 * m + 2) / 5 + i64::from(day) - 1;
    let century = y / 100;
    Some(365 * y + y / 4 - century + century / 4 + day_of_year - 306)
}

/// Year, month and day of a number of days since 0001-01-01.
pub fn date_of_days(days: i64) -> (i32, u8, u8) {
    let days = days + 306; // since 0000-03-01
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u8, day as u8)
}

/// Day of the week, 0 is Sunday.
pub fn day_of_week(ticks: i64) -> i64 {
    // 0001-01-01 was a Monday.
    (ticks.div_euclid(TICKS_PER_DAY) + 1).rem_euclid(7)
}

/// Day of the year, 1 to 366.
pub fn day_of_year(ticks: i64) -> i64 {
    let days = ticks.div_euclid(TICKS_PER_DAY);
    let (year, _, _) = date_of_days(days);
    days - days_of_date(year, 1, 1).unwrap_or(days) + 1
}

/// ISO 8601 week of the year, 1 to 53: weeks start on Monday, week 1 holds the first Thursday.
pub fn iso_week(ticks: i64) -> i64 {
    let days = ticks.div_euclid(TICKS_PER_DAY);
    week_of_middle(days - days.rem_euclid(7) + 3)
}

/// Week of the year, 1 to 53: weeks start on Sunday, week 1 holds the first Wednesday.
pub fn wednesday_week(ticks: i64) -> i64 {
    let days = ticks.div_euclid(TICKS_PER_DAY);
    week_of_middle(days - day_of_week(ticks) + 3)
}

/// The number of the week with this middle day, which decides the year that the week belongs to.
fn week_of_middle(middle: i64) -> i64 {
    let (year, _, _) = date_of_days(middle);
    let first = days_of_date(year, 1, 1).unwrap_or(middle);
    (middle - first) / 7 + 1
}

/// The datetime `months` later: same time, the day cut to the month's length. `None` out of range.
pub fn add_months(ticks: i64, months: i64) -> Option<i64> {
    let civil = Civil::from_ticks(checked(ticks)?);
    let total = (i64::from(civil.year) * 12 + i64::from(civil.month) - 1).checked_add(months)?;
    let year = i32::try_from(total.div_euclid(12)).ok()?;
    let month = (total.rem_euclid(12) + 1) as u8;
    let day = civil.day.min(days_in_month(year, month));
    Civil {
        year,
        month,
        day,
        ..civil
    }
    .to_ticks()
}

fn push_digits(value: u32, width: usize, out: &mut String) {
    let mut divisor = 10u32.pow(width.saturating_sub(1) as u32);
    while divisor > 0 {
        out.push(char::from(b'0' + (value / divisor % 10) as u8));
        divisor /= 10;
    }
}

/// `2020-01-02T03:04:05` of a datetime, without fraction and zone; returns the ticks within the second.
fn write_to_second(ticks: i64, out: &mut String) -> u32 {
    let c = Civil::from_ticks(ticks);
    push_digits(c.year as u32, 4, out);
    out.push('-');
    push_digits(u32::from(c.month), 2, out);
    out.push('-');
    push_digits(u32::from(c.day), 2, out);
    out.push('T');
    push_digits(u32::from(c.hour), 2, out);
    out.push(':');
    push_digits(u32::from(c.minute), 2, out);
    out.push(':');
    push_digits(u32::from(c.second), 2, out);
    c.tick
}

/// Appends a datetime as `tostring` gives it: `2020-01-02T03:04:05.6000000Z`.
pub fn write_datetime(ticks: i64, out: &mut String) {
    let tick = write_to_second(ticks, out);
    out.push('.');
    push_digits(tick, 7, out);
    out.push('Z');
}

/// Appends a datetime as results carry it: `2020-01-02T03:04:05.6Z`, trailing zeros trimmed.
pub fn write_datetime_wire(ticks: i64, out: &mut String) {
    let mut tick = write_to_second(ticks, out);
    if tick != 0 {
        let mut width = 7;
        while tick.is_multiple_of(10) {
            tick /= 10;
            width -= 1;
        }
        out.push('.');
        push_digits(tick, width, out);
    }
    out.push('Z');
}

/// A datetime as `tostring` gives it.
pub fn datetime_text(ticks: i64) -> String {
    let mut out = String::with_capacity(28);
    write_datetime(ticks, &mut out);
    out
}

/// A datetime as results carry it.
pub fn datetime_wire(ticks: i64) -> String {
    let mut out = String::with_capacity(28);
    write_datetime_wire(ticks, &mut out);
    out
}

/// Appends a timespan, `[-][d.]hh:mm:ss[.fffffff]`.
pub fn write_timespan(ticks: i64, out: &mut String) {
    if ticks < 0 {
        out.push('-');
    }
    let all = ticks.unsigned_abs();
    let unit = |ticks: i64| ticks.unsigned_abs();
    let days = all / unit(TICKS_PER_DAY);
    if days > 0 {
        out.push_str(&days.to_string());
        out.push('.');
    }
    push_digits((all / unit(TICKS_PER_HOUR) % 24) as u32, 2, out);
    out.push(':');
    push_digits((all / unit(TICKS_PER_MINUTE) % 60) as u32, 2, out);
    out.push(':');
    push_digits((all / unit(TICKS_PER_SECOND) % 60) as u32, 2, out);
    let tick = (all % unit(TICKS_PER_SECOND)) as u32;
    if tick > 0 {
        out.push('.');
        push_digits(tick, 7, out);
    }
}

/// A timespan as `tostring` gives it.
pub fn timespan_text(ticks: i64) -> String {
    let mut out = String::with_capacity(20);
    write_timespan(ticks, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_range_maps_both_ways() {
        let last = MAX_DATETIME / TICKS_PER_DAY;
        let mut expected = (1, 1u8, 1u8);
        for days in 0..=last {
            let date = date_of_days(days);
            assert_eq!(date, expected);
            assert_eq!(days_of_date(date.0, date.1, date.2), Some(days));
            expected.2 += 1;
            if expected.2 > days_in_month(expected.0, expected.1) {
                expected = (expected.0, expected.1 + 1, 1);
                if expected.1 > 12 {
                    expected = (expected.0 + 1, 1, 1);
                }
            }
        }
        assert_eq!(expected, (10_000, 1, 1));
    }

    #[test]
    fn extremes_have_their_text() {
        assert_eq!(datetime_text(0), "0001-01-01T00:00:00.0000000Z");
        assert_eq!(datetime_text(MAX_DATETIME), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(datetime_wire(0), "0001-01-01T00:00:00Z");
        assert_eq!(
            datetime_wire(crate::types::UNIX_EPOCH_TICKS + 1_200_000),
            "1970-01-01T00:00:00.12Z"
        );
        assert_eq!(timespan_text(i64::MIN), "-10675199.02:48:05.4775808");
        assert_eq!(timespan_text(15_000_000), "00:00:01.5000000");
        assert_eq!(timespan_text(-TICKS_PER_DAY), "-1.00:00:00");
    }

    #[test]
    fn weeks_and_months() {
        let ticks = |text| parse_datetime(text).unwrap();
        assert_eq!(day_of_week(ticks("2023-01-01")), 0);
        assert_eq!(iso_week(ticks("2021-01-03")), 53);
        assert_eq!(iso_week(ticks("2021-01-04")), 1);
        assert_eq!(iso_week(ticks("0001-01-01")), 1);
        assert_eq!(day_of_year(ticks("2020-12-31")), 366);
        assert_eq!(
            add_months(ticks("2020-01-31"), 1),
            parse_datetime("2020-02-29")
        );
        assert_eq!(add_months(ticks("2020-01-31"), -12 * 2020), None);
    }
}
