//! `top`: the first rows by a key.

use super::sort::sort_key;
use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter, SortKey};

/// What users read about `top`.
pub const INFO: Info = Info {
    keywords: &["top"],
    place: Place::Piped,
    summary: "Gives the first rows in the order of a key.",
    syntax: "T | top n by key [asc|desc] [nulls first|last]",
    examples: &[("range n from 1 to 100 step 1\n| top 2 by n", "n\n100\n99")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;

/// `top 5 by a asc nulls first`
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
    /// The key.
    pub by: SortKey,
}

/// `top 5 by a asc`
pub fn top(i: Tokens<'_>) -> Parsed<'_, Top> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, count) = unnamed_expression(i)?;
    let (i, _) = keyword("by")(i)?;
    let (i, by) = sort_key(i)?;
    let node = Top {
        parameters,
        count,
        by,
    };
    Ok((i, node))
}

impl Print for Top {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" ", Some(&self.count));
        p.push(" by ");
        p.sort_key(&self.by);
    }
}

impl super::Bind for Top {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let mut input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        let count = binder.row_count(&self.count, &input);
        let key = binder.over(&input.plan.schema.clone(), |b| b.sort_key(&self.by));
        input.serialized = true;
        let keys = key.into_iter().collect();
        input.then(|plan| Plan::sort(plan, keys, Some(count)))
    }
}
