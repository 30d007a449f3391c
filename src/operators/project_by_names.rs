//! `project-by-names`: columns whose names are computed.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `project-by-names`.
pub const INFO: Info = Info {
    keywords: &["project-by-names"],
    place: Place::Piped,
    summary: "Gives the columns whose names are given as text.",
    syntax: "T | project-by-names 'name' or dynamic(['pattern*']), ...",
};

/// `project-by-names 'a', dynamic(['b*'])`
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectByNames {
    /// Names and patterns: strings, arrays of strings, calls.
    pub columns: Vec<Expr>,
}
