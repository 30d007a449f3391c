//! Files of data: what they are by their content, their bytes unpacked, and their lines.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::made::Content;
use super::packed::{Member, Transcoder, Unicode};
use crate::contract::Fault;
use crate::load::LoadOptions;
use crate::load::meter::Counted;
use crate::load::report::Place;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Packing {
    /// It is not.
    Plain,
    /// gzip, of one or more members.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// What a file's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// JSON: an array of objects, or objects one after the other.
    Json,
    /// Values separated by commas.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// Parquet.
    Parquet,
    /// Arrow's file format.
    ArrowFile,
    /// Arrow's stream format.
    ArrowStream,
    /// Nothing at all: a table without rows.
    Empty,
}

impl Shape {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Json => "JSON",
            Shape::Csv => "CSV",
            Shape::Tsv => "TSV",
            Shape::Parquet => "Parquet",
            Shape::ArrowFile => "an Arrow file",
            Shape::ArrowStream => "an Arrow stream",
            Shape::Empty => "empty",
        }
    }
}

/// A file, recognised.
#[derive(Clone, Debug)]
pub struct DataFile {
    /// Its path, as it was given or found.
    pub path: PathBuf,
    /// What it holds.
    pub shape: Shape,
    /// How that is packed.
    pub packing: Packing,
    /// Its size on disk.
    pub size: u64,
    /// Bytes of a byte-order mark before the content.
    pub mark: u64,
    /// How its text is encoded.
    encoding: Unicode,
    /// The part of a zip file that it is.
    member: Option<Member>,
    /// Rows made of it, which are read in its stead.
    made: Option<Content>,
}

/// By path: what a report is sorted by.
impl Ord for DataFile {
    fn cmp(&self, other: &DataFile) -> Ordering {
        let member = |file: &DataFile| file.member.as_ref().map(|m| m.name.clone());
        self.path
            .cmp(&other.path)
            .then_with(|| member(self).cmp(&member(other)))
    }
}
impl PartialOrd for DataFile {
    fn partial_cmp(&self, other: &DataFile) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for DataFile {
    fn eq(&self, other: &DataFile) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for DataFile {}

/// Bytes looked at to recognise content.
const HEAD: usize = 64 * 1024;

impl DataFile {
    /// Recognises a file by its content, and where that does not tell, by its name.
    ///
    /// # Errors
    /// When it cannot be read, or is of a kind that is not supported.
    pub fn open(path: &Path) -> Result<Arc<DataFile>, Fault> {
        DataFile::look_at(path, None).map(|(file, _)| Arc::new(file))
    }

    /// Recognises a file, or a member of a zip file; tells its beginning, without a byte-order mark.
    pub(super) fn look_at(
        path: &Path,
        member: Option<Member>,
    ) -> Result<(DataFile, Vec<u8>), Fault> {
        let mut data = DataFile::unseen(path)?;
        let name = member.as_ref().map(|m| PathBuf::from(&*m.name));
        data.size = member.as_ref().map_or(data.size, |m| m.size);
        data.member = member;
        let mut head = data.look()?;
        head.drain(..head.len().min(usize::from(data.mark as u8)));
        data.shape = recognise(&name.unwrap_or_else(|| path.to_path_buf()), &head)?;
        Ok((data, head))
    }

    /// The same file with rows made of it in its content's stead: JSON objects, one per line.
    pub(super) fn with_rows(mut self, rows: Content) -> DataFile {
        self.size = rows.size();
        self.mark = 0;
        self.made = Some(rows);
        self.shape = Shape::Json;
        self
    }

    /// Whether its bytes on disk are its content.
    fn is_plain(&self) -> bool {
        self.packing == Packing::Plain
            && self.member.is_none()
            && self.encoding == Unicode::Utf8
            && self.made.is_none()
    }

    /// Bytes of its content, where it can be read from any place; `None` where only from its beginning.
    pub(super) fn splits(&self) -> Option<u64> {
        (self.is_plain() || self.made.is_some()).then(|| self.size.saturating_sub(self.mark))
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> String {
        match &self.member {
            Some(member) => format!("{} ({})", self.path.display(), member.name),
            None => self.path.display().to_string(),
        }
    }

    /// A file of values separated by something, whatever else it could be taken for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn text(path: &Path) -> Result<Arc<DataFile>, Fault> {
        let mut data = DataFile::unseen(path)?;
        data.look()?;
        data.shape = Shape::Csv;
        Ok(Arc::new(data))
    }

    fn unseen(path: &Path) -> Result<DataFile, Fault> {
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let meta = file.metadata().map_err(|e| unreadable(path, &e))?;
        if meta.is_dir() {
            return Err(Fault::data(format!(
                "{} is a folder, not a file",
                path.display()
            )));
        }
        Ok(DataFile {
            path: path.to_path_buf(),
            shape: Shape::Empty,
            packing: Packing::Plain,
            size: meta.len(),
            mark: 0,
            encoding: Unicode::Utf8,
            member: None,
            made: None,
        })
    }

    /// Finds out how it is packed; the beginning of its content, byte-order mark included.
    fn look(&mut self) -> Result<Vec<u8>, Fault> {
        let mut head = self.head()?;
        self.packing = match head.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        };
        if self.packing != Packing::Plain {
            head = self.head()?;
        }
        self.encoding = Unicode::of(&head);
        if self.encoding != Unicode::Utf8 {
            head = self.head()?;
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            self.mark = 3;
        }
        Ok(head)
    }

    fn head(&self) -> Result<Vec<u8>, Fault> {
        let mut head = Vec::new();
        self.reader_from_start()?
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(|e| self.fault(&e))?;
        Ok(head)
    }

    /// The content, unpacked, after a byte-order mark.
    pub(super) fn reader(&self) -> Result<Box<dyn Read + Send>, Fault> {
        let mut reader = self.reader_from_start()?;
        let mut mark = [0; 3];
        if self.mark == 3 {
            reader.read_exact(&mut mark).map_err(|e| self.fault(&e))?;
        }
        Ok(reader)
    }

    fn reader_from_start(&self) -> Result<Box<dyn Read + Send>, Fault> {
        if let Some(made) = &self.made {
            return made.reader(0).map_err(|e| self.fault(&e));
        }
        let file = File::open(&self.path).map_err(|e| unreadable(&self.path, &e))?;
        let file = Counted(file);
        let file: Box<dyn Read + Send> = match &self.member {
            Some(member) => member.reader(file).map_err(|e| self.fault(&e))?,
            None => Box::new(file),
        };
        let unpacked: Box<dyn Read + Send> = match self.packing {
            Packing::Plain => file,
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(
                io::BufReader::with_capacity(256 * 1024, file),
            )),
            Packing::Zstd => {
                Box::new(zstd::stream::read::Decoder::new(file).map_err(|e| self.fault(&e))?)
            }
        };
        Ok(match self.encoding {
            Unicode::Utf8 => unpacked,
            encoding => Box::new(Transcoder::new(unpacked, encoding)),
        })
    }

