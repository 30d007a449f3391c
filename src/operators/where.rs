//! `where`: keeps the rows that meet a condition.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `where`.
pub const INFO: Info = Info {
    keywords: &["where", "filter"],
    place: Place::Piped,
    summary: "Keeps the rows for which a condition is true.",
    syntax: "T | where condition",
};

/// `where a == 1 and b has 'x'`
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The condition.
    pub predicate: Expr,
}

/// `where a == 1`
pub fn r#where(i: Tokens<'_>) -> Parsed<'_, Where> {
    let (i, parameters) = known_parameters(after(i, &INFO), &[])?;
    let (i, predicate) = unnamed_expression(i)?;
    let node = Where {
        parameters,
        predicate,
    };
    Ok((i, node))
}

impl Print for Where {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" ", Some(&self.predicate));
    }
}
