//! Binds `partition`: a pipeline over the rows of each value of a column.

use crate::bind::{Binder, Relation, mark};
use crate::diagnostic::Code;
use crate::plan::{Node, Operation, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::Type;

impl Binder<'_> {
    /// What `operators` make of the rows of each value of `column`.
    pub(crate) fn partitioned(
        &mut self,
        input: Relation,
        column: &ast::Expr,
        operators: &[ast::Piped],
        span: Span,
    ) -> Relation {
        let schema = input.plan.schema.clone();
        let Some(key) = self.matching_one(&schema, column).first().copied() else {
            return self.broken_table();
        };
        if schema.columns[key].ty == Type::Dynamic {
            let message = "a dynamic column cannot be partitioned by";
            self.error(Code::DynamicKey, column.span, message);
            return self.broken_table();
        }
        if schema.open {
            return self.broken_table();
        }
        let empty = Plan::rows(schema.clone(), vec![Vec::new(); schema.len()]);
        let id = self.share(empty);
        self.partitions.push(id);
        let leaf = Plan {
            node: Node::Shared { id },
            schema,
        };
        let part = Relation::new(leaf.clone());
        let made = self.outside(|b| {
            let mut relation = part;
            for piped in operators {
                relation = piped.operator.bind(b, Some(relation), piped.span);
            }
            relation
        });
        if made.plan.schema.open {
            return self.broken_table();
        }
        // What is shared runs once, and not for each partition.
        let shared = self.shared.get(id + 1..).unwrap_or_default().to_vec();
        if shared.iter().any(|plan| self.reads_partition(plan)) {
            let message = "partition cannot use the rows of a part twice yet";
            self.unsupported(span, message);
            return self.broken_table();
        }
        let schema = made.plan.schema.clone();
        let inputs = vec![input.plan, made.plan, leaf];
        Relation::new(Plan::whole(inputs, Operation::Partition(key), schema))
    }

    /// Whether a plan reads the rows of a partition.
    pub(super) fn reads_partition(&self, plan: &Plan) -> bool {
        let mut used = vec![false; self.shared.len()];
        mark(plan, &mut used);
        self.partitions
            .iter()
            .any(|id| used.get(*id) == Some(&true))
    }
}
