//! Private addresses told by how their text starts.

use super::{Lint, Look, Rule};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Infix};

pub(super) static PRIVATE_RANGE_PREFIX: Rule = Rule {
    name: "private-range-prefix",
    summary: "Private addresses are told by how their text starts.",
    why: "The private ranges are 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16. `startswith \"172.16\"` also finds the \
          public 172.160.0.0 to 172.169.255.255, and `startswith \"172.16.\"` leaves out 172.17.0.0 to 172.31.255.255.",
    example: "DeviceNetworkEvents | where Timestamp > ago(1d) | where RemoteIP startswith '172.16'",
    better: "DeviceNetworkEvents | where Timestamp > ago(1d) | where ipv4_is_private(RemoteIP)",
    look: Look::Expr(private_range_prefix),
};

/// A test of how an address starts.
struct Test<'e> {
    column: &'e Expr,
    text: &'e str,
    negated: bool,
    span: Span,
}

/// Tells a test, and what it tells for certain: that addresses are meant.
fn test(expr: &Expr) -> Option<Test<'_>> {
    let ExprKind::Binary {
        op, left, right, ..
    } = &expr.kind
    else {
        return None;
    };
    let negated = match op {
        Infix::StartsWith | Infix::StartsWithCs => false,
        Infix::NotStartsWith | Infix::NotStartsWithCs => true,
        _ => return None,
    };
    let ExprKind::Literal(literal) = &right.kind else {
        return None;
    };
    let text = literal.value.as_str()?;
    (of_172(text).is_some() || matches!(text, "10." | "127." | "192.168" | "192.168.")).then_some(
        Test {
            column: left,
            text,
            negated,
            span: expr.span,
        },
    )
}

/// The second number of a text such as `172.16` or `172.16.`, within the private range.
fn of_172(text: &str) -> Option<u8> {
    let rest = text.strip_prefix("172.")?;
    let number = rest.strip_suffix('.').unwrap_or(rest).parse().ok()?;
    (16..=31).contains(&number).then_some(number)
}

fn tests<'e>(expr: &'e Expr, found: &mut Vec<Test<'e>>) {
    match &expr.kind {
        ExprKind::Chain { terms, .. } => terms.iter().for_each(|term| tests(term, found)),
        ExprKind::Paren(inner) => tests(inner, found),
        _ => found.extend(test(expr)),
    }
}

fn private_range_prefix(lint: &mut Lint<'_>, expr: &Expr) {
    let mut found = Vec::new();
    tests(expr, &mut found);
    found.retain(|test| lint.settle(test.span));
    while let Some(first) = found.first() {
        let (column, negated) = (lint.slice(first.column.span).to_string(), first.negated);
        let of_column =
            |test: &Test<'_>| lint.slice(test.column.span) == column && test.negated == negated;
        let (group, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|test| of_column(test));
        found = rest;
        say(lint, &column, &group);
    }
}

fn say(lint: &mut Lint<'_>, column: &str, group: &[Test<'_>]) {
    let Some(first) = group.first() else {
        return;
    };
    // A version also starts with `10.`.
    let lower = column.to_lowercase();
    let is_address = lower.contains("ip")
        || lower.contains("addr")
        || group.iter().any(|t| !matches!(t.text, "10." | "127."));
    if !is_address {
        return;
    }
    let numbers: Vec<u8> = group.iter().filter_map(|test| of_172(test.text)).collect();
    let missing: Vec<u8> = (16..=31).filter(|n| !numbers.contains(n)).collect();
    let open = group
        .iter()
        .find(|test| of_172(test.text).is_some_and(|n| n < 26) && !test.text.ends_with('.'));
    let mut parts = Vec::new();
    if let Some(open) = open {
        parts.push(format!(
            "`{}` is also the start of public addresses such as {}0.0.1",
            open.text, open.text
        ));
    }
    if let (false, Some(first), Some(last)) = (numbers.is_empty(), missing.first(), missing.last())
    {
        parts.push(format!(
            "private addresses from 172.{first}.0.0 to 172.{last}.255.255 are not among them"
        ));
    }
    let message = match parts.is_empty() {
        true => "private addresses are told by how their text starts".to_string(),
        false => parts.join(", and "),
    };
    let wanted = match first.negated {
        true => format!("not(ipv4_is_private({column}))"),
        false => format!("ipv4_is_private({column})"),
    };
    let mut diagnostic = lint.finding(first.span, message);
    // All lines of a long list would say no more.
    for test in group.iter().skip(1).take(2) {
        diagnostic = diagnostic.also(test.span, "");
    }
    let help = format!("if the private ranges are meant, write `{wanted}`");
    lint.say(diagnostic.help(help));
}
