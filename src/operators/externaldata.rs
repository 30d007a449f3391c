//! `externaldata`: a table read from a file outside.

use super::prelude::*;
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

/// `externaldata (a: string) ['https://…'] with (format='csv')`
pub fn externaldata(i: Tokens<'_>) -> Parsed<'_, Externaldata> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, columns) = columns(i)?;
    let (i, addresses) = bracketed_list(i, "[", unnamed_expression, "]", true)?;
    // `top-nested 2 of externaldata (…) […] with others=…` is another `with`.
    let with = i.is_keyword("with") && i.is_symbol(1, "(");
    i.expect("`with`");
    let (i, properties) = if with {
        properties(i.skip(1))?
    } else {
        (i, Vec::new())
    };
    let node = Externaldata {
        parameters,
        columns,
        addresses,
        properties,
    };
    Ok((i, node))
}

impl Print for Externaldata {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.columns(&self.columns);
        p.push(" [");
        p.exprs(&self.addresses);
        p.push("]");
        p.with_properties(&self.properties);
    }
}
