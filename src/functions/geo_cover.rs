//! The cells of S2 and H3 that cover lines and polygons.

use std::collections::{HashSet, VecDeque};

use h3o::{CellIndex, LatLng, Resolution};
use s2::cell::Cell;
use s2::cellid::CellID;
use s2::edge_crossings::{Crossing, crossing_sign};
use s2::edgeutil::distance_from_segment;
use s2::point::Point;

use super::geo_cells::number_at;
use super::geo_measures::{Shape, geo, kept, real_at};
use super::geometry::{EARTH_RADIUS, Lines, Polygons, degrees};
use crate::contract::{Args, Fault, Kernel, Setup};
use crate::json::ArrayWriter;
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&LINE_TO_S2, &POLYGON_TO_H3, &POLYGON_TO_S2];

const S2_DETAILS: &str = "The level is from 0 to 30, and 11 unless given; with a radius, in metres, the cells within that distance \
    too. Null for an invalid shape, level or radius, and for more than 65536 cells. The order of the cells is not Kusto's.";

geo!(LINE_TO_S2 "geo_line_to_s2cells(line: bag, [level: long], [radius: real]) -> array",
    "The S2 cells that a line passes through.", S2_DETAILS,
    [
        ("geo_line_to_s2cells(dynamic({'type': 'LineString', 'coordinates': [[13.4, 52.5], [13.41, 52.5]]}), 8)", "[\"47a85\"]"),
        ("isnull(geo_line_to_s2cells(dynamic({'type': 'LineString', 'coordinates': [[1, 1]]})))", "True"),
    ],
    Eval::Prepared(|setup| Ok(covered(setup, Lines::read, |line, level, radius| {
        covering(line.edges(), &|_| false, level, radius)
    }))));

geo!(POLYGON_TO_S2 "geo_polygon_to_s2cells(polygon: bag, [level: long], [radius: real]) -> array",
    "The S2 cells that share a point with a polygon.", S2_DETAILS,
    [
        ("array_length(geo_polygon_to_s2cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [0, 50], [100, 50], [0, 0]]]}), 5))", "286"),
        ("isnull(geo_polygon_to_s2cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [0, 50], [100, 50], [0, 0]]]}), 30))", "True"),
    ],
    Eval::Prepared(|setup| Ok(covered(setup, Polygons::read, |polygon, level, radius| {
        covering(polygon.edges(), &|at| polygon.contains(at), level, radius)
    }))));

geo!(POLYGON_TO_H3 "geo_polygon_to_h3cells(polygon: bag, [resolution: long], [radius: real]) -> array",
    "The H3 cells whose centre is in a polygon.",
    "Edges are straight in longitude and latitude. The resolution is from 0 to 15, and 6 unless given. Null for an invalid \
     polygon or resolution, and for more than 61680 cells; a radius is not supported. The order of the cells is not Kusto's.",
    [
        ("array_length(geo_polygon_to_h3cells(dynamic({'type': 'Polygon', 'coordinates': [[[13, 52], [14, 52], [14, 53], [13, 52]]]}), 4))", "2"),
        ("isnull(geo_polygon_to_h3cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 1]]]})))", "True"),
    ],
    Eval::Prepared(|setup| {
        let shape = Shape::new(setup, 0, Polygons::read);
        Ok(Box::new(move |args: &Args<'_>| {
            let mut fault = Ok(());
            let column = args.build(|row| {
                let resolution = u8::try_from(number_at(args, 1, row, Some(6))?).ok()?;
                let resolution = Resolution::try_from(resolution).ok()?;
                let radius = real_at(args, 2, row, Some(0.0)).filter(|r| *r >= 0.0)?;
                if radius > 0.0 {
                    let message = "a radius around a polygon is not supported here";
                    let help = "cover geo_polygon_buffer(polygon, radius)";
                    return kept(Err(Fault::query(message).help(help)), &mut fault);
                }
                shape.with(args, row, |polygon| hexagons(polygon, resolution).map(Json))
            })?;
            fault.map(|()| column)
        }))
    }));

/// The most S2 cells of a shape.
const MOST_S2: usize = 65_536;

type Edges<'a> = Vec<(&'a Point, &'a Point)>;

fn covered<T: Send + Sync + 'static>(
    setup: &Setup<'_>,
    read: fn(&str) -> Option<T>,
    cover: fn(&T, u8, f64) -> Option<Vec<CellID>>,
) -> Box<dyn Kernel> {
    let shape = Shape::new(setup, 0, read);
    Box::new(move |args: &Args<'_>| {
        args.build(|row| {
            let level = u8::try_from(number_at(args, 1, row, Some(11))?).ok()?;
            let radius = real_at(args, 2, row, Some(0.0)).filter(|r| *r >= 0.0)?;
            if level > 30 {
                return None;
            }
            shape.with(args, row, |shape| {
                let mut out = ArrayWriter::new();
                for cell in cover(shape, level, radius / EARTH_RADIUS)? {
                    out.push_str(&cell.to_token());
                }
                Some(Json(out.finish()))
            })
        })
    })
}

