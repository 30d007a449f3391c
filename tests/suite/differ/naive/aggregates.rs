//! `summarize`: groups and aggregates.

use std::cmp::Ordering;

use bigdecimal::BigDecimal;
use kql::contract::{Datum, Grouped, Positions, Setup};
use kql::decimal::Decimal;
use kql::json;
use kql::plan::{Aggregate, AggregateCall, AggregateEval, Expr};
use kql::types::{Type, UNIX_EPOCH_TICKS, Value, arrays};

use super::{Naive, Row, Stop, grouped, identity, order_of};

/// An aggregate's arguments, column by column.
type Columns = Vec<Vec<Value>>;

impl Naive<'_> {
    pub(super) fn summarize(
        &self,
        rows: Vec<Row>,
        keys: &[Expr],
        aggregates: &[AggregateCall],
    ) -> Result<Vec<Row>, Stop> {
        let key_columns: Result<Columns, Stop> =
            keys.iter().map(|k| self.values(k, &rows)).collect();
        let key_columns = key_columns?;
        let groups = match keys.is_empty() {
            true => vec![(0..rows.len()).collect()],
            false => grouped(&self.keys(keys, &rows)?),
        };
        let mut out = Vec::new();
        for group in groups {
            let key = |column: &Vec<Value>| match &column[group[0]] {
                // Zero is one group, without its sign.
                Value::Real(v) => Value::Real(*v + 0.0),
                value => value.clone(),
            };
            let mut made: Row = key_columns.iter().map(key).collect();
            let part: Vec<Row> = group.iter().map(|r| rows[*r].clone()).collect();
            for call in aggregates {
                made.extend(self.aggregate(call, part.clone())?);
            }
            out.push(made);
        }
        Ok(out)
    }

    fn aggregate(&self, call: &AggregateCall, mut rows: Vec<Row>) -> Result<Vec<Value>, Stop> {
        if let Some(filter) = &call.filter {
            // Whether an argument is computed where the filter is false is nobody's business.
            for arg in &call.args {
                if self.values(arg, &rows).is_err() {
                    self.refused.set(true);
                }
            }
            let keep = self.values(filter, &rows)?;
            let mut keep = keep.iter().map(|k| *k == Value::Bool(true));
            rows.retain(|_| keep.next().unwrap());
        }
        let (mut function, mut args) = (call.function, call.args.clone());
        if let AggregateEval::Filtered { of, predicate } = function.eval {
            let keep = self.values(&args.remove(predicate), &rows)?;
            let mut keep = keep.iter().map(|k| *k == Value::Bool(true));
            rows.retain(|_| keep.next().unwrap());
            function = of;
        }
        let columns: Result<Columns, Stop> = args.iter().map(|a| self.values(a, &rows)).collect();
        let columns = columns?;
        match self.again(function, call, &args, &columns, rows.len()) {
            Some(values) => Ok(values),
            None => own(self, function, call, &args, &columns, rows.len()),
        }
    }

    /// The aggregates that are said again here.
    fn again(
        &self,
        function: &Aggregate,
        call: &AggregateCall,
        args: &[Expr],
        columns: &Columns,
        rows: usize,
    ) -> Option<Vec<Value>> {
        let ty = call.outputs.first().copied().unwrap_or(Type::Unknown);
        let limit = || {
            let limit = args.get(1).and_then(|a| a.as_literal());
            limit
                .and_then(Value::as_i64)
                .map_or(usize::MAX, |l| l as usize)
        };
        let present: Vec<Value> = columns
            .first()
            .map(|c| c.iter().filter(|v| !v.is_null()).cloned().collect())
            .unwrap_or_default();
        Some(match function.name() {
            "count" => vec![Value::Long(rows as i64)],
            "sum" => vec![self.sum(ty, &columns[0])],
            "avg" => vec![self.mean(ty, &present)],
            "min" => vec![extreme(ty, &present, Ordering::Less)],
            "max" => vec![extreme(ty, &present, Ordering::Greater)],
            "dcount" | "count_distinct" => {
                let mut keys: Vec<String> = present.iter().map(member).collect();
                keys.sort();
                keys.dedup();
                vec![Value::Long(keys.len() as i64)]
            }
            "make_list" => vec![array(
                elements(&columns[0], false).into_iter().take(limit()),
            )],
            "make_list_with_nulls" => vec![array(elements(&columns[0], true).into_iter())],
            "make_set" => {
                let mut seen: Vec<String> = Vec::new();
                let all = elements(&columns[0], false).into_iter();
                let distinct = all.filter(|e| {
                    let key = json::identity(e).into_owned();
                    let new = !seen.contains(&key);
                    seen.push(key);
                    new
                });
                vec![array(distinct.take(limit()))]
            }
            "arg_max" | "argmax" => picked(columns, rows, Ordering::Greater, call),
            "arg_min" | "argmin" => picked(columns, rows, Ordering::Less, call),
            "take_any" | "any" => {
                let better = |row: &usize| match &columns[0][*row] {
                    _ if columns.len() > 1 => true,
                    Value::String(text) => !text.is_empty(),
                    value => !value.is_null(),
                };
                let row = (0..rows).find(better).or((rows > 0).then_some(0));
                row_of(columns, row, call)
            }
            "percentile" | "percentiles" if !matches!(present.first(), Some(Value::Decimal(_))) => {
                let wanted = args[1..]
                    .iter()
                    .map(|a| a.as_literal().and_then(Value::as_f64));
                let wanted: Option<Vec<f64>> = wanted.collect();
                let mut sorted = present;
                sorted.sort_by(|a, b| match (a, b) {
                    (Value::Real(a), Value::Real(b)) => {
                        let key = |v: f64| if v.is_nan() { f64::NAN.abs() } else { v + 0.0 };
                        key(*a).total_cmp(&key(*b))
                    }
                    _ => order_of(a, b).unwrap(),
                });
                let nearest = |p: &f64| {
                    let rank = (p * sorted.len() as f64 / 100.0).ceil() as usize;
                    let value = sorted.get(rank.max(1) - 1).cloned();
                    value.unwrap_or(Value::null(ty))
                };
                wanted?.iter().map(nearest).collect()
            }
            "variance" => vec![spread(&present, 1.0, false)],
            "variancep" => vec![spread(&present, 0.0, false)],
            "stdev" => vec![spread(&present, 1.0, true)],
            "stdevp" => vec![spread(&present, 0.0, true)],
            "binary_all_and" => vec![bits(&present, |a, b| a & b)],
            "binary_all_or" => vec![bits(&present, |a, b| a | b)],
            "binary_all_xor" => vec![bits(&present, |a, b| a ^ b)],
            _ => return None,
        })
    }

    /// The sum of values that are not null.
    pub(super) fn sum(&self, ty: Type, values: &[Value]) -> Value {
        let present = values.iter().filter(|v| !v.is_null());
        let ticks = |v: &Value| super::whole::ticks(v) as i64;
        match ty {
            Type::Real => {
                let mut sum = 0.0;
                for value in present {
                    let value = value.as_f64().unwrap();
                    self.met(value);
                    sum += value;
                }
                Value::Real(sum)
            }
            Type::Decimal => {
                let big = |v: &Value| match v {
                    Value::Decimal(v) => v.to_big(),
                    v => BigDecimal::from(v.as_i64().unwrap()),
                };
                let sum: BigDecimal = present.map(big).sum();
                Decimal::from_big(&sum).map_or(Value::Null(ty), Value::Decimal)
            }
            Type::Int => {
                let sum = present.fold(0i32, |sum, v| sum.wrapping_add(ticks(v) as i32));
                Value::Int(sum)
            }
            _ => {
                let sum = present.fold(0i64, |sum, v| sum.wrapping_add(ticks(v)));
                match ty {
                    Type::Timespan => Value::Timespan(sum),
                    Type::Datetime => Value::Datetime(sum),
                    _ => Value::Long(sum),
                }
            }
        }
    }

    /// Remembers how large the numbers of sums were.
    pub(super) fn met(&self, value: f64) {
        if value.is_finite() {
            self.largest.set(self.largest.get().max(value.abs()));
        }
    }

    fn mean(&self, ty: Type, present: &[Value]) -> Value {
        let count = present.len();
        match (ty, present.first()) {
            (Type::Real, Some(Value::Real(_))) => match self.sum(Type::Real, present) {
                Value::Real(sum) => Value::Real(sum / count as f64),
                _ => unreachable!(),
            },
            (Type::Real, Some(_)) => {
                let sum = super::whole::ticks(&self.sum(Type::Long, present));
                Value::Real(sum as f64 / count as f64)
            }
            (Type::Real, None) => Value::Real(f64::NAN),
            (ty, None) => Value::Null(ty),
            (Type::Decimal, _) => {
                let big = present.iter().map(|v| match v {
                    Value::Decimal(v) => v.to_big(),
                    v => BigDecimal::from(v.as_i64().unwrap()),
                });
                let mean = big.sum::<BigDecimal>() / BigDecimal::from(count as i64);
                Decimal::from_big(&mean).map_or(Value::Null(ty), Value::Decimal)
            }
            (ty, _) => {
                let sum: i128 = present.iter().map(super::whole::ticks).sum();
                super::whole::of_ticks(sum / count as i128, ty)
            }
        }
    }
}

