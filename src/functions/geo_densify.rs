//! Shapes with points added, so that ways straight on a map become shortest ways on the sphere.

use std::f64::consts::FRAC_PI_2;

use s2::edgeutil::interpolate;
use s2::latlng::LatLng;
use s2::point::Point;

use super::geo_measures::{geo, kept, real_at};
use super::geo_overlay::Path;
use super::geometry::{EARTH_RADIUS, Polygons, degrees, list, positions, shape, shape_json};
use crate::contract::{Args, Fault};
use crate::json::{self, ArrayWriter};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&LINE_DENSIFY, &POLYGON_DENSIFY];

const DETAILS: &str = "Edges are read as straight in longitude and latitude; each is halved until its pieces, as shortest ways on a \
    sphere, are within the tolerance, in metres from 0.1 to 10000 and 10 unless given. Null for an invalid shape or tolerance.";

geo!(LINE_DENSIFY "geo_line_densify(line: bag, [tolerance: real], [preserve_crossing: bool|number]) -> bag",
    "The line with more points, so that it stays where a map shows it.", DETAILS,
    [
        ("array_length(geo_line_densify(dynamic({'type': 'LineString', 'coordinates': [[50, 50], [52, 51]]})).coordinates)", "17"),
        ("isnull(geo_line_densify(dynamic({'type': 'LineString', 'coordinates': [[50, 50], [52, 51]]}), 0))", "True"),
    ],
    Eval::Columns(|args| densified(args, line)));

geo!(POLYGON_DENSIFY "geo_polygon_densify(polygon: bag, [tolerance: real], [preserve_crossing: bool|number]) -> bag",
    "The polygon with more points, so that it stays where a map shows it.", DETAILS,
    [
        ("array_length(geo_polygon_densify(dynamic({'type': 'Polygon', 'coordinates': [[[10, 10], [11, 10], [11, 11], [10, 10]]]})).coordinates[0])", "10"),
        ("isnull(geo_polygon_densify(dynamic({'type': 'Polygon', 'coordinates': [[[10, 10], [11, 10]]]})))", "True"),
    ],
    Eval::Columns(|args| densified(args, polygon)));

type Densify = fn(&str, f64, bool) -> Result<Option<Json<String>>, Fault>;

fn densified(args: &Args<'_>, densify: Densify) -> Result<arrow::array::ArrayRef, Fault> {
    let shapes = args.column::<Json<&str>>(0)?;
    let mut fault = Ok(());
    let column = args.build(|row| {
        let text = <Json<&str> as Arg<'_>>::at(&shapes, row)?.0;
        let tolerance = real_at(args, 1, row, Some(10.0))?;
        let crossing = flag_at(args, 2, row)?;
        if !(0.1..=10_000.0).contains(&tolerance) {
            return None;
        }
        kept(densify(text, tolerance / EARTH_RADIUS, crossing), &mut fault)
    })?;
    fault.map(|()| column)
}

/// Truth in an optional argument, false when it is left out.
fn flag_at(args: &Args<'_>, index: usize, row: usize) -> Option<bool> {
    let Some(datum) = args.values.get(index) else {
        return Some(false);
    };
    match datum.ty {
        Type::Bool => bool::at(&bool::open(datum).ok()?, row),
        Type::Int => i32::at(&i32::open(datum).ok()?, row).map(|n| n != 0),
        Type::Long => i64::at(&i64::open(datum).ok()?, row).map(|n| n != 0),
        _ => f64::at(&f64::open(datum).ok()?, row).map(|n| n != 0.0),
    }
}

/// Longitude and latitude in degrees.
type Place = (f64, f64);

/// Both coordinates of a place. A longitude may go once around.
fn place(text: &str) -> Option<Place> {
    let numbers = list(text)?;
    let number = |index: usize| numbers.get(index).and_then(|t| json::number(t));
    let (longitude, latitude) = (number(0)?, number(1)?);
    (longitude.abs() <= 360.0 && latitude.abs() <= 90.0).then_some((longitude, latitude))
}

fn places(text: &str) -> Option<Vec<Place>> {
    list(text)?.into_iter().map(place).collect()
}

fn on_sphere((longitude, latitude): Place) -> Point {
    Point::from(LatLng::from_degrees(latitude, longitude))
}

/// The most points of a result.
const MOST_POINTS: usize = 10_485_760;

/// The points between places, the first and the last too; nothing if there are too many.
fn chain(places: &[Place], tolerance: f64) -> Option<Vec<Point>> {
    // What the error can be between the two points of an edge that are compared.
    let tolerance = tolerance * 0.838_299_925_698_885_1;
    let mut points: Vec<Point> = places.first().map(|p| on_sphere(*p)).into_iter().collect();
    for pair in places.windows(2) {
        divide(pair[0], pair[1], tolerance, &mut points);
        if points.len() > MOST_POINTS {
            return None;
        }
    }
    Some(points)
}

/// Where along an edge its two forms are compared: there, and as far from its end.
const COMPARED: f64 = 0.312_156_910_822_482_3;

