//! Charts as SVG: axes with round ticks, a legend, colours that the colour-blind tell apart, light and dark.

mod marks;
mod tree;
mod whole;

use std::fmt::Write as _;

use super::model::{Axis, Chart, Kind};
use super::scale::{Scale, time_ticks};
use crate::output::shown::{cut, width};
use crate::text;

/// Size of the picture, and of one of several panels.
const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 480.0;
const PANEL: f64 = 240.0;
/// Height of a row of bars that have names, where there are many.
const ROW: f64 = 20.0;
/// Colours of series before they repeat, then paler or with dashes.
const COLORS: usize = 8;
/// About how wide a letter is, at the size of labels.
const LETTER: f64 = 6.6;
/// Letters of a name along an axis.
const NAME: usize = 26;
/// How far names that do not fit stand aslant: its cosine and sine are of 38 degrees.
const ASLANT: (f64, f64) = (0.788, 0.616);

/// The colours, for light and for dark surroundings. The hues are those of Okabe and Ito, which are told apart in
/// every common form of colour blindness; the dark ones are lighter.
const STYLE: &str = "\
.kql{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#ffffff;--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#cc79a7;\
--s4:#e69f00;--s5:#56b4e9;--s6:#8a6fb3;--s7:#767676}\
@media (prefers-color-scheme:dark){.kql{--ink:#e6edf3;--soft:#9aa4af;--line:#3a424b;--paper:#14181d;--s0:#4aa8e0;\
--s1:#ff8c4b;--s2:#2fc79b;--s3:#e4a5c8;--s4:#ffc24d;--s5:#9ad6ff;--s6:#b9a3e3;--s7:#aeaeae}}\
.kql text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:12px;fill:var(--soft)}\
.kql .title{font-size:17px;font-weight:600;fill:var(--ink)}.kql .name{fill:var(--ink)}\
.kql .paper{fill:var(--paper)}.kql .grid{stroke:var(--line);stroke-width:1}.kql .axis{stroke:var(--soft);stroke-width:1}\
.kql .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.kql .area{fill-opacity:.35;stroke:none}\
.kql .odd{fill:var(--paper);stroke:#d00000;stroke-width:2}.kql .slice{stroke:var(--paper);stroke-width:1.5}\
.kql .big{font-weight:600;fill:var(--ink)}.kql .note{font-style:italic}\
.kql .leaf{fill-opacity:.4}.kql .on{fill:var(--ink);pointer-events:none}.kql .branch{font-weight:600}";

/// Text as XML has it; characters that XML has not are left out.
pub fn escape(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    for c in label.chars() {
        match c {
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => text::push_xml(c, &mut out),
        }
    }
    out
}

fn width_of(text: &str) -> f64 {
    width(text) as f64 * LETTER
}

fn color(series: usize) -> String {
    format!("var(--s{})", series % COLORS)
}

/// Dashes of a line whose colour another has already.
fn dashes(series: usize) -> &'static str {
    match series / COLORS {
        0 => "",
        1 => " stroke-dasharray=\"7 4\"",
        _ => " stroke-dasharray=\"2 4\"",
    }
}

/// How pale what is filled is, if another has its colour already.
fn pale(series: usize) -> &'static str {
    match series / COLORS {
        0 => "",
        1 => " fill-opacity=\".6\"",
        _ => " fill-opacity=\".3\"",
    }
}

/// A picture being drawn, and the part of it that is still free.
struct Picture {
    out: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    /// Width that ticks beside the picture take at least, so that panels stand exactly below each other.
    gutter: f64,
}

/// Ticks beside a picture of some height, about.
fn tick_count(height: f64) -> usize {
    if height < 250.0 { 4 } else { 6 }
}

/// The widest tick of a scale.
fn widest(chart: &Chart, scale: &Scale) -> f64 {
    let widths = scale.ticks.iter().map(|t| width_of(&chart.tick_name(*t)));
    widths.fold(0.0, f64::max)
}

/// How high a chart is.
fn height_of(chart: &Chart) -> f64 {
    let rows = match chart.kind {
        Kind::Card => return 80.0 + 130.0 * chart.cards.len().clamp(1, 8).div_ceil(4) as f64,
        Kind::Bar => chart.places(),
        Kind::Ladder => chart.rows.len(),
        _ => 0,
    };
    HEIGHT.max(rows as f64 * ROW + 110.0)
}

