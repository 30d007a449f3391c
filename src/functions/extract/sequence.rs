//! `parse`: texts and columns between them. Plain texts are searched for as they are; a regular expression is made
//! only where a column is told by its shape.

use std::borrow::Cow;

use memchr::memmem::Finder;
use regex::Regex;

use super::{Cut, converted, missing};
use crate::contract::Problem;
use crate::diagnostic::Code;
use crate::functions::patterns::compile;
use crate::plan::extract::{Item, Sequence as Plain, SequenceKind};
use crate::types::Type;

/// A pattern of `parse` ready for use.
pub struct Sequence {
    kind: SequenceKind,
    types: Vec<Type>,
    code: Method,
}

enum Method {
    Search(Vec<Piece>),
    /// With the group of each column.
    Regex(Regex, Vec<usize>),
}

/// A piece of a pattern that needs no regular expression.
enum Piece {
    Skip,
    Column,
    Text(Box<Finder<'static>>),
    /// The last piece: stands at the text's end.
    End(String),
}

impl Sequence {
    /// Makes a pattern ready.
    ///
    /// # Errors
    /// What is wrong with its regular expressions, or that it cannot be used yet.
    pub fn new(plain: &Plain) -> Result<Sequence, Problem> {
        let mut items: Vec<Item> = Vec::with_capacity(plain.items.len());
        let mut types = Vec::new();
        for item in &plain.items {
            match (items.last_mut(), item) {
                (Some(Item::Text(before)), Item::Text(text)) => {
                    *before = format!("{before}{text}").into();
                    continue;
                }
                (Some(Item::Skip), Item::Skip) => continue,
                (_, Item::Column(ty)) => types.push(*ty),
                _ => {}
            }
            items.push(item.clone());
        }
        let shaped = |i: usize| {
            matches!(items[i], Item::Column(_)) && matches!(items.get(i + 1), Some(Item::Skip))
        };
        let search = plain.kind != SequenceKind::Regex && !(0..items.len()).any(shaped);
        let code = match search {
            true => Method::Search(pieces(&items)),
            false => regex(plain, &items)?,
        };
        Ok(Sequence {
            kind: plain.kind,
            types,
            code,
        })
    }

    /// The cells of a text; nothing when it does not match.
    pub fn cut<'t>(&self, text: &'t str) -> Option<Vec<Cut<'t>>> {
        let texts = match &self.code {
            Method::Search(pieces) => search(pieces, text, self.types.len())?,
            Method::Regex(regex, groups) => {
                let captures = regex.captures(text)?;
                let group = |g: &usize| captures.get(*g).map_or("", |m| m.as_str());
                groups.iter().map(group).collect()
            }
        };
        let mut cells = Vec::with_capacity(texts.len());
        for (text, ty) in texts.into_iter().zip(&self.types) {
            match cell(text, *ty) {
                Some(cell) => cells.push(cell),
                None if self.kind == SequenceKind::Relaxed => cells.push(missing(*ty)),
                None => return None,
            }
        }
        Some(cells)
    }
}

/// One cell of a row, as its column's type.
fn cell(text: &str, ty: Type) -> Option<Cut<'_>> {
    let hexadecimal = || {
        let digits = text.trim().trim_start_matches(['-', '+']);
        digits.starts_with("0x") || digits.starts_with("0X")
    };
    match ty {
        // Numbers are decimal here.
        Type::Int | Type::Long | Type::Bool if hexadecimal() => None,
        _ => converted(Cow::Borrowed(text), ty),
    }
}

fn pieces(items: &[Item]) -> Vec<Piece> {
    let last = items.len().saturating_sub(1);
    let piece = |(i, item): (usize, &Item)| match item {
        Item::Skip => Piece::Skip,
        Item::Column(_) => Piece::Column,
        Item::Text(text) if i == last => Piece::End(text.to_string()),
        Item::Text(text) => Piece::Text(Box::new(Finder::new(text.as_bytes()).into_owned())),
    };
    items.iter().enumerate().map(piece).collect()
}

/// Finds each text at its first place after the one before it: if a later one can then not be found, it could not be
/// found after any other place either.
fn search<'t>(pieces: &[Piece], text: &'t str, columns: usize) -> Option<Vec<&'t str>> {
    let mut found = Vec::with_capacity(columns);
    let (mut at, mut open) = (0, None);
    for piece in pieces {
        match piece {
            Piece::Skip => {}
            Piece::Column => open = Some(at),
            Piece::Text(finder) => {
                let start = at + finder.find(text.as_bytes().get(at..)?)?;
                if let Some(from) = open.take() {
                    found.push(text.get(from..start)?);
                }
                at = start + finder.needle().len();
            }
            Piece::End(end) => {
                let start = text.len().checked_sub(end.len()).filter(|s| *s >= at)?;
                if !text.ends_with(end.as_str()) {
                    return None;
                }
                if let Some(from) = open.take() {
                    found.push(text.get(from..start)?);
                }
            }
        }
    }
    if let Some(from) = open {
        found.push(text.get(from..)?);
    }
    Some(found)
}

