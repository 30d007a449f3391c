//! `diffpatterns` and `diffpatterns_text`: values, or words in their places, whose shares in two sets of rows differ.
//!
//! From each frequent value, a pattern takes on the values that raise the difference of its shares, the best first,
//! and then every value that all its rows have. Of patterns that share most of their rows, the one that differs most
//! stays. Kusto's own way is not published.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};

use super::patterns::{self, Given, Item, Rows, Weights, both, within};
use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::{Patterns, Words};
use crate::types::{Schema, Type, Value, arrays};

/// Values that the search starts from at most: those that differ most by themselves.
const MOST_STARTS: usize = 100;

/// Two sets of rows.
struct Sides {
    rows: [Rows; 2],
    totals: [i128; 2],
    weights: Weights,
}

/// A pattern: its items, its rows, and how much they weigh in each set.
struct Pattern {
    items: Vec<usize>,
    rows: [Rows; 2],
    weights: [i128; 2],
    difference: f64,
}

impl Sides {
    fn new(rows: [Rows; 2], weights: Weights) -> Sides {
        let totals = [weights.of(&rows[0]), weights.of(&rows[1])];
        Sides {
            rows,
            totals,
            weights,
        }
    }

    fn shares(&self, weights: [i128; 2]) -> [f64; 2] {
        [0, 1].map(|side| match self.totals[side] {
            0 => 0.0,
            total => weights[side] as f64 / total as f64,
        })
    }

    fn difference(&self, weights: [i128; 2]) -> f64 {
        let [first, second] = self.shares(weights);
        (first - second).abs()
    }

    /// What a row weighs in each set.
    fn one(&self, row: usize) -> (i128, i128) {
        let weight = |side: usize| {
            let word = self.rows[side].get(row / 64).copied().unwrap_or(0);
            match word >> (row % 64) & 1 {
                1 => self.weights.one(row),
                _ => 0,
            }
        };
        (weight(0), weight(1))
    }

    /// Whether a weight in each set is enough for a pattern to differ so much.
    fn enough(&self, (first, second): (i128, i128), threshold: f64) -> bool {
        let [a, b] = self.shares([first, second]);
        first + second > 0 && a.max(b) >= threshold
    }

    /// The patterns, those that differ most first.
    fn search(
        &self,
        items: &[Item],
        threshold: f64,
        most: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Pattern>, Fault> {
        let alone = |item: &Item| {
            let weight = |side: usize| self.weights.of_both(&item.rows, &self.rows[side]);
            self.difference([weight(0), weight(1)])
        };
        let mut starts: Vec<(f64, &Item)> = items.iter().map(|i| (alone(i), i)).collect();
        starts.sort_by(|a, b| b.0.total_cmp(&a.0));
        starts.truncate(MOST_STARTS);
        let mut known: HashSet<Vec<usize>> = HashSet::new();
        let mut found: Vec<Pattern> = Vec::new();
        for (_, start) in starts {
            cancel.check()?;
            let pattern = self.grow(start, items, most);
            if pattern.difference >= threshold && known.insert(pattern.items.clone()) {
                found.push(pattern);
            }
        }
        found.sort_by(|a, b| b.difference.total_cmp(&a.difference));
        let mut chosen: Vec<Pattern> = Vec::new();
        for pattern in found {
            let common = |other: &Pattern| -> i128 {
                let side = |s: usize| self.weights.of_both(&pattern.rows[s], &other.rows[s]);
                side(0) + side(1)
            };
            let own = pattern.weights[0] + pattern.weights[1];
            if chosen.iter().all(|other| common(other) * 2 <= own) {
                chosen.push(pattern);
            }
        }
        Ok(chosen)
    }

    fn grow(&self, start: &Item, items: &[Item], most: usize) -> Pattern {
        let weigh = |rows: &[Rows; 2], item: &Item| {
            [0, 1].map(|side: usize| self.weights.of_both(&rows[side], &item.rows))
        };
        let mut rows = [0, 1].map(|side: usize| both(&self.rows[side], &start.rows));
        let mut weights = weigh(&self.rows, start);
        let mut difference = self.difference(weights);
        for _ in 1..most {
            let mut best: Option<(&Item, [i128; 2])> = None;
            for item in items {
                let weights = weigh(&rows, item);
                let raised = self.difference(weights);
                if raised > difference + 1e-12 {
                    difference = raised;
                    best = Some((item, weights));
                }
            }
            let Some((item, taken)) = best else {
                break;
            };
            weights = taken;
            rows = rows.map(|rows| both(&rows, &item.rows));
        }
        let has = |i: &usize| rows.iter().all(|rows| within(rows, &items[*i].rows));
        Pattern {
            items: (0..items.len()).filter(has).collect(),
            rows,
            weights,
            difference,
        }
    }
}

/// Finds the patterns whose shares in the two sets behind the columns differ.
pub(super) fn run(
    patterns: &Patterns,
    (threshold, most): (f64, usize),
    schema: &Schema,
    table: &Batch,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let behind = patterns.wildcards.len() + usize::from(patterns.weight.is_some());
    let side = |side: usize| patterns::truths(table.columns.get(behind + side), table.rows);
    let sides = Sides::new([side(0)?, side(1)?], Weights::new(patterns, table));
    let enough = |sums| sides.enough(sums, threshold);
    let items = patterns::items(patterns, table, |row| sides.one(row), enough, cancel)?;
    let found = sides.search(&items, threshold, most, cancel)?;
    let mut given = Vec::with_capacity(found.len());
    for (id, pattern) in (0i64..).zip(&found) {
        let values = pattern.items.iter().filter_map(|i| items.get(*i));
        let percents = sides.shares(pattern.weights).map(|s| s * 100.0);
        given.push(Given {
            numbers: vec![
                Value::Long(id),
                patterns::whole(pattern.weights[0])?,
                patterns::whole(pattern.weights[1])?,
                Value::Real(patterns::rounded(percents[0], 2)),
                Value::Real(patterns::rounded(percents[1], 2)),
                Value::Real(patterns::rounded(pattern.difference * 100.0, 2)),
            ],
            values: values.map(|item| (item.column, item.example)).collect(),
        });
    }
    let numbers = [
        Type::Long,
        Type::Long,
        Type::Long,
        Type::Real,
        Type::Real,
        Type::Real,
    ];
    patterns::output(patterns, schema, table, &numbers, &given)
}

/// A word in its place.
type Placed<'a> = (usize, &'a str);

