//! `consume`: reads all rows and gives none.

use super::{Info, Place};
use crate::syntax::ast::OperatorParameter;

/// What users read about `consume`.
pub const INFO: Info = Info {
    keywords: &["consume"],
    place: Place::Piped,
    summary: "Reads all rows and gives none.",
    syntax: "T | consume [decodeblocks=bool]",
};

/// `consume decodeblocks=true`
#[derive(Clone, Debug, PartialEq)]
pub struct Consume {
    /// `decodeblocks=…`
    pub parameters: Vec<OperatorParameter>,
}
