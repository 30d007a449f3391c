//! What only data can tell: the columns that a plugin makes of what its input holds.

use crate::bind::{Binder, Learnt, Relation, overload, relation};
use crate::contract::Batch;
use crate::diagnostic::Code;
use crate::plan::{Operation, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Schema, Type};

/// A call of a plugin: what stands between its brackets, and the columns it is said to give.
pub(crate) struct Called<'a> {
    /// The arguments.
    pub arguments: &'a [ast::Argument],
    /// `: (a: long)`
    pub schema: Option<&'a ast::RowSchema>,
    /// The whole call.
    pub span: Span,
}

impl Called<'_> {
    /// An argument that was given no name, by its place, or one of this name.
    pub fn argument(&self, place: usize, name: &str) -> Option<&ast::Expr> {
        let named = |a: &&ast::Argument| a.name.as_ref().is_some_and(|n| &*n.text == name);
        let found = self.arguments.iter().find(named);
        let placed = || self.arguments.get(place).filter(|a| a.name.is_none());
        found.or_else(placed).map(|a| &a.value)
    }
}

impl Binder<'_> {
    /// Hands the rows of a table to `sink`; the table, now with its rows kept where they are few.
    /// Nothing without data.
    pub(crate) fn learnt(
        &mut self,
        input: &mut Relation,
        span: Span,
        sink: &mut (dyn FnMut(&Batch) + Send),
    ) -> Option<()> {
        if self.reads_partition(&input.plan) {
            let message = "columns that only data can tell cannot be learnt inside partition yet";
            self.unsupported(span, message);
            return None;
        }
        match self.resolve.rows(&self.shared, &input.plan, sink)? {
            Learnt::Kept(name) => {
                input.plan = relation::scan(&name, input.plan.schema.clone()).plan;
            }
            Learnt::Gone => {}
        }
        Some(())
    }

    /// Narrows a table to a row for each cell.
    pub(crate) fn narrowed(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        if let Some(argument) = call.arguments.first() {
            let message = "`narrow` takes no arguments";
            self.error(Code::ArgumentCount, argument.value.span, message);
        }
        let schema = Schema::of(&[
            ("Row", Type::Long),
            ("Column", Type::String),
            ("Value", Type::String),
        ]);
        let columns = input.plan.columns(call.span).into_iter();
        let texts = columns.map(|(name, e)| (name, overload::convert(e, Type::String)));
        let texts = Plan::project(input.plan, texts.collect());
        Relation::new(Plan::whole(vec![texts], Operation::Narrow, schema))
    }

    /// A table of which some columns are known and others are not.
    pub(crate) fn partly_known(&self, columns: Vec<Column>) -> Relation {
        let mut relation = self.broken_table();
        relation.plan.schema = Schema {
            columns,
            open: true,
        };
        relation
    }
}
