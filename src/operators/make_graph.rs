//! `make-graph`: a graph from a table of edges.

use super::{Info, Place};
use crate::syntax::ast::{Expr, Name, OperatorParameter, Piped};

/// What users read about `make-graph`.
pub const INFO: Info = Info {
    keywords: &["make-graph"],
    place: Place::Piped,
    summary: "Makes a graph from a table of edges and, optionally, tables of nodes.",
    syntax: "Edges | make-graph Source --> Target [with Nodes on Id, ... | with_node_id=Name] [partitioned-by column (operators)]",
};

/// `make-graph a --> b with N on id`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeGraph {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The column of the edges' start.
    pub source: Expr,
    /// `-->`, not `--`.
    pub directed: bool,
    /// The column of the edges' end.
    pub target: Expr,
    /// Tables of nodes.
    pub nodes: Vec<GraphNodes>,
    /// `with_node_id=Name`
    pub node_id: Option<Name>,
    /// `partitioned-by column (operators)`
    pub partition: Option<GraphPartition>,
}

/// `N on id`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphNodes {
    /// The table.
    pub table: Expr,
    /// Its column that edges refer to.
    pub id: Expr,
}

/// `partitioned-by column (operators)`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPartition {
    /// The column.
    pub column: Expr,
    /// What is done to each graph.
    pub operators: Vec<Piped>,
}
