//! What a chart shows: a result's columns as an axis and series, as `render` says or as its kind has it by default.

use std::collections::{BTreeMap, HashMap};

use crate::engine::Table;
use crate::json;
use crate::plan::Render;
use crate::temporal;
use crate::text::value_text;
use crate::types::{TICKS_PER_SECOND, Type, Value, arrays};

/// The kinds of charts that are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Table,
    Card,
    Column,
    Bar,
    Pie,
    Line,
    Area,
    Scatter,
}

/// How several series stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    Apart,
    Stacked,
    /// Shares of the whole.
    Full,
}

/// Where values stand along the axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// Names, in order of appearance.
    Names(Vec<String>),
    /// Numbers, increasing unless points are scattered.
    Numbers(Vec<f64>),
    /// Instants, in ticks.
    Times(Vec<i64>),
}

/// Values with one name, each at a place of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Index into the axis, and the value.
    pub points: Vec<(usize, f64)>,
    /// Points that stand out.
    pub anomalies: Vec<usize>,
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub kind: Kind,
    pub stacking: Stacking,
    pub title: String,
    pub x_title: String,
    pub y_title: String,
    pub legend: bool,
    pub log_y: bool,
    pub bounds: (Option<f64>, Option<f64>),
    pub axis: Axis,
    pub series: Vec<Series>,
    /// Names and values of a card.
    pub cards: Vec<(String, String)>,
    /// Values are durations, in seconds.
    pub durations: bool,
}

/// Why a result is not drawn.
pub type Undrawn = String;

/// Most places along an axis of names.
const MANY_NAMES: usize = 200;
/// Most series.
const MANY_SERIES: usize = 60;
/// Most points.
const MANY_POINTS: usize = 400_000;

/// The properties of `render`.
struct Properties<'a>(&'a Render);

impl<'a> Properties<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut all = self.0.properties.iter();
        let found = all.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn columns(&self, name: &str, table: &Table) -> Result<Option<Vec<usize>>, Undrawn> {
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

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok().filter(|n: &f64| n.is_finite())
    }
}

fn kind_of(render: &Render) -> Result<(Kind, Stacking), Undrawn> {
    let name = render.kind.to_ascii_lowercase();
    let kind = match name.as_str() {
        "table" => Kind::Table,
        "card" => Kind::Card,
        "columnchart" => Kind::Column,
        "barchart" => Kind::Bar,
        "piechart" => Kind::Pie,
        "linechart" | "timechart" | "anomalychart" => Kind::Line,
        "areachart" | "stackedareachart" => Kind::Area,
        "scatterchart" => Kind::Scatter,
        other => return Err(format!("charts of kind `{other}` are not drawn")),
    };
    let said = Properties(render).get("kind").unwrap_or("default");
    let stacking = match said.to_ascii_lowercase().as_str() {
        "stacked" => Stacking::Stacked,
        "stacked100" => Stacking::Full,
        "default" | "unstacked" if name == "stackedareachart" => Stacking::Stacked,
        "default" | "unstacked" => Stacking::Apart,
        other => return Err(format!("charts with kind={other} are not drawn")),
    };
    let stacks = matches!(kind, Kind::Column | Kind::Bar | Kind::Area);
    Ok((kind, if stacks { stacking } else { Stacking::Apart }))
}

/// The rows of a result with arrays in them taken apart.
struct Cells {
    rows: Vec<Vec<Value>>,
    types: Vec<Type>,
}

impl Cells {
    fn of(table: &Table) -> Cells {
        let types: Vec<Type> = table.schema.columns.iter().map(|c| c.ty).collect();
        let mut rows = Vec::with_capacity(table.rows());
        for batch in &table.batches {
            for row in 0..batch.rows {
                let cells = batch.columns.iter().zip(&types);
                rows.push(cells.map(|(a, ty)| arrays::value(&**a, *ty, row)).collect());
            }
        }
        Cells { rows, types }
    }

    /// Makes a row of each step of arrays, as `make-series` has them.
    fn take_apart(&mut self) {
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

fn is_measure(ty: Type) -> bool {
    ty.is_number() || ty == Type::Timespan
}

/// A value as a number.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Timespan(ticks) => {
            #[allow(clippy::cast_precision_loss)]
            let seconds = *ticks as f64 / TICKS_PER_SECOND as f64;
            seconds
        }
        Value::Bool(b) => f64::from(u8::from(*b)),
        other => other.as_f64()?,
    };
    number.is_finite().then_some(number)
}

