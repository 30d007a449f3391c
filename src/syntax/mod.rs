//! Text to tree and back: lexer, grammar rules over tokens, printer.
//!
//! Grammar rules are plain functions `fn rule(i: Tokens) -> Parsed<T>` that carry the names of the
//! rules in `grammar/kql.ebnf`.

pub mod ast;
mod dynamic;
pub mod expression;
pub(crate) mod keyword;
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
            let mut query = query::whole(Tokens::new(&lexed.tokens, &state));
            diagnostics.extend(state.into_diagnostics());
            let unread = diagnostics.iter().filter(|d| d.is_unread());
            query.unread = unread.map(Diagnostic::span).collect();
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

/// What could follow a text: keywords and symbols in backticks, and in words what else (`an expression`).
/// What may be left out is not told where anything else could stand as well; see [`takes_name`].
pub fn expected(text: &str) -> Vec<&'static str> {
    let lexed = lex(text);
    let Ok(brackets) = nesting::brackets(text, &lexed.tokens) else {
        return Vec::new();
    };
    let state = State::new(text, brackets);
    query::whole(Tokens::new(&lexed.tokens, &state));
    state.into_expected()
}

/// Whether a name could follow a text.
pub fn takes_name(text: &str) -> bool {
    // Beside what is before it, where a mistake would be told.
    let text = text.trim_end();
    let longer = format!("{text} x");
    let parse = parse_text(&longer);
    // A bracket that is still open is told at the end, behind the name.
    let at_name = |d: &Diagnostic| {
        let span = d.span().range();
        span.end > text.len() && span.start < longer.len()
    };
    !parse.diagnostics.iter().any(at_name)
}

/// The tokens of a text, for highlighting.
pub fn tokens(text: &str) -> Vec<Token> {
    lex(text).tokens
}

/// A text's tokens, with its brackets paired.
pub struct Paired {
    /// The tokens; the last one is the text's end.
    pub tokens: Vec<Token>,
    brackets: nesting::Brackets,
}

impl Paired {
    /// Those of a text; `None` where it is nested too deep.
    pub fn of(text: &str) -> Option<Paired> {
        let tokens = lex(text).tokens;
        let brackets = nesting::brackets(text, &tokens).ok()?;
        Some(Paired { tokens, brackets })
    }

    /// The bracket that closes, or opens, the one at `index`.
    pub fn partner(&self, index: usize) -> Option<usize> {
        self.brackets.partner(index)
    }
}
