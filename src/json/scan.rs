//! Validates text as JSON and makes it compact and normal in one pass, copying only if it must.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::access::{elements, entries, skip_space, unescape_content};
use super::write::{ArrayWriter, BagWriter, write_escaped, write_real};
use super::{Kind, kind, quote};

/// Nesting beyond this is not read as JSON.
const MAX_DEPTH: usize = 512;

/// What `parse_json` makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// The text is empty, or JSON's `null`.
    Null,
    /// Compact, normalised JSON text.
    Json(Cow<'a, str>),
}

impl<'a> Parsed<'a> {
    /// The JSON text; `None` for null.
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Parsed::Null => None,
            Parsed::Json(text) => Some(text),
        }
    }
}

/// `parse_json` of a string: JSON as compact, normalised text; anything else as a JSON string that
/// holds the text; null for empty text.
///
/// Normal means: no white space, whole numbers within `long` as digits, other numbers as `tostring`
/// of a real writes them, strings with the escapes we write ourselves, the last of repeated keys.
pub fn parse(text: &str) -> Parsed<'_> {
    if text.is_empty() {
        return Parsed::Null;
    }
    match parse_valid(text) {
        Some(json) if json == "null" => Parsed::Null,
        Some(json) => Parsed::Json(json),
        None => Parsed::Json(Cow::Owned(quote(text))),
    }
}

/// The text as compact, normalised JSON, if it is JSON.
pub fn parse_valid(text: &str) -> Option<Cow<'_, str>> {
    let text = trim(text);
    let mut scan = Scan::new(text, true);
    scan.run()?;
    if scan.duplicates {
        let text = scan.finish();
        return Some(Cow::Owned(last_of_repeated(&text)));
    }
    Some(scan.finish())
}

