//! Sketches: states of `dcount` and `percentile` that can be stored and merged later.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};
use xxhash_rust::xxh64::xxh64;

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::diagnostic::Code;
use crate::functions::sketch::{Digest, Hashes};
use crate::json;
use crate::plan::{Aggregate, AggregateEval, AggregateNaming, Doc};
use crate::text;
use crate::types::{Type, arrays};

use super::keys::Members;
use super::state::{State, by_group, bytes_of, column, each_valid, hold, longs, reals, texts, type_of};

/// Sketches.
pub static ALL: &[&Aggregate] = &[
    &HLL,
    &HLL_IF,
    &HLL_MERGE,
    &TDIGEST,
    &TDIGEST_MERGE,
    &MERGE_TDIGEST,
];

const DETAILS: &str = "The sketch is this program's own: it cannot be exchanged with a Kusto cluster.";

static HLL: Aggregate = Aggregate {
    signatures: &["hll(value: any, [const accuracy: long]) -> dynamic"],
    doc: Doc {
        summary: "A sketch of the distinct values, for `dcount_hll` and `hll_merge`.",
        details: DETAILS,
        examples: &[(
            "range x from 1 to 10 step 1 | summarize h = hll(x % 4) | project dcount_hll(h)",
            "4",
        )],
    },
    eval: AggregateEval::Groups(hll),
    naming: AggregateNaming::Prefix("hll"),
    ..Aggregate::DEFAULT
};

static HLL_IF: Aggregate = Aggregate {
    signatures: &["hll_if(value: any, predicate: bool, [const accuracy: long]) -> dynamic"],
    doc: Doc {
        summary: "A sketch of the distinct values of the rows for which the predicate is true.",
        details: DETAILS,
        examples: &[(
            "range x from 1 to 10 step 1 | summarize h = hll_if(x, x > 7) | project dcount_hll(h)",
            "3",
        )],
    },
    eval: AggregateEval::Filtered {
        of: &HLL,
        predicate: 1,
    },
    naming: AggregateNaming::Prefix("hll_if"),
    ..Aggregate::DEFAULT
};

static HLL_MERGE: Aggregate = Aggregate {
    signatures: &["hll_merge(sketch: dynamic) -> dynamic"],
    doc: Doc {
        summary: "Merges sketches of `hll`.",
        details: DETAILS,
        examples: &[(
            "range x from 1 to 10 step 1 | summarize h = hll(x % 4) by x % 2 | summarize h = hll_merge(h) \
             | project dcount_hll(h)",
            "4",
        )],
    },
    eval: AggregateEval::Groups(|_| {
        hold(Distinct {
            accuracies: Accuracies::Found(Vec::new()),
            members: Members::default(),
        })
    }),
    naming: AggregateNaming::Prefix("hll_merge"),
    ..Aggregate::DEFAULT
};

static TDIGEST: Aggregate = Aggregate {
    signatures: &["tdigest(value: summable, [weight: long]) -> dynamic"],
    doc: Doc {
        summary: "A sketch of the distribution of the values, for `percentile_tdigest` and `tdigest_merge`.",
        details: DETAILS,
        examples: &[(
            "range x from 1 to 10 step 1 | summarize t = tdigest(x) | project percentile_tdigest(t, 90)",
            "9",
        )],
    },
    eval: AggregateEval::Groups(|setup| {
        hold(Values {
            types: setup.types.to_vec(),
            kinds: None,
            values: Vec::new(),
        })
    }),
    naming: AggregateNaming::Prefix("tdigest"),
    ..Aggregate::DEFAULT
};

static TDIGEST_MERGE: Aggregate = Aggregate {
    signatures: &["tdigest_merge(sketch: dynamic) -> dynamic"],
    doc: Doc {
        summary: "Merges sketches of `tdigest`.",
        details: DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize t = tdigest(x) by x % 2 | summarize t = tdigest_merge(t) | project percentile_tdigest(t, 50, typeof(long))", "5"),
        ],
    },
    eval: AggregateEval::Groups(merge_digests),
    naming: AggregateNaming::Prefix("merge_tdigests"),
    ..Aggregate::DEFAULT
};

