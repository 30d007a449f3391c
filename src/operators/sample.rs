//! `sample`: random rows.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `sample`.
pub const INFO: Info = Info {
    keywords: &["sample"],
    place: Place::Piped,
    summary: "Gives some rows, chosen at random.",
    syntax: "T | sample n",
};

/// `sample 5`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
}
