//! `partition`: a plan run for the rows of each value of a column.

use std::sync::{Arc, OnceLock};

use arrow::array::UInt32Array;

use super::super::pipeline::Pipeline;
use super::super::{Options, Run, Table, rows};
use super::series::grouped;
use crate::contract::{Batch, Fault};
use crate::plan::{Node, Plan};

impl Run<'_> {
    /// The rows that the body makes of each partition, partitions by their first row.
    pub(super) fn partition(
        &self,
        plan: &Plan,
        inputs: &[Plan],
        column: usize,
    ) -> Result<Pipeline, Fault> {
        let lost = || Fault::internal("partition has no body");
        let [input, body, leaf] = inputs else {
            return Err(lost());
        };
        let Node::Shared { id } = leaf.node else {
            return Err(lost());
        };
        let pipeline = self.open(input, None)?;
        let (batches, mut held) = rows::collect(self, pipeline, None)?;
        let whole = rows::join_up(&batches, &input.schema)?;
        drop(batches);
        let key = whole.columns.get(column).cloned().ok_or_else(lost)?;
        let mut shared = self.shared.to_vec();
        let options = Options {
            threads: 1,
            ..self.options.clone()
        };
        let mut results: Vec<Batch> = Vec::new();
        for group in grouped(&[key], whole.rows)? {
            self.options.cancel.check()?;
            let taken = UInt32Array::from(group);
            let part = Batch {
                columns: rows::gather(&whole.columns, &taken)?,
                rows: taken.len(),
                position: 0,
            };
            let place = shared.get_mut(id).ok_or_else(lost)?;
            *place = Arc::new(Table {
                schema: leaf.schema.clone(),
                batches: vec![part],
            });
            let run = Run {
                tables: self.tables,
                context: self.context,
                options: &options,
                shared: &shared,
                pool: OnceLock::new(),
            };
            let made = run.open(body, None)?;
            let (made, weight) = rows::collect(&run, made, None)?;
            held.add(weight.bytes)?;
            results.extend(made);
        }
        let whole = rows::join_up(&results, &plan.schema)?;
        held.set(rows::weight(&whole))?;
        let batches = rows::pieces(whole, self.options.batch_rows);
        let held = held.keep();
        Ok(Pipeline::held(batches, self.options.morsel_rows, held))
    }
}
