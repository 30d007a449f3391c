//! `invoke`: calls a function with the rows as its first argument.

use super::prelude::*;
use crate::syntax::ast::Expr;

/// What users read about `invoke`.
pub const INFO: Info = Info {
    keywords: &["invoke"],
    place: Place::Piped,
    summary: "Calls a function whose first parameter is a table with the rows.",
    syntax: "T | invoke function(argument, ...)",
    examples: &[("let largest = (T: (n: long)) { T | top 2 by n };\n\
             range n from 1 to 5 step 1\n\
             | invoke largest()", "n\n5\n4")],
};
use crate::bind::{Binder, Relation};
use crate::diagnostic::Code;
use crate::source::Span;

/// `invoke f(1, 'a')`, `invoke database('d').f()`
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// A call, or a path that ends in one.
    pub call: Expr,
}

/// `invoke f(1)`
pub fn invoke(i: Tokens<'_>) -> Parsed<'_, Invoke> {
    let (mut rest, mut call) = name_or_call(after(i, &INFO))?;
    let start = after(i, &INFO);
    while rest.is_symbol(0, ".") {
        let (next, member) = name_or_call(rest.skip(1))?;
        rest = next;
        call = Expr {
            kind: ExprKind::Path {
                base: Box::new(call),
                member: Box::new(member),
            },
            span: start.span_to(rest),
        };
    }
    Ok((rest, Invoke { call }))
}

impl Print for Invoke {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.expr(&self.call);
    }
}

impl super::Bind for Invoke {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        match &self.call.kind {
            ExprKind::Call { name, arguments } => {
                binder.table_call(name, arguments, Some(input), self.call.span)
            }
            ExprKind::Error => input,
            _ => {
                binder.error(Code::Syntax, span, "invoke wants a call, such as f(1)");
                binder.broken_table()
            }
        }
    }
}
