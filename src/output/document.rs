//! Results written as their rows come: one table after the other, in a text format or a binary one, never held as a whole.

use std::io::Write;

use super::binary::Binary;
use super::cells::rows_of;
use super::{Buffer, Format, WriteError, csv, json, kusto, markdown};
use crate::contract::Batch;
use crate::plan::Render;
use crate::temporal;
use crate::types::Schema;

/// Where bytes go.
pub type Sink<'a> = dyn Write + Send + 'a;

/// A document that results are written to.
pub struct Document<'a> {
    format: Format,
    out: Out<'a>,
    /// Tables so far.
    tables: usize,
    /// Rows of the table at hand.
    rows: usize,
    schema: Schema,
    /// What stands before each cell of a JSON object.
    keys: Vec<String>,
    /// How the results want to be drawn, and the instant of the query: what Kusto's answers tell beside rows.
    renders: Vec<Option<Render>>,
    now: i64,
    /// Columns of datetimes that do not all fit another format's own.
    wide: Vec<(usize, usize)>,
}

enum Out<'a> {
    Text(Buffer<'a, Sink<'a>>),
    Binary(Binary<'a>),
}

impl<'a> Document<'a> {
    /// A document in a format that can be written row by row.
    pub fn new(format: Format, out: &'a mut Sink<'a>) -> Document<'a> {
        Document {
            out: match format {
                Format::Parquet | Format::Arrow => Out::Binary(Binary::new(format, out)),
                _ => Out::Text(Buffer::new(out)),
            },
            format,
            tables: 0,
            rows: 0,
            schema: Schema::default(),
            keys: Vec::new(),
            renders: Vec::new(),
            now: 0,
            wide: Vec::new(),
        }
    }

    /// The same with what an answer of Kusto tells beside rows.
    #[must_use]
    pub fn about(mut self, renders: Vec<Option<Render>>, now: i64) -> Document<'a> {
        self.renders = renders;
        self.now = now;
        self
    }

    /// The same with datetimes as ticks in these columns (table, column), whose values were found to need it.
    #[must_use]
    pub fn wide(mut self, wide: &[(usize, usize)]) -> Document<'a> {
        self.wide = wide.to_vec();
        self
    }

    /// Begins a table.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn begin(&mut self, schema: &Schema) -> Result<(), WriteError> {
        self.schema = schema.clone();
        self.rows = 0;
        let number = self.tables;
        self.tables += 1;
        let buffer = match &mut self.out {
            Out::Binary(binary) => {
                let wide = self.wide.iter().filter(|(table, _)| *table == number);
                return binary.begin(schema, wide.map(|(_, column)| *column).collect());
            }
            Out::Text(buffer) => buffer,
        };
        let out = &mut buffer.text;
        match self.format {
            Format::Csv => csv::head(schema, out),
            Format::Json | Format::Ndjson => self.keys = json::keys(schema),
            Format::Markdown => markdown::head(schema, out),
            Format::KustoV1 => kusto::v1_begin(number, schema, out),
            Format::KustoV2 => {
                if number == 0 {
                    kusto::v2_head(&self.renders, out);
                }
                kusto::v2_begin(number, schema, out);
            }
            Format::LogAnalytics => kusto::la_begin(number, schema, out),
            _ => {}
        }
        Ok(buffer.settle()?)
    }

    /// Writes some rows of the table begun last.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn batch(&mut self, batch: &Batch) -> Result<(), WriteError> {
        let buffer = match &mut self.out {
            Out::Binary(binary) => return binary.batch(&self.schema, batch, self.tables - 1),
            Out::Text(buffer) => buffer,
        };
        let rows = rows_of(&self.schema, batch)?;
        for row in 0..rows.rows {
            let first = self.rows == 0;
            self.rows += 1;
            let out = &mut buffer.text;
            match self.format {
                Format::Csv => csv::row(&rows, row, out),
                Format::Json => {
                    out.push_str(if first { "[\n" } else { ",\n" });
                    json::object(&self.keys, &rows, row, out);
                }
                Format::Ndjson => {
                    json::object(&self.keys, &rows, row, out);
                    out.push('\n');
                }
                Format::Markdown => markdown::row(&rows, row, out),
                Format::KustoV1 | Format::KustoV2 => {
                    out.push_str(if first { "\n[" } else { ",\n[" });
                    kusto::row(&rows, row, false, out);
                }
                Format::LogAnalytics => {
                    out.push_str(if first { "\n[" } else { ",\n[" });
                    kusto::row(&rows, row, true, out);
                }
                _ => {}
            }
            buffer.settle()?;
        }
        Ok(())
    }

    /// Ends the table begun last.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn end(&mut self) -> Result<(), WriteError> {
        let Out::Text(buffer) = &mut self.out else {
            return Ok(());
        };
        let none = self.rows == 0;
        buffer.text.push_str(match self.format {
            Format::Json if none => "[]\n",
            Format::Json => "\n]\n",
            Format::KustoV1 | Format::KustoV2 | Format::LogAnalytics => "]}",
            _ => "",
        });
        Ok(buffer.settle()?)
    }

    /// Ends the document.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn finish(self) -> Result<(), WriteError> {
        let mut buffer = match self.out {
            Out::Binary(binary) => return binary.finish(),
            Out::Text(buffer) => buffer,
        };
        let none = self.tables == 0;
        match self.format {
            Format::KustoV1 => {
                buffer
                    .text
                    .push_str(if none { "{\"Tables\":[]}\n" } else { "]}\n" });
            }
            Format::LogAnalytics => {
                buffer
                    .text
                    .push_str(if none { "{\"tables\":[]}\n" } else { "]}\n" });
            }
            Format::KustoV2 => {
                if none {
                    kusto::v2_head(&self.renders, &mut buffer.text);
                }
                let now = temporal::datetime_wire(self.now);
                kusto::v2_tail(self.tables, &now, &mut buffer.text);
            }
            _ => {}
        }
        Ok(buffer.finish()?)
    }
}
