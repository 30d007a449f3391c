//! `count`: gives one row with the number of rows.

use super::{Info, Place};
use crate::syntax::ast::Name;

/// What users read about `count`.
pub const INFO: Info = Info {
    keywords: &["count"],
    place: Place::Piped,
    summary: "Gives one row with the number of rows.",
    syntax: "T | count [as Name]",
};

/// `count`, `count as Total`
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The table's name, as by `as`.
    pub name: Option<Name>,
}
