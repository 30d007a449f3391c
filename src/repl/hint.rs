//! Hints behind the cursor: what a call or an operator that is being typed still takes.

use crate::bind::special;
use crate::catalog::StoredFunction;
use crate::functions;
use crate::operators::Place;
use crate::repl::commands;
use crate::repl::point::{Point, in_comment, open_string};
use crate::session::Session;
use crate::syntax::lexer::lex;

/// What to show behind a text. `lets` are declarations that hold for it.
pub fn hint(session: &Session, lets: &str, text: &str) -> Option<String> {
    if let Some(hint) = commands::hint(text) {
        return Some(hint);
    }
    let text = match commands::query_of(text) {
        Some(query) => query,
        None if text.trim_start().starts_with('.') => return None,
        None => text,
    };
    if text.trim().is_empty() || open_string(text).is_some() || in_comment(&lex(text), text) {
        return None;
    }
    let point = Point::at_end(text);
    if let Some(call) = point.call()
        && let Some(notation) = declared(session, lets, &point, call.name)
            .or_else(|| notation(call.name, call.argument).map(String::from))
    {
        return Some(format!("  {}", rest(&notation, call.argument)));
    }
    let within = point.within()?;
    let begun = within.after < point.len() || !text.ends_with(' ');
    if begun || !point.is_direct(&within) {
        return None;
    }
    let syntax = within.info.syntax;
    let (_, after) = syntax.split_once(within.info.name())?;
    let piped = within.info.place != Place::Source || !after.is_empty();
    (piped && !after.trim().is_empty()).then(|| after.trim_start().to_string())
}

/// How a function of the query, of the session or beside the queries is called.
fn declared(session: &Session, lets: &str, point: &Point<'_>, name: &str) -> Option<String> {
    let found = point.signature_of(name);
    let found = found.or_else(|| Point::at_end(lets).signature_of(name));
    found.or_else(|| stored(session.catalog.function(name)?))
}

/// How a stored function is called.
pub(super) fn stored(function: &StoredFunction) -> Option<String> {
    Point::at_end(&function.text).signature_of(&function.name)
}

/// How a function is called: by the signature that has room for argument `index`.
fn notation(name: &str, index: usize) -> Option<&'static str> {
    if let Some(special) = special::ALL.iter().find(|s| s.names.contains(&name)) {
        return Some(special.notation);
    }
    let signatures = match (functions::scalar(name), functions::aggregate(name)) {
        (Some(entry), _) => &entry.signatures,
        (None, Some(entry)) => &entry.signatures,
        (None, None) => return None,
    };
    let fits = signatures
        .iter()
        .find(|s| s.arity().1.is_none_or(|most| index < most));
    fits.or(signatures.first()).map(|s| s.notation)
}

/// What a notation asks for from an argument on.
fn rest(notation: &str, argument: usize) -> &str {
    let Some((_, list)) = notation.split_once('(') else {
        return notation;
    };
    let mut rest = list;
    for _ in 0..argument {
        match comma(rest) {
            Some(comma) if !rest[comma + 1..].trim_start().starts_with("...") => {
                rest = rest[comma + 1..].trim_start();
            }
            // The last one, or one that repeats.
            _ => break,
        }
    }
    rest
}

/// The first comma before the end of a list, outside of the columns of tables.
fn comma(list: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return None,
            ')' => depth -= 1,
            ',' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::hint;
    use crate::catalog::Catalog;
    use crate::load::LoadOptions;
    use crate::session::Session;

    #[test]
    fn the_rest_of_a_call() {
        let session = Session::new(Catalog::new(LoadOptions::default()));
        let lets = "let g = (T: (x: long)) { T };\nlet h = 5;\n";
        for (text, expected) in [
            ("T | where strlen(", Some("  source: stringy) -> long")),
            (
                "print substring('abc', ",
                Some("  start: long, [length: long]) -> string"),
            ),
            (
                "print substring('abc', 1, ",
                Some("  [length: long]) -> string"),
            ),
            (
                "print strcat(a, b, c, ",
                Some("  value: text, ...) -> string"),
            ),
            (
                "let f = (a: long, b: string = 'x') { a }; print f(1, ",
                Some("  b: string = 'x')"),
            ),
            ("print g(", Some("  T: (x: long))")),
            ("print h(", None),
            ("T | take ", Some("n")),
            ("T | take 5", None),
            ("T | where 'strlen(", None),
            ("T // strlen(", None),
            ("", None),
        ] {
            assert_eq!(hint(&session, lets, text).as_deref(), expected, "{text}");
        }
    }
}
