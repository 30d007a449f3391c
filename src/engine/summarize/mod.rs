//! `summarize`: groups rows by keys and feeds the aggregates.
//!
//! Each worker has groups of its own, merged at the end. When they become many, the groups known by then
//! are kept, and rows of all others are [spread](spread) over partitions that the workers share.
//! Accumulators compare the places of rows, so that it does not matter which worker saw which. Those that need more
//! than places (a sum of reals) get the morsels [in order](ordered).

mod groups;
mod layout;
mod ordered;
mod spread;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::expression::Preparation;
use super::pipeline::{Consumer, Pipeline, drive};
use super::{Held, Run};
use crate::contract::{Batch, Fault, Flow};
use crate::plan::{AggregateCall, Expr};
use crate::types::{Schema, Type};
use groups::{Groups, Places};
use layout::Layout;
use ordered::Ordered;
use spread::{Scatter, Spread, in_order};

/// Fewer groups than this are not worth spreading, whatever they weigh.
const FEW: usize = 1024;

/// A `summarize` ready to run.
pub struct Summarize<'a> {
    run: &'a Run<'a>,
    layout: Layout<'a>,
    types: Vec<Type>,
    control: Mutex<Control<'a>>,
    changed: Condvar,
    /// Whether workers shall hand in their groups, because they became many.
    spreading: AtomicBool,
}

struct Control<'a> {
    /// Groups no worker holds.
    idle: Vec<Own<'a>>,
    /// How many workers hold groups.
    out: usize,
    spread: Option<Arc<Spread<'a>>>,
}

/// A worker's own groups.
struct Own<'a> {
    groups: Groups,
    batches: usize,
    held: Held<'a>,
}

/// Where the rows of a morsel go.
pub struct Part<'s, 'a> {
    summarize: &'s Summarize<'a>,
    own: Option<Own<'a>>,
    scatter: Option<Scatter<'a>>,
}

impl Drop for Part<'_, '_> {
    fn drop(&mut self) {
        // A worker that failed: others must not wait for its groups.
        if self.own.is_some() {
            self.summarize.lock().out -= 1;
            self.summarize.changed.notify_all();
        }
    }
}

