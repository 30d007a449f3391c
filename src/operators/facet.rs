//! `facet`: one table of counts per column.

use super::{Info, Place};
use crate::syntax::ast::{Expr, Piped};

/// What users read about `facet`.
pub const INFO: Info = Info {
    keywords: &["facet"],
    place: Place::Piped,
    summary: "Gives one table of value counts per column, and optionally the rows themselves.",
    syntax: "T | facet by column, ... [with (operators)]",
};

/// `facet by a, b with (where c | take 5)`
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// The columns counted.
    pub columns: Vec<Expr>,
    /// What is done to the rows for the last table; empty if not asked for.
    pub with: Vec<Piped>,
}
