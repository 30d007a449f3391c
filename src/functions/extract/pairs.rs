//! `parse-kv`: keys and values told apart by delimiters, by what is no letter or digit, or by a regular expression.

use std::borrow::Cow;
use std::cell::Cell;

use memchr::memmem;
use regex::Regex;

use super::{Cut, converted, missing};
use crate::contract::Problem;
use crate::diagnostic::Code;
use crate::functions::patterns::compile;
use crate::plan::extract::{Pairs as Plain, PairsForm};

/// A pattern of `parse-kv` ready for use.
pub struct Pairs {
    plain: Plain,
    regex: Option<Regex>,
    /// What stands between pairs, and between a key and its value.
    delimiters: Option<Box<[memmem::Finder<'static>; 2]>>,
}

impl Pairs {
    /// Makes a pattern ready.
    ///
    /// # Errors
    /// What is wrong with its regular expression.
    pub fn new(plain: &Plain) -> Result<Pairs, Problem> {
        let regex = match &plain.form {
            PairsForm::Regex(pattern) => {
                let regex = compile(pattern)?;
                if regex.captures_len() != 3 {
                    return Err(Problem::new(
                        Code::BadRegex,
                        "the regular expression must have two groups: of the key and of the value",
                    ));
                }
                Some(regex)
            }
            PairsForm::Delimited { .. } => None,
        };
        let finder = |text: &str| memmem::Finder::new(text).into_owned();
        let delimiters = match &plain.form {
            PairsForm::Delimited { delimiters, .. } => delimiters.as_ref(),
            PairsForm::Regex(_) => None,
        };
        Ok(Pairs {
            plain: plain.clone(),
            regex,
            delimiters: delimiters.map(|(pair, kv)| Box::new([finder(pair), finder(kv)])),
        })
    }

    /// The cells of a text.
    pub fn cut<'t>(&self, text: &'t str) -> Vec<Cut<'t>> {
        let mut found = Found {
            plain: &self.plain,
            cells: vec![None; self.plain.keys.len()],
        };
        match (&self.plain.form, &self.regex) {
            (_, Some(regex)) => {
                for captures in regex.captures_iter(text) {
                    if let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) {
                        found.add(key.as_str(), Cow::Borrowed(value.as_str()));
                    }
                }
            }
            (
                PairsForm::Delimited {
                    quotes,
                    escapes,
                    greedy,
                    ..
                },
                None,
            ) => {
                let reader = Reader {
                    text,
                    quotes,
                    escapes,
                    unclosed: Cell::default(),
                };
                match self.delimiters.as_deref() {
                    Some([pair, kv]) => reader.delimited(pair, kv, *greedy, &mut found),
                    None => reader.words(&mut found),
                }
            }
            (PairsForm::Regex(_), None) => {}
        }
        let keys = self.plain.keys.iter();
        let cells = found.cells.into_iter().zip(keys);
        cells
            .map(|(cell, (_, ty))| cell.unwrap_or_else(|| missing(*ty)))
            .collect()
    }
}

/// The values found so far.
struct Found<'p, 't> {
    plain: &'p Plain,
    cells: Vec<Option<Cut<'t>>>,
}

impl<'t> Found<'_, 't> {
    fn key(&self, key: &str) -> Option<usize> {
        let key = key.trim();
        self.plain.keys.iter().position(|(k, _)| &**k == key)
    }

    /// Takes a value, if its key is asked for and has none yet.
    fn add(&mut self, key: &str, value: Cow<'t, str>) {
        let Some(index) = self.key(key) else { return };
        if self.cells[index].is_some() {
            return;
        }
        let ty = self.plain.keys[index].1;
        let value = match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
            Cow::Owned(value) => Cow::Owned(value.trim().to_string()),
        };
        self.cells[index] = Some(converted(value, ty).unwrap_or_else(|| missing(ty)));
    }

    fn complete(&self) -> bool {
        self.cells.iter().all(Option::is_some)
    }
}

struct Reader<'p, 't> {
    text: &'t str,
    quotes: &'p [(char, char)],
    escapes: &'p [char],
    /// A closing quote that was looked for in vain: it is not looked for again.
    unclosed: Cell<Option<char>>,
}

