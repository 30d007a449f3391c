//! Binds `find`: rows of several tables, each with its own columns, brought under those asked for.

use std::collections::HashSet;
use std::sync::Arc;

use crate::bind::search::is_not;
use crate::bind::{Binder, Relation, overload, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::pack::bag_of;
use crate::operators::Find;
use crate::operators::find::{FindColumn, FindProject};
use crate::plan::{Expr, ExprKind, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::text::wildcard;
use crate::types::{Column, Schema, Type, Value};

/// The name of the column with all that has no column of its own.
const PACK: &str = "pack_";

/// An output column: what it is called in the tables, and its type in the output if that is told.
struct Wanted {
    name: Arc<str>,
    /// Only a column of this type is meant (else any, converted).
    exact: bool,
    ty: Type,
}

impl Binder<'_> {
    /// The rows of all tables for which the condition is true.
    pub(crate) fn found(&mut self, node: &Find, span: Span) -> Relation {
        // An unknown one is a condition to the service.
        let known = ["withsource", "with_source", "datascope"];
        self.parameters_known_as(&node.parameters, &known, "KS142");
        let Some(mut branches) = self.looked_through(
            Vec::new(),
            &node.sources,
            "union_arg",
            (&node.predicate, false),
            span,
        ) else {
            return self.broken_table();
        };
        let mut names = Vec::new();
        names_in(&node.predicate, &mut names);
        let known = |name: &str| branches.iter().any(|b| b.plan.schema.index(name).is_some());
        names.retain(|name| known(name));
        if branches.len() > 1 && !names.is_empty() && !has_term(&node.predicate) {
            // A table without any of the columns asked for is left out.
            branches.retain(|b| names.iter().any(|n| b.plan.schema.index(n).is_some()));
        }
        let missing = referenced(&names, &branches);
        let conditions = self.find_conditions(&branches, &missing, &names, &node.predicate);
        let Some((wanted, packed)) = self.find_columns(node, &branches, &names) else {
            return self.broken_table();
        };
        let mut tables = Vec::with_capacity(branches.len());
        for (branch, condition) in branches.into_iter().zip(conditions) {
            let Some(columns) = self.find_row(&branch.plan.schema, &wanted, packed, span) else {
                return self.broken_table();
            };
            let plan = Plan::project(Plan::filter(branch.plan, condition), columns);
            let mut table = Relation::new(plan);
            table.label = branch.label;
            tables.push(table);
        }
        let source = ["withsource", "with_source"]
            .iter()
            .find_map(|name| ast::OperatorParameter::find(&node.parameters, name));
        let source = source.map_or_else(|| "source_".to_string(), |p| parameter_text(&p.value));
        let all = self.unite(tables, false, Some(source), span);
        self.without(all, node, span)
    }

    /// The condition over one table; what it does not have is null.
    pub(super) fn find_condition(
        &mut self,
        schema: &Schema,
        names: &[Column],
        predicate: &ast::Expr,
    ) -> Expr {
        let width = schema.len();
        let mut row = schema.clone();
        let missing = names.iter().filter(|c| schema.index(&c.name).is_none());
        row.columns.extend(missing.cloned());
        let mut condition = self.over(&row, |b| b.search_predicate(predicate, false));
        condition.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = e.kind
                && index >= width
            {
                e.kind = ExprKind::Literal(Value::null(e.ty));
            }
        });
        condition
    }

    /// The output's columns, and whether what has none is packed.
    fn find_columns(
        &mut self,
        node: &Find,
        branches: &[Relation],
        names: &[Arc<str>],
    ) -> Option<(Vec<Wanted>, bool)> {
        let FindProject::Columns(columns) = &node.project else {
            return Some(smart(branches, names));
        };
        let mut wanted = Vec::with_capacity(columns.len());
        let mut packed = false;
        for (i, column) in columns.iter().enumerate() {
            match &column.value.kind {
                ast::ExprKind::Call { name, arguments }
                    if !super::special::is_known(&name.text)
                        && crate::functions::scalar(&name.text).is_none() =>
                {
                    self.unknown_function(name, arguments, column.value.span);
                    return None;
                }
                ast::ExprKind::Call { .. } if i + 1 == columns.len() => packed = true,
                ast::ExprKind::Call { .. } => {
                    let message = "what packs the other columns must be last";
                    self.error(Code::Syntax, column.value.span, message);
                    return None;
                }
                ast::ExprKind::Name(name) => {
                    wanted.push(self.find_column(column, name, branches)?);
                }
                _ => {
                    let message = "a column's name is needed here";
                    self.error(Code::ColumnExpected, column.value.span, message);
                    return None;
                }
            }
        }
        Some((wanted, packed))
    }

    fn find_column(
        &mut self,
        column: &FindColumn,
        name: &ast::Name,
        branches: &[Relation],
    ) -> Option<Wanted> {
        let found = branches.iter().filter_map(|b| {
            let schema = &b.plan.schema;
            schema.index(&name.text).map(|i| schema.columns[i].ty)
        });
        let types: HashSet<Type> = found.collect();
        let open = branches.iter().any(|b| b.plan.schema.open);
        let ty = match (&column.ty, types.len()) {
            (Some(ty), known) if known > 0 || open => self.type_name(ty),
            (None, 1) => types.into_iter().next()?,
            (_, 0) => {
                let message = format!("no table has a column `{}`", name.text);
                self.error(Code::UnknownName, name.span, message);
                return None;
            }
            (_, _) => {
                let message = format!("`{}` has several types in these tables", name.text);
                self.say(
                    Diagnostic::new(Code::CommonType, name.span, message)
                        .help(format!("say which: {}: string", name.text)),
                );
                return None;
            }
        };
        Some(Wanted {
            name: name.text.clone(),
            exact: false,
            ty,
        })
    }

    /// The output's columns of one table.
    fn find_row(
        &mut self,
        schema: &Schema,
        wanted: &[Wanted],
        packed: bool,
        span: Span,
    ) -> Option<Vec<(Arc<str>, Expr)>> {
        let mut row = Vec::with_capacity(wanted.len() + 1);
        let mut taken = vec![false; schema.len()];
        for column in wanted {
            let index = schema.index(&column.name);
            let index = index.filter(|i| !column.exact || schema.columns[*i].ty == column.ty);
            let value = match index {
                Some(index) => {
                    taken[index] = true;
                    let value = Expr::column(index, schema.columns[index].ty, span);
                    overload::convert(value, column.ty)
                }
                None => Expr::literal(Value::null(column.ty), span),
            };
            if value.ty != column.ty {
                let message = format!(
                    "column `{}` is {} here and cannot become {}",
                    column.name, value.ty, column.ty
                );
                self.error(Code::WrongType, span, message);
                return None;
            }
            row.push((column.name.clone(), value));
        }
        if packed {
            let rest = schema
                .columns
                .iter()
                .enumerate()
                .filter(|(i, _)| !taken[*i]);
            let rest = rest.map(|(i, c)| (c.name.clone(), Expr::column(i, c.ty, span)));
            row.push((PACK.into(), bag_of(rest.collect(), false, span)));
        }
        Some(row)
    }

    /// Without the columns that `__projectAway` names; the source stays if all are meant, and what was packed
    /// when asked for.
    fn without(&mut self, all: Relation, node: &Find, span: Span) -> Relation {
        if node.project_away.is_empty() {
            return all;
        }
        let schema = all.plan.schema.clone();
        let mut away: Vec<usize> = Vec::new();
        for e in &node.project_away {
            match &e.kind {
                ast::ExprKind::Star => {
                    let asked = matches!(node.project, FindProject::Columns(_));
                    let stays = |i: usize| i == 0 || asked && &*schema.columns[i].name == PACK;
                    away.extend((0..schema.len()).filter(|i| !stays(*i)));
                }
                ast::ExprKind::Wildcard(pattern) => {
                    let columns = schema.columns.iter().enumerate();
                    let like = columns.filter(|(_, c)| wildcard(&pattern.text, &c.name));
                    away.extend(like.map(|(i, _)| i));
                }
                _ => away.extend(self.matching_one(&schema, e)),
            }
        }
        let columns = all.plan.columns(span).into_iter().enumerate();
        let columns = columns.filter(|(i, _)| !away.contains(i));
        let columns = columns.map(|(_, c)| c).collect();
        all.then(|plan| Plan::project(plan, columns))
    }
}

