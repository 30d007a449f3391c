//! `macro-expand`: runs a query once per database of a group.

use super::prelude::*;
use crate::syntax::ast::{Expr, Name, OperatorParameter, Statement};

/// What users read about `macro-expand`.
pub const INFO: Info = Info {
    keywords: &["macro-expand"],
    place: Place::Source,
    summary: "Runs a query once for each member of an entity group and unites the results.",
    syntax: "macro-expand [isfuzzy=bool] group as Name (query)",
};

/// `macro-expand entity_group [database('a'), database('b')] as D (D.T | take 1)`
#[derive(Clone, Debug, PartialEq)]
pub struct MacroExpand {
    /// `kind=…`, `isfuzzy=…`
    pub parameters: Vec<OperatorParameter>,
    /// A name, a path, or a call-like `entity_group [ … ]` ([`crate::syntax::ast::ExprKind::Bracketed`]).
    pub group: Expr,
    /// The name of a member inside the query.
    pub name: Name,
    /// The query.
    pub statements: Vec<Statement>,
}

/// `macro-expand G as D (D.T | take 1)`
pub fn macro_expand(i: Tokens<'_>) -> Parsed<'_, MacroExpand> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, group) = path(i)?;
    let (i, _) = keyword("as")(i)?;
    let (i, name) = name(i)?;
    let (i, query) = between(i, "(", query, ")")?;
    let node = MacroExpand {
        parameters,
        group,
        name,
        statements: query.statements,
    };
    Ok((i, node))
}

impl Print for MacroExpand {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.expr(&self.group);
        p.push(" as ");
        p.name(&self.name);
        p.push(" (");
        p.indented(|p| p.statements(&self.statements));
        p.push(")");
    }
}
