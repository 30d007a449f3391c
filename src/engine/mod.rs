//! The executor: runs a plan over a source's morsels, vectorised, on several threads, within a memory budget.
//!
//! A plan becomes a [`pipeline::Pipeline`]: a source and row-wise steps. What needs more than a row at a time
//! (grouping, sorting, the build side of a join) is a breaker: it runs the pipeline below it to its end and is the
//! source of the next. Parts of morsels are merged in order, so that the answer never depends on scheduling.

mod choice;
mod each;
mod expand;
mod expression;
mod extract;
mod filler;
mod generate;
mod join;
mod keys;
mod order;
mod pipeline;
mod profile;
mod rows;
mod sort;
mod spill;
mod steps;
mod summarize;
mod whole;
mod window;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use rayon::ThreadPool;

use crate::contract::{
    Batch, Budget, Cancel, Context, Fault, Flow, METER, Predicate, ScanRequest, Tables,
};
use crate::plan::{Node, Plan, QueryPlan};
use crate::text;
use crate::types::{Schema, Type, Value, arrays};

pub use each::each;
pub use profile::{Profile, Stage};
pub(crate) use rows::{compact, weight};

use expression::Preparation;
use pipeline::{Pipeline, guarded};

/// Rows of a batch unless told otherwise: its columns stay in a core's cache.
const BATCH_ROWS: usize = 8192;

/// How a plan is run.
#[derive(Clone)]
pub struct Options {
    /// Worker threads.
    pub threads: usize,
    /// Rows of a batch at most.
    pub batch_rows: usize,
    /// Rows of a morsel of what is in memory already.
    pub morsel_rows: usize,
    /// Groups that a worker keeps by itself before workers share them out.
    pub spread_groups: usize,
    /// Memory of the operators that keep rows.
    pub budget: Budget,
    /// Stops the run.
    pub cancel: Cancel,
    /// Where rows go that do not fit in memory; the system's own folder for such files unless given.
    pub spill_folder: Option<PathBuf>,
    /// Takes note of time and rows, if anybody asks for them.
    pub profile: Option<Arc<Profile>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            batch_rows: BATCH_ROWS,
            morsel_rows: 16 * BATCH_ROWS,
            spread_groups: 1 << 16,
            budget: Budget::new(usize::MAX),
            cancel: Cancel::default(),
            spill_folder: None,
            profile: None,
        }
    }
}

/// Rows in order, and their columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The columns.
    pub schema: Schema,
    /// The rows.
    pub batches: Vec<Batch>,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(|b| b.rows).sum()
    }

    /// The value of the first column of the first row, if there is one.
    pub fn first_value(&self) -> Option<Value> {
        let batch = self.batches.iter().find(|b| b.rows > 0)?;
        let (array, column) = (batch.columns.first()?, self.schema.columns.first()?);
        Some(arrays::value(&**array, column.ty, 0))
    }

    /// The names of the columns and then the rows, a line each: for small results that are read by people.
    pub fn lines(&self) -> String {
        let names: Vec<&str> = self.schema.columns.iter().map(|c| &*c.name).collect();
        let mut lines = names.join(" | ");
        for batch in &self.batches {
            for row in 0..batch.rows {
                let columns = batch.columns.iter().zip(&self.schema.columns).enumerate();
                for (i, (array, column)) in columns {
                    lines.push_str(if i == 0 { "\n" } else { " | " });
                    text::write_value(&arrays::value(&**array, column.ty, row), &mut lines);
                }
            }
        }
        lines
    }

    /// All values of a column.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn column(&self, index: usize) -> Result<ArrayRef, Fault> {
        let missing = || Fault::internal(format!("a shared table has no column {index}"));
        let column = self.schema.columns.get(index).ok_or_else(missing)?;
        let parts = self.batches.iter().map(|b| b.columns.get(index));
        let parts: Option<Vec<&dyn Array>> = parts.map(|c| c.map(|c| &**c)).collect();
        let parts = parts.ok_or_else(missing)?;
        match parts.is_empty() {
            true => Ok(arrays::nulls(column.ty, 0)),
            false => Ok(concat(&parts)?),
        }
    }
}

/// Runs a whole query: its shared sub-plans, then its results.
///
/// # Errors
/// On data, on limits, or when it is cancelled.
pub fn run(
    plan: &QueryPlan,
    tables: &dyn Tables,
    context: &Context,
    options: &Options,
) -> Result<Vec<Table>, Fault> {
    let shared = run_shared(plan, tables, context, options)?;
    plan.results
        .iter()
        .map(|output| run_plan(&output.plan, &shared, tables, context, options))
        .collect()
}

