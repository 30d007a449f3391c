//! Charts as SVG: axes with round ticks, a legend, colours that the colour-blind tell apart, light and dark.

use std::f64::consts::TAU;
use std::fmt::Write as _;

use super::model::{Axis, Chart, Kind, Stacking};
use super::scale::{Scale, number_text, time_ticks};

/// Size of the picture.
const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 480.0;
/// Colours of series before they repeat, then with dashes.
pub const COLORS: usize = 8;
/// About how wide a letter is, at the size of labels.
const LETTER: f64 = 6.6;

/// The colours, for light and for dark surroundings. The hues are those of Okabe and Ito, which are told apart in
/// every common form of colour blindness; the dark ones are lighter.
pub const STYLE: &str = "\
.kql{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#ffffff;--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#cc79a7;\
--s4:#e69f00;--s5:#56b4e9;--s6:#8a6fb3;--s7:#767676}\
@media (prefers-color-scheme:dark){.kql{--ink:#e6edf3;--soft:#9aa4af;--line:#3a424b;--paper:#14181d;--s0:#4aa8e0;\
--s1:#ff8c4b;--s2:#2fc79b;--s3:#e4a5c8;--s4:#ffc24d;--s5:#9ad6ff;--s6:#b9a3e3;--s7:#aeaeae}}\
.kql text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:12px;fill:var(--soft)}\
.kql .title{font-size:17px;font-weight:600;fill:var(--ink)}.kql .name{fill:var(--ink)}\
.kql .paper{fill:var(--paper)}.kql .grid{stroke:var(--line);stroke-width:1}.kql .axis{stroke:var(--soft);stroke-width:1}\
.kql .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.kql .area{fill-opacity:.35;stroke:none}\
.kql .odd{fill:var(--paper);stroke:#d00000;stroke-width:2}.kql .slice{stroke:var(--paper);stroke-width:1.5}\
.kql .big{font-size:44px;font-weight:600;fill:var(--ink)}";

/// Text as XML has it; characters that XML has not are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

fn width_of(text: &str) -> f64 {
    let letters: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    letters as f64 * LETTER
}

/// A text of at most so many letters.
fn short(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
        false => text.to_string(),
    }
}

fn color(series: usize) -> String {
    format!("var(--s{})", series % COLORS)
}

/// Dashes of a series whose colour another has already.
fn dashes(series: usize) -> &'static str {
    match series / COLORS {
        0 => "",
        1 => " stroke-dasharray=\"7 4\"",
        _ => " stroke-dasharray=\"2 4\"",
    }
}

/// A picture being drawn.
struct Picture {
    out: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Draws a chart; a table has none.
pub fn draw(chart: &Chart) -> String {
    let height = match chart.kind {
        Kind::Card => 80.0 + 130.0 * chart.cards.len().clamp(1, 8).div_ceil(4) as f64,
        _ => HEIGHT,
    };
    let mut p = Picture {
        out: String::new(),
        left: 24.0,
        top: 20.0,
        right: WIDTH - 24.0,
        bottom: height - 20.0,
    };
    let name = match chart.title.is_empty() {
        true => "chart",
        false => &chart.title,
    };
    let _ = write!(
        p.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"kql\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{}\"><style>{STYLE}</style><rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>",
        escape(name)
    );
    if !chart.title.is_empty() {
        p.text(
            WIDTH / 2.0,
            30.0,
            "middle",
            "title",
            &short(&chart.title, 90),
        );
        p.top = 48.0;
    }
    match chart.kind {
        Kind::Card => p.cards(chart),
        Kind::Pie => p.pie(chart),
        Kind::Table => {}
        _ => {
            p.legend(chart);
            p.axes(chart);
        }
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
            let name = short(&series.name, 32);
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
            let (color, dashes) = (color(i), dashes(i));
            let _ = match matches!(chart.kind, Kind::Line) {
                true => write!(
                    self.out,
                    "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"{color}\" \
                     stroke-width=\"3\"{dashes}/>",
                    x + 16.0
                ),
                false => write!(
                    self.out,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{color}\"/>",
                    x + 2.0,
                    y - 6.0
                ),
            };
            self.text(x + 22.0, y + 4.0, "start", "name", &name);
            x += width;
        }
        self.out.push_str("</g>");
        self.top += 28.0 + row as f64 * 20.0;
    }