/// A text that tells members of a set apart.
fn member(value: &Value) -> String {
    match value {
        Value::Dynamic(text) => json::identity(text).into_owned(),
        value => identity(value),
    }
}

/// The least or greatest value; NaN wins.
fn extreme(ty: Type, present: &[Value], wanted: Ordering) -> Value {
    let mut best: Option<&Value> = None;
    for value in present {
        if let Value::Real(v) = value
            && v.is_nan()
        {
            return value.clone();
        }
        if best.is_none_or(|best| order_of(value, best) == Some(wanted)) {
            best = Some(value);
        }
    }
    best.cloned().unwrap_or_else(|| Value::null(ty))
}

/// What values contribute to a list: JSON texts.
fn elements(values: &[Value], nulls: bool) -> Vec<String> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Value::Dynamic(text) => match super::parsed(text) {
                serde_json::Value::Array(items) => {
                    out.extend(items.iter().map(ToString::to_string));
                }
                other => out.push(other.to_string()),
            },
            Value::Null(Type::Dynamic) => out.push("null".into()),
            Value::Null(_) if !nulls => {}
            value => {
                let mut text = String::new();
                json::write_element(value, &mut text);
                out.push(text);
            }
        }
    }
    out
}

fn array(elements: impl Iterator<Item = String>) -> Value {
    let elements: Vec<String> = elements.collect();
    Value::Dynamic(format!("[{}]", elements.join(",")).into())
}

