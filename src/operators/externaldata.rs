//! `externaldata`: a table read from a file outside.

use super::{Info, Place};
use crate::syntax::ast::{ColumnDeclaration, Expr, OperatorParameter};

/// What users read about `externaldata`.
pub const INFO: Info = Info {
    keywords: &["externaldata", "external_data"],
    place: Place::Source,
    summary: "Reads a table from a file or address that the query names.",
    syntax: "externaldata (column: type, ...) [address, ...] [with (property = value, ...)]",
};

/// `externaldata (a: string) [@'https://…'] with (format='csv')`
#[derive(Clone, Debug, PartialEq)]
pub struct Externaldata {
    /// Parameters, none of which we know.
    pub parameters: Vec<OperatorParameter>,
    /// The columns.
    pub columns: Vec<ColumnDeclaration>,
    /// Where the data is: string literals, as a rule.
    pub addresses: Vec<Expr>,
    /// `format=…`, `ignoreFirstRecord=…`
    pub properties: Vec<OperatorParameter>,
}
