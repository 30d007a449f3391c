//! `project-away`: all columns but these.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-away`.
pub const INFO: Info = Info {
    keywords: &["project-away"],
    place: Place::Piped,
    summary: "Drops the listed columns.",
    syntax: "T | project-away column or pattern*, ...",
    examples: &[("print a1 = 1, a2 = 2, b = 3\n| project-away a*", "b\n3")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;

/// `project-away a, b*`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectAway {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
}

/// `project-away a, b*`
pub fn project_away(i: Tokens<'_>) -> Parsed<'_, ProjectAway> {
    let (i, columns) = list_or_none(after(i, &INFO), "a name", |i| is_name(i, 0), name_or_wildcard)?;
    Ok((i, ProjectAway { columns }))
}

impl Print for ProjectAway {
    fn print(&self, p: &mut Printer) {
        if !self.columns.is_empty() {
            p.push(" ");
            p.exprs(&self.columns);
        }
    }
}

impl super::Bind for ProjectAway {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let away = binder.matching(&input.plan.schema, &self.columns);
        let columns = input.plan.columns(span);
        let kept = columns
            .into_iter()
            .enumerate()
            .filter(|(i, _)| !away.contains(i))
            .map(|(_, c)| c)
            .collect();
        input.then(|plan| Plan::project_of_all(plan, kept))
    }
}
