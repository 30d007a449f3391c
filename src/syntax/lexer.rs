//! Text to tokens: every token with its span and the span of the white space and comments before it.
//!
//! Words made of several pieces (`mv-expand`, `hint.strategy`, `matches regex`, `Device*`) are left
//! in pieces here: only the parser knows where such a word can stand, and `a-b` is a subtraction.

use std::sync::Arc;

use super::literal::{Scanner, is_name_char, is_name_start};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Infix, ListOp};
use crate::types::Value;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// `a`, `where`, `5h_x`, `$left`
    Word,
    /// `(`, `==`, `!has`, `in~`
    Symbol(&'static str),
    /// `1`, `2d`, `true`, `long(null)`, `dynamic([1])`; no value if it is malformed
    Literal(Option<Value>),
    /// `'a'`, `@"b"`: parts of a string literal
    String(Arc<str>),
    /// `datetime()`: the query's instant
    Now,
    /// `datetime(8:00)`: so many ticks after the midnight before the query's instant
    Today(i64),
    /// A character that starts no token.
    Unknown,
    /// The end of the text.
    End,
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
    /// The white space and comments before it.
    pub trivia: Span,
}

/// The tokens of a text; the last one is [`TokenKind::End`].
#[derive(Clone, Debug)]
pub struct Lexed {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Symbols that are not made of letters, longest first.
const SYMBOLS: &[&str] = &[
    "==", "=>", "=~", "!=", "!~", "<>", "<=", ">=", "..", "(", ")", "[", "]", "{", "}", ",", ";",
    "|", ".", ":", "=", "<", ">", "+", "-", "*", "/", "%", "?", "@",
];

/// Splits a text into tokens.
pub fn lex(text: &str) -> Lexed {
    let mut scanner = Scanner::new(text);
    let mut tokens = Vec::new();
    loop {
        let before = scanner.at;
        skip_trivia(&mut scanner);
        let start = scanner.at;
        let kind = token(&mut scanner);
        let end = kind == TokenKind::End;
        tokens.push(Token {
            kind,
            span: Span::new(start, scanner.at),
            trivia: Span::new(before, start),
        });
        if end {
            return Lexed {
                tokens,
                diagnostics: scanner.diagnostics,
            };
        }
    }
}

/// White space of the official lexer: Unicode's, and a few characters that are invisible.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{180e}')
}

fn skip_trivia(s: &mut Scanner) {
    loop {
        s.skip_while(is_space);
        if s.starts_with("//") {
            s.skip_while(|c| !matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}'));
        } else if s.starts_with("#") && s.at_line_start() {
            let start = s.at;
            s.skip_while(|c| c != '\n');
            let span = Span::new(start, s.at);
            s.error(
                Code::Syntax,
                span,
                "a directive (a line that starts with `#`) is for interactive clients, not part of a query",
            );
        } else {
            return;
        }
    }
}

fn token(s: &mut Scanner) -> TokenKind {
    let Some(c) = s.peek() else {
        return TokenKind::End;
    };
    if let Some(value) = s.string() {
        return TokenKind::String(value);
    }
    if c.is_ascii_digit() {
        return s.number();
    }
    if is_name_start(c) {
        return word(s);
    }
    if c == '!'
        && let Some(symbol) = negated(s)
    {
        return TokenKind::Symbol(symbol);
    }
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| s.starts_with(symbol)) {
        s.at += symbol.len();
        return TokenKind::Symbol(symbol);
    }
    unknown(s, c)
}

fn unknown(s: &mut Scanner, c: char) -> TokenKind {
    let start = s.at;
    s.at += c.len_utf8();
    if c.is_alphanumeric() {
        s.skip_while(|c| c.is_alphanumeric() || c == '_');
        let word = &s.text[start..s.at];
        let message =
            format!("a name of other than ASCII letters is written in brackets: `['{word}']`");
        s.stray(Span::new(start, s.at), message);
    } else {
        let message = match c {
            '‘' | '’' | '“' | '”' => {
                format!("`{c}` is no quotation mark of KQL; write `'` or `\"`")
            }
            c if c.is_control() => format!("the character U+{:04X} is not allowed here", c as u32),
            c => format!("the character `{c}` is not allowed here"),
        };
        s.stray(Span::new(start, s.at), message);
    }
    TokenKind::Unknown
}

fn word(s: &mut Scanner) -> TokenKind {
    let start = s.at;
    // The first character may be a `$`, which is none of the others.
    s.at += 1;
    s.skip_while(is_name_char);
    let word = &s.text[start..s.at];
    match word {
        "true" | "True" | "TRUE" => return TokenKind::Literal(Some(Value::Bool(true))),
        "false" | "False" | "FALSE" => return TokenKind::Literal(Some(Value::Bool(false))),
        "in" if s.starts_with("~") && !s.starts_with("~~") => {
            s.at += 1;
            return TokenKind::Symbol("in~");
        }
        "dynamic" if s.opens_after_comments() => return s.dynamic(start),
        _ => {}
    }
    match s.typed_literal(start, word) {
        Some(kind) => kind,
        None => TokenKind::Word,
    }
}

/// `!has`, `!in~`, `!between`, …
fn negated(s: &mut Scanner) -> Option<&'static str> {
    let start = s.at;
    let rest = &s.text[start + 1..];
    let length = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
    let word = &s.text[start..start + 1 + length];
    let after = &s.text[start + 1 + length..];
    if word == "!in" && after.starts_with('~') && !after.starts_with("~~") {
        s.at += word.len() + 1;
        return Some("!in~");
    }
    let symbol = match word {
        "!between" => Some("!between"),
        _ => Infix::from_text(word)
            .map(Infix::text)
            .or_else(|| ListOp::from_text(word).map(ListOp::text)),
    }?;
    s.at += word.len();
    Some(symbol)
}

#[cfg(test)]
#[path = "lexer_tests.rs"]
mod tests;
