//! Runs a query in many ways and compares the answers with the naive one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Instant;

use kql::bind::{self, Learnt, Names, Resolve};
use kql::contract::{
    Batch, Budget, Cancel, Context, DataSource, Fault, FaultKind, GeoIp, Morsel, ScanRequest, Sink,
};
use kql::diagnostic::{Code, Severity};
use kql::engine::{self, Options, Table};
use kql::load::LoadOptions;
use kql::plan::{Output, Plan, QueryPlan, optimise::optimise};
use kql::source::Source;
use kql::syntax;
use kql::types::{Schema, Value, arrays};

use super::dice::Dice;
use super::naive::{Naive, Row, Stop};
use super::tables::{Sample, literal};
use crate::suite::engine::{Catalog, Rows};
use crate::suite::support;

/// What became of a case.
pub enum Outcome {
    /// All answers are the naive one.
    Same,
    /// There is no answer, in any way.
    Refused(String),
    /// An answer differs, or something broke.
    Wrong(String),
}

pub fn context() -> Context {
    Context {
        geoip: GeoIp::Nulls,
        bin_auto: Some((Value::Long(2), None)),
        ..Context::at(kql::temporal::parse_datetime(support::NOW).unwrap())
    }
}

/// The tables, for binding.
struct Tables<'a> {
    samples: &'a [Sample],
    context: Context,
}

impl Names for Tables<'_> {
    fn table(&self, name: &str) -> Option<Schema> {
        let sample = self.samples.iter().find(|s| s.name == name);
        sample.map(|s| s.schema.clone())
    }

    fn names(&self) -> Vec<String> {
        self.samples.iter().map(|s| s.name.to_string()).collect()
    }
}

impl Tables<'_> {
    fn rows_of(&self, shared: &[Plan], plan: &Plan) -> Option<Vec<Row>> {
        let query = QueryPlan {
            shared: shared.to_vec(),
            results: vec![Output {
                plan: plan.clone(),
                render: None,
            }],
        };
        let mut rows = Naive::new(self.samples, &self.context).query(&query).ok()?;
        rows.pop()
    }
}

impl Resolve for Tables<'_> {
    fn value(&self, shared: &[Plan], plan: &Plan) -> Option<Result<Value, Fault>> {
        let rows = self.rows_of(shared, plan)?;
        let value = rows.first().map(|row| row[0].clone());
        let ty = plan.schema.columns.first()?.ty;
        Some(Ok(value.unwrap_or_else(|| Value::null(ty))))
    }

    fn rows(
        &self,
        shared: &[Plan],
        plan: &Plan,
        sink: &mut (dyn FnMut(&Batch) + Send),
    ) -> Option<Learnt> {
        let rows = self.rows_of(shared, plan)?;
        let columns = plan.schema.columns.iter().enumerate();
        let columns = columns.map(|(i, c)| arrays::of(c.ty, rows.iter().map(|row| &row[i])));
        sink(&Batch {
            columns: columns.collect(),
            rows: rows.len(),
            position: 0,
        });
        Some(Learnt::Gone)
    }
}

/// The plan of a query, as bound; else why it has none.
pub fn bound(text: &str, samples: &[Sample]) -> Result<QueryPlan, String> {
    let parsed = syntax::parse(&Source::whole("q", text));
    let names = Tables {
        samples,
        context: context(),
    };
    let bound = bind::bind(&parsed.query, &names, &names, Some(&names.context), &[]);
    let all = parsed.diagnostics.iter().chain(&bound.diagnostics);
    let mut refusals = all.filter(|d| d.severity > Severity::Warning);
    match refusals.next() {
        Some(refusal) => Err(format!("{}: {}", refusal.code.name(), refusal.message)),
        None => Ok(bound.plan),
    }
}

/// Where rows come from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    /// Memory, so many rows in a morsel.
    Memory(usize),
    Json,
    Csv,
    /// So many rows in a row group.
    Parquet(usize),
    /// `datatable`s in the query.
    Text,
}

/// A way to run a query.
#[derive(Clone, Copy, Debug)]
struct Way {
    from: From,
    optimised: bool,
    threads: usize,
    batch_rows: usize,
    morsel_rows: usize,
    /// Bytes of memory; answers may then be refused.
    memory: Option<usize>,
    /// When the run is stopped.
    stop: Stopped,
}

