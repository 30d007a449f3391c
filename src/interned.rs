//! Texts by number, each once.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Texts, numbered in the order they came. They are looked for by hashes that their owner makes beforehand: looking for
/// many of them one right after the other lets the processor wait for several at once.
#[derive(Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// What is kept of the hash, and the text's number.
    table: HashTable<(u32, u32)>,
}

impl Texts {
    /// The text of a number that was given out.
    pub fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.bytes[start..self.ends[id]]
    }

    /// The number of a text with this hash, if it is there.
    pub fn find(&self, text: &[u8], hash: u32) -> Option<u32> {
        let same = |(h, id): &(u32, u32)| *h == hash && self.get(*id) == text;
        self.table.find(spread(hash), same).map(|(_, id)| *id)
    }

    /// The number of a text with this hash.
    pub fn intern(&mut self, text: &[u8], hash: u32) -> u32 {
        if let Some(id) = self.find(text, hash) {
            return id;
        }
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
        let entry = (hash, id);
        self.table
            .insert_unique(spread(hash), entry, |(h, _)| spread(*h));
        id
    }

    /// About how many bytes they take.
    pub fn size(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 8 + self.table.capacity() * 9
    }
}

/// The hash of some bytes.
pub(crate) fn hash_bytes(hasher: &RandomState, bytes: &[u8]) -> u64 {
    let mut h = hasher.build_hasher();
    h.write(bytes);
    h.finish()
}

/// What a table keeps of a hash, so that it can grow without a look at its keys.
pub(crate) fn short(hash: u64) -> u32 {
    (hash >> 16) as u32
}

/// Odd, with bits all over: what it multiplies has its differences in the upper bits too.
pub(crate) const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash that a table uses.
pub(crate) fn spread(short: u32) -> u64 {
    u64::from(short).wrapping_mul(SPREAD)
}
