//! Calls that choose among their arguments: what is not chosen in a row cannot fail the query there.

use arrow::array::{Array, AsArray};
use arrow::buffer::BooleanBuffer;

use crate::contract::{Datum, Fault, FaultKind};
use crate::plan::Role;
use crate::types::Type;

/// How a call chooses.
#[derive(Clone, Copy)]
pub enum Choice {
    /// Each condition is followed by what it chooses; the last argument is for rows without a true condition.
    Conditions,
    /// The first argument that has a value.
    Present,
}

impl Choice {
    /// How a function with this role chooses, if it does.
    pub fn of(role: Role) -> Option<Choice> {
        match role {
            Role::If | Role::Case => Some(Choice::Conditions),
            Role::Coalesce => Some(Choice::Present),
            _ => None,
        }
    }

    /// The rows in which the argument after those with these values matters.
    pub fn open(self, before: &[Datum], rows: usize) -> BooleanBuffer {
        let mut open = BooleanBuffer::new_set(rows);
        let next = before.len();
        for (index, datum) in before.iter().enumerate() {
            let passes = match self {
                Choice::Present => missing(datum, rows),
                // A result decides nothing.
                Choice::Conditions if index % 2 == 1 => continue,
                Choice::Conditions if index + 1 == next => truth(datum, rows),
                Choice::Conditions => !&truth(datum, rows),
            };
            open = &open & &passes;
        }
        open
    }
}

/// Whether other rows may do without what failed in one.
pub fn is_of_a_row(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Query | FaultKind::Limit)
}

/// Where a condition is true.
fn truth(datum: &Datum, rows: usize) -> BooleanBuffer {
    let Some(array) = datum.array.as_boolean_opt() else {
        return BooleanBuffer::new_unset(rows);
    };
    if datum.constant {
        let holds = array.is_valid(0) && array.value(0);
        return BooleanBuffer::collect_bool(rows, |_| holds);
    }
    match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    }
}

/// Where there is no value: null, or the empty string.
fn missing(datum: &Datum, rows: usize) -> BooleanBuffer {
    let empty = match datum.ty {
        Type::Dynamic => "\"\"",
        _ => "",
    };
    let texts = datum.array.as_string_view_opt();
    let is_missing = |row: usize| {
        datum.array.is_null(row) || texts.is_some_and(|texts| texts.value(row) == empty)
    };
    BooleanBuffer::collect_bool(rows, |row| is_missing(if datum.constant { 0 } else { row }))
}
