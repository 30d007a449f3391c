//! Functions of dynamic arrays.

use arrow::array::ArrayRef;

use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault};
use crate::json::{self, ArrayWriter, Kind};
use crate::plan::args::{Arg, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ARRAY_LENGTH,
    &ARRAYLENGTH,
    &ARRAY_CONCAT,
    &ARRAY_SLICE,
    &ARRAY_SPLIT,
    &ARRAY_INDEX_OF,
    &ARRAY_REVERSE,
    &ARRAY_ROTATE_LEFT,
    &ARRAY_ROTATE_RIGHT,
    &ARRAY_SHIFT_LEFT,
    &ARRAY_SHIFT_RIGHT,
    &ARRAY_SUM,
    &ARRAY_IFF,
    &ARRAY_IIF,
];

const LENGTH: Scalar = Scalar {
    eval: Eval::Columns(|args| args.map(|array: Json<&str>| length(array.0))),
    ..Scalar::DEFAULT
};

static ARRAY_LENGTH: Scalar = Scalar {
    signatures: &["array_length(array: dynamic) -> long"],
    doc: Doc {
        summary: "Counts the elements of an array.",
        details: "Null when the value is no array.",
        examples: &[
            ("array_length(dynamic([4, null, 'x']))", "3"),
            ("array_length(dynamic([]))", "0"),
            ("array_length(dynamic({'a': 1}))", ""),
        ],
    },
    ..LENGTH
};

static ARRAYLENGTH: Scalar = Scalar {
    signatures: &["arraylength(array: dynamic) -> long"],
    doc: Doc {
        summary: "Counts the elements of an array.",
        details: "",
        examples: &[("arraylength(dynamic([1, 2]))", "2")],
    },
    deprecated: Some("array_length"),
    ..LENGTH
};

static ARRAY_CONCAT: Scalar = Scalar {
    signatures: &["array_concat(array: dynamic, ...) -> array"],
    doc: Doc {
        summary: "Joins arrays into one.",
        details: "Nulls are passed over; with another value that is no array the result is null.",
        examples: &[
            ("array_concat(dynamic([1, 2]), dynamic(['a']))", "[1,2,\"a\"]"),
            ("array_concat(dynamic([1]), dynamic(null))", "[1]"),
        ],
    },
    eval: Eval::Columns(array_concat),
    ..Scalar::DEFAULT
};

static ARRAY_SLICE: Scalar = Scalar {
    signatures: &["array_slice(array: dynamic, first: long, last: long) -> array"],
    doc: Doc {
        summary: "Gives the elements from one index to another, both included.",
        details: "Negative indices count from the end; indices beyond the array are cut to it.",
        examples: &[
            ("array_slice(dynamic([10, 20, 30, 40]), 1, 2)", "[20,30]"),
            ("array_slice(dynamic([10, 20, 30, 40]), -2, -1)", "[30,40]"),
            ("array_slice(dynamic([10, 20]), 1, 9)", "[20]"),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map3(|array: Json<&str>, first: i64, last: i64| {
            let all = list(array.0)?;
            let end = within(last, all.len()).map_or(0, |last| (last + 1).min(all.len()));
            let start = within(first, all.len()).unwrap_or(0);
            Some(write(all.get(start..end).unwrap_or_default()))
        })
    }),
    ..Scalar::DEFAULT
};

static ARRAY_SPLIT: Scalar = Scalar {
    signatures: &[
        "array_split(array: dynamic, index: long) -> array",
        "array_split(array: dynamic, indices: dynamic) -> array",
    ],
    doc: Doc {
        summary: "Cuts an array into several, before each of the given indices.",
        details: "Negative indices count from the end.",
        examples: &[
            ("array_split(dynamic([1, 2, 3]), 1)", "[[1],[2,3]]"),
            ("array_split(dynamic([1, 2, 3, 4]), dynamic([1, 3]))", "[[1],[2,3],[4]]"),
            ("array_split(dynamic([1, 2, 3]), -1)", "[[1,2],[3]]"),
        ],
    },
    eval: Eval::Columns(array_split),
    ..Scalar::DEFAULT
};

