//! Shapes made of shapes: what they cover together, what they share, simpler outlines.

use std::collections::{HashMap, HashSet};

use s2::cellid::CellID;
use s2::edge_crossings::{Crossing, crossing_sign, get_intersection};
use s2::point::Point;

use super::geo_measures::{Shape, geo, kept, real_at, two};
use super::geo_simplify;
use super::geo_overlay::{Path, area_json, overlay, union};
use super::geometry::{
    EARTH_RADIUS, Lines, Polygons, degrees, list, point_json, positions, shape_json,
};
use crate::contract::{Args, Fault, Kernel, Setup};
use crate::json::{ArrayWriter, BagWriter};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &INTERSECTION_2POLYGONS,
    &INTERSECTION_LINE_WITH_POLYGON,
    &LINE_SIMPLIFY,
    &POLYGON_SIMPLIFY,
    &SIMPLIFY_POLYGONS,
    &UNION_LINES,
    &UNION_POLYGONS,
];

const SHARED: &str = "Edges are the shortest ways on a sphere. An empty collection if they share nothing; null for an invalid \
    shape. Shapes that run along each other without sharing inner points are not supported.";
const UNITED: &str = "Edges are the shortest ways on a sphere. Null if one shape is invalid.";
const SIMPLER: &str = "The tolerance is in metres, and 10 unless given. Null for an invalid shape or tolerance, and for a shape \
    that shrinks to a point. Points within the tolerance of each other become one, then edges that are straight but for \
    the tolerance. Shapes of one line or outline whose parts keep away from each other are supported so far.";

geo!(UNION_POLYGONS "geo_union_polygons_array(polygons: array) -> bag",
    "What several polygons cover together.", UNITED,
    [
        ("round(geo_polygon_area(geo_union_polygons_array(dynamic([{'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 0]]]}, {'type': 'Polygon', 'coordinates': [[[0, 0], [2, 2], [0, 2], [0, 0]]]}]))) / geo_polygon_area(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]})), 9)", "1.0"),
        ("isnull(geo_union_polygons_array(dynamic([{'type': 'Polygon', 'coordinates': [[[0, 0]]]}])))", "True"),
    ],
    Eval::Columns(|args| each_array(args, Polygons::read, |polygons| {
        let areas = polygons.iter().map(Polygons::paths).collect();
        let Some(area) = union(areas) else {
            return Err(Fault::query("areas that do not fit into half of the globe are not supported"));
        };
        Ok(area_json(&area).map(Json))
    })));

geo!(UNION_LINES "geo_union_lines_array(lines: array) -> bag",
    "What several lines cover together.",
    "Null if one line is invalid. Only lines that make one together are supported.",
    [
        ("array_length(geo_union_lines_array(dynamic([{'type': 'LineString', 'coordinates': [[0, 0], [1, 1]]}, {'type': 'LineString', 'coordinates': [[1, 1], [2, 0]]}])).coordinates)", "3"),
        ("isnull(geo_union_lines_array(dynamic([{'type': 'LineString', 'coordinates': [[1, 1]]}])))", "True"),
    ],
    Eval::Columns(|args| each_array(args, Lines::read, |lines| joined(lines).map(Some))));

geo!(INTERSECTION_2POLYGONS "geo_intersection_2polygons(polygon1: bag, polygon2: bag) -> bag",
    "What two polygons share.", SHARED,
    [
        ("array_length(geo_intersection_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [5, 1], [1, 5], [1, 1]]]})).coordinates[0])", "4"),
        ("geo_intersection_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[9, 9], [12, 9], [9, 12], [9, 9]]]}))", "{\"type\":\"GeometryCollection\",\"geometries\":[]}"),
    ],
    Eval::Prepared(|setup| Ok(two(setup, Polygons::read, Polygons::read, shared_area))));

