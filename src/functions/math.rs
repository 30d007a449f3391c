//! Functions of real numbers, and the signs of all numbers.

use crate::contract::{Args, Fault};
use crate::decimal::Decimal;

use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::types::{Type, Value, arrays};

use arrow::array::ArrayRef;
use arrow::datatypes::{Float64Type, Int64Type};

use super::vector::{longs, reals, try_unary};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ABS, &SIGN, &SQRT, &EXP, &EXP2, &EXP10, &LOG, &LOG2, &LOG10, &POW, &SIN, &COS, &TAN, &COT,
    &ASIN, &ACOS, &ATAN, &ATAN2, &DEGREES, &RADIANS, &PI, &GAMMA, &LOGGAMMA, &ERF, &ERFC, &ISNAN,
    &ISINF, &ISFINITE,
];

/// A function of one real number; `None` is null.
fn real(args: &Args<'_>, f: fn(f64) -> Option<f64>) -> Result<ArrayRef, Fault> {
    let value = reals(args.datum(0)?)?;
    Ok(try_unary::<_, Float64Type>(&value, args.rows, f))
}

/// Declares a function of one real number.
macro_rules! real_function {
    ($constant:ident, $name:literal, $naming:expr, $summary:literal, $details:literal, $examples:expr, $f:expr) => {
        static $constant: Scalar = Scalar {
            // A bool counts as 0 or 1 (measured).
            signatures: &[
                concat!($name, "(value: real) -> real"),
                concat!($name, "(value: bool) -> real"),
            ],
            doc: Doc {
                summary: $summary,
                details: $details,
                examples: $examples,
            },
            eval: Eval::Columns(|args| real(args, $f)),
            naming: $naming,
            ..Scalar::DEFAULT
        };
    };
}

