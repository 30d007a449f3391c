//! `partition`: runs a subquery per value of a column.

use super::prelude::*;
use crate::bind::{Binder, Relation};
use crate::source::Span;
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

/// `partition by a (top 1 by b)`, `partition by a { T | where b == toscalar(a) }`
pub fn partition(i: Tokens<'_>) -> Parsed<'_, Partition> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, _) = keyword("by")(i)?;
    let (i, column) = column_path(i)?;
    let (i, limited) = optional_keyword(i, "in");
    let (i, within) = if limited {
        let literals = matches!(i.kind(0), TokenKind::Literal(_) | TokenKind::String(_));
        let (i, within) = if literals { literal(i)? } else { name_or_call(i)? };
        (i, Some(within))
    } else {
        (i, None)
    };
    let (i, body) = partition_body(i)?;
    let node = Partition {
        parameters,
        column,
        within,
        body,
    };
    Ok((i, node))
}

/// `(top 1 by b)`, `{ T | where b == toscalar(a) }`
pub fn partition_body(i: Tokens<'_>) -> Parsed<'_, PartitionBody> {
    if i.is_symbol(0, "{") {
        let (i, query) = between(i, "{", expression, "}")?;
        return Ok((i, PartitionBody::Query(query)));
    }
    i.expect("`{`");
    let (i, operators) = subpipeline(i)?;
    Ok((i, PartitionBody::Operators(operators)))
}

impl Print for Partition {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" by ");
        p.expr(&self.column);
        p.optional(" in ", self.within.as_ref());
        p.push(" ");
        match &self.body {
            PartitionBody::Operators(operators) => p.subpipeline(operators),
            PartitionBody::Query(query) => {
                p.push("{ ");
                p.indented(|p| p.expr(query));
                p.push(" }");
            }
        }
    }
}

impl super::Bind for Partition {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        if let Some(within) = &self.within {
            binder.unsupported(within.span, "partition by values that are told cannot run yet");
            return binder.broken_table();
        }
        match &self.body {
            PartitionBody::Operators(operators) => {
                binder.partitioned(input, &self.column, operators)
            }
            PartitionBody::Query(query) => {
                binder.partitioned_query(input, &self.column, query)
            }
        }
    }
}
