//! `partition`: a plan run for the rows of each value of a column, or once for all of them with their parts' numbers.

use std::sync::{Arc, OnceLock};

use arrow::array::{Int64Array, UInt32Array};
use arrow::compute::take;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::super::keys::KeyTable;
use super::super::pipeline::{Pipeline, guarded};
use super::super::{Held, Options, Run, Table, rows};
use super::foremost::Foremost;
use super::grouped::Grouped;
use crate::contract::{Batch, Fault};
use crate::plan::whole::Parts;
use crate::plan::{Node, Plan};
use crate::types::Schema;

fn lost() -> Fault {
    Fault::internal("partition has no body")
}

fn too_many(found: usize, most: usize) -> Fault {
    Fault::query(format!(
        "`partition` finds {found} different values, and its legacy strategy, which it has unless told otherwise, takes \
         {most}"
    ))
    .help("write partition hint.strategy=native by …")
}

fn few_enough(found: usize, parts: Parts) -> Result<(), Fault> {
    match parts.most {
        Some(most) if found > most => Err(too_many(found, most)),
        _ => Ok(()),
    }
}

/// The number of the shared sub-plan that a plan is.
fn shared_id(plan: &Plan) -> Result<usize, Fault> {
    match plan.node {
        Node::Shared { id } => Ok(id),
        _ => Err(lost()),
    }
}

impl Run<'_> {
    /// The rows that the body makes of each partition, partitions by their first row.
    pub(super) fn partition(
        &self,
        plan: &Plan,
        inputs: &[Plan],
        parts: Parts,
    ) -> Result<Pipeline, Fault> {
        let [input, body, leaf, anew @ ..] = inputs else {
            return Err(lost());
        };
        let pipeline = self.open(input, None)?;
        if parts.numbered {
            return self.all_parts(pipeline, input, [body, leaf], parts);
        }
        let (batches, mut held) = rows::collect(self, pipeline, None)?;
        let whole = rows::join_up(&batches, &input.schema)?;
        drop(batches);
        let key = whole.columns.get(parts.column).cloned().ok_or_else(lost)?;
        let ty = input.schema.columns.get(parts.column).ok_or_else(lost)?.ty;
        let groups = Grouped::by(&[key], &[ty], whole.rows)?;
        few_enough(groups.len(), parts)?;
        let order = UInt32Array::from(groups.rows().to_vec());
        // One buffer of text, so that what each part keeps of it is not a list of buffers.
        let rows = rows::tight(Batch {
            columns: rows::gather(&whole.columns, &order)?,
            ..whole
        });
        let starts: Vec<(usize, usize)> = groups.places().collect();
        drop((whole.columns, groups, order));
        let options = Options {
            threads: 1,
            ..self.options.clone()
        };
        let each = Each {
            run: self,
            options: &options,
            rows: &rows,
            body,
            leaf,
            anew,
            parts,
        };
        let made = each.all(&starts, &plan.schema, &mut held)?;
        held.set(made.iter().map(rows::weight).sum())?;
        Ok(Pipeline::held(made, self.options.morsel_rows, held.keep()))
    }

    /// The rows that a body makes of all partitions at once.
    fn all_parts(
        &self,
        mut pipeline: Pipeline,
        input: &Plan,
        [body, leaf]: [&Plan; 2],
        parts: Parts,
    ) -> Result<Pipeline, Fault> {
        if let Some(foremost) = Foremost::of(self, input, body, leaf, parts)? {
            pipeline = pipeline.then(foremost);
        }
        let (mut batches, mut held) = rows::collect(self, pipeline, None)?;
        let ty = input.schema.columns.get(parts.column).ok_or_else(lost)?.ty;
        let mut keys = KeyTable::new(&[ty]);
        for batch in &mut batches {
            let key = batch.columns.get(parts.column).cloned().ok_or_else(lost)?;
            let numbers = keys.insert(&[key], batch.rows)?;
            held.add(numbers.len() * 8)?;
            let numbers = Int64Array::from_iter_values(numbers.into_iter().map(i64::from));
            batch.columns.insert(0, Arc::new(numbers));
        }
        few_enough(keys.len(), parts)?;
        drop(keys);
        let mut shared = self.shared.to_vec();
        put(&mut shared, leaf, batches)?;
        // The body puts the rows in the order of their parts, so that none is left to be read when it is open.
        self.with(self.options, &shared).open(body, None)
    }

    /// A run of a part.
    fn with<'r>(&'r self, options: &'r Options, shared: &'r [Arc<Table>]) -> Run<'r> {
        Run {
            tables: self.tables,
            context: self.context,
            options,
            shared,
            pool: OnceLock::new(),
        }
    }
}

