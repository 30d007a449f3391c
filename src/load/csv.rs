//! CSV and TSV files (RFC 4180), read from beginning to end.

use std::io::{self, Read};
use std::sync::{Arc, RwLock};

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::contract::{Cancel, Fault, Flow, METER, Morsel, Sink};
use crate::load::cells::{CellBuilder, sample};
use crate::load::infer::Seen;
use crate::load::input::{DataFile, Shape};
use crate::load::report::{Place, Report, Tally};
use crate::load::source::{Ask, FileData, Found, Wanted};
use crate::load::{Known, LoadOptions};
use crate::types::Type;

/// How the values of a file are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between values; nothing when a whole line is one value.
    pub delimiter: Option<u8>,
    /// The first record is no row.
    pub header: bool,
    /// The columns are told by someone else: a row may have more or fewer values.
    pub declared: bool,
}

/// A file of separated values.
pub(super) struct CsvFile {
    file: Arc<DataFile>,
    dialect: Dialect,
    options: LoadOptions,
    names: Vec<Arc<str>>,
    /// Types of the columns, once they are known.
    types: RwLock<Option<Vec<Option<Type>>>>,
}

/// The end of a header of the portal, whose times are in UTC.
const UTC: &str = " [UTC]";

impl CsvFile {
    /// Reads the header; and all rows, unless every column is a published one.
    pub fn open(
        file: Arc<DataFile>,
        options: &LoadOptions,
        known: Option<&Known>,
    ) -> Result<CsvFile, Fault> {
        let dialect = Dialect {
            delimiter: Some(if file.shape == Shape::Tsv {
                b'\t'
            } else {
                b','
            }),
            header: true,
            declared: false,
        };
        let mut header = ByteRecord::new();
        let mut reader = reader(&file, dialect, options.row_bytes)?;
        next(&file, &mut reader, &mut header)?;
        let csv = CsvFile {
            dialect,
            names: names(&header),
            types: RwLock::new(None),
            options: options.clone(),
            file,
        };
        let published = |name: &Arc<str>| known.is_some_and(|k| k.schema.index(name).is_some());
        if csv.names.iter().all(published) {
            csv.settle(vec![None; csv.names.len()]);
        } else {
            csv.finish()?;
        }
        Ok(csv)
    }

    /// A file whose columns are declared: values belong to them by their place.
    pub fn declared(
        file: Arc<DataFile>,
        options: &LoadOptions,
        names: Vec<Arc<str>>,
        dialect: Dialect,
    ) -> CsvFile {
        CsvFile {
            types: RwLock::new(Some(vec![None; names.len()])),
            names,
            options: options.clone(),
            dialect,
            file,
        }
    }

    fn settle(&self, types: Vec<Option<Type>>) {
        if let Ok(mut current) = self.types.write() {
            *current = Some(types);
        }
    }
}

/// The columns' names: without blanks around them, the second of a name with a number.
fn names(header: &ByteRecord) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::with_capacity(header.len());
    for (i, cell) in header.iter().enumerate() {
        let cell = String::from_utf8_lossy(cell);
        let name = match cell.trim() {
            "" => format!("Column{}", i + 1),
            name => name.strip_suffix(UTC).unwrap_or(name).to_string(),
        };
        let mut free = name.clone();
        let mut number = 0;
        while names.iter().any(|n| **n == *free) {
            number += 1;
            free = format!("{name}{number}");
        }
        names.push(free.into());
    }
    names
}

impl FileData for CsvFile {
    fn columns(&self) -> Vec<Found> {
        let types = self
            .types
            .read()
            .map(|t| t.clone())
            .unwrap_or_default()
            .unwrap_or_default();
        let types = types.into_iter().chain(std::iter::repeat(None));
        self.names
            .iter()
            .zip(types)
            .map(|(name, ty)| Found {
                name: Arc::clone(name),
                ty,
            })
            .collect()
    }

    fn is_complete(&self) -> bool {
        self.types.read().is_ok_and(|t| t.is_some())
    }

    fn finish(&self) -> Result<(), Fault> {
        if self.is_complete() {
            return Ok(());
        }
        METER.expect(self.file.size);
        let mut seen = vec![Seen::default(); self.names.len()];
        let mut record = ByteRecord::new();
        let mut reader = reader(&self.file, self.dialect, self.options.row_bytes)?;
        next(&self.file, &mut reader, &mut record)?;
        while next(&self.file, &mut reader, &mut record)? {
            for (seen, cell) in seen.iter_mut().zip(&record) {
                seen.see_text(cell);
            }
        }
        self.settle(seen.into_iter().map(Seen::text_type).collect());
        Ok(())
    }

