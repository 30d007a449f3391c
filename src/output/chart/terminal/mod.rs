//! Charts of letters: bars of blocks, lines of Braille dots.

mod bars;
mod plot;
mod rows;

use std::fmt::Write as _;

use super::model::{Chart, Kind};
use super::scale::Scale;
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
/// Columns of a name before its values, as a part of all.
const NAME_PART: usize = 3;

/// Draws a chart, or several below each other; a table is none.
pub fn draw(panels: &[Chart], paper: &Paper) -> Option<String> {
    let first = panels.first().filter(|c| c.kind != Kind::Table)?;
    let mut out = String::new();
    centered(&first.title, paper, &mut out);
    let paper = &Paper {
        height: if panels.len() > 1 { 6 } else { paper.height },
        ..*paper
    };
    for chart in panels {
        if panels.len() > 1 || chart.titled.1 {
            let _ = writeln!(out, "{}", cut(&visible(&chart.y_title), paper.width));
        }
        match chart.kind {
            Kind::Card => rows::cards(chart, &mut out),
            Kind::Tree => rows::tree(chart, paper, &mut out),
            Kind::Ladder => rows::ladder(chart, paper, &mut out),
            Kind::Bar | Kind::Pie => bars::lying(chart, paper, &mut out),
            // Columns stand side by side while there is room for them and their names.
            Kind::Column => match bars::slot(chart, paper) {
                Some(slot) => bars::standing(chart, slot, paper, &mut out),
                None => bars::lying(chart, paper, &mut out),
            },
            _ => plot::plots(chart, paper, &mut out),
        }
        if chart.titled.0 {
            centered(&chart.x_title, paper, &mut out);
        }
    }
    for note in panels.iter().flat_map(|p| &p.notes) {
        let _ = writeln!(out, "({})", visible(note));
    }
    // No line ends in blanks.
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    Some(lines.join("\n") + "\n")
}

/// A line in the middle, if there is something to say.
fn centered(text: &str, paper: &Paper, out: &mut String) {
    if !text.is_empty() {
        let text = visible(text).into_owned();
        let text = cut(&text, paper.width).into_owned();
        let blank = paper.width.saturating_sub(width(&text)) / 2;
        let _ = writeln!(out, "{}{text}", " ".repeat(blank));
    }
}

fn colored(text: &str, series: usize, paper: &Paper) -> String {
    match paper.color && !text.is_empty() {
        true => format!("\x1b[38;5;{}m{text}\x1b[0m", COLORS[series % COLORS.len()]),
        false => text.to_string(),
    }
}

/// A name cut and padded to so many columns.
fn fitted(name: &str, columns: usize) -> String {
    let name = visible(name).into_owned();
    let name = cut(&name, columns).into_owned();
    let blank = columns.saturating_sub(width(&name));
    name + &" ".repeat(blank)
}

/// Columns that the widest of some names takes, `most` at most.
fn widest<'a>(names: impl Iterator<Item = &'a String>, most: usize) -> usize {
    let widths = names.map(|n| width(&visible(n)));
    widths.max().unwrap_or(0).min(most)
}

/// What a series is filled with.
fn fill(series: usize, paper: &Paper) -> char {
    match paper.color {
        true => '█',
        false => FILLS[series % FILLS.len()],
    }
}

fn legend(chart: &Chart, paper: &Paper, out: &mut String) {
    if chart.series.len() < 2 || !chart.legend {
        return;
    }
    let mut line = String::new();
    let mut taken = 0;
    for (i, series) in chart.series.iter().enumerate() {
        let name = visible(&series.name).into_owned();
        let name = cut(&name, 32).into_owned();
        let size = width(&name) + 5;
        if taken > 0 && taken + size > paper.width {
            let _ = writeln!(out, "{line}");
            line.clear();
            taken = 0;
        }
        let mark = colored(&fill(i, paper).to_string(), i, paper);
        let _ = write!(line, "{mark} {name}   ");
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
            *line = Some(chart.tick_name(*tick));
        }
    }
    lines
}

/// Ticks that fit beside so many lines.
fn tick_count(height: usize) -> usize {
    height.div_ceil(2).clamp(2, 5)
}
