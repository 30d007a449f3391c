//! Binds `basket` and `schema_merge`: plugins that look at all rows at once.

use crate::bind::clusters::{Given, Rows, THRESHOLD};
use crate::bind::{Binder, Called, Relation};
use crate::diagnostic::Code;
use crate::plan::whole::Search;
use crate::plan::{Expr, Operation, Plan};
use crate::types::{Schema, Type, Value};

/// Columns of a pattern unless another number is written.
const DIMENSIONS: usize = 5;

impl Binder<'_> {
    /// The patterns of values that many rows share.
    pub(crate) fn basketed(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        self.basket(input, call)
            .unwrap_or_else(|| self.broken_table())
    }

    fn basket(&mut self, input: Relation, call: &Called<'_>) -> Option<Relation> {
        let mut given = Given::new(call);
        let (threshold, weight, dimensions) = (given.next(), given.next(), given.next());
        let threshold = self.threshold(threshold, THRESHOLD)?;
        let mut rows = Rows::new(&input, call);
        self.weights(&mut rows, weight)?;
        let dimensions = self.dimensions(dimensions, DIMENSIONS)?;
        let wildcards = self.wildcards(&rows.schema, given)?;
        if let Some(column) = rows.schema.columns.iter().find(|c| c.ty == Type::Dynamic) {
            let message = format!(
                "the column `{}` is dynamic, and how `basket` compares such values is not known",
                column.name
            );
            self.unsupported(call.span, message);
            return None;
        }
        let search = Search::Frequent {
            threshold,
            dimensions,
        };
        self.patterns(input, rows, search, wildcards, call)
    }

    /// One schema of the rows that several `getschema` give.
    pub(crate) fn schemas_merged(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        let ordered = match call.argument(0, "PreserveOrder") {
            None => Some(true),
            Some(e) => match self.constant(e, "PreserveOrder") {
                Some(Value::Bool(ordered)) => Some(ordered),
                Some(_) => {
                    self.error(Code::WrongType, e.span, "PreserveOrder is true or false");
                    None
                }
                None => None,
            },
        };
        let schema = Schema::of(&[
            ("ColumnName", Type::String),
            ("ColumnOrdinal", Type::Int),
            ("DataType", Type::String),
            ("ColumnType", Type::String),
        ]);
        let given = &input.plan.schema;
        let mut columns = Vec::new();
        for wanted in &schema.columns {
            let index = given.index(&wanted.name);
            match index.filter(|i| given.columns[*i].ty == wanted.ty) {
                Some(i) => {
                    columns.push((wanted.name.clone(), Expr::column(i, wanted.ty, call.span)))
                }
                None => {
                    let message = format!(
                        "`schema_merge` needs a column `{}: {}`, as `getschema` gives it",
                        wanted.name, wanted.ty
                    );
                    self.error(Code::UnknownName, call.span, message);
                    return self.broken_table();
                }
            }
        }
        let Some(ordered) = ordered else {
            return self.broken_table();
        };
        let rows = Plan::project(input.plan, columns);
        let operation = Operation::SchemaMerge(ordered);
        Relation::new(Plan::whole(vec![rows], operation, schema))
    }
}
