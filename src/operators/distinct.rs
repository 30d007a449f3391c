//! `distinct`: the different combinations of some columns.

use super::join::JOIN_STRATEGIES;
use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `distinct`.
pub const INFO: Info = Info {
    keywords: &["distinct"],
    place: Place::Piped,
    summary: "Gives each combination of the columns' values once.",
    syntax: "T | distinct * | column, ...",
    examples: &[("datatable (user: string, host: string) ['ann', 'web', 'ann', 'web', 'bob', 'db']\n\
             | distinct user, host", "user | host\nann | web\nbob | db")],
};
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Name};

/// `distinct a, b`, `distinct *`
#[derive(Clone, Debug, PartialEq)]
pub struct Distinct {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The columns, or a single `*` ([`crate::syntax::ast::ExprKind::Star`]).
    pub columns: Vec<Expr>,
}

/// `distinct a, b`
pub fn distinct(i: Tokens<'_>) -> Parsed<'_, Distinct> {
    let (i, parameters) = hints(after(i, &INFO))?;
    let (i, columns) = named_expressions(i)?;
    let node = Distinct {
        parameters,
        columns,
    };
    Ok((i, node))
}

impl Print for Distinct {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.exprs(&self.columns);
    }
}

impl super::Bind for Distinct {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.hint_word(&self.parameters, "hint.strategy", JOIN_STRATEGIES);
        let star = |e: &Expr| e.kind == ExprKind::Star;
        let open = input.plan.schema.open && self.columns.iter().any(star);
        let mut keys = Vec::new();
        for e in &self.columns {
            if e.kind != ExprKind::Star {
                keys.push(called_by_itself(e, &input));
                continue;
            }
            keys.extend(input.plan.schema.columns.iter().map(|c| {
                let name = Name {
                    text: c.name.clone(),
                    quoted: true,
                    span: e.span,
                };
                Expr {
                    kind: ExprKind::Name(name),
                    span: e.span,
                }
            }));
        }
        binder.name_distinct(&mut keys, &input.plan.schema);
        let mut distinct = binder.summarized(input, &[], &keys, span);
        distinct.plan.schema.open |= open;
        distinct
    }
}

/// A variable alone has its name here, other than as a key of `summarize` (measured).
fn called_by_itself(e: &Expr, input: &Relation) -> Expr {
    let ExprKind::Name(name) = &e.kind else {
        return e.clone();
    };
    if input.plan.schema.index(&name.text).is_some() {
        return e.clone();
    }
    let kind = ExprKind::Named {
        names: vec![name.clone()],
        bracketed: false,
        value: Box::new(e.clone()),
    };
    Expr { kind, span: e.span }
}
