//! Cards, trees, and ladders of what lasts.

use std::fmt::Write as _;

use super::bars;
use super::plot::places;
use super::{NAME_PART, Paper, colored, fitted, widest};
use crate::output::chart::model::{Axis, Chart, Kind, Series};
use crate::output::shown::{visible, width};

pub(super) fn cards(chart: &Chart, out: &mut String) {
    let names = widest(chart.cards.iter().map(|(name, _)| name), usize::MAX);
    for (name, value) in &chart.cards {
        let (name, value) = (visible(name), visible(value));
        let blank = names.saturating_sub(width(&name));
        let _ = writeln!(out, "{}{name}  {value}", " ".repeat(blank));
    }
}

/// A tree as bars, the largest first.
pub(super) fn tree(chart: &Chart, paper: &Paper, out: &mut String) {
    let mut leaves: Vec<_> = chart.tree.iter().collect();
    leaves.sort_by(|a, b| b.value.total_cmp(&a.value));
    let names = leaves.iter().map(|leaf| leaf.path.join(" / "));
    let bars = Chart {
        kind: Kind::Bar,
        axis: Axis::Names(names.collect()),
        series: vec![Series {
            points: leaves.iter().map(|l| l.value).enumerate().collect(),
            ..Series::default()
        }],
        ..chart.clone()
    };
    bars::lying(&bars, paper, out);
}

/// Rows with blocks from where something begins to where it ends.
pub(super) fn ladder(chart: &Chart, paper: &Paper, out: &mut String) {
    let names = widest(chart.rows.iter(), paper.width / NAME_PART);
    let room = paper.width.saturating_sub(names + 2).max(8);
    let mut lines = vec![vec![' '; room]; chart.rows.len()];
    for rung in &chart.rungs {
        let at = |place: usize| (chart.fraction(place) * (room - 1) as f64).round() as usize;
        let (from, to) = (at(rung.from), at(rung.to));
        let Some(line) = lines.get_mut(rung.row) else {
            continue;
        };
        let moment = rung.from == rung.to;
        for cell in line.iter_mut().take(to + 1).skip(from) {
            match (moment, *cell) {
                (false, _) => *cell = '█',
                (true, ' ') => *cell = '│',
                (true, '│') => *cell = '┃',
                (true, _) => {}
            }
        }
    }
    for (row, line) in lines.iter().enumerate() {
        let name = fitted(chart.rows.get(row).map_or("", |n| n), names);
        let line: String = line.iter().collect();
        let _ = writeln!(out, "{name} │{}", colored(line.trim_end(), row, paper));
    }
    let blank = " ".repeat(names);
    let _ = writeln!(out, "{blank} └{}", "─".repeat(room));
    let _ = writeln!(out, "{blank}  {}", places(chart, room));
}
