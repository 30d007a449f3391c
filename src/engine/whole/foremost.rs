//! Rows that no part of a `partition` keeps, where a part keeps its first so many: they are left out as they come.

use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::buffer::BooleanBuffer;

use super::super::expression::Prepared;
use super::super::order::{Direction, Entry, Order, OrderColumn};
use super::super::pipeline::{Next, Step};
use super::super::{Run, steps};
use super::grouped::Grouped;
use crate::contract::{Batch, Fault, Flow};
use crate::plan::optimise::is_volatile;
use crate::plan::whole::Parts;
use crate::plan::{Expr, ExprKind, Node, Plan};
use crate::types::Type;

/// Parts that keep more rows than this are not worth a look at each batch.
const FEW: u64 = 1000;

/// After so many rows it is known whether looking at them is worth while.
const ENOUGH: usize = 1 << 16;

/// Leaves out rows of a batch that enough others of their part come before.
pub(super) struct Foremost {
    /// What parts the rows.
    column: usize,
    ty: Type,
    keys: Vec<(Prepared, Direction)>,
    limit: usize,
    /// Rows seen, and those of them that were left out.
    tried: AtomicUsize,
    left_out: AtomicUsize,
}

impl Foremost {
    /// For a body, run for all parts at once, that begins with `top`, or `take`, of the rows of each part.
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
        if count > FEW || sort.iter().any(wild) {
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
            tried: AtomicUsize::new(0),
            left_out: AtomicUsize::new(0),
        }))
    }

    /// Whether a look at batches has been worth little so far.
    fn is_idle(&self) -> bool {
        let tried = self.tried.load(Ordering::Relaxed);
        tried > ENOUGH && self.left_out.load(Ordering::Relaxed) < tried / 4
    }

    fn order(&self, batch: &Batch) -> Result<Order, Fault> {
        let column = |(key, direction): &(Prepared, Direction)| {
            OrderColumn::new(&key.column(batch)?, key.ty, *direction)
        };
        let columns = self.keys.iter().map(column);
        Ok(Order::new(columns.collect::<Result<_, _>>()?))
    }
}

/// What a plan over all parts sorts the rows of a part by, and how many of them it goes on with.
fn first_rows(body: &Plan, leaf: &Plan) -> Option<(Vec<(Expr, Direction)>, u64)> {
    let mut plan = body;
    loop {
        plan = match &plan.node {
            Node::Project { input, .. } => input,
            // Only puts the parts in order.
            Node::Sort {
                input,
                keys,
                limit: None,
            } if keys.len() == 1 => input,
            Node::Window {
                input,
                columns,
                partition: Some(partition),
            } => {
                let plain = |e: &Expr| matches!(e.kind, ExprKind::Column(_));
                let (count, true) = (partition.limit?, columns.iter().all(plain)) else {
                    return None;
                };
                let Node::Sort { input, keys, .. } = &input.node else {
                    return None;
                };
                let computed = of_part(input, leaf)?;
                // The first key is the number of the part, which the leaf's first column is.
                let keys = keys.iter().skip(1).map(|key| {
                    let direction = Direction {
                        descending: key.descending,
                        nulls_first: key.nulls_first,
                    };
                    let mut value = key.value.clone();
                    if let Some(columns) = computed {
                        put_in(&mut value, columns)?;
                    }
                    Some((without_number(value)?, direction))
                });
                return Some((keys.collect::<Option<_>>()?, count));
            }
            _ => return None,
        };
    }
}

/// An expression over the columns behind the first.
fn without_number(mut value: Expr) -> Option<Expr> {
    let mut counted = false;
    value.visit_mut(&mut |e| {
        if let ExprKind::Column(index) = &mut e.kind {
            counted |= *index == 0;
            *index = index.saturating_sub(1);
        }
    });
    (!counted).then_some(value)
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
        if self.is_idle() {
            return next(batch);
        }
        self.tried.fetch_add(batch.rows, Ordering::Relaxed);
        let groups = Grouped::by(&[key], &[self.ty], batch.rows)?;
        if groups.iter().all(|rows| rows.len() <= self.limit + 1) {
            return next(batch);
        }
        let order = self.order(&batch)?;
        let entries = order.entries(u32::try_from(batch.rows).unwrap_or(u32::MAX));
        let mut kept = vec![false; batch.rows];
        let mut keep = |row: u32| kept[row as usize] = true;
        for rows in groups.iter() {
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
        let left_out = batch.rows - kept.count_set_bits();
        self.left_out.fetch_add(left_out, Ordering::Relaxed);
        match steps::keep(batch, kept)? {
            Some(batch) => next(batch),
            None => Ok(Flow::More),
        }
    }
}
