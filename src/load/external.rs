//! Files that a query itself names and declares the columns of.

use std::path::Path;
use std::sync::Arc;

use globset::Glob;

use super::csv::CsvFile;
use super::packed::{Member, Pack};
use super::records::Dialect;
use super::shape::{RECORD, Rows};
use super::shortened::Shortened;
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
    /// Whether the last record is no row.
    pub skip_last: bool,
    /// Which files of a zip file are meant: a name with stars. Without one it must hold a single file.
    pub members: Option<String>,
}

impl External {
    /// The column that is a record of JSON itself.
    pub const RECORD: &str = RECORD;

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
        let mut files = Vec::new();
        for member in self.parts(path)? {
            let file = self.file(path, member, options, &known)?;
            files.extend(file.map(|file| match self.skip_last {
                true => Box::new(Shortened(file)),
                false => file,
            }));
        }
        Ok(Arc::new(FileTable::new(
            "externaldata",
            files,
            Some(known),
            Arc::clone(report),
        )))
    }

    /// The members of a zip file that are meant; of another file, itself.
    fn parts(&self, path: &Path) -> Result<Vec<Option<Member>>, Fault> {
        let Pack::Zip(mut members) = Pack::of(path)? else {
            return Ok(vec![None]);
        };
        if let Some(pattern) = &self.members {
            let glob = Glob::new(pattern)
                .map_err(|e| Fault::data(format!("the pattern of the zip file's members: {e}")))?
                .compile_matcher();
            members.retain(|member| {
                let name = Path::new(&*member.name);
                glob.is_match(name) || name.file_name().is_some_and(|name| glob.is_match(name))
            });
            if members.is_empty() {
                let message = format!("no file in {} is called `{pattern}`", path.display());
                return Err(Fault::data(message));
            }
        } else if members.len() > 1 {
            let message = format!("{} holds {} files", path.display(), members.len());
            let help = "say which are meant: with (zipPattern='*.csv')";
            return Err(Fault::data(message).help(help));
        }
        Ok(members.into_iter().map(Some).collect())
    }

    /// A file, or a member of a zip file; nothing where it is empty.
    fn file(
        &self,
        path: &Path,
        member: Option<Member>,
        options: &LoadOptions,
        known: &Known,
    ) -> Result<Option<Box<dyn FileData>>, Fault> {
        if let Layout::Values(delimiter) = self.layout {
            let dialect = Dialect {
                delimiter,
                header: self.skip_first,
                declared: true,
            };
            let names = self.schema.columns.iter().map(|c| c.name.clone());
            let file = DataFile::text(path, member)?;
            let csv = CsvFile::declared(file, options, names.collect(), dialect);
            return Ok(Some(Box::new(csv)));
        }
        let file = Arc::new(DataFile::look_at(path, member)?.0);
        match (self.layout, file.shape) {
            (_, Shape::Empty) => Ok(None),
            (Layout::Json, Shape::Json) => {
                let rows = match self.schema.index(RECORD) {
                    Some(_) => Rows::Around,
                    None => Rows::Plain,
                };
                let json = json::JsonFile::open_rows(file, rows, None, options, Some(known))?;
                Ok(Some(Box::new(json)))
            }
            (Layout::Parquet, Shape::Parquet) => {
                Ok(Some(Box::new(parquet::ParquetFile::open(file, options)?)))
            }
            (layout, shape) => Err(Fault::data(format!(
                "{} is {}, and the query says that it is {}",
                path.display(),
                shape.name(),
                match layout {
                    Layout::Json => Shape::Json.name(),
                    _ => Shape::Parquet.name(),
                }
            ))),
        }
    }
}
