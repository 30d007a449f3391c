//! Calls a builtin with values, as the binder would: for the unit tests of kernels.

use crate::contract::Context;
use crate::plan::fold::{NotConstant, constant};
use crate::plan::signature::{Passing, Returns};
use crate::plan::{Eval, Expr, Signature};
use crate::source::Span;
use crate::text::value_text;
use crate::types::{Type, Value};

/// The text of a call's value, or the problem's message after `!`.
pub(crate) fn text_of(name: &str, args: &[Value]) -> String {
    match value_of(name, args) {
        Ok(value) => value_text(&value),
        Err(NotConstant::Problem(problem)) => format!("!{}", problem.message),
        Err(other) => format!("!{other:?}"),
    }
}

/// A call's value.
pub(crate) fn value_of(name: &str, args: &[Value]) -> Result<Value, NotConstant> {
    let entry = super::scalar(name).unwrap_or_else(|| panic!("no builtin {name}"));
    let fits = |s: &&Signature| {
        let each = args.iter().enumerate();
        let mut each = each.map(|(i, a)| coerced(s, i, args.len(), a));
        s.takes(args.len()) && each.all(|a| a.is_some())
    };
    let signature = entry.signatures.iter().find(fits);
    let signature = signature.unwrap_or_else(|| panic!("no overload of {name} for {args:?}"));
    let overload = entry.signatures.iter().position(|s| s == signature);
    let span = Span::default();
    let values: Vec<Value> = args
        .iter()
        .enumerate()
        .filter_map(|(i, a)| coerced(signature, i, args.len(), a))
        .collect();
    let ty = match signature.returns {
        Returns::Type(ty) => ty,
        Returns::Variable(_) => values.first().map_or(Type::Unknown, Value::ty),
    };
    let exprs = values.into_iter().map(|v| Expr::literal(v, span)).collect();
    let call = match entry.function.eval {
        Eval::Rewrite(rewrite) => rewrite(exprs).map_err(NotConstant::Problem)?,
        _ => Expr::call(entry.function, overload.unwrap_or(0), exprs, ty, span),
    };
    // An instant, 2024-05-01 12:11:12.
    constant(&call, Some(&Context::for_check(638_501_622_720_000_000)))
}

fn coerced(signature: &Signature, index: usize, count: usize, value: &Value) -> Option<Value> {
    let parameter = signature.parameter(index, count)?;
    match parameter.passing {
        Passing::Text if parameter.types.contains(value.ty()) => {
            Some(Value::string(value_text(value)))
        }
        Passing::Widened => match (parameter.types.single()?, value) {
            (Type::Long, Value::Int(v)) => Some(Value::Long(i64::from(*v))),
            (Type::Real, Value::Int(_) | Value::Long(_)) => value.as_f64().map(Value::Real),
            (ty, value) => (ty == value.ty()).then(|| value.clone()),
        },
        _ => parameter.types.contains(value.ty()).then(|| value.clone()),
    }
}

/// A `string`.
pub(crate) fn s(text: &str) -> Value {
    Value::string(text)
}

/// A `dynamic` of this JSON.
pub(crate) fn d(json: &str) -> Value {
    Value::Dynamic(json.into())
}

/// A `long`.
pub(crate) fn n(value: i64) -> Value {
    Value::Long(value)
}
