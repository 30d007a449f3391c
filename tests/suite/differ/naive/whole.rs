//! Operations on whole tables.

use kql::contract::Fault;
use kql::json::ArrayWriter;
use kql::plan::whole::Series;
use kql::plan::{Node, Operation, Plan};
use kql::types::{Type, Value};

use super::reduce::reduced;
use super::{Naive, Row, Stop, grouped, identity};

/// A whole number, ticks included.
pub fn ticks(value: &Value) -> i128 {
    i128::from(match value {
        Value::Datetime(v) | Value::Timespan(v) => *v,
        value => value.as_i64().unwrap_or(0),
    })
}

/// A whole number as a value of a type.
pub fn of_ticks(value: i128, ty: Type) -> Value {
    let value = i64::try_from(value).unwrap();
    match ty {
        Type::Datetime => Value::Datetime(value),
        Type::Timespan => Value::Timespan(value),
        Type::Int => Value::Int(value as i32),
        _ => Value::Long(value),
    }
}

/// Points of a series at most.
const MOST_POINTS: usize = 1 << 20;

impl Naive<'_> {
    pub(super) fn whole(&self, inputs: &[Plan], operation: &Operation) -> Result<Vec<Row>, Stop> {
        match operation {
            Operation::Series(series) => {
                let rows = self.plan(&inputs[0])?;
                let axis = inputs[0].schema.columns[series.keys].ty;
                series_of(series, axis, &rows)
            }
            Operation::Partition(parts) => {
                let rows = self.plan(&inputs[0])?;
                let place = |plan: &Plan| match plan.node {
                    Node::Shared { id } => id,
                    _ => panic!("a partition reads no shared plan"),
                };
                let key = |row: &Row| row[parts.column].clone();
                let keys: Vec<String> = rows.iter().map(|row| identity(&key(row))).collect();
                if parts.numbered {
                    let mut all = rows.clone();
                    for (number, group) in grouped(&keys).into_iter().enumerate() {
                        for row in group {
                            all[row].insert(0, Value::Long(number as i64));
                        }
                    }
                    self.shared.borrow_mut()[place(&inputs[2])] = all;
                    return self.plan(&inputs[1]);
                }
                let mut out = Vec::new();
                for group in grouped(&keys) {
                    let mut part: Vec<Row> = group.iter().map(|row| rows[*row].clone()).collect();
                    let carried = parts.carried.then(|| key(&part[0]));
                    if carried.is_some() {
                        for row in &mut part {
                            row.remove(parts.column);
                        }
                    }
                    self.shared.borrow_mut()[place(&inputs[2])] = part;
                    for pair in inputs[3..].chunks(2) {
                        let made = self.plan(&pair[1])?;
                        self.shared.borrow_mut()[place(&pair[0])] = made;
                    }
                    for row in self.plan(&inputs[1])? {
                        out.push(carried.iter().cloned().chain(row).collect());
                    }
                }
                Ok(out)
            }
            Operation::Narrow => {
                let rows = self.plan(&inputs[0])?;
                let mut out = Vec::new();
                for (number, row) in rows.iter().enumerate() {
                    for (column, value) in inputs[0].schema.columns.iter().zip(row) {
                        let number = Value::Long(number as i64);
                        let name = Value::string(&*column.name);
                        out.push(vec![number, name, value.clone()]);
                    }
                }
                Ok(out)
            }
            Operation::Scan(scan) => self.scan(scan, &inputs[0].schema, self.plan(&inputs[0])?),
            Operation::Reduce(how) => Ok(reduced(how, self.plan(&inputs[0])?)),
            other => {
                let message = format!("{} has no naive evaluation", other.name());
                Err(Stop::Fault(Fault::limit(message)))
            }
        }
    }
}

fn series_of(series: &Series, axis: Type, rows: &[Row]) -> Result<Vec<Row>, Stop> {
    let keys: Vec<String> = rows
        .iter()
        .map(|row| {
            row[..series.keys]
                .iter()
                .map(identity)
                .collect::<Vec<_>>()
                .join("\u{0}")
        })
        .collect();
    let mut out = Vec::new();
    for group in grouped(&keys) {
        let group: Vec<&Row> = group.iter().map(|row| &rows[*row]).collect();
        let made = one_series(series, axis, &group)?;
        if let Some((made, true)) = made {
            out.push(made);
        }
    }
    if rows.is_empty()
        && series.nonempty
        && let Some((made, _)) = one_series(series, axis, &[])?
    {
        if series.keys > 0 {
            return Err(Stop::Fault(Fault::query("the series has no keys")));
        }
        out.push(made);
    }
    Ok(out)
}

/// The series of a group, and whether any step of it has a row.
fn one_series(series: &Series, axis: Type, rows: &[&Row]) -> Result<Option<(Row, bool)>, Stop> {
    let at = |row: &&Row| row[series.keys].clone();
    let number = |value: &Value| match value {
        Value::Real(v) => *v,
        value => ticks(value) as f64,
    };
    let present: Vec<Value> = rows.iter().map(at).filter(|v| !v.is_null()).collect();
    let least = present
        .iter()
        .min_by(|a, b| number(a).total_cmp(&number(b)));
    let greatest = present
        .iter()
        .max_by(|a, b| number(a).total_cmp(&number(b)));
    let start = series.from.as_ref().or(least);
    let end = series.to.as_ref().or(greatest);
    let (Some(start), Some(end)) = (start, end) else {
        return Ok(None);
    };
    let inclusive = series.inclusive || series.to.is_none();
    let step = |index: usize| match axis {
        Type::Real => Value::Real(number(start) + number(&series.step) * index as f64),
        ty => of_ticks(
            (ticks(start) + ticks(&series.step) * index as i128).min(i64::MAX.into()),
            ty,
        ),
    };
    let below = |value: &Value| match axis {
        Type::Real if inclusive => number(value) <= number(end),
        Type::Real => number(value) < number(end),
        _ if inclusive => ticks(value) <= ticks(end),
        _ => ticks(value) < ticks(end),
    };
    let mut steps = Vec::new();
    while below(&step(steps.len())) {
        steps.push(step(steps.len()));
        if steps.len() > MOST_POINTS {
            return Err(Stop::Fault(Fault::limit("too many points")));
        }
    }
    if steps.is_empty() {
        return Ok(None);
    }
    let mut made: Row = rows
        .first()
        .map_or(Row::new(), |row| row[..series.keys].to_vec());
    let (mut met, mut lacks) = (false, false);
    for (index, default) in series.defaults.iter().enumerate() {
        let mut array = ArrayWriter::new();
        for step in &steps {
            let row = rows.iter().find(|row| {
                number(&row[series.keys]) == number(step) && {
                    let value = &row[series.keys];
                    !value.is_null() && (axis == Type::Real || ticks(value) == ticks(step))
                }
            });
            met |= row.is_some();
            let value = row.map(|row| &row[series.keys + 1 + index]);
            match value.or(default.as_ref()) {
                Some(value) => array.push_value(value),
                None => lacks = true,
            }
        }
        made.push(Value::Dynamic(array.finish().into()));
    }
    if lacks && (met || rows.is_empty()) {
        return Err(Stop::Fault(Fault::query("a step needs a default")));
    }
    let mut array = ArrayWriter::new();
    steps.iter().for_each(|step| array.push_value(step));
    made.push(Value::Dynamic(array.finish().into()));
    Ok(Some((made, met)))
}
