//! The plugins that are queries themselves, as texts in KQL over the table `T` of their arguments.

use std::sync::Arc;

use crate::bind::composed::Recipe;
use crate::bind::{Binder, Called, Relation};
use crate::diagnostic::Code;
use crate::functions::sketches::shared_count;
use crate::plan::Expr;
use crate::syntax::ast;
use crate::types::{Column, Type, Value};

/// What a plugin's call stands for; nothing if its arguments are wrong, which has been said.
pub(super) type Made = Option<Relation>;

impl Binder<'_> {
    /// The table that a recipe makes of a call of the plugin `name`.
    pub(crate) fn composed(
        &mut self,
        input: Relation,
        call: &Called<'_>,
        name: &'static str,
        recipe: fn(Recipe<'_, '_, '_>) -> Made,
    ) -> Relation {
        match recipe(Recipe::new(self, input, call, name)) {
            Some(made) => made,
            None => self.broken_table(),
        }
    }
}

/// `, d0, d1`
pub(super) fn listed(dimensions: &[Column]) -> String {
    (0..dimensions.len()).map(|i| format!(", d{i}")).collect()
}

/// `, d0 asc, d1 asc`
pub(super) fn sorted(dimensions: &[Column]) -> String {
    (0..dimensions.len())
        .map(|i| format!(", d{i} asc"))
        .collect()
}

/// ` or d0 != prev(d0) or d1 != prev(d1)`
pub(super) fn changed(dimensions: &[Column]) -> String {
    let change = |i| format!(" or d{i} != prev(d{i})");
    (0..dimensions.len()).map(change).collect()
}

