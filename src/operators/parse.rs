//! `parse`: columns cut out of a text by a pattern.

use super::prelude::*;
use crate::syntax::ast::{Expr, Name, OperatorParameter, TypeName};

/// What users read about `parse`.
pub const INFO: Info = Info {
    keywords: &["parse"],
    place: Place::Piped,
    summary: "Cuts columns out of a text by a pattern.",
    syntax: "T | parse [kind=simple|regex|relaxed [flags=...]] text with [*] 'text' column[: type] ...",
};

/// `parse kind=relaxed s with * 'a=' a: long ', b=' b *`
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// `kind=…`, `flags=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<ParseItem>,
}

/// A piece of a pattern of `parse`.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseItem {
    /// `*`
    Star,
    /// `'text'`: a string literal (or, for the binder to resolve, the name of a constant).
    Text(Expr),
    /// `column: type`
    Column {
        /// The column's name.
        name: Name,
        /// Its type; string if not written.
        ty: Option<TypeName>,
    },
}

/// `parse kind=simple s with * 'a=' a: long *`
pub fn parse(i: Tokens<'_>) -> Parsed<'_, Parse> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, value) = unnamed_expression(i)?;
    let (i, _) = keyword("with")(i)?;
    let (i, pattern) = parse_pattern(i)?;
    let node = Parse {
        parameters,
        value,
        pattern,
    };
    Ok((i, node))
}

/// `* 'a=' a: long ', b=' b *`
pub fn parse_pattern(i: Tokens<'_>) -> Parsed<'_, Vec<ParseItem>> {
    let (mut i, first) = parse_item(i)?;
    let mut items = vec![first];
    while is_item(&i) {
        let (rest, item) = parse_item(i)?;
        items.push(item);
        i = rest;
    }
    i.expect("a string, a column or `*`");
    Ok((i, items))
}

fn is_item(i: &Tokens) -> bool {
    i.is_symbol(0, "*") || matches!(i.kind(0), TokenKind::String(_)) || is_name(i, 0)
}

/// `*`, `'a='`, `a: long`
pub fn parse_item(i: Tokens<'_>) -> Parsed<'_, ParseItem> {
    if i.is_symbol(0, "*") {
        return Ok((i.skip(1), ParseItem::Star));
    }
    if let TokenKind::String(_) = i.kind(0) {
        let (i, text) = string(i)?;
        return Ok((i, ParseItem::Text(text)));
    }
    if !is_name(&i, 0) {
        return i.fail("a string, a column or `*`");
    }
    let (i, name) = name(i)?;
    let (i, ty) = if i.is_symbol(0, ":") {
        let (i, ty) = type_name(i.skip(1))?;
        (i, Some(ty))
    } else {
        (i, None)
    };
    Ok((i, ParseItem::Column { name, ty }))
}

impl Print for Parse {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_parse(p, &self.value, &self.pattern);
    }
}

/// The part that `parse` and `parse-where` share.
pub(super) fn print_parse(p: &mut Printer, value: &Expr, pattern: &[ParseItem]) {
    p.push(" ");
    p.expr(value);
    p.push(" with");
    for item in pattern {
        p.push(" ");
        match item {
            ParseItem::Star => p.push("*"),
            ParseItem::Text(text) => p.expr(text),
            ParseItem::Column { name, ty } => {
                p.name(name);
                p.typed(ty.as_ref());
            }
        }
    }
}
