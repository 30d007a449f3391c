//! `make-series`: the rows of a group become arrays along an axis of equal steps.

use std::sync::Arc;

use arrow::array::{ArrayBuilder, ArrayRef, StringViewBuilder, UInt32Array};
use arrow::compute::take;

use super::grouped::Grouped;
use crate::contract::{Batch, Cancel, Fault, Problem};
use crate::diagnostic::Code;
use crate::json::{ArrayWriter, write_element};
use crate::plan::whole::Series;
use crate::types::{Column, Schema, Type, Value, arrays};

/// Points of a series at most, as Kusto has it.
const MOST_POINTS: i64 = 1 << 20;

/// An axis: its steps are numbered from its start.
struct Axis<'a> {
    ty: Type,
    series: &'a Series,
}

/// What the arrays of each group are made of.
struct Source<'a> {
    axis: Axis<'a>,
    steps: &'a ArrayRef,
    values: &'a [ArrayRef],
    types: &'a [Column],
    /// What stands where there is no row, as JSON.
    defaults: Vec<Option<String>>,
}

/// The arrays made so far.
struct Made {
    /// Those of each value.
    arrays: Vec<StringViewBuilder>,
    /// Axes, each once for groups next to each other that share it, and which of them a group has.
    axes: StringViewBuilder,
    axis: Vec<u32>,
    last: Option<(Value, i64)>,
    /// For each step of the group at hand, its row.
    places: Vec<u32>,
    text: String,
}

/// A step has no row.
const NONE: u32 = u32::MAX;

impl Source<'_> {
    /// Adds the arrays of a group; whether it has any point.
    fn group(&self, rows: &[u32], made: &mut Made) -> Result<bool, Fault> {
        let axis = &self.axis;
        let mut at: Vec<(Value, u32)> = Vec::with_capacity(rows.len());
        for row in rows {
            let step = arrays::value(&**self.steps, axis.ty, *row as usize);
            if !step.is_null() {
                at.push((step, *row));
            }
        }
        let Some((start, count)) = axis.range(&at)? else {
            return Ok(false);
        };
        made.places.clear();
        made.places
            .resize(usize::try_from(count).unwrap_or(0), NONE);
        let mut any = false;
        for (step, row) in &at {
            let index = axis.index(&start, step);
            let index = index.and_then(|index| usize::try_from(index).ok());
            if let Some(place) = index.and_then(|index| made.places.get_mut(index)) {
                *place = *row;
                any = true;
            }
        }
        if any {
            self.write(start, count, made)?;
        }
        Ok(any)
    }

    /// The arrays of a group with these places.
    fn write(&self, start: Value, count: i64, made: &mut Made) -> Result<(), Fault> {
        let values = self.values.iter().zip(self.types).zip(&self.defaults);
        for (((array, column), default), out) in values.zip(&mut made.arrays) {
            let mut writer = ArrayWriter::over(std::mem::take(&mut made.text));
            for row in &made.places {
                match (*row, default) {
                    (NONE, Some(default)) => writer.push_json(default),
                    (NONE, None) => return Err(no_default(self.axis.series, &column.name)),
                    (row, _) => {
                        writer.push_value(&arrays::value(&**array, column.ty, row as usize))
                    }
                }
            }
            made.text = writer.finish();
            out.append_value(&made.text);
        }
        let axis = Some((start, count));
        if made.last != axis {
            let mut writer = ArrayWriter::over(std::mem::take(&mut made.text));
            if let Some((start, count)) = &axis {
                (0..*count).for_each(|index| writer.push_value(&self.axis.at(start, index)));
            }
            made.text = writer.finish();
            made.axes.append_value(&made.text);
            made.last = axis;
        }
        let number = made.axes.len().saturating_sub(1);
        made.axis.push(u32::try_from(number).unwrap_or(NONE));
        Ok(())
    }
}

