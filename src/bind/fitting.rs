//! Binds the condition of `find` where a column it names is of another type in some of the tables.

use std::sync::Arc;

use crate::bind::{Binder, Relation};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast::{self, Infix, ListOp, Logic};
use crate::types::{Column, Schema, Type, Value};

impl Binder<'_> {
    /// The condition over each of the tables; `missing` are the columns that not all of them have. Over a table whose
    /// column is of a type that the condition is not valid for it is never true, if it is valid over another table.
    pub(super) fn find_conditions(
        &mut self,
        tables: &[Relation],
        missing: &[Column],
        names: &[Arc<str>],
        predicate: &ast::Expr,
    ) -> Vec<Expr> {
        let mixed = of_several_types(tables, names);
        let schemas = tables.iter().map(|t| &t.plan.schema);
        if mixed.is_empty() {
            let each = schemas.map(|schema| self.find_condition(schema, missing, predicate));
            return each.collect();
        }
        let mut tried = Vec::with_capacity(tables.len());
        for schema in schemas {
            let before = self.diagnostics.len();
            let condition = self.find_condition(schema, missing, predicate);
            tried.push((schema, condition, self.take_back(before)));
        }
        let fits = tried.iter().any(|(_, _, said)| !is_wrong(said));
        let mut conditions = Vec::with_capacity(tried.len());
        for (schema, condition, said) in tried {
            if fits && is_wrong(&said) {
                conditions.push(self.never_true(schema, missing, &mixed, predicate));
                continue;
            }
            conditions.push(condition);
            for diagnostic in said {
                self.say_again(diagnostic);
            }
        }
        conditions
    }

    /// False, if one of the condition's terms cannot be true over this table; else this cannot be told.
    fn never_true(
        &mut self,
        schema: &Schema,
        missing: &[Column],
        mixed: &[Arc<str>],
        predicate: &ast::Expr,
    ) -> Expr {
        let mut terms = Vec::new();
        terms_of(predicate, &mut terms);
        for term in &terms {
            let before = self.diagnostics.len();
            self.find_condition(schema, missing, term);
            let said = self.take_back(before);
            if is_wrong(&said) && cannot_hold(term, schema, mixed, &said) {
                return Expr::literal(Value::Bool(false), term.span);
            }
        }
        let columns: Vec<String> = mixed.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "this is valid for the {} of some tables only, and whether it can hold in the others is not published",
            columns.join(", ")
        );
        self.say(Diagnostic::unsupported(predicate.span, message).help(
            "make it one type, as with tolong(…) or tostring(…), or name the tables: find in (…)",
        ));
        self.broken(predicate.span)
    }
}

fn is_wrong(said: &[Diagnostic]) -> bool {
    said.iter().any(|d| d.severity == Severity::Error)
}

/// The names that are columns of several types.
fn of_several_types(tables: &[Relation], names: &[Arc<str>]) -> Vec<Arc<str>> {
    let several = |name: &&Arc<str>| {
        let types = tables.iter().filter_map(|t| {
            let schema = &t.plan.schema;
            schema.index(name).map(|i| schema.columns[i].ty)
        });
        let types: Vec<Type> = types.collect();
        types.iter().any(|ty| Some(ty) != types.first())
    };
    names.iter().filter(several).cloned().collect()
}

/// The terms of a conjunction.
fn terms_of<'e>(e: &'e ast::Expr, terms: &mut Vec<&'e ast::Expr>) {
    match &e.kind {
        ast::ExprKind::Paren(inner) => terms_of(inner, terms),
        ast::ExprKind::Chain {
            op: Logic::And,
            terms: inner,
        } => inner.iter().for_each(|term| terms_of(term, terms)),
        _ => terms.push(e),
    }
}

/// Whether a term that is not valid over a table is true of none of its rows, be the table left out or its column
/// taken for null. A text compared with a value of another type might be converted, and what is negated might hold.
fn cannot_hold(term: &ast::Expr, schema: &Schema, mixed: &[Arc<str>], said: &[Diagnostic]) -> bool {
    let (column, compares, at): (_, _, Option<Span>) = match &term.kind {
        ast::ExprKind::Binary {
            op, op_span, left, ..
        } if is_comparison(*op) || looks_for_text(*op) => {
            (left, is_comparison(*op), Some(*op_span))
        }
        ast::ExprKind::List { op, left, .. } => match op {
            ListOp::In => (left, true, None),
            ListOp::InFold | ListOp::HasAny | ListOp::HasAll => (left, false, None),
            ListOp::NotIn | ListOp::NotInFold => return false,
        },
        ast::ExprKind::Between {
            negated: false,
            value,
            ..
        } => (value, true, None),
        _ => return false,
    };
    let ast::ExprKind::Name(name) = &column.kind else {
        return false;
    };
    let ty = schema.index(&name.text).map(|i| schema.columns[i].ty);
    mixed.contains(&name.text)
        && !(compares && ty == Some(Type::String))
        && at.is_none_or(|at| said.iter().all(|d| d.span() == at))
}

fn is_comparison(op: Infix) -> bool {
    use Infix::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    matches!(op, Equal | Less | LessOrEqual | Greater | GreaterOrEqual)
}

/// Whether an operator is true of some texts only.
fn looks_for_text(op: Infix) -> bool {
    use Infix::{
        Contains, ContainsCs, EndsWith, EndsWithCs, EqualFold, Has, HasCs, HasPrefix, HasPrefixCs,
        HasSuffix, HasSuffixCs, MatchesRegex, StartsWith, StartsWithCs,
    };
    matches!(
        op,
        Contains
            | ContainsCs
            | EndsWith
            | EndsWithCs
            | EqualFold
            | Has
            | HasCs
            | HasPrefix
            | HasPrefixCs
            | HasSuffix
            | HasSuffixCs
            | MatchesRegex
            | StartsWith
            | StartsWithCs
    )
}
