//! Groups whose aggregates need the morsels in order, as sums of reals do in their last digits: each morsel has groups
//! of its own, merged in order.
//!
//! When memory is short, the keys known by then are kept, in all morsels being read. From then on the rows of other keys
//! go to files by part of their keys, where each part gets groups of its own, morsel by morsel, at the end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::FEW;
use super::groups::{Groups, Places, key_columns};
use super::layout::Layout;
use super::lock;
use super::spread::{in_order, part_of, placed, runs_in_order, sorted_run};
use crate::contract::{Batch, Fault, Flow};
use crate::engine::keys::{KeyHasher, KeyTable, NONE};
use crate::engine::pipeline::{Consumer, Pipeline, drive};
use crate::engine::spill::{Kept, Parts, SpillReader, places};
use crate::engine::{Held, Run};
use crate::types::Type;

/// A `summarize` with such aggregates, ready to run.
pub struct Ordered<'a> {
    run: &'a Run<'a>,
    layout: Layout<'a>,
    types: Vec<Type>,
    /// The groups of the morsels merged so far. Locked before `control`, where both are.
    merged: Mutex<Own<'a>>,
    control: Mutex<Control<'a>>,
    changed: Condvar,
    /// Whether memory is short: workers shall say which keys they know, and wait for the others to do so.
    is_crowded: AtomicBool,
    rest: Mutex<Option<Parts<'a>>>,
}

struct Control<'a> {
    /// Groups of morsels that have been read and wait to be merged, by the numbers of their parts.
    closed: HashMap<usize, Own<'a>>,
    parts: usize,
    /// How many workers have groups whose keys nobody else knows.
    out: usize,
    /// Keys these workers said they have.
    told: KeyTable,
    /// The keys of groups: all that are in any state.
    known: Option<Arc<KeyTable>>,
}

/// Groups and their weight.
struct Own<'a> {
    groups: Groups,
    held: Held<'a>,
}

/// A morsel on its way.
pub struct Part<'s, 'a> {
    ordered: &'s Ordered<'a>,
    number: usize,
    /// Whether it is one of those that are `out`.
    is_out: bool,
    batches: usize,
    own: Option<Own<'a>>,
    /// The rows of keys that are not known, with their places behind their columns.
    rest: Option<(Arc<KeyTable>, Kept<'a>)>,
}

impl Drop for Part<'_, '_> {
    fn drop(&mut self) {
        // A worker that failed: others must not wait for its keys.
        if self.is_out {
            lock(&self.ordered.control).out -= 1;
            self.ordered.changed.notify_all();
        }
    }
}

impl<'a> Ordered<'a> {
    /// Of a layout, with results of these types.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(
        run: &'a Run<'a>,
        layout: Layout<'a>,
        types: Vec<Type>,
    ) -> Result<Ordered<'a>, Fault> {
        Ok(Ordered {
            merged: Mutex::new(Own {
                groups: Groups::new(&layout)?,
                held: run.held(),
            }),
            control: Mutex::new(Control {
                closed: HashMap::new(),
                parts: 0,
                out: 0,
                told: KeyTable::new(&layout.key_types),
                known: None,
            }),
            changed: Condvar::new(),
            is_crowded: AtomicBool::new(false),
            rest: Mutex::default(),
            run,
            layout,
            types,
        })
    }

    /// The groups of a pipeline's rows, in order of first appearance.
    ///
    /// # Errors
    /// As the pipeline's, the aggregates', and on limits.
    pub fn run(self, pipeline: Pipeline) -> Result<Pipeline, Fault> {
        let this = &self;
        drive(self.run, pipeline, &this, &mut |part| this.merge(part))?;
        let merged = self.merged.into_inner();
        let Own { groups, held } = merged.unwrap_or_else(PoisonError::into_inner);
        let rest = self.rest.into_inner();
        let Some(rest) = rest.unwrap_or_else(PoisonError::into_inner) else {
            drop(held);
            return in_order(self.run, vec![groups.finish()?]);
        };
        let mut runs = vec![sorted_run(self.run, &self.types, groups)?];
        drop(held);
        for file in rest.files.into_iter().flatten() {
            self.run.options.cancel.check()?;
            let groups = replayed(self.run, &self.layout, file.finish()?)?;
            runs.push(sorted_run(self.run, &self.types, groups)?);
        }
        runs_in_order(self.run, &self.types, runs)
    }

    /// Takes in the groups of a morsel; it is its turn.
    fn merge(&self, mut part: Part<'_, 'a>) -> Result<Flow, Fault> {
        let mut merged = lock(&self.merged);
        let closed = lock(&self.control).closed.remove(&part.number);
        if let Some(own) = part.own.take().or(closed) {
            merged.groups.absorb(own.groups)?;
            drop(own.held);
            let size = merged.groups.size();
            let fits = merged.held.set(size);
            if self.can_part(&merged.groups) {
                if fits.is_err() || self.run.options.budget.is_crowded() {
                    self.is_crowded.store(true, Ordering::Relaxed);
                }
            } else {
                fits?;
            }
        }
        drop(merged);
        if let Some((_, kept)) = part.rest.take() {
            let mut rest = lock(&self.rest);
            let rest = rest.get_or_insert_with(|| {
                let mut types = self.layout.types();
                types.push(Type::Long);
                let hasher = KeyHasher::new(&self.layout.key_types);
                Parts::new(self.run, types, Arc::new(hasher))
            });
            kept.drain(&mut |rows| {
                rest.add(&key_columns(&self.layout, &rows), &rows.columns, rows.rows)
            })?;
        }
        Ok(Flow::More)
    }

    /// Whether these groups are worth parting from the others.
    fn can_part(&self, groups: &Groups) -> bool {
        groups.len() >= FEW.min(self.run.options.spread_groups)
    }

    /// Says which keys a morsel's groups have; then the keys all workers know.
    fn known(&self, part: &mut Part<'_, 'a>) -> Result<Arc<KeyTable>, Fault> {
        self.is_crowded.store(true, Ordering::Relaxed);
        let mut control = lock(&self.control);
        if let Some(own) = part.own.as_ref().filter(|_| part.is_out) {
            control.told.absorb(&own.groups.keys)?;
            control.out -= 1;
            part.is_out = false;
            self.changed.notify_all();
        }
        loop {
            while control.out > 0 && control.known.is_none() {
                control = self
                    .changed
                    .wait(control)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if let Some(known) = &control.known {
                return Ok(Arc::clone(known));
            }
            drop(control);
            let merged = lock(&self.merged);
            control = lock(&self.control);
            if control.out == 0 && control.known.is_none() {
                let mut known = KeyTable::new(&self.layout.key_types);
                known.absorb(&merged.groups.keys)?;
                known.absorb(&control.told)?;
                for own in control.closed.values() {
                    known.absorb(&own.groups.keys)?;
                }
                control.told = KeyTable::new(&self.layout.key_types);
                control.known = Some(Arc::new(known));
                self.changed.notify_all();
            }
        }
    }

    /// Begins to put aside a morsel's rows of keys that are not known.
    fn part_with_rest(&self, part: &mut Part<'_, 'a>) -> Result<(), Fault> {
        let known = self.known(part)?;
        let mut types = self.layout.types();
        types.push(Type::Long);
        part.rest = Some((known, Kept::new(self.run, types)));
        Ok(())
    }
}

