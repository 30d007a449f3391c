//! Walks over JSON text: where a value ends, and what kind it is, with JSON's own grammar.
//!
//! The one leniency: control characters inside strings pass, and so do the tokens `NaN`,
//! `Infinity` and `-Infinity` as the value of a column (what Python writes).

use memchr::memchr2;

/// What a value is; `Text` has no escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Kind {
    Null,
    True,
    False,
    Number,
    NotFinite,
    Text,
    Escaped,
    Nested,
}

/// A value's kind and place; a string's without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) struct Cell {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Why text is not what it should be, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) struct Broken {
    pub at: usize,
    pub why: &'static str,
    /// More text might mend it.
    pub ends: bool,
}

/// Objects and arrays nest at most this deep.
pub(in crate::load) const DEPTH: usize = 120;

pub(super) fn broken<T>(at: usize, why: &'static str) -> Result<T, Broken> {
    let ends = false;
    Err(Broken { at, why, ends })
}

pub(super) fn ended<T>(at: usize, why: &'static str) -> Result<T, Broken> {
    let ends = true;
    Err(Broken { at, why, ends })
}

/// The next place that is not blank.
#[inline]
pub(in crate::load) fn blank(b: &[u8], mut i: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = b.get(i) {
        i += 1;
    }
    i
}

/// The value at `i` and the place after it.
#[inline]
pub(in crate::load) fn value(b: &[u8], mut i: usize) -> Result<(Cell, usize), Broken> {
    if matches!(b.get(i), Some(0..=b' ')) {
        i = blank(b, i);
    }
    let (kind, end) = match b.get(i) {
        Some(b'"') => {
            let (end, escaped) = string_end(b, i + 1)?;
            let kind = if escaped { Kind::Escaped } else { Kind::Text };
            let start = i + 1;
            return Ok((Cell { kind, start, end }, end + 1));
        }
        Some(b'{' | b'[') => (Kind::Nested, nested(b, i)?),
        Some(b'0'..=b'9') => (Kind::Number, number(b, i)?),
        Some(b'-') if b[i..].starts_with(b"-Infinity") => (Kind::NotFinite, i + 9),
        Some(b'-') => (Kind::Number, number(b, i)?),
        Some(b't') if b[i..].starts_with(b"true") => (Kind::True, i + 4),
        Some(b'f') if b[i..].starts_with(b"false") => (Kind::False, i + 5),
        Some(b'n') if b[i..].starts_with(b"null") => (Kind::Null, i + 4),
        Some(b'N') if b[i..].starts_with(b"NaN") => (Kind::NotFinite, i + 3),
        Some(b'I') if b[i..].starts_with(b"Infinity") => (Kind::NotFinite, i + 8),
        None => return ended(i, "it ends where a value should be"),
        Some(_) => return broken(i, "a value should be here"),
    };
    Ok((
        Cell {
            kind,
            start: i,
            end,
        },
        end,
    ))
}

/// Place of the closing quote of the string whose content starts at `i`, and whether it has escapes.
#[inline]
pub(in crate::load) fn string_end(b: &[u8], mut i: usize) -> Result<(usize, bool), Broken> {
    let start = i;
    let mut escaped = false;
    loop {
        let Some(step) = b.get(i..).and_then(quote_or_escape) else {
            return ended(start.saturating_sub(1), "a string does not end");
        };
        i += step;
        if b[i] == b'"' {
            return Ok((i, escaped));
        }
        escaped = true;
        i = match b.get(i + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => i + 2,
            Some(b'u')
                if b.get(i + 2..i + 6)
                    .is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)) =>
            {
                i + 6
            }
            _ => return broken(i, "a string has an unknown escape"),
        };
    }
}

/// Place of the first `"` or `\`. Most strings are short: the first words are looked at here, without
/// the call that pays off for long ones.
#[inline]
fn quote_or_escape(text: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    let mut rest = text;
    for word in 0..4 {
        let Some((first, behind)) = rest.split_first_chunk::<8>() else {
            break;
        };
        let bytes = u64::from_le_bytes(*first);
        let found = zero(bytes ^ (LOW * u64::from(b'"'))) | zero(bytes ^ (LOW * u64::from(b'\\')));
        if found != 0 {
            return Some(word * 8 + found.trailing_zeros() as usize / 8);
        }
        rest = behind;
    }
    memchr2(b'"', b'\\', rest).map(|at| text.len() - rest.len() + at)
}

