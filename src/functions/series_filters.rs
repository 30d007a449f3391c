//! Functions of whole series: sums and products, filled gaps, filters.

use arrow::array::ArrayRef;

use super::series::{Series, texts, write_longs, write_reals};
use crate::contract::{Args, Fault};
use crate::json::{self, Kind};
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::types::{Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &SUM,
    &PRODUCT,
    &MAGNITUDE,
    &DOT_PRODUCT,
    &COSINE_SIMILARITY,
    &PEARSON_CORRELATION,
    &FILL_CONST,
    &FILL_FORWARD,
    &FILL_BACKWARD,
    &FILL_LINEAR,
    &FIR,
    &IIR,
];

static SUM: Scalar = Scalar {
    signatures: &["series_sum(series: array) -> real"],
    doc: Doc {
        summary: "The sum of the elements.",
        details: "Null if an element is no number.",
        examples: &[("series_sum(dynamic([1, 2, 3.5]))", "6.5")],
    },
    eval: Eval::Columns(|args| of_one(args, |v| v.iter().fold(0.0, |sum, v| sum + v))),
    ..Scalar::DEFAULT
};

static PRODUCT: Scalar = Scalar {
    signatures: &["series_product(series: array) -> real"],
    doc: Doc {
        summary: "The product of the elements.",
        details: "Null if an element is no number.",
        examples: &[("series_product(dynamic([2, 3, 4]))", "24.0")],
    },
    eval: Eval::Columns(|args| of_one(args, |v| v.iter().product())),
    ..Scalar::DEFAULT
};

static MAGNITUDE: Scalar = Scalar {
    signatures: &["series_magnitude(series: array) -> real"],
    doc: Doc {
        summary: "The length of a vector: the root of the sum of its elements' squares.",
        details: "Null if an element is no number.",
        examples: &[("series_magnitude(dynamic([3, 4]))", "5.0")],
    },
    eval: Eval::Columns(|args| of_one(args, magnitude)),
    ..Scalar::DEFAULT
};

static DOT_PRODUCT: Scalar = Scalar {
    signatures: &[
        "series_dot_product(left: array, right: array) -> real",
        "series_dot_product(left: array, right: number) -> real",
        "series_dot_product(left: number, right: array) -> real",
    ],
    doc: Doc {
        summary: "The sum of the products of two series' elements.",
        details: "Either may be a number. The longer series is cut to the length of the shorter one; elements that \
                  are no number are left out. Null if a series is empty.",
        examples: &[
            ("series_dot_product(dynamic([1, 2]), dynamic([3, 4]))", "11.0"),
            ("series_dot_product(dynamic([1, 2]), 10)", "30.0"),
            ("series_dot_product(dynamic([1, 2]), dynamic([3, 4, 5]))", "11.0"),
        ],
    },
    eval: Eval::Columns(|args| of_shorter(args, |_, a, b| dot(a, b))),
    ..Scalar::DEFAULT
};

static COSINE_SIMILARITY: Scalar = Scalar {
    signatures: &[
        "series_cosine_similarity(left: array, right: array, [left_magnitude: real], [right_magnitude: real]) -> real",
    ],
    doc: Doc {
        summary: "How alike the directions of two vectors are: the cosine of the angle between them.",
        details: "The vectors' magnitudes need not be given. The longer vector is cut to the length of the shorter \
                  one; elements that are no number are left out. Null if a vector is empty.",
        examples: &[("series_cosine_similarity(dynamic([1, 0]), dynamic([0, 2]))", "0.0")],
    },
    eval: Eval::Columns(cosine_similarity),
    ..Scalar::DEFAULT
};

static PEARSON_CORRELATION: Scalar = Scalar {
    signatures: &["series_pearson_correlation(left: array, right: array) -> real"],
    doc: Doc {
        summary: "How two series correlate, from -1 to 1.",
        details: "Null if an element is no number or the lengths differ.",
        examples: &[(
            "round(series_pearson_correlation(dynamic([1, 2, 3]), dynamic([6, 4, 2])), 6)",
            "-1.0",
        )],
    },
    eval: Eval::Columns(|args| of_two(args, correlation)),
    ..Scalar::DEFAULT
};

