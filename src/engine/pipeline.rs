//! The flow of rows: morsels of a source pushed through row-wise steps by workers, into a consumer that
//! sees each morsel's part in order, so that no answer depends on scheduling.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{Reservation, Run};
use crate::contract::{Batch, Fault, Flow, Morsel};

/// What takes the batches a step yields.
pub type Next<'a> = dyn FnMut(Batch) -> Result<Flow, Fault> + 'a;

/// A row-wise operator: batches in, batches out, in order, nothing kept between batches.
pub trait Step: Send + Sync {
    /// Hands what becomes of `batch` to `next`.
    ///
    /// # Errors
    /// As its expressions, or `next`, do.
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault>;
}

/// Morsels, opened as workers ask for them.
pub type Morsels = Box<dyn Iterator<Item = Result<Box<dyn Morsel>, Fault>> + Send>;

/// The steps of a branch, first one first.
type Steps = Arc<[Arc<dyn Step>]>;

/// A source and the steps its rows go through.
struct Branch {
    open: Box<dyn FnOnce() -> Result<Morsels, Fault> + Send>,
    steps: Vec<Arc<dyn Step>>,
    /// Opened only when all morsels before it have been read.
    last: bool,
}

/// Sources one after the other, each with its steps.
#[derive(Default)]
pub struct Pipeline {
    branches: Vec<Branch>,
}

impl Pipeline {
    /// The rows of one source.
    pub fn of(open: impl FnOnce() -> Result<Morsels, Fault> + Send + 'static) -> Pipeline {
        Pipeline {
            branches: vec![Branch {
                open: Box::new(open),
                steps: Vec::new(),
                last: false,
            }],
        }
    }

    /// Rows in memory.
    pub fn batches(batches: Vec<Batch>, morsel_rows: usize) -> Pipeline {
        Pipeline::of(move || Ok(in_memory(batches, morsel_rows)))
    }

    /// Rows in memory that was taken from the budget.
    pub fn held(batches: Vec<Batch>, morsel_rows: usize, held: Reservation) -> Pipeline {
        Pipeline::of(move || {
            let morsels = in_memory(batches, morsel_rows);
            Ok(Box::new(morsels.inspect(move |_| {
                // Given back when the last morsel has gone.
                let _ = &held;
            })))
        })
    }

    /// The same rows through one more step.
    #[must_use]
    pub fn then(mut self, step: impl Step + 'static) -> Pipeline {
        let step: Arc<dyn Step> = Arc::new(step);
        for branch in &mut self.branches {
            branch.steps.push(Arc::clone(&step));
        }
        self
    }

    /// The rows of `other` after these.
    #[must_use]
    pub fn chain(mut self, other: Pipeline) -> Pipeline {
        self.branches.extend(other.branches);
        self
    }

    /// A source after these rows, opened when all of them have been read.
    #[must_use]
    pub fn finally(
        mut self,
        open: impl FnOnce() -> Result<Morsels, Fault> + Send + 'static,
    ) -> Pipeline {
        self.branches.push(Branch {
            open: Box::new(open),
            steps: Vec::new(),
            last: true,
        });
        self
    }
}

/// Batches as morsels of about `morsel_rows` rows.
pub fn in_memory(batches: Vec<Batch>, morsel_rows: usize) -> Morsels {
    let mut batches = batches.into_iter().peekable();
    Box::new(std::iter::from_fn(move || {
        batches.peek()?;
        let mut rows = 0;
        let mut morsel = Vec::new();
        while rows < morsel_rows {
            let Some(batch) = batches.next() else { break };
            rows += batch.rows;
            morsel.push(batch);
        }
        let morsel: Box<dyn Morsel> = Box::new(InMemory(morsel));
        Some(Ok(morsel))
    }))
}

struct InMemory(Vec<Batch>);

impl Morsel for InMemory {
    fn read(
        self: Box<Self>,
        cancel: &crate::contract::Cancel,
        sink: &mut crate::contract::Sink<'_>,
    ) -> Result<(), Fault> {
        for batch in self.0 {
            cancel.check()?;
            if sink(batch.columns, batch.rows)? == Flow::Enough {
                break;
            }
        }
        Ok(())
    }
}

/// Where a pipeline's rows go: a part per morsel, filled by one worker; parts are then taken in order.
pub trait Consumer: Sync {
    /// What is kept of one morsel.
    type Part: Send;

    /// An empty part.
    ///
    /// # Errors
    /// When what it needs cannot be had.
    fn part(&self) -> Result<Self::Part, Fault>;

    /// Takes a batch into a part.
    ///
    /// # Errors
    /// When an expression fails on it, or memory or disk run out.
    fn take(&self, part: &mut Self::Part, batch: Batch) -> Result<Flow, Fault>;

    /// Whether a part may be merged piece by piece: when it is a morsel's turn, each batch is then merged at once,
    /// so that a large morsel is not held as a whole.
    const PIECEWISE: bool = false;

    /// Finishes a part, still on the worker that filled it.
    ///
    /// # Errors
    /// As for [`Consumer::take`].
    fn close(&self, part: Self::Part) -> Result<Self::Part, Fault> {
        Ok(part)
    }
}

