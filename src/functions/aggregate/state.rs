//! The shape of an accumulator, and the reading of its arguments.

use std::any::Any;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, Float64Array, Int64Array, StringViewArray,
    UInt32Array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::contract::{Accumulator, Fault, Grouped, Problem, Setup};
use crate::decimal::Decimal;
use crate::diagnostic::Code;
use crate::json;
use crate::types::{Type, Value};

/// An accumulator whose `merge` knows the other side's type.
pub trait State: Send + Sized + 'static {
    /// Takes rows in.
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault>;
    /// Takes in another state: its group `i` is our group `groups[i]`.
    fn merge(&mut self, other: Self, groups: &[u32], group_count: usize) -> Result<(), Fault>;
    /// The results.
    fn finish(self, group_count: usize) -> Result<Vec<ArrayRef>, Fault>;
    /// About how many bytes it holds.
    fn size(&self) -> usize;
    /// Whether it has to be merged in the order of morsels.
    fn needs_order(&self) -> bool {
        false
    }
}

struct Held<S>(S);

impl<S: State> Accumulator for Held<S> {
    fn update(&mut self, rows: &Grouped<'_>) -> Result<(), Fault> {
        self.0.update(rows)
    }

    fn merge(
        &mut self,
        other: Box<dyn Accumulator>,
        groups: &[u32],
        group_count: usize,
    ) -> Result<(), Fault> {
        match other.into_any().downcast::<Held<S>>() {
            Ok(other) => self.0.merge(other.0, groups, group_count),
            Err(_) => Err(Fault::internal(
                "accumulators of two aggregates were merged",
            )),
        }
    }

    fn finish(self: Box<Self>, group_count: usize) -> Result<Vec<ArrayRef>, Fault> {
        self.0.finish(group_count)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn needs_order(&self) -> bool {
        self.0.needs_order()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A state as what a declaration returns.
pub fn hold<S: State>(state: S) -> Result<Box<dyn Accumulator>, Problem> {
    Ok(Box::new(Held(state)))
}

/// Type of argument `index`.
pub fn type_of(setup: &Setup<'_>, index: usize) -> Type {
    setup.types.get(index).copied().unwrap_or(Type::Unknown)
}

/// Constant argument `index` as a number of elements at most; `default` when it is left out.
pub fn limit(setup: &Setup<'_>, index: usize, default: usize) -> Result<usize, Problem> {
    match setup.constant(index) {
        None | Some(Value::Null(_)) => Ok(default),
        Some(value) => match value.as_i64().and_then(|v| usize::try_from(v).ok()) {
            Some(limit) => Ok(limit),
            None => Err(Problem::new(
                Code::ArgumentValue,
                "the number of elements is a whole number from 0",
            )
            .at(index)),
        },
    }
}

/// Argument `index`, one value per row.
pub fn column(rows: &Grouped<'_>, index: usize) -> Result<ArrayRef, Fault> {
    let Some(datum) = rows.args.get(index) else {
        return Err(Fault::internal(format!("argument {index} is missing")));
    };
    let count = rows.groups.len();
    if datum.constant && datum.array.len() != count {
        let first = UInt32Array::from(vec![0; count]);
        return Ok(take(&datum.array, &first, None)?);
    }
    Ok(datum.array.clone())
}

fn wrong(array: &dyn Array) -> Fault {
    Fault::internal(format!("an aggregate was given {}", array.data_type()))
}

/// A column of `long`, `datetime` or `timespan`.
pub fn longs(array: &dyn Array) -> Result<&Int64Array, Fault> {
    array
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| wrong(array))
}

/// A column of `string` or `dynamic`.
pub fn texts(array: &dyn Array) -> Result<&StringViewArray, Fault> {
    array.as_string_view_opt().ok_or_else(|| wrong(array))
}

/// A column of `guid` or `decimal`.
pub fn sixteens(array: &dyn Array) -> Result<&FixedSizeBinaryArray, Fault> {
    array.as_fixed_size_binary_opt().ok_or_else(|| wrong(array))
}

/// The decimal in a row.
pub fn decimal(array: &FixedSizeBinaryArray, row: usize) -> Decimal {
    Decimal::from_bytes(array.value(row).try_into().unwrap_or([0; 16]))
}

/// A column of any summable type as `real`; times count ticks.
pub fn reals(array: &dyn Array, ty: Type) -> Result<Float64Array, Fault> {
    Ok(match ty {
        Type::Real => array
            .as_primitive_opt::<Float64Type>()
            .ok_or_else(|| wrong(array))?
            .clone(),
        Type::Int => array
            .as_primitive_opt::<Int32Type>()
            .ok_or_else(|| wrong(array))?
            .unary(f64::from),
        Type::Decimal => {
            let values = sixteens(array)?;
            (0..values.len())
                .map(|row| values.is_valid(row).then(|| decimal(values, row).to_f64()))
                .collect()
        }
        _ => longs(array)?.unary(|v| v as f64),
    })
}

/// Calls `f` with each row that is not null.
pub fn each_valid(nulls: Option<&NullBuffer>, rows: usize, f: impl FnMut(usize)) {
    match nulls {
        Some(nulls) if nulls.null_count() > 0 => nulls.valid_indices().for_each(f),
        _ => (0..rows).for_each(f),
    }
}

/// The elements a dynamic contributes to a list or a set: those of an array, else itself.
pub fn flat(values: &StringViewArray, row: usize) -> impl Iterator<Item = &str> {
    let text = if values.is_valid(row) {
        values.value(row)
    } else {
        "null"
    };
    let is_array = json::kind(text) == json::Kind::Array;
    let elements = is_array.then(|| json::elements(text));
    let itself = (!is_array).then_some(text);
    elements.into_iter().flatten().chain(itself)
}

/// Entries sorted by their group: where each group's entries begin in the order that follows, and
/// the entries' indices, in order of insertion within a group.
pub fn by_group(
    groups: impl Iterator<Item = u32> + Clone,
    group_count: usize,
) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0usize; group_count + 1];
    let mut count = 0;
    for group in groups.clone() {
        starts[group as usize + 1] += 1;
        count += 1;
    }
    for group in 0..group_count {
        starts[group + 1] += starts[group];
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; count];
    for (entry, group) in (0u32..).zip(groups) {
        let at = &mut next[group as usize];
        order[*at] = entry;
        *at += 1;
    }
    (starts, order)
}

/// Bytes a vector holds.
pub fn bytes_of<T>(vector: &Vec<T>) -> usize {
    vector.capacity() * size_of::<T>()
}
