//! `getschema`: the columns instead of the rows.

use super::prelude::*;

/// What users read about `getschema`.
pub const INFO: Info = Info {
    keywords: &["getschema"],
    place: Place::Piped,
    summary: "Gives one row per column: its name, place and type. With `kind=csl` it gives one row, the columns as a declaration.",
    syntax: "T | getschema [kind=csl]",
    examples: &[("print n = 1, word = 'x'\n| getschema", "ColumnName | ColumnOrdinal | DataType | ColumnType\n\
             n | 0 | System.Int64 | long\n\
             word | 1 | System.String | string")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::syntax::ast::OperatorParameter;
use crate::types::{Schema, Type, Value};

/// `getschema`, `getschema kind=csl`
#[derive(Clone, Debug, PartialEq)]
pub struct Getschema {
    /// `kind=csl`
    pub parameters: Vec<OperatorParameter>,
}

/// `getschema`, `getschema kind=csl`
pub fn getschema(i: Tokens<'_>) -> Parsed<'_, Getschema> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    Ok((i, Getschema { parameters }))
}

impl Print for Getschema {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
    }
}

impl super::Bind for Getschema {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        let as_text = binder.kind(&self.parameters, &[("csl", true)], false);
        binder.asks_schema = true;
        if as_text {
            return declaration(&input.plan.schema);
        }
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

/// The one row of `getschema kind=csl`: the columns as a command that makes a table declares them.
fn declaration(schema: &Schema) -> Relation {
    let columns = schema.columns.iter();
    let columns: Vec<String> = columns.map(|c| format!("{}:{}", written(&c.name), c.ty.name())).collect();
    let text = Value::String(columns.join(",").into());
    let mut relation = Relation::new(Plan::rows(Schema::of(&[("Schema", Type::String)]), vec![vec![text]]));
    relation.serialized = true;
    relation
}

/// A column's name as a declaration writes it.
fn written(name: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(word) {
        true => format!("['{}']", name.replace('\\', r"\\").replace('\'', r"\'")),
        false => name.to_string(),
    }
}
