//! The plugins that follow values from window to window, as texts in KQL (see [`super::composed`]).

use std::sync::Arc;

use crate::bind::Relation;
use crate::bind::composed::{Outputs, Recipe, Window};
use crate::bind::recipes::{Made, changed, listed, numbered, sorted, spread_time};
use crate::diagnostic::Code;
use crate::plan::{Expr, Plan};
use crate::syntax::ast;
use crate::types::{Column, Type, Value};

/// What an answer leaves open where there may be windows without rows.
const GAPS: &str =
    "a window without rows gives no row here, and what it gives in Kusto is not known";

/// These columns, then the dimensions.
fn then_dimensions<'n>(
    columns: &[(&'n str, Arc<str>, Type)],
    dimensions: &'n [(String, Column)],
) -> Outputs<'n> {
    let mut all = columns.to_vec();
    let dimensions = dimensions.iter();
    all.extend(dimensions.map(|(d, c)| (d.as_str(), c.name.clone(), c.ty)));
    all
}

/// Whether the start and the end of the analysed period are next, read then: more than `others` constants follow.
fn period(r: &mut Recipe<'_, '_, '_>, others: usize) -> Option<bool> {
    let next = r.call.arguments.len() - r.left();
    let further = r.call.arguments.get(next + others).map(|a| &a.value);
    let given = further.is_some_and(|e| !r.is_column(e));
    if given {
        r.point("begin", "the start")?;
        r.point("finish", "the end")?;
    }
    Some(given)
}

/// Distinct values of each window, and how many of them were in the window before.
pub(crate) fn activity_metrics(mut r: Recipe<'_, '_, '_>) -> Made {
    r.column("id", "the column of values")?;
    let time = r.timeline()?;
    let given = period(&mut r, 1)?;
    let window = r.window("step", "the length of a window")?;
    let dimensions = r.dimensions()?;
    let by = listed(&dimensions);
    let (within, start) = match (given, &window) {
        (true, window) => ("t between (begin .. finish)", window.of("t")),
        (false, Window::Fixed(_)) => ("isnotnull(t)", "bin(t, step)".to_string()),
        (false, window) => ("isnotnull(t)", window.of("t")),
    };
    let next = window.next("w");
    let text = format!(
        "let rows = materialize(T | where {within} | extend w = {start} | distinct id, w{by});
         union (rows | extend now = 1, was = 0), (rows | extend w = {next}, now = 0, was = 1)
         | summarize now = max(now), was = max(was) by id, w{by}
         | summarize n = sum(now), new = sum(now * (1 - was)), kept = todouble(sum(now * was)),
                     before = todouble(sum(was)) by w{by}
         | where n > 0
         | extend retention = kept / before, churn = (before - kept) / before
         | sort by w asc"
    );
    r.approximate(GAPS);
    let dimensions = numbered(dimensions);
    let columns = [
        ("w", time.name.clone(), time.ty),
        ("n", "dcount_values".into(), Type::Long),
        ("new", "dcount_newvalues".into(), Type::Long),
        ("retention", "retention_rate".into(), Type::Real),
        ("churn", "churn_rate".into(), Type::Real),
    ];
    r.table(&text, then_dimensions(&columns, &dimensions))
}

/// The values of each window beside those of the longer time that ends with it.
pub(crate) fn activity_engagement(mut r: Recipe<'_, '_, '_>) -> Made {
    r.column("id", "the column of values")?;
    let time = spread_time(&mut r)?;
    let given = period(&mut r, 2)?;
    let inner = r.distance("inner", "the length of the inner window")?;
    let outer = r.distance("outer", "the length of the outer window")?;
    let further = match (&outer, &inner) {
        (Value::Timespan(outer), Value::Timespan(inner)) => Value::Timespan(outer - inner),
        (Value::Long(outer), Value::Long(inner)) => Value::Long(outer - inner),
        (Value::Real(outer), Value::Real(inner)) => Value::Real(outer - inner),
        _ => return None,
    };
    let negative = match &further {
        Value::Timespan(ticks) => *ticks < 0,
        value => value.as_f64().is_some_and(|v| v < 0.0),
    };
    if negative {
        let message = "the outer window must not be shorter than the inner one";
        let span = r.call.span;
        r.binder.error(Code::ArgumentValue, span, message);
        return None;
    }
    r.variable("further", further);
    let dimensions = r.dimensions()?;
    let by = listed(&dimensions);
    let ty = r.time();
    let (rows, within, first, last) = match given {
        true => (
            "T | where t between (begin - further .. finish) | extend w = bin_at(t, inner, begin)",
            "t >= begin",
            "max_of(w, begin)",
            "min_of(t + further, finish)",
        ),
        false => (
            "T | where isnotnull(t) | extend w = bin(t, inner)",
            "true",
            "w",
            "t + further",
        ),
    };
    let text = format!(
        "let rows = materialize({rows});
         let around = rows | extend w = range({first}, {last}, inner) | mv-expand w to typeof({ty})
             | summarize m = count_distinct(id) by w{by};
         rows | where {within} | summarize n = count_distinct(id) by w{by}
         | lookup kind=inner around on w{by}
         | extend ratio = todouble(n) / m
         | sort by w asc"
    );
    r.approximate(GAPS);
    let dimensions = numbered(dimensions);
    let columns = [
        ("w", time.name.clone(), time.ty),
        ("n", "dcount_activities_inner".into(), Type::Long),
        ("m", "dcount_activities_outer".into(), Type::Long),
        ("ratio", "activity_ratio".into(), Type::Real),
    ];
    r.table(&text, then_dimensions(&columns, &dimensions))
}