/// The time's column, then the dimensions', then these `long` ones.
pub(super) fn outputs<'n>(
    time: &Column,
    dimensions: &'n [(String, Column)],
    counts: &[(&'n str, &str)],
) -> Vec<(&'n str, Arc<str>, Type)> {
    let mut all = vec![("t", time.name.clone(), time.ty)];
    all.extend(
        dimensions
            .iter()
            .map(|(d, c)| (d.as_str(), c.name.clone(), c.ty)),
    );
    all.extend(
        counts
            .iter()
            .map(|(from, name)| (*from, (*name).into(), Type::Long)),
    );
    all
}

pub(super) fn numbered(dimensions: Vec<Column>) -> Vec<(String, Column)> {
    let names = (0..).map(|i| format!("d{i}"));
    names.zip(dimensions).collect()
}

/// The percentile of the values in the last bins up to each.
pub(crate) fn rolling_percentile(mut r: Recipe<'_, '_, '_>) -> Made {
    let value = r.column("v", "the column of values")?;
    let (percentile, at) = r.constant("the percentile")?;
    if !percentile
        .as_f64()
        .is_some_and(|p| (0.0..=100.0).contains(&p))
    {
        r.binder.error(
            Code::ArgumentValue,
            at,
            "a percentile is a number from 0 to 100",
        );
        return None;
    }
    let shown = number(&percentile);
    r.variable("percent", percentile);
    let time = spread_time(&mut r)?;
    let size = r.distance("size", "the size of a bin")?;
    let (bins, at) = r.constant("the number of bins")?;
    let Some(bins) = bins.as_i64().filter(|n| (1..=MOST_BINS).contains(n)) else {
        let message = format!("the number of bins is a whole number from 1 to {MOST_BINS}");
        r.binder.error(Code::ArgumentValue, at, message);
        return None;
    };
    let further = match size {
        Value::Timespan(ticks) => ticks.checked_mul(bins - 1).map(Value::Timespan),
        Value::Real(size) => Some(Value::Real(size * (bins - 1) as f64)),
        size => size.as_i64()?.checked_mul(bins - 1).map(Value::Long),
    };
    let Some(further) = further else {
        r.binder
            .error(Code::ArgumentValue, at, "the window is too long");
        return None;
    };
    r.variable("further", further);
    let dimensions = r.dimensions()?;
    let ty = r.time();
    // Each row counts in its own bin and in those after it whose window reaches back to it.
    let text = format!(
        "let rows = T | where isnotnull(t) | extend t = bin(t, size);
         let end = toscalar(rows | summarize max(t));
         rows | extend w = range(t, t + further, size) | mv-expand w to typeof({ty})
         | where w <= end
         | summarize p = percentile(v, percent) by t = w{}",
        listed(&dimensions)
    );
    let name = format!("rolling_{bins}_percentile_{}_{shown}", value.name);
    let dimensions = numbered(dimensions);
    let mut all = outputs(&time, &dimensions, &[]);
    all.push(("p", name.into(), value.ty));
    r.table(&text, all)
}

/// The next argument as the column that time runs along, where rows are spread over several bins.
pub(super) fn spread_time(r: &mut Recipe<'_, '_, '_>) -> Option<Column> {
    let time = r.timeline()?;
    if time.ty == Type::Timespan {
        let message = "bins of a timespan cannot be spread yet; take its ticks by tolong(…)";
        r.binder.unsupported(r.call.span, message);
        return None;
    }
    Some(time)
}

/// Bins of a window at most: each row is counted once for each of them.
const MOST_BINS: i64 = 100_000;

/// A number as it stands in a column's name.
fn number(value: &Value) -> String {
    match value {
        Value::Real(v) => v.to_string(),
        Value::Decimal(v) => v.to_string(),
        value => value.as_i64().unwrap_or_default().to_string(),
    }
}

/// Rows and distinct values in the time before each bin.
pub(crate) fn sliding_window_counts(mut r: Recipe<'_, '_, '_>) -> Made {
    r.column("id", "the column of values")?;
    let time = spread_time(&mut r)?;
    r.point("begin", "the start")?;
    r.point("finish", "the end")?;
    let lookback = r.distance("lookback", "the time that is looked back")?;
    if let Some(a) = next_text(&r) {
        let message = "windows of the calendar's periods cannot slide yet";
        r.binder.unsupported(a.value.span, message);
        return None;
    }
    let step = r.distance("step", "the size of a bin")?;
    let whole = match (&lookback, &step) {
        // Kusto rounds the window down to whole bins.
        (Value::Timespan(l), Value::Timespan(s)) => Value::Timespan(l / s * s - s),
        (Value::Long(l), Value::Long(s)) => Value::Long(l / s * s - s),
        (Value::Real(l), Value::Real(s)) => Value::Real((l / s).floor() * s - s),
        _ => return None,
    };
    r.variable("further", whole);
    let dimensions = r.dimensions()?;
    let ty = r.time();
    let text = format!(
        "T | where t >= begin - lookback and t <= finish
         | extend t = bin_at(t, step, begin)
         | where t + further >= begin
         | extend w = range(max_of(t, begin), min_of(t + further, finish), step)
         | mv-expand w to typeof({ty})
         | summarize c = count(), n = count_distinct(id) by t = w{}",
        listed(&dimensions)
    );
    let dimensions = numbered(dimensions);
    let all = outputs(&time, &dimensions, &[("c", "Count"), ("n", "Dcount")]);
    r.table(&text, all)
}

fn next_text<'c>(r: &Recipe<'_, '_, 'c>) -> Option<&'c ast::Argument> {
    let next = r.call.arguments.len() - r.left();
    let next = r.call.arguments.get(next)?;
    match &next.value.kind {
        ast::ExprKind::Literal(literal) => literal.value.as_str().map(|_| next),
        _ => None,
    }
}

