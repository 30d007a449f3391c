//! Several queries in one text, divided by blank lines as query editors divide them.

use std::ops::Range;

use crate::source::Span;
use crate::syntax::ast::StatementKind;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::{self, parse_text};

/// How often each byte of a text may be parsed on average while it is divided: a text in which every blank line could
/// divide, and none does, is left whole.
const EFFORT: usize = 32;

/// The queries of a text, each a range of whole lines that together are the text.
///
/// A blank line may stand within a query, so it divides only where the text as a whole does not parse: between a query
/// that is complete and something that can begin another one but cannot go on with the first.
pub(super) fn queries(text: &str) -> Vec<Range<usize>> {
    let whole = 0..text.len();
    let tokens = syntax::tokens(text);
    let gaps = gaps(text, &tokens);
    if gaps.is_empty() || parse_text(text).diagnostics.is_empty() {
        return vec![whole];
    }
    let mut found = Vec::new();
    let mut start = 0;
    let mut effort = text.len().saturating_mul(EFFORT);
    for (i, gap) in gaps.iter().enumerate() {
        let end = gaps.get(i + 1).map_or(text.len(), |next| next.line);
        let length = end - start;
        if length > effort {
            break;
        }
        effort -= length;
        let divides = breaks(&text[start..end], start, gap)
            && complete(&text[start..gap.line])
            && begins(&text[gap.line..end]);
        if divides {
            found.push(start..gap.line);
            start = gap.line;
        }
    }
    found.push(start..text.len());
    found
}

/// A blank line that could divide: outside all brackets, and a word follows.
struct Gap {
    /// Where the line after it begins.
    line: usize,
    /// The end of the token before.
    before: usize,
    /// The word that follows.
    word: Span,
}

fn gaps(text: &str, tokens: &[Token]) -> Vec<Gap> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    for pair in tokens.windows(2) {
        let [before, token] = pair else { continue };
        match before.kind {
            TokenKind::Symbol("(" | "[" | "{") => depth += 1,
            TokenKind::Symbol(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 0 || token.kind != TokenKind::Word {
            continue;
        }
        let line = text.get(token.trivia.range()).and_then(after_blank);
        found.extend(line.map(|line| Gap {
            line: token.trivia.range().start + line,
            before: before.span.range().end,
            word: token.span,
        }));
    }
    found
}

/// Where the line begins that follows the first blank lines in what stands between two tokens.
fn after_blank(between: &str) -> Option<usize> {
    let mut at = between.find('\n')? + 1;
    let mut blank = false;
    for line in between[at..].split_inclusive('\n') {
        match line.trim().is_empty() && line.ends_with('\n') {
            true => blank = true,
            false if blank => break,
            false => {}
        }
        at += line.len();
    }
    // Before the word on the last line there is nothing but its indentation.
    let last = between.rfind('\n')? + 1;
    blank.then_some(at.min(last))
}

/// Whether the text, which begins at `start`, does not parse just where the gap is.
fn breaks(text: &str, start: usize, gap: &Gap) -> bool {
    let word = gap.word.range();
    parse_text(text).diagnostics.iter().any(|said| {
        let at = said.span().range();
        at.start + start <= word.start && at.end + start >= gap.before
    })
}

/// Whether the text is a query as it stands, with rows to show.
fn complete(text: &str) -> bool {
    let parse = parse_text(text);
    let last = parse.query.statements.last();
    parse.diagnostics.is_empty()
        && last.is_some_and(|last| matches!(last.kind, StatementKind::Expression(_)))
}

/// Whether a query can begin like this: an operator without its pipe is a name that nothing follows.
fn begins(text: &str) -> bool {
    let tokens = syntax::tokens(text);
    let second = tokens.get(1).map_or(0, |token| token.span.range().start);
    let said = parse_text(text).diagnostics;
    !said.iter().any(|said| said.span().range().start <= second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(text: &str) -> Vec<&str> {
        queries(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn a_blank_line_divides_what_cannot_be_one_query() {
        let first = "// one\nT\n| where a == 1 // x\n\n \n";
        let second = "// two\n\nlet b = 2;\n\nU\n\n| take b\n\n";
        let third = "  print 3";
        let text = format!("{first}{second}{third}");
        assert_eq!(divided(&text), [first, second, third]);
        let windows = text.replace('\n', "\r\n");
        assert_eq!(divided(&windows).len(), 3);
    }

    #[test]
    fn what_is_wrong_otherwise_stays_whole() {
        for text in [
            // A pipe, a semicolon, an operand or a bracket is missing.
            "T\n| take 1\n\nwhere a == 2\n",
            "let a = 1\n\nT | take a\n",
            "T | where a ==\n\nU | take 1\n",
            "T | where (a == 1\n\nU | take 1\n",
            // The mistake is elsewhere.
            "T\n| where a b\n\n| take 1\n",
            // Nothing is wrong.
            "T\n| where a\n\nand b\n",
            "let a = 1;\n\nT\n",
        ] {
            assert_eq!(divided(text), [text]);
        }
    }
}