/// How many of the values that are new in one window are there in each later one.
pub(crate) fn new_activity_metrics(mut r: Recipe<'_, '_, '_>) -> Made {
    let id = r.column("id", "the column of values")?;
    let time = spread_time(&mut r)?;
    r.point("begin", "the start")?;
    r.point("finish", "the end")?;
    let window = r.window("step", "the length of a window")?;
    let constant = |r: &Recipe<'_, '_, '_>| {
        r.peek()
            .is_some_and(|e| !r.is_column(e) && !r.binder.is_tabular(e))
    };
    let only = match constant(&r) {
        true => {
            r.point("cohort", "the cohort")?;
            format!("| where f == {}", window.of("cohort"))
        }
        false => String::new(),
    };
    let before = lookback(&mut r, &id)?;
    let dimensions = r.dimensions()?;
    let (by, order, first) = (
        listed(&dimensions),
        sorted(&dimensions),
        changed(&dimensions),
    );
    let (start, windows) = (window.of("t"), window.all(r.time()));
    let text = format!(
        "let rows = materialize(T | where t between (begin .. finish) {before}
             | extend w = {start} | distinct id, w{by});
         let firsts = rows | summarize f = min(w) by id{by};
         let seen = rows | join kind=inner firsts on id{by} | summarize r = count() by f, v = w{by};
         let windows = {windows};
         firsts | summarize n = count() by f{by}
         | extend k = 1 | join kind=inner (windows | extend k = 1) on k | where v >= f
         | project f, v, n{by}
         | join kind=leftouter seen on f, v{by}
         | extend r = coalesce(r, 0)
         | sort by v asc{order}, f desc
         | extend c = row_cumsum(r, v != prev(v){first})
         | extend new = iff(f == v, r, c - r), lost = n - r
         | extend retention = todouble(r) / n, churn = todouble(lost) / n
         {only}
         | sort by f asc{order}, v asc"
    );
    r.approximate("a window in which no value is new gives no row of its own here, and what it gives in Kusto is not known");
    let dimensions = numbered(dimensions);
    let columns = [
        ("f", format!("from_{}", time.name).into(), time.ty),
        ("v", format!("to_{}", time.name).into(), time.ty),
        ("new", "dcount_new_values".into(), Type::Long),
        ("r", "dcount_retained_values".into(), Type::Long),
        ("lost", "dcount_churn_values".into(), Type::Real),
        ("retention", "retention_rate".into(), Type::Real),
        ("churn", "churn_rate".into(), Type::Real),
    ];
    r.table(&text, then_dimensions(&columns, &dimensions))
}

/// What leaves out the values of the table that the last argument may be: they are not new.
fn lookback(r: &mut Recipe<'_, '_, '_>, id: &Column) -> Option<&'static str> {
    let last = r.call.arguments.last().map(|a| &a.value);
    let tabular = |e: &&ast::Expr| r.left() > 0 && !r.is_column(e) && r.binder.is_tabular(e);
    let Some(last) = last.filter(tabular) else {
        return Some("");
    };
    r.leave_last();
    let table: Relation = r.binder.outside(|b| b.table(last));
    let schema = &table.plan.schema;
    let index = match schema.index(&id.name) {
        Some(index) => Some(index),
        None if schema.len() == 1 => Some(0),
        None => None,
    };
    let found = index.and_then(|i| schema.columns.get(i)).map(|c| c.ty);
    let Some(index) = index.filter(|_| found == Some(id.ty)) else {
        if !schema.open {
            let message = format!("the table needs a column `{}: {}`", id.name, id.ty);
            r.binder.error(Code::UnknownName, last.span, message);
        }
        return None;
    };
    let column = Expr::column(index, id.ty, last.span);
    let values = Plan::project(table.plan, vec![("id".into(), column)]);
    r.beside("before", Relation::new(values));
    Some("| where id !in (before)")
}
