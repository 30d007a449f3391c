//! `sort` and `top`: rows in order, all of them or the first so many.
//!
//! All of them: workers add rows to one heap of batches, which is sorted and written to a file whenever memory runs
//! out; the runs are merged as they are read. The first few: each worker keeps the rows that may still be among them,
//! and gives them to the heap if even they do not fit.

use std::sync::{Mutex, PoisonError};

use arrow::array::{ArrayRef, UInt32Array};
use rayon::slice::ParallelSliceMut;

use super::expression::{Preparation, Prepared};
use super::order::Direction;
use super::pipeline::{Consumer, Pipeline, drive};
use super::rows::{compact, gather, join_up, weight};
use super::spill::{Key, SpillReader, merged, order, places, types};
use super::{Held, Run};
use crate::contract::{Batch, Fault, Flow};
use crate::plan::{ExprKind, SortKey};
use crate::types::{Column, Schema, Type};

/// Rows from which sorting is shared out among the workers.
const SHARED_OUT: usize = 50_000;

/// More rows than this are sorted as if all were wanted.
const FEW: usize = 1 << 20;

/// A `sort` ready to run.
pub struct Sort<'a> {
    run: &'a Run<'a>,
    /// The rows' columns.
    width: usize,
    /// These, the computed keys, and the rows' places.
    schema: Schema,
    computed: Vec<Prepared>,
    keys: Vec<Key>,
    limit: Option<usize>,
}

/// Rows not sorted yet.
pub struct Part<'a> {
    batches: Vec<Batch>,
    rows: usize,
    held: Held<'a>,
}

