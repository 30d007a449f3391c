//! Tight loops over one or two columns of numbers or ticks, with constants broadcast; for the hot operators.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use crate::contract::{Datum, Fault};

/// An argument's values: a column, or one value for all rows. Values below a null are arbitrary.
pub struct Operand<'a, T: Clone> {
    values: Cow<'a, [T]>,
    nulls: Option<NullBuffer>,
    constant: bool,
}

impl<T: Copy> Operand<'_, T> {
    fn constant(&self) -> Option<T> {
        if self.constant {
            self.values.first().copied()
        } else {
            None
        }
    }

    /// Which rows are not null; `None` when all are.
    pub fn nulls(&self, rows: usize) -> Option<NullBuffer> {
        if !self.constant {
            return self.nulls.clone();
        }
        match &self.nulls {
            Some(nulls) if nulls.null_count() > 0 => Some(NullBuffer::new_null(rows)),
            _ => None,
        }
    }
}

/// An argument as 64-bit numbers: `long`, `datetime`, `timespan`, and `int` and `bool` widened.
///
/// # Errors
/// An internal fault when it is something else.
pub fn longs(datum: &Datum) -> Result<Operand<'_, i64>, Fault> {
    let array = &datum.array;
    let values = match array.data_type() {
        DataType::Int64 => Cow::Borrowed(&array.as_primitive::<Int64Type>().values()[..]),
        DataType::Int32 => array
            .as_primitive::<Int32Type>()
            .values()
            .iter()
            .map(|v| i64::from(*v))
            .collect(),
        DataType::Boolean => array.as_boolean().values().iter().map(i64::from).collect(),
        other => return Err(mismatch(datum, other)),
    };
    Ok(operand(datum, values))
}

/// An argument as doubles; whole numbers and `bool` are widened.
///
/// # Errors
/// An internal fault when it is something else.
pub fn reals(datum: &Datum) -> Result<Operand<'_, f64>, Fault> {
    let array = &datum.array;
    if array.data_type() == &DataType::Float64 {
        let values = Cow::Borrowed(&array.as_primitive::<Float64Type>().values()[..]);
        return Ok(operand(datum, values));
    }
    let values = longs(datum)?.values.iter().map(|v| *v as f64).collect();
    Ok(operand(datum, values))
}

fn operand<'a, T: Clone>(datum: &'a Datum, values: Cow<'a, [T]>) -> Operand<'a, T> {
    Operand {
        values,
        nulls: datum.array.nulls().cloned(),
        constant: datum.constant,
    }
}

fn mismatch(datum: &Datum, found: &DataType) -> Fault {
    Fault::internal(format!("a {} argument holds {found}", datum.ty))
}

/// The result of `f` in each row; null where an operand is.
pub fn binary<T: Copy, U: Copy, R: ArrowPrimitiveType>(
    a: &Operand<'_, T>,
    b: &Operand<'_, U>,
    rows: usize,
    f: impl Fn(T, U) -> R::Native,
) -> ArrayRef {
    let nulls = NullBuffer::union(a.nulls(rows).as_ref(), b.nulls(rows).as_ref());
    let values: Vec<R::Native> = match (a.constant(), b.constant()) {
        (Some(x), Some(y)) => (0..rows).map(|_| f(x, y)).collect(),
        (Some(x), None) => b.values.iter().map(|y| f(x, *y)).collect(),
        (None, Some(y)) => a.values.iter().map(|x| f(*x, y)).collect(),
        (None, None) => a
            .values
            .iter()
            .zip(b.values.iter())
            .map(|(x, y)| f(*x, *y))
            .collect(),
    };
    Arc::new(PrimitiveArray::<R>::new(values.into(), nulls))
}

/// The result of `f` in each row; null where an operand or the result is.
pub fn try_binary<T: Copy, U: Copy, R: ArrowPrimitiveType>(
    a: &Operand<'_, T>,
    b: &Operand<'_, U>,
    rows: usize,
    f: impl Fn(T, U) -> Option<R::Native>,
) -> ArrayRef {
    let nulls = NullBuffer::union(a.nulls(rows).as_ref(), b.nulls(rows).as_ref());
    let (x, y) = (a.constant(), b.constant());
    let values = (0..rows).map(|row| {
        if nulls.as_ref().is_some_and(|n| n.is_null(row)) {
            return None;
        }
        f(
            x.unwrap_or_else(|| a.values[row]),
            y.unwrap_or_else(|| b.values[row]),
        )
    });
    Arc::new(values.collect::<PrimitiveArray<R>>())
}

/// The result of `f` in each row; null where the operand or the result is.
pub fn try_unary<T: Copy, R: ArrowPrimitiveType>(
    a: &Operand<'_, T>,
    rows: usize,
    f: impl Fn(T) -> Option<R::Native>,
) -> ArrayRef {
    let nulls = a.nulls(rows);
    let constant = a.constant();
    let values = (0..rows).map(|row| {
        if nulls.as_ref().is_some_and(|n| n.is_null(row)) {
            return None;
        }
        f(constant.unwrap_or_else(|| a.values[row]))
    });
    Arc::new(values.collect::<PrimitiveArray<R>>())
}

/// The truth of `f` in each row, whatever is null.
pub fn compare<T: Copy>(
    a: &Operand<'_, T>,
    b: &Operand<'_, T>,
    rows: usize,
    f: impl Fn(T, T) -> bool,
) -> BooleanBuffer {
    match (a.constant(), b.constant()) {
        (Some(x), Some(y)) => {
            let truth = f(x, y);
            BooleanBuffer::collect_bool(rows, |_| truth)
        }
        (Some(x), None) => {
            let b = &b.values[..rows];
            BooleanBuffer::collect_bool(rows, |i| f(x, b[i]))
        }
        (None, Some(y)) => {
            let a = &a.values[..rows];
            BooleanBuffer::collect_bool(rows, |i| f(a[i], y))
        }
        (None, None) => {
            let (a, b) = (&a.values[..rows], &b.values[..rows]);
            BooleanBuffer::collect_bool(rows, |i| f(a[i], b[i]))
        }
    }
}

/// What a comparison makes of nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// `==` and its kin: one null is false, two are null.
    Equal,
    /// `!=` and its kin: one null is true, two are null.
    NotEqual,
    /// `<` and its kin: null when either is.
    Order,
}

/// Puts the nulls of a comparison over the truth of its non-null rows.
pub fn with_nulls(
    truth: BooleanBuffer,
    a: Option<NullBuffer>,
    b: Option<NullBuffer>,
    kind: Nulls,
) -> ArrayRef {
    let rows = truth.len();
    if a.is_none() && b.is_none() {
        return Arc::new(BooleanArray::new(truth, None));
    }
    let valid = |nulls: Option<NullBuffer>| match nulls {
        Some(nulls) => nulls.into_inner(),
        None => BooleanBuffer::new_set(rows),
    };
    let (a, b) = (valid(a), valid(b));
    let both = &a & &b;
    Arc::new(match kind {
        Nulls::Order => BooleanArray::new(truth, Some(NullBuffer::new(both))),
        Nulls::Equal => BooleanArray::new(&truth & &both, Some(NullBuffer::new(&a | &b))),
        Nulls::NotEqual => {
            let one = &a ^ &b;
            let truth = &(&truth & &both) | &one;
            BooleanArray::new(truth, Some(NullBuffer::new(&a | &b)))
        }
    })
}
