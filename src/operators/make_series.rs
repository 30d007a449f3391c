//! `make-series`: aggregates along an axis into arrays.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `make-series`.
pub const INFO: Info = Info {
    keywords: &["make-series"],
    place: Place::Piped,
    summary: "Aggregates along an axis of equal steps into one array per series.",
    syntax: "T | make-series [name =] aggregate [default = value], ... on axis [from start] [to end] step size [by key, ...]",
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
    pub step: Option<Expr>,
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
type SeriesRange = (Option<Expr>, Option<Expr>, Option<Expr>, bool);

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
                Ok((i, (Some(from), Some(to), Some(step), true)))
            },
            ")",
        );
    }
    let (i, from) = after_word(i, "from")?;
    let (i, to) = after_word(i, "to")?;
    let (i, step) = after_word(i, "step")?;
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
            p.optional(", ", self.step.as_ref());
            p.push(")");
        } else {
            p.optional(" from ", self.from.as_ref());
            p.optional(" to ", self.to.as_ref());
            p.optional(" step ", self.step.as_ref());
        }
        if !self.by.is_empty() {
            p.push(" by ");
            p.exprs(&self.by);
        }
    }
}
