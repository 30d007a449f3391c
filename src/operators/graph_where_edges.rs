//! `graph-where-edges`: keeps the edges of a graph that meet a condition.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `graph-where-edges`.
pub const INFO: Info = Info {
    keywords: &["graph-where-edges"],
    place: Place::Piped,
    summary: "Keeps the edges of a graph for which a condition is true.",
    syntax: "G | graph-where-edges condition",
    examples: &[],
};

/// `graph-where-edges kind == 'x'`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphWhereEdges {
    /// The condition.
    pub predicate: Expr,
}

/// `graph-where-edges kind == 'x'`
pub fn graph_where_edges(i: Tokens<'_>) -> Parsed<'_, GraphWhereEdges> {
    let (i, predicate) = unnamed_expression(after(i, &INFO))?;
    Ok((i, GraphWhereEdges { predicate }))
}

impl Print for GraphWhereEdges {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.expr(&self.predicate);
    }
}