    fn is_text(&self) -> bool {
        true
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        METER.expect(self.file.size);
        Ok(vec![Box::new(CsvMorsel {
            file: Arc::clone(&self.file),
            places: ask
                .wanted
                .iter()
                .map(|w| self.names.iter().position(|name| *name == w.name))
                .collect(),
            width: self.names.len(),
            dialect: self.dialect,
            wanted: Arc::clone(ask.wanted),
            report: Arc::clone(ask.report),
            scan: ask.scan,
            batch: self.options.batch_rows,
            longest: self.options.row_bytes,
        })])
    }
}

/// A reader that refuses to read on and on without a record ending.
struct Guard {
    inner: Box<dyn Read + Send>,
    left: usize,
    longest: usize,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read)
            .ok_or_else(|| io::Error::other("a row is too long; maybe a quote is not closed"))?;
        Ok(read)
    }
}

fn reader(file: &Arc<DataFile>, dialect: Dialect, longest: usize) -> Result<Reader<Guard>, Fault> {
    let guard = Guard {
        inner: file.reader()?,
        left: longest,
        longest,
    };
    Ok(ReaderBuilder::new()
        // Text holds no NUL; where it does, the values are put together again.
        .delimiter(dialect.delimiter.unwrap_or(0))
        .quoting(dialect.delimiter.is_some())
        .has_headers(false)
        .flexible(true)
        .buffer_capacity((256 * 1024).min(longest))
        .from_reader(guard))
}

/// Reads the next record; `false` at the end.
fn next(
    file: &Arc<DataFile>,
    reader: &mut Reader<Guard>,
    record: &mut ByteRecord,
) -> Result<bool, Fault> {
    let guard = reader.get_mut();
    guard.left = guard.longest;
    let line = reader.position().line();
    reader.read_byte_record(record).map_err(|error| {
        let at = file.at(Place::Line(line));
        Fault::data(format!("{at}: {error}"))
    })
}

struct CsvMorsel {
    file: Arc<DataFile>,
    /// Where each wanted column is in a record.
    places: Vec<Option<usize>>,
    width: usize,
    dialect: Dialect,
    wanted: Arc<[Wanted]>,
    report: Arc<Report>,
    scan: usize,
    batch: usize,
    longest: usize,
}

impl Morsel for CsvMorsel {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let mut builders: Vec<CellBuilder> =
            self.wanted.iter().map(|w| w.builder(self.batch)).collect();
        let mut tally = Tally::new(&self.report, &self.file, self.scan);
        let mut record = ByteRecord::new();
        let mut reader = reader(&self.file, self.dialect, self.longest)?;
        if self.dialect.header {
            next(&self.file, &mut reader, &mut record)?;
        }
        let mut rows = 0;
        while next(&self.file, &mut reader, &mut record)? {
            if self.dialect.delimiter.is_none() && record.len() > 1 {
                let line: Vec<&[u8]> = record.iter().collect();
                record = ByteRecord::from(vec![line.join(&0)]);
            }
            self.row(&record, &mut builders, &mut tally)?;
            rows += 1;
            if rows == self.batch {
                cancel.check()?;
                let columns = builders.iter_mut().map(CellBuilder::finish).collect();
                if sink(columns, std::mem::take(&mut rows))? == Flow::Enough {
                    return Ok(());
                }
            }
        }
        if rows > 0 {
            sink(builders.iter_mut().map(CellBuilder::finish).collect(), rows)?;
        }
        Ok(())
    }
}

impl CsvMorsel {
    fn row(
        &self,
        record: &ByteRecord,
        builders: &mut [CellBuilder],
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let place = || Place::Line(record.position().map_or(0, csv::Position::line));
        if record.len() != self.width && !self.dialect.declared {
            tally.ragged(place(), || {
                format!(
                    "a row has {} cells, the header {}",
                    record.len(),
                    self.width
                )
            })?;
        }
        for (i, builder) in builders.iter_mut().enumerate() {
            let Some(cell) = self.places[i].and_then(|at| record.get(at)) else {
                builder.null();
                continue;
            };
            let fits = match std::str::from_utf8(cell) {
                Ok(text) => builder.csv(text),
                Err(_) => {
                    builder.csv(&String::from_utf8_lossy(cell));
                    false
                }
            };
            if !fits {
                let wanted = &self.wanted[i];
                tally.misfit(place(), &wanted.name, wanted.ty, || {
                    sample(&String::from_utf8_lossy(cell))
                })?;
            }
        }
        Ok(())
    }
}
