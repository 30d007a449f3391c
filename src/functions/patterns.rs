//! Regular expressions: compiled once where they are constant, within limits, with Kusto's way of
//! writing replacements.

use std::collections::HashMap;
use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

use crate::contract::{Args, Fault, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Arg;

/// A compiled pattern takes at most so many bytes.
const LARGEST: usize = 8 << 20;

/// One that differs by row may take less, because a batch keeps several of them.
const LARGEST_OF_ROW: usize = 1 << 20;

/// So many patterns that differ by row are kept for a batch.
const KEPT: usize = 64;

/// Compiles a pattern.
///
/// # Errors
/// What is wrong with it.
pub(super) fn compile(pattern: &str) -> Result<Regex, Problem> {
    compile_within(pattern, LARGEST)
}

fn compile_within(pattern: &str, limit: usize) -> Result<Regex, Problem> {
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(limit).build();
    build(pattern)
        .or_else(|error| match (&error, plain_brackets(pattern)) {
            (regex::Error::Syntax(_), Some(pattern)) => build(&pattern).map_err(|_| error),
            _ => Err(error),
        })
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                Problem::new(Code::BadRegex, "the regular expression is too large")
                    .help("counted repetitions multiply: ask for fewer")
            }
            error => {
                // The last line says what; those before draw the pattern.
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                let reason = last.trim().trim_start_matches("error: ");
                Problem::new(Code::BadRegex, format!("bad regular expression: {reason}"))
            }
        })
}

/// The pattern with each `{` escaped that starts no count (`{2}`, `{2,}`, `{2,3}`) and each `[` within
/// a class, as published queries have them (`{?(.*?)}?`, `[[]`); nothing without one.
fn plain_brackets(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 4);
    let (mut rest, mut class, mut changed) = (pattern, false, false);
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '\\' => {
                let escaped = rest[taken..].chars().next();
                taken += escaped.map_or(0, char::len_utf8);
                // `\p{L}`, `\x{41}`, `\b{start}`: the brace belongs to the escape.
                if let (Some('p' | 'P' | 'x' | 'u' | 'U' | 'b'), Some('{')) =
                    (escaped, rest[taken..].chars().next())
                {
                    taken += rest[taken..].find('}').map_or(1, |end| end + 1);
                }
            }
            '[' if !class => {
                class = true;
                let inside = rest[1..].strip_prefix('^').unwrap_or(&rest[1..]);
                // A bracket that comes first is one of the class.
                let inside = inside.strip_prefix(']').unwrap_or(inside);
                taken = rest.len() - inside.len();
            }
            ']' => class = false,
            '[' if rest.starts_with("[:") => taken = rest.find(":]").map_or(1, |end| end + 2),
            '[' => {
                out.push('\\');
                changed = true;
            }
            '{' if !class && !is_count(&rest[1..]) => {
                out.push('\\');
                changed = true;
            }
            _ => {}
        }
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    changed.then_some(out)
}

/// Whether what follows a `{` makes a count of it.
fn is_count(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// The pattern in argument `index`, compiled if it is constant.
///
/// # Errors
/// What is wrong with it.
pub(super) fn constant(setup: &Setup<'_>, index: usize) -> Result<Option<Regex>, Problem> {
    match setup.constant(index).and_then(|v| v.as_str()) {
        Some(pattern) => compile(pattern).map(Some).map_err(|p| p.at(index)),
        None => Ok(None),
    }
}

/// The patterns of one argument over the rows of a batch.
pub(super) struct Patterns<'a> {
    fixed: Option<&'a Regex>,
    column: <&'a str as Arg<'a>>::Column,
    kept: HashMap<String, Arc<Regex>>,
}

/// A pattern, wherever it is kept.
pub(super) enum Pattern<'a> {
    Fixed(&'a Regex),
    Kept(Arc<Regex>),
}

impl std::ops::Deref for Pattern<'_> {
    type Target = Regex;
    fn deref(&self) -> &Regex {
        match self {
            Pattern::Fixed(regex) => regex,
            Pattern::Kept(regex) => regex,
        }
    }
}

impl<'a> Patterns<'a> {
    /// The patterns in argument `index`; `fixed` if it is constant.
    pub(super) fn open(
        args: &'a Args<'_>,
        index: usize,
        fixed: Option<&'a Regex>,
    ) -> Result<Patterns<'a>, Fault> {
        Ok(Patterns {
            fixed,
            column: args.column::<&str>(index)?,
            kept: HashMap::new(),
        })
    }

    /// The pattern of a row.
    ///
    /// # Errors
    /// When it is not well formed.
    pub(super) fn at(&mut self, row: usize) -> Result<Pattern<'a>, Fault> {
        if let Some(fixed) = self.fixed {
            return Ok(Pattern::Fixed(fixed));
        }
        let text = <&str>::at(&self.column, row).unwrap_or("");
        if let Some(regex) = self.kept.get(text) {
            return Ok(Pattern::Kept(regex.clone()));
        }
        let regex = compile_within(text, LARGEST_OF_ROW).map_err(|p| Fault::query(p.message))?;
        let regex = Arc::new(regex);
        if self.kept.len() >= KEPT {
            self.kept.clear();
        }
        self.kept.insert(text.to_owned(), regex.clone());
        Ok(Pattern::Kept(regex))
    }
}

/// A replacement: text, and groups written `\1`.
pub(super) struct Replacement(Vec<Part>);

enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads a replacement; `\\` is a backslash, `$` nothing special.
    pub(super) fn parse(text: &str) -> Replacement {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            match (c, next, next.and_then(|n| n.to_digit(10))) {
                ('\\', _, Some(group)) => {
                    chars.next();
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Group(group as usize));
                }
                ('\\', Some('\\'), _) => {
                    chars.next();
                    plain.push('\\');
                }
                _ => plain.push(c),
            }
        }
        parts.push(Part::Text(plain));
        Replacement(parts)
    }

    /// Appends the replacement of one match.
    pub(super) fn write(&self, captures: &Captures<'_>, out: &mut String) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(group) => out.push_str(captures.get(*group).map_or("", |m| m.as_str())),
            }
        }
    }
}
