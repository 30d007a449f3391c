//! `invoke`: calls a function with the rows as its first argument.

use super::{Info, Place};
use crate::syntax::ast::Expr;

/// What users read about `invoke`.
pub const INFO: Info = Info {
    keywords: &["invoke"],
    place: Place::Piped,
    summary: "Calls a function whose first parameter is a table with the rows.",
    syntax: "T | invoke function(argument, ...)",
};

/// `invoke f(1, 'a')`, `invoke database('d').f()`
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// A call, or a path that ends in one.
    pub call: Expr,
}
