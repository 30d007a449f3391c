//! The records of separated values (RFC 4180), one after the other; one that does not end is passed over.

use std::io::{self, Read};
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::contract::Fault;
use crate::load::input::DataFile;
use crate::load::report::Place;

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

/// A reader that does not read on and on without a record ending: it then pretends to be at the end.
struct Guard {
    inner: Box<dyn Read + Send>,
    left: usize,
    longest: usize,
    /// What was read when a record was too long already, and how much of it went on.
    held: Vec<u8>,
    given: usize,
    over: bool,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.over {
            return Ok(0);
        }
        let held = self.held.get(self.given..).unwrap_or_default();
        let read = match held.len().min(buffer.len()) {
            0 => self.inner.read(buffer)?,
            n => {
                buffer[..n].copy_from_slice(&held[..n]);
                self.given += n;
                n
            }
        };
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => {
                let behind = self.held.split_off(self.given.min(self.held.len()));
                self.held = [&buffer[..read], &behind].concat();
                self.given = 0;
                self.over = true;
                return Ok(0);
            }
        }
        Ok(read)
    }
}

impl Guard {
    fn new(inner: Box<dyn Read + Send>, longest: usize) -> Guard {
        Guard {
            inner,
            left: longest,
            longest,
            held: Vec::new(),
            given: 0,
            over: false,
        }
    }

    /// Passes over all up to the next line; `false` at the end.
    fn next_line(&mut self) -> io::Result<bool> {
        self.over = false;
        loop {
            self.left = self.longest;
            let held = self.held.get(self.given..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', held) {
                self.given += at + 1;
                return Ok(true);
            }
            self.given = 0;
            self.held.resize(BUFFER.min(self.longest), 0);
            let read = match self.inner.read(&mut self.held) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            self.held.truncate(read);
            if read == 0 {
                return Ok(false);
            }
        }
    }
}

/// Bytes that are read at once.
const BUFFER: usize = 256 * 1024;

/// The records of a file, with their lines.
pub(super) struct Records {
    reader: Reader<Guard>,
    dialect: Dialect,
    file: Arc<DataFile>,
    /// Lines before those that the reader counts.
    before: u64,
    /// The reader counts a line when it has passed all of its end, of which it reads `\r` only: what it lacks behind
    /// its first record.
    behind: u64,
    fresh: bool,
    ended: bool,
}

/// What comes next in a file.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    /// A record that begins in this line.
    Row(u64),
    /// A record in this line was too long, and was passed over up to another.
    Skipped(u64, u64),
    End,
}

impl Records {
    pub fn open(file: &Arc<DataFile>, dialect: Dialect, longest: usize) -> Result<Records, Fault> {
        let guard = Guard::new(file.reader()?, longest);
        Ok(Records {
            reader: Records::reader(guard, dialect),
            dialect,
            file: Arc::clone(file),
            before: 0,
            behind: 0,
            fresh: true,
            ended: false,
        })
    }

    fn reader(guard: Guard, dialect: Dialect) -> Reader<Guard> {
        ReaderBuilder::new()
            // Text holds no NUL; where it does, the values are put together again.
            .delimiter(dialect.delimiter.unwrap_or(0))
            .quoting(dialect.delimiter.is_some())
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER.min(guard.longest))
            .from_reader(guard)
    }

    /// Reads the header.
    pub fn header(&mut self, record: &mut ByteRecord) -> Result<(), Fault> {
        if let Next::Skipped(line, _) = self.next(record)? {
            let at = self.file.at(Place::Line(line));
            return Err(Fault::data(format!("{at}: the header {TOO_LONG}")));
        }
        self.behind = u64::from(self.reader.position().line() == 1);
        Ok(())
    }

    /// Reads the next record.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<Next, Fault> {
        if self.ended {
            return Ok(Next::End);
        }
        let guard = self.reader.get_mut();
        guard.left = guard.longest;
        let lacks = if self.fresh { 0 } else { self.behind };
        let line = self.before + self.reader.position().line() + lacks;
        let at = || self.file.at(Place::Line(line));
        let read = self.reader.read_byte_record(record);
        let read = read.map_err(|error| Fault::data(format!("{}: {error}", at())))?;
        self.fresh = false;
        if !self.reader.get_ref().over {
            let line = record
                .position()
                .map_or(line, |p| self.before + p.line() + lacks);
            return Ok(if read { Next::Row(line) } else { Next::End });
        }
        self.before += self.reader.position().line();
        let failed = |error: io::Error| Fault::data(format!("{}: {error}", at()));
        let goes_on = self.reader.get_mut().next_line().map_err(failed)?;
        record.clear();
        if !goes_on {
            self.ended = true;
            return Ok(Next::Skipped(line, 0));
        }
        // What the reader made of the record's beginning is of no use any more.
        let guard = std::mem::replace(self.reader.get_mut(), Guard::new(Box::new(io::empty()), 1));
        self.reader = Records::reader(guard, self.dialect);
        self.fresh = true;
        Ok(Next::Skipped(line, self.before + 1))
    }

    /// Reads the next record that can be read; `false` at the end.
    pub fn next_fine(&mut self, record: &mut ByteRecord) -> Result<bool, Fault> {
        loop {
            match self.next(record)? {
                Next::Row(_) => return Ok(true),
                Next::Skipped(..) => {}
                Next::End => return Ok(false),
            }
        }
    }
}

/// Why a record is passed over.
pub(super) const TOO_LONG: &str = "is too long; maybe a quote is not closed";
