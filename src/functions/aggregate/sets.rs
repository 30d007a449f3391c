//! Sets of distinct values as arrays.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::json;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::{Type, Value};

use super::firsts::{Added, Firsts, Place};
use super::keys::{Key, Keys};
use super::state::{State, bytes_of, column, flat, hold, limit, texts, type_of};

/// Sets.
pub static ALL: &[&Aggregate] = &[&MAKE_SET, &MAKE_SET_IF, &MAKESET];

/// The most elements `make_set` and `make_list` ever keep, and as many as they keep by default.
pub const MOST: usize = 1_048_576;

static MAKE_SET: Aggregate = Aggregate {
    signatures: &["make_set(value: any, [const limit: long]) -> array"],
    doc: Doc {
        summary: "An array of the distinct values, in the order in which they first appear.",
        details: "Nulls are left out, except those of dynamics. Arrays among dynamic values are taken \
                  apart: their elements join the set. With a limit, the first that many; the most and \
                  the default are 1,048,576.",
        examples: &[
            ("datatable(x: long)[3, 1, 3] | summarize make_set(x)", "[3,1]"),
            (
                "datatable(d: dynamic)[dynamic([1, 2]), dynamic([2, 3])] | summarize make_set(d)",
                "[1,2,3]",
            ),
            ("range x from 1 to 9 step 1 | summarize make_set(x, 2)", "[1,2]"),
        ],
    },
    eval: AggregateEval::Groups(|setup| make_set(setup, MOST)),
    naming: AggregateNaming::Prefix("set"),
    empty: Some(empty),
    role: AggregateRole::MakeSet,
    ..Aggregate::DEFAULT
};

static MAKE_SET_IF: Aggregate = Aggregate {
    signatures: &["make_set_if(value: any, predicate: bool, [const limit: long]) -> array"],
    doc: Doc {
        summary: "An array of the distinct values of the rows for which the predicate is true.",
        details: "",
        examples: &[(
            "range x from 1 to 9 step 1 | summarize make_set_if(x % 3, x > 7)",
            "[2,0]",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &MAKE_SET,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("set"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

static MAKESET: Aggregate = Aggregate {
    signatures: &["makeset(value: any, [const limit: long]) -> array"],
    doc: Doc {
        summary: "An array of the distinct values, 128 of them unless it is told otherwise.",
        details: "",
        examples: &[(
            "range x from 1 to 200 step 1 | summarize s = makeset(x) | project array_length(s)",
            "128",
        )],
    },
    eval: AggregateEval::Groups(|setup| make_set(setup, 128)),
    naming: AggregateNaming::Prefix("set"),
    deprecated: Some("make_set"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

fn empty() -> Value {
    Value::Dynamic("[]".into())
}

fn make_set(setup: &Setup<'_>, default: usize) -> Result<Box<dyn Accumulator>, Problem> {
    hold(Sets {
        keys: Keys::new(type_of(setup, 0)),
        firsts: Firsts::new(limit(setup, 1, default)?.min(MOST)),
        shown: Vec::new(),
    })
}

struct Sets {
    keys: Keys,
    firsts: Firsts,
    /// For dynamics, the text of each member where it first appeared (its key is a normal form).
    shown: Vec<Key>,
}

impl Sets {
    fn is_dynamic(&self) -> bool {
        matches!(self.keys.ty(), Type::Dynamic | Type::Unknown)
    }

    fn update_dynamic(&mut self, rows: &Grouped<'_>, values: &ArrayRef) -> Result<(), Fault> {
        let values = texts(values)?;
        for (row, group) in rows.groups.iter().enumerate() {
            let position = rows.positions.at(row);
            for (place, element) in (0u32..).zip(flat(values, row)) {
                if self.firsts.is_late(*group, (position, place)) {
                    break;
                }
                let key = self.keys.text(&json::identity(element));
                let shown = self.keys.text(element);
                self.add_dynamic(*group, key, (position, place), shown);
            }
        }
        Ok(())
    }

    fn add_dynamic(&mut self, group: u32, key: Key, place: Place, shown: Key) {
        match self.firsts.add(group, key, place) {
            Added::New => self.shown.push(shown),
            Added::Earlier(index) => self.shown[index] = shown,
            Added::Known => {}
        }
    }

    fn write(&self, index: usize, out: &mut String, scratch: &mut String) {
        match self.shown.get(index) {
            Some(shown) => self.keys.write_text(*shown, out),
            None => self.keys.write_element(self.firsts.key(index), out, scratch),
        }
    }
}

impl State for Sets {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.firsts.grow(rows.group_count);
        let values = column(rows, 0)?;
        if self.is_dynamic() {
            self.update_dynamic(rows, &values)?;
        } else {
            let Sets { keys, firsts, .. } = self;
            keys.each(&values, |row, key| {
                firsts.add(rows.groups[row], key, (rows.positions.at(row), 0));
            })?;
        }
        self.firsts.check()
    }

    fn merge(&mut self, other: Sets, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.firsts.grow(group_count);
        for (index, (group, key, place)) in other.firsts.entries().enumerate() {
            let Some(group) = groups.get(group as usize) else {
                continue;
            };
            let key = self.keys.adopt(&other.keys, key);
            match other.shown.get(index) {
                Some(shown) => {
                    let shown = self.keys.adopt(&other.keys, *shown);
                    self.add_dynamic(*group, key, place, shown);
                }
                None => {
                    self.firsts.add(*group, key, place);
                }
            }
        }
        self.firsts.check()
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let mut sets = StringViewBuilder::with_capacity(group_count);
        let mut scratch = String::new();
        self.firsts.in_order(group_count, |members| {
            let mut out = json::ArrayWriter::new();
            for index in members {
                self.write(*index as usize, out.element(), &mut scratch);
            }
            sets.append_value(out.finish());
        });
        Ok(vec![Arc::new(sets.finish())])
    }

    fn size(&self) -> usize {
        self.keys.size() + self.firsts.size() + bytes_of(&self.shown)
    }
}
