//! `consume`: reads all rows and gives none.

use super::prelude::*;
use crate::syntax::ast::OperatorParameter;

/// What users read about `consume`.
pub const INFO: Info = Info {
    keywords: &["consume"],
    place: Place::Piped,
    summary: "Reads all rows and gives none.",
    syntax: "T | consume [decodeblocks=bool]",
    examples: &[("range n from 1 to 3 step 1\n| consume", "n")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;

/// `consume decodeblocks=true`
#[derive(Clone, Debug, PartialEq)]
pub struct Consume {
    /// `decodeblocks=…`
    pub parameters: Vec<OperatorParameter>,
}

/// `consume decodeblocks=true`
pub fn consume(i: Tokens<'_>) -> Parsed<'_, Consume> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    Ok((i, Consume { parameters }))
}

impl Print for Consume {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
    }
}

impl super::Bind for Consume {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &["decodeblocks"]);
        binder.truth_parameter(&self.parameters, "decodeblocks");
        Relation::new(Plan::take(input.plan, 0))
    }
}