static ARRAY_INDEX_OF: Scalar = Scalar {
    signatures: &[
        "array_index_of(array: dynamic, value: any, [start: long], [length: long], [occurrence: long]) -> long",
    ],
    doc: Doc {
        summary: "Gives the index of the first element that equals a value, or -1.",
        details: "It looks at `length` elements from `start` on (a negative start counts from the end, -1 as length \
                  is no limit), for the given occurrence. A length below -1 and a negative occurrence give null.",
        examples: &[
            ("array_index_of(dynamic(['a', 'b', 'a']), 'a')", "0"),
            ("array_index_of(dynamic(['a', 'b', 'a']), 'a', 1)", "2"),
            ("array_index_of(dynamic(['a', 'b', 'a']), 'a', 0, -1, 2)", "2"),
            ("array_index_of(dynamic([1, 2]), 3)", "-1"),
        ],
    },
    eval: Eval::Columns(array_index_of),
    ..Scalar::DEFAULT
};

static ARRAY_REVERSE: Scalar = Scalar {
    signatures: &["array_reverse(array: dynamic) -> array"],
    doc: Doc {
        summary: "Reverses the order of an array's elements.",
        details: "",
        examples: &[("array_reverse(dynamic([1, 2, 3]))", "[3,2,1]")],
    },
    eval: Eval::Columns(|args| {
        args.map(|array: Json<&str>| {
            let mut all = list(array.0)?;
            all.reverse();
            Some(write(&all))
        })
    }),
    ..Scalar::DEFAULT
};

static ARRAY_ROTATE_LEFT: Scalar = Scalar {
    signatures: &["array_rotate_left(array: dynamic, count: long) -> array"],
    doc: Doc {
        summary: "Moves elements from the start of an array to its end.",
        details: "A negative count rotates to the right.",
        examples: &[
            ("array_rotate_left(dynamic([1, 2, 3, 4]), 1)", "[2,3,4,1]"),
            ("array_rotate_left(dynamic([1, 2, 3, 4]), -1)", "[4,1,2,3]"),
        ],
    },
    eval: Eval::Columns(|args| {
        args.map2(|array: Json<&str>, count: i64| rotate(array.0, i128::from(count)))
    }),
    ..Scalar::DEFAULT
};

static ARRAY_ROTATE_RIGHT: Scalar = Scalar {
    signatures: &["array_rotate_right(array: dynamic, count: long) -> array"],
    doc: Doc {
        summary: "Moves elements from the end of an array to its start.",
        details: "A negative count rotates to the left.",
        examples: &[("array_rotate_right(dynamic([1, 2, 3, 4]), 1)", "[4,1,2,3]")],
    },
    eval: Eval::Columns(|args| {
        args.map2(|array: Json<&str>, count: i64| rotate(array.0, -i128::from(count)))
    }),
    ..Scalar::DEFAULT
};

static ARRAY_SHIFT_LEFT: Scalar = Scalar {
    signatures: &["array_shift_left(array: dynamic, count: long, [fill: any]) -> array"],
    doc: Doc {
        summary: "Drops elements from the start of an array and fills up its end.",
        details: "It is filled with null unless said otherwise. A negative count shifts to the right.",
        examples: &[
            ("array_shift_left(dynamic([1, 2, 3]), 1)", "[2,3,null]"),
            ("array_shift_left(dynamic([1, 2, 3]), 2, 0)", "[3,0,0]"),
        ],
    },
    eval: Eval::Columns(|args| shift(args, 1)),
    ..Scalar::DEFAULT
};

static ARRAY_SHIFT_RIGHT: Scalar = Scalar {
    signatures: &["array_shift_right(array: dynamic, count: long, [fill: any]) -> array"],
    doc: Doc {
        summary: "Drops elements from the end of an array and fills up its start.",
        details: "It is filled with null unless said otherwise. A negative count shifts to the left.",
        examples: &[("array_shift_right(dynamic([1, 2, 3]), 1, 'x')", "[\"x\",1,2]")],
    },
    eval: Eval::Columns(|args| shift(args, -1)),
    ..Scalar::DEFAULT
};

