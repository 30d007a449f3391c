//! The least and the greatest value.

use arrow::array::{Array, ArrayRef};

use crate::contract::{Fault, Grouped, Setup};
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::Type;

use super::order::{Best, Ranks};
use super::state::{State, bytes_of, column, each_valid, hold, type_of};

/// The least and the greatest value.
pub static ALL: &[&Aggregate] = &[&MIN, &MINIF, &MAX, &MAXIF];

static MIN: Aggregate = Aggregate {
    signatures: &["min(value: T:orderable) -> T"],
    doc: Doc {
        summary: "The least value that is not null.",
        details: "Strings are compared by their code points. A NaN is the result wherever there is one. \
                  Null over no values.",
        examples: &[
            ("datatable(x: long)[5, long(null), 3] | summarize min(x)", "3"),
            ("datatable(s: string)['b', 'B', 'a'] | summarize min(s)", "B"),
        ],
    },
    eval: AggregateEval::Groups(|setup| hold(Extreme::new(setup, false))),
    naming: AggregateNaming::Prefix("min"),
    role: AggregateRole::Min,
    ..Aggregate::DEFAULT
};

static MINIF: Aggregate = Aggregate {
    signatures: &["minif(value: T:orderable, predicate: bool) -> T"],
    doc: Doc {
        summary: "The least value of the rows for which the predicate is true.",
        details: "",
        examples: &[("range x from 1 to 9 step 1 | summarize minif(x, x > 4)", "5")],
    },
    eval: AggregateEval::Filtered {
        of: &MIN,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("minif"),
    ..Aggregate::DEFAULT
};

static MAX: Aggregate = Aggregate {
    signatures: &["max(value: T:orderable) -> T"],
    doc: Doc {
        summary: "The greatest value that is not null.",
        details: "Strings are compared by their code points. A NaN is the result wherever there is one. \
                  Null over no values.",
        examples: &[
            ("datatable(x: long)[5, long(null), 3] | summarize max(x)", "5"),
            ("datatable(b: bool)[true, false] | summarize max(b)", "True"),
        ],
    },
    eval: AggregateEval::Groups(|setup| hold(Extreme::new(setup, true))),
    naming: AggregateNaming::Prefix("max"),
    role: AggregateRole::Max,
    ..Aggregate::DEFAULT
};

static MAXIF: Aggregate = Aggregate {
    signatures: &["maxif(value: T:orderable, predicate: bool) -> T"],
    doc: Doc {
        summary: "The greatest value of the rows for which the predicate is true.",
        details: "",
        examples: &[("range x from 1 to 9 step 1 | summarize maxif(x, x < 4)", "3")],
    },
    eval: AggregateEval::Filtered {
        of: &MAX,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("maxif"),
    ..Aggregate::DEFAULT
};

struct Extreme {
    ty: Type,
    greatest: bool,
    has: Vec<bool>,
    best: Best,
}

impl Extreme {
    fn new(setup: &Setup<'_>, greatest: bool) -> Extreme {
        let ty = type_of(setup, 0);
        Extreme {
            ty,
            greatest,
            has: Vec::new(),
            best: Best::new(ty),
        }
    }

    fn grow(&mut self, group_count: usize) {
        self.has.resize(group_count.max(self.has.len()), false);
        self.best.grow(group_count);
    }
}

impl State for Extreme {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let ranks = Ranks::read(&array, self.ty, self.greatest)?;
        let Extreme {
            greatest,
            has,
            best,
            ..
        } = self;
        if let (Best::Longs(best), Ranks::Longs(values)) = (&mut *best, &ranks) {
            each_valid(array.nulls(), array.len(), |row| {
                let group = rows.groups[row] as usize;
                let (value, old) = (values[row], best[group]);
                if !has[group] || (value != old && (value > old) == *greatest) {
                    best[group] = value;
                    has[group] = true;
                }
            });
            return Ok(());
        }
        each_valid(array.nulls(), array.len(), |row| {
            let group = rows.groups[row] as usize;
            let order = best.compare(group, &ranks, row);
            if !has[group] || (order.is_ne() && order.is_gt() == *greatest) {
                best.set(group, &ranks, row);
                has[group] = true;
            }
        });
        Ok(())
    }

    fn merge(&mut self, other: Extreme, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (from, group) in groups.iter().enumerate() {
            let group = *group as usize;
            if !other.has.get(from).is_some_and(|has| *has) {
                continue;
            }
            let order = self.best.compare_other(group, &other.best, from);
            if !self.has[group] || (order.is_ne() && order.is_gt() == self.greatest) {
                self.best.set_other(group, &other.best, from);
                self.has[group] = true;
            }
        }
        Ok(())
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        Ok(vec![self.best.finish(self.ty, &self.has)])
    }

    fn size(&self) -> usize {
        bytes_of(&self.has) + self.best.size()
    }
}
