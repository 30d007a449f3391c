//! Angles, distances, sizes and meetings of points, lines and polygons on a sphere.
//!
//! A shape that is a constant is read once per query.

use std::borrow::Cow;
use std::f64::consts::PI;

use s2::edge_crossings::{Crossing, crossing_sign, get_intersection};
use s2::edgeutil::interpolate;
use s2::point::Point;

use super::geo_overlay::{as_polygons, union};
use super::geometry::{
    EARTH_RADIUS, Lines, Polygons, angle, degrees, nearest_of, point, point_json, positions,
    shape_json, to_edges,
};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::json::BagWriter;
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Value;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ANGLE,
    &AZIMUTH,
    &POINT_IN_CIRCLE,
    &POINT_IN_POLYGON,
    &DISTANCE_TO_LINE,
    &DISTANCE_TO_POLYGON,
    &CLOSEST_ON_LINE,
    &CLOSEST_ON_POLYGON,
    &LINE_LENGTH,
    &LINE_CENTROID,
    &LINE_INTERPOLATE_POINT,
    &LINE_LOCATE_POINT,
    &POLYGON_AREA,
    &POLYGON_PERIMETER,
    &POLYGON_CENTROID,
    &INTERSECTS_2LINES,
    &INTERSECTS_2POLYGONS,
    &INTERSECTS_LINE_WITH_POLYGON,
    &INTERSECTION_2LINES,
];

const EDGES: &str = "Longitude comes before latitude, in degrees; edges are the shortest ways on a sphere. Null for an invalid \
    point or shape.";
const SHAPES: &str = "Edges are the shortest ways on a sphere. Null for an invalid shape.";
const UNION: &str = "Edges are the shortest ways on a sphere; what polygons of one shape share counts once. Null for an invalid \
    shape.";


macro_rules! geo {
    ($id:ident $signature:literal, $summary:literal, $details:expr, [$($example:expr),* $(,)?], $eval:expr) => {
        static $id: Scalar = Scalar {
            signatures: &[$signature],
            doc: Doc {
                summary: $summary,
                details: $details,
                examples: &[$($example),*],
            },
            eval: $eval,
            ..Scalar::DEFAULT
        };
    };
}

pub(super) use geo;

geo!(ANGLE "geo_angle(longitude1: real, latitude1: real, longitude2: real, latitude2: real, longitude3: real, latitude3: real) -> real",
    "The clockwise angle at the second of three points, from the way to the first to the way to the third, in radians.",
    "Longitude comes before latitude, in degrees. Null for an invalid point, and where two neighbouring points are the same or \
     opposite.",
    [("round(geo_angle(0, 1, 0, 0, 1, 0), 6)", "1.570796"), ("isnull(geo_angle(0, 1, 0, 1, 1, 0))", "True")],
    Eval::Columns(|args| {
        let places = Places::of(args, 3)?;
        args.build(|row| {
            let [a, b, c] = [places.at(row, 0)?, places.at(row, 1)?, places.at(row, 2)?];
            Some((azimuth(b, c)? - azimuth(b, a)?).rem_euclid(2.0 * PI))
        })
    }));

geo!(AZIMUTH "geo_azimuth(longitude1: real, latitude1: real, longitude2: real, latitude2: real) -> real",
    "The clockwise angle between the north and the way from one point to another, in radians.",
    "Longitude comes before latitude, in degrees. Null for an invalid point, and for points that are the same or opposite.",
    [("round(geo_azimuth(0, 0, 1, 0), 6)", "1.570796"), ("isnull(geo_azimuth(1, 1, 1, 1))", "True")],
    Eval::Columns(|args| {
        let places = Places::of(args, 2)?;
        args.build(|row| azimuth(places.at(row, 0)?, places.at(row, 1)?))
    }));