fn covering<'a>(
    edges: impl Iterator<Item = (&'a Point, &'a Point)>,
    inside: &dyn Fn(&Point) -> bool,
    level: u8,
    radius: f64,
) -> Option<Vec<CellID>> {
    let edges: Edges<'a> = edges.collect();
    let mut cells = Vec::new();
    for face in 0..6 {
        let cell = Cell::from(CellID::from_face(face));
        descend(&cell, &edges, inside, (level, radius), &mut cells)?;
    }
    Some(cells)
}

/// Collects the cells of the level in one cell; nothing if there are too many. `edges` has those near its parent.
fn descend(
    cell: &Cell,
    edges: &[(&Point, &Point)],
    inside: &dyn Fn(&Point) -> bool,
    (level, radius): (u8, f64),
    cells: &mut Vec<CellID>,
) -> Option<()> {
    let corners = cell.vertices();
    let near: Edges<'_> =
        edges.iter().copied().filter(|edge| is_near(cell, &corners, *edge, radius)).collect();
    if near.is_empty() && !inside(&cell.center()) {
        return Some(());
    }
    if cell.level() >= level {
        cells.push(cell.id);
        return (cells.len() <= MOST_S2).then_some(());
    }
    for child in cell.children()? {
        descend(&child, &near, inside, (level, radius), cells)?;
    }
    Some(())
}

/// Whether an edge is in a cell, or within the radius of it.
fn is_near(cell: &Cell, corners: &[Point; 4], (a, b): (&Point, &Point), radius: f64) -> bool {
    if cell.contains_point(a) || cell.contains_point(b) {
        return true;
    }
    let mut sides = (0..4).map(|side| (&corners[side], &corners[(side + 1) % 4]));
    sides.any(|(c, d)| {
        crossing_sign(a, b, c, d) != Crossing::DoNotCross
            || (radius > 0.0
                && (distance_from_segment(c, a, b).rad() <= radius
                    || distance_from_segment(a, c, d).rad() <= radius
                    || distance_from_segment(b, c, d).rad() <= radius))
    })
}

/// The most H3 cells of a polygon.
const MOST_H3: usize = 61_680;

/// Edges straight on a map, in degrees; across the meridian of 180 degrees, longitudes go on.
struct Flat(Vec<[(f64, f64); 2]>, bool);

impl Flat {
    fn of(polygon: &Polygons) -> Flat {
        let pairs = polygon.edges().map(|(a, b)| [degrees(a), degrees(b)]);
        let mut edges: Vec<[(f64, f64); 2]> = pairs.collect();
        let crosses = edges.iter().any(|[a, b]| (a.0 - b.0).abs() > 180.0);
        if crosses {
            for end in edges.iter_mut().flatten() {
                end.0 += if end.0 < 0.0 { 360.0 } else { 0.0 };
            }
        }
        Flat(edges, crosses)
    }

    fn contains(&self, at: LatLng) -> bool {
        let (mut x, y) = (at.lng(), at.lat());
        if self.1 && x < 0.0 {
            x += 360.0;
        }
        let crossed = self.0.iter().filter(|[a, b]| {
            (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
        });
        crossed.count() % 2 == 1
    }
}

/// The cells whose centre is inside: found from the cells along the edges, inwards.
fn hexagons(polygon: &Polygons, resolution: Resolution) -> Option<String> {
    let flat = Flat::of(polygon);
    let step = (resolution.edge_length_km() / 111.2).max(1e-9);
    let steps: Vec<f64> = flat
        .0
        .iter()
        .map(|[a, b]| ((a.0 - b.0).hypot(a.1 - b.1) / step).ceil().max(1.0))
        .collect();
    // A line that passes so many cells encloses too many, or all are thin.
    if steps.iter().sum::<f64>() > 20.0 * MOST_H3 as f64 {
        return None;
    }
    let mut seen: HashSet<CellIndex> = HashSet::new();
    let mut queue: VecDeque<CellIndex> = VecDeque::new();
    for ([a, b], steps) in flat.0.iter().zip(steps) {
        let mut part = 0.0;
        while part <= steps {
            let t = part / steps;
            let at = LatLng::new(a.1 + t * (b.1 - a.1), a.0 + t * (b.0 - a.0)).ok()?;
            let near = at.to_cell(resolution).grid_disk_safe(2);
            queue.extend(near.filter(|cell| seen.insert(*cell)));
            part += 1.0;
        }
    }
    let mut out = ArrayWriter::new();
    let mut count = 0;
    while let Some(cell) = queue.pop_front() {
        if !flat.contains(LatLng::from(cell)) {
            continue;
        }
        out.push_str(&cell.to_string());
        count += 1;
        if count > MOST_H3 {
            return None;
        }
        queue.extend(cell.grid_disk_safe(1).filter(|next| seen.insert(*next)));
    }
    Some(out.finish())
}
