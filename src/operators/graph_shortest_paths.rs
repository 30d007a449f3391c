//! `graph-shortest-paths`: shortest paths between nodes of a graph.

use super::graph_match::{GraphPattern, graph_pattern, graph_project, graph_where, print_match};
use super::prelude::*;
use crate::bind::{Binder, Relation, Search};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `graph-shortest-paths`.
pub const INFO: Info = Info {
    keywords: &["graph-shortest-paths"],
    place: Place::Piped,
    summary: "Finds the shortest paths between nodes of a graph.",
    syntax: "G | graph-shortest-paths [output=any|all] (start)-[edge*min..max]->(end) [where condition] project [name =] expression, ...",
    examples: &[("datatable (source: string, target: string) ['ann', 'web', 'web', 'db', 'ann', 'mail', 'mail', 'web']\n\
             | make-graph source --> target with_node_id=id\n\
             | graph-shortest-paths (a)-[path*1..4]->(b) where a.id == 'ann' and b.id == 'db'\n\
             \x20   project a.id, b.id, steps = array_length(path)", "a_id | b_id | steps\nann | db | 2")],
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

/// `graph-shortest-paths (a)-[e*1..5]->(b) project e`
pub fn graph_shortest_paths(i: Tokens<'_>) -> Parsed<'_, GraphShortestPaths> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, patterns) = list(i, graph_pattern)?;
    let (i, predicate) = graph_where(i)?;
    let (i, project) = graph_project(i)?;
    let node = GraphShortestPaths {
        parameters,
        patterns,
        predicate,
        project,
    };
    Ok((i, node))
}

impl Print for GraphShortestPaths {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_match(p, &self.patterns, self.predicate.as_ref(), &self.project);
    }
}

impl super::Bind for GraphShortestPaths {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let search = Search {
            parameters: &self.parameters,
            patterns: &self.patterns,
            predicate: self.predicate.as_ref(),
            project: &self.project,
            shortest: true,
            name: INFO.name(),
        };
        binder.matched(input, &search, span)
    }
}
