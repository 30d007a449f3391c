//! `search`: rows of several tables with a text anywhere.

use super::find::source_list;
use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `search`.
pub const INFO: Info = Info {
    keywords: &["search"],
    place: Place::Either,
    summary: "Searches texts in all columns of several tables.",
    syntax: "[T |] search [kind=case_sensitive] [in (table, ...)] condition",
    examples: &[("datatable (user: string, host: string) ['ann', 'web', 'bob', 'db of ann', 'anna', 'mail']\n\
             | search 'ann'\n\
             | project user, host", "user | host\nann | web\nbob | db of ann")],
};

/// `search kind=case_sensitive in (T, U*) 'x' and a == 1`
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// `kind=…`
    pub parameters: Vec<OperatorParameter>,
    /// The tables: names, wildcards, paths; all tables if empty.
    pub sources: Vec<Expr>,
    /// The condition: terms and comparisons.
    pub predicate: Expr,
}

/// `search in (T, U*) 'x' and a == 1`
pub fn search(i: Tokens<'_>) -> Parsed<'_, Search> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, sources) = source_list(i)?;
    let (i, predicate) = unnamed_expression(i)?;
    let node = Search {
        parameters,
        sources,
        predicate,
    };
    Ok((i, node))
}

impl Print for Search {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.sources(&self.sources);
        p.optional(" ", Some(&self.predicate));
    }
}

impl super::Bind for Search {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let kinds: &[(&str, bool)] = &[
            ("default", false),
            ("case_insensitive", false),
            ("case_sensitive", true),
        ];
        let sensitive = binder.kind(&self.parameters, kinds, false);
        binder.searched(input, &self.sources, &self.predicate, sensitive, span)
    }
}
