//! `top-hitters`: the most frequent values of a column.

use super::{Info, Place};
use crate::syntax::ast::{Expr, SortKey};

/// What users read about `top-hitters`.
pub const INFO: Info = Info {
    keywords: &["top-hitters"],
    place: Place::Piped,
    summary: "Gives the most frequent values of a column, or those with the largest sums.",
    syntax: "T | top-hitters n of column [by value]",
};

/// `top-hitters 5 of a by b`
#[derive(Clone, Debug, PartialEq)]
pub struct TopHitters {
    /// How many.
    pub count: Expr,
    /// The column.
    pub of: Expr,
    /// What is summed up; rows are counted if not said.
    pub by: Option<SortKey>,
}
