//! Expressions made ready for one run: constants folded, kernels prepared, and evaluated batch by batch.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, take};
use arrow::datatypes::Int64Type;

use super::Table;
use super::choice::{Choice, is_of_a_row};
use crate::contract::{Args, Batch, Context, Datum, Fault, Kernel, Setup};
use crate::plan::{Call, Eval, Expr, ExprKind, Volatility};
use crate::types::{Type, Value, arrays};

/// What expressions are prepared with: the run's context and the shared sub-plans that have run.
#[derive(Clone, Copy)]
pub struct Preparation<'a> {
    /// The run.
    pub context: &'a Context,
    /// Results of the shared sub-plans so far.
    pub shared: &'a [Arc<Table>],
    /// Neighbouring rows with the same value of this column, a `long`, are an input of their own to functions that
    /// look at the rows before and after.
    pub parts: Option<usize>,
}

/// An expression ready to be evaluated.
pub struct Prepared {
    node: Node,
    /// The type of its value.
    pub ty: Type,
    /// The columns it reads, ascending.
    columns: Vec<usize>,
    /// Whether it looks at other rows, so that none may be left out.
    whole: bool,
}

enum Node {
    /// One value, in an array of length 1.
    Constant(ArrayRef),
    /// The values of a tabular argument; only a call's preparation looks at them.
    List(ArrayRef),
    Column(usize),
    Call {
        code: Code,
        args: Vec<Prepared>,
        overload: usize,
        choice: Option<Choice>,
        /// See [`Preparation::parts`].
        parts: Option<usize>,
    },
    Logic {
        and: bool,
        terms: Vec<Prepared>,
    },
}

enum Code {
    Columns(fn(&Args<'_>) -> Result<ArrayRef, Fault>),
    Kernel(Box<dyn Kernel>),
}

/// What a declaration is told of its arguments, kept so that a [`Setup`] can be made from it.
pub struct Arguments {
    constants: Vec<Option<Value>>,
    lists: Vec<Option<ArrayRef>>,
    types: Vec<Type>,
}

impl Arguments {
    /// Of these arguments.
    pub fn of(args: &[Prepared]) -> Arguments {
        Arguments {
            constants: args.iter().map(Prepared::constant).collect(),
            lists: args
                .iter()
                .map(|a| match &a.node {
                    Node::List(array) => Some(Arc::clone(array)),
                    _ => None,
                })
                .collect(),
            types: args.iter().map(|a| a.ty).collect(),
        }
    }

    /// The setup of a call with these arguments.
    pub fn setup<'a>(&'a self, ty: Type, overload: usize, context: &'a Context) -> Setup<'a> {
        Setup {
            constants: &self.constants,
            lists: &self.lists,
            types: &self.types,
            ty,
            overload,
            context,
        }
    }
}

impl Preparation<'_> {
    /// Prepares an expression.
    ///
    /// # Errors
    /// When a declaration refuses its arguments, or computing a constant fails.
    pub fn expr(&self, expr: &Expr) -> Result<Prepared, Fault> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(constant(value, expr.ty)),
            ExprKind::Column(index) => Ok(Prepared {
                node: Node::Column(*index),
                ty: expr.ty,
                columns: vec![*index],
                whole: false,
            }),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Logic { and, terms } => {
                let terms = self.exprs(terms)?;
                Ok(logic(*and, terms))
            }
            ExprKind::Shared(id) => {
                let value = self.table(*id)?.first_value();
                Ok(constant(&value.unwrap_or(Value::null(expr.ty)), expr.ty))
            }
            ExprKind::SharedList(id) => Ok(Prepared {
                node: Node::List(self.table(*id)?.column(0)?),
                ty: expr.ty,
                columns: Vec::new(),
                whole: false,
            }),
        }
    }

    /// Prepares several.
    ///
    /// # Errors
    /// As for one.
    pub fn exprs(&self, exprs: &[Expr]) -> Result<Vec<Prepared>, Fault> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn table(&self, id: usize) -> Result<&Arc<Table>, Fault> {
        self.shared
            .get(id)
            .ok_or_else(|| Fault::internal(format!("shared sub-plan {id} has not run")))
    }

    fn call(&self, call: &Call, expr: &Expr) -> Result<Prepared, Fault> {
        let args = self.exprs(&call.args)?;
        let arguments = Arguments::of(&args);
        let code = match call.function.eval {
            Eval::Columns(f) => Code::Columns(f),
            Eval::Prepared(prepare) | Eval::Window(prepare) => {
                let setup = arguments.setup(expr.ty, call.overload, self.context);
                Code::Kernel(prepare(&setup).map_err(|p| Fault::problem(p, expr.span))?)
            }
            Eval::Rewrite(_) | Eval::Unsupported(_) => {
                return Err(Fault::internal(format!(
                    "{} reached the engine",
                    call.function.name()
                )));
            }
        };
        let windowed = matches!(call.function.eval, Eval::Window(_));
        let whole = windowed || args.iter().any(|a| a.whole);
        let foldable = call.function.volatility != Volatility::PerRow
            && !windowed
            && args.iter().all(Prepared::is_constant);
        let parts = self.parts.filter(|_| windowed);
        let mut columns: Vec<usize> = args.iter().flat_map(|a| a.columns.clone()).collect();
        columns.extend(parts);
        columns.sort_unstable();
        columns.dedup();
        let prepared = Prepared {
            node: Node::Call {
                code,
                args,
                overload: call.overload,
                choice: Choice::of(call.function.role),
                parts,
            },
            ty: expr.ty,
            columns,
            whole,
        };
        if !foldable {
            return Ok(prepared);
        }
        let datum = prepared.evaluate(&Batch {
            columns: Vec::new(),
            rows: 1,
            position: 0,
        })?;
        Ok(Prepared {
            node: Node::Constant(datum.array.slice(0, 1)),
            ty: expr.ty,
            columns: Vec::new(),
            whole: false,
        })
    }
}

