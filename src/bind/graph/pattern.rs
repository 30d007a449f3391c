//! Binds patterns: which nodes and edges they have, the condition, and what is given of each match.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Graph;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::operators::graph_match::{GraphDirection, GraphPattern};
use crate::plan::graph::{Cycles, Direction, Hop, Match, Read, Shortest};
use crate::plan::{Expr, ExprKind, Operation, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Schema};

/// The most edges of a path: so that a number of edges is no number beyond all bounds.
const LONGEST: u32 = 1_000_000;

/// The most edges and paths of a pattern.
const MOST_HOPS: usize = 64;

/// A pattern whose nodes and edges can be read.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(super) graph: Rc<Graph>,
    pub(super) shape: Rc<Shape>,
    /// What has been read so far: the columns of a match.
    pub(super) reads: Rc<RefCell<Vec<Read>>>,
    /// The part of a path at hand, inside `all`, `any` and `map`.
    pub(super) part: Option<Part>,
    /// Whether this is the condition, and not what is given of a match.
    pub(super) condition: bool,
}

/// The part of a path at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// How many columns it has; the reads stand behind them.
    pub width: usize,
    /// Whether it is a node, and not an edge.
    pub node: bool,
}

/// The nodes and edges of a pattern, and what they are called.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub nodes: Vec<Option<Arc<str>>>,
    pub hops: Vec<(Option<Arc<str>>, Hop)>,
}

/// A node or an edge of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Node(usize),
    Edge(usize),
    Path(usize),
}

impl Shape {
    /// What a name stands for: a node rather than an edge (measured).
    pub(super) fn find(&self, name: &str) -> Option<Variable> {
        let called = |own: &Option<Arc<str>>| own.as_deref() == Some(name);
        if let Some(node) = self.nodes.iter().position(called) {
            return Some(Variable::Node(node));
        }
        let hop = self.hops.iter().position(|(own, _)| called(own))?;
        Some(match self.hops[hop].1.length {
            None => Variable::Edge(hop),
            Some(_) => Variable::Path(hop),
        })
    }

    fn node(&mut self, name: Option<&ast::Name>) -> usize {
        let text = name.map(|n| n.text.clone());
        let known = self
            .nodes
            .iter()
            .position(|own| own.is_some() && *own == text);
        known.unwrap_or_else(|| {
            self.nodes.push(text);
            self.nodes.len() - 1
        })
    }

    /// Whether each node can be reached from each other.
    fn is_connected(&self) -> bool {
        let mut reached = vec![false; self.nodes.len()];
        reached.iter_mut().take(1).for_each(|first| *first = true);
        for _ in 0..self.hops.len() {
            for (_, hop) in &self.hops {
                if reached[hop.from] || reached[hop.to] {
                    reached[hop.from] = true;
                    reached[hop.to] = true;
                }
            }
        }
        reached.into_iter().all(|r| r)
    }
}

/// What an operator looks for.
pub(crate) struct Search<'a> {
    pub parameters: &'a [ast::OperatorParameter],
    pub patterns: &'a [GraphPattern],
    pub predicate: Option<&'a ast::Expr>,
    pub project: &'a [ast::Expr],
    /// `graph-shortest-paths`.
    pub shortest: bool,
    /// The operator's name.
    pub name: &'static str,
}

const CYCLES: &[(&str, Cycles)] = &[
    ("unique_edges", Cycles::UniqueEdges),
    ("all", Cycles::All),
    ("none", Cycles::None),
];

