//! Files of data: what they are by their content, their bytes unpacked, and their lines.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::guard::Careful;
use super::kind::recognise;
use super::made::Content;
use super::packed::{Member, Transcoder, Unicode};
use super::temporary::{kept, temporary};
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
    /// bzip2, of one or more streams.
    Bzip2,
    /// xz, of one or more streams.
    Xz,
}

impl Packing {
    /// How content is packed, by its first bytes.
    pub(super) fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            // The digit is the size of its blocks, and a block or the end follows.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Packing::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
            _ => Packing::Plain,
        }
    }

    /// The content of what is packed so.
    fn reader(self, packed: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        let buffered = |packed| io::BufReader::with_capacity(BUFFER, packed);
        Ok(match self {
            Packing::Plain => packed,
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(buffered(packed))),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(packed)?),
            Packing::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(buffered(packed))),
            Packing::Xz => Box::new(Careful::new(lzma_rust2::XzReader::new_mem_limit(
                buffered(packed),
                true,
                XZ_KILOBYTES,
            ))),
        })
    }
}

/// Memory that unpacking xz may take; its strongest usual setting takes 65 MB.
const XZ_KILOBYTES: u32 = 256 << 10;

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
    /// An Excel workbook.
    Workbook,
    /// Text whose lines are values.
    Lines,
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
            Shape::Workbook => "an Excel workbook",
            Shape::Lines => "lines of text",
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
    /// The sheet of a workbook that it is.
    sheet: Option<Arc<str>>,
    /// Rows made of it, which are read in its stead.
    made: Option<Content>,
}

/// By path: what a report is sorted by.
impl Ord for DataFile {
    fn cmp(&self, other: &DataFile) -> Ordering {
        let member = |file: &DataFile| {
            let member = file.member.as_ref().map(|m| m.name.clone());
            (member, file.sheet.clone())
        };
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

/// The byte-order mark of UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes read from a file at once.
pub(super) const BUFFER: usize = 256 * 1024;

/// Bytes looked at to recognise content.
pub(super) const HEAD: usize = 64 * 1024;

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
        head.drain(..head.len().min(data.mark as usize));
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

    /// The same file with a sheet of it as separated values in its content's stead.
    pub(super) fn with_sheet(self, name: &str, values: Content) -> DataFile {
        DataFile {
            shape: Shape::Csv,
            sheet: Some(name.into()),
            ..self.with_rows(values)
        }
    }

    /// Whether it is a sheet of a workbook.
    pub(super) fn is_sheet(&self) -> bool {
        self.sheet.is_some()
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
        let part = self.member.as_ref().map(|m| &m.name);
        match part.or(self.sheet.as_ref()) {
            Some(part) => format!("{} ({part})", self.path.display()),
            None => self.path.display().to_string(),
        }
    }

    /// A file of values separated by something, or a member of a zip file, whatever else it could be taken for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn text(path: &Path, member: Option<Member>) -> Result<Arc<DataFile>, Fault> {
        let mut data = DataFile::unseen(path)?;
        data.size = member.as_ref().map_or(data.size, |m| m.size);
        data.member = member;
        data.look()?;
        data.shape = Shape::Csv;
        Ok(Arc::new(data))
    }

    /// A file of which nothing is known but its size.
    pub(super) fn unseen(path: &Path) -> Result<DataFile, Fault> {
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
            sheet: None,
            made: None,
        })
    }

    /// Finds out how it is packed; the beginning of its content, byte-order mark included.
    fn look(&mut self) -> Result<Vec<u8>, Fault> {
        let mut head = self.head()?;
        self.packing = Packing::of(&head);
        if self.packing != Packing::Plain {
            head = self.head()?;
        }
        self.encoding = Unicode::of(&head);
        if self.encoding != Unicode::Utf8 {
            head = self.head()?;
        }
        if head.starts_with(UTF8_MARK) {
            self.mark = UTF8_MARK.len() as u64;
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
        let mut mark = vec![0; self.mark as usize];
        reader.read_exact(&mut mark).map_err(|e| self.fault(&e))?;
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
        let unpacked = self.packing.reader(file).map_err(|e| self.fault(&e))?;
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
        let mut copy = temporary().map_err(fault)?;
        io::copy(&mut self.whole(MOST_COPIED)?, &mut copy).map_err(fault)?;
        Ok(Unpacked {
            path: copy.path().to_path_buf(),
            _copy: Some(Arc::new(kept(copy))),
        })
    }

    /// The content of something that is to be held as a whole: of what is packed no more than `most` bytes, or many
    /// times its size; then reading fails.
    pub(super) fn whole(&self, most: u64) -> Result<Limited, Fault> {
        let packed = self.packing != Packing::Plain || self.member.is_some();
        let left = match packed {
            true => most.max(self.on_disk().saturating_mul(MOST_TIMES)),
            false => u64::MAX,
        };
        let inner = self.reader()?;
        Ok(Limited { inner, left })
    }

    /// Bytes that it takes on disk.
    fn on_disk(&self) -> u64 {
        self.member.as_ref().map_or(self.size, |m| m.packed())
    }

    /// A failure while reading it.
    pub(super) fn fault(&self, error: &io::Error) -> Fault {
        let damaged = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        );
        let packed = self.packing != Packing::Plain || self.member.is_some();
        match damaged && packed {
            true => Fault::data(format!("{}: it cannot be unpacked: {error}", self.name()))
                .help("the file is damaged or cut off; get it again"),
            false => unreadable(&self.path, error),
        }
    }

    /// `file:line`, for messages.
    pub(super) fn at(&self, place: Place) -> String {
        let path = self.name();
        match place {
            Place::Line(line) if self.made.is_some() => format!("{path}, row {line}"),
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
        let mut buffer = vec![0; BUFFER];
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
    _copy: Option<Arc<tempfile::NamedTempFile>>,
}

impl Unpacked {
    /// Opens it, at a place of its own.
    pub fn open(&self) -> Result<File, Fault> {
        File::open(&self.path).map_err(|e| unreadable(&self.path, &e))
    }
}

/// A packed file of a format that needs its end first is copied; one that becomes larger than this and than
/// [`MOST_TIMES`] its size is made to fill disks.
const MOST_COPIED: u64 = 1 << 30;
/// No data is packed to less than this part of its size.
const MOST_TIMES: u64 = 250;

/// A reader that refuses to give more than there should be.
pub(super) struct Limited {
    inner: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or_else(|| {
            io::Error::other(format!(
                "it unpacks to more than {MOST_TIMES} times its size, as no data does"
            ))
        })?;
        Ok(read)
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

    /// Passes over the rest of a line that started before our part. Call first, for `middle`. Behind our part the line
    /// may go on for long, and nothing there is ours.
    pub fn skip_line(&mut self) -> io::Result<()> {
        while !self.finished && self.place(self.start) < self.end {
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
