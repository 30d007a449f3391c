//! Lines, areas and dots of Braille, with axes.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{Paper, colored, legend, tick_count, tick_lines};
use crate::output::chart::model::{Axis, Chart, Kind, Stacking};
use crate::output::chart::scale::time_ticks;
use crate::output::shown::{cut, visible, width};

/// Dots of Braille, two by four to a letter, each letter with the colour of its last dot.
struct Dots {
    width: usize,
    cells: Vec<(u8, usize)>,
    /// Letters with something that stands out in them.
    odd: HashSet<usize>,
}

impl Dots {
    fn new(width: usize, height: usize) -> Dots {
        Dots {
            width,
            cells: vec![(0, 0); width * height],
            odd: HashSet::new(),
        }
    }

    fn set(&mut self, x: usize, y: usize, series: usize) {
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let index = (y / 4) * self.width + x / 2;
        if x / 2 < self.width
            && let Some(cell) = self.cells.get_mut(index)
        {
            *cell = (cell.0 | BITS[x % 2][y % 4], series);
        }
    }

    fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), series: usize) {
        let steps = (x2 - x1)
            .abs()
            .max((y2 - y1).abs())
            .ceil()
            .clamp(1.0, 10_000.0) as usize;
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let (x, y) = (x1 + (x2 - x1) * part, y1 + (y2 - y1) * part);
            self.set(
                x.round().max(0.0) as usize,
                y.round().max(0.0) as usize,
                series,
            );
        }
    }

    /// Fills what is between two points and two others right below or above them.
    fn fill(&mut self, upper: [(f64, f64); 2], lower: [f64; 2], series: usize) {
        let [(x1, y1), (x2, y2)] = upper;
        let steps = (x2 - x1).abs().ceil().clamp(1.0, 10_000.0) as usize;
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let between = |a: f64, b: f64| a + (b - a) * part;
            let x = between(x1, x2);
            self.line(
                (x, between(y1, y2)),
                (x, between(lower[0], lower[1])),
                series,
            );
        }
    }

    fn mark(&mut self, (x, y): (f64, f64)) {
        let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
        self.odd.insert((y / 4) * self.width + x / 2);
    }

    fn row(&self, row: usize, paper: &Paper) -> String {
        let mut out = String::new();
        let cells = self.cells.iter().enumerate();
        for (i, (bits, series)) in cells.skip(row * self.width).take(self.width) {
            let glyph = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
            match (self.odd.contains(&i), bits) {
                (true, _) if paper.color => out.push_str("\x1b[1;31m●\x1b[0m"),
                (true, _) => out.push('●'),
                (false, 0) => out.push(' '),
                (false, _) => out.push_str(&colored(&glyph.to_string(), *series, paper)),
            }
        }
        out
    }
}

/// Lines, areas or dots, with their axes.
pub(super) fn plots(chart: &Chart, paper: &Paper, out: &mut String) {
    let many = chart.series.len() > 1;
    let together = paper.color && !chart.own_axes;
    if !many || together {
        let all: Vec<usize> = (0..chart.series.len()).collect();
        plot(chart, &all, paper.height, paper, out);
        legend(chart, paper, out);
        return;
    }
    // Without colours each series gets a drawing of its own; all have the same axes, unless they are to have others.
    for (i, series) in chart.series.iter().enumerate() {
        let _ = writeln!(out, "{}", cut(&visible(&series.name), paper.width));
        plot(chart, &[i], 5.min(paper.height), paper, out);
    }
}

