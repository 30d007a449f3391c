//! `lookup`: adds columns of a small table by key.

use super::join::print_right;
use super::join::JOIN_STRATEGIES;
use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `lookup`.
pub const INFO: Info = Info {
    keywords: &["lookup"],
    place: Place::Piped,
    summary: "Adds the columns of another table, looked up by key.",
    syntax: "T | lookup [kind=leftouter|inner] (U) on column, ... | $left.a == $right.b, ...",
    examples: &[("let Users = datatable (user: string, team: string) ['ann', 'red', 'bob', 'blue'];\n\
             datatable (user: string, host: string) ['ann', 'web', 'bob', 'db']\n\
             | lookup Users on user", "user | host | team\nann | web | red\nbob | db | blue")],
};
use crate::bind::{Binder, Relation};
use crate::plan::JoinKind;
use crate::source::Span;

/// `lookup kind=inner U on a`
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// `kind=…`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The right side.
    pub right: Expr,
    /// The conditions.
    pub on: Vec<Expr>,
}

/// `lookup kind=inner U on a`
pub fn lookup(i: Tokens<'_>) -> Parsed<'_, Lookup> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, right) = unnamed_expression(i)?;
    let (i, _) = keyword("on")(i)?;
    let (i, on) = list(i, unnamed_expression)?;
    let node = Lookup {
        parameters,
        right,
        on,
    };
    Ok((i, node))
}

impl Print for Lookup {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_right(p, &self.right, &self.on);
    }
}

impl super::Bind for Lookup {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.hint_word(&self.parameters, "hint.strategy", JOIN_STRATEGIES);
        let kinds: &[(&str, JoinKind)] = &[
            ("leftouter", JoinKind::LeftOuter),
            ("inner", JoinKind::Inner),
        ];
        let kind = binder.kind(&self.parameters, kinds, JoinKind::LeftOuter);
        binder.joined(input, &self.right, &self.on, kind, true, span)
    }
}
