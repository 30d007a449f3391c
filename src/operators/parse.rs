//! `parse`: columns cut out of a text by a pattern.

use super::{Info, Place};
use crate::syntax::ast::{Expr, Name, OperatorParameter, TypeName};

/// What users read about `parse`.
pub const INFO: Info = Info {
    keywords: &["parse"],
    place: Place::Piped,
    summary: "Cuts columns out of a text by a pattern.",
    syntax: "T | parse [kind=simple|regex|relaxed [flags=...]] text with [*] 'text' column[: type] ...",
};

/// `parse kind=relaxed s with * 'a=' a: long ', b=' b *`
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// `kind=…`, `flags=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<ParseItem>,
}

/// A piece of a pattern of `parse`.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseItem {
    /// `*`
    Star,
    /// `'text'`: a string literal (or, for the binder to resolve, the name of a constant).
    Text(Expr),
    /// `column: type`
    Column {
        /// The column's name.
        name: Name,
        /// Its type; string if not written.
        ty: Option<TypeName>,
    },
}
