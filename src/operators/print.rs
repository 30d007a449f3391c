//! `print`: one row of values.

use super::prelude::{Info, Parsed, Place, Printer, Tokens, after, named_expressions};
use crate::syntax::ast::Expr;

/// What users read about `print`.
pub const INFO: Info = Info {
    keywords: &["print"],
    place: Place::Source,
    summary: "Gives one row of computed values.",
    syntax: "print [name =] expression, ...",
    examples: &[("print n = 6 * 7, word = strcat('a', 'b')", "n | word\n42 | ab")],
};
use std::collections::HashSet;
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::types::Schema;

/// `print 1, b = 2`
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// The values, named or not.
    pub columns: Vec<Expr>,
}

/// `print 1, b = 2`
pub fn print(i: Tokens<'_>) -> Parsed<'_, Print> {
    let (i, columns) = named_expressions(after(i, &INFO))?;
    Ok((i, Print { columns }))
}

impl super::prelude::Print for Print {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.exprs(&self.columns);
    }
}

impl super::Bind for Print {
    fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, _: Span) -> Relation {
        let mut entries = binder.over(&Schema::default(), |b| b.entries(&self.columns));
        for entry in entries.iter_mut().filter(|e| !e.several) {
            entry.base = None;
        }
        let names = binder.names_of(&entries, &HashSet::new(), |i, _| format!("print_{i}"));
        let columns = names
            .into_iter()
            .zip(entries.into_iter().map(|e| e.expr))
            .collect();
        Relation::new(Plan::project(Plan::one_row(), columns))
    }
}
