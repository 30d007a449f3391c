//! Operations on graphs: two tables, of nodes and of edges, and the pattern that is looked for in them.
//!
//! A node's number is that of its row, from 0 in the order that nodes appear: first the rows of the tables of nodes,
//! then the ends of the edges. The table of nodes has the identity, then the properties; the table of edges has the
//! numbers of the nodes that an edge goes from and to, then the columns of the table it was made of.

use crate::plan::Expr;
use crate::types::Type;

/// `make-graph`: the first input has the edges, the others nodes. The output is the table of nodes, or that of edges.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeGraph {
    /// Whether the output is the table of edges.
    pub edges: bool,
    /// The columns of the first input with the identities of the nodes at an edge's ends.
    pub ends: [usize; 2],
    /// The column of each further input with the identity.
    pub keys: Vec<usize>,
    /// The columns, of each input, that part the graph: nodes of different parts are different.
    pub parts: Vec<usize>,
    /// What nodes hold beside their identity.
    pub properties: Vec<Property>,
}

/// A property of nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its column in each table of nodes; null for nodes of a table without it.
    pub columns: Vec<Option<usize>>,
    /// Whether nodes that are in no table hold their identity here, and not null.
    pub identity: bool,
}

/// A pattern looked for in a graph: the inputs are the tables of nodes and of edges.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// How many nodes the pattern has.
    pub nodes: usize,
    /// The edges between them.
    pub hops: Vec<Hop>,
    /// What a match may repeat.
    pub cycles: Cycles,
    /// Only the shortest matches of the same nodes.
    pub shortest: Option<Shortest>,
    /// The columns that the expressions are over.
    pub reads: Vec<Read>,
    /// Which matches count.
    pub predicate: Option<Expr>,
    /// What is given of each.
    pub outputs: Vec<Expr>,
}

/// An edge of a pattern, or a path of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The pattern's node on the left.
    pub from: usize,
    /// The pattern's node on the right.
    pub to: usize,
    /// Which way its edges lead.
    pub direction: Direction,
    /// The least and the greatest number of edges, for a path.
    pub length: Option<(u32, u32)>,
}

/// Which way an edge of a pattern leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    Forward,
    /// From right to left.
    Backward,
    /// One or the other.
    Either,
}

/// What a match may repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycles {
    /// No edge.
    UniqueEdges,
    /// Anything.
    All,
    /// No node.
    None,
}

/// Which of the shortest matches are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortest {
    /// The first.
    Any,
    /// All of the same length.
    All,
}

/// A column that expressions over a match read.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// A column of a node. Behind those of the table stand the numbers of edges into it and out of it.
    Node {
        /// The pattern's node.
        node: usize,
        /// The column.
        column: usize,
    },
    /// A column of the edge of a hop.
    Edge {
        /// The hop.
        hop: usize,
        /// The column.
        column: usize,
    },
    /// What a fold makes of the parts of a path.
    Path {
        /// The hop.
        hop: usize,
        /// Whether its parts are the nodes between its ends, and not its edges.
        inner: bool,
        /// The fold.
        fold: Fold,
        /// What is folded: over the columns of the part, then the reads before this one.
        body: Expr,
    },
}

/// What becomes of a value for each part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Whether all are true.
    All,
    /// Whether one is true.
    Any,
    /// An array of them.
    Map,
}

impl Fold {
    /// The type of its result.
    pub fn ty(self) -> Type {
        match self {
            Fold::All | Fold::Any => Type::Bool,
            Fold::Map => Type::Dynamic,
        }
    }
}

impl Match {
    /// Its expressions: those of its reads, its predicate, its outputs.
    pub fn exprs(&self) -> Vec<&Expr> {
        let bodies = self.reads.iter().filter_map(|read| match read {
            Read::Path { body, .. } => Some(body),
            Read::Node { .. } | Read::Edge { .. } => None,
        });
        bodies.chain(&self.predicate).chain(&self.outputs).collect()
    }

    /// Its expressions, to change, in the order of [`Match::exprs`].
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        let bodies = self.reads.iter_mut().filter_map(|read| match read {
            Read::Path { body, .. } => Some(body),
            Read::Node { .. } | Read::Edge { .. } => None,
        });
        let rest = self.predicate.iter_mut().chain(&mut self.outputs);
        bodies.chain(rest).collect()
    }
}
