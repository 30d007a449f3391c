//! Percentiles by nearest rank: the least value that so many percent of the values do not exceed.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::diagnostic::Code;
use crate::json;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::{Type, Value, arrays};

use super::order::{Ranks, ranked};
use super::state::{State, by_group, bytes_of, column, hold, longs, reals, type_of};

/// Percentiles.
pub static ALL: &[&Aggregate] = &[
    &PERCENTILE,
    &PERCENTILES,
    &PERCENTILES_ARRAY,
    &PERCENTILEW,
    &PERCENTILESW,
    &PERCENTILESW_ARRAY,
];

const DETAILS: &str = "Exact: always one of the values (the engine KQL comes from approximates over many rows). \
                       Nulls are ignored; null over no values. The 0th percentile is the least value.";

static PERCENTILE: Aggregate = Aggregate {
    signatures: &[
        "percentile(value: long, const percentile: number) -> long",
        "percentile(value: real, const percentile: number) -> real",
        "percentile(value: decimal, const percentile: number) -> real",
        "percentile(value: datetime, const percentile: number) -> datetime",
        "percentile(value: timespan, const percentile: number) -> timespan",
    ],
    doc: Doc {
        summary: "The value that so many percent of the values do not exceed.",
        details: DETAILS,
        examples: &[("range x from 1 to 10 step 1 | summarize percentile(x, 90)", "9")],
    },
    eval: AggregateEval::Groups(|setup| percentiles(setup, false, false)),
    naming: AggregateNaming::WithConstants("percentile"),
    role: AggregateRole::Percentiles,
    ..Aggregate::DEFAULT
};

static PERCENTILES: Aggregate = Aggregate {
    signatures: &[
        "percentiles(value: long, const percentile: number, ...) -> long",
        "percentiles(value: real, const percentile: number, ...) -> real",
        "percentiles(value: decimal, const percentile: number, ...) -> real",
        "percentiles(value: datetime, const percentile: number, ...) -> datetime",
        "percentiles(value: timespan, const percentile: number, ...) -> timespan",
    ],
    doc: Doc {
        summary: "Several percentiles, a column each.",
        details: DETAILS,
        examples: &[(
            "range x from 1 to 10 step 1 | summarize percentiles(x, 50, 99.9) | project percentile_x_99_9",
            "10",
        )],
    },
    eval: AggregateEval::Groups(|setup| percentiles(setup, false, false)),
    naming: AggregateNaming::WithConstants("percentile"),
    role: AggregateRole::Percentiles,
    ..Aggregate::DEFAULT
};

static PERCENTILES_ARRAY: Aggregate = Aggregate {
    signatures: &[
        "percentiles_array(value: summable, const percentile: number, ...) -> array",
        "percentiles_array(value: summable, const percentiles: array) -> array",
    ],
    doc: Doc {
        summary: "Several percentiles, as an array.",
        details: DETAILS,
        examples: &[(
            "range x from 1 to 10 step 1 | summarize percentiles_array(x, 50, 90)",
            "[5,9]",
        )],
    },
    eval: AggregateEval::Groups(|setup| percentiles(setup, false, true)),
    naming: AggregateNaming::Prefix("percentiles"),
    ..Aggregate::DEFAULT
};

static PERCENTILEW: Aggregate = Aggregate {
    signatures: &[
        "percentilew(value: long, weight: long, const percentile: number) -> long",
        "percentilew(value: real, weight: long, const percentile: number) -> real",
        "percentilew(value: decimal, weight: long, const percentile: number) -> real",
        "percentilew(value: datetime, weight: long, const percentile: number) -> datetime",
        "percentilew(value: timespan, weight: long, const percentile: number) -> timespan",
    ],
    doc: Doc {
        summary: "The percentile of values that each stand for several: as many as their weight.",
        details: DETAILS,
        examples: &[(
            "datatable(x: long, n: long)[1, 7, 2, 3] | summarize percentilew(x, n, 75)",
            "2",
        )],
    },
    eval: AggregateEval::Groups(|setup| percentiles(setup, true, false)),
    naming: AggregateNaming::WithConstants("percentile"),
    role: AggregateRole::WeightedPercentiles,
    ..Aggregate::DEFAULT
};

static PERCENTILESW: Aggregate = Aggregate {
    signatures: &[
        "percentilesw(value: long, weight: long, const percentile: number, ...) -> long",
        "percentilesw(value: real, weight: long, const percentile: number, ...) -> real",
        "percentilesw(value: decimal, weight: long, const percentile: number, ...) -> real",
        "percentilesw(value: datetime, weight: long, const percentile: number, ...) -> datetime",
        "percentilesw(value: timespan, weight: long, const percentile: number, ...) -> timespan",
    ],
    doc: Doc {
        summary: "Several percentiles of weighted values, a column each.",
        details: DETAILS,
        examples: &[(
            "datatable(x: long, n: long)[1, 7, 2, 3] | summarize percentilesw(x, n, 50, 75) \
             | project percentile_x_50",
            "1",
        )],
    },
    eval: AggregateEval::Groups(|setup| percentiles(setup, true, false)),
    naming: AggregateNaming::WithConstants("percentile"),
    role: AggregateRole::WeightedPercentiles,
    ..Aggregate::DEFAULT
};

static PERCENTILESW_ARRAY: Aggregate = Aggregate {
    signatures: &[
        "percentilesw_array(value: summable, weight: long, const percentile: number, ...) -> array",
        "percentilesw_array(value: summable, weight: long, const percentiles: array) -> array",
    ],
    doc: Doc {
        summary: "Several percentiles of weighted values, as an array.",
        details: DETAILS,
        examples: &[(
            "datatable(x: long, n: long)[1, 7, 2, 3] | summarize percentilesw_array(x, n, dynamic([50, 75]))",
            "[1,2]",
        )],
    },
    eval: AggregateEval::Groups(|setup| percentiles(setup, true, true)),
    naming: AggregateNaming::Prefix("percentiles"),
    ..Aggregate::DEFAULT
};

