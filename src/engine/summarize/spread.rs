//! Many groups: rows of keys not met before are spread over partitions by their keys' hash, each small enough to
//! stay in a cache; when memory runs out, partitions take no more rows, and those wait in files for their turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::concat;
use arrow::datatypes::Int64Type;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::groups::{Groups, Places, key_columns, sizes, update};
use super::layout::Layout;
use super::lock;
use crate::contract::{Accumulator, Batch, Fault};
use crate::engine::keys::{KeyHasher, KeyTable, NONE};
use crate::engine::pipeline::{Pipeline, guarded};
use crate::engine::rows::{gather, weight};
use crate::engine::spill::{self, Key, SpillFile, SpillReader, merged};
use crate::engine::{Held, Run};
use crate::types::Type;

/// Bits of the hash that choose the partition.
const BITS: u32 = 6;
/// Rows a worker collects before it spreads them.
const COLLECT: usize = 1 << 16;

/// The groups known when spreading began, and the partitions of all others.
pub struct Spread<'a> {
    run: &'a Run<'a>,
    /// Keys of the known groups. None is added any more: workers look them up without a lock.
    known: KeyTable,
    /// What they were when spreading began.
    begun: Mutex<Known>,
    /// What workers have added to them since.
    idle: Mutex<Vec<Known>>,
    hasher: KeyHasher,
    partitions: Vec<Mutex<Partition<'a>>>,
    spilling: AtomicBool,
    _held: Held<'a>,
}

/// The first places and the states of the known groups.
struct Known {
    firsts: Vec<u64>,
    states: Vec<Box<dyn Accumulator>>,
}

struct Partition<'a> {
    groups: Groups,
    updates: usize,
    held: Held<'a>,
    file: Option<SpillFile>,
}

/// What a worker holds while it reads a morsel.
pub struct Scatter<'a> {
    /// Where the rows go.
    pub spread: Arc<Spread<'a>>,
    known: Known,
    held: Held<'a>,
    /// Rows of other groups, and their places behind `base`.
    batches: Vec<Batch>,
    offsets: Vec<u32>,
    base: u64,
}

