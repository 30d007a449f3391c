//! The search for a pattern: matches of its beginning are led on hop by hop, many at a time, depth first.

use super::condition::{Conditions, allows, truth};
use super::network::{Network, reversed};
use super::order::{Order, Step};
use super::read::{Matches, Paths, Reader};
use crate::contract::{Cancel, Fault};
use crate::plan::graph::{Cycles, Direction, Match};

/// Matches led on together.
pub(super) const MANY: usize = 2048;

/// Parts of paths held by matches led on together.
const MANY_PARTS: usize = 1 << 18;

/// Ways tried between looks at whether the query was cancelled.
const PATIENCE: u32 = 1 << 14;

/// What becomes of matches of the whole pattern.
pub(super) type Sink<'s> = dyn FnMut(Matches) -> Result<(), Fault> + 's;

/// A search.
pub(super) struct Walk<'a> {
    pub pattern: &'a Match,
    pub network: &'a Network,
    pub conditions: &'a Conditions,
    pub reader: &'a Reader<'a>,
    pub order: &'a Order,
    /// For each step along a path, how far each node is from one that it can end at.
    pub distances: Vec<Option<Vec<u32>>>,
    pub cancel: &'a Cancel,
}

/// What a step leads to: for each match before it, whose row is the origin, maybe several.
#[derive(Default)]
struct Found {
    origins: Vec<u32>,
    nodes: Vec<u32>,
    edges: Vec<u32>,
    paths: Paths,
    /// How many parts of paths a match before it has, about.
    share: usize,
}

impl Found {
    fn is_much(&self) -> bool {
        let brought = self.origins.len().saturating_mul(self.share);
        self.origins.len() >= MANY || self.paths.weight() + brought >= MANY_PARTS
    }
}

/// What a match holds before a step.
struct Before {
    row: u32,
    near: u32,
    /// The node at the other end, if it is bound.
    far: Option<u32>,
    /// Edges that may not come again.
    edges: Vec<u32>,
    /// Nodes that may not come again.
    nodes: Vec<u32>,
}

impl<'a> Walk<'a> {
    /// Searches through the whole graph.
    pub fn run(&self, sink: &mut Sink<'_>) -> Result<(), Fault> {
        if self.conditions.never {
            return Ok(());
        }
        let start = self.order.start;
        let allowed = &self.conditions.nodes[start];
        let all = (0u32..).take(self.network.nodes);
        let starts: Vec<u32> = all.filter(|node| allows(allowed, *node)).collect();
        for some in starts.chunks(MANY) {
            let mut matches = Matches::of(self.pattern);
            matches.rows = some.len();
            matches.nodes[start] = some.to_vec();
            let matches = self.kept(matches, &self.order.terms)?;
            self.step(0, matches, sink)?;
        }
        Ok(())
    }

    /// The matches for which these terms of the condition are true.
    fn kept(&self, mut matches: Matches, terms: &[usize]) -> Result<Matches, Fault> {
        for term in terms {
            if matches.rows == 0 {
                break;
            }
            if let Some(term) = self.conditions.terms.get(*term) {
                let kept = truth(&term.prepared, self.reader, &matches)?;
                matches = matches.filter(&kept);
            }
        }
        Ok(matches)
    }

    fn step(&self, number: usize, matches: Matches, sink: &mut Sink<'_>) -> Result<(), Fault> {
        if matches.rows == 0 {
            return Ok(());
        }
        self.cancel.check()?;
        let Some(step) = self.order.steps.get(number) else {
            return sink(matches);
        };
        let mut found = Found {
            share: matches.weight() / matches.rows,
            ..Found::default()
        };
        for row in 0..matches.rows {
            let before = self.before(&matches, row, step);
            match step.length {
                None => self.edges(step, &before, &mut found),
                Some(length) => {
                    let mut path = Path::new(self, number, step, &before, length);
                    while path.more(&mut found)? {
                        self.lead_on(number, &matches, &mut found, sink)?;
                    }
                }
            }
            if found.is_much() {
                self.lead_on(number, &matches, &mut found, sink)?;
            }
        }
        self.lead_on(number, &matches, &mut found, sink)
    }