geo!(POINT_IN_CIRCLE "geo_point_in_circle(longitude: real, latitude: real, centre_longitude: real, centre_latitude: real, radius: real) -> bool",
    "Whether a point is within a distance of another, in metres.",
    "Longitude comes before latitude, in degrees. Null for an invalid point, and for a negative radius.",
    [("geo_point_in_circle(0, 1, 0, 0, 112000)", "True"), ("geo_point_in_circle(0, 1, 0, 0, 111000)", "False")],
    Eval::Columns(|args| {
        let places = Places::of(args, 2)?;
        let radii = args.column::<f64>(4)?;
        args.build(|row| {
            let (a, b) = (places.at(row, 0)?, places.at(row, 1)?);
            let radius = f64::at(&radii, row).filter(|r| *r >= 0.0 && r.is_finite())?;
            Some(distance(a, b)? <= radius)
        })
    }));

geo!(POINT_IN_POLYGON "geo_point_in_polygon(longitude: real, latitude: real, polygon: bag) -> bool",
    "Whether a point is inside a polygon.", EDGES,
    [
        ("geo_point_in_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}))", "True"),
        ("geo_point_in_polygon(2, 2, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}))", "False"),
    ],
    Eval::Prepared(|setup| Ok(placed(setup, Polygons::read, |at, polygon| Some(polygon.contains(at))))));

geo!(DISTANCE_TO_LINE "geo_distance_point_to_line(longitude: real, latitude: real, line: bag) -> real",
    "The distance of a point from a line, in metres.", EDGES,
    [("round(geo_distance_point_to_line(1, 1, dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]})))", "111195.0")],
    Eval::Prepared(|setup| Ok(placed(setup, Lines::read, |at, line| to_edges(at, line.edges())))));

geo!(DISTANCE_TO_POLYGON "geo_distance_point_to_polygon(longitude: real, latitude: real, polygon: bag) -> real",
    "The distance of a point from a polygon, in metres; 0 inside it.", EDGES,
    [("round(geo_distance_point_to_polygon(1, -1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]})))", "111195.0")],
    Eval::Prepared(|setup| Ok(placed(setup, Polygons::read, |at, polygon| {
        if polygon.contains(at) {
            return Some(0.0);
        }
        to_edges(at, polygon.edges())
    }))));

geo!(CLOSEST_ON_LINE "geo_closest_point_on_line(longitude: real, latitude: real, line: bag) -> bag",
    "The point of a line that is nearest to a point.", EDGES,
    [("round(toreal(geo_closest_point_on_line(1, 1, dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]})).coordinates[0]), 6)", "1.0")],
    Eval::Prepared(|setup| Ok(placed(setup, Lines::read, |at, line| {
        Some(Json(point_json(&nearest_of(at, line.edges())?.0)))
    }))));

geo!(CLOSEST_ON_POLYGON "geo_closest_point_on_polygon(longitude: real, latitude: real, polygon: bag) -> bag",
    "The point of a polygon that is nearest to a point: inside it, the point itself.", EDGES,
    [("round(toreal(geo_closest_point_on_polygon(1, -1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]})).coordinates[0]), 6)", "1.0")],
    Eval::Prepared(|setup| Ok(placed(setup, Polygons::read, |at, polygon| {
        let inside = polygon.contains(at);
        let nearest = if inside { *at } else { nearest_of(at, polygon.edges())?.0 };
        Some(Json(point_json(&nearest)))
    }))));

geo!(LINE_LENGTH "geo_line_length(line: bag) -> real",
    "The length of a line, in metres.",
    "Edges are the shortest ways on a sphere; pieces that several lines share count once. Null for an invalid line.",
    [("round(geo_line_length(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]})))", "222390.0")],
    Eval::Prepared(|setup| Ok(shaped(setup, Lines::read, |line| Ok(Some(length(line) * EARTH_RADIUS))))));

