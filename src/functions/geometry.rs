//! Shapes on a sphere: read from GeoJSON, checked, measured. Points are unit vectors, edges the shortest arcs.

use s2::cellid::CellID;
use s2::edge_crossings::EdgeCrosser;
use s2::edge_crossings::{Crossing, angle_contains_vertex, crossing_sign, robust_cross_prod};
use s2::edgeutil::distance_from_segment;
use s2::latlng::LatLng;
use s2::point::{Point, point_area, true_centroid};
use s2::predicates::sign;

use crate::json::{self, ArrayWriter, BagWriter, Kind};

/// Radius of the sphere that distances are measured on, in metres.
pub const EARTH_RADIUS: f64 = 6_371_010.0;

/// The point of a longitude and a latitude in degrees, if there is one.
pub fn point(longitude: f64, latitude: f64) -> Option<Point> {
    let valid = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
    valid.then(|| Point::from(LatLng::from_degrees(latitude, longitude)))
}

/// Longitude and latitude in degrees.
pub fn degrees(point: &Point) -> (f64, f64) {
    // As the engine does it, to the last digit.
    let degrees = 180.0 / std::f64::consts::PI;
    (
        degrees * point.longitude().rad(),
        degrees * point.latitude().rad(),
    )
}

/// The angle between two points, in radians.
pub fn angle(a: &Point, b: &Point) -> f64 {
    a.distance(b).rad()
}

/// `{"type":"Point",…}`
pub fn point_json(point: &Point) -> String {
    shape_json("Point", &position(degrees(point)))
}

/// `{"type":"…","coordinates":…}`
pub fn shape_json(kind: &str, coordinates: &str) -> String {
    let mut out = BagWriter::new();
    out.entry_str("type", kind);
    out.entry_json("coordinates", coordinates);
    out.finish()
}

/// `[longitude,latitude]`
pub fn position((longitude, latitude): (f64, f64)) -> String {
    let mut out = ArrayWriter::new();
    out.push_real(longitude);
    out.push_real(latitude);
    out.finish()
}

/// `[[longitude,latitude],…]`
pub fn positions(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut out = ArrayWriter::new();
    for point in points {
        out.push_json(&position(point));
    }
    out.finish()
}

/// A polygon of one ring, given once around.
pub fn ring_json(points: &[(f64, f64)]) -> String {
    let closed = points.iter().chain(points.first()).copied();
    shape_json("Polygon", &format!("[{}]", positions(closed)))
}

/// The elements of a JSON array.
pub fn list(text: &str) -> Option<Vec<&str>> {
    (json::kind(text) == Kind::Array).then(|| json::elements(text).collect())
}

/// Type and coordinates of a GeoJSON shape.
pub fn shape(text: &str) -> Option<(String, &str)> {
    if json::kind(text) != Kind::Bag {
        return None;
    }
    let kind = json::unescape(json::member(text, "type")?).into_owned();
    Some((kind, json::member(text, "coordinates")?))
}

fn read_point(text: &str) -> Option<Point> {
    let numbers = list(text)?;
    let number = |index: usize| numbers.get(index).and_then(|t| json::number(t));
    point(number(0)?, number(1)?)
}

fn read_points(text: &str) -> Option<Vec<Point>> {
    list(text)?.into_iter().map(read_point).collect()
}

/// One or several lines.
pub struct Lines {
    /// Of each its points, two at least.
    pub lines: Vec<Vec<Point>>,
    /// Whether the shape is several lines by its type.
    pub several: bool,
}

impl Lines {
    /// Reads a `LineString` or a `MultiLineString`; `None` when it is neither, or not valid.
    pub fn read(text: &str) -> Option<Lines> {
        let (kind, coordinates) = shape(text)?;
        let several = match kind.as_str() {
            "LineString" => false,
            "MultiLineString" => true,
            _ => return None,
        };
        let texts = if several {
            list(coordinates)?
        } else {
            vec![coordinates]
        };
        let lines: Vec<Vec<Point>> = texts.into_iter().map(read_line).collect::<Option<_>>()?;
        (!lines.is_empty()).then_some(Lines { lines, several })
    }