static MERGE_TDIGEST: Aggregate = Aggregate {
    signatures: &["merge_tdigest(sketch: dynamic) -> dynamic"],
    doc: Doc {
        summary: "Merges sketches of `tdigest`.",
        details: DETAILS,
        examples: &[
            ("range x from 1 to 9 step 1 | summarize t = tdigest(x) by x % 2 | summarize t = merge_tdigest(t) | project percentile_tdigest(t, 100, typeof(long))", "9"),
        ],
    },
    eval: AggregateEval::Groups(merge_digests),
    naming: AggregateNaming::Prefix("merge_tdigests"),
    ..Aggregate::DEFAULT
};

fn hll(setup: &Setup<'_>) -> Result<Box<dyn Accumulator>, Problem> {
    let accuracy = match setup.constant(1).map(|v| v.as_i64()) {
        None => 1,
        Some(Some(accuracy @ 0..=4)) => accuracy,
        _ => {
            let message = "the accuracy is a whole number from 0 to 4";
            return Err(Problem::new(Code::ArgumentValue, message).at(1));
        }
    };
    let ty = type_of(setup, 0);
    hold(Distinct {
        accuracies: Accuracies::Given(u8::try_from(accuracy).unwrap_or(1), ty),
        members: Members::default(),
    })
}

fn merge_digests(setup: &Setup<'_>) -> Result<Box<dyn Accumulator>, Problem> {
    hold(Values {
        types: setup.types.to_vec(),
        kinds: Some(Vec::new()),
        values: Vec::new(),
    })
}

/// What the accuracy of a group's sketch is.
enum Accuracies {
    /// The one asked for; and the type of the values.
    Given(u8, Type),
    /// The least of the group's sketches.
    Found(Vec<Option<u8>>),
}

/// Hashes by group.
struct Distinct {
    accuracies: Accuracies,
    members: Members,
}

fn least(accuracies: &mut Vec<Option<u8>>, group: u32, accuracy: u8) {
    let group = group as usize;
    if accuracies.len() <= group {
        accuracies.resize(group + 1, None);
    }
    let least = accuracies[group].map_or(accuracy, |least| least.min(accuracy));
    accuracies[group] = Some(least);
}

impl State for Distinct {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        let array = column(rows, 0)?;
        let members = &mut self.members;
        match &mut self.accuracies {
            Accuracies::Given(_, ty) => {
                let mut scratch = String::new();
                each_valid(array.nulls(), array.len(), |row| {
                    scratch.clear();
                    let value = arrays::value(&array, *ty, row);
                    if *ty == Type::Dynamic {
                        if let crate::types::Value::Dynamic(value) = &value {
                            scratch.push_str(&json::identity(value));
                        }
                    } else {
                        text::write_value(&value, &mut scratch);
                    }
                    members.insert(rows.groups[row], [xxh64(scratch.as_bytes(), 0), 0]);
                });
            }
            Accuracies::Found(accuracies) => {
                let values = texts(&array)?;
                each_valid(array.nulls(), array.len(), |row| {
                    if let Some(sketch) = Hashes::read(values.value(row)) {
                        least(accuracies, rows.groups[row], sketch.accuracy);
                        for hash in sketch.hashes() {
                            members.insert(rows.groups[row], [*hash, 0]);
                        }
                    }
                });
            }
        }
        members.check()
    }

    fn merge(&mut self, other: Distinct, groups: &[u32], _: usize) -> Result<(), Fault> {
        for (group, key) in other.members.entries() {
            if let Some(group) = groups.get(*group as usize) {
                self.members.insert(*group, *key);
            }
        }
        if let (Accuracies::Found(ours), Accuracies::Found(theirs)) =
            (&mut self.accuracies, other.accuracies)
        {
            for (accuracy, group) in theirs.into_iter().zip(groups) {
                if let Some(accuracy) = accuracy {
                    least(ours, *group, accuracy);
                }
            }
        }
        self.members.check()
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        let entries = self.members.entries();
        let (starts, order) = by_group(entries.iter().map(|(group, _)| *group), group_count);
        let mut out = StringViewBuilder::with_capacity(group_count);
        for group in 0..group_count {
            let own = &order[starts[group]..starts[group + 1]];
            let accuracy = match &self.accuracies {
                Accuracies::Given(accuracy, _) => (!own.is_empty()).then_some(*accuracy),
                Accuracies::Found(all) => all.get(group).copied().flatten(),
            };
            let hashes = own.iter().map(|index| entries[*index as usize].1[0]);
            out.append_option(accuracy.map(|a| Hashes::new(a, hashes.collect()).write()));
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        self.members.size()
    }
}

