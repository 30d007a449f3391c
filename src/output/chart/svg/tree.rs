//! Tree maps: rectangles as large as their values, within those of the names above them.

use std::fmt::Write as _;

use super::{LETTER, Picture, color, escape};
use crate::output::chart::model::{Chart, Leaf};
use crate::output::shown::cut;

/// Height of the name of a rectangle that holds others.
const HEAD: f64 = 18.0;
/// A rectangle that is less wide has no name.
const NARROW: f64 = 26.0;

#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Area {
    /// The area without an edge, and without a name's room above.
    fn inner(self, edge: f64, head: f64) -> Area {
        Area {
            x: self.x + edge,
            y: self.y + edge + head,
            w: (self.w - 2.0 * edge).max(0.0),
            h: (self.h - 2.0 * edge - head).max(0.0),
        }
    }
}

/// How far the worst rectangle of a row is from a square.
fn worst(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let (most, least) = (row.first(), row.last());
    match (most, least) {
        (Some(most), Some(least)) if sum > 0.0 && *least > 0.0 && side > 0.0 => {
            let square = (side / sum).powi(2);
            (square * most).max(1.0 / (square * least))
        }
        _ => f64::INFINITY,
    }
}

/// Parts an area among sizes, the largest first, into rectangles as near to squares as they come.
fn parted(sizes: &[f64], mut area: Area) -> Vec<Area> {
    let total: f64 = sizes.iter().sum();
    let unit = area.w * area.h / total;
    let sizes: Vec<f64> = sizes.iter().map(|s| s * unit).collect();
    let mut parts = Vec::with_capacity(sizes.len());
    let mut rest = &sizes[..];
    while !rest.is_empty() {
        let side = area.w.min(area.h);
        let mut count = 1;
        while count < rest.len() && worst(&rest[..=count], side) <= worst(&rest[..count], side) {
            count += 1;
        }
        let (row, after) = rest.split_at(count);
        rest = after;
        let sum: f64 = row.iter().sum();
        let thick = if side > 0.0 { sum / side } else { 0.0 };
        let upright = area.w >= area.h;
        let mut at = 0.0;
        for size in row {
            let long = if thick > 0.0 { size / thick } else { 0.0 };
            parts.push(match upright {
                true => Area {
                    x: area.x,
                    y: area.y + at,
                    w: thick,
                    h: long,
                },
                false => Area {
                    x: area.x + at,
                    y: area.y,
                    w: long,
                    h: thick,
                },
            });
            at += long;
        }
        match upright {
            true => {
                area.x += thick;
                area.w = (area.w - thick).max(0.0);
            }
            false => {
                area.y += thick;
                area.h = (area.h - thick).max(0.0);
            }
        }
    }
    parts
}

/// The leaves below each name of a level, with their sum: the largest first.
fn branches(leaves: &[&Leaf], level: usize) -> Vec<(String, Vec<Leaf>, f64)> {
    let mut all: Vec<(String, Vec<Leaf>, f64)> = Vec::new();
    for leaf in leaves {
        let name = leaf.path.get(level).cloned().unwrap_or_default();
        // Leaves come in the order of their names: those of one branch stand together.
        match all.last_mut() {
            Some((last, below, sum)) if *last == name => {
                *sum += leaf.value;
                below.push((*leaf).clone());
            }
            _ => all.push((name, vec![(*leaf).clone()], leaf.value)),
        }
    }
    all.sort_by(|a, b| b.2.total_cmp(&a.2));
    all
}

impl Picture {
    pub(super) fn tree(&mut self, chart: &Chart) {
        let area = Area {
            x: self.left,
            y: self.top,
            w: self.right - self.left,
            h: self.bottom - self.top,
        };
        let leaves: Vec<&Leaf> = chart.tree.iter().collect();
        self.branch(chart, &leaves, 0, area, None);
    }

    fn branch(
        &mut self,
        chart: &Chart,
        leaves: &[&Leaf],
        level: usize,
        area: Area,
        hue: Option<usize>,
    ) {
        let branches = branches(leaves, level);
        let sizes: Vec<f64> = branches.iter().map(|b| b.2).collect();
        for (i, ((name, below, sum), part)) in branches.iter().zip(parted(&sizes, area)).enumerate()
        {
            let hue = hue.unwrap_or(i);
            let deeper = below
                .first()
                .is_some_and(|leaf| leaf.path.len() > level + 1);
            if !deeper {
                let path = below.first().map(|l| l.path.join(" / "));
                self.leaf(chart, (name, &path.unwrap_or_default()), *sum, part, hue);
                continue;
            }
            let head = if part.h > 3.0 * HEAD && part.w > NARROW {
                HEAD
            } else {
                0.0
            };
            if head > 0.0 {
                let letters = ((part.w - 8.0) / LETTER) as usize;
                let text = cut(name, letters).into_owned();
                self.text(part.x + 4.0, part.y + 13.0, "start", "name branch", &text);
            }
            let below: Vec<&Leaf> = below.iter().collect();
            self.branch(chart, &below, level + 1, part.inner(1.5, head), Some(hue));
        }
    }

    fn leaf(
        &mut self,
        chart: &Chart,
        (name, path): (&str, &str),
        value: f64,
        area: Area,
        hue: usize,
    ) {
        let value = chart.value_name(value);
        let Area { x, y, w, h } = area.inner(0.75, 0.0);
        let _ = write!(
            self.out,
            "<rect class=\"leaf\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" rx=\"2\" fill=\"{}\">\
             <title>{}&#10;{}</title></rect>",
            color(hue),
            escape(path),
            escape(&value)
        );
        let letters = ((w - 8.0) / LETTER).max(0.0) as usize;
        if w < NARROW || h < 16.0 {
            return;
        }
        self.text(x + 4.0, y + 13.0, "start", "on", &cut(name, letters));
        if h > 32.0 && letters >= value.len() {
            self.text(x + 4.0, y + 28.0, "start", "on", &value);
        }
    }
}
