//! `sample-distinct`: some different values of a column.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `sample-distinct`.
pub const INFO: Info = Info {
    keywords: &["sample-distinct"],
    place: Place::Piped,
    summary: "Gives some of the different values of a column.",
    syntax: "T | sample-distinct n of column",
};

/// `sample-distinct 5 of a`
#[derive(Clone, Debug, PartialEq)]
pub struct SampleDistinct {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
    /// The column.
    pub of: Expr,
}
