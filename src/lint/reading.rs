//! How much a query reads and gives: asked of its plan, where filters have moved to the tables they are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Lint, Look, Rule};
use crate::catalog::{self, Product};
use crate::contract::Context;
use crate::plan::{self, Node, Plan, QueryPlan, optimise};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, StatementKind};
use crate::syntax::print::{self, Step, walk};
use crate::text::wildcard;
use crate::types::{Schema, Type, UNIX_EPOCH_TICKS};

pub(super) static NO_TIME_FILTER: Rule = Rule {
    name: "no-time-filter",
    summary: "A table is read over all of its time.",
    why: "Without a condition on its time, all that is kept of the table is read: months of it. In a rule with a \
          queryPeriod the service adds the condition, and this rule says nothing.",
    example: "SigninLogs | summarize count() by AppId",
    better: "SigninLogs | where TimeGenerated > ago(1d) | summarize count() by AppId",
    look: Look::Query(reading),
};

pub(super) static JOIN_TIME_WINDOW: Rule = Rule {
    name: "join-time-window",
    summary: "A side of a join has no condition on its time.",
    why: "Rows of today are joined with rows of any age, and all that is kept of the table is read.",
    example: "SigninLogs | where TimeGenerated > ago(1d) | join kind=inner SecurityAlert on $left.UserPrincipalName == $right.CompromisedEntity",
    better: "SigninLogs | where TimeGenerated > ago(1d) | join kind=inner (SecurityAlert | where TimeGenerated > ago(1d)) on $left.UserPrincipalName == $right.CompromisedEntity",
    look: Look::Elsewhere,
};

pub(super) static NOTHING_REDUCED: Rule = Rule {
    name: "nothing-reduced",
    summary: "All rows of a table are the result.",
    why: "No operator drops, groups or limits rows, so the answer is as long as the table.",
    example: "SigninLogs | project TimeGenerated, UserPrincipalName",
    better: "SigninLogs | where TimeGenerated > ago(1h) | project TimeGenerated, UserPrincipalName",
    look: Look::Elsewhere,
};

/// Who reads more tables than this reads all there are, about which there is a rule of its own.
const MOST_TABLES: usize = 100;

/// How many times tables are read.
fn tables(query: &QueryPlan) -> usize {
    let mut tables = 0;
    for plan in query
        .shared
        .iter()
        .chain(query.results.iter().map(|output| &output.plan))
    {
        plan.visit(&mut |p| tables += usize::from(matches!(p.node, Node::Scan { .. })));
    }
    tables
}

/// What stands between a table and the result.
#[derive(Clone, Copy, Default)]
struct Above {
    timed: bool,
    /// A condition looks at the time, but in some alternatives only.
    partly: bool,
    limited: bool,
    joined: bool,
}

fn reading(lint: &mut Lint<'_>) {
    if !lint.sound || tables(lint.subject.plan) > MOST_TABLES {
        return;
    }
    let open = lint.subject.plan.open_tables();
    let mut plan = lint.subject.plan.clone();
    optimise::optimise(&mut plan, &Context::for_check(UNIX_EPOCH_TICKS));
    let mut told: Vec<String> = Vec::new();
    if !lint.subject.library {
        for output in &plan.results {
            let mut tables = Vec::new();
            if gives_all(&output.plan, &open, &mut tables)
                && let Some(table) = tables.first()
            {
                let message = format!("nothing drops, groups or limits the rows of `{table}`");
                let place = place(lint, table, true);
                say(
                    lint,
                    &NOTHING_REDUCED,
                    place,
                    message,
                    "keep the rows that matter: `where`, `summarize`, `take`",
                );
                told.append(&mut tables);
            }
        }
    }
    if lint.subject.bounded || lint.subject.library {
        return;
    }
    // What a condition says of a column that is not known is not in the plan.
    let unknown = |table: &str| {
        let schema = open.get(table);
        schema.is_some_and(|s| time_of(table).is_none_or(|time| s.index(time).is_none()))
    };
    for Timeless { table, above } in timeless(&plan) {
        if told.contains(&table) || unknown(&table) {
            continue;
        }
        let place = place(lint, &table, false);
        let rule = if above.joined {
            &JOIN_TIME_WINDOW
        } else {
            &NO_TIME_FILTER
        };
        let message = match above {
            Above { partly: true, .. } => {
                format!(
                    "the condition on the time of `{table}` does not hold for every alternative of an `or`"
                )
            }
            Above { joined: true, .. } => {
                format!("this side of the join has rows of `{table}` of any age")
            }
            _ => format!("all of `{table}` is read, however old"),
        };
        let time = advised_time(lint, &table).unwrap_or_default();
        let help = match above.partly {
            true => format!("`where {time} > ago(1d)` by itself holds for all rows"),
            false => format!("`where {time} > ago(1d)` reads a day of it"),
        };
        say(lint, rule, place, message, &help);
        told.push(table);
    }
}

