//! `graph-to-table`: the nodes or edges of a graph as rows.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::{Name, OperatorParameter};

/// What users read about `graph-to-table`.
pub const INFO: Info = Info {
    keywords: &["graph-to-table"],
    place: Place::Piped,
    summary: "Gives the nodes or the edges of a graph, or both, as tables.",
    syntax: "G | graph-to-table nodes|edges [as Name] [with_node_id=Name | with_source_id=Name with_target_id=Name], ...",
    examples: &[("datatable (source: string, target: string) ['ann', 'web', 'web', 'db']\n\
             | make-graph source --> target with_node_id=id\n\
             | graph-to-table nodes\n\
             | sort by id asc", "id\nann\ndb\nweb")],
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

/// `graph-to-table nodes as N, edges`
pub fn graph_to_table(i: Tokens<'_>) -> Parsed<'_, GraphToTable> {
    let (i, first) = graph_output(after(i, &INFO))?;
    let mut outputs = vec![first];
    if !i.is_symbol(0, ",") {
        i.expect("`,`");
        return Ok((i, GraphToTable { outputs }));
    }
    let (i, second) = graph_output(i.skip(1))?;
    outputs.push(second);
    Ok((i, GraphToTable { outputs }))
}

/// `nodes as N with_node_id=Id`
pub fn graph_output(i: Tokens<'_>) -> Parsed<'_, GraphOutput> {
    let (i, nodes) = optional_keyword(i, "nodes");
    let (i, edges) = if nodes {
        (i, false)
    } else {
        let (i, _) = keyword("edges")(i)?;
        (i, true)
    };
    let (i, named) = optional_keyword(i, "as");
    let (i, name) = if named {
        let (i, name) = variable_name(i)?;
        (i, Some(name))
    } else {
        (i, None)
    };
    let (i, parameters) = parameters(i)?;
    let output = GraphOutput {
        edges,
        name,
        parameters,
    };
    Ok((i, output))
}

impl Print for GraphToTable {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.list(&self.outputs, |p, output| {
            p.push(if output.edges { "edges" } else { "nodes" });
            if let Some(name) = &output.name {
                p.push(" as ");
                p.name(name);
            }
            p.parameters(&output.parameters);
        });
    }
}

impl super::Bind for GraphToTable {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.graph_tables(input, self, span)
    }
}
