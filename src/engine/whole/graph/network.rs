//! Which edges lead from each node and to it, as flat arrays.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use crate::contract::{Batch, Fault};
use crate::plan::graph::Direction;

/// Nodes and edges by their numbers.
pub(super) struct Network {
    pub nodes: usize,
    /// The node each edge leads from.
    pub from: Vec<u32>,
    /// The node each edge leads to.
    pub to: Vec<u32>,
    out: Adjacent,
    into: Adjacent,
}

/// The edges at each node, one node after the other.
struct Adjacent {
    /// Where those of each node begin; one more at the end.
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Adjacent {
    fn new(nodes: usize, ends: &[u32]) -> Adjacent {
        let mut starts = vec![0u32; nodes + 1];
        for end in ends {
            starts[*end as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut edges = vec![0u32; ends.len()];
        for (edge, end) in (0u32..).zip(ends) {
            let place = &mut next[*end as usize];
            edges[*place as usize] = edge;
            *place += 1;
        }
        Adjacent { starts, edges }
    }

    fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}

/// The edges that can be walked from a node, and how.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    out: &'a [u32],
    into: &'a [u32],
}

impl Ways<'_> {
    /// The way of this index: the edge, and whether it is walked along its direction.
    pub fn get(&self, index: usize) -> Option<(u32, bool)> {
        match self.out.get(index) {
            Some(edge) => Some((*edge, true)),
            None => Some((*self.into.get(index - self.out.len())?, false)),
        }
    }
}

impl Network {
    /// Of the tables of nodes and edges.
    pub fn new(nodes: &Batch, edges: &Batch) -> Result<Network, Fault> {
        let end = |column: usize| {
            let lost = || Fault::internal("the edges of a graph lack their ends");
            let numbers = edges.columns.get(column).ok_or_else(lost)?;
            let numbers = numbers.as_primitive_opt::<Int64Type>().ok_or_else(lost)?;
            let numbers = numbers.values().iter().map(|n| {
                let number = u32::try_from(*n).ok();
                number
                    .filter(|n| (*n as usize) < nodes.rows)
                    .ok_or_else(lost)
            });
            numbers.collect::<Result<Vec<u32>, Fault>>()
        };
        if edges.rows >= u32::MAX as usize {
            return Err(Fault::limit("a graph has too many edges"));
        }
        let (from, to) = (end(0)?, end(1)?);
        Ok(Network {
            nodes: nodes.rows,
            out: Adjacent::new(nodes.rows, &from),
            into: Adjacent::new(nodes.rows, &to),
            from,
            to,
        })
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        (self.from.len() * 4 + self.nodes * 2) * 4
    }

    /// The edges from a node.
    pub fn out(&self, node: u32) -> &[u32] {
        self.out.of(node)
    }

    /// The edges to a node.
    pub fn into(&self, node: u32) -> &[u32] {
        self.into.of(node)
    }

    /// The ways from a node in a direction.
    pub fn ways(&self, node: u32, direction: Direction) -> Ways<'_> {
        let (out, into) = match direction {
            Direction::Forward => (self.out(node), &[][..]),
            Direction::Backward => (&[][..], self.into(node)),
            Direction::Either => (self.out(node), self.into(node)),
        };
        Ways { out, into }
    }

    /// Where a way leads.
    pub fn end(&self, edge: u32, along: bool) -> u32 {
        match along {
            true => self.to[edge as usize],
            false => self.from[edge as usize],
        }
    }
}

/// The direction seen from the other side.
pub(super) fn reversed(direction: Direction) -> Direction {
    match direction {
        Direction::Forward => Direction::Backward,
        Direction::Backward => Direction::Forward,
        Direction::Either => Direction::Either,
    }
}
