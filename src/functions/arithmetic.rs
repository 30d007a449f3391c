//! `+ - * / %` and unary minus, for every pair of operand types that has them.

use arrow::array::ArrayRef;
use arrow::datatypes::{Float64Type, Int64Type};

use super::vector::{binary, longs, reals, try_binary, try_unary};
use crate::contract::{Args, Datum, Fault};
use crate::decimal::Decimal;
use crate::json;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Role, Scalar};
use crate::temporal;
use crate::text;
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&ADD, &SUBTRACT, &MULTIPLY, &DIVIDE, &MODULO, &NEGATE];

/// The type of a result that Microsoft's language service knows of, but nobody has told what it is.
pub fn untold(function: &Scalar, left: Type, right: Type) -> Option<Type> {
    let is = |other: &Scalar| std::ptr::eq(function, other);
    let numbers = (left.is_number(), right.is_number());
    match (left, right) {
        (Type::Datetime, Type::Datetime) if is(&ADD) => Some(Type::Datetime),
        (Type::Timespan, Type::Datetime) if is(&SUBTRACT) => Some(Type::Datetime),
        (Type::Timespan, Type::Timespan) if is(&MULTIPLY) => Some(Type::Timespan),
        (Type::Datetime, _) if numbers.1 && (is(&MULTIPLY) || is(&DIVIDE) || is(&MODULO)) => {
            Some(Type::Datetime)
        }
        (_, Type::Datetime) if numbers.0 && is(&MULTIPLY) => Some(Type::Datetime),
        _ => None,
    }
}

static ADD: Scalar = Scalar {
    signatures: &[
        "left: long + right: long -> long",
        "left: real + right: real -> real",
        "left: decimal + right: decimal -> decimal",
        "left: timespan + right: timespan -> timespan",
        "left: datetime + right: timespan -> datetime",
        "left: timespan + right: datetime -> datetime",
        "left: dynamic + right: long -> long",
        "left: long + right: dynamic -> long",
        "left: dynamic + right: real -> real",
        "left: real + right: dynamic -> real",
        "left: dynamic + right: decimal -> decimal",
        "left: decimal + right: dynamic -> decimal",
        "left: dynamic + right: timespan -> timespan",
        "left: timespan + right: dynamic -> timespan",
        "left: dynamic + right: datetime -> datetime",
        "left: datetime + right: dynamic -> datetime",
        "left: dynamic + right: dynamic -> dynamic",
    ],
    doc: Doc {
        summary: "Adds.",
        details: "The sum of two `int` is a `long`. A `long` sum that does not fit wraps around. A datetime outside \
                  the years 1 to 9999 is null. A dynamic operand counts as the other operand's type.",
        examples: &[
            ("1 + 2", "3"),
            ("1 + 0.5", "1.5"),
            ("int(2147483647) + int(1)", "2147483648"),
            (
                "datetime(2024-02-28) + 1d",
                "2024-02-29T00:00:00.0000000Z",
            ),
            ("long(null) + 1", ""),
        ],
    },
    eval: Eval::Columns(|args| arithmetic(args, Op::Add)),
    role: Role::Add,
    ..Scalar::DEFAULT
};

static SUBTRACT: Scalar = Scalar {
    signatures: &[
        "left: long - right: long -> long",
        "left: real - right: real -> real",
        "left: decimal - right: decimal -> decimal",
        "left: timespan - right: timespan -> timespan",
        "left: datetime - right: timespan -> datetime",
        "left: datetime - right: datetime -> timespan",
        "left: dynamic - right: long -> long",
        "left: long - right: dynamic -> long",
        "left: dynamic - right: real -> real",
        "left: real - right: dynamic -> real",
        "left: dynamic - right: decimal -> decimal",
        "left: decimal - right: dynamic -> decimal",
        "left: dynamic - right: timespan -> timespan",
        "left: timespan - right: dynamic -> timespan",
        "left: dynamic - right: datetime -> timespan",
        "left: datetime - right: dynamic -> timespan",
        "left: dynamic - right: dynamic -> dynamic",
    ],
    doc: Doc {
        summary: "Subtracts.",
        details: "Two datetimes make a timespan. A `long` difference that does not fit wraps around.",
        examples: &[
            ("1 - 2", "-1"),
            (
                "datetime(2024-03-01) - datetime(2024-02-28)",
                "2.00:00:00",
            ),
            ("1h - 90m", "-00:30:00"),
        ],
    },
    eval: Eval::Columns(|args| arithmetic(args, Op::Subtract)),
    role: Role::Subtract,
    ..Scalar::DEFAULT
};

