//! Columns that nothing above uses are not computed, and not read.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::extract::Pattern;
use super::super::{
    AggregateCall, AggregateRole, ExpandItem, Expr, ExprKind, JoinKind, Node, Partition, Plan,
    SortKey,
};
use super::columns_of;
use crate::types::{Column, Schema};

/// Leaves out unused columns below a plan; its own columns stay as they are.
pub fn columns(plan: &mut Plan) {
    let all: Vec<usize> = (0..plan.schema.len()).collect();
    let schema = plan.schema.clone();
    *plan = exactly(super::take(plan), &all);
    plan.schema = schema;
}

/// A plan with fewer columns, and which of the old ones they are.
pub(super) struct Pruned {
    pub plan: Plan,
    pub kept: Vec<usize>,
}

impl Pruned {
    /// A node that yields these of the columns of `schema`.
    fn of(node: Node, schema: &Schema, kept: Vec<usize>) -> Pruned {
        let schema = Schema::new(pick(&schema.columns, &kept));
        Pruned {
            plan: Plan { node, schema },
            kept,
        }
    }

    /// Where an old column is now.
    fn index(&self, column: usize) -> usize {
        // A missing one is a bug; a number out of range makes the run say so.
        self.kept.binary_search(&column).unwrap_or(usize::MAX)
    }

    /// The same expression over the new columns.
    fn moved(&self, mut expr: Expr) -> Expr {
        expr.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = &mut e.kind {
                *index = self.index(*index);
            }
        });
        expr
    }
}

/// The plan with exactly these of its columns, ascending.
pub(super) fn exactly(plan: Plan, wanted: &[usize]) -> Plan {
    let needed: BTreeSet<usize> = wanted.iter().copied().collect();
    let pruned = prune(plan, &needed);
    if pruned.kept == wanted {
        return pruned.plan;
    }
    let places: Vec<usize> = wanted.iter().map(|c| pruned.index(*c)).collect();
    picked(pruned.plan, &places)
}

/// A projection to the columns at these places.
fn picked(plan: Plan, places: &[usize]) -> Plan {
    let columns = places.iter().map(|place| {
        let ty = plan.schema.columns.get(*place).map(|c| c.ty);
        let ty = ty.unwrap_or(crate::types::Type::Unknown);
        Expr::column(*place, ty, crate::source::Span::default())
    });
    let columns: Vec<Expr> = columns.collect();
    Plan {
        schema: Schema::new(pick(&plan.schema.columns, places)),
        node: Node::Project {
            input: Box::new(plan),
            columns,
        },
    }
}

pub(super) fn read_by<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> BTreeSet<usize> {
    let mut read = BTreeSet::new();
    exprs.into_iter().for_each(|e| columns_of(e, &mut read));
    read
}

pub(super) fn pick<T: Clone>(from: &[T], kept: &[usize]) -> Vec<T> {
    kept.iter().filter_map(|i| from.get(*i).cloned()).collect()
}

/// The plan with the needed columns, perhaps among others.
fn prune(plan: Plan, needed: &BTreeSet<usize>) -> Pruned {
    let Plan { node, schema } = plan;
    let kept: Vec<usize> = needed.iter().copied().collect();
    match node {
        Node::Scan {
            table,
            columns,
            predicates,
        } => {
            let columns = pick(&columns, &kept);
            let node = Node::Scan {
                table,
                columns,
                predicates,
            };
            Pruned::of(node, &schema, kept)
        }
        Node::Rows { columns, rows } => {
            let columns = pick(&columns, &kept);
            Pruned::of(Node::Rows { columns, rows }, &schema, kept)
        }
        Node::Shared { .. } if kept.len() < schema.len() => Pruned {
            plan: picked(Plan { node, schema }, &kept),
            kept,
        },
        Node::Range { .. } | Node::Shared { .. } => Pruned {
            kept: (0..schema.len()).collect(),
            plan: Plan { node, schema },
        },
        Node::Filter { input, predicate } => {
            let mut below = needed.clone();
            columns_of(&predicate, &mut below);
            same_rows(*input, &below, |input, pruned| Node::Filter {
                predicate: pruned.moved(predicate),
                input,
            })
        }
        Node::Sort { input, keys, limit } => sort(*input, keys, limit, needed),
        Node::Take { input, count } => {
            same_rows(*input, needed, |input, _| Node::Take { input, count })
        }
        Node::Project { input, columns } => project(*input, &columns, &schema, kept),
        Node::Window {
            input,
            columns,
            partition,
        } => window(*input, &columns, partition, &schema, kept),
        Node::Expand {
            input,
            keep,
            items,
            index,
            limit,
        } => expand(*input, (keep, items), (index, limit), &schema, needed),
        Node::Extract {
            input,
            keep,
            source,
            pattern,
            outputs,
            matched,
        } => {
            let cut = (source, pattern, outputs, matched);
            extract(*input, &keep, cut, &schema, needed)
        }
        Node::Summarize {
            input,
            keys,
            aggregates,
        } => summarize(*input, keys, aggregates, &schema, needed),
        Node::Join {
            left,
            right,
            kind,
            left_keys,
            right_keys,
        } => join([*left, *right], kind, [left_keys, right_keys], needed),
        Node::Whole { inputs, operation } => {
            super::whole::whole(inputs, *operation, schema, needed)
        }
        Node::Union { inputs } => {
            let inputs = inputs.into_iter().map(|input| exactly(input, &kept));
            let inputs = inputs.collect();
            Pruned::of(Node::Union { inputs }, &schema, kept)
        }
    }
}

