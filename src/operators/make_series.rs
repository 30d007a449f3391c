//! `make-series`: aggregates along an axis into arrays.

use super::prelude::*;
use crate::bind::{Binder, Relation, converted, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::whole::Series;
use crate::plan::{Expr as PlanExpr, Operation, Plan, Role};
use crate::source::Span;
use crate::syntax::ast::{Argument, ExprKind, Name};
use crate::types::{Column, Schema, Type, Value};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `make-series`.
pub const INFO: Info = Info {
    keywords: &["make-series"],
    place: Place::Piped,
    summary: "Aggregates along an axis of equal steps into one array per series.",
    syntax: "T | make-series [name =] aggregate [default = value], ... on axis [from start] [to end] step size [by key, ...]",
    examples: &[("datatable (t: datetime, n: long) [datetime(2024-01-01), 2, datetime(2024-01-03), 5]\n\
             | make-series total = sum(n) default = 0 on t from datetime(2024-01-01) to datetime(2024-01-04) step 1d\n\
             | project total", "total\n[2,0,5]")],
};

/// `make-series n = count() default = 0, avg(x) on t from a to b step 1h by k`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// `kind=nonempty`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The aggregates.
    pub aggregates: Vec<SeriesAggregate>,
    /// The axis.
    pub axis: Expr,
    /// Where the axis starts.
    pub from: Option<Expr>,
    /// Where it ends.
    pub to: Option<Expr>,
    /// Its step.
    pub step: Expr,
    /// Written as `in range(start, end, step)`, whose end is inclusive.
    pub in_range: bool,
    /// The keys of the series.
    pub by: Vec<Expr>,
}

/// `n = count() default = 0`
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesAggregate {
    /// The aggregate, named or not.
    pub value: Expr,
    /// The value of an empty step.
    pub default: Option<Expr>,
}

