//! In which order a pattern is looked for: from the node that fewest of the graph can be, along the hops that leave
//! fewest matches.

use super::condition::{Conditions, Needs};
use super::network::reversed;
use crate::plan::graph::{Direction, Match};

/// A hop, walked from a node that is bound.
pub(super) struct Step {
    pub hop: usize,
    /// The pattern's node that it is walked from.
    pub near: usize,
    /// The pattern's node that it leads to.
    pub far: usize,
    /// Whether that is bound too.
    pub closes: bool,
    /// Whether it is walked from the left to the right.
    pub along: bool,
    /// The direction of its edges, seen from the near node.
    pub direction: Direction,
    /// The least and the greatest number of edges, for a path.
    pub length: Option<(u32, u32)>,
    /// The terms of the condition that can be told behind it.
    pub terms: Vec<usize>,
}

/// The way through a pattern.
pub(super) struct Order {
    /// The pattern's node that is bound first.
    pub start: usize,
    /// The terms of the condition that can be told of it alone.
    pub terms: Vec<usize>,
    pub steps: Vec<Step>,
}

impl Order {
    /// The way through a pattern.
    pub fn new(pattern: &Match, conditions: &Conditions, nodes: usize) -> Order {
        let counts: Vec<usize> = conditions
            .nodes
            .iter()
            .map(|allowed| allowed.as_ref().map_or(nodes, |a| a.count_set_bits()))
            .collect();
        let start = (0..pattern.nodes)
            .min_by_key(|node| counts[*node])
            .unwrap_or(0);
        let mut bound = vec![false; pattern.nodes];
        bound.iter_mut().skip(start).take(1).for_each(|b| *b = true);
        let mut walked = vec![false; pattern.hops.len()];
        let mut told = vec![false; conditions.terms.len()];
        let last = pattern.hops.is_empty();
        let terms = newly(conditions, &mut told, &bound, &walked, last);
        let mut steps = Vec::with_capacity(pattern.hops.len());
        while let Some(step) = next(pattern, &bound, &walked, &counts) {
            bound[step.far] = true;
            walked[step.hop] = true;
            let last = steps.len() + 1 == pattern.hops.len();
            let terms = newly(conditions, &mut told, &bound, &walked, last);
            steps.push(Step { terms, ..step });
        }
        Order {
            start,
            terms,
            steps,
        }
    }
}

/// The hop to walk next: single edges before paths, those that close a ring first, then those to fewest nodes.
fn next(pattern: &Match, bound: &[bool], walked: &[bool], counts: &[usize]) -> Option<Step> {
    let hops = pattern.hops.iter().enumerate();
    let open = hops.filter(|(hop, h)| !walked[*hop] && (bound[h.from] || bound[h.to]));
    let steps = open.map(|(hop, h)| {
        let along = bound[h.from];
        let (near, far) = match along {
            true => (h.from, h.to),
            false => (h.to, h.from),
        };
        Step {
            hop,
            near,
            far,
            closes: bound[far],
            along,
            direction: match along {
                true => h.direction,
                false => reversed(h.direction),
            },
            length: h.length,
            terms: Vec::new(),
        }
    });
    steps.min_by_key(|s| (s.length.is_some(), !s.closes, counts[s.far], s.hop))
}

/// The terms that can be told now, and could not before.
fn newly(
    conditions: &Conditions,
    told: &mut [bool],
    bound: &[bool],
    walked: &[bool],
    last: bool,
) -> Vec<usize> {
    let ready = |needs: &Needs| {
        last || !needs.whole
            && needs.nodes.iter().all(|node| bound[*node])
            && needs.hops.iter().all(|hop| walked[*hop])
    };
    let mut now = Vec::new();
    for (index, term) in conditions.terms.iter().enumerate() {
        if !told[index] && ready(&term.needs) {
            told[index] = true;
            now.push(index);
        }
    }
    now
}