static MULTIPLY: Scalar = Scalar {
    signatures: &[
        "left: long * right: long -> long",
        "left: real * right: real -> real",
        "left: decimal * right: decimal -> decimal",
        "left: timespan * right: long -> timespan",
        "left: long * right: timespan -> timespan",
        "left: timespan * right: real -> timespan",
        "left: real * right: timespan -> timespan",
        "left: timespan * right: decimal -> timespan",
        "left: decimal * right: timespan -> timespan",
        "left: dynamic * right: long -> long",
        "left: long * right: dynamic -> long",
        "left: dynamic * right: real -> real",
        "left: real * right: dynamic -> real",
        "left: dynamic * right: decimal -> decimal",
        "left: decimal * right: dynamic -> decimal",
        "left: dynamic * right: dynamic -> dynamic",
    ],
    doc: Doc {
        summary: "Multiplies.",
        details: "The product of two `int` is a `long`. A timespan times a number is a timespan.",
        examples: &[
            ("6 * 7", "42"),
            ("2 * 1.5", "3.0"),
            ("90 * 1m", "01:30:00"),
            ("1d * 0.5", "12:00:00"),
        ],
    },
    eval: Eval::Columns(|args| arithmetic(args, Op::Multiply)),
    role: Role::Multiply,
    ..Scalar::DEFAULT
};

static DIVIDE: Scalar = Scalar {
    signatures: &[
        "left: long / right: long -> long",
        "left: real / right: real -> real",
        "left: decimal / right: decimal -> decimal",
        "left: timespan / right: timespan -> real",
        "left: timespan / right: long -> timespan",
        "left: timespan / right: real -> timespan",
        "left: timespan / right: decimal -> timespan",
        "left: datetime / right: timespan -> real",
        "left: datetime / right: datetime -> real",
        "left: dynamic / right: long -> long",
        "left: long / right: dynamic -> long",
        "left: dynamic / right: real -> real",
        "left: real / right: dynamic -> real",
        "left: dynamic / right: decimal -> decimal",
        "left: decimal / right: dynamic -> decimal",
        "left: dynamic / right: dynamic -> dynamic",
    ],
    doc: Doc {
        summary: "Divides.",
        details: "Whole numbers make a whole number, cut toward zero: use a real operand for a fraction. Whole \
                  numbers divided by zero are null, reals an infinity or NaN. Two timespans make a real.",
        examples: &[
            ("7 / 2", "3"),
            ("-7 / 2", "-3"),
            ("7 / 2.0", "3.5"),
            ("1 / 0", ""),
            ("1.0 / 0", "inf"),
            ("1d / 1h", "24.0"),
            ("1h / 2", "00:30:00"),
        ],
    },
    eval: Eval::Columns(|args| arithmetic(args, Op::Divide)),
    role: Role::Divide,
    ..Scalar::DEFAULT
};

