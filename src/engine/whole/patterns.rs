//! What the searches for values that rows have together share: rows as bits, weights, and the rows of values.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::row::{RowConverter, SortField};

use super::{autocluster, basket, diffpatterns};
use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::{Patterns, Search};
use crate::types::{Schema, Type, Value, arrays};

/// Searches a table for patterns.
pub(super) fn run(
    patterns: &Patterns,
    schema: &Schema,
    table: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    match patterns.search {
        Search::Frequent {
            threshold,
            dimensions,
        } => basket::run(patterns, (threshold, dimensions), schema, table, cancel),
        Search::Telling { size, seeds } => {
            autocluster::run(patterns, (size, seeds), schema, table, cancel)
        }
        Search::Differing {
            threshold,
            dimensions,
            ..
        } => diffpatterns::run(patterns, (threshold, dimensions), schema, table, cancel),
    }
}

/// A set of rows, a bit each.
pub(super) type Rows = Vec<u64>;

/// A value of a column.
pub(super) struct Item {
    pub column: usize,
    /// A row that has it.
    pub example: usize,
    /// The rows that have it.
    pub rows: Rows,
}

/// A pattern, ready to be given: what stands in the first columns, and for each column a row with its value.
pub(super) struct Given {
    pub numbers: Vec<Value>,
    pub values: Vec<(usize, usize)>,
}

/// The rows, by what they weigh.
pub(super) struct Weights {
    pub each: Option<Vec<i64>>,
    pub total: i128,
}

impl Weights {
    /// The weights that stand behind the columns, or one for each row.
    pub fn new(patterns: &Patterns, table: &Batch) -> Weights {
        let each = match (patterns.weight, table.columns.get(patterns.wildcards.len())) {
            (Some(_), Some(array)) => {
                let weight = |row| arrays::value(&**array, Type::Long, row).as_i64();
                // A row without a weight, or with a negative one, counts for nothing.
                let weights = (0..table.rows).map(|row| weight(row).unwrap_or(0).max(0));
                Some(weights.collect::<Vec<i64>>())
            }
            _ => None,
        };
        let total = match &each {
            None => table.rows as i128,
            Some(each) => each.iter().map(|w| i128::from(*w)).sum(),
        };
        Weights { each, total }
    }

    /// The weight of one row.
    pub fn one(&self, row: usize) -> i128 {
        match &self.each {
            Some(each) => each.get(row).map_or(0, |w| i128::from(*w)),
            None => 1,
        }
    }

    /// The weight of some rows.
    pub fn of(&self, rows: &[u64]) -> i128 {
        self.of_words(rows.iter().copied())
    }

    /// The weight of the rows that are in both sets.
    pub fn of_both(&self, left: &[u64], right: &[u64]) -> i128 {
        self.of_words(left.iter().zip(right).map(|(a, b)| a & b))
    }

    fn of_words(&self, words: impl Iterator<Item = u64>) -> i128 {
        match &self.each {
            None => words.map(|word| i128::from(word.count_ones())).sum(),
            Some(_) => ones_of(words).map(|row| self.one(row)).sum(),
        }
    }
}

/// The numbers of the rows in a set.
pub(super) fn ones(rows: &[u64]) -> impl Iterator<Item = usize> + '_ {
    ones_of(rows.iter().copied())
}

fn ones_of(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words.enumerate().flat_map(|(word, bits)| {
        (0..64)
            .filter(move |bit| bits >> bit & 1 == 1)
            .map(move |bit| word * 64 + bit)
    })
}

/// The rows that are in both sets.
pub(super) fn both(left: &[u64], right: &[u64]) -> Rows {
    left.iter().zip(right).map(|(a, b)| a & b).collect()
}

/// Whether a set is a part of another.
pub(super) fn within(part: &[u64], whole: &[u64]) -> bool {
    part.iter().zip(whole).all(|(p, w)| p & !w == 0)
}

/// The set of those of `count` rows for which `holds` is true.
pub(super) fn select(count: usize, holds: impl Fn(usize) -> bool) -> Rows {
    let mut rows = vec![0; count.div_ceil(64)];
    for row in (0..count).filter(|row| holds(*row)) {
        rows[row / 64] |= 1 << (row % 64);
    }
    rows
}

/// The set of rows of a column of truth values.
pub(super) fn truths(column: Option<&ArrayRef>, count: usize) -> Result<Rows, Fault> {
    let column = column.and_then(|c| c.as_boolean_opt());
    let column = column.ok_or_else(|| Fault::internal("a set of rows is lacking"))?;
    Ok(select(count, |row| {
        column.is_valid(row) && column.value(row)
    }))
}

/// Words of bits that values of columns hold at most: half a gigabyte.
const MOST_WORDS: usize = 1 << 26;

