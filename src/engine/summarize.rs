//! `summarize`: groups rows by keys and feeds the aggregates.

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;

use super::expression::{Arguments, Preparation, Prepared};
use super::keys::KeyTable;
use super::pipeline::{Consumer, Pipeline, drive};
use super::rows::pieces;
use super::{Held, Run};
use crate::contract::{Accumulator, Batch, Datum, Fault, Flow, Grouped, Positions};
use crate::plan::{AggregateCall, AggregateEval, Expr};
use crate::types::Type;

/// A `summarize` ready to run.
pub struct Summarize<'a> {
    run: &'a Run<'a>,
    preparation: Preparation<'a>,
    keys: Vec<Prepared>,
    types: Vec<Type>,
    aggregates: Vec<Aggregate<'a>>,
}

struct Aggregate<'a> {
    call: &'a AggregateCall,
    args: Vec<Prepared>,
    arguments: Arguments,
    filter: Option<Prepared>,
}

/// Groups and their states: of one morsel, or of all so far.
pub struct Part<'a> {
    keys: KeyTable,
    states: Vec<Box<dyn Accumulator>>,
    batches: usize,
    held: Held<'a>,
}

impl<'a> Summarize<'a> {
    /// Prepares the keys and aggregates.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(
        run: &'a Run<'a>,
        preparation: Preparation<'a>,
        keys: &[Expr],
        aggregates: &'a [AggregateCall],
    ) -> Result<Summarize<'a>, Fault> {
        let prepare = |call: &'a AggregateCall| {
            let args = preparation.exprs(&call.args)?;
            Ok(Aggregate {
                call,
                arguments: Arguments::of(&args),
                args,
                filter: call
                    .filter
                    .as_ref()
                    .map(|f| preparation.expr(f))
                    .transpose()?,
            })
        };
        Ok(Summarize {
            run,
            preparation,
            keys: preparation.exprs(keys)?,
            types: keys.iter().map(|k| k.ty).collect(),
            aggregates: aggregates
                .iter()
                .map(prepare)
                .collect::<Result<_, Fault>>()?,
        })
    }

    /// The groups of a pipeline's rows, in order of first appearance.
    ///
    /// # Errors
    /// As the pipeline's, the aggregates', and on limits.
    pub fn run(&self, pipeline: Pipeline) -> Result<Vec<Batch>, Fault> {
        let mut all: Option<Part<'a>> = None;
        drive(self.run, pipeline, self, &mut |part| {
            match &mut all {
                None => all = Some(part),
                Some(all) => self.merge(all, part)?,
            }
            Ok(Flow::More)
        })?;
        let all = match all {
            Some(all) => all,
            None => self.part()?,
        };
        let groups = self.groups(&all);
        let mut columns = all.keys.columns()?;
        for state in all.states {
            columns.extend(state.finish(groups)?);
        }
        if columns.iter().any(|c: &ArrayRef| c.len() != groups) {
            return Err(Fault::internal("an aggregate lost a group"));
        }
        let batch = Batch {
            columns,
            rows: groups,
            position: 0,
        };
        Ok(pieces(batch, self.run.options.batch_rows))
    }

    fn groups(&self, part: &Part<'_>) -> usize {
        match self.keys.is_empty() {
            true => 1,
            false => part.keys.len(),
        }
    }

    fn merge(&self, all: &mut Part<'a>, part: Part<'a>) -> Result<(), Fault> {
        let numbers = match self.keys.is_empty() {
            true => vec![0],
            false => all.keys.absorb(&part.keys)?,
        };
        let groups = self.groups(all);
        for (state, other) in all.states.iter_mut().zip(part.states) {
            state.merge(other, &numbers, groups)?;
        }
        drop(part.held);
        weigh(all)
    }

    fn state(&self, aggregate: &Aggregate<'_>) -> Result<Box<dyn Accumulator>, Fault> {
        let call = aggregate.call;
        let AggregateEval::Groups(make) = call.function.eval else {
            return Err(Fault::internal(format!(
                "{} reached the engine",
                call.function.name()
            )));
        };
        let ty = call.outputs.first().copied().unwrap_or(Type::Dynamic);
        let context = self.preparation.context;
        let setup = aggregate.arguments.setup(ty, call.overload, context);
        make(&setup).map_err(|p| Fault::problem(p, call.span))
    }

    fn update(
        &self,
        aggregate: &Aggregate<'_>,
        state: &mut dyn Accumulator,
        batch: &Batch,
        groups: &[u32],
        group_count: usize,
    ) -> Result<(), Fault> {
        let args = aggregate.args.iter().map(|a| a.evaluate(batch));
        let args = args.collect::<Result<Vec<_>, _>>()?;
        let Some(filter) = &aggregate.filter else {
            return state.update(&Grouped {
                groups,
                group_count,
                args: &args,
                positions: Positions::From(batch.position),
            });
        };
        let selected = filter.select(batch)?;
        let rows: Vec<u32> = selected.set_indices_u32().collect();
        let chosen: Vec<u32> = rows.iter().map(|r| groups[*r as usize]).collect();
        let index = UInt32Array::from(rows.clone());
        let choose = |datum: Datum| -> Result<Datum, Fault> {
            Ok(match datum.constant {
                true => datum,
                false => Datum {
                    array: take(&datum.array, &index, None)?,
                    ..datum
                },
            })
        };
        let args = args.into_iter().map(choose);
        // Even without rows, the state has to learn how many groups there are.
        state.update(&Grouped {
            groups: &chosen,
            group_count,
            args: &args.collect::<Result<Vec<_>, _>>()?,
            positions: Positions::Selected(batch.position, &rows),
        })
    }
}

/// Charges what a part has grown by.
fn weigh(part: &mut Part<'_>) -> Result<(), Fault> {
    let states: usize = part.states.iter().map(|s| s.size()).sum();
    part.held.set(part.keys.size() + states)
}

impl<'a> Consumer for Summarize<'a> {
    type Part = Part<'a>;

    fn part(&self) -> Result<Part<'a>, Fault> {
        Ok(Part {
            keys: KeyTable::new(&self.types),
            states: self
                .aggregates
                .iter()
                .map(|a| self.state(a))
                .collect::<Result<_, _>>()?,
            batches: 0,
            held: self.run.held(),
        })
    }

    fn take(&self, part: &mut Part<'a>, batch: Batch) -> Result<Flow, Fault> {
        let groups = match self.keys.is_empty() {
            true => vec![0; batch.rows],
            false => {
                let keys = self.keys.iter().map(|k| k.column(&batch));
                let keys = keys.collect::<Result<Vec<_>, _>>()?;
                part.keys.insert(&keys, batch.rows)?
            }
        };
        let count = self.groups(part);
        for (aggregate, state) in self.aggregates.iter().zip(&mut part.states) {
            self.update(aggregate, &mut **state, &batch, &groups, count)?;
        }
        part.batches += 1;
        // Weighing may cost time in proportion to the groups.
        if part.batches.is_multiple_of(16) {
            weigh(part)?;
        }
        Ok(Flow::More)
    }

    fn close(&self, mut part: Part<'a>) -> Result<Part<'a>, Fault> {
        weigh(&mut part)?;
        Ok(part)
    }
}
