//! Where results go: standard output, a file, or files of a folder.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::console::{Console, Exit};
use super::pager::Pager;
use super::written::{numbered, to_file};
use crate::contract::{Batch, Flow};
use crate::engine::{Table, compact, weight};
use crate::output::{self, Document, Format, Grid, Left, Sink, WriteError};
use crate::plan::Render;
use crate::session::{Failure, Session, Started};
use crate::source::Source;
use crate::types::Schema;

/// Where results go, and in which format.
pub(crate) struct Target {
    pub format: Format,
    grid: Grid,
    place: Place,
    /// Whether a table went to standard output already.
    begun: bool,
    /// What shows long tables.
    pager: Option<Pager>,
}

enum Place {
    Stdout,
    /// One file; further results go to numbered ones.
    File(PathBuf, usize),
    /// Files called like the queries, by how many each has.
    Folder(PathBuf, HashMap<String, usize>),
}

/// What became of one result.
pub(crate) struct Written {
    /// Its file, if it went to one.
    pub file: Option<PathBuf>,
    /// What was left out.
    pub left: Left,
    pub rows: usize,
}

/// Why results could not be written, and where to.
pub(crate) struct Unwritten {
    pub error: WriteError,
    pub to: String,
}

/// A file whose ending says no format.
pub(crate) struct NoFormat(String);

impl NoFormat {
    /// Says so, and which endings do.
    pub fn say(&self, console: &Console, otherwise: &str) -> Exit {
        let NoFormat(ending) = self;
        console.error(&format!(
            "no format has files that end in `.{}`",
            output::visible(ending)
        ));
        let known: Vec<String> = Format::ENDINGS
            .iter()
            .map(|(e, _)| format!(".{e}"))
            .collect();
        console.help(&format!("the endings are {}{otherwise}", known.join(", ")));
        Exit::Usage
    }
}

impl Target {
    pub fn new(
        output: Option<&Path>,
        format: Option<Format>,
        grid: Grid,
    ) -> Result<Target, NoFormat> {
        let place = match output {
            None => Place::Stdout,
            Some(path) if is_folder(path) => Place::Folder(path.to_path_buf(), HashMap::new()),
            Some(path) => Place::File(path.to_path_buf(), 0),
        };
        let by_ending = match &place {
            Place::File(path, _) if format.is_none() => Format::of_file(path).map_err(NoFormat)?,
            _ => None,
        };
        let grid = match place {
            Place::Stdout => grid,
            _ => Grid::default(),
        };
        Ok(Target {
            place,
            ..Target::screen(format.or(by_ending).unwrap_or(Format::Table), grid)
        })
    }

    /// Standard output.
    pub fn screen(format: Format, grid: Grid) -> Target {
        Target {
            format,
            grid,
            place: Place::Stdout,
            begun: false,
            pager: None,
        }
    }

    /// The same, with a program for what is longer than the terminal.
    #[must_use]
    pub fn paged(mut self, pager: Option<Pager>) -> Target {
        self.pager = pager;
        self
    }

    pub fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Whether results in a binary format would go to a terminal.
    pub fn is_misplaced(&self) -> bool {
        self.is_stdout() && self.format.is_binary() && io::stdout().is_terminal()
    }

    /// Writes the results of one query, which ran at the instant `now`.
    pub fn write(
        &mut self,
        results: &[Drawable],
        now: i64,
        query: &Source,
    ) -> Result<Vec<Written>, Unwritten> {
        let format = self.format;
        // On a terminal a result is drawn as its query asks.
        let draws = format == Format::Chart
            || (format == Format::Table && self.is_stdout() && self.grid.width.is_some());
        let documents: Vec<&[Drawable]> = match format.holds_many() {
            true => vec![results],
            false => results.chunks(1).collect(),
        };
        let mut written = Vec::with_capacity(documents.len());
        for results in documents {
            written.push(self.one(query, &mut |out, grid, wide| {
                let rows = results.iter().map(|(table, _)| table.rows()).sum();
                let left = match format.streams() {
                    true => collected(format, results, now, wide, out)?,
                    false => output::write(results, format, grid, draws, query.name(), out)?,
                };
                Ok((left, rows))
            })?);
        }
        Ok(written)
    }

