//! A Markdown table.

use std::io::Write;

use super::cells::batches;
use super::shown::{is_control, write_control};
use super::{Buffer, WriteError};
use crate::engine::Table;

pub(super) fn write(table: &Table, out: &mut dyn Write) -> Result<(), WriteError> {
    let mut buffer = Buffer::new(out);
    buffer.text.push('|');
    for column in &table.schema.columns {
        buffer.text.push(' ');
        escape(&column.name, &mut buffer.text);
        buffer.text.push_str(" |");
    }
    buffer.text.push_str("\n|");
    for column in &table.schema.columns {
        let rule = if column.ty.is_number() {
            " --: |"
        } else {
            " --- |"
        };
        buffer.text.push_str(rule);
    }
    buffer.text.push('\n');
    let mut cell = String::new();
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows {
            buffer.text.push('|');
            for cells in &rows.columns {
                cell.clear();
                cells.write_shown(row, &mut cell);
                buffer.text.push(' ');
                escape(&cell, &mut buffer.text);
                buffer.text.push_str(" |");
            }
            buffer.text.push('\n');
            buffer.settle()?;
        }
    }
    Ok(buffer.finish()?)
}

/// Appends text so that neither the table nor its page can take it for markup.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => {
                // An underscore within a word is no emphasis; names of columns stay readable.
                let plain = c == '_' && !out.ends_with(' ');
                if !plain {
                    out.push('\\');
                }
                out.push(c);
            }
            '\n' => out.push_str("<br>"),
            '\r' => {}
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            c if is_control(c) => write_control(c, out),
            c => out.push(c),
        }
    }
}
