//! Bits of whole numbers combined.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};

use crate::contract::{Fault, Grouped};
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, Doc};

use super::state::{State, bytes_of, column, each_valid, hold, longs};

/// Bits.
pub static ALL: &[&Aggregate] = &[&BINARY_ALL_AND, &BINARY_ALL_OR, &BINARY_ALL_XOR];

static BINARY_ALL_AND: Aggregate = Aggregate {
    signatures: &["binary_all_and(value: long) -> long"],
    doc: Doc {
        summary: "The bits that are set in all values.",
        details: "Nulls are ignored; null over no values.",
        examples: &[("datatable(x: long)[14, 7] | summarize binary_all_and(x)", "6")],
    },
    eval: AggregateEval::Groups(|_| hold(Bits::new(|a, b| a & b))),
    naming: AggregateNaming::First,
    ..Aggregate::DEFAULT
};

static BINARY_ALL_OR: Aggregate = Aggregate {
    signatures: &["binary_all_or(value: long) -> long"],
    doc: Doc {
        summary: "The bits that are set in any value.",
        details: "Nulls are ignored; null over no values.",
        examples: &[("datatable(x: long)[8, 1] | summarize binary_all_or(x)", "9")],
    },
    eval: AggregateEval::Groups(|_| hold(Bits::new(|a, b| a | b))),
    naming: AggregateNaming::First,
    ..Aggregate::DEFAULT
};

static BINARY_ALL_XOR: Aggregate = Aggregate {
    signatures: &["binary_all_xor(value: long) -> long"],
    doc: Doc {
        summary: "The bits that are set in an odd number of values.",
        details: "Nulls are ignored; null over no values.",
        examples: &[("datatable(x: long)[12, 5] | summarize binary_all_xor(x)", "9")],
    },
    eval: AggregateEval::Groups(|_| hold(Bits::new(|a, b| a ^ b))),
    naming: AggregateNaming::First,
    ..Aggregate::DEFAULT
};

struct Bits {
    combine: fn(i64, i64) -> i64,
    values: Vec<Option<i64>>,
}

impl Bits {
    fn new(combine: fn(i64, i64) -> i64) -> Bits {
        Bits {
            combine,
            values: Vec::new(),
        }
    }

    fn grow(&mut self, group_count: usize) {
        self.values.resize(group_count.max(self.values.len()), None);
    }

    fn add(&mut self, group: u32, value: i64) {
        let all = &mut self.values[group as usize];
        *all = Some(all.map_or(value, |all| (self.combine)(all, value)));
    }
}

impl State for Bits {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let values = longs(&array)?.values();
        each_valid(array.nulls(), values.len(), |row| {
            self.add(rows.groups[row], values[row]);
        });
        Ok(())
    }

    fn merge(&mut self, other: Bits, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (value, group) in other.values.iter().zip(groups) {
            if let Some(value) = value {
                self.add(*group, *value);
            }
        }
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        Ok(vec![Arc::new(Int64Array::from(self.values))])
    }

    fn size(&self) -> usize {
        bytes_of(&self.values)
    }
}
