//! `project`: exactly these columns.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `project`.
pub const INFO: Info = Info {
    keywords: &["project"],
    place: Place::Piped,
    summary: "Gives exactly the listed columns, in that order.",
    syntax: "T | project [name =] expression, ...",
};

/// `project a, b = c + 1`
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The columns, named or not.
    pub columns: Vec<Expr>,
}
