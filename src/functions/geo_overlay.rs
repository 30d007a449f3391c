//! Areas that closed paths on a sphere enclose together: their union, what they share, what one winds around.

use std::collections::{BTreeMap, HashMap};
use std::f64::consts::PI;

use s2::edge_crossings::{Crossing, crossing_sign, get_intersection};
use s2::point::Point;
use s2::r3::vector::Vector;

use super::geometry::{Polygons, Ring, degrees, positions, shape_json, turns_right};
use crate::json::ArrayWriter;

/// A closed path, each point once. What it encloses is on its left.
pub type Path = Vec<Point>;

/// Points closer than this are one.
const MERGED: f64 = 1e-14;

/// An edge as given.
struct Edge {
    ends: [Point; 2],
    region: usize,
    /// Its range along an axis.
    low: f64,
    high: f64,
    /// Where others cross or touch it.
    cuts: Vec<Point>,
}

/// A piece of one edge or several between two places where edges meet.
struct Piece {
    from: usize,
    to: usize,
    /// How many times more each region's paths run along it than against it.
    net: Vec<i32>,
    /// The first edge that runs along it, and the first that runs against it.
    along: Option<usize>,
    against: Option<usize>,
}

/// A piece of the outline of the result, with the edge that it comes from.
struct Kept {
    from: usize,
    to: usize,
    source: usize,
}

/// The outlines of the points where `inside` is true of how many times each region's paths wind around them.
/// Nothing unless all fits into half of the sphere.
pub fn overlay(regions: &[&[Path]], inside: &dyn Fn(&[i32]) -> bool) -> Option<Vec<Path>> {
    let mut edges = edges(regions);
    let outside = far_point(&edges)?;
    cut(&mut edges);
    let mut places = Places::default();
    let pieces = pieces(&edges, regions.len(), &mut places);
    let kept = kept(&pieces, &places.points, &outside, inside);
    Some(assemble(&kept, &places.points))
}

/// What several areas cover together, as the engine joins them: the two of fewest points first.
pub fn union(areas: Vec<Vec<Path>>) -> Option<Vec<Path>> {
    let size = |paths: &[Path]| paths.iter().map(Vec::len).sum::<usize>();
    let mut queue: Vec<(usize, Vec<Path>)> = areas.into_iter().map(|a| (size(&a), a)).collect();
    queue.sort_by_key(|(size, _)| *size);
    while queue.len() > 1 {
        let rest = queue.split_off(2);
        let total = queue.iter().map(|(size, _)| size).sum();
        let regions: Vec<&[Path]> = queue.iter().map(|(_, paths)| paths.as_slice()).collect();
        let joined = overlay(&regions, &|windings| windings.iter().any(|w| *w > 0))?;
        queue = rest;
        let place = queue.partition_point(|(size, _)| *size <= total);
        queue.insert(place, (total, joined));
    }
    queue.pop().map(|(_, paths)| paths)
}

/// A `Polygon` or a `MultiPolygon` of outlines; nothing if there are none.
pub fn area_json(paths: &[Path]) -> Option<String> {
    let polygons = polygons(paths);
    let texts: Vec<String> = polygons.iter().map(|p| rings_json(p)).collect();
    match &texts[..] {
        [] => None,
        [one] => Some(shape_json("Polygon", one)),
        several => {
            let mut out = ArrayWriter::new();
            several.iter().for_each(|text| out.push_json(text));
            Some(shape_json("MultiPolygon", &out.finish()))
        }
    }
}

/// Outlines as polygons.
pub fn as_polygons(paths: &[Path]) -> Polygons {
    let rings = |polygon: Vec<&Path>| {
        polygon
            .into_iter()
            .map(|path| Ring::of(path.clone()))
            .collect()
    };
    Polygons(polygons(paths).into_iter().map(rings).collect())
}

/// The coordinates of a polygon.
fn rings_json(paths: &[&Path]) -> String {
    let mut out = ArrayWriter::new();
    for path in paths {
        let closed = path.iter().chain(path.first());
        out.push_json(&positions(closed.map(degrees)));
    }
    out.finish()
}

/// Outlines and the holes in each.
fn polygons(paths: &[Path]) -> Vec<Vec<&Path>> {
    let (holes, shells): (Vec<&Path>, Vec<&Path>) = paths.iter().partition(|p| turns_right(p));
    let rings: Vec<Ring> = shells.iter().map(|p| Ring::of((*p).clone())).collect();
    let mut polygons: Vec<Vec<&Path>> = shells.into_iter().map(|shell| vec![shell]).collect();
    for hole in holes {
        let around = rings.iter().enumerate().filter(|(_, ring)| {
            let within = hole.iter().filter(|p| ring.contains(p)).count();
            within * 2 > hole.len()
        });
        let size = |ring: &Ring| Ring::left_area(ring);
        let smallest = around.min_by(|a, b| size(a.1).total_cmp(&size(b.1)));
        if let Some((index, _)) = smallest {
            polygons[index].push(hole);
        }
    }
    polygons
}

