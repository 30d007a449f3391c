//! CSV and TSV files (RFC 4180), read from beginning to end.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use csv::{ByteRecord, ReaderBuilder};

use crate::contract::{Cancel, Fault, Flow, METER, Morsel, Sink};
use crate::json::write_quoted;
use crate::load::cells::{CellBuilder, sample};
use crate::load::infer::Seen;
use crate::load::input::{DataFile, Shape};
use crate::load::json::MANY_KEYS;
use crate::load::local_time::{self, DateOrder, Evidence, Zone, instant, is_numeric};
use crate::load::made::{Content, Maker};
use crate::load::records::{Dialect, Next, Records, TOO_LONG};
use crate::load::report::{Place, Report, Tally};
use crate::load::source::{Ask, FileData, Found, Wanted};
use crate::load::{Known, LoadOptions};
use crate::types::Type;

/// A file of separated values.
pub(super) struct CsvFile {
    file: Arc<DataFile>,
    dialect: Dialect,
    options: LoadOptions,
    names: Vec<Arc<str>>,
    /// What the header says of the columns' times.
    times: Vec<Times>,
    /// Which columns are datetimes by what is published.
    moments: Vec<bool>,
    /// What is known of the columns' types beyond their text.
    hints: Vec<Option<Type>>,
    /// What is known of the columns, once it is.
    columns: RwLock<Option<Vec<Learnt>>>,
}

/// What a portal's header says of a column's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// Nothing.
    Unsaid,
    /// They are in UTC.
    Utc,
    /// They are in the reader's zone.
    Local,
}

/// A column: its type, and the order of its dates.
#[derive(Clone, Copy, Debug, Default)]
struct Learnt {
    ty: Option<Type>,
    order: Option<DateOrder>,
}

/// The ends of headers of the portals.
const ZONES: [(&str, Times); 2] = [(" [UTC]", Times::Utc), (" [Local Time]", Times::Local)];

impl CsvFile {
    /// Reads the header; and all rows, unless every column is a published one. `hints` say what the cells of columns
    /// are where that is not to be told by their text.
    pub fn open(
        file: Arc<DataFile>,
        hints: Vec<Option<Type>>,
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
        let (dialect, header, first) = beginning(&file, dialect, options)?;
        if header.len() > MANY_KEYS {
            let path = file.name();
            return Err(
                Fault::data(format!("{path} has more than {MANY_KEYS} columns"))
                    .help("its first line should be a header, with a name for each column"),
            );
        }
        let (names, times) = names(&header);
        let published = |name: &Arc<str>| {
            let schema = &known?.schema;
            Some(schema.columns.get(schema.index(name)?)?.ty)
        };
        let csv = CsvFile {
            dialect,
            moments: names
                .iter()
                .zip(&times)
                .map(|(name, times)| match published(name) {
                    Some(ty) => ty == Type::Datetime,
                    None => *times != Times::Unsaid,
                })
                .collect(),
            columns: RwLock::new(None),
            options: options.clone(),
            hints,
            file,
            names,
            times,
        };
        let numeric = |(cell, is_moment): (&[u8], &bool)| *is_moment && is_numeric(cell);
        let dated = first.iter().zip(&csv.moments).any(numeric);
        if csv.names.iter().all(|name| published(name).is_some()) && !dated {
            csv.settle(vec![Learnt::default(); csv.names.len()]);
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
            columns: RwLock::new(Some(vec![Learnt::default(); names.len()])),
            times: vec![Times::Unsaid; names.len()],
            moments: vec![false; names.len()],
            hints: Vec::new(),
            names,
            options: options.clone(),
            dialect,
            file,
        }
    }

    /// A file each line of which is a value, of the column `Line`.
    pub fn lines(file: Arc<DataFile>, options: &LoadOptions) -> CsvFile {
        let dialect = Dialect {
            delimiter: None,
            header: false,
            declared: true,
        };
        CsvFile::declared(file, options, vec!["Line".into()], dialect)
    }

