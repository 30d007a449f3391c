//! `sort`: orders the rows.

use super::prelude::*;
use crate::syntax::ast::{OperatorParameter, SortKey};

/// What users read about `sort`.
pub const INFO: Info = Info {
    keywords: &["sort", "order"],
    place: Place::Piped,
    summary: "Orders the rows.",
    syntax: "T | sort by key [asc|desc] [nulls first|last], ...",
    examples: &[("datatable (user: string, n: long) ['ann', 1, 'cyd', 3, 'bob', 3]\n\
             | sort by n, user asc", "user | n\nbob | 3\ncyd | 3\nann | 1")],
};
use crate::bind::{Binder, Relation};
use crate::plan::Plan;
use crate::source::Span;

/// `sort by a asc, b nulls last`
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The keys.
    pub keys: Vec<SortKey>,
}

/// `sort by a asc, b nulls last`
pub fn sort(i: Tokens<'_>) -> Parsed<'_, Sort> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, _) = keyword("by")(i)?;
    let (i, keys) = list(i, sort_key)?;
    Ok((i, Sort { parameters, keys }))
}

/// `a desc nulls last`
pub fn sort_key(i: Tokens<'_>) -> Parsed<'_, SortKey> {
    let (i, value) = named_expression(i)?;
    let (i, ascending) = optional_keyword(i, "asc");
    let (i, descending) = if ascending {
        (i, Some(false))
    } else {
        let (i, found) = optional_keyword(i, "desc");
        (i, found.then_some(true))
    };
    let (i, nulls) = optional_keyword(i, "nulls");
    let (i, nulls_first) = if nulls {
        let (i, first) = optional_keyword(i, "first");
        if first {
            (i, Some(true))
        } else {
            let (i, _) = keyword("last")(i)?;
            (i, Some(false))
        }
    } else {
        (i, None)
    };
    let key = SortKey {
        value,
        descending,
        nulls_first,
    };
    Ok((i, key))
}

impl Print for Sort {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" by ");
        p.list(&self.keys, Printer::sort_key);
    }
}

impl super::Bind for Sort {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let mut input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        let keys = binder.over(&input.plan.schema.clone(), |b| {
            self.keys.iter().filter_map(|k| b.sort_key(k)).collect()
        });
        input.serialized = true;
        input.then(|plan| Plan::sort(plan, keys, None))
    }
}
