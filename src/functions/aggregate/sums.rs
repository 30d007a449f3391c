//! Sums and means.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, Int64Array};
use bigdecimal::BigDecimal;

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::decimal::Decimal;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::{Type, Value, arrays};

use super::parts::{Part, Parts};
use super::state::{State, bytes_of, column, decimal, each_valid, hold, longs, reals, sixteens, type_of};

/// Sums and means.
pub static ALL: &[&Aggregate] = &[&SUM, &SUMIF, &AVG, &AVGIF];

static SUM: Aggregate = Aggregate {
    signatures: &[
        "sum(value: long) -> long",
        "sum(value: real) -> real",
        "sum(value: decimal) -> decimal",
        "sum(value: timespan) -> timespan",
        "sum(value: datetime) -> datetime",
    ],
    doc: Doc {
        summary: "Adds up the values that are not null.",
        details: "The sum of none is 0. A `long` that overflows wraps around. Reals are added in the \
                  order of the rows, so that the sum never depends on the number of threads.",
        examples: &[
            ("range x from 1 to 4 step 1 | summarize sum(x)", "10"),
            ("datatable(t: timespan)[1h, 30m] | summarize sum(t)", "01:30:00"),
        ],
    },
    eval: AggregateEval::Groups(sum),
    naming: AggregateNaming::Prefix("sum"),
    empty: Some(|| Value::Long(0)),
    role: AggregateRole::Sum,
    ..Aggregate::DEFAULT
};

static SUMIF: Aggregate = Aggregate {
    signatures: &[
        "sumif(value: long, predicate: bool) -> long",
        "sumif(value: real, predicate: bool) -> real",
        "sumif(value: decimal, predicate: bool) -> decimal",
        "sumif(value: timespan, predicate: bool) -> timespan",
        "sumif(value: datetime, predicate: bool) -> datetime",
    ],
    doc: Doc {
        summary: "Adds up the values of the rows for which the predicate is true.",
        details: "",
        examples: &[("range x from 1 to 4 step 1 | summarize sumif(x, x > 2)", "7")],
    },
    eval: AggregateEval::Filtered {
        of: &SUM,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("sumif"),
    empty: Some(|| Value::Long(0)),
    ..Aggregate::DEFAULT
};

static AVG: Aggregate = Aggregate {
    signatures: &[
        "avg(value: long) -> real",
        "avg(value: real) -> real",
        "avg(value: decimal) -> decimal",
        "avg(value: timespan) -> timespan",
        "avg(value: datetime) -> datetime",
    ],
    doc: Doc {
        summary: "The mean of the values that are not null.",
        details: "The mean of none is NaN (null for a type that has no NaN). The sum that a mean of `long`s \
                  is made from wraps around when it overflows.",
        examples: &[
            ("datatable(x: long)[1, 2, long(null)] | summarize avg(x)", "1.5"),
            ("datatable(x: long)[] | summarize avg(x)", "NaN"),
        ],
    },
    eval: AggregateEval::Groups(avg),
    naming: AggregateNaming::Prefix("avg"),
    empty: Some(|| Value::Real(f64::NAN)),
    ..Aggregate::DEFAULT
};

static AVGIF: Aggregate = Aggregate {
    signatures: &[
        "avgif(value: long, predicate: bool) -> real",
        "avgif(value: real, predicate: bool) -> real",
        "avgif(value: decimal, predicate: bool) -> decimal",
        "avgif(value: timespan, predicate: bool) -> timespan",
        "avgif(value: datetime, predicate: bool) -> datetime",
    ],
    doc: Doc {
        summary: "The mean of the values of the rows for which the predicate is true.",
        details: "",
        examples: &[("range x from 1 to 4 step 1 | summarize avgif(x, x > 2)", "3.5")],
    },
    eval: AggregateEval::Filtered {
        of: &AVG,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("avgif"),
    empty: Some(|| Value::Real(f64::NAN)),
    ..Aggregate::DEFAULT
};

fn sum(setup: &Setup<'_>) -> Result<Box<dyn Accumulator>, Problem> {
    total(setup, false)
}

fn avg(setup: &Setup<'_>) -> Result<Box<dyn Accumulator>, Problem> {
    total(setup, true)
}

fn total(setup: &Setup<'_>, mean: bool) -> Result<Box<dyn Accumulator>, Problem> {
    let ty = type_of(setup, 0);
    match ty {
        Type::Real | Type::Unknown => hold(Reals {
            mean,
            parts: Parts::new(),
        }),
        Type::Decimal => hold(Decimals {
            mean,
            totals: Vec::new(),
        }),
        _ if mean => hold(Means {
            real: setup.ty == Type::Real,
            totals: Vec::new(),
        }),
        _ => hold(Longs(Vec::new())),
    }
}

/// The sum of `long`s, `timespan`s, `datetime`s.
struct Longs(Vec<i64>);

impl Longs {
    fn grow(&mut self, group_count: usize) {
        self.0.resize(group_count.max(self.0.len()), 0);
    }
}

impl State for Longs {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let values = longs(&array)?.values();
        each_valid(array.nulls(), values.len(), |row| {
            let total = &mut self.0[rows.groups[row] as usize];
            *total = total.wrapping_add(values[row]);
        });
        Ok(())
    }

    fn merge(&mut self, other: Longs, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (part, group) in other.0.iter().zip(groups) {
            let total = &mut self.0[*group as usize];
            *total = total.wrapping_add(*part);
        }
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        Ok(vec![Arc::new(Int64Array::from(self.0))])
    }

    fn size(&self) -> usize {
        bytes_of(&self.0)
    }
}

/// The mean of `long`s, `timespan`s, `datetime`s, from an exact sum; but the sum of `long`s wraps
/// around, as the engine KQL comes from has it.
struct Means {
    real: bool,
    totals: Vec<(i128, i64)>,
}

impl Means {
    fn grow(&mut self, group_count: usize) {
        self.totals.resize(group_count.max(self.totals.len()), (0, 0));
    }
}

impl State for Means {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let values = longs(&array)?.values();
        each_valid(array.nulls(), values.len(), |row| {
            let total = &mut self.totals[rows.groups[row] as usize];
            total.0 += i128::from(values[row]);
            total.1 += 1;
        });
        Ok(())
    }

    fn merge(&mut self, other: Means, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (part, group) in other.totals.iter().zip(groups) {
            let total = &mut self.totals[*group as usize];
            total.0 += part.0;
            total.1 += part.1;
        }
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        let totals = self.totals.into_iter();
        Ok(vec![if self.real {
            Arc::new(Float64Array::from_iter_values(
                totals.map(|(sum, count)| sum as i64 as f64 / count as f64),
            ))
        } else {
            Arc::new(Int64Array::from_iter(totals.map(|(sum, count)| {
                // The mean of values of a type is in the type's range.
                i64::try_from(sum.checked_div(i128::from(count))?).ok()
            })))
        }])
    }

    fn size(&self) -> usize {
        bytes_of(&self.totals)
    }
}

