//! What names mean at a place: variables declared by `let`, parameters, and the columns of the row at hand.

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::graph::{Graph, Pattern};
use crate::catalog::StoredFunction;
use crate::plan::{Expr, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::text::wildcard;
use crate::types::Schema;

/// Columns of the row at hand. Each pipeline stage has a row of its own, told apart by `id`, so that an
/// expression bound over one row is never read over another.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which row.
    pub id: usize,
    /// Its columns.
    pub schema: Rc<Schema>,
    /// Whether names can mean its columns: not so in a function's body, whose arguments may
    /// still be computed from them.
    pub visible: bool,
    /// The steps of `scan` whose states can be read here; behind the columns stand those of each state.
    pub states: Rc<[Arc<str>]>,
    /// The pattern whose nodes and edges can be read here.
    pub pattern: Option<Pattern>,
}

/// A table while it is being bound.
#[derive(Clone, Debug)]
pub struct Relation {
    /// How its rows are made.
    pub plan: Plan,
    /// Whether its rows stand in a fixed order (for `prev`, `row_number`, …).
    pub serialized: bool,
    /// Its name for `withsource`: a table, an `as` name or a view.
    pub label: Option<Arc<str>>,
    /// What `render` said.
    pub render: Option<crate::plan::Render>,
    /// The graph that it is, in place of a table.
    pub graph: Option<Rc<Graph>>,
}

impl Relation {
    /// Rows in no particular order, without a name.
    pub fn new(plan: Plan) -> Relation {
        Relation {
            plan,
            serialized: false,
            label: None,
            render: None,
            graph: None,
        }
    }

    /// Its rows computed further: order stays, the name is lost.
    #[must_use]
    pub fn then(self, further: impl FnOnce(Plan) -> Plan) -> Relation {
        Relation {
            plan: further(self.plan),
            serialized: self.serialized,
            label: None,
            render: None,
            graph: None,
        }
    }
}

impl From<Relation> for crate::plan::Output {
    fn from(relation: Relation) -> Self {
        crate::plan::Output {
            plan: relation.plan,
            render: relation.render,
        }
    }
}

/// What a variable stands for.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A scalar: an expression, over the row of this id if it has columns.
    Scalar {
        /// The expression.
        expr: Expr,
        /// The row its columns are of.
        row: Option<usize>,
    },
    /// A table.
    Table(Rc<Relation>),
    /// A function.
    Function(Rc<Function>),
    /// A pattern: calls of it are told apart by their arguments.
    Pattern(Rc<Declared>),
    /// A database or cluster, whose tables are named through it.
    Entity(Rc<ast::Expr>),
    /// Several of these.
    Group(Rc<Vec<ast::Expr>>),
    /// From here on only some tables can be named.
    Restricted(Rc<Access>),
    /// A name whose value had errors: says nothing more.
    Broken,
}

/// A function with the scope it was declared in.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Arc<str>,
    /// As written.
    pub ast: Arc<ast::Function>,
    /// The scope of its body.
    pub env: Env,
    /// Whether calling it yields a table.
    pub tabular: bool,
    /// What is stored of it, where its text is not the query's.
    pub stored: Option<Rc<StoredFunction>>,
}

/// A pattern with the scope it was declared in.
#[derive(Debug)]
pub struct Declared {
    /// As written.
    pub ast: ast::Pattern,
    /// The scope of its bodies.
    pub env: Env,
}

/// What `restrict access to` leaves: names, and patterns of names.
#[derive(Debug, Default)]
pub struct Access {
    /// Of what was declared before it.
    pub declared: Vec<Arc<str>>,
    /// Of tables with data.
    pub tables: Vec<Arc<str>>,
}

impl Access {
    fn allows(list: &[Arc<str>], name: &str) -> bool {
        list.iter().any(|pattern| wildcard(pattern, name))
    }
}

/// A chain of declarations, innermost first; cheap to keep.
#[derive(Clone, Debug, Default)]
pub struct Env(Option<Rc<Node>>);

#[derive(Debug)]
struct Node {
    name: Arc<str>,
    binding: Binding,
    scope: usize,
    span: Span,
    next: Env,
}

impl Env {
    /// With one more declaration in scope `scope`.
    #[must_use]
    pub fn with(&self, name: Arc<str>, binding: Binding, scope: usize, span: Span) -> Env {
        Env(Some(Rc::new(Node {
            name,
            binding,
            scope,
            span,
            next: self.clone(),
        })))
    }

    /// The innermost declaration of `name`.
    pub fn get(&self, name: &str) -> Option<&Binding> {
        let mut hidden = false;
        for node in self.nodes() {
            match &node.binding {
                Binding::Restricted(access) => hidden |= !Access::allows(&access.declared, name),
                binding if &*node.name == name => {
                    let tabular = match binding {
                        Binding::Table(_) | Binding::Pattern(_) => true,
                        Binding::Function(function) => function.tabular,
                        _ => false,
                    };
                    return (!hidden || !tabular).then_some(binding);
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a table with data may be named here.
    pub fn allows_table(&self, name: &str) -> bool {
        self.nodes().all(|node| match &node.binding {
            Binding::Restricted(access) => Access::allows(&access.tables, name),
            _ => true,
        })
    }

    /// Where `name` was declared in scope `scope`, if it was.
    pub fn declared_in(&self, name: &str, scope: usize) -> Option<Span> {
        self.nodes()
            .find(|n| n.scope == scope && &*n.name == name)
            .map(|n| n.span)
    }

    /// All names and what they stand for, innermost first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Binding)> {
        self.nodes().map(|n| (&*n.name, &n.binding))
    }

    fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.0.as_deref(), |n| n.next.0.as_deref())
    }
}

impl Drop for Node {
    /// Long chains are dropped link by link, not by recursion.
    fn drop(&mut self) {
        let mut next = self.next.0.take();
        while let Some(node) = next {
            match Rc::try_unwrap(node) {
                Ok(mut node) => next = node.next.0.take(),
                Err(_) => break,
            }
        }
    }
}
