//! From the tree to the plan: names, scopes, types, overloads; every mistake of a query in one go.
//!
//! A mistake yields a diagnostic and a value of the unknown type (or a table with an open schema), about
//! which nothing more is said, so that one mistake is reported once and binding goes on.

mod aggregate;
mod bag_unpack;
mod basket;
mod call;
mod clusters;
mod columns;
mod composed;
mod entity;
mod expression;
mod find;
mod fitting;
mod function;
pub(crate) mod funnels;
mod geo_lookup;
mod graph;
mod infix;
mod ip_lookup;
mod join;
mod learn;
mod limits;
mod mapping;
mod name;
mod operator;
mod options;
mod overload;
mod partition;
mod pivot;
mod query;
pub(crate) mod recipes;
mod relation;
pub(crate) mod retention;
mod scan;
mod scope;
mod search;
mod service;
mod shared;
pub mod special;
mod stored;
pub(crate) mod threaded;
mod union;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::catalog::StoredFunction;
use crate::contract::{Batch, Context, Fault};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::load::External;
use crate::plan::{Expr, Node, Output, Plan, QueryPlan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Schema, Type, Value};

pub(crate) use graph::Search;
pub(crate) use learn::Called;
pub(crate) use mapping::Mapping;
pub use name::{Item, assign};
pub(crate) use operator::parameter_text;
pub(crate) use partition::MOST_LEGACY;
pub(crate) use relation::scan;
pub use scope::{Binding, Env, Relation, Row};
pub(crate) use special::{converted, share};
pub use stored::Watchlist;

/// The tables a query may name.
pub trait Names {
    /// The columns of a table.
    fn table(&self, name: &str) -> Option<Schema>;
    /// The names of all tables with data, for wildcards.
    fn names(&self) -> Vec<String>;
    /// Whether the tables have rows, so that a plan over them can run.
    fn has_rows(&self) -> bool {
        true
    }
    /// Whether a table of this name is published, so that only its data is missing.
    fn is_published(&self, _name: &str) -> bool {
        false
    }
    /// The data at an address, which `externaldata` names.
    fn external(&self, _address: &str, _data: &External) -> At {
        At::Unknown
    }
    /// The stored function of a name.
    fn function(&self, _name: &str) -> Option<StoredFunction> {
        None
    }
    /// What is known of a watchlist.
    fn watchlist(&self, _alias: &str) -> Watchlist {
        Watchlist::Unknown
    }
    /// Further names a misspelt one may have meant.
    fn candidates(&self) -> Vec<String> {
        self.names()
    }
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq)]
pub enum At {
    /// Nobody can tell, as in `check`.
    Unknown,
    /// No file stands for it.
    Nothing,
    /// A table that can be scanned under this name.
    Table(Arc<str>, Schema),
}

/// Asks for what only data can tell. `None` when there is no data, as in `check`.
pub trait Resolve {
    /// The value of a sub-plan: first column of the first row.
    fn value(&self, shared: &[Plan], plan: &Plan) -> Option<Result<Value, Fault>>;

    /// Runs a sub-plan and hands its rows to `sink` in order.
    ///
    /// If they are few, they are kept: the result then is the name under which they can be scanned
    /// instead of being computed again. `None` without data, and when the run failed, which the
    /// caller of [`bind`] then has to tell.
    fn rows(
        &self,
        _shared: &[Plan],
        _plan: &Plan,
        _sink: &mut (dyn FnMut(&Batch) + Send),
    ) -> Option<Learnt> {
        None
    }
}

/// What has become of rows that were handed over.
pub enum Learnt {
    /// They are kept, as the table of this name.
    Kept(Arc<str>),
    /// They are gone.
    Gone,
}

/// Knows nothing: for checking without data.
pub struct NoData;

impl Resolve for NoData {
    fn value(&self, _: &[Plan], _: &Plan) -> Option<Result<Value, Fault>> {
        None
    }
}

/// What binding yields.
pub struct Bound {
    /// The plan; complete only without errors.
    pub plan: QueryPlan,
    /// What is to be said.
    pub diagnostics: Vec<Diagnostic>,
    /// Options given by `set`, in order.
    pub options: Vec<(String, Option<Value>)>,
    /// Whether the plan depends on which columns a table has beyond those it reads: patterns of names,
    /// `project-away`, `getschema`, a column that may not exist.
    pub asks_schema: bool,
}

