//! The loops of `== != < <= > >=` and `between`, by the types of their operands.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::Int64Type;

use super::vector::{Nulls, Operand, binary, compare, longs, reals, with_nulls};
use crate::contract::{Args, Datum, Fault};
use crate::decimal::Decimal;
use crate::json;
use crate::plan::args::{Arg, Guid, Json};
use crate::types::{Type, Value};

/// An ordering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Op {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Op::Less => order.is_lt(),
            Op::LessOrEqual => order.is_le(),
            Op::Greater => order.is_gt(),
            Op::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The comparison with its sides swapped.
    fn swapped(self) -> Op {
        match self {
            Op::Less => Op::Greater,
            Op::LessOrEqual => Op::GreaterOrEqual,
            Op::Greater => Op::Less,
            Op::GreaterOrEqual => Op::LessOrEqual,
        }
    }
}

/// `==`, or `!=`.
pub(super) fn equality(args: &Args<'_>, negated: bool) -> Result<ArrayRef, Fault> {
    use Type::{Dynamic, Real, String};
    let (left, right) = (args.datum(0)?, args.datum(1)?);
    let rows = args.rows;
    let kind = if negated {
        Nulls::NotEqual
    } else {
        Nulls::Equal
    };
    let (equal, a, b) = match (left.ty, right.ty) {
        (String, String) => (strings(left, right, rows)?, None, None),
        (Dynamic, String) => (contents(left, right, rows)?, None, None),
        (String, Dynamic) => (contents(right, left, rows)?, None, None),
        (Dynamic, _) => (held(args, 0, 1)?, nulls(left, rows), nulls(right, rows)),
        (_, Dynamic) => (held(args, 1, 0)?, nulls(left, rows), nulls(right, rows)),
        (Type::Guid, _) => {
            let truth = rowwise::<Guid>(args, |a, b| a == b)?;
            (truth, nulls(left, rows), nulls(right, rows))
        }
        (Type::Decimal, _) => {
            let truth = rowwise::<Decimal>(args, |a, b| a == b)?;
            (truth, nulls(left, rows), nulls(right, rows))
        }
        (Real, _) | (_, Real) => {
            let (a, b) = (reals(left)?, reals(right)?);
            (
                compare(&a, &b, rows, |a, b| a == b),
                a.nulls(rows),
                b.nulls(rows),
            )
        }
        _ => {
            let (a, b) = (longs(left)?, longs(right)?);
            (
                compare(&a, &b, rows, |a, b| a == b),
                a.nulls(rows),
                b.nulls(rows),
            )
        }
    };
    let truth = if negated { !&equal } else { equal };
    Ok(with_nulls(truth, a, b, kind))
}

/// `<` and its kin.
pub(super) fn order(args: &Args<'_>, op: Op) -> Result<ArrayRef, Fault> {
    let (left, right) = (args.datum(0)?, args.datum(1)?);
    let rows = args.rows;
    let (truth, a, b) = match (left.ty, right.ty) {
        (Type::Dynamic, _) => return dynamic_order(args, 0, 1, op),
        (_, Type::Dynamic) => return dynamic_order(args, 1, 0, op.swapped()),
        (Type::Decimal, _) => {
            let truth = rowwise::<Decimal>(args, |a, b| op.accepts(a.cmp(&b)))?;
            (truth, nulls(left, rows), nulls(right, rows))
        }
        (Type::Real, _) | (_, Type::Real) => {
            let (a, b) = (reals(left)?, reals(right)?);
            (ordered(&a, &b, rows, op), a.nulls(rows), b.nulls(rows))
        }
        _ => {
            let (a, b) = (longs(left)?, longs(right)?);
            (ordered(&a, &b, rows, op), a.nulls(rows), b.nulls(rows))
        }
    };
    Ok(with_nulls(truth, a, b, Nulls::Order))
}

/// One loop for each comparison, so that each is vectorised.
fn ordered<T: PartialOrd + Copy>(
    a: &Operand<'_, T>,
    b: &Operand<'_, T>,
    rows: usize,
    op: Op,
) -> BooleanBuffer {
    match op {
        Op::Less => compare(a, b, rows, |a, b| a < b),
        Op::LessOrEqual => compare(a, b, rows, |a, b| a <= b),
        Op::Greater => compare(a, b, rows, |a, b| a > b),
        Op::GreaterOrEqual => compare(a, b, rows, |a, b| a >= b),
    }
}