    /// What [`DataFile::splits`] allows: its bytes from `at` on, a byte-order mark counted.
    pub(super) fn reader_at(&self, at: u64) -> Result<Box<dyn Read + Send>, Fault> {
        if let Some(made) = &self.made {
            return made.reader(at).map_err(|e| self.fault(&e));
        }
        let mut file = File::open(&self.path).map_err(|e| unreadable(&self.path, &e))?;
        file.seek(SeekFrom::Start(at)).map_err(|e| self.fault(&e))?;
        Ok(Box::new(Counted(file)))
    }

    /// The content as a file that can be read from any place: itself, or if it is packed, a copy that
    /// goes away with the last use.
    pub(super) fn unpacked(&self) -> Result<Unpacked, Fault> {
        if self.is_plain() {
            return Ok(Unpacked {
                path: self.path.clone(),
                _copy: None,
            });
        }
        let fault = |e| self.fault(&e);
        let mut copy = tempfile::NamedTempFile::new().map_err(fault)?;
        io::copy(&mut self.reader()?, &mut copy).map_err(fault)?;
        Ok(Unpacked {
            path: copy.path().to_path_buf(),
            _copy: Some(Arc::new(copy.into_temp_path())),
        })
    }

    /// A failure while reading it.
    pub(super) fn fault(&self, error: &io::Error) -> Fault {
        unreadable(&self.path, error)
    }

    /// `file:line`, for messages.
    pub(super) fn at(&self, place: Place) -> String {
        let path = self.name();
        match place {
            Place::Line(line) => format!("{path}:{line}"),
            Place::Row(row) => format!("{path}, row {row}"),
            Place::Byte(byte) => match self.line_of(byte) {
                // A line of the rows made of it is none of its own.
                Some(line) if self.made.is_some() => format!("{path}, row {line}"),
                Some(line) => format!("{path}:{line}"),
                None => format!("{path}, byte {byte}"),
            },
        }
    }

