//! `project-by-names`: columns whose names are computed.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-by-names`.
pub const INFO: Info = Info {
    keywords: &["project-by-names"],
    place: Place::Piped,
    summary: "Gives the columns whose names are given as text.",
    syntax: "T | project-by-names 'name' or dynamic(['pattern*']), ...",
};

/// `project-by-names 'a', dynamic(['b*'])`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectByNames {
    /// Names and patterns: strings, arrays of strings, calls.
    pub columns: Vec<Expr>,
}

/// `project-by-names 'a', dynamic(['b*'])`
pub fn project_by_names(i: Tokens<'_>) -> Parsed<'_, ProjectByNames> {
    let (i, columns) = list(after(i, &INFO), unnamed_expression)?;
    Ok((i, ProjectByNames { columns }))
}

impl Print for ProjectByNames {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.exprs(&self.columns);
    }
}