fn say(lint: &mut Lint<'_>, rule: &'static Rule, place: Span, message: String, help: &str) {
    lint.rule = rule;
    let diagnostic = lint.finding(place, message);
    lint.say(diagnostic.help(help));
}

/// Tables that tell how things stand, and not what happened: the rows of a day are not those that matter.
const STATES: &[&str] = &[
    "ConfidentialWatchlist",
    "IdentityAccountInfo",
    "IdentityInfo",
    "MAOfficeBuildInfo",
    "MAWindowsBuildInfo",
    "OAuthAppInfo",
    "UserPeerAnalytics",
    "Watchlist",
];

/// How the names of such tables begin.
const STATES_OF: &[&str] = &["DeviceBaselineCompliance", "DeviceTvm", "ExposureGraph"];

/// Tables of which each thing reports how it stands, again and again: whoever joins them wants the last report.
const REPORTS: &[&str] = &["DeviceInfo", "DeviceNetworkInfo"];

/// Whether a table has no time that should be looked at: it tells how things stand.
fn is_state(table: &str, joined: bool) -> bool {
    STATES.contains(&table)
        || STATES_OF.iter().any(|start| table.starts_with(start))
        || joined && REPORTS.contains(&table)
}

/// The column of a published table's time.
fn time_of(table: &str) -> Option<&'static str> {
    let schema = catalog::known(table)?.schema;
    let names = match catalog::is_defender(table) {
        true => DEFENDER_FIRST,
        false => SENTINEL_FIRST,
    };
    names.into_iter().find(|name| schema.index(name).is_some())
}

const DEFENDER_FIRST: [&str; 2] = ["Timestamp", "TimeGenerated"];
const SENTINEL_FIRST: [&str; 2] = ["TimeGenerated", "Timestamp"];