    fn axes(&mut self, chart: &Chart) {
        let scale = scale_of(chart);
        let sideways = chart.kind == Kind::Bar;
        let labels: Vec<String> = scale.ticks.iter().map(|t| tick_name(chart, *t)).collect();
        let widest = labels.iter().map(|l| width_of(l)).fold(0.0, f64::max);
        let (along, across) = (&chart.x_title, &chart.y_title);
        let names_width = match &chart.axis {
            Axis::Names(names) => names
                .iter()
                .map(|n| width_of(&short(n, 26)))
                .fold(0.0, f64::max),
            _ => 0.0,
        };
        // Room for labels and titles.
        let (side, below) = match sideways {
            true => (across.clone(), along.clone()),
            false => (along.clone(), across.clone()),
        };
        let (under, beside) = (side, below);
        if !beside.is_empty() {
            let y = (self.top + self.bottom) / 2.0;
            let x = self.left + 4.0;
            let _ = write!(
                self.out,
                "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                escape(&short(&beside, 48))
            );
            self.left += 18.0;
        }
        self.left += if sideways { names_width } else { widest } + 12.0;
        if !under.is_empty() {
            let x = (self.left + self.right) / 2.0;
            self.text(x, self.bottom + 4.0, "middle", "", &short(&under, 90));
            self.bottom -= 18.0;
        }
        let slots = (self.right - self.left) / chart.places().max(1) as f64;
        let tilted = !sideways && names_width + 8.0 > slots;
        self.bottom -= match tilted {
            true => (names_width * 0.6 + 22.0).min(130.0),
            false => 22.0,
        };
        self.grid(&scale, &labels, sideways);
        self.places(chart, sideways, tilted);
        match chart.kind {
            Kind::Column => self.columns(chart, &scale),
            Kind::Bar => self.bars(chart, &scale),
            Kind::Scatter => self.dots(chart, &scale),
            Kind::Area => self.areas(chart, &scale),
            _ => self.lines(chart, &scale),
        }
    }

    fn x(&self, fraction: f64) -> f64 {
        self.left + fraction * (self.right - self.left)
    }

    fn y(&self, scale: &Scale, value: f64) -> f64 {
        let place = scale.place(value).clamp(-0.05, 1.05);
        self.bottom - place * (self.bottom - self.top)
    }

    fn grid(&mut self, scale: &Scale, labels: &[String], sideways: bool) {
        let (left, right, top, bottom) = (self.left, self.right, self.top, self.bottom);
        for (tick, label) in scale.ticks.iter().zip(labels) {
            let ground = (*tick - scale.ground()).abs() < f64::EPSILON;
            let class = if ground { "axis" } else { "grid" };
            if sideways {
                let x = self.x(scale.place(*tick));
                self.line(class, (x, top), (x, bottom));
                self.text(x, bottom + 16.0, "middle", "tick", label);
            } else {
                let y = self.y(scale, *tick);
                self.line(class, (left, y), (right, y));
                self.text(left - 8.0, y + 4.0, "end", "tick", label);
            }
        }
    }

