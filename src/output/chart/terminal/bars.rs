//! Bars that lie, with their values behind them, and columns that stand.

use std::fmt::Write as _;

use super::{NAME_PART, Paper, colored, fill, fitted, legend, tick_count, tick_lines, widest};
use crate::output::chart::model::{Chart, Kind, Series, Stacking};
use crate::output::chart::scale::Scale;
use crate::output::shown::width;

/// Parts of a block from the left, in eighths.
const ACROSS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Parts of a block from below, in eighths.
const UPWARD: [char; 8] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];
/// Columns of a column, with the blank behind it.
const SLOT: (usize, usize) = (4, 16);

/// A bar of so many eighths of columns.
fn bar(eighths: usize) -> String {
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(ACROSS[eighths % 8]);
    }
    text
}

/// How long bars are on either side of their ground.
struct Room {
    scale: Scale,
    /// Columns left and right of the ground.
    left: usize,
    right: usize,
}

impl Room {
    /// One for all series; or, if they have scales of their own, one for each.
    fn all(chart: &Chart, columns: usize) -> Vec<Room> {
        let spans = chart.spans();
        let scales = chart.scales(6).into_iter().enumerate();
        let rooms = scales.map(|(i, scale)| match chart.own_axes {
            true => Room::new(chart, scale, spans.get(i..=i).unwrap_or_default(), columns),
            false => Room::new(chart, scale, &spans, columns),
        });
        rooms.collect()
    }

    fn new(
        chart: &Chart,
        mut scale: Scale,
        spans: &[Vec<(usize, f64, f64)>],
        columns: usize,
    ) -> Room {
        let bounded = chart.bounds.0.is_some() || chart.bounds.1.is_some();
        if !bounded && !chart.log_y {
            // The longest bar takes all of the room: there is no axis of round numbers.
            let all = || spans.iter().flatten();
            scale.from = all().map(|s| s.2).fold(0.0, f64::min);
            scale.to = all().map(|s| s.2).fold(0.0, f64::max);
            if scale.from >= scale.to {
                scale.to = scale.from + 1.0;
            }
        }
        let ground = scale.place(scale.ground()).clamp(0.0, 1.0);
        let left = (ground * columns as f64).ceil() as usize;
        Room {
            scale,
            left,
            right: columns.saturating_sub(left),
        }
    }

    /// How far a value is from the ground, in eighths of columns, and whether to the left.
    fn eighths(&self, value: f64) -> (usize, bool) {
        let ground = self.scale.place(self.scale.ground()).clamp(0.0, 1.0);
        let way = self.scale.place(value).clamp(0.0, 1.0) - ground;
        let side = if way < 0.0 { self.left } else { self.right };
        let whole = if way < 0.0 { ground } else { 1.0 - ground };
        let part = if whole > 0.0 { way.abs() / whole } else { 0.0 };
        ((part * side as f64 * 8.0).round() as usize, way < 0.0)
    }

    /// A line with what is left and right of the ground.
    fn line(&self, left: &str, taken: usize, right: &str) -> String {
        let blank = " ".repeat(self.left.saturating_sub(taken));
        format!("{blank}{left}│{right}")
    }
}

/// Places in the order they are drawn in: a pie's by size.
fn order(chart: &Chart) -> Vec<usize> {
    if chart.kind != Kind::Pie {
        return (0..chart.places()).collect();
    }
    let points = chart.series.first().map_or(&[][..], |s| &s.points);
    let mut points = points.to_vec();
    points.sort_by(|a, b| b.1.total_cmp(&a.1));
    points.into_iter().map(|(place, _)| place).collect()
}

/// Bars that lie.
pub(super) fn lying(chart: &Chart, paper: &Paper, out: &mut String) {
    let first = chart.series.first().map_or(&[][..], |s| &s.points);
    let whole: f64 = first.iter().map(|(_, v)| *v).sum();
    let value_text = |value: f64| match chart.kind {
        Kind::Pie => format!(
            "{} ({:.1} %)",
            chart.value_name(value),
            100.0 * value / whole
        ),
        _ => chart.value_name(value),
    };
    let stacked = chart.stacking != Stacking::Apart;
    let many = chart.series.len() > 1 && !stacked;
    let names: Vec<String> = (0..chart.places()).map(|p| chart.place_name(p)).collect();
    let name_width = widest(names.iter(), paper.width / NAME_PART);
    let series_width = match many {
        true => widest(chart.series.iter().map(|s| &s.name), paper.width / 5) + 1,
        false => 0,
    };
    let values = chart.series.iter().flat_map(|s| &s.points);
    let values_width = values.map(|(_, v)| width(&value_text(*v))).max();
    let taken = name_width + series_width + values_width.unwrap_or(0) + 3;
    let rooms = Room::all(chart, paper.width.saturating_sub(taken + 1).max(8));
    let Some(room) = rooms.first() else {
        return;
    };
    let spans = chart.spans();
    for place in order(chart) {
        let mut label = fitted(names.get(place).map_or("", |n| n), name_width);
        if stacked {
            let (line, sum) = pile(chart, &spans, place, room, paper);
            let _ = writeln!(out, "{label} {line} {}", chart.value_name(sum));
            continue;
        }
        let has_value = |s: &Series| s.points.iter().any(|(p, _)| *p == place);
        if !chart.series.iter().any(has_value) {
            let _ = writeln!(
                out,
                "{label} {}",
                " ".repeat(series_width) + &room.line("", 0, "")
            );
        }
        for (i, series) in chart.series.iter().enumerate() {
            let Some((_, value)) = series.points.iter().find(|(p, _)| *p == place) else {
                continue;
            };
            let room = rooms.get(i).unwrap_or(room);
            let (eighths, is_left) = room.eighths(*value);
            let line = match is_left {
                true => {
                    let blocks = (eighths + 4) / 8;
                    let drawn = colored(&"█".repeat(blocks), i, paper);
                    room.line(&drawn, blocks, "")
                }
                false => room.line("", 0, &colored(&bar(eighths), i, paper)),
            };
            let name = match many {
                true => fitted(&series.name, series_width - 1) + " ",
                false => String::new(),
            };
            let _ = writeln!(out, "{label} {name}{line} {}", value_text(*value));
            label = " ".repeat(name_width);
        }
    }
    if stacked {
        legend(chart, paper, out);
    }
}

