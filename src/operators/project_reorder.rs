//! `project-reorder`: these columns first.

use super::{Info, Place};
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
