//! Values as 16-byte keys, and sets of (group, key) in one hash table.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int32Type};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use crate::contract::Fault;
use crate::decimal::Decimal;
use crate::interned::{Texts, hash_bytes, short};
use crate::json;
use crate::types::{Type, Value};

use super::state::{bytes_of, each_valid, longs, sixteens, texts};

/// A value: equal for equal values of the same type, different for different ones. Texts of up to
/// 15 bytes are kept inline with their length; longer ones are interned.
pub type Key = [u64; 2];

/// Marks the key of an interned text, where an inline one has its length.
const INTERNED: u8 = 0xff;
const INLINE: usize = 15;

/// Makes keys of the values of one type.
pub struct Keys {
    ty: Type,
    hasher: RandomState,
    texts: Texts,
}

fn split(bytes: [u8; 16]) -> Key {
    let all = u128::from_le_bytes(bytes);
    [all as u64, (all >> 64) as u64]
}

/// The 16 bytes of a key of a guid or a decimal.
fn join(key: Key) -> [u8; 16] {
    (u128::from(key[0]) | u128::from(key[1]) << 64).to_le_bytes()
}

impl Keys {
    /// For values of type `ty`.
    pub fn new(ty: Type) -> Keys {
        Keys {
            ty,
            hasher: RandomState::default(),
            texts: Texts::default(),
        }
    }

    /// The values' type.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Calls `f` with the row and key of each value that is not null.
    pub fn each(&mut self, array: &ArrayRef, mut f: impl FnMut(usize, Key)) -> Result<(), Fault> {
        let (nulls, rows) = (array.nulls(), array.len());
        match self.ty {
            Type::String => {
                let values = texts(array)?;
                let mut hashes = Vec::new();
                each_valid(nulls, rows, |row| {
                    let text = values.value(row);
                    if text.len() > INLINE {
                        hashes.push(short(hash_bytes(&self.hasher, text.as_bytes())));
                    }
                });
                let mut hashes = hashes.into_iter();
                each_valid(nulls, rows, |row| {
                    let text = values.value(row);
                    let key = match text.len() > INLINE {
                        false => inline(text),
                        true => match hashes.next() {
                            Some(hash) => long(self.texts.intern(text.as_bytes(), hash)),
                            None => return,
                        },
                    };
                    f(row, key);
                });
            }
            Type::Dynamic | Type::Unknown => {
                let values = texts(array)?;
                each_valid(nulls, rows, |row| {
                    f(row, self.text(&json::identity(values.value(row))));
                });
            }
            Type::Long | Type::Datetime | Type::Timespan => {
                let values = longs(array)?.values();
                each_valid(nulls, rows, |row| f(row, [values[row].cast_unsigned(), 0]));
            }
            Type::Int => {
                if let Some(values) = array.as_primitive_opt::<Int32Type>() {
                    each_valid(nulls, rows, |row| {
                        f(row, [i64::from(values.value(row)).cast_unsigned(), 0]);
                    });
                }
            }
            Type::Real => {
                if let Some(values) = array.as_primitive_opt::<Float64Type>() {
                    each_valid(nulls, rows, |row| f(row, real(values.value(row))));
                }
            }
            Type::Bool => {
                if let Some(values) = array.as_boolean_opt() {
                    each_valid(nulls, rows, |row| f(row, [u64::from(values.value(row)), 0]));
                }
            }
            Type::Guid | Type::Decimal => {
                let values = sixteens(array)?;
                each_valid(nulls, rows, |row| {
                    f(row, split(values.value(row).try_into().unwrap_or([0; 16])));
                });
            }
        }
        Ok(())
    }

    /// The key of a text.
    pub fn text(&mut self, text: &str) -> Key {
        if text.len() <= INLINE {
            return inline(text);
        }
        let hash = short(hash_bytes(&self.hasher, text.as_bytes()));
        long(self.texts.intern(text.as_bytes(), hash))
    }

