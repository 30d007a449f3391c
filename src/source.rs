//! A query's text, where it stands in its container file, and byte spans into it.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// A half-open byte range of a query's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end` (bytes).
    pub fn new(start: usize, end: usize) -> Span {
        Span {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty span at this span's end.
    #[must_use]
    pub fn after(self) -> Span {
        Span {
            start: self.end,
            end: self.end,
        }
    }

    /// As a range of `usize`.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Its length in bytes.
    pub fn len(self) -> usize {
        (self.end.saturating_sub(self.start)) as usize
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One piece of a query's text and where it stands in the container file: as it is if both are of one length, else
/// written otherwise there, as an escaped quotation mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    query: u32,
    query_len: u32,
    file: u32,
    file_len: u32,
}

/// A piece of a query's text as its container file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it stands.
    pub range: Range<usize>,
    /// What is read there, if not what is written.
    pub read: Option<String>,
}

impl From<Range<usize>> for Piece {
    fn from(range: Range<usize>) -> Piece {
        Piece { range, read: None }
    }
}

/// How exactly positions of the query are known in its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// To the byte: the query's text is read from the file piece by piece.
    Byte,
    /// To the line only.
    Line,
}

/// A query's text together with the file it was found in.
///
/// A `.kql` file is its own container; a query of a rule file or a Markdown page is a part of
/// its container, whose lines may be indented, so that a query position maps to a file position
/// segment by segment.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    container: Arc<str>,
    segments: Vec<Segment>,
    exactness: Exactness,
    offset_lines: u32,
    /// The last line of the container that holds it, where lines alone are known.
    last_line: u32,
}

