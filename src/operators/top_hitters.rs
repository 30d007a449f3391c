//! `top-hitters`: the most frequent values of a column.

use super::sort::sort_key;
use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::plan::{self, Plan};
use crate::functions::hash::HASH;
use crate::source::Span;
use crate::syntax::ast::{Argument, Expr, Name, SortKey};
use crate::types::Type;

/// What users read about `top-hitters`.
pub const INFO: Info = Info {
    keywords: &["top-hitters"],
    place: Place::Piped,
    summary: "Gives the most frequent values of a column, or those with the largest sums.",
    syntax: "T | top-hitters n of column [by value]",
    examples: &[("datatable (user: string) ['ann', 'bob', 'ann']\n\
             | top-hitters 1 of user", "user | approximate_count_user\nann | 2")],
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

impl super::Bind for TopHitters {
    /// Exact, where Kusto's own may be approximate.
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let count = binder.row_count(&self.count, &input);
        let (function, weight) = match &self.by {
            Some(by) => ("sum", Some(&by.value)),
            None => ("count", None),
        };
        let named = match weight.unwrap_or(&self.of) {
            Expr {
                kind: ExprKind::Named { names, .. },
                ..
            } => names.first().map(|n| n.text.to_string()),
            value => binder.base_name(value),
        };
        let named = named.unwrap_or_default();
        let aggregate = named_call(&format!("approximate_{function}_{named}"), function, weight, span);
        let by = std::slice::from_ref(&self.of);
        let mut groups = binder.summarized(input, &[aggregate], by, span);
        let Some(column) = groups.plan.schema.columns.get(1) else {
            return groups;
        };
        let mut keys = vec![plan::SortKey {
            value: plan::Expr::column(1, column.ty, span),
            descending: true,
            nulls_first: false,
        }];
        let of = groups.plan.schema.columns[0].ty;
        if HASHED.contains(&of) {
            // Which of several values with the same weight is among the first is not documented; the one measured answer
            // that tells has the value with the least hash.
            let value = plan::Expr::column(0, of, span);
            keys.push(plan::SortKey {
                value: plan::Expr::call(&HASH, 0, vec![value], Type::Long, span),
                descending: false,
                nulls_first: false,
            });
        }
        groups.serialized = true;
        groups.then(|plan| Plan::sort(plan, keys, Some(count)))
    }
}

/// The types whose hashes are known.
const HASHED: [Type; 5] = [
    Type::String,
    Type::Long,
    Type::Real,
    Type::Datetime,
    Type::Timespan,
];

/// `name = function(argument)`
pub(super) fn named_call(name: &str, function: &str, argument: Option<&Expr>, span: Span) -> Expr {
    let name_of = |text: &str| Name {
        text: text.into(),
        quoted: true,
        span,
    };
    let argument = argument.map(|value| Argument {
        name: None,
        value: value.clone(),
    });
    let call = ExprKind::Call {
        name: name_of(function),
        arguments: argument.into_iter().collect(),
    };
    Expr {
        kind: ExprKind::Named {
            names: vec![name_of(name)],
            bracketed: false,
            value: Box::new(Expr { kind: call, span }),
        },
        span,
    }
}
