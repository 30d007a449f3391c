//! Where the text of a YAML or JSON value stands, character by character, through folds, escapes and indentation.
//!
//! What a value means is the reader's to say; here is told how the file spells it. A spelling is taken only if what it
//! means is the value.

use std::ops::Range;

use crate::source::Piece;

/// The styles of a text in YAML; one in JSON is as one in double quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// How and where a file writes a text.
#[derive(Clone, Debug)]
pub(super) struct Spelling {
    pub style: Style,
    /// With its quotes; of a block its mark alone.
    pub range: Range<usize>,
}

/// Pieces of a value, joined where the file has them side by side.
#[derive(Default)]
pub(super) struct Pieces {
    list: Vec<Piece>,
}

impl Pieces {
    /// What is written as it is read.
    fn written(&mut self, range: Range<usize>) {
        match self.list.last_mut() {
            Some(Piece { range: last, read }) if read.is_none() && last.end == range.start => {
                last.end = range.end;
            }
            _ if range.is_empty() => {}
            _ => self.list.push(range.into()),
        }
    }

    /// What is written otherwise than it is read.
    fn read(&mut self, range: Range<usize>, read: impl Into<String>) {
        let read = Some(read.into());
        self.list.push(Piece { range, read });
    }

    /// The pieces, if they are the value's.
    fn of(self, text: &str, value: &str) -> Option<Vec<Piece>> {
        let mut rest = value;
        for piece in &self.list {
            let read = match &piece.read {
                Some(read) => read,
                None => text.get(piece.range.clone())?,
            };
            rest = rest.strip_prefix(read)?;
        }
        rest.is_empty().then_some(self.list)
    }
}

/// The pieces of a quoted or plain value that starts at a byte of the file, and how it is written.
pub(super) fn flow(text: &str, start: usize, value: &str) -> Option<(Vec<Piece>, Spelling)> {
    let (quote, style) = match text.get(start..)?.chars().next()? {
        quote @ '"' => (Some(quote), Style::Double),
        quote @ '\'' => (Some(quote), Style::Single),
        _ => (None, Style::Plain),
    };
    let mut pieces = Pieces::default();
    let mut at = start + usize::from(quote.is_some());
    // What is left to be read ends a plain value.
    let mut length = 0;
    while quote.is_some() || length < value.len() {
        let rest = text.get(at..)?;
        let (taken, read) = match flow_part(rest, quote)? {
            Part::End => break,
            Part::Written(n) => {
                pieces.written(at..at + n);
                (n, n)
            }
            Part::Read(n, read) => {
                let length = read.len();
                pieces.read(at..at + n, read);
                (n, length)
            }
        };
        at += taken;
        length += read;
        if length > value.len() {
            return None;
        }
    }
    let range = start..at + usize::from(quote.is_some());
    Some((pieces.of(text, value)?, Spelling { style, range }))
}

/// What stands next in a quoted or plain value.
enum Part {
    End,
    /// So many bytes.
    Written(usize),
    /// So many bytes are read as something else.
    Read(usize, String),
}

fn flow_part(rest: &str, quote: Option<char>) -> Option<Part> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let space = rest.len() - rest.trim_start_matches(blank).len();
    let breaks = |text: &str| text.bytes().filter(|b| *b == b'\n').count();
    let folded = |breaks: usize| match breaks {
        1 => " ".to_string(),
        more => "\n".repeat(more.saturating_sub(1)),
    };
    let next = rest.chars().next()?;
    Some(match (next, quote) {
        _ if breaks(&rest[..space]) > 0 => Part::Read(space, folded(breaks(&rest[..space]))),
        ('\'', Some('\'')) if rest.starts_with("''") => Part::Read(2, "'".to_string()),
        (next, Some(quote)) if next == quote => Part::End,
        ('\\', Some('"')) => {
            let after = &rest[1..];
            let space = after.len() - after.trim_start_matches(blank).len();
            match after.trim_start_matches('\r').starts_with('\n') {
                // An escaped break joins two lines; empty lines behind it stay.
                true => Part::Read(1 + space, "\n".repeat(breaks(&after[..space]) - 1)),
                false => {
                    let (length, read) = escape(rest)?;
                    Part::Read(length, read.to_string())
                }
            }
        }
        _ => Part::Written(next.len_utf8().max(space)),
    })
}

/// The length of an escape, and what it means.
fn escape(text: &str) -> Option<(usize, char)> {
    let code = text[1..].chars().next()?;
    let digits = match code {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let hex = |at: usize, n: usize| u32::from_str_radix(text.get(at..at + n)?, 16).ok();
        let high = hex(2, digits)?;
        if let Some(c) = char::from_u32(high) {
            return Some((2 + digits, c));
        }
        // JSON writes what lies beyond 16 bits as two escapes; one of them alone is no character.
        let low = text.get(6..8).filter(|mark| *mark == "\\u");
        let low = low.and(hex(8, 4)).and_then(|n| n.checked_sub(0xdc00));
        let high = high.checked_sub(0xd800).filter(|n| *n < 0x400);
        let pair = high.zip(low.filter(|n| *n < 0x400));
        return match pair {
            Some((high, low)) => Some((12, char::from_u32(0x10000 + (high << 10) + low)?)),
            None if digits == 4 => Some((6, char::REPLACEMENT_CHARACTER)),
            None => None,
        };
    }
    let read = match code {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        ' ' | '"' | '/' | '\\' => code,
        _ => return None,
    };
    Some((1 + code.len_utf8(), read))
}

