//! Makes plans whose schema follows from their input.

use std::sync::Arc;

use crate::plan::{AggregateCall, Expr, Node, Operation, Plan, SortKey};
use crate::source::Span;
use crate::types::{Column, Schema, Value};

impl Plan {
    /// One row without columns: what `print` projects from.
    pub fn one_row() -> Plan {
        Plan {
            node: Node::Rows {
                columns: Vec::new(),
                rows: 1,
            },
            schema: Schema::default(),
        }
    }

    /// Constant rows: `columns[i]` holds the values of the schema's column `i`.
    pub fn rows(schema: Schema, columns: Vec<Vec<Value>>) -> Plan {
        let rows = columns.first().map_or(0, Vec::len);
        Plan {
            node: Node::Rows { columns, rows },
            schema,
        }
    }

    /// Columns computed from the input's.
    pub fn project(input: Plan, columns: Vec<(Arc<str>, Expr)>) -> Plan {
        let open = input.schema.open;
        let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let schema = Schema {
            columns: names
                .into_iter()
                .zip(&columns)
                .map(|(name, e)| Column::new(name, e.ty))
                .collect(),
            open: false,
        };
        // An open input without columns is an error's: what is computed from it stays open.
        let open = open && input.schema.columns.is_empty();
        Plan {
            node: Node::Project {
                input: Box::new(input),
                columns,
            },
            schema: Schema { open, ..schema },
        }
    }

    /// As [`Plan::project`], where functions of neighbouring rows may stand.
    pub fn window(input: Plan, columns: Vec<(Arc<str>, Expr)>) -> Plan {
        let mut plan = Plan::project(input, columns);
        if let Node::Project { input, columns } = plan.node {
            plan.node = Node::Window {
                input,
                columns,
                partition: None,
            };
        }
        plan
    }

    /// The rows for which `predicate` is true.
    pub fn filter(input: Plan, predicate: Expr) -> Plan {
        Plan {
            schema: input.schema.clone(),
            node: Node::Filter {
                input: Box::new(input),
                predicate,
            },
        }
    }

    /// Sorted rows, the first `limit` of them.
    pub fn sort(input: Plan, keys: Vec<SortKey>, limit: Option<u64>) -> Plan {
        Plan {
            schema: input.schema.clone(),
            node: Node::Sort {
                input: Box::new(input),
                keys,
                limit,
            },
        }
    }

    /// The first `count` rows.
    pub fn take(input: Plan, count: u64) -> Plan {
        Plan {
            schema: input.schema.clone(),
            node: Node::Take {
                input: Box::new(input),
                count,
            },
        }
    }

    /// Groups by `keys`; the schema names the keys, then every output of the aggregates.
    pub fn summarize(
        input: Plan,
        keys: Vec<Expr>,
        aggregates: Vec<AggregateCall>,
        schema: Schema,
    ) -> Plan {
        Plan {
            node: Node::Summarize {
                input: Box::new(input),
                keys,
                aggregates,
            },
            schema,
        }
    }

    /// An operation on whole tables, and the columns it yields.
    pub fn whole(inputs: Vec<Plan>, operation: Operation, schema: Schema) -> Plan {
        let operation = Box::new(operation);
        Plan {
            node: Node::Whole { inputs, operation },
            schema,
        }
    }

    /// Its columns as expressions over it, with their names.
    pub fn columns(&self, span: Span) -> Vec<(Arc<str>, Expr)> {
        self.schema
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| (c.name.clone(), Expr::column(i, c.ty, span)))
            .collect()
    }
}
