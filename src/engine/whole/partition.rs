//! `partition`: a plan run for the rows of each value of a column.

use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::super::pipeline::Pipeline;
use super::super::{Options, Run, Table, rows};
use super::foremost::Foremost;
use super::series::grouped;
use crate::contract::{Batch, Fault};
use crate::plan::whole::Parts;
use crate::plan::{Node, Plan};

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
        let mut pipeline = self.open(input, None)?;
        if let Some(foremost) = Foremost::of(self, input, body, leaf, parts)? {
            pipeline = pipeline.then(foremost);
        }
        let (batches, mut held) = rows::collect(self, pipeline, None)?;
        let whole = rows::join_up(&batches, &input.schema)?;
        drop(batches);
        let key = whole.columns.get(parts.column).cloned().ok_or_else(lost)?;
        let mut shared = self.shared.to_vec();
        let options = Options {
            threads: 1,
            ..self.options.clone()
        };
        let mut results: Vec<Batch> = Vec::new();
        let ty = input.schema.columns.get(parts.column).ok_or_else(lost)?.ty;
        let groups = grouped(&[Arc::clone(&key)], &[ty], whole.rows)?;
        if let Some(most) = parts.most
            && groups.len() > most
        {
            return Err(too_many(groups.len(), most));
        }
        for group in groups {
            self.options.cancel.check()?;
            let taken = UInt32Array::from(group);
            let mut columns = rows::gather(&whole.columns, &taken)?;
            if parts.carried {
                columns.remove(parts.column);
            }
            let part = Batch {
                columns,
                rows: taken.len(),
                position: 0,
            };
            put(&mut shared, leaf, vec![part])?;
            for pair in anew.chunks_exact(2) {
                let [place, plan] = pair else { continue };
                let run = self.with(&options, &shared);
                let (made, _) = rows::collect(&run, run.open(plan, None)?, None)?;
                put(&mut shared, place, made)?;
            }
            let run = self.with(&options, &shared);
            let made = run.open(body, None)?;
            let (made, weight) = rows::collect(&run, made, None)?;
            held.add(weight.bytes)?;
            for mut batch in made {
                if parts.carried {
                    let first = UInt32Array::from_value(taken.value(0), batch.rows);
                    let key: ArrayRef = take(&key, &first, None)?;
                    batch.columns.insert(0, key);
                }
                results.push(batch);
            }
        }
        let whole = rows::join_up(&results, &plan.schema)?;
        held.set(rows::weight(&whole))?;
        let batches = rows::pieces(whole, self.options.batch_rows);
        let held = held.keep();
        Ok(Pipeline::held(batches, self.options.morsel_rows, held))
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

/// Puts rows in the place of a shared sub-plan.
fn put(shared: &mut [Arc<Table>], place: &Plan, batches: Vec<Batch>) -> Result<(), Fault> {
    let table = shared.get_mut(shared_id(place)?).ok_or_else(lost)?;
    *table = Arc::new(Table {
        schema: place.schema.clone(),
        batches,
    });
    Ok(())
}
