//! Keys of rows as flat machine words, and the table that gives each distinct key a dense number.
//!
//! A column takes one word, or two (16-byte types, and strings: up to 15 bytes inline with their length,
//! longer ones as the number of an interned text). Where a column can be null, a last word has a bit for
//! each null column. Equal keys have equal words: null equals null, NaN equals NaN, `-0.0` equals `0.0`.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int32Builder,
    Int64Builder, StringViewArray, StringViewBuilder,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::contract::Fault;
use crate::interned::{SPREAD, Texts, hash_bytes, short, spread};
use crate::types::Type;

/// No such key.
pub const NONE: u32 = u32::MAX;

/// Marks, in the top byte, a string that is interned; lengths of inline strings are below.
const INTERNED: u64 = 0xff << 56;
const INLINE: usize = 15;

/// Where the columns of a key stand among its words.
struct Layout {
    types: Vec<Type>,
    offsets: Vec<usize>,
    /// First word of null bits; equal to `stride` when no column can be null.
    nulls: usize,
    stride: usize,
}

impl Layout {
    fn new(types: &[Type]) -> Layout {
        let mut offsets = Vec::with_capacity(types.len());
        let mut words = 0;
        for ty in types {
            offsets.push(words);
            words += match ty {
                Type::Bool
                | Type::Int
                | Type::Long
                | Type::Real
                | Type::Datetime
                | Type::Timespan => 1,
                _ => 2,
            };
        }
        let nullable = types.iter().any(|t| *t != Type::String);
        Layout {
            types: types.to_vec(),
            offsets,
            nulls: words,
            stride: words
                + if nullable {
                    types.len().div_ceil(64)
                } else {
                    0
                },
        }
    }
}

/// Distinct keys, numbered in the order they came.
pub struct KeyTable {
    layout: Layout,
    /// `stride` words per key.
    words: Vec<u64>,
    count: u32,
    /// What is kept of the hash, and the key's number.
    table: HashTable<(u32, u32)>,
    texts: Texts,
    hasher: RandomState,
}

fn hash_words(hasher: &RandomState, words: &[u64]) -> u64 {
    let mut h = hasher.build_hasher();
    for word in words {
        h.write_u64(*word);
    }
    h.finish()
}

/// What becomes of a long string on its way into words.
enum Intern<'a> {
    Insert(&'a mut Texts),
    Find(&'a Texts),
    /// Its hash instead, which other tables share.
    Hash,
}

impl Intern<'_> {
    /// The word of a text with this hash.
    fn word(&mut self, text: &[u8], hash: u64) -> u64 {
        match self {
            Intern::Insert(texts) => u64::from(texts.intern(text, short(hash))),
            Intern::Find(texts) => u64::from(texts.find(text, short(hash)).unwrap_or(NONE)),
            Intern::Hash => hash,
        }
    }
}

/// Spreads keys over partitions: equal keys have equal hashes, whatever table they are in.
pub struct KeyHasher {
    layout: Layout,
    hasher: RandomState,
}

impl KeyHasher {
    /// For keys of these types.
    pub fn new(types: &[Type]) -> KeyHasher {
        KeyHasher {
            layout: Layout::new(types),
            hasher: RandomState::default(),
        }
    }

    /// The hashes of the keys of `rows` rows.
    ///
    /// # Errors
    /// When a column is not of its type.
    pub fn hashes(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u64>, Fault> {
        let words = fill(&self.layout, columns, rows, &self.hasher, &mut Intern::Hash)?;
        let stride = self.layout.stride;
        let hash = |row| hash_words(&self.hasher, &words[row * stride..(row + 1) * stride]);
        Ok((0..rows).map(hash).collect())
    }
}

impl KeyTable {
    /// An empty table of keys of these types.
    pub fn new(types: &[Type]) -> KeyTable {
        KeyTable {
            layout: Layout::new(types),
            words: Vec::new(),
            count: 0,
            table: HashTable::new(),
            texts: Texts::default(),
            hasher: RandomState::default(),
        }
    }

    /// Number of distinct keys.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether its keys have no columns.
    pub fn is_keyless(&self) -> bool {
        self.layout.types.is_empty()
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        self.words.capacity() * 8 + self.table.capacity() * 9 + self.texts.size()
    }