    /// Runs a started query, and writes its results as their rows come; `kept` keeps those of the last one.
    pub fn stream(
        &mut self,
        session: &Session,
        started: &Started,
        query: &Source,
        kept: &mut Kept,
    ) -> Result<Vec<Written>, Stopped> {
        let plan = &started.prepared.plan;
        let count = plan.results.len();
        let documents: Vec<Range<usize>> = match self.format.holds_many() {
            true => std::iter::once(0..count).collect(),
            false => (0..count).map(|i| i..i + 1).collect(),
        };
        let format = self.format;
        let mut written = Vec::with_capacity(documents.len());
        for results in documents {
            let mut failure = None;
            let renders = plan.results.get(results.clone()).unwrap_or_default();
            let renders: Vec<_> = renders.iter().map(|r| r.render.clone()).collect();
            let one = self.one(query, &mut |out, _, wide| {
                let mut document = Document::new(format, out)
                    .about(renders.clone(), started.prepared.context.now)
                    .wide(wide);
                let mut rows = 0;
                for index in results.clone() {
                    let streamed = feed(session, started, index, &mut document, kept);
                    rows += kept.rows;
                    if let Err(stopped) = streamed {
                        return Err(match stopped {
                            Stopped::Failure(why) => {
                                failure = Some(why);
                                WriteError::Closed
                            }
                            Stopped::Unwritten(unwritten) => unwritten.error,
                        });
                    }
                }
                document.finish()?;
                Ok((Left::default(), rows))
            });
            match (one, failure) {
                (_, Some(failure)) => return Err(Stopped::Failure(failure)),
                (Ok(one), None) => written.push(one),
                (Err(unwritten), None) => return Err(Stopped::Unwritten(unwritten)),
            }
        }
        Ok(written)
    }

    fn one(&mut self, query: &Source, write: &mut Writer<'_>) -> Result<Written, Unwritten> {
        let grid = self.grid;
        let file = match &mut self.place {
            Place::Stdout => {
                let apart = std::mem::replace(&mut self.begun, true)
                    && matches!(
                        self.format,
                        Format::Table
                            | Format::Line
                            | Format::Chart
                            | Format::Csv
                            | Format::Markdown
                    );
                let people = self.format.is_for_people();
                let pager = self.pager.as_ref().filter(|_| people);
                let to = |out: &mut Sink<'_>, wide: &Wide| write(out, &grid, wide);
                let written = match self.format.is_binary() {
                    true => copied_to_stdout(to),
                    false => to_stdout(apart, pager, to),
                };
                let (left, rows) = written.map_err(|error| Unwritten {
                    error,
                    to: "to standard output".to_string(),
                })?;
                return Ok(Written {
                    file: None,
                    left,
                    rows,
                });
            }
            Place::File(path, count) => {
                *count += 1;
                numbered(path, *count)
            }
            Place::Folder(folder, names) => {
                let stem = stem(query.name());
                let count = names.entry(stem.clone()).or_default();
                *count += 1;
                numbered(
                    &folder.join(format!("{stem}.{}", self.format.ending())),
                    *count,
                )
            }
        };
        let written = again_when_wide(|wide| {
            to_file(&file, &mut |out: &mut Sink<'_>| write(out, &grid, wide))
        });
        match written {
            Ok((left, rows)) => Ok(Written {
                file: Some(file),
                left,
                rows,
            }),
            Err(error) => Err(Unwritten {
                error,
                to: file.display().to_string(),
            }),
        }
    }
}

/// A result, and how it wants to be drawn.
type Drawable = (Table, Option<Render>);

/// Writes results that are in memory as a document.
fn collected(
    format: Format,
    results: &[Drawable],
    now: i64,
    wide: &Wide,
    out: &mut Sink<'_>,
) -> Result<Left, WriteError> {
    let renders = results.iter().map(|(_, render)| render.clone()).collect();
    let mut document = Document::new(format, out).about(renders, now).wide(wide);
    for (table, _) in results {
        document.begin(&table.schema)?;
        for batch in &table.batches {
            document.batch(batch)?;
        }
        document.end()?;
    }
    document.finish()?;
    Ok(Left::default())
}

/// The rows of the result that is written, as long as they are not too many to keep as well.
#[derive(Default)]
pub(crate) struct Kept {
    pub rows: usize,
    /// Bytes that are kept at most, and what the rows take.
    most: usize,
    bytes: usize,
    table: Table,
}

impl Kept {
    pub fn new(most: usize) -> Kept {
        Kept {
            most,
            ..Kept::default()
        }
    }

    fn begin(&mut self, schema: Schema) {
        self.rows = 0;
        self.bytes = 0;
        self.table = Table {
            schema,
            batches: Vec::new(),
        };
    }

    fn batch(&mut self, batch: &Batch) {
        self.rows += batch.rows;
        self.bytes += weight(batch);
        match self.bytes <= self.most {
            true => self.table.batches.push(compact(batch.clone())),
            false => self.table.batches.clear(),
        }
    }

