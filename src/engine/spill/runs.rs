//! Sorted runs in files, merged as they are read.

use std::cmp::Ordering;

use arrow::array::Array;
use arrow::compute::interleave;

use super::SpillReader;
use super::kept::each_batch;
use crate::contract::{Batch, Fault};
use crate::engine::Run as Query;
use crate::engine::order::{Direction, Order, OrderColumn};
use crate::engine::pipeline::Pipeline;
use crate::engine::rows::slice;
use crate::types::Type;

/// A column rows are ordered by.
#[derive(Clone, Copy)]
pub struct Key {
    /// Its index.
    pub column: usize,
    /// Its type.
    pub ty: Type,
    /// Which way.
    pub direction: Direction,
}

impl Key {
    /// A column of [`places`].
    pub fn place(column: usize, nulls_first: bool) -> Key {
        Key {
            column,
            ty: Type::Long,
            direction: Direction {
                descending: false,
                nulls_first,
            },
        }
    }
}

/// The order of a batch's rows.
///
/// # Errors
/// A bug of ours only.
pub fn order(batch: &Batch, keys: &[Key]) -> Result<Order, Fault> {
    let column = |key: &Key| match batch.columns.get(key.column) {
        Some(array) => OrderColumn::new(array, key.ty, key.direction),
        None => Err(Fault::internal("a sort key is missing")),
    };
    let columns = keys.iter().map(column);
    Ok(Order::new(columns.collect::<Result<_, _>>()?))
}

/// The first `limit` rows of sorted runs, merged as they are read, with their first `width` columns.
///
/// # Errors
/// When they cannot be read.
pub fn merged(
    query: &Query<'_>,
    runs: Vec<SpillReader>,
    keys: Vec<Key>,
    width: usize,
    limit: usize,
) -> Result<Pipeline, Fault> {
    let options = query.options;
    let mut merge = Merge::new(runs, keys, options.batch_rows)?;
    let mut left = limit;
    let next = move || {
        if left == 0 {
            return Ok(None);
        }
        let Some(batch) = merge.next_batch()? else {
            return Ok(None);
        };
        let mut batch = slice(&batch, 0, batch.rows.min(left));
        left -= batch.rows;
        batch.columns.truncate(width);
        Ok(Some(batch))
    };
    Ok(each_batch(next, options.morsel_rows))
}

/// Sorted runs, merged as they are read.
struct Merge {
    runs: Vec<Run>,
    /// The runs with rows left, as a heap: the one with the least row first.
    heap: Vec<usize>,
    keys: Vec<Key>,
    batch_rows: usize,
}

struct Run {
    reader: SpillReader,
    batch: Batch,
    order: Order,
    row: usize,
    /// Which of the sources of the rows being merged its batch is.
    source: usize,
}

impl Merge {
    /// Of runs that are each sorted by `keys`, which tell all rows apart.
    ///
    /// # Errors
    /// When they cannot be read.
    fn new(readers: Vec<SpillReader>, keys: Vec<Key>, batch_rows: usize) -> Result<Merge, Fault> {
        let mut runs = Vec::with_capacity(readers.len());
        for mut reader in readers {
            if let Some(batch) = reader.next_batch()? {
                runs.push(Run {
                    order: order(&batch, &keys)?,
                    reader,
                    batch,
                    row: 0,
                    source: 0,
                });
            }
        }
        let mut merge = Merge {
            heap: (0..runs.len()).collect(),
            runs,
            keys,
            batch_rows: batch_rows.max(1),
        };
        for at in (0..merge.heap.len() / 2).rev() {
            merge.sink(at);
        }
        Ok(merge)
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (&self.runs[a], &self.runs[b]);
        a.order.compare_across(a.row, &b.order, b.row)
    }

    /// Restores the heap below `at`.
    fn sink(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len()
                    && self.compare(self.heap[child], self.heap[least]).is_lt()
                {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// When they cannot be read.
    fn next_batch(&mut self) -> Result<Option<Batch>, Fault> {
        // The runs' batches that the rows are of: each run's own, and those that came after one had ended.
        let mut sources: Vec<Batch> = self.runs.iter().map(|r| r.batch.clone()).collect();
        for (source, run) in self.runs.iter_mut().enumerate() {
            run.source = source;
        }
        let mut rows: Vec<(usize, usize)> = Vec::new();
        while rows.len() < self.batch_rows {
            let Some(first) = self.heap.first().copied() else {
                break;
            };
            let run = &mut self.runs[first];
            rows.push((run.source, run.row));
            run.row += 1;
            if run.row < run.batch.rows {
                self.sink(0);
            } else if self.advance(first)? {
                self.runs[first].source = sources.len();
                sources.push(self.runs[first].batch.clone());
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let width = sources.first().map_or(0, |batch| batch.columns.len());
        let mut columns = Vec::with_capacity(width);
        for column in 0..width {
            let parts = sources.iter().map(|batch| &*batch.columns[column]);
            let parts: Vec<&dyn Array> = parts.collect();
            columns.push(interleave(&parts, &rows)?);
        }
        Ok(Some(Batch {
            columns,
            rows: rows.len(),
            position: 0,
        }))
    }

    /// Reads the next batch of the run at the top of the heap; whether there is one.
    fn advance(&mut self, index: usize) -> Result<bool, Fault> {
        let run = &mut self.runs[index];
        let next = run.reader.next_batch()?;
        let more = next.is_some();
        match next {
            Some(batch) => {
                run.order = order(&batch, &self.keys)?;
                run.batch = batch;
                run.row = 0;
            }
            None => {
                self.heap.swap_remove(0);
            }
        }
        self.sink(0);
        Ok(more)
    }
}
