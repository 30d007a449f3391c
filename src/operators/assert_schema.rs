//! `assert-schema`: stops unless the input has exactly the given columns.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::ColumnDeclaration;

/// What users read about `assert-schema`.
pub const INFO: Info = Info {
    keywords: &["assert-schema"],
    place: Place::Piped,
    summary: "Stops with an error unless the input has exactly the given columns.",
    syntax: "T | assert-schema (column: type, ...)",
    examples: &[("print n = 1\n| assert-schema (n: long)", "n\n1")],
};

/// `assert-schema (a: long, b: string)`
#[derive(Clone, Debug, PartialEq)]
pub struct AssertSchema {
    /// The columns that the input must have.
    pub columns: Vec<ColumnDeclaration>,
}

/// `assert-schema (a: long)`
pub fn assert_schema(i: Tokens<'_>) -> Parsed<'_, AssertSchema> {
    let (i, columns) = columns(after(i, &INFO))?;
    Ok((i, AssertSchema { columns }))
}

impl Print for AssertSchema {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.columns(&self.columns);
    }
}

impl super::Bind for AssertSchema {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let columns = self.columns.iter();
        let wanted = columns.map(|c| (c.name.text.clone(), binder.type_name(&c.ty)));
        let wanted: Vec<_> = wanted.collect();
        let schema = &input.plan.schema;
        let found = schema.columns.iter().map(|c| (c.name.clone(), c.ty));
        if schema.open || found.eq(wanted.iter().cloned()) {
            return input;
        }
        let found = schema.columns.iter().map(|c| format!("{}: {}", c.name, c.ty));
        let found: Vec<String> = found.collect();
        binder.say(
            Diagnostic::new(Code::WrongType, span, "the table has other columns than these")
                .help(format!("it has ({})", found.join(", "))),
        );
        binder.broken_table()
    }
}
