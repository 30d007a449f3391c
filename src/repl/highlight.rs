//! Colours for a query while it is typed; what is wrong is underlined.

use crate::diagnostic::{Code, Severity};
use crate::functions::{self, plugins};
use crate::repl::point::Point;
use crate::session::Session;
use crate::source::{Source, Span};
use crate::syntax::ast::{Infix, ListOp};
use crate::syntax::lexer::{Token, TokenKind, lex};

const OPERATOR: &str = "1;34";
const KEYWORD: &str = "34";
const FUNCTION: &str = "36";
const TABLE: &str = "1;32";
const COLUMN: &str = "32";
const TEXT: &str = "33";
const NUMBER: &str = "35";
const COMMENT: &str = "2";
const WRONG: &str = "4;31";

/// Words that mean something where no column is meant.
const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "by",
    "on",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "between",
    "let",
    "set",
    "declare",
    "kind",
    "with",
    "to",
    "from",
    "step",
    "as",
    "of",
    "in",
    "default",
    "limit",
    "typeof",
    "matches",
    "regex",
    "view",
    "query_parameters",
    "pattern",
    "withsource",
    "isfuzzy",
];

/// Bytes of a table that is read as soon as it is named, so that its columns are known while the query is typed.
const SMALL: u64 = 2 << 20;
/// Longer texts are not looked through for mistakes at every key.
const MOST_CHECKED: usize = 16 << 10;

/// A text in colours. A mistake at the cursor is not one yet.
pub fn highlight(session: &Session, lets: &str, text: &str, cursor: usize) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    if text.trim_start().starts_with('.') {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        paint(&text[..end], OPERATOR, &mut out);
        out.push_str(&text[end..]);
        return out;
    }
    let known = Known::of(session, text);
    let wrong = mistakes(session, lets, text, cursor);
    let tokens = lex(text).tokens;
    let operators = operators(text, &tokens);
    for (at, token) in tokens.iter().enumerate() {
        let trivia = text.get(token.trivia.range()).unwrap_or("");
        match trivia.contains("//") {
            true => comments(trivia, &mut out),
            false => out.push_str(trivia),
        }
        let word = text.get(token.span.range()).unwrap_or("");
        let mut style = match operators.iter().any(|r| r.contains(&at)) {
            true => OPERATOR.to_string(),
            false => known.style(text, &tokens, at).to_string(),
        };
        let span = token.span;
        if wrong
            .iter()
            .any(|w| w.start < span.end && span.start < w.end)
        {
            style = WRONG.to_string();
        }
        paint(word, &style, &mut out);
    }
    out
}

/// Comments, and the line ends between them.
fn comments(trivia: &str, out: &mut String) {
    for (i, line) in trivia.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        paint(line, COMMENT, out);
    }
}

fn paint(text: &str, style: &str, out: &mut String) {
    if style.is_empty() || text.is_empty() {
        out.push_str(text);
        return;
    }
    // Each line for itself: the editor may put something between them.
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out.push_str(&format!("\x1b[{style}m{line}\x1b[0m"));
    }
}

/// Where a text is wrong, but for where it is being typed.
fn mistakes(session: &Session, lets: &str, text: &str, cursor: usize) -> Vec<Span> {
    if text.len() > MOST_CHECKED {
        return Vec::new();
    }
    let source = Source::whole("", format!("{lets}{text}"));
    let (offset, end) = (lets.len(), text.trim_end().len());
    session
        .mistakes(&source)
        .iter()
        .filter(|d| d.severity == Severity::Error && d.code != Code::NoQuery)
        .filter_map(|d| {
            let range = d.span().range();
            let start = range.start.checked_sub(offset)?;
            Some(start..range.end.saturating_sub(offset))
        })
        .filter(|r| r.start < end && !(r.start <= cursor && cursor <= r.end))
        .map(|r| Span::new(r.start, r.end))
        .collect()
}

/// The tokens of operators' keywords.
fn operators(text: &str, tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let point = Point::at_end(text);
    let starts = |at: usize| {
        at == 0
            || matches!(
                tokens.get(at - 1).map(|t| &t.kind),
                Some(TokenKind::Symbol("|" | ";" | "(" | "{" | "="))
            )
    };
    (0..tokens.len())
        .filter(|at| starts(*at))
        .filter_map(|at| {
            let (info, end) = point.operator_at(at)?;
            let piped = at > 0 && matches!(tokens[at - 1].kind, TokenKind::Symbol("|" | "("));
            let placed = piped || info.place != crate::operators::Place::Piped;
            // A column may be called like an operator.
            let named = matches!(
                tokens.get(end).map(|t| &t.kind),
                Some(TokenKind::Symbol("=" | "==" | ")"))
            );
            (placed && !named).then_some(at..end)
        })
        .collect()
}

