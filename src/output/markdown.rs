//! A Markdown table.

use super::cells::Rows;
use crate::text::{is_control, write_control};
use crate::types::Schema;

pub(super) fn head(schema: &Schema, out: &mut String) {
    out.push('|');
    for column in &schema.columns {
        out.push(' ');
        escape(&column.name, out);
        out.push_str(" |");
    }
    out.push_str("\n|");
    for column in &schema.columns {
        let rule = if column.ty.is_number() {
            " --: |"
        } else {
            " --- |"
        };
        out.push_str(rule);
    }
    out.push('\n');
}

pub(super) fn row(rows: &Rows<'_>, row: usize, out: &mut String) {
    let mut cell = String::new();
    out.push('|');
    for cells in &rows.columns {
        cell.clear();
        cells.write_shown(row, &mut cell);
        out.push(' ');
        escape(&cell, out);
        out.push_str(" |");
    }
    out.push('\n');
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
