//! Statistics of series, as columns or as a bag.

use super::series::numbers_at;
use super::series_columns::{self, Column, Fields, model};
use crate::contract::{Args, Setup};
use crate::json::BagWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&STATS, &STATS_COLUMN, &STATS_DYNAMIC];

const COLUMNS: Fields = &[
    ("min", Type::Real),
    ("min_idx", Type::Long),
    ("max", Type::Real),
    ("max_idx", Type::Long),
    ("avg", Type::Real),
    ("stdev", Type::Real),
    ("variance", Type::Real),
];

model!(STATS STATS_COLUMN "series_stats", "(series: array, [ignore_nonfinite: bool]) -> real", COLUMNS,
    |_: &Setup<'_>, which| Ok(column(which)),
    Doc {
        summary: "Least, greatest, mean and spread of a series.",
        details: "It yields `min`, `min_idx`, `max`, `max_idx`, `avg`, `stdev` and `variance`, the last two of a sample. All \
                  are null if an element is no finite number, unless these are to be ignored.",
        examples: &[
            ("series_stats(dynamic([3, 1, 2]))", "1.0"),
            ("series_stats(dynamic([3, 1, 2]))[3]", "0"),
            ("series_stats(dynamic([3, null, 1]))", ""),
        ],
    });

static STATS_DYNAMIC: Scalar = Scalar {
    signatures: &["series_stats_dynamic(series: array, [ignore_nonfinite: bool]) -> bag"],
    doc: Doc {
        summary: "Least, greatest, mean and spread of a series, as a bag.",
        details: "Its keys are `min`, `min_idx`, `max`, `max_idx`, `avg`, `stdev`, `variance`, `sum` and `len`. All \
                  but the last are null if an element is no finite number, unless these are to be ignored.",
        examples: &[(
            "series_stats_dynamic(dynamic([3, 1, 2]))",
            "{\"min\":1.0,\"min_idx\":1,\"max\":3.0,\"max_idx\":0,\"avg\":2.0,\"stdev\":1.0,\"variance\":1.0,\
             \"sum\":6.0,\"len\":3}",
        )],
    },
    eval: Eval::Columns(|args| {
        args.build(|row| {
            let values = numbers_at(args, 0, row)?;
            let stats = Stats::of(&values, ignores(args, 1, row));
            let mut out = BagWriter::new();
            for (which, (name, _)) in COLUMNS.iter().enumerate() {
                let value = stats.as_ref().map(|s| s.field(which));
                out.entry_value(name, &value.unwrap_or(Value::Null(Type::Real)));
            }
            let sum = stats.map_or(Value::Null(Type::Real), |s| Value::Real(s.sum));
            out.entry_value("sum", &sum);
            out.entry_value("len", &long(values.len()));
            Some(Json(out.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

fn column(which: usize) -> Column {
    Box::new(move |args: &Args<'_>, row| {
        let values = numbers_at(args, 1, row)?;
        Some(Stats::of(&values, ignores(args, 2, row))?.field(which))
    })
}

/// Whether elements that are no finite number are to be ignored.
fn ignores(args: &Args<'_>, index: usize, row: usize) -> bool {
    let column = args.values.get(index).and_then(|d| bool::open(d).ok());
    column.and_then(|c| bool::at(&c, row)).unwrap_or(false)
}

fn long(value: usize) -> Value {
    Value::Long(value as i64)
}

struct Stats {
    least: (usize, f64),
    most: (usize, f64),
    sum: f64,
    mean: f64,
    variance: f64,
}

impl Stats {
    fn of(values: &[Option<f64>], ignore: bool) -> Option<Stats> {
        if !ignore && values.iter().any(Option::is_none) {
            return None;
        }
        let places = values.iter().enumerate();
        let known: Vec<(usize, f64)> = places.filter_map(|(i, v)| Some((i, (*v)?))).collect();
        let count = known.len() as f64;
        let sum: f64 = known.iter().map(|(_, v)| v).sum();
        let mean = sum / count;
        let squares: f64 = known.iter().map(|(_, v)| (v - mean) * (v - mean)).sum();
        let numbers = known.iter().copied();
        Some(Stats {
            least: numbers.clone().reduce(|a, b| if b.1 < a.1 { b } else { a })?,
            most: numbers.reduce(|a, b| if b.1 > a.1 { b } else { a })?,
            sum,
            mean,
            variance: squares / (count - 1.0).max(1.0),
        })
    }

    /// A column of [`COLUMNS`].
    fn field(&self, which: usize) -> Value {
        match which {
            0 => Value::Real(self.least.1),
            1 => long(self.least.0),
            2 => Value::Real(self.most.1),
            3 => long(self.most.0),
            4 => Value::Real(self.mean),
            5 => Value::Real(self.variance.sqrt()),
            _ => Value::Real(self.variance),
        }
    }
}
