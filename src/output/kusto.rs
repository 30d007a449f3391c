//! The answer of Kusto's REST API, version 1: typed columns and rows, a table per result.

use std::io::Write;

use super::cells::batches;
use super::{Buffer, WriteError};
use crate::engine::Table;
use crate::json::write_quoted;
use crate::types::Type;

pub(super) fn write(tables: &[&Table], out: &mut dyn Write) -> Result<(), WriteError> {
    let mut buffer = Buffer::new(out);
    buffer.text.push_str("{\"Tables\":[");
    for (i, table) in tables.iter().enumerate() {
        let separator = if i > 0 { ",\n" } else { "" };
        let start = format!("{separator}{{\"TableName\":\"Table_{i}\",\"Columns\":[");
        buffer.text.push_str(&start);
        write_columns(table, &mut buffer.text);
        buffer.text.push_str("],\"Rows\":[");
        write_rows(table, &mut buffer)?;
        buffer.text.push_str("]}");
    }
    buffer.text.push_str("]}\n");
    Ok(buffer.finish()?)
}

fn write_columns(table: &Table, out: &mut String) {
    for (i, column) in table.schema.columns.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        out.push_str("{\"ColumnName\":");
        write_quoted(&column.name, out);
        let ty = match column.ty {
            Type::Unknown => Type::Dynamic,
            ty => ty,
        };
        let dotnet = ty.dotnet_name();
        let dotnet = dotnet.rsplit('.').next().unwrap_or(dotnet);
        let types = format!(",\"DataType\":\"{dotnet}\",\"ColumnType\":\"{ty}\"}}");
        out.push_str(&types);
    }
}

fn write_rows(table: &Table, buffer: &mut Buffer<'_>) -> Result<(), WriteError> {
    let mut separator = "\n[";
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows {
            buffer.text.push_str(separator);
            separator = ",\n[";
            for (i, cells) in rows.columns.iter().enumerate() {
                buffer.text.push_str(if i > 0 { "," } else { "" });
                cells.write_json(row, &mut buffer.text);
            }
            buffer.text.push(']');
            buffer.settle()?;
        }
    }
    Ok(())
}
