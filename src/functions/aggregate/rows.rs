//! Picking a row of each group: the one with an extreme value, or any.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{interleave, take};

use crate::contract::{Fault, Grouped, Setup};
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, AggregateRole, Doc};
use crate::types::{Type, arrays};

use super::order::{Best, Ranks};
use super::state::{State, bytes_of, column, hold, texts, type_of};

/// Picking a row.
pub static ALL: &[&Aggregate] = &[
    &ARG_MAX,
    &ARG_MIN,
    &ARGMAX,
    &ARGMIN,
    &TAKE_ANY,
    &TAKE_ANYIF,
    &ANY,
    &ANYIF,
];

static ARG_MAX: Aggregate = Aggregate {
    signatures: &[
        "arg_max(maximized: T:orderable, returned: any, ...) -> T",
        "arg_max(maximized: T:orderable, all: *) -> T",
        "arg_max(maximized: T:orderable) -> T",
    ],
    doc: Doc {
        summary: "The row with the greatest value: that value, and the columns asked for.",
        details: "Of rows with equal values it is the first. A null loses to any value; if there are \
                  nothing but nulls it is still a row, the first. Other columns are as they are in that \
                  row, null or not. `*` stands for all columns that are not grouped by.",
        examples: &[(
            "datatable(x: long, s: string)[1, 'a', 3, 'b', 2, 'c'] | summarize arg_max(x, s) | project s",
            "b",
        )],
    },
    eval: AggregateEval::Groups(|setup| hold(Picked::new(setup, Pick::Greatest))),
    naming: AggregateNaming::First,
    role: AggregateRole::ArgMax,
    ..Aggregate::DEFAULT
};

static ARG_MIN: Aggregate = Aggregate {
    signatures: &[
        "arg_min(minimized: T:orderable, returned: any, ...) -> T",
        "arg_min(minimized: T:orderable, all: *) -> T",
        "arg_min(minimized: T:orderable) -> T",
    ],
    doc: Doc {
        summary: "The row with the least value: that value, and the columns asked for.",
        details: "As `arg_max`: the first of equal rows, and nulls lose.",
        examples: &[(
            "datatable(x: long, s: string)[2, 'a', 1, 'b', 3, 'c'] | summarize arg_min(x, s) | project s",
            "b",
        )],
    },
    eval: AggregateEval::Groups(|setup| hold(Picked::new(setup, Pick::Least))),
    naming: AggregateNaming::First,
    role: AggregateRole::ArgMin,
    ..Aggregate::DEFAULT
};

static ARGMAX: Aggregate = Aggregate {
    signatures: &[
        "argmax(maximized: T:orderable, returned: any, ...) -> T",
        "argmax(maximized: T:orderable, all: *) -> T",
        "argmax(maximized: T:orderable) -> T",
    ],
    doc: Doc {
        summary: "The row with the greatest value; its columns have a prefix.",
        details: "The columns of `argmax(x, y)` are `max_x` and `max_x_y`.",
        examples: &[(
            "datatable(x: long, s: string)[1, 'a', 3, 'b'] | summarize argmax(x, s) | project max_x_s",
            "b",
        )],
    },
    eval: AggregateEval::Groups(|setup| hold(Picked::new(setup, Pick::Greatest))),
    naming: AggregateNaming::Prefix("max"),
    deprecated: Some("arg_max"),
    role: AggregateRole::ArgMax,
    ..Aggregate::DEFAULT
};

static ARGMIN: Aggregate = Aggregate {
    signatures: &[
        "argmin(minimized: T:orderable, returned: any, ...) -> T",
        "argmin(minimized: T:orderable, all: *) -> T",
        "argmin(minimized: T:orderable) -> T",
    ],
    doc: Doc {
        summary: "The row with the least value; its columns have a prefix.",
        details: "The columns of `argmin(x, y)` are `min_x` and `min_x_y`.",
        examples: &[(
            "datatable(x: long, s: string)[1, 'a', 3, 'b'] | summarize argmin(x, s) | project min_x_s",
            "a",
        )],
    },
    eval: AggregateEval::Groups(|setup| hold(Picked::new(setup, Pick::Least))),
    naming: AggregateNaming::Prefix("min"),
    deprecated: Some("arg_min"),
    role: AggregateRole::ArgMin,
    ..Aggregate::DEFAULT
};

