//! A result made into a chart: its columns as an axis and series, as `render` says or as its kind has it by default.

use std::collections::{BTreeMap, HashMap};

use super::model::{Axis, Chart, Kind, Leaf, Rung, Series, Stacking};
use super::roles::{self, Cells, Properties, Roles, Undrawn, is_measure, label, number};
use super::scale::instants_text;
use crate::engine::Table;
use crate::plan::Render;
use crate::text::counted;
use crate::types::{Type, Value};

/// Most places along an axis of names.
const MANY_NAMES: usize = 200;
/// Most series.
const MANY_SERIES: usize = 60;
/// Most points.
const MANY_POINTS: usize = 400_000;
/// Most rectangles of a tree.
const MANY_LEAVES: usize = 1000;
/// Most panels, and most scales beside one picture.
const MANY_PANELS: usize = 5;
const MANY_SCALES: usize = 6;
/// Panels of series whose scales have no room beside one drawing.
const MANY_OWN_PANELS: usize = 12;

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
        "treemap" => Kind::Tree,
        "ladderchart" | "timepivot" => Kind::Ladder,
        "pivotchart" => {
            return Err(
                "a pivot chart is put together by hand in Kusto.Explorer; `evaluate pivot(…)` \
                        and a columnchart draw one arrangement of it"
                    .to_string(),
            );
        }
        "plotly" => {
            return Err(
                "pictures made by Plotly need its own program, which kql does not have".to_string(),
            );
        }
        other => return Err(format!("`{other}` is no chart that kql knows")),
    };
    let said = Properties(render).get("kind").unwrap_or("default");
    let stacking = match said.to_ascii_lowercase().as_str() {
        "stacked" => Stacking::Stacked,
        "stacked100" => Stacking::Full,
        "default" | "unstacked" if name == "stackedareachart" => Stacking::Stacked,
        "default" | "unstacked" => Stacking::Apart,
        "map" => return Err("kql has no maps".to_string()),
        other => {
            return Err(format!(
                "kind: `{other}` is none of default, stacked, stacked100, unstacked"
            ));
        }
    };
    let stacks = matches!(kind, Kind::Column | Kind::Bar | Kind::Area);
    Ok((kind, if stacks { stacking } else { Stacking::Apart }))
}

/// The charts of a result: one, or a panel for each column of values.
///
/// # Errors
/// When it is of a kind that is not drawn, or the result does not have what it needs.
pub fn charts(table: &Table, render: &Render) -> Result<Vec<Chart>, Undrawn> {
    let (kind, stacking) = kind_of(render)?;
    let mut chart = blank(kind, stacking, render)?;
    if kind == Kind::Table {
        return Ok(vec![chart]);
    }
    match table.rows() {
        0 => return Err("there is no row to draw".to_string()),
        n if n > MANY_POINTS && kind != Kind::Card => return Err(too_many_rows(n)),
        _ => {}
    }
    if kind == Kind::Card {
        let names = table.schema.columns.iter().map(|c| c.name.to_string());
        let mut cells = Cells::of(table, 1);
        let first = cells.rows.swap_remove(0);
        chart.cards = names.zip(first.iter().map(label)).collect();
        if table.rows() > 1 {
            let note = format!("a card shows the first row of {}", table.rows());
            chart.notes.push(note);
        }
        return Ok(vec![chart]);
    }
    let mut cells = Cells::of(table, usize::MAX);
    cells.take_apart();
    if cells.rows.len() > MANY_POINTS {
        return Err(too_many_rows(cells.rows.len()));
    }
    match kind {
        Kind::Tree => {
            chart.tree = leaves(table, &cells, render)?;
            Ok(vec![chart])
        }
        Kind::Ladder => {
            chart.climb(table, &cells, render)?;
            Ok(vec![chart])
        }
        _ => plotted(chart, table, &cells, render),
    }
}

fn too_many_rows(n: usize) -> Undrawn {
    format!("{n} rows are too many to draw: summarize them first")
}

/// A chart with nothing in it yet.
fn blank(kind: Kind, stacking: Stacking, render: &Render) -> Result<Chart, Undrawn> {
    let said = Properties(render);
    Ok(Chart {
        kind,
        stacking,
        title: said.get("title").unwrap_or("").to_string(),
        x_title: said.get("xtitle").unwrap_or("").to_string(),
        y_title: said.get("ytitle").unwrap_or("").to_string(),
        titled: (said.get("xtitle").is_some(), said.get("ytitle").is_some()),
        legend: !said.is("legend", "hidden"),
        log_x: said.is("xaxis", "log"),
        log_y: said.is("yaxis", "log"),
        own_axes: false,
        bounds: (said.number("ymin")?, said.number("ymax")?),
        axis: Axis::Names(Vec::new()),
        series: Vec::new(),
        cards: Vec::new(),
        tree: Vec::new(),
        rows: Vec::new(),
        rungs: Vec::new(),
        durations: false,
        x_durations: false,
        notes: Vec::new(),
    })
}

