//! A naive evaluation of a plan: rows are lists of values, looked at one after the other. Rules that are quickly said
//! are said again here; of the many other functions the product's own code is called with one row at a time.

mod aggregates;
mod reduce;
mod scalars;
mod scan;
mod whole;
mod windows;

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;

use kql::contract::{Context, Fault};
use kql::functions::extract::{Cut, Extractor};
use kql::plan::{ExpandItem, Expr, JoinKind, Node, Partition, Plan, QueryPlan, SortKey};
use kql::types::{Schema, Type, Value};
use serde_json::Value as Json;

use super::tables::Sample;

pub use scalars::OWN;

pub type Row = Vec<Value>;

/// Why there is no answer.
#[derive(Debug)]
pub enum Stop {
    /// The data does not suit the query.
    Fault(Fault),
    /// A function gives another value for a constant than for a column.
    Paths(String),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

/// Evaluates plans over these tables.
pub struct Naive<'a> {
    pub samples: &'a [Sample],
    pub context: &'a Context,
    shared: RefCell<Vec<Vec<Row>>>,
    /// The greatest number that went into a sum of reals: sums of small ones are exact in any order.
    pub largest: Cell<f64>,
    /// Whether a function refused a row in one of the ways it was called.
    pub refused: Cell<bool>,
}

/// Rows a plan may yield; generated queries stay far below.
const MOST: usize = 200_000;