    /// What stands along the axis of places.
    fn places(&mut self, chart: &Chart, sideways: bool, tilted: bool) {
        let (left, right, top, bottom) = (self.left, self.right, self.top, self.bottom);
        match &chart.axis {
            Axis::Names(names) => {
                let room = if sideways { bottom - top } else { right - left };
                let every = (names.len() as f64 * 14.0 / room).ceil().max(1.0) as usize;
                for (i, name) in names.iter().enumerate().step_by(every) {
                    let at = chart.fraction(i);
                    let name = short(name, 26);
                    if sideways {
                        let y = top + at * (bottom - top) + 4.0;
                        self.text(left - 8.0, y, "end", "tick name", &name);
                    } else if tilted {
                        let x = self.x(at) + 4.0;
                        let y = bottom + 14.0;
                        let _ = write!(
                            self.out,
                            "<text transform=\"translate({x:.1} {y:.1}) rotate(-38)\" text-anchor=\"end\" \
                             class=\"tick name\">{}</text>",
                            escape(&name)
                        );
                    } else {
                        self.text(self.x(at), bottom + 16.0, "middle", "tick name", &name);
                    }
                }
            }
            Axis::Numbers(numbers) => {
                let (first, last) = ends(numbers.first().copied(), numbers.last().copied());
                if first == last {
                    self.text(
                        self.x(0.5),
                        bottom + 16.0,
                        "middle",
                        "tick",
                        &number_text(first),
                    );
                    return;
                }
                for tick in Scale::new(first, last, 8).ticks {
                    if (first..=last).contains(&tick) {
                        let x = self.x((tick - first) / (last - first));
                        self.line("axis", (x, bottom), (x, bottom + 4.0));
                        self.text(x, bottom + 16.0, "middle", "tick", &number_text(tick));
                    }
                }
            }
            Axis::Times(times) => {
                let (first, last) = ends(times.first().copied(), times.last().copied());
                if first == last {
                    let name = super::scale::instant_text(first);
                    self.text(self.x(0.5), bottom + 16.0, "middle", "tick", &name);
                    return;
                }
                for (at, name) in time_ticks(first, last, 8) {
                    let x = self.x((at - first) as f64 / (last - first) as f64);
                    self.line("axis", (x, bottom), (x, bottom + 4.0));
                    self.text(x, bottom + 16.0, "middle", "tick", &name);
                }
            }
        }
    }

