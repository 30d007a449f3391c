//! `graph-shortest-paths`: shortest paths between nodes of a graph.

use super::graph_match::GraphPattern;
use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `graph-shortest-paths`.
pub const INFO: Info = Info {
    keywords: &["graph-shortest-paths"],
    place: Place::Piped,
    summary: "Finds the shortest paths between nodes of a graph.",
    syntax: "G | graph-shortest-paths [output=any|all] [cycles=none] (start)-[edge*min..max]-(end) [where condition] [project [name =] expression, ...]",
};

/// `graph-shortest-paths output=all (a)-[e*1..5]->(b) where a.x == 1 project e`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphShortestPaths {
    /// `output=…`, `cycles=…`
    pub parameters: Vec<OperatorParameter>,
    /// The patterns; only one is of use.
    pub patterns: Vec<GraphPattern>,
    /// The condition.
    pub predicate: Option<Expr>,
    /// The columns given.
    pub project: Vec<Expr>,
}