/// The words of a text that are looked at, in their places.
fn placed<'a>(text: &'a str, words: &Words) -> impl Iterator<Item = Placed<'a>> {
    text.split_whitespace().take(words.most).enumerate()
}

/// The words that enough rows of a side have in the same place, in order.
fn frequent<'a>(texts: &'a StringViewArray, words: &Words, sides: &Sides) -> Vec<Placed<'a>> {
    let mut sums: HashMap<Placed<'_>, (i128, i128)> = HashMap::new();
    for row in 0..texts.len() {
        let (with, without) = sides.one(row);
        for word in placed(texts.value(row), words) {
            let sum = sums.entry(word).or_default();
            *sum = (sum.0 + with, sum.1 + without);
        }
    }
    sums.retain(|_, sum| sides.enough(*sum, words.threshold));
    let mut frequent: Vec<Placed<'_>> = sums.into_keys().collect();
    frequent.sort_unstable();
    frequent
}

/// Which rows have each of the frequent words.
fn items(texts: &StringViewArray, words: &Words, frequent: &[Placed<'_>]) -> Vec<Item> {
    let places: HashMap<Placed<'_>, usize> = (0..).zip(frequent).map(|(i, w)| (*w, i)).collect();
    let item = |(column, _): &Placed<'_>| Item {
        column: *column,
        example: 0,
        rows: vec![0; texts.len().div_ceil(64)],
    };
    let mut items: Vec<Item> = frequent.iter().map(item).collect();
    for row in 0..texts.len() {
        for word in placed(texts.value(row), words) {
            if let Some(item) = places.get(&word).and_then(|place| items.get_mut(*place)) {
                item.rows[row / 64] |= 1 << (row % 64);
            }
        }
    }
    items
}

/// A pattern as text: its words, and `*` for any others.
fn written(texts: &StringViewArray, frequent: &[Placed<'_>], pattern: &Pattern) -> String {
    let told: Vec<Placed<'_>> = pattern
        .items
        .iter()
        .filter_map(|i| frequent.get(*i).copied())
        .collect();
    let end = told.last().map_or(0, |(place, _)| place + 1);
    let word = |place| {
        let told = told.iter().find(|(p, _)| *p == place);
        told.map_or("*", |(_, w)| w)
    };
    let mut text: Vec<&str> = (0..end).map(word).collect();
    let mut rows = pattern.rows.iter().flat_map(|rows| patterns::ones(rows));
    if rows.any(|row| texts.value(row).split_whitespace().nth(end).is_some()) {
        text.push("*");
    }
    text.join(" ")
}

/// Finds the patterns of words whose shares among the rows with and without a condition differ.
pub(super) fn words(words: &Words, table: &Batch, cancel: &Cancel) -> Result<Batch, Fault> {
    let texts = table.columns.first().and_then(|c| c.as_string_view_opt());
    let texts = texts.ok_or_else(|| Fault::internal("a search for words has no texts"))?;
    let with = patterns::truths(table.columns.get(1), table.rows)?;
    let without = patterns::select(table.rows, |row| with[row / 64] >> (row % 64) & 1 == 0);
    let weights = Weights {
        each: None,
        total: table.rows as i128,
    };
    let sides = Sides::new([with, without], weights);
    let frequent = frequent(texts, words, &sides);
    cancel.check()?;
    patterns::bounded(frequent.len(), table.rows)?;
    let items = items(texts, words, &frequent);
    let mut found = sides.search(&items, words.threshold, usize::MAX, cancel)?;
    found.retain(|pattern| pattern.items.len() >= words.least);
    let side = |side: usize| found.iter().map(move |p| patterns::whole(p.weights[side]));
    let percents = |side: usize| {
        let shares = found.iter().map(|p| sides.shares(p.weights)[side]);
        let percents = shares.map(|s| Value::Real(patterns::rounded(s * 100.0, 2)));
        arrays::of(Type::Real, &percents.collect::<Vec<Value>>())
    };
    let counts = [
        side(0).collect::<Result<Vec<Value>, Fault>>()?,
        side(1).collect::<Result<Vec<Value>, Fault>>()?,
    ];
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(
        found
            .iter()
            .map(|pattern| written(texts, &frequent, pattern)),
    ));
    let [with, without] = counts.map(|c| arrays::of(Type::Long, &c));
    Ok(Batch {
        columns: vec![with, without, percents(0), percents(1), texts],
        rows: found.len(),
        position: 0,
    })
}
