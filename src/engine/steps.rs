//! The row-wise operators: filter and project.

use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use arrow::compute::FilterBuilder;

use super::expression::Prepared;
use super::pipeline::{Next, Step};
use crate::contract::{Batch, Fault, Flow};

/// Keeps the rows for which a predicate is true.
pub struct Filter {
    /// The predicate.
    pub predicate: Prepared,
    /// The columns the next step reads, if it is known not to read all: the others are left as they are, and
    /// mean nothing then.
    pub needed: Option<Vec<usize>>,
}

impl Step for Filter {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let selected = self.predicate.select(&batch)?;
        let rows = selected.count_set_bits();
        let Some(needed) = self
            .needed
            .as_ref()
            .filter(|_| rows > 0 && rows < batch.rows)
        else {
            return match keep(batch, selected)? {
                Some(batch) => next(batch),
                None => Ok(Flow::More),
            };
        };
        let mask = BooleanArray::new(selected, None);
        let filter = FilterBuilder::new(&mask).optimize().build();
        let mut columns = batch.columns;
        for index in needed {
            if let Some(column) = columns.get_mut(*index) {
                *column = filter.filter(column)?;
            }
        }
        next(Batch {
            columns,
            rows,
            position: batch.position,
        })
    }
}

/// The rows of `batch` whose bit is set; `None` when there are none.
///
/// # Errors
/// A bug of ours only.
pub fn keep(batch: Batch, selected: BooleanBuffer) -> Result<Option<Batch>, Fault> {
    let rows = selected.count_set_bits();
    if rows == 0 {
        return Ok(None);
    }
    if rows == batch.rows {
        return Ok(Some(batch));
    }
    let mask = BooleanArray::new(selected, None);
    let filter = FilterBuilder::new(&mask).optimize().build();
    let columns = batch.columns.iter().map(|c| filter.filter(c));
    Ok(Some(Batch {
        columns: columns.collect::<Result<_, _>>()?,
        rows,
        position: batch.position,
    }))
}

/// Computes new columns.
pub struct Project(pub Vec<Prepared>);

impl Step for Project {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        next(project(&self.0, &batch)?)
    }
}

/// The columns of `exprs` over a batch.
///
/// # Errors
/// As the expressions.
pub fn project(exprs: &[Prepared], batch: &Batch) -> Result<Batch, Fault> {
    Ok(Batch {
        columns: exprs
            .iter()
            .map(|e| e.column(batch))
            .collect::<Result<_, _>>()?,
        rows: batch.rows,
        position: batch.position,
    })
}
