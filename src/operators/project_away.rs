//! `project-away`: all columns but these.

use super::{Info, Place};
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
