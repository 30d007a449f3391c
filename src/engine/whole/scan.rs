//! `scan`: rows in order against steps, each with a state.
//!
//! What does not read a state is computed for all rows at once: the terms of conditions that do not, and the parts
//! of the others that do not. Only the rest is computed row by row, and only for rows that pass the former.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::buffer::BooleanBuffer;

use super::super::choice::is_of_a_row;
use super::super::expression::{Preparation, Prepared};
use super::super::rows;
use super::grouped::Grouped;
use crate::contract::{Batch, Cancel, Fault};
use crate::plan::whole::{Given, Scan, Step};
use crate::plan::{Expr, ExprKind};
use crate::types::{Schema, Type, Value, arrays};

/// Runs the steps over a table.
pub(super) fn run(
    scan: &Scan,
    input: &Schema,
    table: &Batch,
    output: &Schema,
    preparation: Preparation<'_>,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let run = |eager| run_as(eager, scan, (input, table), output, preparation, cancel);
    match run(true) {
        // What failed may be of a row in which no step asks for it.
        Err(fault) if is_of_a_row(&fault) => run(false),
        done => done,
    }
}

fn run_as(
    eager: bool,
    scan: &Scan,
    (input, table): (&Schema, &Batch),
    output: &Schema,
    preparation: Preparation<'_>,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let layout = Layout::new(eager, scan, input);
    let conditions: Vec<(Vec<Expr>, Vec<Expr>)> = scan
        .steps
        .iter()
        .map(|s| layout.split(&s.condition))
        .collect();
    let assignments: Vec<Vec<(usize, Expr)>> = scan
        .steps
        .iter()
        .map(|s| {
            let moved = s.assignments.iter();
            moved.map(|(c, e)| (*c, layout.hoisted(e))).collect()
        })
        .collect();
    let mut steps = Vec::with_capacity(scan.steps.len());
    let all = scan.steps.iter().zip(conditions).zip(assignments);
    for ((step, (free, bound)), assigned) in all {
        steps.push(Ready::new(
            step,
            &free,
            &bound,
            assigned,
            (&layout, table, preparation),
        )?);
    }
    let groups = groups(scan, table, preparation)?;
    let hoisted = layout
        .free
        .iter()
        .map(|e| preparation.expr(e)?.column(table));
    let hoisted = hoisted.collect::<Result<Vec<ArrayRef>, Fault>>()?;
    let walk = Walk {
        table,
        steps,
        states: &layout.states,
        inputs: layout.inputs,
        empty: layout.empty(),
        row: Batch {
            columns: hoisted.iter().chain(&layout.empty()).cloned().collect(),
            rows: 1,
            position: 0,
        },
        hoisted,
        defaults: &scan.defaults,
        given: Records::new(scan.defaults.len()),
    };
    let records = walk.all(&groups, cancel)?;
    records.into_batch(scan, table, output)
}

/// The number of each row's partition.
fn groups(scan: &Scan, table: &Batch, preparation: Preparation<'_>) -> Result<Vec<usize>, Fault> {
    let mut numbers = vec![0; table.rows];
    if scan.partition.is_empty() {
        return Ok(numbers);
    }
    let keys = scan
        .partition
        .iter()
        .map(|e| preparation.expr(e)?.column(table));
    let keys = keys.collect::<Result<Vec<ArrayRef>, Fault>>()?;
    let types: Vec<Type> = scan.partition.iter().map(|e| e.ty).collect();
    let groups = Grouped::by(&keys, &types, table.rows)?;
    for (number, rows) in groups.iter().enumerate() {
        for row in rows {
            if let Some(place) = numbers.get_mut(*row as usize) {
                *place = number;
            }
        }
    }
    Ok(numbers)
}

/// Where what expressions read stands in the row that they are evaluated over: first what reads no state, computed
/// for all rows, then the columns of states.
struct Layout<'a> {
    /// Whether what reads no state is computed for all rows; else only columns are.
    eager: bool,
    /// How many columns the input has.
    inputs: usize,
    /// How many columns the input and the declarations have.
    width: usize,
    types: Vec<Type>,
    defaults: &'a [Value],
    /// What reads no state.
    free: Vec<Expr>,
    /// The columns of states that are read: the step, and which of its columns.
    states: Vec<(usize, usize)>,
}