/// The pieces of a block that starts with these lines: of a literal one as it is, of a folded one with its lines
/// joined.
pub(super) fn block(
    text: &str,
    lines: &[Range<usize>],
    value: &str,
    fold: bool,
) -> Option<Vec<Piece>> {
    let is_blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
    let first = lines.iter().find(|line| !is_blank(line))?;
    let spaces = |line: &Range<usize>| {
        let bytes = text[line.clone()].bytes();
        bytes.take_while(|b| *b == b' ').count()
    };
    // An indentation indicator may say less than the first line has; what the value starts with tells.
    let start = value.bytes().take_while(|b| *b == b'\n').count();
    let extra = value[start..].bytes().take_while(|b| *b == b' ').count();
    let indent = spaces(first).checked_sub(extra)?;
    let body = value.trim_end_matches('\n');
    let mut pieces = Pieces::default();
    let mut length = 0;
    let mut breaks = Breaks {
        fold,
        ..Breaks::default()
    };
    for line in lines {
        if length >= body.len() {
            break;
        }
        let content = text[line.clone()].trim_end_matches(['\n', '\r']);
        let skip = spaces(line).min(indent);
        let piece = line.start + skip..line.start + content.len();
        if !piece.is_empty() {
            length += breaks.before(&text[piece.clone()], piece.start, &mut pieces);
            length += piece.len();
            pieces.written(piece.clone());
        }
        breaks.after(piece.end..line.end);
    }
    let end = &value[body.len()..];
    if !end.is_empty() {
        // The breaks behind the last line are one place, even if the file ends without.
        let last = pieces.list.last().map_or(0, |piece| piece.range.end);
        let all = match breaks.pending.as_slice() {
            [] => last..last,
            [one] => one.clone(),
            [first, .., last] => first.start..last.end,
        };
        match text.get(all.clone()) == Some(end) {
            true => pieces.written(all),
            false => pieces.read(all, end),
        }
    }
    pieces.of(text, value)
}

/// The breaks of a block that wait for what follows them.
#[derive(Default)]
struct Breaks {
    fold: bool,
    pending: Vec<Range<usize>>,
    /// Whether the last line is there and may be joined with the next.
    joins: bool,
}

impl Breaks {
    fn after(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.pending.push(range);
        }
    }

    /// Writes them before a line; the length of what they are read as.
    fn before(&mut self, line: &str, at: usize, pieces: &mut Pieces) -> usize {
        let pending = std::mem::take(&mut self.pending);
        // A line that is indented further is not joined with others.
        let text = self.fold && !line.starts_with([' ', '\t']);
        let joins = std::mem::replace(&mut self.joins, text) && text;
        match (pending.as_slice(), joins) {
            ([one], true) => {
                pieces.read(one.start..at, " ");
                1
            }
            (breaks, _) => {
                let kept = &breaks[usize::from(joins).min(breaks.len())..];
                for range in kept {
                    // The break alone, of one byte or two.
                    pieces.written(range.end - 1..range.end);
                }
                kept.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str, pieces: &[Piece]) -> Vec<(String, String)> {
        let of = |piece: &Piece| {
            let written = text[piece.range.clone()].to_string();
            (piece.read.clone().unwrap_or(written.clone()), written)
        };
        pieces.iter().map(of).collect()
    }

    #[test]
    fn escapes_and_folds_have_places() {
        let cases = [
            (r#""a\tb\u00e9\\\"\/""#, "a\tbé\\\"/"),
            (r#""\ud83d\ude00!""#, "😀!"),
            (
                r#""\ude00 \ud83d\u0041\ud83d""#,
                "\u{fffd} \u{fffd}A\u{fffd}",
            ),
            ("\"a \\\n   b\"", "a b"),
            ("\"a  \r\n\r\n  b\"", "a\nb"),
            ("'it''s\n  it'", "it's it"),
            ("T | take 1\n  | count # x", "T | take 1 | count"),
        ];
        for (text, value) in cases {
            let pieces = flow(text, 0, value);
            assert!(pieces.is_some(), "{text}");
            let (pieces, spelling) = pieces.unwrap();
            let end = text.find(" #").unwrap_or(text.len());
            assert_eq!(spelling.range, 0..end, "{text}");
            let read = spelled(text, &pieces);
            let all: String = read.iter().map(|(read, _)| read.as_str()).collect();
            assert_eq!(all, value);
        }
        assert!(flow(r#""a\qb""#, 0, "aqb").is_none());
        assert!(flow("'ab'", 0, "abc").is_none());
        assert!(flow("'abc'", 0, "ab").is_none());
        assert!(flow("\"a", 0, "a").is_none());
    }

    #[test]
    fn blocks_have_places() {
        let lines = |text: &str| {
            let mut start = 0;
            let ranges = text.split_inclusive('\n').map(|line| {
                start += line.len();
                start - line.len()..start
            });
            ranges.collect::<Vec<_>>()
        };
        let cases = [
            ("  a\n  b\n\n  c\n", "a b\nc\n", true),
            ("  a\r\n  b\r\n", "a b\n", true),
            ("  a\n    b\n  c\nx: 1\n", "a\n  b\nc\n", true),
            ("\n  a\n\n\n  b\n", "\na\n\nb", true),
            ("  a\n\n    b\n\n  c\n\n", "a\n\n  b\n\nc\n\n", true),
            ("  a\n  b\n\n  c\n", "a\nb\n\nc\n", false),
        ];
        for (text, value, fold) in cases {
            let pieces = block(text, &lines(text), value, fold);
            assert!(pieces.is_some(), "{text:?}");
        }
        assert!(block("  a\n  b\n", &lines("  a\n  b\n"), "a b", false).is_none());
        assert!(block("  a\n  b\n", &lines("  a\n  b\n"), "a\nb", true).is_none());
    }
}
