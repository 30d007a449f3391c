//! One row per element of arrays or bags: `mv-expand`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray, UInt32Array};

use super::expression::{Preparation, Prepared};
use super::filler::Filler;
use super::pipeline::{Next, Step};
use super::rows::gather;
use crate::contract::{Batch, Cancel, Fault, Flow};
use crate::json::{self, ArrayWriter, BagWriter, Elements, Entries, Kind};
use crate::plan::ExpandItem;
use crate::temporal;
use crate::types::{Type, Value};

/// What is expanded, ready for a run.
pub struct Item {
    value: Prepared,
    ty: Type,
    pairs: bool,
}

impl Item {
    /// Prepares the items of a node.
    ///
    /// # Errors
    /// As their expressions.
    pub fn prepare(preparation: Preparation<'_>, items: &[ExpandItem]) -> Result<Vec<Item>, Fault> {
        let item = |item: &ExpandItem| {
            Ok(Item {
                value: preparation.expr(&item.value)?,
                ty: item.ty,
                pairs: item.pairs,
            })
        };
        items.iter().map(item).collect()
    }
}

/// The step.
pub struct Expand {
    /// Columns that are repeated.
    pub keep: Vec<usize>,
    /// What is expanded.
    pub items: Vec<Item>,
    /// Whether the element's index is the last column.
    pub index: bool,
    /// Most rows made of one.
    pub limit: usize,
    /// Rows of a batch.
    pub rows: usize,
    /// Stops it.
    pub cancel: Cancel,
}

