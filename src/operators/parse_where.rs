//! `parse-where`: as `parse`, and drops the rows that do not match.

use super::parse::ParseItem;
use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `parse-where`.
pub const INFO: Info = Info {
    keywords: &["parse-where"],
    place: Place::Piped,
    summary: "Cuts columns out of a text by a pattern and drops the rows that do not match.",
    syntax: "T | parse-where [kind=simple|regex [flags=...]] text with [*] 'text' column[: type] ...",
};

/// `parse-where s with 'a=' a: long`
#[derive(Clone, Debug, PartialEq)]
pub struct ParseWhere {
    /// `kind=…`, `flags=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<ParseItem>,
}
