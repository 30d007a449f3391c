//! `count`: gives one row with the number of rows.

use super::prelude::*;
use crate::syntax::ast::Name;

/// What users read about `count`.
pub const INFO: Info = Info {
    keywords: &["count"],
    place: Place::Piped,
    summary: "Gives one row with the number of rows.",
    syntax: "T | count [as Name]",
};

/// `count`, `count as Total`
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The table's name, as by `as`.
    pub name: Option<Name>,
}

/// `count as Total`
pub fn count(i: Tokens<'_>) -> Parsed<'_, Count> {
    let (i, named) = optional_keyword(after(i, &INFO), "as");
    if !named {
        return Ok((i, Count { name: None }));
    }
    let (i, name) = name(i)?;
    Ok((i, Count { name: Some(name) }))
}

impl Print for Count {
    fn print(&self, p: &mut Printer) {
        if let Some(name) = &self.name {
            p.push(" as ");
            p.name(name);
        }
    }
}
