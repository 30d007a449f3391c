//! `graph-mark-components`: numbers the connected parts of a graph.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::OperatorParameter;

/// What users read about `graph-mark-components`.
pub const INFO: Info = Info {
    keywords: &["graph-mark-components"],
    place: Place::Piped,
    summary: "Marks each node of a graph with the connected component it belongs to.",
    syntax: "G | graph-mark-components [kind=weak|strong] [with_component_id=Name]",
    examples: &[("datatable (source: string, target: string) ['ann', 'web', 'web', 'db', 'bob', 'mail']\n\
             | make-graph source --> target with_node_id=id\n\
             | graph-mark-components\n\
             | graph-to-table nodes\n\
             | summarize parts = dcount(ComponentId), nodes = count()", "parts | nodes\n2 | 5")],
};

/// `graph-mark-components kind=weak with_component_id=Part`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMarkComponents {
    /// `kind=…`, `with_component_id=…`
    pub parameters: Vec<OperatorParameter>,
}

/// `graph-mark-components kind=weak`
pub fn graph_mark_components(i: Tokens<'_>) -> Parsed<'_, GraphMarkComponents> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    Ok((i, GraphMarkComponents { parameters }))
}

impl Print for GraphMarkComponents {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
    }
}

impl super::Bind for GraphMarkComponents {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.components(input, &self.parameters, span)
    }
}
