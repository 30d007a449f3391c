//! `getschema`: the columns instead of the rows.

use super::prelude::*;

/// What users read about `getschema`.
pub const INFO: Info = Info {
    keywords: &["getschema"],
    place: Place::Piped,
    summary: "Gives one row per column: its name, place and type.",
    syntax: "T | getschema",
    examples: &[("print n = 1, word = 'x'\n| getschema", "ColumnName | ColumnOrdinal | DataType | ColumnType\n\
             n | 0 | System.Int64 | long\n\
             word | 1 | System.String | string")],
};
use crate::bind::{Binder, Relation};
use crate::diagnostic::Diagnostic;
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
        if binder.kind(&self.parameters, &[("csl", true)], false) {
            let span = self.parameters.first().map_or_else(Span::default, |p| p.name.span);
            let message = "the text that `getschema kind=csl` gives is not published";
            let said = Diagnostic::unsupported(span, message);
            binder.say(said.help("leave out `kind=csl` for a row per column"));
        }
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