impl<'a> Sort<'a> {
    /// Prepares the keys.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(
        run: &'a Run<'a>,
        preparation: Preparation<'_>,
        schema: &Schema,
        sort_keys: &[SortKey],
        limit: Option<u64>,
    ) -> Result<Sort<'a>, Fault> {
        let width = schema.len();
        let mut schema = schema.clone();
        let mut computed = Vec::new();
        let mut keys = Vec::new();
        for key in sort_keys {
            let ty = key.value.ty;
            let column = match key.value.kind {
                ExprKind::Column(index) => index,
                _ => {
                    computed.push(preparation.expr(&key.value)?);
                    schema.columns.push(Column::new("", ty));
                    schema.len() - 1
                }
            };
            let direction = Direction {
                descending: key.descending,
                nulls_first: key.nulls_first,
            };
            keys.push(Key {
                column,
                ty,
                direction,
            });
        }
        keys.push(Key::place(schema.len(), true));
        schema.columns.push(Column::new("", Type::Long));
        Ok(Sort {
            run,
            width,
            schema,
            computed,
            keys,
            limit: limit.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
        })
    }

    /// The rows of a pipeline in order.
    ///
    /// # Errors
    /// As the pipeline's, the keys', and on limits.
    pub fn run(&self, pipeline: Pipeline) -> Result<Pipeline, Fault> {
        match self.limit {
            Some(0) => Ok(Pipeline::default()),
            Some(limit) if limit <= FEW => self.first(pipeline, limit),
            _ => self.all(pipeline),
        }
    }

    fn part(&self) -> Part<'a> {
        Part {
            batches: Vec::new(),
            rows: 0,
            held: self.run.held(),
        }
    }

    /// The batch with its computed keys and places, which refers to all of the text that it came with.
    fn keyed(&self, batch: Batch) -> Result<Batch, Fault> {
        let mut columns = batch.columns.clone();
        for key in &self.computed {
            columns.push(key.column(&batch)?);
        }
        columns.push(places((0..batch.rows as u64).map(|i| batch.position + i)));
        Ok(Batch { columns, ..batch })
    }

    /// The batch with its computed keys and places.
    fn extended(&self, batch: Batch) -> Result<Batch, Fault> {
        Ok(compact(self.keyed(batch)?))
    }

    /// As [`Sort::extended`], without rows that `limit` others of the batch come before.
    fn foremost(&self, batch: Batch, limit: usize) -> Result<Batch, Fault> {
        let batch = self.keyed(batch)?;
        if batch.rows / 2 <= limit {
            return Ok(compact(batch));
        }
        let order = order(&batch, &self.keys)?;
        let mut entries = order.entries(u32::try_from(batch.rows).unwrap_or(u32::MAX));
        entries.select_nth_unstable_by(limit, |a, b| order.compare(a, b));
        entries.truncate(limit);
        let mut places: Vec<u32> = entries.into_iter().map(|e| e.row).collect();
        places.sort_unstable();
        Ok(compact(Batch {
            rows: places.len(),
            columns: gather(&batch.columns, &UInt32Array::from(places))?,
            position: batch.position,
        }))
    }

    /// All rows of a part in one batch, and their order.
    fn sorted(&self, part: &Part<'_>, limit: Option<usize>) -> Result<(Batch, Vec<u32>), Fault> {
        let rows = join_up(&part.batches, &self.schema)?;
        let order = order(&rows, &self.keys)?;
        let count = u32::try_from(rows.rows).map_err(|_| {
            Fault::limit("more than four billion rows to sort").help("filter or aggregate earlier")
        })?;
        let mut entries = order.entries(count);
        if let Some(limit) = limit.filter(|l| *l < entries.len()) {
            entries.select_nth_unstable_by(limit, |a, b| order.compare(a, b));
            entries.truncate(limit);
        }
        // A worker sorts alone: only the pool's own threads may share.
        if self.run.options.threads > 1
            && entries.len() > SHARED_OUT
            && rayon::current_thread_index().is_none()
        {
            let pool = self.run.pool()?;
            pool.install(|| entries.par_sort_unstable_by(|a, b| order.compare(a, b)));
        } else {
            entries.sort_unstable_by(|a, b| order.compare(a, b));
        }
        Ok((rows, entries.into_iter().map(|e| e.row).collect()))
    }

    /// The columns of the rows at these places, without what was added to sort by.
    fn output(&self, rows: &Batch, places: &[u32]) -> Result<Batch, Fault> {
        Ok(Batch {
            columns: gather(
                &rows.columns[..self.width],
                &UInt32Array::from(places.to_vec()),
            )?,
            rows: places.len(),
            position: 0,
        })
    }

    fn in_order(&self, rows: Batch, places: &[u32], held: Held<'_>) -> Result<Pipeline, Fault> {
        let mut batches = Vec::new();
        for places in places.chunks(self.run.options.batch_rows.max(1)) {
            self.run.options.cancel.check()?;
            batches.push(self.output(&rows, places)?);
        }
        let morsel_rows = self.run.options.morsel_rows;
        Ok(Pipeline::held(batches, morsel_rows, held.keep()))
    }

    // -----------------------------------------------------------------------------------------
    // The first rows

    fn first(&self, pipeline: Pipeline, limit: usize) -> Result<Pipeline, Fault> {
        let mut all = self.part();
        let first = First {
            sort: self,
            limit,
            heap: self.heap(),
        };
        drive(self.run, pipeline, &first, &mut |part| {
            all.rows += part.rows;
            all.batches.extend(part.batches);
            all.held.absorb(part.held);
            self.shrink(&mut all, limit)?;
            if self.run.options.budget.is_crowded() {
                first.heap.take_over(&mut all)?;
            }
            Ok(Flow::More)
        })?;
        if !first.heap.is_empty() {
            first.heap.take_over(&mut all)?;
            return first.heap.finish();
        }
        let (rows, places) = self.sorted(&all, Some(limit))?;
        self.in_order(rows, &places, all.held)
    }

    /// Drops rows that cannot be among the first, once they are many.
    fn shrink(&self, part: &mut Part<'_>, limit: usize) -> Result<(), Fault> {
        match part.rows > (2 * limit).max(4 * self.run.options.batch_rows) {
            true => self.cut(part, limit),
            false => Ok(()),
        }
    }

    fn cut(&self, part: &mut Part<'_>, limit: usize) -> Result<(), Fault> {
        let (rows, places) = self.sorted(part, Some(limit))?;
        let batch = compact(Batch {
            rows: places.len(),
            columns: gather(&rows.columns, &UInt32Array::from(places))?,
            position: 0,
        });
        part.rows = batch.rows;
        part.held.set(weight(&batch))?;
        part.batches = vec![batch];
        Ok(())
    }

    // -----------------------------------------------------------------------------------------
    // All rows

    fn all(&self, pipeline: Pipeline) -> Result<Pipeline, Fault> {
        let heap = self.heap();
        drive(self.run, pipeline, &heap, &mut |()| Ok(Flow::More))?;
        heap.finish()
    }

    fn heap(&self) -> Heap<'_, 'a> {
        Heap {
            sort: self,
            rows: Mutex::new((self.part(), Vec::new())),
        }
    }

    /// Writes a part, sorted, to a file.
    fn spill(&self, part: &mut Part<'_>) -> Result<SpillReader, Fault> {
        let (rows, places) = self.sorted(part, self.limit)?;
        let mut file = self.run.spill_file(&types(&self.schema))?;
        for places in places.chunks(self.run.options.batch_rows.max(1)) {
            self.run.options.cancel.check()?;
            let chunk: Vec<ArrayRef> = gather(&rows.columns, &UInt32Array::from(places.to_vec()))?;
            file.write(&chunk, places.len())?;
        }
        part.batches.clear();
        part.rows = 0;
        part.held.set(0)?;
        file.finish()
    }
}

