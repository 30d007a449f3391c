//! `narrow`: a row for each cell of a table.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray};

use crate::contract::Batch;
use crate::types::Schema;

/// Makes the rows; every column is of strings.
pub(super) fn run(schema: &Schema, table: &Batch) -> Batch {
    let width = table.columns.len();
    let cells = table.rows * width;
    let texts: Vec<Option<&StringViewArray>> = table
        .columns
        .iter()
        .map(|c| c.as_string_view_opt())
        .collect();
    let rows = (0i64..).take(table.rows);
    let numbers = rows.flat_map(|row| std::iter::repeat_n(row, width));
    let names = schema.columns.iter().map(|c| &*c.name);
    let names: Vec<&str> = names.collect();
    let names = (0..cells).map(|i| names.get(i % width).copied().unwrap_or_default());
    let values = (0..cells).map(|i| match texts.get(i % width) {
        Some(Some(text)) if text.is_valid(i / width) => text.value(i / width),
        _ => "",
    });
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values(numbers)),
        Arc::new(StringViewArray::from_iter_values(names)),
        Arc::new(StringViewArray::from_iter_values(values)),
    ];
    Batch {
        columns,
        rows: cells,
        position: 0,
    }
}
