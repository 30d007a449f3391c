//! Operations on whole tables: their inputs are collected, and what they yield is held.

mod basket;
mod ip_lookup;
mod narrow;
mod partition;
mod reduce;
mod scan;
mod schema_merge;
mod series;

use super::pipeline::Pipeline;
use super::{Run, rows};
use crate::contract::{Batch, Fault};
use crate::plan::{Operation, Plan};

impl Run<'_> {
    /// The rows that an operation makes of all rows of its inputs.
    pub(super) fn whole(
        &self,
        plan: &Plan,
        inputs: &[Plan],
        operation: &Operation,
    ) -> Result<Pipeline, Fault> {
        if let Operation::Partition(parts) = operation {
            return self.partition(plan, inputs, *parts);
        }
        let mut tables = Vec::with_capacity(inputs.len());
        let mut all_held = self.held();
        for input in inputs {
            let pipeline = self.open(input, None)?;
            let (batches, held) = rows::collect(self, pipeline, None)?;
            tables.push(rows::join_up(&batches, &input.schema)?);
            all_held.absorb(held);
        }
        let batch = self.operate(plan, inputs, &tables, operation)?;
        drop(tables);
        all_held.set(rows::weight(&batch))?;
        let batches = rows::pieces(batch, self.options.batch_rows);
        let held = all_held.keep();
        Ok(Pipeline::held(batches, self.options.morsel_rows, held))
    }

    fn operate(
        &self,
        plan: &Plan,
        inputs: &[Plan],
        tables: &[Batch],
        operation: &Operation,
    ) -> Result<Batch, Fault> {
        let cancel = &self.options.cancel;
        let lost = || Fault::internal("an operation on a table has no input");
        let (input, table) = inputs.first().zip(tables.first()).ok_or_else(lost)?;
        match operation {
            Operation::IpLookup(lookup) => {
                let (networks, schema) = tables.get(1).zip(inputs.get(1)).ok_or_else(lost)?;
                let schemas = (&input.schema, &schema.schema);
                ip_lookup::run(lookup, schemas, table, networks, cancel)
            }
            Operation::Basket(basket) => basket::run(basket, &input.schema, table, cancel),
            Operation::SchemaMerge(ordered) => schema_merge::run(*ordered, table),
            Operation::Narrow => Ok(narrow::run(&input.schema, table)),
            Operation::Partition(_) => Err(lost()),
            Operation::Reduce(r) => reduce::run(r, table, cancel),
            Operation::Scan(s) => {
                let (input, output) = (&input.schema, &plan.schema);
                scan::run(s, input, table, output, self.preparation(), cancel)
            }
            Operation::Series(s) => series::run(s, &input.schema, table, &plan.schema, cancel),
        }
    }
}