static MODULO: Scalar = Scalar {
    signatures: &[
        "left: long % right: long -> long",
        "left: real % right: real -> real",
        "left: decimal % right: decimal -> decimal",
        "left: timespan % right: timespan -> timespan",
        "left: datetime % right: timespan -> timespan",
        "left: datetime % right: datetime -> timespan",
        "left: timespan % right: long -> timespan",
        "left: timespan % right: real -> timespan",
        "left: dynamic % right: long -> long",
        "left: long % right: dynamic -> long",
        "left: dynamic % right: real -> real",
        "left: real % right: dynamic -> real",
        "left: dynamic % right: decimal -> decimal",
        "left: decimal % right: dynamic -> decimal",
        "left: dynamic % right: dynamic -> dynamic",
    ],
    doc: Doc {
        summary: "The remainder of a division.",
        details: "It is never negative, whatever the operands' signs. A remainder by the whole number zero is null.",
        examples: &[
            ("14 % 12", "2"),
            ("-14 % 12", "10"),
            ("14 % -12", "2"),
            ("-5.5 % 2.0", "0.5"),
            ("1d % 5h", "04:00:00"),
            ("1 % 0", ""),
        ],
    },
    eval: Eval::Columns(|args| arithmetic(args, Op::Modulo)),
    role: Role::Modulo,
    ..Scalar::DEFAULT
};

