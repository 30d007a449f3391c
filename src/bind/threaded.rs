//! Subqueries that run once per row or group of an outer table, as one plan over all of them: the outer row's columns
//! are carried along in front of the subquery's own, the first of them its number, and whatever looks at several rows
//! looks at those of one number.

use std::sync::Arc;

use crate::plan::whole::Scan;
use crate::plan::{
    AggregateCall, AggregateRole, Expr, ExprKind, JoinKind, Node, Operation, Partition, Plan,
    SortKey,
};
use crate::source::Span;
use crate::types::{Schema, Type, Value};

/// The outer columns on their way through a subquery.
pub(crate) struct Thread {
    /// The shared sub-plan that stands for the subquery's input.
    pub leaf: usize,
    /// That input behind the carried columns.
    pub input: Plan,
    /// How many columns are carried; the first is the row's number, a `long`.
    pub width: usize,
    /// Where it stands in the query.
    pub span: Span,
}

/// Whether a plan reads a shared sub-plan.
pub(crate) fn reads(plan: &Plan, id: usize) -> bool {
    let mut found = reads_values(plan, id);
    plan.visit(&mut |p| found |= matches!(p.node, Node::Shared { id: other } if other == id));
    found
}

/// Whether an expression of a plan reads a shared sub-plan.
pub(crate) fn reads_values(plan: &Plan, id: usize) -> bool {
    let mut found = false;
    plan.visit(&mut |p| {
        for expr in p.exprs() {
            expr.visit(&mut |e| {
                if let ExprKind::Shared(other) | ExprKind::SharedList(other) = e.kind {
                    found |= other == id;
                }
            });
        }
    });
    found
}

/// Whether each row of a plan comes from one row of its input, whatever the others are.
pub(crate) fn is_row_wise(plan: &Plan) -> bool {
    match &plan.node {
        Node::Shared { .. } => true,
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Expand { input, .. }
        | Node::Extract { input, .. } => is_row_wise(input),
        _ => false,
    }
}

/// The column of the shared sub-plan `leaf` that a plan passes on as its column `index`, unchanged.
pub(crate) fn origin(plan: &Plan, leaf: usize, index: usize) -> Option<usize> {
    let bare = |e: &Expr| match e.kind {
        ExprKind::Column(column) => Some(column),
        _ => None,
    };
    match &plan.node {
        Node::Shared { id } => (*id == leaf).then_some(index),
        Node::Filter { input, .. } | Node::Sort { input, .. } | Node::Take { input, .. } => {
            origin(input, leaf, index)
        }
        Node::Project { input, columns } | Node::Window { input, columns, .. } => {
            origin(input, leaf, bare(columns.get(index)?)?)
        }
        Node::Expand { input, keep, .. } | Node::Extract { input, keep, .. } => {
            origin(input, leaf, *keep.get(index)?)
        }
        Node::Summarize {
            input,
            keys,
            aggregates,
        } => {
            if let Some(key) = keys.get(index) {
                return origin(input, leaf, bare(key)?);
            }
            let mut first = keys.len();
            for call in aggregates {
                let end = first + call.outputs.len();
                if index < end {
                    // These pass on values of one row of the group.
                    let role = call.function.role;
                    let passes = matches!(
                        role,
                        AggregateRole::ArgMax | AggregateRole::ArgMin | AggregateRole::TakeAny
                    );
                    let arg = call.args.get(index - first).filter(|_| passes)?;
                    return origin(input, leaf, bare(arg)?);
                }
                first = end;
            }
            None
        }
        Node::Join { left, .. } if index < left.schema.len() => origin(left, leaf, index),
        Node::Whole { inputs, operation } if matches!(**operation, Operation::Scan(_)) => {
            let input = inputs.first().filter(|input| index < input.schema.len())?;
            origin(input, leaf, index)
        }
        _ => None,
    }
}

