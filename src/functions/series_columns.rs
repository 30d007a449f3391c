//! Functions of series that yield several columns: each column is a call of its own.

use crate::contract::{Args, Datum, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::{Call, Expr};
use crate::types::{Type, Value, arrays};

/// Names and types of the columns that a function yields.
pub type Fields = &'static [(&'static str, Type)];

/// The value of a column in a row; `None` is null.
pub type Column = Box<dyn Fn(&Args<'_>, usize) -> Option<Value> + Send + Sync>;

/// Makes the column of an index, given the constant arguments. The arguments begin at index 1.
pub type Model = fn(&Setup<'_>, usize) -> Result<Column, Problem>;

/// Declares a function that yields several columns, and the call that gives one of them.
macro_rules! model {
    ($public:ident $column:ident $name:literal, $signature:literal, $fields:expr, $model:expr, $doc:expr) => {
        static $public: Scalar = Scalar {
            signatures: &[concat!($name, $signature)],
            doc: $doc,
            eval: Eval::Rewrite(|args| series_columns::first(&$column, $fields, args)),
            ..Scalar::DEFAULT
        };

        static $column: Scalar = Scalar {
            signatures: &[concat!(
                $name,
                " column(which: long, argument: any, ...) -> dynamic"
            )],
            doc: Doc {
                summary: concat!("Gives one of the columns that ", $name, "() yields."),
                details: "This is how plans show it; queries cannot name it.",
                examples: &[],
            },
            eval: Eval::Prepared(|setup| series_columns::prepare(setup, $model)),
            tuple: Some(crate::plan::Tuple {
                columns: |call| series_columns::columns($fields, call),
                name: |arguments, index| series_columns::name($name, $fields, arguments, index),
            }),
            ..Scalar::DEFAULT
        };
    };
}

pub(super) use model;

/// The call of the first column.
pub fn first(
    column: &'static crate::plan::Scalar,
    fields: Fields,
    mut args: Vec<Expr>,
) -> Result<Expr, Problem> {
    let (Some(span), Some((_, ty))) = (args.first().map(|a| a.span), fields.first()) else {
        return Err(Problem::new(Code::ArgumentCount, "a series is needed"));
    };
    args.insert(0, Expr::literal(Value::Long(0), span));
    Ok(Expr::call(column, 0, args, *ty, span))
}

/// One call per column.
pub fn columns(fields: Fields, call: &Call) -> Option<Vec<Expr>> {
    let column = |(index, (_, ty)): (usize, &(&'static str, Type))| {
        let mut args = call.args.clone();
        let first = args.first_mut()?;
        let span = first.span;
        *first = Expr::literal(Value::Long(i64::try_from(index).ok()?), span);
        Some(Expr::call(call.function, 0, args, *ty, span))
    };
    fields.iter().enumerate().map(column).collect()
}

/// `series_stats(x)` yields `series_stats_x_min` and so on.
pub fn name(function: &str, fields: Fields, arguments: &[Option<&str>], index: usize) -> String {
    let series = arguments.first().copied().flatten().unwrap_or_default();
    let field = fields.get(index).map_or("", |(name, _)| *name);
    format!("{function}_{series}_{field}")
}

/// The kernel of one column.
pub fn prepare(setup: &Setup<'_>, model: Model) -> Result<Box<dyn Kernel>, Problem> {
    let which = setup.constant(0).and_then(Value::as_i64);
    let which = which.and_then(|w| usize::try_from(w).ok());
    let column = model(setup, which.unwrap_or_default())?;
    Ok(Box::new(move |args: &Args<'_>| {
        let values: Vec<Value> = (0..args.rows)
            .map(|row| column(args, row).unwrap_or_else(|| Value::null(args.ty)))
            .collect();
        Ok(arrays::of(args.ty, &values))
    }))
}

/// The value of an argument in a row; `None` when it is left out.
fn value_at(args: &Args<'_>, index: usize, row: usize) -> Option<Value> {
    let datum: &Datum = args.values.get(index)?;
    let row = if datum.constant { 0 } else { row };
    Some(arrays::value(&datum.array, datum.ty, row))
}

/// The number in an argument: what it is when it is left out; `None` when it is null.
pub fn number_at(args: &Args<'_>, index: usize, row: usize, default: f64) -> Option<f64> {
    value_at(args, index, row).map_or(Some(default), |value| value.as_f64())
}

/// The whole number in an argument: what it is when it is left out; `None` when it is null.
pub fn whole_at(args: &Args<'_>, index: usize, row: usize, default: i64) -> Option<i64> {
    value_at(args, index, row).map_or(Some(default), |value| value.as_i64())
}

/// The text in an argument.
pub fn text_at(args: &Args<'_>, index: usize, row: usize) -> Option<Value> {
    value_at(args, index, row)
}

/// Refuses a constant word that is none of those allowed.
pub fn check_word(setup: &Setup<'_>, index: usize, allowed: &[&str]) -> Result<(), Problem> {
    let Some(word) = setup.constant(index).and_then(Value::as_str) else {
        return Ok(());
    };
    if allowed.contains(&word) {
        return Ok(());
    }
    let list = allowed.join("`, `");
    let message = format!("`{word}` is none of `{list}`");
    Err(Problem::new(Code::ArgumentValue, message).at(index))
}
