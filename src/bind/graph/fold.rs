//! Binds the functions of patterns: what they tell of a node, an edge, or the parts of a path.

use super::pattern::{Part, Pattern, Variable};
use crate::bind::special::{self, Special};
use crate::bind::{Binder, overload};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::graph::{Fold, Read};
use crate::plan::{Doc, Expr};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Type, Value};

/// What a function of patterns tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// Something of all parts of a path.
    Fold(Fold),
    /// The nodes between the edges of a path, as the parts to ask.
    InnerNodes,
    /// The labels of a node or an edge.
    Labels,
    /// The identity of a node, as text.
    Identity,
    /// The number of edges into a node, or out of it.
    Degree {
        /// Out of it.
        out: bool,
    },
}

/// `all(…)`
pub(crate) const ALL: Special = Special::of_patterns(
    &["all"],
    "all(path, condition: bool) -> bool",
    Doc {
        summary: "Tells whether a condition is true of all edges of a path, or of all its inner_nodes(…).",
        details: "The condition names their properties without a prefix. Null counts as not true; of no edges, all is true.",
        examples: &[(
            "datatable(a: string, b: string, w: long)['x', 'y', 1, 'y', 'z', 2] | make-graph a --> b | graph-match (n)-[p*2..2]->(m) project all(p, w > 1)",
            "False",
        )],
    },
    Function::Fold(Fold::All),
);

/// `any(…)`
pub(crate) const ANY: Special = Special::of_patterns(
    &["any"],
    "any(path, condition: bool) -> bool",
    Doc {
        summary: "Tells whether a condition is true of an edge of a path, or of one of its inner_nodes(…).",
        details: "The condition names their properties without a prefix. Null counts as not true; of no edges, none is.",
        examples: &[(
            "datatable(a: string, b: string, w: long)['x', 'y', 1, 'y', 'z', 2] | make-graph a --> b | graph-match (n)-[p*2..2]->(m) project any(p, w > 1)",
            "True",
        )],
    },
    Function::Fold(Fold::Any),
);

/// `map(…)`
pub(crate) const MAP: Special = Special::of_patterns(
    &["map"],
    "map(path, value: any) -> array",
    Doc {
        summary: "Lists a value for each edge of a path, or for each of its inner_nodes(…).",
        details: "The value names their properties without a prefix.",
        examples: &[(
            "datatable(a: string, b: string, w: long)['x', 'y', 1, 'y', 'z', 2] | make-graph a --> b | graph-match (n)-[p*2..2]->(m) project map(p, 10 * w)",
            "[10,20]",
        )],
    },
    Function::Fold(Fold::Map),
);

/// `inner_nodes(…)`
pub(crate) const INNER_NODES: Special = Special::of_patterns(
    &["inner_nodes"],
    "inner_nodes(path)",
    Doc {
        summary: "Stands for the nodes between the edges of a path, as the first argument of all, any or map.",
        details: "",
        examples: &[(
            "datatable(a: string, b: string, w: long)['x', 'y', 1, 'y', 'z', 2] | make-graph a --> b with_node_id=id | graph-match (n)-[p*2..2]->(m) project map(inner_nodes(p), id)",
            "[\"y\"]",
        )],
    },
    Function::InnerNodes,
);

/// `labels(…)`
pub(crate) const LABELS: Special = Special::of_patterns(
    &["labels"],
    "labels([element]) -> array",
    Doc {
        summary: "Lists the labels of a node or an edge; without an argument, of the one that all, any or map is at.",
        details: "Only graphs that a cluster keeps have labels: of what make-graph makes the list is empty.",
        examples: &[(
            "datatable(a: string, b: string)['x', 'y'] | make-graph a --> b | graph-match (n)-->(m) project labels(n)",
            "[]",
        )],
    },
    Function::Labels,
);

