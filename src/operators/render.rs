//! `render`: how the result should be drawn.

use super::prelude::*;
use crate::syntax::ast::{Expr, Name, OperatorParameter};

/// What users read about `render`.
pub const INFO: Info = Info {
    keywords: &["render"],
    place: Place::Piped,
    summary: "Says how the result should be drawn.",
    syntax: "T | render table|card|columnchart|barchart|piechart|linechart|timechart|areachart|stackedareachart|scatterchart|anomalychart|treemap|ladderchart|timepivot [with ([title=text], [xtitle=text], [ytitle=text], [xcolumn=column], [series=columns], [ycolumns=columns], [anomalycolumns=columns], [kind=default|unstacked|stacked|stacked100], [ysplit=none|axes|panels], [xaxis=linear|log], [yaxis=linear|log], [ymin=number], [ymax=number], [legend=visible|hidden], [accumulate=true|false])]",
    examples: &[("datatable (user: string, logons: long) ['ann', 3, 'bob', 1]\n\
             | render barchart with (title='Logons')", "user | logons\nann | 3\nbob | 1")],
};
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::types::Value;

/// What a chart can be told; `by` and `with` stand without an equals sign.
const PROPERTIES: &[&str] = &[
    "title", "xtitle", "ytitle", "xcolumn", "series", "ycolumns", "anomalycolumns", "kind", "ysplit",
    "xaxis", "yaxis", "xmin", "xmax", "ymin", "ymax", "legend", "accumulate", "by", "with",
];

/// `render timechart with (title='x', ycolumns=a, b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    /// The kind of chart, known or not.
    pub chart: Name,
    /// The properties; a list of names is an [`crate::syntax::ast::ExprKind::Bracketed`].
    pub properties: Vec<OperatorParameter>,
}

/// `render timechart with (title='x')`, `render timechart title='x'`
pub fn render(i: Tokens<'_>) -> Parsed<'_, Render> {
    let i = after(i, &INFO);
    if !is_name(&i, 0) {
        i.missing_token("a kind of chart");
    }
    let (i, chart) = name(i)?;
    let (i, properties) = if i.is_keyword("with") && i.is_symbol(1, "(") {
        properties(i.skip(1))?
    } else {
        i.expect("`with`");
        legacy_properties(i)?
    };
    Ok((i, Render { chart, properties }))
}

/// `title='x' kind=stacked by a, b`: the properties as they were written once
pub fn legacy_properties(mut i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    let mut all = Vec::new();
    loop {
        let (rest, next) = if i.is_keyword("by") || i.is_keyword("with") {
            legacy_property(i)?
        } else if is_parameter(&i) {
            property(i)?
        } else {
            return Ok((i, all));
        };
        all.push(next);
        i = rest;
    }
}

/// `by a, b`, `with 'x'`: a property without an equals sign
pub fn legacy_property(i: Tokens<'_>) -> Parsed<'_, OperatorParameter> {
    let (rest, property) = name(i)?;
    let start = rest;
    let (rest, values): (_, Vec<Expr>) = if &*property.text == "by" {
        let (rest, names) = list(rest, name)?;
        (rest, names.into_iter().map(of_name).collect())
    } else {
        let (rest, text) = string(rest)?;
        (rest, vec![text])
    };
    let property = OperatorParameter {
        name: property,
        value: one_or_bracketed(values, start.span_to(rest)),
    };
    Ok((rest, property))
}

impl Print for Render {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.name(&self.chart);
        p.with_properties(&self.properties);
    }
}

impl super::Bind for Render {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let mut input = binder.piped(input);
        binder.parameters_known_as(&self.properties, PROPERTIES, "KS006");
        let properties = self
            .properties
            .iter()
            .map(|p| (p.name.text.to_string(), property_text(&p.value)))
            .collect();
        input.render = Some(crate::plan::Render {
            kind: self.chart.text.to_string(),
            properties,
        });
        input
    }
}

/// A property's value as text; a list's entries are parted by commas.
fn property_text(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Name(name) => name.text.to_string(),
        ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => text.to_string(),
            _ => literal.text.to_string(),
        },
        ExprKind::Bracketed(list) => list.iter().map(property_text).collect::<Vec<_>>().join(","),
        ExprKind::Paren(inner) => property_text(inner),
        ExprKind::Unary { operand, .. } => format!("-{}", property_text(operand)),
        _ => String::new(),
    }
}
