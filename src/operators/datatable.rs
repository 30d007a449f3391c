//! `datatable`: a table written into the query.

use super::prelude::*;
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

/// `datatable (a: long) [1, 2]`
pub fn datatable(i: Tokens<'_>) -> Parsed<'_, Datatable> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, columns) = columns(i)?;
    let (i, values) = bracketed_list(i, "[", unnamed_expression, "]", true)?;
    let node = Datatable {
        parameters,
        columns,
        values,
    };
    Ok((i, node))
}

impl Print for Datatable {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.columns(&self.columns);
        p.push(" [");
        p.rows(&self.values, self.columns.len());
        p.push("]");
    }
}
