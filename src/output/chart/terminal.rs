//! Charts of letters: bars of blocks, lines of Braille dots.

use std::fmt::Write as _;

use super::model::{Axis, Chart, Kind, Stacking};
use super::scale::{Scale, number_text, time_ticks};
use super::svg::{scale_of, tick_name};
use crate::output::shown::{cut, visible, width};

/// What a chart is drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Paper {
    /// Columns.
    pub width: usize,
    /// Lines of the drawing, without titles and axes.
    pub height: usize,
    /// Whether to use colours.
    pub color: bool,
}

/// The colours of series, as near as 256 colours come to those of pictures.
const COLORS: [u8; 8] = [32, 166, 36, 175, 214, 74, 97, 245];
/// What bars of several series are filled with where there are no colours.
const FILLS: [char; 4] = ['█', '▓', '▒', '░'];
/// Parts of a block from the left, in eighths.
const ACROSS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Parts of a block from below, in eighths.
const UPWARD: [char; 8] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/// Draws a chart; a table is none.
pub fn draw(chart: &Chart, paper: &Paper) -> Option<String> {
    let mut out = String::new();
    if chart.kind == Kind::Table {
        return None;
    }
    if !chart.title.is_empty() {
        let title = visible(&chart.title).into_owned();
        let title = cut(&title, paper.width).into_owned();
        let blank = paper.width.saturating_sub(width(&title)) / 2;
        let _ = writeln!(out, "{}{title}", " ".repeat(blank));
    }
    match chart.kind {
        Kind::Card => cards(chart, &mut out),
        Kind::Bar | Kind::Pie => bars(chart, paper, &mut out),
        // Columns stand side by side while there is room.
        Kind::Column if chart.series.len() > 1 || chart.places() * 4 > paper.width => {
            bars(chart, paper, &mut out);
        }
        Kind::Column => columns(chart, paper, &mut out),
        _ => plots(chart, paper, &mut out),
    }
    // No line ends in blanks.
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    Some(lines.join("\n") + "\n")
}

fn colored(text: &str, series: usize, paper: &Paper) -> String {
    match paper.color {
        true => format!("\x1b[38;5;{}m{text}\x1b[0m", COLORS[series % COLORS.len()]),
        false => text.to_string(),
    }
}

fn cards(chart: &Chart, out: &mut String) {
    let widest = chart
        .cards
        .iter()
        .map(|(name, _)| width(&visible(name)))
        .max();
    for (name, value) in &chart.cards {
        let (name, value) = (visible(name), visible(value));
        let blank = widest.unwrap_or(0).saturating_sub(width(&name));
        let _ = writeln!(out, "{}{name}  {value}", " ".repeat(blank));
    }
}

/// A name cut and padded to so many columns.
fn fitted(name: &str, columns: usize) -> String {
    let name = visible(name).into_owned();
    let name = cut(&name, columns).into_owned();
    let blank = columns.saturating_sub(width(&name));
    name + &" ".repeat(blank)
}

/// A bar of so many eighths of columns.
fn bar(eighths: usize, fill: char) -> String {
    let mut text: String = std::iter::repeat_n(fill, eighths / 8).collect();
    if !eighths.is_multiple_of(8) {
        match fill {
            '█' => text.push(ACROSS[eighths % 8]),
            other if eighths % 8 >= 4 => text.push(other),
            _ => {}
        }
    }
    text
}