fn edges(regions: &[&[Path]]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (region, paths) in regions.iter().enumerate() {
        for path in *paths {
            for (a, b) in path.iter().zip(path.iter().cycle().skip(1)) {
                let length = a.distance(b).rad();
                // An arc leaves the range of its ends by less than its length squared.
                let margin = length * length + 10.0 * MERGED;
                edges.push(Edge {
                    ends: [*a, *b],
                    region,
                    low: a.0.z.min(b.0.z) - margin,
                    high: a.0.z.max(b.0.z) + margin,
                    cuts: Vec::new(),
                });
            }
        }
    }
    edges
}

/// A point far from all edges, if they fit into half of the sphere.
fn far_point(edges: &[Edge]) -> Option<Point> {
    let zero = Vector::new(0.0, 0.0, 0.0);
    let sum = edges.iter().fold(zero, |sum, edge| sum + edge.ends[0].0);
    if edges.is_empty() || sum.norm() == 0.0 {
        return edges.is_empty().then(Point::origin);
    }
    let centre = sum.normalize();
    let near = |edge: &Edge| edge.ends[0].0.dot(&centre) > 0.02;
    // A little beside the opposite, so that no way from there passes exactly through points of a pattern.
    let beside = Vector::new(0.001_234_5, -0.002_345_6, 0.003_456_7);
    edges
        .iter()
        .all(near)
        .then(|| Point((centre * -1.0 + beside).normalize()))
}

/// Finds where edges meet.
fn cut(edges: &mut [Edge]) {
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by(|a, b| edges[*a].low.total_cmp(&edges[*b].low));
    let mut found: Vec<(usize, Point)> = Vec::new();
    for (index, &i) in order.iter().enumerate() {
        let first = &edges[i];
        for &j in &order[index + 1..] {
            let second = &edges[j];
            if second.low > first.high {
                break;
            }
            let ([a, b], [c, d]) = (&first.ends, &second.ends);
            if crossing_sign(a, b, c, d) == Crossing::Cross {
                let at = get_intersection(a, b, c, d);
                found.push((i, at));
                found.push((j, at));
            } else {
                found.extend(
                    [c, d]
                        .into_iter()
                        .filter(|p| is_on(p, a, b))
                        .map(|p| (i, *p)),
                );
                found.extend(
                    [a, b]
                        .into_iter()
                        .filter(|p| is_on(p, c, d))
                        .map(|p| (j, *p)),
                );
            }
        }
    }
    for (index, at) in found {
        edges[index].cuts.push(at);
    }
}

/// Whether a point is between the ends of an edge.
fn is_on(point: &Point, a: &Point, b: &Point) -> bool {
    let normal = a.0.cross(&b.0);
    let across = normal.dot(&point.0).abs();
    if across > MERGED * normal.norm() {
        return false;
    }
    let whole = a.0.dot(&b.0);
    point != a && point != b && a.0.dot(&point.0) > whole && b.0.dot(&point.0) > whole
}

/// Points by their number, near ones merged.
#[derive(Default)]
struct Places {
    points: Vec<Point>,
    by_x: BTreeMap<i64, Vec<usize>>,
}

impl Places {
    fn number(&mut self, point: &Point) -> usize {
        let bucket = (point.0.x / (8.0 * MERGED)).round() as i64;
        let near = self
            .by_x
            .range(bucket - 1..=bucket + 1)
            .flat_map(|(_, numbers)| numbers);
        for number in near {
            if (self.points[*number].0 - point.0).norm() <= MERGED {
                return *number;
            }
        }
        let number = self.points.len();
        self.points.push(*point);
        self.by_x.entry(bucket).or_default().push(number);
        number
    }
}

