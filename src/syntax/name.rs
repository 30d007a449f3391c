//! Grammar rules of names, types and columns.

use std::sync::Arc;

use super::ast::{
    ColumnDeclaration, Expr, ExprKind, Literal, Name, OperatorParameter, RowSchema, TypeName,
};
use super::expression::{bracketed, member, name_or_call, unnamed_expression};
use super::keyword::{self, Use};
use super::lexer::TokenKind;
use super::literal::concatenate;
use super::query;
use super::tokens::{
    Parsed, Tokens, between, bracketed_list, close, declared_list, list, must_close, symbol,
};
use crate::source::Span;
use crate::types::{Type, Value};

/// Whether a name comes next.
pub fn is_name(i: &Tokens, ahead: usize) -> bool {
    i.word(ahead).is_some() || i.is_symbol(ahead, "[") && is_quoted_name(i, ahead)
}

/// Whether there is nothing but a string between this bracket and the next.
fn is_quoted_name(i: &Tokens, ahead: usize) -> bool {
    let mut at = ahead + 1;
    while let TokenKind::String(_) = i.kind(at) {
        at += 1;
    }
    at > ahead + 1 && i.is_symbol(at, "]")
}

/// Whether a name and `=` come next.
pub fn is_named(i: &Tokens) -> bool {
    match i.kind(0) {
        TokenKind::Word => i.is_symbol(1, "="),
        TokenKind::Symbol("[") => is_name(i, 0) && i.after_bracket_is("="),
        _ => false,
    }
}

