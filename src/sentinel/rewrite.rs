//! Queries written anew where they stand: in a file of their own, in a page, in a YAML or JSON text of any style.
//!
//! How a file could have the new text is only proposed; a proposal counts if the file then reads as it did, but for
//! its queries.

use std::collections::HashMap;
use std::ops::Range;

use super::proposals::{escaped, is_written, proposals};
use super::scalar::Style;
use super::tree::{Node, Value};
use super::{Query, contents, ending, json, markdown, yaml};
use crate::source::{Exactness, Span};
use crate::syntax;

/// A range of a file and what replaces it.
pub type Edit = (Range<usize>, String);

/// The new text of one of a file's queries.
pub struct Change {
    /// Which query.
    pub index: usize,
    /// Its text.
    pub text: String,
}

/// Why a query is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It cannot be told how the file writes it.
    Unspelled,
    /// However it is written, the file would read otherwise.
    Otherwise,
}

/// A file after its queries changed.
pub struct Rewritten {
    /// Its text.
    pub text: String,
    /// The queries that did not, by their numbers.
    pub left: Vec<(usize, Left)>,
}

/// Writes new texts of queries in their places. `queries` are those of the file.
pub fn rewritten(name: &str, text: &str, queries: &[Query], changes: Vec<Change>) -> Rewritten {
    let mut left = Vec::new();
    let mut plans = Vec::new();
    for change in changes {
        let Some(query) = queries.get(change.index) else {
            continue;
        };
        if is_written(query, &change.text) {
            continue;
        }
        let proposals = proposals(name, query, &change.text);
        let done = |edits: &Vec<Edit>| {
            edits
                .iter()
                .all(|(r, new)| text.get(r.clone()) == Some(new))
        };
        match proposals.first() {
            None if query.source.exactness() == Exactness::Line => {
                left.push((change.index, Left::Unspelled));
            }
            None => left.push((change.index, Left::Otherwise)),
            Some(first) if done(first) => {}
            Some(_) => plans.push(Plan { change, proposals }),
        }
    }
    if plans.is_empty() {
        return Rewritten {
            text: text.to_string(),
            left,
        };
    }
    let file = File::of(name, text, queries);
    let mut settled = Vec::new();
    file.settle(&plans, &mut settled, &mut left);
    left.sort_unstable_by_key(|(index, _)| *index);
    let edits = settled.iter().flat_map(|(_, edits)| edits.iter().cloned());
    Rewritten {
        text: apart(edits.collect()).map_or_else(|| text.to_string(), |edits| edited(text, edits)),
        left,
    }
}

/// The edits of a file by which one of its queries is edited, if there are any: as they are, escaped as the file
/// escapes, or with the query's text in another style.
pub fn mended(
    name: &str,
    text: &str,
    queries: &[Query],
    index: usize,
    edits: &[(Span, &str)],
) -> Option<Vec<Edit>> {
    let query = queries.get(index)?;
    let source = &query.source;
    let ranges = edits.iter().map(|(span, new)| (span.range(), *new));
    let change = Change {
        index,
        text: edited(source.text(), ranges.collect()),
    };
    let plain: Option<Vec<Edit>> = edits
        .iter()
        .map(|(span, new)| Some((source.place(*span)?, (*new).to_string())))
        .collect();
    let escaped = edits.iter().map(|(span, new)| {
        let range = source.place(*span);
        let range = range.unwrap_or_else(|| source.in_container(*span));
        let new = match query.spelling.as_ref()?.style {
            Style::Double => escaped(source, new),
            Style::Single => new.replace('\'', "''"),
            _ => return None,
        };
        Some((range, new))
    });
    let file = File::of(name, text, queries);
    let escaped: Option<Vec<Edit>> = escaped.collect();
    plain
        .into_iter()
        .chain(escaped)
        .chain(proposals(name, query, &change.text))
        .find(|proposal| file.reads(&[(&change, proposal)]))
}

/// A text after edits that do not touch one another.
pub fn edited<S: AsRef<str>>(text: &str, mut edits: Vec<(Range<usize>, S)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_string();
    for (range, new) in edits.into_iter().rev() {
        text.replace_range(range, new.as_ref());
    }
    text
}

/// The edits in order, each once, unless one is within another: a text may stand for several queries.
fn apart(mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    edits.dedup();
    let touch = edits.windows(2).any(|pair| pair[0].0.end > pair[1].0.start);
    (!touch).then_some(edits)
}

/// A change and how it could be made, the best first.
struct Plan {
    change: Change,
    proposals: Vec<Vec<Edit>>,
}

/// A change and how it is made.
type Settled<'a> = (&'a Change, &'a Vec<Edit>);

/// A file as it was.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    queries: &'a [Query],
    documents: Vec<(String, Vec<Node>)>,
}