    /// The numbers of the keys of `rows` rows; new keys get the next numbers.
    ///
    /// # Errors
    /// When there are too many keys, or a column is not of its type.
    pub fn insert(&mut self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>, Fault> {
        let words = fill(
            &self.layout,
            columns,
            rows,
            &self.hasher,
            &mut Intern::Insert(&mut self.texts),
        )?;
        let stride = self.layout.stride;
        let mut numbers = Vec::with_capacity(rows);
        let mut last: Option<(&[u64], u32)> = None;
        for row in 0..rows {
            let key = &words[row * stride..(row + 1) * stride];
            let number = match last {
                Some((before, number)) if before == key => number,
                _ => self.number(key)?,
            };
            last = Some((key, number));
            numbers.push(number);
        }
        Ok(numbers)
    }

    fn number(&mut self, key: &[u64]) -> Result<u32, Fault> {
        let stride = self.layout.stride;
        let short = short(hash_words(&self.hasher, key));
        let words = &self.words;
        let found = self.table.find(spread(short), |(h, n)| {
            *h == short && &words[*n as usize * stride..(*n as usize + 1) * stride] == key
        });
        if let Some((_, number)) = found {
            return Ok(*number);
        }
        let number = self.count;
        if number == NONE - 1 {
            return Err(Fault::limit("more than four billion distinct keys")
                .help("filter or aggregate earlier"));
        }
        self.words.extend_from_slice(key);
        self.count += 1;
        let entry = (short, number);
        self.table
            .insert_unique(spread(short), entry, |(h, _)| spread(*h));
        Ok(number)
    }

    /// The numbers of the keys of `rows` rows, [`NONE`] for those the table lacks.
    ///
    /// # Errors
    /// When a column is not of its type.
    pub fn find(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>, Fault> {
        let words = fill(
            &self.layout,
            columns,
            rows,
            &self.hasher,
            &mut Intern::Find(&self.texts),
        )?;
        let stride = self.layout.stride;
        let find = |row: usize| {
            let key = &words[row * stride..(row + 1) * stride];
            let short = short(hash_words(&self.hasher, key));
            let found = self.table.find(spread(short), |(h, n)| {
                *h == short && &self.words[*n as usize * stride..(*n as usize + 1) * stride] == key
            });
            found.map_or(NONE, |(_, number)| *number)
        };
        Ok((0..rows).map(find).collect())
    }

    /// Takes in the keys of another table of the same types; the number each has here.
    ///
    /// # Errors
    /// When there are too many keys.
    pub fn absorb(&mut self, other: &KeyTable) -> Result<Vec<u32>, Fault> {
        let stride = self.layout.stride;
        let texts: Vec<usize> = (0..self.layout.types.len())
            .filter(|i| is_text(self.layout.types[*i]))
            .map(|i| self.layout.offsets[i])
            .collect();
        let mut numbers = Vec::with_capacity(other.len());
        let mut key = vec![0; stride];
        for row in 0..other.len() {
            key.copy_from_slice(&other.words[row * stride..(row + 1) * stride]);
            for offset in &texts {
                if key[offset + 1] & INTERNED == INTERNED {
                    let text = other.texts.get(low(key[*offset]));
                    let hash = short(hash_bytes(&self.hasher, text));
                    key[*offset] = u64::from(self.texts.intern(text, hash));
                }
            }
            numbers.push(self.number(&key)?);
        }
        Ok(numbers)
    }

    /// The keys as columns, in the order of their numbers.
    ///
    /// # Errors
    /// A bug of ours only.
    pub fn columns(&self) -> Result<Vec<ArrayRef>, Fault> {
        (0..self.layout.types.len())
            .map(|column| self.column(column))
            .collect()
    }

    fn column(&self, column: usize) -> Result<ArrayRef, Fault> {
        let (ty, offset) = (self.layout.types[column], self.layout.offsets[column]);
        let stride = self.layout.stride;
        let rows = self.len();
        let (null_word, null_bit) = (self.layout.nulls + column / 64, 1u64 << (column % 64));
        let nullable = self.layout.nulls < stride;
        let word = |row: usize| -> Option<u64> {
            let key = &self.words[row * stride..(row + 1) * stride];
            (!nullable || key[null_word] & null_bit == 0).then(|| key[offset])
        };
        let pair = |row: usize| Some((word(row)?, self.words[row * stride + offset + 1]));
        Ok(match ty {
            Type::Bool => {
                let mut b = BooleanBuilder::with_capacity(rows);
                (0..rows).for_each(|r| b.append_option(word(r).map(|w| w != 0)));
                Arc::new(b.finish())
            }
            Type::Int => {
                let mut b = Int32Builder::with_capacity(rows);
                (0..rows).for_each(|r| b.append_option(word(r).map(|w| low(w).cast_signed())));
                Arc::new(b.finish())
            }
            Type::Long | Type::Datetime | Type::Timespan => {
                let mut b = Int64Builder::with_capacity(rows);
                (0..rows).for_each(|r| b.append_option(word(r).map(u64::cast_signed)));
                Arc::new(b.finish())
            }
            Type::Real => {
                let mut b = Float64Builder::with_capacity(rows);
                (0..rows).for_each(|r| b.append_option(word(r).map(f64::from_bits)));
                Arc::new(b.finish())
            }
            Type::String | Type::Dynamic | Type::Unknown => {
                let mut b = StringViewBuilder::with_capacity(rows);
                for row in 0..rows {
                    match pair(row) {
                        Some(text) => self.append_text(&mut b, text)?,
                        None => b.append_null(),
                    }
                }
                Arc::new(b.finish())
            }
            Type::Guid | Type::Decimal => {
                let mut b = FixedSizeBinaryBuilder::with_capacity(rows, 16);
                for row in 0..rows {
                    match pair(row) {
                        Some((a, z)) => {
                            b.append_value((u128::from(a) | u128::from(z) << 64).to_le_bytes())?;
                        }
                        None => b.append_null(),
                    }
                }
                Arc::new(b.finish())
            }
        })
    }

    fn append_text(&self, out: &mut StringViewBuilder, (a, z): (u64, u64)) -> Result<(), Fault> {
        let inline = (u128::from(a) | u128::from(z) << 64).to_le_bytes();
        let bytes = match z & INTERNED {
            INTERNED => self.texts.get(low(a)),
            length => &inline[..(length >> 56) as usize],
        };
        let text = std::str::from_utf8(bytes);
        out.append_value(text.map_err(|_| Fault::internal("a key is no text"))?);
        Ok(())
    }
}

fn is_text(ty: Type) -> bool {
    matches!(ty, Type::String | Type::Dynamic | Type::Unknown)
}

fn low(word: u64) -> u32 {
    word as u32
}

/// The long strings of an array, before they are looked for.
struct Long {
    /// Views met last, and which of the texts they show: equal views show the same.
    seen: Vec<(u128, u32)>,
    /// A row of each text, and its hash.
    texts: Vec<(usize, u64)>,
    /// Rows, and which of the texts they have.
    rows: Vec<(usize, u32)>,
}

impl Long {
    fn new(rows: usize) -> Long {
        Long {
            seen: vec![(0, 0); rows.next_power_of_two().clamp(16, 4096)],
            texts: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn add(&mut self, row: usize, view: u128, hash: impl FnOnce() -> u64) {
        let mixed = half(view >> 64).wrapping_mul(SPREAD) >> 48;
        let index = mixed as usize & (self.seen.len() - 1);
        // No long string has a view of zeros.
        let (known, text) = &mut self.seen[index];
        if *known != view {
            (*known, *text) = (view, u32::try_from(self.texts.len()).unwrap_or(NONE));
            self.texts.push((row, hash()));
        }
        self.rows.push((row, *text));
    }

    /// Each row and its word.
    fn words(
        &self,
        array: &StringViewArray,
        intern: &mut Intern<'_>,
    ) -> impl Iterator<Item = (usize, u64)> {
        let word = |(row, hash): &(usize, u64)| intern.word(array.value(*row).as_bytes(), *hash);
        let words: Vec<u64> = self.texts.iter().map(word).collect();
        let rows = self.rows.iter();
        rows.map(move |(row, text)| (*row, words[*text as usize]))
    }
}

/// The words of the keys of `rows` rows.
fn fill(
    layout: &Layout,
    columns: &[ArrayRef],
    rows: usize,
    hasher: &RandomState,
    intern: &mut Intern<'_>,
) -> Result<Vec<u64>, Fault> {
    let stride = layout.stride;
    let mut words = vec![0u64; rows * stride];
    for (i, array) in columns.iter().enumerate() {
        let (ty, offset) = (layout.types[i], layout.offsets[i]);
        let wrong = || Fault::internal(format!("a {ty} key holds {}", array.data_type()));
        let mut put = |row: usize, word: u64| words[row * stride + offset] = word;
        match ty {
            Type::Bool => {
                let a = array.as_boolean_opt().ok_or_else(wrong)?;
                (0..rows).for_each(|r| put(r, u64::from(a.value(r))));
            }
            Type::Int => {
                let a = array.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?;
                let values = a.values().iter().enumerate();
                values.for_each(|(r, v)| put(r, u64::from(v.cast_unsigned())));
            }
            Type::Long | Type::Datetime | Type::Timespan => {
                let a = array.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
                let values = a.values().iter().enumerate();
                values.for_each(|(r, v)| put(r, v.cast_unsigned()));
            }
            Type::Real => {
                let a = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
                let values = a.values().iter().enumerate();
                values.for_each(|(r, v)| put(r, real_bits(*v)));
            }
            Type::String | Type::Dynamic | Type::Unknown => {
                let a = array.as_string_view_opt().ok_or_else(wrong)?;
                let mut long = None;
                for row in 0..rows {
                    let (lower, upper) = match short_text(a, row) {
                        Some(words) => words,
                        None => {
                            let hash = || hash_bytes(hasher, a.value(row).as_bytes());
                            let long = long.get_or_insert_with(|| Long::new(rows));
                            long.add(row, a.views()[row], hash);
                            (0, INTERNED)
                        }
                    };
                    words[row * stride + offset] = lower;
                    words[row * stride + offset + 1] = upper;
                }
                if let Some(long) = long {
                    for (row, word) in long.words(a, intern) {
                        words[row * stride + offset] = word;
                    }
                }
            }
            Type::Guid | Type::Decimal => {
                let a = array.as_fixed_size_binary_opt().ok_or_else(wrong)?;
                for row in 0..rows {
                    let bytes: [u8; 16] = a.value(row).try_into().map_err(|_| wrong())?;
                    let bits = u128::from_le_bytes(bytes);
                    words[row * stride + offset] = half(bits);
                    words[row * stride + offset + 1] = half(bits >> 64);
                }
            }
        }
        if array.null_count() > 0 {
            mark_nulls(layout, i, array, &mut words);
        }
    }
    Ok(words)
}

/// Sets the null bit of a column's null rows and clears what the array holds there.
fn mark_nulls(layout: &Layout, column: usize, array: &ArrayRef, words: &mut [u64]) {
    let end = layout.offsets.get(column + 1).copied();
    let end = end.unwrap_or(layout.nulls);
    for row in (0..array.len()).filter(|r| array.is_null(*r)) {
        let key = &mut words[row * layout.stride..(row + 1) * layout.stride];
        key[layout.offsets[column]..end].fill(0);
        if let Some(bits) = key.get_mut(layout.nulls + column / 64) {
            *bits |= 1 << (column % 64);
        }
    }
}

fn real_bits(value: f64) -> u64 {
    if value.is_nan() {
        return f64::NAN.to_bits();
    }
    // Turns -0.0 into 0.0 and leaves every other value.
    (value + 0.0).to_bits()
}

fn half(bits: u128) -> u64 {
    bits as u64
}

/// The words of a text that they hold; none for a longer one.
fn short_text(array: &StringViewArray, row: usize) -> Option<(u64, u64)> {
    let view = array.views()[row];
    let length = low(half(view)) as usize;
    if length <= 12 {
        // A view of a short string is its length, its bytes, then zeros.
        let bits = view >> 32 | (length as u128) << 120;
        return Some((half(bits), half(bits >> 64)));
    }
    if array.is_null(row) {
        return Some((0, 0));
    }
    if length > INLINE {
        return None;
    }
    let mut bytes = [0; 16];
    bytes[..length].copy_from_slice(array.value(row).as_bytes());
    let bits = u128::from_le_bytes(bytes) | (length as u128) << 120;
    Some((half(bits), half(bits >> 64)))
}
