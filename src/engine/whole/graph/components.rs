//! `graph-mark-components`: the number of the connected part that each node is in.

use std::sync::Arc;

use arrow::array::Int64Array;

use super::network::Network;
use crate::contract::{Batch, Cancel, Fault};

/// No number yet.
const NONE: u32 = u32::MAX;

/// The nodes with the number of their part.
pub(in super::super) fn mark(
    strong: bool,
    nodes: &Batch,
    edges: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let network = Network::new(nodes, edges)?;
    let parts = match strong {
        true => strong_parts(&network, cancel)?,
        false => weak_parts(&network, cancel)?,
    };
    let parts: Int64Array = parts.into_iter().map(i64::from).collect();
    let mut marked = nodes.clone();
    marked.columns.push(Arc::new(parts));
    Ok(marked)
}

/// Parts by their first node, whatever the direction of edges.
fn weak_parts(network: &Network, cancel: &Cancel) -> Result<Vec<u32>, Fault> {
    let mut parts = vec![NONE; network.nodes];
    let mut next = 0;
    let mut open = Vec::new();
    for first in (0u32..).take(network.nodes) {
        if parts[first as usize] != NONE {
            continue;
        }
        cancel.check()?;
        parts[first as usize] = next;
        open.push(first);
        while let Some(node) = open.pop() {
            let out = network.out(node).iter().map(|e| network.to[*e as usize]);
            let into = network.into(node).iter().map(|e| network.from[*e as usize]);
            for near in out.chain(into) {
                if parts[near as usize] == NONE {
                    parts[near as usize] = next;
                    open.push(near);
                }
            }
        }
        next += 1;
    }
    Ok(parts)
}

/// Parts whose nodes all lead to one another, in the order that Tarjan's walk leaves them (as measured).
fn strong_parts(network: &Network, cancel: &Cancel) -> Result<Vec<u32>, Fault> {
    let count = network.nodes;
    let mut walk = Tarjan {
        network,
        parts: vec![NONE; count],
        met: vec![NONE; count],
        lowest: vec![NONE; count],
        time: 0,
        open: Vec::new(),
        next: 0,
    };
    for first in (0u32..).take(count) {
        if walk.met[first as usize] == NONE {
            cancel.check()?;
            walk.from(first);
        }
    }
    Ok(walk.parts)
}

/// Tarjan's walk.
struct Tarjan<'a> {
    network: &'a Network,
    parts: Vec<u32>,
    /// When each node was met.
    met: Vec<u32>,
    /// The earliest met of those that a node leads to and that are open.
    lowest: Vec<u32>,
    time: u32,
    /// Nodes met whose part is not known.
    open: Vec<u32>,
    next: u32,
}

impl Tarjan<'_> {
    fn meet(&mut self, node: u32, path: &mut Vec<(u32, usize)>) {
        self.met[node as usize] = self.time;
        self.lowest[node as usize] = self.time;
        self.time += 1;
        self.open.push(node);
        path.push((node, 0));
    }

    fn from(&mut self, first: u32) {
        // The nodes that led here, each with how many of its edges were walked.
        let mut path = Vec::new();
        self.meet(first, &mut path);
        while let Some((node, walked)) = path.last_mut() {
            let (at, node) = (*node as usize, *node);
            if let Some(edge) = self.network.out(node).get(*walked) {
                *walked += 1;
                let near = self.network.to[*edge as usize];
                if self.met[near as usize] == NONE {
                    self.meet(near, &mut path);
                } else if self.parts[near as usize] == NONE {
                    self.lowest[at] = self.lowest[at].min(self.met[near as usize]);
                }
                continue;
            }
            path.pop();
            if let Some((before, _)) = path.last() {
                let before = *before as usize;
                self.lowest[before] = self.lowest[before].min(self.lowest[at]);
            }
            if self.lowest[at] == self.met[at] {
                self.close(node);
            }
        }
    }

    /// All open nodes down to this one are a part.
    fn close(&mut self, node: u32) {
        while let Some(own) = self.open.pop() {
            self.parts[own as usize] = self.next;
            if own == node {
                break;
            }
        }
        self.next += 1;
    }
}
