//! `top`: the first rows by a key.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter, SortKey};

/// What users read about `top`.
pub const INFO: Info = Info {
    keywords: &["top"],
    place: Place::Piped,
    summary: "Gives the first rows in the order of a key.",
    syntax: "T | top n by key [asc|desc] [nulls first|last]",
};

/// `top 5 by a asc nulls first`
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
    /// The key.
    pub by: SortKey,
}
