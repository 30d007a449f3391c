//! A session: tables, context and settings; and the way from a query's text to its rows, as one
//! readable function.

mod ahead;
mod causes;
mod look;
mod made;

use ahead::Ahead;
use causes::together;
use made::Made;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::bind::{self, At, Bound, Learnt, Names, NoData, Resolve, Watchlist};
use crate::catalog::{self, Catalog, Declared, StoredFunction};
use crate::contract::{Batch, Context, DataSource, Fault, Flow, GeoIp, Tables, UserAgents};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::engine::{self, Options, Table};
use crate::load::External;
use crate::plan::{Node, Output, Plan, QueryPlan, Render, optimise};
use crate::source::{Source, Span};
use crate::syntax::{self, ast};
use crate::types::{Schema, Type, UNIX_EPOCH_TICKS, Value};

/// What the last result is called.
pub const LAST: &str = "_";

/// What `now()` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// An instant, in ticks.
    At(i64),
    /// The latest `TimeGenerated` or `Timestamp` of the tables that the query reads.
    Latest,
}

impl Now {
    /// The clock's instant.
    pub fn clock() -> Now {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let ticks = i64::try_from(since.as_nanos() / 100).unwrap_or(i64::MAX - UNIX_EPOCH_TICKS);
        Now::At(UNIX_EPOCH_TICKS + ticks)
    }
}

/// Tables, context and settings of a run of queries.
pub struct Session {
    /// The tables.
    pub catalog: Catalog,
    /// What `now()` is.
    pub now: Now,
    /// The GeoIP database.
    pub geoip: GeoIp,
    /// The patterns of user agents.
    pub user_agents: UserAgents,
    /// Values of `declare query_parameters`, as text or typed.
    pub parameters: Vec<(String, Value)>,
    /// Threads, memory, cancellation.
    pub options: Options,
    /// Seed of random functions.
    pub seed: u64,
    /// The files that stand for the addresses which `externaldata` names.
    pub url_map: BTreeMap<String, PathBuf>,
    /// Tables that queries made while they were bound.
    made: Made,
    /// Tables read while the latest instant was looked for.
    ahead: Ahead,
    /// The last result, which a shell calls `_`, and what `now()` was for it.
    last: Option<(Arc<dyn DataSource>, i64)>,
}

/// Why a query has no answer.
#[derive(Debug)]
pub enum Failure {
    /// It is wrong, or cannot run yet.
    Query(Vec<Diagnostic>),
    /// Data, a limit, or the user stopped it.
    Fault(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure::Fault(fault)
    }
}

/// A query's rows, and what is to be said beside them.
#[derive(Debug)]
pub struct Answer {
    /// One table per tabular statement, and how it wants to be drawn.
    pub results: Vec<(Table, Option<Render>)>,
    /// Warnings about the query.
    pub diagnostics: Vec<Diagnostic>,
    /// Warnings of the run.
    pub notes: Vec<String>,
    /// What `now()` was.
    pub now: i64,
}

/// A query's plan.
pub struct Explained {
    /// As the query is meant.
    pub bound: QueryPlan,
    /// As it would run.
    pub optimised: QueryPlan,
    /// Warnings about the query.
    pub diagnostics: Vec<Diagnostic>,
}

/// A query of which everything has run but the results themselves.
pub struct Started {
    /// The query.
    pub prepared: Prepared,
    /// What its results share.
    shared: Vec<Arc<Table>>,
}

/// A query ready to run.
pub struct Prepared {
    /// What to run.
    pub plan: QueryPlan,
    /// The context it runs in.
    pub context: Context,
    /// Warnings about the query.
    pub diagnostics: Vec<Diagnostic>,
}

impl Session {
    /// A session over these tables, at the clock's instant, without a GeoIP database.
    pub fn new(catalog: Catalog) -> Session {
        Session {
            catalog,
            now: Now::clock(),
            geoip: GeoIp::Unavailable,
            user_agents: UserAgents::Unavailable,
            parameters: Vec::new(),
            options: Options::default(),
            seed: 0,
            url_map: BTreeMap::new(),
            made: Made::default(),
            ahead: Ahead::default(),
            last: None,
        }
    }