/// `node_id(…)`
pub(crate) const NODE_ID: Special = Special::of_patterns(
    &["node_id"],
    "node_id([node]) -> string",
    Doc {
        summary: "Gives what identifies a node, as text; without an argument, of the inner node that all, any or map is at.",
        details: "",
        examples: &[(
            "datatable(a: long, b: long)[1, 2] | make-graph a --> b | graph-match (n)-->(m) project node_id(m)",
            "2",
        )],
    },
    Function::Identity,
);

/// `node_degree_in(…)`
pub(crate) const DEGREE_IN: Special = Special::of_patterns(
    &["node_degree_in"],
    "node_degree_in([node]) -> long",
    Doc {
        summary: "Counts the edges that lead to a node; without an argument, to the inner node that all, any or map is at.",
        details: "",
        examples: &[(
            "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id | graph-match (n) where n.id == 'z' project node_degree_in(n)",
            "1",
        )],
    },
    Function::Degree { out: false },
);

/// `node_degree_out(…)`
pub(crate) const DEGREE_OUT: Special = Special::of_patterns(
    &["node_degree_out"],
    "node_degree_out([node]) -> long",
    Doc {
        summary: "Counts the edges that lead from a node; without an argument, from the inner node that all, any or map is at.",
        details: "",
        examples: &[(
            "datatable(a: string, b: string)['x', 'y', 'y', 'z'] | make-graph a --> b with_node_id=id | graph-match (n) where n.id == 'z' project node_degree_out(n)",
            "0",
        )],
    },
    Function::Degree { out: true },
);

/// The function of patterns of this name.
pub(super) fn function(name: &str) -> Option<Function> {
    special::of_patterns(name)
}

/// The parts of a path that a fold asks.
struct Parts {
    hop: usize,
    inner: bool,
}

