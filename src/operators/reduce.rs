//! `reduce`: groups similar texts.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `reduce`.
pub const INFO: Info = Info {
    keywords: &["reduce"],
    place: Place::Piped,
    summary: "Groups texts by their likeness and gives a pattern for each group.",
    syntax: "T | reduce [kind=source] by text [with threshold=0.1, characters='...']",
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
