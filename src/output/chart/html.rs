//! A page that holds a query's results: charts where they are drawn, tables else; all in one file, nothing loaded.

use std::io::Write;

use super::charts;
use super::model::Kind;
use super::svg::{self, escape};
use crate::engine::Table;
use crate::output::cells::batches;
use crate::output::{Buffer, WriteError};
use crate::plan::Render;
use crate::text::counted;

const STYLE: &str = "\
:root{color-scheme:light dark}body{margin:0 auto;max-width:1100px;padding:24px;background:#fff;color:#1f2328;\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}figure{margin:0 0 28px}svg{width:100%;height:auto;display:block}\
.rows{overflow:auto;max-height:70vh;border:1px solid #d1d9e0;border-radius:6px}\
table{border-collapse:collapse;font-size:13px;width:100%}th,td{padding:4px 10px;text-align:left;white-space:pre-wrap;vertical-align:top}\
th{position:sticky;top:0;background:#f0f3f6;border-bottom:1px solid #d1d9e0}tr:nth-child(even) td{background:#f8fafb}\
.number{text-align:right;font-variant-numeric:tabular-nums}.null{opacity:.45;font-style:italic}summary{cursor:pointer;margin:6px 0}\
h2{font-size:17px;margin:8px 0}footer,.note{color:#59636e;font-size:13px}\
@media (prefers-color-scheme:dark){body{background:#14181d;color:#e6edf3}.rows,th{border-color:#3a424b}th{background:#20262d}\
tr:nth-child(even) td{background:#191e24}footer,.note{color:#9aa4af}}";

/// Rows of a table that a page shows at most below a chart or by itself.
const MANY_ROWS: usize = 10_000;

/// Writes the page of some results.
pub fn write(
    name: &str,
    results: &[(Table, Option<Render>)],
    out: &mut dyn Write,
) -> Result<(), WriteError> {
    let mut buffer = Buffer::new(out);
    let title = results.iter().find_map(|(_, render)| {
        let render = render.as_ref()?;
        let mut all = render.properties.iter();
        all.find(|(key, _)| key.eq_ignore_ascii_case("title"))
    });
    let title = title.map_or(name, |(_, title)| title);
    buffer.text.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head><body>\n",
        escape(title)
    ));
    for (table, render) in results {
        match render.as_ref().map(|render| charts(table, render)) {
            Some(Ok(charts)) if charts.iter().all(|c| c.kind != Kind::Table) => {
                buffer.text.push_str("<figure>");
                buffer.text.push_str(&svg::draw(&charts));
                let rows = counted(table.rows(), "row", "rows");
                buffer
                    .text
                    .push_str(&format!("<details><summary>{rows}</summary>"));
                rows_of(table, &mut buffer)?;
                buffer.text.push_str("</details></figure>\n");
            }
            Some(Err(why)) => {
                buffer.text.push_str(&format!(
                    "<p class=\"note\">no chart is drawn: {}</p>",
                    escape(&why)
                ));
                rows_of(table, &mut buffer)?;
            }
            Some(Ok(charts)) => {
                for chart in charts.iter().filter(|c| !c.title.is_empty()) {
                    let title = escape(&chart.title);
                    buffer.text.push_str(&format!("<h2>{title}</h2>"));
                }
                rows_of(table, &mut buffer)?;
            }
            None => rows_of(table, &mut buffer)?,
        }
    }
    buffer.text.push_str("</body></html>\n");
    Ok(buffer.finish()?)
}

fn rows_of(table: &Table, buffer: &mut Buffer<'_, dyn Write + '_>) -> Result<(), WriteError> {
    buffer
        .text
        .push_str("<div class=\"rows\"><table><thead><tr>");
    for column in &table.schema.columns {
        let class = if column.ty.is_number() {
            " class=\"number\""
        } else {
            ""
        };
        let name = escape(&column.name);
        buffer
            .text
            .push_str(&format!("<th{class} title=\"{}\">{name}</th>", column.ty));
    }
    buffer.text.push_str("</tr></thead><tbody>\n");
    let mut cell = String::new();
    let mut shown = 0;
    for rows in batches(table) {
        let rows = rows?;
        for row in 0..rows.rows.min(MANY_ROWS - shown) {
            shown += 1;
            buffer.text.push_str("<tr>");
            for (cells, column) in rows.columns.iter().zip(&table.schema.columns) {
                cell.clear();
                cells.write_shown(row, &mut cell);
                buffer
                    .text
                    .push_str(match (cells.is_null(row), column.ty.is_number()) {
                        (true, _) => "<td class=\"null\">null",
                        (_, true) => "<td class=\"number\">",
                        _ => "<td>",
                    });
                buffer.text.push_str(&escape(&cell));
                buffer.text.push_str("</td>");
            }
            buffer.text.push_str("</tr>\n");
            buffer.settle()?;
        }
    }
    buffer.text.push_str("</tbody></table></div>");
    if table.rows() > shown {
        buffer.text.push_str(&format!(
            "<p class=\"note\">the first {shown} of {} rows; another format has all of them</p>",
            table.rows()
        ));
    }
    Ok(())
}
