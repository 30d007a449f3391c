//! `join`: a table of one side's keys, and the other side's rows looked up in it.
//!
//! Rows come out in the left side's order, each with its matches in the right side's order; then, for the kinds that
//! have them, the right rows without a match. The semi and anti kinds of the right side keep its order.
//! A right side that does not fit in memory is joined [part by part](apart).

mod apart;
mod semi;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{ArrayRef, UInt32Array};
use arrow::buffer::BooleanBuffer;

use super::Run;
use super::expression::{Preparation, Prepared};
use super::keys::{KeyTable, NONE};
use super::pipeline::{Consumer, Next, Pipeline, Step, drive, in_memory};
use super::rows::{compact, gather, join_up, pieces, weight};
use super::spill::{self, Kept, keep};
use super::{Held, Reservation, steps};
use crate::contract::{Batch, Cancel, Fault, Flow};
use crate::plan::{Expr, JoinKind};
use crate::types::{Schema, Type, arrays};
use apart::Rows;
use semi::Semi;

/// A side of a join.
pub struct Side<'a> {
    /// Its rows.
    pub pipeline: Pipeline,
    /// Whether they are likely to be few: groups, or what is in memory already.
    pub small: bool,
    /// Their columns.
    pub schema: &'a Schema,
    /// Its keys.
    pub keys: &'a [Expr],
}

/// The rows of a join.
///
/// # Errors
/// As either side's, the keys', and on limits.
pub fn join<'s>(
    run: &Run<'_>,
    preparation: Preparation<'_>,
    kind: JoinKind,
    mut left: Side<'s>,
    mut right: Side<'s>,
) -> Result<Pipeline, Fault> {
    let left_decides = !matches!(
        kind,
        JoinKind::RightOuter | JoinKind::FullOuter | JoinKind::RightSemi | JoinKind::RightAnti
    );
    if left_decides && left.small && !right.small {
        (left, right) = narrowed(run, preparation, left, right)?;
    }
    let left_keys = preparation.exprs(left.keys)?;
    let right_keys = preparation.exprs(right.keys)?;
    match kind {
        JoinKind::LeftSemi | JoinKind::LeftAnti => {
            let matching = kind == JoinKind::LeftSemi;
            semi::join(run, left, left_keys, right.pipeline, &right_keys, matching)
        }
        JoinKind::RightSemi | JoinKind::RightAnti => {
            let matching = kind == JoinKind::RightSemi;
            semi::join(run, right, right_keys, left.pipeline, &left_keys, matching)
        }
        _ => match apart::rows(run, right.pipeline, right.schema, &right_keys)? {
            Rows::Held(batches, held) => {
                let build = Build::new(run, batches, held, right.schema, &right_keys)?;
                pairs(run, kind, left, left_keys.into(), Arc::new(build))
            }
            Rows::Apart(right) => apart::join(run, kind, left, left_keys.into(), right),
        },
    }
}

/// The rows of a join of a kind that pairs rows.
fn pairs(
    run: &Run<'_>,
    kind: JoinKind,
    left: Side<'_>,
    left_keys: Arc<[Prepared]>,
    build: Arc<Build>,
) -> Result<Pipeline, Fault> {
    let outer = matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter);
    let (batch_rows, morsel_rows) = (run.options.batch_rows, run.options.morsel_rows);
    if kind == JoinKind::InnerUnique {
        let firsts = first_rows(run, left, &left_keys, &build)?;
        return Ok(firsts.then(probe(run, build, left_keys, false)));
    }
    let paired = left
        .pipeline
        .then(probe(run, Arc::clone(&build), left_keys, outer));
    if matches!(kind, JoinKind::Inner | JoinKind::LeftOuter) {
        return Ok(paired);
    }
    let types: Vec<Type> = left.schema.columns.iter().map(|c| c.ty).collect();
    Ok(paired.finally(move || {
        let batches = build.unmatched(&types, batch_rows)?;
        Ok(in_memory(batches, morsel_rows))
    }))
}

/// Both sides, the right one without the rows that no left row can match: the table of a small left side's keys
/// takes less memory than a large right side.
fn narrowed<'s>(
    run: &Run<'_>,
    preparation: Preparation<'_>,
    mut left: Side<'s>,
    mut right: Side<'s>,
) -> Result<(Side<'s>, Side<'s>), Fault> {
    let left_keys = preparation.exprs(left.keys)?;
    let kept = keep(run, left.pipeline, left.schema, None)?;
    if kept.is_in_file() {
        left.pipeline = kept.pipeline()?;
        return Ok((left, right));
    }
    let (batches, pipeline) = kept.held()?;
    left.pipeline = pipeline;
    let mut table = KeyTable::new(&types(&left_keys));
    for batch in &batches {
        table.insert(&columns(&left_keys, batch)?, batch.rows)?;
    }
    let mut held = run.held();
    if held.add(table.size()).is_ok() {
        let right_keys = preparation.exprs(right.keys)?;
        right.pipeline = right
            .pipeline
            .then(Semi::new(table, held, right_keys, true));
    }
    Ok((left, right))
}