geo!(INTERSECTION_LINE_WITH_POLYGON "geo_intersection_line_with_polygon(line: bag, polygon: bag) -> bag",
    "The part of a line that is inside a polygon.", SHARED,
    [
        ("array_length(geo_intersection_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [9, 9]]}), dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]})).coordinates)", "2"),
        ("geo_intersection_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[8, 8], [9, 9]]}), dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}))", "{\"type\":\"GeometryCollection\",\"geometries\":[]}"),
    ],
    Eval::Prepared(|setup| Ok(two(setup, Lines::read, Polygons::read, line_inside))));

geo!(LINE_SIMPLIFY "geo_line_simplify(line: bag, [tolerance: real]) -> bag",
    "The line without the points that hardly matter.", SIMPLER,
    [
        ("geo_line_simplify(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [2, 2]]})).type", "LineString"),
        ("isnull(geo_line_simplify(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [2, 2]]}), -1))", "True"),
    ],
    Eval::Prepared(|setup| Ok(simplified(setup, Lines::read, |line, tolerance| {
        let open: Vec<(&[Point], bool)> = line.lines.iter().map(|l| (l.as_slice(), false)).collect();
        simpler(&open, tolerance, |lines| {
            let texts: Vec<String> = lines.iter().map(|l| positions(l.iter().map(degrees))).collect();
            lines_json(&texts)
        })
    }))));

geo!(POLYGON_SIMPLIFY "geo_polygon_simplify(polygon: bag, [tolerance: real]) -> bag",
    "The polygon without the points that hardly matter.", SIMPLER,
    [
        ("geo_polygon_simplify(dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [2, 1], [2, 2], [1, 1]]]})).type", "Polygon"),
        ("isnull(geo_polygon_simplify(dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [2, 1], [2, 2], [1, 1]]]}), 1e6))", "True"),
    ],
    Eval::Prepared(|setup| Ok(simplified(setup, Polygons::read, |polygon, tolerance| simpler_area(&polygon.paths(), tolerance)))));

