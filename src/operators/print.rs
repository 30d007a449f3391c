//! `print`: one row of values.

use super::prelude::{Info, Parsed, Place, Printer, Tokens, after, named_expressions};
use crate::syntax::ast::Expr;

/// What users read about `print`.
pub const INFO: Info = Info {
    keywords: &["print"],
    place: Place::Source,
    summary: "Gives one row of computed values.",
    syntax: "print [name =] expression, ...",
};

/// `print 1, b = 2`
#[derive(Clone, Debug, PartialEq)]
pub struct Print {
    /// The values, named or not.
    pub columns: Vec<Expr>,
}

/// `print 1, b = 2`
pub fn print(i: Tokens<'_>) -> Parsed<'_, Print> {
    let (i, columns) = named_expressions(after(i, &INFO))?;
    Ok((i, Print { columns }))
}

impl super::prelude::Print for Print {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.exprs(&self.columns);
    }
}
