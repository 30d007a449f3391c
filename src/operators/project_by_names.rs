//! `project-by-names`: columns whose names are computed.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::syntax::ast::Expr;

/// What users read about `project-by-names`.
pub const INFO: Info = Info {
    keywords: &["project-by-names"],
    place: Place::Piped,
    summary: "Gives the columns whose names are given as text.",
    syntax: "T | project-by-names 'name' or dynamic(['pattern*']), ...",
    examples: &[("print a1 = 1, a2 = 2, b = 3\n| project-by-names 'b', dynamic(['a*'])", "b | a1 | a2\n3 | 1 | 2")],
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

impl super::Bind for ProjectByNames {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let schema = input.plan.schema.clone();
        let mut order: Vec<usize> = Vec::new();
        for specifier in &self.columns {
            let Some(names) = binder.names_given(specifier) else {
                return binder.broken_table();
            };
            for name in names {
                let found = binder.columns_like(&schema, &name);
                order.extend(found.into_iter().filter(|i| !order.contains(i)).collect::<Vec<_>>());
            }
        }
        let columns = input.plan.columns(span);
        let columns = order.into_iter().filter_map(|i| columns.get(i).cloned());
        let columns = columns.collect();
        input.then(|plan| Plan::project_of_all(plan, columns))
    }
}
