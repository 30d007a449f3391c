//! The order of rows by sort keys: nulls and NaN at one end, strings by their bytes, ties by position.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, StringViewArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::contract::Fault;
use crate::decimal::Decimal;
use crate::types::Type;

/// How one sort key orders.
#[derive(Clone, Copy)]
pub struct Direction {
    /// Greatest first.
    pub descending: bool,
    /// Nulls, then NaN, before everything else; otherwise NaN, then nulls, behind.
    pub nulls_first: bool,
}

/// A sort key's column as numbers that order as its values do.
pub struct OrderColumn {
    /// Null, NaN or value; empty when all rows have a value.
    classes: Vec<u8>,
    /// The value, or its beginning.
    heads: Vec<u64>,
    rest: Rest,
    descending: bool,
}

/// What decides between equal heads.
enum Rest {
    Nothing,
    Texts(StringViewArray),
    Decimals(FixedSizeBinaryArray),
}

impl OrderColumn {
    /// Of a column of type `ty`.
    ///
    /// # Errors
    /// When the column is not of its type.
    pub fn new(array: &ArrayRef, ty: Type, direction: Direction) -> Result<OrderColumn, Fault> {
        let wrong = || Fault::internal(format!("a {ty} sort key holds {}", array.data_type()));
        let mut rest = Rest::Nothing;
        let mut nan = Vec::new();
        let mut heads: Vec<u64> = match ty {
            Type::Bool => {
                let a = array.as_boolean_opt().ok_or_else(wrong)?;
                a.values().iter().map(u64::from).collect()
            }
            Type::Int => {
                let a = array.as_primitive_opt::<Int32Type>().ok_or_else(wrong)?;
                a.values().iter().map(|v| signed(i64::from(*v))).collect()
            }
            Type::Long | Type::Datetime | Type::Timespan => {
                let a = array.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
                a.values().iter().map(|v| signed(*v)).collect()
            }
            Type::Real => {
                let a = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
                if a.values().iter().any(|v| v.is_nan()) {
                    nan = a.values().iter().map(|v| v.is_nan()).collect();
                }
                a.values().iter().map(|v| real(*v)).collect()
            }
            Type::String | Type::Dynamic | Type::Unknown => {
                let a = array.as_string_view_opt().ok_or_else(wrong)?;
                rest = Rest::Texts(a.clone());
                (0..a.len()).map(|r| beginning(a.value(r))).collect()
            }
            Type::Decimal => {
                let a = array.as_fixed_size_binary_opt().ok_or_else(wrong)?;
                rest = Rest::Decimals(a.clone());
                vec![0; a.len()]
            }
            Type::Guid => {
                let a = array.as_fixed_size_binary_opt().ok_or_else(wrong)?;
                rest = Rest::Texts(guid_texts(a));
                vec![0; a.len()]
            }
        };
        let classes = classes(array, &nan, direction.nulls_first);
        for (row, head) in heads.iter_mut().enumerate() {
            if classes.get(row).is_some_and(|c| *c != VALUE) {
                *head = 0;
            } else if direction.descending {
                *head = !*head;
            }
        }
        Ok(OrderColumn {
            classes,
            heads,
            rest,
            descending: direction.descending,
        })
    }

    fn class(&self, row: usize) -> u8 {
        self.classes.get(row).copied().unwrap_or(VALUE)
    }

    /// Row `a` of this column and row `b` of another of the same kind.
    fn compare(&self, a: usize, other: &OrderColumn, b: usize) -> Ordering {
        let left = (self.class(a), self.heads[a]);
        let head = left.cmp(&(other.class(b), other.heads[b]));
        if head != Ordering::Equal {
            return head;
        }
        self.compare_rest(a, other, b)
    }

