//! Rows by the groups that they are in.

use arrow::array::ArrayRef;

use super::super::keys::KeyTable;
use crate::contract::Fault;
use crate::types::Type;

/// The rows of each group, groups by their first row.
pub(super) struct Grouped {
    /// Rows of a group are next to each other, in their order.
    rows: Vec<u32>,
    /// Where the rows of each group end.
    ends: Vec<usize>,
}

impl Grouped {
    /// Rows with the same keys; without keys all are a group.
    ///
    /// # Errors
    /// When there are too many rows, or a key is not of its type.
    pub fn by(keys: &[ArrayRef], types: &[Type], rows: usize) -> Result<Grouped, Fault> {
        let all =
            0..u32::try_from(rows).map_err(|_| Fault::limit("there are too many rows to group"))?;
        if keys.is_empty() {
            return Ok(Grouped {
                ends: if rows == 0 { Vec::new() } else { vec![rows] },
                rows: all.collect(),
            });
        }
        let mut table = KeyTable::new(types);
        let numbers = table.insert(keys, rows)?;
        let mut ends = vec![0; table.len()];
        for number in &numbers {
            ends[*number as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        // What starts there ends there once its rows are in place.
        let mut placed = vec![0; rows];
        for (row, number) in all.zip(numbers) {
            let place = &mut ends[number as usize];
            placed[*place] = row;
            *place += 1;
        }
        Ok(Grouped { rows: placed, ends })
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The rows of all groups, one after the other.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Where each group starts among these, and how many rows it has.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.ends.iter().scan(0, |start, end| {
            let first = std::mem::replace(start, *end);
            Some((first, end - first))
        })
    }

    /// The rows of each group.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.places()
            .map(|(start, count)| &self.rows[start..start + count])
    }
}