    /// Runs a query: text → tree → plan → rows.
    ///
    /// # Errors
    /// When the query is wrong or cannot run yet, when data cannot be read, or on a limit.
    pub fn run(&self, source: &Source) -> Result<Answer, Failure> {
        let prepared = self.prepare(source)?;
        let tables = engine::run(&prepared.plan, self, &prepared.context, &self.options)
            .map_err(|fault| located(fault, prepared.diagnostics.clone()))?;
        let renders = prepared.plan.results.iter().map(|o| o.render.clone());
        Ok(Answer {
            results: tables.into_iter().zip(renders).collect(),
            diagnostics: prepared.diagnostics,
            notes: prepared.context.notes.take(),
            now: prepared.context.now,
        })
    }

    /// Starts a query: prepares it, and runs what its results share.
    ///
    /// # Errors
    /// As for [`Session::run`].
    pub fn start(&self, source: &Source) -> Result<Started, Failure> {
        let prepared = self.prepare(source)?;
        let shared = engine::run_shared(&prepared.plan, self, &prepared.context, &self.options)
            .map_err(|fault| located(fault, prepared.diagnostics.clone()))?;
        Ok(Started { prepared, shared })
    }

    /// Hands the rows of one result of a started query to `sink`, in order, as they become ready.
    ///
    /// # Errors
    /// As for [`Session::run`], or the sink's.
    pub fn stream(
        &self,
        started: &Started,
        result: usize,
        sink: &mut (dyn FnMut(Batch) -> Result<Flow, Fault> + Send),
    ) -> Result<(), Failure> {
        let Started { prepared, shared } = started;
        let Some(output) = prepared.plan.results.get(result) else {
            return Err(Fault::internal("a query has not as many results").into());
        };
        let (context, options) = (&prepared.context, &self.options);
        engine::stream_plan(&output.plan, shared, self, context, options, sink)
            .map_err(|fault| located(fault, prepared.diagnostics.clone()))
    }

    /// The plan of a query, as it is meant and as it would run. Without any data, tables are the published ones.
    ///
    /// # Errors
    /// When the query is wrong, or cannot run yet.
    pub fn explain(&self, source: &Source) -> Result<Explained, Failure> {
        let parsed = syntax::parse(source);
        if self.catalog.names().next().is_none() && !has_errors(&parsed.diagnostics) {
            let context = Context::for_check(match self.now {
                Now::At(now) => now,
                Now::Latest => UNIX_EPOCH_TICKS,
            });
            let (query, values) = (&parsed.query, &self.parameters);
            let mut declared = Declared::default();
            declared.functions.clone_from(self.catalog.functions());
            let bound = bind::bind(
                query,
                &Published(&declared),
                &NoData,
                Some(&context),
                values,
            );
            if bound.diagnostics.iter().any(refuses) {
                return Err(Failure::Query(bound.diagnostics));
            }
            let mut optimised = bound.plan.clone();
            optimise::optimise(&mut optimised, &context);
            return Ok(Explained {
                bound: bound.plan,
                optimised,
                diagnostics: bound.diagnostics,
            });
        }
        let prepared = self.prepare(source)?;
        let bound = self.bind(&parsed.query, Some(&prepared.context))?;
        Ok(Explained {
            bound: bound.plan,
            optimised: prepared.plan,
            diagnostics: prepared.diagnostics,
        })
    }

    /// Makes a query ready to run.
    ///
    /// # Errors
    /// As for [`Session::run`], but for what only rows show.
    pub fn prepare(&self, source: &Source) -> Result<Prepared, Failure> {
        let parsed = syntax::parse(source);
        if has_errors(&parsed.diagnostics) {
            return Err(Failure::Query(self.all_mistakes(source, &parsed)));
        }
        self.prepare_query(&parsed.query)
    }

    /// The mistakes of a text that does not parse, with those that binding what did parse shows.
    fn all_mistakes(&self, source: &Source, parsed: &syntax::Parse) -> Vec<Diagnostic> {
        match self.bind(&parsed.query, None) {
            Ok(bound) => together(source.text(), parsed.diagnostics.clone(), bound.diagnostics),
            Err(_) => parsed.diagnostics.clone(),
        }
    }

