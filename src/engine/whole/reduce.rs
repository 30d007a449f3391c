//! `reduce`: groups of texts by the words they have in the same places.
//!
//! As the paper has it that Kusto's own follows (Vaarandi's SLCT): a word in a place is frequent if enough rows have it
//! there; rows with the same frequent words are a group, if there are enough of them; the others are one group.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray};

use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::Reduce;

/// The pattern of the rows that are in no group.
const OTHERS: &str = "others";

/// The places of a text's words in it.
type Words = Vec<(usize, usize)>;

/// A word in its place.
type Placed<'a> = (usize, &'a str);

/// Rows of one pattern.
struct Group {
    /// The first of them.
    first: usize,
    rows: i64,
}

/// Groups the texts in the last column of a table.
pub(super) fn run(reduce: &Reduce, table: &Batch, cancel: &Cancel) -> Result<Batch, Fault> {
    let texts = table.columns.last().and_then(|c| c.as_string_view_opt());
    let texts = texts.ok_or_else(|| Fault::internal("reduce has no texts"))?;
    let separates = |c: char| {
        // A character that is named changes sides.
        let usual = !c.is_ascii_alphanumeric();
        usual != reduce.characters.contains(c)
    };
    let split = texts
        .iter()
        .map(|text| words(text.unwrap_or_default(), separates));
    let texts = Texts {
        texts,
        words: split.collect(),
    };
    cancel.check()?;
    let enough = enough(reduce.threshold, table.rows);
    let keys = texts.frequent_words(enough);
    cancel.check()?;
    let groups = groups(&keys, enough);
    match reduce.source {
        true => Ok(texts.row_patterns(reduce, table, &keys, &groups)),
        false => Ok(texts.patterns(reduce, groups)),
    }
}

/// The groups of rows with the same frequent words that are large enough.
fn groups<'k, 'a>(keys: &'k [Vec<Placed<'a>>], enough: usize) -> HashMap<&'k [Placed<'a>], Group> {
    let mut groups: HashMap<&[Placed<'_>], Group> = HashMap::new();
    for (first, key) in keys.iter().enumerate() {
        let group = groups.entry(key).or_insert(Group { first, rows: 0 });
        group.rows += 1;
    }
    let least = i64::try_from(enough).unwrap_or(i64::MAX);
    groups.retain(|key, group| !key.is_empty() && group.rows >= least);
    groups
}

/// Texts, and where their words are.
struct Texts<'a> {
    texts: &'a StringViewArray,
    words: Vec<Words>,
}

impl<'a> Texts<'a> {
    fn placed(&self, row: usize) -> impl Iterator<Item = Placed<'a>> {
        let text = self.texts.value(row);
        let words = self.words.get(row).into_iter().flatten().enumerate();
        words.map(move |(place, (start, end))| (place, text.get(*start..*end).unwrap_or_default()))
    }

    /// The words of each row that enough rows have in the same place.
    fn frequent_words(&self, enough: usize) -> Vec<Vec<Placed<'a>>> {
        let rows = 0..self.words.len();
        let mut counts: HashMap<Placed<'_>, usize> = HashMap::new();
        for word in rows.clone().flat_map(|row| self.placed(row)) {
            *counts.entry(word).or_default() += 1;
        }
        let frequent = |word: &Placed<'_>| counts.get(word) >= Some(&enough);
        rows.map(|row| self.placed(row).filter(frequent).collect())
            .collect()
    }

    fn pattern(&self, reduce: &Reduce, key: &[Placed<'_>], group: &Group) -> String {
        let words = self.words.get(group.first).map_or(&[][..], Vec::as_slice);
        let places: Vec<usize> = key.iter().map(|(place, _)| *place).collect();
        pattern(
            self.texts.value(group.first),
            words,
            &places,
            &reduce.characters,
        )
    }

    /// The table with each row's pattern in place of its text.
    fn row_patterns(
        &self,
        reduce: &Reduce,
        table: &Batch,
        keys: &[Vec<Placed<'_>>],
        groups: &HashMap<&[Placed<'_>], Group>,
    ) -> Batch {
        let patterns = groups
            .iter()
            .map(|(key, group)| (*key, self.pattern(reduce, key, group)));
        let patterns: HashMap<&[Placed<'_>], String> = patterns.collect();
        let column = keys
            .iter()
            .map(|key| patterns.get(key.as_slice()).map_or(OTHERS, String::as_str));
        let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(column));
        let mut columns = table.columns.clone();
        columns.pop();
        columns.push(column);
        Batch {
            columns,
            rows: table.rows,
            position: 0,
        }
    }

    /// The patterns, how many rows each has, and one of them; the most frequent first, the rows of no group last.
    fn patterns(&self, reduce: &Reduce, groups: HashMap<&[Placed<'_>], Group>) -> Batch {
        let grouped: i64 = groups.values().map(|g| g.rows).sum();
        let mut groups: Vec<(&[Placed<'_>], Group)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| (Reverse(group.rows), group.first));
        let mut found: Vec<(String, i64, &str)> = groups
            .iter()
            .map(|(key, group)| {
                let pattern = self.pattern(reduce, key, group);
                (pattern, group.rows, self.texts.value(group.first))
            })
            .collect();
        let others = i64::try_from(self.words.len()).unwrap_or(i64::MAX) - grouped;
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
        Batch {
            columns,
            rows: found.len(),
            position: 0,
        }
    }
}

/// How many rows must have a word in its place: this part of all, and two.
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
