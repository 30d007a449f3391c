//! Rows kept in order: in memory, and all of them in a file once memory is short.

use crate::contract::{Batch, Fault, Flow, Morsel};
use crate::engine::pipeline::{Pipeline, in_memory};
use crate::engine::rows::{join_up, slice, stream, weight};
use crate::engine::{Held, Run};
use crate::types::{Schema, Type};

use super::{SpillFile, types};

/// Rows kept in order: in memory, and all of them in a file once memory is short.
pub struct Kept<'a> {
    run: &'a Run<'a>,
    types: Vec<Type>,
    batches: Vec<Batch>,
    held: Held<'a>,
    file: Option<SpillFile>,
}

impl<'a> Kept<'a> {
    /// No rows yet, of columns of these types.
    pub fn new(run: &'a Run<'_>, types: Vec<Type>) -> Kept<'a> {
        Kept {
            run,
            types,
            batches: Vec::new(),
            held: run.held(),
            file: None,
        }
    }

    /// Adds rows behind the others.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add(&mut self, batch: Batch) -> Result<(), Fault> {
        if batch.rows == 0 {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            return file.write(&batch.columns, batch.rows);
        }
        let crowded = self.run.options.budget.is_crowded();
        if !crowded && self.held.add(weight(&batch)).is_ok() {
            self.batches.push(batch);
            return Ok(());
        }
        let mut file = self.run.spill_file(&self.types)?;
        for kept in std::mem::take(&mut self.batches) {
            self.run.options.cancel.check()?;
            file.write(&kept.columns, kept.rows)?;
        }
        self.held.set(0)?;
        file.write(&batch.columns, batch.rows)?;
        self.file = Some(file);
        Ok(())
    }

    /// Whether the rows went to a file.
    pub fn is_in_file(&self) -> bool {
        self.file.is_some()
    }

    /// Hands all rows to `sink`, in order.
    ///
    /// # Errors
    /// When they cannot be read, and as `sink`.
    pub fn drain(self, sink: &mut dyn FnMut(Batch) -> Result<(), Fault>) -> Result<(), Fault> {
        self.batches.into_iter().try_for_each(&mut *sink)?;
        if let Some(file) = self.file {
            let mut file = file.finish()?;
            while let Some(batch) = file.next_batch()? {
                self.run.options.cancel.check()?;
                sink(batch)?;
            }
        }
        Ok(())
    }

    /// The rows, to be read once.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn pipeline(self) -> Result<Pipeline, Fault> {
        match self.file {
            Some(file) => {
                let mut file = file.finish()?;
                let morsel_rows = self.run.options.morsel_rows;
                Ok(each_batch(move || file.next_batch(), morsel_rows))
            }
            None => Ok(self.held()?.1),
        }
    }

    /// The rows in memory, twice: to look at, and to be read on. Only for rows that are not in a file.
    ///
    /// # Errors
    /// When they are.
    pub fn held(self) -> Result<(Vec<Batch>, Pipeline), Fault> {
        if self.file.is_some() {
            return Err(Fault::internal(
                "rows in a file were taken for rows in memory",
            ));
        }
        let (batches, morsel_rows) = (self.batches.clone(), self.run.options.morsel_rows);
        let rows = Pipeline::held(self.batches, morsel_rows, self.held.keep());
        Ok((batches, rows))
    }
}

/// Batches as they become ready, in morsels of the size they would have in memory: then sums of reals are the same.
pub fn each_batch(
    mut next: impl FnMut() -> Result<Option<Batch>, Fault> + Send + 'static,
    morsel_rows: usize,
) -> Pipeline {
    let mut morsel = move || -> Result<Option<Box<dyn Morsel>>, Fault> {
        let (mut batches, mut rows) = (Vec::new(), 0);
        while rows < morsel_rows.max(1) {
            let Some(batch) = next()? else { break };
            rows += batch.rows;
            batches.push(batch);
        }
        in_memory(batches, usize::MAX).next().transpose()
    };
    Pipeline::of(move || Ok(Box::new(std::iter::from_fn(move || morsel().transpose()))))
}

/// The same rows in batches of `rows` rows.
pub fn sized(
    mut next: impl FnMut() -> Result<Option<Batch>, Fault> + Send + 'static,
    rows: usize,
    schema: Schema,
) -> impl FnMut() -> Result<Option<Batch>, Fault> + Send + 'static {
    let (mut parts, mut count) = (Vec::new(), 0);
    move || {
        while count < rows {
            let Some(batch) = next()? else { break };
            count += batch.rows;
            parts.push(batch);
        }
        if count == 0 {
            return Ok(None);
        }
        let all = join_up(&parts, &schema)?;
        let first = slice(&all, 0, count.min(rows));
        count -= first.rows;
        parts.clear();
        if count > 0 {
            parts.push(slice(&all, first.rows, count));
        }
        Ok(Some(first))
    }
}

/// The first `limit` rows of a pipeline, in memory or in a file.
///
/// # Errors
/// As the pipeline's, and when they cannot be written.
pub fn keep<'a>(
    run: &'a Run<'_>,
    pipeline: Pipeline,
    schema: &Schema,
    limit: Option<usize>,
) -> Result<Kept<'a>, Fault> {
    let mut kept = Kept::new(run, types(schema));
    stream(run, pipeline, limit, &mut |batch| {
        kept.add(batch)?;
        Ok(Flow::More)
    })?;
    Ok(kept)
}