    /// Takes what was found so far through the steps behind.
    fn lead_on(
        &self,
        number: usize,
        matches: &Matches,
        found: &mut Found,
        sink: &mut Sink<'_>,
    ) -> Result<(), Fault> {
        let share = found.share;
        let found = std::mem::replace(
            found,
            Found {
                share,
                ..Found::default()
            },
        );
        let Some(step) = self.order.steps.get(number) else {
            return Ok(());
        };
        if found.origins.is_empty() {
            return Ok(());
        }
        let mut next = matches.gather(&found.origins);
        if !step.closes {
            next.nodes[step.far] = found.nodes;
        }
        match step.length {
            None => next.edges[step.hop] = found.edges,
            Some(_) => next.paths[step.hop] = found.paths,
        }
        let next = self.kept(next, &step.terms)?;
        self.step(number + 1, next, sink)
    }

    fn before(&self, matches: &Matches, row: usize, step: &Step) -> Before {
        let bound = |node: usize| matches.nodes[node].get(row).copied();
        let unique = self.pattern.cycles == Cycles::UniqueEdges;
        let mut nodes = Vec::new();
        if self.pattern.cycles == Cycles::None {
            nodes = matches.inner_of(row);
            let others = (0..self.pattern.nodes).filter(|n| *n != step.near && *n != step.far);
            nodes.extend(others.filter_map(bound));
        }
        Before {
            row: u32::try_from(row).unwrap_or(u32::MAX),
            near: bound(step.near).unwrap_or(0),
            far: bound(step.far),
            edges: if unique {
                matches.edges_of(row)
            } else {
                Vec::new()
            },
            nodes,
        }
    }

    /// Whether a step can end at a node.
    fn ends(&self, step: &Step, before: &Before, node: u32) -> bool {
        if let Some(far) = before.far {
            return far == node;
        }
        let again = self.pattern.cycles == Cycles::None
            && (node == before.near || before.nodes.contains(&node));
        !again && allows(&self.conditions.nodes[step.far], node)
    }

    /// Leads a match on along single edges.
    fn edges(&self, step: &Step, before: &Before, found: &mut Found) {
        let ways = self.network.ways(before.near, step.direction);
        let allowed = &self.conditions.edges[step.hop];
        let mut index = 0;
        while let Some((edge, along)) = ways.get(index) {
            index += 1;
            let end = self.network.end(edge, along);
            if !before.edges.contains(&edge)
                && self.ends(step, before, end)
                && allows(allowed, edge)
            {
                found.origins.push(before.row);
                found.nodes.push(end);
                found.edges.push(edge);
            }
        }
    }
}

/// A search for paths from a node, depth first; it can pause.
struct Path<'w, 'a> {
    walk: &'w Walk<'a>,
    step: &'w Step,
    before: &'w Before,
    least: usize,
    most: usize,
    distances: Option<&'w [u32]>,
    /// The edges walked, and the nodes they lead to.
    edges: Vec<u32>,
    nodes: Vec<u32>,
    /// For the near node and each of the nodes how many of its ways were tried.
    tried: Vec<usize>,
    patience: u32,
    /// Whether the path of no edge is still to be looked at.
    fresh: bool,
}

impl<'w, 'a> Path<'w, 'a> {
    fn new(
        walk: &'w Walk<'a>,
        number: usize,
        step: &'w Step,
        before: &'w Before,
        (least, most): (u32, u32),
    ) -> Path<'w, 'a> {
        Path {
            walk,
            step,
            before,
            least: least as usize,
            most: most as usize,
            distances: walk.distances.get(number).and_then(|d| d.as_deref()),
            edges: Vec::new(),
            nodes: Vec::new(),
            tried: Vec::new(),
            patience: PATIENCE,
            fresh: true,
        }
    }