    fn settle(&self, columns: Vec<Learnt>) {
        if let Ok(mut current) = self.columns.write() {
            *current = Some(columns);
        }
    }

    fn learnt(&self) -> Vec<Learnt> {
        let learnt = self.columns.read().map(|c| c.clone());
        let mut learnt = learnt.unwrap_or_default().unwrap_or_default();
        learnt.resize(self.names.len(), Learnt::default());
        learnt
    }
}

/// The type of a column whose text looks like `ty`: digits that are known to be text stay that.
fn hinted(hint: Type, ty: Type) -> Type {
    match (hint, ty) {
        (Type::String, Type::Datetime | Type::Dynamic) => ty,
        _ => hint,
    }
}

/// The header and the first record. A header without a comma may be parted by something else.
fn beginning(
    file: &Arc<DataFile>,
    mut dialect: Dialect,
    options: &LoadOptions,
) -> Result<(Dialect, ByteRecord, ByteRecord), Fault> {
    loop {
        let (mut header, mut first) = (ByteRecord::new(), ByteRecord::new());
        let mut records = Records::open(file, dialect, options.row_bytes)?;
        records.header(&mut header)?;
        if header.len() == 1 && dialect.delimiter == Some(b',') && !file.is_sheet() {
            let line = header.get(0).unwrap_or_default();
            let count = |mark: u8| memchr::memchr_iter(mark, line).count();
            let most = *b";|\t";
            let most = most.into_iter().max_by_key(|mark| count(*mark));
            if let Some(mark) = most.filter(|mark| count(*mark) > 0) {
                dialect.delimiter = Some(mark);
                continue;
            }
        }
        records.next_fine(&mut first)?;
        return Ok((dialect, header, first));
    }
}

/// The columns' names, and what they say of times: without blanks around them, the second of a name with a number.
fn names(header: &ByteRecord) -> (Vec<Arc<str>>, Vec<Times>) {
    let cells: Vec<String> = header
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).trim().to_string())
        .collect();
    let timeline = ["Event Time", "Machine Id", "Action Type"];
    let timeline = timeline.iter().all(|name| cells.iter().any(|c| c == name));
    let mut names: Vec<Arc<str>> = Vec::with_capacity(cells.len());
    let mut times = Vec::with_capacity(cells.len());
    let mut taken: HashSet<Arc<str>> = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (i, cell) in cells.iter().enumerate() {
        let zoned = ZONES
            .iter()
            .find_map(|(end, times)| Some((cell.strip_suffix(end)?, *times)));
        let (name, zone) = zoned.unwrap_or((cell, Times::Unsaid));
        let name = match name {
            "" => format!("Column{}", i + 1),
            name if timeline => of_timeline(name),
            name => name.to_string(),
        };
        let number = numbers.entry(name.clone()).or_default();
        let mut free: Arc<str> = name.as_str().into();
        while !taken.insert(Arc::clone(&free)) {
            *number += 1;
            free = format!("{name}{number}").into();
        }
        names.push(free);
        times.push(zone);
    }
    (names, times)
}

/// What Defender's tables call a column of a device's timeline.
fn of_timeline(name: &str) -> String {
    match name {
        "Event Time" => "Timestamp".to_string(),
        "Machine Id" => "DeviceId".to_string(),
        "Computer Name" => "DeviceName".to_string(),
        other => other.replace(' ', ""),
    }
}