static NEGATE: Scalar = Scalar {
    signatures: &[
        "__negate(value: long) -> long",
        "__negate(value: real) -> real",
        "__negate(value: decimal) -> decimal",
        "__negate(value: timespan) -> timespan",
        "__negate(value: dynamic) -> dynamic",
    ],
    doc: Doc {
        summary: "Changes the sign.",
        details: "The opposite of an `int` is a `long`.",
        examples: &[("-(2 + 3)", "-5"), ("-(1h)", "-01:00:00")],
    },
    eval: Eval::Columns(negate),
    role: Role::Negate,
    ..Scalar::DEFAULT
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

fn arithmetic(args: &Args<'_>, op: Op) -> Result<ArrayRef, Fault> {
    use Type::{Datetime, Decimal as Dec, Dynamic, Long, Real, Timespan};
    let (left, right) = (args.datum(0)?, args.datum(1)?);
    match (left.ty, right.ty) {
        (Dynamic, Dynamic) => return dynamics(args, op),
        (Dynamic, other) => {
            let converted = content(left, other, args.rows)?;
            return arithmetic(&over(args, &[converted, right.clone()]), op);
        }
        (other, Dynamic) => {
            let converted = content(right, other, args.rows)?;
            return arithmetic(&over(args, &[left.clone(), converted]), op);
        }
        _ => {}
    }
    match (left.ty, right.ty) {
        (Datetime, Timespan) | (Timespan, Datetime)
            if matches!(op, Op::Add | Op::Subtract) =>
        {
            moments(args, op)
        }
        (Datetime | Timespan, Datetime | Timespan) if op == Op::Divide => {
            let (a, b) = (longs(left)?, longs(right)?);
            let ratio = |a: i64, b: i64| a as f64 / b as f64;
            Ok(binary::<_, _, Float64Type>(&a, &b, args.rows, ratio))
        }
        (Dec, Dec) => decimals(args, op),
        (Timespan, Dec | Real) | (Dec | Real, Timespan) => scaled(args, op),
        (_, Real) | (Real, _) => {
            let (a, b) = (reals(left)?, reals(right)?);
            Ok(real_op(op, |f| {
                binary::<_, _, Float64Type>(&a, &b, args.rows, f)
            }))
        }
        (Long | Timespan | Datetime | Type::Int, _) => whole(left, right, args.rows, op),
        (a, b) => Err(Fault::internal(format!("arithmetic on {a} and {b}"))),
    }
}

fn over<'a>(args: &Args<'a>, values: &'a [Datum]) -> Args<'a> {
    Args {
        values,
        rows: args.rows,
        ty: args.ty,
        overload: args.overload,
        position: args.position,
        parts: args.parts,
    }
}

/// Whole numbers and ticks.
fn whole(left: &Datum, right: &Datum, rows: usize, op: Op) -> Result<ArrayRef, Fault> {
    let (a, b) = (longs(left)?, longs(right)?);
    Ok(match op {
        Op::Add => binary::<_, _, Int64Type>(&a, &b, rows, i64::wrapping_add),
        Op::Subtract => binary::<_, _, Int64Type>(&a, &b, rows, i64::wrapping_sub),
        Op::Multiply => binary::<_, _, Int64Type>(&a, &b, rows, i64::wrapping_mul),
        Op::Divide => try_binary::<_, _, Int64Type>(&a, &b, rows, |a: i64, b| {
            (b != 0).then(|| a.wrapping_div(b))
        }),
        Op::Modulo => try_binary::<_, _, Int64Type>(&a, &b, rows, |a: i64, b| {
            (b != 0).then(|| a.wrapping_rem_euclid(b))
        }),
    })
}

/// A datetime moved by a timespan; null outside datetime's range.
fn moments(args: &Args<'_>, op: Op) -> Result<ArrayRef, Fault> {
    let (a, b) = (longs(args.datum(0)?)?, longs(args.datum(1)?)?);
    Ok(try_binary::<_, _, Int64Type>(&a, &b, args.rows, |a, b| {
        let moved = match op {
            Op::Add => i64::checked_add(a, b),
            _ => i64::checked_sub(a, b),
        };
        moved.and_then(temporal::checked)
    }))
}

/// Calls `apply` with the function of two reals.
fn real_op<R>(op: Op, apply: impl FnOnce(fn(f64, f64) -> f64) -> R) -> R {
    apply(match op {
        Op::Add => |a, b| a + b,
        Op::Subtract => |a, b| a - b,
        Op::Multiply => |a, b| a * b,
        Op::Divide => |a, b| a / b,
        Op::Modulo => remainder,
    })
}

/// The remainder of reals, never negative.
fn remainder(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest < 0.0 { rest + b.abs() } else { rest }
}

/// A timespan and a real (or decimal) number.
fn scaled(args: &Args<'_>, op: Op) -> Result<ArrayRef, Fault> {
    let number = |datum: &Datum| -> Result<Datum, Fault> {
        if datum.ty != Type::Decimal {
            return Ok(datum.clone());
        }
        let values = std::slice::from_ref(datum);
        let array = Args {
            values,
            rows: datum.array.len(),
            ty: Type::Real,
            overload: 0,
            position: 0,
            parts: &[],
        }
        .map(Decimal::to_f64)?;
        Ok(Datum {
            array,
            constant: datum.constant,
            ty: Type::Real,
        })
    };
    let (left, right) = (number(args.datum(0)?)?, number(args.datum(1)?)?);
    let (a, b) = (reals(&left)?, reals(&right)?);
    Ok(real_op(op, |f| {
        try_binary::<_, _, Int64Type>(&a, &b, args.rows, |a, b| ticks(f(a, b)))
    }))
}

/// Whole ticks of a real number of them.
fn ticks(value: f64) -> Option<i64> {
    let rounded = value.round();
    (rounded >= i64::MIN as f64 && rounded < i64::MAX as f64).then_some(rounded as i64)
}

fn decimals(args: &Args<'_>, op: Op) -> Result<ArrayRef, Fault> {
    args.map2(|a: Decimal, b: Decimal| match op {
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        Op::Multiply => a.checked_mul(b),
        Op::Divide => a.checked_div(b),
        Op::Modulo => a.checked_rem(b),
    })
}

/// The numbers (datetimes) that dynamic values hold, as `ty`; null for anything else.
fn content(datum: &Datum, ty: Type, rows: usize) -> Result<Datum, Fault> {
    let column = <Json<&str> as Arg<'_>>::open(datum)?;
    let rows = if datum.constant { 1 } else { rows };
    let values: Vec<Value> = (0..rows)
        .map(|row| match <Json<&str> as Arg<'_>>::at(&column, row) {
            Some(Json(text)) => held(&json::value_of(text), ty),
            None => Value::null(ty),
        })
        .collect();
    Ok(Datum {
        array: arrays::of(ty, &values),
        constant: datum.constant,
        ty,
    })
}

fn held(value: &Value, ty: Type) -> Value {
    let converted = match (value, ty) {
        (Value::Long(v), Type::Long) => Some(Value::Long(*v)),
        (Value::Real(v), Type::Long) => Some(Value::Long(*v as i64)),
        (_, Type::Real) => value.as_f64().map(Value::Real),
        (Value::Long(v), Type::Decimal) => Some(Value::Decimal(Decimal::from_i64(*v))),
        (Value::Real(v), Type::Decimal) => Decimal::from_f64(*v).map(Value::Decimal),
        (Value::Datetime(v), Type::Datetime) => Some(Value::Datetime(*v)),
        (Value::Long(v), Type::Timespan) => Some(Value::Timespan(*v)),
        _ => None,
    };
    converted.unwrap_or_else(|| Value::null(ty))
}