impl<'a> Naive<'a> {
    pub fn new(samples: &'a [Sample], context: &'a Context) -> Naive<'a> {
        Naive {
            samples,
            context,
            shared: RefCell::default(),
            largest: Cell::new(0.0),
            refused: Cell::new(false),
        }
    }

    /// The rows of each result of a query.
    pub fn query(&self, query: &QueryPlan) -> Result<Vec<Vec<Row>>, Stop> {
        self.shared.borrow_mut().clear();
        for plan in &query.shared {
            let rows = self.plan(plan)?;
            self.shared.borrow_mut().push(rows);
        }
        query.results.iter().map(|r| self.plan(&r.plan)).collect()
    }

    fn plan(&self, plan: &Plan) -> Result<Vec<Row>, Stop> {
        let rows = self.node(plan)?;
        if rows.len() > MOST {
            return Err(Stop::Fault(Fault::limit(
                "too many rows for a naive evaluation",
            )));
        }
        for row in &rows {
            assert_eq!(row.len(), plan.schema.len(), "{plan:?}");
        }
        Ok(rows)
    }

    fn node(&self, plan: &Plan) -> Result<Vec<Row>, Stop> {
        match &plan.node {
            Node::Scan { table, columns, .. } => {
                let sample = self.samples.iter().find(|s| *s.name == **table).unwrap();
                let pick = |row: &Row| columns.iter().map(|c| row[*c].clone()).collect();
                Ok(sample.rows.iter().map(pick).collect())
            }
            Node::Rows { columns, rows } => {
                let row = |r: usize| columns.iter().map(|c| c[r].clone()).collect();
                Ok((0..*rows).map(row).collect())
            }
            Node::Range { from, to, step } => self.range(plan.schema.columns[0].ty, from, to, step),
            Node::Shared { id } => Ok(self.shared.borrow()[*id].clone()),
            Node::Filter { input, predicate } => {
                let rows = self.plan(input)?;
                let keep = self.values(predicate, &rows)?;
                let kept = rows.into_iter().zip(keep);
                let kept = kept.filter(|(_, keep)| *keep == Value::Bool(true));
                Ok(kept.map(|(row, _)| row).collect())
            }
            Node::Project { input, columns } => self.columns(columns, self.plan(input)?),
            Node::Window {
                input,
                columns,
                partition,
            } => {
                let rows = self.plan(input)?;
                let mut out = Vec::new();
                for part in parts(rows, *partition) {
                    out.extend(self.columns(columns, part)?);
                }
                Ok(out)
            }
            Node::Expand {
                input,
                keep,
                items,
                index,
                limit,
            } => self.expand(self.plan(input)?, keep, items, *index, *limit),
            Node::Extract {
                input,
                keep,
                source,
                pattern,
                outputs,
                matched,
            } => {
                let rows = self.plan(input)?;
                let texts = self.values(source, &rows)?;
                let extractor = Extractor::new(pattern);
                let extractor = extractor.map_err(|p| Fault::problem(p, source.span))?;
                let types = pattern.types();
                let mut out = Vec::new();
                for (row, text) in rows.iter().zip(&texts) {
                    let cut = extractor.cut(text.as_str().unwrap_or(""));
                    if *matched && cut.is_none() {
                        continue;
                    }
                    let mut made: Row = keep.iter().map(|k| row[*k].clone()).collect();
                    made.extend(outputs.iter().map(|o| match cut.as_ref().map(|c| &c[*o]) {
                        Some(Cut::Text(text)) if types[*o] == Type::String => {
                            Value::string(text.as_ref())
                        }
                        Some(Cut::Text(text)) => Value::Dynamic(text.as_ref().into()),
                        Some(Cut::Value(value)) => value.clone(),
                        None => Value::null(types[*o]),
                    }));
                    out.push(made);
                }
                Ok(out)
            }
            Node::Summarize {
                input,
                keys,
                aggregates,
            } => self.summarize(self.plan(input)?, keys, aggregates),
            Node::Sort { input, keys, limit } => {
                let rows = self.sort(self.plan(input)?, keys)?;
                let limit = limit.map_or(usize::MAX, |l| l as usize);
                Ok(rows.into_iter().take(limit).collect())
            }
            Node::Take { input, count } => {
                let rows = self.plan(input)?;
                Ok(rows.into_iter().take(*count as usize).collect())
            }
            Node::Join {
                left,
                right,
                kind,
                left_keys,
                right_keys,
            } => {
                let (lefts, rights) = (self.plan(left)?, self.plan(right)?);
                let left_keys = self.keys(left_keys, &lefts)?;
                let right_keys = self.keys(right_keys, &rights)?;
                Ok(join(
                    *kind,
                    (&lefts, &left_keys, &left.schema),
                    (&rights, &right_keys, &right.schema),
                ))
            }
            Node::Whole { inputs, operation } => self.whole(inputs, operation),
            Node::Union { inputs } => {
                let mut out = Vec::new();
                for input in inputs {
                    out.extend(self.plan(input)?);
                }
                Ok(out)
            }
        }
    }

    fn columns(&self, columns: &[Expr], rows: Vec<Row>) -> Result<Vec<Row>, Stop> {
        let mut out = vec![Row::new(); rows.len()];
        for column in columns {
            for (row, value) in out.iter_mut().zip(self.values(column, &rows)?) {
                row.push(value);
            }
        }
        Ok(out)
    }

    /// The keys of rows, in a form in which equal ones are equal.
    fn keys(&self, keys: &[Expr], rows: &[Row]) -> Result<Vec<String>, Stop> {
        let mut out = vec![String::new(); rows.len()];
        for key in keys {
            for (text, value) in out.iter_mut().zip(self.values(key, rows)?) {
                *text += &format!("{}\u{0}", identity(&value));
            }
        }
        Ok(out)
    }

    fn range(&self, ty: Type, from: &Expr, to: &Expr, step: &Expr) -> Result<Vec<Row>, Stop> {
        let one = [Row::new()];
        let value = |e: &Expr| Ok::<_, Stop>(self.values(e, &one)?.remove(0));
        let (from, to, step) = (value(from)?, value(to)?, value(step)?);
        if from.is_null() || to.is_null() || step.is_null() {
            return Ok(Vec::new());
        }
        let zero = || Stop::Fault(Fault::query("a step of 0"));
        let mut out = Vec::new();
        if let (Some(from), Some(to), Some(step), Type::Real) =
            (from.as_f64(), to.as_f64(), step.as_f64(), ty)
        {
            if step == 0.0 {
                return Err(zero());
            }
            let mut at = from;
            while (step > 0.0 && at <= to) || (step < 0.0 && at >= to) {
                out.push(vec![Value::Real(at)]);
                at = from + step * out.len() as f64;
                if out.len() > MOST {
                    break;
                }
            }
            return Ok(out);
        }
        if let (Value::Decimal(from), Value::Decimal(to), Value::Decimal(step)) =
            (&from, &to, &step)
        {
            let nothing = kql::decimal::Decimal::from_i64(0);
            if *step == nothing {
                return Err(zero());
            }
            let mut at = *from;
            while (*step > nothing && at <= *to) || (*step < nothing && at >= *to) {
                out.push(vec![Value::Decimal(at)]);
                at = at.checked_add(*step).unwrap();
            }
            return Ok(out);
        }
        let (from, to, step) = (whole::ticks(&from), whole::ticks(&to), whole::ticks(&step));
        if step == 0 {
            return Err(zero());
        }
        let mut at = from;
        while ((step > 0 && at <= to) || (step < 0 && at >= to)) && out.len() <= MOST {
            out.push(vec![whole::of_ticks(at, ty)]);
            at += step;
        }
        Ok(out)
    }

    fn expand(
        &self,
        rows: Vec<Row>,
        keep: &[usize],
        items: &[ExpandItem],
        index: bool,
        limit: Option<u64>,
    ) -> Result<Vec<Row>, Stop> {
        let values: Result<Vec<Vec<Value>>, Stop> =
            items.iter().map(|i| self.values(&i.value, &rows)).collect();
        let values = values?;
        let mut out = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let parts: Vec<Vec<Json>> = values
                .iter()
                .zip(items)
                .map(|(column, item)| elements(&column[number], item.pairs))
                .collect();
            let most = limit.map_or(usize::MAX, |l| l as usize);
            let count = parts.iter().map(Vec::len).max().unwrap_or(0).min(most);
            for at in 0..count {
                let mut made: Row = keep.iter().map(|k| row[*k].clone()).collect();
                for (part, item) in parts.iter().zip(items) {
                    made.push(match part.get(at) {
                        Some(element) => typed(element, item.ty),
                        None => Value::null(item.ty),
                    });
                }
                if index {
                    made.push(Value::Long(at as i64));
                }
                out.push(made);
            }
        }
        Ok(out)
    }

    fn sort(&self, rows: Vec<Row>, keys: &[SortKey]) -> Result<Vec<Row>, Stop> {
        let columns: Result<Vec<Vec<Value>>, Stop> =
            keys.iter().map(|k| self.values(&k.value, &rows)).collect();
        let columns = columns?;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| {
            let by_key = columns.iter().zip(keys).map(|(c, key)| {
                let (x, y) = (&c[*a], &c[*b]);
                let class = |v: &Value| match v {
                    v if v.is_null() => 2,
                    Value::Real(v) if v.is_nan() => 1,
                    _ => 0,
                };
                let class = class(x).cmp(&class(y));
                if class.is_ne() {
                    return if key.nulls_first {
                        class.reverse()
                    } else {
                        class
                    };
                }
                let order = order_of(x, y).unwrap_or(Ordering::Equal);
                if key.descending {
                    order.reverse()
                } else {
                    order
                }
            });
            by_key.fold(Ordering::Equal, Ordering::then)
        });
        Ok(order.into_iter().map(|i| rows[i].clone()).collect())
    }
}

