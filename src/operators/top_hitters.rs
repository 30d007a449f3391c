//! `top-hitters`: the most frequent values of a column.

use super::sort::sort_key;
use super::prelude::*;
use crate::syntax::ast::{Expr, SortKey};

/// What users read about `top-hitters`.
pub const INFO: Info = Info {
    keywords: &["top-hitters"],
    place: Place::Piped,
    summary: "Gives the most frequent values of a column, or those with the largest sums.",
    syntax: "T | top-hitters n of column [by value]",
};

/// `top-hitters 5 of a by b`
#[derive(Clone, Debug, PartialEq)]
pub struct TopHitters {
    /// How many.
    pub count: Expr,
    /// The column.
    pub of: Expr,
    /// What is summed up; rows are counted if not said.
    pub by: Option<SortKey>,
}

/// `top-hitters 5 of a by b`
pub fn top_hitters(i: Tokens<'_>) -> Parsed<'_, TopHitters> {
    let (i, count) = unnamed_expression(after(i, &INFO))?;
    let (i, _) = keyword("of")(i)?;
    let (i, of) = named_expression(i)?;
    let (i, weighted) = optional_keyword(i, "by");
    let (i, by) = if weighted {
        let (i, by) = sort_key(i)?;
        (i, Some(by))
    } else {
        (i, None)
    };
    Ok((i, TopHitters { count, of, by }))
}

impl Print for TopHitters {
    fn print(&self, p: &mut Printer) {
        p.optional(" ", Some(&self.count));
        p.optional(" of ", Some(&self.of));
        if let Some(by) = &self.by {
            p.push(" by ");
            p.sort_key(by);
        }
    }
}
