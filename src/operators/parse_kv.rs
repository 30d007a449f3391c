//! `parse-kv`: columns from `key=value` text.

use super::prelude::*;
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

/// `parse-kv s as (a: long) with (pair_delimiter=';')`
pub fn parse_kv(i: Tokens<'_>) -> Parsed<'_, ParseKv> {
    let (i, value) = unnamed_expression(after(i, &INFO))?;
    let (i, _) = keyword("as")(i)?;
    let (i, columns) = columns(i)?;
    let (i, with) = optional_keyword(i, "with");
    let (i, properties) = if with { properties(i)? } else { (i, Vec::new()) };
    let node = ParseKv {
        value,
        columns,
        properties,
    };
    Ok((i, node))
}

impl Print for ParseKv {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.expr(&self.value);
        p.push(" as ");
        p.columns(&self.columns);
        p.with_properties(&self.properties);
    }
}