    /// Number of the line that holds a byte of the content.
    fn line_of(&self, byte: u64) -> Option<u64> {
        let mut reader = self.reader_from_start().ok()?.take(byte + self.mark);
        let mut buffer = vec![0; 256 * 1024];
        let mut line = 1;
        loop {
            let n = reader.read(&mut buffer).ok()?;
            if n == 0 {
                return Some(line);
            }
            line += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
        }
    }
}

/// See [`DataFile::unpacked`].
#[derive(Clone)]
pub(super) struct Unpacked {
    path: PathBuf,
    _copy: Option<Arc<tempfile::TempPath>>,
}

impl Unpacked {
    /// Opens it, at a place of its own.
    pub fn open(&self) -> Result<File, Fault> {
        File::open(&self.path).map_err(|e| unreadable(&self.path, &e))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Fault::data(format!("there is no file {path}"))
            .help("check the path; a relative one starts at the current folder"),
        io::ErrorKind::PermissionDenied => {
            Fault::data(format!("{path} cannot be read: permission denied"))
        }
        _ => Fault::data(format!("{path} cannot be read: {error}")),
    }
}

/// What content is, by its first bytes; for text without a mark of its own, by the file's name.
fn recognise(path: &Path, head: &[u8]) -> Result<Shape, Fault> {
    let no = |what: &str, help: &str| {
        Err(Fault::data(format!(
            "{} is {what}, which cannot be read",
            path.display()
        ))
        .help(help))
    };
    match head {
        [b'P', b'A', b'R', b'1', ..] => return Ok(Shape::Parquet),
        [b'P', b'A', b'R', b'E', ..] => return no("an encrypted Parquet file", "decrypt it first"),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => return Ok(Shape::ArrowFile),
        [0xff, 0xff, 0xff, 0xff, ..] => return Ok(Shape::ArrowStream),
        [b'P', b'K', 3, 4, ..] => {
            return no(
                "an xlsx file or a zip file inside another",
                "unpack it, or export it as CSV",
            );
        }
        [b'B', b'Z', b'h', ..] => return no("packed with bzip2", "unpack it with bunzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => return no("packed with xz", "unpack it with unxz"),
        [b'E', b'l', b'f', b'F', b'i', b'l', b'e', 0, ..] => {
            return no("a Windows event log", "convert it with evtx_dump -o jsonl");
        }
        _ => {}
    }
    let named = ending(path).map(|(_, format, _)| format);
    Ok(match head.iter().find(|c| !c.is_ascii_whitespace()) {
        None if head.is_empty() || named != Some("csv") => Shape::Empty,
        Some(b'{' | b'[') if !matches!(named, Some("csv" | "tsv")) => Shape::Json,
        _ => match named {
            Some("tsv") => Shape::Tsv,
            Some("json" | "ndjson" | "jsonl") => Shape::Json,
            Some("parquet") => return no("no Parquet file", "look at how it begins"),
            Some("arrow" | "arrows" | "feather" | "ipc") => {
                return no(
                    "no Arrow file",
                    "Feather version 1 must be written again as version 2",
                );
            }
            Some(_) => Shape::Csv,
            None if head.contains(&0) => {
                return no(
                    "of an unknown kind",
                    "data is JSON, CSV, TSV, Parquet or Arrow",
                );
            }
            None => text_shape(head),
        },
    })
}

/// Tabs or commas, whichever the first line has more of.
fn text_shape(head: &[u8]) -> Shape {
    let line = head.split(|c| *c == b'\n').next().unwrap_or(&[]);
    let count = |byte| memchr::memchr_iter(byte, line).count();
    if count(b'\t') > count(b',') {
        Shape::Tsv
    } else {
        Shape::Csv
    }
}

/// The endings of data files.
const ENDINGS: [&str; 9] = [
    "json", "ndjson", "jsonl", "csv", "tsv", "parquet", "arrow", "arrows", "feather",
];

/// A file name's stem, its data ending (`ipc` too) and its packing; `None` for other names.
pub fn ending(path: &Path) -> Option<(&str, &'static str, Packing)> {
    let name = path.file_name()?.to_str()?;
    let (rest, last) = name.rsplit_once('.')?;
    let (rest, last, packing) = if last.eq_ignore_ascii_case("gz") {
        let (rest, last) = rest.rsplit_once('.')?;
        (rest, last, Packing::Gzip)
    } else if last.eq_ignore_ascii_case("zst") {
        let (rest, last) = rest.rsplit_once('.')?;
        (rest, last, Packing::Zstd)
    } else {
        (rest, last, Packing::Plain)
    };
    let format = ENDINGS
        .iter()
        .chain(&["ipc"])
        .find(|e| last.eq_ignore_ascii_case(e))?;
    (!rest.is_empty()).then_some((rest, *format, packing))
}

/// Whole lines of a part of a file, many at a time.
///
/// A line belongs to the part in which its first byte is.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// `buffer[start..filled]` is read and not yet handed out.
    start: usize,
    filled: usize,
    /// Place in the content of `buffer[0]`.
    offset: u64,
    /// No line that starts at or after this place is ours.
    end: u64,
    /// Ends at the end of the content.
    finished: bool,
    chunk: usize,
    /// A longer line is not kept in memory.
    longest: usize,
}

