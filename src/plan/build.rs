//! Makes plans whose schema follows from their input.

use std::sync::Arc;

use crate::plan::neighbours::{apart, first_columns, looks_around};
use crate::plan::{AggregateCall, Expr, JoinKind, Node, Operation, Plan, SortKey};
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
        let windowed = columns.iter().any(looks_around);
        let input = Box::new(input);
        Plan {
            node: match windowed {
                true => Node::Window {
                    input,
                    columns,
                    partition: None,
                },
                false => Node::Project { input, columns },
            },
            schema: Schema { open, ..schema },
        }
    }

    /// As [`Plan::project`], where what is not known of the input stays as it is: its further columns are
    /// those of the result too.
    pub fn project_of_all(input: Plan, columns: Vec<(Arc<str>, Expr)>) -> Plan {
        let open = input.schema.open;
        let mut plan = Plan::project(input, columns);
        plan.schema.open = open;
        plan
    }

    /// As [`Plan::project`], as a window also without functions of neighbouring rows.
    pub fn window(input: Plan, columns: Vec<(Arc<str>, Expr)>) -> Plan {
        let mut plan = Plan::project(input, columns);
        plan.node = match plan.node {
            Node::Project { input, columns } => Node::Window {
                input,
                columns,
                partition: None,
            },
            node => node,
        };
        plan
    }

    /// The rows for which `predicate` is true.
    pub fn filter(input: Plan, mut predicate: Expr) -> Plan {
        let width = input.schema.len();
        let input = apart(input, [&mut predicate]);
        let filtered = Plan {
            schema: input.schema.clone(),
            node: Node::Filter {
                input: Box::new(input),
                predicate,
            },
        };
        first_columns(filtered, width)
    }

    /// Sorted rows, the first `limit` of them.
    pub fn sort(input: Plan, mut keys: Vec<SortKey>, limit: Option<u64>) -> Plan {
        let width = input.schema.len();
        let input = apart(input, keys.iter_mut().map(|key| &mut key.value));
        let sorted = Plan {
            schema: input.schema.clone(),
            node: Node::Sort {
                input: Box::new(input),
                keys,
                limit,
            },
        };
        first_columns(sorted, width)
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

    /// Rows of two plans put together, with the columns of the sides that the kind shows, as they are called there.
    pub fn join(
        [left, right]: [Plan; 2],
        kind: JoinKind,
        [left_keys, right_keys]: [Vec<Expr>; 2],
    ) -> Plan {
        let schema = match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => left.schema.clone(),
            JoinKind::RightSemi | JoinKind::RightAnti => right.schema.clone(),
            _ => {
                let columns = left.schema.columns.iter().chain(&right.schema.columns);
                Schema::new(columns.cloned().collect())
            }
        };
        Plan {
            node: Node::Join {
                left: Box::new(left),
                right: Box::new(right),
                kind,
                left_keys,
                right_keys,
            },
            schema,
        }
    }

    /// Groups by `keys`; the schema names the keys, then every output of the aggregates.
    pub fn summarize(
        input: Plan,
        mut keys: Vec<Expr>,
        mut aggregates: Vec<AggregateCall>,
        schema: Schema,
    ) -> Plan {
        let called = aggregates
            .iter_mut()
            .flat_map(|a| a.args.iter_mut().chain(&mut a.filter));
        let input = apart(input, keys.iter_mut().chain(called));
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
