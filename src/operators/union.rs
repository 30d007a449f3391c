//! `union`: the rows of several tables.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `union`.
pub const INFO: Info = Info {
    keywords: &["union"],
    place: Place::Either,
    summary: "Gives the rows of several tables.",
    syntax: "[T |] union [kind=outer|inner] [withsource=Name] [isfuzzy=bool] table, ...",
    examples: &[("let A = datatable (user: string, host: string) ['ann', 'web'];\n\
             let B = datatable (user: string) ['bob'];\n\
             union A, B", "user | host\nann | web\nbob | ")],
};
use crate::bind::{Binder, Relation};
use crate::source::Span;

/// `union isfuzzy=true withsource=S T, (U | take 5), Device*, database('d').V`
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// `kind=…`, `withsource=…`, `isfuzzy=…`, `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The tables: names, wildcards, paths, calls, pipelines in brackets.
    pub sources: Vec<Expr>,
}

/// `union isfuzzy=true T, (U | take 5), Device*`
pub fn union(i: Tokens<'_>) -> Parsed<'_, Union> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, sources) = list(i, table_source)?;
    let node = Union {
        parameters,
        sources,
    };
    Ok((i, node))
}

impl Print for Union {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.exprs(&self.sources);
    }
}

impl super::Bind for Union {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        binder.united(input, &self.parameters, &self.sources, span)
    }
}