fn bars(chart: &Chart, paper: &Paper, out: &mut String) {
    let many = chart.series.len() > 1;
    let stacked = chart.stacking != Stacking::Apart;
    let whole: f64 = chart
        .series
        .first()
        .map_or(0.0, |s| s.points.iter().map(|(_, v)| *v).sum());
    let value_text = |value: f64| match chart.kind {
        Kind::Pie => format!(
            "{} ({:.1} %)",
            chart.value_name(value),
            100.0 * value / whole
        ),
        _ => chart.value_name(value),
    };
    let names: Vec<String> = (0..chart.places()).map(|p| chart.place_name(p)).collect();
    let widest = |names: &mut dyn Iterator<Item = &String>, most: usize| {
        names
            .map(|n| width(&visible(n)))
            .max()
            .unwrap_or(0)
            .min(most)
    };
    let name_width = widest(&mut names.iter(), paper.width / 3);
    let series_names: Vec<String> = chart.series.iter().map(|s| s.name.clone()).collect();
    let series_width = match many && !stacked {
        true => widest(&mut series_names.iter(), paper.width / 5) + 1,
        false => 0,
    };
    let spans = chart.spans();
    let all = || spans.iter().flatten();
    let most = all()
        .map(|(_, a, b)| a.abs().max(b.abs()))
        .fold(0.0, f64::max);
    let values_width = chart
        .series
        .iter()
        .flat_map(|s| &s.points)
        .map(|(_, v)| width(&value_text(*v)))
        .max()
        .unwrap_or(0);
    let room = paper
        .width
        .saturating_sub(name_width + series_width + values_width + 4)
        .max(8);
    let eighths = |value: f64| match most > 0.0 {
        true => ((value.abs() / most) * room as f64 * 8.0).round() as usize,
        false => 0,
    };
    let order: Vec<usize> = match chart.kind {
        Kind::Pie => {
            let mut order: Vec<(usize, f64)> = chart
                .series
                .first()
                .map_or(Vec::new(), |s| s.points.clone());
            order.sort_by(|a, b| b.1.total_cmp(&a.1));
            order.into_iter().map(|(place, _)| place).collect()
        }
        _ => (0..chart.places()).collect(),
    };
    for place in order {
        let mut label = fitted(names.get(place).map_or("", |n| n), name_width);
        if stacked {
            let mut line = String::new();
            let mut sum = 0.0;
            for (i, spans) in spans.iter().enumerate() {
                let Some(n) = spans.iter().position(|(p, ..)| *p == place) else {
                    continue;
                };
                let (_, from, to) = spans[n];
                let value = chart.series[i].points.get(n).map_or(0.0, |(_, v)| *v);
                sum += value;
                // Whole columns only: what comes next begins where this ends.
                let cells = eighths(to) / 8 - (eighths(from) / 8).min(eighths(to) / 8);
                let fill = if paper.color {
                    '█'
                } else {
                    FILLS[i % FILLS.len()]
                };
                line += &colored(&bar(cells * 8, fill), i, paper);
            }
            let _ = writeln!(out, "{label} │{line} {}", chart.value_name(sum));
            continue;
        }
        for (i, series) in chart.series.iter().enumerate() {
            let Some((_, value)) = series.points.iter().find(|(p, _)| *p == place) else {
                continue;
            };
            let mark = if *value < 0.0 { "-" } else { "" };
            let drawn = colored(&bar(eighths(*value), '█'), i, paper);
            let name = match many {
                true => fitted(&series.name, series_width - 1) + " ",
                false => String::new(),
            };
            let _ = writeln!(out, "{label} {name}│{mark}{drawn} {}", value_text(*value));
            label = " ".repeat(name_width);
        }
    }
    if stacked {
        legend(chart, paper, out);
    }
}

fn legend(chart: &Chart, paper: &Paper, out: &mut String) {
    if chart.series.len() < 2 {
        return;
    }
    let mut line = String::new();
    let mut taken = 0;
    for (i, series) in chart.series.iter().enumerate() {
        let name = visible(&series.name).into_owned();
        let name = cut(&name, 32).into_owned();
        let fill = if paper.color {
            '█'
        } else {
            FILLS[i % FILLS.len()]
        };
        let size = width(&name) + 5;
        if taken > 0 && taken + size > paper.width {
            let _ = writeln!(out, "{line}");
            line.clear();
            taken = 0;
        }
        let _ = write!(line, "{} {name}   ", colored(&fill.to_string(), i, paper));
        taken += size;
    }
    let _ = writeln!(out, "{line}");
}

/// The names of a scale's ticks by the line they stand on, from the top.
fn tick_lines(chart: &Chart, scale: &Scale, height: usize) -> Vec<Option<String>> {
    let mut lines: Vec<Option<String>> = vec![None; height];
    for tick in &scale.ticks {
        let up = scale.place(*tick).clamp(0.0, 1.0) * (height - 1) as f64;
        let line = height - 1 - up.round() as usize;
        if let Some(line) = lines.get_mut(line)
            && line.is_none()
        {
            *line = Some(tick_name(chart, *tick));
        }
    }
    lines
}

