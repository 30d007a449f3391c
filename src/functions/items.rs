//! The list on the right of `in`, `has_any` and their kin: its items, wherever they come from.

use arrow::array::Array;

use crate::contract::{Args, Fault, Setup};
use crate::json;
use crate::types::{Value, arrays};

/// The items of a list: those known before rows come, and the arguments that differ by row.
pub(super) struct Items {
    /// Constants, the elements of constant arrays, the values of a tabular right side; each with
    /// the argument it comes from.
    pub(super) known: Vec<(Value, usize)>,
    /// Arguments whose values differ by row.
    pub(super) varying: Vec<usize>,
}

impl Items {
    /// The items from argument `first` on.
    pub(super) fn of(setup: &Setup<'_>, first: usize) -> Items {
        let mut items = Items {
            known: Vec::new(),
            varying: Vec::new(),
        };
        for (index, ty) in setup.types.iter().enumerate().skip(first) {
            if let Some(list) = setup.list(index) {
                let values = (0..list.len()).map(|row| arrays::value(list, *ty, row));
                items.known.extend(values.map(|value| (value, index)));
            } else if let Some(value) = setup.constant(index) {
                flatten(value.clone(), &mut |value| items.known.push((value, index)));
            } else {
                items.varying.push(index);
            }
        }
        items
    }

    /// Calls `f` on the items of a row that differ by row, until it says `true`; whether it did.
    ///
    /// # Errors
    /// An internal fault when an argument is missing.
    pub(super) fn any_varying(
        &self,
        args: &Args<'_>,
        row: usize,
        f: &mut impl FnMut(&Value) -> bool,
    ) -> Result<bool, Fault> {
        for index in &self.varying {
            let datum = args.datum(*index)?;
            let row = if datum.constant { 0 } else { row };
            let mut found = false;
            flatten(arrays::value(&datum.array, datum.ty, row), &mut |value| {
                found = found || f(&value);
            });
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The elements of an array, anything else itself.
fn flatten(value: Value, f: &mut impl FnMut(Value)) {
    match &value {
        Value::Dynamic(text) if json::kind(text) == json::Kind::Array => {
            json::elements(text).for_each(|element| f(json::value_of(element)));
        }
        Value::Dynamic(text) => f(json::value_of(text)),
        _ => f(value),
    }
}
