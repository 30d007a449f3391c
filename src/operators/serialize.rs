//! `serialize`: fixes the order of the rows.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `serialize`.
pub const INFO: Info = Info {
    keywords: &["serialize"],
    place: Place::Piped,
    summary: "Fixes the order of the rows, so that functions of neighbouring rows can be used.",
    syntax: "T | serialize [[name =] expression, ...]",
    examples: &[("datatable (n: long) [5, 7, 4]\n\
             | serialize row = row_number(), grown = n - prev(n, 1, 0)", "n | row | grown\n5 | 1 | 5\n7 | 2 | 2\n4 | 3 | -3")],
};
use crate::bind::{Binder, Relation};
use crate::source::Span;

/// `serialize n = row_number()`
#[derive(Clone, Debug, PartialEq)]
pub struct Serialize {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// Columns added, as by `extend`.
    pub columns: Vec<Expr>,
}

/// `serialize n = row_number()`
pub fn serialize(i: Tokens<'_>) -> Parsed<'_, Serialize> {
    let (i, parameters) = hints(after(i, &INFO))?;
    let (i, columns) = if ends(&i) {
        (i, Vec::new())
    } else {
        named_expressions(i)?
    };
    let node = Serialize {
        parameters,
        columns,
    };
    Ok((i, node))
}

impl Print for Serialize {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        if !self.columns.is_empty() {
            p.push(" ");
            p.exprs(&self.columns);
        }
    }
}

impl super::Bind for Serialize {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let mut input = binder.piped(input);
        input.serialized = true;
        if self.columns.is_empty() {
            return input;
        }
        binder.extended(input, &self.columns)
    }
}