/// A value as the name of a place or a series.
fn label(value: &Value) -> String {
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
struct Roles {
    x: usize,
    series: Vec<usize>,
    y: Vec<usize>,
    anomalies: Vec<usize>,
}

fn roles(table: &Table, cells: &Cells, kind: Kind, render: &Render) -> Result<Roles, Undrawn> {
    let said = Properties(render);
    let times = matches!(
        render.kind.to_ascii_lowercase().as_str(),
        "timechart" | "anomalychart"
    );
    let all = 0..cells.types.len();
    let x = match said
        .columns("xcolumn", table)?
        .and_then(|c| c.first().copied())
    {
        Some(x) => x,
        None if times => all
            .clone()
            .find(|i| cells.types[*i] == Type::Datetime)
            .ok_or("a time chart needs a column of datetimes")?,
        None => 0,
    };
    let anomalies = said.columns("anomalycolumns", table)?.unwrap_or_default();
    let given = said.columns("series", table)?;
    let y = match said.columns("ycolumns", table)? {
        Some(y) => y,
        None => {
            let is_series = |i: &usize| given.as_ref().is_some_and(|s| s.contains(i));
            all.clone()
                .filter(|i| *i != x && is_measure(cells.types[*i]))
                .filter(|i| !is_series(i) && !anomalies.contains(i))
                .collect()
        }
    };
    if let Some(wrong) = y.iter().find(|i| !is_measure(cells.types[**i])) {
        let name = table.schema.columns.get(*wrong).map_or("", |c| &*c.name);
        return Err(format!("column `{name}` holds no numbers"));
    }
    if y.is_empty() {
        return Err("the result has no column of numbers to draw".to_string());
    }
    let series = match given {
        Some(series) => series,
        None if kind == Kind::Pie => Vec::new(),
        None => all
            .filter(|i| {
                let ty = cells.types[*i];
                *i != x && !y.contains(i) && matches!(ty, Type::String | Type::Bool | Type::Guid)
            })
            .collect(),
    };
    Ok(Roles {
        x,
        series,
        y,
        anomalies,
    })
}

impl Chart {
    /// The chart of a result.
    ///
    /// # Errors
    /// When it is of a kind that is not drawn, or the result does not have what it needs.
    pub fn of(table: &Table, render: &Render) -> Result<Chart, Undrawn> {
        let (kind, stacking) = kind_of(render)?;
        let said = Properties(render);
        for (name, drawn) in [("ysplit", "none"), ("xaxis", "linear")] {
            if let Some(other) = said.get(name).filter(|v| !v.eq_ignore_ascii_case(drawn)) {
                return Err(format!("charts with {name}={other} are not drawn"));
            }
        }
        let title = said.get("title").unwrap_or("").to_string();
        let mut chart = Chart {
            kind,
            stacking,
            title,
            x_title: String::new(),
            y_title: String::new(),
            legend: said.get("legend") != Some("hidden"),
            log_y: said.get("yaxis") == Some("log"),
            bounds: (said.number("ymin"), said.number("ymax")),
            axis: Axis::Names(Vec::new()),
            series: Vec::new(),
            cards: Vec::new(),
            durations: false,
        };
        if kind == Kind::Table {
            return Ok(chart);
        }
        if table.rows() == 0 {
            return Err("there is no row to draw".to_string());
        }
        let mut cells = Cells::of(table);
        if kind == Kind::Card {
            let names = table.schema.columns.iter().map(|c| c.name.to_string());
            let first = cells.rows.swap_remove(0);
            chart.cards = names.zip(first.iter().map(label)).collect();
            return Ok(chart);
        }
        cells.take_apart();
        if cells.rows.len() > MANY_POINTS {
            let n = cells.rows.len();
            return Err(format!(
                "{n} rows are too many to draw: summarize them first"
            ));
        }
        let roles = roles(table, &cells, kind, render)?;
        let name = |i: usize| {
            let column = table.schema.columns.get(i);
            column.map_or(String::new(), |c| c.name.to_string())
        };
        let y_names: Vec<String> = roles.y.iter().map(|i| name(*i)).collect();
        chart.x_title = said
            .get("xtitle")
            .map_or_else(|| name(roles.x), String::from);
        chart.y_title = match said.get("ytitle") {
            Some(title) => title.to_string(),
            None if y_names.len() == 1 => y_names.join(""),
            None => String::new(),
        };
        chart.durations = roles.y.iter().all(|i| cells.types[*i] == Type::Timespan);
        chart.fill(&cells, &roles, &y_names)?;
        if said
            .get("accumulate")
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
        {
            for series in &mut chart.series {
                let mut sum = 0.0;
                for (_, value) in &mut series.points {
                    sum += *value;
                    *value = sum;
                }
            }
        }
        Ok(chart)
    }

    /// Puts the rows' values at their places.
    fn fill(&mut self, cells: &Cells, roles: &Roles, y_names: &[String]) -> Result<(), Undrawn> {
        let x_type = cells.types[roles.x];
        let categories = matches!(self.kind, Kind::Column | Kind::Bar | Kind::Pie);
        let at: Vec<Option<usize>>;
        if !categories && x_type == Type::Datetime {
            let ticks = |v: &Value| match v {
                Value::Datetime(t) => Some(*t),
                _ => None,
            };
            let found: Vec<Option<i64>> = cells
                .rows
                .iter()
                .map(|r| r.get(roles.x).and_then(ticks))
                .collect();
            let mut places: Vec<i64> = found.iter().flatten().copied().collect();
            places.sort_unstable();
            places.dedup();
            at = found
                .iter()
                .map(|t| t.and_then(|t| places.binary_search(&t).ok()))
                .collect();
            self.axis = Axis::Times(places);
        } else if !categories && is_measure(x_type) {
            let found: Vec<Option<f64>> = cells
                .rows
                .iter()
                .map(|r| r.get(roles.x).and_then(number))
                .collect();
            let mut places: Vec<f64> = found.iter().flatten().copied().collect();
            places.sort_by(f64::total_cmp);
            places.dedup();
            at = found
                .iter()
                .map(|n| n.and_then(|n| places.binary_search_by(|p| p.total_cmp(&n)).ok()))
                .collect();
            self.axis = Axis::Numbers(places);
        } else {
            let mut places: Vec<String> = Vec::new();
            let mut index: HashMap<String, usize> = HashMap::new();
            at = cells
                .rows
                .iter()
                .map(|row| {
                    let name = row.get(roles.x).map(label).unwrap_or_default();
                    let next = index.len();
                    Some(*index.entry(name.clone()).or_insert_with(|| {
                        places.push(name);
                        next
                    }))
                })
                .collect();
            if places.len() > MANY_NAMES {
                let n = places.len();
                return Err(format!(
                    "{n} names on an axis are too many to draw: keep the top ones"
                ));
            }
            self.axis = Axis::Names(places);
        }
        self.gather(cells, roles, y_names, &at)
    }

    fn gather(
        &mut self,
        cells: &Cells,
        roles: &Roles,
        y_names: &[String],
        at: &[Option<usize>],
    ) -> Result<(), Undrawn> {
        let scattered = matches!(self.kind, Kind::Scatter | Kind::Line);
        let mut index: HashMap<String, usize> = HashMap::new();
        let mut sums: Vec<BTreeMap<usize, f64>> = Vec::new();
        for (row, place) in cells.rows.iter().zip(at) {
            let Some(place) = *place else { continue };
            let parts: Vec<String> = roles
                .series
                .iter()
                .filter_map(|i| row.get(*i))
                .map(label)
                .collect();
            for (y, y_name) in roles.y.iter().zip(y_names) {
                let name = match (parts.is_empty(), roles.y.len()) {
                    (true, _) => y_name.clone(),
                    (false, 1) => parts.join(", "),
                    _ => format!("{}: {y_name}", parts.join(", ")),
                };
                let next = self.series.len();
                let series = *index.entry(name.clone()).or_insert(next);
                if series == next {
                    self.series.push(Series {
                        name,
                        points: Vec::new(),
                        anomalies: Vec::new(),
                    });
                    sums.push(BTreeMap::new());
                }
                let Some(value) = row.get(*y).and_then(number) else {
                    continue;
                };
                if scattered {
                    self.series[series].points.push((place, value));
                } else {
                    *sums[series].entry(place).or_insert(0.0) += value;
                }
                let stands_out = |i: &usize| row.get(*i).and_then(number).is_some_and(|n| n != 0.0);
                if roles.anomalies.iter().any(stands_out) {
                    self.series[series].anomalies.push(place);
                }
            }
        }
        if !scattered {
            for (series, sums) in self.series.iter_mut().zip(sums) {
                series.points = sums.into_iter().collect();
            }
        } else if self.kind == Kind::Line {
            for series in &mut self.series {
                series.points.sort_by_key(|(place, _)| *place);
            }
        }
        if self.series.len() > MANY_SERIES {
            let n = self.series.len();
            return Err(format!(
                "{n} series are too many to draw: keep the top ones"
            ));
        }
        if self.kind == Kind::Pie {
            self.series.truncate(1);
            if let Some(series) = self.series.first_mut() {
                series.points.retain(|(_, v)| *v > 0.0);
            }
        }
        match self.series.iter().all(|s| s.points.is_empty()) {
            true => Err("there is no number to draw".to_string()),
            false => Ok(()),
        }
    }

    /// Number of places along the axis.
    pub fn places(&self) -> usize {
        match &self.axis {
            Axis::Names(names) => names.len(),
            Axis::Numbers(numbers) => numbers.len(),
            Axis::Times(times) => times.len(),
        }
    }

    /// The place of a value among all, from 0 to 1.
    pub fn fraction(&self, place: usize) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let between = |first: f64, last: f64, at: f64| match last > first {
            true => (at - first) / (last - first),
            false => 0.5,
        };
        match &self.axis {
            Axis::Names(names) => {
                #[allow(clippy::cast_precision_loss)]
                let at = (place as f64 + 0.5) / names.len().max(1) as f64;
                at
            }
            Axis::Numbers(n) => match (n.first(), n.last(), n.get(place)) {
                (Some(first), Some(last), Some(at)) => between(*first, *last, *at),
                _ => 0.5,
            },
            Axis::Times(t) => match (t.first(), t.last(), t.get(place)) {
                #[allow(clippy::cast_precision_loss)]
                (Some(first), Some(last), Some(at)) => {
                    between(0.0, (last - first) as f64, (at - first) as f64)
                }
                _ => 0.5,
            },
        }
    }

    /// The name of a place.
    pub fn place_name(&self, place: usize) -> String {
        match &self.axis {
            Axis::Names(names) => names.get(place).cloned().unwrap_or_default(),
            Axis::Numbers(n) => n
                .get(place)
                .map_or(String::new(), |n| super::scale::number_text(*n)),
            Axis::Times(t) => t
                .get(place)
                .map_or(String::new(), |t| temporal::datetime_wire(*t)),
        }
    }

    /// A value as people read it.
    pub fn value_name(&self, value: f64) -> String {
        match self.durations {
            true => super::scale::duration_text(value),
            false => super::scale::number_text(value),
        }
    }

    /// What is drawn of each series from where to where, stacked as the chart says: (place, from, to).
    pub fn spans(&self) -> Vec<Vec<(usize, f64, f64)>> {
        let mut above = vec![0.0; self.places()];
        let mut below = vec![0.0; self.places()];
        let mut whole = vec![0.0; self.places()];
        for series in &self.series {
            for (place, value) in &series.points {
                whole[*place] += value.abs();
            }
        }
        let stacked = self.stacking != Stacking::Apart;
        let span = |place: usize, value: f64, above: &mut [f64], below: &mut [f64]| {
            let value = match self.stacking {
                Stacking::Full if whole[place] > 0.0 => 100.0 * value / whole[place],
                _ => value,
            };
            if !stacked {
                return (place, 0.0, value);
            }
            let base = if value < 0.0 { below } else { above };
            let from = base[place];
            base[place] += value;
            (place, from, base[place])
        };
        let mut all = Vec::with_capacity(self.series.len());
        for series in &self.series {
            let mut spans = Vec::with_capacity(series.points.len());
            // Areas on each other need every series at every place.
            if stacked && self.kind == Kind::Area {
                let values: HashMap<usize, f64> = series.points.iter().copied().collect();
                for place in 0..self.places() {
                    let value = values.get(&place).copied().unwrap_or(0.0);
                    spans.push(span(place, value, &mut above, &mut below));
                }
            } else {
                for (place, value) in &series.points {
                    spans.push(span(*place, *value, &mut above, &mut below));
                }
            }
            all.push(spans);
        }
        all
    }
}
