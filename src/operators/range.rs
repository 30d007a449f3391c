//! `range`: a column of values with equal steps.

use super::prelude::*;
use crate::syntax::ast::{Expr, Name};

/// What users read about `range`.
pub const INFO: Info = Info {
    keywords: &["range"],
    place: Place::Source,
    summary: "Makes a table of one column whose values rise or fall by equal steps.",
    syntax: "range name from start to end step size",
    examples: &[("range n from 10 to 4 step -3", "n\n10\n7\n4"), ("range t from datetime(2024-01-01) to datetime(2024-01-02) step 12h\n\
             | project hour = format_datetime(t, 'MM-dd HH:mm')", "hour\n01-01 00:00\n01-01 12:00\n01-02 00:00")],
};
use crate::bind::{Binder, Relation};
use crate::diagnostic::Code;
use crate::plan::{Node, Plan};
use crate::source::Span;
use crate::types::{Column, Schema, Type, Value};

/// `range x from 1 to 10 step 2`
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The column.
    pub name: Name,
    /// The first value.
    pub from: Expr,
    /// The limit, inclusive.
    pub to: Expr,
    /// The step.
    pub step: Expr,
}

/// `range x from 1 to 10 step 2`
pub fn range(i: Tokens<'_>) -> Parsed<'_, Range> {
    let (i, name) = variable_name(after(i, &INFO))?;
    let (i, _) = keyword("from")(i)?;
    let (i, from) = unnamed_expression(i)?;
    let (i, _) = keyword("to")(i)?;
    let (i, to) = unnamed_expression(i)?;
    let (i, _) = keyword("step")(i)?;
    let (i, step) = unnamed_expression(i)?;
    let node = Range {
        name,
        from,
        to,
        step,
    };
    Ok((i, node))
}

impl Print for Range {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.name(&self.name);
        p.optional(" from ", Some(&self.from));
        p.optional(" to ", Some(&self.to));
        p.optional(" step ", Some(&self.step));
    }
}

impl super::Bind for Range {
    fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, _: Span) -> Relation {
        let bounds = [&self.from, &self.to, &self.step];
        let [from, to, step] = bounds.map(|e| binder.outside(|b| b.scalar(e)));
        let types = [from.ty, to.ty, step.ty];
        let ty = match types {
            t if t.contains(&Type::Unknown) => Type::Unknown,
            [Type::Datetime, Type::Datetime, Type::Timespan] => Type::Datetime,
            [Type::Timespan, Type::Timespan, Type::Timespan] => Type::Timespan,
            t if t.iter().all(|t| t.is_number()) => {
                let widest = t.into_iter().max().unwrap_or(Type::Long);
                if widest == Type::Int { Type::Long } else { widest }
            }
            _ => {
                let steps = |ty: &Type| {
                    ty.is_number() || matches!(ty, Type::Datetime | Type::Timespan)
                };
                // Where each could be a part of a range, it is the step that fits no other.
                let (at, kusto) = match types.iter().position(|ty| !steps(ty)) {
                    Some(wrong) => (bounds[wrong], "KS138"),
                    None => (&self.step, "KS106"),
                };
                let message = format!(
                    "range cannot go from {} to {} by {}",
                    types[0], types[1], types[2]
                );
                let said = crate::diagnostic::Diagnostic::new(Code::WrongType, at.span, message);
                binder.say(
                    said.kusto_as(kusto)
                        .help("use numbers, timespans, or datetimes with a timespan step"),
                );
                Type::Unknown
            }
        };
        if step.as_literal().is_some_and(is_zero) {
            binder.error(
                Code::ArgumentValue,
                self.step.span,
                "the step of `range` cannot be 0",
            );
        }
        let schema = Schema::new(vec![Column::new(self.name.text.clone(), ty)]);
        if ty == Type::Unknown {
            let mut relation = Relation::new(Plan::rows(schema, vec![Vec::new()]));
            relation.serialized = true;
            return relation;
        }
        let step = if ty == Type::Datetime {
            step
        } else {
            crate::bind::converted(step, ty)
        };
        let node = Node::Range {
            from: crate::bind::converted(from, ty),
            to: crate::bind::converted(to, ty),
            step,
        };
        let mut relation = Relation::new(Plan { node, schema });
        relation.serialized = true;
        relation
    }
}

fn is_zero(step: &Value) -> bool {
    match step {
        Value::Real(step) => *step == 0.0,
        Value::Timespan(ticks) => *ticks == 0,
        step => step.as_i64() == Some(0),
    }
}