/// Charts with values along an axis.
fn plotted(
    chart: Chart,
    table: &Table,
    cells: &Cells,
    render: &Render,
) -> Result<Vec<Chart>, Undrawn> {
    let said = Properties(render);
    let mut roles = roles::roles(table, cells, chart.kind, render)?;
    let split = said.get("ysplit").unwrap_or("none").to_ascii_lowercase();
    let panels = match split.as_str() {
        "none" | "axes" => false,
        "panels" => chart.kind != Kind::Pie && roles.y.len() > 1,
        other => return Err(format!("ysplit: `{other}` is none of none, axes, panels")),
    };
    if !panels {
        let mut chart = chart.with(table, cells, &roles, render)?;
        if split == "axes" && chart.kind != Kind::Pie && chart.series.len() > 1 {
            return Ok(match chart.no_scales_beside() {
                None => {
                    chart.own_axes = true;
                    vec![chart]
                }
                Some(why) => chart.in_panels(why),
            });
        }
        return Ok(vec![chart]);
    }
    let columns = std::mem::take(&mut roles.y);
    let mut charts = Vec::new();
    for column in columns.iter().take(MANY_PANELS) {
        roles.y = vec![*column];
        charts.push(chart.clone().with(table, cells, &roles, render)?);
    }
    below_each_other(&mut charts);
    if columns.len() > MANY_PANELS
        && let Some(first) = charts.first_mut()
    {
        let n = columns.len() - MANY_PANELS;
        let note = format!("{n} more columns have no panel: {MANY_PANELS} are the most");
        first.notes.push(note);
    }
    Ok(charts)
}

/// Panels stand below each other, on one axis.
fn below_each_other(panels: &mut [Chart]) {
    for upper in panels.iter_mut().rev().skip(1) {
        upper.x_title.clear();
        upper.titled.0 = false;
    }
}

/// The rectangles of a tree.
fn leaves(table: &Table, cells: &Cells, render: &Render) -> Result<Vec<Leaf>, Undrawn> {
    let (names, value) = roles::branches(table, cells, render)?;
    let mut sums: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    for row in &cells.rows {
        let path = names.iter().filter_map(|i| row.get(*i)).map(label);
        let value = row.get(value).and_then(number).unwrap_or(0.0);
        *sums.entry(path.collect()).or_insert(0.0) += value;
    }
    let leaves: Vec<Leaf> = sums
        .into_iter()
        .filter(|(_, value)| *value > 0.0)
        .map(|(path, value)| Leaf { path, value })
        .collect();
    match leaves.len() {
        0 => Err("there is no number above zero to draw".to_string()),
        n if n > MANY_LEAVES => Err(format!(
            "{n} rectangles are too many to draw: keep the top ones"
        )),
        _ => Ok(leaves),
    }
}

/// Positions along an axis, and for each row the one that it has.
struct Along {
    axis: Axis,
    at: Vec<Option<usize>>,
    /// Rows left out, for a logarithm has no place for them.
    beyond: usize,
}

/// Instants or numbers in order.
fn in_order(values: &[Option<&Value>], ty: Type, log: bool) -> Along {
    if ty == Type::Datetime {
        let ticks = |v: &Option<&Value>| match v {
            Some(Value::Datetime(t)) => Some(*t),
            _ => None,
        };
        let found: Vec<Option<i64>> = values.iter().map(ticks).collect();
        let mut places: Vec<i64> = found.iter().flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let at = found.iter().map(|t| places.binary_search(&(*t)?).ok());
        return Along {
            at: at.collect(),
            axis: Axis::Times(places),
            beyond: 0,
        };
    }
    let all: Vec<Option<f64>> = values.iter().map(|v| v.and_then(number)).collect();
    let found: Vec<Option<f64>> = all.iter().map(|n| n.filter(|n| !log || *n > 0.0)).collect();
    let mut places: Vec<f64> = found.iter().flatten().copied().collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    let at = found.iter().map(|n| {
        let n = (*n)?;
        places.binary_search_by(|p| p.total_cmp(&n)).ok()
    });
    Along {
        at: at.collect(),
        beyond: all.iter().flatten().count() - found.iter().flatten().count(),
        axis: Axis::Numbers(places),
    }
}

