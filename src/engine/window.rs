//! Functions of neighbouring rows, as `prev` and `row_number`: computed over all rows at once.
//!
//! When the rows do not fit in memory, all of them wait in a file, and only the columns that are computed with stay.

use std::sync::Arc;

use arrow::array::{ArrayRef, NullArray};
use arrow::buffer::BooleanBuffer;

use super::expression::{Preparation, Prepared, beginnings};
use super::pipeline::Pipeline;
use super::spill::{SpillFile, SpillReader, each_batch, sized, types};
use super::{Held, Run, rows, steps};
use crate::contract::{Batch, Fault, Flow};
use crate::plan::{Expr, ExprKind, Partition};
use crate::types::Schema;

/// The columns of a window over a pipeline's rows, read and written as the schemas say.
///
/// # Errors
/// As the pipeline's, the columns', and on limits.
pub fn run(
    run: &Run<'_>,
    pipeline: Pipeline,
    [input, output]: [&Schema; 2],
    columns: &[Expr],
    partition: Option<Partition>,
) -> Result<Pipeline, Fault> {
    let preparation = Preparation {
        parts: partition.map(|p| p.column),
        ..run.preparation()
    };
    let window = Window {
        run,
        input,
        columns: columns
            .iter()
            .map(|expr| match expr.kind {
                ExprKind::Column(index) => Ok(Made::Taken(index)),
                _ => Ok(Made::Computed(preparation.expr(expr)?)),
            })
            .collect::<Result<_, Fault>>()?,
        partition,
    };
    let (rows, held) = window.read(pipeline)?;
    window.compute(rows, held, output)
}

struct Window<'a> {
    run: &'a Run<'a>,
    input: &'a Schema,
    columns: Vec<Made>,
    partition: Option<Partition>,
}

/// What a column of the result is.
enum Made {
    /// One of the input's.
    Taken(usize),
    Computed(Prepared),
}

/// The rows read: all of them, or what is computed with, and a file of the others.
struct Read {
    /// Columns in memory; what is only in the file has none.
    whole: Batch,
    file: Option<SpillReader>,
}

