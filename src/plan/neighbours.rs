//! Functions of neighbouring rows are computed by windows alone, which see all rows in order; other nodes look at
//! their rows piece by piece.

use super::{Eval, Expr, ExprKind, Node, Plan};

/// Whether an expression has a function of neighbouring rows in it.
pub fn looks_around(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |e| found |= is_call(e));
    found
}

fn is_call(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call(call) if matches!(call.function.eval, Eval::Window(_)))
}

/// The input with what expressions over it say of neighbouring rows as further columns, which they read then.
pub fn apart<'e>(input: Plan, exprs: impl IntoIterator<Item = &'e mut Expr>) -> Plan {
    let width = input.schema.len();
    let mut calls: Vec<Expr> = Vec::new();
    for expr in exprs {
        if looks_around(expr) {
            take_out(expr, width, &mut calls);
        }
    }
    let Some(first) = calls.first() else {
        return input;
    };
    let mut columns = input.columns(first.span);
    for (number, call) in calls.into_iter().enumerate() {
        columns.push((format!("$neighbour{number}").into(), call));
    }
    Plan::window(input, columns)
}

fn take_out(expr: &mut Expr, width: usize, calls: &mut Vec<Expr>) {
    if !is_call(expr) {
        for child in expr.children_mut() {
            take_out(child, width, calls);
        }
        return;
    }
    let column = Expr::column(width + calls.len(), expr.ty, expr.span);
    calls.push(std::mem::replace(expr, column));
}

/// The first columns of a plan.
pub fn first_columns(plan: Plan, width: usize) -> Plan {
    if plan.schema.len() == width {
        return plan;
    }
    let span = match &plan.node {
        Node::Filter { predicate, .. } => predicate.span,
        _ => crate::source::Span::default(),
    };
    let mut columns = plan.columns(span);
    columns.truncate(width);
    Plan::project(plan, columns)
}