fn plot(chart: &Chart, series: &[usize], height: usize, paper: &Paper, out: &mut String) {
    let height = height.max(3);
    let scales = chart.scales(tick_count(height));
    let own = series.first().and_then(|i| scales.get(*i));
    let Some(scale) = own.or(scales.first()) else {
        return;
    };
    let ticks = tick_lines(chart, scale, height);
    let axis = ticks.iter().flatten().map(|t| width(t)).max().unwrap_or(0);
    let room = paper.width.saturating_sub(axis + 2).max(8);
    let mut dots = Dots::new(room, height);
    let (right, bottom) = ((room * 2 - 1) as f64, (height * 4 - 1) as f64);
    let inside = |value: f64| (scale.from..=scale.to).contains(&value);
    let at = |place: usize, value: f64| {
        let up = scale.place(value).clamp(0.0, 1.0);
        (chart.fraction(place) * right, bottom - up * bottom)
    };
    let spans = chart.spans();
    for i in series {
        let Some(line) = chart.series.get(*i) else {
            continue;
        };
        match chart.kind {
            Kind::Area => {
                let spans = spans.get(*i).map_or(&[][..], |s| s);
                let ground = |from: f64| match chart.stacking {
                    Stacking::Apart => scale.ground(),
                    _ => from,
                };
                let ends = |(place, from, to): (usize, f64, f64)| {
                    (at(place, to), at(place, ground(from)).1)
                };
                let all: Vec<_> = spans.iter().map(|s| ends(*s)).collect();
                for pair in all.windows(2) {
                    dots.fill([pair[0].0, pair[1].0], [pair[0].1, pair[1].1], *i);
                }
                if let [(upper, lower)] = &all[..] {
                    dots.line(*upper, (upper.0, *lower), *i);
                }
            }
            Kind::Scatter => {
                for (place, value) in line.points.iter().filter(|p| inside(p.1)) {
                    let point = at(*place, *value);
                    dots.line(point, point, *i);
                }
            }
            _ => {
                for piece in chart.pieces(line) {
                    let points: Vec<_> = piece.iter().map(|(p, v)| at(*p, *v)).collect();
                    if let [point] = points[..] {
                        dots.line(point, point, *i);
                    }
                    for pair in points.windows(2) {
                        dots.line(pair[0], pair[1], *i);
                    }
                }
            }
        }
        let odd: HashSet<usize> = line.anomalies.iter().copied().collect();
        for (place, value) in line.points.iter().filter(|(p, _)| odd.contains(p)) {
            dots.mark(at(*place, *value));
        }
    }
    for row in 0..height {
        let label = ticks.get(row).cloned().flatten().unwrap_or_default();
        let _ = writeln!(out, "{label:>axis$} │{}", dots.row(row, paper));
    }
    let _ = writeln!(out, "{} └{}", " ".repeat(axis), "─".repeat(room));
    let _ = writeln!(out, "{}  {}", " ".repeat(axis), places(chart, room));
}

/// What stands along the axis, in one line.
pub(super) fn places(chart: &Chart, room: usize) -> String {
    let marks: Vec<(f64, String)> = match &chart.axis {
        Axis::Times(times) => match (times.first(), times.last()) {
            (Some(first), Some(last)) if last > first => {
                let part = |at: i64| (at - first) as f64 / (last - first) as f64;
                let ticks = time_ticks(*first, *last, (room / 14).clamp(2, 8));
                let ticks = ticks.into_iter();
                ticks.map(|(at, name)| (part(at), name)).collect()
            }
            _ => vec![(0.5, chart.place_name(0))],
        },
        Axis::Numbers(_) => chart.number_ticks((room / 12).clamp(2, 8)),
        Axis::Names(names) => (0..names.len())
            .map(|i| {
                let name = cut(&visible(&chart.place_name(i)), 16).into_owned();
                (chart.fraction(i), name)
            })
            .collect(),
    };
    let mut line = String::new();
    let mut taken = 0;
    for (at, name) in marks {
        let size = width(&name);
        let middle = (at * room as f64) as usize;
        let start = middle
            .saturating_sub(size / 2)
            .min(room.saturating_sub(size));
        if start < taken + usize::from(taken > 0) {
            continue;
        }
        line.push_str(&" ".repeat(start - taken));
        line.push_str(&name);
        taken = start + size;
    }
    line
}
