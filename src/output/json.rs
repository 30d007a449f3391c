//! JSON: an array of objects, or an object per line.

use super::cells::Rows;
use crate::json::write_quoted;
use crate::types::Schema;

/// The keys of a table's objects, each with what stands before its value.
pub(super) fn keys(schema: &Schema) -> Vec<String> {
    let columns = schema.columns.iter().enumerate();
    columns
        .map(|(i, column)| {
            let mut key = String::from(if i == 0 { "{" } else { "," });
            write_quoted(&column.name, &mut key);
            key.push(':');
            key
        })
        .collect()
}

pub(super) fn object(keys: &[String], rows: &Rows<'_>, row: usize, out: &mut String) {
    if keys.is_empty() {
        out.push('{');
    }
    for (key, cells) in keys.iter().zip(&rows.columns) {
        out.push_str(key);
        cells.write_json(row, out);
    }
    out.push('}');
}
