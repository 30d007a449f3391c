//! `distinct`: the different combinations of some columns.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `distinct`.
pub const INFO: Info = Info {
    keywords: &["distinct"],
    place: Place::Piped,
    summary: "Gives each combination of the columns' values once.",
    syntax: "T | distinct * | column, ...",
};

/// `distinct a, b`, `distinct *`
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The columns, or a single `*` ([`crate::syntax::ast::ExprKind::Star`]).
    pub columns: Vec<Expr>,
}
