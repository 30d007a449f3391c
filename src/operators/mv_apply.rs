//! `mv-apply`: runs a subquery on the elements of each row's arrays.

use super::mv_expand::{
    ExpandColumn, expand_column, expand_limit, expand_parameters, print_expand,
};
use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter, Pipeline};

/// What users read about `mv-apply`.
pub const INFO: Info = Info {
    keywords: &["mv-apply", "mvapply"],
    place: Place::Piped,
    summary: "Runs a subquery on the elements of each row's arrays.",
    syntax: "T | mv-apply [with_itemindex=Name] [name =] array [to typeof(type)], ... [limit n] on (operators)",
};

/// `mv-apply a = d to typeof(long) limit 5 on (top 1 by a)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvApply {
    /// `with_itemindex=…`
    pub parameters: Vec<OperatorParameter>,
    /// The arrays.
    pub columns: Vec<ExpandColumn>,
    /// How many elements per row.
    pub limit: Option<Expr>,
    /// The subquery; it has no source: its input is the elements.
    pub subquery: Pipeline,
}

/// `mv-apply a = d to typeof(long) on (top 1 by a)`
pub fn mv_apply(i: Tokens<'_>) -> Parsed<'_, MvApply> {
    let (i, parameters) = expand_parameters(after(i, &INFO))?;
    let (i, columns) = list(i, expand_column)?;
    let (i, limit) = expand_limit(i)?;
    let (i, _) = keyword("on")(i)?;
    let start = i;
    let (i, operators) = subpipeline(i)?;
    let node = MvApply {
        parameters,
        columns,
        limit,
        subquery: Pipeline {
            source: None,
            operators,
            span: start.span_to(i),
        },
    };
    Ok((i, node))
}

impl Print for MvApply {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_expand(p, &self.columns, self.limit.as_ref());
        p.push(" on ");
        p.subpipeline(&self.subquery.operators);
    }
}
