//! Which columns of a result are what in its chart, and how a result's rows are read for it.

use super::model::Kind;
use crate::engine::Table;
use crate::json;
use crate::plan::Render;
use crate::temporal;
use crate::text::value_text;
use crate::types::{TICKS_PER_SECOND, Type, Value, arrays};

/// Why a result is not drawn.
pub type Undrawn = String;

/// The properties of `render`.
pub(super) struct Properties<'a>(pub &'a Render);

impl<'a> Properties<'a> {
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut all = self.0.properties.iter();
        let found = all.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a property has a value, letter case aside.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name)
            .is_some_and(|said| said.eq_ignore_ascii_case(value))
    }

    pub fn columns(&self, name: &str, table: &Table) -> Result<Option<Vec<usize>>, Undrawn> {
        let Some(list) = self.get(name) else {
            return Ok(None);
        };
        let find = |column: &str| {
            let found = table.schema.index(column);
            found.ok_or_else(|| format!("{name}: the result has no column `{column}`"))
        };
        let names = list.split(',').map(str::trim).filter(|n| !n.is_empty());
        names.map(find).collect::<Result<Vec<_>, _>>().map(Some)
    }

    pub fn number(&self, name: &str) -> Result<Option<f64>, Undrawn> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if f64::is_finite(number) => Ok(Some(number)),
            _ => Err(format!("{name}: `{text}` is no number")),
        }
    }
}

/// The rows of a result with arrays in them taken apart.
pub(super) struct Cells {
    pub rows: Vec<Vec<Value>>,
    pub types: Vec<Type>,
}

impl Cells {
    /// The first rows of a table, `limit` at most.
    pub fn of(table: &Table, limit: usize) -> Cells {
        let types: Vec<Type> = table.schema.columns.iter().map(|c| c.ty).collect();
        let mut rows = Vec::with_capacity(table.rows().min(limit));
        for batch in &table.batches {
            for row in 0..batch.rows.min(limit - rows.len()) {
                let cells = batch.columns.iter().zip(&types);
                rows.push(cells.map(|(a, ty)| arrays::value(&**a, *ty, row)).collect());
            }
        }
        Cells { rows, types }
    }

    /// Makes a row of each step of arrays, as `make-series` has them.
    pub fn take_apart(&mut self) {
        let is_array =
            |v: &Value| matches!(v, Value::Dynamic(t) if json::kind(t) == json::Kind::Array);
        let arrays: Vec<usize> = (0..self.types.len())
            .filter(|i| {
                self.types.get(*i) == Some(&Type::Dynamic)
                    && self.rows.iter().any(|r| r.get(*i).is_some_and(is_array))
            })
            .collect();
        if arrays.is_empty() {
            return;
        }
        let mut rows = Vec::new();
        for row in &self.rows {
            let lists: Vec<Vec<Value>> = arrays
                .iter()
                .map(|i| match row.get(*i) {
                    Some(Value::Dynamic(text)) => json::elements(text).map(element).collect(),
                    _ => Vec::new(),
                })
                .collect();
            for step in 0..lists.iter().map(Vec::len).max().unwrap_or(0) {
                let mut one = row.clone();
                for (list, index) in lists.iter().zip(&arrays) {
                    one[*index] = list
                        .get(step)
                        .cloned()
                        .unwrap_or(Value::Null(Type::Dynamic));
                }
                rows.push(one);
            }
        }
        self.rows = rows;
        for index in arrays {
            let mut seen = self.rows.iter().filter_map(|r| r.get(index));
            let first = seen.find(|v| !v.is_null()).map(Value::ty);
            self.types[index] = first.unwrap_or(Type::Dynamic);
        }
    }

    /// Whether a column holds but -1, 0 and 1: how Kusto marks what stands out.
    fn are_marks(&self, column: usize) -> bool {
        let is_mark = |v: f64| v == 0.0 || v.abs() == 1.0;
        let mut cells = self.rows.iter().filter_map(|r| r.get(column));
        cells.all(|v| number(v).is_none_or(is_mark))
    }
}

