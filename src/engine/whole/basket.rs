//! `basket`: the values that many rows have together.
//!
//! A pattern is given with every value that all its rows share, so that no two patterns have the same rows.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, ArrayRef};
use arrow::row::{RowConverter, SortField};

use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::Basket;
use crate::types::{Schema, Type, Value, arrays};

/// Patterns at most.
const MOST_PATTERNS: usize = 20_000;

/// Words of bits that patterns of one length hold at most: a quarter of a gigabyte.
const MOST_WORDS: usize = 1 << 25;

/// A value of a column that is frequent enough.
struct Item {
    column: usize,
    /// A row that has it.
    example: usize,
    /// The rows that have it, a bit each.
    rows: Vec<u64>,
}

/// Items that the same rows have, by their indices, sorted.
struct Pattern {
    items: Vec<usize>,
    weight: i128,
}

/// The rows, by what they weigh.
struct Weights {
    each: Option<Vec<i64>>,
    total: i128,
}

impl Weights {
    fn of(&self, rows: &[u64]) -> i128 {
        match &self.each {
            None => rows.iter().map(|word| i128::from(word.count_ones())).sum(),
            Some(each) => ones(rows)
                .filter_map(|row| each.get(row))
                .map(|w| i128::from(*w))
                .sum(),
        }
    }
}

fn ones(rows: &[u64]) -> impl Iterator<Item = usize> + '_ {
    rows.iter().enumerate().flat_map(|(word, bits)| {
        (0..64)
            .filter(move |bit| bits >> bit & 1 == 1)
            .map(move |bit| word * 64 + bit)
    })
}

fn both(left: &[u64], right: &[u64]) -> Vec<u64> {
    left.iter().zip(right).map(|(a, b)| a & b).collect()
}

fn within(part: &[u64], whole: &[u64]) -> bool {
    part.iter().zip(whole).all(|(p, w)| p & !w == 0)
}

/// Finds the patterns of a table; behind the schema's columns may be one of weights.
pub(super) fn run(
    basket: &Basket,
    schema: &Schema,
    table: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let width = basket.wildcards.len();
    let each = match (basket.weight, table.columns.get(width)) {
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
    let weights = Weights { each, total };
    let items = items(basket, table, &weights, cancel)?;
    let mut patterns = patterns(basket, table.rows, &items, &weights, cancel)?;
    // Kusto numbers them by how much of the table their cells fill.
    patterns.sort_by_key(|p| std::cmp::Reverse(p.weight * p.items.len() as i128));
    output(basket, schema, table, &items, &patterns, total)
}

/// The values that are frequent enough by themselves.
fn items(
    basket: &Basket,
    table: &Batch,
    weights: &Weights,
    cancel: &Cancel,
) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    let columns = table.columns.iter().take(basket.wildcards.len());
    for (column, array) in columns.enumerate() {
        cancel.check()?;
        if basket.weight == Some(column) {
            continue;
        }
        for rows in alike(array, |weight| frequent(basket, weights, weight), weights)? {
            let example = ones(&rows).next().unwrap_or(0);
            items.push(Item {
                column,
                example,
                rows,
            });
        }
    }
    Ok(items)
}

/// The rows of each value of a column that is frequent, as bits.
fn alike(
    array: &ArrayRef,
    frequent: impl Fn(i128) -> bool,
    weights: &Weights,
) -> Result<Vec<Vec<u64>>, Fault> {
    let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())])?;
    let encoded = converter.convert_columns(std::slice::from_ref(array))?;
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut sums: Vec<i128> = Vec::new();
    let mut of_row: Vec<usize> = Vec::with_capacity(array.len());
    for (row, key) in encoded.iter().enumerate() {
        let number = *numbers.entry(key.data()).or_insert(sums.len());
        let weight = match &weights.each {
            Some(each) => each.get(row).map_or(0, |w| i128::from(*w)),
            None => 1,
        };
        match sums.get_mut(number) {
            Some(sum) => *sum += weight,
            None => sums.push(weight),
        }
        of_row.push(number);
    }
    // Of a column with another value in each row only few get bits.
    let mut places: Vec<Option<usize>> = Vec::with_capacity(sums.len());
    let mut rows: Vec<Vec<u64>> = Vec::new();
    for sum in sums {
        places.push(frequent(sum).then_some(rows.len()));
        if frequent(sum) {
            rows.push(vec![0; array.len().div_ceil(64)]);
        }
    }
    for (row, number) in of_row.iter().enumerate() {
        if let Some(bits) = places
            .get(*number)
            .copied()
            .flatten()
            .and_then(|p| rows.get_mut(p))
        {
            bits[row / 64] |= 1 << (row % 64);
        }
    }
    Ok(rows)
}