fn constant(value: &Value, ty: Type) -> Prepared {
    Prepared {
        node: Node::Constant(arrays::repeat(value, ty, 1)),
        ty,
        columns: Vec::new(),
        whole: false,
    }
}

/// `and`/`or` without the terms that cannot matter.
fn logic(and: bool, terms: Vec<Prepared>) -> Prepared {
    let mut kept: Vec<Prepared> = Vec::with_capacity(terms.len());
    for term in terms {
        match term.constant() {
            Some(Value::Bool(b)) if b == and => {}
            Some(Value::Bool(_)) => return constant(&Value::Bool(!and), Type::Bool),
            _ => kept.push(term),
        }
    }
    if kept.iter().all(Prepared::is_constant) {
        let value = match kept.is_empty() {
            true => Value::Bool(and),
            false => Value::Null(Type::Bool),
        };
        return constant(&value, Type::Bool);
    }
    let mut columns: Vec<usize> = kept.iter().flat_map(|a| a.columns.clone()).collect();
    columns.sort_unstable();
    columns.dedup();
    let whole = kept.iter().any(|term| term.whole);
    Prepared {
        node: Node::Logic { and, terms: kept },
        ty: Type::Bool,
        columns,
        whole,
    }
}

impl Prepared {
    /// Whether it has the same value in every row.
    pub fn is_constant(&self) -> bool {
        matches!(self.node, Node::Constant(_) | Node::List(_))
    }

    /// The columns it reads, ascending.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Its value, if it is the same in every row.
    pub fn constant(&self) -> Option<Value> {
        match &self.node {
            Node::Constant(array) => Some(arrays::value(&**array, self.ty, 0)),
            _ => None,
        }
    }

    /// Its values for the rows of a batch.
    ///
    /// # Errors
    /// On a limit, or a bug of ours.
    pub fn evaluate(&self, batch: &Batch) -> Result<Datum, Fault> {
        let (array, constant) = match &self.node {
            Node::Constant(array) => (Arc::clone(array), true),
            Node::List(_) => (arrays::nulls(self.ty, 1), true),
            Node::Column(index) => {
                let column = batch.columns.get(*index);
                let missing = || Fault::internal(format!("column {index} is missing"));
                (Arc::clone(column.ok_or_else(missing)?), false)
            }
            Node::Call {
                code,
                args,
                overload,
                choice,
                parts,
            } => {
                let values = arguments(args, *choice, batch)?;
                let parts = match parts {
                    Some(column) => beginnings(batch, *column)?,
                    None => Vec::new(),
                };
                self.run(code, &values, *overload, batch, &parts)?
            }
            Node::Logic { .. } => {
                let truth = self.truth(batch, true)?;
                let nulls = truth.valid.map(arrow::buffer::NullBuffer::new);
                let array: ArrayRef = Arc::new(BooleanArray::new(truth.value, nulls));
                (array, false)
            }
        };
        Ok(Datum {
            array,
            constant,
            ty: self.ty,
        })
    }

