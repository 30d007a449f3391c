//! `facet`: one table of counts per column.

use super::prelude::*;
use crate::syntax::ast::{Expr, Piped};

/// What users read about `facet`.
pub const INFO: Info = Info {
    keywords: &["facet"],
    place: Place::Piped,
    summary: "Gives one table of value counts per column, and optionally the rows themselves.",
    syntax: "T | facet by column, ... [with (operators)]",
};

/// `facet by a, b with (where c | take 5)`
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// The columns counted.
    pub columns: Vec<Expr>,
    /// What is done to the rows for the last table; empty if not asked for.
    pub with: Vec<Piped>,
}

/// `facet by a, b with (where c | take 5)`
pub fn facet(i: Tokens<'_>) -> Parsed<'_, Facet> {
    let (i, _) = keyword("by")(after(i, &INFO))?;
    let (i, columns) = list(i, column_path)?;
    let (i, with) = facet_with(i)?;
    Ok((i, Facet { columns, with }))
}

/// `with (where c | take 5)`, `with take 5`, or nothing
pub fn facet_with(i: Tokens<'_>) -> Parsed<'_, Vec<Piped>> {
    let (i, with) = optional_keyword(i, "with");
    if !with {
        return Ok((i, Vec::new()));
    }
    if i.is_symbol(0, "(") {
        return subpipeline(i);
    }
    if INFO.keywords.iter().any(|keyword| i.is_keyword(keyword)) {
        // A facet in a facet without brackets would nest without end.
        return i.fail("`(`");
    }
    let (i, one) = operator(i)?;
    Ok((i, vec![one]))
}

impl Print for Facet {
    fn print(&self, p: &mut Printer) {
        p.push(" by ");
        p.exprs(&self.columns);
        if !self.with.is_empty() {
            p.push(" with ");
            p.subpipeline(&self.with);
        }
    }
}