impl<'s, 'a: 's> Consumer for &'s Ordered<'a> {
    type Part = Part<'s, 'a>;

    fn part(&self) -> Result<Part<'s, 'a>, Fault> {
        let own = Own {
            groups: Groups::new(&self.layout)?,
            held: self.run.held(),
        };
        let mut control = lock(&self.control);
        let mut part = Part {
            ordered: self,
            number: control.parts,
            is_out: false,
            batches: 0,
            own: Some(own),
            rest: None,
        };
        control.parts += 1;
        if self.is_crowded.load(Ordering::Relaxed) {
            drop(control);
            self.part_with_rest(&mut part)?;
            return Ok(part);
        }
        control.out += 1;
        part.is_out = true;
        Ok(part)
    }

    fn take(&self, part: &mut Part<'s, 'a>, batch: Batch) -> Result<Flow, Fault> {
        let mut rows = self.layout.evaluate(&batch)?;
        if part.rest.is_none() && self.is_crowded.load(Ordering::Relaxed) {
            self.part_with_rest(part)?;
        }
        let mut at = Places::From(rows.position);
        if let Some((known, rest)) = &mut part.rest {
            let numbers = known.find(&key_columns(&self.layout, &rows), rows.rows)?;
            let (mut here, mut other) = (Vec::new(), Vec::new());
            for (row, number) in (0u32..).zip(numbers) {
                match number == NONE {
                    true => other.push(row),
                    false => here.push(row),
                }
            }
            if !other.is_empty() {
                let places = places(other.iter().map(|row| at.at(*row as usize)));
                let mut other = part_of(&rows, other)?;
                other.columns.push(places);
                rest.add(other)?;
                at = at.select(&here);
                rows = part_of(&rows, here)?;
            }
        }
        let Some(own) = part.own.as_mut().filter(|_| rows.rows > 0) else {
            return Ok(Flow::More);
        };
        own.groups.update(&self.layout, &rows, &at)?;
        part.batches += 1;
        // Weighing may cost time in proportion to the groups.
        if part.batches.is_power_of_two() || part.batches.is_multiple_of(16) {
            let fits = own.held.set(own.groups.size());
            if part.rest.is_some() || self.can_part(&own.groups) {
                if fits.is_err() || self.run.options.budget.is_crowded() {
                    self.is_crowded.store(true, Ordering::Relaxed);
                }
            } else {
                fits?;
            }
        }
        Ok(Flow::More)
    }

    fn close(&self, mut part: Part<'s, 'a>) -> Result<Part<'s, 'a>, Fault> {
        if part.is_out {
            let mut control = lock(&self.control);
            if let Some(own) = part.own.take() {
                control.closed.insert(part.number, own);
            }
            control.out -= 1;
            part.is_out = false;
            self.changed.notify_all();
        }
        Ok(part)
    }
}

/// The groups of the rows of a file, merged morsel by morsel.
fn replayed(run: &Run<'_>, layout: &Layout<'_>, mut file: SpillReader) -> Result<Groups, Fault> {
    let mut held = run.held();
    let mut all = Groups::new(layout)?;
    let mut current: Option<(usize, Groups)> = None;
    while let Some(batch) = file.next_batch()? {
        run.options.cancel.check()?;
        // Rows were written batch by batch, each of one morsel.
        let (rows, places) = placed(batch)?;
        let morsel = Batch::morsel(places.at(0));
        let mut groups = match current.take() {
            Some((same, groups)) if same == morsel => groups,
            Some((_, done)) => {
                all.absorb(done)?;
                held.set(all.size())?;
                Groups::new(layout)?
            }
            None => Groups::new(layout)?,
        };
        groups.update(layout, &rows, &places)?;
        current = Some((morsel, groups));
    }
    if let Some((_, done)) = current {
        all.absorb(done)?;
    }
    Ok(all)
}
