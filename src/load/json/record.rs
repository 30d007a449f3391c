//! Reads JSON objects by guessing each key from the one before it.
//!
//! Records of one table mostly have their keys in the same order, so after key `a` the reader
//! compares the text at hand with the whole `"b":` that followed `a` last time; only a wrong guess
//! looks the key up. Values that nobody needs are walked over with the same grammar as those that
//! are, so whether a record counts as broken never depends on the columns a query reads.

use hashbrown::HashMap;

use super::value::{Broken, Cell, blank, broken, ended, string_end, unescape, value};

/// Number of different keys that are told apart.
pub(in crate::load) const MANY_KEYS: usize = 20_000;

/// The key before the first.
const START: u32 = 0;
/// All keys beyond [`MANY_KEYS`].
const OTHER: u32 = 1;

/// The keys met so far.
pub(in crate::load) struct Keys {
    entries: Vec<Entry>,
    numbers: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    overflow: bool,
}

struct Entry {
    /// The key as it stands in the text, with quotes and colon.
    text: Box<[u8]>,
    /// The key that came after it last time.
    next: u32,
    name: Box<str>,
}

impl Keys {
    pub fn new() -> Keys {
        // no JSON text has a NUL where a key should be, so neither is ever a right guess
        let reserved = || Entry {
            text: Box::from(&b"\0"[..]),
            next: START,
            name: "".into(),
        };
        Keys {
            entries: vec![reserved(), reserved()],
            numbers: HashMap::default(),
            overflow: false,
        }
    }

    /// The number of the key called `name`.
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        if self.entries.len() >= MANY_KEYS {
            self.overflow = true;
            return OTHER;
        }
        let number = u32::try_from(self.entries.len()).unwrap_or(OTHER);
        // a key that needs escapes is never guessed
        let plain = !name.bytes().any(|c| matches!(c, b'"' | b'\\' | 0..=0x1f));
        let text = if plain {
            format!("\"{name}\":")
        } else {
            "\0".to_string()
        };
        self.entries.push(Entry {
            text: text.into_bytes().into(),
            next: START,
            name: name.into(),
        });
        self.numbers.insert(name.into(), number);
        number
    }

    /// The name of key `number`.
    pub fn name(&self, number: u32) -> &str {
        self.entries.get(number as usize).map_or("", |e| &e.name)
    }

    /// Whether there were more keys than are told apart.
    pub fn overflow(&self) -> bool {
        self.overflow
    }

    /// Whether `number` is a key of its own, not one of the rest.
    pub fn is_key(number: u32) -> bool {
        number > OTHER
    }

    /// Reads the object that opens at `at`; hands each key's number and value to `cell`, and
    /// returns the place after the object. What was handed over counts only if all is well.
    #[inline]
    pub fn record(
        &mut self,
        b: &[u8],
        at: usize,
        mut cell: impl FnMut(u32, Cell),
    ) -> Result<usize, Broken> {
        let mut i = blank(b, at + 1);
        if b.get(i) == Some(&b'}') {
            return Ok(i + 1);
        }
        let mut previous = START;
        loop {
            let guess = self.entries[previous as usize].next;
            let text = &self.entries[guess as usize].text;
            let number = if b[i..].starts_with(text) {
                i += text.len();
                guess
            } else {
                let (number, after) = self.key(b, i)?;
                self.entries[previous as usize].next = number;
                i = after;
                number
            };
            previous = number;
            let (found, end) = value(b, i)?;
            cell(number, found);
            i = end;
            if matches!(b.get(i), Some(0..=b' ')) {
                i = blank(b, i);
            }
            match b.get(i) {
                Some(b',') => i += 1,
                Some(b'}') => return Ok(i + 1),
                None => return ended(i, "it ends inside an object"),
                Some(_) => return broken(i, "`,` or `}` should be here"),
            }
            if matches!(b.get(i), Some(0..=b' ')) {
                i = blank(b, i);
            }
        }
    }

    /// The key at `i`, looked up, and the place after its colon.
    #[cold]
    fn key(&mut self, b: &[u8], i: usize) -> Result<(u32, usize), Broken> {
        if b.get(i) != Some(&b'"') {
            return broken(i, "a key in quotes should be here");
        }
        let (end, _) = string_end(b, i + 1)?;
        let mut name = String::new();
        if !unescape(&b[i + 1..end], &mut name) {
            return broken(i, "a key is not UTF-8");
        }
        let number = self.intern(&name);
        let i = blank(b, end + 1);
        if b.get(i) != Some(&b':') {
            return broken(i, "`:` should be here");
        }
        Ok((number, i + 1))
    }
}
