//! Declarations that stay for the session, put before each query that uses them.

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::{Query, StatementKind};
use crate::syntax::lexer::{TokenKind, lex};

/// The session's `let` and `set` statements.
#[derive(Default)]
pub struct Lets(Vec<Declared>);

struct Declared {
    /// The name, for a `let`.
    name: Option<String>,
    text: String,
}

impl Lets {
    /// Whether a query only declares what can stay.
    pub(super) fn only_declares(query: &Query) -> bool {
        let stays = |kind: &StatementKind| {
            matches!(kind, StatementKind::Let { .. } | StatementKind::Set { .. })
        };
        !query.statements.is_empty() && query.statements.iter().all(|s| stays(&s.kind))
    }

    /// Keeps the declarations of a text; one of a name takes the place of the one before. Tells the names.
    pub(super) fn keep(&mut self, query: &Query, text: &str) -> Vec<String> {
        let mut names = Vec::new();
        for statement in &query.statements {
            let text = text.get(statement.span.range()).unwrap_or("").to_string();
            let name = match &statement.kind {
                StatementKind::Let { name, .. } => Some(name.text.to_string()),
                StatementKind::Set { name, .. } => {
                    names.push(name.text.to_string());
                    self.0
                        .retain(|d| d.name.is_some() || !sets(&d.text, &name.text));
                    self.0.push(Declared { name: None, text });
                    continue;
                }
                _ => continue,
            };
            if let Some(name) = &name {
                self.forget(name);
                names.push(name.clone());
            }
            self.0.push(Declared { name, text });
        }
        names
    }

    /// Forgets a variable; whether there was one.
    pub(super) fn forget(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|d| d.name.as_deref() != Some(name));
        self.0.len() < before
    }

    /// The texts, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|d| &*d.text)
    }

    /// All of them, as they stand before a query.
    pub fn all(&self) -> String {
        self.texts().map(|text| format!("{text};\n")).collect()
    }

    /// Those that a text uses, directly or through others.
    pub fn used_by(&self, text: &str) -> String {
        let mut words = words_of(text);
        let mut used = Vec::new();
        for declared in self.0.iter().rev() {
            let needed = match &declared.name {
                Some(name) => words.contains(name),
                None => true,
            };
            if needed {
                words.extend(words_of(&declared.text));
                used.push(format!("{};\n", declared.text));
            }
        }
        used.reverse();
        used.concat()
    }
}

/// Whether a text is `set name …`.
fn sets(text: &str, name: &str) -> bool {
    text.split_whitespace()
        .nth(1)
        .is_some_and(|word| word.split('=').next() == Some(name))
}

fn words_of(text: &str) -> Vec<String> {
    let tokens = lex(text).tokens;
    let words = tokens.iter().filter_map(|t| match &t.kind {
        TokenKind::Word => text.get(t.span.range()).map(ToString::to_string),
        TokenKind::String(name) => Some(name.to_string()),
        _ => None,
    });
    words.collect()
}

/// A query with the declarations that it uses before it.
pub(super) struct Assembled {
    before: String,
    typed: Source,
    /// What runs.
    pub whole: Source,
}

impl Assembled {
    pub fn new(lets: &Lets, name: &str, text: &str) -> Assembled {
        let before = lets.used_by(text);
        let whole = Source::whole(name, format!("{before}{text}"));
        Assembled {
            typed: Source::whole(name, text),
            whole,
            before,
        }
    }

    /// A diagnostic of the whole at its place in what was typed, or in the declarations.
    pub fn placed(&self, diagnostic: &Diagnostic) -> (Diagnostic, Source) {
        let offset = self.before.len();
        let mut placed = diagnostic.clone();
        if diagnostic.span().range().start < offset {
            placed.labels.retain(|l| l.span.range().end <= offset);
            return (
                placed,
                Source::whole("<earlier let>", self.before.trim_end()),
            );
        }
        placed.labels.retain(|l| l.span.range().start >= offset);
        for label in &mut placed.labels {
            let range = label.span.range();
            label.span = Span::new(range.start - offset, range.end - offset);
        }
        (placed, self.typed.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::Lets;
    use crate::syntax::parse_text;

    #[test]
    fn only_what_is_used_stands_before_a_query() {
        let mut lets = Lets::default();
        for text in [
            "let a = 1",
            "let b = a + 1",
            "let c = 3; let d = 4",
            "set notruncation",
            "let c = 5",
        ] {
            let query = parse_text(text).query;
            assert!(Lets::only_declares(&query), "{text}");
            lets.keep(&query, text);
        }
        assert_eq!(
            lets.used_by("print b"),
            "let a = 1;\nlet b = a + 1;\nset notruncation;\n"
        );
        assert_eq!(lets.used_by("print c"), "set notruncation;\nlet c = 5;\n");
        assert!(lets.forget("a") && !lets.forget("a"));
    }
}