    /// The rows, unless there were too many.
    pub fn into_table(self) -> Option<Table> {
        (self.bytes <= self.most).then_some(self.table)
    }
}

/// Writes the rows of one result into a document.
fn feed(
    session: &Session,
    started: &Started,
    index: usize,
    document: &mut Document<'_>,
    kept: &mut Kept,
) -> Result<(), Stopped> {
    let unwritten = |error| {
        let to = String::new();
        Stopped::Unwritten(Unwritten { error, to })
    };
    let schema = started.prepared.plan.results.get(index);
    let schema = schema.map(|r| r.plan.schema.clone()).unwrap_or_default();
    document.begin(&schema).map_err(unwritten)?;
    kept.begin(schema);
    let mut failed = None;
    let streamed = session.stream(started, index, &mut |batch| {
        kept.batch(&batch);
        Ok(match document.batch(&batch) {
            Ok(()) => Flow::More,
            Err(error) => {
                failed = Some(error);
                Flow::Enough
            }
        })
    });
    if let Some(error) = failed {
        return Err(unwritten(error));
    }
    streamed.map_err(Stopped::Failure)?;
    document.end().map_err(unwritten)
}

/// Why a query's results were not all written.
pub(crate) enum Stopped {
    /// The query has no answer.
    Failure(Failure),
    Unwritten(Unwritten),
}

/// Columns of datetimes that need a wider type (see [`WriteError::Wide`]).
type Wide = [(usize, usize)];

/// Writes something, and tells what was left out and how many rows there were.
type Writer<'a> = dyn FnMut(&mut Sink<'_>, &Grid, &Wide) -> Result<(Left, usize), WriteError> + 'a;

/// Writes once more for each column that turns out to need a wider type.
pub(super) fn again_when_wide<T>(
    mut write: impl FnMut(&Wide) -> Result<T, WriteError>,
) -> Result<T, WriteError> {
    let mut wide = Vec::new();
    loop {
        match write(&wide) {
            Err(WriteError::Wide(table, column)) if !wide.contains(&(table, column)) => {
                wide.push((table, column));
            }
            other => return other,
        }
    }
}

fn to_stdout<T>(
    apart: bool,
    pager: Option<&Pager>,
    mut write: impl FnMut(&mut Sink<'_>, &Wide) -> Result<T, WriteError>,
) -> Result<T, WriteError> {
    if let Some(pager) = pager {
        let mut text = Vec::from(if apart { "\n" } else { "" });
        let written = write(&mut text, &[])?;
        pager.show(&text)?;
        return Ok(written);
    }
    let mut out = io::stdout();
    if apart {
        out.write_all(b"\n")?;
    }
    let written = write(&mut out, &[])?;
    out.flush()?;
    Ok(written)
}

/// What may have to be written twice goes to standard output when it is whole.
fn copied_to_stdout<T>(
    mut write: impl FnMut(&mut Sink<'_>, &Wide) -> Result<T, WriteError>,
) -> Result<T, WriteError> {
    let (written, mut file) = again_when_wide(|wide| {
        let mut file = tempfile::tempfile()?;
        let written = write(&mut file, wide)?;
        Ok((written, file))
    })?;
    file.seek(SeekFrom::Start(0))?;
    let mut out = io::stdout().lock();
    io::copy(&mut file, &mut out)?;
    out.flush()?;
    Ok(written)
}

fn is_folder(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    path.is_dir() || text.ends_with(['/', std::path::MAIN_SEPARATOR])
}

/// How files for the results of a query are called.
fn stem(name: &str) -> String {
    if name.starts_with('<') {
        return "query".to_string();
    }
    let stem = Path::new(name).file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::Kept;
    use crate::contract::Batch;
    use crate::types::{Schema, Type};

    #[test]
    fn rows_are_kept_while_they_are_few() {
        let batch = Batch {
            columns: vec![Arc::new(Int64Array::from(vec![7; 10]))],
            rows: 10,
            position: 0,
        };
        let mut kept = Kept::new(200);
        kept.begin(Schema::of(&[("n", Type::Long)]));
        kept.batch(&batch);
        kept.batch(&batch);
        assert_eq!(kept.rows, 20);
        kept.begin(Schema::of(&[("n", Type::Long)]));
        kept.batch(&batch);
        // A result that is written once more begins anew.
        assert_eq!((kept.rows, kept.bytes), (10, 80));
        kept.batch(&batch);
        kept.batch(&batch);
        assert_eq!(kept.rows, 30);
        assert!(kept.table.batches.is_empty() && kept.into_table().is_none());
    }
}
