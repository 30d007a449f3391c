//! Projections that only pick columns are not steps of their own.

use crate::plan::{Expr, ExprKind, Node, Plan};

/// Merges projections with picks of columns below them, and drops those that leave all as it is.
pub fn projections(plan: &mut Plan) {
    plan.inputs_mut().into_iter().for_each(projections);
    let Node::Project { input, columns } = &mut plan.node else {
        return;
    };
    if let Node::Project {
        input: below,
        columns: picked,
    } = &mut input.node
        && picked.iter().all(|expr| column_of(expr).is_some())
    {
        for expr in columns.iter_mut() {
            expr.visit_mut(&mut |e| {
                if let ExprKind::Column(index) = &mut e.kind {
                    // A missing one is a bug; a number out of range makes the run say so.
                    let below = picked.get(*index).and_then(column_of);
                    *index = below.unwrap_or(usize::MAX);
                }
            });
        }
        let below = super::take(below);
        **input = below;
    }
    let in_place = |(at, expr): (usize, &Expr)| column_of(expr) == Some(at);
    if plan.schema == input.schema && columns.iter().enumerate().all(in_place) {
        *plan = super::take(input);
    }
}

/// The column that an expression is.
fn column_of(expr: &Expr) -> Option<usize> {
    match expr.kind {
        ExprKind::Column(index) => Some(index),
        _ => None,
    }
}
