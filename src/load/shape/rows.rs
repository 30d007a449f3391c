//! Records that hold a row inside them, and what the row is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::windows::{self, Channels, Form, Target};
use crate::json::{entries, member, unescape, write_quoted};
use crate::load::Known;

/// How a record becomes a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::load) enum Rows {
    /// It is one.
    Plain,
    /// It is one, and its column [`RECORD`] is all of it.
    Around,
    /// Values are all texts, and a key names the kind of table: what az writes.
    Texts,
    /// Its `properties` are, of the records with a category (or of all); with the names that a known table's columns
    /// have, by themselves in lower case, those of the record are columns as well.
    Properties(Option<Arc<str>>, Option<Arc<Names>>),
    /// A Windows event.
    Windows(Form, Target, Channels),
}

/// The names of a table's columns, by themselves in lower case.
pub(in crate::load) type Names = BTreeMap<String, Arc<str>>;

impl Rows {
    /// The same for a table of which something is known: Entra calls the columns of its records otherwise than
    /// Sentinel calls those of its tables, Defender does not.
    #[must_use]
    pub fn of(self, known: Option<&Known>) -> Rows {
        match (self, known) {
            (Rows::Properties(category, None), Some(known)) if !known.twins => {
                let names = known.schema.columns.iter();
                let names = names.map(|c| (c.name.to_ascii_lowercase(), Arc::clone(&c.name)));
                Rows::Properties(category, Some(Arc::new(names.collect())))
            }
            (rows, _) => rows,
        }
    }

    /// Whether strings may stand for values of any type.
    pub fn are_texts(&self) -> bool {
        *self == Rows::Texts
    }

    /// Writes the row of a record, which is valid JSON; whether the record holds one.
    pub fn rewrite(&self, record: &str, out: &mut String) -> Result<bool, &'static str> {
        match self {
            Rows::Plain => out.push_str(record),
            Rows::Around => around(record, out),
            Rows::Texts => without(record, "TableName", out),
            Rows::Properties(category, names) => {
                if let Some(wanted) = category {
                    let found = member(record, "category").map(text_of);
                    if found.ok_or("it has no `category`")? != **wanted {
                        return Ok(false);
                    }
                }
                match (member(record, "properties"), names) {
                    (Some(row), None) if row.starts_with('{') => out.push_str(row),
                    (Some(row), Some(names)) if row.starts_with('{') => {
                        named(record, row, names, out);
                    }
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

/// The column that is the record itself.
pub(in crate::load) const RECORD: &str = "$";

/// A record with itself in front.
fn around(record: &str, out: &mut String) {
    let members = record.strip_prefix('{').unwrap_or_default();
    let comma = if members.trim_start() == "}" { "" } else { "," };
    out.extend(["{\"", RECORD, "\":", record, comma, members]);
}

/// The properties of a record as a table's columns are called, and behind them what the record itself has of those.
fn named<'a>(record: &'a str, properties: &'a str, names: &'a Names, out: &mut String) {
    let column = |key: &str| -> Option<Cow<'a, str>> {
        let name = names.get(&key.to_ascii_lowercase())?;
        Some(Cow::Borrowed(&**name))
    };
    let property = |(key, value): (Cow<'a, str>, &'a str)| {
        // A sign-in's `location` is a country beside the properties, and a bag among them.
        let details = key == "location" && value.starts_with('{');
        let name = details.then(|| column("LocationDetails")).flatten();
        let name = name.or_else(|| column(&key)).unwrap_or(key);
        (name, value)
    };
    let mut columns: Vec<(Cow<'a, str>, &'a str)> = entries(properties).map(property).collect();
    for (key, value) in entries(record) {
        let name = match &*key {
            "properties" => None,
            "time" => column("TimeGenerated"),
            // Sentinel's `TenantId` is that of the workspace.
            "tenantId" => column("AADTenantId"),
            key => column(key),
        };
        if let Some(name) = name
            && columns.iter().all(|(taken, _)| *taken != *name)
        {
            columns.push((name, value));
        }
    }
    write_object(columns.iter().map(|(k, v)| (&**k, *v)), out);
}

/// An object without one of its keys.
fn without(record: &str, key: &str, out: &mut String) {
    let entries: Vec<_> = entries(record).filter(|(name, _)| name != key).collect();
    write_object(entries.iter().map(|(k, v)| (&**k, *v)), out);
}

/// Writes an object of keys and JSON texts.
fn write_object<'a>(entries: impl Iterator<Item = (&'a str, &'a str)>, out: &mut String) {
    out.push('{');
    for (i, (key, value)) in entries.enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        write_quoted(key, out);
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