fn sort(input: Plan, keys: Vec<SortKey>, limit: Option<u64>, needed: &BTreeSet<usize>) -> Pruned {
    let mut below = needed.clone();
    keys.iter().for_each(|k| columns_of(&k.value, &mut below));
    same_rows(input, &below, |input, pruned| {
        let keys = keys.into_iter().map(|mut key| {
            key.value = pruned.moved(key.value);
            key
        });
        Node::Sort {
            keys: keys.collect(),
            input,
            limit,
        }
    })
}

fn project(input: Plan, columns: &[Expr], schema: &Schema, kept: Vec<usize>) -> Pruned {
    let columns = pick(columns, &kept);
    let pruned = prune(input, &read_by(&columns));
    let columns = columns.into_iter().map(|c| pruned.moved(c)).collect();
    let node = Node::Project {
        input: Box::new(pruned.plan),
        columns,
    };
    Pruned::of(node, schema, kept)
}

fn window(
    input: Plan,
    columns: &[Expr],
    partition: Option<Partition>,
    schema: &Schema,
    kept: Vec<usize>,
) -> Pruned {
    let columns = pick(columns, &kept);
    let mut below = read_by(&columns);
    below.extend(partition.map(|p| p.column));
    let pruned = prune(input, &below);
    let columns = columns.into_iter().map(|c| pruned.moved(c)).collect();
    let node = Node::Window {
        partition: partition.map(|p| Partition {
            column: pruned.index(p.column),
            ..p
        }),
        input: Box::new(pruned.plan),
        columns,
    };
    Pruned::of(node, schema, kept)
}

/// A node that passes its input's columns on.
fn same_rows(
    input: Plan,
    needed: &BTreeSet<usize>,
    node: impl FnOnce(Box<Plan>, &Pruned) -> Node,
) -> Pruned {
    let mut pruned = prune(input, needed);
    let input = super::take(&mut pruned.plan);
    let schema = input.schema.clone();
    let node = node(Box::new(input), &pruned);
    pruned.plan = Plan { node, schema };
    pruned
}

/// Which of a node's first columns, those of its input at `keep`, are needed.
fn still_kept(keep: &[usize], needed: &BTreeSet<usize>) -> (Vec<usize>, Vec<usize>) {
    let kept = needed.iter().copied().filter(|c| *c < keep.len());
    let kept: Vec<usize> = kept.collect();
    (pick(keep, &kept), kept)
}

fn expand(
    input: Plan,
    (keep, mut items): (Vec<usize>, Vec<ExpandItem>),
    (index, limit): (bool, Option<u64>),
    schema: &Schema,
    needed: &BTreeSet<usize>,
) -> Pruned {
    let width = keep.len();
    let (mut keep, mut kept) = still_kept(&keep, needed);
    let mut below = read_by(items.iter().map(|i| &i.value));
    below.extend(&keep);
    let pruned = prune(input, &below);
    for item in &mut items {
        item.value = pruned.moved(item.value.clone());
    }
    keep.iter_mut().for_each(|c| *c = pruned.index(*c));
    // Every item has a say in the number of rows.
    kept.extend(width..width + items.len());
    let last = width + items.len();
    let index = index && needed.contains(&last);
    kept.extend(index.then_some(last));
    let node = Node::Expand {
        input: Box::new(pruned.plan),
        keep,
        items,
        index,
        limit,
    };
    Pruned::of(node, schema, kept)
}

fn extract(
    input: Plan,
    keep: &[usize],
    (source, pattern, outputs, matched): (Expr, Arc<Pattern>, Vec<usize>, bool),
    schema: &Schema,
    needed: &BTreeSet<usize>,
) -> Pruned {
    let width = keep.len();
    let (mut keep, mut kept) = still_kept(keep, needed);
    let cut: Vec<usize> = needed.iter().copied().filter(|c| *c >= width).collect();
    let places: Vec<usize> = cut.iter().map(|c| c - width).collect();
    let outputs = pick(&outputs, &places);
    kept.extend(cut);
    let mut below: BTreeSet<usize> = keep.iter().copied().collect();
    columns_of(&source, &mut below);
    let pruned = prune(input, &below);
    keep.iter_mut().for_each(|c| *c = pruned.index(*c));
    let node = Node::Extract {
        source: pruned.moved(source),
        input: Box::new(pruned.plan),
        keep,
        pattern,
        outputs,
        matched,
    };
    Pruned::of(node, schema, kept)
}

