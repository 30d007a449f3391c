//! Documents that hold tables: answers of Kusto, Log Analytics and the hunting APIs, and lists of records in a document.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::json::{elements, entries, member, member_chain, parse_valid, write_quoted};
use crate::load::made::{Content, Maker};
use crate::types::Type;

use super::rows::text_of;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Envelope {
    KustoV1,
    KustoV2,
    LogAnalytics,
    /// Several answers of Log Analytics, to queries sent together.
    Batch,
    Hunting,
    /// `{"records":[…]}`, one or many.
    Records,
    /// `{"value":[…]}`
    Page,
    /// `{"Records":[…]}`
    CloudTrail,
    /// An error in a table's stead.
    Error,
}

impl Envelope {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Envelope::KustoV1 => "an answer of Kusto (v1)",
            Envelope::KustoV2 => "an answer of Kusto (v2)",
            Envelope::LogAnalytics => "an answer of Log Analytics",
            Envelope::Batch => "answers of Log Analytics",
            Envelope::Hunting => "a result of advanced hunting",
            Envelope::Records => "messages with records",
            Envelope::Page => "a page of values",
            Envelope::CloudTrail => "CloudTrail records",
            Envelope::Error => "an error message",
        }
    }
}

/// A table of a document.
pub(super) struct Answer {
    /// Its columns, where the document declares them.
    pub columns: Option<Vec<(Arc<str>, Option<Type>)>>,
    pub rows: Content,
}

type Failed = String;

/// The tables of a document, which is valid JSON (for [`Envelope::Records`] several documents one after the other).
pub(super) fn tables(envelope: Envelope, text: &str) -> Result<Vec<Answer>, Failed> {
    match envelope {
        Envelope::KustoV1 => kusto_v1(text),
        Envelope::KustoV2 => kusto_v2(text),
        Envelope::LogAnalytics => log_analytics(text),
        Envelope::Batch => batch(text),
        Envelope::Hunting => hunting(text).map(|table| vec![table]),
        Envelope::Records => records(text, "records"),
        Envelope::CloudTrail => records(text, "Records"),
        Envelope::Page => records(text, "value"),
        Envelope::Error => Err(error_text(text)),
    }
}

/// What an error says.
fn error_text(text: &str) -> Failed {
    let error = member(text, "error").unwrap_or(text);
    let said = ["@message", "message", "code"]
        .iter()
        .find_map(|key| member(error, key));
    said.map_or("it does not say why".into(), text_of)
        .into_owned()
}

/// The type that a column's declaration names.
fn declared(column: &str, keys: &[&str]) -> Option<Type> {
    keys.iter()
        .filter_map(|key| member(column, key))
        .find_map(|name| type_of(&text_of(name)))
}

/// A KQL type by its own or its .NET name, in any case.
pub(in crate::load) fn type_of(name: &str) -> Option<Type> {
    let short = name.rsplit('.').next().unwrap_or(name);
    let lower = short.to_ascii_lowercase();
    Some(match lower.as_str() {
        "sbyte" => Type::Bool,
        "sqldecimal" => Type::Decimal,
        "object" => Type::Dynamic,
        "single" => Type::Real,
        other => Type::from_name(other)?,
    })
}

/// Columns as a document declares them, each name once.
fn columns(list: &str, name: &str, types: &[&str]) -> Vec<(Arc<str>, Option<Type>)> {
    let mut taken: HashSet<Arc<str>> = HashSet::new();
    elements(list)
        .enumerate()
        .map(|(i, column)| {
            let base = member(column, name).map(text_of).unwrap_or_default();
            let base = match base.is_empty() {
                true => format!("Column{}", i + 1),
                false => base.into_owned(),
            };
            let mut free: Arc<str> = base.as_str().into();
            let mut number = 0;
            while !taken.insert(Arc::clone(&free)) {
                number += 1;
                free = format!("{base}{number}").into();
            }
            (free, declared(column, types))
        })
        .collect()
}