/// What [`Lines::next`] hands out.
pub(super) enum Chunk<'a> {
    /// Whole lines (the last one maybe without its line end), and the place of the first byte.
    Lines(&'a [u8], u64),
    /// A line that is too long, left out.
    TooLong(u64),
}

impl<R: Read> Lines<R> {
    /// The lines that start in `from..end` of a content of which `reader` gives the bytes from
    /// `from` on; `middle` when `from` may be inside a line (then `reader` starts one byte earlier).
    pub fn new(reader: R, from: u64, end: u64, middle: bool, options: &LoadOptions) -> Lines<R> {
        Lines {
            reader,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
            offset: from - u64::from(middle),
            end,
            finished: false,
            chunk: options.chunk_bytes.max(16),
            longest: options.row_bytes,
        }
    }

    /// Passes over the rest of a line that started before our part. Call first, for `middle`.
    pub fn skip_line(&mut self) -> io::Result<()> {
        while !self.finished {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[self.start..self.filled]) {
                self.start += at + 1;
                return Ok(());
            }
            self.start = self.filled;
            self.fill()?;
        }
        Ok(())
    }

    fn place(&self, index: usize) -> u64 {
        self.offset + index as u64
    }

    /// Reads some more behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            self.offset += self.start as u64;
            self.filled -= self.start;
            self.start = 0;
        }
        let ahead = self.end.saturating_sub(self.place(self.filled));
        let least = (self.chunk / 64).max(16).max(self.filled / 4);
        let want = usize::try_from(ahead)
            .unwrap_or(usize::MAX)
            .clamp(least, self.chunk.max(least));
        if self.buffer.len() < self.filled + want {
            self.buffer
                .resize((self.filled + want).max(self.buffer.len()), 0);
        }
        loop {
            match self
                .reader
                .read(&mut self.buffer[self.filled..self.filled + want])
            {
                Ok(0) => self.finished = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            return Ok(());
        }
    }

    /// The next lines, or `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Chunk<'_>>> {
        let mut searched = self.start;
        loop {
            if self.place(self.start) >= self.end {
                return Ok(None);
            }
            let fresh = &self.buffer[searched..self.filled];
            let cut = if self.place(self.filled) >= self.end {
                // the line that holds the last byte of our part is our last
                let last = usize::try_from(self.end - 1 - self.offset).unwrap_or(usize::MAX);
                let from = last.max(searched);
                let whole = &self.buffer[self.start..last.min(self.filled)];
                self.buffer
                    .get(from..self.filled)
                    .and_then(|rest| memchr::memchr(b'\n', rest))
                    .map(|at| from + at)
                    // those before it need not wait for its end
                    .or_else(|| memchr::memrchr(b'\n', whole).map(|at| self.start + at))
            } else {
                memchr::memrchr(b'\n', fresh).map(|at| searched + at)
            };
            let cut = match cut {
                Some(at) => at + 1,
                None if self.finished && self.start == self.filled => return Ok(None),
                None if self.finished => self.filled,
                None if self.filled - self.start > self.longest => {
                    let place = self.place(self.start);
                    self.start = self.filled;
                    self.skip_line()?;
                    return Ok(Some(Chunk::TooLong(place)));
                }
                None => {
                    let kept = self.filled - self.start;
                    self.fill()?;
                    searched = kept;
                    continue;
                }
            };
            let start = std::mem::replace(&mut self.start, cut);
            let place = self.place(start);
            return Ok(Some(Chunk::Lines(&self.buffer[start..cut], place)));
        }
    }
}