static TAKE_ANY: Aggregate = Aggregate {
    signatures: &[
        "take_any(value: T) -> T",
        "take_any(value: T, other: any, ...) -> T",
        "take_any(all: *) -> dynamic",
    ],
    doc: Doc {
        summary: "Values of one row of the group.",
        details: "Kusto promises no particular row; here it is the first. With a single argument it is \
                  the first value that is neither null nor empty, if there is one.",
        examples: &[(
            "datatable(s: string)['', 'b', 'c'] | summarize take_any(s)",
            "b",
        )],
    },
    eval: AggregateEval::Groups(|setup| hold(Picked::new(setup, Pick::First))),
    naming: AggregateNaming::First,
    role: AggregateRole::TakeAny,
    ..Aggregate::DEFAULT
};

static TAKE_ANYIF: Aggregate = Aggregate {
    signatures: &["take_anyif(value: T, predicate: bool) -> T"],
    doc: Doc {
        summary: "A value of the rows for which the predicate is true.",
        details: "The first one that is neither null nor empty, if there is one.",
        examples: &[("range x from 1 to 9 step 1 | summarize take_anyif(x, x > 3)", "4")],
    },
    eval: AggregateEval::Filtered {
        of: &TAKE_ANY,
        predicate: 1,
    },
    naming: AggregateNaming::First,
    ..Aggregate::DEFAULT
};

static ANY: Aggregate = Aggregate {
    signatures: &[
        "any(value: T) -> T",
        "any(value: T, other: any, ...) -> T",
        "any(all: *) -> dynamic",
    ],
    doc: Doc {
        summary: "Values of one row of the group; its columns have a prefix.",
        details: "The column of `any(x)` is `any_x`. Rows are chosen as by `take_any`.",
        examples: &[("datatable(x: long)[7, 8] | summarize any(x) | project any_x", "7")],
    },
    eval: AggregateEval::Groups(|setup| hold(Picked::new(setup, Pick::First))),
    naming: AggregateNaming::Prefix("any"),
    deprecated: Some("take_any"),
    role: AggregateRole::TakeAny,
    ..Aggregate::DEFAULT
};

