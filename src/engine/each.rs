//! Work that is no plan: each of many items by itself, side by side.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Stack of a worker: a query of thousands of pipes is walked recursively. Only what is used is real memory.
const STACK: usize = 256 << 20;

/// `work` of each item, in the items' order, on a worker per core.
pub fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if items.len() <= 1 {
        return items.into_iter().map(work).collect();
    }
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(items.len());
    match rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .stack_size(STACK)
        .build()
    {
        Ok(pool) => pool.install(|| items.into_par_iter().map(&work).collect()),
        // Without threads it is done here, one after the other.
        Err(_) => items.into_iter().map(work).collect(),
    }
}
