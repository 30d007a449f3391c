//! Operators that do more than one may think when a word is left out.

use super::{Lint, Look, Rule};
use crate::diagnostic::Edit;
use crate::functions::plugins;
use crate::json;
use crate::operators::Operator;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, LetValue, OperatorParameter, Piped, StatementKind};
use crate::types::Value;

pub(super) static JOIN_KIND: Rule = Rule {
    name: "join-kind",
    summary: "A join does not say of which kind it is.",
    why: "The kind is then innerunique: of left rows with the same key only one, any one, is joined. Who wants all of \
          them writes kind=inner.",
    example: "SigninLogs | where TimeGenerated > ago(1d) | join (IdentityInfo | where TimeGenerated > ago(14d)) on $left.UserId == $right.AccountObjectId",
    better: "SigninLogs | where TimeGenerated > ago(1d) | join kind=inner (IdentityInfo | where TimeGenerated > ago(14d)) on $left.UserId == $right.AccountObjectId",
    look: Look::Operators(join_kind),
};

pub(super) static UNSCOPED_SEARCH: Rule = Rule {
    name: "unscoped-search",
    summary: "All tables are searched or united.",
    why: "Every table of the workspace is read. It is slow, costs, and gives other rows when a table is added.",
    example: "search 'mimikatz'",
    better: "search in (DeviceProcessEvents, SecurityEvent) TimeGenerated > ago(1d) and 'mimikatz'",
    look: Look::Operators(unscoped_search),
};

pub(super) static UNBOUNDED_EXPAND: Rule = Rule {
    name: "unbounded-expand",
    summary: "An array is expanded without a limit, and nothing after it drops or groups rows.",
    why: "One row with a long array becomes as many rows, and all of them are the result.",
    example: "SigninLogs | where TimeGenerated > ago(1d) | mv-expand todynamic(AuthenticationDetails)",
    better: "SigninLogs | where TimeGenerated > ago(1d) | mv-expand todynamic(AuthenticationDetails) limit 10",
    look: Look::Operators(unbounded_expand),
};

pub(super) static SCHEMA_FROM_DATA: Rule = Rule {
    name: "schema-from-data",
    summary: "Which columns come out depends on the rows.",
    why: "A day whose rows lack a property has no such column, and the operators after it fail. A schema after the \
          plugin fixes the columns.",
    example: "SigninLogs | where TimeGenerated > ago(1d) | project DeviceDetail | evaluate bag_unpack(DeviceDetail)",
    better: "SigninLogs | where TimeGenerated > ago(1d) | project DeviceDetail | evaluate bag_unpack(DeviceDetail) : (browser: string, operatingSystem: string)",
    look: Look::Operators(schema_from_data),
};

/// The keyword of an operator.
fn keyword(piped: &Piped) -> Span {
    let start = piped.span.start as usize;
    Span::new(start, start + piped.keyword.len())
}

fn join_kind(lint: &mut Lint<'_>, _: Option<&Expr>, operators: &[Piped]) {
    for piped in operators {
        let Operator::Join(join) = &piped.operator else {
            continue;
        };
        if OperatorParameter::find(&join.parameters, "kind").is_some() {
            continue;
        }
        let span = keyword(piped);
        let edit = Edit {
            span: span.after(),
            text: " kind=innerunique".to_string(),
        };
        let diagnostic = lint
            .finding(
                span,
                "without a kind, of left rows with the same key only one is joined",
            )
            .help("kind=inner joins all of them; kind=innerunique says that one will do")
            .fix("write the kind that it has", vec![edit]);
        lint.say(diagnostic);
    }
}

fn unscoped_search(lint: &mut Lint<'_>, source: Option<&Expr>, operators: &[Piped]) {
    for (index, piped) in operators.iter().enumerate() {
        let first = index == 0 && source.is_none();
        let (all, what) = match &piped.operator {
            Operator::Search(search) => (first && search.sources.is_empty(), "searches"),
            Operator::Find(find) => (first && find.sources.is_empty(), "searches"),
            Operator::Union(union) => (union.sources.iter().any(is_all), "reads"),
            _ => continue,
        };
        if all {
            let message = format!("this {what} every table there is");
            let diagnostic = lint.finding(keyword(piped), message);
            lint.say(diagnostic.help("name the tables"));
        }
    }
}

fn is_all(source: &Expr) -> bool {
    match &source.kind {
        ExprKind::Star => true,
        ExprKind::Wildcard(name) => name.text.chars().all(|c| c == '*'),
        _ => false,
    }
}

