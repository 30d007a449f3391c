//! CSV as RFC 4180 quotes it, with a header.

use std::io::Write;

use super::cells::{Cells, batches};
use super::{Buffer, WriteError};
use crate::engine::Table;

pub(super) fn write(table: &Table, out: &mut dyn Write) -> Result<(), WriteError> {
    let mut buffer = Buffer::new(out);
    let one_column = table.schema.len() == 1;
    for (i, column) in table.schema.columns.iter().enumerate() {
        if i > 0 {
            buffer.text.push(',');
        }
        let start = buffer.text.len();
        buffer.text.push_str(&column.name);
        quote_from(start, one_column, &mut buffer.text);
    }
    buffer.text.push('\n');
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows {
            for (i, cells) in rows.columns.iter().enumerate() {
                if i > 0 {
                    buffer.text.push(',');
                }
                let start = buffer.text.len();
                cells.write_text(row, &mut buffer.text);
                if one_column || matches!(cells, Cells::String(_) | Cells::Dynamic(_)) {
                    quote_from(start, one_column, &mut buffer.text);
                }
            }
            buffer.text.push('\n');
            buffer.settle()?;
        }
    }
    Ok(buffer.finish()?)
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
