//! Rewrites of a plan that make it faster and leave its answer alone: each small, each run once, in this order.

mod elements;
mod limit;
mod literals;
mod merge;
mod prune;
mod pushdown;
mod scan;
mod shared;
mod whole;

use std::collections::BTreeSet;

use super::{Expr, ExprKind, Node, Plan, QueryPlan, Volatility};
use crate::contract::Context;
use crate::source::Span;

/// Rewrites a query's plan for a run in `context`.
pub fn optimise(query: &mut QueryPlan, context: &Context) {
    each_plan(query, |plan| {
        literals::fold(plan, context);
        elements::of_splits(plan);
        limit::lower(plan);
        pushdown::filters(plan);
        scan::predicates(plan);
    });
    shared::columns(query);
    each_plan(query, merge::projections);
}

/// Calls `f` on every plan of a query, to change them.
fn each_plan(query: &mut QueryPlan, f: impl FnMut(&mut Plan)) {
    let results = query.results.iter_mut().map(|output| &mut output.plan);
    query.shared.iter_mut().chain(results).for_each(f);
}

/// Takes a plan out of its place, to build another around it.
fn take(plan: &mut Plan) -> Plan {
    std::mem::replace(plan, Plan::one_row())
}

/// `input` with only the rows for which all of `terms` are true.
fn filtered(input: Plan, mut terms: Vec<Expr>) -> Plan {
    let predicate = match terms.len() {
        0 => return input,
        1 => terms.remove(0),
        _ => {
            let span = terms.first().map_or(Span::default(), |t| t.span);
            Expr {
                kind: ExprKind::Logic { and: true, terms },
                ty: crate::types::Type::Bool,
                span,
            }
        }
    };
    Plan {
        schema: input.schema.clone(),
        node: Node::Filter {
            input: Box::new(input),
            predicate,
        },
    }
}

/// The terms of a conjunction, however nested.
fn conjuncts(predicate: Expr, terms: &mut Vec<Expr>) {
    match predicate.kind {
        ExprKind::Logic {
            and: true,
            terms: t,
        } => t.into_iter().for_each(|t| conjuncts(t, terms)),
        _ => terms.push(predicate),
    }
}

/// The columns an expression reads.
fn columns_of(expr: &Expr, columns: &mut BTreeSet<usize>) {
    expr.visit(&mut |e| {
        if let ExprKind::Column(index) = e.kind {
            columns.insert(index);
        }
    });
}

/// Whether an expression has another value each time it is computed.
pub fn is_volatile(expr: &Expr) -> bool {
    let mut volatile = false;
    expr.visit(&mut |e| {
        if let ExprKind::Call(call) = &e.kind {
            volatile |= call.function.volatility == Volatility::PerRow;
        }
    });
    volatile
}
