//! Rows that no part of a `partition` keeps, where a part keeps its first so many: they are left out as they come.

use arrow::buffer::BooleanBuffer;

use super::super::expression::Prepared;
use super::super::order::{Direction, Entry, Order, OrderColumn};
use super::super::pipeline::{Next, Step};
use super::super::{Run, steps};
use super::series::grouped;
use crate::contract::{Batch, Fault, Flow};
use crate::plan::optimise::is_volatile;
use crate::plan::whole::Parts;
use crate::plan::{Expr, ExprKind, Node, Plan};
use crate::types::Type;

/// Parts that keep more rows than this are not worth a look at each batch.
const FEW: u64 = 1000;

/// Leaves out rows of a batch that enough others of their part come before.
pub(super) struct Foremost {
    /// What parts the rows.
    column: usize,
    ty: Type,
    keys: Vec<(Prepared, Direction)>,
    limit: usize,
}

impl Foremost {
    /// For a body that begins with `top`, or `take`, of the rows of a part.
    pub fn of(
        run: &Run<'_>,
        input: &Plan,
        body: &Plan,
        leaf: &Plan,
        parts: Parts,
    ) -> Result<Option<Foremost>, Fault> {
        let Some((sort, count)) = first_rows(body, leaf) else {
            return Ok(None);
        };
        let wild = |key: &(Expr, Direction)| is_volatile(&key.0);
        if parts.carried || count > FEW || sort.iter().any(wild) {
            return Ok(None);
        }
        let Some(column) = input.schema.columns.get(parts.column) else {
            return Ok(None);
        };
        let preparation = run.preparation();
        let key =
            |(value, direction): (Expr, Direction)| Ok((preparation.expr(&value)?, direction));
        let keys = sort.into_iter().map(key).collect::<Result<_, Fault>>()?;
        Ok(Some(Foremost {
            column: parts.column,
            ty: column.ty,
            keys,
            limit: usize::try_from(count).unwrap_or(usize::MAX),
        }))
    }

    fn order(&self, batch: &Batch) -> Result<Order, Fault> {
        let column = |(key, direction): &(Prepared, Direction)| {
            OrderColumn::new(&key.column(batch)?, key.ty, *direction)
        };
        let columns = self.keys.iter().map(column);
        Ok(Order::new(columns.collect::<Result<_, _>>()?))
    }
}

/// What a plan sorts the rows of a part by, and how many of them it goes on with.
fn first_rows(body: &Plan, leaf: &Plan) -> Option<(Vec<(Expr, Direction)>, u64)> {
    let mut plan = body;
    loop {
        plan = match &plan.node {
            Node::Project { input, .. } => input,
            Node::Take { input, count } => {
                of_part(input, leaf)?;
                return Some((Vec::new(), *count));
            }
            Node::Sort {
                input,
                keys,
                limit: Some(count),
            } => {
                let computed = of_part(input, leaf)?;
                let keys = keys.iter().map(|key| {
                    let direction = Direction {
                        descending: key.descending,
                        nulls_first: key.nulls_first,
                    };
                    let mut value = key.value.clone();
                    if let Some(columns) = computed {
                        put_in(&mut value, columns)?;
                    }
                    Some((value, direction))
                });
                return Some((keys.collect::<Option<_>>()?, *count));
            }
            _ => return None,
        };
    }
}

/// Whether a plan is the rows of a part as they are, or columns computed of them.
fn of_part<'p>(plan: &'p Plan, leaf: &Plan) -> Option<Option<&'p [Expr]>> {
    match &plan.node {
        node if *node == leaf.node => Some(None),
        Node::Project { input, columns } if input.node == leaf.node => Some(Some(columns)),
        _ => None,
    }
}

/// Puts what columns are computed by in their place.
fn put_in(expr: &mut Expr, columns: &[Expr]) -> Option<()> {
    if let ExprKind::Column(index) = expr.kind {
        *expr = columns.get(index)?.clone();
        return Some(());
    }
    expr.children_mut()
        .iter_mut()
        .try_for_each(|child| put_in(child, columns))
}

impl Step for Foremost {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let missing = || Fault::internal("what parts the rows is missing");
        let key = batch
            .columns
            .get(self.column)
            .cloned()
            .ok_or_else(missing)?;
        let groups = grouped(&[key], &[self.ty], batch.rows)?;
        if groups.iter().all(|rows| rows.len() <= self.limit + 1) {
            return next(batch);
        }
        let order = self.order(&batch)?;
        let entries = order.entries(u32::try_from(batch.rows).unwrap_or(u32::MAX));
        let mut kept = vec![false; batch.rows];
        let mut keep = |row: u32| kept[row as usize] = true;
        for rows in groups {
            // Parts come in the order of their first rows.
            rows.first().copied().into_iter().for_each(&mut keep);
            let mut of_part: Vec<Entry> = rows.iter().map(|row| entries[*row as usize]).collect();
            if self.limit < of_part.len() {
                of_part.select_nth_unstable_by(self.limit, |a, b| order.compare(a, b));
                of_part.truncate(self.limit);
            }
            of_part.iter().for_each(|entry| keep(entry.row));
        }
        let kept = BooleanBuffer::collect_bool(batch.rows, |row| kept[row]);
        match steps::keep(batch, kept)? {
            Some(batch) => next(batch),
            None => Ok(Flow::More),
        }
    }
}
