//! Where in a query the cursor stands: in which bracket, after which pipe, in the arguments of which call; and
//! the text whose rows arrive there.

use crate::diagnostic::Code;
use crate::operators::{self, Info, Place};
use crate::source::Span;
use crate::syntax::ast::{Infix, ListOp};
use crate::syntax::lexer::{Lexed, Token, TokenKind, lex};

/// A bracket that is open at the cursor; the first frame is the text itself.
#[derive(Clone, Debug, Default)]
struct Frame {
    /// The bracket's token.
    open: Option<usize>,
    /// The first token of the statement.
    first: usize,
    /// The last pipe of the statement.
    pipe: Option<usize>,
    /// Commas since the bracket, the pipe or the start.
    commas: usize,
    /// The statements before this one.
    statements: Vec<(usize, usize)>,
}

impl Frame {
    /// The first token after the last pipe.
    fn segment(&self) -> usize {
        self.pipe.map_or(self.first, |pipe| pipe + 1)
    }
}

/// A place in a text.
pub(super) struct Point<'a> {
    text: &'a str,
    /// The tokens before the place.
    tokens: Vec<Token>,
    frames: Vec<Frame>,
}

/// A string that is not closed before the cursor.
pub(super) struct Quote {
    /// Where it begins.
    pub start: usize,
    /// Its quotation mark, with what stands before it (`@"`).
    pub mark: String,
}

/// The operator whose arguments are being typed.
#[derive(Clone, Copy)]
pub(super) struct Within {
    pub info: &'static Info,
    /// The first token after its keyword.
    pub after: usize,
    /// The frame it stands in.
    frame: usize,
}

/// A call whose arguments are being typed.
pub(super) struct Call<'a> {
    pub name: &'a str,
    /// Index of the argument.
    pub argument: usize,
}

/// Whether a text ends within a comment.
pub(super) fn in_comment(lexed: &Lexed, text: &str) -> bool {
    let trivia = lexed.tokens.last().map(|end| end.trivia);
    let trivia = trivia.and_then(|span| text.get(span.range()));
    let line = trivia.and_then(|t| t.rsplit('\n').next());
    line.is_some_and(|line| line.contains("//"))
}

/// The string that a text ends in.
pub(super) fn open_string(text: &str) -> Option<Quote> {
    let lexed = lex(text);
    let token = lexed.tokens.iter().rev().nth(1)?;
    let is_open = matches!(token.kind, TokenKind::String(_))
        && lexed
            .diagnostics
            .iter()
            .any(|d| d.code == Code::BadLiteral && d.span().start == token.span.start);
    let start = token.span.range().start;
    let content = text.get(start..)?;
    let mark = content.find(['"', '\'', '`', '~'])? + 1;
    (is_open && token.span.range().end == text.len()).then(|| Quote {
        start,
        mark: content[..mark].to_string(),
    })
}

impl<'a> Point<'a> {
    /// The place at the end of a text.
    pub fn at_end(text: &'a str) -> Point<'a> {
        let mut tokens = lex(text).tokens;
        tokens.pop();
        let mut frames = vec![Frame::default()];
        for (at, token) in tokens.iter().enumerate() {
            let TokenKind::Symbol(symbol) = token.kind else {
                continue;
            };
            match symbol {
                "(" | "[" | "{" => frames.push(Frame {
                    open: Some(at),
                    first: at + 1,
                    ..Frame::default()
                }),
                ")" | "]" | "}" if frames.len() > 1 => {
                    frames.pop();
                }
                _ => {
                    if let Some(frame) = frames.last_mut() {
                        step(frame, symbol, at);
                    }
                }
            }
        }
        Point {
            text,
            tokens,
            frames,
        }
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The text of a token.
    pub fn token(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |t| self.slice(t.span))
    }

    pub fn kind(&self, at: usize) -> Option<&TokenKind> {
        self.tokens.get(at).map(|t| &t.kind)
    }

    /// Number of tokens before the cursor.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(&TokenKind::Word)
    }

    fn is_symbol(&self, at: usize, symbol: &str) -> bool {
        matches!(self.kind(at), Some(TokenKind::Symbol(s)) if *s == symbol)
    }