impl<'a> Spread<'a> {
    /// Begins to spread: `known` are the groups so far.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(
        run: &'a Run<'a>,
        layout: &Layout<'_>,
        known: Groups,
        held: Held<'a>,
    ) -> Result<Spread<'a>, Fault> {
        let partition = |_| {
            Ok(Mutex::new(Partition {
                groups: Groups::new(layout)?,
                updates: 0,
                held: run.held(),
                file: None,
            }))
        };
        Ok(Spread {
            run,
            known: known.keys,
            begun: Mutex::new(Known {
                firsts: known.firsts,
                states: known.states,
            }),
            idle: Mutex::default(),
            hasher: KeyHasher::new(&layout.key_types),
            partitions: (0..1 << BITS)
                .map(partition)
                .collect::<Result<_, Fault>>()?,
            spilling: AtomicBool::new(false),
            _held: held,
        })
    }

    /// What a worker needs for a morsel.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn scatter(self: &Arc<Self>, layout: &Layout<'_>) -> Result<Scatter<'a>, Fault> {
        let idle = lock(&self.idle).pop();
        Ok(Scatter {
            known: match idle {
                Some(known) => known,
                None => Known {
                    firsts: vec![u64::MAX; self.known.len()],
                    states: layout.states()?,
                },
            },
            held: self.run.held(),
            spread: Arc::clone(self),
            batches: Vec::new(),
            offsets: Vec::new(),
            base: 0,
        })
    }

    /// Gives a partition rows.
    fn add(
        &self,
        layout: &Layout<'_>,
        partition: usize,
        rows: &Batch,
        places: &Places,
    ) -> Result<(), Fault> {
        let mut partition = lock(&self.partitions[partition]);
        let partition = &mut *partition;
        if self.spilling.load(Ordering::Relaxed) {
            return self.write(layout, partition, rows, places);
        }
        partition.groups.update(layout, rows, places)?;
        partition.updates += 1;
        // Weighing may cost time in proportion to the groups.
        if partition.updates.is_power_of_two() || partition.updates.is_multiple_of(16) {
            let fits = partition.held.set(partition.groups.size()).is_ok();
            // The rest is for what the files will add, one partition at a time.
            let budget = &self.run.options.budget;
            if !fits || budget.used() > budget.limit() / 5 * 3 {
                self.spilling.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn write(
        &self,
        layout: &Layout<'_>,
        partition: &mut Partition<'_>,
        rows: &Batch,
        places: &Places,
    ) -> Result<(), Fault> {
        let file = match &mut partition.file {
            Some(file) => file,
            none => {
                let mut types = layout.types();
                types.push(Type::Long);
                none.insert(self.run.spill_file(&types)?)
            }
        };
        let mut columns = rows.columns.clone();
        columns.push(spill::places((0..rows.rows).map(|r| places.at(r))));
        file.write(&columns, rows.rows)
    }

    /// All groups, in the order of their first rows.
    ///
    /// # Errors
    /// On a limit.
    pub fn finish(self, layout: &Layout<'_>, types: &[Type]) -> Result<Pipeline, Fault> {
        let run = self.run;
        let begun = self.begun.into_inner();
        let mut known = begun.unwrap_or_else(PoisonError::into_inner);
        let numbers: Vec<u32> = (0..).take(self.known.len()).collect();
        let idle = self.idle.into_inner();
        for other in idle.unwrap_or_else(PoisonError::into_inner) {
            for (first, other) in known.firsts.iter_mut().zip(other.firsts) {
                *first = other.min(*first);
            }
            for (state, other) in known.states.iter_mut().zip(other.states) {
                state.merge(other, &numbers, numbers.len())?;
            }
        }
        let known = Groups {
            keys: self.known,
            firsts: known.firsts,
            states: known.states,
        };
        let partitions = self.partitions.into_iter();
        let partitions: Vec<Partition<'a>> = partitions
            .map(|p| p.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        if self.spilling.load(Ordering::Relaxed) {
            return spilled(run, layout, types, known, partitions);
        }
        let finish = |p: Partition<'_>| guarded(|| p.groups.finish());
        let mut parts = vec![known.finish()?];
        if run.options.threads > 1 {
            let done: Result<Vec<_>, Fault> = run
                .pool()?
                .install(|| partitions.into_par_iter().map(finish).collect());
            parts.extend(done?);
        } else {
            for partition in partitions {
                parts.push(finish(partition)?);
            }
        }
        in_order(run, parts)
    }
}

/// Batches of groups, sorted by the places of their first rows.
///
/// # Errors
/// On a limit.
pub fn in_order(run: &Run<'_>, parts: Vec<(Batch, Vec<u64>)>) -> Result<Pipeline, Fault> {
    let firsts: Vec<u64> = parts.iter().flat_map(|(_, f)| f.iter().copied()).collect();
    let parts: Vec<Batch> = parts.into_iter().map(|(batch, _)| batch).collect();
    let mut rows = joined(&parts)?;
    drop(parts);
    let batch_rows = run.options.batch_rows.max(1);
    let mut held = run.held();
    held.add(weight(&rows))?;
    if !firsts.is_sorted() {
        let mut order: Vec<u32> = (0..).take(rows.rows).collect();
        order.sort_unstable_by_key(|r| firsts[*r as usize]);
        rows.columns = gather(&rows.columns, &UInt32Array::from(order))?;
    }
    let batches = crate::engine::rows::pieces(rows, batch_rows);
    Ok(Pipeline::held(
        batches,
        run.options.morsel_rows,
        held.keep(),
    ))
}

fn joined(parts: &[Batch]) -> Result<Batch, Fault> {
    let width = parts.first().map_or(0, |b| b.columns.len());
    if let [batch] = parts {
        return Ok(batch.clone());
    }
    let mut columns = Vec::with_capacity(width);
    for column in 0..width {
        let arrays: Vec<&dyn Array> = parts.iter().map(|b| &*b.columns[column]).collect();
        columns.push(concat(&arrays)?);
    }
    Ok(Batch {
        columns,
        rows: parts.iter().map(|b| b.rows).sum(),
        position: 0,
    })
}

/// Partition by partition: the rows that waited, then the results into a sorted run.
fn spilled<'a>(
    run: &Run<'_>,
    layout: &Layout<'_>,
    types: &[Type],
    known: Groups,
    partitions: Vec<Partition<'a>>,
) -> Result<Pipeline, Fault> {
    let mut runs = vec![sorted_run(run, types, known)?];
    for mut partition in partitions {
        run.options.cancel.check()?;
        if let Some(file) = partition.file.take() {
            replay(layout, file.finish()?, &mut partition)?;
        }
        runs.push(sorted_run(run, types, partition.groups)?);
    }
    runs_in_order(run, types, runs)
}

/// Sorted runs of groups, merged by the places of their first rows.
///
/// # Errors
/// When they cannot be read.
pub fn runs_in_order(
    run: &Run<'_>,
    types: &[Type],
    runs: Vec<SpillReader>,
) -> Result<Pipeline, Fault> {
    let width = types.len();
    merged(run, runs, vec![Key::place(width, true)], width, usize::MAX)
}

/// Rows read from a file, and the places in their last column.
///
/// # Errors
/// When they have none.
pub fn placed(mut rows: Batch) -> Result<(Batch, Places), Fault> {
    let column = rows.columns.pop();
    let column = column
        .as_ref()
        .and_then(|p| p.as_primitive_opt::<Int64Type>());
    let missing = || Fault::internal("a temporary file lacks the places of its rows");
    let column = column.ok_or_else(missing)?.values();
    // Rows are written morsel by morsel, and those of one are close to each other.
    let base = column.first().map_or(0, |p| spill::place(*p));
    let offset = |p: &i64| u32::try_from(spill::place(*p).saturating_sub(base));
    let offsets: Result<Vec<u32>, _> = column.iter().map(offset).collect();
    let offsets = offsets.map_err(|_| Fault::limit("a morsel of too many rows"))?;
    Ok((rows, Places::At(base, offsets)))
}

fn replay(
    layout: &Layout<'_>,
    mut file: SpillReader,
    partition: &mut Partition<'_>,
) -> Result<(), Fault> {
    while let Some(batch) = file.next_batch()? {
        let (rows, places) = placed(batch)?;
        partition.groups.update(layout, &rows, &places)?;
        partition.held.set(partition.groups.size())?;
    }
    Ok(())
}

/// Groups as a run sorted by the places of their first rows.
///
/// # Errors
/// On a limit, and when it cannot be written.
pub fn sorted_run(run: &Run<'_>, types: &[Type], groups: Groups) -> Result<SpillReader, Fault> {
    let (batch, firsts) = groups.finish()?;
    let mut types = types.to_vec();
    types.push(Type::Long);
    let mut order: Vec<u32> = (0..).take(batch.rows).collect();
    order.sort_unstable_by_key(|r| firsts[*r as usize]);
    let mut file = run.spill_file(&types)?;
    for rows in order.chunks(run.options.batch_rows.max(1)) {
        let mut columns: Vec<ArrayRef> = gather(&batch.columns, &UInt32Array::from(rows.to_vec()))?;
        columns.push(spill::places(rows.iter().map(|r| firsts[*r as usize])));
        file.write(&columns, rows.len())?;
    }
    file.finish()
}

impl Scatter<'_> {
    /// Takes in rows computed as the layout says, at `position`.
    ///
    /// # Errors
    /// On a limit.
    pub fn take(&mut self, layout: &Layout<'_>, rows: &Batch) -> Result<(), Fault> {
        let spread = Arc::clone(&self.spread);
        let keys = key_columns(layout, rows);
        let numbers = spread.known.find(&keys, rows.rows)?;
        let (mut known, mut other) = (Vec::new(), Vec::new());
        for (row, number) in (0u32..).zip(&numbers) {
            match *number == NONE {
                true => other.push(row),
                false => known.push(row),
            }
        }
        if !known.is_empty() {
            let groups: Vec<u32> = known.iter().map(|r| numbers[*r as usize]).collect();
            for (row, group) in known.iter().zip(&groups) {
                // A morsel that was begun before another's groups became known may have earlier rows.
                let first = &mut self.known.firsts[*group as usize];
                *first = (rows.position + u64::from(*row)).min(*first);
            }
            let places = Places::From(rows.position).select(&known);
            let rows = part_of(rows, known)?;
            let (states, count) = (&mut self.known.states, spread.known.len());
            update(layout, states, &rows, &places, &groups, count)?;
        }
        if self.batches.is_empty() {
            self.base = rows.position;
        }
        let distance = rows.position - self.base;
        let first =
            u32::try_from(distance).map_err(|_| Fault::limit("a morsel of too many rows"))?;
        self.offsets.extend(other.iter().map(|r| first + r));
        if !other.is_empty() {
            self.batches.push(part_of(rows, other)?);
        }
        if self.offsets.len() >= COLLECT {
            self.flush(layout)?;
        }
        Ok(())
    }

    /// Hands the collected rows to their partitions.
    fn flush(&mut self, layout: &Layout<'_>) -> Result<(), Fault> {
        self.held.set(sizes(&self.known.states))?;
        let rows = joined(&std::mem::take(&mut self.batches))?;
        let places = Places::At(self.base, std::mem::take(&mut self.offsets));
        if rows.rows == 0 {
            return Ok(());
        }
        let spread = &*self.spread;
        let hashes = spread
            .hasher
            .hashes(&key_columns(layout, &rows), rows.rows)?;
        let mut parts: Vec<Vec<u32>> = vec![Vec::new(); 1 << BITS];
        for (row, hash) in (0u32..).zip(hashes) {
            parts[(hash >> (64 - BITS)) as usize].push(row);
        }
        for (partition, chosen) in parts.into_iter().enumerate() {
            if !chosen.is_empty() {
                let places = places.select(&chosen);
                spread.add(layout, partition, &part_of(&rows, chosen)?, &places)?;
            }
        }
        Ok(())
    }

    /// Ends the morsel.
    ///
    /// # Errors
    /// On a limit.
    pub fn close(mut self, layout: &Layout<'_>) -> Result<(), Fault> {
        self.flush(layout)?;
        lock(&self.spread.idle).push(self.known);
        Ok(())
    }
}

/// Some rows of a batch.
///
/// # Errors
/// A bug of ours only.
pub fn part_of(rows: &Batch, chosen: Vec<u32>) -> Result<Batch, Fault> {
    if chosen.len() == rows.rows {
        return Ok(rows.clone());
    }
    Ok(Batch {
        rows: chosen.len(),
        columns: gather(&rows.columns, &UInt32Array::from(chosen))?,
        position: rows.position,
    })
}
