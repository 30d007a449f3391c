//! Records that hold a row inside them, and what the row is.

use std::borrow::Cow;
use std::sync::Arc;

use super::windows::{self, Channels, Form, Target};
use crate::json::{entries, member, unescape, write_quoted};

/// How a record becomes a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::load) enum Rows {
    /// It is one.
    Plain,
    /// Values are all texts, and a key names the kind of table: what az writes.
    Texts,
    /// Its `properties` are, of the records with a category (or of all).
    Properties(Option<Arc<str>>),
    /// A Windows event.
    Windows(Form, Target, Channels),
}

impl Rows {
    /// Whether strings may stand for values of any type.
    pub fn are_texts(&self) -> bool {
        *self == Rows::Texts
    }

    /// Writes the row of a record, which is valid JSON; whether the record holds one.
    pub fn rewrite(&self, record: &str, out: &mut String) -> Result<bool, &'static str> {
        match self {
            Rows::Plain => out.push_str(record),
            Rows::Texts => without(record, "TableName", out),
            Rows::Properties(category) => {
                if let Some(wanted) = category {
                    let found = member(record, "category").map(text_of);
                    if found.ok_or("it has no `category`")? != **wanted {
                        return Ok(false);
                    }
                }
                match member(record, "properties") {
                    Some(row) if row.starts_with('{') => out.push_str(row),
                    _ => return Err("it has no `properties`"),
                }
            }
            Rows::Windows(form, target, channels) => {
                return windows::rewrite(*form, *target, *channels, record, out);
            }
        }
        Ok(true)
    }
}

/// An object without one of its keys.
fn without(record: &str, key: &str, out: &mut String) {
    out.push('{');
    let mut first = true;
    for (name, value) in entries(record).filter(|(name, _)| name != key) {
        if !std::mem::replace(&mut first, false) {
            out.push(',');
        }
        write_quoted(&name, out);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
}

/// The entries of an object.
pub(super) struct Object<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    pub fn of(text: &'a str) -> Object<'a> {
        Object(entries(text).collect())
    }

    /// The JSON text of a key's value.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| *v)
    }
}

/// The content of a JSON string, else the JSON text itself.
pub(super) fn text_of(json: &str) -> Cow<'_, str> {
    unescape(json)
}

/// A value as text: nothing for null.
pub(super) fn scalar(json: &str) -> Cow<'_, str> {
    match json {
        "null" => Cow::Borrowed(""),
        _ => text_of(json),
    }
}
