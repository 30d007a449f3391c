//! `where`: keeps the rows that meet a condition.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `where`.
pub const INFO: Info = Info {
    keywords: &["where", "filter"],
    place: Place::Piped,
    summary: "Keeps the rows for which a condition is true.",
    syntax: "T | where condition",
};

/// `where a == 1 and b has 'x'`
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The condition.
    pub predicate: Expr,
}