/// Draws a chart, or several below each other; a table has none.
pub fn draw(panels: &[Chart]) -> String {
    let Some(first) = panels.first() else {
        return String::new();
    };
    let head = if first.title.is_empty() { 0.0 } else { 28.0 };
    let each = match panels {
        [one] => height_of(one) - head,
        _ => PANEL,
    };
    let notes: Vec<&String> = panels.iter().flat_map(|p| &p.notes).collect();
    let charts = head + each * panels.len() as f64;
    let height = charts + notes.len() as f64 * 18.0;
    let mut p = Picture {
        out: String::new(),
        left: 0.0,
        top: 0.0,
        right: WIDTH,
        bottom: height,
        gutter: 0.0,
    };
    if panels.len() > 1 {
        let count = tick_count(PANEL);
        let widths = panels.iter().flat_map(|chart| {
            let scales = chart.scales(count);
            scales.first().map(|scale| widest(chart, scale))
        });
        p.gutter = widths.fold(0.0, f64::max);
    }
    let name = match first.title.is_empty() {
        true => "chart",
        false => &first.title,
    };
    let _ = write!(
        p.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"kql\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{}\"><style>{STYLE}</style><rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>",
        escape(name)
    );
    if !first.title.is_empty() {
        let title = cut(&first.title, 90);
        p.text(WIDTH / 2.0, 30.0, "middle", "title", &title);
    }
    for (i, chart) in panels.iter().enumerate() {
        p.left = 24.0;
        p.right = WIDTH - 24.0;
        p.top = head + each * i as f64 + 20.0;
        p.bottom = head + each * (i + 1) as f64 - 20.0;
        match chart.kind {
            Kind::Card => p.cards(chart),
            Kind::Pie => p.pie(chart),
            Kind::Tree => p.tree(chart),
            Kind::Ladder => p.ladder(chart),
            Kind::Table => {}
            _ => {
                p.legend(chart);
                p.axes(chart);
            }
        }
    }
    for (i, note) in notes.into_iter().enumerate() {
        let y = charts + i as f64 * 18.0;
        p.text(WIDTH / 2.0, y, "middle", "note", &cut(note, 130));
    }
    p.out.push_str("</svg>\n");
    p.out
}