impl Binder<'_> {
    /// The rows that a search in a graph gives.
    pub(crate) fn matched(&mut self, input: Relation, search: &Search<'_>, span: Span) -> Relation {
        let (shortest, cycles) = self.search_options(search);
        let shape = self.shape(search, cycles);
        let Some((graph, shape)) = input.graph.zip(shape) else {
            return self.broken_table();
        };
        if search.project.is_empty() {
            let message = format!("`{}` needs `project`", search.name);
            self.say(
                Diagnostic::new(Code::Syntax, span, message)
                    .kusto_as("SEM0001")
                    .help("end it with what is to be given of each match: `project a.x, b.y`"),
            );
            return self.broken_table();
        }
        let hops: Vec<Hop> = shape.hops.iter().map(|(_, hop)| *hop).collect();
        let nodes = shape.nodes.len();
        let mut pattern = Pattern {
            graph: Rc::clone(&graph),
            shape: Rc::new(shape),
            reads: Rc::default(),
            part: None,
            condition: true,
        };
        let predicate = search.predicate.map(|e| {
            let what = format!("the condition of `{}`", search.name);
            self.over_match(&pattern, |b| b.predicate(e, &what))
        });
        if shortest.is_some()
            && let Some(predicate) = &predicate
        {
            self.one_element(predicate, &pattern);
        }
        pattern.condition = false;
        let columns = self.over_match(&pattern, |b| b.given_of_match(search.project));
        let (names, outputs): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let schema = names.into_iter().zip(&outputs);
        let schema = schema.map(|(name, e): (Arc<str>, &Expr)| Column::new(name, e.ty));
        let schema = Schema::new(schema.collect());
        let operation = Operation::Match(Match {
            nodes,
            hops,
            cycles,
            shortest,
            reads: pattern.reads.take(),
            predicate,
            outputs,
        });
        let inputs = vec![graph.nodes.clone(), graph.edges.clone()];
        Relation::new(Plan::whole(inputs, operation, schema))
    }

    fn search_options(&mut self, search: &Search<'_>) -> (Option<Shortest>, Cycles) {
        if !search.shortest {
            let cycles = self.word(
                search.parameters,
                ("cycles", &[]),
                CYCLES,
                Cycles::UniqueEdges,
            );
            return (None, cycles);
        }
        let outputs = &[("any", Shortest::Any), ("all", Shortest::All)];
        let given = ("output", &["cycles"][..]);
        let shortest = self.word(search.parameters, given, outputs, Shortest::Any);
        // Whatever the parameter says, no node is met twice (measured).
        let given = ("cycles", &["output"][..]);
        self.word(search.parameters, given, CYCLES, Cycles::UniqueEdges);
        (Some(shortest), Cycles::None)
    }

    /// The pattern's nodes and edges; nothing when something is wrong with them, which has been said.
    fn shape(&mut self, search: &Search<'_>, cycles: Cycles) -> Option<Shape> {
        let mut shape = Shape::default();
        let mut right = true;
        for pattern in search.patterns {
            let mut from = shape.node(pattern.start.as_ref());
            for hop in &pattern.hops {
                let to = shape.node(hop.node.as_ref());
                let length = match &hop.length {
                    None => None,
                    Some((low, high)) => match self.path_length(low, high) {
                        None => {
                            right = false;
                            Some((1, 1))
                        }
                        length => length,
                    },
                };
                let name = hop.edge.as_ref().map(|n| n.text.clone());
                if let Some(own) = &hop.edge
                    && shape.hops.iter().any(|(known, _)| *known == name)
                {
                    let message = format!("two edges of a pattern are called `{}`", own.text);
                    self.say(
                        Diagnostic::unsupported(own.span, message)
                            .help("give them names of their own, and compare what they hold"),
                    );
                    right = false;
                }
                let direction = match hop.direction {
                    GraphDirection::Right => Direction::Forward,
                    GraphDirection::Left => Direction::Backward,
                    GraphDirection::Any => Direction::Either,
                };
                let bound = Hop {
                    from,
                    to,
                    direction,
                    length,
                };
                shape.hops.push((name, bound));
                from = to;
            }
        }
        (right && self.is_sound(&shape, search, cycles)).then_some(shape)
    }

    fn is_sound(&mut self, shape: &Shape, search: &Search<'_>, cycles: Cycles) -> bool {
        let at = search
            .patterns
            .iter()
            .skip(1)
            .chain(search.patterns)
            .find_map(first_name)
            .unwrap_or_default();
        if shape.hops.len() > MOST_HOPS {
            let message = format!("patterns of more than {MOST_HOPS} edges are not looked for");
            self.unsupported(at, message);
            return false;
        }
        let empty = |(_, hop): &(_, Hop)| hop.length.is_some_and(|(least, _)| least == 0);
        if cycles == Cycles::None && shape.hops.iter().any(empty) {
            let message = "whether a path of no edge meets its node twice is not known: without cycles, paths have an edge at least";
            self.unsupported(at, message);
            return false;
        }
        let paths = shape.hops.iter().filter(|(_, hop)| hop.length.is_some());
        if search.shortest && search.patterns.len() > 1 {
            let message = "shortest paths are looked for along one pattern, not several";
            self.say(Diagnostic::new(Code::ArgumentValue, at, message).kusto_as("SEM1023"));
            return false;
        }
        if search.shortest && paths.count() != 1 {
            let message = "shortest paths are found for a pattern with one path, such as `-[e*1..5]->`, no more and no less";
            self.unsupported(at, message);
            return false;
        }
        if !shape.is_connected() {
            let message = "the patterns have no node in common";
            self.say(
                Diagnostic::new(Code::ArgumentValue, at, message)
                    .kusto_as("SEM1011")
                    .help("name a node of one pattern in the other too"),
            );
            return false;
        }
        true
    }

    /// The least and the greatest number of edges of a path.
    fn path_length(&mut self, low: &ast::Expr, high: &ast::Expr) -> Option<(u32, u32)> {
        let bounds = [low, high].map(|e| {
            let value = self.constant(e, "the number of edges")?;
            let number = value.as_i64().filter(|n| *n >= 0);
            let Some(number) = number else {
                let message = "the number of edges must be a whole number, from 0";
                self.error(Code::ArgumentValue, e.span, message);
                return None;
            };
            let number = u32::try_from(number).ok().filter(|n| *n <= LONGEST);
            if number.is_none() {
                let message = format!("paths of more than {LONGEST} edges are not looked for");
                self.unsupported(e.span, message);
            }
            number
        });
        let [Some(least), Some(most)] = bounds else {
            return None;
        };
        if least > most {
            let message = format!("no number of edges is at least {least} and at most {most}");
            self.say(Diagnostic::new(Code::ArgumentValue, high.span, message).kusto_as("SEM1013"));
            return None;
        }
        Some((least, most))
    }

    /// Runs `f` over a match.
    fn over_match<T>(&mut self, pattern: &Pattern, f: impl FnOnce(&mut Self) -> T) -> T {
        self.over(&Schema::default(), |b| {
            if let Some(row) = &mut b.row {
                row.pattern = Some(pattern.clone());
            }
            f(b)
        })
    }

    /// The columns that are given of each match, and what they are called.
    fn given_of_match(&mut self, list: &[ast::Expr]) -> Vec<(Arc<str>, Expr)> {
        let mut entries = Vec::with_capacity(list.len());
        for e in list {
            let mut own = self.entries(std::slice::from_ref(e));
            if let [entry] = &mut own[..]
                && entry.explicit.is_none()
            {
                entry.base = match self.name_in_match(e) {
                    Some(name) => name,
                    None => entry.base.take(),
                };
            }
            entries.append(&mut own);
        }
        let names = self.names_of(&entries, &HashSet::new(), |_, n| format!("Column{n}"));
        names
            .into_iter()
            .zip(entries.into_iter().map(|e| e.expr))
            .collect()
    }

    /// Says that a condition on shortest paths compares several nodes or edges, which Kusto refuses (CRT0001).
    fn one_element(&mut self, predicate: &Expr, pattern: &Pattern) {
        if let ExprKind::Logic { terms, .. } = &predicate.kind {
            terms
                .iter()
                .for_each(|term| self.one_element(term, pattern));
            return;
        }
        let mut met = HashSet::new();
        elements(predicate, pattern, 0, &mut met);
        if met.len() > 1 {
            let message = "a condition on shortest paths can compare a node or an edge with constants, not with another";
            self.error(Code::ArgumentValue, predicate.span, message);
        }
    }
}

/// The nodes, and the edges and paths (`true`), that an expression reads.
fn elements(expr: &Expr, pattern: &Pattern, width: usize, met: &mut HashSet<(bool, usize)>) {
    let reads = pattern.reads.borrow();
    expr.visit(&mut |e| {
        let ExprKind::Column(index) = e.kind else {
            return;
        };
        match index.checked_sub(width).and_then(|i| reads.get(i)) {
            Some(Read::Node { node, .. }) => _ = met.insert((false, *node)),
            Some(Read::Edge { hop, .. }) => _ = met.insert((true, *hop)),
            Some(Read::Path {
                hop, inner, body, ..
            }) => {
                met.insert((true, *hop));
                elements(body, pattern, pattern.graph.part(*inner).len(), met);
            }
            None => {}
        }
    });
}

/// Where a pattern first names something.
fn first_name(pattern: &GraphPattern) -> Option<Span> {
    let hops = pattern.hops.iter();
    let later = hops.flat_map(|hop| [&hop.edge, &hop.node]);
    let mut names = std::iter::once(&pattern.start).chain(later);
    names.find_map(|name| name.as_ref().map(|n| n.span))
}
