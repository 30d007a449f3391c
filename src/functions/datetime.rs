//! The clock, and steps, differences and parts of datetimes by calendar units.

use arrow::datatypes::Int64Type;

use super::vector::{binary, longs};
use crate::contract::{Args, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Arg;
use crate::plan::fold;
use crate::plan::{Doc, Eval, Expr, Naming, Role, Scalar, Volatility};
use crate::temporal::{self, Civil};
use crate::types::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, Type, Value, arrays,
};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &NOW,
    &AGO,
    &DATETIME_ADD,
    &DATETIME_DIFF,
    &DIFF_UNITS,
    &DIFF_WEEKS,
    &DATETIME_PART,
    &DATEPART,
    &INGESTION_TIME,
];

static NOW: Scalar = Scalar {
    signatures: &["now([offset: timespan]) -> datetime"],
    doc: Doc {
        summary: "The instant of the query, moved by an offset.",
        details: "It is the same instant everywhere in a query. A positive offset lies in the future.",
        examples: &[("now() == now()", "True"), ("now(1h) - now()", "01:00:00")],
    },
    eval: Eval::Prepared(|setup| {
        let now = setup.context.now;
        Ok(Box::new(move |args: &Args<'_>| {
            if args.is_empty() {
                return Ok(arrays::repeat(&Value::Datetime(now), Type::Datetime, args.rows));
            }
            args.map(move |offset: i64| now.checked_add(offset).and_then(temporal::checked))
        }))
    }),
    volatility: Volatility::PerQuery,
    role: Role::Now,
    ..Scalar::DEFAULT
};

static AGO: Scalar = Scalar {
    signatures: &["ago(span: timespan) -> datetime"],
    doc: Doc {
        summary: "The instant a timespan before the query's.",
        details: "`ago(t)` is `now() - t`.",
        examples: &[("now() - ago(1d)", "1.00:00:00")],
    },
    eval: Eval::Prepared(|setup| {
        let now = setup.context.now;
        Ok(Box::new(move |args: &Args<'_>| {
            args.map(move |span: i64| now.checked_sub(span).and_then(temporal::checked))
        }))
    }),
    volatility: Volatility::PerQuery,
    ..Scalar::DEFAULT
};

static DATETIME_ADD: Scalar = Scalar {
    signatures: &[
        "datetime_add(const period: string, amount: long, datetime: datetime) -> datetime",
    ],
    doc: Doc {
        summary: "Moves a datetime by a number of calendar units.",
        details: "The period is a constant, one of `year`, `quarter`, `month`, `week`, `day`, `hour`, `minute`, \
                  `second`, `millisecond`, `microsecond`, `nanosecond`, in any letter case. A day that the month \
                  reached does not have becomes its last one. Null outside the years 1 to 9999.",
        examples: &[
            (
                "datetime_add('month', 1, datetime(2020-01-31))",
                "2020-02-29T00:00:00.0000000Z",
            ),
            (
                "datetime_add('week', -1, datetime(2020-01-08))",
                "2020-01-01T00:00:00.0000000Z",
            ),
        ],
    },
    eval: Eval::Prepared(|setup| {
        let unit = unit(setup)?;
        Ok(Box::new(move |args: &Args<'_>| {
            let (amount, datetime) = (args.column::<i64>(1)?, args.column::<i64>(2)?);
            args.build(|row| {
                unit.add(i64::at(&datetime, row)?, i64::at(&amount, row)?)
            })
        }))
    }),
    ..Scalar::DEFAULT
};

