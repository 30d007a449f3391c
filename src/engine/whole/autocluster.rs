//! `autocluster`: few patterns that say much of many rows.
//!
//! A local search, as the paper has it that Kusto's own is based on (Seed-Expand): from each of some rows, a pattern
//! takes on those of the row's values that raise its score, the best first. The score is the geometric mean of the
//! share of the rows and of what the values tell, in bits; the caller weighs the two. Of patterns that share most of
//! their rows, the best stays. Kusto starts from other rows and scores in a way that is not published.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::patterns::{self, Given, Item, Rows, Weights, both, within};
use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::Patterns;
use crate::types::{Schema, Type, Value};

/// A pattern that the search arrived at.
struct Pattern {
    /// Columns, and a row with their values.
    values: Vec<(usize, usize)>,
    rows: Rows,
    weight: i128,
    score: f64,
}

/// Finds the patterns, from so many rows.
pub(super) fn run(
    patterns: &Patterns,
    (size, seeds): (f64, usize),
    schema: &Schema,
    table: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let weights = Weights::new(patterns, table);
    let mut columns: Vec<(usize, Vec<u32>)> = Vec::new();
    let searched = table.columns.iter().take(patterns.wildcards.len());
    for (column, array) in searched.enumerate() {
        cancel.check()?;
        if patterns::searched(patterns, column) {
            columns.push((column, patterns::numbered(array)?.0));
        }
    }
    let mut tried: HashSet<Vec<u32>> = HashSet::new();
    let mut known: HashSet<Vec<(usize, u32)>> = HashSet::new();
    let mut found: Vec<Pattern> = Vec::new();
    let seeds = seeds.min(table.rows);
    for seed in 0..seeds {
        cancel.check()?;
        // Rows at equal distances stand for random ones: the same table gets the same answer.
        let row = (2 * seed + 1) * table.rows / (2 * seeds);
        let number = |numbers: &[u32]| numbers.get(row).copied().unwrap_or(0);
        if !tried.insert(columns.iter().map(|(_, n)| number(n)).collect()) {
            continue;
        }
        let items = columns.iter().map(|(column, numbers)| {
            let own = number(numbers);
            Item {
                column: *column,
                example: row,
                rows: patterns::select(table.rows, |r| numbers.get(r) == Some(&own)),
            }
        });
        let items: Vec<Item> = items.collect();
        let Some(pattern) = grow(&items, table.rows, &weights, size) else {
            continue;
        };
        let place = |column: usize| columns.iter().find(|(c, _)| *c == column);
        let key = pattern.values.iter().map(|(column, _)| {
            let value = place(*column).map_or(0, |(_, numbers)| number(numbers));
            (*column, value)
        });
        if known.insert(key.collect()) {
            patterns::bounded(found.len() + columns.len(), table.rows)?;
            found.push(pattern);
        }
    }
    let mut chosen = choose(found, &weights);
    // Numbered as `basket` does it: by how much of the table their cells fill.
    chosen.sort_by_key(|p| Reverse(p.weight * p.values.len() as i128));
    let mut given = Vec::with_capacity(chosen.len());
    for (id, pattern) in (0i64..).zip(chosen) {
        given.push(Given {
            numbers: vec![
                Value::Long(id),
                patterns::whole(pattern.weight)?,
                patterns::percent(pattern.weight, weights.total, 1),
            ],
            values: pattern.values,
        });
    }
    let numbers = [Type::Long, Type::Long, Type::Real];
    patterns::output(patterns, schema, table, &numbers, &given)
}

/// The pattern that a row's values grow to, with every value that all its rows share.
fn grow(items: &[Item], rows: usize, weights: &Weights, size: f64) -> Option<Pattern> {
    let mut rows: Rows = patterns::select(rows, |_| true);
    let (mut score, mut told) = (0.0, 0.0);
    let mut taken = vec![false; items.len()];
    loop {
        let mut best: Option<(usize, f64, f64)> = None;
        for (index, item) in items.iter().enumerate() {
            let weight = weights.of_both(&rows, &item.rows);
            // What one row has alone is no pattern.
            if taken.get(index) == Some(&true) || weight < 2 {
                continue;
            }
            let share = share(weight, weights);
            let told = told - self::share(weights.of(&item.rows), weights).log2();
            let raised = share.powf(size) * told.powf(1.0 - size);
            if raised > best.map_or(score, |(_, best, _)| best) {
                best = Some((index, raised, told));
            }
        }
        let Some((index, raised, bits)) = best else {
            break;
        };
        (score, told) = (raised, bits);
        taken[index] = true;
        rows = both(&rows, &items[index].rows);
    }
    let shared = items.iter().filter(|item| within(&rows, &item.rows));
    let values: Vec<(usize, usize)> = shared.map(|item| (item.column, item.example)).collect();
    let weight = weights.of(&rows);
    (weight > 0 && !values.is_empty()).then_some(Pattern {
        values,
        weight,
        rows,
        score,
    })
}

fn share(weight: i128, weights: &Weights) -> f64 {
    weight as f64 / weights.total as f64
}

/// The best patterns, without those of which better ones have most rows.
fn choose(mut found: Vec<Pattern>, weights: &Weights) -> Vec<Pattern> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut covered: Rows = Vec::new();
    found.retain(|pattern| {
        covered.resize(pattern.rows.len(), 0);
        let keep = weights.of_both(&pattern.rows, &covered) * 2 <= pattern.weight;
        if keep {
            for (word, more) in covered.iter_mut().zip(&pattern.rows) {
                *word |= more;
            }
        }
        keep
    });
    found
}