/// Names as they appear; instants among them in their order.
fn named(values: &[Option<&Value>], ty: Type) -> Along {
    if ty == Type::Datetime {
        let mut along = in_order(values, ty, false);
        if let Axis::Times(times) = &along.axis {
            let mut names = instants_text(times);
            let none = names.len();
            if along.at.iter().any(Option::is_none) {
                names.push("(null)".to_string());
            }
            along.at.iter_mut().for_each(|at| {
                at.get_or_insert(none);
            });
            along.axis = Axis::Names(names);
        }
        return along;
    }
    let mut places: Vec<String> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let at = values.iter().map(|value| {
        let name = value.map(label).unwrap_or_default();
        let next = index.len();
        Some(*index.entry(name.clone()).or_insert_with(|| {
            places.push(name);
            next
        }))
    });
    let at = at.collect();
    Along {
        at,
        axis: Axis::Names(places),
        beyond: 0,
    }
}

impl Chart {
    /// The chart with values along its axis.
    fn with(
        mut self,
        table: &Table,
        cells: &Cells,
        roles: &Roles,
        render: &Render,
    ) -> Result<Chart, Undrawn> {
        let said = Properties(render);
        let name = |i: usize| {
            let column = table.schema.columns.get(i);
            column.map_or(String::new(), |c| c.name.to_string())
        };
        let y_names: Vec<String> = roles.y.iter().map(|i| name(*i)).collect();
        if !self.titled.0 {
            self.x_title = name(roles.x);
        }
        if !self.titled.1 && y_names.len() == 1 {
            self.y_title = y_names.concat();
        }
        self.durations = roles.y.iter().all(|i| cells.types[*i] == Type::Timespan);
        self.fill(cells, roles, &y_names)?;
        if said.is("accumulate", "true") {
            for series in &mut self.series {
                let mut sum = 0.0;
                for (_, value) in &mut series.points {
                    sum += *value;
                    *value = sum;
                }
            }
        }
        if self.log_y {
            self.above_zero()?;
        }
        if render.kind.eq_ignore_ascii_case("anomalychart") && roles.anomalies.is_empty() {
            let note = "no column tells what stands out: anomalycolumns = COLUMN names one";
            self.notes.push(note.to_string());
        }
        Ok(self)
    }

