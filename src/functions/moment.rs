//! Datetimes and timespans from their parts, from Unix time, and between time zones.

use std::collections::HashMap;

use arrow::array::ArrayRef;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use crate::contract::{Args, Fault};
use crate::json::ArrayWriter;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::temporal::{self, Civil};
use crate::types::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Type, UNIX_EPOCH_TICKS,
    Value, arrays,
};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &MAKE_DATETIME,
    &MAKE_TIMESPAN,
    &UNIX_SECONDS,
    &UNIX_MILLISECONDS,
    &UNIX_MICROSECONDS,
    &UNIX_NANOSECONDS,
    &UTC_TO_LOCAL,
    &LOCAL_TO_UTC,
    &LIST_TIMEZONES,
];

static MAKE_DATETIME: Scalar = Scalar {
    signatures: &[
        "make_datetime(year: long, month: long, day: long, [hour: long], [minute: long], [second: real]) -> datetime",
        "make_datetime(value: text) -> datetime",
    ],
    doc: Doc {
        summary: "A datetime from its parts, or from a text.",
        details: "The second may have a fraction, of which ticks of 100 nanoseconds are kept. Null when there is no such day \
                  or time.",
        examples: &[
            (
                "make_datetime(2017, 10, 1, 12, 11, 0.1234567)",
                "2017-10-01T12:11:00.1234567Z",
            ),
            ("make_datetime(2023, 2, 29)", ""),
            (
                "make_datetime('2024-05-01 10:11')",
                "2024-05-01T10:11:00.0000000Z",
            ),
        ],
    },
    eval: Eval::Columns(|args| match args.overload {
        1 => args.map(temporal::parse_datetime),
        _ => {
            let part = part_columns(args, 5)?;
            let second = match args.len() {
                6 => Some(args.column::<f64>(5)?),
                _ => None,
            };
            args.build(|row| {
                let part = |index: usize| match part.get(index) {
                    Some(column) => i64::at(column, row),
                    None => Some(0),
                };
                let second = second.as_ref().map_or(Some(0.0), |s| f64::at(s, row))?;
                let ticks = second_ticks(second)?;
                let civil = Civil {
                    hour: u8::try_from(part(3)?).ok()?,
                    minute: u8::try_from(part(4)?).ok()?,
                    ..Civil::date(
                        i32::try_from(part(0)?).ok()?,
                        u8::try_from(part(1)?).ok()?,
                        u8::try_from(part(2)?).ok()?,
                    )
                };
                Some(civil.to_ticks()? + ticks)
            })
        }
    }),
    naming: Naming::Only,
    ..Scalar::DEFAULT
};

type Longs<'a> = <i64 as Arg<'a>>::Column;

/// The whole-number arguments before index `end`.
fn part_columns<'a>(args: &'a Args<'_>, end: usize) -> Result<Vec<Longs<'a>>, Fault> {
    (0..args.len().min(end)).map(|i| args.column::<i64>(i)).collect()
}

/// Ticks of a second with a fraction, cut to whole ticks; `None` outside of a minute.
fn second_ticks(second: f64) -> Option<i64> {
    if !(0.0..60.0).contains(&second) {
        return None;
    }
    let ticks = second * TICKS_PER_SECOND as f64;
    // A literal of seven digits is a double that may be a little less.
    let whole = if (ticks.round() - ticks).abs() < 1e-5 { ticks.round() } else { ticks.floor() };
    Some(whole as i64)
}

static MAKE_TIMESPAN: Scalar = Scalar {
    signatures: &[
        "make_timespan(hour: long, minute: long) -> timespan",
        "make_timespan(hour: long, minute: long, second: real) -> timespan",
        "make_timespan(day: long, hour: long, minute: long, second: real) -> timespan",
        "make_timespan(value: text) -> timespan",
    ],
    doc: Doc {
        summary: "A timespan from its parts, or from a text.",
        details: "The second may have a fraction. Null when hour, minute or second is outside of a day, an hour, a minute.",
        examples: &[
            ("make_timespan(1, 12)", "01:12:00"),
            ("make_timespan(1, 12, 30.55)", "01:12:30.5500000"),
            ("make_timespan(2, 1, 12, 30)", "2.01:12:30"),
            ("make_timespan(1, 60)", ""),
        ],
    },
    eval: Eval::Columns(|args| {
        if args.overload == 3 {
            return args.map(temporal::parse_timespan);
        }
        let part = part_columns(args, if args.len() == 2 { 2 } else { args.len() - 1 })?;
        let second = match args.len() {
            2 => None,
            n => Some(args.column::<f64>(n - 1)?),
        };
        args.build(|row| {
            let mut parts = part.iter().rev().map(|p| i64::at(p, row));
            let minute = parts.next()??;
            let hour = parts.next()??;
            let day = parts.next().unwrap_or(Some(0))?;
            let second = second_ticks(second.as_ref().map_or(Some(0.0), |s| f64::at(s, row))?)?;
            if !(0..24).contains(&hour) || !(0..60).contains(&minute) || day < 0 {
                return None;
            }
            day.checked_mul(TICKS_PER_DAY)?
                .checked_add(hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE + second)
        })
    }),
    naming: Naming::Only,
    ..Scalar::DEFAULT
};

