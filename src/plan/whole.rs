//! Operations on whole tables that no combination of the other nodes makes.

use crate::types::Value;

/// What is done to all rows of the inputs at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// `make-series`: rows of a group and a step become arrays along an axis.
    Series(Series),
}

/// The input has the keys, then the axis, then the aggregates. The output has the keys, then an array for each
/// aggregate, then one of the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// How many columns are keys.
    pub keys: usize,
    /// What stands where a step has no row, for each aggregate.
    pub defaults: Vec<Value>,
    /// The first step; that of each group's first row if nothing.
    pub from: Option<Value>,
    /// The end; that of each group's last row if nothing.
    pub to: Option<Value>,
    /// Whether the end is a step too.
    pub inclusive: bool,
    /// The distance of steps.
    pub step: Value,
    /// Without rows there is still one series, of defaults.
    pub nonempty: bool,
}

impl Operation {
    /// Its name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Series(_) => "make-series",
        }
    }
}
