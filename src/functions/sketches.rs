//! What is read from sketches: the states of `hll` and `tdigest`.

use arrow::array::ArrayRef;

use super::series::texts;
use super::sketch::{Digest, Hashes};
use crate::contract::{Args, Datum, Fault};
use crate::json::{self, Kind};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Expr, Naming, Scalar};
use crate::source::Span;
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &DCOUNT_HLL,
    &HLL_MERGE,
    &HLL_INTERSECT,
    &MERGE_TDIGEST,
    &TDIGEST_MERGE,
    &PERCENTILE_TDIGEST,
    &PERCENTILES_ARRAY_TDIGEST,
    &PERCENTRANK_TDIGEST,
    &RANK_TDIGEST,
];

const DETAILS: &str = "Null for what is no sketch of this program: those stored by a Kusto cluster cannot be read.";

const PERCENTILE_DETAILS: &str = "It is of the type of the values. Null for what is no sketch of this program: those stored by a Kusto \
    cluster cannot be read.";

static DCOUNT_HLL: Scalar = Scalar {
    signatures: &["dcount_hll(sketch: dynamic) -> long"],
    doc: Doc {
        summary: "The number of distinct values in a sketch of `hll`.",
        details: DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize h = hll(x % 4) | project dcount_hll(h)", "4"),
        ],
    },
    eval: Eval::Columns(|args| args.map(|text: Json<&str>| Some(Hashes::read(text.0)?.count()))),
    naming: Naming::Prefix("dcount_hll"),
    ..Scalar::DEFAULT
};

static HLL_MERGE: Scalar = Scalar {
    signatures: &["hll_merge(sketch: dynamic, ...) -> dynamic"],
    doc: Doc {
        summary: "Merges sketches of `hll`.",
        details: DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize a = hll(x), b = hll(x + 3) | project dcount_hll(hll_merge(a, b))", "12"),
        ],
    },
    eval: Eval::Columns(merge_hashes),
    naming: Naming::Fixed("hll_merged_result"),
    ..Scalar::DEFAULT
};

static HLL_INTERSECT: Scalar = Scalar {
    signatures: &["__hll_intersect(sketch: dynamic, ...) -> long"],
    doc: Doc {
        summary: "The number of distinct values that all of some sketches of `hll` have.",
        details: DETAILS,
        examples: &[],
    },
    eval: Eval::Columns(intersect_hashes),
    ..Scalar::DEFAULT
};

static MERGE_TDIGEST: Scalar = Scalar {
    signatures: &["merge_tdigest(sketch: dynamic, ...) -> dynamic"],
    doc: Doc {
        summary: "Merges sketches of `tdigest`.",
        details: DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize a = tdigest(x), b = tdigest(x + 10) | project percentile_tdigest(merge_tdigest(a, b), 100, typeof(long))", "19"),
        ],
    },
    eval: Eval::Columns(merge_digests),
    naming: Naming::Fixed("tdigests_merge_result"),
    ..Scalar::DEFAULT
};

static TDIGEST_MERGE: Scalar = Scalar {
    signatures: &["tdigest_merge(sketch: dynamic, ...) -> dynamic"],
    doc: Doc {
        summary: "Merges sketches of `tdigest`.",
        details: DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize a = tdigest(x), b = tdigest(x + 10) | project percentile_tdigest(tdigest_merge(a, b), 0, typeof(long))", "1"),
        ],
    },
    eval: Eval::Columns(merge_digests),
    naming: Naming::Fixed("tdigests_merge_result"),
    ..Scalar::DEFAULT
};

static PERCENTILE_TDIGEST: Scalar = Scalar {
    signatures: &[
        "percentile_tdigest(sketch: dynamic, percentile: real) -> dynamic",
        "percentile_tdigest(sketch: dynamic, percentile: real, kind: type T) -> T",
    ],
    doc: Doc {
        summary: "A percentile of the values in a sketch of `tdigest`.",
        details: PERCENTILE_DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize t = tdigest(x) | project percentile_tdigest(t, 50, typeof(long))", "5"),
        ],
    },
    eval: Eval::Columns(percentile),
    naming: Naming::Prefix("percentile_tdigest"),
    ..Scalar::DEFAULT
};

static PERCENTILES_ARRAY_TDIGEST: Scalar = Scalar {
    signatures: &[
        "percentiles_array_tdigest(sketch: dynamic, percentile: real, ...) -> array",
        "percentiles_array_tdigest(sketch: dynamic, percentiles: array) -> array",
    ],
    doc: Doc {
        summary: "Several percentiles of the values in a sketch of `tdigest`, as an array.",
        details: PERCENTILE_DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize t = tdigest(x) | project percentiles_array_tdigest(t, 0, 50)", "[1,5]"),
        ],
    },
    eval: Eval::Columns(percentiles),
    naming: Naming::Prefix("percentile_tdigest"),
    ..Scalar::DEFAULT
};

static PERCENTRANK_TDIGEST: Scalar = Scalar {
    signatures: &["percentrank_tdigest(sketch: dynamic, value: any) -> real"],
    doc: Doc {
        summary: "The percentage of the values in a sketch of `tdigest` that do not exceed one.",
        details: RANK_DETAILS,
        examples: &[(
            "percentrank_tdigest(toscalar(range x from 1 to 8 step 1 | summarize tdigest(x)), 6)",
            "75.0",
        )],
    },
    eval: Eval::Columns(|args| ranks(args, |rank, total| 100.0 * rank / total)),
    ..Scalar::DEFAULT
};

