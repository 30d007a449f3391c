//! `count`: gives one row with the number of rows.

use super::prelude::*;
use crate::syntax::ast::Name;

/// What users read about `count`.
pub const INFO: Info = Info {
    keywords: &["count"],
    place: Place::Piped,
    summary: "Gives one row with the number of rows.",
    syntax: "T | count [as Name]",
    examples: &[("range n from 1 to 3 step 1\n| count", "Count\n3")],
};
use crate::bind::{Binder, Relation};
use crate::functions;
use crate::plan::{AggregateCall, AggregateRole, Plan};
use crate::source::Span;
use crate::types::{Schema, Type};

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
    let (i, name) = variable_name(i)?;
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

impl super::Bind for Count {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let count = functions::all_aggregates()
            .into_iter()
            .find(|e| e.function.role == AggregateRole::Count);
        let Some(count) = count else {
            binder.unsupported(span, "`count` cannot run yet");
            return binder.broken_table();
        };
        let call = AggregateCall {
            function: count.function,
            overload: 0,
            args: Vec::new(),
            filter: None,
            outputs: vec![Type::Long],
            span,
        };
        let name = self.name.as_ref().map_or("Count", |n| &n.text);
        let schema = Schema::of(&[(name, Type::Long)]);
        if input.plan.schema.open && input.plan.schema.is_empty() {
            let mut broken = binder.broken_table();
            broken.plan.schema = schema;
            return broken;
        }
        Relation::new(Plan::summarize(input.plan, Vec::new(), vec![call], schema))
    }
}