static DATETIME_DIFF: Scalar = Scalar {
    signatures: &[
        "datetime_diff(const period: string, left: datetime, right: datetime) -> long",
    ],
    doc: Doc {
        summary: "Counts the calendar units from the right datetime to the left one.",
        details: "It counts the boundaries between them, not whole units gone by: the last second of a year is \
                  one `year` before the next. The result is negative when the left one is earlier. Weeks start on \
                  Sunday, and their number is a `real`. The period is a constant, one of `year`, `quarter`, `month`, \
                  `week`, `day`, `hour`, `minute`, `second`, `millisecond`, `microsecond`, `nanosecond`.",
        examples: &[
            (
                "datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))",
                "17",
            ),
            (
                "datetime_diff('hour', datetime(2024-05-02 01:00), datetime(2024-05-01 23:59))",
                "2",
            ),
            (
                "datetime_diff('week', datetime(2020-01-15), datetime(2020-01-01))",
                "2.0",
            ),
        ],
    },
    eval: Eval::Rewrite(diff),
    ..Scalar::DEFAULT
};

static DIFF_UNITS: Scalar = Scalar {
    signatures: &[
        "__datetime_diff(const period: string, left: datetime, right: datetime) -> long",
    ],
    doc: Doc {
        summary: "`datetime_diff` of a period other than `week`.",
        details: "",
        examples: &[],
    },
    eval: Eval::Prepared(|setup| {
        let unit = unit(setup)?;
        Ok(Box::new(move |args: &Args<'_>| {
            let (left, right) = (longs(args.datum(1)?)?, longs(args.datum(2)?)?);
            Ok(binary::<_, _, Int64Type>(&left, &right, args.rows, |a, b| {
                unit.diff(a, b)
            }))
        }))
    }),
    ..Scalar::DEFAULT
};

static DIFF_WEEKS: Scalar = Scalar {
    signatures: &["__datetime_diff_weeks(left: datetime, right: datetime) -> real"],
    doc: Doc {
        summary: "`datetime_diff('week', …)`, which is a real.",
        details: "",
        examples: &[],
    },
    eval: Eval::Columns(|args| args.map2(|a: i64, b: i64| (week(a) - week(b)) as f64)),
    ..Scalar::DEFAULT
};

/// Number of the week that starts on Sunday.
fn week(ticks: i64) -> i64 {
    (ticks.div_euclid(TICKS_PER_DAY) + 1).div_euclid(7)
}

fn diff(mut args: Vec<Expr>) -> Result<Expr, Problem> {
    let period = args.first();
    let span = period.map(|p| p.span).unwrap_or_default();
    let value = period.and_then(|p| fold::constant(p, None).ok());
    if Unit::of(value.as_ref()).map_err(|p| p.at(0))? == Unit::Week {
        args.remove(0);
        return Ok(Expr::call(&DIFF_WEEKS, 0, args, Type::Real, span));
    }
    Ok(Expr::call(&DIFF_UNITS, 0, args, Type::Long, span))
}

/// A calendar unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

const UNITS: &[(&str, Unit)] = &[
    ("year", Unit::Year),
    ("quarter", Unit::Quarter),
    ("month", Unit::Month),
    ("week", Unit::Week),
    ("day", Unit::Day),
    ("hour", Unit::Hour),
    ("minute", Unit::Minute),
    ("second", Unit::Second),
    ("millisecond", Unit::Millisecond),
    ("microsecond", Unit::Microsecond),
    ("nanosecond", Unit::Nanosecond),
];

fn unit(setup: &Setup<'_>) -> Result<Unit, Problem> {
    Unit::of(setup.constant(0))
}

impl Unit {
    /// The unit a period argument names.
    fn of(period: Option<&Value>) -> Result<Unit, Problem> {
        named(period, UNITS, "period")
    }

    /// Ticks of the unit, if it always has the same.
    fn ticks(self) -> Option<i64> {
        Some(match self {
            Unit::Week => 7 * TICKS_PER_DAY,
            Unit::Day => TICKS_PER_DAY,
            Unit::Hour => TICKS_PER_HOUR,
            Unit::Minute => TICKS_PER_MINUTE,
            Unit::Second => TICKS_PER_SECOND,
            Unit::Millisecond => TICKS_PER_SECOND / 1000,
            Unit::Microsecond => TICKS_PER_SECOND / 1_000_000,
            Unit::Year | Unit::Quarter | Unit::Month | Unit::Nanosecond => return None,
        })
    }

