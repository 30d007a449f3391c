//! Counting rows and distinct values.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::Value;

use super::keys::{Keys, Members};
use super::state::{State, bytes_of, column, hold, type_of};

/// Counting.
pub static ALL: &[&Aggregate] = &[
    &COUNT,
    &COUNTIF,
    &DCOUNT,
    &DCOUNTIF,
    &COUNT_DISTINCT,
    &COUNT_DISTINCTIF,
];

fn zero() -> Value {
    Value::Long(0)
}

static COUNT: Aggregate = Aggregate {
    signatures: &["count() -> long", "count(value: any) -> long"],
    doc: Doc {
        summary: "Counts the rows.",
        details: "With an argument too: rows where it is null are counted as well.",
        examples: &[
            ("datatable(x: long)[5, 6, 7] | summarize count()", "3"),
            ("datatable(x: long)[5, long(null)] | summarize count(x)", "2"),
        ],
    },
    eval: AggregateEval::Groups(|_| hold(Counts::default())),
    naming: AggregateNaming::Prefix("count"),
    empty: Some(zero),
    role: AggregateRole::Count,
    ..Aggregate::DEFAULT
};

static COUNTIF: Aggregate = Aggregate {
    signatures: &["countif(predicate: bool) -> long"],
    doc: Doc {
        summary: "Counts the rows for which the predicate is true.",
        details: "A predicate that is null does not count.",
        examples: &[("range x from 1 to 9 step 1 | summarize countif(x > 6)", "3")],
    },
    eval: AggregateEval::Filtered {
        of: &COUNT,
        predicate: 0,
    },
    naming: AggregateNaming::Prefix("countif"),
    empty: Some(zero),
    ..Aggregate::DEFAULT
};

static DCOUNT: Aggregate = Aggregate {
    signatures: &["dcount(value: any, [const accuracy: long]) -> long"],
    doc: Doc {
        summary: "Counts the distinct values that are not null.",
        details: "Exact, however many there are: the accuracy (0 to 4) is checked and has no other \
                  effect. An empty string is a value.",
        examples: &[(
            "datatable(s: string)['a', 'b', 'a'] | summarize dcount(s)",
            "2",
        )],
    },
    eval: AggregateEval::Groups(dcount),
    naming: AggregateNaming::Prefix("dcount"),
    empty: Some(zero),
    role: AggregateRole::CountDistinct,
    ..Aggregate::DEFAULT
};

static DCOUNTIF: Aggregate = Aggregate {
    signatures: &["dcountif(value: any, predicate: bool, [const accuracy: long]) -> long"],
    doc: Doc {
        summary: "Counts the distinct values of the rows for which the predicate is true.",
        details: "Exact, as `dcount`.",
        examples: &[(
            "range x from 1 to 9 step 1 | summarize dcountif(x % 3, x > 7)",
            "2",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &DCOUNT,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("dcountif"),
    empty: Some(zero),
    ..Aggregate::DEFAULT
};

static COUNT_DISTINCT: Aggregate = Aggregate {
    signatures: &["count_distinct(value: scalar) -> long"],
    doc: Doc {
        summary: "Counts the distinct values that are not null.",
        details: "",
        examples: &[(
            "range x from 1 to 10 step 1 | summarize count_distinct(x % 4)",
            "4",
        )],
    },
    eval: AggregateEval::Groups(|setup| hold(Distinct::new(setup))),
    naming: AggregateNaming::Prefix("count_distinct"),
    empty: Some(zero),
    role: AggregateRole::CountDistinct,
    ..Aggregate::DEFAULT
};

static COUNT_DISTINCTIF: Aggregate = Aggregate {
    signatures: &["count_distinctif(value: scalar, predicate: bool) -> long"],
    doc: Doc {
        summary: "Counts the distinct values of the rows for which the predicate is true.",
        details: "",
        examples: &[(
            "range x from 1 to 10 step 1 | summarize count_distinctif(x % 4, x > 8)",
            "2",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &COUNT_DISTINCT,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("count_distinctif"),
    empty: Some(zero),
    ..Aggregate::DEFAULT
};

#[derive(Default)]
struct Counts(Vec<i64>);

impl Counts {
    fn grow(&mut self, group_count: usize) {
        self.0.resize(group_count.max(self.0.len()), 0);
    }
}

impl State for Counts {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        for group in rows.groups {
            self.0[*group as usize] += 1;
        }
        Ok(())
    }

    fn merge(&mut self, other: Counts, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (count, group) in other.0.iter().zip(groups) {
            self.0[*group as usize] += count;
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

fn dcount(setup: &Setup<'_>) -> Result<Box<dyn Accumulator>, Problem> {
    match setup.constant(1).map(|v| v.as_i64()) {
        None | Some(Some(0..=4)) => hold(Distinct::new(setup)),
        _ => Err(Problem::new(
            Code::ArgumentValue,
            "the accuracy is a whole number from 0 to 4",
        )
        .at(1)),
    }
}

struct Distinct {
    keys: Keys,
    members: Members,
}

impl Distinct {
    fn new(setup: &Setup<'_>) -> Distinct {
        Distinct {
            keys: Keys::new(type_of(setup, 0)),
            members: Members::default(),
        }
    }
}

impl State for Distinct {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        let values = column(rows, 0)?;
        let Distinct { keys, members } = self;
        keys.each(&values, |row, key| {
            members.insert(rows.groups[row], key);
        })?;
        members.check()
    }

    fn merge(&mut self, other: Distinct, groups: &[u32], _: usize) -> Result<(), Fault> {
        for (group, key) in other.members.entries() {
            if let Some(group) = groups.get(*group as usize) {
                let key = self.keys.adopt(&other.keys, *key);
                self.members.insert(*group, key);
            }
        }
        self.members.check()
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let mut counts = vec![0i64; group_count];
        for (group, _) in self.members.entries() {
            counts[*group as usize] += 1;
        }
        Ok(vec![Arc::new(Int64Array::from(counts))])
    }

    fn size(&self) -> usize {
        self.keys.size() + self.members.size()
    }
}
