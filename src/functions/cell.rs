//! Cells of any type, read without making values of them: for functions that take everything.

use arrow::array::{
    Array, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array,
    StringViewArray,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::contract::{Datum, Fault};
use crate::decimal::Decimal;
use crate::json;
use crate::temporal;
use crate::text;
use crate::types::Type;

/// An argument's column, by its type.
pub struct Cells<'a> {
    array: Typed<'a>,
    constant: bool,
}

enum Typed<'a> {
    Bool(&'a BooleanArray),
    Int(&'a Int32Array),
    Long(&'a Int64Array),
    Real(&'a Float64Array),
    Decimal(&'a FixedSizeBinaryArray),
    String(&'a StringViewArray),
    Datetime(&'a Int64Array),
    Timespan(&'a Int64Array),
    Guid(&'a FixedSizeBinaryArray),
    Dynamic(&'a StringViewArray),
}

/// One cell that is not null.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// A `bool`.
    Bool(bool),
    /// An `int` or a `long`.
    Long(i64),
    /// A `real`.
    Real(f64),
    /// A `decimal`.
    Decimal(Decimal),
    /// A `string`.
    String(&'a str),
    /// Ticks.
    Datetime(i64),
    /// Ticks.
    Timespan(i64),
    /// A `guid`.
    Guid([u8; 16]),
    /// JSON text, not `null`.
    Dynamic(&'a str),
}

fn sixteen(bytes: &[u8]) -> [u8; 16] {
    bytes.try_into().unwrap_or([0; 16])
}

impl<'a> Cells<'a> {
    /// The cells of an argument.
    ///
    /// # Errors
    /// An internal fault when the array is not of the argument's type.
    pub fn of(datum: &'a Datum) -> Result<Cells<'a>, Fault> {
        let array: &'a dyn Array = &*datum.array;
        let found = match datum.ty {
            Type::Bool => array.as_boolean_opt().map(Typed::Bool),
            Type::Int => array.as_primitive_opt::<Int32Type>().map(Typed::Int),
            Type::Long => array.as_primitive_opt::<Int64Type>().map(Typed::Long),
            Type::Real => array.as_primitive_opt::<Float64Type>().map(Typed::Real),
            Type::Decimal => array.as_fixed_size_binary_opt().map(Typed::Decimal),
            Type::String => array.as_string_view_opt().map(Typed::String),
            Type::Datetime => array.as_primitive_opt::<Int64Type>().map(Typed::Datetime),
            Type::Timespan => array.as_primitive_opt::<Int64Type>().map(Typed::Timespan),
            Type::Guid => array.as_fixed_size_binary_opt().map(Typed::Guid),
            Type::Dynamic | Type::Unknown => array.as_string_view_opt().map(Typed::Dynamic),
        };
        match found {
            Some(array) => Ok(Cells {
                array,
                constant: datum.constant,
            }),
            None => Err(Fault::internal(format!(
                "a {} argument holds {}",
                datum.ty,
                array.data_type()
            ))),
        }
    }

    /// The cells of several arguments.
    ///
    /// # Errors
    /// As [`Cells::of`].
    pub fn all(data: &'a [Datum]) -> Result<Vec<Cells<'a>>, Fault> {
        data.iter().map(Cells::of).collect()
    }

    /// The cell of a row; `None` is null.
    pub fn at(&self, row: usize) -> Option<Cell<'a>> {
        let i = if self.constant { 0 } else { row };
        match self.array {
            Typed::Bool(a) => a.is_valid(i).then(|| Cell::Bool(a.value(i))),
            Typed::Int(a) => a.is_valid(i).then(|| Cell::Long(i64::from(a.value(i)))),
            Typed::Long(a) => a.is_valid(i).then(|| Cell::Long(a.value(i))),
            Typed::Real(a) => a.is_valid(i).then(|| Cell::Real(a.value(i))),
            Typed::Decimal(a) => a
                .is_valid(i)
                .then(|| Cell::Decimal(Decimal::from_bytes(sixteen(a.value(i))))),
            Typed::String(a) => Some(Cell::String(if a.is_valid(i) { a.value(i) } else { "" })),
            Typed::Datetime(a) => a.is_valid(i).then(|| Cell::Datetime(a.value(i))),
            Typed::Timespan(a) => a.is_valid(i).then(|| Cell::Timespan(a.value(i))),
            Typed::Guid(a) => a.is_valid(i).then(|| Cell::Guid(sixteen(a.value(i)))),
            Typed::Dynamic(a) => {
                let text = a.is_valid(i).then(|| a.value(i))?;
                (text != "null").then_some(Cell::Dynamic(text))
            }
        }
    }

    /// Appends a row's cell as an element of an array or a bag (see [`json::write_element`]).
    pub fn write_json(&self, row: usize, out: &mut String) {
        match self.at(row) {
            Some(cell) => cell.write_json(out),
            None => out.push_str("null"),
        }
    }

    /// Appends a row's cell as `tostring` gives it.
    pub fn write_text(&self, row: usize, out: &mut String) {
        if let Some(cell) = self.at(row) {
            cell.write_text(out);
        }
    }
}

impl Cell<'_> {
    /// Appends it as an element of an array or a bag.
    pub fn write_json(self, out: &mut String) {
        match self {
            Cell::Bool(v) => out.push_str(if v { "true" } else { "false" }),
            Cell::Long(v) => text::write_long(v, out),
            Cell::Real(v) => json::write_real(v, out),
            Cell::String(v) => json::write_quoted(v, out),
            Cell::Dynamic(v) => out.push_str(v),
            Cell::Decimal(_) | Cell::Datetime(_) | Cell::Timespan(_) | Cell::Guid(_) => {
                out.push('"');
                self.write_text(out);
                out.push('"');
            }
        }
    }

    /// Appends it as `tostring` gives it.
    pub fn write_text(self, out: &mut String) {
        use std::fmt::Write as _;
        match self {
            Cell::Bool(v) => out.push_str(text::bool_text(v)),
            Cell::Long(v) => text::write_long(v, out),
            Cell::Real(v) => text::write_real(v, out),
            Cell::Decimal(v) => {
                let _ = write!(out, "{v}");
            }
            Cell::String(v) => out.push_str(v),
            Cell::Datetime(v) => temporal::write_datetime(v, out),
            Cell::Timespan(v) => temporal::write_timespan(v, out),
            Cell::Guid(v) => text::write_guid(&v, out),
            Cell::Dynamic(v) => out.push_str(&json::display(v)),
        }
    }

    /// It as the text of an element of an array or a bag.
    pub fn json(self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }
}
