//! `summarize`: aggregates per group.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `summarize`.
pub const INFO: Info = Info {
    keywords: &["summarize"],
    place: Place::Piped,
    summary: "Groups the rows and computes aggregates of each group.",
    syntax: "T | summarize [hint.*=...] [[name =] aggregate, ...] [by [name =] key, ...]",
};

/// `summarize n = count(), max(x) by k, t = bin(t, 1h)`
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The aggregates, named or not.
    pub aggregates: Vec<Expr>,
    /// The keys, named or not.
    pub by: Vec<Expr>,
}
