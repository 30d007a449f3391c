//! Constant expressions become literals: `ago(1d)` an instant, `1 + 1` a number.

use super::super::fold::constant;
use super::super::{Expr, ExprKind, Node, Plan};
use crate::contract::Context;
use crate::types::Value;

/// Folds the constants of a plan. What cannot be computed is left for the run to report.
pub fn fold(plan: &mut Plan, context: &Context) {
    for input in plan.inputs_mut() {
        fold(input, context);
    }
    for expr in plan.exprs_mut() {
        fold_expr(expr, context);
    }
    simplify(plan);
}

fn fold_expr(expr: &mut Expr, context: &Context) {
    for child in expr.children_mut() {
        fold_expr(child, context);
    }
    if let ExprKind::Logic { and, terms } = &mut expr.kind {
        let known = |e: &Expr| match e.as_literal() {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        };
        // What decides the whole stands for it; what cannot change it goes.
        if terms.iter().any(|t| known(t) == Some(!*and)) {
            expr.kind = ExprKind::Literal(Value::Bool(!*and));
            return;
        }
        terms.retain(|t| known(t) != Some(*and));
        match terms.len() {
            0 => expr.kind = ExprKind::Literal(Value::Bool(*and)),
            1 => *expr = terms.remove(0),
            _ => {}
        }
    }
    let literal = |e: &Expr| matches!(e.kind, ExprKind::Literal(_));
    // With its operands folded, only an expression over literals can be constant.
    let foldable = match &expr.kind {
        ExprKind::Call(call) => call.args.iter().all(literal),
        ExprKind::Logic { terms, .. } => terms.iter().all(literal),
        _ => false,
    };
    if foldable && let Ok(value) = constant(expr, Some(context)) {
        expr.kind = ExprKind::Literal(value);
    }
}

/// A filter by a literal keeps all rows or none.
fn simplify(plan: &mut Plan) {
    let Node::Filter { input, predicate } = &mut plan.node else {
        return;
    };
    match predicate.as_literal() {
        Some(Value::Bool(true)) => *plan = super::take(input),
        Some(_) => {
            plan.node = Node::Rows {
                columns: vec![Vec::new(); plan.schema.len()],
                rows: 0,
            };
        }
        None => {}
    }
}
