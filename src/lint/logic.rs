//! Conditions that read otherwise than they look.

use super::{Lint, Look, Rule};
use crate::diagnostic::Edit;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Logic};

pub(super) static AND_OR_MIXED: Rule = Rule {
    name: "and-or-mixed",
    summary: "`and` and `or` stand side by side without brackets.",
    why: "`and` binds tighter than `or`: `a and b or c` is `(a and b) or c`. A time filter that is joined by `and` to \
          the first of several alternatives does not hold for the others.",
    example: "SigninLogs | where TimeGenerated > ago(1d) and ResultType == '0' or ResultType == '50126'",
    better: "SigninLogs | where TimeGenerated > ago(1d) and (ResultType == '0' or ResultType == '50126')",
    look: Look::Expr(and_or_mixed),
};

fn and_or_mixed(lint: &mut Lint<'_>, expr: &Expr) {
    let ExprKind::Chain {
        op: Logic::Or,
        terms,
    } = &expr.kind
    else {
        return;
    };
    let is_and = |term: &&Expr| matches!(&term.kind, ExprKind::Chain { op: Logic::And, .. });
    let ands: Vec<&Expr> = terms.iter().filter(is_and).collect();
    let Some(first) = ands.first() else {
        return;
    };
    let mut diagnostic = lint
        .finding(first.span, "`and` binds tighter than `or` here")
        .label("this is one alternative of the `or`");
    for other in &ands[1..] {
        diagnostic = diagnostic.also(other.span, "and so is this");
    }
    let meant: Vec<String> = terms
        .iter()
        .map(|term| match is_and(&term) {
            true => format!("({})", lint.brief(term.span)),
            false => lint.brief(term.span),
        })
        .collect();
    let help = format!("it means: {}", meant.join(" or "));
    let edits = ands.iter().flat_map(|and| {
        let (start, end) = (and.span.start, and.span.end);
        let at = |at: u32, text: &str| Edit {
            span: Span { start: at, end: at },
            text: text.to_string(),
        };
        [at(start, "("), at(end, ")")]
    });
    let fixed = diagnostic
        .help(help)
        .fix("bracket what belongs together", edits.collect());
    lint.say(fixed);
}
