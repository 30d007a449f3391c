//! `serialize`: fixes the order of the rows.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `serialize`.
pub const INFO: Info = Info {
    keywords: &["serialize"],
    place: Place::Piped,
    summary: "Fixes the order of the rows, so that functions of neighbouring rows can be used.",
    syntax: "T | serialize [[name =] expression, ...]",
};

/// `serialize n = row_number()`
#[derive(Clone, Debug, PartialEq)]
pub struct Serialize {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// Columns added, as by `extend`.
    pub columns: Vec<Expr>,
}
