//! Sums of reals that do not depend on the number of threads.
//!
//! Addition of reals is not associative, so each group keeps one partial result per morsel, made in
//! the order of the morsel's rows, and joins them in the order of morsels: at once when they are
//! merged in that order, as they should be; at the end otherwise. A table of one morsel is added row
//! by row, as the engine KQL comes from does with a small table.

use super::state::bytes_of;

/// A partial result.
pub trait Part: Copy + Default + Send + 'static {
    /// Takes in the partial result of later rows.
    fn join(&mut self, later: &Self);
}

const NONE: u64 = u64::MAX;

/// Partial results by group and morsel.
pub struct Parts<P> {
    /// The morsel each group is at; meaningless where `starts` is `NONE`.
    current: Vec<P>,
    /// Position of the batch in which `current` began.
    starts: Vec<u64>,
    /// The same of the last morsel that was joined to it.
    lasts: Vec<u64>,
    /// Partial results of other morsels.
    done: Vec<(u32, u64, P)>,
}

impl<P: Part> Parts<P> {
    /// No groups.
    pub fn new() -> Parts<P> {
        Parts {
            current: Vec::new(),
            starts: Vec::new(),
            lasts: Vec::new(),
            done: Vec::new(),
        }
    }

    /// Makes room for the groups.
    pub fn grow(&mut self, group_count: usize) {
        if self.current.len() < group_count {
            self.current.resize(group_count, P::default());
            self.starts.resize(group_count, NONE);
            self.lasts.resize(group_count, NONE);
        }
    }

    /// The partial result that rows of the group go to, in a batch that begins at `start`.
    #[inline]
    pub fn part(&mut self, group: u32, start: u64) -> &mut P {
        let index = group as usize;
        if self.lasts[index] >> 40 != start >> 40 {
            if self.starts[index] != NONE {
                self.done
                    .push((group, self.starts[index], self.current[index]));
                self.current[index] = P::default();
            }
            self.starts[index] = start;
            self.lasts[index] = start;
        }
        &mut self.current[index]
    }

    /// Takes in another's partial results.
    pub fn merge(&mut self, other: Parts<P>, groups: &[u32], group_count: usize) {
        self.grow(group_count);
        for (from, group) in groups.iter().enumerate().take(other.current.len()) {
            let (start, part) = (other.starts[from], &other.current[from]);
            let index = *group as usize;
            if start == NONE {
                continue;
            }
            if self.starts[index] == NONE {
                self.starts[index] = start;
                self.lasts[index] = other.lasts[from];
                self.current[index] = *part;
            } else if start > self.lasts[index] {
                self.current[index].join(part);
                self.lasts[index] = other.lasts[from];
            } else {
                self.done.push((*group, start, *part));
            }
        }
        for (group, start, part) in other.done {
            if let Some(group) = groups.get(group as usize) {
                self.done.push((*group, start, part));
            }
        }
    }

    /// The results by group.
    pub fn finish(mut self, group_count: usize) -> Vec<P> {
        self.grow(group_count);
        if self.done.is_empty() {
            return self.current;
        }
        for (group, start) in (0u32..).zip(&self.starts) {
            if *start != NONE {
                let index = group as usize;
                self.done.push((group, *start, self.current[index]));
                self.current[index] = P::default();
            }
        }
        self.done.sort_by_key(|(group, start, _)| (*group, *start));
        let mut last = u32::MAX;
        for (group, _, part) in &self.done {
            let result = &mut self.current[*group as usize];
            if *group == last {
                result.join(part);
            } else {
                *result = *part;
                last = *group;
            }
        }
        self.current
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        bytes_of(&self.current)
            + bytes_of(&self.starts)
            + bytes_of(&self.lasts)
            + bytes_of(&self.done)
    }
}
