//! `extend`: adds columns, or replaces those of the same name.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `extend`.
pub const INFO: Info = Info {
    keywords: &["extend"],
    place: Place::Piped,
    summary: "Adds computed columns, or replaces those of the same name.",
    syntax: "T | extend [name =] expression, ...",
};

/// `extend a = b + 1, (c, d) = f(e)`
#[derive(Clone, Debug, PartialEq)]
pub struct Extend {
    /// The columns, named or not.
    pub columns: Vec<Expr>,
}
