//! `schema_merge`: one schema of the rows that several `getschema` give.

use std::collections::HashMap;

use arrow::array::ArrayRef;

use crate::contract::{Batch, Fault};
use crate::types::{Type, Value, arrays};

/// What Kusto shows for a column that stands in different places.
const OUT_OF_ORDER: &str = "ERROR(columns are out of order)";

/// A column of the schemas.
struct Merged {
    name: Value,
    /// Its places in the schemas, first met first.
    places: Vec<i64>,
    kind: Value,
    ty: Value,
}

/// Merges the rows of a table with the columns of `getschema`.
pub(super) fn run(ordered: bool, table: &Batch) -> Result<Batch, Fault> {
    let types = [Type::String, Type::Int, Type::String, Type::String];
    let cell = |column: usize, row: usize| match (table.columns.get(column), types.get(column)) {
        (Some(array), Some(ty)) => arrays::value(&**array, *ty, row),
        _ => Value::Null(Type::Unknown),
    };
    let mut columns: Vec<Merged> = Vec::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for row in 0..table.rows {
        let name = cell(0, row);
        let text = name.as_str().unwrap_or_default().to_owned();
        let place = cell(1, row).as_i64().unwrap_or(-1);
        let number = *numbers.entry(text).or_insert(columns.len());
        match columns.get_mut(number) {
            None => columns.push(Merged {
                name,
                places: vec![place],
                kind: cell(2, row),
                ty: cell(3, row),
            }),
            Some(known) if known.ty == cell(3, row) => known.places.push(place),
            Some(known) => {
                let name = known.name.as_str().unwrap_or_default();
                return Err(Fault::query(format!(
                    "`{name}` has several types, and which one Kusto takes is not known"
                )));
            }
        }
    }
    let places = match ordered {
        true => kept(&columns),
        false => columns
            .iter()
            .map(|c| c.places.iter().max().copied())
            .collect(),
    };
    let mut taken: Vec<i64> = places.iter().flatten().copied().collect();
    taken.sort_unstable();
    if taken.windows(2).any(|two| two[0] == two[1]) {
        let message =
            "two columns have the same place, and which one Kusto gives them is not known";
        return Err(Fault::query(message));
    }
    let mut rows: Vec<(i64, Vec<Value>)> = Vec::with_capacity(columns.len());
    for (column, place) in columns.into_iter().zip(places) {
        let (at, kind, ty) = match place {
            Some(at) => (at, column.kind, column.ty),
            None => {
                let kind = format!("ERROR(unknown CSL type:{OUT_OF_ORDER})");
                (-1, Value::string(kind), Value::string(OUT_OF_ORDER))
            }
        };
        let ordinal = i32::try_from(at).unwrap_or(-1);
        // What is wrong comes last.
        let order = if at < 0 { i64::MAX } else { at };
        rows.push((order, vec![column.name, Value::Int(ordinal), kind, ty]));
    }
    rows.sort_by_key(|(order, _)| *order);
    let column = |i: usize| -> ArrayRef {
        let values: Vec<&Value> = rows.iter().filter_map(|(_, row)| row.get(i)).collect();
        arrays::of(types[i], values)
    };
    Ok(Batch {
        columns: (0..types.len()).map(column).collect(),
        rows: rows.len(),
        position: 0,
    })
}

/// The place of each column in all schemas; nothing where they differ.
fn kept(columns: &[Merged]) -> Vec<Option<i64>> {
    let same = |column: &Merged| {
        let first = column.places.first().copied()?;
        column.places.iter().all(|p| *p == first).then_some(first)
    };
    columns.iter().map(same).collect()
}