/// The instant `count` units of so many ticks (or ticks per so many units) after 1970.
fn unix(args: &Args<'_>, ticks: i64, per: i64) -> Result<ArrayRef, Fault> {
    let since = |whole: Option<i64>| {
        let moved = UNIX_EPOCH_TICKS.checked_add(whole?)?;
        temporal::checked(moved)
    };
    if args.datum(0)?.ty == Type::Real {
        return args.map(|count: f64| {
            let whole = (count * ticks as f64 / per as f64).round();
            since((whole.abs() < 1e19).then_some(whole as i64))
        });
    }
    args.map(|count: i64| since(count.checked_mul(ticks).map(|t| t.div_euclid(per))))
}

const UNIX_DETAILS: &str = "Negative numbers lie before 1970. Null outside the years 1 to 9999.";

static UNIX_SECONDS: Scalar = Scalar {
    signatures: &[
        "unixtime_seconds_todatetime(seconds: long) -> datetime",
        "unixtime_seconds_todatetime(seconds: real) -> datetime",
    ],
    doc: Doc {
        summary: "The datetime so many seconds after 1970-01-01.",
        details: UNIX_DETAILS,
        examples: &[(
            "unixtime_seconds_todatetime(1546300800)",
            "2019-01-01T00:00:00.0000000Z",
        )],
    },
    eval: Eval::Columns(|args| unix(args, TICKS_PER_SECOND, 1)),
    ..Scalar::DEFAULT
};

static UNIX_MILLISECONDS: Scalar = Scalar {
    signatures: &[
        "unixtime_milliseconds_todatetime(milliseconds: long) -> datetime",
        "unixtime_milliseconds_todatetime(milliseconds: real) -> datetime",
    ],
    doc: Doc {
        summary: "The datetime so many milliseconds after 1970-01-01.",
        details: UNIX_DETAILS,
        examples: &[(
            "unixtime_milliseconds_todatetime(1546300800001)",
            "2019-01-01T00:00:00.0010000Z",
        )],
    },
    eval: Eval::Columns(|args| unix(args, TICKS_PER_SECOND / 1000, 1)),
    ..Scalar::DEFAULT
};

static UNIX_MICROSECONDS: Scalar = Scalar {
    signatures: &[
        "unixtime_microseconds_todatetime(microseconds: long) -> datetime",
        "unixtime_microseconds_todatetime(microseconds: real) -> datetime",
    ],
    doc: Doc {
        summary: "The datetime so many microseconds after 1970-01-01.",
        details: UNIX_DETAILS,
        examples: &[(
            "unixtime_microseconds_todatetime(1546300800000001)",
            "2019-01-01T00:00:00.0000010Z",
        )],
    },
    eval: Eval::Columns(|args| unix(args, TICKS_PER_SECOND / 1_000_000, 1)),
    ..Scalar::DEFAULT
};

static UNIX_NANOSECONDS: Scalar = Scalar {
    signatures: &[
        "unixtime_nanoseconds_todatetime(nanoseconds: long) -> datetime",
        "unixtime_nanoseconds_todatetime(nanoseconds: real) -> datetime",
    ],
    doc: Doc {
        summary: "The datetime so many nanoseconds after 1970-01-01.",
        details: "A datetime holds steps of 100 nanoseconds. Negative numbers lie before 1970.",
        examples: &[(
            "unixtime_nanoseconds_todatetime(1546300800000000199)",
            "2019-01-01T00:00:00.0000001Z",
        )],
    },
    eval: Eval::Columns(|args| unix(args, 1, 100)),
    ..Scalar::DEFAULT
};

static UTC_TO_LOCAL: Scalar = Scalar {
    signatures: &["datetime_utc_to_local(datetime: datetime, timezone: string) -> datetime"],
    doc: Doc {
        summary: "What a clock in a time zone shows at a datetime.",
        details: "Time zones have IANA names, such as `Europe/Brussels`; an unknown one makes null.",
        examples: &[(
            "datetime_utc_to_local(datetime(2020-02-03 04:02:20), 'US/Pacific')",
            "2020-02-02T20:02:20.0000000Z",
        )],
    },
    eval: Eval::Columns(|args| {
        zoned(args, |ticks, zone| {
            let seconds = (ticks - UNIX_EPOCH_TICKS).div_euclid(TICKS_PER_SECOND);
            let timestamp = jiff::Timestamp::from_second(seconds).ok()?;
            Some(ticks + offset_ticks(zone.to_offset(timestamp)))
        })
    }),
    ..Scalar::DEFAULT
};

