//! Parquet and Arrow files: KQL's types as the nearest of Arrow's, each field saying which it is.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, StringBuilder,
    StringViewArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema as ArrowSchema, SchemaRef, TimeUnit};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::document::Sink;
use super::{Format, WriteError};
use crate::contract::{Batch, Fault};
use crate::decimal::Decimal;
use crate::json;
use crate::load::KQL_TYPE;
use crate::types::{Column, Schema, Type, UNIX_EPOCH_TICKS};

/// Rows of a row group of Parquet.
const GROUP: usize = 256 * 1024;
/// Rows of a batch of Arrow.
const BATCH: usize = 64 * 1024;

/// A file that is being written.
pub(super) struct Binary<'a> {
    format: Format,
    state: State<'a>,
    schema: SchemaRef,
    wide: BTreeSet<usize>,
    /// Batches that wait until they are a large one.
    waiting: Vec<RecordBatch>,
    rows: usize,
}

enum State<'a> {
    Closed(&'a mut Sink<'a>),
    Parquet(Box<ArrowWriter<&'a mut Sink<'a>>>),
    Arrow(Box<FileWriter<&'a mut Sink<'a>>>),
    Gone,
}

fn broken(what: &str, error: &(dyn Error + 'static)) -> WriteError {
    if let Some(failure) = failure_of(error) {
        // The disk is full, or the like: the file's own name says where.
        return failure.into();
    }
    WriteError::Fault(Fault::data(format!("cannot write {what}: {error}")))
}

/// The system's failure that another one comes of. What wraps it with a name may keep no more than its kind.
fn failure_of(error: &(dyn Error + 'static)) -> Option<io::Error> {
    let (mut error, mut kind) = (Some(error), None);
    while let Some(this) = error {
        error = match this.downcast_ref::<io::Error>() {
            Some(io) => {
                if let Some(code) = io.raw_os_error() {
                    return Some(io::Error::from_raw_os_error(code));
                }
                kind = Some(io.kind());
                io.get_ref().map(|inner| inner as &(dyn Error + 'static))
            }
            None => this.source(),
        };
    }
    let vague = |kind: &io::ErrorKind| {
        matches!(
            kind,
            io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        )
    };
    kind.filter(|kind| !vague(kind)).map(io::Error::from)
}

impl<'a> Binary<'a> {
    pub fn new(format: Format, out: &'a mut Sink<'a>) -> Binary<'a> {
        Binary {
            format,
            state: State::Closed(out),
            schema: Arc::new(ArrowSchema::empty()),
            wide: BTreeSet::new(),
            waiting: Vec::new(),
            rows: 0,
        }
    }

    pub fn begin(&mut self, schema: &Schema, wide: BTreeSet<usize>) -> Result<(), WriteError> {
        let State::Closed(out) = std::mem::replace(&mut self.state, State::Gone) else {
            return Err(Fault::internal("a binary file takes one table").into());
        };
        let columns = schema.columns.iter().enumerate();
        let fields = columns.map(|(i, column)| arrow_field(column, wide.contains(&i)));
        self.schema = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        self.wide = wide;
        self.state = match self.format {
            Format::Parquet => {
                let level = ZstdLevel::try_new(3).map_err(|e| broken("Parquet", &e))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(level))
                    .set_max_row_group_row_count(Some(GROUP))
                    .set_created_by(format!("kql {}", env!("CARGO_PKG_VERSION")))
                    .build();
                let writer = ArrowWriter::try_new(out, Arc::clone(&self.schema), Some(properties));
                State::Parquet(Box::new(writer.map_err(|e| broken("Parquet", &e))?))
            }
            _ => {
                let options = IpcWriteOptions::default()
                    .try_with_compression(Some(CompressionType::ZSTD))
                    .map_err(|e| broken("Arrow", &e))?;
                let writer = FileWriter::try_new_with_options(out, &self.schema, options);
                State::Arrow(Box::new(writer.map_err(|e| broken("Arrow", &e))?))
            }
        };
        Ok(())
    }

    pub fn batch(
        &mut self,
        schema: &Schema,
        batch: &Batch,
        table: usize,
    ) -> Result<(), WriteError> {
        let mut columns = Vec::with_capacity(batch.columns.len());
        for (i, (column, array)) in schema.columns.iter().zip(&batch.columns).enumerate() {
            let converted = convert(column.ty, array, self.wide.contains(&i))?;
            columns.push(converted.ok_or(WriteError::Wide(table, i))?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(Fault::from)?;
        match &mut self.state {
            State::Parquet(writer) => writer.write(&batch).map_err(|e| broken("Parquet", &e)),
            State::Arrow(_) => {
                self.rows += batch.num_rows();
                self.waiting.push(batch);
                match self.rows >= BATCH {
                    true => self.write_waiting(),
                    false => Ok(()),
                }
            }
            _ => Err(Fault::internal("rows without a table").into()),
        }
    }

    /// Writes the batches that wait, as one.
    fn write_waiting(&mut self) -> Result<(), WriteError> {
        if let State::Arrow(writer) = &mut self.state
            && !self.waiting.is_empty()
        {
            let one = arrow::compute::concat_batches(&self.schema, &self.waiting);
            let batches = match one {
                Ok(batch) => vec![batch],
                // Texts of more than 2 GB in all.
                Err(_) => std::mem::take(&mut self.waiting),
            };
            for batch in &batches {
                writer.write(batch).map_err(|e| broken("Arrow", &e))?;
            }
            self.waiting.clear();
            self.rows = 0;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), WriteError> {
        self.write_waiting()?;
        match self.state {
            State::Parquet(writer) => {
                writer.close().map_err(|e| broken("Parquet", &e))?;
            }
            State::Arrow(mut writer) => writer.finish().map_err(|e| broken("Arrow", &e))?,
            State::Closed(_) | State::Gone => {}
        }
        Ok(())
    }
}

/// The field of a column in files; of a datetime that is `wide`, with values that need ticks.
pub fn arrow_field(column: &Column, wide: bool) -> Field {
    let data = match column.ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::Timespan => DataType::Int64,
        Type::Datetime if wide => DataType::Int64,
        Type::Datetime => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Type::Real => DataType::Float64,
        Type::Guid => DataType::FixedSizeBinary(16),
        Type::String | Type::Dynamic | Type::Decimal | Type::Unknown => DataType::Utf8,
    };
    let ty = match column.ty {
        Type::Unknown => Type::Dynamic,
        ty => ty,
    };
    let said = HashMap::from([(KQL_TYPE.to_string(), ty.name().to_string())]);
    Field::new(&*column.name, data, true).with_metadata(said)
}

/// A column as its field has it; `None` where a datetime does not fit.
fn convert(ty: Type, array: &ArrayRef, wide: bool) -> Result<Option<ArrayRef>, Fault> {
    let lost = || Fault::internal(format!("a column of type {ty} holds {}", array.data_type()));
    Ok(Some(match ty {
        Type::Bool | Type::Int | Type::Long | Type::Real | Type::Timespan | Type::Guid => {
            Arc::clone(array)
        }
        Type::Datetime if wide => Arc::clone(array),
        Type::Datetime => {
            let ticks = array.as_primitive_opt::<Int64Type>().ok_or_else(lost)?;
            let nanoseconds = |ticks: i64| ticks.checked_sub(UNIX_EPOCH_TICKS)?.checked_mul(100);
            if ticks.iter().flatten().any(|t| nanoseconds(t).is_none()) {
                return Ok(None);
            }
            let values = ticks.iter().map(|t| t.and_then(nanoseconds));
            let values: TimestampNanosecondArray = values.collect();
            Arc::new(values.with_timezone("UTC"))
        }
        Type::String => {
            let texts = array.as_string_view_opt().ok_or_else(lost)?;
            check_size(texts)?;
            Arc::new(texts.iter().collect::<StringArray>())
        }
        Type::Dynamic | Type::Unknown => {
            let texts = array.as_string_view_opt().ok_or_else(lost)?;
            check_size(texts)?;
            let mut built = StringBuilder::new();
            for text in texts {
                built.append_option(text.map(json::for_output));
            }
            Arc::new(built.finish())
        }
        Type::Decimal => {
            let values = array.as_fixed_size_binary_opt().ok_or_else(lost)?;
            let mut built = StringBuilder::new();
            for value in values {
                let value = value.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
                built.append_option(value.map(|b| Decimal::from_bytes(b).to_string()));
            }
            Arc::new(built.finish())
        }
    }))
}

/// Texts of a batch are counted in 31 bits.
fn check_size(texts: &StringViewArray) -> Result<(), Fault> {
    let bytes: u64 = texts.lengths().map(u64::from).sum();
    match bytes < (1 << 30) {
        true => Ok(()),
        false => Err(
            Fault::limit("some rows hold more than 1 GB of text in one column")
                .help("write another format, as --format ndjson"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use parquet::errors::ParquetError;

    use super::{WriteError, broken};

    #[test]
    fn what_the_system_says_is_found() {
        // As a file with a name wraps it.
        let full = io::Error::from_raw_os_error(28);
        let named = io::Error::new(full.kind(), full);
        let error = ParquetError::External(Box::new(named));
        let WriteError::Io(found) = broken("Parquet", &error) else {
            panic!("no failure of the system");
        };
        assert_eq!(found.raw_os_error(), Some(28));
        let hidden = io::Error::new(io::ErrorKind::StorageFull, "full, at path x");
        let found = broken("Parquet", &ParquetError::External(Box::new(hidden)));
        assert!(matches!(found, WriteError::Io(e) if e.kind() == io::ErrorKind::StorageFull));
        let other = ParquetError::General("no such encoding".to_string());
        assert!(matches!(broken("Parquet", &other), WriteError::Fault(_)));
    }
}