/// Rows that are lists of values, as objects; dynamics may be JSON `texts` in strings.
fn lists<'a>(
    columns: &[(Arc<str>, Option<Type>)],
    texts: bool,
    rows: impl Iterator<Item = &'a str>,
) -> Result<Content, Failed> {
    let keys: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(i, (name, _))| {
            let mut key = String::from(if i == 0 { "" } else { "," });
            write_quoted(name, &mut key);
            key.push(':');
            key
        })
        .collect();
    let mut maker = Maker::default();
    let mut line = String::new();
    for (number, row) in rows.enumerate() {
        if row.starts_with('{') {
            let errors = member(row, "OneApiErrors").or_else(|| member(row, "Exceptions"));
            let first = errors.and_then(|e| elements(e).next());
            return Err(match first {
                Some(first) => format!("the query failed: {}", error_text(first)),
                None => format!("row {} is no list of values", number + 1),
            });
        }
        line.clear();
        line.push('{');
        let mut count = 0;
        for ((key, column), cell) in keys.iter().zip(columns).zip(elements(row)) {
            line.push_str(key);
            let text = texts && column.1 == Some(Type::Dynamic) && cell.starts_with('"');
            let inner = text.then(|| parse_valid(&text_of(cell)).map(Cow::into_owned));
            let cell = inner.as_ref().and_then(Option::as_deref).unwrap_or(cell);
            // One line is one row.
            line.extend(cell.chars().filter(|c| !matches!(c, '\n' | '\r')));
            count += 1;
        }
        if count != keys.len() || elements(row).count() != count {
            return Err(format!(
                "row {} has other columns than the table",
                number + 1
            ));
        }
        line.push('}');
        maker.row(&line).map_err(|e| e.to_string())?;
    }
    maker.finish().map_err(|e| e.to_string())
}

const KUSTO_TYPES: &[&str] = &["ColumnType", "DataType"];

fn kusto_table<'a>(
    columns_text: &str,
    rows: impl Iterator<Item = &'a str>,
) -> Result<Answer, Failed> {
    let columns = columns(columns_text, "ColumnName", KUSTO_TYPES);
    Ok(Answer {
        rows: lists(&columns, false, rows)?,
        columns: Some(columns),
    })
}

fn kusto_v1(text: &str) -> Result<Vec<Answer>, Failed> {
    if let Some(first) = member(text, "Exceptions").and_then(|e| elements(e).next()) {
        return Err(format!("the query failed: {}", text_of(first)));
    }
    let all: Vec<&str> = member(text, "Tables").map_or(Vec::new(), |t| elements(t).collect());
    let part = |table, key| member(table, key).unwrap_or("[]");
    let mut wanted: Vec<usize> = (0..all.len()).collect();
    // Three or more tables end in one that says what the others are.
    if let Some(last) = all.last().filter(|_| all.len() >= 3) {
        let names = columns(part(last, "Columns"), "ColumnName", &[]);
        let place = |name: &str| names.iter().position(|(n, _)| **n == *name);
        if let (Some(ordinal), Some(kind)) = (place("Ordinal"), place("Kind")) {
            let of_kind = |wanted: &str| -> Vec<usize> {
                let rows = elements(part(last, "Rows"));
                rows.filter_map(|row| {
                    let is_wanted = text_of(elements(row).nth(kind)?) == wanted;
                    let ordinal = elements(row).nth(ordinal)?.parse().ok()?;
                    is_wanted.then_some(ordinal)
                })
                .collect()
            };
            for status in of_kind("QueryStatus")
                .into_iter()
                .filter_map(|i| all.get(i))
            {
                let columns = ("Severity", "StatusDescription");
                refused(part(status, "Columns"), part(status, "Rows"), columns, 2)?;
            }
            wanted = of_kind("QueryResult");
        }
    }
    let found = wanted.into_iter().filter_map(|i| all.get(i));
    found
        .map(|table| kusto_table(part(table, "Columns"), elements(part(table, "Rows"))))
        .collect()
}

/// Fails where a table of what became of a query has a row as grave as `most` or graver, by its column of gravity.
fn refused(
    columns_text: &str,
    rows: &str,
    (gravity, what): (&str, &str),
    most: i64,
) -> Result<(), Failed> {
    let names = columns(columns_text, "ColumnName", &[]);
    let place = |name: &str| names.iter().position(|(n, _)| **n == *name);
    let (Some(gravity), Some(what)) = (place(gravity), place(what)) else {
        return Ok(());
    };
    for row in elements(rows) {
        let grave = elements(row)
            .nth(gravity)
            .and_then(|g| g.parse::<i64>().ok());
        if grave.is_some_and(|grave| grave <= most) {
            let said = elements(row).nth(what).map(text_of).unwrap_or_default();
            let text = member(&said, "Text").map(|t| text_of(t).into_owned());
            let text = text.unwrap_or_else(|| said.into_owned());
            return Err(format!("the query failed: {text}"));
        }
    }
    Ok(())
}

/// A table of a progressive answer while it comes.
struct Progressive<'a> {
    id: &'a str,
    columns: &'a str,
    rows: Vec<&'a str>,
}