    /// All pieces of the lines.
    pub fn edges(&self) -> impl Iterator<Item = (&Point, &Point)> + Clone {
        self.lines
            .iter()
            .flat_map(|line| line.iter().zip(&line[1..]))
    }

    /// The pieces of the lines, each once: lines that run along each other count once.
    pub fn distinct_edges(&self) -> Vec<(&Point, &Point)> {
        let bits = |p: &Point| [p.0.x.to_bits(), p.0.y.to_bits(), p.0.z.to_bits()];
        let mut seen = std::collections::HashSet::new();
        let fresh = |(a, b): &(&Point, &Point)| {
            let (a, b) = (bits(a), bits(b));
            !self.several || seen.insert(if a < b { (a, b) } else { (b, a) })
        };
        self.edges().filter(fresh).collect()
    }
}

fn read_line(text: &str) -> Option<Vec<Point>> {
    let mut points = read_points(text)?;
    if points.len() < 2 {
        return None;
    }
    points.dedup();
    // No arc is the shortest between opposite points.
    let opposite = |pair: &[Point]| pair[0].0.dot(&pair[1].0) <= -1.0 + 1e-15;
    let valid = points.len() >= 2 && !points.windows(2).any(opposite);
    valid.then_some(points)
}

/// A closed line; what it encloses is on its left and at most half of the sphere.
#[derive(Clone)]
pub struct Ring {
    points: Vec<Point>,
    /// Whether the reference point of the sphere is inside.
    origin_inside: bool,
}

impl Ring {
    fn read(text: &str) -> Option<Ring> {
        let mut points = read_points(text)?;
        if points.len() < 4 || points.first() != points.last() {
            return None;
        }
        points.pop();
        let valid = !has_repeated_points(&points) && !read_line_is_broken(&points);
        valid.then(|| Ring::of(points))
    }

    /// The ring of three points at least, given once around: what it encloses is the smaller side.
    pub fn of(points: Vec<Point>) -> Ring {
        let mut ring = Ring {
            points,
            origin_inside: false,
        };
        if ring.turns_right() {
            ring.points.reverse();
        }
        if let [before, at, after, ..] = &ring.points[..] {
            let inside = angle_contains_vertex(before, at, after);
            ring.origin_inside = inside != ring.contains(at);
        }
        ring
    }

    /// Whether what is on its left is the larger part of the sphere.
    fn turns_right(&self) -> bool {
        self.left_area() > 2.0 * std::f64::consts::PI
    }

    /// Its edges, the last to the first point.
    pub fn edges(&self) -> impl Iterator<Item = (&Point, &Point)> + Clone {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().zip(next)
    }

    /// Its points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The triangles from its first point, and whether they turn left.
    fn triangles(&self) -> impl Iterator<Item = (f64, [&Point; 3])> {
        let first = &self.points[0];
        let pairs = self.points[1..].iter().zip(&self.points[2..]);
        pairs.map(move |(a, b)| {
            let turn = if sign(first, a, b) { 1.0 } else { -1.0 };
            (turn, [first, a, b])
        })
    }

    /// The area on its left, in parts of the unit sphere's.
    pub fn left_area(&self) -> f64 {
        let sum = self.triangles().fold(0.0, |sum, (turn, [a, b, c])| {
            sum + turn * point_area(a, b, c)
        });
        sum.rem_euclid(4.0 * std::f64::consts::PI)
    }

    /// Whether a point is inside.
    pub fn contains(&self, point: &Point) -> bool {
        let mut crosser = EdgeCrosser::new(&Point::origin(), point);
        let crossed = self
            .edges()
            .filter(|(a, b)| crosser.edge_or_vertex_crossing(a, b));
        self.origin_inside != (crossed.count() % 2 == 1)
    }

    /// The sum of its parts' centres, each as long as the part is large.
    fn centroid(&self) -> Point {
        self.triangles()
            .fold(Point::from_xyz(0.0, 0.0, 0.0), |sum, (_, [a, b, c])| {
                // Of a triangle that turns right it points the other way.
                sum + true_centroid(a, b, c)
            })
    }
}

/// Whether a path of three points at least has the larger part of the sphere on its left.
pub fn turns_right(points: &[Point]) -> bool {
    let ring = Ring {
        points: points.to_vec(),
        origin_inside: false,
    };
    ring.turns_right()
}

