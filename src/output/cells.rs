//! Cells of a batch as text, without a [`Value`](crate::types::Value) in between.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, StringViewArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::contract::{Batch, Fault};
use crate::decimal::Decimal;
use crate::engine::Table;
use crate::json;
use crate::temporal;
use crate::text;
use crate::types::{Schema, Type};

/// A column of a batch, read as its KQL type.
pub(super) enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int(&'a arrow::array::Int32Array),
    Long(&'a arrow::array::Int64Array),
    Real(&'a arrow::array::Float64Array),
    Decimal(&'a FixedSizeBinaryArray),
    String(&'a StringViewArray),
    Datetime(&'a arrow::array::Int64Array),
    Timespan(&'a arrow::array::Int64Array),
    Guid(&'a FixedSizeBinaryArray),
    Dynamic(&'a StringViewArray),
}

/// The columns of each batch of a table.
pub(super) fn batches(table: &Table) -> impl Iterator<Item = Result<Rows<'_>, Fault>> {
    table
        .batches
        .iter()
        .map(|batch| rows_of(&table.schema, batch))
}

/// The columns of a batch.
pub(super) fn rows_of<'a>(schema: &Schema, batch: &'a Batch) -> Result<Rows<'a>, Fault> {
    let columns = schema.columns.iter().zip(&batch.columns);
    let columns = columns.map(|(column, array)| Cells::of(array, column.ty));
    Ok(Rows {
        columns: columns.collect::<Result<_, _>>()?,
        rows: batch.rows,
    })
}

/// A batch, ready to be written.
pub(super) struct Rows<'a> {
    pub columns: Vec<Cells<'a>>,
    pub rows: usize,
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef, ty: Type) -> Result<Cells<'a>, Fault> {
        let cells = match ty {
            Type::Bool => array.as_boolean_opt().map(Cells::Bool),
            Type::Int => array.as_primitive_opt::<Int32Type>().map(Cells::Int),
            Type::Long => array.as_primitive_opt::<Int64Type>().map(Cells::Long),
            Type::Real => array.as_primitive_opt::<Float64Type>().map(Cells::Real),
            Type::Decimal => array.as_fixed_size_binary_opt().map(Cells::Decimal),
            Type::String => array.as_string_view_opt().map(Cells::String),
            Type::Datetime => array.as_primitive_opt::<Int64Type>().map(Cells::Datetime),
            Type::Timespan => array.as_primitive_opt::<Int64Type>().map(Cells::Timespan),
            Type::Guid => array.as_fixed_size_binary_opt().map(Cells::Guid),
            Type::Dynamic | Type::Unknown => array.as_string_view_opt().map(Cells::Dynamic),
        };
        cells.ok_or_else(|| {
            Fault::internal(format!("a column of type {ty} holds {}", array.data_type()))
        })
    }

    fn array(&self) -> &dyn Array {
        match self {
            Cells::Bool(a) => *a,
            Cells::Int(a) => *a,
            Cells::Long(a) | Cells::Datetime(a) | Cells::Timespan(a) => *a,
            Cells::Real(a) => *a,
            Cells::Decimal(a) | Cells::Guid(a) => *a,
            Cells::String(a) | Cells::Dynamic(a) => *a,
        }
    }

    /// Whether the cell is null; a string never is.
    pub fn is_null(&self, row: usize) -> bool {
        !matches!(self, Cells::String(_)) && self.array().is_null(row)
    }

    /// Whether every cell is null or an empty string.
    pub fn all_empty(&self) -> bool {
        match self {
            Cells::String(a) => a.lengths().all(|length| length == 0),
            other => other.array().null_count() == other.array().len(),
        }
    }

    /// Appends the cell as JSON: what JSON lacks is a string, a dynamic is inline.
    pub fn write_json(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
            return;
        }
        match self {
            Cells::Bool(a) => out.push_str(bool_text(a.value(row))),
            Cells::Int(a) => text::write_long(i64::from(a.value(row)), out),
            Cells::Long(a) => text::write_long(a.value(row), out),
            Cells::Real(a) => json::write_real(a.value(row), out),
            Cells::String(a) => json::write_quoted(a.value(row), out),
            Cells::Dynamic(a) => out.push_str(&json::for_output(a.value(row))),
            Cells::Datetime(a) => {
                out.push('"');
                temporal::write_datetime_wire(a.value(row), out);
                out.push('"');
            }
            Cells::Decimal(_) | Cells::Timespan(_) | Cells::Guid(_) => {
                out.push('"');
                self.write_text(row, out);
                out.push('"');
            }
        }
    }

    /// Appends the cell as text without loss: seven digits of a second, a dynamic as JSON; nothing for null.
    pub fn write_text(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            return;
        }
        match self {
            Cells::Bool(a) => out.push_str(bool_text(a.value(row))),
            Cells::Int(a) => text::write_long(i64::from(a.value(row)), out),
            Cells::Long(a) => text::write_long(a.value(row), out),
            Cells::Real(a) => text::write_real(a.value(row), out),
            Cells::Decimal(a) => {
                if let Ok(bytes) = a.value(row).try_into() {
                    out.push_str(&Decimal::from_bytes(bytes).to_string());
                }
            }
            Cells::String(a) => out.push_str(a.value(row)),
            Cells::Datetime(a) => temporal::write_datetime(a.value(row), out),
            Cells::Timespan(a) => temporal::write_timespan(a.value(row), out),
            Cells::Guid(a) => {
                if let Ok(bytes) = a.value(row).try_into() {
                    text::write_guid(bytes, out);
                }
            }
            Cells::Dynamic(a) => out.push_str(&json::for_output(a.value(row))),
        }
    }

    /// Appends the cell for people: a datetime without trailing zeros, a dynamic string without quotes.
    pub fn write_shown(&self, row: usize, out: &mut String) {
        match self {
            _ if self.is_null(row) => {}
            Cells::Datetime(a) => temporal::write_datetime_wire(a.value(row), out),
            Cells::Dynamic(a) => out.push_str(&json::display(a.value(row))),
            other => other.write_text(row, out),
        }
    }
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
