//! The kinds of a join that keep rows of one side: those whose key the other side has, or has not.
//!
//! The other side's keys are one table; those that do not fit in memory go to files, and then both sides are looked at
//! part by part.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::buffer::BooleanBuffer;

use super::apart::Apart;
use super::{Side, columns, types};
use crate::contract::{Batch, Fault, Flow};
use crate::engine::expression::Prepared;
use crate::engine::keys::{KeyHasher, KeyTable, NONE};
use crate::engine::pipeline::{Consumer, Next, Pipeline, Step, drive};
use crate::engine::spill::{self, Key, Parts, SpillFile, SpillReader, merged};
use crate::engine::{Held, Reservation, Run, steps};

/// The rows of one side whose key is (`matching`), or is not, among the keys of another's rows.
///
/// # Errors
/// As either side's, the keys', and on limits: one part of the keys has to fit.
pub fn join(
    run: &Run<'_>,
    kept: Side<'_>,
    keys: Vec<Prepared>,
    other: Pipeline,
    other_keys: &[Prepared],
    matching: bool,
) -> Result<Pipeline, Fault> {
    match distinct(run, other, other_keys)? {
        Keys::Held(table, held) => {
            let semi = Semi::new(table, held, keys, matching);
            Ok(kept.pipeline.then(semi))
        }
        Keys::Apart(other) => {
            let hasher = other.hasher();
            let Apart { schema, parts, .. } =
                Apart::all(run, kept.pipeline, kept.schema, &keys, hasher)?;
            let width = kept.schema.len();
            let mut runs = Vec::new();
            for (rows, other) in parts.files.into_iter().zip(other.files) {
                let Some(rows) = rows else { continue };
                let rows = rows.finish()?;
                match other {
                    Some(other) => {
                        let out = run.spill_file(&spill::types(&schema))?;
                        let other = other.finish()?;
                        runs.push(part(run, rows, &keys, other, matching, out)?);
                    }
                    None if matching => {}
                    None => runs.push(rows),
                }
            }
            merged(run, runs, vec![Key::place(width, true)], width, usize::MAX)
        }
    }
}

// ---------------------------------------------------------------------------------------------
// The other side's keys

/// The distinct keys of a side.
enum Keys<'a> {
    Held(KeyTable, Held<'a>),
    /// In files; some of them more than once.
    Apart(Parts<'a>),
}

struct Distinct<'a> {
    run: &'a Run<'a>,
    keys: &'a [Prepared],
    is_apart: AtomicBool,
    apart: Mutex<Option<Parts<'a>>>,
}

impl<'a> Distinct<'a> {
    /// Counts what a table holds; writes it to the files once memory is short.
    fn weigh(&self, table: &mut KeyTable, held: &mut Held<'a>) -> Result<(), Fault> {
        let fits = held.set(table.size()).is_ok() && !self.run.options.budget.is_crowded();
        if fits && !self.is_apart.load(Ordering::Relaxed) {
            return Ok(());
        }
        let keys = table.columns()?;
        let mut apart = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        let apart = apart.get_or_insert_with(|| {
            let types = types(self.keys);
            let hasher = KeyHasher::new(&types);
            Parts::new(self.run, types, Arc::new(hasher))
        });
        apart.add(&keys, &keys, table.len())?;
        self.is_apart.store(true, Ordering::Relaxed);
        *table = KeyTable::new(&types(self.keys));
        held.set(0)
    }
}

impl<'a> Consumer for Distinct<'a> {
    type Part = (KeyTable, Held<'a>);

    fn part(&self) -> Result<Self::Part, Fault> {
        Ok((KeyTable::new(&types(self.keys)), self.run.held()))
    }

    fn take(&self, (table, held): &mut Self::Part, batch: Batch) -> Result<Flow, Fault> {
        table.insert(&columns(self.keys, &batch)?, batch.rows)?;
        self.weigh(table, held)?;
        Ok(Flow::More)
    }
}

fn distinct<'a>(
    run: &'a Run<'_>,
    pipeline: Pipeline,
    keys: &'a [Prepared],
) -> Result<Keys<'a>, Fault> {
    let distinct = Distinct {
        run,
        keys,
        is_apart: AtomicBool::new(false),
        apart: Mutex::default(),
    };
    let (mut all, mut held) = distinct.part()?;
    drive(run, pipeline, &distinct, &mut |(table, of_part)| {
        all.absorb(&table)?;
        drop(of_part);
        distinct.weigh(&mut all, &mut held)?;
        Ok(Flow::More)
    })?;
    if distinct.is_apart.load(Ordering::Relaxed) {
        distinct.weigh(&mut all, &mut held)?;
    }
    let apart = distinct.apart.into_inner();
    Ok(match apart.unwrap_or_else(PoisonError::into_inner) {
        Some(apart) => Keys::Apart(apart),
        None => Keys::Held(all, held),
    })
}

// ---------------------------------------------------------------------------------------------
// The rows kept

/// Keeps the rows whose key is, or is not, in a table.
pub struct Semi {
    table: KeyTable,
    _held: Reservation,
    keys: Vec<Prepared>,
    matching: bool,
}

impl Semi {
    /// By this table, which weighs what is held.
    pub fn new(table: KeyTable, held: Held<'_>, keys: Vec<Prepared>, matching: bool) -> Semi {
        Semi {
            table,
            _held: held.keep(),
            keys,
            matching,
        }
    }
}

impl Step for Semi {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        match selected(&self.table, &self.keys, batch, self.matching)? {
            Some(batch) => next(batch),
            None => Ok(Flow::More),
        }
    }
}

fn selected(
    table: &KeyTable,
    keys: &[Prepared],
    batch: Batch,
    matching: bool,
) -> Result<Option<Batch>, Fault> {
    let numbers = table.find(&columns(keys, &batch)?, batch.rows)?;
    let kept = |row: usize| (numbers[row] != NONE) == matching;
    let selected = BooleanBuffer::collect_bool(batch.rows, kept);
    steps::keep(batch, selected)
}

/// The rows kept of one part, in order.
fn part(
    run: &Run<'_>,
    mut rows: SpillReader,
    keys: &[Prepared],
    mut other: SpillReader,
    matching: bool,
    mut out: SpillFile,
) -> Result<SpillReader, Fault> {
    let mut held = run.held();
    let mut table = KeyTable::new(&types(keys));
    while let Some(batch) = other.next_batch()? {
        table.insert(&batch.columns, batch.rows)?;
        held.set(table.size())?;
    }
    while let Some(batch) = rows.next_batch()? {
        run.options.cancel.check()?;
        if let Some(batch) = selected(&table, keys, batch, matching)? {
            out.write(&batch.columns, batch.rows)?;
        }
    }
    out.finish()
}