#[allow(clippy::cast_precision_loss)]
fn frequent(basket: &Basket, weights: &Weights, weight: i128) -> bool {
    weight > 0 && weight as f64 >= basket.threshold * weights.total as f64
}

/// The patterns, each with every item that all its rows have.
fn patterns(
    basket: &Basket,
    rows: usize,
    items: &[Item],
    weights: &Weights,
    cancel: &Cancel,
) -> Result<Vec<Pattern>, Fault> {
    let all: Vec<u64> = vec![u64::MAX; rows.div_ceil(64)];
    let mut known: HashSet<Vec<usize>> = HashSet::new();
    let mut found: Vec<Pattern> = Vec::new();
    let mut level: Vec<(Vec<usize>, Vec<u64>)> = vec![(Vec::new(), all)];
    for _ in 0..basket.dimensions {
        let mut next = Vec::new();
        for (has, rows) in &level {
            cancel.check()?;
            for (index, item) in items.iter().enumerate() {
                // Two values of one column exclude each other.
                if has.iter().any(|i| items[*i].column == item.column) {
                    continue;
                }
                let rows = both(rows, &items[index].rows);
                let weight = weights.of(&rows);
                if !frequent(basket, weights, weight) {
                    continue;
                }
                let closed = (0..items.len()).filter(|i| within(&rows, &items[*i].rows));
                let closed: Vec<usize> = closed.collect();
                if !known.insert(closed.clone()) {
                    continue;
                }
                if known.len() > MOST_PATTERNS || (next.len() + 1) * rows.len() > MOST_WORDS {
                    let message = format!("basket finds too many patterns after {}", known.len());
                    return Err(Fault::limit(message)
                        .help("project fewer columns, or take a higher threshold"));
                }
                found.push(Pattern {
                    items: closed.clone(),
                    weight,
                });
                next.push((closed, rows));
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(found)
}

#[allow(clippy::cast_precision_loss)]
fn output(
    basket: &Basket,
    schema: &Schema,
    table: &Batch,
    items: &[Item],
    patterns: &[Pattern],
    total: i128,
) -> Result<Batch, Fault> {
    let whole =
        |v: i128| i64::try_from(v).map_err(|_| Fault::limit("the weights add up to too much"));
    let mut ids = Vec::with_capacity(patterns.len());
    let mut counts = Vec::with_capacity(patterns.len());
    let mut percents = Vec::with_capacity(patterns.len());
    for (id, pattern) in (0i64..).zip(patterns) {
        ids.push(Value::Long(id));
        counts.push(Value::Long(whole(pattern.weight)?));
        let percent = pattern.weight as f64 * 100.0 / total as f64;
        percents.push(Value::Real((percent * 10.0).round() / 10.0));
    }
    let mut columns = vec![
        arrays::of(Type::Long, &ids),
        arrays::of(Type::Long, &counts),
        arrays::of(Type::Real, &percents),
    ];
    for (index, wildcard) in basket.wildcards.iter().enumerate() {
        let (Some(array), Some(column)) = (table.columns.get(index), schema.columns.get(index))
        else {
            return Err(Fault::internal("basket lacks a column"));
        };
        let cells: Vec<Value> = patterns
            .iter()
            .map(|pattern| {
                let of_column = |i: &&usize| items[**i].column == index;
                match pattern.items.iter().find(of_column) {
                    Some(item) => arrays::value(&**array, column.ty, items[*item].example),
                    None => wildcard.clone(),
                }
            })
            .collect();
        columns.push(arrays::of(column.ty, &cells));
    }
    Ok(Batch {
        columns,
        rows: patterns.len(),
        position: 0,
    })
}