impl Thread {
    /// The subquery over all outer rows; nothing when it holds what cannot be told apart by row.
    pub fn through(&self, plan: Plan) -> Option<Plan> {
        let Plan { node, schema } = plan;
        let schema = self.with_carried(&schema);
        let node = match node {
            Node::Shared { id } if id == self.leaf => return Some(self.input.clone()),
            Node::Filter { input, predicate } => Node::Filter {
                input: Box::new(self.through(*input)?),
                predicate: self.moved(predicate),
            },
            Node::Project { input, columns } => Node::Project {
                input: Box::new(self.through(*input)?),
                columns: self.carrying(columns),
            },
            Node::Expand {
                input,
                keep,
                mut items,
                index,
                limit,
            } => {
                for item in &mut items {
                    item.value = self.moved(item.value.clone());
                }
                Node::Expand {
                    input: Box::new(self.through(*input)?),
                    keep: self.keeping(&keep),
                    items,
                    index,
                    limit,
                }
            }
            Node::Extract {
                input,
                keep,
                source,
                pattern,
                outputs,
                matched,
            } => Node::Extract {
                input: Box::new(self.through(*input)?),
                keep: self.keeping(&keep),
                source: self.moved(source),
                pattern,
                outputs,
                matched,
            },
            Node::Window {
                input,
                columns,
                partition,
            } => Node::Window {
                input: Box::new(self.in_order(self.through(*input)?)),
                columns: self.carrying(columns),
                partition: Some(match partition {
                    // Its numbers are of one outer row each.
                    Some(partition) => Partition {
                        column: partition.column + self.width,
                        ..partition
                    },
                    None => by_row(None),
                }),
            },
            Node::Sort { input, keys, limit } => return self.sorted(*input, keys, limit),
            Node::Take { input, count } => {
                let rows = self.in_order(self.through(*input)?);
                return Some(self.first(rows, count));
            }
            Node::Summarize {
                input,
                keys,
                aggregates,
            } => return self.grouped(*input, keys, aggregates, schema),
            Node::Join {
                left,
                right,
                kind:
                    kind @ (JoinKind::Inner
                    | JoinKind::LeftOuter
                    | JoinKind::LeftSemi
                    | JoinKind::LeftAnti),
                left_keys,
                right_keys,
            } if !reads(&right, self.leaf) => Node::Join {
                left: Box::new(self.through(*left)?),
                right,
                kind,
                left_keys: left_keys.into_iter().map(|k| self.moved(k)).collect(),
                right_keys,
            },
            Node::Whole { inputs, operation } => match *operation {
                Operation::Scan(scan) => return self.scanned(inputs, scan, schema),
                _ => return None,
            },
            _ => return None,
        };
        Some(Plan { node, schema })
    }

    /// A sort within each outer row, and its first rows.
    fn sorted(&self, input: Plan, keys: Vec<SortKey>, limit: Option<u64>) -> Option<Plan> {
        let mut by = vec![self.row_key()];
        by.extend(keys.into_iter().map(|key| SortKey {
            value: self.moved(key.value),
            ..key
        }));
        let sorted = Plan::sort(self.through(input)?, by, None);
        Some(match limit {
            Some(limit) => self.first(sorted, limit),
            None => sorted,
        })
    }

    /// A `scan` of the rows of each outer row by themselves.
    fn scanned(&self, inputs: Vec<Plan>, scan: Scan, schema: Schema) -> Option<Plan> {
        let input = inputs.into_iter().next()?;
        // What expressions read comes once for the row, and once for the state of each step.
        let width = input.schema.len() + scan.defaults.len();
        let mut operation = Operation::Scan(scan);
        for expr in operation.exprs_mut() {
            expr.visit_mut(&mut |e| {
                if let ExprKind::Column(index) = &mut e.kind {
                    *index += (*index / width + 1) * self.width;
                }
            });
        }
        if let Operation::Scan(scan) = &mut operation {
            scan.partition.insert(0, self.row_column());
        }
        let input = self.in_order(self.through(input)?);
        Some(Plan::whole(vec![input], operation, schema))
    }

    /// Groups within each outer row; without keys one for each, whether or not it has rows.
    fn grouped(
        &self,
        input: Plan,
        keys: Vec<Expr>,
        mut aggregates: Vec<AggregateCall>,
        schema: Schema,
    ) -> Option<Plan> {
        let fill = keys.is_empty() && drops(&input);
        let input = self.through(input)?;
        for call in &mut aggregates {
            for arg in &mut call.args {
                *arg = self.moved(arg.clone());
            }
            call.filter = call.filter.take().map(|f| self.moved(f));
        }
        let keys = self.carrying(keys);
        if !fill {
            return Some(Plan::summarize(input, keys, aggregates, schema));
        }
        let empty = Plan {
            schema: input.schema.clone(),
            node: Node::Rows {
                columns: vec![Vec::new(); input.schema.len()],
                rows: 0,
            },
        };
        let own = Schema::new(schema.columns.iter().skip(self.width).cloned().collect());
        let grouped = Plan::summarize(input, keys, aggregates.clone(), schema);
        let defaults = Plan::summarize(empty, Vec::new(), aggregates, own);
        Some(self.filled(grouped, defaults))
    }

