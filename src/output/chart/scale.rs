//! Axes with round numbers and round instants on them.

use crate::temporal::{self, Civil};
use crate::types::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};

/// A scale of numbers: its ends, and the round numbers between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub from: f64,
    pub to: f64,
    pub ticks: Vec<f64>,
    log: bool,
}

impl Scale {
    /// A scale that holds `least` and `most`, with about `count` ticks.
    pub fn new(least: f64, most: f64, count: usize) -> Scale {
        let (least, most) = match (least.is_finite(), most.is_finite()) {
            (true, true) if least < most => (least, most),
            (true, true) if least == 0.0 => (0.0, 1.0),
            (true, true) => (least.min(0.0), most.max(0.0)),
            _ => (0.0, 1.0),
        };
        let step = round_step((most - least) / count.max(1) as f64);
        let first = (least / step).floor();
        let last = (most / step).ceil();
        // Counting steps keeps 0.1 + 0.2 from becoming 0.30000000000000004.
        let steps = ((last - first).round() as usize).min(200);
        let ticks: Vec<f64> = (0..=steps)
            .map(|i| tidy((first + i as f64) * step, step))
            .collect();
        Scale {
            from: ticks.first().copied().unwrap_or(0.0),
            to: ticks.last().copied().unwrap_or(1.0),
            ticks,
            log: false,
        }
    }

    /// The same with ends that are asked for: where one is, the scale stops there.
    pub fn bounded(
        least: f64,
        most: f64,
        (low, high): (Option<f64>, Option<f64>),
        count: usize,
    ) -> Scale {
        let mut scale = Scale::new(low.unwrap_or(least), high.unwrap_or(most), count);
        scale.from = low.filter(|low| *low < scale.to).unwrap_or(scale.from);
        scale.to = high.filter(|high| *high > scale.from).unwrap_or(scale.to);
        let (from, to) = (scale.from, scale.to);
        scale.ticks.retain(|tick| (from..=to).contains(tick));
        scale
    }

    /// A scale of powers of ten, for numbers above zero.
    pub fn log(least: f64, most: f64) -> Scale {
        let first = least.max(1e-12).log10().floor();
        let last = most.max(1e-12).log10().ceil().max(first + 1.0);
        let steps = (last - first) as usize;
        let every = steps.div_ceil(8).max(1);
        Scale {
            from: 10f64.powf(first),
            to: 10f64.powf(last),
            ticks: (0..=steps)
                .step_by(every)
                .map(|i| 10f64.powf(first + i as f64))
                .collect(),
            log: true,
        }
    }

    /// The place of a value, from 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        if self.log {
            let log = |v: f64| v.max(self.from).log10();
            return (log(value) - log(self.from)) / (log(self.to) - log(self.from));
        }
        (value - self.from) / (self.to - self.from)
    }

    /// Where columns stand: zero, or the end that is nearest to it.
    pub fn ground(&self) -> f64 {
        if self.log {
            return self.from;
        }
        0f64.clamp(self.from, self.to)
    }
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn round_step(rough: f64) -> f64 {
    if !(rough.is_finite() && rough > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(rough.log10().floor());
    let digit = rough / power;
    let round = if digit <= 1.0 {
        1.0
    } else if digit <= 2.0 {
        2.0
    } else if digit <= 5.0 {
        5.0
    } else {
        10.0
    };
    round * power
}

/// A multiple of a step without the noise of its last digits.
fn tidy(value: f64, step: f64) -> f64 {
    let decimals = (-step.log10().floor()).clamp(0.0, 15.0) as usize;
    match step < 1.0 {
        true => format!("{value:.decimals$}").parse().unwrap_or(value),
        false => value.round(),
    }
}

/// A number for people: thousands apart, large ones shortened.
pub fn number_text(value: f64) -> String {
    let size = value.abs();
    let (scaled, unit) = match size {
        s if s >= 1e15 => return format!("{value:e}"),
        s if s >= 1e12 => (value / 1e12, " T"),
        s if s >= 1e9 => (value / 1e9, " G"),
        s if s >= 1e6 => (value / 1e6, " M"),
        _ => (value, ""),
    };
    if size != 0.0 && size < 1e-4 {
        return format!("{value:e}");
    }
    let digits = if unit.is_empty() && size >= 100.0 {
        1
    } else {
        3
    };
    let text = format!("{scaled:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", whole),
    };
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}{unit}")
}

