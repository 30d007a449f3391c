//! Columns read as something that can be ordered, and the best value of each group so far.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    Float64Array, Int32Array, Int64Array, StringViewArray, StringViewBuilder,
};
use arrow::datatypes::{Float64Type, Int32Type};

use crate::contract::Fault;
use crate::decimal::Decimal;
use crate::types::{Type, arrays};

use super::state::{bytes_of, decimal, longs, sixteens, texts};

/// A column as values in order.
pub enum Ranks {
    /// `bool`, `int`, `long`, `real`, `datetime`, `timespan`.
    Longs(Vec<i64>),
    /// `string`, by its bytes.
    Texts(StringViewArray),
    /// `decimal`.
    Decimals(FixedSizeBinaryArray),
}

/// A real's rank: the order of ranks is the order of reals, with NaN greatest, or least.
fn rank_of(value: f64, nan_greatest: bool) -> i64 {
    const NAN: u64 = 0x7ff8 << 48;
    let bits = if value.is_nan() {
        NAN | u64::from(!nan_greatest) << 63
    } else {
        (value + 0.0).to_bits()
    };
    let bits = bits.cast_signed();
    bits ^ ((bits >> 63) & i64::MAX)
}

/// The real of a rank.
pub fn real_of(rank: i64) -> f64 {
    f64::from_bits((rank ^ ((rank >> 63) & i64::MAX)).cast_unsigned())
}

impl Ranks {
    /// A column of type `ty`; NaN wins whichever extreme is looked for.
    pub fn read(array: &ArrayRef, ty: Type, greatest: bool) -> Result<Ranks, Fault> {
        let wrong = || Fault::internal(format!("{ty} in {}", array.data_type()));
        Ok(match ty {
            Type::Long | Type::Datetime | Type::Timespan => {
                Ranks::Longs(longs(array)?.values().to_vec())
            }
            Type::Int => {
                let values = array.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?;
                Ranks::Longs(values.values().iter().map(|v| i64::from(*v)).collect())
            }
            Type::Real => {
                let values = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
                let ranks = values.values().iter().map(|v| rank_of(*v, greatest));
                Ranks::Longs(ranks.collect())
            }
            Type::Bool => {
                let values = array.as_boolean_opt().ok_or_else(wrong)?;
                Ranks::Longs(values.values().iter().map(i64::from).collect())
            }
            Type::Decimal => Ranks::Decimals(sixteens(array)?.clone()),
            _ => Ranks::Texts(texts(array)?.clone()),
        })
    }
}

/// The best value of each group so far.
pub enum Best {
    /// As [`Ranks::Longs`].
    Longs(Vec<i64>),
    /// As [`Ranks::Texts`].
    Texts(Texts),
    /// As [`Ranks::Decimals`].
    Decimals(Vec<Decimal>),
}

impl Best {
    /// For values of type `ty`.
    pub fn new(ty: Type) -> Best {
        match ty {
            Type::String | Type::Dynamic | Type::Guid | Type::Unknown => {
                Best::Texts(Texts::default())
            }
            Type::Decimal => Best::Decimals(Vec::new()),
            _ => Best::Longs(Vec::new()),
        }
    }

    /// Makes room for the groups.
    pub fn grow(&mut self, group_count: usize) {
        match self {
            Best::Longs(all) => all.resize(group_count.max(all.len()), 0),
            Best::Texts(all) => all.grow(group_count),
            Best::Decimals(all) => {
                all.resize(group_count.max(all.len()), Decimal::from_i64(0));
            }
        }
    }

    /// How the value in a row compares to the group's.
    #[inline]
    pub fn compare(&self, group: usize, ranks: &Ranks, row: usize) -> Ordering {
        match (self, ranks) {
            (Best::Longs(all), Ranks::Longs(values)) => values[row].cmp(&all[group]),
            (Best::Texts(all), Ranks::Texts(values)) => values.value(row).cmp(all.get(group)),
            (Best::Decimals(all), Ranks::Decimals(values)) => decimal(values, row).cmp(&all[group]),
            _ => Ordering::Less,
        }
    }

    /// Makes the value in a row the group's.
    #[inline]
    pub fn set(&mut self, group: usize, ranks: &Ranks, row: usize) {
        match (self, ranks) {
            (Best::Longs(all), Ranks::Longs(values)) => all[group] = values[row],
            (Best::Texts(all), Ranks::Texts(values)) => all.set(group, values.value(row)),
            (Best::Decimals(all), Ranks::Decimals(values)) => all[group] = decimal(values, row),
            _ => {}
        }
    }

