//! `mv-apply`: runs a subquery on the elements of each row's arrays.

use super::mv_expand::ExpandColumn;
use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter, Pipeline};

/// What users read about `mv-apply`.
pub const INFO: Info = Info {
    keywords: &["mv-apply", "mvapply"],
    place: Place::Piped,
    summary: "Runs a subquery on the elements of each row's arrays.",
    syntax: "T | mv-apply [with_itemindex=Name] [name =] array [to typeof(type)], ... [limit n] on (operators)",
};

/// `mv-apply a = d to typeof(long) limit 5 on (top 1 by a)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvApply {
    /// `with_itemindex=…`
    pub parameters: Vec<OperatorParameter>,
    /// The arrays.
    pub columns: Vec<ExpandColumn>,
    /// How many elements per row.
    pub limit: Option<Expr>,
    /// The subquery; it has no source: its input is the elements.
    pub subquery: Pipeline,
}