    fn prepare_query(&self, query: &ast::Query) -> Result<Prepared, Failure> {
        self.made.forget_rows();
        // A table of a known kind is first surveyed by its beginning; a query that needs to know all of
        // its columns makes it complete, and is bound once more.
        loop {
            self.ahead.forget();
            let context = match self.now {
                Now::At(now) => self.context(now),
                Now::Latest => self.context(match &self.options.profile {
                    Some(profile) => {
                        profile.before("looking for the latest instant", || self.latest(query))?
                    }
                    None => self.latest(query)?,
                }),
            };
            let bound = self.bind(query, Some(&context))?;
            if self.made.is_to_bind_again() {
                continue;
            }
            if bound.diagnostics.iter().any(refuses) {
                if self.complete(|_, _| true, &bound.plan)? {
                    continue;
                }
                return Err(Failure::Query(bound.diagnostics));
            }
            let context = with_options(context, &bound.options);
            let mut plan = bound.plan;
            optimise::optimise(&mut plan, &context);
            let asks = bound.asks_schema;
            let all = |columns: usize, schema: &Schema| asks || columns >= schema.len();
            if self.complete(all, &plan)? {
                continue;
            }
            return Ok(Prepared {
                plan,
                context,
                diagnostics: bound.diagnostics,
            });
        }
    }

    /// Completes the provisional schemas of the plan's tables for which `needed` (columns scanned,
    /// schema) holds; whether any was.
    fn complete(
        &self,
        needed: impl Fn(usize, &Schema) -> bool,
        plan: &QueryPlan,
    ) -> Result<bool, Fault> {
        let mut wanted = Vec::new();
        each_scan(plan, |table, columns| {
            wanted.push((table.clone(), columns.len()));
        });
        let mut completed = false;
        for (table, columns) in wanted {
            let source = match self.made.source(&table) {
                Some(made) => Some(made),
                None => self.table(&table)?,
            };
            if let Some(source) = source
                && source.provisional()
                && needed(columns, &source.schema())
            {
                source.complete()?;
                completed = true;
            }
        }
        Ok(completed)
    }

    /// Binds a query over this session's tables.
    fn bind(&self, query: &ast::Query, context: Option<&Context>) -> Result<Bound, Fault> {
        let names = WithData {
            session: self,
            catalog: &self.catalog,
            fault: RefCell::new(None),
        };
        let resolve = Run {
            session: self,
            context,
            fault: RefCell::new(None),
        };
        let bound = bind::bind(query, &names, &resolve, context, &self.parameters);
        match names.fault.into_inner().or(resolve.fault.into_inner()) {
            Some(fault) => Err(fault),
            None => Ok(bound),
        }
    }

    fn context(&self, now: i64) -> Context {
        Context {
            geoip: self.geoip.clone(),
            user_agents: self.user_agents.clone(),
            seed: self.seed,
            ..Context::at(now)
        }
    }

    /// The latest instant in the tables that a query reads.
    fn latest(&self, query: &ast::Query) -> Result<i64, Failure> {
        let bound = self.bind(query, None)?;
        // The tables are those of the plan as bound: at another instant a filter may turn out always
        // false. The columns are those of the plan optimised at some instant: others are read later.
        let mut tables: BTreeMap<Arc<str>, BTreeSet<usize>> = BTreeMap::new();
        let mut plan = bound.plan;
        each_scan(&plan, |table, _| {
            tables.entry(table.clone()).or_default();
        });
        optimise::optimise(&mut plan, &Context::for_check(UNIX_EPOCH_TICKS));
        each_scan(&plan, |table, columns| {
            tables.entry(table.clone()).or_default().extend(columns);
        });
        let mut latest: Option<i64> = None;
        for (table, columns) in &tables {
            if let Some((_, now)) = self.last.as_ref().filter(|_| **table == *LAST) {
                latest = latest.max(Some(*now));
            } else if let Some(source) = self.table(table)? {
                latest = latest.max(self.ahead.latest(self, table, &source, columns)?);
            }
        }
        match latest {
            Some(latest) => Ok(latest),
            None if bound.diagnostics.iter().any(refuses) => Err(Failure::Query(bound.diagnostics)),
            // A query over no table has no use for the data's instant.
            None if tables.is_empty() => match Now::clock() {
                Now::At(now) => Ok(now),
                Now::Latest => Ok(0),
            },
            None => {
                let names: Vec<&str> = tables.keys().map(|t| &**t).collect();
                Err(Failure::Fault(
                    Fault::data(format!(
                        "--now latest: no row of {} has a TimeGenerated or Timestamp",
                        names.join(", ")
                    ))
                    .help("give the instant itself, as in --now 2026-01-31T12:00:00Z"),
                ))
            }
        }
    }
}

