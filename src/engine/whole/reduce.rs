//! `reduce`: groups of texts by the words they have in the same places.
//!
//! As the paper has it that Kusto's own follows (Vaarandi's SLCT): a word in a place is frequent if enough rows have it
//! there; rows with the same frequent words are a group, if there are enough of them; the others are one group.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray};

use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::Reduce;

/// The pattern of the rows that are in no group.
const OTHERS: &str = "others";

/// The places of a text's words in it.
type Words = Vec<(usize, usize)>;

/// Rows of one pattern.
struct Group {
    /// The first of them.
    first: usize,
    rows: i64,
}

/// Groups the texts in the last column of a table.
pub(super) fn run(reduce: &Reduce, table: &Batch, cancel: &Cancel) -> Result<Batch, Fault> {
    let lost = || Fault::internal("reduce has no texts");
    let texts = table.columns.last().and_then(|c| c.as_string_view_opt());
    let texts = texts.ok_or_else(lost)?;
    let separates = |c: char| {
        // A character that is named changes sides.
        let usual = !c.is_ascii_alphanumeric();
        usual != reduce.characters.contains(c)
    };
    let rows: Vec<Words> = texts
        .iter()
        .map(|text| words(text.unwrap_or_default(), separates))
        .collect();
    cancel.check()?;
    let mut counts: HashMap<(usize, &str), usize> = HashMap::new();
    let word = |row: usize, (start, end): (usize, usize)| {
        texts.value(row).get(start..end).unwrap_or_default()
    };
    for (row, words) in rows.iter().enumerate() {
        for (place, at) in words.iter().enumerate() {
            *counts.entry((place, word(row, *at))).or_default() += 1;
        }
    }
    cancel.check()?;
    let enough = enough(reduce.threshold, table.rows);
    let mut groups: HashMap<Vec<(usize, &str)>, Group> = HashMap::new();
    let mut keys = Vec::with_capacity(rows.len());
    for (row, words) in rows.iter().enumerate() {
        let places = words.iter().enumerate();
        let key = places.map(|(place, at)| (place, word(row, *at)));
        let key: Vec<(usize, &str)> = key.filter(|w| counts.get(w) >= Some(&enough)).collect();
        let group = groups.entry(key.clone());
        group
            .or_insert(Group {
                first: row,
                rows: 0,
            })
            .rows += 1;
        keys.push(key);
    }
    let least = i64::try_from(enough).unwrap_or(i64::MAX);
    groups.retain(|key, group| !key.is_empty() && group.rows >= least);
    let pattern = |key: &[(usize, &str)], group: &Group| {
        let words = rows.get(group.first).map_or(&[][..], Vec::as_slice);
        let places: Vec<usize> = key.iter().map(|(place, _)| *place).collect();
        pattern(texts.value(group.first), words, &places, &reduce.characters)
    };
    if reduce.source {
        let patterns: HashMap<&Vec<(usize, &str)>, String> = groups
            .iter()
            .map(|(key, group)| (key, pattern(key, group)))
            .collect();
        let column = keys
            .iter()
            .map(|key| patterns.get(key).map_or(OTHERS, String::as_str));
        let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(column));
        let mut columns = table.columns.clone();
        columns.pop();
        columns.push(column);
        return Ok(Batch {
            columns,
            rows: table.rows,
            position: 0,
        });
    }
    let grouped: i64 = groups.values().map(|g| g.rows).sum();
    let mut groups: Vec<(Vec<(usize, &str)>, Group)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| (std::cmp::Reverse(group.rows), group.first));
    let mut found: Vec<(String, i64, &str)> = groups
        .iter()
        .map(|(key, group)| (pattern(key, group), group.rows, texts.value(group.first)))
        .collect();
    let others = i64::try_from(table.rows).unwrap_or(i64::MAX) - grouped;
    if others > 0 {
        found.push((OTHERS.to_string(), others, ""));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringViewArray::from_iter_values(
            found.iter().map(|f| &f.0),
        )),
        Arc::new(Int64Array::from_iter_values(found.iter().map(|f| f.1))),
        Arc::new(StringViewArray::from_iter_values(found.iter().map(|f| f.2))),
    ];
    Ok(Batch {
        columns,
        rows: found.len(),
        position: 0,
    })
}

/// How many rows must have a word in its place: this part of all, and two.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn enough(threshold: f64, rows: usize) -> usize {
    ((threshold * rows as f64).ceil() as usize).max(2)
}

fn words(text: &str, separates: impl Fn(char) -> bool) -> Words {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (separates(c), start) {
            (true, Some(from)) => {
                words.push((from, at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    if let Some(from) = start {
        words.push((from, text.len()));
    }
    words
}

/// A text with `*` in the place of all words but these. A letter that separates words goes with the star beside it.
fn pattern(text: &str, words: &[(usize, usize)], kept: &[usize], letters: &str) -> String {
    let mut out = String::new();
    let mut end = 0;
    let mut star = false;
    for (place, (from, to)) in words.iter().enumerate() {
        let between = text.get(end..*from).unwrap_or_default();
        let keep = kept.contains(&place);
        if keep {
            let between = match star {
                true => between.trim_start_matches(|c| letters.contains(c)),
                false => between,
            };
            out.push_str(between);
            out.push_str(text.get(*from..*to).unwrap_or_default());
        } else if !star {
            out.push_str(between.trim_end_matches(|c| letters.contains(c)));
            out.push('*');
        }
        star = !keep;
        end = *to;
    }
    if !star {
        out.push_str(text.get(end..).unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{pattern, words};

    #[test]
    fn stars_stand_for_words() {
        let split = |text: &str| words(text, |c| !c.is_ascii_alphanumeric());
        let text = "San Juan de, x";
        assert_eq!(split(text), [(0, 3), (4, 8), (9, 11), (13, 14)]);
        assert_eq!(pattern(text, &split(text), &[0], ""), "San *");
        assert_eq!(pattern(text, &split(text), &[0, 3], ""), "San *, x");
        assert_eq!(pattern(text, &split(text), &[1], ""), "* Juan *");
        assert_eq!(pattern("fooZ1", &[(0, 3), (4, 5)], &[0], "Z"), "foo*");
    }
}