static LOCAL_TO_UTC: Scalar = Scalar {
    signatures: &["datetime_local_to_utc(datetime: datetime, timezone: string) -> datetime"],
    doc: Doc {
        summary: "The datetime at which a clock in a time zone shows a local one.",
        details: "Time zones have IANA names, such as `Europe/Brussels`; an unknown one makes null. A local time that the \
                  clock skips in spring is taken by the offset after the change, one that it shows twice in autumn by the \
                  offset before.",
        examples: &[(
            "datetime_local_to_utc(datetime(2020-02-02 20:02:20), 'US/Pacific')",
            "2020-02-03T04:02:20.0000000Z",
        )],
    },
    eval: Eval::Columns(|args| zoned(args, to_utc)),
    ..Scalar::DEFAULT
};

fn to_utc(ticks: i64, zone: &TimeZone) -> Option<i64> {
    let c = Civil::from_ticks(ticks);
    let local = jiff::civil::DateTime::new(
        c.year as i16,
        c.month as i8,
        c.day as i8,
        c.hour as i8,
        c.minute as i8,
        c.second as i8,
        0,
    )
    .ok()?;
    // The clock's summer side decides both: of a skipped time, and of one shown twice.
    let (AmbiguousOffset::Unambiguous { offset }
    | AmbiguousOffset::Gap { after: offset, .. }
    | AmbiguousOffset::Fold { before: offset, .. }) = zone.to_ambiguous_timestamp(local).offset();
    Some(ticks - offset_ticks(offset))
}

fn offset_ticks(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * TICKS_PER_SECOND
}

/// Moves datetimes by the time zones named beside them; null where there is no such zone.
fn zoned(
    args: &Args<'_>,
    convert: fn(i64, &TimeZone) -> Option<i64>,
) -> Result<ArrayRef, Fault> {
    let (datetime, name) = (args.column::<i64>(0)?, args.column::<&str>(1)?);
    let database = TimeZoneDatabase::bundled();
    let mut zones: HashMap<&str, Option<TimeZone>> = HashMap::new();
    args.build(|row| {
        let (ticks, name) = (i64::at(&datetime, row)?, <&str as Arg<'_>>::at(&name, row)?);
        let zone = zones
            .entry(name)
            .or_insert_with(|| database.get(name).ok());
        convert(ticks, zone.as_ref()?).and_then(temporal::checked)
    })
}

static LIST_TIMEZONES: Scalar = Scalar {
    signatures: &["datetime_list_timezones() -> dynamic"],
    doc: Doc {
        summary: "The names of the known time zones.",
        details: "They are those of the IANA database this program was built with.",
        examples: &[("datetime_list_timezones() has 'Europe/Brussels'", "True")],
    },
    eval: Eval::Columns(|args| {
        let database = TimeZoneDatabase::bundled();
        let mut list = ArrayWriter::new();
        for name in database.available() {
            list.push_str(name.as_str());
        }
        let list = Value::Dynamic(list.finish().into());
        Ok(arrays::repeat(&list, Type::Dynamic, args.rows))
    }),
    ..Scalar::DEFAULT
};


#[cfg(test)]
mod tests {
    use crate::functions::testing::text_of as text;
    use crate::temporal::parse_datetime;
    use crate::types::Value::{Datetime, Long, Real, String};

    #[test]
    fn converts_between_time_zones() {
        let at = |text: &str| Datetime(parse_datetime(text).unwrap());
        let utc = |local: &str| {
            text("datetime_local_to_utc", &[at(local), String("Europe/Brussels".into())])
        };
        assert_eq!(utc("2022-03-27 01:00"), "2022-03-27T00:00:00.0000000Z");
        assert_eq!(utc("2022-03-27 02:00"), "2022-03-27T00:00:00.0000000Z");
        assert_eq!(utc("2022-03-27 03:00"), "2022-03-27T01:00:00.0000000Z");
        let unknown = [at("2022-03-27"), String("Mars/Olympus".into())];
        assert_eq!(text("datetime_utc_to_local", &unknown), "");
        let ends = [at("9999-12-31 23:59"), String("Asia/Tokyo".into())];
        assert_eq!(text("datetime_utc_to_local", &ends), "");
    }

    #[test]
    fn makes_times_of_parts() {
        let parts = |second: f64| {
            let mut args: Vec<_> = [2020, 2, 29, 23, 59].map(Long).into();
            args.push(Real(second));
            text("make_datetime", &args)
        };
        assert_eq!(parts(59.999_999_9), "2020-02-29T23:59:59.9999999Z");
        assert_eq!(parts(60.0), "");
        assert_eq!(text("make_timespan", &[Long(1), Long(12), Real(30.55)]), "01:12:30.5500000");
        assert_eq!(text("unixtime_nanoseconds_todatetime", &[Long(-1)]), "1969-12-31T23:59:59.9999999Z");
    }
}
