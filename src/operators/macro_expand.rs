//! `macro-expand`: runs a query once per database of a group.

use super::prelude::*;
use crate::bind::{Binder, Binding, Relation};
use crate::diagnostic::Code;
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, OperatorParameter, Statement, StatementKind};
use std::rc::Rc;

/// What users read about `macro-expand`.
pub const INFO: Info = Info {
    keywords: &["macro-expand"],
    place: Place::Source,
    summary: "Runs a query once for each member of an entity group and unites the results.",
    syntax: "macro-expand [isfuzzy=bool] group as Name (query)",
    examples: &[("let Everywhere = entity_group [database()];\n\
             macro-expand Everywhere as DB (range n from 1 to 2 step 1 | summarize total = sum(n))", "total\n3")],
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
    let (i, name) = variable_name(i)?;
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

impl super::Bind for MacroExpand {
    fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, span: Span) -> Relation {
        let word = |name: &str| {
            let found = OperatorParameter::find(&self.parameters, name);
            found.and_then(OperatorParameter::word)
        };
        let inner = word("kind") == Some("inner");
        binder.parameters_known_as(&self.parameters, &["kind", "isfuzzy"], "KS142");
        let group = match &self.group.kind {
            ExprKind::Bracketed(entities) => Rc::new(entities.clone()),
            ExprKind::Name(name) => match binder.env.get(&name.text) {
                Some(Binding::Group(entities)) => entities.clone(),
                _ => {
                    let message = format!("no group of databases is called `{}`", name.text);
                    binder.error(Code::UnknownName, name.span, message);
                    return binder.broken_table();
                }
            },
            _ => {
                let message = "a group of databases is needed here";
                let said = crate::diagnostic::Diagnostic::new(Code::WrongType, self.group.span, message);
                binder.say(said.kusto_as("KS006"));
                return binder.broken_table();
            }
        };
        // A database that cannot be told has no members either.
        let said = binder.mistakes();
        for entity in group.iter() {
            binder.place(entity);
        }
        if binder.has_errors(said) {
            return binder.broken_table();
        }
        let Some((last, before)) = self.statements.split_last() else {
            return binder.broken_table();
        };
        let StatementKind::Expression(query) = &last.kind else {
            let message = "the query of `macro-expand` has nothing to give";
            binder.error(Code::NoQuery, last.span, message);
            return binder.broken_table();
        };
        let mut tables = Vec::with_capacity(group.len());
        for entity in group.iter() {
            let binding = Binding::Entity(Rc::new(entity.clone()));
            tables.push(binder.with_name(&self.name, binding, before, query));
        }
        if tables.is_empty() || tables.iter().any(|t| t.plan.schema.open) {
            return binder.broken_table();
        }
        binder.unite(tables, inner, None, span)
    }
}
