//! `datatable`: a table written into the query.

use super::{Info, Place};
use crate::syntax::ast::{ColumnDeclaration, Expr, OperatorParameter};

/// What users read about `datatable`.
pub const INFO: Info = Info {
    keywords: &["datatable"],
    place: Place::Source,
    summary: "Makes a table from values written into the query, row by row.",
    syntax: "datatable (column: type, ...) [value, ...]",
};

/// `datatable (a: long, b: string) [1, 'x', 2, 'y']`
#[derive(Clone, Debug, PartialEq)]
pub struct Datatable {
    /// Parameters, none of which we know.
    pub parameters: Vec<OperatorParameter>,
    /// The columns.
    pub columns: Vec<ColumnDeclaration>,
    /// The values, row by row.
    pub values: Vec<Expr>,
}