    fn compare_rest(&self, a: usize, other: &OrderColumn, b: usize) -> Ordering {
        if self.class(a) != VALUE {
            return Ordering::Equal;
        }
        let order = match (&self.rest, &other.rest) {
            (Rest::Texts(x), Rest::Texts(y)) => x.value(a).as_bytes().cmp(y.value(b).as_bytes()),
            (Rest::Decimals(x), Rest::Decimals(y)) => decimal(x, a).cmp(&decimal(y, b)),
            _ => Ordering::Equal,
        };
        match self.descending {
            true => order.reverse(),
            false => order,
        }
    }
}

const NULL_FIRST: u8 = 0;
const NAN_FIRST: u8 = 1;
const VALUE: u8 = 2;
const NAN_LAST: u8 = 3;
const NULL_LAST: u8 = 4;

fn classes(array: &ArrayRef, nan: &[bool], nulls_first: bool) -> Vec<u8> {
    if array.null_count() == 0 && nan.is_empty() {
        return Vec::new();
    }
    let (null_class, nan_class) = match nulls_first {
        true => (NULL_FIRST, NAN_FIRST),
        false => (NULL_LAST, NAN_LAST),
    };
    let class = |row: usize| {
        if array.is_null(row) {
            null_class
        } else if nan.get(row).copied().unwrap_or(false) {
            nan_class
        } else {
            VALUE
        }
    };
    (0..array.len()).map(class).collect()
}

fn signed(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

fn real(value: f64) -> u64 {
    // Turns -0.0 into 0.0: they tie.
    let bits = (value + 0.0).to_bits();
    match bits >> 63 {
        0 => bits | 1 << 63,
        _ => !bits,
    }
}

fn beginning(text: &str) -> u64 {
    let mut head = [0; 8];
    let length = text.len().min(8);
    head[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(head)
}

fn decimal(array: &FixedSizeBinaryArray, row: usize) -> Decimal {
    Decimal::from_bytes(array.value(row).try_into().unwrap_or([0; 16]))
}

fn guid_texts(array: &FixedSizeBinaryArray) -> StringViewArray {
    // Not sortable in KQL; any total order will do.
    let text = |row: usize| {
        array
            .value(row)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
    };
    let texts: Vec<String> = (0..array.len()).map(text).collect();
    StringViewArray::from_iter_values(texts)
}

/// The order of rows by several keys.
pub struct Order(Vec<OrderColumn>);

/// A row on its way to its place: what decides most comparisons, then its index.
#[derive(Clone, Copy)]
pub struct Entry {
    head: u64,
    class: u8,
    /// The row.
    pub row: u32,
}

impl Order {
    /// By these columns, first one first.
    pub fn new(columns: Vec<OrderColumn>) -> Order {
        Order(columns)
    }

    /// Row `a` here and row `b` there, in another batch's order by the same keys.
    pub fn compare_across(&self, a: usize, other: &Order, b: usize) -> Ordering {
        let columns = self.0.iter().zip(&other.0);
        columns.fold(Ordering::Equal, |order, (x, y)| {
            order.then_with(|| x.compare(a, y, b))
        })
    }

    /// One entry per row.
    pub fn entries(&self, rows: u32) -> Vec<Entry> {
        let entry = |row: u32| match self.0.first() {
            Some(first) => Entry {
                head: first.heads[row as usize],
                class: first.class(row as usize),
                row,
            },
            None => Entry {
                head: 0,
                class: 0,
                row,
            },
        };
        (0..rows).map(entry).collect()
    }

    /// A total order: equal keys are ordered by row.
    pub fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        let head = (a.class, a.head).cmp(&(b.class, b.head));
        if head != Ordering::Equal {
            return head;
        }
        let (x, y) = (a.row as usize, b.row as usize);
        if let Some((first, others)) = self.0.split_first() {
            let order = first.compare_rest(x, first, y);
            let order = others.iter().fold(order, |order, column| {
                order.then_with(|| column.compare(x, column, y))
            });
            return order.then(a.row.cmp(&b.row));
        }
        a.row.cmp(&b.row)
    }
}