    /// How another's value of its group `from` compares to the group's.
    pub fn compare_other(&self, group: usize, other: &Best, from: usize) -> Ordering {
        match (self, other) {
            (Best::Longs(all), Best::Longs(others)) => others[from].cmp(&all[group]),
            (Best::Texts(all), Best::Texts(others)) => others.get(from).cmp(all.get(group)),
            (Best::Decimals(all), Best::Decimals(others)) => others[from].cmp(&all[group]),
            _ => Ordering::Less,
        }
    }

    /// Makes another's value of its group `from` the group's.
    pub fn set_other(&mut self, group: usize, other: &Best, from: usize) {
        match (self, other) {
            (Best::Longs(all), Best::Longs(others)) => all[group] = others[from],
            (Best::Texts(all), Best::Texts(others)) => all.set(group, others.get(from)),
            (Best::Decimals(all), Best::Decimals(others)) => all[group] = others[from],
            _ => {}
        }
    }

    /// The values as a column of type `ty`, null where `has` is false.
    pub fn finish(&self, ty: Type, has: &[bool]) -> ArrayRef {
        match self {
            Best::Longs(all) => {
                let all = all.iter().zip(has).map(|(v, has)| has.then_some(*v));
                ranked(ty, all)
            }
            Best::Texts(all) => {
                let mut out = StringViewBuilder::with_capacity(has.len());
                for (group, has) in has.iter().enumerate() {
                    match (has, ty) {
                        (true, _) => out.append_value(all.get(group)),
                        (false, Type::String) => out.append_value(""),
                        (false, _) => out.append_null(),
                    }
                }
                Arc::new(out.finish())
            }
            Best::Decimals(all) => {
                let mut out = FixedSizeBinaryBuilder::with_capacity(has.len(), 16);
                for (value, has) in all.iter().zip(has) {
                    if *has {
                        // The builder takes exactly 16 bytes, so appending cannot fail.
                        out.append_value(value.bytes()).unwrap_or_default();
                    } else {
                        out.append_null();
                    }
                }
                Arc::new(out.finish())
            }
        }
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        match self {
            Best::Longs(all) => bytes_of(all),
            Best::Texts(all) => all.size(),
            Best::Decimals(all) => bytes_of(all),
        }
    }
}

/// Ranks as a column of type `ty`.
pub fn ranked(ty: Type, ranks: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    match ty {
        Type::Bool => Arc::new(ranks.map(|r| r.map(|r| r != 0)).collect::<BooleanArray>()),
        Type::Int => Arc::new(
            ranks
                .map(|r| r.and_then(|r| i32::try_from(r).ok()))
                .collect::<Int32Array>(),
        ),
        Type::Real => Arc::new(ranks.map(|r| r.map(real_of)).collect::<Float64Array>()),
        Type::Long | Type::Datetime | Type::Timespan => Arc::new(ranks.collect::<Int64Array>()),
        _ => arrays::nulls(ty, ranks.count()),
    }
}

/// A text per group, all in one buffer.
#[derive(Default)]
pub struct Texts {
    buffer: String,
    places: Vec<(usize, usize)>,
    garbage: usize,
}

impl Texts {
    fn grow(&mut self, group_count: usize) {
        let count = group_count.max(self.places.len());
        self.places.resize(count, (0, 0));
    }

    fn get(&self, group: usize) -> &str {
        let (start, end) = self.places[group];
        self.buffer.get(start..end).unwrap_or("")
    }

    fn set(&mut self, group: usize, text: &str) {
        let (start, end) = self.places[group];
        self.garbage += end - start;
        if self.garbage > 1 << 16 && self.garbage > self.buffer.len() / 2 {
            self.compact();
        }
        let start = self.buffer.len();
        self.buffer.push_str(text);
        self.places[group] = (start, self.buffer.len());
    }

    fn compact(&mut self) {
        let mut buffer = String::with_capacity(self.buffer.len() - self.garbage / 2);
        for place in &mut self.places {
            let start = buffer.len();
            buffer.push_str(self.buffer.get(place.0..place.1).unwrap_or(""));
            *place = (start, buffer.len());
        }
        self.buffer = buffer;
        self.garbage = 0;
    }

    fn size(&self) -> usize {
        self.buffer.capacity() + bytes_of(&self.places)
    }
}