static ANYIF: Aggregate = Aggregate {
    signatures: &["anyif(value: T, predicate: bool) -> T"],
    doc: Doc {
        summary: "A value of the rows for which the predicate is true; its column has a prefix.",
        details: "",
        examples: &[(
            "datatable(x: long)[7, 8] | summarize anyif(x, x > 7) | project anyif_x",
            "8",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &TAKE_ANY,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("anyif"),
    deprecated: Some("take_anyif"),
    ..Aggregate::DEFAULT
};

#[derive(Clone, Copy, PartialEq)]
enum Pick {
    Greatest,
    Least,
    First,
}

/// How much a group wants its row: nothing yet, one that loses to any better one, one with a value.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Rank {
    Nothing,
    Poor,
    Good,
}

const NONE: u32 = u32::MAX;

/// The winner of each group: its rank, value and position, and its row.
struct Picked {
    pick: Pick,
    types: Vec<Type>,
    rank: Vec<Rank>,
    best: Best,
    position: Vec<u64>,
    rows: Rows,
    /// The batch's row that won, by group; `NONE` outside `update`.
    won: Vec<u32>,
}

impl Picked {
    fn new(setup: &Setup<'_>, pick: Pick) -> Picked {
        let ty = match pick {
            // Any row is as good as another, but for its position.
            Pick::First => Type::Long,
            _ => type_of(setup, 0),
        };
        Picked {
            pick,
            types: setup.types.to_vec(),
            rank: Vec::new(),
            best: Best::new(ty),
            position: Vec::new(),
            rows: Rows::default(),
            won: Vec::new(),
        }
    }

    fn grow(&mut self, group_count: usize) {
        let count = group_count.max(self.rank.len());
        self.rank.resize(count, Rank::Nothing);
        self.best.grow(count);
        self.position.resize(count, 0);
        self.rows.places.resize(count, (NONE, 0));
        self.won.resize(count, NONE);
    }

    /// Whether a candidate beats the group's row.
    fn beats(&self, group: usize, rank: Rank, order: impl FnOnce() -> Ordering, at: u64) -> bool {
        match rank.partial_cmp(&self.rank[group]) {
            Some(Ordering::Greater) => return true,
            Some(Ordering::Less) | None => return false,
            Some(Ordering::Equal) => {}
        }
        let order = match (rank, self.pick) {
            (Rank::Good, Pick::Greatest) => order(),
            (Rank::Good, Pick::Least) => order().reverse(),
            _ => Ordering::Equal,
        };
        order.is_gt() || (order.is_eq() && at < self.position[group])
    }

    /// Reads what rows are compared by.
    fn candidates(&self, columns: &[ArrayRef], count: usize) -> Result<(Ranks, Vec<Rank>), Fault> {
        let ty = self.types.first().copied().unwrap_or(Type::Unknown);
        let good = |good: bool| if good { Rank::Good } else { Rank::Poor };
        let Some(first) = columns.first() else {
            return Err(Fault::internal("nothing to pick by"));
        };
        if self.pick != Pick::First {
            let ranks = Ranks::read(first, ty, self.pick == Pick::Greatest)?;
            let rank = (0..count).map(|row| good(first.is_valid(row)));
            return Ok((ranks, rank.collect()));
        }
        let rank = if columns.len() > 1 {
            vec![Rank::Good; count]
        } else if ty == Type::String {
            let values = texts(first)?;
            let values = values.iter().map(|v| v.is_some_and(|v| !v.is_empty()));
            values.map(good).collect()
        } else {
            (0..count).map(|row| good(first.is_valid(row))).collect()
        };
        Ok((Ranks::Longs(vec![0; count]), rank))
    }
}

impl State for Picked {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.grow(rows.group_count);
        let columns = (0..self.types.len())
            .map(|index| column(rows, index))
            .collect::<Result<Vec<_>, _>>()?;
        let (ranks, rank) = self.candidates(&columns, rows.groups.len())?;
        let mut touched = Vec::new();
        for (row, group) in (0u32..).zip(rows.groups) {
            let (at, index) = (*group as usize, row as usize);
            let place = rows.positions.at(index);
            let order = || self.best.compare(at, &ranks, index);
            if !self.beats(at, rank[index], order, place) {
                continue;
            }
            self.rank[at] = rank[index];
            self.best.set(at, &ranks, index);
            self.position[at] = place;
            if self.won[at] == NONE {
                touched.push(*group);
            }
            self.won[at] = row;
        }
        let winners = touched.iter().map(|group| {
            let row = &mut self.won[*group as usize];
            std::mem::replace(row, NONE)
        });
        let winners = UInt32Array::from_iter_values(winners);
        self.rows.store(&columns, &winners, &touched)
    }

    fn merge(&mut self, other: Picked, groups: &[u32], group_count: usize) -> Result<(), Fault> {
        self.grow(group_count);
        let first_chunk = self.rows.adopt(other.rows.chunks, other.rows.stored);
        for (from, group) in groups.iter().enumerate().take(other.rank.len()) {
            let at = *group as usize;
            let rank = other.rank[from];
            let order = || self.best.compare_other(at, &other.best, from);
            if rank == Rank::Nothing || !self.beats(at, rank, order, other.position[from]) {
                continue;
            }
            self.rank[at] = rank;
            self.best.set_other(at, &other.best, from);
            self.position[at] = other.position[from];
            let (chunk, row) = other.rows.places[from];
            self.rows.places[at] = (first_chunk + chunk, row);
        }
        self.rows.compact_if_worth_it()
    }

    fn finish(mut self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.grow(group_count);
        self.rows.finish(&self.types)
    }

    fn size(&self) -> usize {
        bytes_of(&self.rank)
            + bytes_of(&self.position)
            + bytes_of(&self.won)
            + self.best.size()
            + self.rows.size()
    }
}

/// Rows kept for groups, as chunks of columns.
#[derive(Default)]
struct Rows {
    chunks: Vec<Vec<ArrayRef>>,
    /// Chunk and row of each group; chunk `NONE` is no row.
    places: Vec<(u32, u32)>,
    stored: usize,
}

/// A copy of a string array that holds no bytes but its own.
fn slim(array: ArrayRef) -> ArrayRef {
    match array.as_string_view_opt() {
        Some(views) => Arc::new(views.gc()),
        None => array,
    }
}

impl Rows {
    /// Keeps these rows of a batch for these groups.
    fn store(
        &mut self,
        columns: &[ArrayRef],
        rows: &UInt32Array,
        groups: &[u32],
    ) -> Result<(), Fault> {
        if groups.is_empty() {
            return Ok(());
        }
        let chunk = columns
            .iter()
            .map(|column| Ok(slim(take(column, rows, None)?)))
            .collect::<Result<Vec<_>, Fault>>()?;
        let number = self.adopt(vec![chunk], groups.len());
        for (row, group) in (0u32..).zip(groups) {
            self.places[*group as usize] = (number, row);
        }
        self.compact_if_worth_it()
    }

    /// Takes chunks in; returns the first one's number.
    fn adopt(&mut self, chunks: Vec<Vec<ArrayRef>>, rows: usize) -> u32 {
        // There are never as many chunks as that: a few rows each make them compact.
        let number = u32::try_from(self.chunks.len()).unwrap_or(NONE);
        self.chunks.extend(chunks);
        self.stored += rows;
        number
    }

    /// Copies the rows in use together when most are not, or lie in many small chunks.
    fn compact_if_worth_it(&mut self) -> Result<(), Fault> {
        let wasteful = self.stored > 4 * self.places.len() + 8192;
        let scattered = self.chunks.len() > 256 && self.chunks.len() * 64 > self.stored;
        if !wasteful && !scattered && self.chunks.len() < 1 << 16 {
            return Ok(());
        }
        let used: Vec<usize> = (0..self.places.len())
            .filter(|group| self.places[*group].0 != NONE)
            .collect();
        let at = used.iter().map(|group| self.places[*group]);
        let at: Vec<(usize, usize)> = at.map(|(c, r)| (c as usize, r as usize)).collect();
        let width = self.chunks.first().map_or(0, Vec::len);
        let chunk = (0..width)
            .map(|index| gather(&self.chunks, index, None, &at))
            .collect::<Result<Vec<_>, Fault>>()?;
        for (row, group) in (0u32..).zip(&used) {
            self.places[*group] = (0, row);
        }
        self.stored = used.len();
        self.chunks = vec![chunk];
        Ok(())
    }

    fn finish(&self, types: &[Type]) -> Result<Vec<ArrayRef>, Fault> {
        let missing = self.chunks.len();
        let at: Vec<(usize, usize)> = self
            .places
            .iter()
            .map(|(chunk, row)| match *chunk {
                NONE => (missing, 0),
                chunk => (chunk as usize, *row as usize),
            })
            .collect();
        types
            .iter()
            .enumerate()
            .map(|(index, ty)| gather(&self.chunks, index, Some(*ty), &at))
            .collect()
    }

    fn size(&self) -> usize {
        let chunks = self.chunks.iter().flatten();
        bytes_of(&self.places) + chunks.map(|c| c.get_array_memory_size()).sum::<usize>()
    }
}

/// The values at these places of column `index`; the chunk after the last is a null of type `null`.
fn gather(
    chunks: &[Vec<ArrayRef>],
    index: usize,
    null: Option<Type>,
    at: &[(usize, usize)],
) -> Result<ArrayRef, Fault> {
    let null = null.map(|ty| arrays::nulls(ty, 1));
    let columns: Vec<&dyn Array> = chunks
        .iter()
        .filter_map(|chunk| chunk.get(index))
        .chain(&null)
        .map(|column| &**column)
        .collect();
    if columns.is_empty() {
        return Err(Fault::internal("nothing to gather"));
    }
    Ok(slim(interleave(&columns, at)?))
}
