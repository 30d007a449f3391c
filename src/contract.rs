//! What the layers promise each other: where rows come from, what a function's code is given,
//! how an aggregate keeps its groups, and the context, budget and cancellation of one run.

mod reading;

use std::any::Any;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use arrow::array::ArrayRef;

use crate::diagnostic::Code;
use crate::source::Span;
use crate::types::{Schema, Type, Value};

pub use reading::{METER, Meter, STOP, Stop};

// ---------------------------------------------------------------------------------------------
// Failures

/// Why a run of a valid plan failed: on data, on a limit, or because it was stopped.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What kind of failure.
    pub kind: FaultKind,
    /// What happened, for the user; names the file and line where there is one.
    pub message: String,
    /// A way out, if one is known.
    pub help: Option<String>,
    /// The diagnostic's code, when the query itself is to blame.
    pub code: Option<Code>,
    /// Where in the query, when that is known.
    pub span: Option<Span>,
}

/// The kinds of [`Fault`]; each has an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A file or its content.
    Data,
    /// The query itself, found out only while it ran (exit like a wrong query).
    Query,
    /// Memory, time or a size limit.
    Limit,
    /// Stopped by the user.
    Cancelled,
    /// Our bug.
    Internal,
}

impl Fault {
    fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault {
            kind,
            message: message.into(),
            help: None,
            code: None,
            span: None,
        }
    }
    /// What a declaration refused once the run's context was known, of the call at `span`.
    pub fn problem(problem: Problem, span: Span) -> Fault {
        Fault {
            help: problem.help,
            code: Some(problem.code),
            span: Some(span),
            ..Fault::new(FaultKind::Query, problem.message)
        }
    }
    /// A failure of a file or its content.
    pub fn data(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Data, message)
    }
    /// A failure of the query that shows only on data.
    pub fn query(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Query, message)
    }
    /// A limit was hit.
    pub fn limit(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Limit, message)
    }
    /// A bug of ours: what a valid plan must never cause.
    pub fn internal(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Internal, message)
    }
    /// Stopped by the user.
    pub fn cancelled() -> Fault {
        Fault::new(FaultKind::Cancelled, "interrupted")
    }
    /// The same with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<arrow::error::ArrowError> for Fault {
    fn from(error: arrow::error::ArrowError) -> Fault {
        Fault::internal(format!("arrow: {error}"))
    }
}

/// Why a declaration refuses its constant arguments; the binder puts it at the argument's span.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The diagnostic's code.
    pub code: Code,
    /// What is wrong, without the function's name.
    pub message: String,
    /// Index of the argument that is to blame; `None` is the call.
    pub argument: Option<usize>,
    /// A way out.
    pub help: Option<String>,
}

impl Problem {
    /// A problem of the whole call.
    pub fn new(code: Code, message: impl Into<String>) -> Problem {
        Problem {
            code,
            message: message.into(),
            argument: None,
            help: None,
        }
    }
    /// The same, at argument `index`.
    #[must_use]
    pub fn at(mut self, index: usize) -> Problem {
        self.argument = Some(index);
        self
    }
    /// The same, with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}

// ---------------------------------------------------------------------------------------------
// Rows

/// Some rows: one array per column, all `rows` long.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The columns, typed as [`Type::arrow`] says.
    pub columns: Vec<ArrayRef>,
    /// Number of rows (a batch may have no columns).
    pub rows: usize,
    /// Place of the first row in the stream's order: morsel number in the upper 24 bits, row in
    /// the morsel in the lower 40. Strictly increasing over a stream's batches, so that an answer
    /// never depends on which worker ran which morsel.
    pub position: u64,
}

impl Batch {
    /// Place of row `row` of morsel `morsel`.
    pub fn place(morsel: usize, row: usize) -> u64 {
        ((morsel as u64) << 40) | (row as u64 & ((1 << 40) - 1))
    }

    /// The morsel that a place is in.
    pub fn morsel(place: u64) -> usize {
        usize::try_from(place >> 40).unwrap_or(usize::MAX)
    }

    /// About how many bytes its arrays hold.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|c| c.get_array_memory_size()).sum()
    }
}

