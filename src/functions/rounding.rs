//! `bin` and its kin, `round` and `ceiling`.

use arrow::array::ArrayRef;
use arrow::datatypes::{Float64Type, Int64Type};

use super::vector::{longs, reals, try_binary};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::decimal::Decimal;
use crate::diagnostic::Code;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Role, Scalar, Volatility};
use crate::temporal;
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&BIN, &FLOOR, &BIN_AT, &BIN_AUTO, &ROUND, &CEILING];

/// The signatures of `bin` and its other name.
macro_rules! bin_signatures {
    ($name:literal) => {
        &[
            concat!($name, "(value: long, size: long) -> long"),
            concat!($name, "(value: real, size: real) -> real"),
            concat!($name, "(value: decimal, size: decimal) -> decimal"),
            concat!($name, "(value: datetime, size: timespan) -> datetime"),
            concat!($name, "(value: timespan, size: timespan) -> timespan"),
            concat!($name, "(value: timespan, size: long) -> timespan"),
            concat!($name, "(value: bool, size: long) -> long"),
        ]
    };
}

static BIN: Scalar = Scalar {
    signatures: bin_signatures!("bin"),
    doc: Doc {
        summary: "Rounds down to a multiple of a size.",
        details: "Multiples of a timespan are counted from 0001-01-01, so bins of `7d` start on Mondays; \
                  `startofweek` starts on Sundays. Negative values go down too: `bin(-7, 5)` is -10. A whole size of \
                  0 makes null, a real one NaN; for times a negative size makes null as well.",
        examples: &[
            ("bin(7, 5)", "5"),
            ("bin(-7, 5)", "-10"),
            ("bin(4.5, 1)", "4.0"),
            (
                "bin(datetime(2024-05-01 10:11:12), 1h)",
                "2024-05-01T10:00:00.0000000Z",
            ),
            ("bin(16d, 7d)", "14.00:00:00"),
        ],
    },
    eval: Eval::Columns(bin),
    naming: Naming::First,
    role: Role::Bin,
    ..Scalar::DEFAULT
};

static FLOOR: Scalar = Scalar {
    signatures: bin_signatures!("floor"),
    doc: Doc {
        summary: "The same as `bin`.",
        details: "It needs the size: `floor(x, 1)` rounds a number down.",
        examples: &[("floor(7.9, 1)", "7.0")],
    },
    eval: Eval::Columns(bin),
    naming: Naming::First,
    role: Role::Bin,
    ..Scalar::DEFAULT
};

fn bin(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (value, size) = (args.datum(0)?, args.datum(1)?);
    match value.ty {
        Type::Real => {
            let (v, s) = (reals(value)?, reals(size)?);
            Ok(try_binary::<_, _, Float64Type>(&v, &s, args.rows, |v, s| {
                Some(real_bin(v, s))
            }))
        }
        Type::Decimal => args.map2(decimal_bin),
        _ => {
            let time = matches!(value.ty, Type::Datetime | Type::Timespan);
            let datetime = value.ty == Type::Datetime;
            let (v, s) = (longs(value)?, longs(size)?);
            Ok(try_binary::<_, _, Int64Type>(&v, &s, args.rows, |v, s| {
                if s == 0 || (time && s < 0) {
                    return None;
                }
                let bin = long_bin(v, s);
                if datetime { temporal::checked(bin) } else { Some(bin) }
            }))
        }
    }
}

/// The greatest multiple of `size` up to `value` (from below for a negative size: the least one not below).
fn long_bin(value: i64, size: i64) -> i64 {
    let mut quotient = value.wrapping_div(size);
    let exact = quotient.wrapping_mul(size) == value;
    if !exact && (value < 0) != (size < 0) {
        quotient = quotient.wrapping_sub(1);
    }
    quotient.wrapping_mul(size)
}

fn real_bin(value: f64, size: f64) -> f64 {
    (value / size).floor() * size
}

fn decimal_bin(value: Decimal, size: Decimal) -> Option<Decimal> {
    let rest = value.checked_rem(size)?;
    let bin = value.checked_sub(rest)?;
    let zero = Decimal::from_i64(0);
    // Like whole numbers, a negative size goes up.
    if size < zero && rest != zero {
        return bin.checked_sub(size);
    }
    Some(bin)
}

