//! Binds what expressions over a match read: properties of its nodes and edges, and these as a whole.

use std::collections::HashSet;

use super::pattern::{Pattern, Variable};
use crate::bind::Binder;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::functions::pack::bag_of;
use crate::plan::Expr;
use crate::plan::graph::{Fold, Read};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Type};

impl Pattern {
    /// The value of a read, as a column.
    pub(super) fn read(&self, read: Read, ty: Type, span: Span) -> Expr {
        let mut reads = self.reads.borrow_mut();
        let known = reads.iter().position(|own| *own == read);
        let at = known.unwrap_or_else(|| {
            reads.push(read);
            reads.len() - 1
        });
        let before = self.part.map_or(0, |part| part.width);
        Expr::column(before + at, ty, span)
    }

    /// A column of a node or an edge, or those of a path's edges as an array.
    fn column(&self, variable: Variable, column: usize, ty: Type, span: Span) -> Expr {
        match variable {
            Variable::Node(node) => self.read(Read::Node { node, column }, ty, span),
            Variable::Edge(hop) => self.read(Read::Edge { hop, column }, ty, span),
            Variable::Path(hop) => {
                let body = Expr::column(column, ty, span);
                self.fold(hop, false, Fold::Map, body, span)
            }
        }
    }

    pub(super) fn fold(&self, hop: usize, inner: bool, fold: Fold, body: Expr, span: Span) -> Expr {
        let read = Read::Path {
            hop,
            inner,
            fold,
            body,
        };
        self.read(read, fold.ty(), span)
    }

    /// The columns that a query can name, and where they stand.
    fn columns(&self, variable: Variable) -> Vec<(usize, &Column)> {
        match variable {
            Variable::Node(_) => self.graph.properties().collect(),
            Variable::Edge(_) | Variable::Path(_) => self.graph.columns().collect(),
        }
    }
}