geo!(SIMPLIFY_POLYGONS "geo_simplify_polygons_array(polygons: array, [tolerance: real]) -> bag",
    "The polygons of an array together, without the points that hardly matter.", SIMPLER,
    [
        ("geo_simplify_polygons_array(dynamic([{'type': 'Polygon', 'coordinates': [[[1, 1], [2, 1], [2, 2], [1, 1]]]}])).type", "Polygon"),
        ("isnull(geo_simplify_polygons_array(dynamic([{'type': 'Polygon'}])))", "True"),
    ],
    Eval::Columns(|args| {
        let arrays = args.column::<Json<&str>>(0)?;
        let mut fault = Ok(());
        let column = args.build(|row| {
            let polygons = read_all(<Json<&str> as Arg<'_>>::at(&arrays, row)?.0, Polygons::read)?;
            let tolerance = tolerance(args, row)?;
            let paths: Vec<Path> = polygons.iter().flat_map(Polygons::paths).collect();
            kept(simpler_area(&paths, tolerance), &mut fault)
        })?;
        fault.map(|()| column)
    }));

/// What a function gives.
type Made = Result<Option<Json<String>>, Fault>;

/// The shapes of an array; nothing if one is invalid or there are none.
fn read_all<T>(text: &str, read: fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let shapes: Vec<T> = list(text)?.into_iter().map(read).collect::<Option<_>>()?;
    (!shapes.is_empty()).then_some(shapes)
}

/// A function of an array of shapes.
fn each_array<T>(
    args: &Args<'_>,
    read: fn(&str) -> Option<T>,
    f: fn(&[T]) -> Made,
) -> Result<arrow::array::ArrayRef, Fault> {
    let arrays = args.column::<Json<&str>>(0)?;
    let mut fault = Ok(());
    let column = args.build(|row| {
        let shapes = read_all(<Json<&str> as Arg<'_>>::at(&arrays, row)?.0, read)?;
        kept(f(&shapes), &mut fault)
    })?;
    fault.map(|()| column)
}

/// A point as what can be compared.
type Bits = [u64; 3];

fn bits(point: &Point) -> Bits {
    [point.0.x.to_bits(), point.0.y.to_bits(), point.0.z.to_bits()]
}

/// The one line that lines make together.
fn joined(lines: &[Lines]) -> Result<Json<String>, Fault> {
    let fault = || Fault::query("lines that do not make one line together are not supported");
    let mut next: HashMap<Bits, Point> = HashMap::new();
    let mut before: HashMap<Bits, Point> = HashMap::new();
    let mut edges: Vec<(&Point, &Point)> = Vec::new();
    for (a, b) in lines.iter().flat_map(Lines::edges) {
        match (next.get(&bits(a)), before.get(&bits(b))) {
            (Some(known), _) if known == b => continue,
            (None, None) => {}
            _ => return Err(fault()),
        }
        next.insert(bits(a), *b);
        before.insert(bits(b), *a);
        edges.push((a, b));
    }
    for (index, (a, b)) in edges.iter().enumerate() {
        let crosses = |(c, d): &(&Point, &Point)| crossing_sign(a, b, c, d) == Crossing::Cross;
        if edges[index + 1..].iter().any(crosses) {
            return Err(fault());
        }
    }
    let starts = edges.iter().filter(|(a, _)| !before.contains_key(&bits(a)));
    let mut starts = starts.map(|(a, _)| **a);
    let mut line: Vec<Point> = starts.next().into_iter().collect();
    while let Some(after) = line.last().and_then(|at| next.get(&bits(at))) {
        line.push(*after);
    }
    if starts.next().is_some() || line.len() != edges.len() + 1 {
        return Err(fault());
    }
    Ok(Json(shape_json("LineString", &positions(line.iter().map(degrees)))))
}

/// `{"type":"GeometryCollection",…}`
fn collection(shapes: &[String]) -> String {
    let mut all = ArrayWriter::new();
    shapes.iter().for_each(|shape| all.push_json(shape));
    let mut out = BagWriter::new();
    out.entry_str("type", "GeometryCollection");
    out.entry_json("geometries", &all.finish());
    out.finish()
}

/// One shape as itself, none or several in a collection.
fn one_or_collection(shapes: Vec<String>) -> String {
    match &shapes[..] {
        [one] => one.clone(),
        several => collection(several),
    }
}

fn shared_area(first: &Polygons, second: &Polygons) -> Made {
    let (a, b) = (first.paths(), second.paths());
    let Some(area) = overlay(&[&a, &b], &|windings| windings.iter().all(|w| *w > 0)) else {
        return Err(Fault::query("areas that do not fit into half of the globe are not supported"));
    };
    let edges: HashSet<(Bits, Bits)> = first.edges().map(|(p, q)| (bits(p), bits(q))).collect();
    if second.edges().any(|(p, q)| edges.contains(&(bits(q), bits(p)))) {
        return Err(Fault::query("areas that run along each other are not supported"));
    }
    let corners: HashSet<Bits> = a.iter().flatten().map(bits).collect();
    let inner: HashSet<Bits> = area.iter().flatten().map(bits).collect();
    let touched = b.iter().flatten().filter(|p| corners.contains(&bits(p)) && !inner.contains(&bits(p)));
    let mut shapes: Vec<String> = touched.map(point_json).collect();
    if shapes.len() > 1 {
        return Err(Fault::query("areas that touch in several points are not supported"));
    }
    shapes.extend(area_json(&area));
    Ok(Some(Json(one_or_collection(shapes))))
}

/// `LineString` or `MultiLineString`
fn lines_json(texts: &[String]) -> String {
    match texts {
        [one] => shape_json("LineString", one),
        several => {
            let mut out = ArrayWriter::new();
            several.iter().for_each(|text| out.push_json(text));
            shape_json("MultiLineString", &out.finish())
        }
    }
}

fn line_inside(lines: &Lines, polygon: &Polygons) -> Made {
    let outline: HashSet<(Bits, Bits)> = polygon.edges().map(|(p, q)| (bits(p), bits(q))).collect();
    let corners: HashSet<Bits> = outline.iter().map(|(p, _)| *p).collect();
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut touched: Vec<Point> = Vec::new();
    for line in &lines.lines {
        // Whether the line was inside up to the last point.
        let mut inside = false;
        for pair in line.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            if outline.contains(&(bits(a), bits(b))) || outline.contains(&(bits(b), bits(a))) {
                return Err(Fault::query("a line along the outline of a polygon is not supported"));
            }
            let mut stops: Vec<Point> = vec![*a];
            let crossing = polygon.edges().filter(|(c, d)| crossing_sign(a, b, c, d) == Crossing::Cross);
            stops.extend(crossing.map(|(c, d)| get_intersection(a, b, c, d)));
            stops.sort_by(|p, q| q.0.dot(&a.0).total_cmp(&p.0.dot(&a.0)));
            stops.push(*b);
            for piece in stops.windows(2) {
                let middle = Point((piece[0].0 + piece[1].0).normalize());
                let now = polygon.contains(&middle);
                match (inside, now) {
                    (_, false) if corners.contains(&bits(&piece[0])) && !inside => touched.push(piece[0]),
                    (true, true) => parts.last_mut().into_iter().for_each(|part| part.push(piece[1])),
                    (false, true) => parts.push(vec![piece[0], piece[1]]),
                    _ => {}
                }
                inside = now;
            }
        }
        let end = line.last().filter(|end| !inside && corners.contains(&bits(end)));
        touched.extend(end);
    }
    match (&touched[..], &parts[..]) {
        ([], []) => Ok(Some(Json(collection(&[])))),
        ([at], []) => Ok(Some(Json(point_json(at)))),
        ([], parts) => {
            let texts: Vec<String> = parts.iter().map(|p| positions(p.iter().map(degrees))).collect();
            Ok(Some(Json(lines_json(&texts))))
        }
        _ => Err(Fault::query("a line that touches a polygon in several places is not supported")),
    }
}

/// The greatest tolerance of a simpler shape, in metres.
const MOST_TOLERANCE: f64 = 7_800_000.0;

/// The tolerance of a row, in radians.
fn tolerance(args: &Args<'_>, row: usize) -> Option<f64> {
    let tolerance = real_at(args, 1, row, Some(10.0))?;
    (0.0..=MOST_TOLERANCE).contains(&tolerance).then_some(tolerance / EARTH_RADIUS)
}

fn simplified<T: Send + Sync + 'static>(
    setup: &Setup<'_>,
    read: fn(&str) -> Option<T>,
    f: fn(&T, f64) -> Made,
) -> Box<dyn Kernel> {
    let shape = Shape::new(setup, 0, read);
    Box::new(move |args: &Args<'_>| {
        let mut fault = Ok(());
        let column = args.build(|row| {
            let tolerance = tolerance(args, row)?;
            shape.with(args, row, |shape| kept(f(shape, tolerance), &mut fault))
        })?;
        fault.map(|()| column)
    })
}

