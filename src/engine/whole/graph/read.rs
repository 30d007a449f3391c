//! Matches as columns of numbers, and what expressions read of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringViewBuilder, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;

use super::super::super::expression::{Preparation, Prepared};
use super::network::Network;
use crate::contract::{Batch, Fault};
use crate::functions::cell::Cells;
use crate::json::ArrayWriter;
use crate::plan::graph::{Fold, Match, Read};
use crate::types::{Type, arrays};

/// Matches of a pattern, maybe of its beginning only.
#[derive(Clone, Default)]
pub(super) struct Matches {
    pub rows: usize,
    /// For each node of the pattern those of the graph; nothing while it is not bound.
    pub nodes: Vec<Vec<u32>>,
    /// For each hop that is one edge those of the graph.
    pub edges: Vec<Vec<u32>>,
    /// For each hop that is a path those of the graph.
    pub paths: Vec<Paths>,
}

/// Paths, one after the other.
#[derive(Clone, Default)]
pub(super) struct Paths {
    edges: Parts,
    inner: Parts,
}

/// Parts of paths.
#[derive(Clone, Default)]
struct Parts {
    /// Where those of each path end.
    ends: Vec<usize>,
    numbers: Vec<u32>,
}

impl Parts {
    fn of(&self, row: usize) -> &[u32] {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start..self.ends[row]]
    }

    fn push(&mut self, numbers: impl Iterator<Item = u32>) {
        self.numbers.extend(numbers);
        self.ends.push(self.numbers.len());
    }
}

impl Paths {
    /// The edges of a path.
    pub fn edges(&self, row: usize) -> &[u32] {
        self.edges.of(row)
    }

    /// The nodes between them.
    pub fn inner(&self, row: usize) -> &[u32] {
        self.inner.of(row)
    }

    /// Adds a path.
    pub fn push(&mut self, edges: impl Iterator<Item = u32>, inner: impl Iterator<Item = u32>) {
        self.edges.push(edges);
        self.inner.push(inner);
    }

    /// How many parts they have together.
    pub fn weight(&self) -> usize {
        self.edges.numbers.len() + self.inner.numbers.len()
    }

    fn parts(&self, inner: bool) -> &Parts {
        match inner {
            true => &self.inner,
            false => &self.edges,
        }
    }

    fn gather(&self, rows: &[u32]) -> Paths {
        let mut gathered = Paths::default();
        if !self.edges.ends.is_empty() {
            for row in rows {
                let (edges, inner) = (self.edges(*row as usize), self.inner(*row as usize));
                gathered.push(edges.iter().copied(), inner.iter().copied());
            }
        }
        gathered
    }
}

impl Matches {
    /// None yet, of a pattern.
    pub fn of(pattern: &Match) -> Matches {
        Matches {
            rows: 0,
            nodes: vec![Vec::new(); pattern.nodes],
            edges: vec![Vec::new(); pattern.hops.len()],
            paths: vec![Paths::default(); pattern.hops.len()],
        }
    }

    /// How many parts their paths have together.
    pub fn weight(&self) -> usize {
        self.paths.iter().map(Paths::weight).sum()
    }

    /// Those of these rows.
    pub fn gather(&self, rows: &[u32]) -> Matches {
        let gather = |numbers: &Vec<u32>| match numbers.is_empty() {
            true => Vec::new(),
            false => rows.iter().map(|row| numbers[*row as usize]).collect(),
        };
        Matches {
            rows: rows.len(),
            nodes: self.nodes.iter().map(gather).collect(),
            edges: self.edges.iter().map(gather).collect(),
            paths: self.paths.iter().map(|p| p.gather(rows)).collect(),
        }
    }

    /// Those for which a condition is true.
    pub fn filter(self, kept: &BooleanBuffer) -> Matches {
        if kept.count_set_bits() == self.rows {
            return self;
        }
        let rows: Vec<u32> = (0u32..)
            .zip(kept.iter())
            .filter_map(|(row, kept)| kept.then_some(row))
            .collect();
        self.gather(&rows)
    }

    /// Adds a row of others.
    pub fn push(&mut self, other: &Matches, row: usize) {
        self.rows += 1;
        for (own, numbers) in self.nodes.iter_mut().zip(&other.nodes) {
            own.extend(numbers.get(row));
        }
        for (own, numbers) in self.edges.iter_mut().zip(&other.edges) {
            own.extend(numbers.get(row));
        }
        for (own, paths) in self.paths.iter_mut().zip(&other.paths) {
            if !paths.edges.ends.is_empty() {
                let (edges, inner) = (paths.edges(row), paths.inner(row));
                own.push(edges.iter().copied(), inner.iter().copied());
            }
        }
    }

    /// The edges of a match.
    pub fn edges_of(&self, row: usize) -> Vec<u32> {
        let fixed = self
            .edges
            .iter()
            .filter_map(|numbers| numbers.get(row).copied());
        let paths = self.paths.iter().filter(|p| !p.edges.ends.is_empty());
        fixed
            .chain(paths.flat_map(|p| p.edges(row).iter().copied()))
            .collect()
    }

    /// The nodes that a match's paths lead through.
    pub fn inner_of(&self, row: usize) -> Vec<u32> {
        let paths = self.paths.iter().filter(|p| !p.edges.ends.is_empty());
        paths.flat_map(|p| p.inner(row).iter().copied()).collect()
    }
}

/// What expressions over matches read.
pub(super) struct Reader<'a> {
    /// The nodes, with the numbers of edges into them and out of them.
    nodes: Batch,
    edges: &'a Batch,
    reads: Vec<Readable<'a>>,
}

