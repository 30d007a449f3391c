//! `find`: rows of several tables that match a condition.

use super::{Info, Place};
use crate::syntax::ast::{Expr, OperatorParameter, TypeName};

/// What users read about `find`.
pub const INFO: Info = Info {
    keywords: &["find"],
    place: Place::Either,
    summary: "Finds rows that match a condition in several tables.",
    syntax: "find [withsource=Name] [in (table, ...)] where condition [project-smart | project column[: type], ...]",
};

/// `find withsource=S in (T, U*) where a == 1 project b, c: string, pack_all()`
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// `withsource=…`
    pub parameters: Vec<OperatorParameter>,
    /// The tables: names, wildcards, paths; all tables if empty.
    pub sources: Vec<Expr>,
    /// The condition.
    pub predicate: Expr,
    /// What is given.
    pub project: FindProject,
    /// Columns left out, `*` included.
    pub project_away: Vec<Expr>,
}

/// What `find` gives.
#[derive(Clone, Debug, PartialEq)]
pub enum FindProject {
    /// Nothing was said.
    Default,
    /// `project-smart`
    Smart,
    /// `project a, b: string, pack_all()`
    Columns(Vec<FindColumn>),
}

/// `a`, `b: string`, `pack_all()`
#[derive(Clone, Debug, PartialEq)]
pub struct FindColumn {
    /// A name, or a call of `pack` or `pack_all`.
    pub value: Expr,
    /// The type, if written.
    pub ty: Option<TypeName>,
}