/// Runs of rows with the same number in a column.
fn parts(rows: Vec<Row>, partition: Option<Partition>) -> Vec<Vec<Row>> {
    let Some(partition) = partition else {
        return vec![rows];
    };
    let mut parts: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        match parts.last_mut() {
            Some(part) if part[0][partition.column] == row[partition.column] => part.push(row),
            _ => parts.push(vec![row]),
        }
    }
    if let Some(limit) = partition.limit {
        parts.iter_mut().for_each(|p| p.truncate(limit as usize));
    }
    parts
}

/// A text that tells values apart as groups and joins do.
pub fn identity(value: &Value) -> String {
    match value {
        Value::Real(v) if v.is_nan() => "NaN".into(),
        Value::Real(v) if *v == 0.0 => "0".into(),
        Value::Dynamic(text) => format!("dynamic {text}"),
        value => format!("{value:?}"),
    }
}

/// The order of two values of a type that are not null.
pub fn order_of(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Long(a), Value::Long(b))
        | (Value::Datetime(a), Value::Datetime(b))
        | (Value::Timespan(a), Value::Timespan(b)) => Some(a.cmp(b)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) | (Value::Dynamic(a), Value::Dynamic(b)) => {
            Some(a.as_bytes().cmp(b.as_bytes()))
        }
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

