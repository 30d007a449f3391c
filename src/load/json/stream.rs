//! Finds the objects of a part of a JSON file and hands them to a consumer, one by one.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::Layout;
use super::record::Keys;
use super::value::{Broken, Cell, blank, string_end, value};
use crate::contract::{Fault, Flow};
use crate::load::LoadOptions;
use crate::load::input::{Chunk, DataFile, Lines};
use crate::load::report::Place;
use crate::load::shape::{Rows, record_line};
use crate::load::source::Part;

/// Takes objects in: first each cell, then whether the whole was well formed.
pub(super) trait Consumer {
    /// A value of the object at hand.
    fn cell(&mut self, key: u32, cell: Cell);
    /// The object at hand is whole: it stands at `object` in `b`, as do its cells.
    fn row(&mut self, b: &[u8], object: Range<usize>, place: u64) -> Result<Flow, Fault>;
    /// The cells handed over since the last row count for nothing.
    fn discard(&mut self);
    /// There is a broken row.
    fn broken(&mut self, place: u64, why: &str) -> Result<(), Fault>;
    /// An array of objects opens or closes on the line at a place.
    fn bracket(&mut self, _opens: bool, _place: u64) {}
    /// Asked now and then: fails when work should stop.
    fn check(&mut self) -> Result<(), Fault>;
}

const TOO_LONG: &str = "it is too long";
const NO_OBJECT: &str = "a row should be an object in `{}`";

/// Reads the objects of a part.
pub(super) fn read<C: Consumer>(
    file: &Arc<DataFile>,
    layout: Layout,
    part: Part,
    options: &LoadOptions,
    keys: &mut Keys,
    consumer: &mut C,
) -> Result<(), Fault> {
    match layout {
        Layout::Lines => lines(file, part, options, keys, consumer, one_line),
        Layout::ArrayLines => lines(file, part, options, keys, consumer, one_array_line),
        Layout::Stream => Stream {
            file,
            reader: file.reader()?,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
            offset: 0,
            finished: false,
            chunk: options.chunk_bytes.max(16),
            longest: options.row_bytes,
            arrays: 0,
            line: Some(0),
            lead: None,
        }
        .read(keys, consumer),
    }
}

/// Reads the rows that the objects of a part are, or hold.
pub(super) fn read_rows<C: Consumer>(
    (file, layout, rows): (&Arc<DataFile>, Layout, &Rows),
    part: Part,
    options: &LoadOptions,
    keys: &mut Keys,
    consumer: &mut C,
) -> Result<(), Fault> {
    if *rows == Rows::Plain {
        return read(file, layout, part, options, keys, consumer);
    }
    let mut rewriting = Rewriting {
        inner: consumer,
        rows,
        keys,
        text: String::new(),
    };
    read(
        file,
        layout,
        part,
        options,
        &mut Keys::new(),
        &mut rewriting,
    )
}

/// Hands on the rows that objects hold.
struct Rewriting<'a, C> {
    inner: &'a mut C,
    rows: &'a Rows,
    keys: &'a mut Keys,
    text: String,
}

impl<C: Consumer> Consumer for Rewriting<'_, C> {
    fn cell(&mut self, _: u32, _: Cell) {}

    fn row(&mut self, b: &[u8], object: Range<usize>, place: u64) -> Result<Flow, Fault> {
        let Ok(record) = std::str::from_utf8(&b[object]) else {
            self.inner.broken(place, "it is not UTF-8")?;
            return Ok(Flow::More);
        };
        self.text.clear();
        match self.rows.rewrite(record, &mut self.text) {
            Ok(true) => {}
            Ok(false) => return Ok(Flow::More),
            Err(why) => {
                self.inner.broken(place, why)?;
                return Ok(Flow::More);
            }
        }
        let (text, inner) = (self.text.as_bytes(), &mut *self.inner);
        match self.keys.record(text, 0, |key, cell| inner.cell(key, cell)) {
            Ok(end) => inner.row(text, 0..end, place),
            Err(broken) => {
                inner.discard();
                inner.broken(place, broken.why)?;
                Ok(Flow::More)
            }
        }
    }

    fn discard(&mut self) {
        self.inner.discard();
    }

    fn broken(&mut self, place: u64, why: &str) -> Result<(), Fault> {
        self.inner.broken(place, why)
    }

    fn bracket(&mut self, opens: bool, place: u64) {
        self.inner.bracket(opens, place);
    }

    fn check(&mut self) -> Result<(), Fault> {
        self.inner.check()
    }
}

/// Reads one line: where it holds an object. It may hold nothing.
type Line<C> = fn(&[u8], u64, &mut Keys, &mut C) -> Result<Option<Range<usize>>, &'static str>;