/// Binds one query.
pub struct Binder<'a> {
    pub(crate) names: &'a dyn Names,
    pub(crate) context: Option<&'a Context>,
    pub(crate) resolve: &'a dyn Resolve,
    parameters: &'a [(String, Value)],
    diagnostics: Vec<Diagnostic>,
    /// Where the query's text could not be read.
    unread: &'a [Span],
    /// Columns that an operator with an unknown name did not pass on.
    gone: HashSet<Arc<str>>,
    said: HashSet<(Code, Span, String)>,
    pub(crate) shared: Vec<Plan>,
    /// Those of them that stand for the rows of a partition, and hold nothing by themselves.
    partitions: Vec<usize>,
    pub(crate) env: Env,
    pub(crate) row: Option<Row>,
    scope: usize,
    counter: usize,
    aggregation: Option<aggregate::Aggregation>,
    /// Set while an operator's expressions may call window functions; they then set the second flag.
    pub(crate) serialized: bool,
    pub(crate) windowed: bool,
    options: Vec<(String, Option<Value>)>,
    pub(crate) asks_schema: bool,
    /// What of the query's size has been used up.
    spent: limits::Spent,
    /// The functions whose bodies are being bound, innermost last.
    calls: Vec<Arc<str>>,
    /// The functions declared so far, and where the bodies of those begin that were called.
    functions: Vec<Rc<scope::Function>>,
    called: HashSet<Span>,
    /// The call of a function whose text is not the query's, while that is bound.
    abroad: Option<stored::Abroad>,
    /// The stored functions that were called.
    resolved: HashMap<Arc<str>, Option<Rc<scope::Function>>>,
    /// Which stored functions yield tables, as far as that was asked.
    yields: RefCell<HashMap<Arc<str>, bool>>,
    /// The operator that ends the statement at hand, and so may give several tables.
    last: Option<Span>,
    /// The tables that it gives beside its first.
    further: Vec<Output>,
    /// Names of databases, and what they stand for.
    aliases: Vec<(Arc<str>, ast::Expr)>,
}

/// Binds a query.
///
/// `context` is `None` while the query's instant is not known; `parameters` are values for
/// `declare query_parameters`.
pub fn bind(
    query: &ast::Query,
    names: &dyn Names,
    resolve: &dyn Resolve,
    context: Option<&Context>,
    parameters: &[(String, Value)],
) -> Bound {
    let mut binder = Binder {
        names,
        context,
        resolve,
        parameters,
        diagnostics: Vec::new(),
        unread: &query.unread,
        gone: HashSet::new(),
        said: HashSet::new(),
        shared: Vec::new(),
        partitions: Vec::new(),
        env: Env::default(),
        row: None,
        scope: 0,
        counter: 0,
        aggregation: None,
        serialized: false,
        windowed: false,
        options: Vec::new(),
        asks_schema: false,
        spent: limits::Spent::default(),
        calls: Vec::new(),
        functions: Vec::new(),
        called: HashSet::new(),
        abroad: None,
        resolved: HashMap::new(),
        yields: RefCell::default(),
        last: None,
        further: Vec::new(),
        aliases: Vec::new(),
    };
    let results = binder.query(query);
    if !names.has_rows() {
        binder.look_at_uncalled();
    }
    let plan = QueryPlan {
        shared: binder.shared,
        results,
    };
    let mut diagnostics = binder.diagnostics;
    diagnostics.sort_by_key(|d| d.span().start);
    let diagnostics = without_consequences(diagnostics);
    Bound {
        plan: shared::drop_unused(plan),
        diagnostics,
        options: binder.options,
        asks_schema: binder.asks_schema,
    }
}

