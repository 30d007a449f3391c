//! Functions of series, element by element: arrays of numbers, such as `make-series` makes.
//!
//! An array whose numbers are all whole is a series of `long`, any other one of `real`. What is no
//! number is null; the shorter of two series is filled up with nulls.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};

use crate::contract::{Args, Datum, Fault};
use crate::json::{self, Kind};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::{Value, arrays};

/// The numbers of a series.
pub enum Series {
    /// All of them whole.
    Longs(Vec<Option<i64>>),
    /// Any numbers.
    Reals(Vec<Option<f64>>),
    /// One number, as long as the series it meets.
    One(Value),
}

impl Series {
    /// The series that an array holds; `None` when it is no array.
    pub fn read(text: &str) -> Option<Series> {
        if json::kind(text) != Kind::Array {
            return None;
        }
        let whole = json::elements(text).all(|e| !matches!(json::kind(e), Kind::Double));
        Some(if whole {
            Series::Longs(
                json::elements(text)
                    .map(|e| e.trim().parse().ok())
                    .collect(),
            )
        } else {
            Series::Reals(json::elements(text).map(json::number).collect())
        })
    }

    /// The series in a row of an argument: an array, or a number.
    pub fn at(datum: &Datum, row: usize) -> Option<Series> {
        let row = if datum.constant { 0 } else { row };
        match arrays::value(&datum.array, datum.ty, row) {
            Value::Dynamic(text) => Series::read(&text),
            Value::Null(_) => None,
            number => Some(Series::One(number)),
        }
    }

    /// Number of elements; `None` for a single number.
    fn length(&self) -> Option<usize> {
        match self {
            Series::Longs(all) => Some(all.len()),
            Series::Reals(all) => Some(all.len()),
            Series::One(_) => None,
        }
    }

    /// As whole numbers, if it has no others.
    fn longs(&self, length: usize) -> Option<Vec<Option<i64>>> {
        let mut all = match self {
            Series::Longs(all) => all.clone(),
            Series::Reals(_) => return None,
            Series::One(value) => vec![Some(value.as_i64()?); length],
        };
        all.resize(length, None);
        Some(all)
    }

    /// As reals.
    pub fn reals(&self, length: usize) -> Vec<Option<f64>> {
        let mut all = match self {
            Series::Longs(all) => all.iter().map(|v| v.map(|v| v as f64)).collect(),
            Series::Reals(all) => all.clone(),
            Series::One(value) => vec![value.as_f64(); length],
        };
        all.resize(length, None);
        all
    }
}

/// The elements of the array in an argument, null where there is no finite number; `None` when it is no array.
pub fn numbers_at(args: &Args<'_>, index: usize, row: usize) -> Option<Vec<Option<f64>>> {
    let series = Series::at(args.values.get(index)?, row)?;
    let mut all = series.reals(series.length()?);
    for number in &mut all {
        *number = number.filter(|n| n.is_finite());
    }
    Some(all)
}

/// Reals as an array.
pub fn write_reals(values: impl IntoIterator<Item = Option<f64>>) -> String {
    let mut out = json::ArrayWriter::new();
    for value in values {
        match value {
            Some(value) => out.push_real(value),
            None => out.push_json("null"),
        }
    }
    out.finish()
}

/// Whole numbers as an array.
pub fn write_longs(values: impl IntoIterator<Item = Option<i64>>) -> String {
    let mut out = json::ArrayWriter::new();
    for value in values {
        match value {
            Some(value) => out.push_long(value),
            None => out.push_json("null"),
        }
    }
    out.finish()
}

/// The result of a function that makes a JSON text of a row.
pub fn texts(
    args: &Args<'_>,
    mut f: impl FnMut(usize) -> Option<String>,
) -> Result<ArrayRef, Fault> {
    let mut out = StringViewBuilder::with_capacity(args.rows);
    for row in 0..args.rows {
        out.append_option(f(row));
    }
    Ok(Arc::new(out.finish()))
}

/// Two series and the length of their result, from the first two arguments.
fn pair(args: &Args<'_>, row: usize) -> Option<(Series, Series, usize)> {
    let [left, right, ..] = args.values else {
        return None;
    };
    let (left, right) = (Series::at(left, row)?, Series::at(right, row)?);
    let length = left.length().max(right.length())?;
    Some((left, right, length))
}

fn both<A: Copy, B>(
    left: &[Option<A>],
    right: &[Option<A>],
    f: impl Fn(A, A) -> B,
) -> Vec<Option<B>> {
    let pairs = left.iter().zip(right);
    pairs.map(|(a, b)| Some(f((*a)?, (*b)?))).collect()
}

