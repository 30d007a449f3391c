//! Rows that do not fit in memory: written to temporary files, read back in order, part by part, or merged as sorted
//! runs.

mod kept;
mod parts;
mod runs;

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use crate::contract::{Batch, Fault};
use crate::types::{Schema as Columns, Type};

pub use kept::{Kept, each_batch, keep, sized};
pub use parts::Parts;
pub use runs::{Key, merged, order};

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

    /// Adds so many rows, perhaps without columns.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, columns: &[ArrayRef], rows: usize) -> Result<(), Fault> {
        let columns = columns.iter().map(|c| match c.as_string_view_opt() {
            // Otherwise all text that the rows once stood beside would be written.
            Some(texts) => Arc::new(texts.gc()) as ArrayRef,
            None => Arc::clone(c),
        });
        let rows = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.schema);
        let batch = RecordBatch::try_new_with_options(schema, columns.collect(), &rows)?;
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

/// The types of columns.
pub fn types(schema: &Columns) -> Vec<Type> {
    schema.columns.iter().map(|c| c.ty).collect()
}

/// A column of places. They order as unsigned numbers; flipping the top bit makes signed ones order likewise.
pub fn places(places: impl Iterator<Item = u64>) -> ArrayRef {
    let signed = places.map(|place| (place ^ (1 << 63)).cast_signed());
    Arc::new(Int64Array::from_iter_values(signed))
}

/// The place that a value of such a column stands for.
pub fn place(signed: i64) -> u64 {
    signed.cast_unsigned() ^ (1 << 63)
}

#[cfg(test)]
mod tests {
    use super::SpillFile;

    #[test]
    fn rows_without_columns_are_counted() {
        let mut file = SpillFile::new(None, &[]).unwrap();
        file.write(&[], 0).unwrap();
        file.write(&[], 3).unwrap();
        let mut reader = file.finish().unwrap();
        let mut rows = Vec::new();
        while let Some(batch) = reader.next_batch().unwrap() {
            rows.push(batch.rows);
        }
        assert_eq!(rows.iter().sum::<usize>(), 3);
    }
}
