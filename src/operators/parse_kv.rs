//! `parse-kv`: columns from `key=value` text.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::extract::{Pairs, PairsForm, Pattern};
use crate::source::Span;
use crate::syntax::ast::{ColumnDeclaration, Expr, OperatorParameter};
use crate::types::{Type, Value};
use std::sync::Arc;

/// What users read about `parse-kv`.
pub const INFO: Info = Info {
    keywords: &["parse-kv"],
    place: Place::Piped,
    summary: "Makes columns from the keys and values written in a text.",
    syntax: "T | parse-kv text as (key: type, ...) [with (pair_delimiter=..., kv_delimiter=..., quote=..., escape=..., greedy=..., regex=...)]",
    examples: &[("print line = 'user=ann host=web'\n\
             | parse-kv line as (user: string, host: string) with (pair_delimiter=' ', kv_delimiter='=')\n\
             | project user, host", "user | host\nann | web")],
};

/// `parse-kv s as (a: long, b: string) with (pair_delimiter=';', kv_delimiter='=')`
#[derive(Clone, Debug, PartialEq)]
pub struct ParseKv {
    /// The text.
    pub value: Expr,
    /// The keys and their types.
    pub columns: Vec<ColumnDeclaration>,
    /// `pair_delimiter=…`, `kv_delimiter=…`, …
    pub properties: Vec<OperatorParameter>,
}

/// `parse-kv s as (a: long) with (pair_delimiter=';')`
pub fn parse_kv(i: Tokens<'_>) -> Parsed<'_, ParseKv> {
    let (i, value) = unnamed_expression(after(i, &INFO))?;
    let (i, _) = keyword("as")(i)?;
    let (i, columns) = columns(i)?;
    let (i, with) = optional_keyword(i, "with");
    let (i, properties) = if with { properties(i)? } else { (i, Vec::new()) };
    let node = ParseKv {
        value,
        columns,
        properties,
    };
    Ok((i, node))
}

impl Print for ParseKv {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.expr(&self.value);
        p.push(" as ");
        p.columns(&self.columns);
        p.with_properties(&self.properties);
    }
}

const PROPERTIES: &[&str] = &["pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex"];

impl super::Bind for ParseKv {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.properties, PROPERTIES);
        let keys = binder.keys(&self.columns);
        let form = binder.pairs_form(&self.properties);
        let (Some(keys), Some(form)) = (keys, form) else {
            // For its own mistakes.
            binder.over_rows(&input, |b| b.scalar(&self.value));
            return super::mv_expand::open(input);
        };
        if let PairsForm::Delimited { delimiters: None, .. } = form
            && let Some(column) = self.columns.iter().find(|c| !is_word(&c.name.text))
        {
            binder.over_rows(&input, |b| b.scalar(&self.value));
            let message = format!("`{}` is no word, and without delimiters keys are words", column.name.text);
            let diagnostic = Diagnostic::unsupported(column.name.span, message);
            binder.say(diagnostic.help("give pair_delimiter and kv_delimiter"));
            return super::mv_expand::open(input);
        }
        let names: Vec<Arc<str>> = keys.iter().map(|(name, _)| name.clone()).collect();
        let pattern = Pattern::Pairs(Pairs { keys, form });
        binder.extracted(input, &self.value, pattern, &names, false, span)
    }
}

fn is_word(name: &str) -> bool {
    name.chars().all(char::is_alphanumeric)
}

impl Binder<'_> {
    /// The keys asked for; one named twice is said.
    fn keys(&mut self, columns: &[ColumnDeclaration]) -> Option<Vec<(Arc<str>, Type)>> {
        let mut keys: Vec<(Arc<str>, Type)> = Vec::with_capacity(columns.len());
        for column in columns {
            let name = &column.name;
            if keys.iter().any(|(key, _)| *key == name.text) {
                let message = format!("column `{}` is given twice", name.text);
                self.error(Code::DuplicateColumn, name.span, message);
                return None;
            }
            match self.type_name(&column.ty) {
                Type::Unknown => return None,
                ty => keys.push((name.text.clone(), ty)),
            }
        }
        Some(keys)
    }

    fn pairs_form(&mut self, properties: &[OperatorParameter]) -> Option<PairsForm> {
        if let Some(regex) = OperatorParameter::find(properties, "regex") {
            if let Some(other) = properties.iter().find(|p| &*p.name.text != "regex") {
                let message = format!("`{}` cannot be given beside regex", other.name.text);
                self.error(Code::ArgumentValue, other.name.span, message);
                return None;
            }
            return Some(PairsForm::Regex(self.text_of(regex)?));
        }
        let mut delimiter = |name: &str| match OperatorParameter::find(properties, name) {
            Some(property) => self.text_of(property).map(|text| Some((text, property.name.span))),
            None => Some(None),
        };
        let (pair, kv) = (delimiter("pair_delimiter")?, delimiter("kv_delimiter")?);
        let delimiters = match (pair, kv) {
            (Some((pair, _)), Some((kv, _))) => Some((pair, kv)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_))
                if properties.iter().any(|p| !PROPERTIES.contains(&&*p.name.text)) =>
            {
                return None;
            }
            (Some((_, span)), None) | (None, Some((_, span))) => {
                let message = "pair_delimiter and kv_delimiter must both be given";
                self.error(Code::ArgumentValue, span, message);
                return None;
            }
        };
        let (mut quotes, mut escapes, mut greedy) = (Vec::new(), Vec::new(), false);
        for property in properties {
            match &*property.name.text {
                "quote" => {
                    let text = self.text_of(property)?;
                    let mut chars = text.chars();
                    match (chars.next(), chars.next(), chars.next()) {
                        (Some(open), close, None) => quotes.push((open, close.unwrap_or(open))),
                        _ => return self.bad_length(property, "one or two characters"),
                    }
                }
                "escape" => {
                    let text = self.text_of(property)?;
                    let mut chars = text.chars();
                    match (chars.next(), chars.next()) {
                        (Some(escape), None) => escapes.push(escape),
                        _ => return self.bad_length(property, "one character"),
                    }
                }
                "greedy" => match self.constant(&property.value, "greedy")? {
                    Value::Bool(value) => greedy = value,
                    _ => {
                        let message = "greedy must be true or false";
                        self.error(Code::ArgumentValue, property.value.span, message);
                        return None;
                    }
                },
                _ => {}
            }
        }
        Some(PairsForm::Delimited {
            delimiters,
            quotes,
            escapes,
            greedy,
        })
    }

    /// The text of a property, which must not be empty.
    fn text_of(&mut self, property: &OperatorParameter) -> Option<Arc<str>> {
        let value = self.constant(&property.value, "the property")?;
        match value.as_str().filter(|text| !text.is_empty()) {
            Some(text) => Some(text.into()),
            None => {
                let message = format!("{} must be a text", property.name.text);
                let said = Diagnostic::new(Code::ArgumentValue, property.value.span, message);
                self.say(match value {
                    Value::String(_) => said,
                    _ => said.kusto_as("KS222"),
                });
                None
            }
        }
    }

    fn bad_length<T>(&mut self, property: &OperatorParameter, length: &str) -> Option<T> {
        let message = format!("{} must be {length}", property.name.text);
        self.error(Code::ArgumentValue, property.value.span, message);
        None
    }
}