/// The column of a table's time where the query is to run. Of a table of both products it is the one that the query
/// names already, else Defender's.
fn advised_time(lint: &Lint<'_>, table: &str) -> Option<&'static str> {
    let time = time_of(table)?;
    if !catalog::is_defender(table) {
        return Some(time);
    }
    let named = || {
        SENTINEL_FIRST
            .into_iter()
            .find(|name| lint.names_word(name))
    };
    Some(match lint.subject.product {
        Product::Sentinel => SENTINEL_FIRST[0],
        Product::Defender => DEFENDER_FIRST[0],
        Product::Both => named().unwrap_or(time),
    })
}

/// Whether all rows of some table come out of a plan, and of which. Of a table that is open a condition may not be
/// known, and is not in the plan.
fn gives_all(plan: &Plan, open: &BTreeMap<Arc<str>, Schema>, tables: &mut Vec<String>) -> bool {
    match &plan.node {
        Node::Scan { table, .. } => {
            tables.push(table.to_string());
            time_of(table).is_some() && !open.contains_key(table)
        }
        Node::Project { input, .. }
        | Node::Window { input, .. }
        | Node::Sort {
            input, limit: None, ..
        } => gives_all(input, open, tables),
        Node::Union { inputs } => inputs.iter().all(|input| gives_all(input, open, tables)),
        _ => false,
    }
}

/// A table that is read without a condition on its time.
struct Timeless {
    table: String,
    above: Above,
}

/// The tables that are read without a condition on their time.
fn timeless(query: &QueryPlan) -> Vec<Timeless> {
    // A shared plan is bounded if whatever uses it is.
    let mut shared: Vec<Option<Above>> = vec![None; query.shared.len()];
    let mut found = Vec::new();
    for output in &query.results {
        visit(&output.plan, Above::default(), &mut shared, &mut found);
    }
    for id in (0..query.shared.len()).rev() {
        let above = shared[id].unwrap_or_default();
        visit(&query.shared[id], above, &mut shared, &mut found);
    }
    found
}

fn visit(plan: &Plan, above: Above, shared: &mut [Option<Above>], found: &mut Vec<Timeless>) {
    match &plan.node {
        Node::Scan { table, .. } => {
            let timeless = !(above.timed || above.limited || is_state(table, above.joined));
            if timeless && time_of(table).is_some() {
                let table = table.to_string();
                found.push(Timeless { table, above });
            }
        }
        Node::Rows { .. } | Node::Range { .. } => {}
        Node::Shared { id } => {
            let before = shared[*id].map_or((true, true), |a| (a.timed, a.limited));
            shared[*id] = Some(Above {
                timed: before.0 && above.timed,
                limited: before.1 && above.limited,
                ..above
            });
        }
        Node::Filter { input, predicate } => {
            let timed = above.timed || bounds_time(predicate);
            let partly = above.partly || looks_at_time(predicate);
            let limited = false;
            visit(
                input,
                Above {
                    timed,
                    partly,
                    limited,
                    ..above
                },
                shared,
                found,
            );
        }
        Node::Take { input, .. } => {
            let limited = true;
            visit(input, Above { limited, ..above }, shared, found);
        }
        Node::Project { input, .. } => visit(input, above, shared, found),
        Node::Window { input, .. }
        | Node::Sort { input, .. }
        | Node::Expand { input, .. }
        | Node::Extract { input, .. } => {
            let limited = false;
            visit(input, Above { limited, ..above }, shared, found);
        }
        Node::Summarize { input, .. } => {
            let above = Above {
                joined: above.joined,
                ..Above::default()
            };
            visit(input, above, shared, found);
        }
        Node::Join { left, right, .. } => {
            let above = Above {
                joined: true,
                ..Above::default()
            };
            visit(left, above, shared, found);
            visit(right, above, shared, found);
        }
        Node::Union { inputs } => inputs
            .iter()
            .for_each(|input| visit(input, above, shared, found)),
        Node::Whole { inputs, .. } => {
            let limited = false;
            inputs
                .iter()
                .for_each(|input| visit(input, Above { limited, ..above }, shared, found));
        }
    }
    for expr in plan.exprs() {
        expr.visit(&mut |e| {
            if let plan::ExprKind::Shared(id) | plan::ExprKind::SharedList(id) = &e.kind {
                shared[*id] = Some(Above::default());
            }
        });
    }
}

/// Whether a condition looks at a time of the row, in each of its alternatives.
fn bounds_time(predicate: &plan::Expr) -> bool {
    match &predicate.kind {
        plan::ExprKind::Logic { and: true, terms } => terms.iter().any(bounds_time),
        plan::ExprKind::Logic { terms, .. } if is_search(terms) => false,
        plan::ExprKind::Logic { and: false, terms } => terms.iter().all(bounds_time),
        plan::ExprKind::Literal(_) => predicate.ty == Type::Unknown,
        _ => looks_at_time(predicate),
    }
}

/// Whether alternatives look for one word of `search` in one column after the other, a time among them.
fn is_search(terms: &[plan::Expr]) -> bool {
    terms.len() > 1 && terms.windows(2).all(|pair| pair[0].span == pair[1].span)
}

/// Whether a time of the row is anywhere in a condition.
fn looks_at_time(predicate: &plan::Expr) -> bool {
    if let plan::ExprKind::Logic { and, terms } = &predicate.kind {
        return (*and || !is_search(terms)) && terms.iter().any(looks_at_time);
    }
    let mut looks = false;
    predicate.visit(&mut |e| {
        looks |= match &e.kind {
            plan::ExprKind::Column(_) => matches!(e.ty, Type::Datetime | Type::Unknown),
            // `ingestion_time()` and the like: a time of the row, or a value made of one.
            plan::ExprKind::Call(_) => e.ty == Type::Datetime && !is_fixed(e),
            _ => false,
        };
    });
    looks
}

/// Whether a value does not depend on the row.
fn is_fixed(expr: &plan::Expr) -> bool {
    match &expr.kind {
        plan::ExprKind::Call(call) => {
            let row = call.function.role == plan::Role::Ingested;
            !row && call.args.iter().all(is_fixed)
        }
        _ => expr.is_constant(),
    }
}

/// A table in the query's text.
struct Mention {
    span: Span,
    exact: bool,
    /// Whether the operators after it look at a time.
    timed: bool,
    last: bool,
}

/// Where a table is read: where nothing about time follows it, or in the last statement, if that can be told.
fn place(lint: &Lint<'_>, table: &str, result: bool) -> Span {
    let mut mentions: Vec<Mention> = Vec::new();
    let mut statement = 0;
    let statements = lint.subject.query.statements.len();
    // For each pipeline around: whether a condition in it is about a time.
    let mut timed: Vec<bool> = Vec::new();
    walk(lint.subject.query, &mut |node, step| match (node, step) {
        (print::Node::Statement(s), Step::Enter) => {
            let top = lint
                .subject
                .query
                .statements
                .iter()
                .any(|t| std::ptr::eq(t, s));
            statement += usize::from(top);
        }
        (print::Node::Operators(_, operators), Step::Enter) => {
            let times = operators
                .iter()
                .any(|piped| is_timed(lint.slice(piped.span)));
            timed.push(times);
        }
        (print::Node::Operators(..), Step::Leave) => {
            timed.pop();
        }
        (print::Node::Expr(expr), Step::Enter) => {
            if let Some(exact) = names(expr, table) {
                mentions.push(Mention {
                    span: expr.span,
                    exact,
                    timed: timed.last() == Some(&true),
                    last: statement == statements,
                });
            }
        }
        _ => {}
    });
    let rank = |m: &&Mention| {
        (
            !m.exact,
            result && !m.last,
            !result && m.timed,
            m.span.start,
        )
    };
    match mentions.iter().min_by_key(rank) {
        Some(mention) => mention.span,
        None => result_of(lint),
    }
}

fn is_timed(text: &str) -> bool {
    text.contains("TimeGenerated") || text.contains("Timestamp")
}

/// Whether an expression names a table, itself or by a pattern.
fn names(expr: &Expr, table: &str) -> Option<bool> {
    match &expr.kind {
        ExprKind::Name(name) if &*name.text == table => Some(true),
        ExprKind::Call { name, .. } if &*name.text == table => Some(true),
        ExprKind::Wildcard(name) if wildcard(&name.text, table) => Some(false),
        _ => None,
    }
}

/// The query's result, where nothing better is known.
fn result_of(lint: &Lint<'_>) -> Span {
    let results = lint.subject.query.statements.iter().rev();
    let mut results = results.filter(|s| matches!(s.kind, StatementKind::Expression(_)));
    results.next().map(|s| s.span).unwrap_or_default()
}