fn has_repeated_points(points: &[Point]) -> bool {
    let bits = |p: &Point| [p.0.x.to_bits(), p.0.y.to_bits(), p.0.z.to_bits()];
    let mut seen = std::collections::HashSet::new();
    !points.iter().all(|p| seen.insert(bits(p)))
}

fn read_line_is_broken(points: &[Point]) -> bool {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .any(|(a, b)| a.0.dot(&b.0) <= -1.0 + 1e-15)
}

/// One or several polygons: each a ring, less the rings inside it.
#[derive(Clone)]
pub struct Polygons(pub Vec<Vec<Ring>>);

impl Polygons {
    /// Reads a `Polygon` or a `MultiPolygon`; `None` when it is neither, or not valid.
    pub fn read(text: &str) -> Option<Polygons> {
        let (kind, coordinates) = shape(text)?;
        let texts = match kind.as_str() {
            "Polygon" => vec![coordinates],
            "MultiPolygon" => list(coordinates)?,
            _ => return None,
        };
        let polygons: Vec<Vec<Ring>> =
            texts.into_iter().map(read_polygon).collect::<Option<_>>()?;
        (!polygons.is_empty()).then_some(Polygons(polygons))
    }

    /// Whether a point is inside.
    pub fn contains(&self, point: &Point) -> bool {
        self.0.iter().any(|polygon| {
            let rings = polygon.iter().filter(|ring| ring.contains(point));
            rings.count() % 2 == 1
        })
    }

    /// Its outlines, what they enclose on their left: those of holes run the other way.
    pub fn paths(&self) -> Vec<Vec<Point>> {
        self.each_paths().flatten().collect()
    }

    /// The same of each polygon.
    pub fn each_paths(&self) -> impl Iterator<Item = Vec<Vec<Point>>> {
        self.0.iter().map(|polygon| {
            let mut paths: Vec<Vec<Point>> = polygon.iter().map(|r| r.points.clone()).collect();
            paths.iter_mut().skip(1).for_each(|hole| hole.reverse());
            paths
        })
    }

    /// All edges.
    pub fn edges(&self) -> impl Iterator<Item = (&Point, &Point)> + Clone {
        self.0.iter().flatten().flat_map(Ring::edges)
    }

    /// Whether some polygons overlap or touch, so that sums over them are not those of their union.
    pub fn overlap(&self) -> bool {
        self.0
            .iter()
            .enumerate()
            .any(|(index, first)| self.0[index + 1..].iter().any(|second| meet(first, second)))
    }

    /// The area in parts of the unit sphere's, of polygons that do not overlap.
    pub fn area(&self) -> f64 {
        let of = |polygon: &Vec<Ring>| {
            let areas = polygon.iter().map(Ring::left_area);
            areas.reduce(|shell, hole| shell - hole).unwrap_or(0.0)
        };
        self.0.iter().map(of).fold(0.0, |sum, area| sum + area)
    }

    /// The centre, of polygons that do not overlap.
    pub fn centroid(&self) -> Point {
        let zero = Point::from_xyz(0.0, 0.0, 0.0);
        let of = |polygon: &Vec<Ring>| {
            let centres = polygon.iter().map(Ring::centroid);
            centres.reduce(|shell, hole| shell - hole).unwrap_or(zero)
        };
        let sum = self.0.iter().map(of).fold(zero, |sum, centre| sum + centre);
        sum.normalize()
    }

    /// Whether it shares inner points with another.
    pub fn intersects(&self, other: &Polygons) -> bool {
        self.0.iter().any(|a| other.0.iter().any(|b| meet(a, b)))
    }
}

trait Xyz {
    fn from_xyz(x: f64, y: f64, z: f64) -> Self;
}

impl Xyz for Point {
    fn from_xyz(x: f64, y: f64, z: f64) -> Point {
        Point(s2::r3::vector::Vector::new(x, y, z))
    }
}

/// The first ring of a polygon is its outline, the others are holes. Edges do not cross.
fn read_polygon(text: &str) -> Option<Vec<Ring>> {
    let rings: Vec<Ring> = list(text)?
        .into_iter()
        .map(Ring::read)
        .collect::<Option<_>>()?;
    (!rings.is_empty() && !has_crossings(&rings)).then_some(rings)
}

