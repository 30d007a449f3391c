//! Starts and ends of calendar units, and a datetime's place in them.

use arrow::array::ArrayRef;

use crate::contract::{Args, Fault};
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::temporal::{self, Civil};
use crate::types::{MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &STARTOFDAY,
    &STARTOFWEEK,
    &STARTOFMONTH,
    &STARTOFYEAR,
    &ENDOFDAY,
    &ENDOFWEEK,
    &ENDOFMONTH,
    &ENDOFYEAR,
    &DAYOFWEEK,
    &DAYOFMONTH,
    &DAYOFYEAR,
    &HOUROFDAY,
    &MONTHOFYEAR,
    &GETMONTH,
    &GETYEAR,
    &WEEK_OF_YEAR,
    &WEEKOFYEAR,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// The first tick of the unit `offset` units after the one that holds a datetime. It may be the
    /// one after the last datetime.
    fn start(self, ticks: i64, offset: i64) -> Option<i64> {
        let day = ticks.div_euclid(TICKS_PER_DAY);
        let civil = Civil::from_ticks(ticks);
        let start = match self {
            Unit::Day => day.checked_add(offset)?,
            Unit::Week => {
                (day - temporal::day_of_week(ticks)).checked_add(offset.checked_mul(7)?)?
            }
            Unit::Month => {
                let months = i64::from(civil.year) * 12 + i64::from(civil.month) - 1;
                first_day(months.checked_add(offset)?)?
            }
            Unit::Year => {
                let year = i64::from(civil.year).checked_add(offset)?;
                first_day(year.checked_mul(12)?)?
            }
        };
        let start = start.checked_mul(TICKS_PER_DAY)?;
        (0..=MAX_DATETIME + 1).contains(&start).then_some(start)
    }
}

/// The first day of a month counted from the year 0, in days since 0001-01-01.
fn first_day(months: i64) -> Option<i64> {
    // What ends the last month starts the year 10000, which has no date.
    if months == 10_000 * 12 {
        return Some((MAX_DATETIME + 1) / TICKS_PER_DAY);
    }
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    temporal::days_of_date(year, (months.rem_euclid(12) + 1) as u8, 1)
}

/// A start (or, of the tick before the next start, an end) of a unit, an optional number of units on.
fn edge(args: &Args<'_>, unit: Unit, end: bool) -> Result<ArrayRef, Fault> {
    let date = args.column::<i64>(0)?;
    let offset = match args.len() {
        1 => None,
        _ => Some(args.column::<i64>(1)?),
    };
    args.build(|row| {
        let date = i64::at(&date, row)?;
        let offset = offset.as_ref().map_or(Some(0), |o| i64::at(o, row))?;
        if end {
            Some(unit.start(date, offset.checked_add(1)?)? - 1)
        } else {
            unit.start(date, offset).and_then(temporal::checked)
        }
    })
}

const START_DETAILS: &str = "The offset is a number of units to move by, negative for earlier ones. Null outside the \
                             years 1 to 9999.";
const END_DETAILS: &str = "The end is the last tick, 100 nanoseconds before the next unit. The offset is a number of units \
                           to move by, negative for earlier ones.";

