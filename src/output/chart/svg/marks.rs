//! What stands for values along an axis: columns and bars, lines, areas, dots.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{Picture, color, dashes, escape, pale};
use crate::output::chart::model::{Chart, Kind, Stacking};
use crate::output::chart::scale::Scale;

/// Points up to which each of a line gets a dot to point at.
const FEW: usize = 400;
/// Points up to which each of a cloud says what it is.
const SPEAKING: usize = 5000;

/// The scale of a series: its own, or that of all.
fn scale_of(scales: &[Scale], series: usize) -> Option<&Scale> {
    scales.get(series).or(scales.first())
}

/// What a mark says when it is pointed at.
fn hint(chart: &Chart, series: usize, place: usize, value: f64) -> String {
    let name = chart.series.get(series).map_or("", |s| &s.name);
    let place = escape(&chart.place_name(place));
    let (name, value) = (escape(name), escape(&chart.value_name(value)));
    format!("<title>{place}&#10;{name}: {value}</title>")
}

/// How thick a bar is, and where that of a series begins: both in parts of its place.
fn slot(chart: &Chart, series: usize) -> (f64, f64) {
    const FILLED: f64 = 0.76;
    match chart.stacking {
        Stacking::Apart => {
            let each = FILLED / chart.series.len().max(1) as f64;
            (each, (1.0 - FILLED) / 2.0 + each * series as f64)
        }
        _ => (FILLED, (1.0 - FILLED) / 2.0),
    }
}

/// Points of a line that show: of those in one column of dots the first, the last, the highest and the lowest.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const MANY: usize = 4000;
    if points.len() <= MANY {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(MANY);
    for column in points.chunk_by(|a, b| (a.0 * 2.0).floor() == (b.0 * 2.0).floor()) {
        let extreme = |pick: fn(&f64, &f64) -> std::cmp::Ordering| {
            let all = column.iter().enumerate();
            all.max_by(|a, b| pick(&a.1.1, &b.1.1))
                .map_or(0, |(i, _)| i)
        };
        let highest = extreme(|a, b| a.total_cmp(b));
        let lowest = extreme(|a, b| b.total_cmp(a));
        let mut which = [0, highest, lowest, column.len() - 1];
        which.sort_unstable();
        let mut last = None;
        for i in which {
            if last != Some(i) {
                kept.extend(column.get(i));
            }
            last = Some(i);
        }
    }
    kept
}

fn joined(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (x, y) in points {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{x:.1},{y:.1}");
    }
    text
}

impl Picture {
    /// Columns, or bars: the same lying down.
    pub(super) fn blocks(&mut self, chart: &Chart, scales: &[Scale]) {
        let sideways = chart.kind == Kind::Bar;
        let (begin, length) = match sideways {
            true => (self.top, self.bottom - self.top),
            false => (self.left, self.right - self.left),
        };
        let slots = length / chart.places().max(1) as f64;
        for (i, spans) in chart.spans().iter().enumerate() {
            let Some(scale) = scale_of(scales, i) else {
                continue;
            };
            let (part, first) = slot(chart, i);
            let _ = write!(
                self.out,
                "<g class=\"series\" fill=\"{}\"{}>",
                color(i),
                pale(i)
            );
            let thick = (slots * part - 0.6).max(0.6);
            for (n, (place, from, to)) in spans.iter().enumerate() {
                let from = match chart.stacking {
                    Stacking::Apart => scale.ground(),
                    _ => *from,
                };
                let along = begin + slots * (*place as f64 + first);
                let ends = match sideways {
                    true => (self.x(scale.place(from)), self.x(scale.place(*to))),
                    false => (self.y(scale, from), self.y(scale, *to)),
                };
                let (low, long) = (ends.0.min(ends.1), (ends.0 - ends.1).abs());
                let (x, y, w, h) = match sideways {
                    true => (low, along, long, thick),
                    false => (along, low, thick, long),
                };
                let points = chart.series.get(i).map_or(&[][..], |s| &s.points);
                let value = points.get(n).map_or(*to, |(_, v)| *v);
                let _ = write!(
                    self.out,
                    "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\">{}</rect>",
                    hint(chart, i, *place, value)
                );
            }
            self.out.push_str("</g>");
        }
    }