/// `between`, or `!between`.
pub(super) fn between(args: &Args<'_>, negated: bool) -> Result<ArrayRef, Fault> {
    let rows = args.rows;
    let (value, low, high) = (args.datum(0)?, args.datum(1)?, args.datum(2)?);
    let inside = match value.ty {
        Type::Decimal => {
            return args.map3(|v: Decimal, low: Decimal, high: Decimal| {
                (low <= v && v <= high) != negated
            });
        }
        Type::Real => {
            let (v, low, high) = (reals(value)?, reals(low)?, reals(high)?);
            &ordered(&v, &low, rows, Op::GreaterOrEqual)
                & &ordered(&v, &high, rows, Op::LessOrEqual)
        }
        _ => {
            let length = value.ty == Type::Datetime && high.ty == Type::Timespan;
            let (v, low, high) = (longs(value)?, longs(low)?, longs(high)?);
            let below = if length {
                // v - low cannot overflow: both are datetimes.
                let gone = binary::<_, _, Int64Type>(&v, &low, rows, i64::wrapping_sub);
                let gone = Datum {
                    array: gone,
                    constant: false,
                    ty: Type::Timespan,
                };
                ordered(&longs(&gone)?, &high, rows, Op::LessOrEqual)
            } else {
                ordered(&v, &high, rows, Op::LessOrEqual)
            };
            &ordered(&v, &low, rows, Op::GreaterOrEqual) & &below
        }
    };
    let truth = if negated { !&inside } else { inside };
    let ends = NullBuffer::union(nulls(low, rows).as_ref(), nulls(high, rows).as_ref());
    Ok(with_nulls(truth, nulls(value, rows), ends, Nulls::Order))
}

/// Which rows of an argument are not null.
fn nulls(datum: &Datum, rows: usize) -> Option<NullBuffer> {
    if !datum.constant {
        return datum.array.nulls().cloned();
    }
    datum.array.is_null(0).then(|| NullBuffer::new_null(rows))
}

/// The truth of `f` where neither side is null.
fn rowwise<'a, A: Arg<'a>>(
    args: &'a Args<'_>,
    f: impl Fn(A, A) -> bool,
) -> Result<BooleanBuffer, Fault> {
    let (a, b) = (args.column::<A>(0)?, args.column::<A>(1)?);
    Ok(BooleanBuffer::collect_bool(args.rows, |row| {
        match (A::at(&a, row), A::at(&b, row)) {
            (Some(a), Some(b)) => f(a, b),
            _ => false,
        }
    }))
}

fn views(datum: &Datum) -> Result<&StringViewArray, Fault> {
    datum
        .array
        .as_string_view_opt()
        .ok_or_else(|| Fault::internal("a string argument holds something else"))
}

/// Whether strings are equal, by their views first: a view is a string's length and first bytes.
fn strings(left: &Datum, right: &Datum, rows: usize) -> Result<BooleanBuffer, Fault> {
    let (a, b) = (views(left)?, views(right)?);
    match (left.constant, right.constant) {
        (false, true) => Ok(equal_to(a, b)),
        (true, false) => Ok(equal_to(b, a)),
        (true, true) => {
            let truth = a.value(0) == b.value(0);
            Ok(BooleanBuffer::collect_bool(rows, |_| truth))
        }
        (false, false) => {
            let (x, y) = (a.views(), b.views());
            Ok(BooleanBuffer::collect_bool(rows, |i| {
                x[i] as u64 == y[i] as u64 && a.value(i) == b.value(i)
            }))
        }
    }
}

/// Which strings of a column equal the only string of another.
fn equal_to(column: &StringViewArray, constant: &StringViewArray) -> BooleanBuffer {
    let (views, needle) = (column.views(), constant.views()[0]);
    let text = constant.value(0);
    if text.len() <= 12 {
        // Such a string is in its view as a whole.
        return BooleanBuffer::collect_bool(views.len(), |i| views[i] == needle);
    }
    BooleanBuffer::collect_bool(views.len(), |i| {
        views[i] as u64 == needle as u64 && column.value(i) == text
    })
}

/// Whether dynamic values are strings equal to the other side; null counts as `""`.
fn contents(dynamic: &Datum, text: &Datum, rows: usize) -> Result<BooleanBuffer, Fault> {
    let json = <Json<&str> as Arg<'_>>::open(dynamic)?;
    let text = <&str as Arg<'_>>::open(text)?;
    Ok(BooleanBuffer::collect_bool(rows, |row| {
        let text = <&str as Arg<'_>>::at(&text, row).unwrap_or("");
        match <Json<&str> as Arg<'_>>::at(&json, row) {
            None => text.is_empty(),
            Some(Json(json)) => is_string(json, text),
        }
    }))
}

fn is_string(json: &str, text: &str) -> bool {
    let Some(content) = json.strip_prefix('"').and_then(|j| j.strip_suffix('"')) else {
        return text.is_empty() && json::is_null(json);
    };
    match content.contains(['\\', '\u{1}']) {
        false => content == text,
        true => json::display(json) == text,
    }
}

