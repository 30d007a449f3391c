//! Binds `partition`: a pipeline over the rows of each value of a column.

use crate::bind::shared::mark;
use crate::bind::threaded::{Thread, reads_values};
use crate::bind::{Binder, Binding, Relation};
use crate::diagnostic::Code;
use crate::plan::whole::Parts;
use crate::plan::{Expr, ExprKind, Node, Operation, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Schema, Type};

/// How many values the column of a partition without a strategy, or with the legacy one, may have.
pub(crate) const MOST_LEGACY: usize = 64;

impl Binder<'_> {
    /// What `operators` make of the rows of each value of `column`, of which there may be `most`.
    pub(crate) fn partitioned(
        &mut self,
        input: Relation,
        column: &ast::Expr,
        operators: &[ast::Piped],
        most: Option<usize>,
    ) -> Relation {
        let Some(key) = self.partition_key(&input.plan.schema, column) else {
            return self.broken_table();
        };
        let leaf = self.part_rows(&input.plan.schema);
        let made = self.piped_through(Relation::new(leaf.clone()), operators);
        let mut parts = Parts {
            column: key,
            carried: false,
            numbered: false,
            most,
        };
        if let Some((body, leaf)) = self.for_all_parts(&made.plan, &leaf, column.span) {
            parts.numbered = true;
            return self.each_part(input.plan, body, leaf, parts);
        }
        self.each_part(input.plan, made.plan, leaf, parts)
    }

    /// What a query makes of each value of `column`, which it sees as a single value.
    pub(crate) fn partitioned_query(
        &mut self,
        input: Relation,
        column: &ast::Expr,
        query: &ast::Expr,
    ) -> Relation {
        let Some(key) = self.partition_key(&input.plan.schema, column) else {
            return self.broken_table();
        };
        let found = input.plan.schema.columns[key].clone();
        let ty = found.ty;
        let schema = Schema::new(vec![found.clone()]);
        let value = Expr::column(key, ty, column.span);
        let values = Plan::summarize(input.plan, vec![value], Vec::new(), schema.clone());
        let leaf = self.part_rows(&schema);
        let Node::Shared { id } = leaf.node else {
            return self.broken_table();
        };
        let value = Expr {
            kind: ExprKind::Shared(id),
            ty,
            span: column.span,
        };
        let env = self.env.clone();
        let name = ast::Name {
            text: found.name,
            quoted: false,
            span: column.span,
        };
        self.bind_name(
            &name,
            Binding::Scalar {
                expr: value,
                row: None,
            },
        );
        let made = self.outside(|b| b.table(query));
        self.env = env;
        let parts = Parts {
            column: 0,
            carried: false,
            numbered: false,
            most: Some(MOST_LEGACY),
        };
        self.each_part(values, made.plan, leaf, parts)
    }

    /// A table piped through the operators of a subquery.
    pub(crate) fn piped_through(&mut self, input: Relation, operators: &[ast::Piped]) -> Relation {
        self.outside(|b| b.through(input, operators))
    }

    /// As [`Binder::piped_through`], where the row at hand is out of sight already.
    pub(crate) fn through(&mut self, input: Relation, operators: &[ast::Piped]) -> Relation {
        let mut relation = input;
        for piped in operators {
            relation = self.pipe(Some(relation), piped);
        }
        let span = operators.last().map_or(Span::default(), |last| last.span);
        self.no_graph(relation, span)
    }

    fn partition_key(&mut self, schema: &Schema, column: &ast::Expr) -> Option<usize> {
        let key = self.matching_one(schema, column).first().copied()?;
        if schema.columns[key].ty == Type::Dynamic {
            let message = "a dynamic column cannot be partitioned by";
            self.error(Code::DynamicKey, column.span, message);
            return None;
        }
        (!schema.open).then_some(key)
    }

    /// The shared sub-plan that stands for the rows of a part.
    pub(crate) fn part_rows(&mut self, schema: &Schema) -> Plan {
        let empty = Plan::rows(schema.clone(), vec![Vec::new(); schema.len()]);
        let id = self.share(empty);
        self.partitions.push(id);
        Plan {
            node: Node::Shared { id },
            schema: schema.clone(),
        }
    }

    /// A body that is run once for the rows of all parts, which it tells apart by their numbers, and the shared
    /// sub-plan that stands for these; nothing when it has to be run for each part.
    fn for_all_parts(&mut self, body: &Plan, leaf: &Plan, span: Span) -> Option<(Plan, Plan)> {
        let Node::Shared { id } = leaf.node else {
            return None;
        };
        if body.schema.open || reads_values(body, id) || !self.run_anew(id).is_empty() {
            return None;
        }
        let mut columns = vec![Column::new("$part", Type::Long)];
        columns.extend(leaf.schema.columns.iter().cloned());
        let numbered = self.part_rows(&Schema::new(columns));
        let thread = Thread {
            leaf: id,
            input: numbered.clone(),
            width: 1,
            span,
        };
        let rows = thread.in_order(thread.through(body.clone())?);
        let own = rows.columns(span).into_iter().skip(1).collect();
        Some((Plan::project(rows, own), numbered))
    }

    fn each_part(&self, input: Plan, body: Plan, leaf: Plan, parts: Parts) -> Relation {
        if body.schema.open {
            return self.broken_table();
        }
        let schema = body.schema.clone();
        Relation::new(self.per_part(input, body, leaf, parts, schema))
    }

    /// A body run for each part of the input.
    pub(crate) fn per_part(
        &self,
        input: Plan,
        body: Plan,
        leaf: Plan,
        parts: Parts,
        schema: Schema,
    ) -> Plan {
        let anew = match leaf.node {
            Node::Shared { id } => self.run_anew(id),
            _ => Vec::new(),
        };
        let mut inputs = vec![input, body, leaf];
        inputs.extend(anew);
        Plan::whole(inputs, Operation::Partition(parts), schema)
    }

    /// The shared sub-plans that read the rows of a part, and so differ from part to part.
    fn run_anew(&self, leaf: usize) -> Vec<Plan> {
        let mut differs = vec![false; self.shared.len()];
        let mut pairs = Vec::new();
        if let Some(place) = differs.get_mut(leaf) {
            *place = true;
        }
        for (id, plan) in self.shared.iter().enumerate().skip(leaf + 1) {
            let mut used = vec![false; self.shared.len()];
            mark(plan, &mut used);
            if used
                .iter()
                .zip(&differs)
                .any(|(used, differs)| *used && *differs)
            {
                differs[id] = true;
                pairs.push(Plan {
                    node: Node::Shared { id },
                    schema: plan.schema.clone(),
                });
                pairs.push(plan.clone());
            }
        }
        pairs
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
