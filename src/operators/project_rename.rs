//! `project-rename`: new names for columns.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-rename`.
pub const INFO: Info = Info {
    keywords: &["project-rename"],
    place: Place::Piped,
    summary: "Gives columns new names and leaves them where they are.",
    syntax: "T | project-rename new = old, ...",
};

/// `project-rename a = b`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRename {
    /// `new = old` pairs ([`crate::syntax::ast::ExprKind::Named`]).
    pub columns: Vec<Expr>,
}

/// `project-rename a = b`
pub fn project_rename(i: Tokens<'_>) -> Parsed<'_, ProjectRename> {
    let (i, columns) = named_expressions(after(i, &INFO))?;
    Ok((i, ProjectRename { columns }))
}

impl Print for ProjectRename {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.exprs(&self.columns);
    }
}