/// Element by element; whole numbers stay whole if there is a function for them.
fn arithmetic(
    args: &Args<'_>,
    whole: Option<fn(i64, i64) -> i64>,
    real: fn(f64, f64) -> f64,
) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let (left, right, length) = pair(args, row)?;
        if let Some(whole) = whole
            && let (Some(left), Some(right)) = (left.longs(length), right.longs(length))
        {
            return Some(write_longs(both(&left, &right, whole)));
        }
        let (left, right) = (left.reals(length), right.reals(length));
        Some(write_reals(both(&left, &right, real)))
    })
}

fn comparison(args: &Args<'_>, holds: fn(f64, f64) -> bool) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let (left, right, length) = pair(args, row)?;
        let results = both(&left.reals(length), &right.reals(length), holds);
        let mut out = json::ArrayWriter::new();
        for result in results {
            out.push_json(match result {
                Some(true) => "true",
                Some(false) => "false",
                None => "null",
            });
        }
        Some(out.finish())
    })
}

/// Each element; a result of `None` is null.
fn unary(args: &Args<'_>, f: fn(f64) -> Option<f64>) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let series = Series::at(args.values.first()?, row)?;
        let values = series.reals(series.length()?);
        Some(write_reals(values.into_iter().map(|v| v.and_then(f))))
    })
}

fn abs(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    texts(args, |row| match Series::at(args.values.first()?, row)? {
        Series::Longs(all) => Some(write_longs(
            all.into_iter().map(|v| v.map(i64::wrapping_abs)),
        )),
        Series::Reals(all) => Some(write_reals(all.into_iter().map(|v| v.map(f64::abs)))),
        Series::One(_) => None,
    })
}

fn sign(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let series = Series::at(args.values.first()?, row)?;
        let values = series.reals(series.length()?).into_iter();
        Some(write_longs(values.map(|v| {
            v.map(|v| i64::from(v > 0.0) - i64::from(v < 0.0))
        })))
    })
}

/// A function of two series, element by element.
macro_rules! two {
    ($id:ident $signature:literal, $summary:literal, $example:expr, $eval:expr) => {
        static $id: Scalar = Scalar {
            signatures: &[$signature],
            doc: Doc {
                summary: $summary,
                details: "Either may be a number. Null where an element is missing or no number.",
                examples: &[$example],
            },
            eval: Eval::Columns($eval),
            ..Scalar::DEFAULT
        };
    };
}

/// A function of each element of a series.
macro_rules! one {
    ($id:ident $signature:literal, $summary:literal, $example:expr, $eval:expr) => {
        static $id: Scalar = Scalar {
            signatures: &[$signature],
            doc: Doc {
                summary: $summary,
                details: "",
                examples: &[$example],
            },
            eval: Eval::Columns($eval),
            ..Scalar::DEFAULT
        };
    };
}

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ADD, &SUBTRACT, &MULTIPLY, &DIVIDE, &POW, &GREATER, &GREATER_EQUALS, &LESS, &LESS_EQUALS,
    &EQUALS, &NOT_EQUALS, &ABS, &SIGN, &CEILING, &FLOOR, &EXP, &LOG, &SIN, &ASIN, &COS, &ACOS,
    &TAN, &ATAN,
];

two!(ADD "series_add(left: dynamic|number, right: dynamic|number) -> array",
    "Adds two series, element by element.",
    ("series_add(dynamic([1, 2]), dynamic([3, 4, 5]))", "[4,6,null]"),
    |args| arithmetic(args, Some(i64::wrapping_add), |a, b| a + b));
two!(SUBTRACT "series_subtract(left: dynamic|number, right: dynamic|number) -> array",
    "Subtracts two series, element by element.",
    ("series_subtract(dynamic([5, 7.5]), 2)", "[3.0,5.5]"),
    |args| arithmetic(args, Some(i64::wrapping_sub), |a, b| a - b));
two!(MULTIPLY "series_multiply(left: dynamic|number, right: dynamic|number) -> array",
    "Multiplies two series, element by element.",
    ("series_multiply(dynamic([1, 2, 3]), 2)", "[2,4,6]"),
    |args| arithmetic(args, Some(i64::wrapping_mul), |a, b| a * b));
two!(DIVIDE "series_divide(left: dynamic|number, right: dynamic|number) -> array",
    "Divides two series, element by element; the results are reals.",
    ("series_divide(dynamic([1, 6]), dynamic([2, 3]))", "[0.5,2.0]"),
    |args| arithmetic(args, None, |a, b| a / b));
two!(POW "series_pow(left: dynamic|number, right: dynamic|number) -> array",
    "Raises a series to the power of another, element by element; the results are reals.",
    ("series_pow(dynamic([2, 3]), dynamic([3, 2]))", "[8.0,9.0]"),
    |args| arithmetic(args, None, f64::powf));