    pub(super) fn lines(&mut self, chart: &Chart, scales: &[Scale]) {
        for (i, series) in chart.series.iter().enumerate() {
            let Some(scale) = scale_of(scales, i) else {
                continue;
            };
            let at = |picture: &Picture, (place, value): (usize, f64)| {
                (picture.x(chart.fraction(place)), picture.y(scale, value))
            };
            let (color, dashes) = (color(i), dashes(i));
            self.out.push_str("<g class=\"series\">");
            let mut alone = HashSet::new();
            for piece in chart.pieces(series) {
                if let [(place, _)] = piece {
                    alone.insert(*place);
                }
                let points: Vec<(f64, f64)> = piece.iter().map(|p| at(self, *p)).collect();
                let points = joined(thinned(&points).into_iter());
                let _ = write!(
                    self.out,
                    "<polyline class=\"line\" stroke=\"{color}\"{dashes} points=\"{points}\"/>"
                );
            }
            let odd: HashSet<usize> = series.anomalies.iter().copied().collect();
            let few = series.points.len() <= FEW;
            let small = if series.points.len() > 60 { 2.0 } else { 3.0 };
            for point in &series.points {
                let (class, radius) = match odd.contains(&point.0) {
                    true => (" class=\"odd\"", 5.0),
                    false if few || alone.contains(&point.0) => ("", small),
                    false => continue,
                };
                let (x, y) = at(self, *point);
                let _ = write!(
                    self.out,
                    "<circle{class} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{color}\">{}</circle>",
                    hint(chart, i, point.0, point.1)
                );
            }
            self.out.push_str("</g>");
        }
    }

    pub(super) fn areas(&mut self, chart: &Chart, scales: &[Scale]) {
        for (i, spans) in chart.spans().iter().enumerate() {
            let Some(scale) = scale_of(scales, i) else {
                continue;
            };
            let at = |place: usize| self.x(chart.fraction(place));
            let apart = chart.stacking == Stacking::Apart;
            let upper = spans.iter().map(|(p, _, to)| (at(*p), self.y(scale, *to)));
            let upper = joined(upper);
            let lower = spans.iter().rev().map(|(p, from, _)| {
                let from = if apart { scale.ground() } else { *from };
                (at(*p), self.y(scale, from))
            });
            let lower = joined(lower);
            let color = color(i);
            let opacity = match (apart, i / super::COLORS) {
                (true, _) => "",
                (false, 0) => " style=\"fill-opacity:.8\"",
                (false, _) => " style=\"fill-opacity:.5\"",
            };
            let name = escape(chart.series.get(i).map_or("", |s| &s.name));
            let _ = write!(
                self.out,
                "<g class=\"series\"><polygon class=\"area\" fill=\"{color}\"{opacity} points=\"{upper} {lower}\">\
                 <title>{name}</title></polygon><polyline class=\"line\" stroke=\"{color}\"{} points=\"{upper}\"/></g>",
                dashes(i)
            );
        }
    }

    pub(super) fn dots(&mut self, chart: &Chart, scales: &[Scale]) {
        for (i, series) in chart.series.iter().enumerate() {
            let Some(scale) = scale_of(scales, i) else {
                continue;
            };
            let many = series.points.len() > 500;
            let (radius, opacity) = if many { (2.0, 0.5) } else { (4.0, 0.8) };
            let _ = write!(
                self.out,
                "<g class=\"series\" fill=\"{}\" fill-opacity=\"{opacity}\">",
                color(i)
            );
            let speaking = series.points.len() <= SPEAKING;
            let mut drawn: HashSet<(i64, i64)> = HashSet::new();
            for (place, value) in &series.points {
                let (x, y) = (self.x(chart.fraction(*place)), self.y(scale, *value));
                // Of very many, those on one spot are one.
                if !speaking && !drawn.insert((x.round() as i64, y.round() as i64)) {
                    continue;
                }
                let hint = match speaking {
                    true => hint(chart, i, *place, *value),
                    false => String::new(),
                };
                let _ = write!(
                    self.out,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\">{hint}</circle>"
                );
            }
            self.out.push_str("</g>");
        }
    }
}
