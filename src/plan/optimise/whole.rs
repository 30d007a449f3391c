//! Columns that nothing above an operation on a whole table uses do not go into it, where that is known.

use std::collections::BTreeSet;

use super::super::whole::{IpLookup, Parts, Scan};
use super::super::{ExprKind, Node, Operation, Plan};
use super::prune::{Pruned, columns, exactly, pick, read_by};
use crate::types::Schema;

/// The operation with the needed columns, perhaps among others.
pub(super) fn whole(
    mut inputs: Vec<Plan>,
    operation: Operation,
    schema: Schema,
    needed: &BTreeSet<usize>,
) -> Pruned {
    let (inputs, operation, kept) = match (operation, inputs.len()) {
        (Operation::Scan(mut scan), 1) => {
            let kept = of_scan(&mut inputs, &mut scan, needed);
            (inputs, Operation::Scan(scan), kept)
        }
        (Operation::IpLookup(mut lookup), 2) => {
            let kept = of_lookup(&mut inputs, &mut lookup, needed);
            (inputs, Operation::IpLookup(lookup), kept)
        }
        (Operation::Partition(mut parts), 3) if !parts.carried => {
            let kept = of_parts(&mut inputs, &mut parts, needed);
            (inputs, Operation::Partition(parts), kept)
        }
        (operation, _) => {
            inputs.iter_mut().for_each(columns);
            (inputs, operation, (0..schema.len()).collect())
        }
    };
    let columns = kept.iter().filter_map(|c| schema.columns.get(*c).cloned());
    Pruned {
        plan: Plan {
            schema: Schema::new(columns.collect()),
            node: Node::Whole {
                inputs,
                operation: Box::new(operation),
            },
        },
        kept,
    }
}

/// Narrows an input to these columns.
fn narrow(input: &mut Plan, wanted: &BTreeSet<usize>) {
    let wanted: Vec<usize> = wanted.iter().copied().collect();
    *input = exactly(super::take(input), &wanted);
}

/// Where a column is among these.
fn place(column: usize, among: &BTreeSet<usize>) -> usize {
    among.range(..column).count()
}

/// What the steps read of the input, and what is needed of it.
fn of_scan(inputs: &mut [Plan], scan: &mut Scan, needed: &BTreeSet<usize>) -> Vec<usize> {
    let before = inputs.first().map_or(0, |i| i.schema.len());
    let declared = scan.defaults.len();
    let width = before + declared;
    let mut wanted: BTreeSet<usize> = needed.iter().copied().filter(|c| *c < before).collect();
    let mut operation = Operation::Scan(scan.clone());
    for expr in operation.exprs() {
        expr.visit(&mut |e| {
            if let ExprKind::Column(index) = e.kind
                && index % width < before
            {
                wanted.insert(index % width);
            }
        });
    }
    // Behind the columns of the row are the same ones for the state of each step.
    for expr in operation.exprs_mut() {
        expr.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = &mut e.kind {
                let (state, column) = (*index / width, *index % width);
                let column = match column.checked_sub(before) {
                    Some(declared) => wanted.len() + declared,
                    None => place(column, &wanted),
                };
                *index = state * (wanted.len() + declared) + column;
            }
        });
    }
    if let Operation::Scan(moved) = operation {
        *scan = moved;
    }
    inputs.iter_mut().for_each(|input| narrow(input, &wanted));
    let behind = before..width + usize::from(scan.numbered);
    wanted.into_iter().chain(behind).collect()
}

