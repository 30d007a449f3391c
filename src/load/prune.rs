//! Whether rows between known bounds can pass a comparison at all.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::contract::{Predicate, PredicateOp};
use crate::types::{Type, Value};

/// What is known of a column in a part of a file; `None` is unknown.
#[derive(Debug)]
pub(super) struct Bounds {
    pub least: Option<Value>,
    pub most: Option<Value>,
    pub nulls: Option<u64>,
    pub rows: u64,
}

impl Bounds {
    /// Bound `index`, converted from `raw` to `column`; one that is unknown or did not fit is none.
    pub fn value(raw: &ArrayRef, column: &ArrayRef, index: usize, ty: Type) -> Option<Value> {
        if raw.is_null(index) || column.is_null(index) {
            return None;
        }
        Some(match ty {
            Type::Int => Value::Int(column.as_primitive_opt::<Int32Type>()?.value(index)),
            Type::Long => Value::Long(column.as_primitive_opt::<Int64Type>()?.value(index)),
            Type::Datetime => Value::Datetime(column.as_primitive_opt::<Int64Type>()?.value(index)),
            Type::Timespan => Value::Timespan(column.as_primitive_opt::<Int64Type>()?.value(index)),
            Type::Real => Value::Real(column.as_primitive_opt::<Float64Type>()?.value(index)),
            Type::String => Value::string(column.as_string_view_opt()?.value(index)),
            _ => return None,
        })
    }
}

/// Whether no row between the bounds passes the predicate.
pub(super) fn excludes(predicate: &Predicate, bounds: &Bounds) -> bool {
    if predicate.values.is_empty() || predicate.values.iter().any(Value::is_null) {
        return false;
    }
    if bounds.nulls == Some(bounds.rows) && !is_text(predicate) {
        // a comparison with null is never true
        return true;
    }
    predicate
        .values
        .iter()
        .all(|value| excluded(predicate.op, value, bounds))
}

fn is_text(predicate: &Predicate) -> bool {
    predicate
        .values
        .iter()
        .any(|v| matches!(v.ty(), Type::String | Type::Dynamic))
}

fn excluded(op: PredicateOp, value: &Value, bounds: &Bounds) -> bool {
    // a null string reads as an empty one, which the bounds do not cover
    if value.as_str().is_some_and(str::is_empty) && bounds.nulls != Some(0) {
        return false;
    }
    let least = bounds
        .least
        .as_ref()
        .and_then(|least| compare(least, value));
    let most = bounds.most.as_ref().and_then(|most| compare(most, value));
    let above = least == Some(Ordering::Greater);
    let below = most == Some(Ordering::Less);
    match op {
        PredicateOp::Equal | PredicateOp::In => above || below,
        PredicateOp::Less => above || least == Some(Ordering::Equal),
        PredicateOp::LessOrEqual => above,
        PredicateOp::Greater => below || most == Some(Ordering::Equal),
        PredicateOp::GreaterOrEqual => below,
    }
}

/// The order of two values, where it is certain.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    const EXACT: i64 = 1 << 53;
    match (a, b) {
        (Value::Datetime(a), Value::Datetime(b)) | (Value::Timespan(a), Value::Timespan(b)) => {
            Some(a.cmp(b))
        }
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        _ => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            (Some(whole), None) | (None, Some(whole)) if whole.abs() > EXACT => None,
            _ if a.ty() == Type::Decimal || b.ty() == Type::Decimal => None,
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
    }
}
