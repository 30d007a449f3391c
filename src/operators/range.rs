//! `range`: a column of values with equal steps.

use super::{Info, Place};
use crate::syntax::ast::{Expr, Name};

/// What users read about `range`.
pub const INFO: Info = Info {
    keywords: &["range"],
    place: Place::Source,
    summary: "Makes a table of one column whose values rise or fall by equal steps.",
    syntax: "range name from start to end step size",
};

/// `range x from 1 to 10 step 2`
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The column.
    pub name: Name,
    /// The first value.
    pub from: Expr,
    /// The limit, inclusive.
    pub to: Expr,
    /// The step.
    pub step: Expr,
}