type Side<'a> = (&'a [Row], &'a [String], &'a Schema);

fn join(kind: JoinKind, left: Side<'_>, right: Side<'_>) -> Vec<Row> {
    use JoinKind as K;
    let has = |keys: &[String], key: &String| keys.contains(key);
    let semi = |side: Side<'_>, other: Side<'_>, wanted: bool| {
        let rows = side.0.iter().zip(side.1);
        let rows = rows.filter(|(_, key)| has(other.1, key) == wanted);
        rows.map(|(row, _)| row.clone()).collect()
    };
    match kind {
        K::LeftSemi => return semi(left, right, true),
        K::LeftAnti => return semi(left, right, false),
        K::RightSemi => return semi(right, left, true),
        K::RightAnti => return semi(right, left, false),
        _ => {}
    }
    let nulls =
        |schema: &Schema| -> Row { schema.columns.iter().map(|c| Value::null(c.ty)).collect() };
    let pair = |a: &Row, b: &Row| a.iter().chain(b).cloned().collect::<Row>();
    let mut out = Vec::new();
    for (at, (row, key)) in left.0.iter().zip(left.1).enumerate() {
        if kind == K::InnerUnique && has(&left.1[..at], key) {
            continue;
        }
        let matches = right.0.iter().zip(right.1).filter(|(_, k)| *k == key);
        let before = out.len();
        out.extend(matches.map(|(other, _)| pair(row, other)));
        if out.len() == before && matches!(kind, K::LeftOuter | K::FullOuter) {
            out.push(pair(row, &nulls(right.2)));
        }
    }
    if matches!(kind, K::RightOuter | K::FullOuter) {
        let rest = right.0.iter().zip(right.1);
        let rest = rest.filter(|(_, key)| !has(left.1, key));
        out.extend(rest.map(|(row, _)| pair(&nulls(left.2), row)));
    }
    out
}

/// JSON as it is read.
pub fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or(Json::String(text.into()))
}

/// What a value expands to.
fn elements(value: &Value, pairs: bool) -> Vec<Json> {
    let Value::Dynamic(text) = value else {
        return vec![Json::Null];
    };
    match parsed(text) {
        Json::Array(items) => items,
        Json::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| match pairs {
                true => Json::Array(vec![key.into(), value]),
                false => Json::Object([(key, value)].into_iter().collect()),
            })
            .collect(),
        other => vec![other],
    }
}

/// An element as a cell of a column.
fn typed(element: &Json, ty: Type) -> Value {
    let found = match (ty, element) {
        (Type::Dynamic | Type::Unknown, Json::Null) => None,
        (Type::Dynamic | Type::Unknown, other) => Some(Value::Dynamic(other.to_string().into())),
        (Type::String, Json::Null) => None,
        (Type::String, Json::String(text)) => Some(Value::string(text.as_str())),
        (Type::String, other) => Some(Value::string(other.to_string())),
        (Type::Bool, Json::Bool(b)) => Some(Value::Bool(*b)),
        (_, Json::Number(number)) => numeric(number, ty),
        (Type::Datetime, Json::String(text)) => {
            kql::temporal::parse_datetime(text).map(Value::Datetime)
        }
        (Type::Guid, Json::String(text)) => kql::text::parse_guid(text).map(Value::Guid),
        _ => None,
    };
    found.unwrap_or_else(|| Value::null(ty))
}

fn numeric(number: &serde_json::Number, ty: Type) -> Option<Value> {
    let real = number.as_f64()?;
    let whole = number.as_i64().or_else(|| {
        let cut = real.trunc();
        (cut.abs() < 9.2e18).then_some(cut as i64)
    });
    match ty {
        Type::Long => whole.map(Value::Long),
        Type::Int => i32::try_from(whole?).ok().map(Value::Int),
        Type::Real => Some(Value::Real(real)),
        Type::Bool => (real.fract() == 0.0).then_some(Value::Bool(real != 0.0)),
        _ => None,
    }
}

/// Rows by group, groups by their first row.
pub fn grouped(keys: &[String]) -> Vec<Vec<usize>> {
    let mut numbers: HashMap<&String, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (row, key) in keys.iter().enumerate() {
        let number = *numbers.entry(key).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}
