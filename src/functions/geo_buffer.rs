//! Buffers: all points within a distance of a point, a line or a polygon.
//!
//! Arcs become regular polygons whose sides stay within a tolerance; points are placed where the engine places them.

use std::f64::consts::{FRAC_PI_2, PI};

use s2::edge_crossings::robust_cross_prod;
use s2::point::Point;
use s2::predicates::sign;
use s2::r3::vector::Vector;

use super::geo_measures::{Shape, geo, kept, real_at};
use super::geo_overlay::{Path, area_json, overlay};
use super::geometry::{EARTH_RADIUS, Lines, Polygons, point};
use crate::contract::{Args, Fault, Kernel, Setup};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&LINE_BUFFER, &POINT_BUFFER, &POLYGON_BUFFER];

const DETAILS: &str = "Radius and tolerance are in metres; the outline leaves the true distance by at most the tolerance, 10 \
    unless given. Null for an invalid shape, and for a radius or tolerance that is not positive.";

geo!(POINT_BUFFER "geo_point_buffer(longitude: real, latitude: real, radius: real, [tolerance: real]) -> bag",
    "All points within a distance of a point.", DETAILS,
    [
        ("array_length(geo_point_buffer(13.4, 52.5, 1000, 1).coordinates[0])", "72"),
        ("round(geo_polygon_area(geo_point_buffer(13.4, 52.5, 1000, 0.1)) / 1e6, 2)", "3.14"),
        ("isnull(geo_point_buffer(13.4, 52.5, -1))", "True"),
    ],
    Eval::Columns(|args| {
        let (longitudes, latitudes) = (args.column::<f64>(0)?, args.column::<f64>(1)?);
        let mut fault = Ok(());
        let column = args.build(|row| {
            let at = point(f64::at(&longitudes, row)?, f64::at(&latitudes, row)?)?;
            let offset = Offset::at(args, row, 2)?;
            kept(offset.and_then(|o| around(&[o.circle(&at)])), &mut fault)
        })?;
        fault.map(|()| column)
    }));

geo!(LINE_BUFFER "geo_line_buffer(line: bag, radius: real, [tolerance: real]) -> bag",
    "All points within a distance of a line.", DETAILS,
    [
        ("array_length(geo_line_buffer(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 0]]}), 1000, 100).coordinates[0])", "11"),
        ("isnull(geo_line_buffer(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 0]]}), 0))", "True"),
    ],
    Eval::Prepared(|setup| Ok(buffered(setup, Lines::read, |line, offset| {
        line.lines.iter().map(|line| offset.line(line)).collect()
    }))));

geo!(POLYGON_BUFFER "geo_polygon_buffer(polygon: bag, radius: real, [tolerance: real]) -> bag",
    "All points within a distance of a polygon.", DETAILS,
    [
        ("geo_point_in_polygon(0.5, -0.005, geo_polygon_buffer(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 0]]]}), 1000))", "True"),
        ("isnull(geo_polygon_buffer(dynamic({'type': 'Point'}), 1000))", "True"),
    ],
    Eval::Prepared(|setup| Ok(buffered(setup, Polygons::read, |polygon, offset| {
        polygon.paths().iter().map(|path| offset.ring(path)).collect()
    }))));

fn buffered<T: Send + Sync + 'static>(
    setup: &Setup<'_>,
    read: fn(&str) -> Option<T>,
    paths: fn(&T, &Offset) -> Vec<Path>,
) -> Box<dyn Kernel> {
    let shape = Shape::new(setup, 0, read);
    Box::new(move |args: &Args<'_>| {
        let mut fault = Ok(());
        let column = args.build(|row| {
            let offset = Offset::at(args, row, 1)?;
            shape.with(args, row, |shape| {
                kept(offset.and_then(|offset| around(&paths(shape, &offset))), &mut fault)
            })
        })?;
        fault.map(|()| column)
    })
}

/// What paths wind around.
fn around(paths: &[Path]) -> Result<Option<Json<String>>, Fault> {
    let Some(area) = overlay(&[paths], &|windings| windings.iter().any(|w| *w > 0)) else {
        return Err(Fault::query("buffers that do not fit into half of the globe are not supported"));
    };
    Ok(area_json(&area).map(Json))
}

/// A distance to keep, in radians, and how far apart the points of an outline are, as angles.
struct Offset {
    radius: f64,
    /// Around the corner of a shape.
    corner: f64,
    /// Around a lone point, so that steps divide the circle.
    circle: f64,
    /// Along an edge: the points at a distance of an arc are no arc.
    edge: f64,
}

/// The least tolerance, as a part of the radius.
const LEAST_TOLERANCE: f64 = 1e-6;

/// In metres.
const USUAL_TOLERANCE: f64 = 10.0;