    /// What a mark says when it is pointed at.
    fn hint(chart: &Chart, series: usize, place: usize, value: f64) -> String {
        let name = chart.series.get(series).map_or("", |s| &s.name);
        let text = format!(
            "{}\n{name}: {}",
            chart.place_name(place),
            chart.value_name(value)
        );
        let lines: Vec<String> = text.lines().map(escape).collect();
        format!("<title>{}</title>", lines.join("&#10;"))
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

    fn columns(&mut self, chart: &Chart, scale: &Scale) {
        let slots = (self.right - self.left) / chart.places().max(1) as f64;
        for (i, spans) in chart.spans().iter().enumerate() {
            let (part, begin) = Picture::slot(chart, i);
            let _ = write!(self.out, "<g class=\"series\" fill=\"{}\">", color(i));
            for (n, (place, from, to)) in spans.iter().enumerate() {
                let from = if chart.stacking == Stacking::Apart {
                    scale.ground()
                } else {
                    *from
                };
                let (a, b) = (self.y(scale, from), self.y(scale, *to));
                let x = self.left + slots * (*place as f64 + begin);
                let value = chart.series[i].points.get(n).map_or(*to, |(_, v)| *v);
                let _ = write!(
                    self.out,
                    "<rect x=\"{x:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\">{}</rect>",
                    a.min(b),
                    (slots * part - 0.6).max(0.6),
                    (a - b).abs(),
                    Picture::hint(chart, i, *place, value)
                );
            }
            self.out.push_str("</g>");
        }
    }

    fn bars(&mut self, chart: &Chart, scale: &Scale) {
        let slots = (self.bottom - self.top) / chart.places().max(1) as f64;
        for (i, spans) in chart.spans().iter().enumerate() {
            let (part, begin) = Picture::slot(chart, i);
            let _ = write!(self.out, "<g class=\"series\" fill=\"{}\">", color(i));
            for (n, (place, from, to)) in spans.iter().enumerate() {
                let from = if chart.stacking == Stacking::Apart {
                    scale.ground()
                } else {
                    *from
                };
                let (a, b) = (self.x(scale.place(from)), self.x(scale.place(*to)));
                let y = self.top + slots * (*place as f64 + begin);
                let value = chart.series[i].points.get(n).map_or(*to, |(_, v)| *v);
                let _ = write!(
                    self.out,
                    "<rect x=\"{:.2}\" y=\"{y:.2}\" width=\"{:.2}\" height=\"{:.2}\">{}</rect>",
                    a.min(b),
                    (a - b).abs(),
                    (slots * part - 0.6).max(0.6),
                    Picture::hint(chart, i, *place, value)
                );
            }
            self.out.push_str("</g>");
        }
    }

    fn lines(&mut self, chart: &Chart, scale: &Scale) {
        /// Points up to which each gets a dot to point at.
        const FEW: usize = 400;
        for (i, series) in chart.series.iter().enumerate() {
            let points: Vec<(f64, f64)> = series
                .points
                .iter()
                .map(|(place, value)| (self.x(chart.fraction(*place)), self.y(scale, *value)))
                .collect();
            let path: Vec<String> = points
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let (color, dashes) = (color(i), dashes(i));
            let _ = write!(
                self.out,
                "<g class=\"series\"><polyline class=\"line\" stroke=\"{color}\"{dashes} points=\"{}\"/>",
                path.join(" ")
            );
            if points.len() <= FEW {
                let radius = if points.len() > 60 { 2.0 } else { 3.0 };
                for ((x, y), (place, value)) in points.iter().zip(&series.points) {
                    let odd = series.anomalies.contains(place);
                    let (class, radius) = if odd {
                        (" class=\"odd\"", 5.0)
                    } else {
                        ("", radius)
                    };
                    let _ = write!(
                        self.out,
                        "<circle{class} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{color}\">{}</circle>",
                        Picture::hint(chart, i, *place, *value)
                    );
                }
            } else {
                for ((x, y), (place, value)) in points.iter().zip(&series.points) {
                    if series.anomalies.contains(place) {
                        let _ = write!(
                            self.out,
                            "<circle class=\"odd\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\">{}</circle>",
                            Picture::hint(chart, i, *place, *value)
                        );
                    }
                }
            }
            self.out.push_str("</g>");
        }
    }

    fn areas(&mut self, chart: &Chart, scale: &Scale) {
        for (i, spans) in chart.spans().iter().enumerate() {
            let at = |place: usize| self.x(chart.fraction(place));
            let apart = chart.stacking == Stacking::Apart;
            let upper: Vec<String> = spans
                .iter()
                .map(|(p, _, to)| format!("{:.1},{:.1}", at(*p), self.y(scale, *to)))
                .collect();
            let lower: Vec<String> = spans
                .iter()
                .rev()
                .map(|(p, from, _)| {
                    let from = if apart { scale.ground() } else { *from };
                    format!("{:.1},{:.1}", at(*p), self.y(scale, from))
                })
                .collect();
            let color = color(i);
            let opacity = if apart {
                ""
            } else {
                " style=\"fill-opacity:.8\""
            };
            let (upper, lower) = (upper.join(" "), lower.join(" "));
            let name = escape(&chart.series[i].name);
            let _ = write!(
                self.out,
                "<g class=\"series\"><polygon class=\"area\" fill=\"{color}\"{opacity} points=\"{upper} {lower}\">\
                 <title>{name}</title></polygon><polyline class=\"line\" stroke=\"{color}\"{} points=\"{upper}\"/></g>",
                dashes(i)
            );
        }
    }

    fn dots(&mut self, chart: &Chart, scale: &Scale) {
        for (i, series) in chart.series.iter().enumerate() {
            let many = series.points.len() > 500;
            let (radius, opacity) = if many { (2.0, 0.5) } else { (4.0, 0.8) };
            let _ = write!(
                self.out,
                "<g class=\"series\" fill=\"{}\" fill-opacity=\"{opacity}\">",
                color(i)
            );
            for (place, value) in &series.points {
                let (x, y) = (self.x(chart.fraction(*place)), self.y(scale, *value));
                let hint = match series.points.len() > 5000 {
                    true => String::new(),
                    false => Picture::hint(chart, i, *place, *value),
                };
                let _ = write!(
                    self.out,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\">{hint}</circle>"
                );
            }
            self.out.push_str("</g>");
        }
    }

    fn pie(&mut self, chart: &Chart) {
        /// Slices that are told apart; the rest is one.
        const SLICES: usize = 11;
        let Some(series) = chart.series.first() else {
            return;
        };
        let mut slices: Vec<(String, f64)> = series
            .points
            .iter()
            .map(|(place, value)| (chart.place_name(*place), *value))
            .collect();
        slices.sort_by(|a, b| b.1.total_cmp(&a.1));
        if slices.len() > SLICES + 1 {
            let rest: f64 = slices.drain(SLICES..).map(|(_, v)| v).sum();
            slices.push(("all others".to_string(), rest));
        }
        let whole: f64 = slices.iter().map(|(_, v)| v).sum();
        let radius = (self.bottom - self.top) / 2.0 - 8.0;
        let (cx, cy) = (self.left + radius + 60.0, (self.top + self.bottom) / 2.0);
        let mut from = 0.0;
        for (i, (name, value)) in slices.iter().enumerate() {
            let to = from + value / whole;
            let point = |part: f64| {
                let angle = TAU * part - TAU / 4.0;
                (cx + radius * angle.cos(), cy + radius * angle.sin())
            };
            let ((x1, y1), (x2, y2)) = (point(from), point(to));
            let share = 100.0 * value / whole;
            let hint = format!("{name}: {} ({share:.1} %)", chart.value_name(*value));
            let fill = color(i);
            let faded = if i >= COLORS {
                " fill-opacity=\".55\""
            } else {
                ""
            };
            let _ = match slices.len() {
                1 => write!(
                    self.out,
                    "<circle class=\"slice\" fill=\"{fill}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{radius:.1}\">\
                     <title>{}</title></circle>",
                    escape(&hint)
                ),
                _ => write!(
                    self.out,
                    "<path class=\"slice\" fill=\"{fill}\"{faded} d=\"M{cx:.1} {cy:.1} L{x1:.2} {y1:.2} \
                     A{radius:.1} {radius:.1} 0 {} 1 {x2:.2} {y2:.2} Z\"><title>{}</title></path>",
                    u8::from(to - from > 0.5),
                    escape(&hint)
                ),
            };
            from = to;
            if chart.legend {
                let y = cy - slices.len() as f64 * 13.0 + i as f64 * 26.0 + 10.0;
                let x = cx + radius + 50.0;
                let _ = write!(
                    self.out,
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"14\" rx=\"2\" fill=\"{fill}\"{faded}/>",
                    y - 11.0
                );
                self.text(x + 22.0, y, "start", "name", &short(name, 40));
                self.text(
                    self.right - 76.0,
                    y,
                    "end",
                    "tick",
                    &chart.value_name(*value),
                );
                self.text(self.right, y, "end", "tick", &format!("{share:.1} %"));
            }
        }
    }

    fn cards(&mut self, chart: &Chart) {
        let shown = chart.cards.len().clamp(1, 8);
        let across = shown.min(4);
        let rows = shown.div_ceil(across);
        let width = (self.right - self.left) / across as f64;
        let height = (self.bottom - self.top) / rows as f64;
        for (i, (name, value)) in chart.cards.iter().take(shown).enumerate() {
            let x = self.left + width * ((i % across) as f64 + 0.5);
            let y = self.top + height * ((i / across) as f64 + 0.5);
            let most = (width / 25.0) as usize;
            self.text(x, y + 8.0, "middle", "big", &short(value, most.max(4)));
            self.text(x, y + 36.0, "middle", "name", &short(name, 30));
        }
    }
}

fn ends<T: Default>(first: Option<T>, last: Option<T>) -> (T, T) {
    (first.unwrap_or_default(), last.unwrap_or_default())
}

/// The scale of a chart's values.
pub fn scale_of(chart: &Chart) -> Scale {
    let spans = chart.spans();
    let ends = spans.iter().flatten();
    let grounded = matches!(chart.kind, Kind::Column | Kind::Bar | Kind::Area);
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, from, to) in ends {
        // A line's values stand alone; what is filled begins at its ground.
        for end in [Some(*to), grounded.then_some(*from)].into_iter().flatten() {
            least = least.min(end);
            most = most.max(end);
        }
    }
    if chart.log_y && least > 0.0 {
        return Scale::log(least, most);
    }
    // A line that is far from zero is not pressed flat.
    if least > 0.0 && (grounded || least < most * 0.5) {
        least = 0.0;
    }
    let (low, high) = chart.bounds;
    Scale::new(low.unwrap_or(least), high.unwrap_or(most), 6)
}

/// How a tick of the scale is written.
pub fn tick_name(chart: &Chart, tick: f64) -> String {
    match chart.stacking {
        Stacking::Full => format!("{} %", number_text(tick)),
        _ => chart.value_name(tick),
    }
}
