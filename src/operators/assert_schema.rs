//! `assert-schema`: stops unless the input has exactly the given columns.

use super::prelude::*;
use crate::syntax::ast::ColumnDeclaration;

/// What users read about `assert-schema`.
pub const INFO: Info = Info {
    keywords: &["assert-schema"],
    place: Place::Piped,
    summary: "Stops with an error unless the input has exactly the given columns.",
    syntax: "T | assert-schema (column: type, ...)",
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
