//! `project-keep`: only these columns, in their own order.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-keep`.
pub const INFO: Info = Info {
    keywords: &["project-keep"],
    place: Place::Piped,
    summary: "Keeps the listed columns, in the order they stand in.",
    syntax: "T | project-keep column or pattern*, ...",
    examples: &[("print a1 = 1, b = 2, a2 = 3\n| project-keep a*", "a1 | a2\n1 | 3")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::types::Schema;

/// `project-keep a, b*`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectKeep {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
}

/// `project-keep a, b*`
pub fn project_keep(i: Tokens<'_>) -> Parsed<'_, ProjectKeep> {
    let (i, columns) = list_or_none(after(i, &INFO), "a name", |i| is_name(i, 0), name_or_wildcard)?;
    Ok((i, ProjectKeep { columns }))
}

impl Print for ProjectKeep {
    fn print(&self, p: &mut Printer) {
        if !self.columns.is_empty() {
            p.push(" ");
            p.exprs(&self.columns);
        }
    }
}

impl super::Bind for ProjectKeep {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        if self.columns.is_empty() {
            binder.unsupported(span, "a table without columns cannot be made");
            return Relation::new(Plan::rows(Schema::new(Vec::new()), Vec::new()));
        }
        let kept = binder.matching(&input.plan.schema, &self.columns);
        let columns = input.plan.columns(span);
        let kept = kept.into_iter().map(|i| columns[i].clone()).collect();
        input.then(|plan| Plan::project_of_all(plan, kept))
    }
}