/// What lies at one place on each other, and its sum.
fn pile(
    chart: &Chart,
    spans: &[Vec<(usize, f64, f64)>],
    place: usize,
    room: &Room,
    paper: &Paper,
) -> (String, f64) {
    let (mut left, mut right) = (String::new(), String::new());
    let (mut taken, mut sum) = (0, 0.0);
    for (i, spans) in spans.iter().enumerate() {
        let Some(n) = spans.iter().position(|(p, ..)| *p == place) else {
            continue;
        };
        let (_, from, to) = spans[n];
        let points = chart.series.get(i).map_or(&[][..], |s| &s.points);
        sum += points.get(n).map_or(0.0, |(_, v)| *v);
        // Whole columns only: what comes next begins where this ends.
        let (begin, (end, is_left)) = (room.eighths(from).0 / 8, room.eighths(to));
        let cells = (end / 8).saturating_sub(begin);
        let blocks: String = std::iter::repeat_n(fill(i, paper), cells).collect();
        let blocks = colored(&blocks, i, paper);
        match is_left {
            true => {
                left = blocks + &left;
                taken += cells;
            }
            false => right += &blocks,
        }
    }
    (room.line(&left, taken, &right), sum)
}

/// How wide columns stand, if all have room and their names too.
pub(super) fn slot(chart: &Chart, paper: &Paper) -> Option<usize> {
    let places = chart.places().max(1);
    // The numbers beside the axis take some columns.
    let slot = (paper.width.saturating_sub(8) / places).min(SLOT.1);
    let names = chart.widest_name(usize::MAX);
    (chart.series.len() == 1 && slot >= SLOT.0 && names < slot).then_some(slot)
}

/// Columns that stand.
pub(super) fn standing(chart: &Chart, slot: usize, paper: &Paper, out: &mut String) {
    let height = paper.height.max(4);
    let scale = chart.scales(tick_count(height)).swap_remove(0);
    let ticks = tick_lines(chart, &scale, height);
    let axis = ticks.iter().flatten().map(|t| width(t)).max().unwrap_or(0);
    let points = chart.series.first().map_or(&[][..], |s| &s.points);
    let mut values = vec![f64::NAN; chart.places()];
    for (place, value) in points {
        values[*place] = *value;
    }
    let up = |value: f64| scale.place(value).clamp(0.0, 1.0) * height as f64;
    let ground = up(scale.ground());
    for line in 0..height {
        let label = ticks.get(line).cloned().flatten().unwrap_or_default();
        let _ = write!(out, "{label:>axis$} │");
        let low = (height - 1 - line) as f64;
        for value in &values {
            let top = up(*value);
            let (from, to) = (ground.min(top), ground.max(top));
            let filled = (to.min(low + 1.0) - from.max(low)).max(0.0);
            let eighth = (filled * 8.0).round();
            let glyph = match value.is_finite() {
                true if eighth >= 8.0 => '█',
                // What hangs from the ground is drawn in whole blocks.
                true if *value < scale.ground() && eighth >= 4.0 => '█',
                true if *value >= scale.ground() => UPWARD[eighth as usize % 8],
                _ => ' ',
            };
            let text: String = std::iter::repeat_n(glyph, slot - 1).collect();
            out.push_str(&colored(&text, 0, paper));
            out.push(' ');
        }
        out.push('\n');
    }
    let blank = " ".repeat(axis);
    let _ = writeln!(out, "{blank} └{}", "─".repeat(slot * values.len()));
    let _ = write!(out, "{blank}  ");
    for place in 0..chart.places() {
        out.push_str(&fitted(&chart.place_name(place), slot - 1));
        out.push(' ');
    }
    out.push('\n');
}