/// The columns that all tables have, then those that the condition names, one for each type; and whether any
/// table has further ones.
fn smart(branches: &[Relation], names: &[Arc<str>]) -> (Vec<Wanted>, bool) {
    let has = |b: &Relation, c: &Column| b.plan.schema.columns.iter().any(|o| o == c);
    let first = branches.first().map(|b| &b.plan.schema.columns);
    let common = first.into_iter().flatten();
    let common = common.filter(|c| branches.iter().all(|b| has(b, c)));
    let mut columns: Vec<Column> = common.cloned().collect();
    for name in names {
        for branch in branches {
            let schema = &branch.plan.schema;
            if let Some(index) = schema.index(name)
                && !columns.contains(&schema.columns[index])
            {
                columns.push(schema.columns[index].clone());
            }
        }
    }
    let rest = |b: &Relation| b.plan.schema.columns.iter().any(|c| !columns.contains(c));
    let packed = branches.iter().any(rest);
    let wanted = columns.iter().map(|c| Wanted {
        name: c.name.clone(),
        exact: true,
        ty: c.ty,
    });
    (wanted.collect(), packed)
}

/// The columns of these names, each with the type it has where it is first found.
fn referenced(names: &[Arc<str>], branches: &[Relation]) -> Vec<Column> {
    let column = |name: &Arc<str>| {
        branches.iter().find_map(|b| {
            let schema = &b.plan.schema;
            schema.index(name).map(|i| schema.columns[i].clone())
        })
    };
    names.iter().filter_map(column).collect()
}