impl<'a> Layout<'a> {
    fn new(eager: bool, scan: &'a Scan, input: &Schema) -> Layout<'a> {
        let mut types: Vec<Type> = input.columns.iter().map(|c| c.ty).collect();
        types.extend(scan.defaults.iter().map(Value::ty));
        let mut layout = Layout {
            eager,
            inputs: input.len(),
            width: types.len(),
            types,
            defaults: &scan.defaults,
            free: Vec::new(),
            states: Vec::new(),
        };
        for step in &scan.steps {
            let values = step.assignments.iter().map(|(_, value)| value);
            for expr in values.chain([&step.condition]) {
                expr.visit(&mut |e| {
                    if let Some(state) = layout.state(e)
                        && !layout.states.contains(&state)
                    {
                        layout.states.push(state);
                    }
                });
            }
        }
        for step in &scan.steps {
            for (_, value) in &step.assignments {
                layout.collect(value);
            }
            for term in split(&step.condition) {
                // A term that reads no state is told for all rows beforehand.
                if layout.reads_state(term) {
                    layout.collect(term);
                }
            }
        }
        layout
    }

    fn state(&self, e: &Expr) -> Option<(usize, usize)> {
        match e.kind {
            ExprKind::Column(index) if index >= self.width => {
                Some((index / self.width - 1, index % self.width))
            }
            _ => None,
        }
    }

    fn reads_state(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.visit(&mut |e| found |= self.state(e).is_some());
        found
    }

    /// Notes the largest parts of an expression that read no state.
    fn collect(&mut self, expr: &Expr) {
        let asked_for = self.eager || matches!(expr.kind, ExprKind::Column(_));
        if !asked_for || self.reads_state(expr) {
            for child in expr.children() {
                self.collect(child);
            }
        } else if !stays(expr) && !self.free.contains(expr) {
            self.free.push(expr.clone());
        }
    }

    /// The terms of a condition that read no state, and those that do, over the row.
    fn split(&self, condition: &Expr) -> (Vec<Expr>, Vec<Expr>) {
        let (bound, free): (Vec<&Expr>, Vec<&Expr>) = split(condition)
            .into_iter()
            .partition(|t| self.reads_state(t));
        let bound = bound.into_iter().map(|t| self.hoisted(t));
        (free.into_iter().cloned().collect(), bound.collect())
    }

    /// An expression over the row.
    fn hoisted(&self, expr: &Expr) -> Expr {
        if let Some(place) = self.free.iter().position(|f| f == expr) {
            return Expr::column(place, expr.ty, expr.span);
        }
        if let Some(state) = self.state(expr) {
            let place = self.states.iter().position(|s| *s == state);
            let place = self.free.len() + place.unwrap_or(usize::MAX / 2);
            return Expr::column(place, expr.ty, expr.span);
        }
        let mut moved = expr.clone();
        for child in moved.children_mut() {
            *child = self.hoisted(child);
        }
        moved
    }

    /// The columns of states without a match.
    fn empty(&self) -> Vec<ArrayRef> {
        let value = |column: usize| match column.checked_sub(self.inputs) {
            Some(declared) => self.defaults.get(declared).cloned(),
            None => self.types.get(column).map(|ty| Value::null(*ty)),
        };
        let column = |(_, column): &(usize, usize)| {
            let ty = self.types.get(*column).copied().unwrap_or(Type::Unknown);
            arrays::repeat(&value(*column).unwrap_or(Value::null(ty)), ty, 1)
        };
        self.states.iter().map(column).collect()
    }
}

/// Whether an expression is kept where it stands: a constant needs no column, and a list must stay one.
fn stays(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Literal(_) | ExprKind::Shared(_) | ExprKind::SharedList(_)
    )
}

/// The terms of a conjunction.
fn split(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::Logic { and: true, terms } => terms.iter().flat_map(split).collect(),
        _ => vec![condition],
    }
}

/// A step made ready.
struct Ready {
    /// The rows that can match, if the condition says something without a state.
    gate: Option<BooleanBuffer>,
    /// What the state has to say.
    terms: Vec<Prepared>,
    /// The declared column and its value.
    assignments: Vec<(usize, Prepared)>,
    given: Given,
}

