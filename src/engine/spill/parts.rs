//! Rows in files by part of their keys.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};

use super::SpillFile;
use crate::contract::Fault;
use crate::engine::Run;
use crate::engine::keys::KeyHasher;
use crate::engine::rows::gather;
use crate::types::Type;

/// How many parts: as many bits of a hash as [`part_of`] takes.
pub const PARTS: usize = 64;

fn part_of(hash: u64) -> usize {
    (hash >> 58) as usize
}

/// Rows in files, those of one key in one file.
pub struct Parts<'a> {
    run: &'a Run<'a>,
    types: Vec<Type>,
    /// Shared by all whose parts shall match: each has a seed of its own.
    hasher: Arc<KeyHasher>,
    /// One for each part that has rows.
    pub files: Vec<Option<SpillFile>>,
}

impl<'a> Parts<'a> {
    /// No rows yet, of columns of these types.
    pub fn new(run: &'a Run<'_>, types: Vec<Type>, hasher: Arc<KeyHasher>) -> Parts<'a> {
        Parts {
            run,
            types,
            hasher,
            files: (0..PARTS).map(|_| None).collect(),
        }
    }

    /// What finds the part of a key.
    pub fn hasher(&self) -> Arc<KeyHasher> {
        Arc::clone(&self.hasher)
    }

    /// Adds rows with these keys.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add(
        &mut self,
        keys: &[ArrayRef],
        columns: &[ArrayRef],
        rows: usize,
    ) -> Result<(), Fault> {
        self.run.options.cancel.check()?;
        let mut parts: Vec<Vec<u32>> = vec![Vec::new(); PARTS];
        for (row, hash) in (0u32..).zip(self.hasher.hashes(keys, rows)?) {
            parts[part_of(hash)].push(row);
        }
        for (file, rows) in self.files.iter_mut().zip(parts) {
            if rows.is_empty() {
                continue;
            }
            let file = match file {
                Some(file) => file,
                none => none.insert(self.run.spill_file(&self.types)?),
            };
            let count = rows.len();
            file.write(&gather(columns, &UInt32Array::from(rows))?, count)?;
        }
        Ok(())
    }
}
