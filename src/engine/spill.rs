//! Rows that do not fit in memory: written to temporary files, and sorted runs of them merged back.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::interleave;
use arrow::datatypes::{Field, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use super::order::{Direction, Order, OrderColumn};
use super::pipeline::{Pipeline, in_memory};
use super::rows::slice;
use crate::contract::{Batch, Fault, Morsel};
use crate::types::Type;

/// Rows on their way into a temporary file.
pub struct SpillFile {
    writer: StreamWriter<BufWriter<File>>,
    schema: Arc<Schema>,
}

/// Rows on their way out of it. The file is gone when this is.
pub struct SpillReader(StreamReader<BufReader<File>>);

fn trouble(error: impl std::fmt::Display) -> Fault {
    Fault::limit(format!("cannot use a temporary file: {error}"))
        .help("the query needs more memory than it may use: allow more with --max-memory")
}

impl SpillFile {
    /// An empty file for columns of these types.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(folder: Option<&Path>, types: &[Type]) -> Result<SpillFile, Fault> {
        let file = match folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        };
        let fields = types.iter().enumerate();
        let fields = fields.map(|(i, ty)| Field::new(i.to_string(), ty.arrow(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let file = BufWriter::with_capacity(1 << 16, file.map_err(trouble)?);
        let writer = StreamWriter::try_new(file, &schema).map_err(trouble)?;
        Ok(SpillFile { writer, schema })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, columns: &[ArrayRef]) -> Result<(), Fault> {
        let columns = columns.iter().map(|c| match c.as_string_view_opt() {
            // Otherwise all text that the rows once stood beside would be written.
            Some(texts) => Arc::new(texts.gc()) as ArrayRef,
            None => Arc::clone(c),
        });
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect())?;
        self.writer.write(&batch).map_err(trouble)
    }

    /// The rows, from the first.
    ///
    /// # Errors
    /// When they cannot be written or read.
    pub fn finish(self) -> Result<SpillReader, Fault> {
        let file = self.writer.into_inner().map_err(trouble)?;
        let mut file = file.into_inner().map_err(trouble)?;
        file.rewind().map_err(trouble)?;
        let reader = BufReader::with_capacity(1 << 16, file);
        Ok(SpillReader(
            StreamReader::try_new(reader, None).map_err(trouble)?,
        ))
    }
}

impl SpillReader {
    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, Fault> {
        let Some(batch) = self.0.next() else {
            return Ok(None);
        };
        let batch = batch.map_err(trouble)?;
        Ok(Some(Batch {
            rows: batch.num_rows(),
            columns: batch.columns().to_vec(),
            position: 0,
        }))
    }
}

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
    runs: Vec<SpillReader>,
    keys: Vec<Key>,
    width: usize,
    limit: usize,
    batch_rows: usize,
) -> Result<Pipeline, Fault> {
    let mut merge = Merge::new(runs, keys, batch_rows)?;
    let mut left = limit;
    let mut next = move || -> Result<Option<Box<dyn Morsel>>, Fault> {
        if left == 0 {
            return Ok(None);
        }
        let Some(batch) = merge.next_batch()? else {
            return Ok(None);
        };
        let mut batch = slice(&batch, 0, batch.rows.min(left));
        left -= batch.rows;
        batch.columns.truncate(width);
        in_memory(vec![batch], 1).next().transpose()
    };
    Ok(Pipeline::of(move || {
        let morsels = std::iter::from_fn(move || next().transpose());
        Ok(Box::new(morsels))
    }))
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
        let mut rows: Vec<(usize, usize)> = Vec::new();
        let mut finished = None;
        while rows.len() < self.batch_rows {
            let Some(first) = self.heap.first().copied() else {
                break;
            };
            let run = &mut self.runs[first];
            rows.push((first, run.row));
            run.row += 1;
            if run.row == run.batch.rows {
                finished = Some(first);
                break;
            }
            self.sink(0);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let width = self.runs.first().map_or(0, |r| r.batch.columns.len());
        let mut columns = Vec::with_capacity(width);
        for column in 0..width {
            let parts: Vec<&dyn Array> = self
                .runs
                .iter()
                .map(|r| &*r.batch.columns[column])
                .collect();
            columns.push(interleave(&parts, &rows)?);
        }
        if let Some(run) = finished {
            self.advance(run)?;
        }
        Ok(Some(Batch {
            columns,
            rows: rows.len(),
            position: 0,
        }))
    }

    /// Reads the next batch of the run at the top of the heap.
    fn advance(&mut self, index: usize) -> Result<(), Fault> {
        let run = &mut self.runs[index];
        match run.reader.next_batch()? {
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
        Ok(())
    }
}
