//! What a `summarize` computes of each row before grouping it: keys, arguments and filters, each once.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;

use crate::contract::{Accumulator, Batch, Datum, Fault, FaultKind};
use crate::engine::expression::{Arguments, Preparation, Prepared};
use crate::engine::rows;
use crate::engine::steps::project;
use crate::plan::{AggregateCall, AggregateEval, Expr, ExprKind, Volatility};
use crate::types::Type;

/// The columns computed, and who uses them.
pub struct Layout<'a> {
    preparation: Preparation<'a>,
    exprs: Vec<Prepared>,
    /// The columns that are keys.
    pub keys: Vec<usize>,
    /// The keys' types.
    pub key_types: Vec<Type>,
    /// The aggregates.
    pub calls: Vec<Call<'a>>,
}

/// An aggregate and where its arguments are.
pub struct Call<'a> {
    call: &'a AggregateCall,
    arguments: Arguments,
    args: Vec<Slot>,
    /// The column of its filter.
    pub filter: Option<usize>,
}

enum Slot {
    Column(usize, Type),
    Constant(Datum),
}

impl<'a> Layout<'a> {
    /// Prepares the keys and aggregates.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn new(
        preparation: Preparation<'a>,
        keys: &[Expr],
        aggregates: &'a [AggregateCall],
    ) -> Result<Layout<'a>, Fault> {
        let mut layout = Layout {
            preparation,
            exprs: Vec::new(),
            keys: Vec::new(),
            key_types: keys.iter().map(|k| k.ty).collect(),
            calls: Vec::new(),
        };
        let mut known: Vec<Expr> = Vec::new();
        for key in keys {
            let prepared = preparation.expr(key)?;
            let column = layout.column(key, prepared, &mut known);
            layout.keys.push(column);
        }
        for call in aggregates {
            let args = preparation.exprs(&call.args)?;
            let arguments = Arguments::of(&args);
            let mut slots = Vec::with_capacity(args.len());
            for (expr, prepared) in call.args.iter().zip(args) {
                slots.push(match prepared.is_constant() {
                    true => Slot::Constant(prepared.evaluate(&Batch {
                        columns: Vec::new(),
                        rows: 1,
                        position: 0,
                    })?),
                    false => Slot::Column(layout.column(expr, prepared, &mut known), expr.ty),
                });
            }
            let filter = match &call.filter {
                Some(filter) => {
                    let prepared = preparation.expr(filter)?;
                    Some(layout.column(filter, prepared, &mut known))
                }
                None => None,
            };
            layout.calls.push(Call {
                call,
                arguments,
                args: slots,
                filter,
            });
        }
        Ok(layout)
    }

    /// The column of an expression: that of an equal one, if there is one.
    fn column(&mut self, expr: &Expr, prepared: Prepared, known: &mut Vec<Expr>) -> usize {
        if let Some(column) = known.iter().position(|k| same(k, expr)) {
            return column;
        }
        known.push(expr.clone());
        self.exprs.push(prepared);
        self.exprs.len() - 1
    }

    /// The types of the columns computed.
    pub fn types(&self) -> Vec<Type> {
        self.exprs.iter().map(|e| e.ty).collect()
    }

    /// Computes the columns.
    ///
    /// # Errors
    /// As the expressions.
    pub fn evaluate(&self, batch: &Batch) -> Result<Batch, Fault> {
        match project(&self.exprs, batch) {
            Err(fault) if fault.kind == FaultKind::Query || fault.kind == FaultKind::Limit => {
                self.evaluate_filtered(batch, fault)
            }
            computed => computed,
        }
    }

    /// As [`Layout::evaluate`], but what only filtered aggregates use is computed of the rows that pass: the others may
    /// be what does not suit it.
    fn evaluate_filtered(&self, batch: &Batch, fault: Fault) -> Result<Batch, Fault> {
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.exprs.len()];
        let everywhere = |index: &usize| self.filters_of(*index).is_none();
        for index in (0..self.exprs.len()).filter(everywhere) {
            columns[index] = Some(self.exprs[index].column(batch)?);
        }
        let mut filtered = false;
        for index in 0..self.exprs.len() {
            let Some(filters) = self.filters_of(index) else {
                continue;
            };
            let mut passing = BooleanBuffer::new_unset(batch.rows);
            for filter in filters {
                let mask = columns[filter].as_ref().and_then(|c| c.as_boolean_opt());
                let mask =
                    mask.ok_or_else(|| Fault::internal("an aggregate's filter is no bool"))?;
                passing = &passing | &passing_rows(mask);
            }
            let rows: Vec<u32> = passing.set_indices_u32().collect();
            let part = Batch {
                columns: rows::gather(&batch.columns, &UInt32Array::from(rows.clone()))?,
                rows: rows.len(),
                position: batch.position,
            };
            let mut places: Vec<Option<u32>> = vec![None; batch.rows];
            for (place, row) in (0..).zip(&rows) {
                places[*row as usize] = Some(place);
            }
            let computed = self.exprs[index].column(&part)?;
            columns[index] = Some(take(&computed, &UInt32Array::from(places), None)?);
            filtered = true;
        }
        let columns: Option<Vec<ArrayRef>> = columns.into_iter().collect();
        match columns {
            Some(columns) if filtered => Ok(Batch {
                columns,
                rows: batch.rows,
                position: batch.position,
            }),
            _ => Err(fault),
        }
    }

    /// The filters of the aggregates that have a column as their argument; nothing if it is used for all rows.
    fn filters_of(&self, column: usize) -> Option<Vec<usize>> {
        if self.keys.contains(&column) {
            return None;
        }
        let mut filters = Vec::new();
        for call in &self.calls {
            if call.filter == Some(column) {
                return None;
            }
            let reads = |slot: &Slot| matches!(slot, Slot::Column(index, _) if *index == column);
            if call.args.iter().any(reads) {
                filters.push(call.filter?);
            }
        }
        Some(filters)
    }

    /// An empty state for each aggregate.
    ///
    /// # Errors
    /// When a declaration refuses its arguments.
    pub fn states(&self) -> Result<Vec<Box<dyn Accumulator>>, Fault> {
        self.calls.iter().map(|c| self.state(c)).collect()
    }

    fn state(&self, call: &Call<'_>) -> Result<Box<dyn Accumulator>, Fault> {
        let (function, overload) = (call.call.function, call.call.overload);
        let AggregateEval::Groups(make) = function.eval else {
            return Err(Fault::internal(format!(
                "{} reached the engine",
                function.name()
            )));
        };
        let ty = call.call.outputs.first().copied();
        let context = self.preparation.context;
        let setup = call
            .arguments
            .setup(ty.unwrap_or(Type::Dynamic), overload, context);
        make(&setup).map_err(|p| Fault::problem(p, call.call.span))
    }
}

