//! Values of options: sizes, durations, instants, pairs.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::load::{DateOrder, Zone};
use crate::output::Format;
use crate::session::Now;
use crate::temporal;

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Format] {
        Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// `NAME=VALUE`
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err("expected NAME=VALUE".to_string()),
    }
}

/// `mdy`, `dmy`
pub(super) fn date_order(text: &str) -> Result<DateOrder, String> {
    match text {
        "mdy" => Ok(DateOrder::MonthFirst),
        "dmy" => Ok(DateOrder::DayFirst),
        _ => Err("expected mdy (month first) or dmy (day first)".to_string()),
    }
}

/// A zone's name or offset.
pub(super) fn zone(text: &str) -> Result<Zone, String> {
    let wrong = || "expected a zone such as Europe/Berlin, UTC or +02:00".to_string();
    Zone::named(text).ok_or_else(wrong)
}

/// `URL=FILE`; an address may have `=` in it, so the last one parts them.
pub(crate) fn url_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.rsplit_once('=') {
        Some((url, file)) if !url.is_empty() && !file.is_empty() => {
            Ok((url.to_string(), PathBuf::from(file)))
        }
        _ => Err("expected URL=FILE".to_string()),
    }
}

/// A watchlist of the command line: its alias, the column to search by, its file.
pub(crate) type Watchlist = (String, Option<String>, PathBuf);

/// `ALIAS=FILE` or `ALIAS:COLUMN=FILE`
pub(crate) fn watchlist(text: &str) -> Result<Watchlist, String> {
    let wrong = || "expected ALIAS=FILE or ALIAS:COLUMN=FILE".to_string();
    let (left, file) = text.split_once('=').ok_or_else(wrong)?;
    let (alias, key) = match left.split_once(':') {
        Some((alias, key)) => (alias, Some(key)),
        None => (left, None),
    };
    match alias.is_empty() || file.is_empty() || key == Some("") {
        true => Err(wrong()),
        false => Ok((alias.to_string(), key.map(str::to_string), file.into())),
    }
}

/// A datetime as in `datetime(…)`, or `latest`.
pub(crate) fn now(text: &str) -> Result<Now, String> {
    if text == "latest" {
        return Ok(Now::Latest);
    }
    temporal::parse_datetime(text)
        .map(Now::At)
        .ok_or_else(|| "expected `latest` or a datetime such as 2026-01-31T12:00:00Z".to_string())
}

/// A number of bytes: `1048576`, `512MB`, `1.5GiB`; units are powers of 1024.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let wrong = || "expected a size such as 512MB or 4GB".to_string();
    let lower = text.trim().to_ascii_lowercase();
    let end = lower.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = lower.split_at(end.unwrap_or(lower.len()));
    let shift = match unit {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(wrong()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let bytes = number * (1u64 << shift) as f64;
    if !bytes.is_finite() || bytes < 1.0 {
        return Err(wrong());
    }
    // A float that is too large becomes the largest size.
    Ok(bytes as usize)
}

/// A timespan as KQL writes it: `30s`, `1.5h`, `00:10:00`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let ticks = temporal::parse_timespan(text).and_then(|ticks| u64::try_from(ticks).ok());
    match ticks {
        Some(ticks) if ticks > 0 => {
            Ok(Duration::from_micros(ticks / 10).max(Duration::from_micros(1)))
        }
        _ => Err("expected a duration such as 30s, 5m or 1h".to_string()),
    }
}

/// A number of threads.
pub(crate) fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads) if (1..=1024).contains(&threads) => Ok(threads),
        _ => Err("expected a number from 1 to 1024".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        assert_eq!(size("512MB"), Ok(512 << 20));
        assert_eq!(size("1.5GiB"), Ok(3 << 29));
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(
            size("1e3k"),
            Err("expected a size such as 512MB or 4GB".into())
        );
        for wrong in ["", "MB", "-1GB", "4 parsecs", "0", "nan"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
