//! How long the stages of a run took, and how many rows came out of each of its nodes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::pipeline::{Next, Pipeline, Step};
use crate::contract::{Batch, Fault, Flow};
use crate::plan::{Node, Plan};

/// What a run says of itself.
pub struct Profile {
    /// Time since some instant.
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    nodes: Mutex<Vec<Noted>>,
    /// Time of the nodes below each node that is being opened.
    open: Mutex<Vec<Duration>>,
}

struct Noted {
    what: String,
    /// None of what yields no rows.
    rows: Option<Arc<AtomicU64>>,
    time: Option<Duration>,
}

/// A node of a plan that has run.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The node.
    pub what: String,
    /// Rows that came out of it, if it yields rows.
    pub rows: Option<u64>,
    /// Time of the stage that it ends: its own, and that of the row-wise nodes before it. None for a node within a
    /// stage.
    pub time: Option<Duration>,
}

type Sink<'a> = dyn FnMut(Batch) -> Result<Flow, Fault> + Send + 'a;

impl Profile {
    /// A profile by this clock.
    pub fn new(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Profile {
        Profile {
            clock: Box::new(clock),
            nodes: Mutex::default(),
            open: Mutex::default(),
        }
    }

    /// The nodes that ran, in the order in which rows went through them; they are forgotten then.
    pub fn take(&self) -> Vec<Stage> {
        let Ok(mut nodes) = self.nodes.lock() else {
            return Vec::new();
        };
        let stages = nodes.drain(..).map(|node| Stage {
            what: node.what,
            rows: node.rows.map(|rows| rows.load(Ordering::Relaxed)),
            time: node.time,
        });
        stages.collect()
    }

    /// Does what comes before a run, and notes how long it took.
    pub fn before<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let start = (self.clock)();
        let done = work();
        let noted = Noted {
            what: what.to_string(),
            rows: None,
            time: Some((self.clock)().saturating_sub(start)),
        };
        if let Ok(mut nodes) = self.nodes.lock() {
            nodes.push(noted);
        }
        done
    }

    /// Opens a node, and has its rows counted.
    pub(super) fn node(
        &self,
        plan: &Plan,
        open: impl FnOnce() -> Result<Pipeline, Fault>,
    ) -> Result<Pipeline, Fault> {
        if let Ok(mut open) = self.open.lock() {
            open.push(Duration::ZERO);
        }
        let start = (self.clock)();
        let pipeline = open();
        let all = (self.clock)().saturating_sub(start);
        let mut below = Duration::ZERO;
        if let Ok(mut open) = self.open.lock() {
            below = open.pop().unwrap_or_default();
            if let Some(above) = open.last_mut() {
                *above += all;
            }
        }
        let breaks = matches!(
            plan.node,
            Node::Window { .. }
                | Node::Summarize { .. }
                | Node::Sort { .. }
                | Node::Take { .. }
                | Node::Join { .. }
                | Node::Whole { .. }
        );
        let rows = self.note(plan.line(), breaks.then(|| all.saturating_sub(below)));
        Ok(pipeline?.then(Counted(rows)))
    }

    /// Runs the last stage, whose rows go to the sink.
    pub(super) fn end(
        &self,
        sink: &mut Sink<'_>,
        run: impl FnOnce(&mut Sink<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut rows = 0;
        let start = (self.clock)();
        let done = run(&mut |batch| {
            rows += batch.rows as u64;
            sink(batch)
        });
        let time = (self.clock)().saturating_sub(start);
        self.note("output".to_string(), Some(time))
            .store(rows, Ordering::Relaxed);
        done
    }

    fn note(&self, what: String, time: Option<Duration>) -> Arc<AtomicU64> {
        let rows = Arc::new(AtomicU64::new(0));
        if let Ok(mut nodes) = self.nodes.lock() {
            nodes.push(Noted {
                what,
                rows: Some(Arc::clone(&rows)),
                time,
            });
        }
        rows
    }
}

/// Counts the rows that pass.
struct Counted(Arc<AtomicU64>);

impl Step for Counted {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        self.0.fetch_add(batch.rows as u64, Ordering::Relaxed);
        next(batch)
    }
}