static ARRAY_SUM: Scalar = Scalar {
    signatures: &["array_sum(array: dynamic) -> real"],
    doc: Doc {
        summary: "Adds up the numbers of an array.",
        details: "Nulls are passed over. Null when the array is empty or holds anything that is no number.",
        examples: &[
            ("array_sum(dynamic([1, 2.5, null]))", "3.5"),
            ("array_sum(dynamic([1, 'x']))", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(|array: Json<&str>| sum(array.0))),
    ..Scalar::DEFAULT
};

const CHOICE: Scalar = Scalar {
    eval: Eval::Columns(array_iff),
    ..Scalar::DEFAULT
};

static ARRAY_IFF: Scalar = Scalar {
    signatures: &["array_iff(if: dynamic, then: any, else: any) -> array"],
    doc: Doc {
        summary: "Chooses element by element between two arrays or scalars.",
        details: "A number counts as true unless it is zero; a condition that is neither bool nor number gives null, \
                  and so does an array that is too short.",
        examples: &[
            (
                "array_iff(dynamic([true, false]), dynamic([1, 2]), dynamic([3, 4]))",
                "[1,4]",
            ),
            ("array_iff(dynamic([1, 0, 'x']), 'y', 'n')", "[\"y\",\"n\",null]"),
        ],
    },
    ..CHOICE
};

static ARRAY_IIF: Scalar = Scalar {
    signatures: &["array_iif(if: dynamic, then: any, else: any) -> array"],
    doc: Doc {
        summary: "Chooses element by element between two arrays or scalars.",
        details: "The same as array_iff().",
        examples: &[("array_iif(dynamic([true]), 1, 2)", "[1]")],
    },
    ..CHOICE
};

// ---------------------------------------------------------------------------------------------

fn length(text: &str) -> Option<i64> {
    i64::try_from(json::length(text)?).ok()
}

/// The elements of an array.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    (json::kind(text) == Kind::Array).then(|| json::elements(text).collect())
}

/// The text of a row's array; `None` for null and for anything that is no array.
pub(super) fn array_at<'a>(cells: &Cells<'a>, row: usize) -> Option<&'a str> {
    match cells.at(row)? {
        Cell::Dynamic(text) if json::kind(text) == Kind::Array => Some(text),
        _ => None,
    }
}

/// An array of these elements.
pub(super) fn write<T: AsRef<str>>(elements: &[T]) -> Json<String> {
    let mut out = ArrayWriter::new();
    for element in elements {
        out.push_json(element.as_ref());
    }
    Json(out.finish())
}

/// An index counted from the start; `None` when it lies before the start.
fn within(index: i64, length: usize) -> Option<usize> {
    if index < 0 {
        let back = usize::try_from(index.unsigned_abs()).ok()?;
        length.checked_sub(back)
    } else {
        Some(usize::try_from(index).unwrap_or(usize::MAX - 1))
    }
}

fn array_concat(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    args.build(|row| {
        let mut out = ArrayWriter::new();
        let mut found = false;
        for cells in &columns {
            if cells.at(row).is_none() {
                continue;
            }
            found = true;
            json::elements(array_at(cells, row)?).for_each(|e| out.push_json(e));
        }
        found.then(|| Json(out.finish()))
    })
}

fn array_split(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::all(args.values)?;
    args.build(|row| {
        let all = list(array_at(cells.first()?, row)?)?;
        let indices: Vec<i64> = match cells.get(1)?.at(row)? {
            Cell::Long(index) => vec![index],
            Cell::Dynamic(text) => match json::kind(text) {
                Kind::Array => json::elements(text).map(|e| e.parse().ok()).collect::<Option<_>>()?,
                _ => vec![text.parse().ok()?],
            },
            _ => return None,
        };
        let mut out = ArrayWriter::new();
        let mut start = 0;
        for index in indices {
            let end = within(index, all.len()).unwrap_or(0).clamp(start, all.len());
            out.push_json(&write(&all[start..end]).0);
            start = end;
        }
        out.push_json(&write(&all[start..]).0);
        Some(Json(out.finish()))
    })
}