struct Task {
    number: usize,
    morsel: Box<dyn Morsel>,
    steps: Steps,
}

/// The morsels of a pipeline, numbered.
struct Queue {
    branches: VecDeque<Branch>,
    open: Option<(Morsels, Steps)>,
    ahead: VecDeque<Task>,
    number: usize,
}

impl Queue {
    fn new(pipeline: Pipeline) -> Queue {
        Queue {
            branches: pipeline.branches.into(),
            open: None,
            ahead: VecDeque::new(),
            number: 0,
        }
    }

    /// Reads up to `count` tasks ahead; stops at a branch that has to wait for those before it.
    fn look_ahead(&mut self, count: usize) -> Result<usize, Fault> {
        while self.ahead.len() < count {
            match self.pull(true)? {
                Some(task) => self.ahead.push_back(task),
                None => break,
            }
        }
        Ok(self.ahead.len())
    }

    /// The next task; `None` at the end, or, while tasks are `busy`, at a branch that waits for them.
    fn next(&mut self, busy: bool) -> Result<Option<Task>, Fault> {
        match self.ahead.pop_front() {
            Some(task) => Ok(Some(task)),
            None => self.pull(busy),
        }
    }

    /// Forgets what is left; the number of the morsel that would have come.
    fn give_up(&mut self) -> usize {
        self.branches.clear();
        self.open = None;
        self.ahead.clear();
        self.number
    }

    fn at_end(&self) -> bool {
        self.ahead.is_empty() && self.open.is_none() && self.branches.is_empty()
    }

    fn pull(&mut self, busy: bool) -> Result<Option<Task>, Fault> {
        loop {
            if let Some((morsels, steps)) = &mut self.open {
                if let Some(morsel) = morsels.next() {
                    let morsel = morsel?;
                    let number = self.number;
                    self.number += 1;
                    return Ok(Some(Task {
                        number,
                        morsel,
                        steps: Arc::clone(steps),
                    }));
                }
                self.open = None;
            }
            match self.branches.front() {
                None => return Ok(None),
                Some(branch) if branch.last && busy => return Ok(None),
                Some(_) => {}
            }
            if let Some(branch) = self.branches.pop_front() {
                self.open = Some(((branch.open)()?, branch.steps.into()));
            }
        }
    }
}

