//! A query's words and the comments beside them.

use crate::syntax;
use crate::syntax::lexer::{Token, TokenKind};

/// A comment of its own line.
pub(super) struct Comment<'a> {
    pub text: &'a str,
    /// Whether an empty line is before it.
    pub apart: bool,
}

/// What a piece is to the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Open,
    Close,
    Comma,
    Pipe,
    Semicolon,
    Symbol,
    /// A number, a string, a literal of any type.
    Literal,
    /// The end of the text.
    End,
}

/// A word, a bracket, a sign.
pub(super) struct Piece<'a> {
    pub text: &'a str,
    pub kind: Kind,
    /// Where it starts and ends in the query's text.
    pub start: usize,
    pub end: usize,
    /// Whether it follows the one before it without a space.
    pub touches: bool,
    /// Whether it is inside a dynamic literal.
    pub dynamic: bool,
    /// The comments on lines of their own before it.
    pub before: Vec<Comment<'a>>,
    /// Whether an empty line is right before it.
    pub apart: bool,
    /// The comment behind it on its line.
    pub behind: Option<&'a str>,
}

/// The pieces of a text; the last is its end.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for token in &syntax::tokens(text) {
        let trivia = text.get(token.trivia.range()).unwrap_or_default();
        let behind = pieces.last_mut().map(|piece| &mut piece.behind);
        let (before, apart) = comments(trivia, behind);
        let first = pieces.len();
        let written = text.get(token.span.range()).unwrap_or_default();
        match inside_dynamic(token, written) {
            Some(inner) => pieces.extend(inner),
            None => pieces.push(piece(
                written,
                kind(token, written),
                token.span.range().start,
            )),
        }
        if let Some(piece) = pieces.get_mut(first) {
            piece.before = before;
            piece.apart = apart;
            piece.touches = trivia.is_empty();
        }
    }
    pieces
}

fn piece(text: &str, kind: Kind, start: usize) -> Piece<'_> {
    Piece {
        text,
        kind,
        start,
        end: start + text.len(),
        touches: true,
        dynamic: false,
        before: Vec::new(),
        apart: false,
        behind: None,
    }
}

fn kind(token: &Token, text: &str) -> Kind {
    match &token.kind {
        TokenKind::Word => Kind::Word,
        TokenKind::Literal(_) | TokenKind::String(_) | TokenKind::Now | TokenKind::Today(_) => {
            Kind::Literal
        }
        TokenKind::End => Kind::End,
        TokenKind::Symbol(_) | TokenKind::Unknown => match text {
            "(" | "[" | "{" => Kind::Open,
            ")" | "]" | "}" => Kind::Close,
            "," => Kind::Comma,
            "|" => Kind::Pipe,
            ";" => Kind::Semicolon,
            _ => Kind::Symbol,
        },
    }
}

/// What stands between two tokens: the comment behind the first, the comments before the second, and whether an empty
/// line is right before it.
fn comments<'a>(
    trivia: &'a str,
    mut behind: Option<&mut Option<&'a str>>,
) -> (Vec<Comment<'a>>, bool) {
    let mut before = Vec::new();
    let mut empty = 0;
    let trivia = trivia.trim_end_matches(' ');
    let lines: Vec<&str> = trivia
        .split_inclusive(['\n', '\u{2028}', '\u{2029}'])
        .flat_map(returns)
        .collect();
    for (index, line) in lines.iter().enumerate() {
        match line.find("//") {
            Some(at) => {
                let text = line[at..].trim_end();
                match &mut behind {
                    Some(behind) if index == 0 => **behind = Some(text),
                    _ => before.push(Comment {
                        text,
                        apart: empty > 0,
                    }),
                }
                empty = 0;
            }
            // What is left of the line before is no line.
            None if index == 0 => {}
            None if line.ends_with(['\n', '\r', '\u{2028}', '\u{2029}']) => empty += 1,
            None => {}
        }
    }
    (before, empty > 0)
}

/// The lines of a text whose carriage returns may stand alone.
fn returns(line: &str) -> impl Iterator<Item = &str> {
    let (body, end) = match line.strip_suffix("\r\n") {
        Some(body) => (body, line),
        None => (line, ""),
    };
    let whole = (!end.is_empty() && !body.contains('\r')).then_some(end);
    let parts = whole.is_none().then(|| line.split_inclusive('\r'));
    whole.into_iter().chain(parts.into_iter().flatten())
}

/// The pieces of a dynamic literal on one line, so that a long one can be laid out; none if it is no plain JSON.
fn inside_dynamic<'a>(token: &Token, text: &'a str) -> Option<Vec<Piece<'a>>> {
    if !matches!(token.kind, TokenKind::Literal(Some(_))) {
        return None;
    }
    let inner = text
        .strip_prefix("dynamic")?
        .trim_start()
        .strip_prefix('(')?
        .strip_suffix(')')?;
    let first = inner.trim_start();
    if !first.starts_with(['[', '{']) || inner.contains("//") && !lexes_without_comments(inner) {
        return None;
    }
    if depth(inner) > MOST_NESTED {
        return None;
    }
    let start = token.span.range().start;
    let open = text.len() - 1 - inner.len() - 1;
    let mut pieces = vec![
        piece(&text[.."dynamic".len()], Kind::Word, start),
        piece(&text[open..=open], Kind::Open, start + open),
    ];
    for token in syntax::tokens(inner) {
        let written = inner.get(token.span.range()).unwrap_or_default();
        match token.kind {
            TokenKind::End => {}
            TokenKind::Unknown
            | TokenKind::Literal(None)
            | TokenKind::Now
            | TokenKind::Today(_) => return None,
            // A number's sign stays with it.
            _ => {
                let mut piece = piece(
                    written,
                    kind(&token, written),
                    start + open + 1 + token.span.range().start,
                );
                piece.touches = token.trivia.is_empty();
                pieces.push(piece);
            }
        }
    }
    pieces.push(piece(
        &text[text.len() - 1..],
        Kind::Close,
        start + text.len() - 1,
    ));
    pieces.iter_mut().for_each(|piece| piece.dynamic = true);
    Some(pieces)
}

/// Brackets in a dynamic literal that is laid out, at most.
const MOST_NESTED: usize = 50;

/// How deep brackets are nested, those in strings included.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for b in text.bytes() {
        match b {
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Whether what looks like a comment is part of a string.
fn lexes_without_comments(text: &str) -> bool {
    syntax::tokens(text).iter().all(|token| {
        !text
            .get(token.trivia.range())
            .unwrap_or_default()
            .contains("//")
    })
}
