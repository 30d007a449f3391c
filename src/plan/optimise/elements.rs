//! Of a text that is split, only the part that is taken is made.

use super::super::{Expr, ExprKind, Plan, Role};
use crate::types::Value;

/// Asks splits for one part where only that is used: `split(s, ' ')[2]` is `split(s, ' ', 2)[0]`.
pub fn of_splits(plan: &mut Plan) {
    plan.visit_mut(&mut |plan| {
        for expr in plan.exprs_mut() {
            expr.visit_mut(&mut ask_for_one);
        }
    });
}

fn ask_for_one(expr: &mut Expr) {
    let ExprKind::Call(path) = &mut expr.kind else {
        return;
    };
    let (Role::Path, [value, key, ..]) = (path.function.role, &mut path.args[..]) else {
        return;
    };
    let ExprKind::Call(split) = &mut value.kind else {
        return;
    };
    // A negative index counts from the end, which a split does not.
    if let ExprKind::Literal(Value::Long(index @ 0..)) = key.kind
        && split.function.role == Role::Split
        && split.args.len() == 2
    {
        let one = Expr::literal(Value::Long(index), key.span);
        split.args.push(one);
        key.kind = ExprKind::Literal(Value::Long(0));
    }
}
