//! Whether a space stands between two pieces of a line.

use std::collections::HashSet;

use super::marks::Marks;
use super::pieces::{Kind, Piece};

/// Words that are followed by a space even before a bracket.
const APART: [&str; 18] = [
    "and", "as", "between", "by", "declare", "desc", "asc", "from", "in", "limit", "of", "on",
    "or", "output", "step", "to", "view", "with",
];

pub(super) struct Spaces<'m> {
    marks: &'m Marks,
    inside: HashSet<usize>,
    /// Where the `=` of parameters start.
    equals: HashSet<usize>,
    /// Where keywords of operators end.
    keywords: HashSet<usize>,
}

impl<'m> Spaces<'m> {
    pub fn new(marks: &'m Marks, pieces: &[Piece<'_>]) -> Spaces<'m> {
        let equals = pieces.windows(2).filter_map(|pair| {
            let of_parameter = pair[1].text == "=" && marks.parameters.contains(&pair[0].end);
            of_parameter.then_some(pair[1].start)
        });
        let keywords = marks
            .heads
            .keys()
            .filter_map(|start| marks.whole.get(start));
        Spaces {
            marks,
            inside: marks.inside(),
            equals: equals.collect(),
            keywords: keywords.copied().collect(),
        }
    }

    /// Whether a space stands between a piece and the next.
    pub fn between(&self, left: &Piece<'_>, right: &Piece<'_>) -> bool {
        let marks = self.marks;
        if self.inside.contains(&right.start) {
            return false;
        }
        match (left.kind, right.kind) {
            (_, Kind::Comma | Kind::Semicolon | Kind::Close) | (Kind::Open, _) => return false,
            (_, Kind::Open) => return self.before_bracket(left, right),
            _ => {}
        }
        if marks.signs.contains(&left.start)
            || self.equals.contains(&left.start)
            || self.equals.contains(&right.start)
        {
            return false;
        }
        if marks.infix.contains(&left.start) || marks.infix.contains(&right.start) {
            return true;
        }
        match (left.text, right.text) {
            // After a number the dot would be its own.
            (_, ".") => left.kind == Kind::Literal && !right.touches,
            (".", _) => false,
            (_, ":") => left.kind == Kind::Close,
            // Patterns of graphs, and signs of literals: as they were.
            ("-" | "+" | "<" | ">" | "/" | "%" | "@" | "?", _)
            | (_, "<" | ">" | "/" | "%" | "@" | "?") => !right.touches,
            // In words such as `granny-asc` it touches both sides; before a literal it is its sign.
            (_, "-" | "+") => {
                let apart = matches!(left.kind, Kind::Comma | Kind::Symbol);
                apart || marks.signs.contains(&right.start) || !right.touches
            }
            _ => true,
        }
    }

    fn before_bracket(&self, left: &Piece<'_>, right: &Piece<'_>) -> bool {
        let marks = self.marks;
        if marks.tight.contains(&left.end)
            || marks.signs.contains(&left.start)
            || self.equals.contains(&left.start)
        {
            return false;
        }
        if left.dynamic {
            return matches!(left.kind, Kind::Comma) || left.text == ":";
        }
        if marks.infix.contains(&left.start)
            || marks.values.contains(&left.end)
            || self.keywords.contains(&left.end)
            || right.text == "{"
        {
            return true;
        }
        match left.kind {
            Kind::Word => APART.contains(&left.text) || !right.touches,
            Kind::Close | Kind::Literal => !right.touches,
            Kind::Symbol => match left.text {
                "." => false,
                "-" | "+" | "<" | ">" => !right.touches,
                _ => true,
            },
            _ => true,
        }
    }
}
