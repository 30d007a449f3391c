//! Finding a part of a JSON text by skipping what comes before it.

use std::borrow::Cow;

/// Index of the first byte from `at` on that is not white space.
pub(super) fn skip_space(b: &[u8], mut at: usize) -> usize {
    while matches!(b.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Index after the string that opens at `at`.
fn skip_string(b: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(found) = b
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if b[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    b.len()
}

/// Index after the value that starts at `at`.
fn skip_value(b: &[u8], at: usize) -> usize {
    match b.get(at) {
        Some(b'"') => skip_string(b, at),
        Some(b'{' | b'[') => {
            let mut depth = 0usize;
            let mut at = at;
            while let Some(byte) = b.get(at) {
                match byte {
                    b'"' => {
                        at = skip_string(b, at);
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return at + 1;
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            b.len()
        }
        _ => {
            let rest = b.get(at..).unwrap_or(&[]);
            let length = rest
                .iter()
                .position(|c| matches!(c, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
            at + length.unwrap_or(rest.len())
        }
    }
}

/// The elements of an array; none for anything else.
pub fn elements(text: &str) -> Elements<'_> {
    let b = text.as_bytes();
    let at = skip_space(b, 0);
    if b.get(at) == Some(&b'[') {
        Elements { text, at: at + 1 }
    } else {
        Elements {
            text,
            at: text.len(),
        }
    }
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let b = self.text.as_bytes();
        let mut start = skip_space(b, self.at);
        if b.get(start) == Some(&b',') {
            start = skip_space(b, start + 1);
        }
        if start >= b.len() || b[start] == b']' {
            self.at = b.len();
            return None;
        }
        let end = skip_value(b, start);
        // Text that is not JSON must not hold the loop.
        self.at = end.max(start + 1);
        self.text.get(start..end)
    }
}

/// The entries of a bag, keys unescaped; none for anything else.
pub fn entries(text: &str) -> Entries<'_> {
    Entries(raw_entries(text))
}

/// See [`entries`].
#[derive(Clone, Debug)]
pub struct Entries<'a>(RawEntries<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.0.next()?;
        Some((unescape_content(key), value))
    }
}

fn raw_entries(text: &str) -> RawEntries<'_> {
    let b = text.as_bytes();
    let at = skip_space(b, 0);
    if b.get(at) == Some(&b'{') {
        RawEntries { text, at: at + 1 }
    } else {
        RawEntries {
            text,
            at: text.len(),
        }
    }
}

/// Entries with the keys as written, without their quotes.
#[derive(Clone, Debug)]
struct RawEntries<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for RawEntries<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let b = self.text.as_bytes();
        let mut start = skip_space(b, self.at);
        if b.get(start) == Some(&b',') {
            start = skip_space(b, start + 1);
        }
        if b.get(start) != Some(&b'"') {
            self.at = b.len();
            return None;
        }
        let key_end = skip_string(b, start);
        let mut at = skip_space(b, key_end);
        if b.get(at) == Some(&b':') {
            at = skip_space(b, at + 1);
        }
        let end = skip_value(b, at);
        self.at = end;
        let key = self.text.get(start + 1..key_end.saturating_sub(1))?;
        Some((key, self.text.get(at..end)?))
    }
}

/// The value of a bag's key.
pub fn member<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    raw_entries(text)
        .find(|(raw, _)| {
            if raw.contains('\\') {
                unescape_content(raw) == key
            } else {
                *raw == key
            }
        })
        .map(|(_, value)| value)
}

/// The value at the end of a chain of keys.
pub fn member_chain<'a>(text: &'a str, keys: &[&str]) -> Option<&'a str> {
    keys.iter().try_fold(text, |text, key| member(text, key))
}

/// An element of an array, a negative index counting from the end.
pub fn element(text: &str, index: i64) -> Option<&str> {
    let index = if index < 0 {
        let length = i64::try_from(length(text)?).ok()?;
        length.checked_add(index)?
    } else {
        index
    };
    elements(text).nth(usize::try_from(index).ok()?)
}

/// Number of elements of an array; `None` for anything else.
pub fn length(text: &str) -> Option<usize> {
    text.trim_start()
        .starts_with('[')
        .then(|| elements(text).count())
}

/// The content of a JSON string (of a datetime, its text); anything else as it is.
pub fn unescape(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let content = trimmed.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    match content {
        Some(content) => unescape_content(content),
        None => Cow::Borrowed(text),
    }
}

/// Undoes the escapes of what stands between a string's quotes.
pub(super) fn unescape_content(content: &str) -> Cow<'_, str> {
    let content = content
        .strip_prefix(super::DATETIME_MARK)
        .unwrap_or(content);
    let Some(first) = memchr::memchr(b'\\', content.as_bytes()) else {
        return Cow::Borrowed(content);
    };
    let mut out = String::with_capacity(content.len());
    out.push_str(&content[..first]);
    let mut chars = content[first..].chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let (c, rest) = unicode_escape(chars.as_str());
                out.push(c);
                chars = rest.chars();
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    Cow::Owned(out)
}

/// The character of `XXXX`, or of a pair `XXXX\uXXXX`, and the text after it. Half a pair has no
/// character of its own and becomes U+FFFD.
fn unicode_escape(text: &str) -> (char, &str) {
    let unit = |text: &str| {
        text.get(..4)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let Some(first) = unit(text) else {
        return (char::REPLACEMENT_CHARACTER, text);
    };
    let rest = &text[4..];
    if (0xd800..0xdc00).contains(&first)
        && let Some(second) = rest.strip_prefix("\\u").and_then(unit)
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (c, &rest[6..]);
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        rest,
    )
}
