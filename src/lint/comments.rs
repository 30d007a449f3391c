//! Comments that switch rules off: `// kql: disable=RULE, RULE`.
//!
//! At the end of a line such a comment is about that line, on a line of its own about the next line, and before
//! all of the query's text about all of it.

use super::{Look, RULES, Rule};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind};

pub(super) static UNKNOWN_RULE: Rule = Rule {
    name: "unknown-rule",
    summary: "A comment switches off a rule that does not exist.",
    why: "The rule that was meant goes on, or the comment is left from a rule that is gone.",
    example: "// kql: disable=no-time-filtre\nSigninLogs | take 1",
    better: "// kql: disable=no-time-filter\nSigninLogs | take 1",
    look: Look::Elsewhere,
};

/// A rule switched off.
struct Switch<'a> {
    name: &'a str,
    span: Span,
    /// On which line; everywhere if none.
    line: Option<usize>,
}

/// All comments of a query that switch rules off.
pub(super) struct Comments<'a> {
    switches: Vec<Switch<'a>>,
    /// Where lines start.
    lines: Vec<usize>,
}

impl<'a> Comments<'a> {
    pub(super) fn read(text: &'a str, tokens: &[Token]) -> Comments<'a> {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let mut comments = Comments {
            switches: Vec::new(),
            lines: std::iter::once(0)
                .chain(ends.map(|(at, _)| at + 1))
                .collect(),
        };
        if !text.contains("kql:") {
            return comments;
        }
        for (index, token) in tokens.iter().enumerate() {
            let trivia = token.trivia.range();
            let mut at = trivia.start;
            for line in text.get(trivia).unwrap_or_default().split_inclusive('\n') {
                if let Some(start) = line.find("//") {
                    let comment = at + start;
                    let alone = index == 0 || at > token.trivia.range().start;
                    let line = match alone {
                        true if index == 0 && token.kind != TokenKind::End => None,
                        true => Some(comments.line(token.span.range().start)),
                        false => Some(comments.line(comment)),
                    };
                    comments.comment(
                        &text[comment..comment + line_end(&text[comment..])],
                        comment,
                        line,
                    );
                }
                at += line.len();
            }
        }
        comments
    }

    fn comment(&mut self, comment: &'a str, start: usize, line: Option<usize>) {
        let Some((before, names)) = comment.split_once("disable=") else {
            return;
        };
        if before.trim_start_matches('/').trim() != "kql:" {
            return;
        }
        let mut at = start + before.len() + "disable=".len();
        for part in names.split(',') {
            let name = part.split_whitespace().next().unwrap_or_default();
            let lead = part.len() - part.trim_start().len();
            if !name.is_empty() {
                let span = Span::new(at + lead, at + lead + name.len());
                self.switches.push(Switch { name, span, line });
            }
            at += part.len() + 1;
        }
    }

    /// The number of the line that an offset lies on.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Whether a diagnostic is switched off.
    pub(super) fn disable(&self, diagnostic: &Diagnostic) -> bool {
        let range = diagnostic.span().range();
        let (first, last) = (self.line(range.start), self.line(range.end.max(1) - 1));
        self.switches.iter().any(|switch| {
            let here = switch
                .line
                .is_none_or(|line| first <= line && line <= last.max(first));
            here && switch.name == diagnostic.name()
        })
    }

    /// Says which rules do not exist.
    pub(super) fn unknown(&self, found: &mut Vec<Diagnostic>) {
        for switch in &self.switches {
            if super::can_be_disabled(switch.name) {
                continue;
            }
            let message = format!("no rule is called `{}`", switch.name);
            let diagnostic = Diagnostic::of_rule(UNKNOWN_RULE.name, switch.span, message);
            found.push(match nearest(switch.name, RULES.iter().map(|r| r.name)) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help("`kql check --explain rules` lists them"),
            });
        }
    }
}

fn line_end(text: &str) -> usize {
    text.find(['\n', '\r']).unwrap_or(text.len())
}