static FILL_CONST: Scalar = Scalar {
    signatures: &["series_fill_const(series: array, [constant: number], [missing: number]) -> array"],
    doc: Doc {
        summary: "Fills missing elements with a constant (0 unless given).",
        details: "Missing is null, or what the third argument says.",
        examples: &[
            ("series_fill_const(dynamic([1, null, 3]), 0.5)", "[1,0.5,3]"),
            ("series_fill_const(dynamic([1, -1, 3]), 0, -1)", "[1,0,3]"),
        ],
    },
    eval: Eval::Columns(fill_const),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static FILL_FORWARD: Scalar = Scalar {
    signatures: &["series_fill_forward(series: array, [missing: number]) -> array"],
    doc: Doc {
        summary: "Fills missing elements with the nearest one before that is not missing.",
        details: "Missing is null, or what the second argument says.",
        examples: &[("series_fill_forward(dynamic([null, 1, null]))", "[null,1,1]")],
    },
    eval: Eval::Columns(|args| fill_along(args, false)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static FILL_BACKWARD: Scalar = Scalar {
    signatures: &["series_fill_backward(series: array, [missing: number]) -> array"],
    doc: Doc {
        summary: "Fills missing elements with the nearest one after that is not missing.",
        details: "Missing is null, or what the second argument says.",
        examples: &[("series_fill_backward(dynamic([null, 1, null]))", "[1,1,null]")],
    },
    eval: Eval::Columns(|args| fill_along(args, true)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static FILL_LINEAR: Scalar = Scalar {
    signatures: &[
        "series_fill_linear(series: array, [missing: number], [fill_edges: bool], [constant: number]) -> array",
    ],
    doc: Doc {
        summary: "Fills missing elements with values on the line between their neighbours.",
        details: "Missing is null, or what the second argument says. Those at the ends get the nearest value, unless \
                  the third argument is false. If all are missing they get the constant (0 unless given). In a \
                  series of whole numbers values are cut to whole numbers.",
        examples: &[
            ("series_fill_linear(dynamic([1.0, null, 4.0, null]))", "[1.0,2.5,4.0,4.0]"),
            ("series_fill_linear(dynamic([1, null, 4]))", "[1,2,4]"),
        ],
    },
    eval: Eval::Columns(fill_linear),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static FIR: Scalar = Scalar {
    signatures: &[
        "series_fir(series: array, filter: array, [normalize: bool], [center: bool]) -> array",
    ],
    doc: Doc {
        summary: "Applies a finite impulse response filter, such as a moving average or a difference.",
        details: "Elements beyond the ends, and those that are no number, count as 0. The filter is normalized, so \
                  that its coefficients add up to 1, unless one of them is negative or the third argument is \
                  false; a filter with a negative coefficient cannot be normalized, asking for it gives null. With `center` it looks before and after each element.",
        examples: &[
            ("series_fir(dynamic([5, 15, 10]), dynamic([1, -1]))", "[5,10,-5]"),
            ("series_fir(dynamic([0, 4, 0]), dynamic([1, 1]))", "[0.0,2.0,2.0]"),
        ],
    },
    eval: Eval::Columns(fir),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static IIR: Scalar = Scalar {
    signatures: &["series_iir(series: array, numerators: array, denominators: array) -> array"],
    doc: Doc {
        summary: "Applies an infinite impulse response filter, such as a running sum.",
        details: "The numerators weigh the elements, the denominators the results before.",
        examples: &[(
            "series_iir(dynamic([10, 30, 0]), dynamic([1]), dynamic([1, -1]))",
            "[10.0,40.0,40.0]",
        )],
    },
    eval: Eval::Columns(iir),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

/// All numbers of the array in argument `index`; `None` if an element is no number.
fn numbers(args: &Args<'_>, index: usize, row: usize, length: usize) -> Option<Vec<f64>> {
    let series = Series::at(args.values.get(index)?, row)?;
    series.reals(length).into_iter().collect()
}

fn length(args: &Args<'_>, index: usize, row: usize) -> Option<usize> {
    let datum = args.values.get(index)?;
    let row = if datum.constant { 0 } else { row };
    match arrays::value(&datum.array, datum.ty, row) {
        Value::Dynamic(text) => json::length(&text).filter(|_| json::kind(&text) == Kind::Array),
        _ => None,
    }
}

fn of_one(args: &Args<'_>, f: fn(&[f64]) -> f64) -> Result<ArrayRef, Fault> {
    args.build(|row| {
        let length = length(args, 0, row)?;
        Some(f(&numbers(args, 0, row, length)?))
    })
}

fn of_two(
    args: &Args<'_>,
    f: impl Fn(&[f64], &[f64]) -> f64,
) -> Result<ArrayRef, Fault> {
    args.build(|row| {
        let (left, right) = (length(args, 0, row), length(args, 1, row));
        let length = left.or(right)?;
        if right.is_some_and(|right| right != length) {
            return None;
        }
        let left = numbers(args, 0, row, length)?;
        Some(f(&left, &numbers(args, 1, row, length)?))
    })
}

/// Calls `f` with the pairs of numbers that two series begin with; a series without elements has no result.
fn of_shorter(
    args: &Args<'_>,
    f: impl Fn(usize, &[f64], &[f64]) -> f64,
) -> Result<ArrayRef, Fault> {
    args.build(|row| {
        let lengths = [length(args, 0, row), length(args, 1, row)];
        let length = lengths.into_iter().flatten().min()?;
        if length == 0 {
            return None;
        }
        let reals =
            |index: usize| Some(Series::at(args.values.get(index)?, row)?.reals(length));
        let pairs = reals(0)?.into_iter().zip(reals(1)?);
        let (left, right): (Vec<f64>, Vec<f64>) =
            pairs.filter_map(|(left, right)| left.zip(right)).unzip();
        Some(f(row, &left, &right))
    })
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).fold(0.0, |sum, (a, b)| sum + a * b)
}

fn magnitude(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let centred = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|v| v - mean).collect::<Vec<_>>()
    };
    let (left, right) = (centred(left), centred(right));
    dot(&left, &right) / (magnitude(&left) * magnitude(&right))
}

fn cosine_similarity(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let given = |index: usize, row: usize| -> Result<Option<f64>, Fault> {
        if index >= args.len() {
            return Ok(None);
        }
        Ok(f64::at(&args.column::<f64>(index)?, row))
    };
    given(2, 0)?;
    of_shorter(args, |row, left, right| {
        let magnitude_of = |index, values: &[f64]| match given(index, row) {
            Ok(Some(given)) => given,
            _ => magnitude(values),
        };
        dot(left, right) / (magnitude_of(2, left) * magnitude_of(3, right))
    })
}

/// The flag in argument `index`, or what it is when it is left out.
fn flag(args: &Args<'_>, index: usize, row: usize, default: bool) -> Result<bool, Fault> {
    if index >= args.len() {
        return Ok(default);
    }
    Ok(bool::at(&args.column::<bool>(index)?, row).unwrap_or(default))
}

/// The JSON text in argument `index`; null or none is `default`.
fn element(args: &Args<'_>, index: usize, row: usize, default: &str) -> String {
    let Some(datum) = args.values.get(index) else {
        return default.to_string();
    };
    let row = if datum.constant { 0 } else { row };
    let value = arrays::value(&datum.array, datum.ty, row);
    json::from_value(&value).unwrap_or_else(|| default.to_string())
}

/// Calls `f` with each row's elements and whether they are missing.
fn filled(
    args: &Args<'_>,
    missing: usize,
    f: impl Fn(usize, &[(&str, bool)]) -> String,
) -> Result<ArrayRef, Fault> {
    let series = args.column::<crate::plan::args::Json<&str>>(0)?;
    texts(args, |row| {
        let text = crate::plan::args::Json::at(&series, row)?.0;
        if json::kind(text) != Kind::Array {
            return None;
        }
        let missing = element(args, missing, row, "null");
        let elements = json::elements(text).map(|e| (e, json::equal(e, &missing)));
        Some(f(row, &elements.collect::<Vec<_>>()))
    })
}

fn fill_const(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    filled(args, 2, |row, elements| {
        let constant = element(args, 1, row, "0");
        let mut out = json::ArrayWriter::new();
        for (element, missing) in elements {
            out.push_json(if *missing { &constant } else { element });
        }
        out.finish()
    })
}

fn fill_along(args: &Args<'_>, backward: bool) -> Result<ArrayRef, Fault> {
    filled(args, 1, |_, elements| {
        let mut all: Vec<&str> = elements.iter().map(|(element, _)| *element).collect();
        let mut last = None;
        for step in 0..all.len() {
            let index = if backward { all.len() - 1 - step } else { step };
            match (elements[index].1, last) {
                (true, Some(last)) => all[index] = last,
                (true, None) => {}
                (false, _) => last = Some(all[index]),
            }
        }
        let mut out = json::ArrayWriter::new();
        all.iter().for_each(|element| out.push_json(element));
        out.finish()
    })
}

fn fill_linear(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    flag(args, 2, 0, true)?;
    filled(args, 1, |row, elements| {
        let known: Vec<(usize, f64)> = elements
            .iter()
            .enumerate()
            .filter(|(_, (_, missing))| !missing)
            .filter_map(|(index, (element, _))| Some((index, json::number(element)?)))
            .collect();
        let mut present = elements.iter().filter(|(_, missing)| !missing);
        let whole = present.all(|(element, _)| json::kind(element) == Kind::Long);
        let edges = flag(args, 2, row, true).unwrap_or(true);
        let constant = element(args, 3, row, "0");
        let mut out = json::ArrayWriter::new();
        for (index, (element, missing)) in elements.iter().enumerate() {
            let after = known.partition_point(|(at, _)| *at < index);
            let next = known.get(after);
            let last = after.checked_sub(1).and_then(|before| known.get(before));
            let value = match (last, next) {
                _ if !missing => None,
                (Some((i, a)), Some((j, b))) => {
                    Some(a + (b - a) * (index - i) as f64 / (j - i) as f64)
                }
                (Some((_, v)), None) | (None, Some((_, v))) if edges => Some(*v),
                _ => None,
            };
            match value {
                Some(value) if whole => out.push_long(value as i64),
                Some(value) => out.push_real(value),
                None if *missing && known.is_empty() => out.push_json(&constant),
                None => out.push_json(element),
            }
        }
        out.finish()
    })
}

fn fir(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    flag(args, 2, 0, true)?;
    flag(args, 3, 0, false)?;
    texts(args, |row| {
        let (count, width) = (length(args, 0, row)?, length(args, 1, row)?);
        let series = Series::at(args.values.first()?, row)?;
        let weights = Series::at(args.values.get(1)?, row)?;
        let whole = matches!((&series, &weights), (Series::Longs(_), Series::Longs(_)));
        let values = series.reals(count);
        let mut weights: Vec<f64> = numbers(args, 1, row, width)?;
        let positive = weights.iter().all(|w| *w >= 0.0);
        let normalize = flag(args, 2, row, positive).unwrap_or(positive);
        if normalize && !positive {
            return None;
        }
        let total: f64 = weights.iter().sum();
        if normalize && total != 0.0 {
            weights.iter_mut().for_each(|w| *w /= total);
        }
        let ahead = match flag(args, 3, row, false) {
            Ok(true) => width / 2,
            _ => 0,
        };
        let result = (0..count).map(|index| {
            let terms = weights.iter().enumerate().map(|(back, weight)| {
                let at = (index + ahead).checked_sub(back);
                let value = at.and_then(|at| *values.get(at)?).unwrap_or(0.0);
                weight * value
            });
            terms.sum::<f64>()
        });
        Some(if whole && !normalize {
            write_longs(result.map(|v| Some(v as i64)))
        } else {
            write_reals(result.map(Some))
        })
    })
}

fn iir(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let values = Series::at(args.values.first()?, row)?.reals(length(args, 0, row)?);
        let numerators = numbers(args, 1, row, length(args, 1, row)?)?;
        let denominators = numbers(args, 2, row, length(args, 2, row)?)?;
        let first = denominators.first()?;
        let mut results: Vec<f64> = Vec::with_capacity(values.len());
        for index in 0..values.len() {
            let mut sum = 0.0;
            for (back, weight) in numerators.iter().enumerate().take(index + 1) {
                sum += weight * values[index - back].unwrap_or(0.0);
            }
            for (back, weight) in denominators.iter().enumerate().take(index + 1).skip(1) {
                sum -= weight * results[index - back];
            }
            results.push(sum / first);
        }
        Some(write_reals(results.into_iter().map(Some)))
    })
}
