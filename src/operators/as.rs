//! `as`: gives the rows a name that later parts of the query can use.

use super::{Info, Place};
use crate::syntax::ast::{Name, OperatorParameter};

/// What users read about `as`.
pub const INFO: Info = Info {
    keywords: &["as"],
    place: Place::Piped,
    summary: "Gives the rows a name that later parts of the query can use.",
    syntax: "T | as [hint.materialized=true] Name",
};

/// `as hint.materialized=true Scans`
#[derive(Clone, Debug, PartialEq)]
pub struct As {
    /// `hint.materialized=…`
    pub parameters: Vec<OperatorParameter>,
    /// The name given.
    pub name: Name,
}