/// Seconds as a duration.
pub fn duration_text(seconds: f64) -> String {
    let size = seconds.abs();
    let (value, unit) = match size {
        s if s >= 86_400.0 => (seconds / 86_400.0, "d"),
        s if s >= 3_600.0 => (seconds / 3_600.0, "h"),
        s if s >= 60.0 => (seconds / 60.0, "m"),
        s if s >= 1.0 || s == 0.0 => (seconds, "s"),
        _ => (seconds * 1e3, "ms"),
    };
    format!("{}{unit}", number_text((value * 100.0).round() / 100.0))
}

/// Round instants between two, and how each is written.
pub fn time_ticks(from: i64, to: i64, count: usize) -> Vec<(i64, String)> {
    let span = to.saturating_sub(from).max(1);
    let rough = span / i64::try_from(count.max(1)).unwrap_or(1);
    let steps: [i64; 24] = [
        TICKS_PER_SECOND / 1000,
        TICKS_PER_SECOND / 100,
        TICKS_PER_SECOND / 10,
        TICKS_PER_SECOND,
        2 * TICKS_PER_SECOND,
        5 * TICKS_PER_SECOND,
        10 * TICKS_PER_SECOND,
        15 * TICKS_PER_SECOND,
        30 * TICKS_PER_SECOND,
        TICKS_PER_MINUTE,
        2 * TICKS_PER_MINUTE,
        5 * TICKS_PER_MINUTE,
        10 * TICKS_PER_MINUTE,
        15 * TICKS_PER_MINUTE,
        30 * TICKS_PER_MINUTE,
        TICKS_PER_HOUR,
        2 * TICKS_PER_HOUR,
        3 * TICKS_PER_HOUR,
        6 * TICKS_PER_HOUR,
        12 * TICKS_PER_HOUR,
        TICKS_PER_DAY,
        2 * TICKS_PER_DAY,
        7 * TICKS_PER_DAY,
        14 * TICKS_PER_DAY,
    ];
    match steps.iter().find(|step| **step >= rough) {
        Some(step) => {
            let first = from.div_euclid(*step) * step;
            let first = if first < from { first + step } else { first };
            let mut ticks = Vec::new();
            let mut at = first;
            while at <= to && ticks.len() < 100 {
                ticks.push((at, tick_text(at, *step, ticks.is_empty())));
                at += step;
            }
            ticks
        }
        None => months(from, to, rough),
    }
}

/// Firsts of months, or of years.
fn months(from: i64, to: i64, rough: i64) -> Vec<(i64, String)> {
    let month = 30 * TICKS_PER_DAY;
    let every: i64 = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000]
        .into_iter()
        .find(|n| n * month >= rough)
        .unwrap_or(24_000);
    let start = Civil::from_ticks(from);
    let number = i64::from(start.year) * 12 + i64::from(start.month) - 1;
    let mut number = number.div_euclid(every) * every;
    let mut ticks = Vec::new();
    while ticks.len() < 100 {
        let year = i32::try_from(number.div_euclid(12)).unwrap_or(9999);
        let month = u8::try_from(number.rem_euclid(12) + 1).unwrap_or(1);
        number += every;
        let Some(at) = Civil::date(year, month, 1).to_ticks() else {
            if year > 9999 {
                break;
            }
            continue;
        };
        if at > to {
            break;
        }
        if at >= from {
            let name = MONTHS[usize::from(month - 1)];
            ticks.push((
                at,
                match every >= 12 {
                    true => year.to_string(),
                    false => format!("{name} {year}"),
                },
            ));
        }
    }
    ticks
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// An instant as fine as its step; the first, and midnights, with their day.
fn tick_text(at: i64, step: i64, first: bool) -> String {
    let c = Civil::from_ticks(at);
    let day = || {
        format!(
            "{} {}",
            MONTHS[usize::from(c.month.clamp(1, 12) - 1)],
            c.day
        )
    };
    if step >= TICKS_PER_DAY {
        return match first || (c.month == 1 && c.day <= 7) {
            true => format!("{} {}", day(), c.year),
            false => day(),
        };
    }
    let time = if step >= TICKS_PER_MINUTE {
        format!("{:02}:{:02}", c.hour, c.minute)
    } else if step >= TICKS_PER_SECOND {
        format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second)
    } else {
        format!("{:02}.{:03}", c.second, c.tick / 10_000)
    };
    match at % TICKS_PER_DAY == 0 {
        true => day(),
        false if first => format!("{} {time}", day()),
        false => time,
    }
}