/// When a run is stopped; it then gives no answer, or the right one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stopped {
    Never,
    /// When so many morsels of the tables have been read.
    After(usize),
    /// At its deadline, which is now.
    Late,
}

/// All rows in one batch, as they are.
const PLAIN: Way = Way {
    from: From::Memory(usize::MAX),
    optimised: false,
    threads: 1,
    batch_rows: 8192,
    morsel_rows: 8192,
    memory: None,
    stop: Stopped::Never,
};

const BETTER: Way = Way {
    optimised: true,
    ..PLAIN
};

const SMALL: Way = Way {
    batch_rows: 2,
    morsel_rows: 5,
    ..BETTER
};

/// The ways; the first two read all rows of a table at once.
const WAYS: [Way; 17] = [
    PLAIN,
    BETTER,
    Way {
        from: From::Memory(1),
        threads: 2,
        batch_rows: 1,
        morsel_rows: 1,
        ..BETTER
    },
    Way {
        from: From::Memory(3),
        threads: 7,
        ..SMALL
    },
    Way {
        from: From::Memory(2),
        threads: 2,
        batch_rows: 3,
        morsel_rows: 3,
        ..PLAIN
    },
    Way {
        from: From::Memory(4),
        morsel_rows: 100,
        ..SMALL
    },
    Way {
        from: From::Json,
        threads: 2,
        ..SMALL
    },
    Way {
        from: From::Csv,
        ..BETTER
    },
    Way {
        from: From::Parquet(2),
        threads: 2,
        ..SMALL
    },
    Way {
        from: From::Parquet(100),
        ..BETTER
    },
    Way {
        from: From::Text,
        ..BETTER
    },
    Way {
        from: From::Memory(1),
        memory: Some(3_000),
        ..SMALL
    },
    Way {
        from: From::Memory(2),
        threads: 2,
        memory: Some(12_000),
        ..SMALL
    },
    Way {
        from: From::Memory(3),
        memory: Some(60_000),
        ..BETTER
    },
    Way {
        from: From::Memory(1),
        stop: Stopped::After(0),
        ..SMALL
    },
    Way {
        from: From::Memory(1),
        threads: 2,
        stop: Stopped::After(3),
        ..SMALL
    },
    Way {
        from: From::Memory(2),
        stop: Stopped::Late,
        ..SMALL
    },
];

/// A table that stops the run when so many of its morsels have been read.
struct Stopping {
    rows: Rows,
    left: Arc<AtomicIsize>,
    cancel: Cancel,
}

struct Counted(Box<dyn Morsel>, Arc<AtomicIsize>, Cancel);

impl Morsel for Counted {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        if self.1.fetch_sub(1, Ordering::Relaxed) <= 0 {
            self.2.cancel();
        }
        // A reader that notices nothing.
        let _ = cancel;
        self.0.read(&Cancel::default(), sink)
    }
}

impl DataSource for Stopping {
    fn schema(&self) -> Schema {
        self.rows.schema()
    }
    fn morsels(&self, request: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let morsels = self.rows.morsels(request)?.into_iter();
        let counted = |morsel| Counted(morsel, Arc::clone(&self.left), self.cancel.clone());
        Ok(morsels
            .map(|m| Box::new(counted(m)) as Box<dyn Morsel>)
            .collect())
    }
    fn latest(&self, column: usize) -> Result<Option<i64>, Fault> {
        self.rows.latest(column)
    }
}

/// Pieces so small that every border is met.
pub fn tiny() -> LoadOptions {
    LoadOptions {
        morsel_bytes: 40,
        chunk_bytes: 16,
        batch_rows: 3,
        survey_bytes: 30,
        ..LoadOptions::default()
    }
}