struct Readable<'a> {
    read: &'a Read,
    /// What is folded.
    body: Option<Prepared>,
}

impl<'a> Reader<'a> {
    /// Of a pattern over these tables.
    pub fn new(
        pattern: &'a Match,
        (nodes, edges): (&Batch, &'a Batch),
        network: &Network,
        preparation: Preparation<'_>,
    ) -> Result<Reader<'a>, Fault> {
        let mut nodes = nodes.clone();
        let all = || (0u32..).take(network.nodes);
        let degrees = |of: &dyn Fn(u32) -> usize| -> ArrayRef {
            let counts: Int64Array = all().map(|node| of(node) as i64).collect();
            Arc::new(counts)
        };
        nodes
            .columns
            .push(degrees(&|node| network.into(node).len()));
        nodes.columns.push(degrees(&|node| network.out(node).len()));
        let reads = pattern.reads.iter().map(|read| {
            let body = match read {
                Read::Path { body, .. } => Some(preparation.expr(body)?),
                Read::Node { .. } | Read::Edge { .. } => None,
            };
            Ok(Readable { read, body })
        });
        Ok(Reader {
            reads: reads.collect::<Result<_, Fault>>()?,
            nodes,
            edges,
        })
    }

    /// The table of the parts of paths.
    pub fn parts(&self, inner: bool) -> &Batch {
        match inner {
            true => &self.nodes,
            false => self.edges,
        }
    }

    /// What a read folds.
    pub fn body(&self, read: usize) -> Option<&Prepared> {
        self.reads.get(read)?.body.as_ref()
    }

    /// The matches as a batch in which these reads stand.
    pub fn batch(&self, matches: &Matches, wanted: &[usize]) -> Result<Batch, Fault> {
        let mut columns = vec![nothing(); self.reads.len()];
        for read in wanted {
            if let Some(place) = columns.get_mut(*read) {
                *place = self.column(*read, matches)?;
            }
        }
        Ok(Batch {
            columns,
            rows: matches.rows,
            position: 0,
        })
    }

    fn column(&self, read: usize, matches: &Matches) -> Result<ArrayRef, Fault> {
        let lost = || Fault::internal("a match is read where it is not bound");
        let readable = self.reads.get(read).ok_or_else(lost)?;
        let taken = |table: &Batch, column: usize, numbers: Option<&Vec<u32>>| {
            let numbers = UInt32Array::from(numbers.ok_or_else(lost)?.clone());
            let column = table.columns.get(column).ok_or_else(lost)?;
            Ok(take(column, &numbers, None)?)
        };
        match (readable.read, &readable.body) {
            (Read::Node { node, column }, _) => {
                taken(&self.nodes, *column, matches.nodes.get(*node))
            }
            (Read::Edge { hop, column }, _) => taken(self.edges, *column, matches.edges.get(*hop)),
            (
                Read::Path {
                    hop, inner, fold, ..
                },
                Some(body),
            ) => {
                let paths = matches.paths.get(*hop).ok_or_else(lost)?;
                self.folded(*fold, *inner, body, paths, matches)
            }
            (Read::Path { .. }, None) => Err(lost()),
        }
    }

    /// A value for each path, of what its parts hold.
    fn folded(
        &self,
        fold: Fold,
        inner: bool,
        body: &Prepared,
        paths: &Paths,
        matches: &Matches,
    ) -> Result<ArrayRef, Fault> {
        let parts = paths.parts(inner);
        let table = self.parts(inner);
        let width = table.columns.len();
        let numbers = UInt32Array::from(parts.numbers.clone());
        let mut columns = vec![nothing(); width + self.reads.len()];
        let mut owners: Option<UInt32Array> = None;
        for column in body.columns() {
            let value = match table.columns.get(*column) {
                Some(own) => take(own, &numbers, None)?,
                None => {
                    let whole = self.column(*column - width, matches)?;
                    let owners = owners.get_or_insert_with(|| parts.owners());
                    take(&whole, owners, None)?
                }
            };
            if let Some(place) = columns.get_mut(*column) {
                *place = value;
            }
        }
        let batch = Batch {
            columns,
            rows: parts.numbers.len(),
            position: 0,
        };
        parts.fold(fold, body, &batch)
    }
}

impl Parts {
    /// The row of each part's path.
    fn owners(&self) -> UInt32Array {
        let mut owners = Vec::with_capacity(self.numbers.len());
        for (row, end) in (0u32..).zip(&self.ends) {
            owners.resize(*end, row);
        }
        UInt32Array::from(owners)
    }

    fn fold(&self, fold: Fold, body: &Prepared, batch: &Batch) -> Result<ArrayRef, Fault> {
        let mut start = 0;
        let ranges = self
            .ends
            .iter()
            .map(|end| std::mem::replace(&mut start, *end)..*end);
        if fold == Fold::Map {
            let datum = body.evaluate(batch)?;
            let cells = Cells::of(&datum)?;
            let mut arrays = StringViewBuilder::with_capacity(self.ends.len());
            for range in ranges {
                let mut array = ArrayWriter::new();
                range.for_each(|part| cells.write_json(part, array.element()));
                arrays.append_value(array.finish());
            }
            return Ok(Arc::new(arrays.finish()));
        }
        let truth = body.select(batch)?;
        let folded: Vec<bool> = match fold {
            Fold::All => ranges
                .map(|mut r| r.all(|part| truth.value(part)))
                .collect(),
            _ => ranges
                .map(|mut r| r.any(|part| truth.value(part)))
                .collect(),
        };
        Ok(Arc::new(BooleanArray::from(folded)))
    }
}

/// What stands where nothing is read.
fn nothing() -> ArrayRef {
    arrays::nulls(Type::Bool, 0)
}