/// The table that a file's rows say they are of, by its beginning: the column `Type` of what Sentinel exports, if all
/// rows that can be seen have the same there.
pub(super) fn typed(head: &[u8], delimiter: u8, cut: bool) -> Option<String> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(head);
    let mut header = ByteRecord::new();
    reader.read_byte_record(&mut header).ok()?;
    let (names, _) = names(&header);
    let place = names.iter().position(|name| **name == *"Type")?;
    names.iter().find(|name| ***name == *"TimeGenerated")?;
    let rows: Vec<ByteRecord> = reader.byte_records().collect::<Result<_, _>>().ok()?;
    // The last one may go on behind what can be seen.
    let whole = rows.len() - usize::from(cut && rows.len() > 1);
    let mut types = rows.iter().take(whole).map(|row| row.get(place));
    let first = types.next()??;
    let same = !first.is_empty() && types.all(|ty| ty == Some(first));
    same.then(|| String::from_utf8(first.to_vec()).ok())?
}

/// Columns of EvtxECmd's CSV files.
const EVTXECMD: [&str; 4] = ["EventId", "Channel", "MapDescription", "Payload"];

/// Whether a file's beginning is that of one by EvtxECmd.
pub(super) fn is_evtxecmd(head: &[u8]) -> bool {
    let line = head.split(|c| *c == b'\n').next().unwrap_or(&[]);
    let cells: Vec<&[u8]> = line.split(|c| *c == b',').map(<[u8]>::trim_ascii).collect();
    EVTXECMD.iter().all(|name| cells.contains(&name.as_bytes()))
}

/// The rows of a file as JSON objects of texts.
pub(super) fn as_records(file: &Arc<DataFile>) -> Result<Content, Fault> {
    let dialect = Dialect {
        delimiter: Some(b','),
        header: true,
        declared: false,
    };
    let longest = LoadOptions::default().row_bytes;
    let (mut record, mut records) = (ByteRecord::new(), Records::open(file, dialect, longest)?);
    records.header(&mut record)?;
    let (names, _) = names(&record);
    let (mut maker, mut line) = (Maker::default(), String::new());
    loop {
        match records.next(&mut record)? {
            Next::Row(_) => {}
            Next::Skipped(line, _) => {
                let at = file.at(Place::Line(line));
                return Err(Fault::data(format!("{at}: a row {TOO_LONG}")));
            }
            Next::End => break,
        }
        line.clear();
        for (name, cell) in names.iter().zip(&record) {
            line.push(if line.is_empty() { '{' } else { ',' });
            write_quoted(name, &mut line);
            line.push(':');
            write_quoted(&String::from_utf8_lossy(cell), &mut line);
        }
        line.push('}');
        maker.row(&line).map_err(|e| file.fault(&e))?;
    }
    maker.finish().map_err(|e| file.fault(&e))
}

impl FileData for CsvFile {
    fn columns(&self) -> Vec<Found> {
        self.names
            .iter()
            .zip(self.learnt())
            .map(|(name, learnt)| Found {
                name: Arc::clone(name),
                ty: learnt.ty,
                declared: false,
            })
            .collect()
    }

    fn is_complete(&self) -> bool {
        self.columns.read().is_ok_and(|c| c.is_some())
    }

    fn finish(&self) -> Result<(), Fault> {
        if self.is_complete() {
            return Ok(());
        }
        METER.expect(self.file.size);
        let mut seen = vec![(Seen::default(), Evidence::default()); self.names.len()];
        let mut record = ByteRecord::new();
        let mut records = Records::open(&self.file, self.dialect, self.options.row_bytes)?;
        records.header(&mut record)?;
        while records.next_fine(&mut record)? {
            for ((seen, cell), is_moment) in seen.iter_mut().zip(&record).zip(&self.moments) {
                seen.0.see_text(cell);
                if *is_moment {
                    seen.1.see(cell);
                }
            }
        }
        let hints = self.hints.iter().copied().chain(std::iter::repeat(None));
        let learnt =
            seen.into_iter()
                .zip(&self.times)
                .zip(hints)
                .map(|(((seen, dates), times), hint)| {
                    let dated = *times != Times::Unsaid && dates.dates && !dates.other;
                    Learnt {
                        ty: match (dated, seen.text_type()) {
                            (true, _) => Some(Type::Datetime),
                            (_, Some(ty)) => Some(hint.map_or(ty, |hint| hinted(hint, ty))),
                            (_, None) => None,
                        },
                        order: dates.order(),
                    }
                });
        self.settle(learnt.collect());
        Ok(())
    }