fn pieces(edges: &[Edge], regions: usize, places: &mut Places) -> Vec<Piece> {
    for edge in edges {
        places.number(&edge.ends[0]);
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut known: HashMap<(usize, usize), usize> = HashMap::new();
    for (source, edge) in edges.iter().enumerate() {
        let [a, b] = &edge.ends;
        let mut stops = edge.cuts.clone();
        stops.sort_by(|p, q| q.0.dot(&a.0).total_cmp(&p.0.dot(&a.0)));
        stops.push(*b);
        let mut from = places.number(a);
        for stop in &stops {
            let to = places.number(stop);
            if from == to {
                continue;
            }
            let pair = (from.min(to), from.max(to));
            let index = *known.entry(pair).or_insert_with(|| {
                pieces.push(Piece {
                    from,
                    to,
                    net: vec![0; regions],
                    along: None,
                    against: None,
                });
                pieces.len() - 1
            });
            let piece = &mut pieces[index];
            if piece.from == from {
                piece.net[edge.region] += 1;
                piece.along.get_or_insert(source);
            } else {
                piece.net[edge.region] -= 1;
                piece.against.get_or_insert(source);
            }
            from = to;
        }
    }
    pieces
}

/// The pieces with the inside on one side only, turned so that it is their left.
fn kept(
    pieces: &[Piece],
    points: &[Point],
    outside: &Point,
    inside: &dyn Fn(&[i32]) -> bool,
) -> Vec<Kept> {
    let mut meeting = vec![0usize; points.len()];
    for piece in pieces {
        meeting[piece.from] += 1;
        meeting[piece.to] += 1;
    }
    let mut kept = Vec::new();
    let mut left: Vec<i32> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &pieces[before]);
        let goes_on = before.is_some_and(|before| {
            before.to == piece.from && meeting[piece.from] == 2 && before.net == piece.net
        });
        if !goes_on {
            left = windings(pieces, index, points, outside);
        }
        let right: Vec<i32> = left
            .iter()
            .zip(&piece.net)
            .map(|(w, net)| w - net)
            .collect();
        let (from, to, source) = match (inside(&left), inside(&right)) {
            (true, false) => (piece.from, piece.to, piece.along.or(piece.against)),
            (false, true) => (piece.to, piece.from, piece.against.or(piece.along)),
            _ => continue,
        };
        kept.push(Kept {
            from,
            to,
            source: source.unwrap_or(0),
        });
    }
    kept
}

/// How many times each region's paths wind around what is left of a piece.
fn windings(pieces: &[Piece], index: usize, points: &[Point], outside: &Point) -> Vec<i32> {
    let piece = &pieces[index];
    let (u, v) = (&points[piece.from].0, &points[piece.to].0);
    let middle = Point((*u + *v).normalize());
    let mut windings = vec![0; piece.net.len()];
    for (other, crossed) in pieces.iter().enumerate() {
        let (c, d) = (&points[crossed.from], &points[crossed.to]);
        if other == index || crossing_sign(outside, &middle, c, d) != Crossing::Cross {
            continue;
        }
        let leaves = c.0.cross(&d.0).dot(&outside.0) > 0.0;
        for (winding, net) in windings.iter_mut().zip(&crossed.net) {
            *winding += if leaves { -net } else { *net };
        }
    }
    // The way from outside ends on its own side of the piece.
    if u.cross(v).dot(&outside.0) <= 0.0 {
        for (winding, net) in windings.iter_mut().zip(&piece.net) {
            *winding += net;
        }
    }
    windings
}

/// Closed paths of the pieces. Where several go on, the leftmost does, so that paths touch but never cross.
fn assemble(kept: &[Kept], points: &[Point]) -> Vec<Path> {
    let mut leaving: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, piece) in kept.iter().enumerate() {
        leaving.entry(piece.from).or_default().push(index);
    }
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by_key(|index| kept[*index].source);
    let mut used = vec![false; kept.len()];
    let mut paths: Vec<Vec<usize>> = Vec::new();
    for start in order {
        let mut path = Vec::new();
        let mut at = start;
        while !used[at] {
            used[at] = true;
            path.push(at);
            let back = &points[kept[at].from];
            let place = &points[kept[at].to];
            let next = leaving.get(&kept[at].to).into_iter().flatten().copied();
            let free = next.filter(|next| !used[*next] || *next == start);
            let turn = |next: &usize| clockwise(back, place, &points[kept[*next].to]);
            match free.min_by(|a, b| turn(a).total_cmp(&turn(b))) {
                Some(next) => at = next,
                None => break,
            }
        }
        if path.len() > 2 {
            start_after_last(&mut path, kept);
            paths.push(path);
        }
    }
    paths.sort_by_key(|path| path.first().map(|index| kept[*index].source));
    let of = |path: Vec<usize>| {
        path.into_iter()
            .map(|index| points[kept[index].from])
            .collect()
    };
    paths.into_iter().map(of).collect()
}

/// How far to turn clockwise at `place` from the way back until the way to `next`; a whole turn is for the same way.
fn clockwise(back: &Point, place: &Point, next: &Point) -> f64 {
    let tangent = |to: &Point| to.0 - place.0 * to.0.dot(&place.0);
    let (from, to) = (tangent(back), tangent(next));
    let turn = place.0.dot(&from.cross(&to)).atan2(from.dot(&to));
    let clockwise = (-turn).rem_euclid(2.0 * PI);
    if clockwise < 1e-12 {
        2.0 * PI
    } else {
        clockwise
    }
}

/// Turns a closed path so that it ends with the pieces of the edge that was given last, as the engine does.
fn start_after_last(path: &mut [usize], kept: &[Kept]) {
    let mut last = 0;
    let mut gap = false;
    for (i, index) in path.iter().enumerate().skip(1) {
        match kept[*index].source.cmp(&kept[path[last]].source) {
            std::cmp::Ordering::Less => gap = true,
            std::cmp::Ordering::Equal if gap => {}
            _ => (last, gap) = (i, false),
        }
    }
    let start = (last + 1) % path.len();
    path.rotate_left(start);
}
