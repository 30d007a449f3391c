//! `sample`: random rows.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `sample`.
pub const INFO: Info = Info {
    keywords: &["sample"],
    place: Place::Piped,
    summary: "Gives some rows, chosen at random.",
    syntax: "T | sample n",
};

/// `sample 5`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
}

/// `sample 5`
pub fn sample(i: Tokens<'_>) -> Parsed<'_, Sample> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, count) = unnamed_expression(i)?;
    Ok((i, Sample { parameters, count }))
}

impl Print for Sample {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" ", Some(&self.count));
    }
}