/// Keeps the first rows of each morsel.
struct First<'s, 'a> {
    sort: &'s Sort<'a>,
    limit: usize,
    /// Takes the rows that do not fit.
    heap: Heap<'s, 'a>,
}

impl<'a> Consumer for First<'_, 'a> {
    type Part = Part<'a>;

    fn part(&self) -> Result<Part<'a>, Fault> {
        Ok(self.sort.part())
    }

    fn take(&self, part: &mut Part<'a>, batch: Batch) -> Result<Flow, Fault> {
        let batch = self.sort.foremost(batch, self.limit)?;
        let bytes = weight(&batch);
        part.rows += batch.rows;
        part.batches.push(batch);
        match part.held.add(bytes) {
            Ok(()) => self.sort.shrink(part, self.limit)?,
            Err(_) => self.heap.take_over(part)?,
        }
        Ok(Flow::More)
    }

    fn close(&self, mut part: Part<'a>) -> Result<Part<'a>, Fault> {
        if part.rows > self.limit {
            self.sort.cut(&mut part, self.limit)?;
        }
        Ok(part)
    }
}

/// Keeps all rows: in memory, and in runs on disk.
struct Heap<'s, 'a> {
    sort: &'s Sort<'a>,
    rows: Mutex<(Part<'a>, Vec<SpillReader>)>,
}

impl<'a> Heap<'_, 'a> {
    fn add(&self, batch: Batch) -> Result<(), Fault> {
        // Sorting copies the rows once, and needs an entry for each.
        let bytes = 2 * weight(&batch) + 16 * batch.rows;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (part, runs) = &mut *rows;
        if part.held.add(bytes).is_err() {
            if part.rows > 0 {
                runs.push(self.sort.spill(part)?);
            }
            // If not even one batch fits now, then what else the query holds fills the memory.
            part.held.add(bytes)?;
        }
        part.rows += batch.rows;
        part.batches.push(batch);
        Ok(())
    }

    /// Adds all rows of a part.
    fn take_over(&self, part: &mut Part<'a>) -> Result<(), Fault> {
        part.rows = 0;
        part.held.set(0)?;
        std::mem::take(&mut part.batches)
            .into_iter()
            .try_for_each(|batch| self.add(batch))
    }

    fn is_empty(&self) -> bool {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.0.rows == 0 && rows.1.is_empty()
    }

    /// The rows in order.
    fn finish(self) -> Result<Pipeline, Fault> {
        let (sort, rows) = (self.sort, self.rows.into_inner());
        let (mut part, mut runs) = rows.unwrap_or_else(PoisonError::into_inner);
        let limit = sort.limit;
        if runs.is_empty() {
            let (rows, places) = sort.sorted(&part, limit)?;
            drop(part.batches);
            return sort.in_order(rows, &places, part.held);
        }
        if part.rows > 0 {
            runs.push(sort.spill(&mut part)?);
        }
        let limit = limit.unwrap_or(usize::MAX);
        merged(sort.run, runs, sort.keys.clone(), sort.width, limit)
    }
}

impl Consumer for Heap<'_, '_> {
    type Part = ();

    fn part(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn take(&self, (): &mut (), batch: Batch) -> Result<Flow, Fault> {
        self.add(self.sort.extended(batch)?)?;
        Ok(Flow::More)
    }
}
