//! `project-away`: all columns but these.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-away`.
pub const INFO: Info = Info {
    keywords: &["project-away"],
    place: Place::Piped,
    summary: "Drops the listed columns.",
    syntax: "T | project-away column or pattern*, ...",
};

/// `project-away a, b*`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectAway {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
}

/// `project-away a, b*`
pub fn project_away(i: Tokens<'_>) -> Parsed<'_, ProjectAway> {
    let (i, columns) = list(after(i, &INFO), name_or_wildcard)?;
    Ok((i, ProjectAway { columns }))
}

impl Print for ProjectAway {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.exprs(&self.columns);
    }
}