/// Runs the shared sub-plans of a query, each once, in order.
///
/// # Errors
/// As for [`run`].
pub fn run_shared(
    plan: &QueryPlan,
    tables: &dyn Tables,
    context: &Context,
    options: &Options,
) -> Result<Vec<Arc<Table>>, Fault> {
    let mut shared = Vec::with_capacity(plan.shared.len());
    for plan in &plan.shared {
        let table = run_plan(plan, &shared, tables, context, options)?;
        shared.push(Arc::new(table));
    }
    Ok(shared)
}

/// Runs one plan; `shared` are the results of the shared sub-plans it may use.
///
/// # Errors
/// As for [`run`].
pub fn run_plan(
    plan: &Plan,
    shared: &[Arc<Table>],
    tables: &dyn Tables,
    context: &Context,
    options: &Options,
) -> Result<Table, Fault> {
    let mut held = Held::new(&options.budget);
    let mut batches = Vec::new();
    stream_plan(plan, shared, tables, context, options, &mut |batch| {
        held.add(rows::weight(&batch))?;
        batches.push(batch);
        Ok(Flow::More)
    })?;
    Ok(Table {
        schema: plan.schema.clone(),
        batches,
    })
}

/// Runs one plan and hands its rows to `sink` in order, as they become ready.
///
/// # Errors
/// As for [`run`], or the sink's.
pub fn stream_plan(
    plan: &Plan,
    shared: &[Arc<Table>],
    tables: &dyn Tables,
    context: &Context,
    options: &Options,
    sink: &mut (dyn FnMut(Batch) -> Result<Flow, Fault> + Send),
) -> Result<(), Fault> {
    let run = Run {
        tables,
        context,
        options,
        shared,
        pool: OnceLock::new(),
    };
    guarded(|| {
        let (input, limit) = without_take(plan);
        let pipeline = run.open(input, limit)?;
        match &options.profile {
            None => rows::stream(&run, pipeline, limit, sink),
            Some(profile) => profile.end(sink, |sink| rows::stream(&run, pipeline, limit, sink)),
        }
    })
}

/// One run of one plan.
pub struct Run<'a> {
    tables: &'a dyn Tables,
    context: &'a Context,
    options: &'a Options,
    shared: &'a [Arc<Table>],
    pool: OnceLock<ThreadPool>,
}

/// Enough for the deepest expression the syntax allows.
const STACK: usize = 16 << 20;