/// The names that exist.
struct Known<'a> {
    session: &'a Session,
    columns: Vec<crate::types::Schema>,
}

impl<'a> Known<'a> {
    fn of(session: &'a Session, text: &str) -> Known<'a> {
        let tokens = lex(text).tokens;
        let words = tokens
            .iter()
            .filter(|t| t.kind == TokenKind::Word)
            .filter_map(|t| text.get(t.span.range()));
        let words = words.inspect(|word| session.catalog.read_small(word, SMALL));
        let columns = words.filter_map(|w| session.seen(w)).collect();
        Known { session, columns }
    }

    fn style(&self, text: &str, tokens: &[Token], at: usize) -> &'static str {
        let token = &tokens[at];
        let word = text.get(token.span.range()).unwrap_or("");
        match &token.kind {
            TokenKind::String(_) => TEXT,
            TokenKind::Literal(_) | TokenKind::Now | TokenKind::Today(_) => NUMBER,
            TokenKind::Symbol("|") => OPERATOR,
            TokenKind::Symbol(_) if word.contains(|c: char| c.is_ascii_alphabetic()) => KEYWORD,
            TokenKind::Word => self.word(word, tokens.get(at + 1)),
            TokenKind::Unknown => WRONG,
            _ => "",
        }
    }

    fn word(&self, word: &str, next: Option<&Token>) -> &'static str {
        let called = matches!(next.map(|t| &t.kind), Some(TokenKind::Symbol("(")));
        let infix = Infix::from_text(word).is_some() || ListOp::from_text(word).is_some();
        if infix || KEYWORDS.contains(&word) {
            return KEYWORD;
        }
        if called {
            let special = crate::bind::special::ALL
                .iter()
                .any(|s| s.names.contains(&word));
            let known = special
                || functions::scalar(word).is_some()
                || functions::aggregate(word).is_some()
                || plugins::plugin(word).is_some();
            return if known { FUNCTION } else { "" };
        }
        if self
            .columns
            .iter()
            .any(|schema| schema.index(word).is_some())
        {
            return COLUMN;
        }
        if self.session.seen(word).is_some() {
            return TABLE;
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::highlight;
    use crate::catalog::Catalog;
    use crate::load::LoadOptions;
    use crate::session::Session;

    /// A text with its styles in angle brackets.
    fn painted(text: &str, cursor: usize) -> String {
        let session = Session::new(Catalog::new(LoadOptions::default()));
        let painted = highlight(&session, "", text, cursor);
        painted
            .replace("\x1b[0m", ">")
            .replace("\x1b[", "<")
            .replace('m', ":")
    }

    #[test]
    fn words_strings_and_numbers_have_their_colours() {
        assert_eq!(
            painted("print strlen('a') + 1 // x", 26),
            "<1;34:print> <36:strlen>(<33:'a'>) + <35:1><2: // x>"
        );
        assert_eq!(
            painted("range x fro: 1".replace(':', "m").as_str(), 0),
            "<1;34:range> x <34:fro:> <35:1>"
        );
    }

    #[test]
    fn what_is_wrong_is_underlined_unless_it_is_being_typed() {
        let text = "print a = nope, b = 2";
        assert!(painted(text, text.len()).contains("<4;31:nope>"));
        assert!(!painted(text, 14).contains("<4;31:"));
        // What the text lacks at its end is no mistake yet.
        assert!(!painted("print 1 +", 9).contains("<4;31:"));
    }

    #[test]
    fn no_character_is_lost() {
        let session = Session::new(Catalog::new(LoadOptions::default()));
        for text in [
            "T | where a has 'ü\n' // é\n| take 5",
            ".load x as T",
            "let f = (x: long) {\n  x\n}; \u{1f600} ```a\nb```",
            "",
            "'",
        ] {
            let painted = highlight(&session, "let a = 1;\n", text, 0);
            let mut plain = String::new();
            let mut pieces = painted.split("\x1b[");
            plain.push_str(pieces.next().unwrap_or(""));
            for piece in pieces {
                plain.push_str(piece.split_once('m').map_or("", |(_, rest)| rest));
            }
            assert_eq!(plain, text);
        }
    }
}