/// A comparison a source may use to leave out rows; rows that fail it may still come.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// Index of the column in the source's schema.
    pub column: usize,
    /// The comparison.
    pub op: PredicateOp,
    /// The constants: one, or many for `In`.
    pub values: Vec<Value>,
}

/// The comparisons of a [`Predicate`], `column op value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredicateOp {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
}

/// What a scan asks of a source.
#[derive(Clone, Debug, Default)]
pub struct ScanRequest {
    /// Indices into the source's schema, in the order the batches shall have them.
    pub columns: Vec<usize>,
    /// Comparisons that all hold for the rows the query needs.
    pub predicates: Vec<Predicate>,
    /// Rows wanted at most, if the query needs no more (a hint).
    pub limit: Option<usize>,
}

/// A table's rows, wherever they are.
pub trait DataSource: Send + Sync {
    /// Its columns. For a source whose types are still provisional see [`DataSource::complete`].
    fn schema(&self) -> Schema;

    /// The morsels of a scan, in source order: independent pieces that workers read in any order.
    ///
    /// # Errors
    /// When a file cannot be opened or is not what it seemed.
    fn morsels(&self, request: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault>;

    /// How many of the first columns the data itself has; those behind them are known from elsewhere and
    /// null in every row. `None` when that is not known.
    fn present(&self) -> Option<usize> {
        None
    }

    /// Whether [`DataSource::schema`] might lack columns that only a full reading would show.
    fn provisional(&self) -> bool {
        false
    }

    /// Makes the schema complete by reading as much as that takes.
    ///
    /// # Errors
    /// As for [`DataSource::morsels`].
    fn complete(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// The same as [`DataSource::latest`] where it is known without reading rows.
    fn known_latest(&self, _column: usize) -> Option<i64> {
        None
    }

    /// The greatest value of a datetime column, in ticks, over all rows; `None` if there is none.
    ///
    /// # Errors
    /// When reading fails.
    fn latest(&self, column: usize) -> Result<Option<i64>, Fault>;
}

/// What a morsel hands its rows to.
pub type Sink<'a> = dyn FnMut(Vec<ArrayRef>, usize) -> Result<Flow, Fault> + 'a;

/// Whether a reader shall go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More rows, please.
    More,
    /// No more rows are needed.
    Enough,
}

/// A piece of a source that one worker reads.
pub trait Morsel: Send {
    /// Hands the rows to `sink`, batch by batch, in order: the columns as requested, and the
    /// number of rows. Stops early when the sink says so or `cancel` is set.
    ///
    /// # Errors
    /// When the data cannot be read, or the sink fails.
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault>;
}

// ---------------------------------------------------------------------------------------------
// One run

/// What a query may learn of the world: its instant, its GeoIP database, its random numbers.
#[derive(Clone)]
pub struct Context {
    /// `now()`, in ticks.
    pub now: i64,
    /// The GeoIP database.
    pub geoip: GeoIp,
    /// The patterns of user agents.
    pub user_agents: UserAgents,
    /// Seed of `rand()` and `new_guid()`.
    pub seed: u64,
    /// Calls of random functions prepared so far: each draws numbers of its own.
    pub draws: Arc<AtomicU64>,
    /// `set query_bin_auto_size` and `set query_bin_auto_at`.
    pub bin_auto: Option<(Value, Option<Value>)>,
    /// Where warnings of a run go.
    pub notes: Notes,
}

impl Context {
    /// A context at an instant, without a GeoIP database.
    pub fn at(now: i64) -> Context {
        Context {
            now,
            geoip: GeoIp::Unavailable,
            user_agents: UserAgents::Unavailable,
            seed: 0,
            draws: Arc::default(),
            bin_auto: None,
            notes: Notes::default(),
        }
    }