/// Runs a pipeline: `merge` gets each morsel's part, in order, one at a time.
///
/// # Errors
/// The fault of the first morsel, in order, that met one; those behind a sufficient prefix do not count.
pub fn drive<C: Consumer>(
    run: &Run<'_>,
    pipeline: Pipeline,
    consumer: &C,
    merge: &mut (dyn FnMut(C::Part) -> Result<Flow, Fault> + Send),
) -> Result<(), Fault> {
    let mut queue = Queue::new(pipeline);
    let threads = run.options.threads;
    if threads < 2 || queue.look_ahead(2)? < 2 {
        let stop = AtomicBool::new(false);
        while let Some(task) = queue.next(false)? {
            let mut early = |part| Ok(Early::Merged(merge(part)?));
            let part = process(run, task, consumer, &stop, &mut early)?;
            if stop.load(Ordering::Relaxed) || merge(part)? == Flow::Enough {
                break;
            }
        }
        return Ok(());
    }
    let workers = Workers {
        run,
        consumer,
        merge: Mutex::new(merge),
        state: Mutex::new(State {
            queue,
            busy: 0,
            parts: BTreeMap::new(),
            merged: 0,
            merging: false,
            fault: None,
        }),
        changed: Condvar::new(),
        stop: AtomicBool::new(false),
    };
    run.pool()?.scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|_| workers.work());
        }
    });
    match workers.lock().fault.take() {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

/// What became of a part that was to be merged before its morsel's end.
enum Early<P> {
    Merged(Flow),
    /// It is not its turn.
    Kept(P),
}

/// Reads one morsel through its steps into a part; `early` merges what it can before the end.
fn process<C: Consumer>(
    run: &Run<'_>,
    task: Task,
    consumer: &C,
    stop: &AtomicBool,
    early: &mut dyn FnMut(C::Part) -> Result<Early<C::Part>, Fault>,
) -> Result<C::Part, Fault> {
    let cancel = &run.options.cancel;
    let mut part = Some(consumer.part()?);
    let (mut read, mut written) = (0usize, 0usize);
    task.morsel.read(cancel, &mut |columns, rows| {
        let mut start = 0;
        while start < rows {
            cancel.check()?;
            if stop.load(Ordering::Relaxed) {
                return Ok(Flow::Enough);
            }
            let length = run.options.batch_rows.max(1).min(rows - start);
            let whole = length == rows;
            let batch = Batch {
                columns: match whole {
                    true => columns.clone(),
                    false => columns.iter().map(|c| c.slice(start, length)).collect(),
                },
                rows: length,
                position: Batch::place(task.number, read),
            };
            start += length;
            read += length;
            let flow = through(&task.steps, batch, &mut |mut batch| {
                if batch.rows == 0 {
                    return Ok(Flow::More);
                }
                batch.position = Batch::place(task.number, written);
                written += batch.rows;
                let mut current = match part.take() {
                    Some(part) => part,
                    None => consumer.part()?,
                };
                let flow = consumer.take(&mut current, batch)?;
                if !C::PIECEWISE || flow == Flow::Enough {
                    part = Some(current);
                    return Ok(flow);
                }
                match early(consumer.close(current)?)? {
                    Early::Merged(Flow::More) => {}
                    Early::Merged(Flow::Enough) => {
                        stop.store(true, Ordering::Relaxed);
                        return Ok(Flow::Enough);
                    }
                    Early::Kept(kept) => part = Some(kept),
                }
                Ok(Flow::More)
            })?;
            if flow == Flow::Enough {
                return Ok(Flow::Enough);
            }
        }
        Ok(Flow::More)
    })?;
    match part {
        Some(part) => consumer.close(part),
        None => consumer.part(),
    }
}

fn through(steps: &[Arc<dyn Step>], batch: Batch, end: &mut Next<'_>) -> Result<Flow, Fault> {
    match steps.split_first() {
        None => end(batch),
        Some((step, rest)) => step.push(batch, &mut |batch| through(rest, batch, end)),
    }
}

type Merge<'m, P> = &'m mut (dyn FnMut(P) -> Result<Flow, Fault> + Send);

struct Workers<'r, 'm, C: Consumer> {
    run: &'r Run<'r>,
    consumer: &'r C,
    merge: Mutex<Merge<'m, C::Part>>,
    state: Mutex<State<C::Part>>,
    changed: Condvar,
    stop: AtomicBool,
}

struct State<P> {
    queue: Queue,
    /// Morsels being read.
    busy: usize,
    /// Parts, or why there is none, that wait for one before them.
    parts: BTreeMap<usize, Result<P, Fault>>,
    /// Number of the next part to merge.
    merged: usize,
    merging: bool,
    fault: Option<Fault>,
}

impl<C: Consumer> Workers<'_, '_, C> {
    fn lock(&self) -> MutexGuard<'_, State<C::Part>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&'s self, state: MutexGuard<'s, State<C::Part>>) -> MutexGuard<'s, State<C::Part>> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(task) = self.next() {
            let number = task.number;
            let mut early = |part| self.merge_early(number, part);
            let part = guarded(|| process(self.run, task, self.consumer, &self.stop, &mut early));
            let mut state = self.lock();
            state.busy -= 1;
            state.parts.insert(number, part);
            self.merge_ready(state);
            self.changed.notify_all();
        }
        self.changed.notify_all();
    }

    /// The next morsel; waits while too many parts are held, or a branch waits for those before it.
    fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if self.stop.load(Ordering::Relaxed) || state.queue.at_end() {
                return None;
            }
            let held = state.parts.len() >= 2 * self.run.options.threads;
            if held && (state.busy > 0 || state.merging) {
                state = self.wait(state);
                continue;
            }
            let busy = state.busy > 0;
            match guarded(|| state.queue.next(busy)) {
                Ok(Some(task)) => {
                    state.busy += 1;
                    return Some(task);
                }
                Ok(None) if state.queue.at_end() => return None,
                Ok(None) => state = self.wait(state),
                Err(fault) => {
                    let number = state.queue.give_up();
                    state.parts.insert(number, Err(fault));
                    self.merge_ready(state);
                    return None;
                }
            }
        }
    }

    /// Merges a part of a morsel that is still being read, if all before it have been merged.
    fn merge_early(&self, number: usize, part: C::Part) -> Result<Early<C::Part>, Fault> {
        let state = self.lock();
        let stopped = self.stop.load(Ordering::Relaxed);
        if state.merged != number || state.merging || stopped {
            return Ok(Early::Kept(part));
        }
        // Until this morsel ends, nobody else merges.
        drop(state);
        let mut merge = self.merge.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Early::Merged(merge(part)?))
    }

    /// Merges the parts whose turn it is, unless another worker is at it.
    fn merge_ready<'s>(&'s self, mut state: MutexGuard<'s, State<C::Part>>) {
        if state.merging {
            return;
        }
        loop {
            let number = state.merged;
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let Some(part) = state.parts.remove(&number) else {
                return;
            };
            state.merged += 1;
            state.merging = true;
            drop(state);
            let flow = part.and_then(|part| {
                guarded(|| {
                    let mut merge = self.merge.lock().unwrap_or_else(PoisonError::into_inner);
                    merge(part)
                })
            });
            state = self.lock();
            state.merging = false;
            if flow.as_ref().map_or(true, |f| *f == Flow::Enough) {
                self.stop.store(true, Ordering::Relaxed);
            }
            state.fault = flow.err();
            self.changed.notify_all();
        }
    }
}

/// Runs `f`; a panic in it becomes a fault.
///
/// # Errors
/// As `f`.
pub fn guarded<T>(f: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Fault::internal(format!(
            "a worker panicked: {}",
            text.unwrap_or("no message")
        )))
    })
}
