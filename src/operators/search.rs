//! `search`: rows of several tables with a text anywhere.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `search`.
pub const INFO: Info = Info {
    keywords: &["search"],
    place: Place::Either,
    summary: "Searches texts in all columns of several tables.",
    syntax: "[T |] search [kind=case_sensitive] [in (table, ...)] condition",
};

/// `search kind=case_sensitive in (T, U*) 'x' and a == 1`
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// `kind=…`
    pub parameters: Vec<OperatorParameter>,
    /// The tables: names, wildcards, paths; all tables if empty.
    pub sources: Vec<Expr>,
    /// The condition: terms and comparisons.
    pub predicate: Expr,
}