/// The bare names in a condition, each once, in the order in which they first stand.
pub(super) fn names_in(e: &ast::Expr, names: &mut Vec<Arc<str>>) {
    match &e.kind {
        ast::ExprKind::Name(name) if !names.contains(&name.text) => {
            names.push(name.text.clone());
        }
        ast::ExprKind::Call { arguments, .. } => {
            arguments.iter().for_each(|a| names_in(&a.value, names));
        }
        ast::ExprKind::Path { base: inner, .. }
        | ast::ExprKind::Unary { operand: inner, .. }
        | ast::ExprKind::Named { value: inner, .. }
        | ast::ExprKind::Paren(inner) => names_in(inner, names),
        ast::ExprKind::Index { base, index } => {
            names_in(base, names);
            names_in(index, names);
        }
        ast::ExprKind::Binary { left, right, .. } => {
            names_in(left, names);
            names_in(right, names);
        }
        ast::ExprKind::Chain { terms, .. } => terms.iter().for_each(|t| names_in(t, names)),
        ast::ExprKind::List { left, items, .. } => {
            names_in(left, names);
            items.iter().for_each(|i| names_in(i, names));
        }
        ast::ExprKind::Between {
            value, low, high, ..
        } => [value, low, high]
            .into_iter()
            .for_each(|part| names_in(part, names)),
        _ => {}
    }
}

/// Whether a condition looks at all columns: a text alone, or a star.
fn has_term(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Literal(literal) => !matches!(literal.value, Value::Bool(_)),
        ast::ExprKind::Star => true,
        ast::ExprKind::Paren(inner) => has_term(inner),
        ast::ExprKind::Chain { terms, .. } => terms.iter().any(has_term),
        ast::ExprKind::Call { name, arguments } => {
            is_not(name) && arguments.iter().any(|a| has_term(&a.value))
        }
        ast::ExprKind::Binary { left, .. } | ast::ExprKind::List { left, .. } => {
            left.kind == ast::ExprKind::Star
        }
        _ => false,
    }
}