impl Way {
    fn sources(self, samples: &[Sample], folder: &std::path::Path, cancel: &Cancel) -> Catalog {
        let mut catalog = Catalog::default();
        for sample in samples {
            let source: Arc<dyn DataSource> = match self.from {
                From::Memory(piece) => {
                    let rows = Rows {
                        schema: sample.schema.clone(),
                        rows: sample.rows.clone(),
                        piece,
                    };
                    match self.stop {
                        Stopped::After(count) => Arc::new(Stopping {
                            rows,
                            left: Arc::new(AtomicIsize::new(count as isize)),
                            cancel: cancel.clone(),
                        }),
                        _ => Arc::new(rows),
                    }
                }
                From::Json if self.threads > 1 => sample.json(folder, &tiny()),
                From::Json => sample.json(folder, &LoadOptions::default()),
                From::Csv => sample.csv(folder, &tiny()),
                From::Parquet(group) => sample.parquet(folder, group),
                From::Text => continue,
            };
            catalog.0.insert(sample.name.to_string(), source);
        }
        catalog
    }

    fn options(self) -> Options {
        Options {
            threads: self.threads,
            batch_rows: self.batch_rows,
            morsel_rows: self.morsel_rows,
            spread_groups: self.batch_rows.min(8),
            budget: Budget::new(self.memory.unwrap_or(usize::MAX)),
            cancel: Cancel::at((self.stop == Stopped::Late).then(Instant::now)),
            ..Options::default()
        }
    }

    /// Whether it is what this way may end in.
    fn may_fail(self, fault: &Fault) -> bool {
        match fault.kind {
            FaultKind::Limit => self.memory.is_some() || self.stop == Stopped::Late,
            FaultKind::Cancelled => matches!(self.stop, Stopped::After(_)),
            _ => false,
        }
    }

    fn run(self, plan: &QueryPlan, samples: &[Sample]) -> Result<Vec<Table>, Fault> {
        let folder = tempfile::tempdir().unwrap();
        let options = self.options();
        let catalog = self.sources(samples, folder.path(), &options.cancel);
        let mut plan = plan.clone();
        if self.optimised {
            optimise(&mut plan, &context());
        }
        let tables = engine::run(&plan, &catalog, &context(), &options);
        assert_eq!(options.budget.used(), 0, "memory is given back");
        tables
    }
}

/// Runs with little memory or that were stopped: those that gave an answer, and the others.
pub static LIMITED: [AtomicIsize; 2] = [const { AtomicIsize::new(0) }; 2];

pub fn count(which: usize) {
    LIMITED[which].fetch_add(1, Ordering::Relaxed);
}

/// What a panic said.
pub fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_default()
}

/// Compares all answers to a query; with `others`, those to the same query in other words.
pub fn check(text: &str, others: &[String], samples: &[Sample], seed: u64, every: bool) -> Outcome {
    let checked = catch_unwind(AssertUnwindSafe(|| {
        checked(text, others, samples, seed, every)
    }));
    checked.unwrap_or_else(|panic| Outcome::Wrong(format!("panic: {}", said(&*panic))))
}

fn checked(text: &str, others: &[String], samples: &[Sample], seed: u64, every: bool) -> Outcome {
    let plan = match bound(text, samples) {
        Ok(plan) => plan,
        Err(why) => return Outcome::Refused(why),
    };
    let context = context();
    let naive = Naive::new(samples, &context);
    let expected = match naive.query(&plan) {
        Ok(rows) => Ok(rows),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Paths(what)) => return Outcome::Wrong(what),
    };
    let schemas: Vec<Schema> = plan.results.iter().map(|r| r.plan.schema.clone()).collect();
    if let Ok(expected) = &expected
        && !others.is_empty()
    {
        return in_other_words(others, samples, &schemas, expected);
    }
    // Sums of large reals depend on where morsels end.
    let exact = naive.largest.get() < 1e9;
    let mut dice = Dice::new(seed ^ 0x77);
    for (index, way) in WAYS.into_iter().enumerate() {
        if index > 1 && !exact || index > 1 && !every && !dice.chance(33) {
            continue;
        }
        let mut plan = plan.clone();
        if way.from == From::Text {
            let tables: Vec<String> = samples.iter().map(Sample::literal).collect();
            // A datatable has no name that a query could show, and `union *` does not find it.
            if ["union *", "withsource", "search", "find in"]
                .iter()
                .any(|w| text.contains(w))
            {
                continue;
            }
            plan = match bound(&format!("{}\n{text}", tables.join("\n")), samples) {
                Ok(plan) => plan,
                Err(why) => return Outcome::Wrong(format!("{way:?}: as datatables: {why}")),
            };
        }
        let run = catch_unwind(AssertUnwindSafe(|| way.run(&plan, samples)));
        let wrong = |what: String| {
            let mut optimised = plan.clone();
            optimise(&mut optimised, &context);
            Outcome::Wrong(format!(
                "{way:?}: {what}\nplan:\n{plan}\noptimised:\n{optimised}"
            ))
        };
        match run {
            Err(panic) => return wrong(format!("panic: {}", said(&*panic))),
            Ok(Err(fault)) if fault.kind == FaultKind::Internal => {
                return wrong(format!("internal: {fault}"));
            }
            Ok(Err(fault)) if way.may_fail(&fault) => {
                count(1);
            }
            // A constant that only the run knows may be one that is refused, whether or not there are rows.
            Ok(Err(fault)) if fault.code == Some(Code::Unsupported) => {
                return Outcome::Refused(fault.to_string());
            }
            Ok(Err(fault)) if expected.is_ok() && !naive.refused.get() => {
                return wrong(format!("fault: {fault}"));
            }
            Ok(Err(_)) => {}
            Ok(Ok(tables)) => {
                if let Ok(expected) = &expected
                    && let Err(what) = compare(&schemas, expected, &tables)
                {
                    return wrong(what);
                }
                if way.memory.is_some() || way.stop != Stopped::Never {
                    count(0);
                }
            }
        }
    }
    match expected {
        Ok(_) => Outcome::Same,
        Err(fault) => Outcome::Refused(fault.to_string()),
    }
}

