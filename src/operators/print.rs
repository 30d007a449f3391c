//! `print`: one row of values.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `print`.
pub const INFO: Info = Info {
    keywords: &["print"],
    place: Place::Source,
    summary: "Gives one row of computed values.",
    syntax: "print [name =] expression, ...",
};

/// `print 1, b = 2`
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// The values, named or not.
    pub columns: Vec<Expr>,
}