impl<'t> Reader<'_, 't> {
    fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    /// Where something stands from `at` on, counted from there.
    fn find(&self, at: usize, what: &memmem::Finder<'_>) -> Option<usize> {
        what.find(self.rest(at).as_bytes())
    }

    /// The quoted text that opens at `at` or after spaces, and where it ends.
    fn quoted(&self, at: usize) -> Option<(Cow<'t, str>, usize)> {
        let rest = self.rest(at);
        let start = at + (rest.len() - rest.trim_start().len());
        let open = self.rest(start).chars().next()?;
        let (_, close) = *self.quotes.iter().find(|(o, _)| *o == open)?;
        if self.unclosed.get() == Some(close) {
            return None;
        }
        let start = start + open.len_utf8();
        let mut content = Cow::Borrowed("");
        let mut plain = start;
        let mut chars = self.rest(start).char_indices();
        while let Some((i, c)) = chars.next() {
            let here = start + i;
            if self.escapes.contains(&c) {
                content += self.text.get(plain..here)?;
                let Some((next, escaped)) = chars.next() else {
                    break;
                };
                content.to_mut().push(escaped);
                plain = start + next + escaped.len_utf8();
            } else if c == close {
                content += self.text.get(plain..here)?;
                return Some((content, here + c.len_utf8()));
            }
        }
        self.unclosed.set(Some(close));
        None
    }

    /// Pairs between `pair`, in each a key, `kv` and a value.
    fn delimited(
        &self,
        pair: &memmem::Finder<'_>,
        kv: &memmem::Finder<'_>,
        greedy: bool,
        found: &mut Found<'_, 't>,
    ) {
        let mut at = 0;
        while at < self.text.len() && !found.complete() {
            let (key, value) = match self.key(at, pair, kv) {
                Ok(key) => key,
                Err(next) => {
                    at = next;
                    continue;
                }
            };
            if let Some((content, end)) = self.quoted(value) {
                found.add(&key, content);
                at = self.after(end, pair);
                continue;
            }
            let end = match greedy {
                true => self.next_key(value, pair, kv, found),
                false => self.find(value, pair).map(|i| value + i),
            };
            let end = end.unwrap_or(self.text.len());
            found.add(
                &key,
                Cow::Borrowed(self.text.get(value..end).unwrap_or_default()),
            );
            at = (end + pair.needle().len()).min(self.text.len());
        }
    }

    /// The key at `at` and where its value starts; where to go on if there is no key.
    fn key(
        &self,
        at: usize,
        pair: &memmem::Finder<'_>,
        kv: &memmem::Finder<'_>,
    ) -> Result<(Cow<'t, str>, usize), usize> {
        if let Some((key, end)) = self.quoted(at) {
            let rest = self.rest(end);
            let spaces = rest.len() - rest.trim_start().len();
            let is_next = rest.as_bytes()[spaces..].starts_with(kv.needle());
            return match is_next {
                true => Ok((key, end + spaces + kv.needle().len())),
                false => Err(self.after(end, pair)),
            };
        }
        let rest = self.rest(at);
        let end = self.find(at, pair);
        let next = end.map_or(self.text.len(), |end| at + end + pair.needle().len());
        // Nothing behind the pair is looked at, so that a text is read once.
        let within = end.map_or(rest.len(), |end| rest.len().min(end + kv.needle().len()));
        let within = rest.as_bytes().get(..within).unwrap_or_default();
        let found = kv.find(within);
        let found = found.and_then(|i| Some((rest.get(..i)?, at + i + kv.needle().len())));
        match found {
            Some((key, value)) => Ok((Cow::Borrowed(key), value)),
            None => Err(next),
        }
    }

    /// The place after the next `pair` from `at` on, or the end.
    fn after(&self, at: usize, pair: &memmem::Finder<'_>) -> usize {
        let next = self.find(at, pair);
        next.map_or(self.text.len(), |i| at + i + pair.needle().len())
    }

    /// Where the `pair` before the next key that is asked for stands.
    fn next_key(
        &self,
        from: usize,
        pair: &memmem::Finder<'_>,
        kv: &memmem::Finder<'_>,
        found: &Found<'_, 't>,
    ) -> Option<usize> {
        let mut at = from;
        loop {
            let end = at + self.find(at, pair)?;
            at = end + pair.needle().len();
            if let Ok((key, _)) = self.key(at, pair, kv)
                && found.key(&key).is_some()
            {
                return Some(end);
            }
        }
    }

    /// Words of letters and digits, or quoted: a key is followed by its value.
    fn words(&self, found: &mut Found<'_, 't>) {
        let mut at = 0;
        let mut key: Option<Cow<'t, str>> = None;
        while let Some((word, end)) = self.word(at) {
            at = end;
            match key.take() {
                Some(key) => found.add(&key, word),
                None if found.key(&word).is_some() => key = Some(word),
                None => {}
            }
        }
    }

    fn word(&self, at: usize) -> Option<(Cow<'t, str>, usize)> {
        let mut at = at;
        loop {
            let first = self.rest(at).chars().next()?;
            if let Some((content, end)) = self.quoted(at).filter(|_| !first.is_whitespace()) {
                return Some((content, end));
            }
            if first.is_alphanumeric() {
                break;
            }
            at += first.len_utf8();
        }
        let rest = self.rest(at);
        let length = rest.find(|c: char| !c.is_alphanumeric());
        let length = length.unwrap_or(rest.len());
        Some((Cow::Borrowed(&rest[..length]), at + length))
    }
}