/// Two dynamic operands: numbers only.
fn dynamics(args: &Args<'_>, op: Op) -> Result<ArrayRef, Fault> {
    args.map2(|Json(a): Json<&str>, Json(b): Json<&str>| {
        let number = match (json::value_of(a), json::value_of(b)) {
            (Value::Long(a), Value::Long(b)) => whole_numbers(op, a, b)?.to_string(),
            (a, b) => text::real_text(finite(real_op(op, |f| {
                Some(f(a.as_f64()?, b.as_f64()?))
            })?)?),
        };
        Some(Json(number))
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn whole_numbers(op: Op, a: i64, b: i64) -> Option<i64> {
    match op {
        Op::Add => Some(a.wrapping_add(b)),
        Op::Subtract => Some(a.wrapping_sub(b)),
        Op::Multiply => Some(a.wrapping_mul(b)),
        Op::Divide => (b != 0).then(|| a.wrapping_div(b)),
        Op::Modulo => (b != 0).then(|| a.wrapping_rem_euclid(b)),
    }
}

fn negate(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let value = args.datum(0)?;
    match value.ty {
        Type::Real => Ok(try_unary::<_, Float64Type>(&reals(value)?, args.rows, |v| {
            Some(-v)
        })),
        Type::Decimal => args.map(Decimal::negated),
        Type::Dynamic => args.map(|Json(text): Json<&str>| {
            Some(Json(match json::value_of(text) {
                Value::Long(v) => v.wrapping_neg().to_string(),
                Value::Real(v) => text::real_text(finite(-v)?),
                _ => return None,
            }))
        }),
        _ => Ok(try_unary::<_, Int64Type>(&longs(value)?, args.rows, |v| {
            Some(v.wrapping_neg())
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::text_of as text;
    use Value::{Datetime, Dynamic, Int, Long, Real, Timespan};

    #[test]
    fn computes_as_kusto_does() {
        let op = |a: &Value, op: &str, b: &Value| text(op, &[a.clone(), b.clone()]);
        assert_eq!(op(&Long(-7), "/", &Long(2)), "-3");
        assert_eq!(op(&Long(7), "/", &Long(0)), "");
        assert_eq!(op(&Long(-14), "%", &Long(-12)), "10");
        assert_eq!(op(&Long(i64::MIN), "/", &Long(-1)), "-9223372036854775808");
        assert_eq!(op(&Long(i64::MAX), "+", &Long(1)), "-9223372036854775808");
        assert_eq!(op(&Real(-5.5), "%", &Real(2.0)), "0.5");
        assert_eq!(op(&Real(1.0), "/", &Real(0.0)), "inf");
        assert_eq!(op(&Timespan(864_000_000_000), "/", &Timespan(36_000_000_000)), "24.0");
        assert_eq!(op(&Datetime(5), "-", &Timespan(6)), "");
        assert_eq!(op(&Datetime(5), "-", &Datetime(4)), "00:00:00.0000001");
        assert_eq!(op(&Timespan(10_000_000), "*", &Real(0.29)), "00:00:00.2900000");
        assert_eq!(op(&Value::Null(Type::Long), "+", &Long(1)), "");
        let json = |text: &str| Dynamic(text.into());
        assert_eq!(op(&json("5"), "+", &Long(1)), "6");
        assert_eq!(op(&json("\"5\""), "+", &Long(1)), "");
        assert_eq!(op(&Real(1.5), "*", &json("2")), "3.0");
        assert_eq!(op(&json("1"), "+", &json("1.5")), "2.5");
        assert_eq!(text("__negate", &[Long(5)]), "-5");
        assert_eq!(text("tohex", &[Int(-256)]), "ffffff00");
    }
}