/// A place in a container file, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// A query that is a whole file (or an argument, or standard input) called `name`.
    pub fn whole(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        let text = text.into();
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Source {
            name: name.into(),
            container: text.clone(),
            segments: vec![Segment {
                query: 0,
                query_len: len,
                file: 0,
                file_len: len,
            }],
            text,
            exactness: Exactness::Byte,
            offset_lines: 0,
            last_line: u32::MAX,
        }
    }

    /// A query made of pieces of a container file, joined in order.
    ///
    /// Pieces that do not lie on character boundaries of `container` are left out.
    pub fn pieces<P: Into<Piece>>(
        name: impl Into<Arc<str>>,
        container: impl Into<Arc<str>>,
        pieces: impl IntoIterator<Item = P>,
    ) -> Source {
        Source::whole(name, container).part(pieces)
    }

    /// A query made of pieces of this one's container, which both share.
    #[must_use]
    pub fn part<P: Into<Piece>>(&self, pieces: impl IntoIterator<Item = P>) -> Source {
        let mut text = String::new();
        let mut segments = Vec::new();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        for piece in pieces {
            let Piece { range, read } = piece.into();
            let Some(written) = self.container.get(range.clone()) else {
                continue;
            };
            let read = read.as_deref().unwrap_or(written);
            // What is not read needs no place.
            if !read.is_empty() {
                segments.push(Segment {
                    query: number(text.len()),
                    query_len: number(read.len()),
                    file: number(range.start),
                    file_len: number(written.len()),
                });
                text.push_str(read);
            }
        }
        Source {
            text: text.into(),
            segments,
            ..self.clone()
        }
    }

    /// The text of the container file, to be kept.
    pub fn shared(&self) -> Arc<str> {
        self.container.clone()
    }

    /// A query of which it cannot be told how the container spells it: positions are known to the line. It stands on
    /// these lines (from 1) of the container.
    pub fn at_line(
        name: impl Into<Arc<str>>,
        container: impl Into<Arc<str>>,
        text: impl Into<Arc<str>>,
        lines: RangeInclusive<usize>,
    ) -> Source {
        let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        Source {
            name: name.into(),
            text: text.into(),
            container: container.into(),
            segments: Vec::new(),
            exactness: Exactness::Line,
            offset_lines: number(lines.start().saturating_sub(1)),
            last_line: number(*lines.end()),
        }
    }

    /// The same where its container is the text of `outer`, which has its pieces as they are written, whole lines.
    #[must_use]
    pub fn within(&self, outer: &Source) -> Source {
        let container = Source {
            name: outer.name.clone(),
            container: outer.container.clone(),
            ..self.clone()
        };
        if self.exactness == Exactness::Line {
            let above = u32::try_from(outer.position(0).line - 1).unwrap_or(u32::MAX);
            return Source {
                offset_lines: self.offset_lines.saturating_add(above),
                last_line: self.last_line.saturating_add(above),
                ..container
            };
        }
        let mut segments = Vec::with_capacity(self.segments.len());
        for inner in &self.segments {
            let end = inner.file + inner.file_len;
            if inner.query_len != inner.file_len {
                let range = outer.in_container(Span {
                    start: inner.file,
                    end,
                });
                let place = Span::new(range.start, range.end);
                segments.push(Segment {
                    file: place.start,
                    file_len: place.end - place.start,
                    ..*inner
                });
                continue;
            }
            // What is written as it is read may go over several lines.
            let first = outer
                .segments
                .partition_point(|o| o.query + o.query_len <= inner.file);
            for line in outer.segments[first..].iter().take_while(|o| o.query < end) {
                let from = line.query.max(inner.file);
                let len = (line.query + line.query_len).min(end) - from;
                segments.push(Segment {
                    query: inner.query + (from - inner.file),
                    query_len: len,
                    file: line.file + (from - line.query),
                    file_len: len,
                });
            }
        }
        Source {
            segments,
            ..container
        }
    }

    /// The container file's name as it is shown to the user.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The query's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of the container file.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// The pieces of the text, each as it is read and as the container has it.
    pub fn spelled(&self) -> impl Iterator<Item = (&str, &str)> {
        let range = |at: u32, len: u32| at as usize..(at + len) as usize;
        self.segments.iter().filter_map(move |s| {
            let read = self.text.get(range(s.query, s.query_len))?;
            Some((read, self.container.get(range(s.file, s.file_len))?))
        })
    }

    /// Whether it is all that is in its container.
    pub fn is_whole(&self) -> bool {
        Arc::ptr_eq(&self.text, &self.container)
    }

    /// Whether positions are known to the byte.
    pub fn exactness(&self) -> Exactness {
        self.exactness
    }

    /// The text that `span` covers, or `""` when it does not lie on character boundaries.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The range of the container that a span of the query stands at; for a line-exact source
    /// the range of the query's own text.
    pub fn in_container(&self, span: Span) -> Range<usize> {
        match self.exactness {
            Exactness::Line => span.range(),
            Exactness::Byte => {
                let start = self.map(span.start, false);
                let end = self.map(span.end, true).max(start);
                start..end
            }
        }
    }

    fn map(&self, at: u32, is_end: bool) -> usize {
        // Segments are in the order of the query's text.
        let next = match is_end && at > 0 {
            true => self.segments.partition_point(|s| s.query < at),
            false => self.segments.partition_point(|s| s.query <= at),
        };
        let Some(segment) = next.checked_sub(1).and_then(|n| self.segments.get(n)) else {
            return self.segments.first().map_or(0, |s| s.file as usize);
        };
        let (inside, len) = (at - segment.query, segment.query_len);
        let offset = match inside {
            0 => 0,
            _ if inside >= len => segment.file_len,
            _ if len == segment.file_len => inside,
            // Within what is written otherwise, there is no place but the whole.
            _ if is_end => segment.file_len,
            _ => 0,
        };
        (segment.file + offset) as usize
    }

    /// The range of the container that holds exactly the text of `span`, to be replaced; for an empty span where
    /// to insert. `None` if the container has it in several pieces, or otherwise.
    pub fn place(&self, span: Span) -> Option<Range<usize>> {
        if self.exactness == Exactness::Line {
            return None;
        }
        let range = if span.is_empty() {
            // After what stands before it, but for the start of a line: that may be indented in the container.
            let before = self.text.get(..span.start as usize)?;
            let at = self.map(span.start, !before.is_empty() && !before.ends_with('\n'));
            at..at
        } else {
            self.in_container(span)
        };
        (self.container.get(range.clone()) == Some(self.slice(span))).then_some(range)
    }

    /// Line and column, in the container file, of a byte offset of the query.
    pub fn position(&self, offset: u32) -> Position {
        self.position_at(offset, false)
    }

    /// Where a span starts and ends in the container file.
    pub fn region(&self, span: Span) -> (Position, Position) {
        let start = self.position_at(span.start, false);
        match span.is_empty() {
            true => (start, start),
            false => (start, self.position_at(span.end, true)),
        }
    }

    fn position_at(&self, offset: u32, is_end: bool) -> Position {
        let (text, at, extra) = match self.exactness {
            Exactness::Byte => (&*self.container, self.map(offset, is_end), 0),
            Exactness::Line => (&*self.text, offset as usize, self.offset_lines as usize),
        };
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = text.get(..at).unwrap_or("");
        let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1 + extra;
        let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |i| i + 1);
        let column = before.get(start..).unwrap_or("").chars().count() + 1;
        Position {
            line: line.min(self.last_line as usize),
            column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_map_to_the_container() {
        let file = "query: |\n  T\n  | where é == 1\n";
        let source = Source::pieces("r.yaml", file, [11..13, 15..file.len()]);
        assert_eq!(source.text(), "T\n| where é == 1\n");
        assert_eq!(source.position(0), Position { line: 2, column: 3 });
        assert_eq!(source.position(2), Position { line: 3, column: 3 });
        let at = source.text().find("==").unwrap();
        assert_eq!(
            source.position(Span::new(at, 0).start),
            Position {
                line: 3,
                column: 13
            }
        );
        assert_eq!(source.in_container(Span::new(2, 3)), 15..16);
        // To replace and to insert: at the start of a line after its indentation.
        assert_eq!(source.place(Span::new(2, 3)), Some(15..16));
        assert_eq!(source.place(Span::new(0, 3)), None);
        assert_eq!(source.place(Span::new(2, 2)), Some(15..15));
        assert_eq!(source.place(Span::new(1, 1)), Some(12..12));
        let (start, end) = source.region(Span::new(0, 1));
        assert_eq!((start.line, start.column, end.column), (2, 3, 4));
    }

    #[test]
    fn what_is_written_otherwise_is_a_place_as_a_whole() {
        let file = r"q: 'a == ''b'''";
        let quote = |at: usize| Piece {
            range: at..at + 2,
            read: Some("'".to_string()),
        };
        let pieces = [Piece::from(4..9), quote(9), (11..12).into(), quote(12)];
        let source = Source::pieces("r.yaml", file, pieces);
        assert_eq!(source.text(), "a == 'b'");
        assert_eq!(source.in_container(Span::new(5, 8)), 9..14);
        assert_eq!(source.in_container(Span::new(6, 7)), 11..12);
        assert_eq!(source.in_container(Span::new(8, 8)), 14..14);
        // What is not written so cannot be replaced.
        assert_eq!(source.place(Span::new(5, 8)), None);
        assert_eq!(source.place(Span::new(6, 7)), Some(11..12));
    }
}