static BIN_AT: Scalar = Scalar {
    signatures: &[
        "bin_at(value: long, size: long, fixed: long) -> long",
        "bin_at(value: real, size: real, fixed: real) -> real",
        "bin_at(value: decimal, size: decimal, fixed: decimal) -> decimal",
        "bin_at(value: datetime, size: timespan, fixed: datetime) -> datetime",
        "bin_at(value: timespan, size: timespan, fixed: timespan) -> timespan",
    ],
    doc: Doc {
        summary: "Rounds down to a bin of a size, one of whose bins starts at a fixed point.",
        details: "The fixed point may be after the value.",
        examples: &[
            ("bin_at(6.5, 2.5, 7)", "4.5"),
            ("bin_at(1h, 1d, 12h)", "-12:00:00"),
            (
                "bin_at(datetime(2024-05-08), 7d, datetime(2024-01-07))",
                "2024-05-05T00:00:00.0000000Z",
            ),
        ],
    },
    eval: Eval::Columns(|args| match args.datum(0)?.ty {
        Type::Real => args.map3(|v: f64, size: f64, fixed: f64| fixed + real_bin(v - fixed, size)),
        Type::Decimal => args.map3(decimal_bin_at),
        ty => args.map3(move |v: i64, size: i64, fixed: i64| bin_at(ty, v, size, fixed)),
    }),
    naming: Naming::First,
    role: Role::Bin,
    ..Scalar::DEFAULT
};

fn decimal_bin_at(value: Decimal, size: Decimal, fixed: Decimal) -> Option<Decimal> {
    fixed.checked_add(decimal_bin(value.checked_sub(fixed)?, size)?)
}

fn bin_at(ty: Type, value: i64, size: i64, fixed: i64) -> Option<i64> {
    let time = matches!(ty, Type::Datetime | Type::Timespan);
    if size == 0 || (time && size < 0) {
        return None;
    }
    let bin = fixed.wrapping_add(long_bin(value.wrapping_sub(fixed), size));
    if ty == Type::Datetime { temporal::checked(bin) } else { Some(bin) }
}

static BIN_AUTO: Scalar = Scalar {
    signatures: &[
        "bin_auto(value: long) -> long",
        "bin_auto(value: real) -> real",
        "bin_auto(value: decimal) -> decimal",
        "bin_auto(value: datetime) -> datetime",
        "bin_auto(value: timespan) -> timespan",
    ],
    doc: Doc {
        summary: "Rounds down to a bin whose size and start the query's settings give.",
        details: "The size is `set query_bin_auto_size`, one bin starts at `set query_bin_auto_at` (default 0). \
                  Without a size it is refused.",
        examples: &[
            ("set query_bin_auto_size=5; print bin_auto(13)", "10"),
        ],
    },
    eval: Eval::Prepared(bin_auto),
    naming: Naming::First,
    volatility: Volatility::PerQuery,
    ..Scalar::DEFAULT
};

fn bin_auto(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    let Some((size, at)) = &setup.context.bin_auto else {
        return Err(Problem::new(Code::ArgumentValue, "the size of the bins is not set")
            .help("put `set query_bin_auto_size=1h;` before the query"));
    };
    let ticks = |value: &Value| match value {
        Value::Timespan(v) | Value::Datetime(v) => Some(*v),
        other => other.as_i64(),
    };
    if setup.types.first() == Some(&Type::Real) {
        let number = |value: &Value| value.as_f64().or_else(|| ticks(value).map(|t| t as f64));
        let size = number(size).unwrap_or(0.0);
        let at = at.as_ref().and_then(number).unwrap_or(0.0);
        return Ok(Box::new(move |args: &Args<'_>| {
            args.map(move |v: f64| at + real_bin(v - at, size))
        }));
    }
    let ty = setup.ty;
    if ty == Type::Decimal {
        let number = |value: &Value| match value {
            Value::Decimal(v) => Some(*v),
            Value::Real(v) => Decimal::from_f64(*v),
            value => ticks(value).map(Decimal::from_i64),
        };
        let size = number(size).unwrap_or(Decimal::from_i64(0));
        let at = at.as_ref().and_then(number).unwrap_or(Decimal::from_i64(0));
        return Ok(Box::new(move |args: &Args<'_>| {
            args.map(move |v: Decimal| decimal_bin_at(v, size, at))
        }));
    }
    let at = at.as_ref().and_then(ticks).unwrap_or(0);
    let size = ticks(size).unwrap_or(0);
    Ok(Box::new(move |args: &Args<'_>| {
        args.map(move |v: i64| bin_at(ty, v, size, at))
    }))
}