impl Ready {
    fn new(
        step: &Step,
        free: &[Expr],
        bound: &[Expr],
        assignments: Vec<(usize, Expr)>,
        (_, table, preparation): (&Layout<'_>, &Batch, Preparation<'_>),
    ) -> Result<Ready, Fault> {
        let mut gate: Option<BooleanBuffer> = None;
        for term in free {
            let selected = preparation.expr(term)?.select(table)?;
            gate = Some(match gate {
                Some(gate) => &gate & &selected,
                None => selected,
            });
        }
        let assignments = assignments
            .into_iter()
            .map(|(column, value)| Ok((column, preparation.expr(&value)?)));
        Ok(Ready {
            gate,
            terms: preparation.exprs(bound)?,
            assignments: assignments.collect::<Result<_, Fault>>()?,
            given: step.output,
        })
    }
}

/// A row that matched a step.
#[derive(Clone)]
struct Record {
    row: u32,
    number: i64,
    declared: Vec<Value>,
}

/// The state of a step: an active sequence.
#[derive(Clone)]
struct Sequence {
    number: i64,
    /// The columns of states, as far as the steps up to this one have set them.
    values: Vec<ArrayRef>,
    /// The row to be given when the sequence goes on or ends.
    last: Option<Record>,
}

/// What was given.
struct Records {
    rows: Vec<u32>,
    numbers: Vec<i64>,
    declared: Vec<Vec<Value>>,
}

impl Records {
    fn new(declared: usize) -> Records {
        Records {
            rows: Vec::new(),
            numbers: Vec::new(),
            declared: vec![Vec::new(); declared],
        }
    }

    fn push(&mut self, record: Record) {
        self.rows.push(record.row);
        self.numbers.push(record.number);
        for (column, value) in self.declared.iter_mut().zip(record.declared) {
            column.push(value);
        }
    }

    fn into_batch(self, scan: &Scan, table: &Batch, output: &Schema) -> Result<Batch, Fault> {
        let rows = self.rows.len();
        let mut columns = rows::gather(&table.columns, &UInt32Array::from(self.rows))?;
        let declared = output.columns.iter().skip(columns.len());
        let declared: Vec<ArrayRef> = declared
            .zip(&self.declared)
            .map(|(column, values)| arrays::of(column.ty, values))
            .collect();
        columns.extend(declared);
        if scan.numbered {
            columns.push(Arc::new(Int64Array::from(self.numbers)));
        }
        Ok(Batch {
            columns,
            rows,
            position: 0,
        })
    }
}

/// The way over the rows.
struct Walk<'a> {
    table: &'a Batch,
    steps: Vec<Ready>,
    states: &'a [(usize, usize)],
    inputs: usize,
    empty: Vec<ArrayRef>,
    hoisted: Vec<ArrayRef>,
    /// The row that is evaluated over; only what is read is brought up to date.
    row: Batch,
    defaults: &'a [Value],
    given: Records,
}

/// The sequences of a partition, one for each step, and how many have begun.
struct Sequences {
    active: Vec<Option<Sequence>>,
    begun: i64,
}

