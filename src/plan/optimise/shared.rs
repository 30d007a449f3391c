//! Columns of shared sub-plans that none of their readers uses are not computed, and not kept.

use std::collections::BTreeSet;

use super::super::{ExprKind, Node, Plan, QueryPlan};
use super::prune;
use crate::types::Schema;

/// The columns that are read of a shared sub-plan.
#[derive(Clone)]
enum Read {
    Some(BTreeSet<usize>),
    All,
}

/// Leaves out unused columns of all plans of a query: of its results, then of what they share.
pub fn columns(query: &mut QueryPlan) {
    let mut read = vec![Read::Some(BTreeSet::new()); query.shared.len()];
    for output in &mut query.results {
        prune::columns(&mut output.plan);
        note(&output.plan, &mut read);
    }
    // A shared plan uses only those before it, so going backwards sees every reader first.
    for id in (0..query.shared.len()).rev() {
        let plan = &mut query.shared[id];
        match &read[id] {
            Read::Some(columns) => {
                let wanted: Vec<usize> = columns.iter().copied().collect();
                *plan = prune::exactly(super::take(plan), &wanted);
            }
            Read::All => prune::columns(plan),
        }
        note(plan, &mut read);
    }
    super::each_plan(query, |plan| {
        plan.visit_mut(&mut |p| point_to_kept(p, &read));
    });
}

/// Adds what a plan reads of shared ones.
///
/// After pruning, a reader that does without some columns is a projection right above what it reads.
fn note(plan: &Plan, read: &mut [Read]) {
    let mut all = |id: usize| {
        if let Some(read) = read.get_mut(id) {
            *read = Read::All;
        }
    };
    plan.visit(&mut |p| {
        for input in p.inputs() {
            match (&p.node, &input.node) {
                (Node::Project { .. }, Node::Shared { .. }) => {}
                (_, Node::Shared { id }) => all(*id),
                _ => {}
            }
        }
        for expr in p.exprs() {
            expr.visit(&mut |e| {
                if let ExprKind::Shared(id) | ExprKind::SharedList(id) = e.kind {
                    all(id);
                }
            });
        }
    });
    if let Node::Shared { id } = plan.node {
        all(id);
    }
    plan.visit(&mut |p| {
        if let Node::Project { input, columns } = &p.node
            && let Node::Shared { id } = input.node
            && let Some(Read::Some(read)) = read.get_mut(id)
        {
            read.extend(prune::read_by(columns));
        }
    });
}

/// Makes a projection of a shared sub-plan read the columns where they are now.
fn point_to_kept(plan: &mut Plan, read: &[Read]) {
    let Node::Project { input, columns } = &mut plan.node else {
        return;
    };
    let Node::Shared { id } = input.node else {
        return;
    };
    let Some(Read::Some(kept)) = read.get(id) else {
        return;
    };
    for expr in columns {
        expr.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = &mut e.kind {
                *index = kept.range(..*index).count();
            }
        });
    }
    let places: Vec<usize> = kept.iter().copied().collect();
    input.schema = Schema::new(prune::pick(&input.schema.columns, &places));
}