/// Rows, distinct values, new ones, and all until then, in each window.
pub(crate) fn activity_counts_metrics(mut r: Recipe<'_, '_, '_>) -> Made {
    r.column("id", "the column of values")?;
    let time = r.timeline()?;
    r.point("begin", "the start")?;
    r.point("finish", "the end")?;
    let window = r.window("step", "the length of a window")?;
    let dimensions = r.dimensions()?;
    let (by, first, order) = (
        listed(&dimensions),
        changed(&dimensions),
        sorted(&dimensions),
    );
    let order = order.trim_start_matches(", ");
    let order = if order.is_empty() {
        String::new()
    } else {
        format!("{order}, ")
    };
    let window = window.of("t");
    let text = format!(
        "let rows = materialize(T | where t between (begin .. finish) | extend t = {window});
         let fresh = rows | summarize t = min(t) by id{by} | summarize f = count() by t{by};
         rows | summarize c = count(), n = count_distinct(id) by t{by}
         | lookup fresh on t{by} | extend f = coalesce(f, 0)
         | sort by {order}t asc | extend a = row_cumsum(f, false{first})"
    );
    let dimensions = numbered(dimensions);
    let counts = [
        ("c", "count"),
        ("n", "dcount"),
        ("f", "new_dcount"),
        ("a", "aggregated_dcount"),
    ];
    let all = outputs(&time, &dimensions, &counts);
    r.table(&text, all)
}

/// Values that were there in enough periods before.
pub(crate) fn active_users_count(mut r: Recipe<'_, '_, '_>) -> Made {
    r.column("id", "the column of values")?;
    let time = r.timeline()?;
    r.point("begin", "the start")?;
    r.point("finish", "the end")?;
    r.distance("lookback", "the time that is looked back")?;
    r.distance("period", "the length of a period")?;
    let (periods, at) = r.constant("the number of periods")?;
    let Some(periods) = periods.as_i64() else {
        r.binder.error(
            Code::WrongType,
            at,
            "the number of periods is a whole number",
        );
        return None;
    };
    r.variable("periods", Value::Long(periods));
    r.distance("step", "the size of a bin")?;
    let dimensions = r.dimensions()?;
    let by = listed(&dimensions);
    let text = format!(
        "let rows = materialize(T | where t between (begin - lookback .. finish) | distinct id, t{by});
         rows | where t >= begin
         | join kind=inner (rows | project id, u = t{by}) on id{by}
         | where u > t - lookback and u <= t
         | summarize p = count_distinct(bin_at(u, period, begin)) by id, t{by}
         | where p >= periods
         | summarize n = count_distinct(id) by t = bin_at(t, step, begin){by}"
    );
    let dimensions = numbered(dimensions);
    let all = outputs(&time, &dimensions, &[("n", "dcount")]);
    r.table(&text, all)
}

/// Values that come after a pause, in each bin.
pub(crate) fn session_count(mut r: Recipe<'_, '_, '_>) -> Made {
    r.column("id", "the column of values")?;
    let time = r.timeline()?;
    r.point("begin", "the start")?;
    r.point("finish", "the end")?;
    r.distance("step", "the size of a bin")?;
    r.distance("lookback", "the pause between sessions")?;
    let dimensions = r.dimensions()?;
    let (by, order, first) = (
        listed(&dimensions),
        sorted(&dimensions),
        changed(&dimensions),
    );
    let text = format!(
        "T | where t between (begin - lookback .. finish)
         | sort by id asc{order}, t asc
         | where t >= begin and (isnull(prev(t)) or id != prev(id){first} or t - prev(t) >= lookback)
         | summarize n = count() by t = bin(t, step){by}"
    );
    let dimensions = numbered(dimensions);
    let all = outputs(&time, &dimensions, &[("n", "count_sessions")]);
    r.table(&text, all)
}

