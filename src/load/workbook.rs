//! Excel workbooks: each sheet as separated values, with what its cells show of their types.

use std::fs::File;
use std::io::{self, BufReader, Read};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xlsx};
use zip::ZipArchive;

use super::guard::guarded;
use super::input::DataFile;
use super::made::{Content, Maker};
use crate::contract::Fault;
use crate::temporal;
use crate::text;
use crate::types::{TICKS_PER_DAY, TICKS_PER_SECOND, Type};

/// A sheet with a header.
pub(super) struct Sheet {
    pub name: String,
    /// What its cells say of the columns' types, where they say it.
    pub types: Vec<Option<Type>>,
    /// The header and the rows, as CSV.
    pub values: Content,
}

/// Columns that a sheet can have.
const WIDEST: usize = 16_384;
/// Bytes of texts, styles and names, which are held in memory.
const MOST_HELD: u64 = 512 << 20;
/// Bytes of a sheet, which is read as it comes; more only if it is packed to no less than a part in [`MOST_TIMES`].
const MOST_READ: u64 = 1 << 30;
const MOST_TIMES: u64 = 250;

type Failed = String;

/// The sheets of a workbook that hold something.
pub(super) fn sheets(file: &DataFile) -> Result<Vec<Sheet>, Fault> {
    let fault = |why: &dyn std::fmt::Display| {
        Fault::data(format!(
            "{}: the workbook cannot be read: {why}",
            file.name()
        ))
        .help("open it and save it again, or export it as CSV")
    };
    let open = || File::open(&file.path).map(BufReader::new);
    let sheets = guarded(file, || {
        check_size(open().map_err(|e| file.fault(&e))?).map_err(|why| fault(&why))?;
        let mut workbook = Xlsx::new(open().map_err(|e| file.fault(&e))?).map_err(|e| fault(&e))?;
        let mut sheets = Vec::new();
        for name in workbook.sheet_names() {
            let kinds = workbook.sheets_metadata().iter();
            let is_sheet = kinds
                .filter(|s| s.name == name)
                .all(|s| s.typ == calamine::SheetType::WorkSheet);
            if is_sheet {
                sheets.extend(sheet(&mut workbook, &name).map_err(|why| fault(&why))?);
            }
        }
        Ok(sheets)
    })?;
    match sheets.is_empty() {
        true => Err(fault(&"no sheet holds a table")),
        false => Ok(sheets),
    }
}

/// Looks at how much there is before it is taken into memory: what a zip file says of its sizes need not be so.
fn check_size(file: BufReader<File>) -> Result<(), Failed> {
    let mut archive = ZipArchive::new(file).map_err(|e| e.to_string())?;
    let mut held = 0;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|e| e.to_string())?;
        let name = member.name().map_err(|e| e.to_string())?.into_owned();
        let read = !name.starts_with("xl/media/");
        let streamed = name.starts_with("xl/worksheets/");
        let most = match streamed {
            true => MOST_READ.max(member.compressed_size().saturating_mul(MOST_TIMES)),
            false => MOST_HELD - held,
        };
        if !read {
            continue;
        }
        let mut look = Look::default();
        let size = io::copy(&mut (&mut member).take(most + 1), &mut look)
            .map_err(|e| format!("{name}: {e}"))?;
        // Each text takes some bytes; the decoder makes room for as many as are told.
        if !streamed && look.told() > size {
            return Err(format!("{name} in it tells of more texts than it has"));
        }
        if size > most {
            return Err(format!("{name} in it unpacks to more than {most} bytes"));
        }
        held += if streamed { 0 } else { size };
    }
    Ok(())
}

/// The number of texts that a part of a workbook tells of, wherever in it.
#[derive(Default)]
struct Look {
    /// What was seen last, in which the next one may begin.
    last: Vec<u8>,
    most: u64,
}

impl Look {
    const KEY: &'static [u8] = b"uniqueCount";
    /// Bytes in which the number is to be found, its key included.
    const WINDOW: usize = 64;

    fn see(&mut self, end: bool) {
        let whole = match end {
            true => self.last.len(),
            false => self.last.len().saturating_sub(Look::WINDOW),
        };
        for at in memchr::memmem::find_iter(&self.last, Look::KEY).filter(|at| *at < whole) {
            let digits = self.last[at + Look::KEY.len()..].iter().take(Look::WINDOW);
            let digits = digits.skip_while(|c| !c.is_ascii_digit());
            let number = digits.take_while(|c| c.is_ascii_digit());
            let number = number.fold(0u64, |n, c| {
                n.saturating_mul(10).saturating_add(u64::from(c - b'0'))
            });
            self.most = self.most.max(number);
        }
        self.last.drain(..whole);
    }