impl<'a> Summarize<'a> {
    /// Prepares the keys and aggregates.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(
        run: &'a Run<'a>,
        preparation: Preparation<'a>,
        schema: &Schema,
        keys: &[Expr],
        aggregates: &'a [AggregateCall],
    ) -> Result<Summarize<'a>, Fault> {
        Ok(Summarize {
            run,
            layout: Layout::new(preparation, keys, aggregates)?,
            types: schema.columns.iter().map(|c| c.ty).collect(),
            control: Mutex::new(Control {
                idle: Vec::new(),
                out: 0,
                spread: None,
            }),
            changed: Condvar::new(),
            spreading: AtomicBool::new(false),
        })
    }

    /// The groups of a pipeline's rows, in order of first appearance.
    ///
    /// # Errors
    /// As the pipeline's, the aggregates', and on limits.
    pub fn run(self, pipeline: Pipeline) -> Result<Pipeline, Fault> {
        if self.layout.states()?.iter().any(|s| s.needs_order()) {
            return Ordered::new(self.run, self.layout, self.types)?.run(pipeline);
        }
        let this = &self;
        drive(self.run, pipeline, &this, &mut |_| Ok(Flow::More))?;
        let control = self.control.into_inner();
        let mut control = control.unwrap_or_else(PoisonError::into_inner);
        if let Some(spread) = control.spread {
            let shared = || Fault::internal("a worker outlived its pipeline");
            let spread = Arc::into_inner(spread).ok_or_else(shared)?;
            return spread.finish(&self.layout, &self.types);
        }
        let (groups, held) = merge(self.run, &self.layout, &mut control.idle)?;
        drop(held);
        in_order(self.run, vec![groups.finish()?])
    }

    fn lock(&self) -> MutexGuard<'_, Control<'a>> {
        lock(&self.control)
    }

    /// Takes a batch into a worker's own groups; whether they are still few enough.
    fn take_own(&self, own: &mut Own<'_>, rows: &Batch) -> Result<bool, Fault> {
        let places = Places::From(rows.position);
        own.groups.update(&self.layout, rows, &places)?;
        own.batches += 1;
        let many = own.groups.len() > self.run.options.spread_groups;
        // Weighing may cost time in proportion to the groups.
        if own.batches.is_power_of_two() || own.batches.is_multiple_of(16) {
            let fits = own.held.set(own.groups.size());
            if own.groups.len() < FEW.min(self.run.options.spread_groups) {
                fits?;
            } else {
                return Ok(!many && fits.is_ok() && !self.run.options.budget.is_crowded());
            }
        }
        Ok(!many)
    }

    /// Hands in a worker's groups and waits for the others to do so.
    fn spread(&self, part: &mut Part<'_, 'a>) -> Result<(), Fault> {
        self.spreading.store(true, Ordering::Relaxed);
        let mut control = self.lock();
        if let Some(own) = part.own.take() {
            control.idle.push(own);
            control.out -= 1;
            self.changed.notify_all();
        }
        let spread = loop {
            if let Some(spread) = &control.spread {
                break Arc::clone(spread);
            }
            if control.out == 0 {
                let (known, held) = merge(self.run, &self.layout, &mut control.idle)?;
                let spread = Spread::new(self.run, &self.layout, known, held)?;
                control.spread = Some(Arc::new(spread));
                self.changed.notify_all();
            } else {
                control = self
                    .changed
                    .wait(control)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        };
        drop(control);
        part.scatter = Some(spread.scatter(&self.layout)?);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All groups in one.
fn merge<'a>(
    run: &'a Run<'a>,
    layout: &Layout<'_>,
    parts: &mut Vec<Own<'a>>,
) -> Result<(Groups, Held<'a>), Fault> {
    let mut all: Option<(Groups, Held<'a>)> = None;
    for part in parts.drain(..) {
        match &mut all {
            None => all = Some((part.groups, part.held)),
            Some((groups, held)) => {
                groups.absorb(part.groups)?;
                held.absorb(part.held);
            }
        }
    }
    match all {
        Some(all) => Ok(all),
        None => Ok((Groups::new(layout)?, run.held())),
    }
}

impl<'s, 'a: 's> Consumer for &'s Summarize<'a> {
    type Part = Part<'s, 'a>;

    fn part(&self) -> Result<Part<'s, 'a>, Fault> {
        let mut part = Part {
            summarize: self,
            own: None,
            scatter: None,
        };
        if self.spreading.load(Ordering::Relaxed) {
            self.spread(&mut part)?;
            return Ok(part);
        }
        let mut control = self.lock();
        let own = match control.idle.pop() {
            Some(own) => own,
            None => Own {
                groups: Groups::new(&self.layout)?,
                batches: 0,
                held: self.run.held(),
            },
        };
        control.out += 1;
        part.own = Some(own);
        Ok(part)
    }

    fn take(&self, part: &mut Part<'s, 'a>, batch: Batch) -> Result<Flow, Fault> {
        let rows = self.layout.evaluate(&batch)?;
        if part.own.is_some() && self.spreading.load(Ordering::Relaxed) {
            self.spread(part)?;
        }
        if let Some(own) = &mut part.own {
            if !self.take_own(own, &rows)? {
                self.spread(part)?;
            }
        } else if let Some(scatter) = &mut part.scatter {
            scatter.take(&self.layout, &rows)?;
        }
        Ok(Flow::More)
    }

    fn close(&self, mut part: Part<'s, 'a>) -> Result<Part<'s, 'a>, Fault> {
        if let Some(own) = part.own.take() {
            let mut control = self.lock();
            control.idle.push(own);
            control.out -= 1;
            self.changed.notify_all();
        }
        if let Some(scatter) = part.scatter.take() {
            scatter.close(&self.layout)?;
        }
        Ok(part)
    }
}
