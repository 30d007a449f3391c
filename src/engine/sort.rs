//! `sort` and `top`: rows in order, all of them or the first so many.

use arrow::array::UInt32Array;
use rayon::slice::ParallelSliceMut;

use super::expression::{Preparation, Prepared};
use super::order::{Direction, Order, OrderColumn};
use super::pipeline::{Consumer, Pipeline, drive};
use super::rows::{compact, gather, join_up, weight};
use super::{Held, Run};
use crate::contract::{Batch, Fault, Flow};
use crate::plan::SortKey;
use crate::types::Schema;

/// A `sort` ready to run.
pub struct Sort<'a> {
    run: &'a Run<'a>,
    schema: &'a Schema,
    keys: Vec<(Prepared, Direction)>,
    limit: Option<usize>,
}

/// The rows of a morsel; with a limit, those that may still be among the first.
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
        schema: &'a Schema,
        keys: &[SortKey],
        limit: Option<u64>,
    ) -> Result<Sort<'a>, Fault> {
        let prepare = |key: &SortKey| {
            let direction = Direction {
                descending: key.descending,
                nulls_first: key.nulls_first,
            };
            Ok((preparation.expr(&key.value)?, direction))
        };
        Ok(Sort {
            run,
            schema,
            keys: keys.iter().map(prepare).collect::<Result<_, Fault>>()?,
            limit: limit.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
        })
    }

    /// The rows of a pipeline in order.
    ///
    /// # Errors
    /// As the pipeline's, the keys', and on limits.
    pub fn run(&self, pipeline: Pipeline) -> Result<Vec<Batch>, Fault> {
        if self.limit == Some(0) {
            return Ok(Vec::new());
        }
        let mut all = self.part()?;
        drive(self.run, pipeline, self, &mut |part| {
            all.rows += part.rows;
            all.batches.extend(part.batches);
            all.held.absorb(part.held);
            self.shrink(&mut all)?;
            Ok(Flow::More)
        })?;
        let rows = join_up(&all.batches, self.schema)?;
        drop(all.batches);
        let order = self.order(&rows, true)?;
        let mut batches = Vec::new();
        for (i, part) in order.chunks(self.run.options.batch_rows.max(1)).enumerate() {
            self.run.options.cancel.check()?;
            batches.push(Batch {
                columns: gather(&rows.columns, &UInt32Array::from(part.to_vec()))?,
                rows: part.len(),
                position: Batch::place(0, i * self.run.options.batch_rows),
            });
        }
        Ok(batches)
    }

    /// The rows of a batch in order, as many as are wanted.
    fn order(&self, rows: &Batch, parallel: bool) -> Result<Vec<u32>, Fault> {
        let columns = self
            .keys
            .iter()
            .map(|(key, direction)| OrderColumn::new(&key.column(rows)?, key.ty, *direction));
        let order = Order::new(columns.collect::<Result<_, _>>()?);
        let count = u32::try_from(rows.rows)
            .map_err(|_| Fault::limit("more than four billion rows to sort"))?;
        let mut entries = order.entries(count);
        if let Some(limit) = self.limit
            && limit < entries.len()
        {
            entries.select_nth_unstable_by(limit, |a, b| order.compare(a, b));
            entries.truncate(limit);
        }
        if parallel && self.run.options.threads > 1 && entries.len() > 50_000 {
            let pool = self.run.pool()?;
            pool.install(|| entries.par_sort_unstable_by(|a, b| order.compare(a, b)));
        } else {
            entries.sort_unstable_by(|a, b| order.compare(a, b));
        }
        Ok(entries.into_iter().map(|e| e.row).collect())
    }

    /// Drops rows that cannot be among the first, once they are many.
    fn shrink(&self, part: &mut Part<'_>) -> Result<(), Fault> {
        let Some(limit) = self.limit else {
            return Ok(());
        };
        if part.rows <= limit.saturating_mul(2).max(4 * self.run.options.batch_rows) {
            return Ok(());
        }
        self.cut(part)
    }

    /// Keeps the first rows, in their old order, so that ties stay in order.
    fn cut(&self, part: &mut Part<'_>) -> Result<(), Fault> {
        let rows = join_up(&part.batches, self.schema)?;
        let mut kept = self.order(&rows, false)?;
        kept.sort_unstable();
        let part_rows = kept.len();
        let kept = UInt32Array::from(kept);
        let batch = compact(Batch {
            rows: part_rows,
            columns: gather(&rows.columns, &kept)?,
            position: 0,
        });
        part.rows = batch.rows;
        part.held.set(weight(&batch))?;
        part.batches = vec![batch];
        Ok(())
    }
}

impl<'a> Consumer for Sort<'a> {
    type Part = Part<'a>;

    fn part(&self) -> Result<Part<'a>, Fault> {
        Ok(Part {
            batches: Vec::new(),
            rows: 0,
            held: self.run.held(),
        })
    }

    fn take(&self, part: &mut Part<'a>, batch: Batch) -> Result<Flow, Fault> {
        let batch = compact(batch);
        part.rows += batch.rows;
        part.held.add(weight(&batch))?;
        part.batches.push(batch);
        self.shrink(part)?;
        Ok(Flow::More)
    }

    fn close(&self, mut part: Part<'a>) -> Result<Part<'a>, Fault> {
        if self.limit.is_some_and(|limit| part.rows > limit) {
            self.cut(&mut part)?;
        }
        Ok(part)
    }
}