    /// Puts the rows' values at their places.
    fn fill(&mut self, cells: &Cells, roles: &Roles, y_names: &[String]) -> Result<(), Undrawn> {
        let ty = cells.types[roles.x];
        let values: Vec<Option<&Value>> = cells.rows.iter().map(|r| r.get(roles.x)).collect();
        let categories = matches!(self.kind, Kind::Column | Kind::Bar | Kind::Pie);
        let along = match !categories && (ty == Type::Datetime || is_measure(ty)) {
            true => in_order(&values, ty, self.log_x),
            false => named(&values, ty),
        };
        self.x_durations = ty == Type::Timespan;
        self.axis = along.axis;
        match &self.axis {
            Axis::Numbers(_) if along.beyond > 0 => self.notes.push(beyond(along.beyond)),
            Axis::Numbers(_) => {}
            Axis::Names(names) if names.len() > MANY_NAMES => {
                let n = names.len();
                return Err(format!(
                    "{n} names on an axis are too many to draw: keep the top ones"
                ));
            }
            _ if std::mem::take(&mut self.log_x) => {
                let note = "xaxis = log needs numbers along the axis";
                self.notes.push(note.to_string());
            }
            _ => {}
        }
        self.gather(cells, roles, y_names, &along.at)
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
            let parts = roles.series.iter().filter_map(|i| row.get(*i)).map(label);
            let parts: Vec<String> = parts.collect();
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
                        ..Series::default()
                    });
                    sums.push(BTreeMap::new());
                }
                let Some(value) = row.get(*y).and_then(number) else {
                    self.series[series].gaps.push(place);
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
        for (series, sums) in self.series.iter_mut().zip(sums) {
            match self.kind {
                Kind::Scatter => {}
                Kind::Line => series.points.sort_by_key(|(place, _)| *place),
                _ => series.points = sums.into_iter().collect(),
            }
            series.gaps.sort_unstable();
        }
        if self.series.len() > MANY_SERIES {
            let n = self.series.len();
            return Err(format!(
                "{n} series are too many to draw: keep the top ones"
            ));
        }
        if self.kind == Kind::Pie {
            self.one_pie();
        }
        match self.series.iter().all(|s| s.points.is_empty()) {
            true => Err("there is no number to draw".to_string()),
            false => Ok(()),
        }
    }

    /// A pie is of one column, and has no slice below zero.
    fn one_pie(&mut self) {
        if let [_, rest @ ..] = &self.series[..]
            && !rest.is_empty()
        {
            let names: Vec<&str> = rest.iter().map(|s| &*s.name).collect();
            let note = format!("a pie shows one column; not drawn: {}", names.join(", "));
            self.notes.push(note);
        }
        self.series.truncate(1);
        let Some(series) = self.series.first_mut() else {
            return;
        };
        let below = series.points.iter().filter(|(_, v)| *v < 0.0).count();
        if below > 0 {
            let has = if below == 1 { "has" } else { "have" };
            let note = format!(
                "{} below zero {has} no slice",
                counted(below, "value", "values")
            );
            self.notes.push(note);
        }
        series.points.retain(|(_, v)| *v > 0.0);
    }

    /// Leaves out what a logarithm has no place for.
    fn above_zero(&mut self) -> Result<(), Undrawn> {
        let mut gone = 0;
        for series in &mut self.series {
            let before = series.points.len();
            let low = series.points.iter().filter(|(_, v)| *v <= 0.0);
            let mut gaps: Vec<usize> = low.map(|(place, _)| *place).collect();
            series.gaps.append(&mut gaps);
            series.gaps.sort_unstable();
            series.points.retain(|(_, v)| *v > 0.0);
            gone += before - series.points.len();
        }
        if self.series.iter().all(|s| s.points.is_empty()) {
            return Err("yaxis = log needs numbers above zero".to_string());
        }
        if gone > 0 {
            self.notes.push(beyond(gone));
        }
        Ok(())
    }

    /// Why its series cannot have scales of their own beside one drawing.
    fn no_scales_beside(&self) -> Option<String> {
        let n = self.series.len();
        if n > MANY_SCALES {
            return Some(format!("{n} scales do not fit beside a chart"));
        }
        if self.stacking != Stacking::Apart {
            return Some("what is stacked has one scale".to_string());
        }
        let lie = self.kind == Kind::Bar;
        lie.then(|| "bars that lie have one scale".to_string())
    }

    /// A chart for each series, with its own scale.
    fn in_panels(mut self, why: String) -> Vec<Chart> {
        let series = std::mem::take(&mut self.series);
        let mut notes = std::mem::take(&mut self.notes);
        notes.push(format!("{why}: each series has a panel instead"));
        if series.len() > MANY_OWN_PANELS {
            let n = series.len() - MANY_OWN_PANELS;
            notes.push(format!(
                "{n} more series have no panel: {MANY_OWN_PANELS} are the most"
            ));
        }
        let panel = |series: Series| Chart {
            stacking: Stacking::Apart,
            y_title: match self.titled.1 {
                true => format!("{}: {}", self.y_title, series.name),
                false => series.name.clone(),
            },
            series: vec![series],
            ..self.clone()
        };
        let mut panels: Vec<Chart> = series
            .into_iter()
            .take(MANY_OWN_PANELS)
            .map(panel)
            .collect();
        below_each_other(&mut panels);
        if let Some(first) = panels.first_mut() {
            first.notes = notes;
        }
        panels
    }

    /// Fills the rows of a ladder.
    fn climb(&mut self, table: &Table, cells: &Cells, render: &Render) -> Result<(), Undrawn> {
        let (names, from, to) = roles::rungs(table, cells, render)?;
        let both = cells.rows.iter().flat_map(|r| [r.get(from), r.get(to)]);
        let both: Vec<Option<&Value>> = both.collect();
        let along = in_order(&both, cells.types[from], self.log_x);
        self.x_durations = cells.types[from] == Type::Timespan;
        self.axis = along.axis;
        if along.beyond > 0 {
            self.notes.push(beyond(along.beyond));
        }
        let mut index: HashMap<String, usize> = HashMap::new();
        for (row, ends) in cells.rows.iter().zip(along.at.chunks(2)) {
            let [from, to] = *ends else { continue };
            // What has but one end is there at that moment.
            let (Some(from), Some(to)) = (from.or(to), to.or(from)) else {
                continue;
            };
            let parts = names.iter().filter_map(|i| row.get(*i)).map(label);
            let name = parts.collect::<Vec<_>>().join(", ");
            let next = self.rows.len();
            let row = *index.entry(name.clone()).or_insert(next);
            if row == next {
                self.rows.push(name);
            }
            self.rungs.push(Rung {
                row,
                from: from.min(to),
                to: from.max(to),
            });
        }
        match self.rows.len() {
            0 => Err("there is nothing to draw".to_string()),
            n if n > MANY_NAMES => Err(format!(
                "{n} rows of a chart are too many to draw: keep the top ones"
            )),
            _ => Ok(()),
        }
    }
}

fn beyond(n: usize) -> String {
    let (what, has) = (
        counted(n, "value", "values"),
        if n == 1 { "has" } else { "have" },
    );
    format!("{what} at or below zero {has} no place on a logarithmic axis")
}