/// Whether the dynamic argument holds the number or bool of the other.
fn held(args: &Args<'_>, dynamic: usize, other: usize) -> Result<BooleanBuffer, Fault> {
    let number = args.datum(other)?;
    let json = args.column::<Json<&str>>(dynamic)?;
    if number.ty == Type::Bool {
        let truth = args.column::<bool>(other)?;
        return Ok(BooleanBuffer::collect_bool(args.rows, |row| {
            let json = <Json<&str> as Arg<'_>>::at(&json, row);
            match bool::at(&truth, row) {
                Some(true) => json == Some(Json("true")),
                Some(false) => json == Some(Json("false")),
                None => false,
            }
        }));
    }
    let equal = content_order(args, dynamic, other)?;
    Ok(BooleanBuffer::collect_bool(args.rows, |row| {
        equal(row) == Some(Ordering::Equal)
    }))
}

/// The order of a dynamic argument's number and the other argument, in a row.
fn content_order<'a>(
    args: &'a Args<'_>,
    dynamic: usize,
    other: usize,
) -> Result<Box<dyn Fn(usize) -> Option<Ordering> + 'a>, Fault> {
    let json = args.column::<Json<&str>>(dynamic)?;
    let text = move |row| <Json<&str> as Arg<'_>>::at(&json, row).map(|Json(text)| text);
    if args.datum(other)?.ty == Type::Real {
        let number = args.column::<f64>(other)?;
        return Ok(Box::new(move |row| {
            json::number(text(row)?)?.partial_cmp(&f64::at(&number, row)?)
        }));
    }
    let number = args.column::<i64>(other)?;
    Ok(Box::new(move |row| {
        let number = i64::at(&number, row)?;
        match json::value_of(text(row)?) {
            Value::Long(v) => Some(v.cmp(&number)),
            Value::Real(v) => v.partial_cmp(&(number as f64)),
            _ => None,
        }
    }))
}

/// Orders a dynamic argument's number; null when it holds none.
fn dynamic_order(args: &Args<'_>, dynamic: usize, other: usize, op: Op) -> Result<ArrayRef, Fault> {
    let order = content_order(args, dynamic, other)?;
    args.build(|row| order(row).map(|o| op.accepts(o)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::text_of as text;
    use Value::{Bool, Datetime, Dynamic, Long, Null, Real, Timespan};

    #[test]
    fn compares_as_kusto_does() {
        let op = |a: &Value, op: &str, b: &Value| text(op, &[a.clone(), b.clone()]);
        let (none, json) = (Null(Type::Long), |text: &str| Dynamic(text.into()));
        assert_eq!(op(&none, "==", &Long(1)), "False");
        assert_eq!(op(&none, "==", &none), "");
        assert_eq!(op(&none, "!=", &Long(1)), "True");
        assert_eq!(op(&Long(1), "!=", &none), "True");
        assert_eq!(op(&none, "!=", &none), "");
        assert_eq!(op(&none, "<", &Long(1)), "");
        assert_eq!(op(&Long(1), "<=", &Long(1)), "True");
        assert_eq!(op(&Real(f64::NAN), "==", &Real(f64::NAN)), "False");
        assert_eq!(op(&Bool(true), "==", &Long(1)), "True");
        assert_eq!(op(&json("\"a\\n\""), "==", &Value::string("a\n")), "True");
        assert_eq!(op(&json("5"), "==", &Value::string("5")), "False");
        assert_eq!(op(&json("5"), "==", &Real(5.0)), "True");
        assert_eq!(op(&Long(4), "<", &json("4.5")), "True");
        assert_eq!(op(&Null(Type::Dynamic), "==", &Value::string("")), "True");
        let range = |v: Value, low: Value, high: Value| text("between", &[v, low, high]);
        assert_eq!(range(Long(5), Long(1), Long(5)), "True");
        assert_eq!(range(Long(5), Null(Type::Long), Long(5)), "");
        assert_eq!(range(Datetime(15), Datetime(10), Timespan(5)), "True");
        assert_eq!(range(Datetime(16), Datetime(10), Timespan(5)), "False");
        assert_eq!(range(Datetime(9), Datetime(10), Timespan(5)), "False");
    }

    #[test]
    fn strings_are_equal_by_all_their_bytes() {
        let texts = [
            "twelve bytes",
            "twelve byte",
            "more than twelve bytes",
            "more than twelve byteS",
            "",
        ];
        let column = |texts: &[&str]| Datum {
            array: std::sync::Arc::new(StringViewArray::from_iter_values(texts)),
            constant: texts.len() == 1,
            ty: Type::String,
        };
        for needle in texts {
            let found = strings(&column(&texts), &column(&[needle]), texts.len()).unwrap();
            let expected: Vec<bool> = texts.iter().map(|t| *t == needle).collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{needle}");
        }
    }
}
