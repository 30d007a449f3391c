//! Which points a simpler line or outline keeps, as S2 simplifies chains of edges.
//!
//! S2's builder first picks sites among the points, in the order of their cells and none within the
//! tolerance of another, and moves every point to the nearest one. Then it follows the chain of sites
//! from its start, or an outline from the first site, as long as one edge passes every point left out
//! within the tolerance and goes on forwards. Both measured answers follow from that. Where the builder
//! would look after sites that edges come near to, or where rounding might decide, nothing is said.

use s2::cellid::CellID;
use s2::edgeutil::distance_from_segment;
use s2::point::Point;

/// More points than these are not looked at: all pairs are compared.
const MOST_POINTS: usize = 1_000;

/// How far, in tolerances, a site has to stay from the edges that are not its own.
const CLEARANCE: f64 = 1.7;

/// The share by which distances and directions must differ so that rounding decides nothing.
const MARGIN: f64 = 1e-6;

/// An edge longer than this, in radians, is none of a chain: it would stray too far from what it replaces.
const LONGEST: f64 = 0.859_4;

/// The points kept of a path, by their places; nothing where that is not certain.
pub fn kept(path: &[Point], closed: bool, tolerance: f64) -> Option<Vec<usize>> {
    if path.len() > MOST_POINTS || path.len() < 2 {
        return None;
    }
    let home = homes(path, tolerance)?;
    let chain = Chain::of(path, &home, closed, tolerance)?;
    let kept = match tolerance {
        0.0 => chain.sites,
        _ => chain.walk()?,
    };
    // An outline needs three corners, a line its ends.
    (kept.len() >= if closed { 3 } else { 2 }).then_some(kept)
}

/// Whether a value is below a bound; nothing if it is too near to it.
fn below(value: f64, bound: f64) -> Option<bool> {
    let near = (value - bound).abs() <= MARGIN * bound.abs().max(f64::MIN_POSITIVE);
    (!near).then_some(value < bound)
}

/// The site that each point moves to.
fn homes(path: &[Point], tolerance: f64) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..path.len()).collect();
    order.sort_by_key(|i| CellID::from(path[*i]).0);
    let mut sites: Vec<usize> = Vec::new();
    for i in order {
        let mut free = true;
        for site in &sites {
            let distance = path[i].distance(&path[*site]).rad();
            free &= !(distance == 0.0 || below(distance, tolerance)?);
        }
        if free {
            sites.push(i);
        }
    }
    path.iter()
        .map(|point| {
            let mut near: Vec<(f64, usize)> = sites
                .iter()
                .map(|site| (point.distance(&path[*site]).rad(), *site))
                .collect();
            near.sort_by(|a, b| a.0.total_cmp(&b.0));
            match &near[..] {
                [(nearest, site), (next, _), ..] => below(*nearest, *next)?.then_some(*site),
                [(_, site)] => Some(*site),
                [] => None,
            }
        })
        .collect()
}

/// The sites of a path in its order, each once.
struct Chain<'a> {
    path: &'a [Point],
    sites: Vec<usize>,
    /// The points that moved to each site.
    moved: Vec<Vec<usize>>,
    closed: bool,
    tolerance: f64,
}