impl Walk<'_> {
    fn all(mut self, groups: &[usize], cancel: &Cancel) -> Result<Records, Fault> {
        let parts = groups.iter().max().map_or(0, |most| most + 1);
        let none = || Sequences {
            active: vec![None; self.steps.len()],
            begun: 0,
        };
        let mut parts: Vec<Sequences> = std::iter::repeat_with(none).take(parts).collect();
        for (row, group) in (0u32..).zip(groups) {
            if row.is_multiple_of(1024) {
                cancel.check()?;
            }
            let Some(sequences) = parts.get_mut(*group) else {
                continue;
            };
            for step in (0..self.steps.len()).rev() {
                self.advance(sequences, step, row)?;
            }
        }
        let ended = parts.into_iter().flat_map(|part| part.active).flatten();
        let mut last: Vec<Record> = ended.filter_map(|s| s.last).collect();
        last.sort_by_key(|r| r.row);
        for record in last {
            self.given.push(record);
        }
        Ok(self.given)
    }

    /// Tries a row at a step: first behind the sequence of the step before, then in the step's own.
    fn advance(
        &mut self,
        Sequences { active, begun }: &mut Sequences,
        step: usize,
        row: u32,
    ) -> Result<(), Fault> {
        let passes = match self.steps.get(step).map(|s| &s.gate) {
            Some(Some(gate)) => gate.value(row as usize),
            Some(None) => true,
            None => false,
        };
        if !passes {
            return Ok(());
        }
        if let Some(before) = step.checked_sub(1)
            && let Some(Some(sequence)) = active.get(before)
            && self.matches(step, &sequence.values, row)?
        {
            let promoted = active.get_mut(before).and_then(Option::take);
            let ended = active.get_mut(step).and_then(Option::take);
            if let Some(mut sequence) = promoted {
                for ended in [ended.and_then(|s| s.last), sequence.last.take()] {
                    ended.into_iter().for_each(|record| self.given.push(record));
                }
                let sequence = self.matched(step, sequence, row)?;
                if let Some(place) = active.get_mut(step) {
                    *place = Some(sequence);
                }
            }
            return Ok(());
        }
        let Some(place) = active.get_mut(step) else {
            return Ok(());
        };
        let matches = match &place {
            Some(sequence) => self.matches(step, &sequence.values, row)?,
            None if step == 0 => {
                let empty = self.empty.clone();
                self.matches(step, &empty, row)?
            }
            None => false,
        };
        if !matches {
            return Ok(());
        }
        let sequence = match place.take() {
            Some(sequence) => sequence,
            None => {
                *begun += 1;
                Sequence {
                    number: *begun - 1,
                    values: self.empty.clone(),
                    last: None,
                }
            }
        };
        *place = Some(self.matched(step, sequence, row)?);
        Ok(())
    }

    /// Whether the terms of a step that read the state are true.
    fn matches(&mut self, step: usize, state: &[ArrayRef], row: u32) -> Result<bool, Fault> {
        let Some(step) = self.steps.get(step) else {
            return Ok(false);
        };
        for term in &step.terms {
            stand(&mut self.row, &self.hoisted, term.columns(), state, row);
            if !term.select(&self.row)?.value(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Assigns, gives and remembers a row that matched a step.
    fn matched(
        &mut self,
        number: usize,
        mut sequence: Sequence,
        row: u32,
    ) -> Result<Sequence, Fault> {
        let Some(step) = self.steps.get(number) else {
            return Ok(sequence);
        };
        let mut declared = self.defaults.to_vec();
        for (column, value) in &step.assignments {
            let read = value.columns();
            stand(&mut self.row, &self.hoisted, read, &sequence.values, row);
            let array = value.column(&self.row)?;
            if let Some(place) = declared.get_mut(*column) {
                *place = arrays::value(&*array, value.ty, 0);
            }
        }
        for ((of, column), place) in self.states.iter().zip(&mut sequence.values) {
            if *of != number {
                continue;
            }
            // Arrays made anew: what kernels return may hold on to ever more of what they read.
            match column
                .checked_sub(self.inputs)
                .and_then(|d| declared.get(d))
            {
                Some(value) => *place = arrays::repeat(value, value.ty(), 1),
                None => {
                    if let Some(whole) = self.table.columns.get(*column) {
                        *place = whole.slice(row as usize, 1);
                    }
                }
            }
        }
        let record = Record {
            row,
            number: sequence.number,
            declared,
        };
        match step.given {
            Given::All => self.given.push(record),
            Given::Last => sequence.last = Some(record),
            Given::None => {}
        }
        Ok(sequence)
    }
}

/// Brings the columns of the row that are read up to date.
fn stand(row: &mut Batch, hoisted: &[ArrayRef], read: &[usize], state: &[ArrayRef], number: u32) {
    row.position = u64::from(number);
    for column in read {
        let value = match hoisted.get(*column) {
            Some(whole) => Some(whole.slice(number as usize, 1)),
            None => state.get(*column - hoisted.len()).cloned(),
        };
        if let (Some(place), Some(value)) = (row.columns.get_mut(*column), value) {
            *place = value;
        }
    }
}
