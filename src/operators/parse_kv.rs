//! `parse-kv`: columns from `key=value` text.

use super::{Info, Place};
use crate::syntax::ast::{ColumnDeclaration, Expr, OperatorParameter};

/// What users read about `parse-kv`.
pub const INFO: Info = Info {
    keywords: &["parse-kv"],
    place: Place::Piped,
    summary: "Makes columns from the keys and values written in a text.",
    syntax: "T | parse-kv text as (key: type, ...) [with (pair_delimiter=..., kv_delimiter=..., quote=..., escape=..., greedy=..., regex=...)]",
};

/// `parse-kv s as (a: long, b: string) with (pair_delimiter=';', kv_delimiter='=')`
#[derive(Clone, Debug, PartialEq)]
pub struct ParseKv {
    /// The text.
    pub value: Expr,
    /// The keys and their types.
    pub columns: Vec<ColumnDeclaration>,
    /// `pair_delimiter=…`, `kv_delimiter=…`, …
    pub properties: Vec<OperatorParameter>,
}
