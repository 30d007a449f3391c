//! `top-nested`: the largest groups, and within them the largest groups.

use super::sort::sort_key;
use super::prelude::*;
use crate::syntax::ast::{Expr, SortKey};

/// What users read about `top-nested`.
pub const INFO: Info = Info {
    keywords: &["top-nested"],
    place: Place::Piped,
    summary: "Gives the largest groups and, within each, its largest groups, level by level.",
    syntax: "T | top-nested [n] of key [with others=value] by aggregate [asc|desc], top-nested ...",
};

/// `top-nested 3 of a by count(), top-nested 1 of b with others='rest' by s = sum(x) asc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNested {
    /// The levels, outermost first.
    pub levels: Vec<TopNestedLevel>,
}

/// `top-nested 3 of a with others='rest' by count() desc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many; all if not said.
    pub count: Option<Expr>,
    /// The key, named or not.
    pub of: Expr,
    /// The key of the row for all others.
    pub others: Option<Expr>,
    /// The aggregate, named or not, and its order.
    pub by: SortKey,
}

/// `top-nested 3 of a by count(), top-nested 1 of b by sum(x)`
pub fn top_nested(i: Tokens<'_>) -> Parsed<'_, TopNested> {
    let (mut i, first) = top_nested_level(i)?;
    let mut levels = vec![first];
    while i.is_symbol(0, ",") && i.skip(1).is_keyword("top-nested") {
        let (rest, level) = top_nested_level(i.skip(1))?;
        levels.push(level);
        i = rest;
    }
    i.expect("`,`");
    Ok((i, TopNested { levels }))
}

/// `top-nested 3 of a with others='rest' by count() desc`
pub fn top_nested_level(i: Tokens<'_>) -> Parsed<'_, TopNestedLevel> {
    let i = after(i, &INFO);
    let (i, count) = if i.is_keyword("of") {
        (i, None)
    } else {
        i.expect("`of`");
        let (i, count) = unnamed_expression(i)?;
        (i, Some(count))
    };
    let (i, _) = keyword("of")(i)?;
    let (i, of) = named_expression(i)?;
    let (i, with) = optional_keyword(i, "with");
    let (i, others) = if with {
        let (i, _) = keyword("others")(i)?;
        let (i, _) = symbol("=")(i)?;
        let (i, others) = unnamed_expression(i)?;
        (i, Some(others))
    } else {
        (i, None)
    };
    let (i, _) = keyword("by")(i)?;
    let (i, by) = sort_key(i)?;
    let level = TopNestedLevel {
        count,
        of,
        others,
        by,
    };
    Ok((i, level))
}

impl Print for TopNested {
    fn print(&self, p: &mut Printer) {
        for (n, level) in self.levels.iter().enumerate() {
            if n > 0 {
                p.push(", ");
                p.push(INFO.name());
            }
            p.optional(" ", level.count.as_ref());
            p.optional(" of ", Some(&level.of));
            p.optional(" with others=", level.others.as_ref());
            p.push(" by ");
            p.sort_key(&level.by);
        }
    }
}
