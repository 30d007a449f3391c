//! `project-keep`: only these columns, in their own order.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `project-keep`.
pub const INFO: Info = Info {
    keywords: &["project-keep"],
    place: Place::Piped,
    summary: "Keeps the listed columns, in the order they stand in.",
    syntax: "T | project-keep column or pattern*, ...",
};

/// `project-keep a, b*`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectKeep {
    /// Names and wildcards.
    pub columns: Vec<Expr>,
}