impl Binder<'_> {
    /// The pattern whose nodes and edges can be read here.
    pub(super) fn pattern_here(&self) -> Option<Pattern> {
        let row = self.row.as_ref().filter(|row| row.visible)?;
        row.pattern.clone()
    }

    /// Whether a pattern's nodes and edges can be read here.
    pub(crate) fn in_pattern(&self) -> bool {
        self.row
            .as_ref()
            .is_some_and(|row| row.visible && row.pattern.is_some())
    }

    /// What a bare name stands for in a pattern, if it is not the column of a path's part.
    pub(super) fn variable(&self, e: &ast::Expr) -> Option<(Pattern, Variable)> {
        let ast::ExprKind::Name(name) = &e.kind else {
            return None;
        };
        let pattern = self.pattern_here()?;
        let part = self.row.as_ref()?;
        if part.schema.index(&name.text).is_some() {
            return None;
        }
        let variable = pattern.shape.find(&name.text)?;
        Some((pattern, variable))
    }

    /// A node, an edge or a path as a whole: a bag of what it holds, or an array of bags.
    pub(crate) fn pattern_variable(&mut self, name: &ast::Name) -> Option<Expr> {
        let pattern = self.pattern_here()?;
        let variable = pattern.shape.find(&name.text)?;
        let span = name.span;
        self.asks_schema = true;
        if !pattern.graph.clashes.is_empty() && matches!(variable, Variable::Node(_)) {
            let message = "a node as a whole cannot be given where tables of nodes have a column in different types";
            self.unsupported(span, message);
            return Some(self.broken(span));
        }
        let columns = pattern.columns(variable);
        let bag = |value: &dyn Fn(usize, &Column) -> Expr| {
            let columns = columns.iter();
            let named = columns.map(|(at, column)| (column.name.clone(), value(*at, column)));
            bag_of(named.collect(), true, span)
        };
        Some(match variable {
            Variable::Path(hop) => {
                let body = bag(&|at, column| Expr::column(at, column.ty, span));
                pattern.fold(hop, false, Fold::Map, body, span)
            }
            _ => bag(&|at, column| pattern.column(variable, at, column.ty, span)),
        })
    }

    /// `n.Name`: a property of a node or an edge.
    pub(crate) fn pattern_property(
        &mut self,
        base: &ast::Expr,
        member: &ast::Name,
        span: Span,
    ) -> Option<Expr> {
        if let ast::ExprKind::Path { base: inner, .. } = &base.kind
            && let Some((_, Variable::Path(_))) = self.variable(inner)
        {
            return Some(self.map_instead(span));
        }
        let (pattern, variable) = self.variable(base)?;
        let columns = pattern.columns(variable);
        let found = columns.iter().find(|(_, c)| c.name == member.text);
        let Some((at, column)) = found else {
            return Some(self.no_property(&pattern, variable, member));
        };
        if pattern.condition && matches!(variable, Variable::Path(_)) {
            let message =
                "an edge of variable length has several values here, one for each of its edges";
            self.say(
                Diagnostic::new(Code::WrongType, span, message)
                    .kusto_as("SEM1054")
                    .help("write all(…), any(…) or map(…) of it"),
            );
            return Some(self.broken(span));
        }
        Some(pattern.column(variable, *at, column.ty, span))
    }

    /// What stands in a property of a path's edges has to be asked of each.
    fn map_instead(&mut self, span: Span) -> Expr {
        let message = "a part of what each edge of a path holds cannot be read this way here";
        self.say(
            Diagnostic::unsupported(span, message)
                .help("ask each edge: `map(path, property.part)`"),
        );
        self.broken(span)
    }

    fn no_property(&mut self, pattern: &Pattern, variable: Variable, member: &ast::Name) -> Expr {
        let node = matches!(variable, Variable::Node(_));
        let what = if node { "node" } else { "edge" };
        let name = &member.text;
        let mut diagnostic = Diagnostic::new(
            Code::UnknownName,
            member.span,
            format!("no {what} of this graph has a property `{name}`"),
        );
        let columns = pattern.columns(variable);
        let names: Vec<&str> = columns.iter().map(|(_, c)| &*c.name).collect();
        if node && pattern.graph.clashes.contains(name) {
            diagnostic = diagnostic.help(format!(
                "two tables of nodes have `{name}` in different types, so Kusto leaves it out; convert one"
            ));
        } else if let Some(near) = nearest(name, names.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if names.is_empty() {
            diagnostic = diagnostic
                .help("`make-graph … with_node_id=Name` names what identifies them, `with Nodes on Id` gives them more");
        } else {
            let few: Vec<&str> = names.iter().take(12).copied().collect();
            let more = if names.len() > 12 { ", …" } else { "" };
            diagnostic = diagnostic.help(format!("properties here: {}{more}", few.join(", ")));
        }
        self.say(diagnostic);
        self.broken(member.span)
    }

    /// `n['Name']`, whose type Kusto's own service does not tell.
    pub(crate) fn pattern_index(&mut self, base: &ast::Expr, span: Span) -> Option<Expr> {
        match self.variable(base)? {
            (_, Variable::Path(_)) => None,
            _ => {
                let message = "a property of a node or an edge cannot be read by brackets here";
                self.say(
                    Diagnostic::unsupported(span, message).help("write it with a dot: `n.Name`"),
                );
                Some(self.broken(span))
            }
        }
    }

    /// The names of the nodes and edges that can be read here.
    pub(crate) fn pattern_names(&self) -> Vec<String> {
        let Some(pattern) = self.pattern_here() else {
            return Vec::new();
        };
        let nodes = pattern.shape.nodes.iter().flatten();
        let edges = pattern
            .shape
            .hops
            .iter()
            .filter_map(|(name, _)| name.as_ref());
        let all: HashSet<String> = nodes.chain(edges).map(ToString::to_string).collect();
        let mut all: Vec<String> = all.into_iter().collect();
        all.sort_unstable();
        all
    }
}
