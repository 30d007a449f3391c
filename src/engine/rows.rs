//! Rows in memory: collecting a pipeline's rows in order, joining batches together, and what they weigh.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;

use super::pipeline::{Consumer, Pipeline, drive};
use super::{Held, Run};
use crate::contract::{Batch, Fault, Flow};
use crate::types::{Schema, arrays};

/// Keeps a pipeline's rows, at most `limit` of each morsel.
struct Collect<'a> {
    run: &'a Run<'a>,
    limit: usize,
}

/// The rows of a morsel, and what they weigh.
struct Part<'a> {
    batches: Vec<Batch>,
    rows: usize,
    held: Held<'a>,
}

impl<'a> Consumer for Collect<'a> {
    type Part = Part<'a>;
    const PIECEWISE: bool = true;

    fn part(&self) -> Result<Part<'a>, Fault> {
        Ok(Part {
            batches: Vec::new(),
            rows: 0,
            held: self.run.held(),
        })
    }

    fn take(&self, part: &mut Part<'a>, batch: Batch) -> Result<Flow, Fault> {
        let batch = first_rows(batch, self.limit - part.rows);
        let batch = compact(batch);
        part.rows += batch.rows;
        part.held.add(weight(&batch))?;
        part.batches.push(batch);
        Ok(enough(part.rows >= self.limit))
    }
}

fn enough(enough: bool) -> Flow {
    match enough {
        true => Flow::Enough,
        false => Flow::More,
    }
}

/// The first `limit` rows of a pipeline, handed to `sink` in order.
///
/// # Errors
/// As the pipeline's, or `sink`'s.
pub fn stream(
    run: &Run<'_>,
    pipeline: Pipeline,
    limit: Option<usize>,
    sink: &mut (dyn FnMut(Batch) -> Result<Flow, Fault> + Send),
) -> Result<(), Fault> {
    let mut left = limit.unwrap_or(usize::MAX);
    if left == 0 {
        return Ok(());
    }
    let (mut morsel, limit) = (0, left);
    drive(run, pipeline, &Collect { run, limit }, &mut |part| {
        let mut row = 0;
        for batch in part.batches {
            let mut batch = first_rows(batch, left);
            left -= batch.rows;
            batch.position = Batch::place(morsel, row);
            row += batch.rows;
            if sink(batch)? == Flow::Enough || left == 0 {
                return Ok(Flow::Enough);
            }
        }
        morsel += 1;
        Ok(Flow::More)
    })
}

/// The first `limit` rows of a pipeline, and their weight held against the budget.
///
/// # Errors
/// As the pipeline's, and when they do not fit.
pub fn collect<'a>(
    run: &'a Run<'_>,
    pipeline: Pipeline,
    limit: Option<usize>,
) -> Result<(Vec<Batch>, Held<'a>), Fault> {
    let mut batches = Vec::new();
    let mut held = run.held();
    stream(run, pipeline, limit, &mut |batch| {
        held.add(weight(&batch))?;
        batches.push(batch);
        Ok(Flow::More)
    })?;
    Ok((batches, held))
}

fn first_rows(batch: Batch, limit: usize) -> Batch {
    if batch.rows <= limit {
        return batch;
    }
    slice(&batch, 0, limit)
}

/// Some of a batch's rows.
pub fn slice(batch: &Batch, start: usize, rows: usize) -> Batch {
    Batch {
        columns: batch.columns.iter().map(|c| c.slice(start, rows)).collect(),
        rows,
        position: batch.position + start as u64,
    }
}

/// A batch in pieces of at most `rows` rows.
pub fn pieces(batch: Batch, rows: usize) -> Vec<Batch> {
    let rows = rows.max(1);
    if batch.rows <= rows {
        return match batch.rows {
            0 => Vec::new(),
            _ => vec![batch],
        };
    }
    (0..batch.rows)
        .step_by(rows)
        .map(|start| slice(&batch, start, rows.min(batch.rows - start)))
        .collect()
}

/// The same rows without text that no row refers to.
pub fn compact(mut batch: Batch) -> Batch {
    for column in &mut batch.columns {
        if let Some(texts) = column.as_string_view_opt() {
            let kept: usize = texts.data_buffers().iter().map(|b| b.len()).sum();
            if kept > 4096 && kept > 2 * long_text(texts) {
                *column = Arc::new(texts.gc());
            }
        }
    }
    batch
}

/// The same rows, with the text of each column in one buffer.
pub fn tight(mut batch: Batch) -> Batch {
    for column in &mut batch.columns {
        if let Some(texts) = column.as_string_view_opt()
            && texts.data_buffers().len() > 1
        {
            *column = Arc::new(texts.gc());
        }
    }
    batch
}

/// Bytes of the strings that are not in their views.
fn long_text(texts: &arrow::array::StringViewArray) -> usize {
    let lengths = texts.views().iter().map(|v| (*v & 0xffff_ffff) as usize);
    lengths.filter(|l| *l > 12).sum()
}

/// About how many bytes a batch's rows take, without what their buffers share with others.
pub fn weight(batch: &Batch) -> usize {
    batch.columns.iter().map(column_weight).sum()
}

fn column_weight(column: &ArrayRef) -> usize {
    let rows = column.len();
    match column.data_type() {
        DataType::Boolean => rows / 4,
        DataType::Int32 => rows * 4,
        DataType::Utf8View => rows * 16 + column.as_string_view_opt().map_or(0, long_text),
        DataType::FixedSizeBinary(_) => rows * 16,
        _ => rows * 8,
    }
}

/// All rows in one batch, typed as `schema` says.
///
/// # Errors
/// A bug of ours only.
pub fn join_up(batches: &[Batch], schema: &Schema) -> Result<Batch, Fault> {
    if let [batch] = batches {
        return Ok(batch.clone());
    }
    let rows = batches.iter().map(|b| b.rows).sum();
    let mut columns = Vec::with_capacity(schema.len());
    for (i, column) in schema.columns.iter().enumerate() {
        let parts: Vec<&dyn Array> = batches.iter().map(|b| &*b.columns[i]).collect();
        columns.push(match parts.is_empty() {
            true => arrays::nulls(column.ty, 0),
            false => concat(&parts)?,
        });
    }
    Ok(Batch {
        columns,
        rows,
        position: 0,
    })
}

/// The rows of `columns` at `rows`.
///
/// # Errors
/// A bug of ours only.
pub fn gather(columns: &[ArrayRef], rows: &UInt32Array) -> Result<Vec<ArrayRef>, Fault> {
    let gathered = columns.iter().map(|c| take(c, rows, None));
    Ok(gathered.collect::<Result<_, _>>()?)
}
