//! `ipv4_lookup` and `ipv6_lookup`: rows with an address, paired with the rows of networks it is in.

use std::collections::HashMap;

use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::compute::concat;

use super::super::Reservation;
use super::super::keys::KeyTable;
use super::super::pipeline::{Next, Step};
use super::super::rows::gather;
use crate::contract::{Batch, Fault, Flow};
use crate::functions::ip::{self, V4};
use crate::functions::ipv6::{self, V6};
use crate::plan::whole::IpLookup;
use crate::types::{Schema, Type, arrays};

/// Networks by the length of their prefix.
#[derive(Default)]
struct Networks {
    /// The lengths there are.
    lengths: Vec<u8>,
    /// Rows by length and masked address.
    rows: HashMap<(u8, u128), Vec<u32>>,
}

impl Networks {
    fn add(&mut self, address: u128, length: u8, row: u32) {
        if !self.lengths.contains(&length) {
            self.lengths.push(length);
        }
        self.rows.entry((length, address)).or_default().push(row);
    }
}

/// A lookup ready to run, as a step of the left side's rows.
pub(super) struct Lookup {
    address: usize,
    v6: bool,
    /// Whether rows without a network are kept.
    unmatched: bool,
    networks: Networks,
    keys: Option<Keys>,
    /// The columns of the right side that come out, and behind their rows one of nulls.
    right: Vec<ArrayRef>,
    nothing: u32,
    _held: Reservation,
}

/// Further columns that have to be equal.
struct Keys {
    table: KeyTable,
    left: Vec<usize>,
    /// The number of each right row's key.
    right: Vec<u32>,
}

fn lost() -> Fault {
    Fault::internal("a lookup of addresses has no such column")
}

impl Lookup {
    /// By the networks of the right side's rows, whose weight is held.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn new(
        lookup: &IpLookup,
        schema: &Schema,
        right: &Batch,
        held: Reservation,
    ) -> Result<Lookup, Fault> {
        let ranges = right.columns.get(lookup.network).ok_or_else(lost)?;
        let ranges = ranges.as_string_view_opt().ok_or_else(lost)?;
        let mut networks = Networks::default();
        for (row, range) in (0u32..).zip(ranges.iter()) {
            if let Some((address, length)) = range.and_then(|text| parsed(text, lookup.v6)) {
                networks.add(address, length, row);
            }
        }
        let mut columns = Vec::with_capacity(right.columns.len());
        for (i, (array, column)) in right.columns.iter().zip(&schema.columns).enumerate() {
            if lookup.v6 || lookup.keys.iter().all(|(_, key)| *key != i) {
                columns.push(concat(&[array, &arrays::nulls(column.ty, 1)])?);
            }
        }
        Ok(Lookup {
            address: lookup.address,
            v6: lookup.v6,
            unmatched: lookup.unmatched,
            networks,
            keys: Keys::new(lookup, schema, right)?,
            right: columns,
            nothing: u32::try_from(right.rows).map_err(|_| Fault::limit("too many networks"))?,
            _held: held,
        })
    }

    /// The pairs of left and right rows.
    fn pairs(&self, left: &Batch) -> Result<(Vec<u32>, Vec<u32>), Fault> {
        let addresses = left.columns.get(self.address).ok_or_else(lost)?;
        let addresses = addresses.as_string_view_opt().ok_or_else(lost)?;
        let keys = match &self.keys {
            Some(keys) => Some((keys.find(left)?, &keys.right)),
            None => None,
        };
        let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
        let mut found: Vec<u32> = Vec::new();
        for (row, address) in (0u32..).zip(addresses.iter()) {
            found.clear();
            if let Some((address, _)) = address.and_then(|text| parsed(text, self.v6)) {
                for length in &self.networks.lengths {
                    let masked = masked(address, *length, self.v6);
                    let rows = self.networks.rows.get(&(*length, masked));
                    found.extend(rows.into_iter().flatten());
                }
            }
            if let Some((of_left, of_right)) = &keys {
                let key = of_left.get(row as usize);
                found.retain(|r| key == of_right.get(*r as usize));
            }
            found.sort_unstable();
            if found.is_empty() && self.unmatched {
                found.push(self.nothing);
            }
            from_left.extend(found.iter().map(|_| row));
            from_right.extend_from_slice(&found);
        }
        Ok((from_left, from_right))
    }
}

impl Step for Lookup {
    fn push(&self, left: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let (from_left, from_right) = self.pairs(&left)?;
        let rows = from_left.len();
        let mut columns = gather(&left.columns, &UInt32Array::from(from_left))?;
        let mut others = gather(&self.right, &UInt32Array::from(from_right))?;
        if self.v6 {
            std::mem::swap(&mut columns, &mut others);
        }
        columns.append(&mut others);
        next(Batch {
            columns,
            rows,
            position: left.position,
        })
    }
}

/// An address, masked by its own prefix, and the prefix.
fn parsed(text: &str, v6: bool) -> Option<(u128, u8)> {
    match v6 {
        true => V6::parse(text).map(|v| (v.compared(), v.prefix)),
        false => V4::parse(text).map(|v| (u128::from(v.address), v.prefix)),
    }
}

fn masked(address: u128, length: u8, v6: bool) -> u128 {
    match v6 {
        true => ipv6::mask(address, length),
        false => u128::from(ip::mask(u32::try_from(address).unwrap_or(0), length)),
    }
}

impl Keys {
    fn new(lookup: &IpLookup, schema: &Schema, right: &Batch) -> Result<Option<Keys>, Fault> {
        if lookup.keys.is_empty() {
            return Ok(None);
        }
        let pick = |column: usize| right.columns.get(column).cloned().ok_or_else(lost);
        let columns = lookup.keys.iter().map(|(_, right)| pick(*right));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let types = lookup.keys.iter().filter_map(|k| schema.columns.get(k.1));
        let types: Vec<Type> = types.map(|c| c.ty).collect();
        let mut table = KeyTable::new(&types);
        Ok(Some(Keys {
            right: table.insert(&columns, right.rows)?,
            table,
            left: lookup.keys.iter().map(|k| k.0).collect(),
        }))
    }

    /// The number of each left row's key.
    fn find(&self, left: &Batch) -> Result<Vec<u32>, Fault> {
        let pick = |column: &usize| left.columns.get(*column).cloned().ok_or_else(lost);
        let columns = self.left.iter().map(pick);
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        self.table.find(&columns, left.rows)
    }
}