    fn told(&mut self) -> u64 {
        self.see(true);
        self.most
    }
}

impl io::Write for Look {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.last.extend_from_slice(piece);
        self.see(false);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the cells of a column have shown.
#[derive(Clone, Copy, Default)]
struct Shown {
    texts: bool,
    spans: bool,
    others: bool,
}

impl Shown {
    fn ty(self) -> Option<Type> {
        match (self.texts, self.spans, self.others) {
            (true, false, false) => Some(Type::String),
            (false, true, false) => Some(Type::Timespan),
            _ => None,
        }
    }
}

/// A sheet while it is read.
#[derive(Default)]
struct Rows {
    /// The row at hand: its number and its cells.
    number: Option<u32>,
    cells: Vec<String>,
    /// Columns of the header, once it was read.
    width: Option<usize>,
    shown: Vec<Shown>,
    maker: Maker,
    line: Vec<u8>,
}

fn sheet(workbook: &mut Xlsx<BufReader<File>>, name: &str) -> Result<Option<Sheet>, Failed> {
    let at = |e: &dyn std::fmt::Display| format!("sheet {name}: {e}");
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|e| at(&e))?;
    let mut rows = Rows::default();
    while let Some(cell) = reader.next_cell().map_err(|e| at(&e))? {
        let (row, column) = cell.get_position();
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= WIDEST {
            return Err(at(&format!("a cell is in column {column}")));
        }
        rows.cell(row, column, cell.get_value())
            .map_err(|e| at(&e))?;
    }
    rows.end_row().map_err(|e| at(&e))?;
    let Some(width) = rows.width else {
        return Ok(None);
    };
    rows.shown
        .resize(width.max(rows.shown.len()), Shown::default());
    Ok(Some(Sheet {
        name: name.to_string(),
        types: rows.shown.iter().map(|s| s.ty()).collect(),
        values: rows.maker.finish().map_err(|e| at(&e))?,
    }))
}

impl Rows {
    fn cell(&mut self, row: u32, column: usize, value: &DataRef<'_>) -> io::Result<()> {
        if self.number != Some(row) {
            self.end_row()?;
            self.number = Some(row);
        }
        let mut shown = Shown::default();
        let text = match value {
            // An error of a formula is no value.
            DataRef::Empty | DataRef::Error(_) => return Ok(()),
            DataRef::String(text) | DataRef::DurationIso(text) => {
                shown.texts = true;
                text.clone()
            }
            DataRef::SharedString(text) => {
                shown.texts = true;
                (*text).to_string()
            }
            DataRef::DateTime(time) if time.is_duration() => {
                shown.spans = true;
                span(time.as_f64())
            }
            other => {
                shown.others = true;
                match other {
                    DataRef::Int(n) => n.to_string(),
                    DataRef::Float(n) => number(*n),
                    DataRef::Bool(b) => b.to_string(),
                    DataRef::DateTime(time) => moment(time),
                    other => Data::from(other.clone()).to_string(),
                }
            }
        };
        if text.is_empty() {
            return Ok(());
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        self.cells[column] = text;
        // The header's cells are names.
        if self.width.is_some() {
            if self.shown.len() <= column {
                self.shown.resize(column + 1, Shown::default());
            }
            let all = &mut self.shown[column];
            all.texts |= shown.texts;
            all.spans |= shown.spans;
            all.others |= shown.others;
        }
        Ok(())
    }

    /// Writes the row at hand, if it holds anything.
    fn end_row(&mut self) -> io::Result<()> {
        if self.cells.is_empty() {
            return Ok(());
        }
        let width = *self.width.get_or_insert(self.cells.len());
        if self.cells.len() < width {
            self.cells.resize(width, String::new());
        }
        let mut writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::NonNumeric)
            .from_writer(std::mem::take(&mut self.line));
        writer.write_record(&self.cells).map_err(io::Error::other)?;
        self.line = writer
            .into_inner()
            .map_err(|e| io::Error::other(e.to_string()))?;
        let row = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        self.maker.row(&String::from_utf8_lossy(row))?;
        self.line.clear();
        self.cells.clear();
        Ok(())
    }
}

/// A number, which Excel holds as a double: whole ones without a point.
fn number(value: f64) -> String {
    match value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        true => (value as i64).to_string(),
        false => text::real_text(value),
    }
}

/// A date and time, of which Excel does not know the zone.
fn moment(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}")
}

/// A span of days.
fn span(days: f64) -> String {
    let millis = (days * (TICKS_PER_DAY / (TICKS_PER_SECOND / 1000)) as f64).round() as i64;
    temporal::timespan_text(millis.saturating_mul(TICKS_PER_SECOND / 1000))
}
