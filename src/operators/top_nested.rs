//! `top-nested`: the largest groups, and within them the largest groups.

use super::{Info, Place};
use crate::syntax::ast::{Expr, SortKey};

/// What users read about `top-nested`.
pub const INFO: Info = Info {
    keywords: &["top-nested"],
    place: Place::Piped,
    summary: "Gives the largest groups and, within each, its largest groups, level by level.",
    syntax: "T | top-nested [n] of key [with others=value] by aggregate [asc|desc], top-nested ...",
};

/// `top-nested 3 of a by count(), top-nested 1 of b with others='rest' by s = sum(x) asc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNested {
    /// The levels, outermost first.
    pub levels: Vec<TopNestedLevel>,
}

/// `top-nested 3 of a with others='rest' by count() desc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many; all if not said.
    pub count: Option<Expr>,
    /// The key, named or not.
    pub of: Expr,
    /// The key of the row for all others.
    pub others: Option<Expr>,
    /// The aggregate, named or not, and its order.
    pub by: SortKey,
}