/// `make-series n = count() default = 0 on t from a to b step 1h by k`
pub fn make_series(i: Tokens<'_>) -> Parsed<'_, MakeSeries> {
    let (i, parameters) = series_parameters(after(i, &INFO))?;
    let (i, aggregates) = list(i, series_aggregate)?;
    let (i, _) = keyword("on")(i)?;
    let (i, axis) = named_expression(i)?;
    let (i, (from, to, step, in_range)) = series_range(i)?;
    let (i, grouped) = optional_keyword(i, "by");
    let (i, by) = if grouped {
        named_expressions(i)?
    } else {
        (i, Vec::new())
    };
    let node = MakeSeries {
        parameters,
        aggregates,
        axis,
        from,
        to,
        step,
        in_range,
        by,
    };
    Ok((i, node))
}

/// `kind=nonempty`, `hint.*=…`
pub fn series_parameters(i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    known_parameters(i, &["kind"])
}

/// `n = count() default = 0`
pub fn series_aggregate(i: Tokens<'_>) -> Parsed<'_, SeriesAggregate> {
    let (i, value) = named_expression(i)?;
    let (i, found) = optional_keyword(i, "default");
    let (i, default) = if found {
        let (i, _) = symbol("=")(i)?;
        let (i, default) = unnamed_expression(i)?;
        (i, Some(default))
    } else {
        (i, None)
    };
    Ok((i, SeriesAggregate { value, default }))
}

/// Start, end and step of an axis, and whether they were written `in range(…)`.
type SeriesRange = (Option<Expr>, Option<Expr>, Expr, bool);

/// `from a to b step 1h`, `in range(a, b, 1h)`
pub fn series_range(i: Tokens<'_>) -> Parsed<'_, SeriesRange> {
    let (rest, found) = optional_keyword(i, "in");
    if found {
        let (rest, _) = keyword("range")(rest)?;
        return between(
            rest,
            "(",
            |i| {
                let (i, from) = unnamed_expression(i)?;
                let (i, _) = symbol(",")(i)?;
                let (i, to) = unnamed_expression(i)?;
                let (i, _) = symbol(",")(i)?;
                let (i, step) = unnamed_expression(i)?;
                Ok((i, (Some(from), Some(to), step, true)))
            },
            ")",
        );
    }
    let (i, from) = after_word(i, "from")?;
    let (i, to) = after_word(i, "to")?;
    let (i, _) = keyword("step")(i)?;
    let (i, step) = unnamed_expression(i)?;
    Ok((i, (from, to, step, false)))
}

/// The expression after a word, if the word is there.
fn after_word<'a>(i: Tokens<'a>, word: &'static str) -> Parsed<'a, Option<Expr>> {
    let (i, found) = optional_keyword(i, word);
    if !found {
        return Ok((i, None));
    }
    let (i, value) = unnamed_expression(i)?;
    Ok((i, Some(value)))
}

impl Print for MakeSeries {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.list(&self.aggregates, |p, aggregate| {
            p.expr(&aggregate.value);
            p.optional(" default = ", aggregate.default.as_ref());
        });
        p.push(" on ");
        p.expr(&self.axis);
        if self.in_range {
            p.optional(" in range(", self.from.as_ref());
            p.optional(", ", self.to.as_ref());
            p.optional(", ", Some(&self.step));
            p.push(")");
        } else {
            p.optional(" from ", self.from.as_ref());
            p.optional(" to ", self.to.as_ref());
            p.optional(" step ", Some(&self.step));
        }
        if !self.by.is_empty() {
            p.push(" by ");
            p.exprs(&self.by);
        }
    }
}

impl super::Bind for MakeSeries {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let mut input = binder.piped(input);
        let nonempty = self.nonempty(binder);
        let (name, axis) = self.axis(binder);
        let (bound, _) = binder.over_rows(&input, |b| b.scalar(axis));
        let step = &self.step;
        if step.kind == ExprKind::Error {
            let aggregates: Vec<Expr> = self.aggregates.iter().map(|a| a.value.clone()).collect();
            binder.summarized(input, &aggregates, &self.by, span);
            return binder.broken_table();
        }
        let bounds = self.bounds(binder, bound.ty, step);
        if !self.in_range && let Some((from, to, _)) = &bounds {
            let terms = [(Role::GreaterOrEqual, from), (Role::Less, to)];
            for (role, bound_at) in terms {
                if let Some(value) = bound_at {
                    let literal = PlanExpr::literal(value.clone(), span);
                    let term = binder.by_role(role, vec![bound.clone(), literal], span);
                    input = input.then(|plan| Plan::filter(plan, term));
                }
            }
        }
        let aggregates: Vec<Expr> = self.aggregates.iter().map(|a| a.value.clone()).collect();
        let mut by = self.by.clone();
        by.push(self.binned(name, axis, step, span));
        let grouped = binder.summarized(input, &aggregates, &by, span);
        let schema = grouped.plan.schema.clone();
        let Some(values) = schema.columns.get(by.len()..).filter(|_| !schema.open) else {
            return binder.broken_table();
        };
        let defaults = self.defaults(binder, values);
        let array = |c: &Column| Column::new(c.name.clone(), Type::Dynamic);
        let mut columns = schema.columns[..self.by.len()].to_vec();
        columns.extend(values.iter().map(array));
        columns.push(array(&schema.columns[self.by.len()]));
        let columns = Schema::new(columns);
        let (Some((from, to, step)), Some(defaults)) = (bounds, defaults) else {
            let rows = vec![Vec::new(); columns.len()];
            return Relation::new(Plan::rows(columns, rows));
        };
        let series = Series {
            keys: self.by.len(),
            defaults,
            from: match (self.in_range, from) {
                (true, Some(from)) => Some(first_multiple(&from, &step)),
                (_, from) => from,
            },
            to,
            inclusive: self.in_range,
            step,
            nonempty,
            span,
        };
        let operation = Operation::Series(series);
        Relation::new(Plan::whole(vec![grouped.plan], operation, columns))
    }
}

/// Where the axis starts and ends, and its step.
type Bounds = (Option<Value>, Option<Value>, Value);

impl MakeSeries {
    fn nonempty(&self, binder: &mut Binder<'_>) -> bool {
        binder.hints(&self.parameters, &["kind"]);
        let Some(kind) = OperatorParameter::find(&self.parameters, "kind") else {
            return false;
        };
        if parameter_text(&kind.value) != "nonempty" {
            let message = "the kind of make-series is `nonempty`";
            binder.error(Code::ArgumentValue, kind.value.span, message);
        }
        true
    }

    /// The axis' name, if it has one, and its value.
    fn axis(&self, binder: &Binder<'_>) -> (Option<Name>, &Expr) {
        if let ExprKind::Named { names, value, .. } = &self.axis.kind
            && let Some(name) = names.first()
        {
            return (Some(name.clone()), value);
        }
        let name = binder.base_name(&self.axis).map(|text| Name {
            text: text.into(),
            quoted: true,
            span: self.axis.span,
        });
        (name, &self.axis)
    }

    /// The axis rounded down to steps, as a key of the groups.
    fn binned(&self, name: Option<Name>, axis: &Expr, step: &Expr, span: Span) -> Expr {
        let argument = |value: &Expr| Argument {
            name: None,
            value: value.clone(),
        };
        let (function, fixed) = match &self.from {
            Some(from) if !self.in_range => ("bin_at", Some(from)),
            _ => ("bin", None),
        };
        let arguments = [Some(axis), Some(step), fixed];
        let value = Expr {
            kind: ExprKind::Call {
                name: Name {
                    text: function.into(),
                    quoted: false,
                    span,
                },
                arguments: arguments.into_iter().flatten().map(argument).collect(),
            },
            span: axis.span,
        };
        match name {
            Some(name) => Expr {
                kind: ExprKind::Named {
                    names: vec![name],
                    bracketed: false,
                    value: Box::new(value),
                },
                span: axis.span,
            },
            None => value,
        }
    }

    /// The bounds as values of the axis' type; nothing if they are in error or not known.
    fn bounds(&self, binder: &mut Binder<'_>, ty: Type, step: &Expr) -> Option<Bounds> {
        let step_type = match ty {
            Type::Datetime | Type::Timespan => Type::Timespan,
            Type::Int | Type::Long | Type::Real => ty,
            Type::Unknown => return None,
            _ => {
                let message = format!("the axis cannot be {ty}");
                binder.error(Code::WrongType, self.axis.span, message);
                return None;
            }
        };
        // The widths of whole numbers may differ: the axis then is as wide as the widest.
        let mut value = |e: &Expr, ty: Type, what: &str| -> Option<Value> {
            let value = binder.outside(|b| b.constant(e, what))?;
            if value.is_null() && binder.context.is_none() {
                // What depends on the query's instant is not known when it is only checked.
                return None;
            }
            let wide = matches!((ty, value.ty()), (Type::Int, Type::Long));
            let fits = wide || value.ty() == ty || (value.ty().is_number() && ty == Type::Real)
                || (value.ty() == Type::Int && ty == Type::Long);
            if !fits || value.is_null() {
                let message = match value.is_null() {
                    true => format!("{what} is null"),
                    false => format!("{what} must be {ty}, not {}", value.ty()),
                };
                binder.error(Code::WrongType, e.span, message);
                return None;
            }
            let literal = PlanExpr::literal(value, e.span);
            match wide {
                true => literal.as_literal().cloned(),
                false => converted(literal, ty).as_literal().cloned(),
            }
        };
        let from = match &self.from {
            Some(e) => Some(value(e, ty, "the start of the axis")?),
            None => None,
        };
        let to = match &self.to {
            Some(e) => Some(value(e, ty, "the end of the axis")?),
            None => None,
        };
        let size = value(step, step_type, "the step")?;
        let positive = match &size {
            Value::Timespan(ticks) => *ticks > 0,
            Value::Real(size) => *size > 0.0,
            size => size.as_i64().is_some_and(|size| size > 0),
        };
        if !positive {
            binder.error(Code::ArgumentValue, step.span, "the step must be above 0");
            return None;
        }
        Some((from, to, size))
    }

    /// What stands where a step has no row.
    fn defaults(&self, binder: &mut Binder<'_>, columns: &[Column]) -> Option<Vec<Option<Value>>> {
        let mut defaults = Some(Vec::with_capacity(columns.len()));
        for (aggregate, column) in self.aggregates.iter().zip(columns) {
            let value = match &aggregate.default {
                Some(e) => binder.outside(|b| b.constant(e, "the default")),
                // What is not known yet is taken for a number, as nearly every series is.
                None if column.ty.is_number() || column.ty == Type::Unknown => Some(Value::Long(0)),
                // A step without a row says when it runs that no default is known.
                None if matches!(column.ty, Type::Datetime | Type::Timespan) => {
                    if let Some(defaults) = &mut defaults {
                        defaults.push(None);
                    }
                    continue;
                }
                None => {
                    let message = format!("a series of {} needs a default", column.ty);
                    let said = Diagnostic::unsupported(aggregate.value.span, message);
                    binder.say(said.help("Kusto's page has series of numbers alone; a default makes one of others here"));
                    None
                }
            };
            let value = value.map(|value| match (value.ty(), column.ty) {
                (Type::Int | Type::Long, Type::Real | Type::Decimal) => {
                    let literal = PlanExpr::literal(value.clone(), aggregate.value.span);
                    converted(literal, column.ty).as_literal().cloned().unwrap_or(value)
                }
                _ => value,
            });
            match (value, &mut defaults) {
                (Some(value), Some(defaults)) => defaults.push(Some(value)),
                _ => defaults = None,
            }
        }
        defaults
    }
}

/// The first multiple of the step that is not below a value.
fn first_multiple(value: &Value, step: &Value) -> Value {
    let up = |value: i64, step: i64| {
        let rest = value.rem_euclid(step.max(1));
        match rest {
            0 => value,
            rest => value.saturating_add(step - rest),
        }
    };
    match (value, step) {
        (Value::Datetime(v), Value::Timespan(s)) => Value::Datetime(up(*v, *s)),
        (Value::Timespan(v), Value::Timespan(s)) => Value::Timespan(up(*v, *s)),
        (Value::Real(v), Value::Real(s)) => Value::Real((v / s).ceil() * s),
        (v, s) => match (v.as_i64(), s.as_i64()) {
            (Some(v), Some(s)) => Value::Long(up(v, s)),
            _ => value.clone(),
        },
    }
}