static ROUND: Scalar = Scalar {
    signatures: &[
        "round(value: long, [const precision: long]) -> long",
        "round(value: real, [const precision: long]) -> real",
        "round(value: decimal, [const precision: long]) -> decimal",
    ],
    doc: Doc {
        summary: "Rounds to a number of decimal places.",
        details: "Halves go away from zero. A negative precision rounds to tens, hundreds and so on. The type stays.",
        examples: &[
            ("round(2.5)", "3.0"),
            ("round(-2.5)", "-3.0"),
            ("round(3.14159, 2)", "3.14"),
            ("round(-50.55, -2)", "-100.0"),
            ("round(1.005, 2)", "1.0"),
        ],
    },
    eval: Eval::Columns(round),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

fn round(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let precision = match args.len() {
        1 => None,
        _ => Some(args.column::<i64>(1)?),
    };
    let places = |row| precision.as_ref().map_or(Some(0), |p| i64::at(p, row));
    match args.datum(0)?.ty {
        Type::Real => {
            let value = args.column::<f64>(0)?;
            args.build(|row| Some(round_real(f64::at(&value, row)?, places(row)?)))
        }
        Type::Decimal => {
            let value = args.column::<Decimal>(0)?;
            args.build(|row| Decimal::at(&value, row)?.rounded(places(row)?))
        }
        _ => {
            let value = args.column::<i64>(0)?;
            args.build(|row| round_long(i64::at(&value, row)?, places(row)?))
        }
    }
}

fn round_real(value: f64, places: i64) -> f64 {
    let places = places.clamp(-400, 400) as i32;
    if places == 0 || !value.is_finite() {
        return value.round();
    }
    let scale = 10f64.powi(places.abs());
    let rounded = if places > 0 {
        (value * scale).round() / scale
    } else {
        (value / scale).round() * scale
    };
    // The scale itself may be too large a number; then no digit is there to round.
    match (rounded.is_finite(), places > 0) {
        (true, _) => rounded,
        (false, true) => value,
        (false, false) => 0.0,
    }
}

fn round_long(value: i64, places: i64) -> Option<i64> {
    if places >= 0 {
        return Some(value);
    }
    let Some(scale) = 10i128.checked_pow(u32::try_from(-places.max(-30)).ok()?) else {
        return Some(0);
    };
    let half = scale / 2 * i128::from(value.signum());
    i64::try_from((i128::from(value) + half) / scale * scale).ok()
}

static CEILING: Scalar = Scalar {
    signatures: &[
        "ceiling(value: real) -> real",
        "ceiling(value: decimal) -> decimal",
    ],
    doc: Doc {
        summary: "The least whole number that is not below a number.",
        details: "A real, for whole numbers too.",
        examples: &[("ceiling(-1.1)", "-1.0"), ("ceiling(0.9)", "1.0"), ("ceiling(0)", "0.0")],
    },
    eval: Eval::Columns(|args| match args.datum(0)?.ty {
        Type::Decimal => args.map(|v: Decimal| {
            let one = Decimal::from_i64(1);
            match v.checked_rem(one)? {
                rest if rest == Decimal::from_i64(0) => Some(v),
                rest => v.checked_sub(rest)?.checked_add(one),
            }
        }),
        _ => args.map(|v: f64| v.ceil() + 0.0),
    }),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::text_of as text;
    use crate::temporal::parse_datetime;
    use crate::types::Value::{Datetime, Decimal, Long, Real, Timespan};

    #[test]
    fn bins_and_rounds_as_kusto_does() {
        let long = |a, b| text("bin", &[Long(a), Long(b)]);
        assert_eq!((long(7, 5), long(-7, 5)), ("5".into(), "-10".into()));
        assert_eq!((long(7, -5), long(-7, -5)), ("10".into(), "-5".into()));
        assert_eq!((long(7, 0), long(-8, 4)), (String::new(), "-8".into()));
        let real = |a, b| text("bin", &[Real(a), Real(b)]);
        assert_eq!((real(4.5, 1.0), real(-7.5, 2.0)), ("4.0".into(), "-8.0".into()));
        assert_eq!((real(0.3, 0.1), real(1.0, 0.0)), ("0.2".into(), "NaN".into()));
        assert_eq!(real(1.0, f64::INFINITY), "NaN");
        let at = Datetime(parse_datetime("2007-03-09").unwrap());
        let day = 864_000_000_000;
        assert_eq!(text("bin", &[at.clone(), Timespan(30 * day)]), "2007-02-14T00:00:00.0000000Z");
        assert_eq!(text("bin", &[at, Timespan(-day)]), "");
        let round = |v, p| text("round", &[Real(v), Long(p)]);
        assert_eq!((round(-50.55, -2), round(1.005, 2)), ("-100.0".into(), "1.0".into()));
        assert_eq!((round(3.25, 1), round(2.5, 0)), ("3.3".into(), "3.0".into()));
        assert_eq!((round(1.5, 400), round(1.5, -400)), ("1.5".into(), "0.0".into()));
        assert_eq!(text("round", &[Long(-1250), Long(-2)]), "-1300");
        let decimal = crate::decimal::Decimal::parse("-2.345").unwrap();
        assert_eq!(text("round", &[Decimal(decimal), Long(2)]), "-2.35");
        assert_eq!(text("ceiling", &[Decimal(decimal)]), "-2");
        let size = |text| Decimal(crate::decimal::Decimal::parse(text).unwrap());
        assert_eq!(text("bin", &[size("7.5"), size("-2")]), "8");
        assert_eq!(text("bin_at", &[Real(6.5), Real(2.5), Real(7.0)]), "4.5");
    }
}
