//! Pictures without an axis of values: pies, cards, and ladders of what lasts.

use std::f64::consts::TAU;
use std::fmt::Write as _;

use super::{LETTER, NAME, Picture, color, escape, pale};
use crate::output::chart::model::{Chart, Rung};
use crate::output::shown::{cut, width};

/// Slices that are told apart; the rest is one.
const SLICES: usize = 11;
/// Size of the letters of a card, at most and at least.
const BIG: (f64, f64) = (44.0, 16.0);

/// The slices of a pie, the largest first.
fn slices(chart: &Chart) -> Vec<(String, f64)> {
    let points = chart.series.first().map_or(&[][..], |s| &s.points);
    let mut slices: Vec<(String, f64)> = points
        .iter()
        .map(|(place, value)| (chart.place_name(*place), *value))
        .collect();
    slices.sort_by(|a, b| b.1.total_cmp(&a.1));
    if slices.len() > SLICES + 1 {
        let rest = slices.split_off(SLICES);
        let sum = rest.iter().map(|(_, v)| v).sum();
        slices.push((format!("{} others", rest.len()), sum));
    }
    slices
}

impl Picture {
    pub(super) fn pie(&mut self, chart: &Chart) {
        let slices = slices(chart);
        let whole: f64 = slices.iter().map(|(_, v)| v).sum();
        let radius = (self.bottom - self.top) / 2.0 - 8.0;
        let center = (self.left + radius + 60.0, (self.top + self.bottom) / 2.0);
        let mut from = 0.0;
        for (i, (name, value)) in slices.iter().enumerate() {
            let to = from + value / whole;
            let share = format!("{:.1} %", 100.0 * value / whole);
            let value = chart.value_name(*value);
            let fill = format!("fill=\"{}\"{}", color(i), pale(i));
            let hint = escape(&format!("{name}: {value} ({share})"));
            self.slice(center, radius, (from, to), &fill, &hint);
            from = to;
            if chart.legend {
                let x = center.0 + radius + 50.0;
                let y = center.1 - slices.len() as f64 * 13.0 + i as f64 * 26.0 + 10.0;
                let _ = write!(
                    self.out,
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"14\" rx=\"2\" {fill}/>",
                    y - 11.0
                );
                self.text(x + 22.0, y, "start", "name", &cut(name, 34));
                self.text(self.right - 76.0, y, "end", "tick", &value);
                self.text(self.right, y, "end", "tick", &share);
            }
        }
    }

    /// A slice between two parts of the whole.
    fn slice(
        &mut self,
        (cx, cy): (f64, f64),
        radius: f64,
        (from, to): (f64, f64),
        fill: &str,
        hint: &str,
    ) {
        let point = |part: f64| {
            let angle = TAU * part - TAU / 4.0;
            (cx + radius * angle.cos(), cy + radius * angle.sin())
        };
        let ((x1, y1), (x2, y2)) = (point(from), point(to));
        let _ = match to - from > 0.9999 {
            true => write!(
                self.out,
                "<circle class=\"slice\" {fill} cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{radius:.1}\">\
                 <title>{hint}</title></circle>"
            ),
            false => write!(
                self.out,
                "<path class=\"slice\" {fill} d=\"M{cx:.1} {cy:.1} L{x1:.2} {y1:.2} \
                 A{radius:.1} {radius:.1} 0 {} 1 {x2:.2} {y2:.2} Z\"><title>{hint}</title></path>",
                u8::from(to - from > 0.5)
            ),
        };
    }

    pub(super) fn cards(&mut self, chart: &Chart) {
        let shown = chart.cards.len().clamp(1, 8);
        let across = shown.min(4);
        let rows = shown.div_ceil(across);
        let wide = (self.right - self.left) / across as f64;
        let high = (self.bottom - self.top) / rows as f64;
        for (i, (name, value)) in chart.cards.iter().take(shown).enumerate() {
            let x = self.left + wide * ((i % across) as f64 + 0.5);
            let y = self.top + high * ((i / across) as f64 + 0.5);
            // A letter is about six tenths as wide as it is high.
            let fitting = (wide - 16.0) / (width(value).max(1) as f64 * 0.6);
            let size = fitting.clamp(BIG.1, BIG.0);
            let letters = ((wide - 16.0) / (size * 0.6)) as usize;
            let _ = write!(
                self.out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" class=\"big\" style=\"font-size:{size:.0}px\">{}\
                 <title>{}</title></text>",
                y + 8.0,
                escape(&cut(value, letters)),
                escape(value)
            );
            let letters = (wide / LETTER) as usize;
            self.text(x, y + 36.0, "middle", "name", &cut(name, letters.min(30)));
        }
        if chart.cards.len() > shown {
            let rest = format!("and {} more", chart.cards.len() - shown);
            self.text(self.right, self.bottom + 12.0, "end", "note", &rest);
        }
    }

    /// Rows with what lasts in them.
    pub(super) fn ladder(&mut self, chart: &Chart) {
        let names = chart.rows.iter().map(|n| width(n).min(NAME)).max();
        self.titles(chart, false);
        self.left += names.unwrap_or(0) as f64 * LETTER + 12.0;
        self.bottom -= 22.0;
        let (left, right, top) = (self.left, self.right, self.top);
        let high = (self.bottom - self.top) / chart.rows.len().max(1) as f64;
        self.places(chart, false, false);
        for (row, name) in chart.rows.iter().enumerate() {
            let y = top + high * (row as f64 + 0.5);
            self.line("grid", (left, y), (right, y));
            self.text(left - 8.0, y + 4.0, "end", "tick name", &cut(name, NAME));
        }
        let thick = (high * 0.6).min(28.0);
        for Rung { row, from, to } in &chart.rungs {
            let y = top + high * (*row as f64 + 0.5) - thick / 2.0;
            let (begin, end) = (self.x(chart.fraction(*from)), self.x(chart.fraction(*to)));
            let mut hint = format!(
                "{}&#10;{}",
                escape(chart.rows.get(*row).map_or("", |n| n)),
                escape(&chart.place_name(*from))
            );
            if from != to {
                let _ = write!(hint, " – {}", escape(&chart.place_name(*to)));
            }
            // A moment is a thin stroke.
            let long = (end - begin).max(2.0);
            let _ = write!(
                self.out,
                "<rect class=\"rung\" x=\"{begin:.2}\" y=\"{y:.2}\" width=\"{long:.2}\" height=\"{thick:.2}\" rx=\"1\" \
                 fill=\"{}\"{}><title>{hint}</title></rect>",
                color(*row),
                pale(*row)
            );
        }
    }
}
