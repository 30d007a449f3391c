//! `take`: the first rows.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `take`.
pub const INFO: Info = Info {
    keywords: &["take", "limit"],
    place: Place::Piped,
    summary: "Gives at most so many rows.",
    syntax: "T | take n",
};

/// `take 5`
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
}