impl Offset {
    /// That of a row: the radius, then the tolerance, from an argument on.
    fn at(args: &Args<'_>, row: usize, index: usize) -> Option<Result<Offset, Fault>> {
        let positive = |n: &f64| *n > 0.0 && n.is_finite();
        let metres = real_at(args, index, row, None).filter(positive)?;
        let tolerance = real_at(args, index + 1, row, Some(USUAL_TOLERANCE)).filter(positive)?;
        let radius = metres / EARTH_RADIUS;
        let error = radius * (tolerance / metres).clamp(LEAST_TOLERANCE, 1.0);
        if radius + error >= FRAC_PI_2 {
            let message = "a buffer as wide as a quarter of the globe is not supported";
            return Some(Err(Fault::query(message)));
        }
        let corner = longest_side(radius, error);
        let sides = (2.0 * PI / corner).ceil();
        Some(Ok(Offset {
            radius,
            corner,
            circle: 2.0 * PI / sides + 1e-15,
            edge: longest_side(FRAC_PI_2 - radius, error),
        }))
    }

    fn circle(&self, centre: &Point) -> Path {
        let mut path = Vec::new();
        let mut start = ortho(centre);
        let mut angle = 0.0;
        for _ in 0..4 {
            let across = centre.0.cross(&start).normalize();
            while angle < FRAC_PI_2 {
                path.push(self.from(&centre.0, &on_ray(&start, &across, angle)));
                angle += self.circle;
            }
            angle -= FRAC_PI_2;
            start = across;
        }
        path
    }

    /// Around a line with round ends.
    fn line(&self, line: &[Point]) -> Path {
        let mut path = Vec::new();
        let back = line.iter().rev().copied();
        let both: Vec<Point> = line.iter().copied().chain(back.skip(1)).collect();
        let [first, second, ..] = &both[..] else {
            return path;
        };
        let right = axis(first, second);
        self.arc(&mut path, first, &(right * -1.0), &right);
        for (i, pair) in both.windows(2).enumerate() {
            let (a, b) = (&pair[0], &pair[1]);
            if i + 2 == line.len() {
                self.edge(&mut path, a, b);
                let right = axis(a, b);
                self.arc(&mut path, b, &right, &(right * -1.0));
            } else if let Some(c) = both.get(i + 2) {
                self.edge_and_corner(&mut path, a, b, c);
            } else {
                self.edge(&mut path, a, b);
            }
        }
        path
    }

    /// Around a closed path, on its right.
    fn ring(&self, ring: &Path) -> Path {
        let mut path = Vec::new();
        let at = |index: usize| &ring[index % ring.len()];
        for i in 0..ring.len() {
            self.edge_and_corner(&mut path, at(i), at(i + 1), at(i + 2));
        }
        path
    }

    fn edge_and_corner(&self, path: &mut Path, a: &Point, b: &Point, c: &Point) {
        let (before, after) = (axis(a, b), axis(b, c));
        self.edge(path, a, b);
        if a == c || sign(a, b, c) {
            self.arc(path, b, &before, &after);
        } else {
            path.push(self.from(&b.0, &before));
            path.push(*b);
        }
    }

    /// Along an edge without its end, on its right.
    fn edge(&self, path: &mut Path, a: &Point, b: &Point) {
        let right = axis(a, b);
        let ahead = right.cross(&a.0).normalize();
        let length = a.distance(b).rad();
        let mut angle = 0.0;
        loop {
            path.push(self.from(&on_ray(&a.0, &ahead, angle), &right));
            angle += self.edge;
            if angle >= length {
                return;
            }
        }
    }

    /// Around a point from one direction towards another, without the end.
    fn arc(&self, path: &mut Path, at: &Point, start: &Vector, end: &Vector) {
        let across = at.0.cross(start).normalize();
        let whole = start.angle(end).rad();
        let mut angle = 0.0;
        loop {
            path.push(self.from(&at.0, &on_ray(start, &across, angle)));
            angle += self.corner;
            if angle >= whole {
                return;
            }
        }
    }

    fn from(&self, at: &Vector, direction: &Vector) -> Point {
        Point(on_ray(at, direction, self.radius))
    }
}

/// The longest side, as an angle at its centre, of an outline that stays outside of `radius - error`.
fn longest_side(radius: f64, error: f64) -> f64 {
    let most = 2.0 * PI / 3.0 + 1e-15;
    let inner = (radius - error).max(0.0);
    most.min(2.0 * (inner.tan() / radius.tan()).min(1.0).acos())
}

/// The direction to the right of an edge.
fn axis(a: &Point, b: &Point) -> Vector {
    robust_cross_prod(b, a).0.normalize()
}

fn on_ray(from: &Vector, direction: &Vector, angle: f64) -> Vector {
    (*from * angle.cos() + *direction * angle.sin()).normalize()
}

/// A direction across, the same that the engine starts a circle in.
fn ortho(point: &Point) -> Vector {
    let mut other = Vector::new(0.012, 0.0053, 0.004_57);
    let size = point.0.abs();
    if size.x > size.y && size.x > size.z {
        other.z = 1.0;
    } else if size.y > size.z {
        other.x = 1.0;
    } else {
        other.y = 1.0;
    }
    point.0.cross(&other).normalize()
}
