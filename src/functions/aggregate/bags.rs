//! Bags merged into one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::json;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, Doc};
use crate::types::{Type, Value};

use super::firsts::{Added, Firsts, Place};
use super::keys::{Key, Keys};
use super::sets::MOST;
use super::state::{State, bytes_of, column, each_valid, hold, limit, texts};

/// Bags.
pub static ALL: &[&Aggregate] = &[&MAKE_BAG, &MAKE_BAG_IF, &MAKE_DICTIONARY];

static MAKE_BAG: Aggregate = Aggregate {
    signatures: &["make_bag(bag: bag, [const limit: long]) -> bag"],
    doc: Doc {
        summary: "All properties of all bags, in one bag.",
        details: "Where a key occurs in several bags, the first one's value stays. Values that are no bags \
                  are skipped. With a limit, the first that many keys.",
        examples: &[(
            "datatable(d: dynamic)[dynamic({'a': 1}), dynamic({'a': 2, 'b': 3})] | summarize make_bag(d)",
            "{\"a\":1,\"b\":3}",
        )],
    },
    eval: AggregateEval::Groups(make_bag),
    naming: AggregateNaming::Prefix("bag"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

static MAKE_BAG_IF: Aggregate = Aggregate {
    signatures: &["make_bag_if(bag: bag, predicate: bool, [const limit: long]) -> bag"],
    doc: Doc {
        summary: "All properties of the bags of the rows for which the predicate is true.",
        details: "",
        examples: &[(
            "datatable(d: dynamic, p: bool)[dynamic({'a': 1}), false, dynamic({'b': 3}), true] \
             | summarize make_bag_if(d, p)",
            "{\"b\":3}",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &MAKE_BAG,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("bag"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

static MAKE_DICTIONARY: Aggregate = Aggregate {
    signatures: &["make_dictionary(bag: bag, [const limit: long]) -> bag"],
    doc: Doc {
        summary: "All properties of all bags, in one bag.",
        details: "",
        examples: &[
            ("datatable(b: dynamic)[dynamic({'a': 1}), dynamic({'b': 2})] | summarize make_dictionary(b)", "{\"a\":1,\"b\":2}"),
        ],
    },
    eval: AggregateEval::Groups(make_bag),
    naming: AggregateNaming::Prefix("dictionary"),
    deprecated: Some("make_bag"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

fn empty() -> Value {
    Value::Dynamic("{}".into())
}

fn make_bag(setup: &Setup<'_>) -> Result<Box<dyn Accumulator>, Problem> {
    hold(Bags {
        keys: Keys::new(Type::String),
        firsts: Firsts::new(limit(setup, 1, MOST)?.min(MOST)),
        values: Vec::new(),
        text: String::new(),
    })
}

struct Bags {
    /// The names of properties.
    keys: Keys,
    firsts: Firsts,
    /// Where in `text` each property's value is.
    values: Vec<(usize, usize)>,
    text: String,
}

impl Bags {
    fn add(&mut self, group: u32, key: Key, place: Place, value: &str) {
        let added = self.firsts.add(group, key, place);
        if matches!(added, Added::Known) {
            return;
        }
        let start = self.text.len();
        self.text.push_str(value);
        let span = (start, self.text.len());
        match added {
            Added::Earlier(index) => self.values[index] = span,
            _ => self.values.push(span),
        }
    }

    fn value(&self, index: usize) -> &str {
        let (start, end) = self.values[index];
        self.text.get(start..end).unwrap_or("null")
    }
}

impl State for Bags {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.firsts.grow(rows.group_count);
        let array = column(rows, 0)?;
        let bags = texts(&array)?;
        each_valid(bags.nulls(), rows.groups.len(), |row| {
            let bag = bags.value(row);
            if json::kind(bag) != json::Kind::Bag {
                return;
            }
            for (place, (key, value)) in (0u32..).zip(json::entries(bag)) {
                let key = self.keys.text(&key);
                let place = (rows.positions.at(row), place);
                self.add(rows.groups[row], key, place, value);
            }
        });
        self.firsts.check()
    }

    fn merge(&mut self, other: Bags, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.firsts.grow(group_count);
        for (index, (group, key, place)) in other.firsts.entries().enumerate() {
            if let Some(group) = groups.get(group as usize) {
                let key = self.keys.adopt(&other.keys, key);
                self.add(*group, key, place, other.value(index));
            }
        }
        self.firsts.check()
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let mut bags = StringViewBuilder::with_capacity(group_count);
        let mut name = String::new();
        self.firsts.in_order(group_count, |members| {
            let mut out = json::BagWriter::new();
            for index in members {
                let index = *index as usize;
                name.clear();
                self.keys.write_text(self.firsts.key(index), &mut name);
                out.entry_json(&name, self.value(index));
            }
            bags.append_value(out.finish());
        });
        Ok(vec![Arc::new(bags.finish())])
    }

    fn size(&self) -> usize {
        self.keys.size() + self.firsts.size() + bytes_of(&self.values) + self.text.capacity()
    }
}