static RANK_TDIGEST: Scalar = Scalar {
    signatures: &["rank_tdigest(sketch: dynamic, value: any) -> real"],
    doc: Doc {
        summary: "The number of values in a sketch of `tdigest` that do not exceed one.",
        details: RANK_DETAILS,
        examples: &[(
            "rank_tdigest(toscalar(range x from 1 to 8 step 1 | summarize tdigest(x)), 6)",
            "6.0",
        )],
    },
    eval: Eval::Columns(|args| ranks(args, |rank, _| rank)),
    ..Scalar::DEFAULT
};

const RANK_DETAILS: &str = "Exact for up to 4096 different values. Null for an empty sketch, for what is no sketch of this \
    program (those stored by a Kusto cluster cannot be read), and for a value that is null or no number, date or time.";

/// What `f` makes of the number of values that do not exceed one, and of the number of all.
fn ranks(args: &Args<'_>, f: fn(f64, f64) -> f64) -> Result<ArrayRef, Fault> {
    let sought = args.datum(1)?;
    args.build(|row| {
        let digest = Digest::read(&text_at(args.values.first()?, row)?)?;
        let at = if sought.constant { 0 } else { row };
        let sought = number_of(&arrays::value(&sought.array, sought.ty, at))?;
        let all = digest.values().iter();
        let total: f64 = all.clone().map(|(_, weight)| weight).sum();
        let below = all.take_while(|(value, _)| *value <= sought);
        let rank = below.fold(0.0, |sum, (_, weight)| sum + weight);
        (total > 0.0).then(|| f(rank, total))
    })
}

/// A value as the sketches hold it: times as ticks.
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Datetime(ticks) | Value::Timespan(ticks) => Some(*ticks as f64),
        Value::Dynamic(text) => json::number(text),
        number => number.as_f64(),
    }
}

/// The JSON text in a row of an argument.
fn text_at(datum: &Datum, row: usize) -> Option<String> {
    let row = if datum.constant { 0 } else { row };
    match arrays::value(&datum.array, Type::Dynamic, row) {
        Value::Dynamic(text) => Some(text.to_string()),
        _ => None,
    }
}

fn merge_hashes(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let sketches = args.values.iter().map(|datum| text_at(datum, row));
        let sketches = sketches.map(|text| Hashes::read(&text?));
        let sketches = sketches.collect::<Option<Vec<_>>>()?;
        let accuracy = sketches.iter().map(|s| s.accuracy).min()?;
        let hashes = sketches.iter().flat_map(|s| s.hashes()).copied();
        Some(Hashes::new(accuracy, hashes.collect()).write())
    })
}

/// The number of distinct values that all of these sketches have.
pub fn shared_count(sketches: Vec<Expr>, span: Span) -> Expr {
    Expr::call(&HLL_INTERSECT, 0, sketches, Type::Long, span)
}

fn intersect_hashes(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    args.build(|row| {
        let sketches = args.values.iter().map(|datum| text_at(datum, row));
        let sketches = sketches.map(|text| Hashes::read(&text?));
        let sketches = sketches.collect::<Option<Vec<_>>>()?;
        Hashes::shared(&sketches)
    })
}

fn merge_digests(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let sketches = args.values.iter().map(|datum| text_at(datum, row));
        let sketches = sketches.map(|text| Digest::read(&text?));
        let sketches = sketches.collect::<Option<Vec<_>>>()?;
        let kind = sketches.iter().map(|s| s.kind).reduce(Digest::common)?;
        let values = sketches.iter().flat_map(|s| s.values()).copied();
        Some(Digest::new(kind, values.collect()).write())
    })
}

/// A number as a value of type `ty`; times are ticks.
fn typed(number: f64, ty: Type) -> Value {
    match ty {
        Type::Int => Value::Int(number as i32),
        Type::Long => Value::Long(number as i64),
        Type::Real => Value::Real(number),
        Type::Datetime => Value::Datetime(number as i64),
        Type::Timespan => Value::Timespan(number as i64),
        Type::Decimal => crate::decimal::Decimal::from_f64(number)
            .map_or(Value::Null(Type::Decimal), Value::Decimal),
        ty => Value::null(ty),
    }
}

fn percentile(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let wanted = args.column::<f64>(1)?;
    let values: Vec<Value> = (0..args.rows)
        .map(|row| {
            let digest = args.values.first().and_then(|datum| text_at(datum, row));
            let digest = digest.and_then(|text| Digest::read(&text));
            let found = digest.zip(f64::at(&wanted, row));
            let found = found.and_then(|(digest, wanted)| {
                let number = digest.percentile(wanted)?;
                if args.ty != Type::Dynamic {
                    return Some(typed(number, args.ty));
                }
                let element = json::from_value(&typed(number, digest.kind))?;
                Some(Value::Dynamic(element.into()))
            });
            found.unwrap_or(Value::null(args.ty))
        })
        .collect();
    Ok(arrays::of(args.ty, &values))
}

fn percentiles(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    texts(args, |row| {
        let digest = Digest::read(&text_at(args.values.first()?, row)?)?;
        let mut wanted = Vec::new();
        for datum in args.values.iter().skip(1) {
            let at = if datum.constant { 0 } else { row };
            match arrays::value(&datum.array, datum.ty, at) {
                Value::Dynamic(list) if json::kind(&list) == Kind::Array => {
                    wanted.extend(json::elements(&list).map(json::number));
                }
                value => wanted.push(value.as_f64()),
            }
        }
        let mut out = json::ArrayWriter::new();
        for percentile in wanted {
            match percentile.and_then(|p| digest.percentile(p)) {
                Some(number) => out.push_value(&typed(number, digest.kind)),
                None => out.push_json("null"),
            }
        }
        Some(out.finish())
    })
}