fn summarize(
    input: Plan,
    keys: Vec<Expr>,
    aggregates: Vec<AggregateCall>,
    schema: &Schema,
    needed: &BTreeSet<usize>,
) -> Pruned {
    let mut kept: Vec<usize> = (0..keys.len()).collect();
    let mut column = keys.len();
    let mut used = Vec::new();
    for mut aggregate in aggregates {
        let first = column;
        column += aggregate.outputs.len();
        if needed.range(first..column).next().is_some() {
            let still = of_row(&mut aggregate, |output| needed.contains(&(first + output)));
            kept.extend(still.into_iter().map(|output| first + output));
            used.push(aggregate);
        }
    }
    let args = used.iter().flat_map(|a| a.args.iter().chain(&a.filter));
    let mut read = read_by(args);
    keys.iter().for_each(|k| columns_of(k, &mut read));
    // Only what the keys and aggregates read need come out of a filter below.
    let wanted: Vec<usize> = read.iter().copied().collect();
    let pruned = Pruned {
        plan: exactly(input, &wanted),
        kept: wanted,
    };
    let moved = |mut aggregate: AggregateCall| {
        aggregate.args = aggregate
            .args
            .into_iter()
            .map(|a| pruned.moved(a))
            .collect();
        aggregate.filter = aggregate.filter.map(|f| pruned.moved(f));
        aggregate
    };
    let aggregates = used.into_iter().map(moved).collect();
    let keys = keys.into_iter().map(|k| pruned.moved(k)).collect();
    let node = Node::Summarize {
        input: Box::new(pruned.plan),
        keys,
        aggregates,
    };
    Pruned::of(node, schema, kept)
}

/// Leaves out columns of the row that an aggregate picks, if nothing uses them; which of its outputs it still has.
fn of_row(aggregate: &mut AggregateCall, used: impl Fn(usize) -> bool) -> Vec<usize> {
    let all = 0..aggregate.outputs.len();
    let least = match aggregate.function.role {
        AggregateRole::ArgMax | AggregateRole::ArgMin => 1,
        // a value alone is picked otherwise than a row: one that is not empty
        AggregateRole::TakeAny => 2,
        _ => return all.collect(),
    };
    if aggregate.args.len() != all.len() {
        return all.collect();
    }
    // What rows are compared by comes first.
    let still: Vec<usize> = all.filter(|i| *i < least || used(*i)).collect();
    aggregate.args = pick(&aggregate.args, &still);
    aggregate.outputs = pick(&aggregate.outputs, &still);
    still
}

fn join(
    [left, right]: [Plan; 2],
    kind: JoinKind,
    [left_keys, right_keys]: [Vec<Expr>; 2],
    needed: &BTreeSet<usize>,
) -> Pruned {
    let shows_left = !matches!(kind, JoinKind::RightSemi | JoinKind::RightAnti);
    let shows_right = !matches!(kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
    let width = if shows_left { left.schema.len() } else { 0 };
    let side = |plan: Plan, keys: Vec<Expr>, shown: BTreeSet<usize>| {
        let mut read = shown;
        keys.iter().for_each(|k| columns_of(k, &mut read));
        let wanted: Vec<usize> = read.into_iter().collect();
        let pruned = Pruned {
            plan: exactly(plan, &wanted),
            kept: wanted,
        };
        let keys = keys
            .into_iter()
            .map(|k| pruned.moved(k))
            .collect::<Vec<_>>();
        (pruned, keys)
    };
    let on_left = needed.iter().copied().filter(|c| *c < width);
    let on_right = needed.iter().filter(|c| **c >= width).map(|c| c - width);
    let (left, left_keys) = side(left, left_keys, on_left.collect());
    let (right, right_keys) = side(right, right_keys, on_right.collect());
    let mut kept = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    if shows_left {
        kept.extend(left.kept.iter().copied());
        columns.extend(left.plan.schema.columns.iter().cloned());
    }
    if shows_right {
        kept.extend(right.kept.iter().map(|c| c + width));
        columns.extend(right.plan.schema.columns.iter().cloned());
    }
    Pruned {
        plan: Plan {
            schema: Schema::new(columns),
            node: Node::Join {
                left: Box::new(left.plan),
                right: Box::new(right.plan),
                kind,
                left_keys,
                right_keys,
            },
        },
        kept,
    }
}