static ABS: Scalar = Scalar {
    signatures: &[
        "abs(value: long) -> long",
        "abs(value: real) -> real",
        "abs(value: decimal) -> decimal",
        "abs(value: timespan) -> timespan",
    ],
    doc: Doc {
        summary: "The absolute value.",
        details: "That of an `int` is a `long`.",
        examples: &[("abs(-5)", "5"), ("abs(-1.5)", "1.5"), ("abs(-1h)", "01:00:00")],
    },
    eval: Eval::Columns(|args| match args.datum(0)?.ty {
        Type::Real => real(args, |v| Some(v.abs())),
        Type::Decimal => args.map(|v: Decimal| {
            if v < Decimal::from_i64(0) { v.negated() } else { v }
        }),
        _ => {
            let value = longs(args.datum(0)?)?;
            Ok(try_unary::<_, Int64Type>(&value, args.rows, |v: i64| {
                Some(v.wrapping_abs())
            }))
        }
    }),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static SIGN: Scalar = Scalar {
    signatures: &["sign(value: real) -> real"],
    doc: Doc {
        summary: "-1, 0 or 1: whether a number is negative, zero or positive.",
        details: "A real. That of null and of NaN is 0, not null.",
        examples: &[("sign(-42)", "-1.0"), ("sign(0)", "0.0"), ("sign(real(null))", "0.0")],
    },
    eval: Eval::Columns(|args| {
        let sign = |v: f64| {
            if v > 0.0 {
                1.0
            } else if v < 0.0 {
                -1.0
            } else {
                0.0
            }
        };
        args.map(move |v: Option<f64>| v.map_or(0.0, sign))
    }),
    ..Scalar::DEFAULT
};

real_function!(SQRT, "sqrt", Naming::First, "The square root.", "That of a negative number is NaN.",
    &[("sqrt(4)", "2.0"), ("sqrt(-1)", "NaN")], |v| Some(v.sqrt()));
real_function!(EXP, "exp", Naming::First, "e to the power of a number.", "", &[("exp(0)", "1.0")],
    |v| Some(v.exp()));
real_function!(EXP2, "exp2", Naming::First, "2 to the power of a number.", "", &[("exp2(10)", "1024.0")],
    |v| Some(v.exp2()));
real_function!(EXP10, "exp10", Naming::Positional, "10 to the power of a number.", "", &[("exp10(3)", "1000.0")],
    |v| Some(10f64.powf(v)));
real_function!(LOG, "log", Naming::First, "The natural logarithm.",
    "That of a negative number is null, that of 0 minus infinity.",
    &[("log(1)", "0.0"), ("log(0)", "-inf"), ("log(-1)", "")], |v| logarithm(v, f64::ln));
real_function!(LOG2, "log2", Naming::First, "The logarithm to base 2.",
    "That of a negative number is null, that of 0 minus infinity.", &[("log2(1024)", "10.0")],
    |v| logarithm(v, f64::log2));
real_function!(LOG10, "log10", Naming::First, "The logarithm to base 10.",
    "That of a negative number is null, that of 0 minus infinity.", &[("log10(1000)", "3.0")],
    |v| logarithm(v, f64::log10));
real_function!(SIN, "sin", Naming::First, "The sine of an angle in radians.", "", &[("sin(0)", "0.0")],
    |v| Some(v.sin()));
real_function!(COS, "cos", Naming::First, "The cosine of an angle in radians.", "", &[("cos(0)", "1.0")],
    |v| Some(v.cos()));
real_function!(TAN, "tan", Naming::First, "The tangent of an angle in radians.", "", &[("tan(0)", "0.0")],
    |v| Some(v.tan()));
real_function!(COT, "cot", Naming::Positional, "The cotangent of an angle in radians.", "",
    &[("round(cot(1), 6)", "0.642093")], |v| Some(1.0 / v.tan()));
real_function!(ASIN, "asin", Naming::First, "The angle in radians with a given sine.", "Null outside -1 to 1.",
    &[("asin(0)", "0.0"), ("asin(2)", "")], |v| unit_range(v).map(f64::asin));
real_function!(ACOS, "acos", Naming::First, "The angle in radians with a given cosine.", "Null outside -1 to 1.",
    &[("acos(1)", "0.0"), ("acos(-2)", "")], |v| unit_range(v).map(f64::acos));
real_function!(ATAN, "atan", Naming::First, "The angle in radians with a given tangent.", "", &[("atan(0)", "0.0")],
    |v| Some(v.atan()));
real_function!(DEGREES, "degrees", Naming::Positional, "Turns radians into degrees.", "",
    &[("degrees(pi())", "180.0")], |v| Some(180.0 / std::f64::consts::PI * v));
real_function!(RADIANS, "radians", Naming::Positional, "Turns degrees into radians.", "",
    &[("radians(180) == pi()", "True")], |v| Some(std::f64::consts::PI / 180.0 * v));
real_function!(GAMMA, "gamma", Naming::First, "The gamma function.", "", &[("gamma(5)", "24.0")],
    |v| Some(libm::tgamma(v)));
real_function!(LOGGAMMA, "loggamma", Naming::First, "The logarithm of the gamma function's absolute value.", "",
    &[("round(loggamma(5), 6)", "3.178054")], |v| Some(libm::lgamma(v)));
real_function!(ERF, "erf", Naming::First, "The error function.", "", &[("erf(0)", "0.0")],
    |v| Some(libm::erf(v)));
real_function!(ERFC, "erfc", Naming::First, "The complementary error function, 1 - erf(x).", "",
    &[("erfc(0)", "1.0")], |v| Some(libm::erfc(v)));

fn logarithm(value: f64, log: fn(f64) -> f64) -> Option<f64> {
    if value < 0.0 { None } else { Some(log(value)) }
}

/// A number unless it is outside -1 to 1; NaN stays.
fn unit_range(value: f64) -> Option<f64> {
    if value.abs() > 1.0 { None } else { Some(value) }
}

static POW: Scalar = Scalar {
    signatures: &["pow(base: real, exponent: real) -> real"],
    doc: Doc {
        summary: "A base to the power of an exponent.",
        details: "A real, for whole numbers too. A negative base with a broken exponent makes NaN.",
        examples: &[("pow(2, 10)", "1024.0"), ("pow(2, -1)", "0.5"), ("pow(-8, 0.5)", "NaN")],
    },
    eval: Eval::Columns(|args| args.map2(f64::powf)),
    ..Scalar::DEFAULT
};

static ATAN2: Scalar = Scalar {
    signatures: &["atan2(y: real, x: real) -> real"],
    doc: Doc {
        summary: "The angle in radians between the x axis and the ray to the point (x, y).",
        details: "y comes first.",
        examples: &[("atan2(0, 1)", "0.0"), ("atan2(0, -1) == pi()", "True")],
    },
    eval: Eval::Columns(|args| args.map2(f64::atan2)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static PI: Scalar = Scalar {
    signatures: &["pi() -> real"],
    doc: Doc {
        summary: "The number pi.",
        details: "",
        examples: &[("round(pi(), 5)", "3.14159")],
    },
    eval: Eval::Columns(|args| {
        let pi = Value::Real(std::f64::consts::PI);
        Ok(arrays::repeat(&pi, Type::Real, args.rows))
    }),
    ..Scalar::DEFAULT
};

static ISNAN: Scalar = Scalar {
    signatures: &["isnan(value: real) -> bool"],
    doc: Doc {
        summary: "Whether a real is NaN, not a number.",
        details: "False for null.",
        examples: &[("isnan(0.0 / 0.0)", "True"), ("isnan(1.0)", "False")],
    },
    eval: Eval::Columns(|args| args.map(|v: Option<f64>| v.is_some_and(f64::is_nan))),
    ..Scalar::DEFAULT
};

static ISINF: Scalar = Scalar {
    signatures: &["isinf(value: real) -> bool"],
    doc: Doc {
        summary: "Whether a real is an infinity.",
        details: "False for null.",
        examples: &[("isinf(1.0 / 0.0)", "True"), ("isinf(1.0)", "False")],
    },
    eval: Eval::Columns(|args| args.map(|v: Option<f64>| v.is_some_and(f64::is_infinite))),
    ..Scalar::DEFAULT
};

static ISFINITE: Scalar = Scalar {
    signatures: &["isfinite(value: real) -> bool"],
    doc: Doc {
        summary: "Whether a real is neither NaN nor an infinity.",
        details: "False for null.",
        examples: &[("isfinite(1.0)", "True"), ("isfinite(1.0 / 0.0)", "False")],
    },
    eval: Eval::Columns(|args| args.map(|v: Option<f64>| v.is_some_and(f64::is_finite))),
    ..Scalar::DEFAULT
};
