//! Lists of all values as arrays.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::json;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::{Type, Value, arrays};

use super::sets::MOST;
use super::state::{State, by_group, bytes_of, column, flat, hold, limit, texts, type_of};

/// Lists.
pub static ALL: &[&Aggregate] = &[&MAKE_LIST, &MAKE_LIST_IF, &MAKE_LIST_WITH_NULLS, &MAKELIST];

static MAKE_LIST: Aggregate = Aggregate {
    signatures: &["make_list(value: any, [const limit: long]) -> array"],
    doc: Doc {
        summary: "An array of all values, in the order of the rows.",
        details: "Nulls are left out, except those of dynamics. Arrays among dynamic values are taken \
                  apart: their elements join the list. With a limit, the first that many; the most and \
                  the default are 1,048,576.",
        examples: &[
            (
                "datatable(x: long)[3, long(null), 1, 3] | summarize make_list(x)",
                "[3,1,3]",
            ),
            (
                "datatable(d: dynamic)[dynamic({'a': 1}), dynamic([2, 3])] | summarize make_list(d)",
                "[{\"a\":1},2,3]",
            ),
        ],
    },
    eval: AggregateEval::Groups(|setup| make_list(setup, MOST, false)),
    naming: AggregateNaming::Prefix("list"),
    empty: Some(empty),
    role: AggregateRole::MakeList,
    ..Aggregate::DEFAULT
};

static MAKE_LIST_IF: Aggregate = Aggregate {
    signatures: &["make_list_if(value: any, predicate: bool, [const limit: long]) -> array"],
    doc: Doc {
        summary: "An array of the values of the rows for which the predicate is true.",
        details: "",
        examples: &[(
            "range x from 1 to 5 step 1 | summarize make_list_if(x, x > 3)",
            "[4,5]",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &MAKE_LIST,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("list"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

static MAKE_LIST_WITH_NULLS: Aggregate = Aggregate {
    signatures: &["make_list_with_nulls(value: any) -> array"],
    doc: Doc {
        summary: "An array of all values, nulls included, in the order of the rows.",
        details: "",
        examples: &[(
            "datatable(x: long)[3, long(null)] | summarize make_list_with_nulls(x)",
            "[3,null]",
        )],
    },
    eval: AggregateEval::Groups(|setup| make_list(setup, MOST, true)),
    naming: AggregateNaming::Prefix("list"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

static MAKELIST: Aggregate = Aggregate {
    signatures: &["makelist(value: any, [const limit: long]) -> array"],
    doc: Doc {
        summary: "An array of the values, 128 of them unless it is told otherwise.",
        details: "",
        examples: &[(
            "range x from 1 to 200 step 1 | summarize l = makelist(x) | project array_length(l)",
            "128",
        )],
    },
    eval: AggregateEval::Groups(|setup| make_list(setup, 128, false)),
    naming: AggregateNaming::Prefix("list"),
    deprecated: Some("make_list"),
    empty: Some(empty),
    ..Aggregate::DEFAULT
};

fn empty() -> Value {
    Value::Dynamic("[]".into())
}

fn make_list(
    setup: &Setup<'_>,
    default: usize,
    nulls: bool,
) -> Result<Box<dyn Accumulator>, Problem> {
    hold(Lists {
        ty: type_of(setup, 0),
        nulls,
        limit: limit(setup, 1, default)?.min(MOST),
        entries: Vec::new(),
        ends: Vec::new(),
        text: String::new(),
        last: Vec::new(),
    })
}

struct Lists {
    ty: Type,
    nulls: bool,
    limit: usize,
    /// Group and position of each element.
    entries: Vec<(u32, u64)>,
    /// Where each element's JSON ends in `text`.
    ends: Vec<usize>,
    text: String,
    /// Number of elements and last position, by group.
    last: Vec<(usize, u64)>,
}

impl Lists {
    fn grow(&mut self, group_count: usize) {
        self.last.resize(group_count.max(self.last.len()), (0, 0));
    }

    /// Adds an element, unless it comes too late to be among the group's first.
    fn add(&mut self, group: u32, position: u64, write: impl FnOnce(&mut String)) {
        let (count, last) = &mut self.last[group as usize];
        if *count >= self.limit && position >= *last {
            return;
        }
        *count += 1;
        *last = position.max(*last);
        write(&mut self.text);
        self.entries.push((group, position));
        self.ends.push(self.text.len());
    }

    fn element(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start..self.ends[index]).unwrap_or("null")
    }

    fn check(&self) -> Result<(), Fault> {
        if self.entries.len() > u32::MAX as usize / 2 {
            return Err(Fault::limit("lists of more than two billion elements"));
        }
        Ok(())
    }
}

impl State for Lists {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let array = column(rows, 0)?;
        let ty = self.ty;
        if matches!(ty, Type::Dynamic | Type::Unknown) {
            let values = texts(&array)?;
            for (row, group) in rows.groups.iter().enumerate() {
                for element in flat(values, row) {
                    self.add(*group, rows.positions.at(row), |out| out.push_str(element));
                }
            }
        } else if ty == Type::String {
            let values = texts(&array)?;
            for (row, group) in rows.groups.iter().enumerate() {
                self.add(*group, rows.positions.at(row), |out| {
                    json::write_quoted(values.value(row), out);
                });
            }
        } else {
            for (row, group) in rows.groups.iter().enumerate() {
                if self.nulls || array.is_valid(row) {
                    self.add(*group, rows.positions.at(row), |out| {
                        json::write_element(&arrays::value(&array, ty, row), out);
                    });
                }
            }
        }
        self.check()
    }

    fn merge(&mut self, other: Lists, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        for (index, (group, position)) in other.entries.iter().enumerate() {
            if let Some(group) = groups.get(*group as usize) {
                self.add(*group, *position, |out| out.push_str(other.element(index)));
            }
        }
        self.check()
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let groups = self.entries.iter().map(|(group, _)| *group);
        let (starts, mut order) = by_group(groups, group_count);
        let mut lists = StringViewBuilder::with_capacity(group_count);
        for group in 0..group_count {
            let elements = &mut order[starts[group]..starts[group + 1]];
            let position = |index: &u32| self.entries[*index as usize].1;
            if !elements.is_sorted_by_key(position) {
                // Stable: the elements of one row keep their order.
                elements.sort_by_key(position);
            }
            let mut out = json::ArrayWriter::new();
            for index in elements.iter().take(self.limit) {
                out.push_json(self.element(*index as usize));
            }
            lists.append_value(out.finish());
        }
        Ok(vec![Arc::new(lists.finish())])
    }

    fn size(&self) -> usize {
        bytes_of(&self.entries)
            + bytes_of(&self.ends)
            + bytes_of(&self.last)
            + self.text.capacity()
    }
}