    fn add(self, datetime: i64, amount: i64) -> Option<i64> {
        let months = match self {
            Unit::Year => 12,
            Unit::Quarter => 3,
            Unit::Month => 1,
            Unit::Nanosecond => {
                return temporal::checked(datetime.checked_add(amount / 100)?);
            }
            _ => {
                let ticks = amount.checked_mul(self.ticks()?)?;
                return temporal::checked(datetime.checked_add(ticks)?);
            }
        };
        temporal::add_months(datetime, amount.checked_mul(months)?)
    }

    /// Boundaries between two datetimes.
    fn diff(self, left: i64, right: i64) -> i64 {
        let months = |ticks: i64| {
            let civil = Civil::from_ticks(ticks);
            i64::from(civil.year) * 12 + i64::from(civil.month) - 1
        };
        match self {
            Unit::Year => months(left) / 12 - months(right) / 12,
            Unit::Quarter => months(left) / 3 - months(right) / 3,
            Unit::Month => months(left) - months(right),
            Unit::Week => week(left) - week(right),
            Unit::Nanosecond => left.wrapping_sub(right).wrapping_mul(100),
            _ => {
                let ticks = self.ticks().unwrap_or(1);
                left / ticks - right / ticks
            }
        }
    }
}

/// What a constant argument 0 names, in any letter case.
fn named<T: Copy>(
    value: Option<&Value>,
    names: &[(&str, T)],
    what: &str,
) -> Result<T, Problem> {
    let Some(Value::String(text)) = value else {
        let message = format!("the {what} must be a constant");
        return Err(Problem::new(Code::ConstantExpected, message).at(0));
    };
    let found = names.iter().find(|(n, _)| n.eq_ignore_ascii_case(text));
    found.map(|(_, v)| *v).ok_or_else(|| {
        let known = names.iter().map(|(n, _)| format!("`{n}`"));
        let known = known.collect::<Vec<_>>().join(", ");
        Problem::new(Code::ArgumentValue, format!("`{text}` is no {what}"))
            .at(0)
            .help(format!("a {what} is one of {known}"))
    })
}

/// A part of a datetime.
type Part = fn(i64) -> i64;

const PARTS: &[(&str, Part)] = &[
    ("year", |t| i64::from(Civil::from_ticks(t).year)),
    ("quarter", |t| i64::from(Civil::from_ticks(t).month - 1) / 3 + 1),
    ("month", |t| i64::from(Civil::from_ticks(t).month)),
    ("week_of_year", temporal::iso_week),
    ("day", |t| i64::from(Civil::from_ticks(t).day)),
    ("dayofyear", temporal::day_of_year),
    ("hour", |t| t % TICKS_PER_DAY / TICKS_PER_HOUR),
    ("minute", |t| t % TICKS_PER_HOUR / TICKS_PER_MINUTE),
    ("second", |t| t % TICKS_PER_MINUTE / TICKS_PER_SECOND),
    ("millisecond", |t| t % TICKS_PER_SECOND / 10_000),
    ("microsecond", |t| t % TICKS_PER_SECOND / 10),
    ("nanosecond", |t| t % TICKS_PER_SECOND * 100),
];

const PART_DOC: Doc = Doc {
    summary: "A part of a datetime, as a number.",
    details: "The part is a constant, one of `year`, `quarter`, `month`, `week_of_year` (ISO 8601), `day`, `dayOfYear`, \
              `hour`, `minute`, `second`, `millisecond`, `microsecond`, `nanosecond`. The parts below a second hold all \
              that is below a second: `nanosecond` goes up to 999999900.",
    examples: &[],
};

