//! `graph-where-nodes`: keeps the nodes of a graph that meet a condition.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `graph-where-nodes`.
pub const INFO: Info = Info {
    keywords: &["graph-where-nodes"],
    place: Place::Piped,
    summary: "Keeps the nodes of a graph for which a condition is true.",
    syntax: "G | graph-where-nodes condition",
};

/// `graph-where-nodes kind == 'x'`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphWhereNodes {
    /// The condition.
    pub predicate: Expr,
}