    fn run(
        &self,
        code: &Code,
        values: &[Datum],
        overload: usize,
        batch: &Batch,
        parts: &[usize],
    ) -> Result<(ArrayRef, bool), Fault> {
        let args = Args {
            values,
            rows: batch.rows,
            ty: self.ty,
            overload,
            position: batch.position,
            parts,
        };
        let array = match code {
            Code::Columns(f) => f(&args)?,
            Code::Kernel(kernel) => kernel.call(&args)?,
        };
        if array.data_type() != &self.ty.arrow() {
            return Err(Fault::internal(format!(
                "a function of type {} returned {}",
                self.ty,
                array.data_type()
            )));
        }
        if array.len() == batch.rows {
            return Ok((array, false));
        }
        if array.len() == 1 && values.iter().all(|v| v.constant) {
            return Ok((array, true));
        }
        Err(Fault::internal(format!(
            "a function returned {} rows for {}",
            array.len(),
            batch.rows
        )))
    }

    /// Its values as a column as long as the batch.
    ///
    /// # Errors
    /// As for [`Prepared::evaluate`].
    pub fn column(&self, batch: &Batch) -> Result<ArrayRef, Fault> {
        let datum = self.evaluate(batch)?;
        expand(&datum, batch.rows)
    }

    /// The rows for which it is true.
    ///
    /// # Errors
    /// As for [`Prepared::evaluate`].
    pub fn select(&self, batch: &Batch) -> Result<BooleanBuffer, Fault> {
        let truth = self.truth(batch, false)?;
        Ok(match truth.valid {
            Some(valid) => &truth.value & &valid,
            None => truth.value,
        })
    }

    /// Its truth values; unless `exact`, null may be reported as false.
    fn truth(&self, batch: &Batch, exact: bool) -> Result<Truth, Fault> {
        if let Node::Logic { and, terms } = &self.node {
            return if *and {
                conjunction(terms, batch, exact)
            } else {
                disjunction(terms, batch, exact)
            };
        }
        let datum = self.evaluate(batch)?;
        let Some(array) = datum.array.as_boolean_opt() else {
            return Err(Fault::internal(format!("{} is no bool", self.ty)));
        };
        if datum.constant {
            let rows = batch.rows;
            let all = |b| match b {
                true => BooleanBuffer::new_set(rows),
                false => BooleanBuffer::new_unset(rows),
            };
            return Ok(Truth {
                value: all(array.is_valid(0) && array.value(0)),
                valid: array.is_null(0).then(|| all(false)),
            });
        }
        Ok(Truth {
            value: array.values().clone(),
            valid: array.nulls().map(|n| n.inner().clone()),
        })
    }

    /// The rows of `open`, with the columns it reads.
    fn part(&self, batch: &Batch, open: &BooleanBuffer) -> Result<Batch, Fault> {
        let mask = BooleanArray::new(open.clone(), None);
        let mut columns = batch.columns.clone();
        for index in &self.columns {
            if let Some(column) = columns.get_mut(*index) {
                *column = filter(column, &mask)?;
            }
        }
        Ok(Batch {
            columns,
            rows: open.count_set_bits(),
            position: batch.position,
        })
    }

    /// As [`Prepared::evaluate`], looking only at the rows of `open`; others are null.
    fn evaluate_where(&self, batch: &Batch, open: &BooleanBuffer) -> Result<Datum, Fault> {
        let datum = |array| Datum {
            array,
            constant: false,
            ty: self.ty,
        };
        if open.count_set_bits() == 0 {
            return Ok(datum(arrays::nulls(self.ty, batch.rows)));
        }
        let found = self.column(&self.part(batch, open)?)?;
        let mut places: Vec<Option<u32>> = vec![None; batch.rows];
        for (place, row) in (0..).zip(open.set_indices()) {
            places[row] = Some(place);
        }
        Ok(datum(take(&found, &UInt32Array::from(places), None)?))
    }

