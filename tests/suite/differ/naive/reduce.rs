//! `reduce`, said again with words as texts.

use kql::plan::whole::Reduce;
use kql::types::Value;

use super::Row;

/// A word, and what stands before it.
type Word = (String, String);

fn words(text: &str, letters: &str) -> (Vec<Word>, String) {
    let mut words = Vec::new();
    let (mut between, mut word) = (String::new(), String::new());
    for c in text.chars() {
        let separates = match letters.contains(c) {
            true => c.is_ascii_alphanumeric(),
            false => !c.is_ascii_alphanumeric(),
        };
        match (separates, word.is_empty()) {
            (false, _) => word.push(c),
            (true, true) => between.push(c),
            (true, false) => {
                words.push((std::mem::take(&mut word), std::mem::take(&mut between)));
                between.push(c);
            }
        }
    }
    if !word.is_empty() {
        words.push((word, std::mem::take(&mut between)));
    }
    (words, between)
}

/// The groups of texts, which are the last column; or the rows with their group.
pub fn reduced(how: &Reduce, rows: Vec<Row>) -> Vec<Row> {
    let letters = &*how.characters;
    let texts: Vec<String> = rows
        .iter()
        .map(|row| row.last().unwrap().as_str().unwrap_or("").to_string())
        .collect();
    let split: Vec<(Vec<Word>, String)> = texts.iter().map(|t| words(t, letters)).collect();
    let enough = ((how.threshold * rows.len() as f64).ceil() as usize).max(2);
    let frequent = |place: usize, word: &str| {
        let has = split
            .iter()
            .filter(|(words, _)| words.get(place).is_some_and(|(w, _)| w == word));
        has.count() >= enough
    };
    let keys: Vec<Vec<Option<String>>> = split
        .iter()
        .map(|(words, _)| {
            let words = words.iter().enumerate();
            let kept = words.map(|(place, (w, _))| frequent(place, w).then(|| w.clone()));
            let mut key: Vec<Option<String>> = kept.collect();
            // Words behind the last frequent one have no say in the group.
            while key.last() == Some(&None) {
                key.pop();
            }
            key
        })
        .collect();
    let count = |key: &Vec<Option<String>>| keys.iter().filter(|k| *k == key).count();
    let group = |key: &Vec<Option<String>>| !key.is_empty() && count(key) >= enough;
    let pattern = |row: usize| {
        let first = keys.iter().position(|k| *k == keys[row]).unwrap();
        shape(&split[first], &keys[first], letters)
    };
    if how.source {
        let with = |(place, mut row): (usize, Row)| {
            row.pop();
            row.push(Value::string(match group(&keys[place]) {
                true => pattern(place),
                false => "others".to_string(),
            }));
            row
        };
        return rows.into_iter().enumerate().map(with).collect();
    }
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (row, key) in keys.iter().enumerate() {
        if group(key) && keys[..row].iter().all(|k| k != key) {
            found.push((row, count(key)));
        }
    }
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others = rows.len() - found.iter().map(|(_, count)| count).sum::<usize>();
    let made = |(row, count): (usize, usize)| {
        let text = Value::string(&*texts[row]);
        vec![Value::string(pattern(row)), Value::Long(count as i64), text]
    };
    let mut out: Vec<Row> = found.into_iter().map(made).collect();
    if others > 0 {
        let others = Value::Long(others as i64);
        out.push(vec![Value::string("others"), others, Value::string("")]);
    }
    out
}

/// A text with a star for each run of words that are not kept.
fn shape((words, end): &(Vec<Word>, String), key: &[Option<String>], letters: &str) -> String {
    let mut out = String::new();
    let mut star = false;
    for (place, (word, between)) in words.iter().enumerate() {
        if key.get(place).is_some_and(Option::is_some) {
            out += match star {
                true => between.trim_start_matches(|c| letters.contains(c)),
                false => between,
            };
            out += word;
            star = false;
        } else if !star {
            out += between.trim_end_matches(|c| letters.contains(c));
            out += "*";
            star = true;
        }
    }
    if !star {
        out += end;
    }
    out
}
