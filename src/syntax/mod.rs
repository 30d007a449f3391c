//! Text to tree and back: lexer, grammar rules over tokens, printer.
//!
//! Grammar rules are plain functions `fn rule(i: Tokens) -> Parsed<T>` that carry the names of the
//! rules in `grammar/kql.ebnf`.

pub mod ast;
mod dynamic;
pub mod expression;
pub mod lexer;
mod literal;
pub mod name;
mod nesting;
pub mod print;
pub mod query;
mod string;
pub mod tokens;

use crate::diagnostic::Diagnostic;
use crate::source::Source;
use ast::Query;
use lexer::{Token, lex};
use tokens::{State, Tokens};

/// What a query's text was read as.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The tree; what could not be read is left out or an
    /// [`Error`](ast::ExprKind::Error).
    pub query: Query,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a query.
pub fn parse(source: &Source) -> Parse {
    parse_text(source.text())
}

/// Reads the text of a query.
pub fn parse_text(text: &str) -> Parse {
    let lexed = lex(text);
    let mut diagnostics = lexed.diagnostics;
    let query = match nesting::brackets(text, &lexed.tokens) {
        Ok(brackets) => {
            let state = State::new(text, brackets);
            let query = query::whole(Tokens::new(&lexed.tokens, &state));
            diagnostics.extend(state.into_diagnostics());
            query
        }
        Err(too_deep) => {
            diagnostics.push(too_deep);
            Query::default()
        }
    };
    diagnostics.sort_by_key(|d| d.span());
    Parse { query, diagnostics }
}

/// The tokens of a text, for highlighting.
pub fn tokens(text: &str) -> Vec<Token> {
    lex(text).tokens
}
