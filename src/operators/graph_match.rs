//! `graph-match`: finds a pattern of nodes and edges in a graph.

use super::prelude::*;
use crate::bind::{Binder, Relation, Search};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, OperatorParameter};

/// What users read about `graph-match`.
pub const INFO: Info = Info {
    keywords: &["graph-match"],
    place: Place::Piped,
    summary: "Finds all places of a graph that match a pattern of nodes and edges.",
    syntax: "G | graph-match [cycles=unique_edges|all|none] (node)-[edge]->(node)..., ... [where condition] project [name =] expression, ...",
    examples: &[("datatable (source: string, target: string) ['ann', 'web', 'web', 'db', 'bob', 'mail']\n\
             | make-graph source --> target with_node_id=id\n\
             | graph-match (a)-[one]->(b)-[two]->(c) project a.id, b.id, c.id", "a_id | b_id | c_id\nann | web | db")],
};

/// `graph-match cycles=none (a)-[e*1..3]->(b)--(c), (b)<-[f]-(d) where a.x == 1 project a.x`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMatch {
    /// `cycles=…`
    pub parameters: Vec<OperatorParameter>,
    /// The patterns, each a chain of nodes and edges.
    pub patterns: Vec<GraphPattern>,
    /// The condition.
    pub predicate: Option<Expr>,
    /// The columns given.
    pub project: Vec<Expr>,
}

/// `(a)-[e]->(b)<--(c)`: a node, then edges each with the node it leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPattern {
    /// The first node's name, if it has one.
    pub start: Option<Name>,
    /// What follows.
    pub hops: Vec<GraphHop>,
}

/// `-[e*1..3]->(b)`: an edge and the node after it.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphHop {
    /// Which way the edge points.
    pub direction: GraphDirection,
    /// The edge's name.
    pub edge: Option<Name>,
    /// How many edges, for one of variable length.
    pub length: Option<(Expr, Expr)>,
    /// The node's name.
    pub node: Option<Name>,
}

/// Which way an edge points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphDirection {
    /// `-->`
    Right,
    /// `<--`
    Left,
    /// `--`
    Any,
}

/// `graph-match (a)-[e]->(b) where a.x == 1 project b.y`
pub fn graph_match(i: Tokens<'_>) -> Parsed<'_, GraphMatch> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, patterns) = list(i, graph_pattern)?;
    let (i, predicate) = graph_where(i)?;
    let (i, project) = graph_project(i)?;
    let node = GraphMatch {
        parameters,
        patterns,
        predicate,
        project,
    };
    Ok((i, node))
}

