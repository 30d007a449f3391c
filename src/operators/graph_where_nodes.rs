//! `graph-where-nodes`: keeps the nodes of a graph that meet a condition.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `graph-where-nodes`.
pub const INFO: Info = Info {
    keywords: &["graph-where-nodes"],
    place: Place::Piped,
    summary: "Keeps the nodes of a graph for which a condition is true.",
    syntax: "G | graph-where-nodes condition",
    examples: &[],
};

/// `graph-where-nodes kind == 'x'`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphWhereNodes {
    /// The condition.
    pub predicate: Expr,
}

/// `graph-where-nodes kind == 'x'`
pub fn graph_where_nodes(i: Tokens<'_>) -> Parsed<'_, GraphWhereNodes> {
    let (i, predicate) = unnamed_expression(after(i, &INFO))?;
    Ok((i, GraphWhereNodes { predicate }))
}

impl Print for GraphWhereNodes {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.expr(&self.predicate);
    }
}
