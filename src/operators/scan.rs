//! `scan`: finds sequences of rows by steps with a state.

use super::{Info, Place};
use crate::syntax::ast::{Expr, Name, OperatorParameter, Parameter, SortKey};

/// What users read about `scan`.
pub const INFO: Info = Info {
    keywords: &["scan"],
    place: Place::Piped,
    summary: "Walks over the rows in order and finds sequences of them, step by step.",
    syntax: "T | scan [with_match_id=Name] [declare (column: type = default, ...)] with (step name [output=all|last|none]: condition [=> column = expression, ...]; ...)",
};

/// `scan declare (n: long = 0) with (step s: true => n = s.n + x;)`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `with_match_id=…`, `with_step_name=…`
    pub parameters: Vec<OperatorParameter>,
    /// `order by …`
    pub order_by: Vec<SortKey>,
    /// `partition by …`
    pub partition_by: Vec<Expr>,
    /// The columns added.
    pub declare: Vec<Parameter>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// `step s output=last: x > 1 => n = 2, m = 3;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// The step's name.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// Which rows it gives, if said.
    pub output: Option<ScanOutput>,
    /// When a row fits.
    pub condition: Expr,
    /// What is set then.
    pub assignments: Vec<ScanAssignment>,
}

/// Which rows a step of `scan` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOutput {
    /// `output=all`
    All,
    /// `output=last`
    Last,
    /// `output=none`
    None,
}

/// `n = s.n + 1`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanAssignment {
    /// The column.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}