#[derive(Clone, Copy, Default)]
struct RealTotal {
    sum: f64,
    count: u64,
}

impl Part for RealTotal {
    fn join(&mut self, later: &RealTotal) {
        self.sum += later.sum;
        self.count += later.count;
    }
}

/// The sum or mean of `real`s.
struct Reals {
    mean: bool,
    parts: Parts<RealTotal>,
}

impl State for Reals {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.parts.grow(rows.group_count);
        let start = rows.positions.at(0);
        let values = reals(&column(rows, 0)?, Type::Real)?;
        each_valid(values.nulls(), values.len(), |row| {
            let total = self.parts.part(rows.groups[row], start);
            total.sum += values.value(row);
            total.count += 1;
        });
        Ok(())
    }

    fn merge(&mut self, other: Reals, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.parts.merge(other.parts, groups, group_count);
        Ok(())
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let totals = self.parts.finish(group_count).into_iter();
        let results = totals.map(|t| if self.mean { t.sum / t.count as f64 } else { t.sum });
        Ok(vec![Arc::new(Float64Array::from_iter_values(results))])
    }

    fn needs_order(&self) -> bool {
        true
    }

    fn size(&self) -> usize {
        self.parts.size()
    }
}

/// The sum or mean of `decimal`s, exact until the end.
struct Decimals {
    mean: bool,
    totals: Vec<(BigDecimal, i64)>,
}

impl Decimals {
    fn grow(&mut self, group_count: usize) {
        let count = group_count.max(self.totals.len());
        self.totals.resize_with(count, Default::default);
    }
}

impl State for Decimals {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let values = sixteens(&array)?;
        each_valid(array.nulls(), values.len(), |row| {
            let total = &mut self.totals[rows.groups[row] as usize];
            total.0 += decimal(values, row).to_big();
            total.1 += 1;
        });
        Ok(())
    }

    fn merge(&mut self, other: Decimals, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (part, group) in other.totals.into_iter().zip(groups) {
            let total = &mut self.totals[*group as usize];
            total.0 += part.0;
            total.1 += part.1;
        }
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        let values: Vec<Value> = self
            .totals
            .into_iter()
            .map(|(sum, count)| {
                let result = match (self.mean, count) {
                    (false, _) => Some(sum),
                    (true, 0) => None,
                    (true, count) => Some(sum / count),
                };
                let result = result.and_then(|r| Decimal::from_big(&r));
                result.map_or(Value::Null(Type::Decimal), Value::Decimal)
            })
            .collect();
        Ok(vec![arrays::of(Type::Decimal, &values)])
    }

    fn size(&self) -> usize {
        bytes_of(&self.totals) + self.totals.len() * 16
    }
}
