//! The answers of Kusto's REST API, versions 1 and 2, and of Log Analytics: typed columns and rows, a table per result.

use super::cells::{Cells, Rows};
use crate::json::{quote, write_quoted};
use crate::plan::Render;
use crate::types::{Column, Schema, Type};

/// The type that a column has for its reader.
fn told(column: &Column) -> Type {
    match column.ty {
        Type::Unknown => Type::Dynamic,
        ty => ty,
    }
}

pub(super) fn v1_begin(number: usize, schema: &Schema, out: &mut String) {
    let start = if number == 0 { "{\"Tables\":[" } else { ",\n" };
    out.push_str(start);
    out.push_str(&format!("{{\"TableName\":\"Table_{number}\",\"Columns\":["));
    for (i, column) in schema.columns.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        out.push_str("{\"ColumnName\":");
        write_quoted(&column.name, out);
        let ty = told(column);
        let dotnet = ty.dotnet_name();
        let dotnet = dotnet.rsplit('.').next().unwrap_or(dotnet);
        out.push_str(&format!(
            ",\"DataType\":\"{dotnet}\",\"ColumnType\":\"{ty}\"}}"
        ));
    }
    out.push_str("],\"Rows\":[");
}

/// The columns of a table as version 2 has them.
fn v2_columns(schema: &Schema, out: &mut String) {
    for (i, column) in schema.columns.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        out.push_str("{\"ColumnName\":");
        write_quoted(&column.name, out);
        out.push_str(&format!(",\"ColumnType\":\"{}\"}}", told(column)));
    }
}

pub(super) fn v2_head(renders: &[Option<Render>], out: &mut String) {
    out.push_str(
        "[{\"FrameType\":\"DataSetHeader\",\"IsProgressive\":false,\"Version\":\"v2.0\"},\n\
         {\"FrameType\":\"DataTable\",\"TableId\":0,\"TableKind\":\"QueryProperties\",\
         \"TableName\":\"@ExtendedProperties\",\"Columns\":[\
         {\"ColumnName\":\"TableId\",\"ColumnType\":\"int\"},\
         {\"ColumnName\":\"Key\",\"ColumnType\":\"string\"},\
         {\"ColumnName\":\"Value\",\"ColumnType\":\"dynamic\"}],\"Rows\":[",
    );
    let drawn = renders.iter().enumerate();
    let drawn = drawn.filter_map(|(i, render)| Some((i, render.as_ref()?)));
    for (count, (i, render)) in drawn.enumerate() {
        let comma = if count > 0 { "," } else { "" };
        let said = quote(&visualization(render));
        out.push_str(&format!("{comma}[{},\"Visualization\",{said}]", i + 1));
    }
    out.push_str("]},\n");
}

/// What `render` said, as Kusto's tools read it.
fn visualization(render: &Render) -> String {
    const KEYS: [(&str, &str); 10] = [
        ("title", "Title"),
        ("xcolumn", "XColumn"),
        ("series", "Series"),
        ("ycolumns", "YColumns"),
        ("anomalycolumns", "AnomalyColumns"),
        ("xtitle", "XTitle"),
        ("ytitle", "YTitle"),
        ("xaxis", "XAxis"),
        ("yaxis", "YAxis"),
        ("legend", "Legend"),
    ];
    let of = |name: &str| {
        let found = render
            .properties
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("null".to_string(), |(_, value)| quote(value))
    };
    let mut text = format!("{{\"Visualization\":{}", quote(&render.kind));
    for (name, key) in KEYS {
        text.push_str(&format!(",\"{key}\":{}", of(name)));
    }
    let split = of("ysplit");
    let kind = of("kind");
    text.push_str(&format!(
        ",\"YSplit\":{split},\"Accumulate\":false,\"IsQuerySorted\":false,\"Kind\":{kind},\
         \"Ymin\":\"NaN\",\"Ymax\":\"NaN\"}}"
    ));
    text
}

pub(super) fn v2_begin(number: usize, schema: &Schema, out: &mut String) {
    if number > 0 {
        out.push_str(",\n");
    }
    out.push_str(&format!(
        "{{\"FrameType\":\"DataTable\",\"TableId\":{},\"TableKind\":\"PrimaryResult\",\
         \"TableName\":\"PrimaryResult\",\"Columns\":[",
        number + 1
    ));
    v2_columns(schema, out);
    out.push_str("],\"Rows\":[");
}

pub(super) fn v2_tail(tables: usize, now: &str, out: &mut String) {
    let completion = Schema::of(&[
        ("Timestamp", Type::Datetime),
        ("ClientRequestId", Type::String),
        ("ActivityId", Type::Guid),
        ("SubActivityId", Type::Guid),
        ("ParentActivityId", Type::Guid),
        ("Level", Type::Int),
        ("LevelName", Type::String),
        ("StatusCode", Type::Int),
        ("StatusCodeName", Type::String),
        ("EventType", Type::Int),
        ("EventTypeName", Type::String),
        ("Payload", Type::String),
    ]);
    if tables > 0 {
        out.push_str(",\n");
    }
    out.push_str(&format!(
        "{{\"FrameType\":\"DataTable\",\"TableId\":{},\"TableKind\":\"QueryCompletionInformation\",\
         \"TableName\":\"QueryCompletionInformation\",\"Columns\":[",
        tables + 1
    ));
    v2_columns(&completion, out);
    let payload = quote("{\"Count\":1,\"Text\":\"Query completed successfully\"}");
    out.push_str(&format!(
        "],\"Rows\":[[\"{now}\",\"\",null,null,null,4,\"Info\",0,\"S_OK (0)\",4,\"QueryInfo\",{payload}]]}},\n\
         {{\"FrameType\":\"DataSetCompletion\",\"HasErrors\":false,\"Cancelled\":false}}]\n"
    ));
}

pub(super) fn la_begin(number: usize, schema: &Schema, out: &mut String) {
    let name = match number {
        0 => "PrimaryResult".to_string(),
        n => format!("Table_{n}"),
    };
    out.push_str(if number == 0 { "{\"tables\":[" } else { ",\n" });
    out.push_str(&format!("{{\"name\":\"{name}\",\"columns\":["));
    for (i, column) in schema.columns.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        out.push_str("{\"name\":");
        write_quoted(&column.name, out);
        out.push_str(&format!(",\"type\":\"{}\"}}", told(column)));
    }
    out.push_str("],\"rows\":[");
}

/// A row and its closing bracket; dynamics as `texts`, or inline.
pub(super) fn row(rows: &Rows<'_>, row: usize, texts: bool, out: &mut String) {
    let mut text = String::new();
    for (i, cells) in rows.columns.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        match cells {
            Cells::Dynamic(_) if texts && !cells.is_null(row) => {
                text.clear();
                cells.write_text(row, &mut text);
                write_quoted(&text, out);
            }
            cells => cells.write_json(row, out),
        }
    }
    out.push(']');
}
