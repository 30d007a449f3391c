//! `reduce`: groups similar texts.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `reduce`.
pub const INFO: Info = Info {
    keywords: &["reduce"],
    place: Place::Piped,
    summary: "Groups texts by their likeness and gives a pattern for each group.",
    syntax: "T | reduce [kind=source] by text [with threshold=0.1, characters='...']",
};

/// `reduce kind=source by s with threshold=0.2, characters='-'`
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// `kind=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// `threshold=…`, `characters=…`
    pub properties: Vec<OperatorParameter>,
}
