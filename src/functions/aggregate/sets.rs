//! Sets of distinct values as arrays.

use arrow::array::{Array, ArrayRef};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::json;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::{Type, Value};

use super::keys::{Key, Keys, Members};
use super::state::{State, by_group, bytes_of, column, dynamics, hold, limit, texts, type_of};

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
        limit: limit(setup, 1, default)?.min(MOST),
        keys: Keys::new(type_of(setup, 0)),
        members: Members::default(),
        places: Vec::new(),
        shown: Vec::new(),
    })
}

struct Sets {
    limit: usize,
    keys: Keys,
    members: Members,
    /// Where each member first appeared: position of its row, place in the row's array.
    places: Vec<(u64, u32)>,
    /// For dynamics, the text of each member where it first appeared (its key is a normal form).
    shown: Vec<Key>,
}

impl Sets {
    fn add(&mut self, group: u32, key: Key, place: (u64, u32), shown: Option<Key>) {
        let (index, new) = self.members.insert(group, key);
        if new {
            self.places.push(place);
            self.shown.extend(shown);
        } else if place < self.places[index] {
            self.places[index] = place;
            if let Some(shown) = shown {
                self.shown[index] = shown;
            }
        }
    }

    fn is_dynamic(&self) -> bool {
        matches!(self.keys.ty(), Type::Dynamic | Type::Unknown)
    }

    fn update_dynamic(&mut self, rows: &Grouped<'_>, values: &ArrayRef) -> Result<(), Fault> {
        let values = texts(values)?;
        for (row, group) in rows.groups.iter().enumerate() {
            let text = if values.is_valid(row) {
                values.value(row)
            } else {
                "null"
            };
            let position = rows.positions.at(row);
            if json::kind(text) == json::Kind::Array {
                for (place, element) in (0u32..).zip(json::elements(text)) {
                    self.add_dynamic(*group, element, (position, place));
                }
            } else {
                self.add_dynamic(*group, text, (position, 0));
            }
        }
        Ok(())
    }

    fn add_dynamic(&mut self, group: u32, text: &str, place: (u64, u32)) {
        let key = self.keys.text(&json::identity(text));
        let shown = self.keys.text(text);
        self.add(group, key, place, Some(shown));
    }

    fn write(&self, index: usize, out: &mut String, scratch: &mut String) {
        match self.shown.get(index) {
            Some(shown) => self.keys.write_text(*shown, out),
            None => self
                .keys
                .write_element(self.members.entries()[index].1, out, scratch),
        }
    }
}

impl State for Sets {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        let values = column(rows, 0)?;
        if self.is_dynamic() {
            self.update_dynamic(rows, &values)?;
        } else {
            let Sets {
                keys,
                members,
                places,
                ..
            } = self;
            keys.each(&values, |row, key| {
                let place = (rows.positions.at(row), 0);
                let (index, new) = members.insert(rows.groups[row], key);
                if new {
                    places.push(place);
                } else if place < places[index] {
                    places[index] = place;
                }
            })?;
        }
        self.members.check()
    }

    fn merge(&mut self, other: Sets, groups: &[u32], _: usize) -> Result<(), Fault> {
        for (index, (group, key)) in other.members.entries().iter().enumerate() {
            if let Some(group) = groups.get(*group as usize) {
                let key = self.keys.adopt(&other.keys, *key);
                let shown = other.shown.get(index);
                let shown = shown.map(|shown| self.keys.adopt(&other.keys, *shown));
                self.add(*group, key, other.places[index], shown);
            }
        }
        self.members.check()
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let groups = self.members.entries().iter().map(|(group, _)| *group);
        let (starts, mut order) = by_group(groups, group_count);
        let mut scratch = String::new();
        let sets = (0..group_count).map(|group| {
            let members = &mut order[starts[group]..starts[group + 1]];
            if !members.is_sorted_by_key(|index| self.places[*index as usize]) {
                members.sort_unstable_by_key(|index| self.places[*index as usize]);
            }
            let mut out = json::ArrayWriter::new();
            for index in members.iter().take(self.limit) {
                self.write(*index as usize, out.next(), &mut scratch);
            }
            Some(out.finish())
        });
        Ok(vec![dynamics(sets)])
    }

    fn size(&self) -> usize {
        self.keys.size()
            + self.members.size()
            + bytes_of(&self.places)
            + bytes_of(&self.shown)
    }
}
