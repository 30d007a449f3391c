//! Binds `basket` and `schema_merge`: plugins that look at all rows at once.

use crate::bind::{Binder, Called, Relation, overload};
use crate::diagnostic::Code;
use crate::plan::whole::Basket;
use crate::plan::{Expr, Operation, Plan};
use crate::syntax::ast;
use crate::types::{Column, Schema, Type, Value};

/// The share that patterns have at least, unless another is written, and the least that can be.
const THRESHOLD: (f64, f64) = (0.05, 0.015);

/// Columns of a pattern unless another number is written.
const DIMENSIONS: usize = 5;

/// `'~'` stands for what is taken without an argument.
fn is_default(e: &ast::Expr) -> bool {
    matches!(&e.kind, ast::ExprKind::Literal(literal) if literal.value.as_str() == Some("~"))
}

impl Binder<'_> {
    /// The patterns of values that many rows share.
    pub(crate) fn basketed(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        self.basket(input, call)
            .unwrap_or_else(|| self.broken_table())
    }

    fn basket(&mut self, input: Relation, call: &Called<'_>) -> Option<Relation> {
        let mut arguments = call.arguments.iter().map(|a| &a.value);
        let mut next = || arguments.next().filter(|e| !is_default(e));
        let (threshold, weight, dimensions) = (next(), next(), next());
        let threshold = match threshold {
            Some(e) => self.threshold(e)?,
            None => THRESHOLD.0,
        };
        let schema = input.plan.schema.clone();
        let mut columns = input.plan.columns(call.span);
        let weight = match weight {
            Some(e) => Some(self.weight(&schema, e, &mut columns)?),
            None => None,
        };
        let dimensions = match dimensions {
            Some(e) => match self.constant(e, "the number of dimensions")?.as_i64() {
                Some(n) if n > 0 => usize::try_from(n).unwrap_or(usize::MAX),
                _ => {
                    let message = "the number of dimensions is a whole number greater than zero";
                    self.error(Code::ArgumentValue, e.span, message);
                    return None;
                }
            },
            None => DIMENSIONS,
        };
        let mut wildcards: Vec<Value> = schema.columns.iter().map(|c| nothing(c.ty)).collect();
        for e in arguments.filter(|e| !is_default(e)) {
            let value = self.constant(e, "a wildcard")?;
            for (wildcard, column) in wildcards.iter_mut().zip(&schema.columns) {
                if column.ty == value.ty() {
                    *wildcard = value.clone();
                }
            }
        }
        if let Some(column) = schema.columns.iter().find(|c| c.ty == Type::Dynamic) {
            let message = format!(
                "the column `{}` is dynamic, and how `basket` compares such values is not known",
                column.name
            );
            self.unsupported(call.span, message);
            return None;
        }
        if call.schema.is_some() {
            self.unsupported(call.span, "`basket` with a schema clause cannot run yet");
            return None;
        }
        let mut output = vec![
            Column::new("SegmentId", Type::Long),
            Column::new("Count", Type::Long),
            Column::new("Percent", Type::Real),
        ];
        for column in &schema.columns {
            if output.iter().any(|c| c.name == column.name) {
                let message = format!("two columns would be called `{}`", column.name);
                self.error(Code::DuplicateColumn, call.span, message);
                return None;
            }
            output.push(column.clone());
        }
        let basket = Basket {
            threshold,
            weight,
            dimensions,
            wildcards,
        };
        let rows = Plan::project(input.plan, columns);
        let operation = Operation::Basket(basket);
        Some(Relation::new(Plan::whole(
            vec![rows],
            operation,
            Schema::new(output),
        )))
    }

    fn threshold(&mut self, e: &ast::Expr) -> Option<f64> {
        let value = self.constant(e, "the threshold")?.as_f64();
        match value.filter(|v| (THRESHOLD.1..=1.0).contains(v)) {
            Some(threshold) => Some(threshold),
            None => {
                let message = format!("the threshold is a number from {} to 1", THRESHOLD.1);
                self.error(Code::ArgumentValue, e.span, message);
                None
            }
        }
    }

    /// The column of weights, which becomes the last one, a `long`.
    fn weight(
        &mut self,
        schema: &Schema,
        e: &ast::Expr,
        columns: &mut Vec<(std::sync::Arc<str>, Expr)>,
    ) -> Option<usize> {
        let index = *self.matching_one(schema, e).first()?;
        let column = schema.columns.get(index)?;
        if !column.ty.is_integer() {
            let message = format!("weights that are {} cannot be counted yet", column.ty);
            self.unsupported(e.span, message);
            return None;
        }
        let value = Expr::column(index, column.ty, e.span);
        columns.push(("$weight".into(), overload::convert(value, Type::Long)));
        Some(index)
    }

    /// One schema of the rows that several `getschema` give.
    pub(crate) fn schemas_merged(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        let ordered = match call.argument(0, "PreserveOrder") {
            None => Some(true),
            Some(e) => match self.constant(e, "PreserveOrder") {
                Some(Value::Bool(ordered)) => Some(ordered),
                Some(_) => {
                    self.error(Code::WrongType, e.span, "PreserveOrder is true or false");
                    None
                }
                None => None,
            },
        };
        let schema = Schema::of(&[
            ("ColumnName", Type::String),
            ("ColumnOrdinal", Type::Int),
            ("DataType", Type::String),
            ("ColumnType", Type::String),
        ]);
        let given = &input.plan.schema;
        let mut columns = Vec::new();
        for wanted in &schema.columns {
            let index = given.index(&wanted.name);
            match index.filter(|i| given.columns[*i].ty == wanted.ty) {
                Some(i) => {
                    columns.push((wanted.name.clone(), Expr::column(i, wanted.ty, call.span)))
                }
                None => {
                    let message = format!(
                        "`schema_merge` needs a column `{}: {}`, as `getschema` gives it",
                        wanted.name, wanted.ty
                    );
                    self.error(Code::UnknownName, call.span, message);
                    return self.broken_table();
                }
            }
        }
        let Some(ordered) = ordered else {
            return self.broken_table();
        };
        let rows = Plan::project(input.plan, columns);
        let operation = Operation::SchemaMerge(ordered);
        Relation::new(Plan::whole(vec![rows], operation, schema))
    }
}

/// What stands for any value of a type.
fn nothing(ty: Type) -> Value {
    match ty {
        Type::String => Value::string(""),
        ty => Value::Null(ty),
    }
}