fn percentiles(
    setup: &Setup<'_>,
    weighted: bool,
    array: bool,
) -> Result<Box<dyn Accumulator>, Problem> {
    let first = if weighted { 2 } else { 1 };
    let mut wanted = Vec::new();
    for index in first..setup.types.len() {
        let bad = || {
            let message = "a percentile is a number from 0 to 100";
            Problem::new(Code::ArgumentValue, message).at(index)
        };
        let read = match setup.constant(index) {
            Some(Value::Dynamic(list)) => json::elements(list).map(json::number).collect(),
            Some(value) => vec![value.as_f64()],
            None => vec![None],
        };
        for percentile in read {
            match percentile {
                Some(p) if (0.0..=100.0).contains(&p) => wanted.push(p),
                _ => return Err(bad()),
            }
        }
    }
    hold(Percentiles {
        ty: type_of(setup, 0),
        weighted,
        array,
        wanted,
        values: Vec::new(),
        weights: Vec::new(),
    })
}

struct Percentiles {
    ty: Type,
    weighted: bool,
    array: bool,
    wanted: Vec<f64>,
    /// Group and rank (see [`Ranks`]) of each value.
    values: Vec<(u32, i64)>,
    /// Their weights, if there are any.
    weights: Vec<i64>,
}

impl Percentiles {
    /// The type of the results: a decimal's is real.
    fn result_type(&self) -> Type {
        match self.ty {
            Type::Decimal => Type::Real,
            Type::Int => Type::Long,
            ty => ty,
        }
    }

    /// The percentiles of a group's values (rank and weight).
    fn of_group(&self, values: &mut [(i64, i64)]) -> Vec<Option<i64>> {
        values.sort_unstable();
        let total: i128 = values.iter().map(|(_, weight)| i128::from(*weight)).sum();
        let result = |percentile: &f64| {
            let wanted = nearest_rank(*percentile, total);
            let mut seen = 0i128;
            let found = values.iter().find(|(_, weight)| {
                seen += i128::from(*weight);
                seen >= wanted
            });
            found.map(|(rank, _)| *rank)
        };
        self.wanted.iter().map(result).collect()
    }
}

/// Which of `total` values in order is at the percentile: the first is 1.
fn nearest_rank(percentile: f64, total: i128) -> i128 {
    let exact = percentile * total as f64 / 100.0;
    let near = exact.round();
    // 99.9 % of 1000 is 999, whatever the last bit of the product says.
    let rank = if (exact - near).abs() <= 1e-9 * near.abs() {
        near
    } else {
        exact.ceil()
    };
    (rank as i128).max(1)
}

impl State for Percentiles {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        let mut array = column(rows, 0)?;
        if self.ty == Type::Decimal {
            array = Arc::new(reals(&array, Type::Decimal)?);
        }
        let ty = if self.ty == Type::Decimal {
            Type::Real
        } else {
            self.ty
        };
        let Ranks::Longs(ranks) = Ranks::read(&array, ty, true)? else {
            return Err(Fault::internal("a percentile of texts"));
        };
        let weights = match self.weighted {
            true => Some(column(rows, 1)?),
            false => None,
        };
        let weights = weights.as_deref().map(longs).transpose()?;
        for (row, group) in rows.groups.iter().enumerate() {
            if array.is_null(row) {
                continue;
            }
            if let Some(weights) = weights {
                if weights.is_null(row) || weights.value(row) <= 0 {
                    continue;
                }
                self.weights.push(weights.value(row));
            }
            self.values.push((*group, ranks[row]));
        }
        if self.values.len() > u32::MAX as usize / 2 {
            return Err(Fault::limit("percentiles of more than two billion values"));
        }
        Ok(())
    }

    fn merge(&mut self, other: Percentiles, groups: &[u32], _: usize) -> Result<(), Fault> {
        let values = other.values.iter().map(|(group, rank)| {
            let group = groups.get(*group as usize);
            (group.copied().unwrap_or(0), *rank)
        });
        self.values.extend(values);
        self.weights.extend(other.weights);
        Ok(())
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let groups = self.values.iter().map(|(group, _)| *group);
        let (starts, order) = by_group(groups, group_count);
        let mut results: Vec<Vec<Option<i64>>> = Vec::with_capacity(group_count);
        for group in 0..group_count {
            let entries = order[starts[group]..starts[group + 1]].iter();
            let mut values: Vec<(i64, i64)> = entries
                .map(|index| {
                    let index = *index as usize;
                    let weight = self.weights.get(index).copied().unwrap_or(1);
                    (self.values[index].1, weight)
                })
                .collect();
            results.push(self.of_group(&mut values));
        }
        let ty = self.result_type();
        if !self.array {
            let column = |index: usize| ranked(ty, results.iter().map(|r| r[index]));
            return Ok((0..self.wanted.len()).map(column).collect());
        }
        let mut out = StringViewBuilder::with_capacity(group_count);
        for result in &results {
            if result.iter().any(Option::is_none) {
                out.append_null();
                continue;
            }
            let column = ranked(ty, result.iter().copied());
            let mut array = json::ArrayWriter::new();
            for index in 0..result.len() {
                array.push_value(&arrays::value(&column, ty, index));
            }
            out.append_value(array.finish());
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        bytes_of(&self.values) + bytes_of(&self.weights)
    }
}
