//! Computes constant expressions: what the binder needs where KQL wants a constant, and what the
//! optimiser folds once the query's context is known.

use crate::contract::{Args, Context, Datum, Fault, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::{Call, Eval, Expr, ExprKind, Volatility};
use crate::types::{Type, Value, arrays};

/// Why an expression has no constant value.
#[derive(Debug)]
pub enum NotConstant {
    /// It depends on the row, on a shared sub-plan, or on something the context does not know yet.
    Depends,
    /// The declaration refuses its arguments.
    Problem(Problem),
    /// Computing it failed.
    Fault(Fault),
}

/// The value of an expression that depends on no row. `context` is `None` when the query's instant is
/// not known: `now()` is then no constant.
///
/// # Errors
/// See [`NotConstant`].
pub fn constant(expr: &Expr, context: Option<&Context>) -> Result<Value, NotConstant> {
    match &expr.kind {
        ExprKind::Literal(value) => Ok(value.clone()),
        ExprKind::Column(_) | ExprKind::Shared(_) | ExprKind::SharedList(_) => {
            Err(NotConstant::Depends)
        }
        ExprKind::Logic { and, terms } => logic(*and, terms, context),
        ExprKind::Call(call) => call_constant(call, expr.ty, context),
    }
}

fn logic(and: bool, terms: &[Expr], context: Option<&Context>) -> Result<Value, NotConstant> {
    let mut null = false;
    let mut decided = false;
    for term in terms {
        match constant(term, context)? {
            Value::Bool(b) if b != and => decided = true,
            Value::Bool(_) => {}
            _ => null = true,
        }
    }
    Ok(match (decided, null) {
        (true, _) => Value::Bool(!and),
        (false, true) => Value::Null(Type::Bool),
        (false, false) => Value::Bool(and),
    })
}

/// Bytes of text that one call computed beforehand may take, so that constants made of constants end.
const MOST_TEXT: usize = 16 << 20;

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::String(text) | Value::Dynamic(text) => text.len(),
        _ => 0,
    }
}

fn call_constant(call: &Call, ty: Type, context: Option<&Context>) -> Result<Value, NotConstant> {
    match (call.function.volatility, context) {
        (Volatility::None, _) | (Volatility::PerQuery, Some(_)) => {}
        _ => return Err(NotConstant::Depends),
    }
    let values = call
        .args
        .iter()
        .map(|a| constant(a, context))
        .collect::<Result<Vec<_>, _>>()?;
    let text: usize = values.iter().map(bytes_of).sum();
    if text > MOST_TEXT {
        let problem = Problem::new(
            Code::TooComplex,
            "the constants here are more than 16 MiB of text",
        );
        return Err(NotConstant::Problem(problem));
    }
    let types: Vec<Type> = call.args.iter().map(|a| a.ty).collect();
    let data: Vec<Datum> = values
        .iter()
        .zip(&types)
        .map(|(value, ty)| Datum {
            array: arrays::repeat(value, *ty, 1),
            constant: true,
            ty: *ty,
        })
        .collect();
    let args = Args {
        values: &data,
        rows: 1,
        ty,
        overload: call.overload,
        position: 0,
        parts: &[],
    };
    let array = match call.function.eval {
        Eval::Columns(f) => f(&args).map_err(NotConstant::Fault)?,
        Eval::Prepared(prepare) => {
            let constants: Vec<Option<Value>> = values.iter().cloned().map(Some).collect();
            let fallback;
            let context = match context {
                Some(context) => context,
                None => {
                    fallback = Context::for_check(0);
                    &fallback
                }
            };
            let kernel = prepare(&Setup {
                constants: &constants,
                lists: &[],
                types: &types,
                ty,
                overload: call.overload,
                context,
            })
            .map_err(NotConstant::Problem)?;
            kernel.call(&args).map_err(NotConstant::Fault)?
        }
        Eval::Rewrite(_) | Eval::Window(_) | Eval::Unsupported(_) => {
            return Err(NotConstant::Depends);
        }
    };
    Ok(arrays::value(&*array, ty, 0))
}
