//! `partition`: runs a subquery per value of a column.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter, Piped};

/// What users read about `partition`.
pub const INFO: Info = Info {
    keywords: &["partition"],
    place: Place::Piped,
    summary: "Runs a subquery for each value of a column and unites the results.",
    syntax: "T | partition [hint.strategy=...] by column (operators) | { query }",
};

/// `partition hint.strategy=native by a (top 1 by b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The column.
    pub column: Expr,
    /// `in (…)`: the values, a call or a dynamic literal.
    pub within: Option<Expr>,
    /// The subquery.
    pub body: PartitionBody,
}

/// The subquery of `partition`.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `(top 1 by b | project b)`: done to the rows of each value
    Operators(Vec<Piped>),
    /// `{ T | where a == toscalar(a) }`: a whole query that refers to the column's value
    Query(Expr),
}