impl<'a> Chain<'a> {
    fn of(path: &'a [Point], home: &[usize], closed: bool, tolerance: f64) -> Option<Chain<'a>> {
        let mut sites: Vec<usize> = Vec::new();
        let mut moved: Vec<Vec<usize>> = Vec::new();
        for (i, site) in home.iter().enumerate() {
            if sites.last() != Some(site) {
                sites.push(*site);
                moved.push(Vec::new());
            }
            moved.last_mut()?.push(i);
        }
        if closed && sites.len() > 1 && sites.first() == sites.last() {
            sites.pop();
            let points = moved.pop()?;
            moved.first_mut()?.extend(points);
        }
        let mut all = sites.clone();
        all.sort_unstable();
        all.dedup();
        // A path that comes back to a site is no single chain.
        let once = all.len() == sites.len() && sites.len() > 1;
        let chain = Chain {
            path,
            sites,
            moved,
            closed,
            tolerance,
        };
        (once && chain.is_clear(home)).then_some(chain)
    }

    /// Whether edges, before and after they moved, keep away from the sites that they do not join and are not next
    /// to, and pass by the latter.
    fn is_clear(&self, home: &[usize]) -> bool {
        let count = home.len();
        let edges = if self.closed { count } else { count - 1 };
        (0..edges).all(|i| {
            let (from, to) = (i, (i + 1) % count);
            let (a, b) = (home[from], home[to]);
            if a == b {
                return true;
            }
            let around = self.around(a, b);
            self.sites
                .iter()
                .filter(|s| **s != a && **s != b)
                .all(|site| {
                    let wanted = match around.contains(site) {
                        true => 1.0 + MARGIN,
                        false => CLEARANCE,
                    } * self.tolerance;
                    let off = |p: usize, q: usize| {
                        distance_from_segment(&self.path[*site], &self.path[p], &self.path[q]).rad()
                    };
                    off(from, to) > wanted && off(a, b) > wanted
                })
        })
    }

    /// The sites before and after an edge of the chain.
    fn around(&self, a: usize, b: usize) -> [usize; 2] {
        let count = self.sites.len();
        let place = |site| self.sites.iter().position(|s| *s == site).unwrap_or(0);
        let (a, b) = (place(a), place(b));
        match self.closed {
            true => [
                self.sites[(a + count - 1) % count],
                self.sites[(b + 1) % count],
            ],
            false => [
                self.sites[a.saturating_sub(1)],
                self.sites[(b + 1).min(count - 1)],
            ],
        }
    }

    /// Whether an edge has no site beside it that S2 would keep the simpler edge away from: one that is as far from
    /// the origin as some of it, and none of the chain so far.
    fn is_alone(&self, origin: &Point, edge: [usize; 2]) -> bool {
        let [a, b] = edge;
        let (from, to) = (&self.path[a], &self.path[b]);
        let reach = angle(origin, from) * (1.0 - MARGIN)..angle(origin, to) * (1.0 + MARGIN);
        self.around(a, b)
            .iter()
            .filter(|s| **s != a && **s != b)
            .all(|site| {
                let point = &self.path[*site];
                !reach.contains(&angle(origin, point))
                    || distance_from_segment(point, from, to).rad() > CLEARANCE * self.tolerance
            })
    }

    /// The points kept, in the order of the path.
    fn walk(&self) -> Option<Vec<usize>> {
        let count = self.sites.len();
        let cell = |i: &usize| CellID::from(self.path[self.sites[*i]]).0;
        let start = match self.closed {
            true => (0..count).min_by_key(cell)?,
            false => 0,
        };
        let last = if self.closed { count } else { count - 1 };
        let (mut kept, mut at) = (vec![start], 0);
        while at < last {
            at = self.reach(start, at, last)?;
            kept.push((start + at) % count);
        }
        if self.closed {
            kept.pop();
        }
        kept.sort_unstable();
        Some(kept.into_iter().map(|i| self.sites[i]).collect())
    }

    /// How far one edge from a place reaches: the last place that it can go to straight.
    fn reach(&self, start: usize, from: usize, last: usize) -> Option<usize> {
        let count = self.sites.len();
        let site = |at: usize| (start + at) % count;
        let point = |at: usize| &self.path[self.sites[site(at)]];
        let origin = point(from);
        let mut window = Window::new(origin, point(from + 1));
        let edge = |at: usize| [at, at + 1].map(|at| self.sites[site(at)]);
        if !self.is_alone(origin, edge(from)) {
            return None;
        }
        let mut at = from + 1;
        while at < last {
            for left in &self.moved[site(at)] {
                if !window.narrow(origin, &self.path[*left], self.tolerance)? {
                    return Some(at);
                }
            }
            let (before, now) = (angle(origin, point(at)), angle(origin, point(at + 1)));
            let onwards = below(before, now)? && below(now, LONGEST)?;
            if onwards && !self.is_alone(origin, edge(at)) {
                return None;
            }
            if !onwards || !window.holds(origin, point(at + 1))? {
                return Some(at);
            }
            at += 1;
        }
        Some(at)
    }
}

fn angle(a: &Point, b: &Point) -> f64 {
    a.distance(b).rad()
}

/// The directions from a point in which an edge passes all points so far, as turns from a first direction.
struct Window {
    across: (Point, Point),
    /// From and to, once there is a bound.
    turns: Option<(f64, f64)>,
}

impl Window {
    fn new(origin: &Point, first: &Point) -> Window {
        let left = Point(origin.0.cross(&first.0).normalize());
        let ahead = Point(left.0.cross(&origin.0).normalize());
        Window {
            across: (ahead, left),
            turns: None,
        }
    }

    fn turn(&self, to: &Point) -> f64 {
        let (ahead, left) = &self.across;
        to.0.dot(&left.0).atan2(to.0.dot(&ahead.0))
    }

    /// Leaves the directions that pass a point within a distance; whether there are any.
    fn narrow(&mut self, origin: &Point, point: &Point, distance: f64) -> Option<bool> {
        let far = angle(origin, point);
        if below(far, distance)? {
            return Some(true);
        }
        if far + distance >= std::f64::consts::FRAC_PI_2 {
            return None;
        }
        let half = (distance.sin() / far.sin()).asin();
        let turn = self.turn(point);
        let (low, high) = self.turns.unwrap_or((turn - half, turn + half));
        let (low, high) = (low.max(turn - half), high.min(turn + half));
        // What turns more than this is for another rule; a chain so bent is none.
        if turn.abs() > 2.0 {
            return None;
        }
        self.turns = Some((low, high));
        below(low, high)
    }

    /// Whether the way to a point is among the directions.
    fn holds(&self, origin: &Point, point: &Point) -> Option<bool> {
        if angle(origin, point) >= std::f64::consts::FRAC_PI_2 {
            return Some(false);
        }
        let Some((low, high)) = self.turns else {
            return Some(true);
        };
        let turn = self.turn(point);
        let rim = MARGIN * (high - low);
        match turn {
            turn if turn > low + rim && turn < high - rim => Some(true),
            turn if turn < low - rim || turn > high + rim => Some(false),
            _ => None,
        }
    }
}