/// Runs `make-series` over rows that are grouped by keys and step already.
pub(super) fn run(
    series: &Series,
    input: &Schema,
    table: &Batch,
    output: &Schema,
    cancel: &Cancel,
) -> Result<Batch, Fault> {
    let lost = || Fault::internal("make-series has no axis");
    let keys = table.columns.get(..series.keys).ok_or_else(lost)?;
    let steps = table.columns.get(series.keys).ok_or_else(lost)?;
    let values = table.columns.get(series.keys + 1..).ok_or_else(lost)?;
    let (key_columns, others) = input
        .columns
        .split_at_checked(series.keys)
        .ok_or_else(lost)?;
    let (axis, types) = others.split_first().ok_or_else(lost)?;
    let key_types: Vec<Type> = key_columns.iter().map(|c| c.ty).collect();
    let axis = Axis {
        ty: axis.ty,
        series,
    };
    let defaults = (0..values.len()).map(|i| {
        let default = series.defaults.get(i).and_then(Option::as_ref)?;
        let mut text = String::new();
        write_element(default, &mut text);
        Some(text)
    });
    let source = Source {
        axis,
        steps,
        values,
        types,
        defaults: defaults.collect(),
    };
    let mut made = Made {
        arrays: values.iter().map(|_| StringViewBuilder::new()).collect(),
        axes: StringViewBuilder::new(),
        axis: Vec::new(),
        last: None,
        places: Vec::new(),
        text: String::new(),
    };
    let mut firsts: Vec<u32> = Vec::new();
    for rows in Grouped::by(keys, &key_types, table.rows)?.iter() {
        cancel.check()?;
        if source.group(rows, &mut made)? {
            firsts.extend(rows.first());
        }
    }
    if table.rows == 0
        && series.nonempty
        && let Some((start, count)) = source.axis.range(&[])?
    {
        if series.keys > 0 {
            let message = "what keys the one series of no rows has is not published";
            let problem = Problem::new(Code::Unsupported, message);
            let help = "leave out `kind=nonempty`: without rows there is then no series";
            return Err(Fault::problem(problem.help(help), series.span));
        }
        made.places = vec![NONE; usize::try_from(count).unwrap_or(0)];
        source.write(start, count, &mut made)?;
    }
    let firsts = UInt32Array::from(firsts);
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(output.len());
    for key in keys {
        columns.push(take(key, &firsts, None)?);
    }
    let rows = made.axis.len();
    columns.extend(
        made.arrays
            .iter_mut()
            .map(|array| Arc::new(array.finish()) as ArrayRef),
    );
    columns.push(take(
        &made.axes.finish(),
        &UInt32Array::from(made.axis),
        None,
    )?);
    Ok(Batch {
        columns,
        rows,
        position: 0,
    })
}

/// Says that a step has no row, and what stands there is not known.
fn no_default(series: &Series, name: &str) -> Fault {
    let message = format!(
        "a step has no rows, and what `{name}` is there without a default is not published"
    );
    let help = "give it a default: default=datetime(null), default=0s";
    Fault::problem(
        Problem::new(Code::Unsupported, message).help(help),
        series.span,
    )
}

impl Axis<'_> {
    /// The first step and how many there are, for a group with rows at these steps.
    fn range(&self, at: &[(Value, u32)]) -> Result<Option<(Value, i64)>, Fault> {
        let s = self.series;
        let by_step = |a: &&Value, b: &&Value| number(a).total_cmp(&number(b));
        let steps = || at.iter().map(|(step, _)| step);
        let start = s.from.as_ref().or_else(|| steps().min_by(by_step));
        let end = s.to.as_ref().or_else(|| steps().max_by(by_step));
        let (Some(start), Some(end)) = (start, end) else {
            return Ok(None);
        };
        let inclusive = s.inclusive || s.to.is_none();
        let count = self.steps_below(start, end, inclusive);
        if count > MOST_POINTS {
            return Err(Fault::limit(format!(
                "make-series would make an array of more than {MOST_POINTS} points"
            ))
            .help("take a larger step or a shorter range"));
        }
        Ok((count > 0).then(|| (start.clone(), count)))
    }

    fn steps_below(&self, start: &Value, end: &Value, inclusive: bool) -> i64 {
        if self.ty == Type::Real {
            let step = number(&self.series.step);
            let distance = (number(end) - number(start)) / step;
            let whole = match inclusive {
                // A sum of steps may miss the end by a hair.
                true => (distance + 1e-9).floor() + 1.0,
                false => distance.ceil(),
            };
            return whole.max(0.0) as i64;
        }
        let distance = i128::from(whole(end)) - i128::from(whole(start));
        let step = i128::from(whole(&self.series.step)).max(1);
        let count = match inclusive {
            true => distance.div_euclid(step) + 1,
            false => (distance + step - 1).div_euclid(step),
        };
        i64::try_from(count.max(0)).unwrap_or(i64::MAX)
    }

    /// The number of a step.
    fn index(&self, start: &Value, step: &Value) -> Option<i64> {
        if self.ty == Type::Real {
            let distance = number(step) - number(start);
            return Some((distance / number(&self.series.step)).round() as i64);
        }
        let distance = i128::from(whole(step)) - i128::from(whole(start));
        let size = i128::from(whole(&self.series.step).max(1));
        if distance.rem_euclid(size) != 0 {
            return None;
        }
        i64::try_from(distance.div_euclid(size)).ok()
    }

    /// The step of a number.
    fn at(&self, start: &Value, index: i64) -> Value {
        let step = &self.series.step;
        if self.ty == Type::Real {
            return Value::Real(number(start) + number(step) * index as f64);
        }
        let value = i128::from(whole(start)) + i128::from(whole(step)) * i128::from(index);
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        match self.ty {
            Type::Datetime => Value::Datetime(value),
            Type::Timespan => Value::Timespan(value),
            _ => Value::Long(value),
        }
    }
}

/// A value as a number, for comparing.
fn number(value: &Value) -> f64 {
    match value {
        Value::Real(value) => *value,
        value => whole(value) as f64,
    }
}

fn whole(value: &Value) -> i64 {
    match value {
        Value::Datetime(ticks) | Value::Timespan(ticks) => *ticks,
        value => value.as_i64().unwrap_or(0),
    }
}