    /// Finds paths until there are many (`true`), or all.
    fn more(&mut self, found: &mut Found) -> Result<bool, Fault> {
        if std::mem::take(&mut self.fresh) {
            if self.least == 0 && self.walk.ends(self.step, self.before, self.before.near) {
                self.give(found);
            }
            if self.most > 0 {
                self.tried.push(0);
            }
        }
        while let Some(tried) = self.tried.last_mut() {
            let node = self.nodes.last().copied().unwrap_or(self.before.near);
            let way = self
                .walk
                .network
                .ways(node, self.step.direction)
                .get(*tried);
            *tried += 1;
            let Some((edge, along)) = way else {
                self.tried.pop();
                self.back();
                continue;
            };
            self.patience -= 1;
            if self.patience == 0 {
                self.patience = PATIENCE;
                self.walk.cancel.check()?;
            }
            let end = self.walk.network.end(edge, along);
            if !self.takes(edge, end) {
                continue;
            }
            self.edges.push(edge);
            self.nodes.push(end);
            let ends = self.walk.ends(self.step, self.before, end);
            if ends && self.edges.len() >= self.least {
                self.give(found);
            }
            if self.edges.len() < self.most && self.leads_on(end) {
                self.tried.push(0);
            } else {
                self.back();
            }
            if found.is_much() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn back(&mut self) {
        self.edges.pop();
        self.nodes.pop();
    }

    /// Whether a path can go on along an edge.
    fn takes(&self, edge: u32, end: u32) -> bool {
        let walk = self.walk;
        if !allows(&walk.conditions.edges[self.step.hop], edge) {
            return false;
        }
        let far = self.distances.map_or(0, |d| d[end as usize] as usize);
        if self.edges.len() + 1 + far > self.most {
            return false;
        }
        match walk.pattern.cycles {
            Cycles::All => true,
            Cycles::UniqueEdges => {
                !self.edges.contains(&edge) && !self.before.edges.contains(&edge)
            }
            Cycles::None => {
                end != self.before.near
                    && !self.nodes.contains(&end)
                    && !self.before.nodes.contains(&end)
            }
        }
    }

    /// Whether a path can lead through a node.
    fn leads_on(&self, node: u32) -> bool {
        // A node that the path has to end at is no inner one where none may come again.
        let last = self.walk.pattern.cycles == Cycles::None && self.before.far == Some(node);
        !last && allows(&self.walk.conditions.inner[self.step.hop], node)
    }

    fn give(&self, found: &mut Found) {
        found.origins.push(self.before.row);
        found
            .nodes
            .push(self.nodes.last().copied().unwrap_or(self.before.near));
        let inner = &self.nodes[..self.nodes.len().saturating_sub(1)];
        push(&mut found.paths, &self.edges, inner, self.step.along);
    }
}

/// Adds a path, walked from the left to the right or against it.
pub(super) fn push(paths: &mut Paths, edges: &[u32], inner: &[u32], along: bool) {
    let (edges, inner) = (edges.iter().copied(), inner.iter().copied());
    match along {
        true => paths.push(edges, inner),
        false => paths.push(edges.rev(), inner.rev()),
    }
}

/// How many edges each node is away, at least, from the nodes that a step can end at; nothing if that is all of them.
pub(super) fn distances(
    step: &Step,
    network: &Network,
    conditions: &Conditions,
) -> Option<Vec<u32>> {
    let (_, most) = step.length?;
    let ends = conditions.nodes[step.far]
        .as_ref()
        .filter(|_| !step.closes)?;
    let direction: Direction = reversed(step.direction);
    let (edges, inner) = (&conditions.edges[step.hop], &conditions.inner[step.hop]);
    let mut distances = vec![u32::MAX; network.nodes];
    let all = (0u32..).take(network.nodes);
    let mut front: Vec<u32> = all.filter(|node| ends.value(*node as usize)).collect();
    front.iter().for_each(|node| distances[*node as usize] = 0);
    for distance in 1..=most {
        let mut next = Vec::new();
        for node in front {
            if distance > 1 && !allows(inner, node) {
                continue;
            }
            let ways = network.ways(node, direction);
            let mut index = 0;
            while let Some((edge, along)) = ways.get(index) {
                index += 1;
                let before = network.end(edge, along);
                let place = &mut distances[before as usize];
                if *place == u32::MAX && allows(edges, edge) {
                    *place = distance;
                    next.push(before);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        front = next;
    }
    Some(distances)
}
