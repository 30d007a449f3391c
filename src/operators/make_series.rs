//! `make-series`: aggregates along an axis into arrays.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `make-series`.
pub const INFO: Info = Info {
    keywords: &["make-series"],
    place: Place::Piped,
    summary: "Aggregates along an axis of equal steps into one array per series.",
    syntax: "T | make-series [name =] aggregate [default = value], ... on axis [from start] [to end] step size [by key, ...]",
};

/// `make-series n = count() default = 0, avg(x) on t from a to b step 1h by k`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// `kind=nonempty`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The aggregates.
    pub aggregates: Vec<SeriesAggregate>,
    /// The axis.
    pub axis: Expr,
    /// Where the axis starts.
    pub from: Option<Expr>,
    /// Where it ends.
    pub to: Option<Expr>,
    /// Its step.
    pub step: Option<Expr>,
    /// Written as `in range(start, end, step)`, whose end is inclusive.
    pub in_range: bool,
    /// The keys of the series.
    pub by: Vec<Expr>,
}

/// `n = count() default = 0`
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesAggregate {
    /// The aggregate, named or not.
    pub value: Expr,
    /// The value of an empty step.
    pub default: Option<Expr>,
}