static STARTOFDAY: Scalar = Scalar {
    signatures: &["startofday(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The start of a datetime's day.",
        details: START_DETAILS,
        examples: &[
            (
                "startofday(datetime(2024-05-01 10:11))",
                "2024-05-01T00:00:00.0000000Z",
            ),
            (
                "startofday(datetime(2024-05-01 10:11), -1)",
                "2024-04-30T00:00:00.0000000Z",
            ),
        ],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Day, false)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static STARTOFWEEK: Scalar = Scalar {
    signatures: &["startofweek(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The start of a datetime's week, which is a Sunday.",
        details: START_DETAILS,
        examples: &[(
            "startofweek(datetime(2024-05-01))",
            "2024-04-28T00:00:00.0000000Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Week, false)),
    ..Scalar::DEFAULT
};

static STARTOFMONTH: Scalar = Scalar {
    signatures: &["startofmonth(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The start of a datetime's month.",
        details: START_DETAILS,
        examples: &[(
            "startofmonth(datetime(2024-05-31), 1)",
            "2024-06-01T00:00:00.0000000Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Month, false)),
    ..Scalar::DEFAULT
};

static STARTOFYEAR: Scalar = Scalar {
    signatures: &["startofyear(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The start of a datetime's year.",
        details: START_DETAILS,
        examples: &[(
            "startofyear(datetime(2024-05-31))",
            "2024-01-01T00:00:00.0000000Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Year, false)),
    ..Scalar::DEFAULT
};

static ENDOFDAY: Scalar = Scalar {
    signatures: &["endofday(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The end of a datetime's day.",
        details: END_DETAILS,
        examples: &[(
            "endofday(datetime(2024-05-01 10:11))",
            "2024-05-01T23:59:59.9999999Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Day, true)),
    ..Scalar::DEFAULT
};

static ENDOFWEEK: Scalar = Scalar {
    signatures: &["endofweek(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The end of a datetime's week, which is a Saturday.",
        details: END_DETAILS,
        examples: &[(
            "endofweek(datetime(2024-05-01), 1)",
            "2024-05-11T23:59:59.9999999Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Week, true)),
    ..Scalar::DEFAULT
};

static ENDOFMONTH: Scalar = Scalar {
    signatures: &["endofmonth(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The end of a datetime's month.",
        details: END_DETAILS,
        examples: &[(
            "endofmonth(datetime(2024-02-01))",
            "2024-02-29T23:59:59.9999999Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Month, true)),
    ..Scalar::DEFAULT
};

static ENDOFYEAR: Scalar = Scalar {
    signatures: &["endofyear(date: datetime, [offset: long]) -> datetime"],
    doc: Doc {
        summary: "The end of a datetime's year.",
        details: END_DETAILS,
        examples: &[(
            "endofyear(datetime(9999-01-01))",
            "9999-12-31T23:59:59.9999999Z",
        )],
    },
    eval: Eval::Columns(|args| edge(args, Unit::Year, true)),
    ..Scalar::DEFAULT
};

static DAYOFWEEK: Scalar = Scalar {
    signatures: &["dayofweek(date: datetime) -> timespan"],
    doc: Doc {
        summary: "The days since the Sunday before, as a timespan.",
        details: "It is no number: divide it by `1d` for one.",
        examples: &[
            ("dayofweek(datetime(2024-05-01))", "3.00:00:00"),
            ("dayofweek(datetime(2024-04-28))", "00:00:00"),
            ("dayofweek(datetime(2024-05-01)) / 1d", "3.0"),
        ],
    },
    eval: Eval::Columns(|args| args.map(|t: i64| temporal::day_of_week(t) * TICKS_PER_DAY)),
    ..Scalar::DEFAULT
};

static DAYOFMONTH: Scalar = Scalar {
    signatures: &["dayofmonth(date: datetime) -> long"],
    doc: Doc {
        summary: "The day of the month, 1 to 31.",
        details: "",
        examples: &[("dayofmonth(datetime(2024-05-31))", "31")],
    },
    eval: Eval::Columns(|args| args.map(|t: i64| i64::from(Civil::from_ticks(t).day))),
    ..Scalar::DEFAULT
};

static DAYOFYEAR: Scalar = Scalar {
    signatures: &["dayofyear(date: datetime) -> long"],
    doc: Doc {
        summary: "The day of the year, 1 to 366.",
        details: "",
        examples: &[("dayofyear(datetime(2024-12-31))", "366")],
    },
    eval: Eval::Columns(|args| args.map(temporal::day_of_year)),
    ..Scalar::DEFAULT
};

static HOUROFDAY: Scalar = Scalar {
    signatures: &["hourofday(date: datetime) -> long"],
    doc: Doc {
        summary: "The hour of the day, 0 to 23.",
        details: "",
        examples: &[("hourofday(datetime(2024-05-01 18:54))", "18")],
    },
    eval: Eval::Columns(|args| {
        args.map(|t: i64| t.rem_euclid(TICKS_PER_DAY) / TICKS_PER_HOUR)
    }),
    ..Scalar::DEFAULT
};

static MONTHOFYEAR: Scalar = Scalar {
    signatures: &["monthofyear(date: datetime) -> long"],
    doc: Doc {
        summary: "The month of the year, 1 to 12.",
        details: "",
        examples: &[("monthofyear(datetime(2024-05-01))", "5")],
    },
    eval: Eval::Columns(month),
    ..Scalar::DEFAULT
};

static GETMONTH: Scalar = Scalar {
    signatures: &["getmonth(date: datetime) -> long"],
    doc: Doc {
        summary: "The month of the year, 1 to 12.",
        details: "The same as `monthofyear`.",
        examples: &[("getmonth(datetime(2024-05-01))", "5")],
    },
    eval: Eval::Columns(month),
    ..Scalar::DEFAULT
};

fn month(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    args.map(|t: i64| i64::from(Civil::from_ticks(t).month))
}

static GETYEAR: Scalar = Scalar {
    signatures: &["getyear(date: datetime) -> long"],
    doc: Doc {
        summary: "The year.",
        details: "",
        examples: &[("getyear(datetime(2024-05-01))", "2024")],
    },
    eval: Eval::Columns(|args| args.map(|t: i64| i64::from(Civil::from_ticks(t).year))),
    ..Scalar::DEFAULT
};

static WEEK_OF_YEAR: Scalar = Scalar {
    signatures: &["week_of_year(date: datetime) -> long"],
    doc: Doc {
        summary: "The week of the year as ISO 8601 counts them, 1 to 53.",
        details: "Weeks start on Monday, and the first one of a year holds its first Thursday: the first days of January \
                  may be in week 53 of the year before.",
        examples: &[
            ("week_of_year(datetime(2016-01-01))", "53"),
            ("week_of_year(datetime(2018-12-31))", "1"),
        ],
    },
    eval: Eval::Columns(|args| args.map(temporal::iso_week)),
    ..Scalar::DEFAULT
};

static WEEKOFYEAR: Scalar = Scalar {
    signatures: &["weekofyear(date: datetime) -> long"],
    doc: Doc {
        summary: "The week of the year, counted in another way than `week_of_year` does.",
        details: "Weeks start on Sunday, and the first one of a year holds its first Wednesday: in a year that starts on \
                  a Thursday the two ways are a week apart. A week is numbered in the year of its Wednesday, so the last \
                  days of a year may be in week 1 and its first days in the last week of the year before.",
        examples: &[
            ("weekofyear(datetime(2024-01-01))", "1"),
            ("weekofyear(datetime(2024-12-31))", "1"),
            ("weekofyear(datetime(2026-01-03))", "53"),
            ("weekofyear(datetime(2026-01-04))", "1"),
            ("weekofyear(datetime(2026-07-31))", "30"),
        ],
    },
    eval: Eval::Columns(|args| args.map(temporal::wednesday_week)),
    deprecated: Some("week_of_year"),
    ..Scalar::DEFAULT
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::text_of as text;
    use crate::temporal::parse_datetime;
    use crate::types::Value::{Datetime, Long};

    #[test]
    fn moves_by_whole_units() {
        let at = |text: &str| Datetime(parse_datetime(text).unwrap());
        let edge = |name: &str, date: &str, offset: i64| text(name, &[at(date), Long(offset)]);
        assert_eq!(edge("startofweek", "2020-06-15", -2), "2020-05-31T00:00:00.0000000Z");
        assert_eq!(edge("endofweek", "2020-06-15 13:45", 2), "2020-07-04T23:59:59.9999999Z");
        assert_eq!(edge("endofmonth", "2020-01-31", 13), "2021-02-28T23:59:59.9999999Z");
        assert_eq!(edge("endofyear", "2020-06-15", -1), "2019-12-31T23:59:59.9999999Z");
        assert_eq!(edge("endofmonth", "9999-12-31", 0), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(edge("startofday", "9999-12-31", 1), "");
        assert_eq!(edge("startofweek", "0001-01-01", 0), "");
        assert_eq!(edge("endofyear", "2020-01-01", i64::MAX), "");
    }
}
