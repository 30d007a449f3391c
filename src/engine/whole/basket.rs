//! `basket`: the values that many rows have together.
//!
//! A pattern is given with every value that all its rows share, so that no two patterns have the same rows.

use std::collections::HashSet;

use super::patterns::{self, Given, Item, Rows, Weights, both, within};
use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::Patterns;
use crate::types::{Schema, Type, Value};

/// Patterns at most.
const MOST_PATTERNS: usize = 20_000;

/// Words of bits that patterns of one length hold at most: a quarter of a gigabyte.
const MOST_WORDS: usize = 1 << 25;

/// Items that the same rows have, by their indices, sorted.
struct Pattern {
    items: Vec<usize>,
    weight: i128,
}

/// Finds the patterns that at least the part `threshold` of the rows has.
pub(super) fn run(
    patterns: &Patterns,
    (threshold, dimensions): (f64, usize),
    schema: &Schema,
    table: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let weights = Weights::new(patterns, table);
    let frequent = |weight: i128| frequent(threshold, weights.total, weight);
    let weight = |row| (weights.one(row), 0);
    let items = patterns::items(patterns, table, weight, |(w, _)| frequent(w), cancel)?;
    let mut found = search(dimensions, table.rows, &items, &weights, frequent, cancel)?;
    // Kusto numbers them by how much of the table their cells fill.
    found.sort_by_key(|p| std::cmp::Reverse(p.weight * p.items.len() as i128));
    let mut given = Vec::with_capacity(found.len());
    for (id, pattern) in (0i64..).zip(&found) {
        let values = pattern.items.iter().filter_map(|i| items.get(*i));
        given.push(Given {
            numbers: vec![
                Value::Long(id),
                patterns::whole(pattern.weight)?,
                patterns::percent(pattern.weight, weights.total, 1),
            ],
            values: values.map(|item| (item.column, item.example)).collect(),
        });
    }
    let numbers = [Type::Long, Type::Long, Type::Real];
    patterns::output(patterns, schema, table, &numbers, &given)
}

fn frequent(threshold: f64, total: i128, weight: i128) -> bool {
    weight > 0 && weight as f64 >= threshold * total as f64
}

/// The patterns, each with every item that all its rows have.
fn search(
    dimensions: usize,
    rows: usize,
    items: &[Item],
    weights: &Weights,
    frequent: impl Fn(i128) -> bool,
    cancel: &Cancel,
) -> Result<Vec<Pattern>, Fault> {
    let all: Rows = vec![u64::MAX; rows.div_ceil(64)];
    let mut known: HashSet<Vec<usize>> = HashSet::new();
    let mut found: Vec<Pattern> = Vec::new();
    let mut level: Vec<(Vec<usize>, Rows)> = vec![(Vec::new(), all)];
    for _ in 0..dimensions {
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
                if !frequent(weight) {
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