/// Fails when so many sets of rows are too many to hold.
pub(super) fn bounded(sets: usize, rows: usize) -> Result<(), Fault> {
    if sets.saturating_mul(rows.div_ceil(64)) <= MOST_WORDS {
        return Ok(());
    }
    let message = "too many rows and values to search for patterns";
    Err(Fault::limit(message).help("take a part of the rows, or project fewer columns"))
}

/// The number of each row's value in a column, and how many values there are.
pub(super) fn numbered(array: &ArrayRef) -> Result<(Vec<u32>, usize), Fault> {
    let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())])?;
    let encoded = converter.convert_columns(std::slice::from_ref(array))?;
    let mut numbers: HashMap<&[u8], u32> = HashMap::new();
    let mut of_row: Vec<u32> = Vec::with_capacity(array.len());
    for key in &encoded {
        let next = u32::try_from(numbers.len()).map_err(|_| Fault::limit("too many values"))?;
        of_row.push(*numbers.entry(key.data()).or_insert(next));
    }
    Ok((of_row, numbers.len()))
}

/// The values of the columns that are searched, of which `enough` holds: told are the sums of what `weight` says of
/// their rows.
pub(super) fn items(
    patterns: &Patterns,
    table: &Batch,
    weight: impl Fn(usize) -> (i128, i128),
    enough: impl Fn((i128, i128)) -> bool,
    cancel: &Cancel,
) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    let columns = table.columns.iter().take(patterns.wildcards.len());
    for (column, array) in columns.enumerate() {
        cancel.check()?;
        if !searched(patterns, column) {
            continue;
        }
        let (of_row, count) = numbered(array)?;
        let mut sums = vec![(0, 0); count];
        for (row, number) in of_row.iter().enumerate() {
            if let Some(sum) = sums.get_mut(*number as usize) {
                let (first, second) = weight(row);
                *sum = (sum.0 + first, sum.1 + second);
            }
        }
        // Of a column with another value in each row only few get bits.
        let mut places: Vec<Option<usize>> = Vec::with_capacity(count);
        let before = items.len();
        for sum in sums {
            places.push(enough(sum).then_some(items.len()));
            if enough(sum) {
                bounded(items.len() + 1, table.rows)?;
                items.push(Item {
                    column,
                    example: 0,
                    rows: vec![0; table.rows.div_ceil(64)],
                });
            }
        }
        for (row, number) in of_row.iter().enumerate() {
            let place = places.get(*number as usize).copied().flatten();
            if let Some(item) = place.and_then(|p| items.get_mut(p)) {
                item.rows[row / 64] |= 1 << (row % 64);
            }
        }
        for item in items.iter_mut().skip(before) {
            item.example = ones(&item.rows).next().unwrap_or(0);
        }
    }
    Ok(items)
}

/// Whether patterns may have values of a column.
pub(super) fn searched(patterns: &Patterns, column: usize) -> bool {
    patterns.weight != Some(column) && split(patterns) != Some(column)
}

fn split(patterns: &Patterns) -> Option<usize> {
    match patterns.search {
        Search::Differing { split, .. } => Some(split),
        _ => None,
    }
}

/// A weight as a cell.
pub(super) fn whole(weight: i128) -> Result<Value, Fault> {
    let weight = i64::try_from(weight);
    let weight = weight.map_err(|_| Fault::limit("the weights add up to too much"))?;
    Ok(Value::Long(weight))
}

/// A part of a whole in percent, with so many digits after the point.
pub(super) fn percent(part: i128, whole: i128, digits: i32) -> Value {
    Value::Real(rounded(part as f64 * 100.0 / whole as f64, digits))
}

/// A number with so many digits after the point.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    (value * unit).round() / unit
}

/// The rows of the patterns: their numbers, and a value or a wildcard for each column.
pub(super) fn output(
    patterns: &Patterns,
    schema: &Schema,
    table: &Batch,
    numbers: &[Type],
    given: &[Given],
) -> Result<Batch, Fault> {
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (index, ty) in numbers.iter().enumerate() {
        let cells = given.iter().map(|g| g.numbers.get(index).cloned());
        let cells: Option<Vec<Value>> = cells.collect();
        let cells = cells.ok_or_else(|| Fault::internal("a pattern lacks a number"))?;
        columns.push(arrays::of(*ty, &cells));
    }
    for (index, wildcard) in patterns.wildcards.iter().enumerate() {
        if split(patterns) == Some(index) {
            continue;
        }
        let (Some(array), Some(column)) = (table.columns.get(index), schema.columns.get(index))
        else {
            return Err(Fault::internal("a search for patterns lacks a column"));
        };
        let cell = |given: &Given| {
            let value = given.values.iter().find(|(column, _)| *column == index);
            match value {
                Some((_, row)) => arrays::value(&**array, column.ty, *row),
                None => wildcard.clone(),
            }
        };
        let cells: Vec<Value> = given.iter().map(cell).collect();
        columns.push(arrays::of(column.ty, &cells));
    }
    Ok(Batch {
        columns,
        rows: given.len(),
        position: 0,
    })
}
