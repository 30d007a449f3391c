//! `sample-distinct`: some different values of a column.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `sample-distinct`.
pub const INFO: Info = Info {
    keywords: &["sample-distinct"],
    place: Place::Piped,
    summary: "Gives some of the different values of a column.",
    syntax: "T | sample-distinct n of column",
    examples: &[("datatable (user: string) ['ann', 'bob', 'ann']\n\
             | sample-distinct 5 of user\n\
             | count", "Count\n2")],
};

/// `sample-distinct 5 of a`
#[derive(Clone, Debug, PartialEq)]
pub struct SampleDistinct {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// How many.
    pub count: Expr,
    /// The column.
    pub of: Expr,
}

/// `sample-distinct 5 of a`
pub fn sample_distinct(i: Tokens<'_>) -> Parsed<'_, SampleDistinct> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, count) = unnamed_expression(i)?;
    let (i, _) = keyword("of")(i)?;
    let (i, of) = unnamed_expression(i)?;
    let node = SampleDistinct {
        parameters,
        count,
        of,
    };
    Ok((i, node))
}

impl Print for SampleDistinct {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" ", Some(&self.count));
        p.optional(" of ", Some(&self.of));
    }
}

impl super::Bind for SampleDistinct {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        let count = binder.row_count(&self.count, &input);
        let values = binder.summarized(input, &[], std::slice::from_ref(&self.of), span);
        values.then(|plan| Plan::take(plan, count))
    }
}
