//! `lookup`: adds columns of a small table by key.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `lookup`.
pub const INFO: Info = Info {
    keywords: &["lookup"],
    place: Place::Piped,
    summary: "Adds the columns of another table, looked up by key.",
    syntax: "T | lookup [kind=leftouter|inner] (U) on column, ... | $left.a == $right.b, ...",
};

/// `lookup kind=inner U on a`
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// `kind=…`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The right side.
    pub right: Expr,
    /// The conditions.
    pub on: Vec<Expr>,
}