fn lines<C: Consumer>(
    file: &Arc<DataFile>,
    part: Part,
    options: &LoadOptions,
    keys: &mut Keys,
    consumer: &mut C,
    line_of: Line<C>,
) -> Result<(), Fault> {
    let middle = part.from > 0;
    let reader = match file.splits() {
        Some(_) => file.reader_at(file.mark + part.from - u64::from(middle))?,
        None => file.reader()?,
    };
    let mut lines = Lines::new(reader, part.from, part.end, middle, options);
    if middle {
        lines.skip_line().map_err(|e| file.fault(&e))?;
    }
    while let Some(chunk) = lines.next().map_err(|e| file.fault(&e))? {
        consumer.check()?;
        match chunk {
            Chunk::TooLong(place) => consumer.broken(place, TOO_LONG)?,
            Chunk::Lines(b, place) => {
                let line = |line: &[u8], place, keys: &mut Keys, consumer: &mut C| match line.len()
                    > options.row_bytes
                {
                    true => Err(TOO_LONG),
                    false => line_of(line, place, keys, consumer),
                };
                if each_line(b, place, keys, consumer, line)? == Flow::Enough {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn each_line<C: Consumer>(
    b: &[u8],
    place: u64,
    keys: &mut Keys,
    consumer: &mut C,
    read: impl Fn(&[u8], u64, &mut Keys, &mut C) -> Result<Option<Range<usize>>, &'static str>,
) -> Result<Flow, Fault> {
    let mut start = 0;
    while start < b.len() {
        let end = memchr::memchr(b'\n', &b[start..]).map_or(b.len(), |at| start + at);
        let line = &b[start..end];
        let at = place + start as u64;
        start = end + 1;
        match read(line, at, keys, consumer) {
            Ok(Some(object)) => {
                if consumer.row(line, object, at)? == Flow::Enough {
                    return Ok(Flow::Enough);
                }
            }
            Ok(None) => {}
            Err(why) => {
                consumer.discard();
                consumer.broken(at, why)?;
            }
        }
    }
    Ok(Flow::More)
}

/// A line of objects one per line.
#[inline]
fn one_line<C: Consumer>(
    line: &[u8],
    _place: u64,
    keys: &mut Keys,
    consumer: &mut C,
) -> Result<Option<Range<usize>>, &'static str> {
    let at = blank(line, 0);
    match line.get(at) {
        Some(b'{') => {}
        None => return Ok(None),
        Some(_) => return Err(NO_OBJECT),
    }
    let end = keys
        .record(line, at, |key, cell| consumer.cell(key, cell))
        .map_err(|broken| broken.why)?;
    if end < line.len() && blank(line, end) < line.len() {
        return Err("something follows the object on its line");
    }
    Ok(Some(at..end))
}

/// A line of an array with one object per line, with the array's brackets and commas around it.
fn one_array_line<C: Consumer>(
    line: &[u8],
    place: u64,
    keys: &mut Keys,
    consumer: &mut C,
) -> Result<Option<Range<usize>>, &'static str> {
    let mut at = 0;
    let mut found = None;
    loop {
        at = blank(line, at);
        match line.get(at) {
            None => return Ok(found),
            Some(b',') => {}
            Some(bracket @ (b'[' | b']')) => consumer.bracket(*bracket == b'[', place),
            Some(b'{') if found.is_none() => {
                let start = at;
                at = keys
                    .record(line, at, |key, cell| consumer.cell(key, cell))
                    .map_err(|broken| broken.why)?;
                found = Some(start..at);
                continue;
            }
            Some(_) => return Err(NO_OBJECT),
        }
        at += 1;
    }
}

/// Objects anywhere: in an array, over several lines, several on a line.
struct Stream<'a> {
    file: &'a Arc<DataFile>,
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// `buffer[start..filled]` is read and not yet dealt with.
    start: usize,
    filled: usize,
    /// Place in the content of `buffer[0]`.
    offset: u64,
    finished: bool,
    chunk: usize,
    longest: usize,
    /// Arrays open around the objects.
    arrays: usize,
    /// Where in the buffer the current line starts, as long as it has separators only.
    line: Option<usize>,
    /// How an object that starts a line looks, from the line end to its first key: where to go on
    /// after a broken one.
    lead: Option<Vec<u8>>,
}

impl Stream<'_> {
    fn read<C: Consumer>(mut self, keys: &mut Keys, consumer: &mut C) -> Result<(), Fault> {
        loop {
            let Some(byte) = self.buffer[self.start..self.filled].first().copied() else {
                if self.finished {
                    break;
                }
                consumer.check()?;
                self.fill()?;
                continue;
            };
            match byte {
                b'\n' => self.line = Some(self.start + 1),
                b' ' | b'\r' | b'\t' | b',' => {}
                b'[' => {
                    self.arrays += 1;
                    self.line = None;
                }
                b']' if self.arrays > 0 => {
                    self.arrays -= 1;
                    self.line = None;
                }
                b'{' => {
                    if self.object(keys, consumer)? == Flow::Enough {
                        return Ok(());
                    }
                    self.line = None;
                    continue;
                }
                b'R' if self.line == Some(self.start) && self.record_line()? => continue,
                _ => {
                    self.stray(consumer)?;
                    continue;
                }
            }
            self.start += 1;
        }
        if self.arrays > 0 {
            consumer.broken(self.place(), "the file ends inside its array")?;
        }
        Ok(())
    }

    fn place(&self) -> u64 {
        self.offset + self.start as u64
    }

    /// Passes over a line `Record 12`; whether there is one.
    fn record_line(&mut self) -> Result<bool, Fault> {
        const MOST: usize = 40;
        while self.filled - self.start < MOST && !self.finished {
            self.fill()?;
        }
        let end = record_line(&self.buffer[self.start..self.filled]);
        if let Some(length) = end {
            self.start += length;
            self.line = Some(self.start);
        }
        Ok(end.is_some())
    }

    /// Reads more behind what is there; what has been dealt with goes.
    fn fill(&mut self) -> Result<(), Fault> {
        let keep = self.line.map_or(self.start, |line| line.min(self.start));
        self.buffer.copy_within(keep..self.filled, 0);
        self.offset += keep as u64;
        self.start -= keep;
        self.filled -= keep;
        self.line = self.line.map(|line| line - keep);
        let want = self.chunk.max(self.filled);
        if self.buffer.len() < self.filled + want {
            self.buffer.resize(self.filled + want, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.finished = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.file.fault(&e)),
            }
            return Ok(());
        }
    }

    /// Whether more text might mend what is broken.
    fn is_cut(&self, broken: Broken) -> bool {
        !self.finished && (broken.ends || broken.at + 16 > self.filled)
    }

    fn object<C: Consumer>(&mut self, keys: &mut Keys, consumer: &mut C) -> Result<Flow, Fault> {
        loop {
            let b = &self.buffer[..self.filled];
            match keys.record(b, self.start, |key, cell| consumer.cell(key, cell)) {
                Ok(end) if end - self.start > self.longest => {
                    consumer.discard();
                    consumer.broken(self.place(), TOO_LONG)?;
                    self.start = end;
                    return Ok(Flow::More);
                }
                Ok(end) => {
                    let flow = consumer.row(b, self.start..end, self.place())?;
                    self.learn();
                    self.start = end;
                    return Ok(flow);
                }
                Err(broken) => {
                    consumer.discard();
                    let cut = self.is_cut(broken);
                    if cut && self.filled - self.start <= self.longest {
                        consumer.check()?;
                        self.fill()?;
                        continue;
                    }
                    let why = if cut { TOO_LONG } else { broken.why };
                    self.go_on(why, broken.ends, consumer)?;
                    return Ok(Flow::More);
                }
            }
        }
    }

    /// Keeps how the object at hand begins, if it starts a line.
    fn learn(&mut self) {
        let (None, Some(line)) = (&self.lead, self.line) else {
            return;
        };
        let b = &self.buffer[..self.filled];
        let key = blank(b, self.start + 1);
        if b.get(key) == Some(&b'"')
            && let Ok((end, _)) = string_end(b, key + 1)
        {
            let mut lead = vec![b'\n'];
            lead.extend_from_slice(&b[line..=end]);
            self.lead = Some(lead);
        }
    }

    /// Something between the objects that is none.
    fn stray<C: Consumer>(&mut self, consumer: &mut C) -> Result<(), Fault> {
        loop {
            match value(&self.buffer[..self.filled], self.start) {
                // a number may go on behind what is read
                Ok((_, end)) if end < self.filled || self.finished => {
                    consumer.broken(self.place(), NO_OBJECT)?;
                    self.start = end;
                    self.line = None;
                    return Ok(());
                }
                Err(broken) if !self.is_cut(broken) || self.filled - self.start > self.longest => {
                    return self.go_on(NO_OBJECT, false, consumer);
                }
                _ => self.fill()?,
            }
        }
    }

    /// After a broken row: finds the next line that starts as an object before it did. Without one
    /// the rest is lost, unless the row was `cut` by the end of the file and there is no rest.
    fn go_on<C: Consumer>(&mut self, why: &str, cut: bool, consumer: &mut C) -> Result<(), Fault> {
        let place = self.place();
        consumer.broken(place, why)?;
        self.line = None;
        let lead = self.lead.clone().unwrap_or_default();
        let mut from = self.start;
        loop {
            if !lead.is_empty()
                && let Some(at) = memmem::find(&self.buffer[from..self.filled], &lead)
            {
                self.start = from + at;
                return Ok(());
            }
            self.start = self.filled.saturating_sub(lead.len()).max(from);
            if self.finished || lead.is_empty() {
                break;
            }
            consumer.check()?;
            self.fill()?;
            from = self.start;
        }
        if cut && self.finished {
            self.start = self.filled;
            self.arrays = 0;
            return Ok(());
        }
        let at = self.file.at(Place::Byte(place));
        Err(Fault::data(format!(
            "{at}: {why}, and what follows it cannot be told apart"
        ))
        .help("JSON with one object per line can be read past a broken row"))
    }
}