impl Run<'_> {
    /// The worker threads, started when first needed.
    fn pool(&self) -> Result<&ThreadPool, Fault> {
        if let Some(pool) = self.pool.get() {
            return Ok(pool);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.options.threads)
            .stack_size(STACK)
            .build()
            .map_err(|e| Fault::limit(format!("cannot start worker threads: {e}")))?;
        Ok(self.pool.get_or_init(|| pool))
    }

    fn held(&self) -> Held<'_> {
        Held::new(&self.options.budget)
    }

    /// An empty file for rows of columns of these types.
    fn spill_file(&self, types: &[Type]) -> Result<spill::SpillFile, Fault> {
        spill::SpillFile::new(self.options.spill_folder.as_deref(), types)
    }

    fn preparation(&self) -> Preparation<'_> {
        Preparation {
            context: self.context,
            shared: self.shared,
            parts: None,
        }
    }

    /// The rows of a plan; breakers in it have run when this returns. Not more than `limit` rows will be asked for.
    fn open(&self, plan: &Plan, limit: Option<usize>) -> Result<Pipeline, Fault> {
        match &self.options.profile {
            None => self.open_node(plan, limit),
            Some(profile) => profile.node(plan, || self.open_node(plan, limit)),
        }
    }

    /// See [`Run::open`].
    ///
    /// Plans are as deep as pipelines are long: what a node needs is in functions of their own, so that this one takes
    /// little of the stack.
    fn open_node(&self, plan: &Plan, limit: Option<usize>) -> Result<Pipeline, Fault> {
        match &plan.node {
            Node::Scan { .. } | Node::Rows { .. } | Node::Range { .. } | Node::Shared { .. } => {
                self.source(plan, limit)
            }
            Node::Filter { input, .. } => {
                let input = self.open(input, None)?;
                self.step(plan, input)
            }
            Node::Project { input, .. } => {
                if let Node::Filter { input: source, .. } = &input.node {
                    let source = self.open(source, None)?;
                    return self.filtered_project(plan, input, source);
                }
                let input = self.open(input, limit)?;
                self.step(plan, input)
            }
            Node::Extract { input, matched, .. } => {
                let limit = limit.filter(|_| !matched);
                let input = self.open(input, limit)?;
                self.step(plan, input)
            }
            Node::Expand { input, .. } => {
                let input = self.open(input, None)?;
                self.step(plan, input)
            }
            Node::Window { input, .. }
            | Node::Summarize { input, .. }
            | Node::Sort { input, .. } => {
                let input = self.open(input, None)?;
                self.breaker(plan, input)
            }
            Node::Take { .. } => {
                let (input, own) = without_take(plan);
                let limit = own.into_iter().chain(limit).min();
                let rows = self.open(input, limit)?;
                spill::keep(self, rows, &plan.schema, limit)?.pipeline()
            }
            Node::Join { left, right, .. } => {
                let right = self.open(right, None)?;
                let left = self.open(left, None)?;
                self.join(plan, left, right)
            }
            Node::Whole { inputs, operation } => self.whole(plan, inputs, operation),
            Node::Union { inputs } => {
                let mut all = Pipeline::default();
                for input in inputs {
                    all = all.chain(self.open(input, limit)?);
                }
                Ok(all)
            }
        }
    }

    fn source(&self, plan: &Plan, limit: Option<usize>) -> Result<Pipeline, Fault> {
        match &plan.node {
            Node::Scan {
                table,
                columns,
                predicates,
            } => self.scan(plan, table, columns, predicates, limit),
            Node::Rows { columns, rows } => Ok(generate::constants(&plan.schema, columns, *rows)),
            Node::Range { from, to, step } => {
                let (bounds, rows) = ([from, to, step], self.options.morsel_rows);
                generate::range(self.preparation(), &plan.schema, bounds, rows)
            }
            Node::Shared { id } => {
                let missing = || Fault::internal(format!("shared sub-plan {id} has not run"));
                let table = self.shared.get(*id).ok_or_else(missing)?;
                let batches = table.batches.clone();
                Ok(Pipeline::batches(batches, self.options.morsel_rows))
            }
            _ => Err(misplaced()),
        }
    }

    fn step(&self, plan: &Plan, input: Pipeline) -> Result<Pipeline, Fault> {
        match &plan.node {
            Node::Filter { predicate, .. } => {
                let predicate = self.preparation().expr(predicate)?;
                let needed = None;
                Ok(input.then(steps::Filter { predicate, needed }))
            }
            Node::Project { columns, .. } => {
                let columns = self.preparation().exprs(columns)?;
                Ok(input.then(steps::Project(columns)))
            }
            Node::Expand {
                keep,
                items,
                index,
                limit,
                ..
            } => {
                let limit = limit.and_then(|l| usize::try_from(l).ok());
                let rows = self.options.batch_rows.max(1);
                let items = expand::Item::prepare(self.preparation(), items)?;
                Ok(input.then(expand::Expand {
                    keep: keep.clone(),
                    items,
                    index: *index,
                    limit: limit.unwrap_or(usize::MAX),
                    rows,
                    cancel: self.options.cancel.clone(),
                }))
            }
            Node::Extract {
                keep,
                source,
                pattern,
                outputs,
                matched,
                ..
            } => {
                let source_expr = self.preparation().expr(source)?;
                let step = extract::Extract::new(pattern, source_expr, keep, outputs, *matched);
                Ok(input.then(step.map_err(|p| Fault::problem(p, source.span))?))
            }
            _ => Err(misplaced()),
        }
    }

    /// A projection of filtered rows: only the columns it reads are filtered.
    fn filtered_project(
        &self,
        project: &Plan,
        filter: &Plan,
        input: Pipeline,
    ) -> Result<Pipeline, Fault> {
        let (Node::Project { columns, .. }, Node::Filter { predicate, .. }) =
            (&project.node, &filter.node)
        else {
            return Err(misplaced());
        };
        let predicate = self.preparation().expr(predicate)?;
        let columns = self.preparation().exprs(columns)?;
        let mut needed: Vec<usize> = columns.iter().flat_map(|c| c.columns().to_vec()).collect();
        needed.sort_unstable();
        needed.dedup();
        let needed = Some(needed);
        let filtered = input.then(steps::Filter { predicate, needed });
        Ok(filtered.then(steps::Project(columns)))
    }

    fn breaker(&self, plan: &Plan, rows: Pipeline) -> Result<Pipeline, Fault> {
        let (preparation, schema) = (self.preparation(), &plan.schema);
        match &plan.node {
            Node::Window {
                input,
                columns,
                partition,
            } => window::run(self, rows, [&input.schema, schema], columns, *partition),
            Node::Summarize {
                keys, aggregates, ..
            } => summarize::Summarize::new(self, preparation, schema, keys, aggregates)?.run(rows),
            Node::Sort { keys, limit, .. } => {
                sort::Sort::new(self, preparation, schema, keys, *limit)?.run(rows)
            }
            _ => Err(misplaced()),
        }
    }

    fn join(&self, plan: &Plan, left: Pipeline, right: Pipeline) -> Result<Pipeline, Fault> {
        let Node::Join {
            left: left_plan,
            right: right_plan,
            kind,
            left_keys,
            right_keys,
        } = &plan.node
        else {
            return Err(misplaced());
        };
        let left = join::Side {
            pipeline: left,
            small: is_small(left_plan),
            schema: &left_plan.schema,
            keys: left_keys,
        };
        let right = join::Side {
            pipeline: right,
            small: is_small(right_plan),
            schema: &right_plan.schema,
            keys: right_keys,
        };
        join::join(self, self.preparation(), *kind, left, right)
    }

    fn scan(
        &self,
        plan: &Plan,
        table: &str,
        columns: &[usize],
        predicates: &[Predicate],
        limit: Option<usize>,
    ) -> Result<Pipeline, Fault> {
        let source = self
            .tables
            .source(table)
            .ok_or_else(|| Fault::internal(format!("table {table} has no source")))?;
        let request = ScanRequest {
            columns: columns.to_vec(),
            predicates: predicates.to_vec(),
            limit,
        };
        let types: Vec<Type> = plan.schema.columns.iter().map(|c| c.ty).collect();
        let name: Arc<str> = table.into();
        Ok(
            Pipeline::of(move || Ok(Box::new(source.morsels(&request)?.into_iter().map(Ok))))
                .then(Checked { name, types }),
        )
    }
}

