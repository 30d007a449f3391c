//! Functions that make arrays and bags of scalars: `pack_array`, `bag_pack`, `zip`, `range`, `repeat`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};

use super::array::list;
use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault};
use crate::json::{self, ArrayWriter, BagWriter};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Expr, Naming, Scalar};
use crate::source::Span;
use crate::types::{TICKS_PER_HOUR, Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &PACK_ARRAY,
    &BAG_PACK,
    &PACK,
    &PACK_DICTIONARY,
    &PACK_FILLED,
    &ZIP,
    &RANGE,
    &REPEAT,
];

/// No array that `range` or `repeat` makes is longer.
const MAX_ELEMENTS: usize = 1_048_576;

static PACK_ARRAY: Scalar = Scalar {
    signatures: &["pack_array(value: any, ...) -> array"],
    doc: Doc {
        summary: "Makes an array of its arguments, or of all columns with `*`.",
        details: "Datetimes, timespans and guids become strings of their text.",
        examples: &[
            ("pack_array(1, 'a', true)", "[1,\"a\",true]"),
            ("pack_array(2s, 1.0, int(null))", "[\"00:00:02\",1.0,null]"),
        ],
    },
    eval: Eval::Columns(pack_array),
    ..Scalar::DEFAULT
};

const BAG: Scalar = Scalar {
    eval: Eval::Columns(|args| bag_pack(args, false)),
    ..Scalar::DEFAULT
};

static BAG_PACK: Scalar = Scalar {
    signatures: &["bag_pack({key: string, value: any}, ...) -> bag"],
    doc: Doc {
        summary: "Makes a property bag of keys and values that take turns.",
        details: "Nulls are kept. Datetimes, timespans and guids become strings of their text. Of a key that repeats, \
                  the last value counts.",
        examples: &[
            ("bag_pack('a', 1, 'b', 'x')", "{\"a\":1,\"b\":\"x\"}"),
            ("bag_pack('n', long(null))", "{\"n\":null}"),
        ],
    },
    ..BAG
};

static PACK: Scalar = Scalar {
    signatures: &["pack({key: string, value: any}, ...) -> bag"],
    doc: Doc {
        summary: "Makes a property bag of keys and values that take turns.",
        details: "The same as bag_pack().",
        examples: &[("pack('a', 1).a", "1")],
    },
    deprecated: Some("bag_pack"),
    ..BAG
};

static PACK_DICTIONARY: Scalar = Scalar {
    signatures: &["pack_dictionary({key: string, value: any}, ...) -> bag"],
    doc: Doc {
        summary: "Makes a property bag of keys and values that take turns.",
        details: "The same as bag_pack().",
        examples: &[("pack_dictionary('a', 1).a", "1")],
    },
    deprecated: Some("bag_pack"),
    ..BAG
};

/// What `pack_all(true)` becomes.
static PACK_FILLED: Scalar = Scalar {
    signatures: &["bag_pack filled({key: text, value: any}, ...) -> bag"],
    doc: Doc {
        summary: "Makes a property bag of the values that are neither null nor empty.",
        details: "This is how plans show pack_all(true); queries cannot name it.",
        examples: &[],
    },
    eval: Eval::Columns(|args| bag_pack(args, true)),
    ..Scalar::DEFAULT
};

static ZIP: Scalar = Scalar {
    signatures: &["zip(first: dynamic, array: dynamic, ...) -> array"],
    doc: Doc {
        summary: "Makes an array of arrays: first the first elements of all its arguments, then the second ones.",
        details: "Shorter arrays are filled up with null. Null when an argument is no array.",
        examples: &[
            ("zip(dynamic([1, 2]), dynamic(['a', 'b']))", "[[1,\"a\"],[2,\"b\"]]"),
            ("zip(dynamic([1, 2]), dynamic([3]))", "[[1,3],[2,null]]"),
        ],
    },
    eval: Eval::Columns(zip),
    ..Scalar::DEFAULT
};