    /// A context for checking a query without running it: nothing it asks for is missing.
    pub fn for_check(now: i64) -> Context {
        Context {
            geoip: GeoIp::Nulls,
            user_agents: UserAgents::Nulls,
            bin_auto: Some((Value::Long(1), None)),
            ..Context::at(now)
        }
    }
}

/// The GeoIP database of a run.
#[derive(Clone)]
pub enum GeoIp {
    /// None was found: a query that needs one fails, and says how to get one.
    Unavailable,
    /// The user asked for nulls instead (`--geoip none`).
    Nulls,
    /// A database.
    Database(Arc<dyn GeoLookup>),
}

/// Looks up addresses.
pub trait GeoLookup: Send + Sync {
    /// Makes ready for lookups, once.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn open(&self) -> Result<(), Fault>;
    /// The bag of `country state city latitude longitude` as JSON text; `None` when unknown.
    fn lookup(&self, address: IpAddr) -> Option<String>;
}

/// The patterns of user agents of a run.
#[derive(Clone)]
pub enum UserAgents {
    /// None were given: a query that needs them fails, and says how to get them.
    Unavailable,
    /// The user asked for nulls instead (`--user-agents none`).
    Nulls,
    /// Patterns.
    Patterns(Arc<dyn AgentLookup>),
}

/// Tells what user agents say of themselves.
pub trait AgentLookup: Send + Sync {
    /// Reads the patterns unless that is done: there are thousands, and few queries need them.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no patterns.
    fn open(&self) -> Result<(), Fault>;

    /// One part of what an agent says, as a bag's JSON text.
    fn describe(&self, agent: &str, part: AgentPart) -> String;
}

/// What a user agent tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentPart {
    /// `browser`
    Browser,
    /// `os`
    OperatingSystem,
    /// `device`
    Device,
}

/// Warnings of a run, each said once.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    /// Adds a warning unless it has been said.
    pub fn add(&self, note: impl Into<String>) {
        let note = note.into();
        if let Ok(mut notes) = self.0.lock()
            && !notes.contains(&note)
        {
            notes.push(note);
        }
    }

    /// Takes all warnings.
    pub fn take(&self) -> Vec<String> {
        self.0
            .lock()
            .map(|mut n| std::mem::take(&mut *n))
            .unwrap_or_default()
    }
}

/// Tells workers to stop: by the user, or at a deadline.
#[derive(Clone, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Cancel {
    /// Stops at `deadline` by itself.
    pub fn at(deadline: Option<Instant>) -> Cancel {
        Cancel {
            flag: Arc::default(),
            deadline,
        }
    }

    /// Asks everything to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Fails when work should stop.
    ///
    /// # Errors
    /// [`FaultKind::Cancelled`], or [`FaultKind::Limit`] past the deadline.
    pub fn check(&self) -> Result<(), Fault> {
        if self.is_cancelled() {
            return Err(Fault::cancelled());
        }
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => {
                Err(Fault::limit("the query ran longer than --timeout allows")
                    .help("narrow the query, or allow more time with --timeout"))
            }
            _ => Ok(()),
        }
    }
}

/// Memory that the breakers of a run may hold together, in bytes.
#[derive(Clone)]
pub struct Budget {
    used: Arc<AtomicUsize>,
    limit: usize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Budget {
        Budget {
            used: Arc::default(),
            limit,
        }
    }

    /// Takes `bytes`; `false` (and nothing taken) when they do not fit.
    pub fn take(&self, bytes: usize) -> bool {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.limit {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        true
    }

    /// Gives `bytes` back.
    pub fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes held now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes allowed.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Whether so much is held that whoever can go on in a file had better: the rest is for tables of keys, and for
    /// copies made while rows are put in order.
    pub fn is_crowded(&self) -> bool {
        self.used() > self.limit / 5 * 2
    }
}

/// The tables of a run, by the name a plan's scan holds.
pub trait Tables: Send + Sync {
    /// The source of a table.
    fn source(&self, table: &str) -> Option<Arc<dyn DataSource>>;
}

// ---------------------------------------------------------------------------------------------
// Functions and aggregates

/// An argument: an array, or one value for all rows (an array of length 1).
#[derive(Clone, Debug)]
pub struct Datum {
    /// The values.
    pub array: ArrayRef,
    /// Whether the one value stands for all rows.
    pub constant: bool,
    /// Its KQL type.
    pub ty: Type,
}

/// What a function's code is given: its arguments, and what it shall return.
pub struct Args<'a> {
    /// The arguments, coerced to the types of the signature chosen.
    pub values: &'a [Datum],
    /// Rows to return.
    pub rows: usize,
    /// Type to return.
    pub ty: Type,
    /// Index of the signature chosen.
    pub overload: usize,
    /// Place of the first row in the stream (see [`Batch::position`]): what a function that differs
    /// from row to row, such as `rand()`, draws from, so that threads do not change its values.
    pub position: u64,
    /// Where inputs of their own begin among the rows, but for the first: a function that looks at the rows before
    /// and after does not look beyond.
    pub parts: &'a [usize],
}

