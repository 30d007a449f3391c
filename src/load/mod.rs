//! Reading data: what a file is by its content, its rows as columns of KQL's types.

mod arrow_check;
mod arrow_ipc;
mod cells;
mod convert;
mod csv;
mod external;
mod guard;
mod infer;
mod input;
mod json;
mod kind;
mod local_time;
mod made;
mod meter;
mod packed;
mod pages;
mod parallel;
mod parquet;
mod prune;
mod records;
mod report;
mod shape;
mod shortened;
mod source;
mod temporary;
mod thrift;
mod workbook;

use std::sync::Arc;

use crate::contract::{DataSource, Fault};
use crate::types::Schema;

pub(crate) use convert::KQL_TYPE;
pub use external::{External, Layout};
pub use input::{DataFile, Packing, Shape};
pub use kind::{ending, packing, unpacked_name};
pub use local_time::{DateOrder, Zone};
pub use report::Report;
pub use shape::{Origin, discover, table_of};
pub use temporary::temporary_in;

/// How data is read.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// A broken row or a cell that does not fit is a failure.
    pub strict_data: bool,
    /// Bytes of a file that one worker reads as a piece.
    pub morsel_bytes: u64,
    /// Bytes read at a time.
    pub chunk_bytes: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// A JSON or CSV row of more bytes than this is a broken one.
    pub row_bytes: usize,
    /// A JSON file of a known table that is larger than this, and has only published columns in as much
    /// of its beginning, is not surveyed further until its whole schema is asked for.
    pub survey_bytes: u64,
    /// Which of day and month comes first in dates that could be read either way; month, with a warning, unless given.
    pub date_order: Option<DateOrder>,
    /// The zone of columns that are in local time.
    pub zone: Option<Zone>,
}

impl Default for LoadOptions {
    fn default() -> LoadOptions {
        LoadOptions {
            strict_data: false,
            morsel_bytes: 8 << 20,
            chunk_bytes: 512 << 10,
            batch_rows: 8192,
            row_bytes: 64 << 20,
            survey_bytes: 4 << 20,
            date_order: None,
            zone: None,
        }
    }
}

/// What is known of a table before its files are read.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its published columns.
    pub schema: Schema,
    /// Whether `Timestamp` and `TimeGenerated` stand for each other (Defender's tables).
    pub twins: bool,
    /// The name that the column `Type` holds where the data has none: a workspace puts the table's there.
    pub named: Option<Arc<str>>,
}

/// Opens the files of the table called `name`, which are concatenated in the order given.
///
/// # Errors
/// When a file cannot be read, or holds no data.
pub fn open_table(
    name: &str,
    origins: &[Origin],
    known: Option<Known>,
    options: &LoadOptions,
    report: &Arc<Report>,
) -> Result<Arc<dyn DataSource>, Fault> {
    let mut files: Vec<Box<dyn source::FileData>> = Vec::new();
    let mut parts = Vec::new();
    for origin in origins {
        parts.extend(origin.resolve(name)?);
    }
    for part in parts {
        let file = Arc::clone(&part.file);
        files.push(match file.shape {
            Shape::Json => {
                let declared = part.declared.clone();
                let rows = part.rows.clone().of(known.as_ref());
                Box::new(json::JsonFile::open_rows(
                    file,
                    rows,
                    declared,
                    options,
                    known.as_ref(),
                )?)
            }
            Shape::Csv | Shape::Tsv => {
                let declared = part.declared.iter().flatten();
                let hints = declared.map(|column| column.ty).collect();
                Box::new(csv::CsvFile::open(file, hints, options, known.as_ref())?)
            }
            Shape::Parquet => Box::new(parquet::ParquetFile::open(file, options)?),
            Shape::ArrowFile | Shape::ArrowStream => Box::new(arrow_ipc::ArrowFile::open(file)?),
            Shape::Lines => Box::new(csv::CsvFile::lines(file, options)),
            // A workbook's sheets are files of values.
            Shape::Workbook | Shape::Empty => continue,
        });
    }
    Ok(Arc::new(source::FileTable::new(
        name,
        files,
        known,
        Arc::clone(report),
    )))
}
