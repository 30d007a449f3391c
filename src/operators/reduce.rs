//! `reduce`: groups similar texts.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::whole;
use crate::plan::{Operation, Plan};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter};
use crate::types::{Column, Schema, Type, Value};

/// What users read about `reduce`.
pub const INFO: Info = Info {
    keywords: &["reduce"],
    place: Place::Piped,
    summary: "Groups texts by their likeness and gives a pattern for each group.",
    syntax: "T | reduce [kind=source] by text [with threshold=0.1, characters='...']",
    examples: &[("datatable (host: string) ['web-1', 'web-2', 'mail']\n\
             | reduce by host\n\
             | project Pattern, Count", "Pattern | Count\nweb-* | 2\nothers | 1")],
};

/// `reduce kind=source by s with threshold=0.2, characters='-'`
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// `kind=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// `threshold=…`, `characters=…`
    pub properties: Vec<OperatorParameter>,
}

/// `reduce by s with threshold=0.2, characters='-'`
pub fn reduce(i: Tokens<'_>) -> Parsed<'_, Reduce> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, _) = keyword("by")(i)?;
    let (i, value) = named_expression(i)?;
    let (i, with) = optional_keyword(i, "with");
    let (i, properties) = if !with {
        (i, Vec::new())
    } else if i.is_symbol(0, "(") {
        properties(i)?
    } else {
        list(i, property)?
    };
    let node = Reduce {
        parameters,
        value,
        properties,
    };
    Ok((i, node))
}

impl Print for Reduce {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" by ", Some(&self.value));
        p.with_properties(&self.properties);
    }
}

/// The part of all rows that makes a group, unless it is told.
const THRESHOLD: f64 = 0.1;

impl super::Bind for Reduce {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let source = binder.kind(&self.parameters, &[("source", true)], false);
        binder.hints(&self.properties, &["threshold", "characters"]);
        let mut threshold = THRESHOLD;
        let mut characters = String::new();
        for property in &self.properties {
            match binder.constant(&property.value, "a property of `reduce`") {
                Some(Value::Real(part)) if (0.0..=1.0).contains(&part) => threshold = part,
                Some(Value::Long(part @ 0..=1)) => threshold = if part == 0 { 0.0 } else { 1.0 },
                Some(Value::String(text)) => characters = text.to_string(),
                Some(_) => {
                    let message = "threshold is a number from 0 to 1, characters is a string";
                    binder.error(Code::ArgumentValue, property.value.span, message);
                }
                None => {}
            }
        }
        let value = match &self.value.kind {
            ExprKind::Named { value, .. } => value,
            _ => &self.value,
        };
        let (text, _) = binder.over_rows(&input, |b| b.scalar(value));
        if text.ty != Type::String || input.plan.schema.open {
            if !matches!(text.ty, Type::String | Type::Unknown) {
                let message = format!("texts are reduced, and this is {}", text.ty);
                binder.error(Code::WrongType, value.span, message);
            }
            return binder.broken_table();
        }
        binder.say(
            Diagnostic::new(
                Code::Approximate,
                span,
                "the groups that Kusto makes of these texts may differ in detail",
            )
            .help("they are made as Vaarandi's SLCT has it, which Kusto's own are based on"),
        );
        let mut columns = match source {
            true => input.plan.columns(span),
            false => Vec::new(),
        };
        let mut schema = Schema::new(Vec::new());
        for (name, column) in &columns {
            schema.columns.push(Column::new(name.clone(), column.ty));
        }
        columns.push(("$text".into(), text));
        let outputs: &[(&str, Type)] = match source {
            true => &[("Pattern", Type::String)],
            false => &[
                ("Pattern", Type::String),
                ("Count", Type::Long),
                ("Representative", Type::String),
            ],
        };
        schema.columns.extend(outputs.iter().map(|(name, ty)| Column::new(*name, *ty)));
        let operation = Operation::Reduce(whole::Reduce {
            threshold,
            characters,
            source,
        });
        let texts = Plan::project(input.plan, columns);
        Relation::new(Plan::whole(vec![texts], operation, schema))
    }
}