fn columns(chart: &Chart, paper: &Paper, out: &mut String) {
    let scale = scale_of(chart);
    let height = paper.height.max(4);
    let ticks = tick_lines(chart, &scale, height);
    let axis = ticks.iter().flatten().map(|t| width(t)).max().unwrap_or(0);
    let room = paper.width.saturating_sub(axis + 2).max(chart.places());
    let slot = (room / chart.places().max(1)).clamp(2, 16);
    let values: Vec<f64> = (0..chart.places())
        .map(|place| {
            let points = chart.series.first().map_or(&[][..], |s| &s.points);
            points
                .iter()
                .find(|(p, _)| *p == place)
                .map_or(f64::NAN, |(_, v)| *v)
        })
        .collect();
    let ground = scale.place(scale.ground()) * height as f64;
    for line in 0..height {
        let label = ticks.get(line).cloned().flatten().unwrap_or_default();
        let _ = write!(out, "{label:>axis$} │");
        let low = (height - 1 - line) as f64;
        for value in &values {
            let top = scale.place(*value) * height as f64;
            let (from, to) = (ground.min(top), ground.max(top));
            let filled = (to.min(low + 1.0) - from.max(low)).max(0.0);
            let eighth = (filled * 8.0).round();
            let glyph = match eighth.is_finite() {
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
    let _ = writeln!(
        out,
        "{} └{}",
        " ".repeat(axis),
        "─".repeat(slot * values.len())
    );
    let _ = write!(out, "{}  ", " ".repeat(axis));
    for place in 0..chart.places() {
        out.push_str(&fitted(&chart.place_name(place), slot - 1));
        out.push(' ');
    }
    out.push('\n');
}

/// Dots of Braille, two by four to a letter, each letter with the colour of its last dot.
struct Dots {
    width: usize,
    cells: Vec<(u8, usize)>,
}

impl Dots {
    fn new(width: usize, height: usize) -> Dots {
        Dots {
            width,
            cells: vec![(0, 0); width * height],
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

    fn row(&self, row: usize, paper: &Paper) -> String {
        let mut out = String::new();
        for (bits, series) in self.cells.iter().skip(row * self.width).take(self.width) {
            let glyph = char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' ');
            match bits {
                0 => out.push(' '),
                _ => out.push_str(&colored(&glyph.to_string(), *series, paper)),
            }
        }
        out
    }
}

fn plots(chart: &Chart, paper: &Paper, out: &mut String) {
    let many = chart.series.len() > 1;
    if !many || paper.color {
        plot(
            chart,
            &(0..chart.series.len()).collect::<Vec<_>>(),
            paper.height,
            paper,
            out,
        );
        if paper.color {
            legend(chart, paper, out);
        }
        return;
    }
    // Without colours each series gets a drawing of its own, all with the same axes.
    for (i, series) in chart.series.iter().enumerate() {
        let _ = writeln!(out, "{}", cut(&visible(&series.name), paper.width));
        plot(chart, &[i], 5.min(paper.height), paper, out);
    }
}

fn plot(chart: &Chart, series: &[usize], height: usize, paper: &Paper, out: &mut String) {
    let scale = scale_of(chart);
    let height = height.max(3);
    let ticks = tick_lines(chart, &scale, height);
    let axis = ticks.iter().flatten().map(|t| width(t)).max().unwrap_or(0);
    let room = paper.width.saturating_sub(axis + 2).max(8);
    let mut dots = Dots::new(room, height);
    let (right, bottom) = ((room * 2 - 1) as f64, (height * 4 - 1) as f64);
    let at = |place: usize, value: f64| {
        let up = scale.place(value).clamp(0.0, 1.0);
        (chart.fraction(place) * right, bottom - up * bottom)
    };
    let spans = chart.spans();
    for i in series {
        let Some(spans) = spans.get(*i) else { continue };
        let points: Vec<(f64, f64)> = spans.iter().map(|(p, _, to)| at(*p, *to)).collect();
        if chart.kind == Kind::Area {
            for (place, from, to) in spans {
                let (x, top) = at(*place, *to);
                dots.line((x, at(*place, *from).1), (x, top), *i);
            }
        }
        match (chart.kind, points.len()) {
            (Kind::Scatter, _) | (_, 1) => {
                for point in &points {
                    dots.line(*point, *point, *i);
                }
            }
            _ => {
                for pair in points.windows(2) {
                    dots.line(pair[0], pair[1], *i);
                }
            }
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
fn places(chart: &Chart, room: usize) -> String {
    let marks: Vec<(f64, String)> = match &chart.axis {
        Axis::Times(times) => match (times.first(), times.last()) {
            (Some(first), Some(last)) if last > first => {
                let ticks = time_ticks(*first, *last, (room / 14).clamp(2, 8));
                let part = |at: i64| (at - first) as f64 / (last - first) as f64;
                ticks
                    .into_iter()
                    .map(|(at, name)| (part(at), name))
                    .collect()
            }
            (Some(first), _) => vec![(0.5, super::scale::instant_text(*first))],
            _ => Vec::new(),
        },
        Axis::Numbers(numbers) => match (numbers.first(), numbers.last()) {
            (Some(first), Some(last)) if last > first => {
                Scale::new(*first, *last, (room / 12).clamp(2, 8))
                    .ticks
                    .into_iter()
                    .filter(|t| (*first..=*last).contains(t))
                    .map(|t| ((t - first) / (last - first), number_text(t)))
                    .collect()
            }
            (Some(first), _) => vec![(0.5, number_text(*first))],
            _ => Vec::new(),
        },
        Axis::Names(names) => (0..names.len())
            .map(|i| {
                (
                    chart.fraction(i),
                    cut(&visible(&chart.place_name(i)), 16).into_owned(),
                )
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
