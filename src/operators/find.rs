//! `find`: rows of several tables that match a condition.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter, TypeName};

/// What users read about `find`.
pub const INFO: Info = Info {
    keywords: &["find"],
    place: Place::Either,
    summary: "Finds rows that match a condition in several tables.",
    syntax: "find [withsource=Name] [in (table, ...)] where condition [project-smart | project column[: type], ...]",
    examples: &[("let A = view () { datatable (user: string) ['ann', 'bob'] };\n\
             let B = view () { datatable (user: string) ['ann'] };\n\
             find in (A, B) where user == 'ann' project user", "source_ | user\nA | ann\nB | ann")],
};

/// `find withsource=S in (T, U*) where a == 1 project b, c: string, pack_all()`
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// `withsource=…`
    pub parameters: Vec<OperatorParameter>,
    /// The tables: names, wildcards, paths; all tables if empty.
    pub sources: Vec<Expr>,
    /// The condition.
    pub predicate: Expr,
    /// What is given.
    pub project: FindProject,
    /// Columns left out, `*` included.
    pub project_away: Vec<Expr>,
}

/// What `find` gives.
#[derive(Clone, Debug, PartialEq)]
pub enum FindProject {
    /// Nothing was said.
    Default,
    /// `project-smart`
    Smart,
    /// `project a, b: string, pack_all()`
    Columns(Vec<FindColumn>),
}

/// `a`, `b: string`, `pack_all()`
#[derive(Clone, Debug, PartialEq)]
pub struct FindColumn {
    /// A name, or a call of `pack` or `pack_all`.
    pub value: Expr,
    /// The type, if written.
    pub ty: Option<TypeName>,
}

/// `find in (T, U*) where a == 1 project b, c: string`
pub fn find(i: Tokens<'_>) -> Parsed<'_, Find> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, sources) = source_list(i)?;
    let (i, listed) = optional_keyword(i, "where");
    if !(listed || sources.is_empty() && parameters.is_empty()) {
        i.missing_token("`where`");
    }
    let (i, predicate) = unnamed_expression(i)?;
    let (i, project) = find_project(i)?;
    let (i, away) = optional_keyword(i, "__projectAway");
    let (i, project_away) = if away {
        list(i, name_or_wildcard)?
    } else {
        (i, Vec::new())
    };
    let node = Find {
        parameters,
        sources,
        predicate,
        project,
        project_away,
    };
    Ok((i, node))
}

/// `in (T, U*)`, or nothing
pub fn source_list(i: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    if i.is_keyword("in") && i.is_symbol(1, "(") {
        return bracketed_some(i.skip(1), "(", table_source, ")", "a table");
    }
    i.expect("`in`");
    Ok((i, Vec::new()))
}

/// `project-smart`, `project a, b: string`, or nothing
pub fn find_project(i: Tokens<'_>) -> Parsed<'_, FindProject> {
    let (i, smart) = optional_keyword(i, "project-smart");
    if smart {
        return Ok((i, FindProject::Smart));
    }
    if i.is_keyword("__projectAway") {
        return Ok((i, FindProject::Default));
    }
    let (i, listed) = optional_keyword(i, "project");
    if !listed {
        return Ok((i, FindProject::Default));
    }
    let (i, columns) = list(i, find_column)?;
    Ok((i, FindProject::Columns(columns)))
}

/// `a`, `b: string`, `pack_all()`
pub fn find_column(i: Tokens<'_>) -> Parsed<'_, FindColumn> {
    let (i, value) = path(i)?;
    let (i, ty) = if i.is_symbol(0, ":") {
        let (i, ty) = type_name(i.skip(1))?;
        (i, Some(ty))
    } else {
        (i, None)
    };
    Ok((i, FindColumn { value, ty }))
}

impl Print for Find {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.sources(&self.sources);
        p.push(" where ");
        p.expr(&self.predicate);
        match &self.project {
            FindProject::Default => {}
            FindProject::Smart => p.push(" project-smart"),
            FindProject::Columns(columns) => {
                p.push(" project ");
                p.list(columns, |p, column| {
                    p.expr(&column.value);
                    p.typed(column.ty.as_ref());
                });
            }
        }
        if !self.project_away.is_empty() {
            p.push(" __projectAway ");
            p.exprs(&self.project_away);
        }
    }
}

impl super::Bind for Find {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        if input.is_some() {
            let message = "`find` after a pipe cannot run yet; `search` or `where` can stand there";
            binder.unsupported(span, message);
            return binder.broken_table();
        }
        if self.predicate.kind == ExprKind::Star {
            let message = "`*` alone is no condition";
            let said = Diagnostic::new(Code::Syntax, self.predicate.span, message);
            binder.say(said.kusto_as("KS006").help("`where true` keeps all rows"));
            return binder.broken_table();
        }
        binder.found(self, span)
    }
}