    fn is_text(&self) -> bool {
        true
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        METER.expect(self.file.size);
        let places = ask.wanted.iter();
        let places: Vec<Option<usize>> = places
            .map(|w| self.names.iter().position(|name| *name == w.name))
            .collect();
        Ok(vec![Box::new(CsvMorsel {
            file: Arc::clone(&self.file),
            dates: self.dates(ask.wanted, &places)?,
            places,
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

impl CsvFile {
    /// How the dates of the wanted columns are read.
    fn dates(
        &self,
        wanted: &[Wanted],
        places: &[Option<usize>],
    ) -> Result<Vec<Option<Dates>>, Fault> {
        let learnt = self.learnt();
        let dates = wanted.iter().zip(places).map(|(wanted, place)| {
            let Some(place) = place.filter(|_| wanted.ty == Type::Datetime) else {
                return Ok(None);
            };
            let local = self.times.get(place) == Some(&Times::Local);
            if local && self.options.zone.is_none() {
                let (file, column) = (self.file.name(), &wanted.name);
                return Err(Fault::data(format!(
                    "{file}: column `{column}` is in local time, and which zone that is is not said"
                ))
                .help("say it, as in --tz Europe/Berlin or --tz +02:00"));
            }
            let order = match self.dialect.declared {
                true => Some(DateOrder::MonthFirst),
                false => learnt.get(place).and_then(|l| l.order),
            };
            Ok(Some(Dates {
                order: order.or(self.options.date_order),
                zone: self.options.zone.clone().filter(|_| local),
            }))
        });
        dates.collect()
    }
}

/// How the dates of a column are read.
struct Dates {
    order: Option<DateOrder>,
    zone: Option<Zone>,
}

struct CsvMorsel {
    file: Arc<DataFile>,
    /// Where each wanted column is in a record.
    places: Vec<Option<usize>>,
    /// How its dates are read, if it is a datetime.
    dates: Vec<Option<Dates>>,
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
        let mut records = Records::open(&self.file, self.dialect, self.longest)?;
        if self.dialect.header {
            records.header(&mut record)?;
        }
        let mut rows = 0;
        loop {
            let line = match records.next(&mut record)? {
                Next::Row(line) => line,
                Next::Skipped(line, next) => {
                    let goes_on = match next {
                        0 => "nothing follows".to_string(),
                        next => format!("reading goes on in line {next}"),
                    };
                    tally.broken(Place::Line(line), format!("it {TOO_LONG}; {goes_on}"))?;
                    continue;
                }
                Next::End => break,
            };
            if self.dialect.delimiter.is_none() && record.len() > 1 {
                let line: Vec<&[u8]> = record.iter().collect();
                record = ByteRecord::from(vec![line.join(&0)]);
            }
            self.row(&record, line, &mut builders, &mut tally)?;
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
        line: u64,
        builders: &mut [CellBuilder],
        tally: &mut Tally,
    ) -> Result<(), Fault> {
        let place = || Place::Line(line);
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
                Ok(text) => match self.dates.get(i).and_then(Option::as_ref) {
                    Some(dates) if !text.trim().is_empty() => {
                        let found = local_time::parse(text, dates.order);
                        if let Some((_, true)) = found
                            && dates.order.is_none()
                        {
                            let name = &self.wanted[i].name;
                            tally.ambiguous(place(), name, || sample(text))?;
                        }
                        let ticks = found.and_then(|(t, _)| instant(t, dates.zone.as_ref()));
                        match ticks {
                            Some(ticks) => builder.ticks(ticks, Type::Datetime),
                            None => builder.misfit(),
                        }
                    }
                    _ => builder.csv(text),
                },
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
