//! Arrow IPC: the file format, a record batch or some being a morsel, and the stream format.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader, read_footer_length};
use arrow::ipc::root_as_footer;

use crate::contract::{Cancel, Fault, Flow, METER, Morsel, Sink};
use crate::load::convert::{convert, is_ours, natural, nulls};
use crate::load::guard::guarded;
use crate::load::input::{DataFile, Shape, Unpacked};
use crate::load::meter::Counted;
use crate::load::report::{Place, Report, Tally};
use crate::load::source::{Ask, FileData, Found, Wanted};
use crate::types::Type;

/// Bytes of record batches that are one morsel, or so.
const MORSEL: u64 = 8 << 20;

/// An Arrow file or stream.
pub(super) struct ArrowFile {
    file: Arc<DataFile>,
    /// The file, unpacked, of the file format.
    random: Option<Unpacked>,
    schema: SchemaRef,
    batches: usize,
}

impl ArrowFile {
    /// Reads the schema.
    pub fn open(file: Arc<DataFile>) -> Result<ArrowFile, Fault> {
        guarded(&Arc::clone(&file), || ArrowFile::open_unguarded(file))
    }

    fn open_unguarded(file: Arc<DataFile>) -> Result<ArrowFile, Fault> {
        if file.shape == Shape::ArrowStream {
            let reader = stream(&file, None)?;
            return Ok(ArrowFile {
                schema: reader.schema(),
                file,
                random: None,
                batches: 1,
            });
        }
        let random = file.unpacked()?;
        check_footer(&file, random.open()?)?;
        let reader = FileReader::try_new(random.open()?, None).map_err(|e| fault(&file, &e))?;
        Ok(ArrowFile {
            schema: reader.schema(),
            batches: reader.num_batches(),
            random: Some(random),
            file,
        })
    }
}

/// Checks that the footer speaks of places in the file only: the reader takes it at its word.
fn check_footer(file: &DataFile, mut content: File) -> Result<(), Fault> {
    let io = |e: std::io::Error| file.fault(&e);
    let bad = || Fault::data(format!("{}: the file is damaged or cut off", file.name()));
    let size = content.seek(SeekFrom::End(0)).map_err(io)?;
    let mut tail = [0; 10];
    content
        .seek(SeekFrom::Start(size.checked_sub(10).ok_or_else(bad)?))
        .map_err(io)?;
    content.read_exact(&mut tail).map_err(io)?;
    let length = read_footer_length(tail).map_err(|e| fault(file, &e))? as u64;
    let start = size.checked_sub(10 + length).ok_or_else(bad)?;
    content.seek(SeekFrom::Start(start)).map_err(io)?;
    let mut footer = Vec::new();
    content.take(length).read_to_end(&mut footer).map_err(io)?;
    let footer = root_as_footer(&footer).map_err(|_| bad())?;
    let blocks = footer.recordBatches().into_iter().flatten();
    let fine = blocks
        .chain(footer.dictionaries().into_iter().flatten())
        .all(|block| {
            let parts = [
                block.offset(),
                i64::from(block.metaDataLength()),
                block.bodyLength(),
            ];
            let end = parts
                .into_iter()
                .try_fold(0u64, |end, part| end.checked_add(u64::try_from(part).ok()?));
            end.is_some_and(|end| end <= size)
        });
    if fine { Ok(()) } else { Err(bad()) }
}

fn fault(file: &DataFile, error: &ArrowError) -> Fault {
    Fault::data(format!("{}: {error}", file.name()))
        .help("the file is damaged or cut off; write it again")
}

type Stream = StreamReader<BufReader<Box<dyn Read + Send>>>;

fn stream(file: &DataFile, projection: Option<Vec<usize>>) -> Result<Stream, Fault> {
    let reader = BufReader::with_capacity(256 * 1024, file.reader()?);
    StreamReader::try_new(reader, projection).map_err(|e| fault(file, &e))
}

impl FileData for ArrowFile {
    fn columns(&self) -> Vec<Found> {
        found(&self.schema)
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        METER.expect(self.file.size);
        let picked = Arc::new(Picked::new(&self.schema, ask.wanted));
        let morsel = |batches: Option<(usize, usize)>| -> Box<dyn Morsel> {
            Box::new(ArrowMorsel {
                file: Arc::clone(&self.file),
                random: self.random.clone(),
                batches,
                picked: Arc::clone(&picked),
                report: Arc::clone(ask.report),
                scan: ask.scan,
            })
        };
        if self.random.is_none() {
            return Ok(vec![morsel(None)]);
        }
        let each = self.file.size / (self.batches.max(1) as u64);
        let group = usize::try_from(MORSEL / each.max(1)).unwrap_or(1).max(1);
        Ok((0..self.batches)
            .step_by(group)
            .map(|first| morsel(Some((first, (first + group).min(self.batches)))))
            .collect())
    }
}