/// Whether edges of the rings cross, or are the same. Only those are compared that overlap along an axis.
fn has_crossings(rings: &[Ring]) -> bool {
    let mut edges: Vec<(f64, f64, &Point, &Point)> = rings
        .iter()
        .flat_map(Ring::edges)
        .map(|(a, b)| {
            let bulge = angle(a, b);
            let (low, high) = (a.0.z.min(b.0.z), a.0.z.max(b.0.z));
            // An arc leaves the range of its ends by less than its length squared.
            (low - bulge * bulge, high + bulge * bulge, a, b)
        })
        .collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    edges.iter().enumerate().any(|(index, (_, high, a, b))| {
        let later = edges[index + 1..]
            .iter()
            .take_while(|(low, ..)| low <= high);
        later.into_iter().any(|(_, _, c, d)| {
            let same = (a == c && b == d) || (a == d && b == c);
            same || crossing_sign(a, b, c, d) == Crossing::Cross
        })
    })
}

/// Whether two polygons share inner points.
fn meet(first: &[Ring], second: &[Ring]) -> bool {
    let inside = |rings: &[Ring], point: &Point| {
        rings.iter().filter(|ring| ring.contains(point)).count() % 2 == 1
    };
    let same = match (first.first(), second.first()) {
        (Some(a), Some(b)) if a.points.len() == b.points.len() => {
            a.points.iter().all(|p| b.points.contains(p))
        }
        _ => false,
    };
    let edges = |rings: &'_ [Ring]| {
        rings
            .iter()
            .flat_map(Ring::edges)
            .map(|(a, b)| (*a, *b))
            .collect::<Vec<_>>()
    };
    let (left, right) = (edges(first), edges(second));
    same || first
        .iter()
        .flat_map(Ring::points)
        .any(|p| inside(second, p))
        || second
            .iter()
            .flat_map(Ring::points)
            .any(|p| inside(first, p))
        || left.iter().any(|(a, b)| {
            right
                .iter()
                .any(|(c, d)| crossing_sign(a, b, c, d) == Crossing::Cross)
        })
}

/// The point of an edge that is nearest to a point.
pub fn nearest(point: &Point, a: &Point, b: &Point) -> Point {
    let normal = robust_cross_prod(a, b).0.normalize();
    let flat = point.0 - normal * point.0.dot(&normal);
    let onto = Point(flat.normalize());
    let axis = Point(normal);
    if flat.norm2() > 0.0 && sign(&axis, a, &onto) && sign(&onto, b, &axis) {
        return onto;
    }
    if angle(point, a) <= angle(point, b) {
        *a
    } else {
        *b
    }
}

/// The nearest point on some edges, and its distance in radians.
pub fn nearest_of<'a>(
    point: &Point,
    edges: impl Iterator<Item = (&'a Point, &'a Point)>,
) -> Option<(Point, f64)> {
    let found = edges.map(|(a, b)| {
        let at = nearest(point, a, b);
        (at, angle(point, &at))
    });
    found.reduce(|best, next| if next.1 < best.1 { next } else { best })
}

/// How far a point is from the nearest of some edges, in metres.
pub fn to_edges<'a>(
    at: &Point,
    edges: impl Iterator<Item = (&'a Point, &'a Point)>,
) -> Option<f64> {
    let distances = edges.map(|(a, b)| distance_from_segment(at, a, b).rad());
    Some(distances.reduce(f64::min)? * EARTH_RADIUS)
}

/// A line or polygon that many points are compared with.
pub struct Target {
    shape: Either,
    /// All of it is within this angle of this point, if it is not large.
    around: Option<(Point, f64)>,
}

enum Either {
    Lines(Lines),
    Polygons(Polygons),
}

