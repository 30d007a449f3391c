//! `project`: exactly these columns.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project`.
pub const INFO: Info = Info {
    keywords: &["project"],
    place: Place::Piped,
    summary: "Gives exactly the listed columns, in that order.",
    syntax: "T | project [name =] expression, ...",
    examples: &[("datatable (user: string, n: long) ['ann', 2]\n\
             | project twice = n * 2, user", "twice | user\n4 | ann")],
};
use std::collections::HashSet;
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::types::Schema;

/// `project a, b = c + 1`
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The columns, named or not.
    pub columns: Vec<Expr>,
}

/// `project a, b = c`
pub fn project(i: Tokens<'_>) -> Parsed<'_, Project> {
    let (i, columns) = list_or_none(after(i, &INFO), "an expression", starts_expression, named_expression)?;
    Ok((i, Project { columns }))
}

impl Print for Project {
    fn print(&self, p: &mut Printer) {
        if !self.columns.is_empty() {
            p.push(" ");
            p.exprs(&self.columns);
        }
    }
}

impl super::Bind for Project {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        if self.columns.is_empty() {
            binder.unsupported(span, "a table without columns cannot be made");
            return Relation::new(Plan::rows(Schema::new(Vec::new()), Vec::new()));
        }
        let ((entries, names), windowed) = binder.over_rows(&input, |b| {
            let entries = b.entries(&self.columns);
            let names = b.names_of(&entries, &HashSet::new(), |_, n| format!("Column{n}"));
            (entries, names)
        });
        let columns = names
            .into_iter()
            .zip(entries.into_iter().map(|e| e.expr))
            .collect();
        binder.computed(input, columns, windowed)
    }
}
