//! Durations as rules write them: `5m`, `14d`, `PT1H`, `P1DT12H`.

/// Seconds of a minute, an hour, a day.
pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// The seconds of a duration; `None` if it is none.
pub(super) fn seconds(text: &str) -> Option<u64> {
    match text.strip_prefix(['P', 'p']) {
        Some(rest) => iso(&rest.to_ascii_uppercase()),
        None => {
            let unit = match text.chars().next_back()? {
                'm' => MINUTE,
                'h' => HOUR,
                'd' => DAY,
                _ => return None,
            };
            number(&text[..text.len() - 1])?.checked_mul(unit)
        }
    }
}

/// The seconds of a duration as tools export it: `1:30:00`, `1 day, 0:00:00`, or `5H`.
pub(super) fn exported(text: &str) -> Option<u64> {
    if let Some(found) = seconds(&text.to_ascii_lowercase()) {
        return Some(found);
    }
    let (days, time) = match text.split_once(", ").or_else(|| text.split_once('.')) {
        Some((days, time)) => (number(days.split(' ').next()?)?, time),
        None => (0, text),
    };
    let mut parts = time.split(':').map(number);
    let (hours, minutes, rest) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() {
        return None;
    }
    let units = [(days, DAY), (hours, HOUR), (minutes, MINUTE), (rest, 1)];
    units.iter().try_fold(0u64, |sum, (n, unit)| {
        sum.checked_add(n.checked_mul(*unit)?)
    })
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// What follows the `P`: days, then after a `T` hours, minutes and seconds.
fn iso(text: &str) -> Option<u64> {
    let (days, times) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((days, times)) => (days, times),
        None => (text, ""),
    };
    if days.is_empty() && times.is_empty() {
        return None;
    }
    let days = parts(days, &[('W', 7 * DAY), ('D', DAY)])?;
    let times = parts(times, &[('H', HOUR), ('M', MINUTE), ('S', 1)])?;
    days.checked_add(times)
}

/// Numbers with units, each at most once and in this order.
fn parts(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total: u64 = 0;
    for (unit, seconds) in units {
        if let Some((amount, rest)) = text.split_once(*unit) {
            total = total.checked_add(number(amount)?.checked_mul(*seconds)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_export_durations_in_their_own_ways() {
        assert_eq!(exported("0:05:00"), Some(5 * MINUTE));
        assert_eq!(exported("1 day, 0:00:00"), Some(DAY));
        assert_eq!(exported("14 days, 1:00:00"), Some(14 * DAY + HOUR));
        assert_eq!(exported("1.00:00:00"), Some(DAY));
        assert_eq!(exported("5H"), Some(5 * HOUR));
        assert_eq!(exported("PT5H"), Some(5 * HOUR));
        for wrong in ["", "1:00", "a:b:c", "1:2:3:4", "x, 1:00:00"] {
            assert_eq!(exported(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_read_in_both_forms() {
        for (text, expected) in [
            ("5m", Some(300)),
            ("14d", Some(14 * DAY)),
            ("PT1H", Some(HOUR)),
            ("P1DT12H30M", Some(DAY + 12 * HOUR + 30 * MINUTE)),
            ("P2W", Some(14 * DAY)),
            ("pt5m", Some(300)),
            ("1w", None),
            ("h", None),
            ("1.5h", None),
            ("PT", None),
            ("P", None),
            ("P1H", None),
            ("PT1M1H", None),
            ("", None),
            ("-1h", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
