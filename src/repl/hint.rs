//! Hints behind the cursor: what a call or an operator that is being typed still takes.

use crate::bind::special;
use crate::functions;
use crate::operators::Place;
use crate::repl::commands;
use crate::repl::point::{Point, in_comment, open_string};
use crate::syntax::lexer::lex;

/// What to show behind a text.
pub fn hint(text: &str) -> Option<String> {
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
        && let Some(notation) = notation(call.name, call.argument)
    {
        return Some(format!("  {}", rest(notation, call.argument)));
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
        let end = rest.find(')').unwrap_or(rest.len());
        match rest[..end].find(',') {
            Some(comma) if !rest[comma + 1..].trim_start().starts_with("...") => {
                rest = rest[comma + 1..].trim_start();
            }
            // The last one, or one that repeats.
            _ => break,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn the_rest_of_a_call() {
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
            ("T | take ", Some("n")),
            ("T | take 5", None),
            ("T | where 'strlen(", None),
            ("T // strlen(", None),
            ("", None),
        ] {
            assert_eq!(hint(text).as_deref(), expected, "{text}");
        }
    }
}
