//! `make-graph`: numbers the nodes, and makes the table of them or that of the edges.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::compute::{concat, take};

use super::super::super::keys::KeyTable;
use crate::contract::{Batch, Fault};
use crate::plan::Plan;
use crate::plan::graph::{MakeGraph, Property};
use crate::types::{Type, arrays};

fn lost() -> Fault {
    Fault::internal("a graph lacks a column that it is made of")
}

/// Makes one of the tables of a graph.
pub(in super::super) fn table(
    made: &MakeGraph,
    inputs: &[Plan],
    tables: &[Batch],
    output: &Plan,
) -> Result<Batch, Fault> {
    let (edges, nodes) = tables.split_first().ok_or_else(lost)?;
    let numbering = Numbering::new(made, inputs, edges, nodes)?;
    match made.edges {
        true => numbering.edges(edges),
        false => numbering.nodes(made, nodes, output),
    }
}

/// The numbers of all nodes.
struct Numbering {
    keys: KeyTable,
    /// The first row of each node in the table it is from, table by table.
    rows: Vec<Vec<u32>>,
    /// The numbers of the nodes at both ends of each edge.
    ends: [Vec<u32>; 2],
}

impl Numbering {
    fn new(
        made: &MakeGraph,
        inputs: &[Plan],
        edges: &Batch,
        nodes: &[Batch],
    ) -> Result<Numbering, Fault> {
        let of = |input: usize, column: usize| inputs.get(input)?.schema.columns.get(column);
        let mut types = vec![of(0, made.ends[0]).ok_or_else(lost)?.ty];
        if let Some(part) = made.parts.first() {
            types.push(of(0, *part).ok_or_else(lost)?.ty);
        }
        let mut keys = KeyTable::new(&types);
        let mut rows = Vec::with_capacity(nodes.len());
        for (table, (batch, key)) in nodes.iter().zip(&made.keys).enumerate() {
            let columns = key_of(batch, *key, made.parts.get(table + 1))?;
            let mut first = Vec::new();
            let mut next = keys.len();
            for (row, number) in (0u32..).zip(keys.insert(&columns, batch.rows)?) {
                if number as usize == next {
                    first.push(row);
                    next += 1;
                }
            }
            rows.push(first);
        }
        // The ends of the first edge, then those of the second: nodes are numbered as they appear.
        let part = made.parts.first();
        let from = key_of(edges, made.ends[0], part)?;
        let to = key_of(edges, made.ends[1], part)?;
        let count =
            u32::try_from(edges.rows).map_err(|_| Fault::limit("a graph has too many edges"))?;
        let turns: Vec<u32> = (0..count)
            .flat_map(|row| [row, row.saturating_add(count)])
            .collect();
        let turns = UInt32Array::from(turns);
        let both = from.iter().zip(&to).map(|(from, to)| {
            let both = concat(&[from, to])?;
            Ok(take(&both, &turns, None)?)
        });
        let both = both.collect::<Result<Vec<ArrayRef>, Fault>>()?;
        let numbers = keys.insert(&both, turns.len())?;
        let end = |skipped: usize| numbers.iter().skip(skipped).step_by(2).copied().collect();
        Ok(Numbering {
            keys,
            rows,
            ends: [end(0), end(1)],
        })
    }

    /// The edges with the numbers of the nodes at their ends.
    fn edges(self, edges: &Batch) -> Result<Batch, Fault> {
        let numbers = self.ends.into_iter().map(|end| {
            let numbers: Int64Array = end.into_iter().map(i64::from).collect();
            Arc::new(numbers) as ArrayRef
        });
        Ok(Batch {
            columns: numbers.chain(edges.columns.iter().cloned()).collect(),
            rows: edges.rows,
            position: 0,
        })
    }

    /// The nodes with their identity and properties.
    fn nodes(self, made: &MakeGraph, tables: &[Batch], output: &Plan) -> Result<Batch, Fault> {
        let identity = self.keys.columns()?.into_iter().next().ok_or_else(lost)?;
        let listed: usize = self.rows.iter().map(Vec::len).sum();
        let rest = identity.slice(listed, identity.len() - listed);
        let taken: Vec<UInt32Array> = self.rows.into_iter().map(UInt32Array::from).collect();
        let mut columns = vec![Arc::clone(&identity)];
        for (property, column) in made
            .properties
            .iter()
            .zip(output.schema.columns.iter().skip(1))
        {
            columns.push(property_of(property, column.ty, tables, &taken, &rest)?);
        }
        Ok(Batch {
            columns,
            rows: identity.len(),
            position: 0,
        })
    }
}

/// The columns that identify the rows of a table.
fn key_of(batch: &Batch, key: usize, part: Option<&usize>) -> Result<Vec<ArrayRef>, Fault> {
    let columns = std::iter::once(&key).chain(part);
    let columns = columns.map(|column| batch.columns.get(*column).cloned().ok_or_else(lost));
    columns.collect()
}

/// A property of all nodes: those of each table, then those that are in none, identified by `rest`.
fn property_of(
    property: &Property,
    ty: Type,
    tables: &[Batch],
    taken: &[UInt32Array],
    rest: &ArrayRef,
) -> Result<ArrayRef, Fault> {
    let mut parts: Vec<ArrayRef> = Vec::with_capacity(tables.len() + 1);
    for ((column, table), rows) in property.columns.iter().zip(tables).zip(taken) {
        parts.push(match column {
            Some(column) => take(table.columns.get(*column).ok_or_else(lost)?, rows, None)?,
            None => arrays::nulls(ty, rows.len()),
        });
    }
    parts.push(match property.identity {
        true => Arc::clone(rest),
        false => arrays::nulls(ty, rest.len()),
    });
    let parts: Vec<&dyn arrow::array::Array> = parts.iter().map(|p| &**p).collect();
    Ok(concat(&parts)?)
}
