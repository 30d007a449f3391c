//! `sample`: random rows.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::plan::{Plan, Role, SortKey};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `sample`.
pub const INFO: Info = Info {
    keywords: &["sample"],
    place: Place::Piped,
    summary: "Gives some rows, chosen at random.",
    syntax: "T | sample n",
    examples: &[("range n from 1 to 100 step 1\n| sample 3\n| count", "Count\n3")],
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

impl super::Bind for Sample {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let mut input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        let count = binder.row_count(&self.count, &input);
        let key = SortKey {
            value: binder.by_role(Role::Random, Vec::new(), span),
            descending: false,
            nulls_first: true,
        };
        input.serialized = false;
        input.then(|plan| Plan::sort(plan, vec![key], Some(count)))
    }
}