/// What finds the networks, and what is needed of both sides.
fn of_lookup(inputs: &mut [Plan], lookup: &mut IpLookup, needed: &BTreeSet<usize>) -> Vec<usize> {
    let [left, right] = inputs else {
        return Vec::new();
    };
    let widths = (left.schema.len(), right.schema.len());
    let is_key = |column: &usize| lookup.keys.iter().any(|(_, right)| right == column);
    // Each column's place in the output; further keys come once.
    let shown: Vec<usize> = (0..widths.1).filter(|c| !is_key(c)).collect();
    let mut left_at: Vec<(usize, usize)> = (0..widths.0).map(|c| (c, c)).collect();
    let mut right_at: Vec<(usize, usize)> = shown.into_iter().zip(widths.0..).collect();
    if lookup.v6 {
        right_at = (0..widths.1).map(|c| (c, c)).collect();
        left_at = (0..widths.0).zip(widths.1..).collect();
    }
    let used = |at: &[(usize, usize)], read: BTreeSet<usize>| {
        let shown = at.iter().filter(|(_, output)| needed.contains(output));
        let mut used: BTreeSet<usize> = shown.map(|(column, _)| *column).collect();
        used.extend(read);
        used
    };
    let keys = &lookup.keys;
    let on_left = keys.iter().map(|k| k.0).chain([lookup.address]).collect();
    let on_right = keys.iter().map(|k| k.1).chain([lookup.network]).collect();
    let (on_left, on_right) = (used(&left_at, on_left), used(&right_at, on_right));
    lookup.address = place(lookup.address, &on_left);
    lookup.network = place(lookup.network, &on_right);
    for (of_left, of_right) in &mut lookup.keys {
        *of_left = place(*of_left, &on_left);
        *of_right = place(*of_right, &on_right);
    }
    narrow(left, &on_left);
    narrow(right, &on_right);
    left_at.retain(|(column, _)| on_left.contains(column));
    right_at.retain(|(column, _)| on_right.contains(column));
    let mut kept: Vec<usize> = left_at
        .into_iter()
        .chain(right_at)
        .map(|(_, o)| o)
        .collect();
    kept.sort_unstable();
    kept
}

/// What is needed of the body, and what that reads of a part.
fn of_parts(inputs: &mut [Plan], parts: &mut Parts, needed: &BTreeSet<usize>) -> Vec<usize> {
    let [input, body, leaf] = inputs else {
        return Vec::new();
    };
    // The numbers of parts come before the input's columns.
    let shift = usize::from(parts.numbered);
    let kept: Vec<usize> = needed.iter().copied().collect();
    *body = exactly(super::take(body), &kept);
    let Some(mut wanted) = read_of(body, leaf) else {
        columns(input);
        return kept;
    };
    wanted.insert(parts.column + shift);
    wanted.extend(0..shift);
    parts.column = place(parts.column + shift, &wanted) - shift;
    let places: Vec<usize> = wanted.iter().copied().collect();
    let narrowed = Schema::new(pick(&leaf.schema.columns, &places));
    body.visit_mut(&mut |plan| {
        let Node::Project { input, columns } = &mut plan.node else {
            return;
        };
        if input.node != leaf.node {
            return;
        }
        input.schema = narrowed.clone();
        for expr in columns {
            expr.visit_mut(&mut |e| {
                if let ExprKind::Column(index) = &mut e.kind {
                    *index = place(*index, &wanted);
                }
            });
        }
    });
    leaf.schema = narrowed;
    let of_input = wanted.range(shift..).map(|column| column - shift);
    narrow(input, &of_input.collect());
    kept
}

/// The columns that a plan reads of a shared one, if each reader is a projection right above it.
fn read_of(plan: &Plan, shared: &Plan) -> Option<BTreeSet<usize>> {
    let Node::Shared { id } = shared.node else {
        return None;
    };
    let (mut readers, mut picking) = (0, 0);
    let mut read = BTreeSet::new();
    plan.visit(&mut |p| {
        readers += usize::from(p.node == shared.node);
        if let Node::Project { input, columns } = &p.node
            && input.node == shared.node
        {
            picking += 1;
            read.extend(read_by(columns));
        }
        for expr in p.exprs() {
            expr.visit(&mut |e| {
                if matches!(e.kind, ExprKind::Shared(s) | ExprKind::SharedList(s) if s == id) {
                    readers += 1;
                }
            });
        }
    });
    (readers == picking).then_some(read)
}