/// `a`, `['a b']`
pub fn name(i: Tokens<'_>) -> Parsed<'_, Name> {
    if let Some(word) = i.word(0) {
        let name = Name {
            text: word.into(),
            quoted: false,
            span: i.span(),
        };
        return Ok((i.skip(1), name));
    }
    if i.is_symbol(0, "[") && is_name(&i, 0) {
        return quoted_name(i);
    }
    Ok((i, no_name(i.missing("a name"))))
}

/// A name that is for this; if it is a keyword, that is said.
fn name_for(i: Tokens<'_>, wanted: Use) -> Parsed<'_, Name> {
    let (rest, name) = name(i)?;
    note_keyword(i, &name, wanted);
    Ok((rest, name))
}

/// Says of a name that it is a keyword, if it is one.
pub(super) fn note_keyword(i: Tokens<'_>, name: &Name, wanted: Use) {
    if let Some(said) = keyword::said_of(name, wanted) {
        i.note(said);
    }
}

/// The name of a variable, a table or a part of a graph.
pub(crate) fn variable_name(i: Tokens<'_>) -> Parsed<'_, Name> {
    name_for(i, Use::Variable)
}

/// The name of a column or parameter that has a type.
pub(crate) fn column_name(i: Tokens<'_>) -> Parsed<'_, Name> {
    name_for(i, Use::Column)
}

/// The name of an expression's value.
pub(super) fn value_name(i: Tokens<'_>) -> Parsed<'_, Name> {
    name_for(i, Use::Value)
}

/// A name that means something.
pub(super) fn reference(i: Tokens<'_>) -> Parsed<'_, Name> {
    name_for(i, Use::Reference)
}

/// A name that is missing, which has been said.
fn no_name(span: Span) -> Name {
    Name {
        text: "".into(),
        quoted: false,
        span,
    }
}

/// `['a b']`
pub fn quoted_name(i: Tokens<'_>) -> Parsed<'_, Name> {
    let (rest, _) = symbol("[")(i)?;
    let (rest, text) = string_parts(rest)?;
    let (rest, _) = close(rest, i, "]")?;
    let name = Name {
        text,
        quoted: true,
        span: i.span_to(rest),
    };
    Ok((rest, name))
}

/// One or more adjacent strings, which are one.
fn string_parts(mut i: Tokens<'_>) -> Parsed<'_, Arc<str>> {
    let mut parts = Vec::new();
    while let TokenKind::String(part) = i.kind(0) {
        parts.push(part.clone());
        i = i.skip(1);
    }
    if parts.is_empty() {
        i.missing("a string");
    }
    Ok((i, concatenate(&parts)))
}

/// `'a'`, `'a' @"b"`
pub fn string(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, value) = string_parts(i)?;
    let mut text = String::new();
    let mut at = i;
    while at.span() != rest.span() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(i.text(at.span()));
        at = at.skip(1);
    }
    let literal = Literal {
        value: Value::String(value),
        text: text.into(),
    };
    Ok((
        rest,
        Expr {
            kind: ExprKind::Literal(literal),
            span: i.span_to(rest),
        },
    ))
}

/// How many tokens make a name with `*` in it: `Device*`, `*_CL`, `a*b`; 0 if none comes next.
fn wildcard_length(i: &Tokens) -> usize {
    let mut length = 0;
    let mut stars = 0;
    loop {
        if length > 0 && !i.touches(length) {
            break;
        }
        match i.kind(length) {
            TokenKind::Symbol("*") => stars += 1,
            TokenKind::Word => {}
            TokenKind::Literal(Some(Value::Long(_) | Value::Timespan(_) | Value::Bool(_)))
                if length > 0 && !i.is_symbol(length + 1, "(") => {}
            _ => break,
        }
        length += 1;
    }
    if stars > 0 { length } else { 0 }
}

/// `Device*`, `*_CL`, `*`
pub fn wildcard_name(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let length = wildcard_length(&i);
    if length == 0 {
        return Ok((i, query::hole(i.missing("a name with `*`"))));
    }
    let rest = i.skip(length);
    let span = i.span_to(rest);
    let kind = if length == 1 {
        ExprKind::Star
    } else {
        ExprKind::Wildcard(Name {
            text: i.text(span).into(),
            quoted: false,
            span,
        })
    };
    Ok((rest, Expr { kind, span }))
}

/// `a`, `['a b']`, `a*`
pub fn name_or_wildcard(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if wildcard_length(&i) > 0 {
        return wildcard_name(i);
    }
    let (rest, name) = reference(i)?;
    Ok((rest, of_name(name)))
}

/// A name as an expression.
pub fn of_name(name: Name) -> Expr {
    Expr {
        span: name.span,
        kind: ExprKind::Name(name),
    }
}

/// A source of `union`, `find` or `search`: `T`, `T*`, `database('d').T*`, `(T | take 1)`, `f(1)`
pub fn table_source(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if wildcard_length(&i) > 0 {
        return wildcard_name(i);
    }
    if i.is_symbol(0, "(") {
        return bracketed(i);
    }
    if !is_name(&i, 0) || query::is_table_literal(&i) {
        return Ok((i, query::hole(i.missing("a table"))));
    }
    let (mut rest, mut base) = name_or_call(i)?;
    while rest.is_symbol(0, ".") {
        let after = rest.skip(1);
        let is_wildcard = wildcard_length(&after) > 0;
        let (after, member) = if is_wildcard {
            wildcard_name(after)?
        } else {
            member(after)?
        };
        rest = after;
        base = Expr {
            kind: ExprKind::Path {
                base: Box::new(base),
                member: Box::new(member),
            },
            span: i.span_to(rest),
        };
        if is_wildcard {
            break;
        }
    }
    Ok((rest, base))
}

/// `long`, `string`
pub fn type_name(i: Tokens<'_>) -> Parsed<'_, TypeName> {
    let Some(text) = i.word(0) else {
        let ty = TypeName {
            ty: None,
            text: "".into(),
            span: i.missing("a type"),
        };
        return Ok((i, ty));
    };
    let ty = TypeName {
        ty: Type::from_name(text),
        text: text.into(),
        span: i.span(),
    };
    Ok((i.skip(1), ty))
}

/// The type of a column or parameter, which cannot have all the names that it has in `typeof`.
pub(super) fn declared_type(i: Tokens<'_>) -> Parsed<'_, TypeName> {
    const ELSEWHERE: &[&str] = &[
        "int16", "int32", "uint", "uint8", "uint16", "uint32", "uint64", "ulong", "float", "uuid",
    ];
    let (i, mut ty) = type_name(i)?;
    if ELSEWHERE.contains(&&*ty.text) {
        ty.ty = None;
    }
    Ok((i, ty))
}

/// `a: long`
pub fn column_declaration(i: Tokens<'_>) -> Parsed<'_, ColumnDeclaration> {
    let (i, name) = column_name(i)?;
    // Of two names before a type, the second is one too many.
    let doubled = is_name(&i, 0) && i.is_symbol(1, ":");
    let (i, _) = symbol(":")(i)?;
    let i = if doubled { i.skip(2) } else { i };
    let (i, ty) = declared_type(i)?;
    Ok((i, ColumnDeclaration { name, ty }))
}

/// `(a: long, b: string)`
pub fn columns(i: Tokens<'_>) -> Parsed<'_, Vec<ColumnDeclaration>> {
    if !i.is_symbol(0, "(") {
        i.missing("a list of columns");
        return Ok((i, Vec::new()));
    }
    let starts = |i: &Tokens| is_name(i, 0) || i.is_symbol(0, ":");
    declared_list(i, starts, column_declaration)
}

/// `(a: long)`, `(*, a: long)`, `(*)`
pub fn row_schema(i: Tokens<'_>) -> Parsed<'_, RowSchema> {
    if !i.is_symbol(1, "*") {
        let (rest, columns) = columns(i)?;
        let schema = RowSchema {
            star: false,
            columns,
        };
        return Ok((rest, schema));
    }
    let (rest, columns) = between(
        i,
        "(",
        |i| {
            let rest = i.skip(1);
            if rest.is_symbol(0, ",") {
                return list(rest.skip(1), column_declaration);
            }
            rest.expect("`,`");
            Ok((rest, Vec::new()))
        },
        ")",
    )?;
    let schema = RowSchema {
        star: true,
        columns,
    };
    Ok((rest, schema))
}

/// The words of a parameter that comes next, dots included, if `=` follows.
fn parameter_length(i: &Tokens) -> Option<usize> {
    i.word(0)?;
    let mut length = 1;
    while i.is_symbol(length, ".")
        && i.touches(length)
        && i.touches(length + 1)
        && i.word(length + 1).is_some()
    {
        length += 2;
    }
    i.is_symbol(length, "=").then_some(length)
}

/// Whether a parameter comes next.
pub fn is_parameter(i: &Tokens) -> bool {
    parameter_length(i).is_some()
}

/// `kind=inner`, `hint.strategy=shuffle`
pub fn parameter(i: Tokens<'_>) -> Parsed<'_, OperatorParameter> {
    let (rest, name) = parameter_name(i)?;
    let (rest, value) = parameter_value(rest)?;
    Ok((rest, OperatorParameter { name, value }))
}

/// `kind =`
fn parameter_name(i: Tokens<'_>) -> Parsed<'_, Name> {
    let Some(length) = parameter_length(&i) else {
        if !is_name(&i, 0) {
            return Ok((i, no_name(i.missing("a property"))));
        }
        let (rest, name) = name(i)?;
        let (rest, _) = symbol("=")(rest)?;
        return Ok((rest, name));
    };
    let rest = i.skip(length);
    let span = i.span_to(rest);
    let name = Name {
        text: i.text(span).into(),
        quoted: false,
        span,
    };
    Ok((rest.skip(1), name))
}

/// The value of a parameter: `inner`, `true`, `-1`, `['a b']`
pub fn parameter_value(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if is_name(&i, 0) {
        let (rest, name) = name(i)?;
        return Ok((rest, of_name(name)));
    }
    match i.kind(0) {
        TokenKind::Symbol("-" | "+") => query::constant(i),
        _ if query::starts_constant(&i) => query::constant(i),
        _ => Ok((i, query::hole(i.missing("a value")))),
    }
}

/// All parameters that come next, whatever their names.
pub fn parameters(mut i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    let mut all = Vec::new();
    while parameter_length(&i).is_some() {
        let (rest, next) = parameter(i)?;
        all.push(next);
        i = rest;
    }
    Ok((i, all))
}

/// `hint.strategy=shuffle`: the hints that come next
pub fn hints(i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    known_parameters(i, &[])
}

/// The parameters that come next, of these names or starting with `hint.`: where a named
/// expression can follow.
pub fn known_parameters<'a>(
    mut i: Tokens<'a>,
    known: &[&str],
) -> Parsed<'a, Vec<OperatorParameter>> {
    let mut all = Vec::new();
    while let Some(length) = parameter_length(&i) {
        let span = i.span_to(i.skip(length));
        let text = i.text(span);
        if !(known.contains(&text) || text.starts_with("hint.")) {
            break;
        }
        let (rest, next) = parameter(i)?;
        all.push(next);
        i = rest;
    }
    Ok((i, all))
}

/// `title='x'`, `ycolumns=a, b`: a property whose value may be an expression or several names.
pub fn property(i: Tokens<'_>) -> Parsed<'_, OperatorParameter> {
    let (rest, property) = parameter_name(i)?;
    let start = rest;
    let (mut rest, value) = unnamed_expression(rest)?;
    let mut values = vec![value];
    while rest.is_symbol(0, ",") && parameter_length(&rest.skip(1)).is_none() && is_name(&rest, 1) {
        let (after, value) = name(rest.skip(1))?;
        values.push(of_name(value));
        rest = after;
    }
    let property = OperatorParameter {
        name: property,
        value: one_or_bracketed(values, start.span_to(rest)),
    };
    Ok((rest, property))
}

/// A property's only value, or its several values as if they stood in brackets.
pub fn one_or_bracketed(mut values: Vec<Expr>, span: Span) -> Expr {
    match values.pop() {
        Some(value) if values.is_empty() => value,
        last => {
            values.extend(last);
            let kind = ExprKind::Bracketed(values);
            Expr { kind, span }
        }
    }
}

/// `(format='csv', ignoreFirstRecord=true)`
pub fn properties(i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    let starts = is_name(&i, 1) || i.is_symbol(1, ",") || i.is_symbol(1, ")");
    if i.is_symbol(0, "(") && !starts && *i.kind(1) != TokenKind::End {
        let rest = i.skip(1);
        rest.expect("a property");
        must_close(rest, i, ")")?;
    }
    bracketed_list(i, "(", property, ")", true)
}
