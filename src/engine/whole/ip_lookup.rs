//! `ipv4_lookup` and `ipv6_lookup`: rows with an address, paired with the rows of networks it is in.

use std::collections::HashMap;

use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::compute::{concat, take};

use super::super::keys::KeyTable;
use crate::contract::{Batch, Cancel, Fault};
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

/// Runs the lookup.
pub(super) fn run(
    lookup: &IpLookup,
    schemas: (&Schema, &Schema),
    left: &Batch,
    right: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let lost = || Fault::internal("a lookup of addresses has no such column");
    let text = |batch: &Batch, column: usize| batch.columns.get(column).cloned().ok_or_else(lost);
    let addresses = text(left, lookup.address)?;
    let addresses = addresses.as_string_view_opt().ok_or_else(lost)?;
    let ranges = text(right, lookup.network)?;
    let ranges = ranges.as_string_view_opt().ok_or_else(lost)?;
    let mut networks = Networks::default();
    for (row, range) in (0u32..).zip(ranges.iter()) {
        if let Some((address, length)) = range.and_then(|text| parsed(text, lookup.v6)) {
            networks.add(address, length, row);
        }
    }
    let keys = extra_keys(lookup, schemas.0, left, right)?;
    let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
    let mut unmatched: Vec<u32> = Vec::new();
    let mut found: Vec<u32> = Vec::new();
    for (row, address) in (0u32..).zip(addresses.iter()) {
        if row.is_multiple_of(8192) {
            cancel.check()?;
        }
        found.clear();
        if let Some((address, _)) = address.and_then(|text| parsed(text, lookup.v6)) {
            for length in &networks.lengths {
                let masked = masked(address, *length, lookup.v6);
                found.extend(networks.rows.get(&(*length, masked)).into_iter().flatten());
            }
        }
        if let Some((of_left, of_right)) = &keys {
            let key = of_left.get(row as usize);
            found.retain(|r| key == of_right.get(*r as usize));
        }
        found.sort_unstable();
        if found.is_empty() && lookup.unmatched {
            unmatched.push(row);
        }
        from_left.extend(found.iter().map(|_| row));
        from_right.extend_from_slice(&found);
    }
    let rows = from_left.len() + unmatched.len();
    from_left.extend_from_slice(&unmatched);
    let from_left = UInt32Array::from(from_left);
    let from_right = UInt32Array::from(from_right);
    let taken = left.columns.iter().map(|c| take(c, &from_left, None));
    let mut lefts = taken.collect::<Result<Vec<ArrayRef>, _>>()?;
    let mut rights = Vec::with_capacity(right.columns.len());
    for (i, (array, column)) in right.columns.iter().zip(&schemas.1.columns).enumerate() {
        if !lookup.v6 && lookup.keys.iter().any(|(_, key)| *key == i) {
            continue;
        }
        let matched = take(array, &from_right, None)?;
        let rest = arrays::nulls(column.ty, unmatched.len());
        rights.push(concat(&[&matched, &rest])?);
    }
    if lookup.v6 {
        std::mem::swap(&mut lefts, &mut rights);
    }
    lefts.append(&mut rights);
    Ok(Batch {
        columns: lefts,
        rows,
        position: 0,
    })
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

/// A number for each row of both sides.
type Numbers = (Vec<u32>, Vec<u32>);

/// The numbers of both sides' further columns that have to be equal.
fn extra_keys(
    lookup: &IpLookup,
    schema: &Schema,
    left: &Batch,
    right: &Batch,
) -> Result<Option<Numbers>, Fault> {
    if lookup.keys.is_empty() {
        return Ok(None);
    }
    let pick = |batch: &Batch, side: fn(&(usize, usize)) -> usize| -> Vec<ArrayRef> {
        let columns = lookup.keys.iter().map(|k| batch.columns.get(side(k)));
        columns.flatten().cloned().collect()
    };
    let (lefts, rights) = (pick(left, |k| k.0), pick(right, |k| k.1));
    let types = lookup.keys.iter().filter_map(|k| schema.columns.get(k.0));
    let types: Vec<Type> = types.map(|c| c.ty).collect();
    let mut table = KeyTable::new(&types);
    let of_right = table.insert(&rights, right.rows)?;
    Ok(Some((table.find(&lefts, left.rows)?, of_right)))
}
