//! CSV as RFC 4180 quotes it, with a header.

use super::cells::{Cells, Rows};
use crate::types::Schema;

pub(super) fn head(schema: &Schema, out: &mut String) {
    let one_column = schema.len() == 1;
    for (i, column) in schema.columns.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let start = out.len();
        out.push_str(&column.name);
        quote_from(start, one_column, out);
    }
    out.push('\n');
}

pub(super) fn row(rows: &Rows<'_>, row: usize, out: &mut String) {
    let one_column = rows.columns.len() == 1;
    for (i, cells) in rows.columns.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let start = out.len();
        cells.write_text(row, out);
        if one_column || matches!(cells, Cells::String(_) | Cells::Dynamic(_)) {
            quote_from(start, one_column, out);
        }
    }
    out.push('\n');
}

/// Quotes the cell that starts at `start`, if it must be. A line that is one empty cell must be, for
/// readers pass over empty lines.
fn quote_from(start: usize, alone: bool, text: &mut String) {
    let cell = &text[start..];
    let empty = alone && cell.is_empty();
    if !empty
        && !cell
            .bytes()
            .any(|b| matches!(b, b'"' | b',' | b'\n' | b'\r'))
    {
        return;
    }
    let quoted = cell.replace('"', "\"\"");
    text.truncate(start);
    text.push('"');
    text.push_str(&quoted);
    text.push('"');
}