static RANGE: Scalar = Scalar {
    signatures: &[
        "range(start: long, stop: long, [step: long]) -> array",
        "range(start: real, stop: real, [step: real]) -> array",
        "range(start: datetime, stop: datetime, [step: timespan]) -> array",
        "range(start: timespan, stop: timespan, [step: timespan]) -> array",
    ],
    doc: Doc {
        summary: "Makes an array of equally spaced values, from a first to at most a last one.",
        details: "The step is 1, or 1h for datetimes and timespans, unless given; it may be negative. Longer arrays \
                  are cut to 1,048,576 elements.",
        examples: &[
            ("range(2, 9, 3)", "[2,5,8]"),
            ("range(1h, 3h)", "[\"01:00:00\",\"02:00:00\",\"03:00:00\"]"),
            ("range(0.5, 1.5, 0.5)", "[0.5,1.0,1.5]"),
            ("range(1.0, 3)", "[1.0,2.0,3.0]"),
            ("range(3, 1)", "[]"),
        ],
    },
    eval: Eval::Columns(range),
    ..Scalar::DEFAULT
};

static REPEAT: Scalar = Scalar {
    signatures: &["repeat(value: scalar, count: long) -> array"],
    doc: Doc {
        summary: "Makes an array of the same value again and again.",
        details: "A negative count gives null. At most 1,048,576 elements.",
        examples: &[
            ("repeat('ab', 2)", "[\"ab\",\"ab\"]"),
            ("repeat(1, 0)", "[]"),
            ("repeat(1, -1)", ""),
        ],
    },
    eval: Eval::Columns(repeat),
    naming: Naming::Prefix("repeat"),
    ..Scalar::DEFAULT
};

// ---------------------------------------------------------------------------------------------

/// The bag of these columns under these names: what `pack_all` and `bag_pack_columns` stand for.
/// With `filled`, values that are null or empty are left out.
pub fn bag_of(columns: Vec<(Arc<str>, Expr)>, filled: bool, span: Span) -> Expr {
    if columns.is_empty() {
        return Expr::literal(Value::Dynamic("{}".into()), span);
    }
    let args = columns
        .into_iter()
        .flat_map(|(name, column)| [Expr::literal(Value::String(name), span), column])
        .collect();
    let function = if filled { &PACK_FILLED } else { &BAG_PACK };
    Expr::call(function, 0, args, Type::Dynamic, span)
}

fn pack_array(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    args.build(|row| {
        let mut out = ArrayWriter::new();
        for cells in &columns {
            cells.write_json(row, out.element());
        }
        Some(Json(out.finish()))
    })
}

fn bag_pack(args: &Args<'_>, filled: bool) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    if let Some(keys) = fixed_keys(args, &columns) {
        return with_keys(args, &keys, &columns, filled);
    }
    args.build(|row| {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut entries: Vec<(&str, Option<Cell<'_>>)> = Vec::with_capacity(columns.len() / 2);
        for pair in columns.chunks_exact(2) {
            let key = match pair[0].at(row) {
                Some(Cell::String(key)) => key,
                _ => "",
            };
            let value = pair[1].at(row);
            if filled && is_empty(value) {
                continue;
            }
            match places.get(key) {
                Some(place) => entries[*place].1 = value,
                None => {
                    places.insert(key, entries.len());
                    entries.push((key, value));
                }
            }
        }
        let mut out = BagWriter::new();
        for (key, value) in entries {
            match value {
                Some(value) => value.write_json(out.key(key)),
                None => out.entry_json(key, "null"),
            }
        }
        Some(Json(out.finish()))
    })
}

fn is_empty(value: Option<Cell<'_>>) -> bool {
    matches!(
        value,
        None | Some(Cell::String("") | Cell::Dynamic("\"\""))
    )
}

/// The keys as they stand in each bag, if they are the same in all rows, and differ.
fn fixed_keys(args: &Args<'_>, columns: &[Cells<'_>]) -> Option<Vec<String>> {
    let pairs = args.values.chunks_exact(2).zip(columns.chunks_exact(2));
    let mut keys: Vec<String> = Vec::with_capacity(pairs.len());
    let mut seen = HashSet::new();
    for (pair, cells) in pairs {
        let Some(Cell::String(key)) = cells[0].at(0).filter(|_| pair[0].constant) else {
            return None;
        };
        if !seen.insert(key) {
            return None;
        }
        keys.push(json::quote(key) + ":");
    }
    Some(keys)
}

