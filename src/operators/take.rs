//! `take`: the first rows.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `take`.
pub const INFO: Info = Info {
    keywords: &["take", "limit"],
    place: Place::Piped,
    summary: "Gives at most so many rows.",
    syntax: "T | take n",
    examples: &[("range n from 1 to 100 step 1\n| take 2", "n\n1\n2")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;

/// `take 5`
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
}

/// `take 5`
pub fn take(i: Tokens<'_>) -> Parsed<'_, Take> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, count) = unnamed_expression(i)?;
    Ok((i, Take { parameters, count }))
}

impl Print for Take {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" ", Some(&self.count));
    }
}

impl super::Bind for Take {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        let count = binder.row_count(&self.count, &input);
        input.then(|plan| Plan::take(plan, count))
    }
}
