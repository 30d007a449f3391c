//! `project-reorder`: these columns first.

use super::prelude::*;
use crate::diagnostic::Code;
use crate::syntax::ast::{Expr, ExprKind};

/// What users read about `project-reorder`.
pub const INFO: Info = Info {
    keywords: &["project-reorder"],
    place: Place::Piped,
    summary: "Puts the listed columns first.",
    syntax: "T | project-reorder column or pattern* [asc|desc|granny-asc|granny-desc], ...",
    examples: &[("print b = 1, c2 = 2, c1 = 3\n| project-reorder c* asc, b", "c1 | c2 | b\n3 | 2 | 1")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;

/// `project-reorder a, b* granny-asc`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectReorder {
    /// The columns.
    pub columns: Vec<ReorderColumn>,
}

/// `b* granny-asc`
#[derive(Clone, Debug, PartialEq)]
pub struct ReorderColumn {
    /// A name or wildcard.
    pub column: Expr,
    /// The order of several that match.
    pub order: Option<ReorderOrder>,
}

/// The order of several columns that match a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReorderOrder {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
    /// `granny-asc`: numbers inside names by value
    GrannyAscending,
    /// `granny-desc`
    GrannyDescending,
}

/// `project-reorder a, b* granny-asc`
pub fn project_reorder(i: Tokens<'_>) -> Parsed<'_, ProjectReorder> {
    let (i, columns) = list_or_none(after(i, &INFO), "a name", |i| is_name(i, 0), reorder_column)?;
    Ok((i, ProjectReorder { columns }))
}

/// `b* granny-asc`
pub fn reorder_column(i: Tokens<'_>) -> Parsed<'_, ReorderColumn> {
    let (i, column) = name_or_wildcard(i)?;
    for order in ReorderOrder::ALL {
        let (i, found) = optional_keyword(i, order.text());
        if found {
            let order = Some(order);
            return Ok((i, ReorderColumn { column, order }));
        }
    }
    Ok((
        i,
        ReorderColumn {
            column,
            order: None,
        },
    ))
}

impl ReorderOrder {
    const ALL: [ReorderOrder; 4] = [
        ReorderOrder::Ascending,
        ReorderOrder::Descending,
        ReorderOrder::GrannyAscending,
        ReorderOrder::GrannyDescending,
    ];

    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            ReorderOrder::Ascending => "asc",
            ReorderOrder::Descending => "desc",
            ReorderOrder::GrannyAscending => "granny-asc",
            ReorderOrder::GrannyDescending => "granny-desc",
        }
    }
}

impl Print for ProjectReorder {
    fn print(&self, p: &mut Printer) {
        if !self.columns.is_empty() {
            p.push(" ");
        }
        p.list(&self.columns, |p, column| {
            p.expr(&column.column);
            if let Some(order) = column.order {
                p.push(" ");
                p.push(order.text());
            }
        });
    }
}

impl super::Bind for ProjectReorder {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let schema = input.plan.schema.clone();
        let mut order: Vec<usize> = Vec::new();
        for entry in &self.columns {
            let mut found = binder.matching_one(&schema, &entry.column);
            if let ExprKind::Wildcard(pattern) = &entry.column.kind
                && found.is_empty()
                && !schema.open
            {
                let message = format!("no column's name matches `{}`", pattern.text);
                binder.error(Code::UnknownName, entry.column.span, message);
            }
            found.retain(|i| !order.contains(i));
            let name = |i: &usize| &*schema.columns[*i].name;
            match entry.order {
                None => {}
                Some(ReorderOrder::Ascending) => found.sort_by(|a, b| name(a).cmp(name(b))),
                Some(ReorderOrder::Descending) => found.sort_by(|a, b| name(b).cmp(name(a))),
                Some(ReorderOrder::GrannyAscending) => {
                    found.sort_by_key(|i| natural(name(i)));
                }
                Some(ReorderOrder::GrannyDescending) => {
                    found.sort_by_key(|i| std::cmp::Reverse(natural(name(i))));
                }
            }
            order.extend(found);
        }
        let rest: Vec<usize> = (0..schema.len()).filter(|i| !order.contains(i)).collect();
        order.extend(rest);
        let columns = input.plan.columns(span);
        let columns = order.into_iter().map(|i| columns[i].clone()).collect();
        input.then(|plan| Plan::project_of_all(plan, columns))
    }
}

/// A name as text and numbers in turn, so that `a2` comes before `a10`.
fn natural(name: &str) -> Vec<(String, u128)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let digits = rest[text..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(rest.len(), |n| text + n);
        let number = rest[text..digits].parse().unwrap_or(0);
        parts.push((rest[..text].to_string(), number));
        rest = &rest[digits..];
    }
    parts
}