geo!(LINE_CENTROID "geo_line_centroid(line: bag) -> bag",
    "The centre of a line.",
    "Edges are the shortest ways on a sphere; pieces that several lines share count once. Null for an invalid line.",
    [("geo_line_centroid(dynamic({'type': 'LineString', 'coordinates': [[-1, 0], [1, 0]]})).coordinates", "[0.0,0.0]")],
    Eval::Prepared(|setup| Ok(shaped(setup, Lines::read, |line| {
        let edges = line.distinct_edges();
        let parts = edges.into_iter().map(|(a, b)| {
            let (apart, together) = ((a.0 - b.0).norm2(), a.0 + b.0);
            together * (apart / together.norm2()).sqrt()
        });
        let sum = parts.reduce(|sum, part| sum + part);
        Ok(sum.map(|sum| Json(point_json(&Point(sum.normalize())))))
    }))));

geo!(LINE_INTERPOLATE_POINT "geo_line_interpolate_point(line: bag, fraction: real) -> bag",
    "The point at a fraction of a line.",
    "Edges are the shortest ways on a sphere. Null for an invalid line, for several lines, and for a fraction that is not from \
     0 to 1.",
    [("round(toreal(geo_line_interpolate_point(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}), 0.25).coordinates[0]), 6)", "0.5")],
    Eval::Prepared(|setup| {
        let line = Shape::new(setup, 0, Lines::read);
        Ok(Box::new(move |args: &Args<'_>| {
            let fractions = args.column::<f64>(1)?;
            args.build(|row| {
                let fraction = f64::at(&fractions, row).filter(|f| (0.0..=1.0).contains(f))?;
                line.with(args, row, |line| Some(Json(point_json(&along(line, fraction)?))))
            })
        }))
    }));

geo!(LINE_LOCATE_POINT "geo_line_locate_point(line: bag, longitude: real, latitude: real, [const use_spheroid: bool|number]) -> real",
    "The fraction of a line at which it is nearest to a point.",
    "Longitude comes before latitude, in degrees; edges are the shortest ways on a sphere; a spheroid is not supported. Null \
     for an invalid point or line, and for several lines.",
    [("round(geo_line_locate_point(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 0]]}), 0.5, 1), 6)", "0.25")],
    Eval::Prepared(|setup| {
        if matches!(setup.constant(3), Some(Value::Bool(true)))
            || setup.constant(3).and_then(Value::as_f64).is_some_and(|flag| flag != 0.0)
        {
            return Err(Problem::new(Code::Unsupported, "ways on a spheroid are not supported").at(3));
        }
        let line = Shape::new(setup, 0, Lines::read);
        Ok(Box::new(move |args: &Args<'_>| {
            let (longitudes, latitudes) = (args.column::<f64>(1)?, args.column::<f64>(2)?);
            args.build(|row| {
                let at = point(f64::at(&longitudes, row)?, f64::at(&latitudes, row)?)?;
                line.with(args, row, |line| locate(line, &at))
            })
        }))
    }));

geo!(POLYGON_AREA "geo_polygon_area(polygon: bag) -> real",
    "The area of a polygon, in square metres.", UNION,
    [("round(geo_polygon_area(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [90, 0], [0, 90], [0, 0]]]})) / 1e12, 3)", "63.758")],
    Eval::Prepared(|setup| Ok(shaped(setup, Polygons::read, |polygon| {
        Ok(Some(apart(polygon)?.area() * EARTH_RADIUS * EARTH_RADIUS))
    }))));

geo!(POLYGON_PERIMETER "geo_polygon_perimeter(polygon: bag) -> real",
    "The length of a polygon's outline, in metres.", UNION,
    [("round(geo_polygon_perimeter(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [90, 0], [0, 90], [0, 0]]]})) / 1000)", "30023.0")],
    Eval::Prepared(|setup| Ok(shaped(setup, Polygons::read, |polygon| {
        let polygon = apart(polygon)?;
        let lengths = polygon.edges().map(|(a, b)| angle(a, b));
        Ok(Some(lengths.fold(0.0, |sum, length| sum + length) * EARTH_RADIUS))
    }))));

