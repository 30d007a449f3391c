//! `summarize`: aggregates per group.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `summarize`.
pub const INFO: Info = Info {
    keywords: &["summarize"],
    place: Place::Piped,
    summary: "Groups the rows and computes aggregates of each group.",
    syntax: "T | summarize [hint.*=...] [[name =] aggregate, ...] [by [name =] key, ...]",
    examples: &[("datatable (user: string, n: long) ['ann', 1, 'bob', 3, 'ann', 5]\n\
             | summarize events = count(), total = sum(n) by user", "user | events | total\nann | 2 | 6\nbob | 1 | 3"), ("range n from 1 to 4 step 1\n| summarize max(n), make_list(n)", "max_n | list_n\n4 | [1,2,3,4]")],
};
use crate::bind::{Binder, Relation};
use crate::source::Span;

/// `summarize n = count(), max(x) by k, t = bin(t, 1h)`
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The aggregates, named or not.
    pub aggregates: Vec<Expr>,
    /// The keys, named or not.
    pub by: Vec<Expr>,
}

/// `summarize n = count(), max(x) by k`
pub fn summarize(i: Tokens<'_>) -> Parsed<'_, Summarize> {
    let (i, parameters) = hints(after(i, &INFO))?;
    let grouped = i.is_keyword("by") && !i.is_symbol(1, "=");
    let (i, aggregates) = if grouped || ends(&i) {
        (i, Vec::new())
    } else {
        i.expect("`by`");
        list_unless_else(i, "an expression", starts_expression, named_expression)?
    };
    let (i, grouped) = optional_keyword(i, "by");
    let (i, by) = if grouped {
        named_expressions(i)?
    } else {
        (i, Vec::new())
    };
    let node = Summarize {
        parameters,
        aggregates,
        by,
    };
    Ok((i, node))
}

impl Print for Summarize {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        if !self.aggregates.is_empty() {
            p.push(" ");
            p.exprs(&self.aggregates);
        }
        if !self.by.is_empty() {
            p.push(" by ");
            p.exprs(&self.by);
        }
    }
}

impl super::Bind for Summarize {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        binder.hint_word(&self.parameters, "hint.strategy", &["shuffle"]);
        binder.summarized(input, &self.aggregates, &self.by, span)
    }
}
