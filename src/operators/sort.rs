//! `sort`: orders the rows.

use super::{Info, Place};
use crate::syntax::ast::{OperatorParameter, SortKey};

/// What users read about `sort`.
pub const INFO: Info = Info {
    keywords: &["sort", "order"],
    place: Place::Piped,
    summary: "Orders the rows.",
    syntax: "T | sort by key [asc|desc] [nulls first|last], ...",
};

/// `sort by a asc, b nulls last`
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The keys.
    pub keys: Vec<SortKey>,
}