geo!(POLYGON_CENTROID "geo_polygon_centroid(polygon: bag) -> bag",
    "The centre of a polygon.", UNION,
    [("round(toreal(geo_polygon_centroid(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [90, 0], [0, 90], [0, 0]]]})).coordinates[0]), 6)", "45.0")],
    Eval::Prepared(|setup| Ok(shaped(setup, Polygons::read, |polygon| {
        Ok(Some(Json(point_json(&apart(polygon)?.centroid()))))
    }))));

geo!(INTERSECTS_2LINES "geo_intersects_2lines(line1: bag, line2: bag) -> bool",
    "Whether two lines meet.", SHAPES,
    [
        ("geo_intersects_2lines(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [2, 2]]}), dynamic({'type': 'LineString', 'coordinates': [[0, 2], [2, 0]]}))", "True"),
    ],
    Eval::Prepared(|setup| Ok(two(setup, Lines::read, Lines::read, |a, b| {
        Ok(Some(edges_meet(a.edges(), b.edges())))
    }))));

geo!(INTERSECTS_2POLYGONS "geo_intersects_2polygons(polygon1: bag, polygon2: bag) -> bool",
    "Whether two polygons share inner points.", SHAPES,
    [
        ("geo_intersects_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [5, 1], [1, 5], [1, 1]]]}))", "True"),
    ],
    Eval::Prepared(|setup| Ok(two(setup, Polygons::read, Polygons::read, |a, b| Ok(Some(a.intersects(b)))))));

geo!(INTERSECTS_LINE_WITH_POLYGON "geo_intersects_line_with_polygon(line: bag, polygon: bag) -> bool",
    "Whether a line and a polygon share a point.", SHAPES,
    [
        ("geo_intersects_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [9, 9]]}), dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [3, 0], [0, 3], [0, 0]]]}))", "True"),
    ],
    Eval::Prepared(|setup| Ok(two(setup, Lines::read, Polygons::read, |line, polygon| {
        let inside = line.lines.iter().flatten().any(|at| polygon.contains(at));
        Ok(Some(inside || edges_meet(line.edges(), polygon.edges())))
    }))));

geo!(INTERSECTION_2LINES "geo_intersection_2lines(line1: bag, line2: bag) -> bag",
    "Where two lines meet.",
    "A point, the line itself when both are the same, or an empty collection. Edges are the shortest ways on a sphere. Null for \
     an invalid line; lines that meet more than once are not supported.",
    [
        ("geo_intersection_2lines(dynamic({'type': 'LineString', 'coordinates': [[-1, 0], [1, 0]]}), dynamic({'type': 'LineString', 'coordinates': [[0, -1], [0, 1]]})).coordinates", "[0.0,0.0]"),
        ("array_length(geo_intersection_2lines(dynamic({'type': 'LineString', 'coordinates': [[-1, 0], [1, 0]]}), dynamic({'type': 'LineString', 'coordinates': [[5, -1], [5, 1]]})).geometries)", "0"),
    ],
    Eval::Prepared(|setup| Ok(two(setup, Lines::read, Lines::read, intersection))));

/// The points in the first arguments, longitude before latitude.
struct Places<'a>(Vec<<f64 as Arg<'a>>::Column>);

impl<'a> Places<'a> {
    fn of(args: &'a Args<'_>, count: usize) -> Result<Places<'a>, Fault> {
        let columns = (0..count * 2).map(|index| args.column::<f64>(index));
        Ok(Places(columns.collect::<Result<_, _>>()?))
    }

    /// Longitude and latitude in degrees, if there is such a point.
    fn at(&self, row: usize, index: usize) -> Option<(f64, f64)> {
        let longitude = f64::at(self.0.get(index * 2)?, row)?;
        let latitude = f64::at(self.0.get(index * 2 + 1)?, row)?;
        point(longitude, latitude)?;
        Some((longitude, latitude))
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    super::geo::distance_in_metres(a, b)
}

