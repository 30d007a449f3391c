//! `parse-where`: as `parse`, and drops the rows that do not match.

use super::parse::{ParseItem, Written, parse_pattern, print_parse};
use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `parse-where`.
pub const INFO: Info = Info {
    keywords: &["parse-where"],
    place: Place::Piped,
    summary: "Cuts columns out of a text by a pattern and drops the rows that do not match.",
    syntax: "T | parse-where [kind=simple|regex [flags=...]] text with [*] 'text' column[: type] ...",
    examples: &[("datatable (line: string) ['user=ann', 'nothing']\n\
             | parse-where line with 'user=' user\n\
             | project user", "user\nann")],
};

/// `parse-where s with 'a=' a: long`
#[derive(Clone, Debug, PartialEq)]
pub struct ParseWhere {
    /// `kind=…`, `flags=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<ParseItem>,
}

/// `parse-where s with 'a=' a: long`
pub fn parse_where(i: Tokens<'_>) -> Parsed<'_, ParseWhere> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, value) = unnamed_expression(i)?;
    let (i, _) = keyword("with")(i)?;
    let (i, pattern) = parse_pattern(i)?;
    let node = ParseWhere {
        parameters,
        value,
        pattern,
    };
    Ok((i, node))
}

impl Print for ParseWhere {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_parse(p, &self.value, &self.pattern);
    }
}

impl super::Bind for ParseWhere {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let written = Written {
            parameters: &self.parameters,
            value: &self.value,
            pattern: &self.pattern,
            matched: true,
            span,
        };
        binder.parsed(input, &written)
    }
}
