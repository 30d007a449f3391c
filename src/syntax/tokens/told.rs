//! How a mistake is told: what was expected in its place, after what, and a way out.

use super::Tokens;
use crate::source::Span;
use crate::syntax::lexer::TokenKind;
use crate::syntax::query;

impl<'a> Tokens<'a> {
    /// The token at `index`, with the words before it that hyphens join to it if they are a keyword.
    pub(super) fn whole_word(&self, index: usize) -> Span {
        let mut first = index;
        let touches = |n: usize| self.all.get(n).is_some_and(|t| t.trivia.is_empty());
        let is_hyphen = |n: usize| {
            matches!(
                self.all.get(n).map(|t| &t.kind),
                Some(TokenKind::Symbol("-"))
            )
        };
        while first >= 2 && touches(first) && touches(first - 1) && is_hyphen(first - 1) {
            first -= 2;
        }
        let i = Tokens {
            start: first,
            ..*self
        };
        match i.skip(i.hyphenated_length()).start == index + 1 {
            true => self.span_at(first).to(self.span_at(index)),
            false => self.span_at(index),
        }
    }

    /// What could have stood there, in words.
    pub(super) fn alternatives(&self, at: usize) -> String {
        let expected = self.state.expected.borrow();
        if at > self.state.farthest.get() || expected.is_empty() {
            return "something else".into();
        }
        let shown = &expected[..expected.len().min(8)];
        match shown.split_last() {
            Some((last, [])) => (*last).to_string(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// Whether an operator stands where a pipe could.
    pub(super) fn lacks_pipe(&self, at: usize) -> bool {
        let expected = self.state.expected.borrow();
        let farthest = at <= self.state.farthest.get();
        farthest && expected.contains(&"`|`") && self.is_operator(at)
    }

    /// A way out of common slips.
    pub(super) fn hint(&self, at: usize) -> Option<&'static str> {
        let token = self.all.get(at)?;
        let before = at.checked_sub(1).and_then(|b| self.all.get(b));
        match token.kind {
            TokenKind::Symbol("=") => Some("`==` compares; `=` gives a name"),
            TokenKind::Word if self.is_literal_table(at) => {
                Some("put a table of values into brackets, `(datatable …)`")
            }
            TokenKind::Word if self.word_at(at) == "dynamic" => {
                Some("`dynamic` takes its value in brackets: dynamic({…}), dynamic([…])")
            }
            TokenKind::Word if before.is_some() && self.is_operator(at) => {
                Some("an operator follows a `|`")
            }
            TokenKind::Symbol("|") if before.is_some_and(|t| t.kind == token.kind) => {
                Some("`or` joins conditions; `|` leads to the next operator")
            }
            _ => None,
        }
    }

    fn word_at(&self, at: usize) -> &'a str {
        self.text(self.span_at(at))
    }

    /// Whether a table of values starts here, where a table's name is expected.
    fn is_literal_table(&self, at: usize) -> bool {
        let named = |expected: &&str| *expected == "a table";
        self.state.expected.borrow().iter().any(named)
            && query::is_table_literal(&Tokens { start: at, ..*self })
    }

    /// Whether a tabular operator's keyword stands here and something for it after it.
    pub(super) fn is_operator(&self, at: usize) -> bool {
        let i = Tokens { start: at, ..*self };
        crate::operators::find_operator(&i).is_some() && !i.is_symbol(1, "(")
    }
}