    /// Groups, and the defaults for each outer row that has rows but no group.
    fn filled(&self, grouped: Plan, defaults: Plan) -> Plan {
        let number = || vec![self.row_column()];
        let row = Schema::new(self.input.schema.columns[..1].to_vec());
        let all = Plan::summarize(self.input.clone(), number(), Vec::new(), row.clone());
        let found = Plan {
            schema: row,
            node: Node::Project {
                input: Box::new(grouped.clone()),
                columns: number(),
            },
        };
        let missing = Plan::join([all, found], JoinKind::LeftAnti, [number(), number()]);
        let one = || vec![Expr::literal(Value::Long(1), self.span)];
        let schema = grouped.schema.clone();
        let mut filling = Plan::join([missing, defaults], JoinKind::Inner, [one(), one()]);
        filling.schema = schema.clone();
        Plan {
            schema,
            node: Node::Union {
                inputs: vec![grouped, filling],
            },
        }
    }

    fn with_carried(&self, schema: &Schema) -> Schema {
        let carried = self.input.schema.columns.iter().take(self.width);
        Schema {
            columns: carried.chain(&schema.columns).cloned().collect(),
            open: schema.open,
        }
    }

    fn moved(&self, mut expr: Expr) -> Expr {
        expr.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = &mut e.kind {
                *index += self.width;
            }
        });
        expr
    }

    fn carrying(&self, columns: Vec<Expr>) -> Vec<Expr> {
        let carried = self.input.schema.columns.iter().take(self.width);
        let carried = carried
            .enumerate()
            .map(|(i, c)| Expr::column(i, c.ty, self.span));
        let own = columns.into_iter().map(|c| self.moved(c));
        carried.chain(own).collect()
    }

    fn keeping(&self, keep: &[usize]) -> Vec<usize> {
        let own = keep.iter().map(|c| c + self.width);
        (0..self.width).chain(own).collect()
    }

    fn row_column(&self) -> Expr {
        Expr::column(0, Type::Long, self.span)
    }

    fn row_key(&self) -> SortKey {
        SortKey {
            value: self.row_column(),
            descending: false,
            nulls_first: true,
        }
    }

    /// The rows of each number next to each other, in the order of the numbers.
    pub(crate) fn in_order(&self, plan: Plan) -> Plan {
        match is_in_order(&plan) {
            true => plan,
            false => Plan::sort(plan, vec![self.row_key()], None),
        }
    }

    /// The first rows of each number.
    fn first(&self, plan: Plan, limit: u64) -> Plan {
        let columns = plan.columns(self.span);
        let mut first = Plan::window(plan, columns);
        if let Node::Window { partition, .. } = &mut first.node {
            *partition = Some(by_row(Some(limit)));
        }
        first
    }
}

/// A partition by the number of the outer row, which is the first column.
fn by_row(limit: Option<u64>) -> Partition {
    Partition { column: 0, limit }
}

/// Whether a plan over all outer rows yields them in the order of their numbers.
fn is_in_order(plan: &Plan) -> bool {
    match &plan.node {
        // What is sorted is sorted by the numbers first.
        Node::Sort { .. } => true,
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Window { input, .. }
        | Node::Expand { input, .. }
        | Node::Extract { input, .. } => is_in_order(input),
        _ => false,
    }
}

/// Whether a plan may leave out all rows of an outer row.
fn drops(plan: &Plan) -> bool {
    match &plan.node {
        Node::Shared { .. } => false,
        Node::Sort { limit: Some(0), .. } | Node::Take { count: 0, .. } => true,
        Node::Window {
            partition: Some(Partition { limit: Some(0), .. }),
            ..
        } => true,
        Node::Project { input, .. }
        | Node::Window { input, .. }
        | Node::Summarize { input, .. }
        | Node::Sort { input, .. }
        | Node::Take { input, .. }
        | Node::Extract {
            input,
            matched: false,
            ..
        } => drops(input),
        _ => true,
    }
}

/// A table's rows numbered from 1, the number first.
pub(crate) fn numbered(input: Plan, row_number: Expr, span: Span) -> Plan {
    let mut columns: Vec<(Arc<str>, Expr)> = vec![("$row".into(), row_number)];
    columns.extend(input.columns(span));
    Plan::window(input, columns)
}
