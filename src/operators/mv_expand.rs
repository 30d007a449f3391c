//! `mv-expand`: one row per element of an array or bag.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter, TypeName};

/// What users read about `mv-expand`.
pub const INFO: Info = Info {
    keywords: &["mv-expand", "mvexpand"],
    place: Place::Piped,
    summary: "Makes one row per element of an array or bag.",
    syntax: "T | mv-expand [kind=bag|array] [with_itemindex=Name] [name =] array [to typeof(type)], ... [limit n]",
};

/// `mv-expand kind=array with_itemindex=i a = d to typeof(long), e limit 5`
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `kind=…`, `bagexpansion=…`, `with_itemindex=…`
    pub parameters: Vec<OperatorParameter>,
    /// The arrays.
    pub columns: Vec<ExpandColumn>,
    /// How many elements per row.
    pub limit: Option<Expr>,
    /// Written `mvexpand`, which has a limit of 128 unless told otherwise.
    pub legacy: bool,
}

/// `a = d to typeof(long)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandColumn {
    /// The array, named or not.
    pub value: Expr,
    /// The elements' type.
    pub ty: Option<TypeName>,
}
