//! `project-reorder`: these columns first.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `project-reorder`.
pub const INFO: Info = Info {
    keywords: &["project-reorder"],
    place: Place::Piped,
    summary: "Puts the listed columns first.",
    syntax: "T | project-reorder column or pattern* [asc|desc|granny-asc|granny-desc], ...",
};

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
    let (i, columns) = list(after(i, &INFO), reorder_column)?;
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
        p.push(" ");
        p.list(&self.columns, |p, column| {
            p.expr(&column.column);
            if let Some(order) = column.order {
                p.push(" ");
                p.push(order.text());
            }
        });
    }
}
