//! Whether a line that was entered is whole, or the query goes on.

use crate::repl::commands;
use crate::syntax;
use crate::syntax::lexer::{TokenKind, lex};

/// Whether a text runs when Enter is pressed behind it: not while a bracket is open, nor when more must follow,
/// as after a pipe. An empty line, or a `;` outside of brackets, runs whatever there is.
pub fn is_whole(text: &str) -> bool {
    let query = match commands::query_of(text) {
        Some(query) => query,
        None if text.trim_start().starts_with('.') => return true,
        None => text,
    };
    let Some(end) = query.rfind(|c: char| !c.is_whitespace()) else {
        return true;
    };
    if query[end..].contains('\n') {
        return true;
    }
    let lexed = lex(query);
    let mut depth = 0i32;
    let mut last = None;
    for token in &lexed.tokens {
        match &token.kind {
            TokenKind::Symbol("(" | "[" | "{") => depth += 1,
            TokenKind::Symbol(")" | "]" | "}") => depth -= 1,
            TokenKind::End => break,
            _ => {}
        }
        last = Some(token);
    }
    let Some(last) = last else {
        // Nothing but comments.
        return true;
    };
    if depth > 0 {
        return false;
    }
    if matches!(last.kind, TokenKind::Symbol(";")) {
        return true;
    }
    let fenced = query.get(last.span.range()).is_some_and(|text| {
        let text = text.trim_start_matches(['h', 'H']);
        ["```", "~~~"]
            .iter()
            .any(|f| text.starts_with(f) && (text.len() < 6 || !text.ends_with(f)))
    });
    if fenced {
        return false;
    }
    // A line that starts with a pipe goes on from the query before.
    let source = match query.trim_start().starts_with('|') {
        true => format!("x{query}"),
        false => query.to_string(),
    };
    let parse = syntax::parse_text(&source);
    let end = source.trim_end().len();
    !parse
        .diagnostics
        .iter()
        .any(|d| d.span().range().start >= end)
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn goes_on_until_the_query_is_whole() {
        for whole in [
            "",
            "T",
            "T | take 5",
            "T | take 5;",
            "T |\n",
            "T | where (\n\n",
            "let x = 5",
            "let f = (x: long) { x + 1 }",
            "| where a == 1",
            ".tables",
            ".schema T (",
            ".explain T | take 5",
            "// a remark",
            "T | where a == 'x",
            "print a = 1; print b = 2",
            "T | whre a",
        ] {
            assert!(is_whole(whole), "{whole:?}");
        }
        for open in [
            "T |",
            "T | ",
            "T | where",
            "T | where a ==",
            "T | where a in (1, 2",
            "let f = (x: long) {",
            "let f = (x: long) { let y = 1;",
            "let x =",
            "T | summarize count() by",
            "| where",
            "print a = ```x",
            ".explain T |",
            "datatable(a: long) [1,",
        ] {
            assert!(!is_whole(open), "{open:?}");
        }
    }
}
