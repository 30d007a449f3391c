//! Files that a query itself names and declares the columns of.

use std::path::Path;
use std::sync::Arc;

use super::csv::CsvFile;
use super::records::Dialect;
use super::source::{FileData, FileTable};
use super::{DataFile, Known, LoadOptions, Report, Shape, json, parquet};
use crate::contract::{DataSource, Fault};
use crate::types::Schema;

/// How such a file holds its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Values parted by a byte; without one each line is one value.
    Values(Option<u8>),
    /// JSON objects, in whatever arrangement.
    Json,
    /// Parquet.
    Parquet,
}

impl Layout {
    /// The layout of a format's name, as `externaldata` has it; the ending of a file is one too.
    pub fn of(format: &str) -> Option<Layout> {
        Some(match format.to_ascii_lowercase().as_str() {
            "csv" => Layout::Values(Some(b',')),
            "tsv" => Layout::Values(Some(b'\t')),
            "psv" => Layout::Values(Some(b'|')),
            "scsv" => Layout::Values(Some(b';')),
            "sohsv" => Layout::Values(Some(1)),
            "txt" | "raw" => Layout::Values(None),
            "json" | "multijson" | "singlejson" | "ndjson" | "jsonl" => Layout::Json,
            "parquet" => Layout::Parquet,
            _ => return None,
        })
    }
}

/// Such a file: its columns, and how they are found in it.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    /// The columns, by place in text and by name elsewhere.
    pub schema: Schema,
    /// How it holds its rows.
    pub layout: Layout,
    /// Whether the first record of text is no row.
    pub skip_first: bool,
}

impl External {
    /// Opens a file. Its schema may have more columns than were declared, and in another order.
    ///
    /// # Errors
    /// When it cannot be read, or is of another kind.
    pub fn open(
        &self,
        path: &Path,
        options: &LoadOptions,
        report: &Arc<Report>,
    ) -> Result<Arc<dyn DataSource>, Fault> {
        let known = Known {
            schema: self.schema.clone(),
            twins: false,
            named: None,
        };
        let file: Option<Box<dyn FileData>> = match self.layout {
            Layout::Values(delimiter) => {
                let dialect = Dialect {
                    delimiter,
                    header: self.skip_first,
                    declared: true,
                };
                let names = self.schema.columns.iter().map(|c| c.name.clone());
                let file = DataFile::text(path)?;
                let csv = CsvFile::declared(file, options, names.collect(), dialect);
                Some(Box::new(csv))
            }
            Layout::Json | Layout::Parquet => {
                let file = DataFile::open(path)?;
                match (self.layout, file.shape) {
                    (_, Shape::Empty) => None,
                    (Layout::Json, Shape::Json) => {
                        Some(Box::new(json::JsonFile::open(file, options, Some(&known))?))
                    }
                    (Layout::Parquet, Shape::Parquet) => {
                        Some(Box::new(parquet::ParquetFile::open(file, options)?))
                    }
                    (_, shape) => {
                        return Err(Fault::data(format!(
                            "{} is {}, and the query says that it is {}",
                            path.display(),
                            shape.name(),
                            match self.layout {
                                Layout::Json => Shape::Json.name(),
                                _ => Shape::Parquet.name(),
                            }
                        )));
                    }
                }
            }
        };
        let files = file.into_iter().collect();
        Ok(Arc::new(FileTable::new(
            "externaldata",
            files,
            Some(known),
            Arc::clone(report),
        )))
    }
}
