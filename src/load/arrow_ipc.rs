//! Arrow IPC: the file format, a record batch or some being a morsel, and the stream format.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};

use crate::contract::{Cancel, Fault, Flow, METER, Morsel, Sink};
use crate::load::arrow_check::{self, Block, Unsound};
use crate::load::convert::{convert, is_ours, natural, nulls};
use crate::load::guard::guarded;
use crate::load::input::{BUFFER, DataFile, Shape, Unpacked};
use crate::load::meter::Counted;
use crate::load::report::{Place, Report, Tally};
use crate::load::source::{Ask, FileData, Found, Wanted};
use crate::types::Type;

/// Bytes of record batches that are one morsel, or so.
const MORSEL: u64 = 8 << 20;

/// An Arrow file or stream.
pub(super) struct ArrowFile {
    file: Arc<DataFile>,
    /// The file, unpacked.
    random: Unpacked,
    schema: SchemaRef,
    /// The record batches of the file format; a stream is read from its beginning to its end.
    batches: Option<Arc<[Block]>>,
}

impl ArrowFile {
    /// Reads the schema.
    pub fn open(file: Arc<DataFile>) -> Result<ArrowFile, Fault> {
        guarded(&Arc::clone(&file), || ArrowFile::open_unguarded(file))
    }

    fn open_unguarded(file: Arc<DataFile>) -> Result<ArrowFile, Fault> {
        let random = file.unpacked()?;
        let mut content = random.open()?;
        let (schema, batches) = if file.shape == Shape::ArrowStream {
            arrow_check::stream(&mut content).map_err(|why| unsound(&file, why))?;
            (stream(&file, &random, None)?.schema(), None)
        } else {
            let batches = arrow_check::footer(&mut content).map_err(|why| unsound(&file, why))?;
            let reader = FileReader::try_new(content, None).map_err(|e| fault(&file, &e))?;
            (reader.schema(), Some(batches.into()))
        };
        Ok(ArrowFile {
            schema,
            batches,
            random,
            file,
        })
    }
}

/// What is wrong with a file that is not sound.
fn unsound(file: &DataFile, why: Unsound) -> Fault {
    match why {
        Unsound::Io(error) => file.fault(&error),
        Unsound::Damaged => Fault::data(format!("{}: the file is damaged or cut off", file.name()))
            .help("write it again"),
    }
}

fn fault(file: &DataFile, error: &ArrowError) -> Fault {
    Fault::data(format!("{}: {error}", file.name()))
        .help("the file is damaged or cut off; write it again")
}

type Stream = StreamReader<BufReader<Counted<File>>>;

fn stream(
    file: &DataFile,
    random: &Unpacked,
    projection: Option<Vec<usize>>,
) -> Result<Stream, Fault> {
    let reader = BufReader::with_capacity(BUFFER, Counted(random.open()?));
    StreamReader::try_new(reader, projection).map_err(|e| fault(file, &e))
}

impl FileData for ArrowFile {
    fn columns(&self) -> Vec<Found> {
        found(&self.schema)
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        METER.expect(self.file.size);
        let picked = Arc::new(Picked::new(&self.schema, ask.wanted));
        let morsel = |batches: Option<Batches>| -> Box<dyn Morsel> {
            Box::new(ArrowMorsel {
                file: Arc::clone(&self.file),
                random: self.random.clone(),
                batches,
                picked: Arc::clone(&picked),
                report: Arc::clone(ask.report),
                scan: ask.scan,
            })
        };
        let Some(batches) = &self.batches else {
            return Ok(vec![morsel(None)]);
        };
        let each = self.file.size / (batches.len().max(1) as u64);
        let group = usize::try_from(MORSEL / each.max(1)).unwrap_or(1).max(1);
        Ok((0..batches.len())
            .step_by(group)
            .map(|first| {
                let end = (first + group).min(batches.len());
                morsel(Some((Arc::clone(batches), first, end)))
            })
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

/// All batches of the file format, the first to be read and the first not to.
type Batches = (Arc<[Block]>, usize, usize);

struct ArrowMorsel {
    file: Arc<DataFile>,
    random: Unpacked,
    batches: Option<Batches>,
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
        match &self.batches {
            Some((batches, first, end)) => {
                let (first, end) = (*first, *end);
                let mut content = self.random.open()?;
                for block in batches.get(first..end).unwrap_or_default() {
                    let sound = arrow_check::batch(&mut content, *block);
                    sound.map_err(|why| unsound(&self.file, why))?;
                }
                let file = Counted(content);
                let fault = |e: ArrowError| fault(&self.file, &e);
                let reader = guarded(&self.file, || {
                    let mut reader = FileReader::try_new(file, projection).map_err(fault)?;
                    reader.set_index(first).map_err(fault)?;
                    Ok(reader)
                })?;
                each(&mut reader.take(end - first))
            }
            None => each(&mut guarded(&self.file, || {
                stream(&self.file, &self.random, projection)
            })?),
        }
    }
}
