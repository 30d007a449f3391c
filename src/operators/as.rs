//! `as`: gives the rows a name that later parts of the query can use.

use super::prelude::*;
use crate::syntax::ast::{Name, OperatorParameter};

/// What users read about `as`.
pub const INFO: Info = Info {
    keywords: &["as"],
    place: Place::Piped,
    summary: "Gives the rows a name that later parts of the query can use.",
    syntax: "T | as [hint.materialized=true] Name",
    examples: &[("range n from 1 to 3 step 1\n\
             | as Numbers\n\
             | where n == toscalar(Numbers | summarize max(n))", "n\n3")],
};
use std::rc::Rc;
use crate::bind::{Binder, Binding, Relation, share};
use crate::source::Span;

/// `as hint.materialized=true Scans`
#[derive(Clone, Debug, PartialEq)]
pub struct As {
    /// `hint.materialized=…`
    pub parameters: Vec<OperatorParameter>,
    /// The name given.
    pub name: Name,
}

/// `as [hint.materialized=true] Name`
pub fn r#as(i: Tokens<'_>) -> Parsed<'_, As> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, name) = variable_name(i)?;
    Ok((i, As { parameters, name }))
}

impl Print for As {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.name(&self.name);
    }
}

impl super::Bind for As {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        let mut shared = share(binder, input);
        shared.label = Some(self.name.text.clone());
        let binding = Binding::Table(Rc::new(shared.clone()));
        binder.bind_name(&self.name, binding);
        shared
    }
}