    /// Whether a token follows the one before it without a space.
    fn touches(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.trivia.is_empty())
    }

    /// The text from one token to before another.
    fn between(&self, from: usize, to: usize) -> &'a str {
        let start = self.tokens.get(from).map(|t| t.span.range().start);
        let end = to
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .map(|t| t.span.range().end);
        match (start, end) {
            (Some(start), Some(end)) if start < end => &self.text[start..end],
            _ => "",
        }
    }

    /// Whether nothing stands before the cursor in its statement but perhaps `let x =`.
    pub fn starts_statement(&self) -> bool {
        let last = self.frames.len() - 1;
        let frame = &self.frames[last];
        let body = frame.open.is_none_or(|open| self.is_symbol(open, "{"));
        frame.pipe.is_none() && self.value(frame) >= self.len() && body
    }

    /// Whether a statement may start at the cursor, so that `let` may.
    pub fn starts_text(&self) -> bool {
        let frame = &self.frames[self.frames.len() - 1];
        let body = frame.open.is_none_or(|open| self.is_symbol(open, "{"));
        body && frame.first >= self.len()
    }

    /// Whether a bracket is no call's.
    fn is_group(&self, open: usize) -> bool {
        let called = open
            .checked_sub(1)
            .is_some_and(|before| self.is_word(before) && self.touches(open));
        self.is_symbol(open, "(") && !called
    }

    /// The first token of a statement's value: after `let x =`.
    fn value(&self, frame: &Frame) -> usize {
        if self.token(frame.first) == "let" && self.is_symbol(frame.first + 2, "=") {
            return frame.first + 3;
        }
        frame.first
    }

    /// The operator whose keyword begins at a token, and the first token after it.
    pub fn operator_at(&self, at: usize) -> Option<(&'static Info, usize)> {
        let mut end = at;
        let mut found = None;
        while self.is_word(end) && (end == at || self.touches(end)) {
            end += 1;
            let keyword = self.between(at, end);
            if let Some(info) = operators::find_keyword(keyword) {
                found = Some((info, end));
            }
            if !(self.is_symbol(end, "-") && self.touches(end)) {
                break;
            }
            end += 1;
        }
        found
    }

    /// The operator whose arguments are being typed, however deep in brackets.
    pub fn within(&self) -> Option<Within> {
        (0..self.frames.len()).rev().find_map(|frame| {
            let start = match self.frames[frame].pipe {
                Some(pipe) => pipe + 1,
                None => self.value(&self.frames[frame]),
            };
            let (info, after) = self.operator_at(start)?;
            // Its keyword is whole only if something stands behind it.
            let whole = after < self.len() || self.text.ends_with(char::is_whitespace);
            let possible = self.frames[frame].pipe.is_some()
                || info.place != Place::Piped
                || self.frames[frame].open.is_some();
            (whole && possible).then_some(Within { info, after, frame })
        })
    }

    /// Whether the cursor stands in the operator's own brackets, not in those of an expression.
    pub fn is_direct(&self, within: &Within) -> bool {
        within.frame + 1 == self.frames.len()
    }

    /// Whether the cursor stands at the beginning of a bracket that belongs to the operator itself, where its
    /// other table is named.
    pub fn opens_table(&self, within: &Within) -> bool {
        let Some(frame) = self.frames.get(within.frame + 1) else {
            return false;
        };
        let own = frame.open.is_some_and(|open| self.is_group(open));
        own && within.frame + 2 == self.frames.len() && frame.first >= self.len()
    }

    /// The words of the operator before the cursor, outside of brackets.
    pub fn words(&self, within: &Within) -> impl Iterator<Item = (usize, &'a str)> {
        let mut depth = 0;
        (within.after..self.len()).filter_map(move |at| {
            match self.kind(at) {
                Some(TokenKind::Symbol("(" | "[" | "{")) => depth += 1,
                Some(TokenKind::Symbol(")" | "]" | "}")) => depth -= 1,
                Some(TokenKind::Word) if depth == 0 => return Some((at, self.token(at))),
                _ => {}
            }
            None
        })
    }

    /// Whether a word of the operator stands before the cursor, outside of brackets.
    pub fn has_word(&self, within: &Within, word: &str) -> bool {
        self.words(within).any(|(_, w)| w == word)
    }

    /// The names of an operator's pattern, and whether each is a node's, not an edge's.
    pub fn elements(&self, within: &Within) -> Vec<(&'a str, bool)> {
        if !within.info.syntax.contains("-[edge") {
            return Vec::new();
        }
        let mut all: Vec<(&'a str, bool)> = Vec::new();
        for at in within.after..self.len() {
            if matches!(self.token(at), "where" | "project") {
                break;
            }
            let node = self.is_symbol(at, "(");
            if (node || self.is_symbol(at, "[")) && self.is_word(at + 1) {
                let name = self.token(at + 1);
                if all.iter().all(|(known, _)| *known != name) {
                    all.push((name, node));
                }
            }
        }
        all
    }

    /// Whether only parameters (`kind=inner`) stand between the operator's keyword and the cursor.
    pub fn only_parameters(&self, within: &Within) -> bool {
        let mut at = within.after;
        while at < self.len() {
            let mut end = at + 1;
            while self.is_symbol(end, ".") && self.touches(end) {
                end += 2;
            }
            if !(self.is_word(at) && self.is_symbol(end, "=")) {
                return false;
            }
            at = end + 2;
        }
        true
    }

    /// The parameter whose value comes next.
    pub fn parameter(&self) -> Option<&'a str> {
        let equals = self.len().checked_sub(1)?;
        let name = equals.checked_sub(1)?;
        (self.is_symbol(equals, "=") && self.is_word(name)).then(|| self.token(name))
    }

    /// Whether the cursor stands behind something that an infix operator can go on from.
    pub fn ends_operand(&self) -> bool {
        let Some(last) = self.len().checked_sub(1) else {
            return false;
        };
        let token = self.token(last);
        match self.kind(last) {
            Some(TokenKind::Symbol(symbol)) => matches!(*symbol, ")" | "]" | "}"),
            Some(TokenKind::Word) => {
                let joins = matches!(token, "and" | "or" | "by" | "between" | "regex");
                !joins && Infix::from_text(token).is_none() && ListOp::from_text(token).is_none()
            }
            _ => true,
        }
    }

    /// Whether a bracket that a name stands in, as `['a b']`, has just been opened.
    pub fn opens_name(&self) -> bool {
        let Some(open) = self.len().checked_sub(1) else {
            return false;
        };
        let indexed = open.checked_sub(1).is_some_and(|before| {
            let value = matches!(
                self.kind(before),
                Some(TokenKind::Word | TokenKind::Symbol(")" | "]"))
            );
            value && self.touches(open)
        });
        self.is_symbol(open, "[") && !indexed
    }

    /// Whether the bracket that a name stands in is the first of its statement, so that the name is a table's.
    pub fn opens_statement(&self) -> bool {
        let outer = self.frames.len().checked_sub(2);
        let outer = outer.and_then(|outer| self.frames.get(outer));
        outer.is_some_and(|outer| outer.pipe.is_none() && self.value(outer) + 1 >= self.len())
    }

    /// Whether the cursor stands in the brackets of an operator's `with (…)`, where properties are listed.
    pub fn in_properties(&self, within: &Within) -> bool {
        let frame = self.frames.last();
        let open = frame.and_then(|f| f.open).unwrap_or_default();
        let with = open
            .checked_sub(1)
            .is_some_and(|with| self.token(with) == "with");
        with && within.frame + 2 == self.frames.len()
            && self.is_symbol(open, "(")
            && within.info.syntax.contains("with ([")
    }

    /// Whether a property is listed already in the innermost brackets.
    pub fn has_property(&self, name: &str) -> bool {
        let first = self.frames.last().map_or(0, |frame| frame.first);
        let mut all = first..self.len();
        all.any(|at| self.token(at).eq_ignore_ascii_case(name) && self.is_symbol(at + 1, "="))
    }

    /// The innermost call whose arguments are being typed.
    pub fn call(&self) -> Option<Call<'a>> {
        let frame = self.frames.last()?;
        let open = frame.open?;
        let before = open.checked_sub(1)?;
        let called = self.is_symbol(open, "(")
            && self.is_word(before)
            && self.touches(open)
            && frame.pipe.is_none();
        called.then(|| Call {
            name: self.token(before),
            argument: frame.commas,
        })
    }

    /// The list operator (`in`, `has_any`) and the column before it, if the cursor is in their brackets.
    pub fn list(&self) -> Option<&'a str> {
        let frame = self.frames.last()?;
        let before = frame.open?.checked_sub(2)?;
        let is_list = frame.pipe.is_none() && ListOp::from_text(self.token(before + 1)).is_some();
        (is_list && self.is_word(before)).then(|| self.token(before))
    }

    /// The declarations before the cursor that hold there.
    pub fn declarations(&self) -> String {
        let mut all = String::new();
        for frame in &self.frames {
            self.parameters_of(frame, &mut all);
            for (from, to) in &frame.statements {
                if matches!(self.token(*from), "let" | "set" | "declare") {
                    all.push_str(self.between(*from, *to));
                    all.push_str(";\n");
                }
            }
        }
        all
    }

    /// The parameters of the function whose body a frame is, as variables.
    fn parameters_of(&self, frame: &Frame, out: &mut String) {
        let Some((mut at, body)) = self.parameter_list(frame) else {
            return;
        };
        while at + 2 < body && self.is_word(at) && self.is_symbol(at + 1, ":") {
            let name = self.token(at);
            let mut end = at + 2;
            if self.is_symbol(end, "(") {
                while end < body && !self.is_symbol(end, ")") {
                    end += 1;
                }
                let columns = self.between(at + 2, end + 1);
                out.push_str(&format!("let {name} = datatable{columns}[];\n"));
            } else {
                let value = match self.token(end) {
                    "string" => "''".to_string(),
                    ty => format!("{ty}(null)"),
                };
                out.push_str(&format!("let {name} = {value};\n"));
            }
            while end < body && !self.is_symbol(end, ",") {
                end += 1;
            }
            at = end + 1;
        }
    }

    /// The names declared before the cursor, innermost last.
    pub fn declared(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        for frame in &self.frames {
            names.extend(self.parameter_names(frame));
            let lets = frame.statements.iter();
            let lets = lets.filter(|(from, _)| self.token(*from) == "let");
            names.extend(lets.map(|(from, _)| self.name_at(from + 1)));
        }
        names
    }

    /// How a function that is declared before the cursor is called; the last one of the name.
    pub fn signature_of(&self, name: &str) -> Option<String> {
        let declares = |at: &usize| {
            self.token(*at) == "let" && self.name_at(at + 1) == name && self.is_symbol(at + 2, "=")
        };
        let at = (0..self.len()).rev().find(declares)?;
        let open = match self.token(at + 3) {
            "view" => at + 4,
            _ => at + 3,
        };
        if !self.is_symbol(open, "(") {
            return None;
        }
        let mut depth = 0;
        let close = (open..self.len()).find(|at| {
            match self.kind(*at) {
                Some(TokenKind::Symbol("(")) => depth += 1,
                Some(TokenKind::Symbol(")")) => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let parameters = self.between(open, close + 1);
        let words: Vec<&str> = parameters.split_whitespace().collect();
        self.is_symbol(close + 1, "{")
            .then(|| format!("{name}{}", words.join(" ")))
    }

    /// The name at a token, perhaps in brackets.
    fn name_at(&self, at: usize) -> &'a str {
        match self.is_symbol(at, "[") {
            true => self.token(at + 1).trim_matches(['\'', '"']),
            false => self.token(at),
        }
    }

    /// The tokens of the parameters of the function whose body a frame is.
    fn parameter_list(&self, frame: &Frame) -> Option<(usize, usize)> {
        let body = frame.open.filter(|open| self.is_symbol(*open, "{"))?;
        let mut depth = 0;
        let open = (0..body).rev().find(|at| {
            match self.kind(*at) {
                Some(TokenKind::Symbol(")")) => depth += 1,
                Some(TokenKind::Symbol("(")) => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        Some((open + 1, body))
    }

    fn parameter_names(&self, frame: &Frame) -> Vec<&'a str> {
        let Some((first, body)) = self.parameter_list(frame) else {
            return Vec::new();
        };
        let mut depth = 0;
        let mut names = Vec::new();
        for at in first..body {
            match self.kind(at) {
                Some(TokenKind::Symbol("(")) => depth += 1,
                Some(TokenKind::Symbol(")")) => depth -= 1,
                Some(TokenKind::Word) if depth == 0 && self.is_symbol(at + 1, ":") => {
                    names.push(self.token(at));
                }
                _ => {}
            }
        }
        names
    }

    /// The text whose rows the cursor's operator gets; `None` where there are no rows.
    pub fn rows(&self) -> Option<String> {
        self.rows_of(self.frames.len() - 1)
    }

    fn rows_of(&self, index: usize) -> Option<String> {
        let frame = &self.frames[index];
        let first = self.value(frame);
        let further = index > 0
            && self
                .operator_at(first)
                .is_some_and(|(info, _)| info.place == Place::Piped);
        let own = frame
            .pipe
            .map(|pipe| self.between(first, pipe))
            .filter(|own| !own.is_empty());
        match own {
            Some(own) if further => Some(format!("{}\n| {own}", self.inner(index)?)),
            Some(own) => Some(own.to_string()),
            None if index == 0 => None,
            None if further => self.inner(index),
            None if frame.open.is_some_and(|open| self.is_symbol(open, "{")) => None,
            None => self.rows_of(index - 1),
        }
    }

    /// The rows that operators in brackets get from the operator that has the brackets.
    fn inner(&self, index: usize) -> Option<String> {
        let outer = self.rows_of(index - 1)?;
        let frame = &self.frames[index - 1];
        let Some((info, after)) = self.operator_at(frame.segment()) else {
            return Some(outer);
        };
        // Of an array's rows: as the array unfolds.
        let open = self.frames[index].open.unwrap_or(after);
        if info.syntax.ends_with("on (operators)") && self.token(open.saturating_sub(1)) == "on" {
            let arrays = self.between(after, open - 1);
            return Some(format!("{outer}\n| mv-expand {arrays}"));
        }
        Some(outer)
    }

    /// The other table of the operator, when it stands before the cursor: `U` of `join (U) on`.
    pub fn other_table(&self, within: &Within) -> Option<String> {
        let on = self.words(within).find(|(_, word)| *word == "on")?.0;
        if self.is_symbol(on - 1, ")") {
            let mut depth = 0;
            let open = (within.after..on).rev().find(|at| {
                match self.kind(*at) {
                    Some(TokenKind::Symbol(")")) => depth += 1,
                    Some(TokenKind::Symbol("(")) => depth -= 1,
                    _ => {}
                }
                depth == 0
            })?;
            return Some(self.between(open, on).to_string());
        }
        Some(self.token(on - 1).to_string())
    }

    /// The dynamic value whose member comes next: `d.a` of `d.a.`.
    pub fn path(&self) -> Option<&'a str> {
        let dot = self.len().checked_sub(1)?;
        if !self.is_symbol(dot, ".") {
            return None;
        }
        let mut start = dot.checked_sub(1)?;
        loop {
            if self.is_symbol(start, "]") {
                start = start.checked_sub(2)?;
                if !self.is_symbol(start, "[") {
                    return None;
                }
                start = start.checked_sub(1)?;
            } else if !self.is_word(start) {
                return None;
            } else if start >= 2 && self.is_symbol(start - 1, ".") {
                start -= 2;
            } else {
                return Some(self.between(start, dot));
            }
        }
    }
}

/// Goes past a symbol that is no bracket.
fn step(frame: &mut Frame, symbol: &str, at: usize) {
    match symbol {
        ";" => {
            frame.statements.push((frame.first, at));
            frame.first = at + 1;
            frame.pipe = None;
            frame.commas = 0;
        }
        "|" => {
            frame.pipe = Some(at);
            frame.commas = 0;
        }
        "," => frame.commas += 1,
        _ => {}
    }
}
