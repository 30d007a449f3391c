//! Operations on whole tables: their inputs are collected, and what they yield is held. Of the lookups
//! only the networks or shapes are.

mod autocluster;
mod basket;
mod diffpatterns;
mod foremost;
mod geo_lookup;
mod graph;
mod grouped;
mod ip_lookup;
mod narrow;
mod partition;
mod patterns;
mod reduce;
mod scan;
mod schema_merge;
mod series;

use super::pipeline::Pipeline;
use super::{Held, Run, rows};
use crate::contract::{Batch, Fault};
use crate::plan::{Operation, Plan};
use crate::types::Schema;

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
        if operation.is_of_graphs() {
            return self.graph(plan, inputs, operation);
        }
        let mut inputs = inputs.iter();
        let input = inputs.next().ok_or_else(lost)?;
        if let Operation::IpLookup(lookup) = operation {
            let networks = inputs.next().ok_or_else(lost)?;
            let (right, held) = self.table(networks)?;
            let schema = &networks.schema;
            let lookup = ip_lookup::Lookup::new(lookup, schema, &right, held.keep())?;
            return Ok(self.open(input, None)?.then(lookup));
        }
        if let Operation::GeoLookup(lookup) = operation {
            let shapes = inputs.next().ok_or_else(lost)?;
            let (right, held) = self.table(shapes)?;
            let lookup = geo_lookup::Lookup::new(lookup, &shapes.schema, &right, held.keep())?;
            return Ok(self.open(input, None)?.then(lookup));
        }
        let (table, mut held) = self.table(input)?;
        let batch = self.operate(plan, &input.schema, &table, operation)?;
        drop(table);
        held.set(rows::weight(&batch))?;
        let batches = rows::pieces(batch, self.options.batch_rows);
        let held = held.keep();
        Ok(Pipeline::held(batches, self.options.morsel_rows, held))
    }

    /// All rows of a plan.
    fn table(&self, plan: &Plan) -> Result<(Batch, Held<'_>), Fault> {
        let pipeline = self.open(plan, None)?;
        let (batches, held) = rows::collect(self, pipeline, None)?;
        Ok((rows::join_up(&batches, &plan.schema)?, held))
    }

    /// What an operation makes of a graph, or of what one is made of.
    fn graph(
        &self,
        plan: &Plan,
        inputs: &[Plan],
        operation: &Operation,
    ) -> Result<Pipeline, Fault> {
        let cancel = &self.options.cancel;
        let mut all_held = self.held();
        let mut tables = Vec::with_capacity(inputs.len());
        for input in inputs {
            let (table, held) = self.table(input)?;
            tables.push(table);
            all_held.absorb(held);
        }
        let batch = match (operation, &tables[..]) {
            (Operation::MakeGraph(made), tables) => graph::table(made, inputs, tables, plan)?,
            (Operation::Components { strong }, [nodes, edges]) => {
                graph::mark(*strong, nodes, edges, cancel)?
            }
            (Operation::Match(pattern), [nodes, edges]) => {
                let mut held = self.held();
                let (tables, preparation) = ((nodes, edges), self.preparation());
                let batches = graph::matches(pattern, tables, preparation, &mut held, cancel)?;
                let held = held.keep();
                return Ok(Pipeline::held(batches, self.options.morsel_rows, held));
            }
            _ => return Err(lost()),
        };
        drop(tables);
        all_held.set(rows::weight(&batch))?;
        let batches = rows::pieces(batch, self.options.batch_rows);
        let held = all_held.keep();
        Ok(Pipeline::held(batches, self.options.morsel_rows, held))
    }

    fn operate(
        &self,
        plan: &Plan,
        input: &Schema,
        table: &Batch,
        operation: &Operation,
    ) -> Result<Batch, Fault> {
        let cancel = &self.options.cancel;
        match operation {
            Operation::Patterns(found) => patterns::run(found, input, table, cancel),
            Operation::Words(words) => diffpatterns::words(words, table, cancel),
            Operation::SchemaMerge(ordered) => schema_merge::run(*ordered, table),
            Operation::Narrow => Ok(narrow::run(input, table)),
            Operation::GeoLookup(_)
            | Operation::IpLookup(_)
            | Operation::Partition(_)
            | Operation::MakeGraph(_)
            | Operation::Components { .. }
            | Operation::Match(_) => Err(lost()),
            Operation::Reduce(r) => reduce::run(r, table, cancel),
            Operation::Scan(s) => {
                let output = &plan.schema;
                scan::run(s, input, table, output, self.preparation(), cancel)
            }
            Operation::Series(s) => series::run(s, input, table, &plan.schema, cancel),
        }
    }
}

fn lost() -> Fault {
    Fault::internal("an operation on a table has no input")
}