fn array_index_of(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let arrays = Cells::of(args.datum(0)?)?;
    let needles = Cells::of(args.datum(1)?)?;
    let options = (2..args.len())
        .map(|i| args.column::<i64>(i))
        .collect::<Result<Vec<_>, _>>()?;
    args.build(|row| {
        let array = array_at(&arrays, row)?;
        let option = |i: usize, default: i64| match options.get(i) {
            Some(column) => i64::at(column, row),
            None => Some(default),
        };
        let (start, count, wanted) = (option(0, 0)?, option(1, -1)?, option(2, 1)?);
        if count < -1 || wanted < 0 {
            return None;
        }
        let needle = needles.at(row).map_or_else(|| "null".to_owned(), Cell::json);
        let start = if start < 0 {
            within(start, json::length(array)?).unwrap_or(0)
        } else {
            usize::try_from(start).ok()?
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut matches = json::elements(array)
            .enumerate()
            .skip(start)
            .take(count)
            .filter(|(_, element)| json::equal(element, &needle));
        let found = matches.nth(usize::try_from(wanted.max(1) - 1).ok()?);
        Some(found.map_or(-1, |(index, _)| index.cast_signed() as i64))
    })
}

/// Rotates to the left.
fn rotate(text: &str, count: i128) -> Option<Json<String>> {
    let mut all = list(text)?;
    if !all.is_empty() {
        let count = count.rem_euclid(all.len() as i128);
        all.rotate_left(usize::try_from(count).ok()?);
    }
    Some(write(&all))
}

/// Shifts to the left (`direction` 1) or to the right (-1).
fn shift(args: &Args<'_>, direction: i64) -> Result<ArrayRef, Fault> {
    let arrays = Cells::of(args.datum(0)?)?;
    let counts = args.column::<i64>(1)?;
    let fills = args.values.get(2).map(Cells::of).transpose()?;
    args.build(|row| {
        let all = list(array_at(&arrays, row)?)?;
        let count = i64::at(&counts, row)?.saturating_mul(direction);
        let fill = fills.as_ref().and_then(|cells| cells.at(row));
        let fill = fill.map_or_else(|| "null".to_owned(), Cell::json);
        let moved = usize::try_from(count.unsigned_abs())
            .unwrap_or(usize::MAX)
            .min(all.len());
        let filling = std::iter::repeat_n(&*fill, moved);
        let shifted: Vec<&str> = if count >= 0 {
            all.iter().skip(moved).copied().chain(filling).collect()
        } else {
            let kept = all.len() - moved;
            filling.chain(all.iter().take(kept).copied()).collect()
        };
        Some(write(&shifted))
    })
}

fn sum(text: &str) -> Option<f64> {
    let mut total = None;
    for element in json::elements(text) {
        if json::is_null(element) {
            continue;
        }
        *total.get_or_insert(0.0) += json::number(element)?;
    }
    total
}

fn array_iff(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::all(args.values)?;
    args.build(|row| {
        let condition = array_at(cells.first()?, row)?;
        let (mut then, mut other) = (branch(cells.get(1)?.at(row)), branch(cells.get(2)?.at(row)));
        let mut out = ArrayWriter::new();
        for element in json::elements(condition) {
            let (then, other) = (then.next(), other.next());
            let chosen = match json::kind(element) {
                Kind::Bool if element == "true" => then,
                Kind::Bool => other,
                Kind::Long | Kind::Double if json::number(element) == Some(0.0) => other,
                Kind::Long | Kind::Double => then,
                _ => None,
            };
            out.push_json(chosen.as_deref().unwrap_or("null"));
        }
        Some(Json(out.finish()))
    })
}

/// The elements of an array, or a scalar again and again.
fn branch(cell: Option<Cell<'_>>) -> Box<dyn Iterator<Item = String> + '_> {
    match cell {
        Some(Cell::Dynamic(text)) if json::kind(text) == Kind::Array => {
            Box::new(json::elements(text).map(str::to_owned))
        }
        Some(cell) => Box::new(std::iter::repeat(cell.json())),
        None => Box::new(std::iter::empty()),
    }
}
