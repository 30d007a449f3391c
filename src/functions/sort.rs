//! `array_sort_asc` and `array_sort_desc`: several arrays in the order of the first.

use std::cmp::Ordering;

use arrow::array::ArrayRef;

use super::array::{array_at, list, write};
use super::cell::Cells;
use crate::contract::{Args, Fault, Problem};
use crate::diagnostic::Code;
use crate::json::{self, Kind};
use crate::plan::args::Arg;
use crate::plan::{Call, Doc, Eval, Expr, Scalar, Tuple};
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&ARRAY_SORT_ASC, &ARRAY_SORT_DESC, &SORTED];

static ARRAY_SORT_ASC: Scalar = Scalar {
    signatures: &[
        "array_sort_asc(array: dynamic, ..., nulls_last: bool) -> array",
        "array_sort_asc(array: dynamic, ...) -> array",
    ],
    doc: Doc {
        summary: "Sorts an array in ascending order; further arrays follow the order of the first.",
        details: "Numbers come before strings, and these before all else; nulls are last unless the last argument is \
                  false. With several arrays, `[0]`, `[1]`, … picks one; one of another length than the first is \
                  null.",
        examples: &[
            ("array_sort_asc(dynamic([3, null, 1.5]))", "[1.5,3,null]"),
            ("array_sort_asc(dynamic(['b', 'a', 1]))", "[1,\"a\",\"b\"]"),
            ("array_sort_asc(dynamic([2, 1]), dynamic(['two', 'one']))[1]", "[\"one\",\"two\"]"),
            ("array_sort_asc(dynamic([2, null, 1]), false)", "[null,1,2]"),
        ],
    },
    eval: Eval::Rewrite(|args| sorted(args, false)),
    ..Scalar::DEFAULT
};

static ARRAY_SORT_DESC: Scalar = Scalar {
    signatures: &[
        "array_sort_desc(array: dynamic, ..., nulls_last: bool) -> array",
        "array_sort_desc(array: dynamic, ...) -> array",
    ],
    doc: Doc {
        summary: "Sorts an array in descending order; further arrays follow the order of the first.",
        details: "As array_sort_asc(): nulls are last here too, unless the last argument is false.",
        examples: &[
            ("array_sort_desc(dynamic([3, null, 10]))", "[10,3,null]"),
            ("array_sort_desc(dynamic([1, null, 2]), false)", "[null,2,1]"),
        ],
    },
    eval: Eval::Rewrite(|args| sorted(args, true)),
    ..Scalar::DEFAULT
};

/// One of the arrays that a call of the above yields.
static SORTED: Scalar = Scalar {
    signatures: &[
        "sorted array(which: long, descending: bool, nulls_last: bool, array: dynamic, ...) -> array",
    ],
    doc: Doc {
        summary: "Gives one of several arrays, sorted in the order of the first.",
        details: "This is how plans show array_sort_asc() and array_sort_desc(); queries cannot name it.",
        examples: &[],
    },
    eval: Eval::Columns(sort),
    tuple: Some(Tuple {
        columns,
        name: |arguments, index| match arguments.get(index) {
            Some(Some(name)) => format!("{name}_sorted"),
            _ => format!("array{index}_sorted"),
        },
    }),
    ..Scalar::DEFAULT
};

/// Arguments of [`SORTED`] before the arrays.
const OPTIONS: usize = 3;

fn sorted(mut args: Vec<Expr>, descending: bool) -> Result<Expr, Problem> {
    let Some(span) = args.first().map(|a| a.span) else {
        return Err(Problem::new(Code::ArgumentCount, "an array is needed"));
    };
    let nulls_last = if args.last().is_some_and(|a| a.ty == Type::Bool) {
        args.pop()
    } else {
        None
    };
    let literal = |value| Expr::literal(value, span);
    let mut all = vec![
        literal(Value::Long(0)),
        literal(Value::Bool(descending)),
        nulls_last.unwrap_or_else(|| literal(Value::Bool(true))),
    ];
    all.append(&mut args);
    Ok(Expr::call(&SORTED, 0, all, Type::Dynamic, span))
}

/// One call per array.
fn columns(call: &Call) -> Option<Vec<Expr>> {
    let column = |index: usize| {
        let mut args = call.args.clone();
        let first = args.first_mut()?;
        let span = first.span;
        *first = Expr::literal(Value::Long(i64::try_from(index).ok()?), span);
        Some(Expr::call(&SORTED, 0, args, Type::Dynamic, span))
    };
    (0..call.args.len().checked_sub(OPTIONS)?).map(column).collect()
}

fn sort(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let which = args.column::<i64>(0)?;
    let (descending, nulls_last) = (args.column::<bool>(1)?, args.column::<bool>(2)?);
    let arrays = Cells::all(args.values.get(OPTIONS..).unwrap_or_default())?;
    args.build(|row| {
        let first = list(array_at(arrays.first()?, row)?)?;
        let wanted = arrays.get(usize::try_from(i64::at(&which, row)?).ok()?)?;
        let elements = list(array_at(wanted, row)?)?;
        if elements.len() != first.len() {
            return None;
        }
        let descending = bool::at(&descending, row).unwrap_or(false);
        let nulls_last = bool::at(&nulls_last, row).unwrap_or(true);
        let order = order(&first, descending, nulls_last);
        let all: Vec<&str> = order.into_iter().map(|i| elements[i]).collect();
        Some(write(&all))
    })
}

/// What an element is sorted by: its class, then its value.
struct Key<'a> {
    class: u8,
    text: &'a str,
    number: f64,
    content: std::borrow::Cow<'a, str>,
}

fn order(elements: &[&str], descending: bool, nulls_last: bool) -> Vec<usize> {
    let keys: Vec<Key<'_>> = elements
        .iter()
        .map(|text| {
            let (class, number) = match json::kind(text) {
                Kind::Null => (if nulls_last { 9 } else { 0 }, 0.0),
                Kind::Long | Kind::Double => (1, json::number(text).unwrap_or(0.0)),
                Kind::Datetime => (2, 0.0),
                Kind::String => (3, 0.0),
                Kind::Bool | Kind::Array | Kind::Bag => (4, 0.0),
            };
            let content = if matches!(class, 2 | 3) {
                json::unescape(text)
            } else {
                "".into()
            };
            Key {
                class,
                text,
                number,
                content,
            }
        })
        .collect();
    let mut order: Vec<usize> = (0..elements.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&keys[*a], &keys[*b]);
        a.class.cmp(&b.class).then_with(|| {
            let by_value = match a.class {
                1 => a
                    .number
                    .total_cmp(&b.number)
                    .then_with(|| json::compare_numbers(a.text, b.text).unwrap_or(Ordering::Equal)),
                2 | 3 => a.content.cmp(&b.content),
                _ => Ordering::Equal,
            };
            if descending {
                by_value.reverse()
            } else {
                by_value
            }
        })
    });
    order
}
