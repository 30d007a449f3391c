//! `extend`: adds columns, or replaces those of the same name.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `extend`.
pub const INFO: Info = Info {
    keywords: &["extend"],
    place: Place::Piped,
    summary: "Adds computed columns, or replaces those of the same name.",
    syntax: "T | extend [name =] expression, ...",
    examples: &[("range n from 1 to 2 step 1\n\
             | extend square = n * n, word = iff(n == 1, 'one', 'more')", "n | square | word\n1 | 1 | one\n2 | 4 | more")],
};
use crate::bind::{Binder, Relation};
use crate::source::Span;

/// `extend a = b + 1, (c, d) = f(e)`
#[derive(Clone, Debug, PartialEq)]
pub struct Extend {
    /// The columns, named or not.
    pub columns: Vec<Expr>,
}

/// `extend a = b + 1`
pub fn extend(i: Tokens<'_>) -> Parsed<'_, Extend> {
    let (i, columns) = named_expressions(after(i, &INFO))?;
    Ok((i, Extend { columns }))
}

impl Print for Extend {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.exprs(&self.columns);
    }
}

impl super::Bind for Extend {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.extended(input, &self.columns)
    }
}