/// The columns of an Arrow schema; of two with one name the first counts.
pub(super) fn found(schema: &SchemaRef) -> Vec<Found> {
    let mut columns: Vec<Found> = Vec::new();
    for field in schema.fields() {
        if columns.iter().all(|c| *c.name != **field.name()) {
            columns.push(Found {
                name: field.name().as_str().into(),
                ty: natural(field),
                declared: is_ours(field),
            });
        }
    }
    columns
}

/// Which columns of a file a scan reads, and how each becomes a column of the scan.
pub(super) struct Picked {
    wanted: Arc<[Wanted]>,
    /// Indices of the file's columns that are read, increasing.
    pub projection: Vec<usize>,
    /// For each wanted column, its place in the projection and its natural type.
    places: Vec<Option<(usize, Option<Type>)>>,
}

impl Picked {
    pub fn new(schema: &SchemaRef, wanted: &Arc<[Wanted]>) -> Picked {
        let index = |w: &Wanted| schema.fields().iter().position(|f| **f.name() == *w.name);
        let mut projection: Vec<usize> = wanted.iter().filter_map(index).collect();
        projection.sort_unstable();
        projection.dedup();
        let places = wanted
            .iter()
            .map(|w| {
                let index = index(w)?;
                let place = projection.iter().position(|p| *p == index)?;
                Some((place, natural(schema.field(index))))
            })
            .collect();
        Picked {
            wanted: Arc::clone(wanted),
            projection,
            places,
        }
    }

    /// Converts a batch of the projection and hands it over; `row` is the number of its first row.
    pub fn hand_over(
        &self,
        batch: &RecordBatch,
        row: u64,
        tally: &mut Tally,
        sink: &mut Sink<'_>,
    ) -> Result<Flow, Fault> {
        let mut columns = Vec::with_capacity(self.wanted.len());
        for (wanted, place) in self.wanted.iter().zip(&self.places) {
            let Some((place, natural)) = place else {
                columns.push(nulls(wanted, batch.num_rows()));
                continue;
            };
            let mut misfit = |at: usize, cell: String| {
                let place = Place::Row(row + at as u64 + 1);
                tally.misfit(place, &wanted.name, wanted.ty, || cell)
            };
            columns.push(convert(
                batch.column(*place),
                *natural,
                wanted,
                &mut misfit,
            )?);
        }
        sink(columns, batch.num_rows())
    }
}

struct ArrowMorsel {
    file: Arc<DataFile>,
    random: Option<Unpacked>,
    /// First and last of the batches, of the file format.
    batches: Option<(usize, usize)>,
    picked: Arc<Picked>,
    report: Arc<Report>,
    scan: usize,
}

impl Morsel for ArrowMorsel {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let projection = Some(self.picked.projection.clone());
        let mut tally = Tally::new(&self.report, &self.file, self.scan);
        let mut each = |batches: &mut dyn Iterator<Item = Result<RecordBatch, ArrowError>>| {
            let mut row = 0;
            let mut next = || guarded(&self.file, || Ok(batches.next()));
            while let Some(batch) = next()? {
                cancel.check()?;
                let batch = batch.map_err(|e| fault(&self.file, &e))?;
                if self.picked.hand_over(&batch, row, &mut tally, sink)? == Flow::Enough {
                    break;
                }
                row += batch.num_rows() as u64;
            }
            Ok(())
        };
        match (&self.random, self.batches) {
            (Some(random), Some((first, end))) => {
                let file = Counted(random.open()?);
                let fault = |e: ArrowError| fault(&self.file, &e);
                let reader = guarded(&self.file, || {
                    let mut reader = FileReader::try_new(file, projection).map_err(fault)?;
                    reader.set_index(first).map_err(fault)?;
                    Ok(reader)
                })?;
                each(&mut reader.take(end - first))
            }
            _ => each(&mut guarded(&self.file, || stream(&self.file, projection))?),
        }
    }
}