/// The context as the query's `set` statements want it.
fn with_options(mut context: Context, options: &[(String, Option<Value>)]) -> Context {
    let mut auto: (Option<Value>, Option<Value>) = (None, None);
    for (name, value) in options {
        match (name.as_str(), value) {
            ("query_now", Some(Value::Datetime(now))) => context.now = *now,
            ("query_bin_auto_size", Some(value)) => auto.0 = Some(value.clone()),
            ("query_bin_auto_at", Some(value)) => auto.1 = Some(value.clone()),
            _ => {}
        }
    }
    context.bin_auto = auto.0.map(|size| (size, auto.1));
    context
}

impl Tables for Session {
    fn source(&self, table: &str) -> Option<Arc<dyn DataSource>> {
        let made = self.made.source(table);
        let made = made.or_else(|| self.ahead.source(table));
        made.or_else(|| self.table(table).ok().flatten())
    }
}

/// The tables with data.
struct WithData<'a> {
    session: &'a Session,
    catalog: &'a Catalog,
    fault: RefCell<Option<Fault>>,
}

impl Names for WithData<'_> {
    fn table(&self, name: &str) -> Option<Schema> {
        match self.session.table(name) {
            Ok(source) => source.map(|s| s.schema()),
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                None
            }
        }
    }

    fn names(&self) -> Vec<String> {
        self.catalog.names().map(ToString::to_string).collect()
    }

    fn is_published(&self, name: &str) -> bool {
        catalog::known(name).is_some()
    }

    fn external(&self, address: &str, data: &External) -> At {
        let found = self.session.made.external(self.session, address, data);
        found.unwrap_or_else(|fault| {
            self.fault.borrow_mut().get_or_insert(fault);
            At::Unknown
        })
    }

    fn function(&self, name: &str) -> Option<StoredFunction> {
        self.catalog.function(name).cloned()
    }

    fn watchlist(&self, alias: &str) -> Watchlist {
        match self.catalog.watchlist(alias) {
            Ok(Some(function)) => Watchlist::Function(function),
            Ok(None) => {
                let aliases = self.catalog.watchlists();
                Watchlist::Missing(aliases.map(ToString::to_string).collect())
            }
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                Watchlist::Unknown
            }
        }
    }
}

/// What is known of tables without data, for checking.
struct Published<'a>(&'a Declared);

impl Names for Published<'_> {
    fn table(&self, name: &str) -> Option<Schema> {
        self.0.schema(name)
    }

    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn has_rows(&self) -> bool {
        false
    }

    fn candidates(&self) -> Vec<String> {
        self.0.candidates()
    }

    fn function(&self, name: &str) -> Option<StoredFunction> {
        let given = self.0.functions.get(name);
        given.or_else(|| catalog::workspace_function(name)).cloned()
    }
}

