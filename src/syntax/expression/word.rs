//! What a name or keyword means where an expression is expected, and what was meant by one that cannot stand there.

use super::{
    cannot_be_name, entity_group, name_or_call, next_operator, starts_statement, type_literal,
};
use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name};
use crate::syntax::lexer::TokenKind;
use crate::syntax::name::{is_name, of_name, quoted_name};
use crate::syntax::query;
use crate::syntax::tokens::{Parsed, Tokens};

/// `['a b']`, or what was meant as one.
pub(super) fn bracketed_name(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if is_name(&i, 0) {
        return name_or_call(i);
    }
    let inner = i.skip(1);
    let (kusto, message) = match inner.kind(0) {
        TokenKind::String(_) => {
            let (rest, name) = quoted_name(i)?;
            return Ok((rest, of_name(name)));
        }
        TokenKind::Literal(_) => ("KS141", "a name in brackets is a string"),
        TokenKind::Word => ("KS131", "a name in brackets is a string in quotes"),
        _ => return no_expression(i),
    };
    let Some(rest) = i.after_bracket() else {
        return no_expression(i);
    };
    let said = Diagnostic::new(Code::Syntax, inner.span(), message).kusto_as(kusto);
    i.note(said.help("dynamic([…]) is an array, ['a b'] a name"));
    Ok((rest, query::hole(i.span_to(rest))))
}

/// What a word starts, or was meant to.
pub(super) fn word(i: Tokens<'_>) -> Parsed<'_, Expr> {
    match i.word(0).unwrap_or("") {
        "typeof" if i.is_symbol(1, "(") => type_literal(i),
        "entity_group" if i.is_symbol(1, "[") => entity_group(i),
        "datatable" | "externaldata" | "external_data" if query::is_source(&i) => {
            query::source_operator(i)
        }
        // No function has the name of an operator that takes its rows from nowhere.
        "print" | "union" | "find" | "search" | "evaluate" if i.is_symbol(1, "(") => {
            no_expression(i)
        }
        "dynamic" if !follows_name(&i.skip(1)) => no_expression(i),
        _ if is_hyphenated_operator(&i) => no_expression(i),
        word if cannot_be_name(word) && !i.is_symbol(1, "(") => match follows_name(&i.skip(1)) {
            true => keyword_as_name(i),
            false => no_expression(i),
        },
        _ => name_or_call(i),
    }
}

/// Whether the keyword of an operator comes next that is no word, as `mv-expand`.
fn is_hyphenated_operator(i: &Tokens) -> bool {
    i.hyphenated_length() > 1 && crate::operators::find_operator(i).is_some()
}

/// Nothing that an expression could start with.
pub(super) fn no_expression(i: Tokens<'_>) -> Parsed<'_, Expr> {
    Ok((i, query::hole(i.missing("an expression"))))
}

/// Whether what comes next stands after names only, so that a keyword before it was meant as one.
pub(super) fn follows_name(i: &Tokens) -> bool {
    match i.kind(0) {
        TokenKind::Symbol(symbol) => {
            !matches!(*symbol, "(" | "[" | "{" | "-" | "+" | "=" | ";" | "..")
        }
        TokenKind::Word => next_operator(i).is_some(),
        _ => false,
    }
}

/// A keyword that was meant as a name.
fn keyword_as_name(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (span, word) = (i.span(), i.word(0).unwrap_or(""));
    i.note(
        Diagnostic::new(
            Code::Syntax,
            span,
            format!("the keyword `{word}` is no name unless in brackets"),
        )
        .kusto_as("KS228")
        .help(format!("write ['{word}']")),
    );
    Ok((i.skip(1), query::hole(span)))
}

/// Whether an expression can start with what comes next.
pub fn starts_expression(i: &Tokens) -> bool {
    let keyword = i.word(0).is_some_and(|word| {
        (cannot_be_name(word) && !i.is_symbol(1, "(") || word == "dynamic")
            && !follows_name(&i.skip(1))
    });
    starts_statement(i) && !keyword && !is_hyphenated_operator(i)
}

/// What is said of a query that stands in a function's brackets, without its own.
pub(super) fn bare_query(name: &Name, span: Span) -> Diagnostic {
    let message = format!(
        "a query that `{}` is given stands in brackets of its own",
        name.text
    );
    let edit = |span: Span, text: &str| Edit {
        span,
        text: text.to_string(),
    };
    let start = Span {
        end: span.start,
        ..span
    };
    Diagnostic::new(Code::Syntax, span, message)
        .kusto_as("KS005")
        .help(format!("write {}((…))", name.text))
        .fix(
            "put the query in brackets",
            vec![edit(start, "("), edit(span.after(), ")")],
        )
}