impl Window<'_> {
    /// The columns that have to be in memory, ascending.
    fn needed(&self) -> Vec<usize> {
        let mut needed: Vec<usize> = self.partition.iter().map(|p| p.column).collect();
        for made in &self.columns {
            if let Made::Computed(expr) = made {
                needed.extend(expr.columns());
            }
        }
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    fn read(&self, pipeline: Pipeline) -> Result<(Read, Held<'_>), Fault> {
        let run = self.run;
        let needed = self.needed();
        let only = |batch: &Batch| -> Batch {
            let columns = needed.iter().map(|i| batch.columns[*i].clone());
            rows::compact(Batch {
                columns: columns.collect(),
                rows: batch.rows,
                position: 0,
            })
        };
        let mut file: Option<SpillFile> = None;
        let mut batches: Vec<Batch> = Vec::new();
        let mut held = run.held();
        rows::stream(run, pipeline, None, &mut |batch| {
            let crowded = run.options.budget.is_crowded();
            if file.is_none() && (crowded || held.add(rows::weight(&batch)).is_err()) {
                let mut made = run.spill_file(&types(self.input))?;
                for batch in &mut batches {
                    made.write(&batch.columns, batch.rows)?;
                    *batch = only(batch);
                }
                held.set(batches.iter().map(rows::weight).sum())?;
                file = Some(made);
            }
            if let Some(file) = &mut file {
                file.write(&batch.columns, batch.rows)?;
                let batch = only(&batch);
                held.add(rows::weight(&batch))?;
                batches.push(batch);
            } else {
                batches.push(batch);
            }
            Ok(Flow::More)
        })?;
        let whole = match &file {
            None => rows::join_up(&batches, self.input)?,
            Some(_) => self.widened(&rows::join_up(&batches, &self.schema(&needed))?, &needed),
        };
        let file = file.map(SpillFile::finish).transpose()?;
        Ok((Read { whole, file }, held))
    }

    fn schema(&self, columns: &[usize]) -> Schema {
        let mut schema = Schema::default();
        let columns = columns.iter().map(|i| self.input.columns[*i].clone());
        schema.columns.extend(columns);
        schema
    }

    /// Some columns at their places among all.
    fn widened(&self, batch: &Batch, places: &[usize]) -> Batch {
        let nothing: ArrayRef = Arc::new(NullArray::new(batch.rows));
        let mut columns = vec![nothing; self.input.len()];
        for (place, column) in places.iter().zip(&batch.columns) {
            columns[*place] = Arc::clone(column);
        }
        Batch {
            columns,
            rows: batch.rows,
            position: 0,
        }
    }

    /// The rows that count; all of them if nothing is said.
    fn counting(&self, whole: &Batch) -> Result<Option<BooleanBuffer>, Fault> {
        let Some(Partition {
            column,
            limit: Some(limit),
        }) = self.partition
        else {
            return Ok(None);
        };
        let mut starts = beginnings(whole, column)?.into_iter().peekable();
        let (mut start, limit) = (0, usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(Some(BooleanBuffer::collect_bool(whole.rows, |row| {
            if starts.next_if_eq(&row).is_some() {
                start = row;
            }
            row - start < limit
        })))
    }

    fn compute(&self, read: Read, mut held: Held<'_>, output: &Schema) -> Result<Pipeline, Fault> {
        let Read { mut whole, file } = read;
        let counting = self.counting(&whole)?;
        if let Some(counting) = &counting {
            whole = match steps::keep(whole.clone(), counting.clone())? {
                Some(whole) => whole,
                None => rows::slice(&whole, 0, 0),
            };
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        for made in &self.columns {
            self.run.options.cancel.check()?;
            match made {
                Made::Taken(_) if file.is_some() => {}
                Made::Taken(index) => columns.push(Arc::clone(&whole.columns[*index])),
                Made::Computed(expr) => columns.push(expr.column(&whole)?),
            }
        }
        let made = Batch { columns, ..whole };
        held.set(rows::weight(&made))?;
        let options = self.run.options;
        let Some(file) = file else {
            let batches = rows::pieces(made, options.batch_rows);
            return Ok(Pipeline::held(batches, options.morsel_rows, held.keep()));
        };
        let mut left = Left {
            file,
            taken: self.columns.iter().map(Made::taken).collect(),
            computed: made.columns,
            counting,
            read: 0,
            written: 0,
        };
        let held = held.keep();
        let next = move || {
            // Given back when the last row has gone.
            let _ = &held;
            left.next()
        };
        let next = sized(next, options.batch_rows.max(1), output.clone());
        Ok(each_batch(next, options.morsel_rows))
    }
}

impl Made {
    fn taken(&self) -> Option<usize> {
        match self {
            Made::Taken(index) => Some(*index),
            Made::Computed(_) => None,
        }
    }
}

/// Rows in a file, and what was computed for those of them that count.
struct Left {
    file: SpillReader,
    /// For each column of the result, that of the file; none for the computed ones.
    taken: Vec<Option<usize>>,
    computed: Vec<ArrayRef>,
    counting: Option<BooleanBuffer>,
    read: usize,
    written: usize,
}

impl Left {
    fn next(&mut self) -> Result<Option<Batch>, Fault> {
        while let Some(batch) = self.file.next_batch()? {
            let from = self.read;
            self.read += batch.rows;
            let batch = match &self.counting {
                None => Some(batch),
                Some(counting) => {
                    let counting = counting.slice(from, batch.rows);
                    steps::keep(batch, counting)?
                }
            };
            let Some(batch) = batch else {
                continue;
            };
            let mut computed = self.computed.iter();
            let mut columns = Vec::with_capacity(self.taken.len());
            for taken in &self.taken {
                columns.push(match taken {
                    Some(index) => Arc::clone(&batch.columns[*index]),
                    None => {
                        let missing = || Fault::internal("a window's column was not computed");
                        let column = computed.next().ok_or_else(missing)?;
                        column.slice(self.written, batch.rows)
                    }
                });
            }
            self.written += batch.rows;
            return Ok(Some(Batch {
                columns,
                rows: batch.rows,
                position: 0,
            }));
        }
        Ok(None)
    }
}