/// A function prepared for one call: constants parsed, patterns compiled.
pub trait Kernel: Send + Sync {
    /// The result, `args.rows` long (or 1 long when every argument is constant).
    ///
    /// # Errors
    /// On a limit; a value that cannot be computed is null.
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault>;
}

/// A closure over the arguments is a kernel.
impl<F> Kernel for F
where
    F: Fn(&Args<'_>) -> Result<ArrayRef, Fault> + Send + Sync,
{
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        self(args)
    }
}

/// What a function or an aggregate is told once per query, before rows come.
pub struct Setup<'a> {
    /// Values of the arguments that are constant.
    pub constants: &'a [Option<Value>],
    /// Values of the arguments that are lists: the only column of a tabular right side of `in`
    /// and its kin. Such an argument's datum is a placeholder.
    pub lists: &'a [Option<ArrayRef>],
    /// Types of the arguments, after coercion.
    pub types: &'a [Type],
    /// Type of the result.
    pub ty: Type,
    /// Index of the signature chosen.
    pub overload: usize,
    /// The run.
    pub context: &'a Context,
}

impl Setup<'_> {
    /// The constant value of argument `index`, if it has one.
    pub fn constant(&self, index: usize) -> Option<&Value> {
        self.constants.get(index)?.as_ref()
    }

    /// The values of argument `index`, if it is a list.
    pub fn list(&self, index: usize) -> Option<&ArrayRef> {
        self.lists.get(index)?.as_ref()
    }
}

/// Rows on their way into an accumulator.
pub struct Grouped<'a> {
    /// Group of each row.
    pub groups: &'a [u32],
    /// Number of groups so far; each entry of `groups` is below it.
    pub group_count: usize,
    /// The aggregate's arguments for these rows.
    pub args: &'a [Datum],
    /// Place of each row in the stream (see [`Batch::position`]), increasing.
    pub positions: Positions<'a>,
}

/// Places of the rows of a [`Grouped`].
#[derive(Clone, Copy)]
pub enum Positions<'a> {
    /// Row `i` is at `first + i`.
    From(u64),
    /// Row `i` is at `base + rows[i]` (rows that passed an aggregate's own filter).
    Selected(u64, &'a [u32]),
}

impl Positions<'_> {
    /// Place of row `row`.
    pub fn at(self, row: usize) -> u64 {
        match self {
            Positions::From(first) => first + row as u64,
            Positions::Selected(base, rows) => base + rows.get(row).map_or(0, |r| u64::from(*r)),
        }
    }
}

/// The state of one aggregate over all groups of a worker: flat vectors, no box per group.
pub trait Accumulator: Send {
    /// Takes rows in.
    ///
    /// # Errors
    /// On a limit.
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault>;

    /// Takes in another accumulator of the same call: its group `i` is our group `groups[i]`;
    /// we then have `group_count` groups. Order-sensitive states compare positions.
    ///
    /// # Errors
    /// On a limit.
    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        groups: &[u32],
        group_count: usize,
    ) -> Result<(), Fault>;

    /// The results, one array per output column, each `group_count` long.
    ///
    /// # Errors
    /// On a limit.
    fn finish(self: Box<Self>, group_count: usize) -> Result<Vec<ArrayRef>, Fault>;

    /// About how many bytes it holds.
    fn size(&self) -> usize;

    /// Whether its result depends on the order in which states of whole morsels are merged, as a sum of
    /// reals does in its last digits; places alone do not help there.
    fn needs_order(&self) -> bool {
        false
    }

    /// For `merge`, which gets an accumulator of its own type.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}