/// The place after the number at `i`.
#[inline]
fn number(b: &[u8], start: usize) -> Result<usize, Broken> {
    let digits = |mut i: usize| {
        while matches!(b.get(i), Some(b'0'..=b'9')) {
            i += 1;
        }
        i
    };
    let whole = start + usize::from(b.get(start) == Some(&b'-'));
    let mut i = digits(whole);
    if i == whole || (b.get(whole) == Some(&b'0') && i > whole + 1) {
        return broken(start, "a number is not well formed");
    }
    if b.get(i) == Some(&b'.') {
        let fraction = i + 1;
        i = digits(fraction);
        if i == fraction {
            return broken(start, "a number is not well formed");
        }
    }
    if let Some(b'e' | b'E') = b.get(i) {
        let sign = usize::from(matches!(b.get(i + 1), Some(b'+' | b'-')));
        let exponent = i + 1 + sign;
        i = digits(exponent);
        if i == exponent {
            return broken(start, "a number is not well formed");
        }
    }
    Ok(i)
}

/// The place after the object or array at `i`.
fn nested(b: &[u8], mut i: usize) -> Result<usize, Broken> {
    let mut open = Open::default();
    loop {
        // a value is expected
        i = blank(b, i);
        match b.get(i) {
            Some(c @ (b'{' | b'[')) => {
                let object = *c == b'{';
                if !open.push(object) {
                    return broken(i, "values nest too deep");
                }
                i = blank(b, i + 1);
                let close = if object { b'}' } else { b']' };
                if b.get(i) != Some(&close) {
                    if object {
                        i = key(b, i)?;
                    }
                    continue;
                }
            }
            Some(b'"') => i = string_end(b, i + 1)?.0 + 1,
            Some(b'N' | b'I') => return broken(i, "a value should be here"),
            _ => {
                let (cell, end) = value(b, i)?;
                if cell.kind == Kind::NotFinite {
                    return broken(i, "a value should be here");
                }
                i = end;
            }
        }
        // a value has ended
        loop {
            i = blank(b, i);
            match (b.get(i), open.object()) {
                (Some(b'}'), true) | (Some(b']'), false) => {
                    i += 1;
                    if open.pop() {
                        return Ok(i);
                    }
                }
                (Some(b','), true) => {
                    i = key(b, blank(b, i + 1))?;
                    break;
                }
                (Some(b','), false) => {
                    i += 1;
                    break;
                }
                (None, _) => return ended(i, "it ends inside an object or array"),
                (_, true) => return broken(i, "`,` or `}` should be here"),
                (_, false) => return broken(i, "`,` or `]` should be here"),
            }
        }
    }
}

/// The place after a key and its colon.
fn key(b: &[u8], i: usize) -> Result<usize, Broken> {
    if b.get(i) != Some(&b'"') {
        return broken(i, "a key in quotes should be here");
    }
    let i = blank(b, string_end(b, i + 1)?.0 + 1);
    if b.get(i) != Some(&b':') {
        return broken(i, "`:` should be here");
    }
    Ok(i + 1)
}

/// The brackets open at a place: a bit each, set for an object.
#[derive(Default)]
struct Open {
    bits: u128,
    depth: usize,
}

impl Open {
    fn push(&mut self, object: bool) -> bool {
        self.bits = (self.bits << 1) | u128::from(object);
        self.depth += 1;
        self.depth <= DEPTH
    }
    fn object(&self) -> bool {
        self.bits & 1 == 1
    }
    /// Whether that was the outermost.
    fn pop(&mut self) -> bool {
        self.bits >>= 1;
        self.depth -= 1;
        self.depth == 0
    }
}

/// Appends the text of a string's raw content, which [`string_end`] has checked; a surrogate
/// without its partner and bytes that are not UTF-8 become U+FFFD. `false` for the latter.
pub(in crate::load) fn unescape(raw: &[u8], out: &mut String) -> bool {
    let mut clean = true;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        clean &= append(&rest[..at], out);
        let code = rest.get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or(&[]);
        match code {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let (c, used) = unicode(rest);
                out.push(c);
                rest = rest.get(used..).unwrap_or(&[]);
            }
            other => out.push(char::from(other)),
        }
    }
    append(rest, out) && clean
}

/// The character of `\u` whose digits `rest` starts with, and how many bytes it took.
fn unicode(rest: &[u8]) -> (char, usize) {
    let unit = |from: usize| {
        let digits = std::str::from_utf8(rest.get(from..from + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(0) else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    if (0xD800..0xDC00).contains(&first)
        && rest.get(4..6) == Some(b"\\u")
        && let Some(second @ 0xDC00..0xE000) = unit(6)
    {
        let point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (
            char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER),
            10,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        4,
    )
}

/// Appends bytes as text; `false` if some are not UTF-8 and were replaced.
fn append(bytes: &[u8], out: &mut String) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            out.push_str(text);
            true
        }
        Err(_) => {
            out.push_str(&String::from_utf8_lossy(bytes));
            false
        }
    }
}
