//! Groups and the states of their aggregates.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;

use super::layout::{Call, Layout, passing_rows};
use crate::contract::{Accumulator, Batch, Datum, Fault, Grouped, Positions};
use crate::engine::keys::KeyTable;

/// Places in the stream of the rows of a batch.
pub enum Places {
    /// One behind the other.
    From(u64),
    /// Each so far behind the first number.
    At(u64, Vec<u32>),
}

impl Places {
    /// Of one row.
    pub fn at(&self, row: usize) -> u64 {
        match self {
            Places::From(first) => first + row as u64,
            Places::At(base, offsets) => base + u64::from(offsets[row]),
        }
    }

    fn positions(&self) -> Positions<'_> {
        match self {
            Places::From(first) => Positions::From(*first),
            Places::At(base, offsets) => Positions::Selected(*base, offsets),
        }
    }

    /// Of some of the rows.
    pub fn select(&self, rows: &[u32]) -> Places {
        match self {
            Places::From(first) => Places::At(*first, rows.to_vec()),
            Places::At(base, offsets) => {
                Places::At(*base, rows.iter().map(|r| offsets[*r as usize]).collect())
            }
        }
    }
}

/// Groups, in the order their keys came, with the place of each one's first row.
pub struct Groups {
    /// The keys.
    pub keys: KeyTable,
    /// Place of the first row.
    pub firsts: Vec<u64>,
    /// A state per aggregate.
    pub states: Vec<Box<dyn Accumulator>>,
}

impl Groups {
    /// No groups, or the only one where there are no keys.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(layout: &Layout<'_>) -> Result<Groups, Fault> {
        Ok(Groups {
            keys: KeyTable::new(&layout.key_types),
            firsts: match layout.keys.is_empty() {
                true => vec![0],
                false => Vec::new(),
            },
            states: layout.states()?,
        })
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        self.keys.size() + self.firsts.capacity() * 8 + sizes(&self.states)
    }

    /// Takes in rows computed as the layout says.
    ///
    /// # Errors
    /// On a limit.
    pub fn update(
        &mut self,
        layout: &Layout<'_>,
        rows: &Batch,
        places: &Places,
    ) -> Result<(), Fault> {
        let numbers = match layout.keys.is_empty() {
            true => vec![0; rows.rows],
            false => {
                let numbers = self.keys.insert(&key_columns(layout, rows), rows.rows)?;
                for (row, number) in numbers.iter().enumerate() {
                    let place = places.at(row);
                    match self.firsts.get_mut(*number as usize) {
                        Some(first) => *first = place.min(*first),
                        None => self.firsts.push(place),
                    }
                }
                numbers
            }
        };
        let count = self.len();
        update(layout, &mut self.states, rows, places, &numbers, count)
    }

    /// Takes in other groups.
    ///
    /// # Errors
    /// On a limit.
    pub fn absorb(&mut self, other: Groups) -> Result<(), Fault> {
        let numbers = match other.keys.is_keyless() {
            true => vec![0],
            false => self.keys.absorb(&other.keys)?,
        };
        for (first, number) in other.firsts.iter().zip(&numbers) {
            match self.firsts.get_mut(*number as usize) {
                Some(own) => *own = (*own).min(*first),
                None => self.firsts.push(*first),
            }
        }
        let count = self.len();
        for (state, other) in self.states.iter_mut().zip(other.states) {
            state.merge(other, &numbers, count)?;
        }
        Ok(())
    }

    /// The keys and results of all groups, and the place of each one's first row.
    ///
    /// # Errors
    /// On a limit.
    pub fn finish(self) -> Result<(Batch, Vec<u64>), Fault> {
        let rows = self.len();
        let mut columns = self.keys.columns()?;
        drop(self.keys);
        for state in self.states {
            columns.extend(state.finish(rows)?);
        }
        if columns.iter().any(|c| c.len() != rows) {
            return Err(Fault::internal("an aggregate lost a group"));
        }
        let batch = Batch {
            columns,
            rows,
            position: 0,
        };
        Ok((batch, self.firsts))
    }
}

/// About how many bytes states hold.
pub fn sizes(states: &[Box<dyn Accumulator>]) -> usize {
    states.iter().map(|s| s.size()).sum()
}

/// The key columns among those computed.
pub fn key_columns(layout: &Layout<'_>, rows: &Batch) -> Vec<ArrayRef> {
    let columns = layout.keys.iter().map(|k| rows.columns[*k].clone());
    columns.collect()
}

/// Feeds rows, whose groups are known, to the states.
///
/// # Errors
/// On a limit.
pub fn update(
    layout: &Layout<'_>,
    states: &mut [Box<dyn Accumulator>],
    rows: &Batch,
    places: &Places,
    groups: &[u32],
    group_count: usize,
) -> Result<(), Fault> {
    for (call, state) in layout.calls.iter().zip(states) {
        match call.filter {
            None => state.update(&Grouped {
                groups,
                group_count,
                args: &call.args(rows),
                positions: places.positions(),
            })?,
            Some(filter) => {
                filtered(
                    call,
                    filter,
                    &mut **state,
                    rows,
                    places,
                    groups,
                    group_count,
                )?;
            }
        }
    }
    Ok(())
}

/// Feeds the rows of its filter to a state.
fn filtered(
    call: &Call<'_>,
    filter: usize,
    state: &mut dyn Accumulator,
    rows: &Batch,
    places: &Places,
    groups: &[u32],
    group_count: usize,
) -> Result<(), Fault> {
    let no_bool = || Fault::internal("an aggregate's filter is no bool");
    let mask = rows.columns[filter].as_boolean_opt().ok_or_else(no_bool)?;
    let selected: Vec<u32> = passing_rows(mask).set_indices_u32().collect();
    let groups: Vec<u32> = selected.iter().map(|r| groups[*r as usize]).collect();
    let places = places.select(&selected);
    let index = UInt32Array::from(selected);
    let choose = |datum: Datum| -> Result<Datum, Fault> {
        Ok(match datum.constant {
            true => datum,
            false => Datum {
                array: take(&datum.array, &index, None)?,
                ..datum
            },
        })
    };
    let args = call.args(rows).into_iter().map(choose);
    // Even without rows, the state has to learn how many groups there are.
    state.update(&Grouped {
        groups: &groups,
        group_count,
        args: &args.collect::<Result<Vec<_>, _>>()?,
        positions: places.positions(),
    })
}
