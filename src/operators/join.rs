//! `join`: rows of two tables that agree in some columns.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// How a join can be told to run.
pub(super) const JOIN_STRATEGIES: &[&str] = &["auto", "broadcast", "centralized", "shuffle"];

/// What users read about `join`.
pub const INFO: Info = Info {
    keywords: &["join"],
    place: Place::Piped,
    summary: "Joins the rows with those of another table that agree in some columns.",
    syntax: "T | join [kind=innerunique|inner|leftouter|rightouter|fullouter|leftsemi|rightsemi|leftanti|rightanti] [hint.*=...] (U) on column, ... | $left.a == $right.b, ...",
    examples: &[("let Users = datatable (user: string, team: string) ['ann', 'red', 'bob', 'blue'];\n\
             datatable (user: string, host: string) ['ann', 'web', 'eve', 'db']\n\
             | join kind=inner Users on user", "user | host | user1 | team\nann | web | ann | red"), ("let Known = datatable (name: string) ['ann', 'bob'];\n\
             datatable (user: string, host: string) ['ann', 'web', 'eve', 'db']\n\
             | join kind=leftanti Known on $left.user == $right.name", "user | host\neve | db")],
};
use crate::bind::{Binder, Relation};
use crate::plan::JoinKind;
use crate::source::Span;

/// `join kind=inner (U | take 5) on a, $left.b == $right.c`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// `kind=…`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The right side.
    pub right: Expr,
    /// The conditions; none if there is no `on`.
    pub on: Vec<Expr>,
}

/// `join kind=inner (U) on a, $left.b == $right.c`
pub fn join(i: Tokens<'_>) -> Parsed<'_, Join> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, right) = unnamed_expression(i)?;
    let (i, on) = join_conditions(i)?;
    let node = Join {
        parameters,
        right,
        on,
    };
    Ok((i, node))
}

/// `on a, b`, or nothing
pub fn join_conditions(i: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    let (i, on) = optional_keyword(i, "on");
    if !on {
        return Ok((i, Vec::new()));
    }
    list(i, unnamed_expression)
}

impl Print for Join {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_right(p, &self.right, &self.on);
    }
}

/// The part that `join` and `lookup` share.
pub(super) fn print_right(p: &mut Printer, right: &Expr, on: &[Expr]) {
    p.push(" ");
    p.expr(right);
    if !on.is_empty() {
        p.push(" on ");
        p.exprs(on);
    }
}

impl super::Bind for Join {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.hint_word(&self.parameters, "hint.strategy", JOIN_STRATEGIES);
        let remotes = &["auto", "left", "local", "right", "unresolved"];
        binder.hint_word(&self.parameters, "hint.remote", remotes);
        let kinds: &[(&str, JoinKind)] = &[
            ("innerunique", JoinKind::InnerUnique),
            ("inner", JoinKind::Inner),
            ("leftouter", JoinKind::LeftOuter),
            ("rightouter", JoinKind::RightOuter),
            ("fullouter", JoinKind::FullOuter),
            ("leftsemi", JoinKind::LeftSemi),
            ("semi", JoinKind::LeftSemi),
            ("rightsemi", JoinKind::RightSemi),
            ("leftanti", JoinKind::LeftAnti),
            ("anti", JoinKind::LeftAnti),
            ("leftantisemi", JoinKind::LeftAnti),
            ("rightanti", JoinKind::RightAnti),
            ("rightantisemi", JoinKind::RightAnti),
        ];
        let kind = binder.kind(&self.parameters, kinds, JoinKind::InnerUnique);
        binder.joined(input, &self.right, &self.on, kind, false, span)
    }
}
