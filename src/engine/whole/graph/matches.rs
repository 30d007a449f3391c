//! `graph-match` and `graph-shortest-paths`: rows for the matches of a pattern.

use std::collections::HashMap;

use super::super::super::expression::Preparation;
use super::super::super::expression::Prepared;
use super::super::super::{Held, rows};
use super::condition::Conditions;
use super::network::Network;
use super::order::Order;
use super::read::{Matches, Reader};
use super::walk::{Walk, distances};
use super::{shortest, walk};
use crate::contract::{Batch, Cancel, Fault};
use crate::plan::graph::{Match, Shortest};

/// The rows for all matches of a pattern, held against the budget.
pub(in super::super) fn matches(
    pattern: &Match,
    (nodes, edges): (&Batch, &Batch),
    preparation: Preparation<'_>,
    held: &mut Held<'_>,
    cancel: &Cancel,
) -> Result<Vec<Batch>, Fault> {
    let network = Network::new(nodes, edges)?;
    held.add(network.size())?;
    let reader = Reader::new(pattern, (nodes, edges), &network, preparation)?;
    let conditions = Conditions::new(pattern, &reader, preparation)?;
    let mut given = Given {
        outputs: preparation.exprs(&pattern.outputs)?,
        reader: &reader,
        batches: Vec::new(),
        held,
    };
    let order = Order::new(pattern, &conditions, network.nodes);
    let search = Walk {
        pattern,
        network: &network,
        conditions: &conditions,
        reader: &reader,
        distances: order
            .steps
            .iter()
            .map(|step| distances(step, &network, &conditions))
            .collect(),
        order: &order,
        cancel,
    };
    match pattern.shortest {
        None => search.run(&mut |matches| given.take(&matches))?,
        Some(kind) if shortest::is_simple(pattern, &conditions) => {
            shortest::run(&search, kind, &mut |matches| given.take(&matches))?;
        }
        Some(kind) => given.shortest_of(&search, kind)?,
    }
    given.held.give_back(network.size());
    Ok(given.batches)
}

/// The rows made so far.
struct Given<'a, 'h, 'b> {
    outputs: Vec<Prepared>,
    reader: &'a Reader<'a>,
    batches: Vec<Batch>,
    held: &'h mut Held<'b>,
}

impl Given<'_, '_, '_> {
    fn take(&mut self, matches: &Matches) -> Result<(), Fault> {
        let mut wanted: Vec<usize> = Vec::new();
        self.outputs.iter().for_each(|o| wanted.extend(o.columns()));
        wanted.sort_unstable();
        wanted.dedup();
        let read = self.reader.batch(matches, &wanted)?;
        let columns = self.outputs.iter().map(|output| output.column(&read));
        let batch = rows::compact(Batch {
            columns: columns.collect::<Result<_, Fault>>()?,
            rows: matches.rows,
            position: 0,
        });
        self.held.add(rows::weight(&batch))?;
        self.batches.push(batch);
        Ok(())
    }

    /// The shortest of all matches of the same nodes.
    fn shortest_of(&mut self, search: &Walk<'_>, kind: Shortest) -> Result<(), Fault> {
        // The number of each combination of nodes, and the length of its shortest matches so far.
        let mut places: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut best: Vec<usize> = Vec::new();
        let mut kept = Matches::of(search.pattern);
        let mut of: Vec<(usize, usize)> = Vec::new();
        search.run(&mut |matches| {
            for row in 0..matches.rows {
                let key: Vec<u32> = matches
                    .nodes
                    .iter()
                    .filter_map(|n| n.get(row).copied())
                    .collect();
                let length = matches.edges_of(row).len();
                let place = *places.entry(key).or_insert_with(|| {
                    best.push(usize::MAX);
                    best.len() - 1
                });
                let better = match kind {
                    Shortest::Any => length < best[place],
                    Shortest::All => length <= best[place],
                };
                if better {
                    best[place] = length;
                    self.held.add(8 * (length + matches.nodes.len() + 8))?;
                    kept.push(&matches, row);
                    of.push((place, length));
                }
            }
            Ok(())
        })?;
        let rows = (0u32..)
            .zip(&of)
            .filter(|(_, (place, length))| best[*place] == *length);
        let rows: Vec<u32> = rows.map(|(row, _)| row).collect();
        for some in rows.chunks(walk::MANY) {
            self.take(&kept.gather(some))?;
        }
        Ok(())
    }
}
