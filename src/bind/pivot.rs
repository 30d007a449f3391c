//! Binds `pivot`: a column of each value of a column.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::Array;

use crate::bind::aggregate::Aggregation;
use crate::bind::{Binder, Called, Relation, overload};
use crate::contract::Batch;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{AggregateCall, Expr, ExprKind, Plan, Role};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Schema, Type, Value, arrays};

/// More columns than this are a mistake, and would take for ever.
const MOST_COLUMNS: usize = 2000;

/// What is pivoted by what.
struct Pivoting {
    /// The column whose values become columns.
    column: usize,
    /// What their cells are computed by.
    call: AggregateCall,
    /// The columns that stay.
    keys: Vec<usize>,
}

impl Binder<'_> {
    /// The rows pivoted by a column.
    pub(crate) fn pivoted(&mut self, mut input: Relation, call: &Called<'_>) -> Relation {
        let Some(pivoting) = self.pivoting(&input, call) else {
            return self.broken_table();
        };
        if let Some(schema) = call.schema {
            return self.pivoted_as(input, &pivoting, schema, call.span);
        }
        let (column, ty) = (
            pivoting.column,
            input.plan.schema.columns[pivoting.column].ty,
        );
        let mut seen = HashSet::new();
        let mut values: Vec<Value> = Vec::new();
        let mut see = |batch: &Batch| {
            let Some(array) = batch.columns.get(column) else {
                return;
            };
            for row in 0..array.len() {
                let value = arrays::value(&**array, ty, row);
                if values.len() <= MOST_COLUMNS && seen.insert(format!("{value:?}")) {
                    values.push(value);
                }
            }
        };
        if self.learnt(&mut input, call.span, &mut see).is_none() {
            let keys = pivoting
                .keys
                .iter()
                .map(|i| input.plan.schema.columns[*i].clone());
            return self.partly_known(keys.collect());
        }
        if values.len() > MOST_COLUMNS {
            let message = format!("pivot would make more than {MOST_COLUMNS} columns");
            self.error(Code::TooComplex, call.span, message);
            return self.broken_table();
        }
        let mut columns: Vec<Arc<str>> = Vec::with_capacity(values.len());
        for value in values {
            let text = overload::convert(Expr::literal(value, call.span), Type::String);
            match text.as_literal().and_then(Value::as_str) {
                Some(name) if !name.is_empty() => columns.push(name.into()),
                _ => {
                    let message = "pivot cannot make a column of an empty value yet";
                    let help = "give it a name before: extend Column = iff(isempty(Column), 'none', tostring(Column))";
                    self.say(Diagnostic::unsupported(call.span, message).help(help));
                    return self.broken_table();
                }
            }
        }
        self.pivot(input, &pivoting, columns, call.span)
    }

    fn pivoting(&mut self, input: &Relation, call: &Called<'_>) -> Option<Pivoting> {
        let mut arguments = call.arguments.iter().map(|a| &a.value);
        let Some(first) = arguments.next() else {
            let message = "`pivot` needs the column to pivot by";
            self.error(Code::ArgumentCount, call.span, message);
            return None;
        };
        let schema = &input.plan.schema;
        let column = *self.matching_one(schema, first).first()?;
        let ty = schema.columns[column].ty;
        if matches!(ty, Type::Dynamic | Type::Unknown) {
            let message = format!("a {ty} column cannot be pivoted by");
            self.error(Code::WrongType, first.span, message);
            return None;
        }
        let rest: Vec<&ast::Expr> = arguments.collect();
        let (aggregate, kept) = match rest.split_first() {
            Some((e, kept)) if matches!(e.kind, ast::ExprKind::Call { .. }) => (Some(*e), kept),
            _ => (None, &rest[..]),
        };
        let call = self.pivot_aggregate(input, aggregate, call.span)?;
        let mut read = HashSet::from([column]);
        for arg in call.args.iter().chain(&call.filter) {
            arg.visit(&mut |e| {
                if let ExprKind::Column(index) = e.kind {
                    read.insert(index);
                }
            });
        }
        let mut keys: Vec<usize> = Vec::new();
        for e in kept {
            for index in self.matching_one(schema, e) {
                if !keys.contains(&index) {
                    keys.push(index);
                }
            }
        }
        if kept.is_empty() {
            keys = (0..schema.len()).filter(|i| !read.contains(i)).collect();
        }
        for index in &keys {
            if schema.columns[*index].ty == Type::Dynamic {
                let message = format!(
                    "the column `{}` is dynamic, by which rows cannot be grouped",
                    schema.columns[*index].name
                );
                self.error(Code::DynamicKey, first.span, message);
                return None;
            }
        }
        Some(Pivoting { column, call, keys })
    }

    /// The aggregate that computes the cells: `count()` unless another is written.
    fn pivot_aggregate(
        &mut self,
        input: &Relation,
        written: Option<&ast::Expr>,
        span: Span,
    ) -> Option<AggregateCall> {
        let count = ast::Name {
            text: "count".into(),
            quoted: false,
            span,
        };
        let (name, arguments, span) = match written {
            Some(e) => match &e.kind {
                ast::ExprKind::Call { name, arguments } => (name, arguments.as_slice(), e.span),
                _ => return None,
            },
            None => (&count, &[][..], span),
        };
        let ((outputs, mut calls), _) = self.over_rows(input, |b| {
            b.aggregation = Some(Aggregation::default());
            let outputs = b.aggregate(name, arguments, span);
            let calls = b.aggregation.take().map(|a| a.calls).unwrap_or_default();
            (outputs, calls)
        });
        if outputs?.types.len() != 1 {
            let message = format!("`{}` gives several columns, and pivot takes one", name.text);
            self.error(Code::WrongType, span, message);
            return None;
        }
        calls.pop()
    }

    /// The groups of the keys, with the aggregate of the rows that have each of these values.
    fn pivot(
        &mut self,
        input: Relation,
        pivoting: &Pivoting,
        values: Vec<Arc<str>>,
        span: Span,
    ) -> Relation {
        let schema = &input.plan.schema;
        let mut columns: Vec<Column> = Vec::new();
        let mut keys = Vec::new();
        for index in &pivoting.keys {
            let column = &schema.columns[*index];
            columns.push(column.clone());
            keys.push(Expr::column(*index, column.ty, span));
        }
        let ty = pivoting.call.outputs.first().copied().unwrap_or(Type::Long);
        let by = &schema.columns[pivoting.column];
        let mut calls = Vec::with_capacity(values.len());
        for value in values {
            if columns.iter().any(|c| c.name == value) {
                let message = format!("there is a column `{value}` already");
                self.error(Code::DuplicateColumn, span, message);
                return self.broken_table();
            }
            let text = overload::convert(Expr::column(pivoting.column, by.ty, span), Type::String);
            let literal = Expr::literal(Value::String(value.clone()), span);
            let equal = self.by_role(Role::Equal, vec![text, literal], span);
            let filter = match &pivoting.call.filter {
                None => equal,
                Some(filter) => Expr {
                    kind: ExprKind::Logic {
                        and: true,
                        terms: vec![equal, filter.clone()],
                    },
                    ty: Type::Bool,
                    span,
                },
            };
            calls.push(AggregateCall {
                filter: Some(filter),
                ..pivoting.call.clone()
            });
            columns.push(Column::new(value, ty));
        }
        let schema = Schema::new(columns);
        Relation::new(Plan::summarize(input.plan, keys, calls, schema))
    }

    /// The same with the columns that a schema clause declares.
    fn pivoted_as(
        &mut self,
        input: Relation,
        pivoting: &Pivoting,
        schema: &ast::RowSchema,
        span: Span,
    ) -> Relation {
        let declared = self.declared(&schema.columns);
        let key = |name: &str| {
            let names = pivoting
                .keys
                .iter()
                .map(|i| &input.plan.schema.columns[*i].name);
            names.into_iter().any(|n| **n == *name)
        };
        let columns = &input.plan.schema.columns;
        if let Some(index) = pivoting.keys.iter().find(|i| {
            let name = &columns[**i].name;
            !schema.star && declared.index(name).is_none()
        }) {
            let message = format!("the schema lacks the column `{}`", columns[*index].name);
            self.error(Code::WrongType, span, message);
            return self.broken_table();
        }
        let values = declared.columns.iter().map(|c| c.name.clone());
        let values: Vec<Arc<str>> = values.filter(|name| !key(name)).collect();
        let keys: Vec<Arc<str>> = pivoting
            .keys
            .iter()
            .map(|i| columns[*i].name.clone())
            .collect();
        let pivoted = self.pivot(input, pivoting, values, span);
        let all = &pivoted.plan.schema;
        let mut output: Vec<(Arc<str>, Expr)> = Vec::new();
        let star = keys.iter().filter(|_| schema.star);
        let star = star.filter(|k| declared.index(k).is_none()).cloned();
        let names: Vec<(Arc<str>, Option<Type>)> = star
            .map(|name| (name, None))
            .chain(
                declared
                    .columns
                    .iter()
                    .map(|c| (c.name.clone(), Some(c.ty))),
            )
            .collect();
        for (name, ty) in names {
            let Some(index) = all.index(&name) else {
                continue;
            };
            let value = Expr::column(index, all.columns[index].ty, span);
            let value = match ty {
                Some(ty) => overload::convert(value, ty),
                None => value,
            };
            output.push((name, value));
        }
        pivoted.then(|plan| Plan::project(plan, output))
    }
}