fn picked(columns: &Columns, rows: usize, wanted: Ordering, call: &AggregateCall) -> Vec<Value> {
    let mut best: Option<usize> = None;
    let is_nan = |row: usize| matches!(columns[0][row], Value::Real(v) if v.is_nan());
    for row in 0..rows {
        let Some(before) = best else {
            best = Some(row);
            continue;
        };
        let (new, old) = (&columns[0][row], &columns[0][before]);
        let better = match (new.is_null(), old.is_null()) {
            (true, _) => false,
            (false, true) => true,
            _ if is_nan(before) => false,
            _ if is_nan(row) => true,
            _ => order_of(new, old) == Some(wanted),
        };
        if better {
            best = Some(row);
        }
    }
    row_of(columns, best, call)
}

fn row_of(columns: &Columns, row: Option<usize>, call: &AggregateCall) -> Vec<Value> {
    let types = call.outputs.iter().enumerate();
    types
        .map(|(i, ty)| match row {
            Some(row) => columns[i][row].clone(),
            None => Value::null(*ty),
        })
        .collect()
}

fn spread(present: &[Value], less: f64, root: bool) -> Value {
    let numbers: Vec<f64> = present
        .iter()
        .map(|v| match v {
            // From an instant that is near, so that few digits are lost.
            Value::Datetime(v) => (*v - UNIX_EPOCH_TICKS) as f64,
            Value::Timespan(v) => *v as f64,
            v => v.as_f64().unwrap(),
        })
        .collect();
    let count = numbers.len() as f64;
    if count < 2.0 {
        return Value::Real(0.0);
    }
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|n| (n - mean) * (n - mean)).sum();
    let variance = squares / (count - less);
    Value::Real(if root { variance.sqrt() } else { variance })
}

fn bits(present: &[Value], f: impl Fn(i64, i64) -> i64) -> Value {
    let all = present.iter().map(|v| v.as_i64().unwrap());
    all.reduce(f).map_or(Value::Null(Type::Long), Value::Long)
}

/// The product's own code, given one row at a time by accumulators of their own.
fn own(
    naive: &Naive<'_>,
    function: &Aggregate,
    call: &AggregateCall,
    args: &[Expr],
    columns: &Columns,
    rows: usize,
) -> Result<Vec<Value>, Stop> {
    let AggregateEval::Groups(make) = function.eval else {
        panic!("{} has no code", function.name());
    };
    let constants: Vec<Option<Value>> = args.iter().map(|a| a.as_literal().cloned()).collect();
    let types: Vec<Type> = args.iter().map(|a| a.ty).collect();
    let lists = vec![None; args.len()];
    let setup = Setup {
        constants: &constants,
        lists: &lists,
        types: &types,
        ty: call.outputs.first().copied().unwrap_or(Type::Unknown),
        overload: call.overload,
        context: naive.context,
    };
    let new = || make(&setup).map_err(|p| Stop::Fault(kql::contract::Fault::problem(p, call.span)));
    let mut all = new()?;
    // From the last row to the first: what comes in must not matter, only where it stood.
    for row in (0..rows).rev() {
        let data: Vec<Datum> = columns
            .iter()
            .zip(args)
            .map(|(column, arg)| Datum {
                array: arrays::of(arg.ty, [&column[row]]),
                constant: arg.as_literal().is_some(),
                ty: arg.ty,
            })
            .collect();
        let mut one = new()?;
        one.update(&Grouped {
            groups: &[0],
            group_count: 1,
            args: &data,
            positions: Positions::From(row as u64),
        })?;
        if all.needs_order() {
            // Merging goes by whole morsels then, the earlier first.
            std::mem::swap(&mut all, &mut one);
        }
        all.merge(one, &[0], 1)?;
    }
    let made = all.finish(1)?;
    let values = made.iter().zip(&call.outputs);
    Ok(values
        .map(|(array, ty)| arrays::value(&**array, *ty, 0))
        .collect())
}