/// Runs the same query in other words; some may be refused, as what they say is less.
fn in_other_words(
    others: &[String],
    samples: &[Sample],
    schemas: &[Schema],
    expected: &[Vec<Row>],
) -> Outcome {
    for (index, text) in others.iter().enumerate() {
        let plan = match bound(text, samples) {
            Ok(plan) => plan,
            Err(why) if index == 0 => return Outcome::Wrong(format!("{text}\nis refused: {why}")),
            Err(_) => continue,
        };
        let compared = match BETTER.run(&plan, samples) {
            Ok(tables) => compare(schemas, expected, &tables),
            Err(fault) => Err(format!("fault: {fault}")),
        };
        if let Err(what) = compared {
            return Outcome::Wrong(format!("in other words:\n{text}\n{what}\nplan:\n{plan}"));
        }
    }
    Outcome::Same
}

/// Whether two cells are the same, but for the last digits of reals.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => {
            a == b
                || a.is_nan() && b.is_nan()
                || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) && (a - b).is_finite()
        }
        (a, b) => a == b,
    }
}

fn compare(schemas: &[Schema], expected: &[Vec<Row>], tables: &[Table]) -> Result<(), String> {
    if expected.len() != tables.len() {
        return Err(format!(
            "{} results instead of {}",
            tables.len(),
            expected.len()
        ));
    }
    for ((schema, expected), table) in schemas.iter().zip(expected).zip(tables) {
        if *schema != table.schema {
            return Err(format!("columns {} instead of {schema}", table.schema));
        }
        for batch in &table.batches {
            for (array, column) in batch.columns.iter().zip(&table.schema.columns) {
                assert_eq!(array.len(), batch.rows, "{}", column.name);
                assert_eq!(array.data_type(), &column.ty.arrow(), "{}", column.name);
            }
        }
        let got = support::rows(table);
        let equal = |(a, b): (&Row, &Row)| a.iter().zip(b).all(|(a, b)| same(a, b));
        if got.len() != expected.len() || !expected.iter().zip(&got).all(equal) {
            let show = |rows: &[Row]| {
                let row = |row: &Row| row.iter().map(literal).collect::<Vec<_>>().join(", ");
                rows.iter()
                    .map(|r| format!("    {}\n", row(r)))
                    .collect::<String>()
            };
            return Err(format!(
                "{schema}\n  expected {}:\n{}  got {}:\n{}",
                expected.len(),
                show(expected),
                got.len(),
                show(&got)
            ));
        }
    }
    Ok(())
}

/// The comparison of an answer with another that has one row more.
pub fn compare_for_test() -> Result<(), String> {
    let schema = Schema::of(&[("l", kql::types::Type::Long)]);
    let table = Table {
        schema: schema.clone(),
        batches: Vec::new(),
    };
    compare(&[schema], &[vec![vec![Value::Long(1)]]], &[table])
}