    /// As [`Prepared::truth`], looking only at the rows of `open` when that pays; other rows' results mean nothing.
    fn truth_where(
        &self,
        batch: &Batch,
        open: &BooleanBuffer,
        exact: bool,
    ) -> Result<Truth, Fault> {
        let count = open.count_set_bits();
        // Gathering the columns costs about as much as a cheap comparison over all rows.
        if self.whole || count * 3 > batch.rows {
            match self.truth(batch, exact) {
                // What fails may be a row that is decided already.
                Err(fault) if is_of_a_row(&fault) && !self.whole && count < batch.rows => {}
                truth => return truth,
            }
        }
        let truth = self.truth(&self.part(batch, open)?, exact)?;
        let spread = |bits: &BooleanBuffer| {
            let mut all = arrow::array::BooleanBufferBuilder::new(batch.rows);
            all.append_n(batch.rows, false);
            for (i, row) in open.set_indices().enumerate() {
                all.set_bit(row, bits.value(i));
            }
            all.finish()
        };
        Ok(Truth {
            value: spread(&truth.value),
            valid: truth.valid.as_ref().map(spread),
        })
    }
}

/// Where a column of numbers has another one than in the row before.
///
/// # Errors
/// When it is no such column.
pub fn beginnings(batch: &Batch, column: usize) -> Result<Vec<usize>, Fault> {
    let values = batch.columns.get(column);
    let values = values.and_then(|c| c.as_primitive_opt::<Int64Type>());
    let values = values.ok_or_else(|| Fault::internal("a window's parts are not numbered"))?;
    let pairs = values.values().windows(2).enumerate();
    let changes = pairs.filter(|(_, pair)| pair[0] != pair[1]);
    Ok(changes.map(|(row, _)| row + 1).collect())
}

/// The values of a call's arguments; what a call that chooses does not choose may be null where it fails.
fn arguments(
    args: &[Prepared],
    choice: Option<Choice>,
    batch: &Batch,
) -> Result<Vec<Datum>, Fault> {
    let mut values: Vec<Datum> = Vec::with_capacity(args.len());
    for arg in args {
        let value = match (arg.evaluate(batch), choice) {
            (Err(fault), Some(choice)) if is_of_a_row(&fault) && !arg.whole => {
                arg.evaluate_where(batch, &choice.open(&values, batch.rows))?
            }
            (value, _) => value?,
        };
        values.push(value);
    }
    Ok(values)
}

/// Truth values: `valid` is unset where they are null.
struct Truth {
    value: BooleanBuffer,
    valid: Option<BooleanBuffer>,
}

/// `a and b`: false as soon as one is false, else null as soon as one is null.
fn conjunction(terms: &[Prepared], batch: &Batch, exact: bool) -> Result<Truth, Fault> {
    // Rows not false so far, and those among them with a null.
    let mut open = BooleanBuffer::new_set(batch.rows);
    let mut null: Option<BooleanBuffer> = None;
    for term in terms {
        let truth = term.truth_where(batch, &open, exact)?;
        match truth.valid {
            None => open = &open & &truth.value,
            Some(valid) if exact => {
                open = &open & &(&truth.value | &!&valid);
                let missing = !&valid;
                null = Some(match null {
                    Some(null) => &null | &missing,
                    None => missing,
                });
            }
            Some(valid) => open = &open & &(&truth.value & &valid),
        }
        if open.count_set_bits() == 0 {
            break;
        }
    }
    Ok(match null {
        Some(null) => Truth {
            valid: Some(!&(&open & &null)),
            value: open,
        },
        None => Truth {
            value: open,
            valid: None,
        },
    })
}

/// `a or b`: true as soon as one is true, else null as soon as one is null.
fn disjunction(terms: &[Prepared], batch: &Batch, exact: bool) -> Result<Truth, Fault> {
    // Rows not true so far, and those among them with a null.
    let mut open = BooleanBuffer::new_set(batch.rows);
    let mut null: Option<BooleanBuffer> = None;
    for term in terms {
        let truth = term.truth_where(batch, &open, exact)?;
        match truth.valid {
            None => open = &open & &!&truth.value,
            Some(valid) => {
                open = &open & &!&(&truth.value & &valid);
                if exact {
                    let missing = !&valid;
                    null = Some(match null {
                        Some(null) => &null | &missing,
                        None => missing,
                    });
                }
            }
        }
        if open.count_set_bits() == 0 {
            break;
        }
    }
    let valid = null.map(|null| !&(&open & &null));
    Ok(Truth {
        value: !&open,
        valid,
    })
}

/// A datum as a column of `rows` rows.
///
/// # Errors
/// A bug of ours only.
pub fn expand(datum: &Datum, rows: usize) -> Result<ArrayRef, Fault> {
    if !datum.constant {
        return Ok(Arc::clone(&datum.array));
    }
    // Taking row 0 again and again copies no text.
    Ok(take(
        &datum.array,
        &UInt32Array::from(vec![0u32; rows]),
        None,
    )?)
}