impl<'a> File<'a> {
    fn of(name: &'a str, text: &'a str, queries: &'a [Query]) -> File<'a> {
        File {
            name,
            text,
            queries,
            documents: documents(name, text),
        }
    }

    /// Makes changes: all at once, or if that will not do, in halves, so that few are looked at alone.
    fn settle<'p>(
        &self,
        plans: &'p [Plan],
        settled: &mut Vec<Settled<'p>>,
        left: &mut Vec<(usize, Left)>,
    ) {
        let before = settled.len();
        let best = |plan: &'p Plan| Some((&plan.change, plan.proposals.first()?));
        settled.extend(plans.iter().filter_map(best));
        if self.reads(settled) {
            return;
        }
        settled.truncate(before);
        let [plan] = plans else {
            let (first, second) = plans.split_at(plans.len() / 2);
            self.settle(first, settled, left);
            self.settle(second, settled, left);
            return;
        };
        for proposal in plan.proposals.iter().skip(1) {
            settled.push((&plan.change, proposal));
            if self.reads(settled) {
                return;
            }
            settled.pop();
        }
        left.push((plan.change.index, Left::Otherwise));
    }

    /// Whether the file reads as it did after changes, but for the queries that are to change.
    fn reads(&self, settled: &[Settled<'_>]) -> bool {
        if settled.is_empty() {
            return true;
        }
        let edits = settled.iter().flat_map(|(_, edits)| edits.iter().cloned());
        let Some(edits) = apart(edits.collect()) else {
            return false;
        };
        let text = edited(self.text, edits);
        let Ok(after) = contents(self.name, &text) else {
            return false;
        };
        let Some(changed) = self.changed(&after.queries, settled) else {
            return false;
        };
        let documents = documents(self.name, &text);
        let mut pairs = self.documents.iter().zip(&documents);
        documents.len() == self.documents.len()
            && pairs.all(|((old_text, old), (new_text, new))| {
                let same = Same {
                    texts: (old_text, new_text),
                    changed: &changed,
                };
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same.nodes(old, new))
            })
    }

    /// The texts of queries that have changed as they were to, and what they have become; `None` if another has.
    fn changed<'q>(
        &'q self,
        after: &'q [Query],
        settled: &[Settled<'_>],
    ) -> Option<HashMap<&'q str, &'q str>> {
        if after.len() != self.queries.len() {
            return None;
        }
        // By the query, and by its place, where others may have their texts, too.
        let mut meant: HashMap<usize, &str> = HashMap::new();
        let mut placed: HashMap<usize, &str> = HashMap::new();
        for (change, _) in settled {
            meant.insert(change.index, &change.text);
            if let Some(place) = &self.queries[change.index].spelling {
                placed.insert(place.range.start, &change.text);
            }
        }
        let mut changed: HashMap<&str, &str> = HashMap::new();
        for (index, (old, new)) in self.queries.iter().zip(after).enumerate() {
            let place = old.spelling.as_ref().map(|place| place.range.start);
            let there = place.and_then(|place| placed.get(&place));
            let (was, is) = (old.source.text(), new.source.text());
            match meant.get(&index).or(there) {
                None if was == is => {}
                Some(meant) if is_meant(old, is, meant) => _ = changed.insert(was, is),
                _ => return None,
            }
        }
        Some(changed)
    }
}

/// The documents of a YAML or JSON file, or of each block of YAML of a page, with its text; none of another file.
fn documents(name: &str, text: &str) -> Vec<(String, Vec<Node>)> {
    let documents = match ending(name).as_str() {
        "yaml" | "yml" => yaml::documents(text).ok(),
        "json" => json::tree(text).ok().map(|tree| vec![tree]),
        "md" | "markdown" => return markdown::documents(name, text),
        _ => None,
    };
    documents
        .map(|documents| (text.to_string(), documents))
        .into_iter()
        .collect()
}

/// Whether the text of a query is what it was meant to become, with as many line ends behind it as before.
fn is_meant(old: &Query, read: &str, meant: &str) -> bool {
    let lines = |text: &str| text.trim().replace("\r\n", "\n");
    let ends = |text: &str| text[text.trim_end().len()..].matches('\n').count();
    if lines(read) != lines(meant)
        || old.spelling.is_some() && ends(read) != ends(old.source.text())
    {
        return false;
    }
    // Line ends may be otherwise between words, but not within them.
    read.contains('\r') == meant.contains('\r')
        || syntax::parse_text(read).query == syntax::parse_text(meant).query
}

/// Compares documents in which some texts may have changed.
struct Same<'a> {
    texts: (&'a str, &'a str),
    changed: &'a HashMap<&'a str, &'a str>,
}

impl Same<'_> {
    fn nodes(&self, old: &Node, new: &Node) -> bool {
        match (&old.value, &new.value) {
            (Value::Text(old), Value::Text(new)) => {
                old == new || self.changed.get(old.as_str()) == Some(&new.as_str())
            }
            (Value::List(old), Value::List(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.nodes(old, new))
            }
            (Value::Map(old), Value::Map(new)) => {
                let entry =
                    |((key, value), (new_key, new_value)): (&(Node, Node), &(Node, Node))| {
                        self.nodes(key, new_key) && self.nodes(value, new_value)
                    };
                old.len() == new.len() && old.iter().zip(new).all(entry)
            }
            (Value::Integer(old), Value::Integer(new)) => old == new,
            (Value::Null, Value::Null) | (Value::Computed, Value::Computed) => true,
            (Value::Bool, Value::Bool) | (Value::Real, Value::Real) => {
                self.texts.0.get(old.span.range()) == self.texts.1.get(new.span.range())
            }
            _ => false,
        }
    }
}