    /// Writes the text of a key to `out`.
    pub fn write_text(&self, key: Key, out: &mut String) {
        let bytes = join(key);
        let text = match bytes[INLINE] {
            INTERNED => self.texts.get(interned_id(&bytes)),
            length => &bytes[..usize::from(length).min(INLINE)],
        };
        out.push_str(std::str::from_utf8(text).unwrap_or(""));
    }

    /// Writes a key's value to `out` as an element of an array; `scratch` is for its use.
    pub fn write_element(&self, key: Key, out: &mut String, scratch: &mut String) {
        let long = key[0].cast_signed();
        let value = match self.ty {
            Type::String => {
                scratch.clear();
                self.write_text(key, scratch);
                return json::write_quoted(scratch, out);
            }
            Type::Dynamic | Type::Unknown => return self.write_text(key, out),
            Type::Bool => Value::Bool(long != 0),
            Type::Int | Type::Long => Value::Long(long),
            Type::Real => Value::Real(f64::from_bits(key[0])),
            Type::Datetime => Value::Datetime(long),
            Type::Timespan => Value::Timespan(long),
            Type::Guid => Value::Guid(join(key)),
            Type::Decimal => Value::Decimal(Decimal::from_bytes(join(key))),
        };
        json::write_element(&value, out);
    }

    /// Our key of a value that has `key` in another set of keys.
    pub fn adopt(&mut self, other: &Keys, key: Key) -> Key {
        if !matches!(self.ty, Type::String | Type::Dynamic | Type::Unknown) {
            return key;
        }
        let bytes = join(key);
        if bytes[INLINE] == INTERNED {
            let text = other.texts.get(interned_id(&bytes));
            let hash = short(hash_bytes(&self.hasher, text));
            return long(self.texts.intern(text, hash));
        }
        key
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        self.texts.size()
    }
}

/// The key of a text that is short enough to be in it.
fn inline(text: &str) -> Key {
    let mut key = [0u8; 16];
    key[..text.len()].copy_from_slice(text.as_bytes());
    key[INLINE] = text.len() as u8;
    split(key)
}

/// The key of an interned text.
fn long(id: u32) -> Key {
    let mut key = [0u8; 16];
    key[..4].copy_from_slice(&id.to_le_bytes());
    key[INLINE] = INTERNED;
    split(key)
}

fn interned_id(key: &[u8; 16]) -> u32 {
    u32::from_le_bytes([key[0], key[1], key[2], key[3]])
}

/// All NaNs are one value, and so are both zeros.
fn real(value: f64) -> Key {
    let value = if value.is_nan() {
        f64::NAN
    } else {
        value + 0.0
    };
    [value.to_bits(), 0]
}

/// Pairs of group and key, each once, in order of insertion.
#[derive(Default)]
pub struct Members {
    hasher: RandomState,
    table: HashTable<u32>,
    entries: Vec<(u32, Key)>,
}

impl Members {
    /// Adds a pair unless it is there; returns its index and whether it is new.
    pub fn insert(&mut self, group: u32, key: Key) -> (usize, bool) {
        let Members {
            hasher,
            table,
            entries,
        } = self;
        let hash = hasher.hash_one((group, key));
        let entry = table.entry(
            hash,
            |at| entries[*at as usize] == (group, key),
            |at| hasher.hash_one(entries[*at as usize]),
        );
        match entry {
            hashbrown::hash_table::Entry::Occupied(found) => (*found.get() as usize, false),
            hashbrown::hash_table::Entry::Vacant(free) => {
                let index = entries.len();
                free.insert(index as u32);
                entries.push((group, key));
                (index, true)
            }
        }
    }

    /// All pairs.
    pub fn entries(&self) -> &[(u32, Key)] {
        &self.entries
    }

    /// Fails before the indices run out.
    pub fn check(&self) -> Result<(), Fault> {
        if self.entries.len() > u32::MAX as usize / 2 {
            return Err(Fault::limit("more than two billion distinct values"));
        }
        Ok(())
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        bytes_of(&self.entries) + self.table.allocation_size()
    }
}
