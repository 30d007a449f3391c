//! Candidates that are the same wherever they can stand: operators, functions, types, and what an operator's syntax names.

use crate::functions;
use crate::operators::{self, Place};
use crate::plan::{AggregateEval, Eval};
use crate::repl::complete::{Candidate, Kind};
use crate::repl::point::{Point, Within};
use crate::syntax::keyword::needs_brackets;
use crate::types::{Column, Type};

/// Candidates for a word.
pub(super) struct Found<'a> {
    pub word: &'a str,
    pub all: Vec<Candidate>,
}

impl Found<'_> {
    pub fn add(&mut self, kind: Kind, text: impl Into<String>) {
        self.push(kind, text.into(), None);
    }

    pub fn push(&mut self, kind: Kind, text: String, note: Option<&'static str>) {
        self.all.push(Candidate { text, kind, note });
    }

    /// Those that begin with the word, letter case aside; if none does, those that have it in them.
    pub fn matching(self) -> Vec<Candidate> {
        let word = self.word.to_lowercase();
        let mut seen = std::collections::HashSet::new();
        let all: Vec<Candidate> = self
            .all
            .into_iter()
            .filter(|c| seen.insert(c.text.clone()))
            .collect();
        let bare = |c: &Candidate| c.text.trim_start_matches("['").to_lowercase();
        let begin: Vec<Candidate> = all
            .iter()
            .filter(|c| bare(c).starts_with(&word))
            .cloned()
            .collect();
        match begin.is_empty() && word.len() > 1 {
            true => all
                .into_iter()
                .filter(|c| bare(c).contains(&word))
                .collect(),
            false => begin,
        }
    }
}

pub(super) fn add_column(column: &Column, found: &mut Found<'_>) {
    found.push(Kind::Column, quoted(&column.name), Some(column.ty.name()));
}

/// A word that the parser expects.
pub(super) fn keyword(expected: &str) -> Option<&str> {
    let word = expected.strip_prefix('`')?.strip_suffix('`')?;
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        .then_some(word)
}

pub(super) fn piped_operators(found: &mut Found<'_>) {
    for info in operators::ALL {
        if info.place != Place::Source && operators::unready(info).is_none() {
            found.add(Kind::Operator, info.name());
        }
    }
    // Old names are completed once they are begun.
    if !found.word.is_empty() {
        let others = operators::ALL
            .iter()
            .flat_map(|i| i.keywords.iter().skip(1));
        others.for_each(|keyword| found.add(Kind::Operator, *keyword));
    }
}

pub(super) fn source_operators(found: &mut Found<'_>) {
    for info in operators::ALL {
        if info.place != Place::Piped && operators::unready(info).is_none() {
            found.add(Kind::Operator, info.name());
        }
    }
}

pub(super) fn scalar_functions(found: &mut Found<'_>) {
    for entry in functions::all_scalars() {
        let function = entry.function;
        let runs = !matches!(function.eval, Eval::Unsupported(_));
        let call = entry.signatures.first().is_some_and(|s| !s.infix);
        if runs && call && function.deprecated.is_none() {
            found.add(Kind::Function, format!("{}(", function.name()));
        }
    }
    for special in crate::bind::special::ALL {
        let name = special.names.first().copied().unwrap_or_default();
        if !special.notation.ends_with("-> table") {
            found.add(Kind::Function, format!("{name}("));
        }
    }
}

pub(super) fn aggregates(found: &mut Found<'_>) {
    for entry in functions::all_aggregates() {
        let function = entry.function;
        let runs = !matches!(function.eval, AggregateEval::Unsupported(_));
        if runs && function.deprecated.is_none() {
            found.add(Kind::Aggregate, format!("{}(", function.name()));
        }
    }
}

pub(super) fn types(found: &mut Found<'_>) {
    for ty in Type::ALL {
        found.add(Kind::Keyword, ty.name());
    }
}

/// Whether an aggregate can stand at the cursor: the operator's syntax has one before its next keyword.
pub(super) fn takes_aggregate(point: &Point<'_>, within: &Within) -> bool {
    let Some((_, after)) = within.info.syntax.split_once("aggregate") else {
        return false;
    };
    ["by", "on"]
        .into_iter()
        .filter(|word| after.contains(&format!("{word} ")))
        .all(|word| !point.has_word(within, word))
}

/// The parameters in an operator's syntax: `[kind=inner|outer]`, each with its values.
pub(super) fn parameters(
    syntax: &'static str,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let pieces = syntax.split([' ', '[', ']']);
    pieces
        .filter_map(|piece| piece.split_once('='))
        .filter(|(name, value)| {
            let word = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
            word(name) && !name.contains(['(', '*']) && (word(value) || value.starts_with("..."))
        })
}

/// The values that a parameter takes, if they are a few words.
pub(super) fn parameter_values(
    syntax: &'static str,
    parameter: &str,
) -> Option<impl Iterator<Item = &'static str>> {
    let (_, values) = parameters(syntax).find(|(name, _)| *name == parameter)?;
    let values = match values {
        "bool" => "true|false",
        values => values,
    };
    let words = values.contains('|');
    words.then(|| values.split('|'))
}

/// The kinds of charts in the syntax of the operator that draws them.
pub(super) fn chart_kinds(syntax: &'static str) -> Option<impl Iterator<Item = &'static str>> {
    let (_, kinds) = syntax.split_once("render ")?;
    Some(kinds.split([' ']).next()?.split('|'))
}

/// A name as a query writes it.
pub(super) fn quoted(name: &str) -> String {
    match needs_brackets(name) {
        false => name.to_string(),
        true => format!("['{}']", escaped(name, '\'')),
    }
}

/// A text as it stands between quotation marks.
pub(super) fn escaped(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
