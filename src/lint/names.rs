//! Names nobody uses, and names that have a newer one.

use std::collections::HashSet;

use super::{Lint, Look, Rule};
use crate::diagnostic::Edit;
use crate::functions;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Statement, StatementKind};
use crate::syntax::lexer::TokenKind;
use crate::syntax::print::{Node, Step, walk};

pub(super) static DEAD_LET: Rule = Rule {
    name: "dead-let",
    summary: "A `let` declares what nothing uses.",
    why: "It is left from an earlier version, or its name is misspelt where it should be used.",
    example: "let threshold = 10; SigninLogs | where TimeGenerated > ago(1d) | summarize n = count() by AppId",
    better: "SigninLogs | where TimeGenerated > ago(1d) | summarize n = count() by AppId",
    look: Look::Query(dead_let),
};

pub(super) static DEPRECATED: Rule = Rule {
    name: "deprecated",
    summary: "A function is called by its old name.",
    why: "Old names work, and are not in today's documentation. Some name their column otherwise than the new one.",
    example: "SigninLogs | where TimeGenerated > ago(1d) | summarize ids = makeset(AppId)",
    better: "SigninLogs | where TimeGenerated > ago(1d) | summarize ids = make_set(AppId)",
    look: Look::Expr(deprecated),
};

/// Gives what the binder said about an old name the change that mends it.
fn deprecated(lint: &mut Lint<'_>, expr: &Expr) {
    let ExprKind::Call { name, .. } = &expr.kind else {
        return;
    };
    let named = lint.around.last() == Some(&true);
    let Some(current) = aggregate(&name.text, named).or_else(|| scalar(&name.text, named)) else {
        return;
    };
    if let Some(said) = lint.deprecated_at(name.span) {
        let edit = Edit {
            span: name.span,
            text: current.to_string(),
        };
        *said = said.clone().fix(format!("write `{current}`"), vec![edit]);
    }
}

/// The current name of an aggregate, if its column is called the same or has a name anyway.
fn aggregate(old: &str, named: bool) -> Option<&'static str> {
    let old = functions::aggregate(old)?.function;
    let current = functions::aggregate(old.deprecated?)?.function;
    (named || old.naming == current.naming).then(|| current.name())
}

/// The current name of a scalar function, likewise.
fn scalar(old: &str, named: bool) -> Option<&'static str> {
    let old = functions::scalar(old)?.function;
    let current = functions::scalar(old.deprecated?)?.function;
    (named || old.naming == current.naming).then(|| current.name())
}

fn dead_let(lint: &mut Lint<'_>) {
    // What only declares is used by others.
    let shows = |s: &Statement| matches!(s.kind, StatementKind::Expression(_));
    if !lint.subject.query.statements.iter().any(shows) {
        return;
    }
    let mut declared: Vec<(String, Span, Span)> = Vec::new();
    walk(lint.subject.query, &mut |node, step| {
        if let (Node::Statement(statement), Step::Enter) = (node, step)
            && let StatementKind::Let { name, .. } = &statement.kind
        {
            declared.push((name.text.to_string(), name.span, statement.span));
        }
    });
    // In the order of the text, as statements are.
    let declares = |span: Span| {
        let next = declared.partition_point(|(_, of, _)| of.start <= span.start);
        next > 0 && span.end <= declared[next - 1].1.end
    };
    let used: HashSet<&str> = lint
        .tokens
        .iter()
        .filter(|token| !declares(token.span))
        .filter_map(|token| match &token.kind {
            TokenKind::Word => Some(lint.slice(token.span)),
            TokenKind::String(text) => Some(&**text),
            _ => None,
        })
        .collect();
    let dead = declared
        .iter()
        .filter(|(name, ..)| !used.contains(name.as_str()));
    let dead: Vec<_> = dead.collect();
    for (name, name_span, whole) in dead {
        let mut diagnostic = lint.finding(*name_span, format!("nothing uses `{name}`"));
        if let Some(span) = removable(lint, *whole) {
            let edit = Edit {
                span,
                text: String::new(),
            };
            diagnostic = diagnostic.fix("remove it", vec![edit]);
        }
        lint.say(diagnostic);
    }
}

/// A statement with its `;` and what follows up to the next, unless a comment would go with it.
fn removable(lint: &Lint<'_>, statement: Span) -> Option<Span> {
    let after = lint
        .tokens
        .iter()
        .position(|t| t.span.start >= statement.end)?;
    let end = lint.tokens.get(after)?;
    let next = lint.tokens.get(after + 1)?;
    let semicolon = end.kind == TokenKind::Symbol(";") && next.kind != TokenKind::End;
    let span = Span {
        start: statement.start,
        end: next.span.start,
    };
    (semicolon && !lint.has_comment(span)).then_some(span)
}