fn probe(run: &Run<'_>, build: Arc<Build>, keys: Arc<[Prepared]>, outer: bool) -> Probe {
    Probe {
        build,
        keys,
        outer,
        batch_rows: run.options.batch_rows.max(1),
        cancel: run.options.cancel.clone(),
    }
}

fn columns(keys: &[Prepared], batch: &Batch) -> Result<Vec<ArrayRef>, Fault> {
    keys.iter().map(|k| k.column(batch)).collect()
}

fn types(keys: &[Prepared]) -> Vec<Type> {
    keys.iter().map(|k| k.ty).collect()
}

// ---------------------------------------------------------------------------------------------
// The kinds that pair rows

/// The right side: its rows, found by key.
struct Build {
    keys: KeyTable,
    /// Rows of key `k` are `rows[starts[k]..starts[k + 1]]`.
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// The rows, and behind them one of nulls, for left rows without a match.
    columns: Vec<ArrayRef>,
    count: u32,
    /// A bit for each key that a left row had.
    matched: Vec<AtomicU64>,
    _held: Reservation,
}

impl Build {
    fn new(
        run: &Run<'_>,
        mut batches: Vec<Batch>,
        mut held: Held<'_>,
        schema: &Schema,
        exprs: &[Prepared],
    ) -> Result<Build, Fault> {
        let mut keys = KeyTable::new(&types(exprs));
        let mut numbers: Vec<u32> = Vec::new();
        for batch in &batches {
            run.options.cancel.check()?;
            numbers.extend(keys.insert(&columns(exprs, batch)?, batch.rows)?);
        }
        let count = u32::try_from(numbers.len()).ok().filter(|n| *n < NONE - 1);
        let count = count.ok_or_else(|| {
            Fault::limit("more than four billion rows to join").help("filter or aggregate earlier")
        })?;
        let (starts, rows) = by_key(&numbers, keys.len());
        let nulls = schema.columns.iter().map(|c| arrays::nulls(c.ty, 1));
        batches.push(Batch {
            columns: nulls.collect(),
            rows: 1,
            position: 0,
        });
        let all = join_up(&batches, schema)?;
        held.set(weight(&all) + keys.size() + starts.len() * 4 + rows.len() * 4)?;
        let words = keys.len().div_ceil(64);
        Ok(Build {
            matched: (0..words).map(|_| AtomicU64::new(0)).collect(),
            keys,
            starts,
            rows,
            columns: all.columns,
            count,
            _held: held.keep(),
        })
    }

    fn rows_of(&self, key: u32) -> &[u32] {
        let key = key as usize;
        &self.rows[self.starts[key] as usize..self.starts[key + 1] as usize]
    }

    fn mark(&self, key: u32) {
        let (word, bit) = (&self.matched[key as usize / 64], 1u64 << (key % 64));
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// The right rows whose key no left row had, beside nulls.
    fn unmatched(&self, left: &[Type], batch_rows: usize) -> Result<Vec<Batch>, Fault> {
        let mut rows = Vec::new();
        for key in 0..self.keys.len() {
            if self.matched[key / 64].load(Ordering::Relaxed) & (1 << (key % 64)) == 0 {
                rows.extend_from_slice(
                    &self.rows[self.starts[key] as usize..self.starts[key + 1] as usize],
                );
            }
        }
        rows.sort_unstable();
        let count = rows.len();
        let mut columns: Vec<ArrayRef> = left.iter().map(|t| arrays::nulls(*t, count)).collect();
        columns.extend(gather(&self.columns, &UInt32Array::from(rows))?);
        let batch = Batch {
            columns,
            rows: count,
            position: 0,
        };
        Ok(pieces(batch, batch_rows))
    }
}

/// Rows sorted by key, in order within a key: where each key's rows start, and the rows.
fn by_key(numbers: &[u32], keys: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; keys + 1];
    for number in numbers {
        starts[*number as usize + 1] += 1;
    }
    for key in 0..keys {
        starts[key + 1] += starts[key];
    }
    let mut ends = starts.clone();
    let mut rows = vec![0u32; numbers.len()];
    for (row, number) in (0u32..).zip(numbers) {
        let end = &mut ends[*number as usize];
        rows[*end as usize] = row;
        *end += 1;
    }
    (starts, rows)
}

