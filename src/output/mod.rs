//! Writing results: a grid and charts for people; CSV, JSON, Markdown, Parquet, Arrow and the services' answers for programs.

mod binary;
mod cells;
pub(crate) mod chart;
mod csv;
mod document;
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
use crate::load::{Packing, packing};
use crate::plan::Render;

pub use binary::arrow_field;
pub use document::{Document, Sink};
pub use grid::{Grid, Left};
pub use shown::visible;
pub(crate) use shown::width;

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
    /// Charts of letters, where a query says `render`.
    Chart,
    /// A page with charts and tables.
    Html,
    /// A picture.
    Svg,
    /// Parquet, zstd, with KQL's types.
    Parquet,
    /// Arrow's file format, with KQL's types.
    Arrow,
    /// The answer of Kusto's REST API, version 1, with typed columns.
    KustoV1,
    /// The same of version 2.
    KustoV2,
    /// The answer of Log Analytics.
    LogAnalytics,
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
        Format::Chart,
        Format::Html,
        Format::Svg,
        Format::Parquet,
        Format::Arrow,
        Format::KustoV1,
        Format::KustoV2,
        Format::LogAnalytics,
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
            Format::Chart => "chart",
            Format::Html => "html",
            Format::Svg => "svg",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
            Format::KustoV1 => "kusto-v1",
            Format::KustoV2 => "kusto-v2",
            Format::LogAnalytics => "loganalytics",
        }
    }

    /// The endings that say a format.
    pub const ENDINGS: &'static [(&'static str, Format)] = &[
        ("csv", Format::Csv),
        ("json", Format::Json),
        ("ndjson", Format::Ndjson),
        ("jsonl", Format::Ndjson),
        ("md", Format::Markdown),
        ("markdown", Format::Markdown),
        ("txt", Format::Table),
        ("html", Format::Html),
        ("htm", Format::Html),
        ("svg", Format::Svg),
        ("parquet", Format::Parquet),
        ("arrow", Format::Arrow),
        ("feather", Format::Arrow),
        ("ipc", Format::Arrow),
    ];

    /// The format that a file's ending asks for, none without one; `.gz` and the like behind it say that it is packed.
    ///
    /// # Errors
    /// The ending, when it says no format.
    pub fn of_file(path: &Path) -> Result<Option<Format>, String> {
        let inner = match packing(path) {
            Packing::Plain => path.to_path_buf(),
            _ => path.with_extension(""),
        };
        let Some(ending) = inner.extension() else {
            return Ok(None);
        };
        let ending = ending.to_string_lossy();
        let known = Format::ENDINGS.iter();
        let mut known = known.filter(|(known, _)| ending.eq_ignore_ascii_case(known));
        match known.next() {
            Some((_, format)) => Ok(Some(*format)),
            None => Err(ending.into_owned()),
        }
    }

    /// The ending of a file in this format.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Table | Format::Line | Format::Chart => "txt",
            Format::Html => "html",
            Format::Svg => "svg",
            Format::Csv => "csv",
            Format::Json | Format::KustoV1 | Format::KustoV2 | Format::LogAnalytics => "json",
            Format::Ndjson => "ndjson",
            Format::Markdown => "md",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        }
    }

    /// Whether all results of a query go into one document.
    pub fn holds_many(self) -> bool {
        matches!(
            self,
            Format::Html | Format::KustoV1 | Format::KustoV2 | Format::LogAnalytics
        )
    }

    /// Whether it is for the eyes, on a terminal.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Table | Format::Line | Format::Chart)
    }

    /// Whether it can be written while rows come.
    pub fn streams(self) -> bool {
        !self.is_for_people() && !matches!(self, Format::Html | Format::Svg)
    }

    /// Whether it is no text.
    pub fn is_binary(self) -> bool {
        matches!(self, Format::Parquet | Format::Arrow)
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
    /// A datetime of this column (table, column) does not fit the format's own type: the document must be written once
    /// more, with [`Document::wide`].
    Wide(usize, usize),
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

/// Writes results in a format that needs all of their rows: with `draws`, as their queries say by `render`.
///
/// # Errors
/// When `out` takes no more, or a picture is asked of what has none.
pub fn write(
    results: &[(Table, Option<Render>)],
    format: Format,
    grid: &Grid,
    draws: bool,
    name: &str,
    out: &mut dyn Write,
) -> Result<Left, WriteError> {
    if format == Format::Html {
        chart::html::write(name, results, out)?;
        return Ok(Left::default());
    }
    let mut left = Left::default();
    for (table, render) in results {
        let render = render.as_ref();
        if format == Format::Svg {
            let render = render.ok_or_else(|| {
                Fault::query("there is nothing to draw: the query has no `render`")
                    .help("end it in `| render timechart`, or write --format html")
            })?;
            let picture = chart::as_svg(table, render).map_err(Fault::query)?;
            out.write_all(picture.as_bytes())?;
            continue;
        }
        if let Some(render) = render.filter(|_| draws) {
            let paper = chart::Paper {
                width: grid.width.unwrap_or(CHART_WIDTH),
                height: CHART_HEIGHT,
                color: grid.color,
            };
            match chart::in_letters(table, render, &paper) {
                Ok(Some(text)) => {
                    out.write_all(text.as_bytes())?;
                    left.drawn = true;
                    continue;
                }
                Ok(None) => {}
                Err(why) => left.undrawn = Some(format!("no chart is drawn: {why}")),
            }
        } else if let Some(render) = render
            && !render.kind.eq_ignore_ascii_case("table")
        {
            left.undrawn = Some(format!(
                "`render {}` is drawn on a terminal, and with --format chart, html or svg",
                render.kind
            ));
        }
        let told = match format {
            Format::Line => upright::write(table, grid, out)?,
            _ => grid.write(table, out)?,
        };
        left = Left {
            drawn: left.drawn,
            undrawn: left.undrawn,
            ..told
        };
    }
    Ok(left)
}

/// Size of a chart of letters where no terminal says its own.
const CHART_WIDTH: usize = 80;
const CHART_HEIGHT: usize = 16;

/// Text on its way out, handed on in large pieces.
struct Buffer<'a, W: Write + ?Sized> {
    text: String,
    out: &'a mut W,
}

/// Bytes of a piece.
const PIECE: usize = 64 << 10;

impl<'a, W: Write + ?Sized> Buffer<'a, W> {
    fn new(out: &'a mut W) -> Buffer<'a, W> {
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
