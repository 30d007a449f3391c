//! `make-graph`: a graph from a table of edges.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, OperatorParameter, Piped};

/// What users read about `make-graph`.
pub const INFO: Info = Info {
    keywords: &["make-graph"],
    place: Place::Piped,
    summary: "Makes a graph from a table of edges and, optionally, tables of nodes.",
    syntax: "Edges | make-graph Source --> Target [with Nodes on Id, ... | with_node_id=Name] [partitioned-by column (operators)]",
    examples: &[("datatable (source: string, target: string, what: string) ['ann', 'web', 'logon', 'web', 'db', 'query']\n\
             | make-graph source --> target with_node_id=id\n\
             | graph-match (a)-[e]->(b) project a.id, e.what, b.id", "a_id | e_what | b_id\nann | logon | web\nweb | query | db")],
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

/// `make-graph a --> b with N on id`
pub fn make_graph(i: Tokens<'_>) -> Parsed<'_, MakeGraph> {
    let (i, parameters) = hints(after(i, &INFO))?;
    let (i, source) = column_path(i)?;
    let (i, _) = symbol("-")(i)?;
    let dash = i;
    let (i, _) = symbol("-")(i)?;
    let directed = i.is_symbol(0, ">");
    let apart = [(dash, "-"), (i, ">")].into_iter();
    let mut apart = apart.filter(|(i, symbol)| i.is_symbol(0, symbol) && !i.touches(0));
    if let Some((at, _)) = apart.next() {
        at.note(super::graph_match::parted(at.span()));
    }
    i.expect("`>`");
    let i = if directed { i.skip(1) } else { i };
    let (i, target) = column_path(i)?;
    let (i, (nodes, node_id)) = graph_nodes(i)?;
    let (i, partitioned) = optional_keyword(i, "partitioned-by");
    let (i, partition) = if partitioned {
        let (i, column) = column_path(i)?;
        let (i, operators) = subpipeline(i)?;
        (i, Some(GraphPartition { column, operators }))
    } else {
        (i, None)
    };
    let node = MakeGraph {
        parameters,
        source,
        directed,
        target,
        nodes,
        node_id,
        partition,
    };
    Ok((i, node))
}

/// `with N on id, M on key`, `with_node_id=Id`, or nothing
pub fn graph_nodes(i: Tokens<'_>) -> Parsed<'_, (Vec<GraphNodes>, Option<Name>)> {
    if i.is_keyword("with_node_id") {
        let (i, _) = symbol("=")(i.skip(1))?;
        let (i, name) = variable_name(i)?;
        return Ok((i, (Vec::new(), Some(name))));
    }
    let (i, with) = optional_keyword(i, "with");
    if !with {
        return Ok((i, (Vec::new(), None)));
    }
    let (i, nodes) = list(i, |i| {
        let (i, table) = path(i)?;
        let (i, _) = keyword("on")(i)?;
        let (i, id) = column_path(i)?;
        Ok((i, GraphNodes { table, id }))
    })?;
    Ok((i, (nodes, None)))
}

impl Print for MakeGraph {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.expr(&self.source);
        p.push(if self.directed { " --> " } else { " -- " });
        p.expr(&self.target);
        if !self.nodes.is_empty() {
            p.push(" with ");
            p.list(&self.nodes, |p, nodes| {
                p.expr(&nodes.table);
                p.push(" on ");
                p.expr(&nodes.id);
            });
        }
        if let Some(name) = &self.node_id {
            p.push(" with_node_id=");
            p.name(name);
        }
        if let Some(partition) = &self.partition {
            p.push(" partitioned-by ");
            p.expr(&partition.column);
            p.push(" ");
            p.subpipeline(&partition.operators);
        }
    }
}

impl super::Bind for MakeGraph {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.graph_made(input, self)
    }
}