/// Rows near those of which something is true.
pub(crate) fn rows_near(mut r: Recipe<'_, '_, '_>) -> Made {
    if !r.input.serialized {
        let message = "`rows_near` needs rows in order: sort or serialize them first";
        r.binder.error(Code::NotSerialized, r.call.span, message);
        return None;
    }
    let condition = &r.argument("the condition")?.value;
    r.condition("near", condition, "the condition")?;
    let before = rows(&mut r, "the number of rows")?;
    let after = match r.left() {
        0 => before,
        _ => rows(&mut r, "the number of rows after")?,
    };
    r.no_more()?;
    r.variable("before", Value::Long(before));
    r.variable("after", Value::Long(after));
    let columns = r.input.plan.schema.columns.clone();
    let names: Vec<String> = (0..columns.len()).map(|i| format!("c{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        r.keep(name, i);
    }
    // How far it is from the last such row, and, the other way round, from the next one.
    let text = "T | extend near = coalesce(near, false), k = row_number()
         | extend any1 = row_cumsum(tolong(near)), far1 = row_number(0, near)
         | sort by k desc
         | extend any2 = row_cumsum(tolong(near)), far2 = row_number(0, near)
         | sort by k asc
         | where (any1 > 0 and far1 <= after) or (any2 > 0 and far2 <= before)";
    let outputs = names.iter().zip(&columns);
    let outputs = outputs.map(|(n, c)| (n.as_str(), c.name.clone(), c.ty));
    let outputs = outputs.collect();
    r.table(text, outputs)
}

/// The first rows, and how many there are.
pub(crate) fn preview(mut r: Recipe<'_, '_, '_>) -> Made {
    let rows = rows(&mut r, "the number of rows")?;
    r.no_more()?;
    let columns = r.input.plan.schema.columns.clone();
    let names: Vec<String> = (0..columns.len()).map(|i| format!("c{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        r.keep(name, i);
    }
    let first = format!("T | take {rows}");
    let outputs = names.iter().zip(&columns);
    let outputs = outputs.map(|(n, c)| (n.as_str(), c.name.clone(), c.ty));
    let count = vec![("n", "Count".into(), Type::Long)];
    let texts = vec![
        (first.as_str(), outputs.collect()),
        ("T | summarize n = count()", count),
    ];
    r.tables("T", texts)
}

fn rows(r: &mut Recipe<'_, '_, '_>, what: &str) -> Option<i64> {
    let (value, span) = r.constant(what)?;
    let rows = value.as_i64().filter(|n| *n >= 0);
    if rows.is_none() {
        let message = format!("{what} must be a whole number, and not negative");
        r.binder.error(Code::ArgumentValue, span, message);
    }
    rows
}

/// Steps that follow each other in time.
pub(crate) fn sequence_detect(mut r: Recipe<'_, '_, '_>) -> Made {
    let time = r.timeline()?;
    if time.ty != Type::Datetime {
        let message = format!(
            "sequences of times that are {} cannot be found yet",
            time.ty
        );
        r.binder.unsupported(r.call.span, message);
        return None;
    }
    r.distance("pause", "the time between two steps at most")?;
    r.distance("span", "the time of a sequence at most")?;
    let steps = named_steps(&mut r)?;
    if steps.is_empty() {
        let at = r.argument("a step")?.value.span;
        let message = "a step is a condition with a name: name = (condition)";
        r.binder.error(Code::ArgumentTypes, at, message);
        return None;
    }
    let dimensions = r.dimensions()?;
    let text = in_sequence(steps.len(), &listed(&dimensions));
    let times: Vec<String> = (0..steps.len()).map(|i| format!("t{i}")).collect();
    let dimensions = numbered(dimensions);
    let mut outputs: Vec<(&str, Arc<str>, Type)> = Vec::new();
    outputs.extend(
        dimensions
            .iter()
            .map(|(d, c)| (d.as_str(), c.name.clone(), c.ty)),
    );
    for (t, step) in times.iter().zip(&steps) {
        let name = format!("{step}_{}", time.name);
        outputs.push((t, name.into(), time.ty));
    }
    outputs.push(("length", "Duration".into(), Type::Timespan));
    r.table(&text, outputs)
}

/// The names of the steps, whose conditions are kept as `e0`, `e1` and so on.
fn named_steps(r: &mut Recipe<'_, '_, '_>) -> Option<Vec<String>> {
    let mut steps: Vec<String> = Vec::new();
    let schema = r.input.plan.schema.clone();
    while r.left() > 0 {
        let next = r.call.arguments.len() - r.left();
        let Some(argument) = r.call.arguments.get(next) else {
            break;
        };
        let column = match &argument.value.kind {
            ast::ExprKind::Name(name) => schema.index(&name.text),
            _ => None,
        };
        let ty = column.and_then(|i| schema.columns.get(i)).map(|c| c.ty);
        // Dimensions are columns; a step without a name of its own is one only if it is true or false.
        if argument.name.is_none() && ty.is_some_and(|ty| ty != Type::Bool) {
            break;
        }
        let argument = r.argument("a step")?;
        let name = match (&argument.name, r.binder.base_name(&argument.value)) {
            (Some(name), _) => name.text.to_string(),
            (None, Some(name)) => name,
            (None, None) => {
                let message = "a step needs a name: name = (condition)";
                r.binder
                    .error(Code::ArgumentTypes, argument.value.span, message);
                return None;
            }
        };
        r.condition(&format!("e{}", steps.len()), &argument.value, "a step")?;
        steps.push(name);
    }
    Some(steps)
}

/// The query for so many steps in order, each within `pause` of the one before and all within `span`; `by` lists the
/// dimensions, with a comma before each.
fn in_sequence(steps: usize, by: &str) -> String {
    let mut text = format!(
        "let rows = materialize(T | where isnotnull(t));\n rows | where e0 | distinct k = 1{by}, t0 = t"
    );
    for i in 1..steps {
        let before = i - 1;
        text += &format!(
            "\n | join kind=inner (rows | where e{i} | distinct k = 1{by}, t{i} = t) on k{by}
             | where t{i} between (t{before} .. t{before} + pause) and t{i} - t0 <= span
             | project k{by}"
        );
        for step in 0..=i {
            text += &format!(", t{step}");
        }
    }
    let last = steps - 1;
    text += &format!("\n | extend length = t{last} - t0");
    text
}

/// What sketches have in common, one after the other.
pub(crate) fn dcount_intersect(mut r: Recipe<'_, '_, '_>) -> Made {
    let columns = r.input.plan.schema.columns.clone();
    let names: Vec<String> = (0..columns.len()).map(|i| format!("c{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        r.keep(name, i);
    }
    let mut sketches: Vec<Expr> = Vec::new();
    while r.left() > 0 {
        let e = &r.argument("a sketch")?.value;
        let schema = r.input.plan.schema.clone();
        let index = *r.binder.matching_one(&schema, e).first()?;
        if columns[index].ty != Type::Dynamic {
            let message = format!("a sketch is dynamic; this is {}", columns[index].ty);
            r.binder.error(Code::WrongType, e.span, message);
            return None;
        }
        sketches.push(Expr::column(index, Type::Dynamic, e.span));
    }
    if !(2..=16).contains(&sketches.len()) {
        let message = "`dcount_intersect` takes from 2 to 16 sketches";
        r.binder.error(Code::ArgumentCount, r.call.span, message);
        return None;
    }
    let counts: Vec<String> = (0..sketches.len()).map(|i| format!("s{i}")).collect();
    for (i, count) in counts.iter().enumerate() {
        let value = shared_count(sketches[..=i].to_vec(), r.call.span);
        r.computed(count, value);
    }
    let mut outputs: Vec<(&str, Arc<str>, Type)> = Vec::new();
    let kept = names.iter().zip(&columns);
    outputs.extend(kept.map(|(n, c)| (n.as_str(), c.name.clone(), c.ty)));
    outputs.extend(
        counts
            .iter()
            .map(|c| (c.as_str(), c.as_str().into(), Type::Long)),
    );
    r.table("T", outputs)
}