/// Adds the points after the first.
fn divide(first: Place, last: Place, tolerance: f64, points: &mut Vec<Point>) {
    let (a, b) = (on_sphere(first), on_sphere(last));
    let between = |t: f64| {
        let part = |a: f64, b: f64| a + t * (b - a);
        (part(first.0, last.0), part(first.1, last.1))
    };
    let apart = |t: f64| interpolate(t, &a, &b).distance(&on_sphere(between(t))).rad();
    let opposite = a.0.dot(&b.0) < -1e-14 && a.distance(&b).rad() > FRAC_PI_2;
    if !opposite && apart(COMPARED).max(apart(1.0 - COMPARED)) <= tolerance {
        points.push(b);
        return;
    }
    if points.len() > MOST_POINTS {
        return;
    }
    let middle = between(0.5);
    divide(first, middle, tolerance, points);
    divide(middle, last, tolerance, points);
}

fn line(text: &str, tolerance: f64, crossing: bool) -> Result<Option<Json<String>>, Fault> {
    let made = || {
        let (kind, coordinates) = shape(text)?;
        let texts = match kind.as_str() {
            "LineString" => vec![coordinates],
            "MultiLineString" => list(coordinates)?,
            _ => return None,
        };
        let mut lines: Vec<Vec<Place>> = Vec::new();
        for text in texts {
            let mut places = places(text)?;
            places.dedup();
            if places.len() < 2 {
                return None;
            }
            let points = chain(&places, tolerance)?;
            if crossing {
                lines.push(points.iter().map(degrees).collect());
            } else {
                split(&points, &mut lines);
            }
        }
        let texts: Vec<String> = lines.into_iter().map(positions).collect();
        match &texts[..] {
            [] => None,
            [one] if kind == "LineString" => Some(shape_json("LineString", one)),
            several => Some(shape_json("MultiLineString", &array(several))),
        }
    };
    Ok(made().map(Json))
}

fn array(texts: &[String]) -> String {
    let mut out = ArrayWriter::new();
    texts.iter().for_each(|text| out.push_json(text));
    out.finish()
}

/// The longitude of the places where a line is cut.
const EDGE_OF_MAP: f64 = 179.999_999_999_999;

/// Cuts a line where it leaves the map on one side and comes back on the other.
fn split(points: &[Point], lines: &mut Vec<Vec<Place>>) {
    let mut part: Vec<Place> = Vec::new();
    let mut before: Option<&Point> = None;
    for point in points {
        let at = degrees(point);
        if let (Some(from), Some(last)) = (before, part.last().copied())
            && (last.0 - at.0).abs() > 180.0
        {
            let latitude = crossing_latitude(from, point);
            part.push((EDGE_OF_MAP.copysign(last.0), latitude));
            lines.push(std::mem::take(&mut part));
            part.push((EDGE_OF_MAP.copysign(at.0), latitude));
        }
        part.push(at);
        before = Some(point);
    }
    lines.push(part);
}

/// Where an edge crosses the meridian of 180 degrees.
fn crossing_latitude(a: &Point, b: &Point) -> f64 {
    let share = a.0.y / (a.0.y - b.0.y);
    let at = a.0 + (b.0 - a.0) * share;
    at.z.atan2(at.x.hypot(at.y)).to_degrees()
}

fn polygon(text: &str, tolerance: f64, crossing: bool) -> Result<Option<Json<String>>, Fault> {
    // What is no polygon without further points is none with them.
    if Polygons::read(text).is_none() {
        return Ok(None);
    }
    let Some((kind, rings)) = rings(text, tolerance) else {
        return Ok(None);
    };
    let leaves_map = |path: &Path| {
        let pairs = path.windows(2);
        pairs.into_iter().any(|p| (degrees(&p[0]).0 - degrees(&p[1]).0).abs() > 180.0)
    };
    if !crossing && rings.iter().flatten().any(leaves_map) {
        let message = "adding points to a polygon across the meridian of 180 degrees is not supported";
        return Err(Fault::query(message).help("say preserve_crossing: the third argument true"));
    }
    let texts: Vec<String> = rings
        .iter()
        .map(|rings| {
            let rings: Vec<String> =
                rings.iter().map(|ring| positions(ring.iter().map(degrees))).collect();
            array(&rings)
        })
        .collect();
    let made = match &texts[..] {
        [one] if kind == "Polygon" => shape_json("Polygon", one),
        several => shape_json("MultiPolygon", &array(several)),
    };
    Ok(Some(Json(made)))
}

/// The type of a polygon and the rings of its parts, the first point of each at its end again.
fn rings(text: &str, tolerance: f64) -> Option<(String, Vec<Vec<Path>>)> {
    let (kind, coordinates) = shape(text)?;
    let texts = match kind.as_str() {
        "Polygon" => vec![coordinates],
        _ => list(coordinates)?,
    };
    let ring = |text: &str| chain(&places(text)?, tolerance);
    let polygon = |text: &str| list(text)?.into_iter().map(ring).collect::<Option<Vec<Path>>>();
    Some((kind, texts.into_iter().map(polygon).collect::<Option<_>>()?))
}