/// The body of a partition that is run for each part.
struct Each<'a> {
    run: &'a Run<'a>,
    options: &'a Options,
    /// The rows, those of a part next to each other.
    rows: &'a Batch,
    body: &'a Plan,
    leaf: &'a Plan,
    anew: &'a [Plan],
    parts: Parts,
}

/// Parts that are run side by side before what they made is put together.
const AT_ONCE: usize = 256;

impl Each<'_> {
    /// What the body makes of the parts that start at these rows and have so many.
    fn all(
        &self,
        starts: &[(usize, usize)],
        schema: &Schema,
        held: &mut Held<'_>,
    ) -> Result<Vec<Batch>, Fault> {
        let mut made = Vec::new();
        let mut waiting: Vec<Batch> = Vec::new();
        let mut rows = 0;
        for starts in starts.chunks(AT_ONCE) {
            for batches in self.side_by_side(starts)? {
                rows += batches.iter().map(|b| b.rows).sum::<usize>();
                waiting.extend(batches);
            }
            if rows >= self.options.batch_rows {
                self.put_together(&mut waiting, schema, held, &mut made)?;
                rows = 0;
            }
        }
        self.put_together(&mut waiting, schema, held, &mut made)?;
        Ok(made)
    }

    fn put_together(
        &self,
        waiting: &mut Vec<Batch>,
        schema: &Schema,
        held: &mut Held<'_>,
        made: &mut Vec<Batch>,
    ) -> Result<(), Fault> {
        let together = rows::tight(rows::join_up(&std::mem::take(waiting), schema)?);
        held.add(rows::weight(&together))?;
        made.extend(rows::pieces(together, self.options.batch_rows));
        Ok(())
    }

    /// What the body makes of several parts, in their order.
    fn side_by_side(&self, starts: &[(usize, usize)]) -> Result<Vec<Vec<Batch>>, Fault> {
        let part = |(start, rows): &(usize, usize)| guarded(|| self.part(*start, *rows));
        // A worker waits for nobody: only the run itself may share out.
        let alone = self.run.options.threads < 2 || starts.len() < 2;
        if alone || rayon::current_thread_index().is_some() {
            return starts.iter().map(part).collect();
        }
        let pool = self.run.pool()?;
        let made: Vec<Result<_, Fault>> = pool.install(|| starts.par_iter().map(part).collect());
        made.into_iter().collect()
    }

    fn part(&self, start: usize, count: usize) -> Result<Vec<Batch>, Fault> {
        self.options.cancel.check()?;
        let mut part = rows::slice(self.rows, start, count);
        let key = self
            .parts
            .carried
            .then(|| part.columns.remove(self.parts.column));
        let mut shared = self.run.shared.to_vec();
        put(&mut shared, self.leaf, vec![part])?;
        for pair in self.anew.chunks_exact(2) {
            let [place, plan] = pair else { continue };
            let run = self.run.with(self.options, &shared);
            let (made, _) = rows::collect(&run, run.open(plan, None)?, None)?;
            put(&mut shared, place, made)?;
        }
        let run = self.run.with(self.options, &shared);
        let (mut made, _) = rows::collect(&run, run.open(self.body, None)?, None)?;
        if let Some(key) = key {
            for batch in &mut made {
                let first = UInt32Array::from_value(0, batch.rows);
                batch.columns.insert(0, take(&key, &first, None)?);
            }
        }
        Ok(made)
    }
}

/// Puts rows in the place of a shared sub-plan.
fn put(shared: &mut [Arc<Table>], place: &Plan, batches: Vec<Batch>) -> Result<(), Fault> {
    let table = shared.get_mut(shared_id(place)?).ok_or_else(lost)?;
    *table = Arc::new(Table {
        schema: place.schema.clone(),
        batches,
    });
    Ok(())
}
