//! The canonical layout of a query: the same words, comments where they were, lines anew.
//!
//! Only what stands between the words changes, so that a query cannot come to mean something else; that it reads as the
//! same tree is checked all the same.

mod marks;
mod pieces;
mod spaces;
mod write;

use crate::diagnostic::{Diagnostic, Severity};
use crate::syntax;

/// Columns of a line, if it can be helped.
pub const WIDTH: usize = 120;
/// Spaces that a line stands further right than the one it belongs to.
pub const INDENT: usize = 4;

/// Why a query has no layout.
#[derive(Debug)]
pub enum Refusal {
    /// It does not parse.
    Mistakes(Vec<Diagnostic>),
    /// Its layout would read otherwise: a bug.
    Changed,
}

/// A query in the canonical layout. Its last line has an end, unless it is empty.
///
/// # Errors
/// When it does not parse.
pub fn format(text: &str) -> Result<String, Refusal> {
    let parse = syntax::parse_text(text);
    if parse
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error)
    {
        return Err(Refusal::Mistakes(parse.diagnostics));
    }
    let marks = marks::Marks::of(&parse.query);
    let pieces = pieces::pieces(text);
    let out = ends(text, write::write(&pieces, &marks));
    if !same(text, &out) {
        return Err(Refusal::Changed);
    }
    Ok(out)
}

/// Whether two texts read as the same tree and have the same comments, without mistakes that the other has not.
fn same(text: &str, out: &str) -> bool {
    let (before, after) = (syntax::parse_text(text), syntax::parse_text(out));
    let comments = |text| -> Vec<String> {
        let pieces = pieces::pieces(text);
        let all = pieces
            .iter()
            .flat_map(|p| p.before.iter().map(|c| c.text).chain(p.behind));
        all.map(str::to_string).collect()
    };
    before.query == after.query
        && before.diagnostics.len() == after.diagnostics.len()
        && comments(text) == comments(out)
}

/// Lines end as they did before.
fn ends(text: &str, out: String) -> String {
    match text.contains("\r\n") {
        true => out.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => out,
    }
}
