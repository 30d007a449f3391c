//! Which shared sub-plans a query still uses once all of it is bound.

use crate::plan::{ExprKind, Node, Plan, QueryPlan};

/// Leaves out shared sub-plans that nothing uses, and numbers the rest anew.
pub(super) fn drop_unused(mut plan: QueryPlan) -> QueryPlan {
    let mut used = vec![false; plan.shared.len()];
    for output in &plan.results {
        mark(&output.plan, &mut used);
    }
    // A shared plan uses only those before it, so going backwards sees every user first.
    for id in (0..plan.shared.len()).rev() {
        if used[id] {
            mark(&plan.shared[id], &mut used);
        }
    }
    let mut next = 0;
    let numbers: Vec<usize> = used
        .iter()
        .map(|used| {
            next += usize::from(*used);
            next.saturating_sub(1)
        })
        .collect();
    let mut index = 0;
    plan.shared.retain(|_| {
        index += 1;
        used[index - 1]
    });
    let outputs = plan.results.iter_mut().map(|o| &mut o.plan);
    for part in plan.shared.iter_mut().chain(outputs) {
        part.visit_mut(&mut |p| {
            if let Node::Shared { id } = &mut p.node {
                *id = numbers[*id];
            }
            for expr in p.exprs_mut() {
                expr.visit_mut(&mut |e| {
                    if let ExprKind::Shared(id) | ExprKind::SharedList(id) = &mut e.kind {
                        *id = numbers[*id];
                    }
                });
            }
        });
    }
    plan
}

/// Notes which shared sub-plans a plan uses by itself.
pub(super) fn mark(plan: &Plan, used: &mut [bool]) {
    plan.visit(&mut |p| {
        if let Node::Shared { id } = p.node {
            used[id] = true;
        }
        for expr in p.exprs() {
            expr.visit(&mut |e| {
                if let ExprKind::Shared(id) | ExprKind::SharedList(id) = e.kind {
                    used[id] = true;
                }
            });
        }
    });
}
