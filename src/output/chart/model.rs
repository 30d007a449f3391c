//! What a chart shows: places along an axis, series of values at them, and how they are to be drawn.

use std::collections::HashMap;

use super::scale::{Scale, duration_text, instants_text, number_text};
use crate::output::shown::width;

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
    /// Rectangles within rectangles.
    Tree,
    /// What lasts from one place of the axis to another, a row for each name.
    Ladder,
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
    /// Numbers, increasing.
    Numbers(Vec<f64>),
    /// Instants, in ticks, increasing.
    Times(Vec<i64>),
}

/// Values with one name, each at a place of the axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Index into the axis, and the value.
    pub points: Vec<(usize, f64)>,
    /// Places of points that stand out.
    pub anomalies: Vec<usize>,
    /// Places where a value is missing: a line does not go on over them.
    pub gaps: Vec<usize>,
}

/// A rectangle of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The names from the outermost rectangle to this one.
    pub path: Vec<String>,
    pub value: f64,
}

/// What lasts, or happens at once, in the row of a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    pub row: usize,
    /// Indices into the axis.
    pub from: usize,
    pub to: usize,
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub kind: Kind,
    pub stacking: Stacking,
    pub title: String,
    pub x_title: String,
    pub y_title: String,
    /// Whether the query names the axes: x and y.
    pub titled: (bool, bool),
    pub legend: bool,
    pub log_x: bool,
    pub log_y: bool,
    /// Each series has a scale of its own.
    pub own_axes: bool,
    pub bounds: (Option<f64>, Option<f64>),
    pub axis: Axis,
    pub series: Vec<Series>,
    /// Names and values of a card.
    pub cards: Vec<(String, String)>,
    /// The rectangles of a tree.
    pub tree: Vec<Leaf>,
    /// The rows of a ladder, and what is in them.
    pub rows: Vec<String>,
    pub rungs: Vec<Rung>,
    /// Values are durations, in seconds; and places are.
    pub durations: bool,
    pub x_durations: bool,
    /// What the picture does not show.
    pub notes: Vec<String>,
}

impl Chart {
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
        match &self.axis {
            Axis::Names(names) => (place as f64 + 0.5) / names.len().max(1) as f64,
            Axis::Numbers(n) => n.get(place).map_or(0.5, |at| self.part(*at)),
            Axis::Times(t) => match (t.first(), t.last(), t.get(place)) {
                (Some(first), Some(last), Some(at)) if last > first => {
                    at.wrapping_sub(*first) as f64 / last.wrapping_sub(*first) as f64
                }
                _ => 0.5,
            },
        }
    }

    /// Where a number stands along an axis of numbers, from 0 to 1.
    pub fn part(&self, number: f64) -> f64 {
        let Axis::Numbers(all) = &self.axis else {
            return 0.5;
        };
        let on_axis = |n: f64| if self.log_x { n.log10() } else { n };
        match (all.first(), all.last()) {
            (Some(first), Some(last)) if last > first => {
                let (first, last) = (on_axis(*first), on_axis(*last));
                (on_axis(number) - first) / (last - first)
            }
            _ => 0.5,
        }
    }

    /// Round numbers on an axis of numbers, and how they are written.
    pub fn number_ticks(&self, count: usize) -> Vec<(f64, String)> {
        let Axis::Numbers(all) = &self.axis else {
            return Vec::new();
        };
        let (Some(first), Some(last)) = (all.first(), all.last()) else {
            return Vec::new();
        };
        if first == last {
            return vec![(0.5, self.along_name(*first))];
        }
        let scale = match self.log_x {
            true => Scale::log(*first, *last),
            false => Scale::new(*first, *last, count),
        };
        let inside = scale.ticks.iter().filter(|t| (*first..=*last).contains(t));
        inside
            .map(|t| (self.part(*t), self.along_name(*t)))
            .collect()
    }

    /// A number of the axis as people read it.
    fn along_name(&self, number: f64) -> String {
        match self.x_durations {
            true => duration_text(number),
            false => number_text(number),
        }
    }

    /// The name of a place.
    pub fn place_name(&self, place: usize) -> String {
        match &self.axis {
            Axis::Names(names) => names.get(place).cloned().unwrap_or_default(),
            Axis::Numbers(n) => n.get(place).map_or(String::new(), |n| self.along_name(*n)),
            Axis::Times(t) => match t.get(place) {
                Some(at) => instants_text(&[*at]).concat(),
                None => String::new(),
            },
        }
    }

    /// The widest name along an axis of names, in columns, each cut to so many.
    pub fn widest_name(&self, most: usize) -> usize {
        match &self.axis {
            Axis::Names(names) => {
                let widths = names.iter().map(|n| width(n).min(most));
                widths.max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// A value as people read it.
    pub fn value_name(&self, value: f64) -> String {
        match self.durations {
            true => duration_text(value),
            false => number_text(value),
        }
    }

    /// How a tick of the scale is written.
    pub fn tick_name(&self, tick: f64) -> String {
        match self.stacking {
            Stacking::Full => format!("{} %", number_text(tick)),
            _ => self.value_name(tick),
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

    /// The scales of the values with about `count` ticks: one for all series, or one for each.
    pub fn scales(&self, count: usize) -> Vec<Scale> {
        let spans = self.spans();
        match self.own_axes {
            true => {
                let each = spans.iter();
                each.map(|s| self.scale(s.iter(), count)).collect()
            }
            false => vec![self.scale(spans.iter().flatten(), count)],
        }
    }

    fn scale<'a>(&self, spans: impl Iterator<Item = &'a (usize, f64, f64)>, count: usize) -> Scale {
        let grounded = matches!(self.kind, Kind::Column | Kind::Bar | Kind::Area);
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for (_, from, to) in spans {
            // A line's values stand alone; what is filled begins at its ground.
            let from = (grounded && !self.log_y).then_some(*from);
            for end in [Some(*to), from].into_iter().flatten() {
                least = least.min(end);
                most = most.max(end);
            }
        }
        let (low, high) = self.bounds;
        if self.log_y {
            let low = low.filter(|low| *low > 0.0);
            return Scale::log(low.unwrap_or(least), high.unwrap_or(most));
        }
        // A line that is far from zero is not pressed flat.
        if least > 0.0 && (grounded || least < most * 0.5) {
            least = 0.0;
        }
        Scale::bounded(least, most, self.bounds, count)
    }

    /// The pieces of a line, without those where values are missing.
    pub fn pieces<'a>(&self, series: &'a Series) -> Vec<&'a [(usize, f64)]> {
        let mut pieces = Vec::new();
        let mut rest = &series.points[..];
        for gap in &series.gaps {
            let end = rest.partition_point(|(place, _)| place < gap);
            let (before, after) = rest.split_at(end);
            if !before.is_empty() {
                pieces.push(before);
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(rest);
        }
        pieces
    }
}
