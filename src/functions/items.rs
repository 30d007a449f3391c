//! The list on the right of `in`, `has_any` and their kin: its items, wherever they come from.

use std::sync::{Arc, Mutex};

use arrow::array::Array;

use crate::contract::{Args, Fault, Setup};
use crate::json;
use crate::types::{Value, arrays};

/// The items of a list: those known before rows come, and the arguments that differ by row.
pub(super) struct Items {
    /// Constants, the elements of constant arrays, the values of a tabular right side.
    pub(super) known: Vec<Item>,
    /// Arguments that are not known before rows come.
    varying: Vec<usize>,
}

/// An item known before rows come.
pub(super) struct Item {
    /// Its value; not an array, unless nested in one.
    pub(super) value: Value,
    /// The argument it comes from.
    pub(super) argument: usize,
    /// Whether it is an element of a dynamic value, else an argument of its own or a table's row.
    pub(super) element: bool,
}

impl Items {
    /// The items from argument `first` on.
    pub(super) fn of(setup: &Setup<'_>, first: usize) -> Items {
        let (mut known, mut varying) = (Vec::new(), Vec::new());
        for (argument, ty) in setup.types.iter().enumerate().skip(first) {
            let mut add = |value: Value| {
                let element = matches!(value, Value::Dynamic(_));
                flatten(value, &mut |value| {
                    known.push(Item {
                        value,
                        argument,
                        element,
                    });
                });
            };
            if let Some(list) = setup.list(argument) {
                (0..list.len()).for_each(|row| add(arrays::value(list, *ty, row)));
            } else if let Some(value) = setup.constant(argument) {
                add(value.clone());
            } else {
                varying.push(argument);
            }
        }
        Items { known, varying }
    }

    /// The items that are the same in every row of a batch, though not known before: the value of
    /// a `toscalar`. None for most lists.
    pub(super) fn fixed(&self, args: &Args<'_>) -> Result<Vec<Value>, Fault> {
        let mut fixed = Vec::new();
        for argument in &self.varying {
            let datum = args.datum(*argument)?;
            if datum.constant {
                fixed.push(arrays::value(&datum.array, datum.ty, 0));
            }
        }
        Ok(fixed)
    }

    /// Whether some items differ from row to row of this batch.
    pub(super) fn varies(&self, args: &Args<'_>) -> Result<bool, Fault> {
        for argument in &self.varying {
            if !args.datum(*argument)?.constant {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Calls `f` on the items of a row that differ by row, until it says `true`; whether it did.
    pub(super) fn any_varying(
        &self,
        args: &Args<'_>,
        row: usize,
        f: &mut impl FnMut(&Value) -> bool,
    ) -> Result<bool, Fault> {
        for argument in &self.varying {
            let datum = args.datum(*argument)?;
            if datum.constant {
                continue;
            }
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

/// The elements of an array, anything else itself. A null element is [`Value::Dynamic`] `null`, so
/// that it is told from a value that is null.
pub(super) fn flatten(value: Value, f: &mut impl FnMut(Value)) {
    match &value {
        Value::Dynamic(text) if json::kind(text) == json::Kind::Array => {
            json::elements(text).for_each(|element| match json::is_null(element) {
                true => f(Value::Dynamic("null".into())),
                false => f(json::value_of(element)),
            });
        }
        Value::Dynamic(text) => f(json::value_of(text)),
        _ => f(value),
    }
}

/// What was made of the fixed items of a batch, kept while they stay the same.
pub(super) struct Kept<T>(Mutex<Option<(Vec<Value>, Arc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(Mutex::new(None))
    }
}

impl<T> Kept<T> {
    /// What `make` makes of the elements of `values`; `None` if there are none.
    pub(super) fn of(
        &self,
        values: Vec<Value>,
        make: impl FnOnce(Vec<Value>) -> Result<T, Fault>,
    ) -> Result<Option<Arc<T>>, Fault> {
        if values.is_empty() {
            return Ok(None);
        }
        let mut kept = match self.0.lock() {
            Ok(kept) => kept,
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some((of, made)) = &*kept
            && *of == values
        {
            return Ok(Some(made.clone()));
        }
        let mut elements = Vec::new();
        for value in &values {
            flatten(value.clone(), &mut |value| elements.push(value));
        }
        let made = Arc::new(make(elements)?);
        *kept = Some((values, made.clone()));
        Ok(Some(made))
    }
}
