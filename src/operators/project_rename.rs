//! `project-rename`: new names for columns.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-rename`.
pub const INFO: Info = Info {
    keywords: &["project-rename"],
    place: Place::Piped,
    summary: "Gives columns new names and leaves them where they are.",
    syntax: "T | project-rename new = old, ...",
    examples: &[("print a = 1, b = 2\n| project-rename one = a", "one | b\n1 | 2")],
};
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Plan;
use crate::source::Span;

/// `project-rename a = b`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectRename {
    /// `new = old` pairs ([`crate::syntax::ast::ExprKind::Named`]).
    pub columns: Vec<Expr>,
}

/// `project-rename a = b`
pub fn project_rename(i: Tokens<'_>) -> Parsed<'_, ProjectRename> {
    let (i, columns) = list_or_none(
        after(i, &INFO),
        "an expression",
        starts_expression,
        named_expression,
    )?;
    Ok((i, ProjectRename { columns }))
}

impl Print for ProjectRename {
    fn print(&self, p: &mut Printer) {
        if !self.columns.is_empty() {
            p.push(" ");
            p.exprs(&self.columns);
        }
    }
}

impl super::Bind for ProjectRename {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let mut columns = input.plan.columns(span);
        for e in &self.columns {
            let ExprKind::Named { names, value, .. } = &e.kind else {
                if e.kind != ExprKind::Error {
                    let said = Diagnostic::new(Code::Syntax, e.span, "expected new = old");
                    binder.say(said.kusto_as("KS110"));
                }
                continue;
            };
            let (Some(new), ExprKind::Name(old)) = (names.first(), &value.kind) else {
                binder.error(
                    Code::ColumnExpected,
                    value.span,
                    "a column's name is needed here",
                );
                continue;
            };
            let there = input.plan.schema.index(&new.text);
            if there.is_some() && new.text != old.text {
                let message = format!("there is a column `{}` already", new.text);
                binder.error(Code::DuplicateColumn, new.span, message);
                return input;
            }
            match binder.column_index(&input.plan.schema, old) {
                Some(index) => columns[index].0 = new.text.clone(),
                None => columns.push((new.text.clone(), binder.broken(old.span))),
            }
        }
        for (i, (name, _)) in columns.iter().enumerate() {
            if columns[..i].iter().any(|(n, _)| n == name) {
                let at = self.columns.iter().find_map(|e| match &e.kind {
                    ExprKind::Named { names, .. } => {
                        names.first().filter(|n| n.text == *name).map(|n| n.span)
                    }
                    _ => None,
                });
                binder.error(
                    Code::DuplicateColumn,
                    at.unwrap_or(span),
                    format!("two columns would be called `{name}`"),
                );
                return input;
            }
        }
        input.then(|plan| Plan::project_of_all(plan, columns))
    }
}
