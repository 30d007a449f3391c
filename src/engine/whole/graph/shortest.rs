//! Shortest paths between nodes, breadth first: where a condition says nothing but which nodes and edges there may be.

use super::condition::{Conditions, allows};
use super::network::reversed;
use super::read::Matches;
use super::walk::{MANY, Sink, Walk, push};
use crate::contract::Fault;
use crate::plan::graph::{Direction, Hop, Match, Shortest};

/// Nothing is here.
const NONE: u32 = u32::MAX;

/// Whether a search is for one path, of which all that matters is that it is the shortest.
pub(super) fn is_simple(pattern: &Match, conditions: &Conditions) -> bool {
    let [hop] = &pattern.hops[..] else {
        return false;
    };
    // Longer ways around a path that is too short are not found breadth first.
    let short = hop.length.is_some_and(|(least, _)| least == 1);
    short && hop.from != hop.to && conditions.terms.is_empty()
}

/// A node that the search has come to.
#[derive(Clone, Copy)]
struct Met {
    /// The search that came to it.
    search: u32,
    /// How many edges it is away.
    level: u32,
    /// The last of the steps that lead to it.
    step: u32,
}

/// A step of a shortest path.
#[derive(Clone, Copy)]
struct Step {
    from: u32,
    edge: u32,
    /// Another step to the same node.
    other: u32,
}

struct Search<'w, 'a> {
    walk: &'w Walk<'a>,
    hop: Hop,
    /// Whether it goes from the left to the right.
    along: bool,
    direction: Direction,
    /// The pattern's nodes that it goes from and to.
    ends: (usize, usize),
    kind: Shortest,
    met: Vec<Met>,
    steps: Vec<Step>,
    /// The nodes met, nearest first.
    queue: Vec<u32>,
    found: Matches,
}

/// Finds the shortest paths.
pub(super) fn run(walk: &Walk<'_>, kind: Shortest, sink: &mut Sink<'_>) -> Result<(), Fault> {
    let Some(hop) = walk.pattern.hops.first().copied() else {
        return Ok(());
    };
    if walk.conditions.never {
        return Ok(());
    }
    // From the side that fewer nodes can be.
    let along = walk.order.start == hop.from;
    let mut search = Search {
        walk,
        hop,
        along,
        direction: match along {
            true => hop.direction,
            false => reversed(hop.direction),
        },
        ends: match along {
            true => (hop.from, hop.to),
            false => (hop.to, hop.from),
        },
        kind,
        met: vec![
            Met {
                search: NONE,
                level: 0,
                step: NONE,
            };
            walk.network.nodes
        ],
        steps: Vec::new(),
        queue: Vec::new(),
        found: Matches::of(walk.pattern),
    };
    let starts = &walk.conditions.nodes[search.ends.0];
    for start in (0u32..).take(walk.network.nodes) {
        if allows(starts, start) {
            search.from(start)?;
            search.give(start, sink)?;
        }
    }
    search.flush(sink)
}

impl Search<'_, '_> {
    fn is_end(&self, node: u32) -> bool {
        allows(&self.walk.conditions.nodes[self.ends.1], node)
    }

    /// Meets all nodes that the paths from one lead to.
    fn from(&mut self, start: u32) -> Result<(), Fault> {
        self.walk.cancel.check()?;
        self.steps.clear();
        self.queue.clear();
        self.queue.push(start);
        self.met[start as usize] = Met {
            search: start,
            level: 0,
            step: NONE,
        };
        let conditions = self.walk.conditions;
        let (edges, inner) = (&conditions.edges[0], &conditions.inner[0]);
        let ends = conditions.nodes[self.ends.1].as_ref();
        let mut missing = ends.map_or(usize::MAX, |ends| {
            ends.count_set_bits() - usize::from(ends.value(start as usize))
        });
        let mut most = self.hop.length.map_or(1, |(_, most)| most);
        let mut next = 0;
        while let Some(node) = self.queue.get(next).copied() {
            next += 1;
            let level = self.met[node as usize].level + 1;
            if level > most || missing == 0 {
                break;
            }
            if node != start && !allows(inner, node) {
                continue;
            }
            if next.is_multiple_of(1 << 12) {
                self.walk.cancel.check()?;
            }
            let ways = self.walk.network.ways(node, self.direction);
            let mut index = 0;
            while let Some((edge, along)) = ways.get(index) {
                index += 1;
                let end = self.walk.network.end(edge, along);
                if !allows(edges, edge) || !self.meet(start, (node, edge, end), level) {
                    continue;
                }
                if self.is_end(end) {
                    missing -= 1;
                    if missing == 0 && self.kind == Shortest::All {
                        // Further paths of the same length may come.
                        (missing, most) = (usize::MAX, level);
                    }
                }
            }
        }
        Ok(())
    }

    /// Meets a node by a step; whether it was not met before.
    fn meet(&mut self, start: u32, (from, edge, end): (u32, u32, u32), level: u32) -> bool {
        let met = &mut self.met[end as usize];
        let new = met.search != start;
        if !new && (self.kind == Shortest::Any || met.level != level) {
            return false;
        }
        let step = u32::try_from(self.steps.len()).unwrap_or(NONE);
        let other = if new { NONE } else { met.step };
        *met = Met {
            search: start,
            level,
            step,
        };
        self.steps.push(Step { from, edge, other });
        if new {
            self.queue.push(end);
        }
        new
    }

    /// Gives the paths from a node to all that a path can end at.
    fn give(&mut self, start: u32, sink: &mut Sink<'_>) -> Result<(), Fault> {
        for place in 1..self.queue.len() {
            let end = self.queue[place];
            if !self.is_end(end) {
                continue;
            }
            // The steps of a path, last first; each with another in its place once it was given.
            let mut path: Vec<u32> = Vec::new();
            let mut next = Some(self.met[end as usize].step);
            while let Some(step) = next {
                path.push(step);
                let from = self.steps[step as usize].from;
                if from != start {
                    next = Some(self.met[from as usize].step);
                    continue;
                }
                let steps = path.iter().rev().map(|s| self.steps[*s as usize]);
                let edges: Vec<u32> = steps.clone().map(|s| s.edge).collect();
                let inner: Vec<u32> = steps.skip(1).map(|s| s.from).collect();
                self.push(start, end, &edges, &inner);
                if self.found.rows >= MANY {
                    self.flush(sink)?;
                }
                next = None;
                while let Some(step) = path.pop() {
                    let other = self.steps[step as usize].other;
                    if other != NONE {
                        next = Some(other);
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, start: u32, end: u32, edges: &[u32], inner: &[u32]) {
        self.found.rows += 1;
        self.found.nodes[self.ends.0].push(start);
        self.found.nodes[self.ends.1].push(end);
        push(&mut self.found.paths[0], edges, inner, self.along);
    }

    fn flush(&mut self, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let found = std::mem::replace(&mut self.found, Matches::of(self.walk.pattern));
        match found.rows {
            0 => Ok(()),
            _ => sink(found),
        }
    }
}
