//! `datatable`: a table written into the query.

use super::prelude::*;
use crate::syntax::ast::{ColumnDeclaration, Expr, OperatorParameter};

/// What users read about `datatable`.
pub const INFO: Info = Info {
    keywords: &["datatable"],
    place: Place::Source,
    summary: "Makes a table from values written into the query, row by row.",
    syntax: "datatable (column: type, ...) [value, ...]",
    examples: &[("datatable (user: string, logons: long) ['ann', 3, 'bob', 1]", "user | logons\nann | 3\nbob | 1")],
};
use crate::bind::{Binder, Relation};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::expression::starts_statement;
use crate::syntax::query::{constant, starts_constant};
use crate::syntax::tokens::close;
use crate::plan::Plan;
use crate::source::Span;
use crate::types::{Type, Value};

/// `datatable (a: long, b: string) [1, 'x', 2, 'y']`
#[derive(Clone, Debug, PartialEq)]
pub struct Datatable {
    /// Parameters, none of which we know.
    pub parameters: Vec<OperatorParameter>,
    /// The columns.
    pub columns: Vec<ColumnDeclaration>,
    /// The values, row by row.
    pub values: Vec<Expr>,
}

/// `datatable (a: long) [1, 2]`
pub fn datatable(i: Tokens<'_>) -> Parsed<'_, Datatable> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, columns) = columns(i)?;
    let (i, values) = cells(i)?;
    let node = Datatable {
        parameters,
        columns,
        values,
    };
    Ok((i, node))
}

/// `[1, 'x', 2, 'y']`: literals, before which a comma may stand; they end before what is none.
fn cells(i: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    let (mut rest, _) = symbol("[")(i)?;
    if rest.is_symbol(0, ",") {
        rest = rest.skip(1);
    }
    let mut values = Vec::new();
    while starts_constant(&rest) || starts_statement(&rest) {
        let literal = starts_constant(&rest);
        let (after, value) = match literal {
            true => constant(rest)?,
            false => unnamed_expression(rest)?,
        };
        if !literal {
            let message = "a value of a datatable is a literal";
            let said = Diagnostic::new(Code::Syntax, value.span, message);
            rest.note(said.kusto_as("KS005").help("compute with `extend` after it"));
        }
        values.push(value);
        rest = after;
        match rest.after_comma(starts_constant) {
            Some(next) => rest = next,
            None => break,
        }
    }
    let (rest, _) = close(rest, i, "]")?;
    Ok((rest, values))
}

impl Print for Datatable {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.columns(&self.columns);
        p.push(" [");
        p.rows(&self.values, self.columns.len());
        p.push("]");
    }
}

impl super::Bind for Datatable {
    fn bind(&self, binder: &mut Binder<'_>, _: Option<Relation>, span: Span) -> Relation {
        let schema = binder.declared(&self.columns);
        let width = schema.len();
        if width == 0 || !self.values.len().is_multiple_of(width) {
            if width > 0 {
                let whole = self.values.len() - self.values.len() % width;
                let count = self.values.len();
                let message = format!("{count} values do not fill rows of {width} columns");
                let ends = self.values.first().zip(self.values.last());
                let all = ends.map_or(span, |(first, last)| first.span.to(last.span));
                let mut said = Diagnostic::new(Code::RaggedRows, all, message);
                if let Some(first) = self.values.get(whole) {
                    said = said.also(first.span, "the last row starts here");
                }
                binder.say(said);
            }
            return Relation::new(Plan::rows(schema, vec![Vec::new(); width]));
        }
        let mut columns: Vec<Vec<Value>> = vec![Vec::new(); width];
        for (i, e) in self.values.iter().enumerate() {
            let ty = schema.columns[i % width].ty;
            columns[i % width].push(binder.cell(e, ty));
        }
        let mut relation = Relation::new(Plan::rows(schema, columns));
        relation.serialized = true;
        relation
    }
}

impl Binder<'_> {
    /// A constant cell of a column of type `ty`.
    fn cell(&mut self, e: &Expr, ty: Type) -> Value {
        let bound = self.outside(|b| b.scalar(e));
        if bound.ty == Type::Unknown || ty == Type::Unknown {
            return Value::null(ty);
        }
        let given = bound.ty;
        let Some(value) = self.constant_of(&bound, "a value of a datatable") else {
            return Value::null(ty);
        };
        // A null of any type is a null of the column's.
        if value.is_null() {
            return Value::null(ty);
        }
        let fits = given == ty
            || (given.is_number() && (ty.is_number() || ty == Type::Bool))
            || ty == Type::String && matches!(given, Type::Int | Type::Long | Type::Guid)
            || ty == Type::Dynamic
            || given == Type::String
            || given == Type::Dynamic;
        let empty = matches!(&value, Value::String(text) if text.is_empty());
        let literal = crate::plan::Expr::literal(value, e.span);
        let cell = crate::bind::converted(literal, ty)
            .as_literal()
            .cloned()
            .unwrap_or_else(|| Value::null(ty));
        // Kusto converts when the query runs, by rules that nobody has written down.
        if !fits || given == Type::String && cell.is_null() && !empty {
            let message = format!("what Kusto makes of this {given} in a column of type {ty} is not known");
            let said = Diagnostic::unsupported(e.span, message);
            self.say(said.help(format!("write a literal of type {ty}")));
            return Value::null(ty);
        }
        cell
    }
}