/// An element of an array: an instant, a number, else text.
fn element(text: &str) -> Value {
    if let Some(ticks) = json::datetime_of(text) {
        return Value::Datetime(ticks);
    }
    match json::kind(text) {
        json::Kind::Null => Value::Null(Type::Real),
        json::Kind::Long | json::Kind::Double => {
            json::number(text).map_or(Value::Null(Type::Real), Value::Real)
        }
        json::Kind::String => {
            let content = json::unescape(text);
            let iso = content.as_bytes().get(4) == Some(&b'-');
            match temporal::parse_datetime(&content).filter(|_| iso) {
                Some(ticks) => Value::Datetime(ticks),
                None => Value::string(&*content),
            }
        }
        _ => Value::string(text),
    }
}

pub(super) fn is_measure(ty: Type) -> bool {
    ty.is_number() || ty == Type::Timespan
}

fn is_name(ty: Type) -> bool {
    matches!(ty, Type::String | Type::Bool | Type::Guid)
}

/// A value as a number.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Timespan(ticks) => *ticks as f64 / TICKS_PER_SECOND as f64,
        Value::Bool(b) => f64::from(u8::from(*b)),
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}

/// A value as the name of a place or a series.
pub(super) fn label(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "(empty)".to_string(),
        Value::String(text) => text.to_string(),
        Value::Datetime(ticks) => temporal::datetime_wire(*ticks),
        Value::Dynamic(text) => json::display(text).into_owned(),
        value if value.is_null() => "(null)".to_string(),
        other => value_text(other),
    }
}

/// Which columns are what.
pub(super) struct Roles {
    pub x: usize,
    pub series: Vec<usize>,
    pub y: Vec<usize>,
    pub anomalies: Vec<usize>,
}

/// The column along the axis: as `render` says, else the first that can be it.
fn along(cells: &Cells, kind: Kind, is_time: bool) -> Result<usize, Undrawn> {
    let all = 0..cells.types.len();
    let first = |wanted: &dyn Fn(Type) -> bool| all.clone().find(|i| wanted(cells.types[*i]));
    let time = first(&|ty| ty == Type::Datetime);
    if is_time {
        return time.ok_or_else(|| "a time chart needs a column of datetimes".to_string());
    }
    let leads_with_name = cells.types.first().is_some_and(|ty| is_name(*ty));
    Ok(match kind {
        Kind::Line | Kind::Area | Kind::Scatter if leads_with_name => time.unwrap_or(0),
        // The only numbers are the values, wherever they stand.
        Kind::Column | Kind::Bar | Kind::Pie
            if cells.types.first().is_some_and(|t| is_measure(*t)) =>
        {
            match cells.types.iter().filter(|ty| is_measure(**ty)).count() {
                1 => first(&|ty| !is_measure(ty)).unwrap_or(0),
                _ => 0,
            }
        }
        _ => 0,
    })
}