impl Binder<'_> {
    /// Says something, once. What stands nowhere was missing, as the parser has said.
    pub(crate) fn say(&mut self, diagnostic: Diagnostic) {
        if diagnostic.span().is_empty() && diagnostic.code != Code::NoQuery {
            return;
        }
        let diagnostic = match &self.abroad {
            // The function's own file is where it is warned of.
            Some(_) if diagnostic.severity < Severity::Unsupported => return,
            Some(abroad) => abroad.placed(diagnostic),
            None => diagnostic,
        };
        self.say_again(diagnostic);
    }

    /// Says what was taken back.
    fn say_again(&mut self, diagnostic: Diagnostic) {
        if self.said.insert(key_of(&diagnostic)) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether a part of the query's text could not be read: what it yields is not known then.
    pub(crate) fn is_unread(&self, from: u32, to: u32) -> bool {
        let next = self.unread.partition_point(|p| p.start < from);
        let inside = self.unread.get(next).is_some_and(|p| p.start <= to);
        inside && self.abroad.is_none()
    }

    /// How much has been said so far.
    pub(crate) fn mistakes(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether something wrong was said after the first `before`.
    pub(crate) fn has_errors(&self, before: usize) -> bool {
        let said = self.diagnostics.get(before..).unwrap_or_default();
        said.iter().any(|d| d.severity == Severity::Error)
    }

    /// Takes back all but the first `kept` of what was said.
    fn take_back(&mut self, kept: usize) -> Vec<Diagnostic> {
        let back = self.diagnostics.split_off(kept);
        for diagnostic in &back {
            self.said.remove(&key_of(diagnostic));
        }
        back
    }

    /// Takes back those that only follow from a mistake, of all but the first `kept` that were said.
    fn take_back_what(&mut self, kept: usize, follows: impl Fn(Code) -> bool) {
        for diagnostic in self.take_back(kept) {
            if !follows(diagnostic.code) {
                self.say_again(diagnostic);
            }
        }
    }

    /// Says an error.
    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.say(Diagnostic::new(code, span, message));
    }

    /// Says that something cannot run yet.
    pub(crate) fn unsupported(&mut self, span: Span, message: impl Into<String>) {
        self.say(Diagnostic::unsupported(span, message));
    }

    /// A value nothing more is said about.
    pub(crate) fn broken(&self, span: Span) -> Expr {
        Expr::literal(Value::Null(Type::Unknown), span)
    }

    /// A table nothing more is said about.
    pub(crate) fn broken_table(&self) -> Relation {
        let mut relation = Relation::new(Plan {
            node: Node::Rows {
                columns: Vec::new(),
                rows: 0,
            },
            schema: Schema {
                columns: Vec::new(),
                open: true,
            },
        });
        relation.serialized = true;
        relation
    }

    /// A number not given out before.
    fn fresh(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    /// Runs `f` over the rows of a table with these columns.
    pub(crate) fn over<T>(&mut self, schema: &Schema, f: impl FnOnce(&mut Self) -> T) -> T {
        let row = Row {
            id: self.fresh(),
            schema: Rc::new(schema.clone()),
            visible: true,
            states: Rc::from([]),
            pattern: None,
        };
        let outer = self.row.replace(row);
        let aggregation = self.aggregation.take();
        let result = f(self);
        self.aggregation = aggregation;
        self.row = outer;
        result
    }

    /// Runs `f` where no row is at hand, as in a nested pipeline or a `let`.
    pub(crate) fn outside<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.row.take();
        let aggregation = self.aggregation.take();
        let flags = (self.serialized, self.windowed);
        let result = f(self);
        (self.serialized, self.windowed) = flags;
        self.aggregation = aggregation;
        self.row = outer;
        result
    }

    /// Makes a sub-plan shared: it runs once, whatever uses its number.
    pub(crate) fn share(&mut self, plan: Plan) -> usize {
        self.shared.push(plan);
        self.shared.len() - 1
    }
}

/// What tells two diagnostics apart.
fn key_of(diagnostic: &Diagnostic) -> (Code, Span, String) {
    (
        diagnostic.code,
        diagnostic.span(),
        diagnostic.message.clone(),
    )
}

/// Leaves out what follows from a mistake inside: what holds one is of no kind yet.
fn without_consequences(mut sorted: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let errors: Vec<Span> = sorted
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(Diagnostic::span)
        .collect();
    sorted.retain(|d| {
        let of_a_kind = matches!(
            d.code,
            Code::TableExpected
                | Code::ScalarExpected
                | Code::WrongType
                | Code::ArgumentTypes
                | Code::OperandTypes
                | Code::CommonType
        );
        let at = d.span();
        let from = errors.partition_point(|p| p.start < at.start);
        let mut inside = errors[from..].iter().take_while(|p| p.start < at.end);
        !(of_a_kind && inside.any(|p| p.end <= at.end && *p != at))
    });
    sorted
}