const INTEGER: &str = r"\s*[-+]?\d+";
const GUID: &str = r"\s*[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
const TIMESPAN: &str = r"\s*-?(?:\d+\.)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?";
const DATETIME: &str = concat!(
    r"\s*(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}",
    r"|(?:[A-Za-z]{3,9},?\s+)?\d{1,2}[-\s][A-Za-z]{3,9}[-\s]\d{2,4})",
    r"(?:[T\s]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:\s?[AaPp][Mm])?",
    r"(?:Z|\s?[-+]\d{2}:?\d{2}|\s(?:GMT|UTC))?",
);

/// The regular expression that a column's text has to match.
fn shape(ty: Type, regex: bool) -> Option<&'static str> {
    Some(match (ty, regex) {
        (Type::Int | Type::Long, _) => INTEGER,
        (Type::Real | Type::Decimal, false) => r"\s*[-+]?(?:\d+\.?\d*|\.\d+)",
        (Type::Real | Type::Decimal, true) => r"\s*[-+]?\d+\.?\d*",
        (Type::Bool, false) => r"(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|\s*[-+]?\d+)",
        (Type::Bool, true) => r"(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])",
        (Type::Guid, _) => GUID,
        (Type::Datetime, true) => DATETIME,
        (Type::Timespan, true) => TIMESPAN,
        _ => return None,
    })
}

/// The pattern as one regular expression.
fn regex(plain: &Plain, items: &[Item]) -> Result<Method, Problem> {
    let is_regex = plain.kind == SequenceKind::Regex;
    let mut pattern = match plain.flags.as_str() {
        _ if !is_regex => "(?s)".to_string(),
        "" => String::new(),
        flags => format!("(?{flags})"),
    };
    let mut columns = 0;
    for (i, item) in items.iter().enumerate() {
        match item {
            Item::Skip => pattern.push_str(".*?"),
            Item::Text(text) if is_regex => pattern.push_str(&whole(text)?),
            Item::Text(text) => pattern.push_str(&regex::escape(text)),
            Item::Column(ty) => {
                let before_skip = matches!(items.get(i + 1), Some(Item::Skip));
                let last = i + 1 == items.len();
                let inner = match (ty, is_regex) {
                    (Type::String, true) => ".*",
                    (_, false) if !before_skip => ".*?",
                    (Type::Datetime | Type::Timespan, true)
                        if last || plain.flags.contains('U') =>
                    {
                        return Err(unknown(*ty));
                    }
                    (ty, _) => shape(*ty, is_regex).ok_or_else(|| unknown(*ty))?,
                };
                pattern.push_str(&format!("(?P<{}>{inner})", group(columns)));
                // Before the `*` that ends a pattern, the text may be missing.
                if !is_regex && before_skip && i + 2 == items.len() {
                    pattern.push('?');
                }
                columns += 1;
            }
        }
    }
    if !is_regex {
        pattern.push_str(r"\z");
    }
    let regex = compile(&pattern)?;
    let names: Vec<Option<&str>> = regex.capture_names().collect();
    let groups = (0..columns).filter_map(|c| {
        let name = group(c);
        names.iter().position(|n| *n == Some(name.as_str()))
    });
    let groups = groups.collect();
    Ok(Method::Regex(regex, groups))
}

/// The name of a column's group, which no group of the query's has.
fn group(column: usize) -> String {
    format!("kql_column_{column}")
}

fn unknown(ty: Type) -> Problem {
    Problem::new(
        Code::Unsupported,
        format!("which text a {ty} column takes at this place of a pattern is not known"),
    )
    .help(format!(
        "parse it as a string and convert it with to{ty}(…)"
    ))
}

/// A regular expression of the query's as a part of the pattern: brackets that close nothing are plain text.
fn whole(text: &str) -> Result<String, Problem> {
    let mut out = String::with_capacity(text.len());
    let (mut open, mut class) = (0usize, false);
    let mut chars = text.chars();
    let mut alternatives = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '[' => class = true,
            ']' => class = false,
            '(' if !class => open += 1,
            ')' if !class && open == 0 => out.push('\\'),
            ')' if !class => open -= 1,
            '|' if !class && open == 0 => alternatives = true,
            _ => {}
        }
        out.push(c);
    }
    if alternatives {
        return Err(Problem::new(
            Code::Unsupported,
            "what `|` outside brackets parts in a pattern of parse is not known",
        )
        .help("put the alternatives in brackets: (?:a|b)"));
    }
    Ok(out)
}