/// `where a.x == 1`, or nothing
pub fn graph_where(i: Tokens<'_>) -> Parsed<'_, Option<Expr>> {
    let (i, found) = optional_keyword(i, "where");
    if !found {
        return Ok((i, None));
    }
    let (i, predicate) = unnamed_expression(i)?;
    Ok((i, Some(predicate)))
}

/// `project b.y`, or nothing
pub fn graph_project(i: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    let (i, found) = optional_keyword(i, "project");
    if !found {
        return Ok((i, Vec::new()));
    }
    named_expressions(i)
}

/// `(a)-[e]->(b)<--(c)`
pub fn graph_pattern(i: Tokens<'_>) -> Parsed<'_, GraphPattern> {
    let (mut i, start) = graph_node(i)?;
    let mut hops = Vec::new();
    while i.is_symbol(0, "-") || i.is_symbol(0, "<") {
        let (rest, hop) = graph_hop(i)?;
        hops.push(hop);
        i = rest;
    }
    i.expect("`-`");
    Ok((i, GraphPattern { start, hops }))
}

/// `(a)`, `()`
pub fn graph_node(i: Tokens<'_>) -> Parsed<'_, Option<Name>> {
    between(i, "(", optional_name, ")")
}

fn optional_name(i: Tokens<'_>) -> Parsed<'_, Option<Name>> {
    if !is_name(&i, 0) {
        i.expect("a name");
        return Ok((i, None));
    }
    let (i, name) = variable_name(i)?;
    Ok((i, Some(name)))
}

/// `-[e*1..3]->(b)`, `<--(b)`, `--(b)`
pub fn graph_hop(i: Tokens<'_>) -> Parsed<'_, GraphHop> {
    let left = i.is_symbol(0, "<");
    let mut apart = None;
    let mut joined = |i: Tokens<'_>, symbol| {
        if i.is_symbol(0, symbol) && !i.touches(0) {
            apart.get_or_insert(i.span());
        }
    };
    let i = if left { i.skip(1) } else { i };
    if left {
        joined(i, "-");
    }
    let (i, _) = symbol("-")(i)?;
    let (i, (edge, length)) = if i.is_symbol(0, "[") {
        joined(i, "[");
        between(i, "[", graph_edge, "]")?
    } else {
        i.expect("`[`");
        (i, (None, None))
    };
    joined(i, "-");
    let (i, _) = symbol("-")(i)?;
    let right = !left && i.is_symbol(0, ">");
    if right {
        joined(i, ">");
    }
    if let Some(span) = apart {
        i.note(parted(span));
    }
    let i = if right { i.skip(1) } else { i };
    i.expect("`>`");
    let (i, node) = graph_node(i)?;
    let direction = match (left, right) {
        (true, _) => GraphDirection::Left,
        (_, true) => GraphDirection::Right,
        _ => GraphDirection::Any,
    };
    let hop = GraphHop {
        direction,
        edge,
        length,
        node,
    };
    Ok((i, hop))
}

/// What is said of the mark of an edge with a space in it.
pub(super) fn parted(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Syntax, span, "the mark of an edge has no spaces in it")
        .kusto_as("KS005")
        .help("an edge is written `-->`, `<--`, `--`, `-[e]->`, `<-[e]-` or `-[e]-`")
}

/// An edge's name, and the least and greatest number of edges.
type GraphEdge = (Option<Name>, Option<(Expr, Expr)>);

/// `e`, `e*1..3`, `*1..3`
pub fn graph_edge(i: Tokens<'_>) -> Parsed<'_, GraphEdge> {
    let (i, name) = optional_name(i)?;
    if !i.is_symbol(0, "*") {
        i.expect("`*`");
        return Ok((i, (name, None)));
    }
    let (i, low) = path(i.skip(1))?;
    let (i, _) = symbol("..")(i)?;
    let (i, high) = path(i)?;
    Ok((i, (name, Some((low, high)))))
}

impl Print for GraphMatch {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_match(p, &self.patterns, self.predicate.as_ref(), &self.project);
    }
}

/// The part that `graph-match` and `graph-shortest-paths` share.
pub(super) fn print_match(
    p: &mut Printer,
    patterns: &[GraphPattern],
    predicate: Option<&Expr>,
    project: &[Expr],
) {
    p.push(" ");
    p.list(patterns, print_pattern);
    if let Some(predicate) = predicate {
        p.push(" where ");
        p.expr(predicate);
    }
    if !project.is_empty() {
        p.push(" project ");
        p.exprs(project);
    }
}

fn print_pattern(p: &mut Printer, pattern: &GraphPattern) {
    print_node(p, pattern.start.as_ref());
    for hop in &pattern.hops {
        p.push(if hop.direction == GraphDirection::Left {
            "<-"
        } else {
            "-"
        });
        if hop.edge.is_some() || hop.length.is_some() {
            p.push("[");
            if let Some(name) = &hop.edge {
                p.name(name);
            }
            if let Some((low, high)) = &hop.length {
                p.push("*");
                p.expr(low);
                p.push("..");
                p.expr(high);
            }
            p.push("]");
        }
        p.push(if hop.direction == GraphDirection::Right {
            "->"
        } else {
            "-"
        });
        print_node(p, hop.node.as_ref());
    }
}

fn print_node(p: &mut Printer, name: Option<&Name>) {
    p.push("(");
    if let Some(name) = name {
        p.name(name);
    }
    p.push(")");
}

impl super::Bind for GraphMatch {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let search = Search {
            parameters: &self.parameters,
            patterns: &self.patterns,
            predicate: self.predicate.as_ref(),
            project: &self.project,
            shortest: false,
            name: INFO.name(),
        };
        binder.matched(input, &search, span)
    }
}
