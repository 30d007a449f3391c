//! JSON: an array of objects, or an object per line.

use std::io::Write;

use super::cells::{Rows, batches};
use super::{Buffer, WriteError};
use crate::engine::Table;
use crate::json::write_quoted;

/// The keys of a table's objects, each with what stands before its value.
fn keys(table: &Table) -> Vec<String> {
    let columns = table.schema.columns.iter().enumerate();
    columns
        .map(|(i, column)| {
            let mut key = String::from(if i == 0 { "{" } else { "," });
            write_quoted(&column.name, &mut key);
            key.push(':');
            key
        })
        .collect()
}

fn write_object(keys: &[String], rows: &Rows<'_>, row: usize, out: &mut String) {
    if keys.is_empty() {
        out.push('{');
    }
    for (key, cells) in keys.iter().zip(&rows.columns) {
        out.push_str(key);
        cells.write_json(row, out);
    }
    out.push('}');
}

pub(super) fn write_lines(table: &Table, out: &mut dyn Write) -> Result<(), WriteError> {
    let mut buffer = Buffer::new(out);
    let keys = keys(table);
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows {
            write_object(&keys, &rows, row, &mut buffer.text);
            buffer.text.push('\n');
            buffer.settle()?;
        }
    }
    Ok(buffer.finish()?)
}

pub(super) fn write_array(table: &Table, out: &mut dyn Write) -> Result<(), WriteError> {
    let mut buffer = Buffer::new(out);
    let keys = keys(table);
    let mut separator = "[\n";
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows {
            buffer.text.push_str(separator);
            write_object(&keys, &rows, row, &mut buffer.text);
            separator = ",\n";
            buffer.settle()?;
        }
    }
    let end = if separator == "[\n" { "[]\n" } else { "\n]\n" };
    buffer.text.push_str(end);
    Ok(buffer.finish()?)
}