fn simpler_area(paths: &[Path], tolerance: f64) -> Made {
    let closed: Vec<(&[Point], bool)> = paths.iter().map(|p| (p.as_slice(), true)).collect();
    simpler(&closed, tolerance, |paths| area_json(paths).unwrap_or_default())
}

/// The shape of the points that are kept, nothing where all fall together.
fn simpler(paths: &[(&[Point], bool)], tolerance: f64, shape: impl FnOnce(&[Path]) -> String) -> Made {
    let points = || paths.iter().flat_map(|(path, _)| path.iter());
    // Points fall onto the first in the order of cells, if they are within the tolerance of it.
    let first = points().min_by_key(|p| CellID::from(**p).0);
    if first.is_some_and(|first| points().all(|p| p.distance(first).rad() <= tolerance)) {
        return Ok(None);
    }
    let kept = match paths {
        [(path, closed)] => geo_simplify::kept(path, *closed, tolerance).map(|kept| (path, kept)),
        _ => None,
    };
    match kept {
        Some((path, kept)) => Ok(Some(Json(shape(&[kept.into_iter().map(|i| path[i]).collect()])))),
        None => Err(Fault::query(UNSURE).help("a smaller tolerance may leave no doubt")),
    }
}

const UNSURE: &str = "which points this shape keeps is not certain: parts of it come near each other, or of several parts";
