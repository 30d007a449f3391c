//! `fork`: several results over the same rows.

use super::{Info, Place};
use crate::syntax::ast::{Name, Piped};

/// What users read about `fork`.
pub const INFO: Info = Info {
    keywords: &["fork"],
    place: Place::Piped,
    summary: "Runs several pipelines over the same rows and gives a table for each.",
    syntax: "T | fork [name =] (operators) ...",
};

/// `fork a = (take 1) (where x | count)`
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// The branches.
    pub branches: Vec<ForkBranch>,
}

/// `a = (where x | count)`
#[derive(Clone, Debug, PartialEq)]
pub struct ForkBranch {
    /// The name, if given.
    pub name: Option<Name>,
    /// What is done to the rows.
    pub operators: Vec<Piped>,
}
