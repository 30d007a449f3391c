//! `join`: rows of two tables that agree in some columns.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `join`.
pub const INFO: Info = Info {
    keywords: &["join"],
    place: Place::Piped,
    summary: "Joins the rows with those of another table that agree in some columns.",
    syntax: "T | join [kind=...] [hint.*=...] (U) on column, ... | $left.a == $right.b, ...",
};

/// `join kind=inner (U | take 5) on a, $left.b == $right.c`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// `kind=…`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The right side.
    pub right: Expr,
    /// The conditions; none if there is no `on`.
    pub on: Vec<Expr>,
}