/// As many elements are no surprise.
const FEW: usize = 100;

/// Whether an array is written in the query, and short: itself, or under a name that it was given before.
fn is_short(lint: &Lint<'_>, value: &Expr, before: &[Piped]) -> bool {
    match &value.kind {
        ExprKind::Paren(inner) => is_short(lint, inner, before),
        ExprKind::Named { value, .. } => is_short(lint, value, before),
        ExprKind::Literal(literal) => match &literal.value {
            Value::Dynamic(text) => json::length(text).is_none_or(|length| length <= FEW),
            _ => false,
        },
        ExprKind::Call { name, arguments } => &*name.text == "pack_array" && arguments.len() <= FEW,
        ExprKind::Name(name) => match named_before(&name.text, before) {
            Some((value, earlier)) => is_short(lint, value, earlier),
            // A variable that is called like another is followed no further.
            None => variable(lint, &name.text).is_some_and(|value| {
                matches!(value.kind, ExprKind::Literal(_) | ExprKind::Call { .. })
                    && is_short(lint, value, &[])
            }),
        },
        _ => false,
    }
}

/// What was last given this name by operators, and the operators before that.
fn named_before<'a>(wanted: &str, before: &'a [Piped]) -> Option<(&'a Expr, &'a [Piped])> {
    for (index, piped) in before.iter().enumerate().rev() {
        let columns = match &piped.operator {
            Operator::Extend(extend) => &extend.columns,
            Operator::Project(project) => &project.columns,
            Operator::Print(print) => &print.columns,
            _ => continue,
        };
        for column in columns.iter().rev() {
            if let ExprKind::Named { names, value, .. } = &column.kind
                && names.iter().any(|name| &*name.text == wanted)
            {
                return Some((value, &before[..index]));
            }
        }
    }
    None
}

/// The value of a variable of the query.
fn variable<'a>(lint: &Lint<'a>, wanted: &str) -> Option<&'a Expr> {
    lint.subject
        .query
        .statements
        .iter()
        .find_map(|s| match &s.kind {
            StatementKind::Let {
                name,
                value: LetValue::Expr(value),
            } if &*name.text == wanted => Some(value),
            _ => None,
        })
}

fn unbounded_expand(lint: &mut Lint<'_>, _: Option<&Expr>, operators: &[Piped]) {
    let keeps_all = |piped: &Piped| {
        matches!(
            piped.operator,
            Operator::Extend(_)
                | Operator::Project(_)
                | Operator::ProjectAway(_)
                | Operator::ProjectKeep(_)
                | Operator::ProjectRename(_)
                | Operator::ProjectReorder(_)
                | Operator::Serialize(_)
                | Operator::Sort(_)
                | Operator::MvExpand(_)
        )
    };
    // Others go on with the rows of what is in brackets or has a name.
    let last = lint.subject.query.statements.last().map(|s| &s.kind);
    let result = match last {
        Some(StatementKind::Expression(expr)) => match &expr.kind {
            ExprKind::Pipeline(pipeline) => std::ptr::eq(pipeline.operators.as_slice(), operators),
            _ => false,
        },
        _ => false,
    };
    if !result || lint.subject.library {
        return;
    }
    for (index, piped) in operators.iter().enumerate() {
        let Operator::MvExpand(expand) = &piped.operator else {
            continue;
        };
        let mut arrays = expand.columns.iter().map(|column| &column.value);
        let short = arrays.all(|array| is_short(lint, array, &operators[..index]));
        let limited = expand.limit.is_some() || expand.legacy || short;
        if !limited && operators[index..].iter().all(keeps_all) {
            let diagnostic = lint
                .finding(keyword(piped), "each row becomes as many as its array is long")
                .help("write `limit` and a number after the column, or keep only the rows that matter");
            lint.say(diagnostic);
        }
    }
}

fn schema_from_data(lint: &mut Lint<'_>, _: Option<&Expr>, operators: &[Piped]) {
    for piped in operators {
        let Operator::Evaluate(evaluate) = &piped.operator else {
            continue;
        };
        let learns =
            plugins::plugin(&evaluate.plugin.text).is_some_and(|plugin| plugin.learns_columns);
        if learns && evaluate.schema.is_none() {
            let message = format!(
                "the columns of `{}` depend on the rows",
                evaluate.plugin.text
            );
            let diagnostic = lint.finding(evaluate.plugin.span, message);
            lint.say(diagnostic.help("declare them after it: ` : (column: type, …)`"));
        }
    }
}