/// Instants that stand together, as short as they can be and differ where they do.
pub fn instants_text(all: &[i64]) -> Vec<String> {
    let fine = |unit: i64| all.iter().all(|at| at.rem_euclid(unit) == 0);
    // Letters of `2026-03-14T05:06:07.1234567Z` that are needed.
    let end = match (fine(TICKS_PER_DAY), fine(TICKS_PER_MINUTE)) {
        (true, _) if all.len() > 1 => 10,
        (_, true) => 16,
        _ => usize::MAX,
    };
    let text = |at: &i64| {
        let wire = temporal::datetime_wire(*at);
        let wire = wire.trim_end_matches('Z');
        wire.get(..end).unwrap_or(wire).replace('T', " ")
    };
    all.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            Scale::new(0.0, 97.0, 5).ticks,
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
        );
        assert_eq!(Scale::new(-0.31, 0.3, 4).ticks, [-0.4, -0.2, 0.0, 0.2, 0.4]);
        assert_eq!(Scale::new(3.0, 3.0, 4).ticks, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(Scale::new(f64::NAN, 1.0, 4).to, 1.0);
        assert_eq!(Scale::log(3.0, 900.0).ticks, [1.0, 10.0, 100.0, 1000.0]);
        assert!(Scale::new(0.0, 1e300, 5).ticks.len() < 20);
        assert!(Scale::new(1e15, 1e15 + 1.0, 5).ticks.len() < 20);
    }

    #[test]
    fn numbers_for_people() {
        for (value, text) in [
            (0.0, "0"),
            (1234.0, "1,234"),
            (-1234.5, "-1,234.5"),
            (0.25, "0.25"),
            (1_500_000.0, "1.5 M"),
            (999_999.0, "999,999"),
            (0.00001, "1e-5"),
            (2e18, "2e18"),
        ] {
            assert_eq!(number_text(value), text);
        }
        assert_eq!(duration_text(5400.0), "1.5h");
    }

    #[test]
    fn instants_are_round() {
        let at = |text: &str| temporal::parse_datetime(text).unwrap();
        let names = |from: &str, to: &str| -> Vec<String> {
            let ticks = time_ticks(at(from), at(to), 6);
            ticks.into_iter().map(|(_, name)| name).collect()
        };
        assert_eq!(
            names("2026-03-13T20:10:00", "2026-03-14T07:00:00"),
            ["Mar 13 22:00", "Mar 14", "02:00", "04:00", "06:00"]
        );
        assert_eq!(
            names("2026-03-14T12:00:00", "2026-03-14T12:05:00"),
            ["Mar 14 12:00", "12:01", "12:02", "12:03", "12:04", "12:05"]
        );
        assert_eq!(
            names("2024-01-01", "2025-12-31"),
            ["Jan 2024", "Jul 2024", "Jan 2025", "Jul 2025"]
        );
        assert!(names("0001-01-01", "9999-12-31").len() < 20);
    }
}