/// Pairs each left row with its matches.
struct Probe {
    build: Arc<Build>,
    keys: Arc<[Prepared]>,
    /// Whether a row without a match is kept.
    outer: bool,
    batch_rows: usize,
    /// Few rows may have very many matches.
    cancel: Cancel,
}

impl Step for Probe {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let build = &*self.build;
        let numbers = build.keys.find(&columns(&self.keys, &batch)?, batch.rows)?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (row, number) in (0u32..).zip(&numbers) {
            if *number == NONE {
                if self.outer {
                    left.push(row);
                    right.push(build.count);
                }
            } else {
                build.mark(*number);
                let mut matches = build.rows_of(*number);
                while left.len() + matches.len() >= self.batch_rows {
                    // One left row may have any number of matches.
                    let (now, later) = matches.split_at(self.batch_rows - left.len());
                    left.resize(self.batch_rows, row);
                    right.extend_from_slice(now);
                    matches = later;
                    if self.emit(&batch, &mut left, &mut right, next)? == Flow::Enough {
                        return Ok(Flow::Enough);
                    }
                }
                left.resize(left.len() + matches.len(), row);
                right.extend_from_slice(matches);
            }
            if left.len() >= self.batch_rows
                && self.emit(&batch, &mut left, &mut right, next)? == Flow::Enough
            {
                return Ok(Flow::Enough);
            }
        }
        match left.is_empty() {
            true => Ok(Flow::More),
            false => self.emit(&batch, &mut left, &mut right, next),
        }
    }
}

impl Probe {
    fn emit(
        &self,
        batch: &Batch,
        left: &mut Vec<u32>,
        right: &mut Vec<u32>,
        next: &mut Next<'_>,
    ) -> Result<Flow, Fault> {
        self.cancel.check()?;
        let rows = left.len();
        let mut columns = gather(&batch.columns, &UInt32Array::from(std::mem::take(left)))?;
        let right = UInt32Array::from(std::mem::take(right));
        columns.extend(gather(&self.build.columns, &right)?);
        next(Batch {
            columns,
            rows,
            position: batch.position,
        })
    }
}

// ---------------------------------------------------------------------------------------------
// innerunique

/// The first left row of each key that has a match.
struct Firsts<'a> {
    run: &'a Run<'a>,
    keys: &'a [Prepared],
    build: &'a Build,
}

/// Which keys of the right side were seen, and their first rows.
struct FirstRows<'a> {
    seen: Vec<bool>,
    batches: Vec<(Batch, Vec<u32>)>,
    held: Held<'a>,
}

impl Firsts<'_> {
    /// The rows of a batch whose key had not been seen.
    fn fresh(seen: &mut [bool], numbers: &[u32]) -> Vec<bool> {
        let fresh = |number: &u32| match seen.get_mut(*number as usize) {
            Some(seen) => !std::mem::replace(seen, true),
            None => false,
        };
        numbers.iter().map(fresh).collect()
    }
}

impl<'a> Consumer for Firsts<'a> {
    type Part = FirstRows<'a>;

    fn part(&self) -> Result<FirstRows<'a>, Fault> {
        Ok(FirstRows {
            seen: vec![false; self.build.keys.len()],
            batches: Vec::new(),
            held: self.run.held(),
        })
    }

    fn take(&self, part: &mut FirstRows<'a>, batch: Batch) -> Result<Flow, Fault> {
        let numbers = self
            .build
            .keys
            .find(&columns(self.keys, &batch)?, batch.rows)?;
        let fresh = Firsts::fresh(&mut part.seen, &numbers);
        let numbers = numbers.iter().zip(&fresh).filter(|(_, f)| **f);
        let numbers: Vec<u32> = numbers.map(|(n, _)| *n).collect();
        if let Some(batch) = steps::keep(batch, BooleanBuffer::from(fresh))? {
            let batch = compact(batch);
            part.held.add(weight(&batch) + numbers.len() * 4)?;
            part.batches.push((batch, numbers));
        }
        Ok(Flow::More)
    }
}

fn first_rows(
    run: &Run<'_>,
    left: Side<'_>,
    keys: &[Prepared],
    build: &Build,
) -> Result<Pipeline, Fault> {
    let mut seen = vec![false; build.keys.len()];
    let mut kept = Kept::new(run, spill::types(left.schema));
    let firsts = Firsts { run, keys, build };
    drive(run, left.pipeline, &firsts, &mut |part| {
        // Who keeps them counts them.
        drop(part.held);
        for (batch, numbers) in part.batches {
            let fresh = Firsts::fresh(&mut seen, &numbers);
            if let Some(batch) = steps::keep(batch, BooleanBuffer::from(fresh))? {
                kept.add(batch)?;
            }
        }
        Ok(Flow::More)
    })?;
    kept.pipeline()
}