impl Target {
    /// The line or polygon in a GeoJSON text, if it is one that is valid.
    pub fn read(text: &str, line: bool) -> Option<Target> {
        let shape = match line {
            true => Either::Lines(Lines::read(text)?),
            false => Either::Polygons(Polygons::read(text)?),
        };
        let points: Vec<&Point> = match &shape {
            Either::Lines(lines) => lines.lines.iter().flatten().collect(),
            Either::Polygons(all) => all.0.iter().flatten().flat_map(Ring::points).collect(),
        };
        let zero = Point::from_xyz(0.0, 0.0, 0.0);
        let centre = points
            .iter()
            .fold(zero, |sum, point| sum + **point)
            .normalize();
        let reach = points.iter().map(|p| angle(p, &centre)).fold(0.0, f64::max);
        // Half of the sphere around a point has all edges and insides of what is in it.
        let around = (reach < 1.5).then_some((centre, reach));
        Some(Target { shape, around })
    }

    /// Whether a point is inside, or within a radius in metres.
    pub fn meets(&self, at: &Point, radius: Option<f64>) -> bool {
        let apart = radius.unwrap_or(0.0) / EARTH_RADIUS + 1e-9;
        if self
            .around
            .as_ref()
            .is_some_and(|(centre, reach)| angle(at, centre) > reach + apart)
        {
            return false;
        }
        let near = |distance: Option<f64>| {
            distance
                .zip(radius)
                .is_some_and(|(distance, radius)| distance <= radius)
        };
        match &self.shape {
            Either::Lines(lines) => near(to_edges(at, lines.edges())),
            Either::Polygons(polygons) => {
                polygons.contains(at) || near(to_edges(at, polygons.edges()))
            }
        }
    }
}

/// The cell of an S2 token, if it is one.
pub fn s2_cell(token: &str) -> Option<CellID> {
    let valid = (1..=16).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_hexdigit());
    Some(CellID::from_token(token)).filter(|cell| valid && cell.is_valid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: f64, high: f64, reversed: bool) -> Polygons {
        let mut corners = [(low, low), (high, low), (high, high), (low, high)];
        if reversed {
            corners.reverse();
        }
        Polygons::read(&ring_json(&corners)).unwrap()
    }

    #[test]
    fn a_ring_encloses_its_smaller_side_whatever_its_turn() {
        for reversed in [false, true] {
            let polygon = square(10.0, 20.0, reversed);
            assert!(polygon.contains(&point(15.0, 15.0).unwrap()));
            assert!(!polygon.contains(&point(25.0, 15.0).unwrap()));
            assert!(!polygon.contains(&point(-165.0, -15.0).unwrap()));
            assert!((polygon.area() - square(10.0, 20.0, false).area()).abs() < 1e-12);
            let (longitude, latitude) = degrees(&polygon.centroid());
            assert!((longitude - 15.0).abs() < 1e-9 && (latitude - 15.0).abs() < 0.2);
        }
    }

    #[test]
    fn holes_and_neighbours_are_outside() {
        let holed = r#"{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[3,3],[3,6],[6,6],[6,3],[3,3]]]}"#;
        let holed = Polygons::read(holed).unwrap();
        assert!(!holed.contains(&point(4.0, 4.0).unwrap()));
        assert!(holed.contains(&point(1.0, 1.0).unwrap()));
        assert!(square(0.0, 9.0, false).intersects(&square(5.0, 7.0, true)));
        assert!(square(0.0, 6.0, false).intersects(&square(5.0, 7.0, true)));
        assert!(square(0.0, 6.0, false).intersects(&square(0.0, 6.0, true)));
        assert!(!square(0.0, 4.0, false).intersects(&square(5.0, 7.0, true)));
    }

    #[test]
    fn what_crosses_itself_is_no_polygon() {
        for ring in [
            "[[0,0],[9,9],[9,0],[0,9],[0,0]]",
            "[[0,0],[9,0],[0,0]]",
            "[[0,0],[9,0],[9,9],[0,9]]",
            "[[0,0],[9,0],[9,9],[9,0],[0,0]]",
            "[[0,0],[0,95],[9,9],[0,0]]",
        ] {
            let text = format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
            assert!(Polygons::read(&text).is_none(), "{ring}");
        }
        assert!(Lines::read(r#"{"type":"LineString","coordinates":[[1,1]]}"#).is_none());
        assert!(Lines::read(r#"{"type":"LineString","coordinates":[[1,1],[1,1]]}"#).is_none());
        assert!(Lines::read("[]").is_none() && Polygons::read("{}").is_none());
    }
}