impl Binder<'_> {
    /// A call of a function of patterns.
    pub(crate) fn pattern_function(
        &mut self,
        name: &ast::Name,
        function: Function,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Expr {
        let Some(pattern) = self.pattern_here() else {
            let message = format!(
                "`{}` is a function of graphs, for their patterns",
                name.text
            );
            self.say(
                Diagnostic::new(Code::UnknownFunction, name.span, message)
                    .help("it can stand in `graph-match` and `graph-shortest-paths`"),
            );
            return self.broken(span);
        };
        let values: Vec<&ast::Expr> = arguments.iter().map(|a| &a.value).collect();
        match (function, &values[..]) {
            (Function::Fold(fold), [parts, body]) => self.fold(&pattern, fold, parts, body, span),
            (Function::InnerNodes, _) => {
                let message = "`inner_nodes` stands only as the first argument of all, any or map";
                self.say(Diagnostic::new(Code::UnknownFunction, name.span, message));
                self.broken(span)
            }
            (Function::Fold(_), _) => {
                self.pattern_arguments(name, "2 arguments", values.len(), span)
            }
            (_, []) => self.of_part(&pattern, name, function, span),
            (_, [element]) => self.of_element(&pattern, name, function, element, span),
            _ => self.pattern_arguments(name, "at most 1 argument", values.len(), span),
        }
    }

    fn pattern_arguments(
        &mut self,
        name: &ast::Name,
        most: &str,
        given: usize,
        span: Span,
    ) -> Expr {
        let message = format!("`{}` takes {most}, not {given}", name.text);
        self.error(Code::ArgumentCount, span, message);
        self.broken(span)
    }

    fn fold(
        &mut self,
        pattern: &Pattern,
        fold: Fold,
        parts: &ast::Expr,
        body: &ast::Expr,
        span: Span,
    ) -> Expr {
        let Some(Parts { hop, inner }) = self.parts(parts) else {
            return Expr::literal(Value::Null(fold.ty()), span);
        };
        if pattern.part.is_some() {
            let message =
                "what is asked of a part of a path cannot be about the parts of a path again";
            self.unsupported(span, message);
            return Expr::literal(Value::Null(fold.ty()), span);
        }
        let schema = pattern.graph.part(inner);
        let within = Pattern {
            part: Some(Part {
                width: schema.len(),
                node: inner,
            }),
            ..pattern.clone()
        };
        let body = self.over(&schema, |b| {
            if let Some(row) = &mut b.row {
                row.pattern = Some(within);
            }
            match fold {
                Fold::Map => b.scalar(body),
                Fold::All | Fold::Any => b.predicate(body, "what is asked of the parts of a path"),
            }
        });
        if body.ty == Type::Unknown {
            return Expr::literal(Value::Null(fold.ty()), span);
        }
        pattern.fold(hop, inner, fold, body, span)
    }

    /// `p`, `inner_nodes(p)`
    fn parts(&mut self, e: &ast::Expr) -> Option<Parts> {
        let (path, inner) = match &e.kind {
            ast::ExprKind::Call { name, arguments }
                if function(&name.text) == Some(Function::InnerNodes) =>
            {
                match &arguments[..] {
                    [path] => (&path.value, true),
                    _ => {
                        self.pattern_arguments(name, "1 argument", arguments.len(), e.span);
                        return None;
                    }
                }
            }
            _ => (e, false),
        };
        match self.variable(path) {
            Some((_, Variable::Path(hop))) => Some(Parts { hop, inner }),
            Some((_, Variable::Edge(_))) => {
                let message =
                    "this is one edge; the parts of an edge of variable length are needed here";
                self.say(
                    Diagnostic::unsupported(path.span, message)
                        .help("read what it holds: `e.Name`"),
                );
                None
            }
            _ => {
                if self.scalar(path).ty != Type::Unknown {
                    let message =
                        "an edge of variable length is needed here, such as p of -[p*1..3]->";
                    self.error(Code::ArgumentTypes, path.span, message);
                }
                None
            }
        }
    }

    /// What a function tells of the part of a path at hand.
    fn of_part(
        &mut self,
        pattern: &Pattern,
        name: &ast::Name,
        function: Function,
        span: Span,
    ) -> Expr {
        let Some(part) = pattern.part else {
            let message = format!("`{}` needs to be told of what", name.text);
            self.say(
                Diagnostic::new(Code::ArgumentCount, span, message)
                    .help(format!("write {}(n)", name.text)),
            );
            return self.broken(span);
        };
        let column = |at| Some(Expr::column(at, Type::Long, span));
        let identity = pattern.graph.nodes.schema.columns[0].ty;
        let told = match function {
            Function::Labels => return no_labels(span),
            Function::Identity => Some(Expr::column(0, identity, span)),
            Function::Degree { out } => column(part.width - 2 + usize::from(out)),
            Function::Fold(_) | Function::InnerNodes => None,
        };
        match told.filter(|_| part.node) {
            Some(told) if function == Function::Identity => overload::convert(told, Type::String),
            Some(told) => told,
            None => {
                let message = format!("`{}` tells of nodes, and this is an edge", name.text);
                self.error(Code::ArgumentTypes, span, message);
                self.broken(span)
            }
        }
    }

    /// What a function tells of a node or an edge.
    fn of_element(
        &mut self,
        pattern: &Pattern,
        name: &ast::Name,
        function: Function,
        element: &ast::Expr,
        span: Span,
    ) -> Expr {
        let variable = self.variable(element).map(|(_, variable)| variable);
        let node = match variable {
            Some(Variable::Node(node)) => node,
            Some(Variable::Edge(_)) if function == Function::Labels => return no_labels(span),
            _ => {
                if variable.is_some() || self.scalar(element).ty != Type::Unknown {
                    let message = format!("`{}` needs a node of the pattern here", name.text);
                    self.error(Code::ArgumentTypes, element.span, message);
                }
                return self.broken(span);
            }
        };
        let schema = &pattern.graph.nodes.schema;
        let read = |column, ty| pattern.read(Read::Node { node, column }, ty, span);
        match function {
            Function::Identity => overload::convert(read(0, schema.columns[0].ty), Type::String),
            Function::Degree { out } => read(schema.len() + usize::from(out), Type::Long),
            _ => no_labels(span),
        }
    }
}

/// The labels of what a graph that is not kept by a cluster has.
fn no_labels(span: Span) -> Expr {
    Expr::literal(Value::Dynamic("[]".into()), span)
}