/// Values with weights by group.
struct Values {
    types: Vec<Type>,
    /// What the values of a group's sketches are, if sketches are merged.
    kinds: Option<Vec<Option<Type>>>,
    values: Vec<(u32, f64, f64)>,
}

/// Notes that a group's values are of a kind too.
fn join(kinds: &mut Vec<Option<Type>>, group: u32, kind: Type) {
    let group = group as usize;
    if kinds.len() <= group {
        kinds.resize(group + 1, None);
    }
    kinds[group] = Some(kinds[group].map_or(kind, |own| Digest::common(own, kind)));
}

impl State for Values {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        let array = column(rows, 0)?;
        if let Some(kinds) = &mut self.kinds {
            let sketches = texts(&array)?;
            each_valid(array.nulls(), array.len(), |row| {
                if let Some(sketch) = Digest::read(sketches.value(row)) {
                    join(kinds, rows.groups[row], sketch.kind);
                    let own = sketch.values().iter();
                    let own = own.map(|(value, weight)| (rows.groups[row], *value, *weight));
                    self.values.extend(own);
                }
            });
            return Ok(());
        }
        let ty = self.types.first().copied().unwrap_or(Type::Real);
        let values = reals(&array, ty)?;
        let weights = match self.types.len() {
            0 | 1 => None,
            _ => Some(column(rows, 1)?),
        };
        let weights = weights.as_deref().map(longs).transpose()?;
        each_valid(values.nulls(), values.len(), |row| {
            let weight = match weights {
                None => 1.0,
                Some(weights) if weights.is_valid(row) => weights.value(row) as f64,
                Some(_) => 0.0,
            };
            self.values.push((rows.groups[row], values.value(row), weight));
        });
        Ok(())
    }

    fn merge(&mut self, other: Values, groups: &[u32], _: usize) -> Result<(), Fault> {
        let others = other.values.into_iter().filter_map(|(group, value, weight)| {
            Some((*groups.get(group as usize)?, value, weight))
        });
        self.values.extend(others);
        if let (Some(ours), Some(theirs)) = (&mut self.kinds, other.kinds) {
            for (kind, group) in theirs.into_iter().zip(groups) {
                if let Some(kind) = kind {
                    join(ours, *group, kind);
                }
            }
        }
        Ok(())
    }

    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        if self.values.len() > u32::MAX as usize / 2 {
            return Err(Fault::limit("a sketch of more than two billion values"));
        }
        let groups = self.values.iter().map(|(group, ..)| *group);
        let (starts, order) = by_group(groups, group_count);
        let mut out = StringViewBuilder::with_capacity(group_count);
        for group in 0..group_count {
            let own = order[starts[group]..starts[group + 1]].iter().map(|index| {
                let (_, value, weight) = self.values[*index as usize];
                (value, weight)
            });
            let own: Vec<(f64, f64)> = own.collect();
            let kind = match &self.kinds {
                Some(kinds) => kinds.get(group).copied().flatten(),
                None => self.types.first().copied(),
            };
            let kind = kind.unwrap_or(Type::Real);
            out.append_option((!own.is_empty()).then(|| Digest::new(kind, own).write()));
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        bytes_of(&self.values)
    }
}
