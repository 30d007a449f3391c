//! Rows read ahead for `--now latest`: what now is shows only once all rows have been seen, so the columns that the
//! query needs are kept from that one reading.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use arrow::array::AsArray;
use arrow::compute::max;
use arrow::datatypes::Int64Type;

use super::Session;
use super::made::pieces;
use crate::contract::{Batch, Budget, Context, DataSource, Fault, FaultKind, Morsel, ScanRequest};
use crate::engine;
use crate::plan::{Node, Plan};
use crate::types::{Schema, Type};

/// Share of the memory allowed that may hold rows read ahead.
const SHARE: usize = 4;

/// Tables read ahead, by name.
#[derive(Default)]
pub(super) struct Ahead(Mutex<BTreeMap<Arc<str>, Arc<dyn DataSource>>>);

impl Ahead {
    /// The table of this name, if it was read ahead.
    pub fn source(&self, name: &str) -> Option<Arc<dyn DataSource>> {
        self.0.lock().ok()?.get(name).map(Arc::clone)
    }

    /// Forgets what was read for a query before.
    pub fn forget(&self) {
        if let Ok(mut tables) = self.0.lock() {
            tables.clear();
        }
    }

    /// The greatest instant in a table's time columns. Where only reading tells it, `columns` are kept.
    pub fn latest(
        &self,
        session: &Session,
        name: &Arc<str>,
        source: &Arc<dyn DataSource>,
        columns: &BTreeSet<usize>,
    ) -> Result<Option<i64>, Fault> {
        let schema = source.schema();
        let times: Vec<usize> = (0..schema.len()).filter(|i| is_time(&schema, *i)).collect();
        if times.is_empty() {
            return Ok(None);
        }
        let known: Option<Vec<i64>> = times.iter().map(|i| source.known_latest(*i)).collect();
        if let Some(known) = known {
            return Ok(known.into_iter().max());
        }
        let wanted: Vec<usize> = columns.iter().copied().chain(times.clone()).collect();
        let wanted: Vec<usize> = wanted
            .into_iter()
            .collect::<BTreeSet<usize>>()
            .into_iter()
            .collect();
        match read(session, name, &schema, &wanted) {
            Ok(batches) => {
                let latest = greatest(&batches, &wanted, &times);
                let table = Table {
                    inner: Arc::clone(source),
                    columns: wanted,
                    batches,
                };
                if let Ok(mut tables) = self.0.lock() {
                    tables.insert(Arc::clone(name), Arc::new(table));
                }
                Ok(latest)
            }
            // Too many rows to keep: they are read twice.
            Err(fault) if fault.kind == FaultKind::Limit => {
                session.options.cancel.check()?;
                let mut latest = None;
                for index in times {
                    latest = latest.max(source.latest(index)?);
                }
                Ok(latest)
            }
            Err(fault) => Err(fault),
        }
    }
}

fn is_time(schema: &Schema, index: usize) -> bool {
    schema.columns.get(index).is_some_and(|c| {
        matches!(&*c.name, "TimeGenerated" | "Timestamp") && c.ty == Type::Datetime
    })
}

/// The rows of a table: these columns of it.
fn read(
    session: &Session,
    name: &Arc<str>,
    schema: &Schema,
    wanted: &[usize],
) -> Result<Vec<Batch>, Fault> {
    let columns = wanted.iter().filter_map(|i| schema.columns.get(*i));
    let plan = Plan {
        schema: Schema::new(columns.cloned().collect()),
        node: Node::Scan {
            table: Arc::clone(name),
            columns: wanted.to_vec(),
            predicates: Vec::new(),
        },
    };
    let mut options = session.options.clone();
    options.budget = Budget::new(options.budget.limit() / SHARE);
    let table = engine::run_plan(&plan, &[], session, &Context::for_check(0), &options)?;
    Ok(table.batches)
}

fn greatest(batches: &[Batch], wanted: &[usize], times: &[usize]) -> Option<i64> {
    let places = times
        .iter()
        .filter_map(|time| wanted.iter().position(|w| w == time));
    places
        .flat_map(|place| batches.iter().filter_map(move |b| b.columns.get(place)))
        .filter_map(|array| max(array.as_primitive_opt::<Int64Type>()?))
        .max()
}

/// Some columns of a table in memory; the others are read where they are.
struct Table {
    inner: Arc<dyn DataSource>,
    columns: Vec<usize>,
    batches: Vec<Batch>,
}

impl DataSource for Table {
    fn schema(&self) -> Schema {
        self.inner.schema()
    }

    fn morsels(&self, request: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        let place = |index: &usize| self.columns.iter().position(|c| c == index);
        let places: Option<Vec<usize>> = request.columns.iter().map(place).collect();
        match places {
            Some(places) => pieces(&self.batches, &places),
            None => self.inner.morsels(request),
        }
    }

    fn provisional(&self) -> bool {
        self.inner.provisional()
    }

    fn complete(&self) -> Result<(), Fault> {
        self.inner.complete()
    }

    fn present(&self) -> Option<usize> {
        self.inner.present()
    }

    fn latest(&self, column: usize) -> Result<Option<i64>, Fault> {
        self.inner.latest(column)
    }
}
