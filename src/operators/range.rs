//! `range`: a column of values with equal steps.

use super::prelude::*;
use crate::syntax::ast::{Expr, Name};

/// What users read about `range`.
pub const INFO: Info = Info {
    keywords: &["range"],
    place: Place::Source,
    summary: "Makes a table of one column whose values rise or fall by equal steps.",
    syntax: "range name from start to end step size",
};

/// `range x from 1 to 10 step 2`
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// The column.
    pub name: Name,
    /// The first value.
    pub from: Expr,
    /// The limit, inclusive.
    pub to: Expr,
    /// The step.
    pub step: Expr,
}

/// `range x from 1 to 10 step 2`
pub fn range(i: Tokens<'_>) -> Parsed<'_, Range> {
    let (i, name) = name(after(i, &INFO))?;
    let (i, _) = keyword("from")(i)?;
    let (i, from) = unnamed_expression(i)?;
    let (i, _) = keyword("to")(i)?;
    let (i, to) = unnamed_expression(i)?;
    let (i, _) = keyword("step")(i)?;
    let (i, step) = unnamed_expression(i)?;
    let node = Range {
        name,
        from,
        to,
        step,
    };
    Ok((i, node))
}

impl Print for Range {
    fn print(&self, p: &mut Printer) {
        p.push(" ");
        p.name(&self.name);
        p.optional(" from ", Some(&self.from));
        p.optional(" to ", Some(&self.to));
        p.optional(" step ", Some(&self.step));
    }
}