/// What a cell expands to.
enum Parts<'a> {
    Elements(Elements<'a>),
    Entries(Entries<'a>),
    /// A value that holds no others, null included, expands to itself.
    One(Option<&'a str>),
    End,
}

impl<'a> Parts<'a> {
    fn of(cell: Option<&'a str>) -> Parts<'a> {
        match cell.and_then(|c| c.trim_start().bytes().next()) {
            Some(b'[') => Parts::Elements(json::elements(cell.unwrap_or_default())),
            Some(b'{') => Parts::Entries(json::entries(cell.unwrap_or_default())),
            _ => Parts::One(cell),
        }
    }

    /// Adds the next part to a column; `false` at the end, where nothing is added.
    fn next(&mut self, pairs: bool, column: &mut Filler) -> bool {
        match self {
            Parts::Elements(elements) => match elements.next() {
                Some(text) => push(column, text),
                None => return false,
            },
            Parts::Entries(entries) => match entries.next() {
                Some((key, value)) => push(column, &entry(&key, value, pairs)),
                None => return false,
            },
            Parts::One(cell) => {
                match cell {
                    Some(text) => push(column, text),
                    None => column.null(),
                }
                *self = Parts::End;
            }
            Parts::End => return false,
        }
        true
    }
}

/// A bag's entry: a bag of its own, or `[key, value]`.
fn entry(key: &str, value: &str, pairs: bool) -> String {
    if pairs {
        let mut array = ArrayWriter::new();
        array.push_str(key);
        array.push_json(value);
        return array.finish();
    }
    let mut bag = BagWriter::new();
    bag.entry_json(key, value);
    bag.finish()
}

/// Adds an element, if its JSON kind fits the column's type; text is not parsed into numbers.
fn push(column: &mut Filler, text: &str) {
    let kind = json::kind(text);
    match column.ty() {
        Type::Dynamic | Type::Unknown if kind == Kind::Null => column.null(),
        Type::Dynamic | Type::Unknown => column.text(text),
        Type::String => column.text(&json::display(text)),
        ty => match typed(text, kind, ty) {
            Some(value) => column.value(&value),
            None => column.null(),
        },
    }
}

fn typed(text: &str, kind: Kind, ty: Type) -> Option<Value> {
    let whole = || match kind {
        Kind::Long => text.trim().parse::<i64>().ok(),
        Kind::Double => {
            let number = json::number(text)?.trunc();
            // Two to the power of 63: one past the last long.
            const BOUND: f64 = 9_223_372_036_854_775_808.0;
            (-BOUND..BOUND).contains(&number).then_some(number as i64)
        }
        _ => None,
    };
    match ty {
        Type::Long => whole().map(Value::Long),
        Type::Int => whole().and_then(|v| i32::try_from(v).ok()).map(Value::Int),
        Type::Real => json::number(text).map(Value::Real),
        Type::Bool => match kind {
            Kind::Bool => Some(Value::Bool(text.trim() == "true")),
            Kind::Long => whole().map(|v| Value::Bool(v != 0)),
            Kind::Double => {
                let number = json::number(text)?;
                (number.fract() == 0.0).then_some(Value::Bool(number != 0.0))
            }
            _ => None,
        },
        Type::Datetime => match kind {
            Kind::Datetime => json::datetime_of(text),
            Kind::String => temporal::parse_datetime(&json::unescape(text)),
            _ => None,
        }
        .map(Value::Datetime),
        Type::Guid if kind == Kind::String => {
            crate::text::parse_guid(&json::unescape(text)).map(Value::Guid)
        }
        // Timespans and decimals are null whatever the element (measured).
        _ => None,
    }
}

/// Rows on their way out.
struct Out {
    from: Vec<u32>,
    columns: Vec<Filler>,
    index: Vec<i64>,
    position: u64,
}

impl Expand {
    fn send(&self, batch: &Batch, out: &mut Out, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let rows = out.from.len();
        if rows == 0 {
            return Ok(Flow::More);
        }
        self.cancel.check()?;
        let kept: Vec<ArrayRef> = self
            .keep
            .iter()
            .filter_map(|c| batch.columns.get(*c).cloned())
            .collect();
        let mut columns = gather(&kept, &UInt32Array::from(std::mem::take(&mut out.from)))?;
        columns.extend(out.columns.iter_mut().map(Filler::finish));
        if self.index {
            columns.push(Arc::new(Int64Array::from(std::mem::take(&mut out.index))));
        }
        let position = out.position;
        out.position += rows as u64;
        next(Batch {
            columns,
            rows,
            position,
        })
    }
}

impl Step for Expand {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let values = self.items.iter().map(|i| i.value.column(&batch));
        let values: Vec<ArrayRef> = values.collect::<Result<_, _>>()?;
        let cells: Vec<&StringViewArray> = values
            .iter()
            .map(|v| v.as_string_view_opt())
            .collect::<Option<_>>()
            .ok_or_else(|| Fault::internal("what is expanded is not dynamic"))?;
        let mut out = Out {
            from: Vec::new(),
            columns: self.items.iter().map(|i| Filler::new(i.ty)).collect(),
            index: Vec::new(),
            position: batch.position,
        };
        let mut short = Vec::new();
        for row in 0..batch.rows {
            let from = u32::try_from(row).unwrap_or(u32::MAX);
            let mut parts: Vec<Parts<'_>> = cells
                .iter()
                .map(|c| Parts::of(c.is_valid(row).then(|| c.value(row))))
                .collect();
            let mut index = 0;
            while index < self.limit {
                short.clear();
                for (i, part) in parts.iter_mut().enumerate() {
                    if !part.next(self.items[i].pairs, &mut out.columns[i]) {
                        short.push(i);
                    }
                }
                if short.len() == parts.len() {
                    break;
                }
                short.iter().for_each(|i| out.columns[*i].null());
                out.from.push(from);
                if self.index {
                    out.index.push(i64::try_from(index).unwrap_or(i64::MAX));
                }
                index += 1;
                if out.from.len() >= self.rows && self.send(&batch, &mut out, next)? == Flow::Enough
                {
                    return Ok(Flow::Enough);
                }
            }
        }
        self.send(&batch, &mut out, next)
    }
}
