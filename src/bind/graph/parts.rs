//! Binds `make-graph … partitioned-by`: what is done to the graph of each value of a column.

use super::Made;
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::operators::Operator;
use crate::operators::make_graph::GraphPartition;
use crate::plan::whole::Parts;
use crate::plan::{Expr, JoinKind, Node, Plan};
use crate::syntax::ast::Piped;
use crate::types::{Column, Schema};

/// How what is done to each part of a graph can be run.
enum Way {
    /// Over all parts at once.
    Together,
    /// For one part after the other.
    Apart,
}

impl Binder<'_> {
    /// What a subquery makes of each part of a graph: the rows of all parts together.
    pub(super) fn each_graph(
        &mut self,
        made: Made<'_>,
        parts: Vec<usize>,
        partition: &GraphPartition,
    ) -> Relation {
        let mut together = true;
        for (number, piped) in partition.operators.iter().enumerate() {
            match self.way(number, piped) {
                Some(Way::Together) => {}
                Some(Way::Apart) => together = false,
                None => return self.broken_table(),
            }
        }
        if !together {
            return self.graph_by_graph(made, &parts, partition);
        }
        // No match leaves its part, so all are searched at once.
        let graph = self.graph_of(made, parts);
        let graph = self.of_graph(graph);
        self.piped_through(graph, &partition.operators)
    }

    /// How an operator works on each part; says why it cannot stand there.
    fn way(&mut self, number: usize, piped: &Piped) -> Option<Way> {
        let way = match &piped.operator {
            Operator::GraphMatch(_) if number == 0 => return Some(Way::Together),
            Operator::GraphToTable(node) => {
                (number == 0 && node.outputs.len() == 1).then_some(Way::Apart)
            }
            operator if operator.takes_graph() => {
                let message = format!(
                    "`{}` cannot stand in what is done to each part of a graph",
                    operator.name()
                );
                let said = Diagnostic::new(Code::ArgumentValue, piped.span, message);
                self.say(said.kusto_as("KS177"));
                return None;
            }
            operator => row_wise(operator).filter(|_| number > 0),
        };
        if way.is_none() {
            let message = format!(
                "`{}` cannot run yet for each part of a graph",
                piped.operator.name()
            );
            self.unsupported(piped.span, message);
        }
        way
    }

    /// The graphs one after the other: each of the edges and nodes with one value of the column.
    fn graph_by_graph(
        &mut self,
        made: Made<'_>,
        parts: &[usize],
        partition: &GraphPartition,
    ) -> Relation {
        let span = partition.column.span;
        let [of_edges, of_tables @ ..] = parts else {
            return self.broken_table();
        };
        let ty = made.edges.schema.columns[*of_edges].ty;
        let schema = Schema::new(vec![Column::new("", ty)]);
        let column = |plan: &Plan, at: usize| {
            Plan::project(plan.clone(), vec![("".into(), Expr::column(at, ty, span))])
        };
        let mut inputs = vec![column(&made.edges, *of_edges)];
        let tables = made.tables.iter().zip(of_tables);
        inputs.extend(tables.map(|(table, at)| column(&table.plan, *at)));
        let all = Plan {
            node: Node::Union { inputs },
            schema: schema.clone(),
        };
        let key = || vec![Expr::column(0, ty, span)];
        let values = Plan::summarize(all, key(), Vec::new(), schema.clone());
        let leaf = self.part_rows(&schema);
        // Joined, and not compared: rows without a value are a part, too.
        let rows_of = |plan: Plan, at: usize| {
            let keys = [vec![Expr::column(at, ty, span)], key()];
            Plan::join([plan, leaf.clone()], JoinKind::LeftSemi, keys)
        };
        let mut own = made;
        own.edges = rows_of(own.edges, *of_edges);
        for (table, at) in own.tables.iter_mut().zip(of_tables) {
            let plan = std::mem::replace(&mut table.plan, leaf.clone());
            table.plan = rows_of(plan, *at);
        }
        let graph = self.graph_of(own, Vec::new());
        let graph = self.of_graph(graph);
        let body = self.piped_through(graph, &partition.operators).plan;
        if body.schema.open {
            return self.broken_table();
        }
        let schema = body.schema.clone();
        let parts = Parts {
            column: 0,
            carried: false,
            numbered: false,
            most: None,
        };
        Relation::new(self.per_part(values, body, leaf, parts, schema))
    }
}

/// How an operator on rows works behind one on graphs; nothing for those that have not been asked for.
fn row_wise(operator: &Operator) -> Option<Way> {
    match operator {
        Operator::Where(_)
        | Operator::Extend(_)
        | Operator::Project(_)
        | Operator::ProjectAway(_)
        | Operator::ProjectKeep(_)
        | Operator::ProjectRename(_)
        | Operator::ProjectReorder(_) => Some(Way::Together),
        Operator::Count(_)
        | Operator::Distinct(_)
        | Operator::MvExpand(_)
        | Operator::Serialize(_)
        | Operator::Sort(_)
        | Operator::Summarize(_)
        | Operator::Take(_)
        | Operator::Top(_) => Some(Way::Apart),
        _ => None,
    }
}