/// A query as it was understood without data.
pub struct Checked {
    /// Its tree.
    pub query: ast::Query,
    /// Its plan; whole only without errors.
    pub plan: QueryPlan,
    /// What is to be said.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a query, and nothing more.
pub fn read(source: &Source) -> Checked {
    let parsed = syntax::parse(source);
    Checked {
        query: parsed.query,
        plan: QueryPlan {
            shared: Vec::new(),
            results: Vec::new(),
        },
        diagnostics: parsed.diagnostics,
    }
}

/// Reads and binds a query, from its text and what is known of tables. `parameters` are those of the function
/// whose body it is.
pub fn examine_with(source: &Source, parameters: &[(String, Type)], tables: &Declared) -> Checked {
    let mut parsed = syntax::parse(source);
    if !parameters.is_empty() {
        parsed.query.statements.insert(0, declaration(parameters));
    }
    let bound = bind::bind(&parsed.query, &Published(tables), &NoData, None, &[]);
    let mut diagnostics = together(source.text(), parsed.diagnostics, bound.diagnostics);
    // A file of functions for other queries is no mistake; running it would be.
    for diagnostic in diagnostics.iter_mut().filter(|d| d.code == Code::NoQuery) {
        diagnostic.severity = Severity::Info;
    }
    Checked {
        diagnostics,
        query: parsed.query,
        plan: bound.plan,
    }
}

/// The same from the published tables alone.
pub fn examine(source: &Source, parameters: &[(String, Type)]) -> Checked {
    examine_with(source, parameters, &Declared::default())
}

/// What is to be said about a query, from its text and the published tables alone.
pub fn check(source: &Source) -> Vec<Diagnostic> {
    examine(source, &[]).diagnostics
}

/// `declare query_parameters(…)`
fn declaration(parameters: &[(String, Type)]) -> ast::Statement {
    let span = Span::default();
    let declared = parameters.iter().map(|(name, ty)| ast::Parameter {
        name: ast::Name {
            text: name.as_str().into(),
            quoted: false,
            span,
        },
        ty: ast::ParameterType::Scalar(ast::TypeName {
            ty: Some(*ty),
            text: ty.to_string().into(),
            span,
        }),
        default: None,
    });
    ast::Statement {
        kind: ast::StatementKind::QueryParameters(declared.collect()),
        span,
    }
}

/// Learns values from data by running the sub-plan.
struct Run<'a> {
    session: &'a Session,
    context: Option<&'a Context>,
    fault: RefCell<Option<Fault>>,
}

/// A sub-plan as a query of its own, as it would run.
fn optimised(shared: &[Plan], plan: &Plan, context: &Context) -> QueryPlan {
    let mut query = QueryPlan {
        shared: shared.to_vec(),
        results: vec![Output {
            plan: plan.clone(),
            render: None,
        }],
    };
    optimise::optimise(&mut query, context);
    query
}

impl Resolve for Run<'_> {
    fn value(&self, shared: &[Plan], plan: &Plan) -> Option<Result<Value, Fault>> {
        let context = self.context?;
        let query = optimised(shared, plan, context);
        let first = plan.schema.columns.first()?.ty;
        let tables = engine::run(&query, self.session, context, &self.session.options);
        Some(tables.map(|tables| {
            tables
                .first()
                .and_then(Table::first_value)
                .unwrap_or_else(|| Value::null(first))
        }))
    }

    fn rows(
        &self,
        shared: &[Plan],
        plan: &Plan,
        sink: &mut (dyn FnMut(&Batch) + Send),
    ) -> Option<Learnt> {
        let context = self.context?;
        let query = optimised(shared, plan, context);
        // Rows that are kept hide the tables they come from: those must be complete first.
        let all = |columns: usize, schema: &Schema| columns >= schema.len();
        let session = self.session;
        let learnt = match session.complete(all, &query) {
            Ok(false) => session.made.rows(session, context, &query, sink),
            Ok(true) => {
                session.made.bind_again();
                return None;
            }
            Err(fault) => Err(fault),
        };
        let failed = |fault| self.fault.borrow_mut().get_or_insert(fault).kind;
        learnt.map_err(failed).ok()
    }
}

/// Calls `f` with the table and the columns of every scan of a query.
fn each_scan(plan: &QueryPlan, mut f: impl FnMut(&Arc<str>, &[usize])) {
    for part in parts(plan) {
        part.visit(&mut |p| {
            if let Node::Scan { table, columns, .. } = &p.node {
                f(table, columns);
            }
        });
    }
}

/// The plans of a query.
fn parts(plan: &QueryPlan) -> impl Iterator<Item = &Plan> {
    plan.shared
        .iter()
        .chain(plan.results.iter().map(|output| &output.plan))
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Whether a diagnostic keeps the query from running.
fn refuses(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity > Severity::Warning
}

/// A fault that lies in the query, as a diagnostic at its place.
fn located(fault: Fault, mut diagnostics: Vec<Diagnostic>) -> Failure {
    match (fault.code, fault.span) {
        (Some(code), Some(span)) => {
            let mut diagnostic = Diagnostic::new(code, span, fault.message);
            diagnostic.help = fault.help;
            diagnostics.push(diagnostic);
            Failure::Query(diagnostics)
        }
        _ => Failure::Fault(fault),
    }
}
