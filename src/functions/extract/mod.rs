//! Cuts columns out of texts for `parse` and `parse-kv`: patterns made ready once, used row by row.

mod pairs;
mod sequence;

use std::borrow::Cow;

use crate::contract::Problem;
use crate::decimal::Decimal;
use crate::json;
use crate::plan::extract::Pattern;
use crate::temporal;
use crate::text;
use crate::types::{Type, Value};

use pairs::Pairs;
use sequence::Sequence;

/// A pattern ready for use.
pub struct Extractor(Kind);

enum Kind {
    Sequence(Sequence),
    Pairs(Pairs),
}

/// A cell cut out.
#[derive(Clone, Debug, PartialEq)]
pub enum Cut<'t> {
    /// Of a string column, or JSON of a dynamic one.
    Text(Cow<'t, str>),
    /// Of any other column; perhaps null.
    Value(Value),
}

impl Extractor {
    /// Makes a pattern ready.
    ///
    /// # Errors
    /// What is wrong with it, or that it cannot be used yet.
    pub fn new(pattern: &Pattern) -> Result<Extractor, Problem> {
        Ok(Extractor(match pattern {
            Pattern::Sequence(sequence) => Kind::Sequence(Sequence::new(sequence)?),
            Pattern::Pairs(pairs) => Kind::Pairs(Pairs::new(pairs)?),
        }))
    }

    /// The cells of a text, one per column; nothing when it does not match.
    pub fn cut<'t>(&self, text: &'t str) -> Option<Vec<Cut<'t>>> {
        match &self.0 {
            Kind::Sequence(sequence) => sequence.cut(text),
            Kind::Pairs(pairs) => Some(pairs.cut(text)),
        }
    }
}

/// A text as a cell of a column; nothing when it is none of its type.
fn converted(text: Cow<'_, str>, ty: Type) -> Option<Cut<'_>> {
    let trimmed = text.trim();
    Some(Cut::Value(match ty {
        Type::String => return Some(Cut::Text(text)),
        Type::Dynamic | Type::Unknown => {
            let json = json::parse(&text).text()?.into_owned();
            return Some(Cut::Text(Cow::Owned(json)));
        }
        Type::Long => Value::Long(text::parse_long(trimmed)?),
        Type::Int => Value::Int(text::parse_int(trimmed)?),
        Type::Real => Value::Real(text::parse_real(trimmed)?),
        Type::Bool => Value::Bool(text::parse_bool(trimmed)?),
        Type::Decimal => Value::Decimal(Decimal::parse(trimmed)?),
        Type::Datetime => Value::Datetime(temporal::parse_datetime(trimmed)?),
        Type::Timespan => Value::Timespan(temporal::parse_timespan(trimmed)?),
        Type::Guid => Value::Guid(text::parse_guid(trimmed)?),
    }))
}

/// The cell of a column without a value: null, or an empty text.
fn missing<'t>(ty: Type) -> Cut<'t> {
    match ty {
        Type::String => Cut::Text(Cow::Borrowed("")),
        ty => Cut::Value(Value::null(ty)),
    }
}