/// As [`bag_pack`], with these keys and their colons.
fn with_keys(
    args: &Args<'_>,
    keys: &[String],
    columns: &[Cells<'_>],
    filled: bool,
) -> Result<ArrayRef, Fault> {
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let mut text = String::new();
    for row in 0..args.rows {
        text.clear();
        text.push('{');
        for (key, pair) in keys.iter().zip(columns.chunks_exact(2)) {
            let value = pair[1].at(row);
            if filled && is_empty(value) {
                continue;
            }
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(key);
            match value {
                Some(value) => value.write_json(&mut text),
                None => text.push_str("null"),
            }
        }
        text.push('}');
        out.append_value(&text);
    }
    Ok(Arc::new(out.finish()))
}

fn zip(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    args.build(|row| {
        let arrays: Vec<Vec<&str>> = columns
            .iter()
            .map(|cells| match cells.at(row)? {
                Cell::Dynamic(text) => list(text),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let length = arrays.iter().map(Vec::len).max()?;
        let mut out = ArrayWriter::new();
        for i in 0..length {
            let mut tuple = ArrayWriter::new();
            for array in &arrays {
                tuple.push_json(array.get(i).copied().unwrap_or("null"));
            }
            out.push_json(&tuple.finish());
        }
        Some(Json(out.finish()))
    })
}

fn range(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::all(args.values)?;
    let ty = args.datum(0)?.ty;
    args.build(|row| {
        let (start, stop) = (cells.first()?.at(row)?, cells.get(1)?.at(row)?);
        let step = match cells.get(2) {
            Some(cells) => Some(cells.at(row)?),
            None => None,
        };
        let mut out = ArrayWriter::new();
        match (start, stop) {
            (Cell::Real(start), Cell::Real(stop)) => {
                let step = match step {
                    Some(Cell::Real(step)) => step,
                    _ => 1.0,
                };
                reals(start, stop, step, &mut out)?;
            }
            (start, stop) => {
                let default = if matches!(start, Cell::Long(_)) { 1 } else { TICKS_PER_HOUR };
                let step = step.map_or(Some(default), whole)?;
                longs(whole(start)?, whole(stop)?, step, ty, &mut out)?;
            }
        }
        Some(Json(out.finish()))
    })
}

/// The number or ticks of a cell.
fn whole(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Long(v) | Cell::Datetime(v) | Cell::Timespan(v) => Some(v),
        _ => None,
    }
}

fn longs(start: i64, stop: i64, step: i64, ty: Type, out: &mut ArrayWriter) -> Option<()> {
    if step == 0 {
        return None;
    }
    let mut value = start;
    for _ in 0..MAX_ELEMENTS {
        if (step > 0 && value > stop) || (step < 0 && value < stop) {
            break;
        }
        match ty {
            Type::Datetime => Cell::Datetime(value).write_json(out.element()),
            Type::Timespan => Cell::Timespan(value).write_json(out.element()),
            _ => out.push_long(value),
        }
        let Some(next) = value.checked_add(step) else {
            break;
        };
        value = next;
    }
    Some(())
}

fn reals(start: f64, stop: f64, step: f64, out: &mut ArrayWriter) -> Option<()> {
    if step == 0.0 || !(start.is_finite() && stop.is_finite() && step.is_finite()) {
        return None;
    }
    for i in 0..MAX_ELEMENTS {
        let value = start + i as f64 * step;
        if (step > 0.0 && value > stop) || (step < 0.0 && value < stop) {
            break;
        }
        out.push_real(value);
    }
    Some(())
}

fn repeat(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let values = Cells::of(args.datum(0)?)?;
    let counts = args.column::<i64>(1)?;
    args.build(|row| {
        let count = usize::try_from(i64::at(&counts, row)?).ok()?;
        let value = values.at(row).map_or_else(|| "null".to_owned(), Cell::json);
        let mut out = ArrayWriter::new();
        for _ in 0..count.min(MAX_ELEMENTS) {
            out.push_json(&value);
        }
        Some(Json(out.finish()))
    })
}
