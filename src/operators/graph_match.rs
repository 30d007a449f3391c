//! `graph-match`: finds a pattern of nodes and edges in a graph.

use super::{Info, Place};
use crate::syntax::ast::{Expr, Name, OperatorParameter};

/// What users read about `graph-match`.
pub const INFO: Info = Info {
    keywords: &["graph-match"],
    place: Place::Piped,
    summary: "Finds all places of a graph that match a pattern of nodes and edges.",
    syntax: "G | graph-match [cycles=...] (node)-[edge]->(node)..., ... [where condition] [project [name =] expression, ...]",
};

/// `graph-match cycles=none (a)-[e*1..3]->(b)--(c), (b)<-[f]-(d) where a.x == 1 project a.x`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMatch {
    /// `cycles=…`
    pub parameters: Vec<OperatorParameter>,
    /// The patterns, each a chain of nodes and edges.
    pub patterns: Vec<GraphPattern>,
    /// The condition.
    pub predicate: Option<Expr>,
    /// The columns given.
    pub project: Vec<Expr>,
}

/// `(a)-[e]->(b)<--(c)`: a node, then edges each with the node it leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPattern {
    /// The first node's name, if it has one.
    pub start: Option<Name>,
    /// What follows.
    pub hops: Vec<GraphHop>,
}

/// `-[e*1..3]->(b)`: an edge and the node after it.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphHop {
    /// Which way the edge points.
    pub direction: GraphDirection,
    /// The edge's name.
    pub edge: Option<Name>,
    /// How many edges, for one of variable length.
    pub length: Option<(Expr, Expr)>,
    /// The node's name.
    pub node: Option<Name>,
}

/// Which way an edge points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphDirection {
    /// `-->`
    Right,
    /// `<--`
    Left,
    /// `--`
    Any,
}