two!(GREATER "series_greater(left: dynamic|number, right: dynamic|number) -> array",
    "Whether the elements of a series are greater than another's.",
    ("series_greater(dynamic([1, 2, 3]), 2)", "[false,false,true]"),
    |args| comparison(args, |a, b| a > b));
two!(GREATER_EQUALS "series_greater_equals(left: dynamic|number, right: dynamic|number) -> array",
    "Whether the elements of a series are greater than another's, or equal.",
    ("series_greater_equals(dynamic([1, 2, 3]), 2)", "[false,true,true]"),
    |args| comparison(args, |a, b| a >= b));
two!(LESS "series_less(left: dynamic|number, right: dynamic|number) -> array",
    "Whether the elements of a series are less than another's.",
    ("series_less(dynamic([1, 2, 3]), 2)", "[true,false,false]"),
    |args| comparison(args, |a, b| a < b));
two!(LESS_EQUALS "series_less_equals(left: dynamic|number, right: dynamic|number) -> array",
    "Whether the elements of a series are less than another's, or equal.",
    ("series_less_equals(dynamic([1, 2, 3]), 2)", "[true,true,false]"),
    |args| comparison(args, |a, b| a <= b));
two!(EQUALS "series_equals(left: dynamic|number, right: dynamic|number) -> array",
    "Whether the elements of two series are equal.",
    ("series_equals(dynamic([1, 2]), dynamic([1, 3]))", "[true,false]"),
    |args| comparison(args, |a, b| a == b));
two!(NOT_EQUALS "series_not_equals(left: dynamic|number, right: dynamic|number) -> array",
    "Whether the elements of two series differ.",
    ("series_not_equals(dynamic([1, 2]), dynamic([1, 3]))", "[false,true]"),
    |args| comparison(args, |a, b| a != b));

one!(ABS "series_abs(series: array) -> array",
    "The absolute value of each element.",
    ("series_abs(dynamic([-6.5, 0]))", "[6.5,0.0]"), abs);
one!(SIGN "series_sign(series: array) -> array",
    "The sign of each element: -1, 0 or 1.",
    ("series_sign(dynamic([-6.5, 0, 8]))", "[-1,0,1]"), sign);
one!(CEILING "series_ceiling(series: array) -> array",
    "Each element rounded up.",
    ("series_ceiling(dynamic([1.5, -1.5]))", "[2.0,-1.0]"),
    |args| unary(args, |v| Some(v.ceil())));
one!(FLOOR "series_floor(series: array) -> array",
    "Each element rounded down.",
    ("series_floor(dynamic([1.5, -1.5]))", "[1.0,-2.0]"),
    |args| unary(args, |v| Some(v.floor())));
one!(EXP "series_exp(series: array) -> array",
    "The exponential of each element.",
    ("series_exp(dynamic([0]))", "[1.0]"),
    |args| unary(args, |v| Some(v.exp())));
one!(LOG "series_log(series: array) -> array",
    "The natural logarithm of each element; null for a negative one.",
    ("series_log(dynamic([1, -1]))", "[0.0,null]"),
    |args| unary(args, |v| (v >= 0.0).then(|| v.ln())));
one!(SIN "series_sin(series: array) -> array",
    "The sine of each element.",
    ("series_sin(dynamic([0]))", "[0.0]"),
    |args| unary(args, |v| Some(v.sin())));
one!(ASIN "series_asin(series: array) -> array",
    "The arcsine of each element; null outside -1 to 1.",
    ("series_asin(dynamic([0, 2]))", "[0.0,null]"),
    |args| unary(args, |v| (v.abs() <= 1.0).then(|| v.asin())));
one!(COS "series_cos(series: array) -> array",
    "The cosine of each element.",
    ("series_cos(dynamic([0]))", "[1.0]"),
    |args| unary(args, |v| Some(v.cos())));
one!(ACOS "series_acos(series: array) -> array",
    "The arccosine of each element; null outside -1 to 1.",
    ("series_acos(dynamic([1, 2]))", "[0.0,null]"),
    |args| unary(args, |v| (v.abs() <= 1.0).then(|| v.acos())));
one!(TAN "series_tan(series: array) -> array",
    "The tangent of each element.",
    ("series_tan(dynamic([0]))", "[0.0]"),
    |args| unary(args, |v| Some(v.tan())));
one!(ATAN "series_atan(series: array) -> array",
    "The arctangent of each element.",
    ("series_atan(dynamic([0]))", "[0.0]"),
    |args| unary(args, |v| Some(v.atan())));