/// A plan without the `take`s at its top, and how many rows they let through.
fn without_take(mut plan: &Plan) -> (&Plan, Option<usize>) {
    let mut limit: Option<usize> = None;
    while let Node::Take { input, count } = &plan.node {
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        limit = Some(limit.map_or(count, |limit| limit.min(count)));
        plan = input;
    }
    (plan, limit)
}

/// A side of a join with at most so many rows is taken for the small one.
const FEW_ROWS: u64 = 1 << 20;

/// Whether a plan's rows are likely to be few, because a breaker made them or they are in memory already.
fn is_small(plan: &Plan) -> bool {
    let mut plan = plan;
    loop {
        plan = match &plan.node {
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Expand { input, .. }
            | Node::Extract { input, .. } => input,
            Node::Summarize { .. } | Node::Rows { .. } | Node::Shared { .. } => return true,
            Node::Take { count, .. } => return *count <= FEW_ROWS,
            Node::Sort { limit, .. } => return limit.is_some_and(|limit| limit <= FEW_ROWS),
            _ => return false,
        };
    }
}

fn misplaced() -> Fault {
    Fault::internal("a node was run as another")
}

/// Refuses a source's batch that is not what its schema says, so that nothing behind it can trip over it.
struct Checked {
    name: Arc<str>,
    types: Vec<Type>,
}

impl pipeline::Step for Checked {
    fn push(&self, batch: Batch, next: &mut pipeline::Next<'_>) -> Result<Flow, Fault> {
        let right =
            batch.columns.len() == self.types.len()
                && batch.columns.iter().zip(&self.types).all(|(array, ty)| {
                    array.len() == batch.rows && array.data_type() == &ty.arrow()
                });
        METER.rows(batch.rows);
        match right {
            true => next(batch),
            false => Err(Fault::internal(format!(
                "table {} is read with other columns than its schema has",
                self.name
            ))),
        }
    }
}

/// Memory taken from the budget; given back when dropped.
pub struct Held<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl<'a> Held<'a> {
    fn new(budget: &'a Budget) -> Held<'a> {
        Held { budget, bytes: 0 }
    }

    /// Takes more.
    ///
    /// # Errors
    /// When it does not fit.
    fn add(&mut self, bytes: usize) -> Result<(), Fault> {
        if !self.budget.take(bytes) {
            return Err(out_of_memory(self.budget));
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Takes or gives back, so that it holds `bytes`.
    fn set(&mut self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.bytes {
            return self.add(bytes - self.bytes);
        }
        self.budget.give(self.bytes - bytes);
        self.bytes = bytes;
        Ok(())
    }

    /// Gives back some of it.
    fn give_back(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.budget.give(bytes);
        self.bytes -= bytes;
    }

    /// Takes over what another holds.
    fn absorb(&mut self, mut other: Held<'a>) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// The same without the borrow.
    fn keep(mut self) -> Reservation {
        Reservation {
            budget: self.budget.clone(),
            bytes: std::mem::take(&mut self.bytes),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.give(self.bytes);
    }
}

/// Memory taken from the budget by something that outlives its borrow.
pub struct Reservation {
    budget: Budget,
    bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.give(self.bytes);
    }
}

fn out_of_memory(budget: &Budget) -> Fault {
    let megabytes = budget.limit() >> 20;
    Fault::limit(format!(
        "the query needs more than {megabytes} MB of memory"
    ))
    .help("filter or aggregate earlier, or allow more with --max-memory")
}