impl Picture {
    fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        let _ = write!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>",
            escape(text)
        );
    }

    fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = write!(
            self.out,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// The names of the series, in as many rows as that takes.
    fn legend(&mut self, chart: &Chart) {
        const ROWS: usize = 4;
        if !chart.legend || chart.series.len() < 2 {
            return;
        }
        let (mut x, mut row) = (self.left + 30.0, 0);
        self.out.push_str("<g class=\"legend\">");
        for (i, series) in chart.series.iter().enumerate() {
            let name = cut(&series.name, 32);
            let width = width_of(&name) + 34.0;
            if x + width > self.right && x > self.left + 30.0 {
                x = self.left + 30.0;
                row += 1;
            }
            let y = self.top + 8.0 + row as f64 * 20.0;
            if row + 1 == ROWS && x + width * 2.0 > self.right && i + 1 < chart.series.len() {
                let rest = chart.series.len() - i;
                self.text(x, y + 4.0, "start", "name", &format!("and {rest} more"));
                break;
            }
            let color = color(i);
            let _ = match matches!(chart.kind, Kind::Line) {
                true => write!(
                    self.out,
                    "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"{color}\" \
                     stroke-width=\"3\"{}/>",
                    x + 16.0,
                    dashes(i)
                ),
                false => write!(
                    self.out,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{color}\"{}/>",
                    x + 2.0,
                    y - 6.0,
                    pale(i)
                ),
            };
            self.text(x + 22.0, y + 4.0, "start", "name", &name);
            x += width;
        }
        self.out.push_str("</g>");
        self.top += 28.0 + row as f64 * 20.0;
    }

    fn axes(&mut self, chart: &Chart) {
        let sideways = chart.kind == Kind::Bar;
        let scales = chart.scales(tick_count(self.bottom - self.top));
        let names: Vec<Vec<String>> = scales
            .iter()
            .map(|scale| scale.ticks.iter().map(|t| chart.tick_name(*t)).collect())
            .collect();
        let widths: Vec<f64> = scales.iter().map(|scale| widest(chart, scale)).collect();
        let widest = widths.first().map_or(0.0, |w| w.max(self.gutter));
        let names_width = chart.widest_name(NAME) as f64 * LETTER;
        self.titles(chart, sideways);
        self.left += if sideways { names_width } else { widest } + 12.0;
        // The scales of further series stand at the right.
        self.right -= widths.iter().skip(1).map(|w| w + 16.0).sum::<f64>();
        let slots = (self.right - self.left) / chart.places().max(1) as f64;
        let tilted = !sideways && names_width + 8.0 > slots;
        if tilted {
            // The first name ends below its place, and begins on the paper.
            let over = names_width * ASLANT.0 - slots / 2.0 - self.left;
            self.left += over.clamp(0.0, 90.0);
        }
        self.bottom -= match tilted {
            true => (names_width * ASLANT.1 + 22.0).min(130.0),
            false => 22.0,
        };
        if let (Some(scale), Some(names)) = (scales.first(), names.first()) {
            self.grid(scale, names, sideways, chart.own_axes);
        }
        let mut x = self.right;
        for i in 1..scales.len() {
            for (tick, name) in scales[i].ticks.iter().zip(&names[i]) {
                let y = self.y(&scales[i], *tick) + 4.0;
                self.tick_of_series(i, (x + 8.0, y), "start", name);
            }
            x += widths[i] + 16.0;
        }
        self.places(chart, sideways, tilted);
        let bounded = chart.bounds.0.is_some() || chart.bounds.1.is_some();
        let (w, h) = (self.right - self.left, self.bottom - self.top);
        if bounded {
            // What lies beyond the ends that were asked for does not show.
            let (x, y) = (self.left, self.top);
            let _ = write!(
                self.out,
                "<svg x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" viewBox=\"{x:.1} {y:.1} {w:.1} {h:.1}\">"
            );
        }
        match chart.kind {
            Kind::Column | Kind::Bar => self.blocks(chart, &scales),
            Kind::Scatter => self.dots(chart, &scales),
            Kind::Area => self.areas(chart, &scales),
            _ => self.lines(chart, &scales),
        }
        if bounded {
            self.out.push_str("</svg>");
        }
    }

    /// What stands beside and under the axes.
    fn titles(&mut self, chart: &Chart, sideways: bool) {
        let (under, beside) = match sideways {
            true => (&chart.y_title, &chart.x_title),
            false => (&chart.x_title, &chart.y_title),
        };
        if !beside.is_empty() {
            let y = (self.top + self.bottom) / 2.0;
            let x = self.left + 4.0;
            let letters = ((self.bottom - self.top) / LETTER) as usize;
            let _ = write!(
                self.out,
                "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                escape(&cut(beside, letters))
            );
            self.left += 18.0;
        }
        if !under.is_empty() {
            let x = (self.left + self.right) / 2.0;
            self.text(x, self.bottom + 4.0, "middle", "", &cut(under, 90));
            self.bottom -= 18.0;
        }
    }

    fn x(&self, fraction: f64) -> f64 {
        self.left + fraction * (self.right - self.left)
    }

    fn y(&self, scale: &Scale, value: f64) -> f64 {
        let place = scale.place(value).clamp(-1.0, 2.0);
        self.bottom - place * (self.bottom - self.top)
    }

    /// A tick in the colour of the series whose scale it is of.
    fn tick_of_series(&mut self, series: usize, (x, y): (f64, f64), anchor: &str, name: &str) {
        let _ = write!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"tick\" style=\"fill:{}\">{}</text>",
            color(series),
            escape(name)
        );
    }

    fn grid(&mut self, scale: &Scale, labels: &[String], sideways: bool, colored: bool) {
        let (left, right, top, bottom) = (self.left, self.right, self.top, self.bottom);
        for (tick, label) in scale.ticks.iter().zip(labels) {
            let ground = (*tick - scale.ground()).abs() < f64::EPSILON;
            let class = if ground { "axis" } else { "grid" };
            if sideways {
                let x = self.x(scale.place(*tick));
                self.line(class, (x, top), (x, bottom));
                self.text(x, bottom + 16.0, "middle", "tick", label);
                continue;
            }
            let y = self.y(scale, *tick);
            self.line(class, (left, y), (right, y));
            match colored {
                true => self.tick_of_series(0, (left - 8.0, y + 4.0), "end", label),
                false => self.text(left - 8.0, y + 4.0, "end", "tick", label),
            }
        }
    }

    /// What stands along the axis of places.
    fn places(&mut self, chart: &Chart, sideways: bool, tilted: bool) {
        match &chart.axis {
            Axis::Names(names) => self.names(chart, names, sideways, tilted),
            Axis::Numbers(_) => {
                for (at, name) in chart.number_ticks(8) {
                    self.place(at, &name);
                }
            }
            Axis::Times(times) => match (times.first(), times.last()) {
                (Some(first), Some(last)) if last > first => {
                    for (at, name) in time_ticks(*first, *last, 8) {
                        let part = (at - first) as f64 / (last - first) as f64;
                        self.place(part, &name);
                    }
                }
                _ => self.place(0.5, &chart.place_name(0)),
            },
        }
    }

    /// A tick below the picture.
    fn place(&mut self, part: f64, name: &str) {
        let (x, bottom) = (self.x(part), self.bottom);
        self.line("axis", (x, bottom), (x, bottom + 4.0));
        self.text(x, bottom + 16.0, "middle", "tick", name);
    }

    fn names(&mut self, chart: &Chart, names: &[String], sideways: bool, tilted: bool) {
        let (left, right, top, bottom) = (self.left, self.right, self.top, self.bottom);
        let room = if sideways { bottom - top } else { right - left };
        let every = (names.len() as f64 * 14.0 / room).ceil().max(1.0) as usize;
        for (i, name) in names.iter().enumerate().step_by(every) {
            let at = chart.fraction(i);
            let name = cut(name, NAME);
            if sideways {
                let y = top + at * (bottom - top) + 4.0;
                self.text(left - 8.0, y, "end", "tick name", &name);
            } else if tilted {
                let (x, y) = (self.x(at) + 4.0, bottom + 14.0);
                let letters = (x - 6.0) / ASLANT.0 / LETTER;
                let _ = write!(
                    self.out,
                    "<text transform=\"translate({x:.1} {y:.1}) rotate(-38)\" text-anchor=\"end\" \
                     class=\"tick name\">{}</text>",
                    escape(&cut(&name, letters as usize))
                );
            } else {
                self.text(self.x(at), bottom + 16.0, "middle", "tick name", &name);
            }
        }
    }
}