/// A part of `parse_json(text)`: what `access` finds in it. Only the part is normalised.
pub fn parse_member<'a>(
    text: &'a str,
    access: impl for<'t> Fn(&'t str) -> Option<&'t str>,
) -> Option<Cow<'a, str>> {
    let trimmed = trim(text);
    if !trimmed.starts_with(['{', '[']) {
        return None;
    }
    let mut scan = Scan::new(trimmed, false);
    scan.run()?;
    if scan.duplicates {
        let normal = parse_valid(trimmed)?;
        let found = access(&normal)?;
        return (found != "null").then(|| Cow::Owned(found.to_owned()));
    }
    parse_valid(access(trimmed)?).filter(|found| found != "null")
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// Drops all but the last value of a key, at the place of the first.
fn last_of_repeated(text: &str) -> String {
    match kind(text) {
        Kind::Array => {
            let mut out = ArrayWriter::new();
            for element in elements(text) {
                out.push_json(&last_of_repeated(element));
            }
            out.finish()
        }
        Kind::Bag => {
            let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
            let mut all: Vec<(Cow<'_, str>, &str)> = Vec::new();
            for (key, value) in entries(text) {
                match places.get(&key) {
                    Some(place) => all[*place].1 = value,
                    None => {
                        places.insert(key.clone(), all.len());
                        all.push((key, value));
                    }
                }
            }
            let mut out = BagWriter::new();
            for (key, value) in all {
                out.entry_json(&key, &last_of_repeated(value));
            }
            out.finish()
        }
        _ => text.to_owned(),
    }
}

/// One pass over a text.
struct Scan<'a> {
    text: &'a str,
    b: &'a [u8],
    at: usize,
    /// Whether to build the normal form.
    normalise: bool,
    /// The normal form of `text[..copied]`, once it differs from the text.
    out: String,
    copied: usize,
    /// A key repeats in some bag.
    duplicates: bool,
    /// Keys of the open bags, as ranges of the text; innermost last.
    keys: Vec<(usize, usize)>,
    /// Open brackets: for a bag, where its keys start in `keys`; `None` for an array.
    open: Vec<Option<usize>>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, normalise: bool) -> Scan<'a> {
        Scan {
            text,
            b: text.as_bytes(),
            at: 0,
            normalise,
            out: String::new(),
            copied: 0,
            duplicates: false,
            keys: Vec::new(),
            open: Vec::new(),
        }
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }

    fn peek(&self) -> Option<u8> {
        self.b.get(self.at).copied()
    }

    /// Notes that `text[start..end]` reads `normal` in the normal form.
    fn replace(&mut self, start: usize, end: usize, normal: &str) {
        if self.normalise {
            self.out.push_str(&self.text[self.copied..start]);
            self.out.push_str(normal);
            self.copied = end;
        }
    }

    fn space(&mut self) {
        if matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            let start = self.at;
            self.at = skip_space(self.b, start);
            self.replace(start, self.at, "");
        }
    }

    /// The whole text; `None` if it is not JSON.
    fn run(&mut self) -> Option<()> {
        loop {
            self.space();
            let opened = self.value()?;
            if opened {
                continue;
            }
            // After a value: close what ends here, until something follows.
            loop {
                let Some(bag) = self.open.last() else {
                    return (self.at == self.b.len()).then_some(());
                };
                let bag = *bag;
                self.space();
                match (self.peek()?, bag) {
                    (b',', None) => {
                        self.at += 1;
                        break;
                    }
                    (b',', Some(_)) => {
                        self.at += 1;
                        self.space();
                        self.key()?;
                        break;
                    }
                    (b']', None) | (b'}', Some(_)) => self.close(),
                    _ => return None,
                }
            }
        }
    }

    /// A scalar or an empty bracket (`false`), or the opening of a bracket up to its first value.
    fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => {
                self.string()?;
            }
            b'{' | b'[' => return self.opening(),
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => self.number()?,
        }
        Some(false)
    }

    fn opening(&mut self) -> Option<bool> {
        if self.open.len() >= MAX_DEPTH {
            return None;
        }
        let bag = self.peek()? == b'{';
        self.at += 1;
        self.open.push(bag.then_some(self.keys.len()));
        self.space();
        if self.peek()? == if bag { b'}' } else { b']' } {
            self.close();
            return Some(false);
        }
        if bag {
            self.key()?;
        }
        Some(true)
    }

    fn close(&mut self) {
        self.at += 1;
        if let Some(Some(first)) = self.open.pop() {
            if !self.duplicates {
                self.duplicates = self.repeats(first);
            }
            self.keys.truncate(first);
        }
    }

    /// Whether a key repeats among those from `first` on.
    fn repeats(&self, first: usize) -> bool {
        let keys = &self.keys[first..];
        let key = |range: &(usize, usize)| &self.b[range.0..range.1];
        let escaped = |range: &(usize, usize)| memchr::memchr(b'\\', key(range)).is_some();
        if keys.iter().any(escaped) {
            let mut seen = HashSet::new();
            return keys
                .iter()
                .any(|range| !seen.insert(unescape_content(&self.text[range.0..range.1])));
        }
        if keys.len() <= 16 {
            return keys
                .iter()
                .enumerate()
                .any(|(i, a)| keys[..i].iter().any(|b| key(a) == key(b)));
        }
        let mut sorted: Vec<&[u8]> = keys.iter().map(key).collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// `"key" :` and the space around.
    fn key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        self.string()?;
        self.keys.push((start + 1, self.at - 1));
        self.space();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        if !self.b[self.at..].starts_with(word.as_bytes()) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let mut normal = true;
        self.at += 1;
        loop {
            let rest = self.b.get(self.at..)?;
            let found = memchr::memchr2(b'"', b'\\', rest)?;
            // No early exit: this way it is a few wide comparisons.
            if rest[..found].iter().fold(false, |bad, b| bad | (*b < 32)) {
                return None;
            }
            self.at += found;
            if rest[found] == b'"' {
                break;
            }
            normal &= self.escape()?;
        }
        self.at += 1;
        if !normal && self.normalise {
            let content = unescape_content(&self.text[start + 1..self.at - 1]).into_owned();
            let mut escaped = String::with_capacity(content.len());
            write_escaped(&content, &mut escaped);
            self.replace(start + 1, self.at - 1, &escaped);
        }
        Some(())
    }

    /// An escape; whether we would write it so ourselves.
    fn escape(&mut self) -> Option<bool> {
        let kind = *self.b.get(self.at + 1)?;
        self.at += 2;
        match kind {
            b'"' | b'\\' | b'n' | b'r' | b't' | b'b' | b'f' => Some(true),
            b'/' => Some(false),
            b'u' => {
                let digits = self.b.get(self.at..self.at + 4)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.at += 4;
                // Control characters without a short form are written so, in lower case.
                Some(match digits {
                    [b'0', b'0', b'0', d] => matches!(d, b'0'..=b'7' | b'b' | b'e' | b'f'),
                    [b'0', b'0', b'1', d] => !d.is_ascii_uppercase(),
                    _ => false,
                })
            }
            _ => None,
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        let first = self.peek()?;
        let whole = self.digits();
        if whole == 0 || (first == b'0' && whole > 1) {
            return None;
        }
        let mut fraction = 0;
        if self.peek() == Some(b'.') {
            self.at += 1;
            fraction = self.digits();
            if fraction == 0 {
                return None;
            }
        }
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return None;
            }
        }
        if self.normalise {
            self.normal_number(start, whole, fraction, exponent);
        }
        Some(())
    }

    /// Replaces the number that ends here unless it is plainly as we write it ourselves.
    fn normal_number(&mut self, start: usize, whole: usize, fraction: usize, exponent: bool) {
        let text = &self.text[start..self.at];
        if fraction == 0 && !exponent {
            if (whole < 19 && text != "-0") || text == "0" {
                return;
            }
            if let Ok(value) = text.parse::<i64>() {
                if value == 0 {
                    self.replace(start, self.at, "0");
                }
                return;
            }
        } else if !exponent && whole + fraction <= 15 {
            let digits = &text[text.len() - fraction..];
            let tiny = digits.starts_with("00000");
            if !tiny && (fraction == 1 || !digits.ends_with('0')) {
                return;
            }
        }
        let Ok(value) = text.parse::<f64>() else {
            return;
        };
        let mut normal = String::new();
        write_real(value, &mut normal);
        if normal != text {
            self.replace(start, self.at, &normal);
        }
    }
}