fn azimuth(from: (f64, f64), to: (f64, f64)) -> Option<f64> {
    let apart = angle(&point(from.0, from.1)?, &point(to.0, to.1)?);
    if !(1e-15..=PI - 1e-15).contains(&apart) {
        return None;
    }
    let (lat1, lat2) = (from.1.to_radians(), to.1.to_radians());
    let turn = (to.0 - from.0).to_radians();
    let east = turn.sin() * lat2.cos();
    let north = lat1.cos() * lat2.sin() - lat1.sin() * lat2.cos() * turn.cos();
    Some(east.atan2(north).rem_euclid(2.0 * PI))
}

/// A shape in an argument: read once when it is a constant.
pub(super) struct Shape<T> {
    constant: Option<Option<T>>,
    index: usize,
    read: fn(&str) -> Option<T>,
}

impl<T> Shape<T> {
    pub(super) fn new(setup: &Setup<'_>, index: usize, read: fn(&str) -> Option<T>) -> Shape<T> {
        let constant = setup.constant(index).map(|value| match value {
            Value::Dynamic(text) => read(text),
            _ => None,
        });
        Shape {
            constant,
            index,
            read,
        }
    }

    pub(super) fn with<R>(&self, args: &Args<'_>, row: usize, f: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        if let Some(constant) = &self.constant {
            return f(constant.as_ref()?);
        }
        let texts = args.column::<Json<&str>>(self.index).ok()?;
        f(&(self.read)(<Json<&str> as Arg<'_>>::at(&texts, row)?.0)?)
    }
}

/// A function of a point and a shape.
fn placed<T: Send + Sync + 'static, R: crate::plan::args::Ret + 'static>(
    setup: &Setup<'_>,
    read: fn(&str) -> Option<T>,
    f: fn(&Point, &T) -> Option<R>,
) -> Box<dyn Kernel> {
    let shape = Shape::new(setup, 2, read);
    Box::new(move |args: &Args<'_>| {
        let (longitudes, latitudes) = (args.column::<f64>(0)?, args.column::<f64>(1)?);
        args.build(|row| {
            let at = point(f64::at(&longitudes, row)?, f64::at(&latitudes, row)?)?;
            shape.with(args, row, |shape| f(&at, shape))
        })
    })
}

/// A number in an optional argument, or what it is when it is left out.
pub(super) fn real_at(args: &Args<'_>, index: usize, row: usize, default: Option<f64>) -> Option<f64> {
    match args.values.get(index) {
        Some(datum) => f64::at(&f64::open(datum).ok()?, row),
        None => default,
    }
}

/// A function of a shape.
fn shaped<T: Send + Sync + 'static, R: crate::plan::args::Ret + 'static>(
    setup: &Setup<'_>,
    read: fn(&str) -> Option<T>,
    f: fn(&T) -> Result<Option<R>, Fault>,
) -> Box<dyn Kernel> {
    let shape = Shape::new(setup, 0, read);
    Box::new(move |args: &Args<'_>| {
        let mut fault = Ok(());
        let column = args.build(|row| {
            shape.with(args, row, |shape| kept(f(shape), &mut fault))
        })?;
        fault.map(|()| column)
    })
}

/// A function of two shapes.
pub(super) fn two<A: Send + Sync + 'static, B: Send + Sync + 'static, R: crate::plan::args::Ret + 'static>(
    setup: &Setup<'_>,
    read_first: fn(&str) -> Option<A>,
    read_second: fn(&str) -> Option<B>,
    f: fn(&A, &B) -> Result<Option<R>, Fault>,
) -> Box<dyn Kernel> {
    let first = Shape::new(setup, 0, read_first);
    let second = Shape::new(setup, 1, read_second);
    Box::new(move |args: &Args<'_>| {
        let mut fault = Ok(());
        let column = args.build(|row| {
            first.with(args, row, |a| second.with(args, row, |b| kept(f(a, b), &mut fault)))
        })?;
        fault.map(|()| column)
    })
}

