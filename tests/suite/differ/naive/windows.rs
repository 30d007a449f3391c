//! Functions that see the rows before and after.

use kql::decimal::Decimal;
use kql::json;
use kql::plan::Call;
use kql::types::{Type, Value};

use super::{Naive, Row, Stop, identity};

impl Naive<'_> {
    /// A window function over ordered rows.
    pub(super) fn window(&self, call: &Call, ty: Type, rows: &[Row]) -> Result<Vec<Value>, Stop> {
        let args: Result<Vec<Vec<Value>>, Stop> =
            call.args.iter().map(|a| self.values(a, rows)).collect();
        let args = args?;
        let value = |arg: usize, row: usize| args.get(arg).map(|a| a[row].clone());
        let name = call.function.name();
        let restarts = |arg: usize, row: usize| value(arg, row) == Some(Value::Bool(true));
        let mut out: Vec<Value> = Vec::new();
        for row in 0..rows.len() {
            let made = match name {
                "row_number" => {
                    let start = value(0, row).and_then(|v| v.as_i64()).unwrap_or(1);
                    match out.last() {
                        Some(Value::Long(last)) if !restarts(1, row) => {
                            Value::Long(last.wrapping_add(1))
                        }
                        _ => Value::Long(start),
                    }
                }
                "prev" | "next" => {
                    let distance = value(1, row).and_then(|v| v.as_i64()).unwrap_or(1);
                    let distance = if name == "prev" { -distance } else { distance };
                    let there = row as i64 + distance;
                    match usize::try_from(there).ok().and_then(|r| args[0].get(r)) {
                        Some(found) => found.clone(),
                        None => given(value(2, row), ty),
                    }
                }
                "row_cumsum" => {
                    let mut first = row;
                    while first > 0 && !restarts(1, first) {
                        first -= 1;
                    }
                    self.sum(ty, &args[0][first..=row])
                }
                "row_rank_dense" | "row_rank" | "row_rank_min" => {
                    let mut first = row;
                    while first > 0 && !restarts(1, first) {
                        first -= 1;
                    }
                    let part = &args[0][first..=row];
                    let mut changes =
                        (1..part.len()).filter(|i| identity(&part[*i]) != identity(&part[i - 1]));
                    Value::Long(match name {
                        "row_rank_min" => changes.next_back().map_or(1, |at| at as i64 + 1),
                        _ => changes.count() as i64 + 1,
                    })
                }
                "row_window_session" => session(&args, row, &out, restarts(3, row)),
                other => panic!("{other} has no naive evaluation"),
            };
            out.push(made);
        }
        Ok(out)
    }
}

/// The default of `prev` and `next` as a value of its column.
fn given(default: Option<Value>, ty: Type) -> Value {
    match (ty, default.filter(|v| !v.is_null())) {
        (_, None) => Value::null(ty),
        (Type::Real, Some(v)) => Value::Real(v.as_f64().unwrap()),
        (Type::Decimal, Some(v @ (Value::Int(_) | Value::Long(_)))) => {
            Value::Decimal(Decimal::from_i64(v.as_i64().unwrap()))
        }
        (Type::Int, Some(Value::Long(v))) => Value::Int(v.try_into().unwrap()),
        (Type::Long, Some(Value::Int(v))) => Value::Long(v.into()),
        (Type::Dynamic, Some(v)) if v.ty() != Type::Dynamic => {
            let mut text = String::new();
            json::write_element(&v, &mut text);
            Value::Dynamic(text.into())
        }
        (_, Some(v)) => v,
    }
}

fn session(args: &[Vec<Value>], row: usize, before: &[Value], restart: bool) -> Value {
    let Value::Datetime(time) = args[0][row] else {
        return Value::Null(Type::Datetime);
    };
    // The row before that has a time.
    let last = (0..row).rev().find(|r| !args[0][*r].is_null());
    let start = last.filter(|_| !restart).and_then(|last| {
        let (Value::Datetime(last), Value::Datetime(start)) = (&args[0][last], &before[last])
        else {
            return None;
        };
        let far = |since: i64, limit: &Value| match limit {
            Value::Timespan(limit) => time - since >= *limit,
            _ => false,
        };
        (!far(*start, &args[1][row]) && !far(*last, &args[2][row])).then_some(*start)
    });
    Value::Datetime(start.unwrap_or(time))
}
