//! A result one cell below the other: rows too wide for the terminal, as a whole.

use std::io::Write;

use super::cells::batches;
use super::grid::{Grid, Left};
use super::shown::{visible, width};
use super::{Buffer, WriteError};
use crate::engine::Table;

/// Columns that a name may take.
const LONGEST: usize = 48;

/// Writes each row as a block of lines, a column on each.
pub(super) fn write(table: &Table, grid: &Grid, out: &mut dyn Write) -> Result<Left, WriteError> {
    let limit = grid.max_rows.unwrap_or(usize::MAX);
    let mut left = Left {
        rows: table.rows().saturating_sub(limit),
        ..Left::default()
    };
    let columns = grid.columns(table, &mut left)?;
    let names = columns
        .iter()
        .map(|c| width(&c.name))
        .max()
        .unwrap_or(0)
        .min(LONGEST);
    let types = match grid.types {
        true => columns.iter().map(|c| c.ty.name().len()).max().unwrap_or(0),
        false => 0,
    };
    let (bold, dim, end) = match grid.color {
        true => ("\x1b[1m", "\x1b[2m", "\x1b[0m"),
        false => ("", "", ""),
    };
    let mut buffer = Buffer::new(out);
    let mut shown = 0;
    let mut cell = String::new();
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows.min(limit - shown) {
            shown += 1;
            let rule = "─".repeat((names + types).max(12));
            buffer
                .text
                .push_str(&format!("{dim}── {shown} {rule}{end}\n"));
            for column in &columns {
                let Some(cells) = rows.columns.get(column.index) else {
                    continue;
                };
                let blank = " ".repeat(names.saturating_sub(width(&column.name)));
                buffer
                    .text
                    .push_str(&format!("{bold}{}{end}{blank}  ", column.name));
                if types > 0 {
                    let ty = column.ty.name();
                    buffer.text.push_str(&format!("{dim}{ty:types$}{end}  "));
                }
                super::grid::show(cells, row, &mut cell);
                let text = visible(&cell);
                match cells.is_null(row) {
                    true => buffer.text.push_str(&format!("{dim}{text}{end}")),
                    false => buffer.text.push_str(&text),
                }
                while buffer.text.ends_with(' ') {
                    buffer.text.pop();
                }
                buffer.text.push('\n');
            }
            buffer.settle()?;
        }
    }
    buffer.finish()?;
    Ok(left)
}
