//! `getschema`: the columns instead of the rows.

use super::prelude::*;

/// What users read about `getschema`.
pub const INFO: Info = Info {
    keywords: &["getschema"],
    place: Place::Piped,
    summary: "Gives one row per column: its name, place and type.",
    syntax: "T | getschema",
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::types::{Schema, Type, Value};

/// `getschema`
#[derive(Clone, Debug, PartialEq)]
pub struct Getschema;

/// `getschema`
pub fn getschema(i: Tokens<'_>) -> Parsed<'_, Getschema> {
    Ok((after(i, &INFO), Getschema))
}

impl Print for Getschema {
    fn print(&self, _: &mut Printer) {}
}

impl super::Bind for Getschema {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.asks_schema = true;
        let schema = Schema::of(&[
            ("ColumnName", Type::String),
            ("ColumnOrdinal", Type::Int),
            ("DataType", Type::String),
            ("ColumnType", Type::String),
        ]);
        let columns = &input.plan.schema.columns;
        let ordinals = 0..i32::try_from(columns.len()).unwrap_or(i32::MAX);
        let cells = vec![
            columns.iter().map(|c| Value::String(c.name.clone())).collect(),
            ordinals.map(Value::Int).collect(),
            columns.iter().map(|c| Value::string(c.ty.dotnet_name())).collect(),
            columns.iter().map(|c| Value::string(c.ty.name())).collect(),
        ];
        let mut relation = Relation::new(Plan::rows(schema, cells));
        relation.serialized = true;
        relation
    }
}
