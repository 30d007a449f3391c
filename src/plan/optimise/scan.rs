//! Comparisons of a column with constants are shown to the source, which may leave out rows that fail them.
//! The filter stays: a source only promises not to leave out too much.

use super::super::{Expr, ExprKind, Node, Plan, Role};
use super::conjuncts;
use crate::contract::{Predicate, PredicateOp};
use crate::types::{Type, Value};

/// Fills in the predicates of a plan's scans.
pub fn predicates(plan: &mut Plan) {
    plan.inputs_mut().into_iter().for_each(predicates);
    let Node::Filter { input, predicate } = &mut plan.node else {
        return;
    };
    if let Node::Scan {
        columns,
        predicates,
        ..
    } = &mut input.node
    {
        let mut terms = Vec::new();
        conjuncts(predicate.clone(), &mut terms);
        for (column, op, values) in terms.iter().flat_map(comparisons) {
            if let Some(column) = columns.get(column) {
                predicates.push(Predicate {
                    column: *column,
                    op,
                    values,
                });
            }
        }
    }
}

type Comparison = (usize, PredicateOp, Vec<Value>);

/// The comparisons that hold wherever `term` is true.
fn comparisons(term: &Expr) -> Vec<Comparison> {
    let ExprKind::Call(call) = &term.kind else {
        return Vec::new();
    };
    let found = match (call.function.role, &*call.args) {
        (Role::In, [value, items @ ..]) => {
            let items: Option<Vec<Value>> = items.iter().map(|i| constant(i, value.ty)).collect();
            return match (column(value), items) {
                (Some(column), Some(items)) if !items.is_empty() => {
                    vec![(column, PredicateOp::In, items)]
                }
                _ => Vec::new(),
            };
        }
        (Role::Between, [value, low, high]) => [
            comparison(value, PredicateOp::GreaterOrEqual, low),
            comparison(value, PredicateOp::LessOrEqual, high),
        ],
        (role, [left, right]) => match op(role) {
            Some(op) => [
                comparison(left, op, right),
                comparison(right, flipped(op), left),
            ],
            None => [None, None],
        },
        _ => [None, None],
    };
    found.into_iter().flatten().collect()
}

fn op(role: Role) -> Option<PredicateOp> {
    Some(match role {
        Role::Equal => PredicateOp::Equal,
        Role::Less => PredicateOp::Less,
        Role::LessOrEqual => PredicateOp::LessOrEqual,
        Role::Greater => PredicateOp::Greater,
        Role::GreaterOrEqual => PredicateOp::GreaterOrEqual,
        _ => return None,
    })
}

/// The operator with its sides exchanged.
fn flipped(op: PredicateOp) -> PredicateOp {
    match op {
        PredicateOp::Less => PredicateOp::Greater,
        PredicateOp::LessOrEqual => PredicateOp::GreaterOrEqual,
        PredicateOp::Greater => PredicateOp::Less,
        PredicateOp::GreaterOrEqual => PredicateOp::LessOrEqual,
        PredicateOp::Equal | PredicateOp::In => op,
    }
}

fn comparison(left: &Expr, op: PredicateOp, right: &Expr) -> Option<Comparison> {
    if let Some(inner) = widened(left) {
        // Every `int` is the `long` it was made, so the comparison may be one of `int`s, if the constant is one.
        let value = constant(right, Type::Long)?.as_i64()?;
        let value = Value::Int(i32::try_from(value).ok()?);
        return Some((column(inner)?, op, vec![value]));
    }
    Some((column(left)?, op, vec![constant(right, left.ty)?]))
}

/// The `int` that an expression makes a `long`.
fn widened(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) if call.function.role == Role::Convert && expr.ty == Type::Long => {
            match &*call.args {
                [inner] if inner.ty == Type::Int => Some(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

fn column(expr: &Expr) -> Option<usize> {
    match expr.kind {
        // What equals what among dynamic values is not for a source to know.
        ExprKind::Column(index) if expr.ty != Type::Dynamic => Some(index),
        _ => None,
    }
}

/// The constant of exactly the column's type, if it is one a source can compare with.
fn constant(expr: &Expr, ty: Type) -> Option<Value> {
    let value = expr.as_literal()?;
    let nan = matches!(value, Value::Real(v) if v.is_nan());
    (value.ty() == ty && !value.is_null() && !nan).then(|| value.clone())
}