fn kusto_v2(text: &str) -> Result<Vec<Answer>, Failed> {
    let mut answers = Vec::new();
    let mut open: Vec<Progressive<'_>> = Vec::new();
    for frame in elements(text) {
        let part = |key| member(frame, key).unwrap_or("[]");
        let kind = member(frame, "FrameType").map(text_of).unwrap_or_default();
        let primary = member(frame, "TableKind").is_some_and(|k| text_of(k) == "PrimaryResult");
        match &*kind {
            "DataTable" if primary => {
                answers.push(kusto_table(part("Columns"), elements(part("Rows")))?);
            }
            "DataTable"
                if member(frame, "TableKind")
                    .is_some_and(|k| text_of(k) == "QueryCompletionInformation") =>
            {
                refused(part("Columns"), part("Rows"), ("Level", "Payload"), 3)?;
            }
            "TableHeader" if primary => open.push(Progressive {
                id: part("TableId"),
                columns: part("Columns"),
                rows: Vec::new(),
            }),
            "TableFragment" => {
                let id = part("TableId");
                if let Some(table) = open.iter_mut().find(|t| t.id == id) {
                    let replaces = member(frame, "TableFragmentType")
                        .is_some_and(|t| text_of(t) == "DataReplace");
                    if replaces {
                        table.rows.clear();
                    }
                    table.rows.extend(elements(part("Rows")));
                }
            }
            "DataSetCompletion" if member(frame, "HasErrors") == Some("true") => {
                let first = member(frame, "OneApiErrors").and_then(|e| elements(e).next());
                return Err(format!(
                    "the query failed: {}",
                    first.map(error_text).unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
    for table in open {
        answers.push(kusto_table(table.columns, table.rows.into_iter())?);
    }
    Ok(answers)
}

fn log_analytics(text: &str) -> Result<Vec<Answer>, Failed> {
    let tables = member(text, "tables").unwrap_or("[]");
    let answers: Result<Vec<Answer>, Failed> = elements(tables)
        .map(|table| {
            let part = |key| member(table, key).unwrap_or("[]");
            let columns = columns(part("columns"), "name", &["type"]);
            Ok(Answer {
                rows: lists(&columns, true, elements(part("rows")))?,
                columns: Some(columns),
            })
        })
        .collect();
    match member_chain(text, &["error", "code"]).map(text_of) {
        Some(code) if code == "PartialError" => {
            Err("the answer is a partial one (PartialError): rows are missing".into())
        }
        _ => answers,
    }
}

/// The answers to queries sent together, in their order.
fn batch(text: &str) -> Result<Vec<Answer>, Failed> {
    let mut all = Vec::new();
    for response in elements(member(text, "responses").unwrap_or("[]")) {
        let body = member(response, "body").unwrap_or("{}");
        if member(body, "error").is_some() && member(body, "tables").is_none() {
            return Err(format!("a query failed: {}", error_text(body)));
        }
        all.extend(log_analytics(body)?);
    }
    Ok(all)
}

fn hunting(text: &str) -> Result<Answer, Failed> {
    let either = |a, b| member(text, a).or_else(|| member(text, b));
    let columns = either("Schema", "schema").map(|list| {
        let name = if member(text, "Schema").is_some() {
            "Name"
        } else {
            "name"
        };
        columns(list, name, &["Type", "type"])
    });
    let mut maker = Maker::default();
    let mut line = String::new();
    for row in elements(either("Results", "results").unwrap_or("[]")) {
        line.clear();
        line.push('{');
        let mut first = true;
        // Keys of the protocol, as `@odata.type` and `DeviceId@odata.type`, are no columns.
        for (name, value) in entries(row).filter(|(name, _)| !name.contains("@odata.")) {
            if !std::mem::replace(&mut first, false) {
                line.push(',');
            }
            write_quoted(&name, &mut line);
            line.push(':');
            line.extend(value.chars().filter(|c| !matches!(c, '\n' | '\r')));
        }
        line.push('}');
        maker.row(&line).map_err(|e| e.to_string())?;
    }
    Ok(Answer {
        columns: columns.filter(|c| !c.is_empty()),
        rows: maker.finish().map_err(|e| e.to_string())?,
    })
}

/// The records of a document, or of several.
fn records(text: &str, key: &str) -> Result<Vec<Answer>, Failed> {
    let mut maker = Maker::default();
    for document in super::documents(text) {
        let list = member(document, key).ok_or("a document has no records")?;
        for record in elements(list) {
            if !record.starts_with('{') {
                return Err("a record is no object".into());
            }
            let line: String = record
                .chars()
                .filter(|c| !matches!(c, '\n' | '\r'))
                .collect();
            maker.row(&line).map_err(|e| e.to_string())?;
        }
    }
    Ok(vec![Answer {
        columns: None,
        rows: maker.finish().map_err(|e| e.to_string())?,
    }])
}
