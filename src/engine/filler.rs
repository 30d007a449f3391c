//! Columns built cell by cell, by their type.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int32Builder, Int64Builder,
    StringViewBuilder,
};

use crate::types::{Type, Value};

/// A column being built.
pub struct Filler {
    ty: Type,
    builder: Builder,
}

enum Builder {
    Bool(BooleanBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Real(Float64Builder),
    Sixteen(FixedSizeBinaryBuilder),
    Text(StringViewBuilder),
}

impl Filler {
    /// An empty column.
    pub fn new(ty: Type) -> Filler {
        let builder = match ty {
            Type::Bool => Builder::Bool(BooleanBuilder::new()),
            Type::Int => Builder::Int(Int32Builder::new()),
            Type::Long | Type::Datetime | Type::Timespan => Builder::Long(Int64Builder::new()),
            Type::Real => Builder::Real(Float64Builder::new()),
            Type::Guid | Type::Decimal => Builder::Sixteen(FixedSizeBinaryBuilder::new(16)),
            Type::String | Type::Dynamic | Type::Unknown => Builder::Text(StringViewBuilder::new()),
        };
        Filler { ty, builder }
    }

    /// Its type.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Adds a null, in a string column an empty text.
    pub fn null(&mut self) {
        match &mut self.builder {
            Builder::Bool(b) => b.append_null(),
            Builder::Int(b) => b.append_null(),
            Builder::Long(b) => b.append_null(),
            Builder::Real(b) => b.append_null(),
            Builder::Sixteen(b) => b.append_null(),
            Builder::Text(b) if self.ty == Type::String => b.append_value(""),
            Builder::Text(b) => b.append_null(),
        }
    }

    /// Adds a text to a string column, or JSON to a dynamic one.
    pub fn text(&mut self, text: &str) {
        match &mut self.builder {
            Builder::Text(b) => b.append_value(text),
            _ => self.null(),
        }
    }

    /// Adds a value of the column's type; one of another type is null.
    pub fn value(&mut self, value: &Value) {
        match (&mut self.builder, value) {
            (Builder::Bool(b), Value::Bool(v)) => b.append_value(*v),
            (Builder::Int(b), Value::Int(v)) => b.append_value(*v),
            (Builder::Long(b), Value::Long(v) | Value::Datetime(v) | Value::Timespan(v)) => {
                b.append_value(*v);
            }
            (Builder::Real(b), Value::Real(v)) => b.append_value(*v),
            // Sixteen bytes always fit.
            (Builder::Sixteen(b), Value::Guid(v)) => b.append_value(v).unwrap_or_default(),
            (Builder::Sixteen(b), Value::Decimal(v)) => {
                b.append_value(v.bytes()).unwrap_or_default();
            }
            (Builder::Text(b), Value::String(v) | Value::Dynamic(v)) => b.append_value(v),
            _ => self.null(),
        }
    }

    /// The column so far; the next starts empty.
    pub fn finish(&mut self) -> ArrayRef {
        match &mut self.builder {
            Builder::Bool(b) => Arc::new(b.finish()),
            Builder::Int(b) => Arc::new(b.finish()),
            Builder::Long(b) => Arc::new(b.finish()),
            Builder::Real(b) => Arc::new(b.finish()),
            Builder::Sixteen(b) => Arc::new(b.finish()),
            Builder::Text(b) => Arc::new(b.finish()),
        }
    }
}
