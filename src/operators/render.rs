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
use std::slice;

use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::types::{Type, Value};

/// What a property may be.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    Word(&'static [&'static str]),
    Columns,
    Truth,
    Number,
    /// A literal, of the type of the axis.
    Bound,
}

const SCALES: Takes = Takes::Word(&["linear", "log"]);

/// What a chart can be told; `by` and `with` stand without an equals sign.
const PROPERTIES: &[(&str, Takes)] = &[
    ("title", Takes::Text),
    ("xtitle", Takes::Text),
    ("ytitle", Takes::Text),
    ("xcolumn", Takes::Columns),
    ("series", Takes::Columns),
    ("ycolumns", Takes::Columns),
    ("anomalycolumns", Takes::Columns),
    ("kind", Takes::Word(&["default", "unstacked", "stacked", "stacked100", "map"])),
    ("ysplit", Takes::Word(&["none", "axes", "panels"])),
    ("xaxis", SCALES),
    ("yaxis", SCALES),
    ("xmin", Takes::Bound),
    ("xmax", Takes::Bound),
    ("ymin", Takes::Number),
    ("ymax", Takes::Number),
    ("legend", Takes::Word(&["visible", "hidden"])),
    ("accumulate", Takes::Truth),
    ("by", Takes::Columns),
    ("with", Takes::Text),
];

/// `render timechart with (title='x', ycolumns=a, b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    /// The kind of chart, known or not.
    pub chart: Name,
    /// The properties; a list of names is an [`crate::syntax::ast::ExprKind::Bracketed`].
    pub properties: Vec<OperatorParameter>,
}

/// `render timechart with (title='x')`, `render timechart title='x'`, `render timechart title='x' with (kind=stacked)`
pub fn render(i: Tokens<'_>) -> Parsed<'_, Render> {
    let i = after(i, &INFO);
    if !is_name(&i, 0) {
        i.missing_token("a kind of chart");
    }
    let (i, chart) = name(i)?;
    let (i, mut all) = legacy_properties(i)?;
    if !opens_properties(&i) {
        i.expect("`with`");
        return Ok((i, Render { chart, properties: all }));
    }
    let (i, more) = properties(i.skip(1))?;
    all.extend(more);
    Ok((i, Render { chart, properties: all }))
}

/// Whether properties in brackets come next.
fn opens_properties(i: &Tokens<'_>) -> bool {
    i.is_keyword("with") && i.is_symbol(1, "(")
}

/// `title='x' kind=stacked by a, b`: the properties as they were written once
pub fn legacy_properties(mut i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    let mut all = Vec::new();
    loop {
        let (rest, next) = if i.is_keyword("by") || i.is_keyword("with") && !opens_properties(&i) {
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
        let known: Vec<&str> = PROPERTIES.iter().map(|(name, _)| *name).collect();
        binder.parameters_known_as(&self.properties, &known, "KS006");
        let mut properties = Vec::with_capacity(self.properties.len());
        for property in &self.properties {
            let takes = PROPERTIES.iter().find(|(name, _)| *name == &*property.name.text);
            let text = takes.and_then(|(_, takes)| takes.read(property, &input, binder));
            let text = text.unwrap_or_else(|| property_text(&property.value));
            properties.push((property.name.text.to_string(), text));
        }
        input.render = Some(crate::plan::Render {
            kind: self.chart.text.to_string(),
            properties,
        });
        input
    }
}

impl Takes {
    /// Says what is wrong with a property's value. What it is as a text, if that has to be computed.
    fn read(self, property: &OperatorParameter, input: &Relation, binder: &mut Binder<'_>) -> Option<String> {
        let (name, value) = (&*property.name.text, &property.value);
        let all = slice::from_ref(property);
        let literal = literal_type(value);
        let of_columns = |b: &mut Binder<'_>, e: &Expr| b.over(&input.plan.schema, |b| b.scalar(e));
        let (kusto, what) = match self {
            Takes::Text => {
                let text = of_columns(binder, value);
                if matches!(text.ty, Type::String | Type::Dynamic | Type::Unknown) {
                    return text.as_literal()?.as_str().map(ToString::to_string);
                }
                let message = format!("`{name}` is a text, not {}", text.ty);
                binder.error(Code::WrongType, value.span, message);
                return None;
            }
            Takes::Word(words) => {
                binder.hint_word(all, name, words);
                return None;
            }
            Takes::Columns if literal.is_some() => match name {
                "xcolumn" => ("KS109", "a column"),
                _ => ("KS006", "names of columns"),
            },
            Takes::Columns => {
                let names = match &value.kind {
                    ExprKind::Bracketed(names) => names,
                    _ => slice::from_ref(value),
                };
                for name in names {
                    of_columns(binder, name);
                }
                return None;
            }
            Takes::Truth => {
                binder.truth_parameter(all, name);
                return None;
            }
            Takes::Number if !literal.is_some_and(Type::is_number) => ("KS224", "a number"),
            Takes::Bound if literal.is_none() => ("KS226", "a literal"),
            Takes::Number | Takes::Bound => return None,
        };
        let said = Diagnostic::new(Code::ArgumentValue, value.span, format!("`{name}` is {what}"));
        binder.say(said.kusto_as(kusto));
        None
    }
}

/// The type of a literal, with a sign or without; any of what is missing, which has been said.
fn literal_type(e: &Expr) -> Option<Type> {
    match &e.kind {
        ExprKind::Literal(literal) => Some(literal.value.ty()),
        ExprKind::Unary { operand, .. } => literal_type(operand),
        ExprKind::Error => Some(Type::Long),
        _ => None,
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
