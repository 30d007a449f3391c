//! `geo_line_lookup` and `geo_polygon_lookup`: rows with a point, paired with the rows of shapes it is in or near.

use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Float64Type};

use super::super::Reservation;
use super::super::pipeline::{Next, Step};
use super::super::rows::gather;
use crate::contract::{Batch, Fault, Flow};
use crate::functions::geometry::{Target, point};
use crate::plan::whole::GeoLookup;
use crate::types::{Schema, arrays};

/// A lookup ready to run, as a step of the left side's rows.
pub(super) struct Lookup {
    point: (usize, usize),
    radius: Option<f64>,
    /// Whether rows without a shape are kept.
    unmatched: bool,
    /// Shapes and their rows.
    targets: Vec<(u32, Target)>,
    /// The columns of the right side that come out, and behind their rows one of nulls.
    right: Vec<ArrayRef>,
    nothing: u32,
    _held: Reservation,
}

fn lost() -> Fault {
    Fault::internal("a lookup of shapes has no such column")
}

impl Lookup {
    /// By the shapes of the right side's rows, whose weight is held.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn new(
        lookup: &GeoLookup,
        schema: &Schema,
        right: &Batch,
        held: Reservation,
    ) -> Result<Lookup, Fault> {
        let shapes = right.columns.get(lookup.shape).ok_or_else(lost)?;
        let shapes = shapes.as_string_view_opt().ok_or_else(lost)?;
        let read = |text: Option<&str>| text.and_then(|text| Target::read(text, lookup.line));
        let targets = (0u32..).zip(shapes.iter());
        let mut columns = Vec::with_capacity(right.columns.len());
        for (i, (array, column)) in right.columns.iter().zip(&schema.columns).enumerate() {
            if lookup.with_shape || i != lookup.shape {
                columns.push(concat(&[array, &arrays::nulls(column.ty, 1)])?);
            }
        }
        Ok(Lookup {
            point: lookup.point,
            radius: lookup.radius,
            unmatched: lookup.unmatched,
            targets: targets
                .filter_map(|(row, text)| Some((row, read(text)?)))
                .collect(),
            right: columns,
            nothing: u32::try_from(right.rows).map_err(|_| Fault::limit("too many shapes"))?,
            _held: held,
        })
    }
}

/// A column of degrees.
fn degrees(batch: &Batch, index: usize) -> Result<ArrayRef, Fault> {
    let column = batch.columns.get(index).ok_or_else(lost)?;
    Ok(cast(column, &DataType::Float64)?)
}

impl Step for Lookup {
    fn push(&self, left: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let (longitudes, latitudes) =
            (degrees(&left, self.point.0)?, degrees(&left, self.point.1)?);
        let longitudes = longitudes
            .as_primitive_opt::<Float64Type>()
            .ok_or_else(lost)?;
        let latitudes = latitudes
            .as_primitive_opt::<Float64Type>()
            .ok_or_else(lost)?;
        let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
        for (row, at) in (0u32..).zip(longitudes.iter().zip(latitudes.iter())) {
            if let (Some(longitude), Some(latitude)) = at
                && let Some(at) = point(longitude, latitude)
            {
                let met = self
                    .targets
                    .iter()
                    .filter(|(_, shape)| shape.meets(&at, self.radius));
                from_right.extend(met.map(|(row, _)| *row));
            }
            if self.unmatched && from_left.len() == from_right.len() {
                from_right.push(self.nothing);
            }
            from_left.resize(from_right.len(), row);
        }
        let rows = from_left.len();
        let mut columns = gather(&left.columns, &UInt32Array::from(from_left))?;
        columns.extend(gather(&self.right, &UInt32Array::from(from_right))?);
        next(Batch {
            columns,
            rows,
            position: left.position,
        })
    }
}
