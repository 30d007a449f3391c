//! Brackets before parsing: which close which, and whether anything is nested too deep.
//!
//! The tree of a query is as deep as its brackets and its chains (`1+1+1`, `a.b.c`) together. Both
//! are counted here, over the tokens, so that the parser and whatever walks its trees can recurse
//! without a thought for the stack.

use super::lexer::{Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Infix, ListOp};

/// How deep brackets may be nested.
pub(super) const MAX_BRACKETS: usize = 100;
/// How deep brackets and chains may be nested together.
const MAX_DEPTH: usize = 300;

/// What is said of a query that is nested deeper.
pub(super) const TOO_DEEP: &str = "this is nested too deep";

/// For every token, the index of its partner if it is a bracket that has one.
pub(super) struct Brackets {
    partners: Vec<u32>,
}

impl Brackets {
    /// The bracket that closes (or opens) the one at `index`.
    pub fn partner(&self, index: usize) -> Option<usize> {
        let partner = *self.partners.get(index)?;
        (partner != u32::MAX).then_some(partner as usize)
    }
}

/// What is known of an open bracket.
#[derive(Default)]
struct Level {
    open: usize,
    close: &'static str,
    /// Links of the chain that is being read.
    links: usize,
    /// The deepest bracket inside that chain.
    inner: usize,
    /// The deepest chain so far.
    deepest: usize,
}

impl Level {
    fn end_chain(&mut self) {
        self.deepest = self.deepest.max(self.links + self.inner);
        self.links = 0;
        self.inner = 0;
    }
}

/// Pairs the brackets; an error tells what is nested too deep.
pub(super) fn brackets(text: &str, tokens: &[Token]) -> Result<Brackets, Diagnostic> {
    let mut partners = vec![u32::MAX; tokens.len()];
    let mut levels = vec![Level::default()];
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            TokenKind::Symbol("(" | "[" | "{") => {
                if levels.len() > MAX_BRACKETS {
                    return Err(too_deep(token.span));
                }
                levels.push(Level {
                    open: index,
                    close: closing(&token.kind),
                    ..Level::default()
                });
            }
            TokenKind::Symbol(close @ (")" | "]" | "}")) => {
                // A bracket that closes nothing, or the wrong one, is the parser's to report.
                if levels.len() > 1 && levels.last().is_some_and(|l| l.close == *close) {
                    close_level(&mut levels, Some(index), &mut partners);
                }
            }
            TokenKind::Symbol("," | ";" | "|") => {
                if let Some(level) = levels.last_mut() {
                    level.end_chain();
                }
            }
            kind => {
                let word = text.get(token.span.range()).unwrap_or("");
                let Some(level) = levels.last_mut() else {
                    continue;
                };
                if is_link(kind, word) {
                    level.links += 1;
                } else if *kind == TokenKind::Word && matches!(word, "and" | "or" | "by" | "on") {
                    level.end_chain();
                }
            }
        }
        if levels.last().is_some_and(|l| l.links + l.inner > MAX_DEPTH) {
            return Err(too_deep(token.span));
        }
    }
    while levels.len() > 1 {
        close_level(&mut levels, None, &mut partners);
    }
    if levels.last().is_some_and(|l| l.links + l.inner > MAX_DEPTH) {
        return Err(too_deep(tokens.last().map(|t| t.span).unwrap_or_default()));
    }
    Ok(Brackets { partners })
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, TOO_DEEP)
        .help("give inner parts a name with `let`, or use fewer operators in one expression")
}

fn close_level(levels: &mut Vec<Level>, close: Option<usize>, partners: &mut [u32]) {
    let Some(mut level) = levels.pop() else {
        return;
    };
    level.end_chain();
    if let (Some(close), Some(parent)) = (close, u32::try_from(level.open).ok()) {
        partners[close] = parent;
        partners[level.open] = u32::try_from(close).unwrap_or(u32::MAX);
    }
    if let Some(parent) = levels.last_mut() {
        // A bracket after something is a link as well: `f(1)(2)`, `a[1][2]`.
        parent.links += 1;
        parent.inner = parent.inner.max(level.deepest + 1);
    }
}

fn closing(kind: &TokenKind) -> &'static str {
    match kind {
        TokenKind::Symbol("(") => ")",
        TokenKind::Symbol("[") => "]",
        _ => "}",
    }
}

/// Whether the token joins two operands into a deeper tree.
fn is_link(kind: &TokenKind, word: &str) -> bool {
    match kind {
        TokenKind::Symbol(symbol) => {
            *symbol == "." || Infix::from_text(symbol).is_some() && *symbol != ":"
        }
        TokenKind::Word => Infix::from_text(word).is_some() || ListOp::from_text(word).is_some(),
        _ => false,
    }
}