static DATETIME_PART: Scalar = Scalar {
    signatures: &["datetime_part(const part: string, datetime: datetime) -> long"],
    doc: Doc {
        examples: &[
            ("datetime_part('quarter', datetime(2024-05-01))", "2"),
            (
                "datetime_part('microsecond', datetime(2024-05-01 10:00:00.7654321))",
                "765432",
            ),
        ],
        ..PART_DOC
    },
    eval: Eval::Prepared(part),
    ..Scalar::DEFAULT
};

static DATEPART: Scalar = Scalar {
    signatures: &["datepart(const part: string, datetime: datetime) -> long"],
    doc: Doc {
        examples: &[("datepart('hour', datetime(2024-05-01 10:11))", "10")],
        ..PART_DOC
    },
    eval: Eval::Prepared(part),
    deprecated: Some("datetime_part"),
    ..Scalar::DEFAULT
};

fn part(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let part = named(setup.constant(0), PARTS, "part")?;
    Ok(Box::new(move |args: &Args<'_>| {
        let datetime = args.column::<i64>(1)?;
        args.build(|row| Some(part(i64::at(&datetime, row)?)))
    }))
}

static INGESTION_TIME: Scalar = Scalar {
    signatures: &["ingestion_time() -> datetime"],
    doc: Doc {
        summary: "When a row was taken into its table.",
        details: "Files do not say, so it is null, as it is for tables without the ingestion time policy; a warning \
                  tells so, for no row is then later than another.",
        examples: &[("isnull(ingestion_time())", "True")],
    },
    eval: Eval::Prepared(ingestion_time),
    naming: Naming::Fixed("$IngestionTime"),
    role: Role::Ingested,
    volatility: Volatility::PerQuery,
    ..Scalar::DEFAULT
};

fn ingestion_time(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let notes = setup.context.notes.clone();
    Ok(Box::new(move |args: &Args<'_>| {
        notes.add(
            "ingestion_time() is null in every row, as files do not say when rows were taken in; TimeGenerated may serve",
        );
        Ok(arrays::nulls(Type::Datetime, args.rows))
    }))
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::text_of as text;
    use crate::temporal::parse_datetime;
    use crate::types::Value::{self, Datetime, Long};

    #[test]
    fn counts_and_moves_by_units() {
        let at = |text: &str| Datetime(parse_datetime(text).unwrap());
        let diff =
            |unit: &str, a: &str, b: &str| text("datetime_diff", &[Value::string(unit), at(a), at(b)]);
        assert_eq!(diff("Year", "2017-01-01", "2000-12-31"), "17");
        assert_eq!(diff("week", "2017-10-29 00:00", "2017-09-30 23:59"), "5.0");
        assert_eq!(diff("week", "2024-02-29", "2020-02-29"), "209.0");
        assert_eq!(diff("second", "2020-01-01 00:00:10.100", "2020-01-01 00:00:00.900"), "10");
        assert_eq!(diff("minute", "2020-01-01", "2020-01-01 13:45"), "-825");
        assert_eq!(diff("quarter", "2024-03-31", "2020-04-01"), "15");
        assert!(diff("fortnight", "2020-01-01", "2020-01-01").starts_with('!'));
        let add = |unit: &str, n: i64, to: &str| {
            text("datetime_add", &[Value::string(unit), Long(n), at(to)])
        };
        assert_eq!(add("quarter", -5, "2020-05-31"), "2019-02-28T00:00:00.0000000Z");
        assert_eq!(add("day", i64::MAX, "2020-05-31"), "");
        assert_eq!(text("ago", &[Value::Timespan(0)]), "2024-05-01T12:11:12.0000000Z");
        let part = |name: &str| {
            let at = at("2016-01-01 10:00:00.7654321");
            text("datetime_part", &[Value::string(name), at])
        };
        assert_eq!(part("week_of_year"), "53");
        assert_eq!(part("DayOfYear"), "1");
        assert_eq!(part("nanosecond"), "765432100");
        assert!(part("week").starts_with('!'));
    }
}
