//! `facet`: one table of counts per column.

use super::prelude::*;
use super::top_hitters::named_call;
use crate::bind::{Binder, Relation, share};
use crate::source::Span;
use crate::syntax::ast::{Expr, Piped};

/// What users read about `facet`.
pub const INFO: Info = Info {
    keywords: &["facet"],
    place: Place::Piped,
    summary: "Gives one table of value counts per column, and optionally the rows themselves.",
    syntax: "T | facet by column, ... [with (operators)]",
    examples: &[("datatable (user: string, host: string) ['ann', 'web', 'ann', 'db', 'bob', 'web']\n\
             | facet by user, host", "user | count_user\nann | 2\nbob | 1\n\nhost | count_host\nweb | 2\ndb | 1")],
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
        i.missing_token("`(`");
        return Ok((i, Vec::new()));
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

impl super::Bind for Facet {
    /// The table of `with` first, then the values of each column and how often each is there.
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        if !binder.gives_several(INFO.name(), span) {
            return binder.broken_table();
        }
        let input = share(binder, input);
        let mut tables = Vec::new();
        if !self.with.is_empty() {
            tables.push(binder.piped_through(input.clone(), &self.with));
        }
        for column in &self.columns {
            let name = binder.base_name(column).unwrap_or_default();
            let count = named_call(&format!("count_{name}"), "count", None, span);
            let by = std::slice::from_ref(column);
            tables.push(binder.summarized(input.clone(), &[count], by, span));
        }
        binder.several(tables)
    }
}
