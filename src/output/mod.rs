//! Writing results: a grid for people, and CSV, JSON, Markdown and Kusto's envelope for programs.

mod cells;
mod csv;
mod grid;
mod json;
mod kusto;
mod markdown;
mod shown;
mod upright;

use std::io::{self, Write};
use std::path::Path;

use crate::contract::Fault;
use crate::engine::Table;

pub use grid::{Grid, Left};
pub use shown::visible;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A grid for people.
    Table,
    /// A line per column of each row, for people.
    Line,
    /// Comma-separated values with a header; datetimes with seven digits, dynamics as JSON.
    Csv,
    /// An array of objects.
    Json,
    /// An object per line.
    Ndjson,
    /// A Markdown table.
    Markdown,
    /// The answer of Kusto's REST API, version 1, with typed columns.
    KustoV1,
}

impl Format {
    /// All formats.
    pub const ALL: &'static [Format] = &[
        Format::Table,
        Format::Line,
        Format::Csv,
        Format::Json,
        Format::Ndjson,
        Format::Markdown,
        Format::KustoV1,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Line => "line",
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Markdown => "markdown",
            Format::KustoV1 => "kusto-v1",
        }
    }

    /// The format that a file's ending asks for.
    pub fn of_file(path: &Path) -> Option<Format> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "csv" => Format::Csv,
            "json" => Format::Json,
            "ndjson" | "jsonl" => Format::Ndjson,
            "md" | "markdown" => Format::Markdown,
            "txt" => Format::Table,
            _ => return None,
        })
    }

    /// The ending of a file in this format.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Table | Format::Line => "txt",
            Format::Csv => "csv",
            Format::Json | Format::KustoV1 => "json",
            Format::Ndjson => "ndjson",
            Format::Markdown => "md",
        }
    }

    /// Whether all results of a query go into one document.
    pub fn holds_many(self) -> bool {
        self == Format::KustoV1
    }
}

/// Why a result was not written.
#[derive(Debug)]
pub enum WriteError {
    /// The reader has gone, which is its right.
    Closed,
    /// The disk is full, or the like.
    Io(io::Error),
    /// The rows are not what they should be.
    Fault(Fault),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> WriteError {
        match error.kind() {
            io::ErrorKind::BrokenPipe => WriteError::Closed,
            _ => WriteError::Io(error),
        }
    }
}

impl From<Fault> for WriteError {
    fn from(fault: Fault) -> WriteError {
        WriteError::Fault(fault)
    }
}

/// Writes one table.
///
/// # Errors
/// When `out` takes no more.
pub fn write(
    table: &Table,
    format: Format,
    grid: &Grid,
    out: &mut dyn Write,
) -> Result<Left, WriteError> {
    match format {
        Format::Table => return grid.write(table, out),
        Format::Line => return upright::write(table, grid, out),
        Format::Csv => csv::write(table, out)?,
        Format::Json => json::write_array(table, out)?,
        Format::Ndjson => json::write_lines(table, out)?,
        Format::Markdown => markdown::write(table, out)?,
        Format::KustoV1 => kusto::write(std::slice::from_ref(&table), out)?,
    }
    Ok(Left::default())
}

/// Writes all results of a query as one document.
///
/// # Errors
/// When `out` takes no more.
pub fn write_envelope(tables: &[&Table], out: &mut dyn Write) -> Result<(), WriteError> {
    kusto::write(tables, out)
}

/// Text on its way out, handed on in large pieces.
struct Buffer<'a> {
    text: String,
    out: &'a mut dyn Write,
}

/// Bytes of a piece.
const PIECE: usize = 64 << 10;

impl<'a> Buffer<'a> {
    fn new(out: &'a mut dyn Write) -> Buffer<'a> {
        Buffer {
            text: String::with_capacity(PIECE + PIECE / 4),
            out,
        }
    }

    /// Hands on what there is, if it is much.
    fn settle(&mut self) -> io::Result<()> {
        if self.text.len() >= PIECE {
            self.out.write_all(self.text.as_bytes())?;
            self.text.clear();
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        self.out.write_all(self.text.as_bytes())
    }
}
