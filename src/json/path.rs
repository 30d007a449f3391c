//! Paths into JSON: `$.a[0]['b c']`.

use super::access::{element, member};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A bag's key.
    Key(String),
    /// An array's index, negative from the end.
    Index(i64),
}

impl Step {
    /// What the step finds.
    pub fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Step::Key(key) => member(text, key),
            Step::Index(index) => element(text, *index),
        }
    }
}

/// A path from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Reads `$`, then `.key`, `['key']`, `["key"]` and `[0]` in any number.
    pub fn parse(text: &str) -> Option<Path> {
        let mut rest = text.trim().strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                if after.starts_with('[') {
                    rest = after;
                    continue;
                }
                let end = after.find(['.', '[']).unwrap_or(after.len());
                if end == 0 {
                    return None;
                }
                steps.push(Step::Key(after[..end].to_owned()));
                rest = &after[end..];
                continue;
            }
            let inner = rest.strip_prefix('[')?;
            rest = match inner.chars().next()? {
                quote @ ('\'' | '"') => {
                    let (key, after) = inner[1..].split_once(quote)?;
                    steps.push(Step::Key(key.to_owned()));
                    after.strip_prefix(']')?
                }
                _ => {
                    let (index, after) = inner.split_once(']')?;
                    steps.push(Step::Index(index.trim().parse().ok()?));
                    after
                }
            };
        }
        Some(Path(steps))
    }

    /// The key functions of bags take: a path if it starts with `$`, else one key.
    pub fn of_key(key: &str) -> Path {
        key.starts_with('$')
            .then(|| Path::parse(key))
            .flatten()
            .unwrap_or_else(|| Path(vec![Step::Key(key.to_owned())]))
    }

    /// The part of `text` at the end of the path.
    pub fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.0.iter().try_fold(text, |text, step| step.find(text))
    }
}