impl Call<'_> {
    /// The arguments among the columns computed.
    pub fn args(&self, rows: &Batch) -> Vec<Datum> {
        let datum = |slot: &Slot| match slot {
            Slot::Column(index, ty) => Datum {
                array: rows.columns[*index].clone(),
                constant: false,
                ty: *ty,
            },
            Slot::Constant(datum) => datum.clone(),
        };
        self.args.iter().map(datum).collect()
    }
}

/// The rows for which a filter is true.
pub fn passing_rows(mask: &BooleanArray) -> BooleanBuffer {
    match mask.nulls() {
        Some(nulls) => mask.values() & nulls.inner(),
        None => mask.values().clone(),
    }
}

/// Whether two expressions have the same value in every row, wherever they stand in the query.
fn same(a: &Expr, b: &Expr) -> bool {
    let children = || {
        let (a, b) = (a.children(), b.children());
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
    };
    a.ty == b.ty
        && match (&a.kind, &b.kind) {
            (ExprKind::Call(x), ExprKind::Call(y)) => {
                std::ptr::eq(x.function, y.function)
                    && x.overload == y.overload
                    && x.function.volatility != Volatility::PerRow
                    && children()
            }
            (ExprKind::Logic { and: x, .. }, ExprKind::Logic { and: y, .. }) => {
                x == y && children()
            }
            (x, y) => x == y,
        }
}