/// Which columns of a result are what in a chart of some kind.
pub(super) fn roles(
    table: &Table,
    cells: &Cells,
    kind: Kind,
    render: &Render,
) -> Result<Roles, Undrawn> {
    let said = Properties(render);
    let name = |i: usize| table.schema.columns.get(i).map_or("", |c| &*c.name);
    let is_anomaly = render.kind.eq_ignore_ascii_case("anomalychart");
    let is_time = is_anomaly || render.kind.eq_ignore_ascii_case("timechart");
    let all = 0..cells.types.len();
    let given = said.columns("series", table)?;
    let x = match said.columns("xcolumn", table)?.as_deref() {
        Some([x, ..]) => *x,
        _ => along(cells, kind, is_time)?,
    };
    let anomalies = match said.columns("anomalycolumns", table)? {
        Some(anomalies) => anomalies,
        None if is_anomaly => {
            let marks = |i: &usize| {
                let lower = name(*i).to_ascii_lowercase();
                let named = lower.contains("anomal") || lower.ends_with("ad_flag");
                named && is_measure(cells.types[*i]) && cells.are_marks(*i)
            };
            all.clone().filter(marks).collect()
        }
        None => Vec::new(),
    };
    let y = match said.columns("ycolumns", table)? {
        Some(y) => y,
        None => {
            let is_series = |i: &usize| given.as_ref().is_some_and(|s| s.contains(i));
            let left = all
                .clone()
                .filter(|i| *i != x && is_measure(cells.types[*i]));
            left.filter(|i| !is_series(i) && !anomalies.contains(i))
                .collect()
        }
    };
    if let Some(wrong) = y.iter().find(|i| !is_measure(cells.types[**i])) {
        return Err(format!("column `{}` holds no numbers", name(*wrong)));
    }
    if y.is_empty() {
        return Err("the result has no column of numbers to draw".to_string());
    }
    let series = match given {
        Some(series) => series,
        None if kind == Kind::Pie => Vec::new(),
        None => all
            .filter(|i| *i != x && !y.contains(i) && is_name(cells.types[*i]))
            .collect(),
    };
    Ok(Roles {
        x,
        series,
        y,
        anomalies,
    })
}

/// The columns of a tree: names from the outermost to the innermost, and the value.
pub(super) fn branches(
    table: &Table,
    cells: &Cells,
    render: &Render,
) -> Result<(Vec<usize>, usize), Undrawn> {
    let said = Properties(render);
    let all = 0..cells.types.len();
    let value = match said.columns("ycolumns", table)?.as_deref() {
        Some([y, ..]) => Some(*y),
        _ => all.clone().find(|i| is_measure(cells.types[*i])),
    };
    let value = value.filter(|i| is_measure(cells.types[*i]));
    let value = value.ok_or("the result has no column of numbers to draw")?;
    let names = match said.columns("series", table)? {
        Some(names) => names,
        None => all.filter(|i| !is_measure(cells.types[*i])).collect(),
    };
    match names.is_empty() {
        true => Err("a tree map needs a column of names".to_string()),
        false => Ok((names, value)),
    }
}

/// The columns of a ladder: those of the rows' names, and both ends of what lasts.
pub(super) fn rungs(
    table: &Table,
    cells: &Cells,
    render: &Render,
) -> Result<(Vec<usize>, usize, usize), Undrawn> {
    let said = Properties(render);
    let count = cells.types.len();
    let given = said.columns("series", table)?;
    let rows = |ends: (usize, usize)| match given.clone() {
        Some(rows) => rows,
        None => (0..count)
            .filter(|i| *i != ends.0 && *i != ends.1)
            .collect(),
    };
    if render.kind.eq_ignore_ascii_case("timepivot") {
        let times: Vec<usize> = (0..count)
            .filter(|i| cells.types[*i] == Type::Datetime)
            .collect();
        let named = |part: &str| {
            let has = |i: &&usize| {
                let column = table.schema.columns.get(**i);
                column.is_some_and(|c| c.name.to_ascii_lowercase().contains(part))
            };
            times.iter().find(has).copied()
        };
        let ends = match (named("start"), named("end"), times.first()) {
            (Some(start), Some(end), _) => (start, end),
            (_, _, Some(first)) => (*first, *first),
            _ => return Err("a time pivot needs a column of datetimes".to_string()),
        };
        let mut rows = rows(ends);
        if given.is_none() {
            rows.retain(|i| is_name(cells.types[*i]));
            rows.truncate(1);
        }
        return Ok((rows, ends.0, ends.1));
    }
    let ends = match count {
        0..=2 => return Err("a ladder chart needs names, then two columns of ends".to_string()),
        n => (n - 2, n - 1),
    };
    let (from, to) = (cells.types[ends.0], cells.types[ends.1]);
    let is_time = from == Type::Datetime && to == Type::Datetime;
    match is_time || is_measure(from) && is_measure(to) {
        true => Ok((rows(ends), ends.0, ends.1)),
        false => Err(
            "the last two columns of a ladder chart are its ends: numbers or datetimes".to_string(),
        ),
    }
}
