//! `graph-to-table`: the nodes or edges of a graph as rows.

use super::{Info, Place};
use crate::syntax::ast::{Name, OperatorParameter};

/// What users read about `graph-to-table`.
pub const INFO: Info = Info {
    keywords: &["graph-to-table"],
    place: Place::Piped,
    summary: "Gives the nodes or the edges of a graph, or both, as tables.",
    syntax: "G | graph-to-table nodes|edges [as Name] [with_node_id=Name | with_source_id=Name with_target_id=Name], ...",
};

/// `graph-to-table nodes as N with_node_id=Id, edges as E`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphToTable {
    /// The tables asked for.
    pub outputs: Vec<GraphOutput>,
}

/// `nodes as N with_node_id=Id`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutput {
    /// `edges`, not `nodes`.
    pub edges: bool,
    /// The table's name.
    pub name: Option<Name>,
    /// `with_node_id=…`, `with_source_id=…`, `with_target_id=…`
    pub parameters: Vec<OperatorParameter>,
}
