//! Rows that no table holds: constants, and `range`.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};

use super::expression::Preparation;
use super::pipeline::Pipeline;
use crate::contract::{Batch, Cancel, Fault, Flow, Morsel, Sink};
use crate::decimal::Decimal;
use crate::plan::Expr;
use crate::types::{Schema, Type, Value, arrays};

/// Constant rows.
pub fn constants(schema: &Schema, columns: &[Vec<Value>], rows: usize) -> Pipeline {
    let columns = columns.iter().zip(&schema.columns);
    let columns = columns.map(|(values, column)| arrays::of(column.ty, values));
    let batch = Batch {
        columns: columns.collect(),
        rows,
        position: 0,
    };
    Pipeline::batches(vec![batch], usize::MAX)
}

/// The values `from`, `from + step`, … up to `to`; computed as they are read.
///
/// # Errors
/// A step of 0.
pub fn range(
    preparation: Preparation<'_>,
    schema: &Schema,
    [from, to, step]: [&Expr; 3],
    morsel_rows: usize,
) -> Result<Pipeline, Fault> {
    let value = |expr: &Expr| {
        let constant = preparation.expr(expr)?.constant();
        constant.ok_or_else(|| Fault::internal("a bound of range is no constant"))
    };
    let ty = schema.columns.first().map_or(Type::Long, |c| c.ty);
    let series = Series::new(ty, &value(from)?, &value(to)?, &value(step)?)?;
    let piece = u64::try_from(morsel_rows.max(1)).unwrap_or(u64::MAX);
    Ok(Pipeline::of(move || {
        let mut start = 0;
        Ok(Box::new(std::iter::from_fn(move || {
            let rows = series.count.saturating_sub(start).min(piece);
            let morsel: Box<dyn Morsel> = Box::new(RangeMorsel {
                series,
                start,
                rows,
            });
            start += rows;
            (rows > 0).then_some(Ok(morsel))
        })))
    }))
}

/// An arithmetic series.
#[derive(Clone, Copy)]
struct Series {
    ty: Type,
    values: Values,
    count: u64,
}

#[derive(Clone, Copy)]
enum Values {
    Whole { from: i64, step: i64 },
    Real { from: f64, step: f64 },
    Decimal { from: Decimal, step: Decimal },
}

impl Series {
    fn new(ty: Type, from: &Value, to: &Value, step: &Value) -> Result<Series, Fault> {
        let null = from.is_null() || to.is_null() || step.is_null();
        let zero = || Fault::query("the step of range is 0");
        let (values, count) = match ty {
            Type::Real => {
                let [from, to, step] = [from, to, step].map(|v| v.as_f64().unwrap_or(f64::NAN));
                if step == 0.0 {
                    return Err(zero());
                }
                (Values::Real { from, step }, real_count(from, to, step))
            }
            Type::Decimal => {
                let [from, to, step] = [from, to, step].map(decimal);
                if step == Decimal::from_i64(0) && !null {
                    return Err(zero());
                }
                let span = to.checked_sub(from).and_then(|s| s.checked_div(step));
                let count = match span {
                    Some(span) if span >= Decimal::from_i64(0) => {
                        u64::try_from(span.to_i64().unwrap_or(i64::MAX)).unwrap_or(0) + 1
                    }
                    _ => 0,
                };
                (Values::Decimal { from, step }, count)
            }
            _ => {
                let [from, to, step] = [from, to, step].map(whole);
                if step == 0 && !null {
                    return Err(zero());
                }
                (Values::Whole { from, step }, whole_count(from, to, step))
            }
        };
        let count = if null { 0 } else { count };
        Ok(Series { ty, values, count })
    }

    fn array(&self, start: u64, rows: u64) -> ArrayRef {
        let steps = start..start + rows;
        match self.values {
            Values::Whole { from, step } => {
                // The count says that no value passes the end, so nothing wraps.
                let value = |i: u64| from.wrapping_add(step.wrapping_mul(i.cast_signed()));
                if self.ty == Type::Int {
                    let value = |i| Value::Int(i32::try_from(value(i)).unwrap_or(i32::MAX));
                    return arrays::of(Type::Int, &steps.map(value).collect::<Vec<_>>());
                }
                Arc::new(Int64Array::from_iter_values(steps.map(value)))
            }
            Values::Real { from, step } => {
                let value = |i| Value::Real(from + step * i as f64);
                arrays::of(Type::Real, &steps.map(value).collect::<Vec<_>>())
            }
            Values::Decimal { from, step } => {
                let value = |i: u64| {
                    let distance = Decimal::from_i64(i.cast_signed()).checked_mul(step);
                    match distance.and_then(|d| from.checked_add(d)) {
                        Some(v) => Value::Decimal(v),
                        None => Value::Null(Type::Decimal),
                    }
                };
                arrays::of(Type::Decimal, &steps.map(value).collect::<Vec<_>>())
            }
        }
    }
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::Datetime(v) | Value::Timespan(v) => *v,
        value => value.as_i64().unwrap_or(0),
    }
}

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::Decimal(v) => *v,
        value => Decimal::from_i64(value.as_i64().unwrap_or(0)),
    }
}

fn whole_count(from: i64, to: i64, step: i64) -> u64 {
    if step == 0 || (step > 0 && from > to) || (step < 0 && from < to) {
        return 0;
    }
    (to.abs_diff(from) / step.unsigned_abs()).saturating_add(1)
}

fn real_count(from: f64, to: f64, step: f64) -> u64 {
    let steps = ((to - from) / step).floor();
    match steps >= 0.0 {
        // Saturates for the infinities.
        true => (steps as u64).saturating_add(1),
        false => 0,
    }
}

struct RangeMorsel {
    series: Series,
    start: u64,
    rows: u64,
}

impl Morsel for RangeMorsel {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        const PIECE: u64 = 8192;
        let mut done = 0;
        while done < self.rows {
            cancel.check()?;
            let rows = PIECE.min(self.rows - done);
            let array = self.series.array(self.start + done, rows);
            done += rows;
            if sink(vec![array], usize::try_from(rows).unwrap_or(0))? == Flow::Enough {
                break;
            }
        }
        Ok(())
    }
}