/// A result, or null and the fault kept.
pub(super) fn kept<R>(result: Result<Option<R>, Fault>, fault: &mut Result<(), Fault>) -> Option<R> {
    match result {
        Ok(value) => value,
        Err(found) => {
            *fault = Err(found);
            None
        }
    }
}

/// What polygons cover together, so that sizes can be added.
fn apart(polygons: &Polygons) -> Result<Cow<'_, Polygons>, Fault> {
    if polygons.0.len() < 2 {
        return Ok(Cow::Borrowed(polygons));
    }
    let areas = polygons.each_paths().collect();
    match union(areas) {
        Some(paths) => Ok(Cow::Owned(as_polygons(&paths))),
        None if polygons.overlap() => {
            let message = "the size of polygons that overlap and do not fit into half of the globe is not supported";
            Err(Fault::query(message))
        }
        None => Ok(Cow::Borrowed(polygons)),
    }
}

/// In radians.
fn length(line: &Lines) -> f64 {
    let edges = line.distinct_edges().into_iter();
    edges.map(|(a, b)| angle(a, b)).fold(0.0, |sum, length| sum + length)
}

fn along(line: &Lines, fraction: f64) -> Option<Point> {
    if line.several {
        return None;
    }
    let mut left = fraction * line.edges().map(|(a, b)| angle(a, b)).sum::<f64>();
    for (a, b) in line.edges() {
        let own = angle(a, b);
        if left <= own {
            return Some(interpolate(left / own, a, b));
        }
        left -= own;
    }
    line.lines.first()?.last().copied()
}

fn locate(line: &Lines, at: &Point) -> Option<f64> {
    if line.several {
        return None;
    }
    let mut before = 0.0;
    let mut best = (f64::INFINITY, 0.0);
    for (a, b) in line.edges() {
        let (nearest, apart) = nearest_of(at, std::iter::once((a, b)))?;
        if apart < best.0 {
            best = (apart, before + angle(a, &nearest));
        }
        before += angle(a, b);
    }
    Some((best.1 / before).min(1.0))
}

fn edges_meet<'a>(
    left: impl Iterator<Item = (&'a Point, &'a Point)>,
    right: impl Iterator<Item = (&'a Point, &'a Point)> + Clone,
) -> bool {
    let mut left = left;
    left.any(|(a, b)| {
        right.clone().any(|(c, d)| crossing_sign(a, b, c, d) != Crossing::DoNotCross)
    })
}

fn intersection(first: &Lines, second: &Lines) -> Result<Option<Json<String>>, Fault> {
    if let ([a], [b]) = (&first.lines[..], &second.lines[..])
        && a == b
    {
        let line = positions(a.iter().map(degrees));
        return Ok(Some(Json(shape_json("LineString", &line))));
    }
    let mut found: Vec<Point> = Vec::new();
    for (a, b) in first.edges() {
        for (c, d) in second.edges() {
            let at = match crossing_sign(a, b, c, d) {
                Crossing::DoNotCross => continue,
                Crossing::Cross => get_intersection(a, b, c, d),
                Crossing::MaybeCross if a == c || a == d => *a,
                Crossing::MaybeCross => *b,
            };
            if !found.contains(&at) {
                found.push(at);
            }
        }
    }
    match &found[..] {
        [] => {
            let mut out = BagWriter::new();
            out.entry_str("type", "GeometryCollection");
            out.entry_json("geometries", "[]");
            Ok(Some(Json(out.finish())))
        }
        [at] => Ok(Some(Json(point_json(at)))),
        _ => Err(Fault::query("where lines meet more than once is not supported")),
    }
}
