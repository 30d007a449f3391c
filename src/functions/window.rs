//! Functions that see the rows before and after: `row_number`, `prev`, `next`, running sums, ranks
//! and sessions. Their input must be ordered; they are given whole columns.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, UInt32Array, UInt64Array};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{concat, take};

use crate::contract::{Args, Datum, Fault, Kernel, Problem, Setup};
use crate::decimal::Decimal;
use crate::diagnostic::Code;
use crate::json::write_element;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Role, Scalar};
use crate::types::{Type, Value, arrays};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &ROW_NUMBER,
    &PREV,
    &NEXT,
    &ROW_CUMSUM,
    &ROW_RANK_DENSE,
    &ROW_RANK,
    &ROW_RANK_MIN,
    &ROW_WINDOW_SESSION,
];

static ROW_NUMBER: Scalar = Scalar {
    signatures: &["row_number([const start: long], [restart: bool]) -> long"],
    doc: Doc {
        summary: "Numbers the rows, from 1 or the start given.",
        details: "Where the second argument is true the numbers start again. The input must be ordered.",
        examples: &[
            ("range x from 5 to 7 step 1 | extend n = row_number() | where x == 7 | project n", "3"),
            ("range x from 1 to 4 step 1 | extend n = row_number(1, x == 3) | where x == 4 | project n", "2"),
        ],
    },
    eval: Eval::Window(|_| each(row_number)),
    role: Role::RowNumber,
    ..Scalar::DEFAULT
};

static PREV: Scalar = Scalar {
    signatures: &[
        "prev(value: int, const distance: long, const default: integer) -> int",
        "prev(value: T, [const distance: long], [const default: T]) -> T",
        "prev(value: real, const distance: long, const default: integer) -> real",
        "prev(value: decimal, const distance: long, const default: integer) -> decimal",
        "prev(value: T, const distance: long, const default: any) -> T",
    ],
    doc: Doc {
        summary: "The value in an earlier row: the one before, or so many rows before.",
        details: "Where there is no such row it is the default, else null (`\"\"` for strings). The input must be \
                  ordered.",
        examples: &[
            ("range x from 1 to 3 step 1 | extend p = prev(x) | where x == 3 | project p", "2"),
            ("range x from 1 to 3 step 1 | extend p = prev(x, 1, -1) | where x == 1 | project p", "-1"),
        ],
    },
    eval: Eval::Window(|setup| neighbour(setup, false)),
    ..Scalar::DEFAULT
};

static NEXT: Scalar = Scalar {
    signatures: &[
        "next(value: int, const distance: long, const default: integer) -> int",
        "next(value: T, [const distance: long], [const default: T]) -> T",
        "next(value: real, const distance: long, const default: integer) -> real",
        "next(value: decimal, const distance: long, const default: integer) -> decimal",
        "next(value: T, const distance: long, const default: any) -> T",
    ],
    doc: Doc {
        summary: "The value in a later row: the one after, or so many rows after.",
        details: "Where there is no such row it is the default, else null (`\"\"` for strings). The input must be \
                  ordered.",
        examples: &[
            ("range x from 1 to 3 step 1 | extend n = next(x) | where x == 1 | project n", "2"),
            ("range x from 1 to 3 step 1 | extend n = next(x, 2) | where x == 2 | project n", ""),
        ],
    },
    eval: Eval::Window(|setup| neighbour(setup, true)),
    ..Scalar::DEFAULT
};

static ROW_CUMSUM: Scalar = Scalar {
    signatures: &["row_cumsum(term: T:number, [restart: bool]) -> T"],
    doc: Doc {
        summary: "The sum of the values in this row and those before it.",
        details: "Where the second argument is true the sum starts again with that row. A null adds nothing. The \
                  input must be ordered.",
        examples: &[
            ("range x from 1 to 4 step 1 | extend s = row_cumsum(x) | where x == 4 | project s", "10"),
            ("range x from 1 to 4 step 1 | extend s = row_cumsum(x, x == 3) | where x == 4 | project s", "7"),
        ],
    },
    eval: Eval::Window(|_| each(row_cumsum)),
    ..Scalar::DEFAULT
};

static ROW_RANK_DENSE: Scalar = Scalar {
    signatures: &["row_rank_dense(value: scalar, [restart: bool]) -> long"],
    doc: Doc {
        summary: "The rank of the row's value, without gaps: 1, 2, 2, 3.",
        details: "Counts the values that differ from the one in the row before, so the input must be ordered by \
                  the value. Where the second argument is true ranks start again.",
        examples: &[
            ("datatable(x: long)[3, 5, 5, 9] | serialize r = row_rank_dense(x) | where x == 9 | project r", "3"),
        ],
    },
    eval: Eval::Window(|_| each(|args| row_rank(args, false))),
    ..Scalar::DEFAULT
};

static ROW_RANK: Scalar = Scalar {
    signatures: &["row_rank(value: scalar, [restart: bool]) -> long"],
    doc: Doc {
        summary: "The rank of the row's value, without gaps.",
        details: "",
        examples: &[
            ("datatable(x: long)[3, 5, 5, 9] | serialize r = row_rank(x) | where x == 9 | project r", "3"),
        ],
    },
    eval: Eval::Window(|_| each(|args| row_rank(args, false))),
    deprecated: Some("row_rank_dense"),
    ..Scalar::DEFAULT
};

static ROW_RANK_MIN: Scalar = Scalar {
    signatures: &["row_rank_min(value: scalar, [restart: bool]) -> long"],
    doc: Doc {
        summary: "The rank of the row's value, with gaps: 1, 2, 2, 4.",
        details: "It is the number of the first of the rows with an equal value, so the input must be ordered by \
                  the value. Where the second argument is true ranks start again.",
        examples: &[
            ("datatable(x: long)[3, 5, 5, 9] | serialize r = row_rank_min(x) | where x == 9 | project r", "4"),
        ],
    },
    eval: Eval::Window(|_| each(|args| row_rank(args, true))),
    ..Scalar::DEFAULT
};

static ROW_WINDOW_SESSION: Scalar = Scalar {
    signatures: &[
        "row_window_session(time: datetime, from_first: timespan, between: timespan, [restart: bool]) -> datetime",
    ],
    doc: Doc {
        summary: "The time at which the session of the row began.",
        details: "A session begins at the first row, at a row that is `from_first` or more after the session's \
                  begin or `between` or more after the row before, and where the last argument is true. The input \
                  must be ordered by time.",
        examples: &[
            ("range t from datetime(2020-01-01) to datetime(2020-01-01 02:00) step 1h | extend s = row_window_session(t, 1d, 90m) | where t == datetime(2020-01-01 02:00) | project s", "2020-01-01T00:00:00.0000000Z"),
            ("range t from datetime(2020-01-01) to datetime(2020-01-01 02:00) step 1h | extend s = row_window_session(t, 2h, 90m) | where t == datetime(2020-01-01 02:00) | project s", "2020-01-01T02:00:00.0000000Z"),
        ],
    },
    eval: Eval::Window(|_| each(row_window_session)),
    ..Scalar::DEFAULT
};

/// A kernel without anything to prepare.
struct Whole(fn(&Args<'_>) -> Result<ArrayRef, Fault>);

impl Kernel for Whole {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        (self.0)(args)
    }
}

fn each(f: fn(&Args<'_>) -> Result<ArrayRef, Fault>) -> Result<Box<dyn Kernel>, Problem> {
    Ok(Box::new(Whole(f)))
}

/// The rows that start again: where an input of its own begins, and where argument `index` says so, if it is given.
fn restarts(args: &Args<'_>, index: usize) -> Result<Vec<bool>, Fault> {
    let mut restarts = vec![false; args.rows];
    if index < args.len() {
        let column = args.column::<bool>(index)?;
        for (row, restart) in restarts.iter_mut().enumerate() {
            *restart = bool::at(&column, row) == Some(true);
        }
    }
    begin(args, &mut restarts);
    Ok(restarts)
}

/// Marks the rows where an input of its own begins.
fn begin(args: &Args<'_>, rows: &mut [bool]) {
    for start in args.parts {
        if let Some(row) = rows.get_mut(*start) {
            *row = true;
        }
    }
}

/// A column with a value per row.
fn full(datum: &Datum, rows: usize) -> Result<ArrayRef, Fault> {
    if !datum.constant || datum.array.len() == rows {
        return Ok(datum.array.clone());
    }
    Ok(take(&datum.array, &UInt32Array::from(vec![0; rows]), None)?)
}

fn row_number(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let start = match args.is_empty() {
        true => Some(1),
        false => i64::at(&args.column::<i64>(0)?, 0),
    };
    let start = start.unwrap_or(1);
    let mut next = start;
    let numbers = restarts(args, 1)?.into_iter().map(|restart| {
        let number = if restart { start } else { next };
        next = number.wrapping_add(1);
        number
    });
    Ok(Arc::new(Int64Array::from_iter_values(numbers)))
}

/// The values so many rows before or after.
struct Neighbour {
    ty: Type,
    distance: usize,
    after: bool,
    default: Value,
}

fn neighbour(setup: &Setup<'_>, after: bool) -> Result<Box<dyn Kernel>, Problem> {
    let distance = match setup.constant(1) {
        None => Some(1),
        Some(value) => value.as_i64().and_then(|v| usize::try_from(v).ok()),
    };
    let Some(distance) = distance.filter(|distance| *distance > 0) else {
        return Err(Problem::new(
            Code::ArgumentValue,
            "the distance is a whole number from 1",
        )
        .at(1));
    };
    let default = match setup.constant(2) {
        None => Value::null(setup.ty),
        Some(value) => of_type(value, setup.ty).ok_or_else(|| unknown(value, setup.ty))?,
    };
    Ok(Box::new(Neighbour {
        ty: setup.ty,
        distance,
        after,
        default,
    }))
}

/// The service takes a default of any type, and no page says what becomes of one that is not its column's.
fn unknown(value: &Value, ty: Type) -> Problem {
    let message = format!("what Kusto makes of this {} as a default of {ty} is not known", value.ty());
    let help = match ty {
        Type::Dynamic | Type::Unknown => "write a default of the column's type".to_string(),
        ty => format!("write a default of the column's type, such as {}(…)", ty.name()),
    };
    Problem::new(Code::Unsupported, message).at(2).help(help)
}

/// A default in the type of its column: a whole number may stand for any number that it is, and a null for any null.
fn of_type(value: &Value, ty: Type) -> Option<Value> {
    if value.is_null() {
        return Some(Value::null(ty));
    }
    match (ty, value) {
        (Type::Real, Value::Int(_) | Value::Long(_)) => Some(Value::Real(value.as_i64()? as f64)),
        (Type::Decimal, Value::Int(_) | Value::Long(_)) => {
            Some(Value::Decimal(Decimal::from_i64(value.as_i64()?)))
        }
        (Type::Int, Value::Long(value)) => i32::try_from(*value).ok().map(Value::Int),
        (Type::Long, Value::Int(value)) => Some(Value::Long((*value).into())),
        // A dynamic holds a value of any type.
        (Type::Dynamic, value) if value.ty() != Type::Dynamic => {
            let mut text = String::new();
            write_element(value, &mut text);
            Some(Value::Dynamic(text.into()))
        }
        _ => (value.ty() == ty).then(|| value.clone()),
    }
}

impl Kernel for Neighbour {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let values = full(args.datum(0)?, args.rows)?;
        if !args.parts.is_empty() {
            return self.within(args.parts, &values);
        }
        let distance = self.distance.min(args.rows);
        let missing = arrays::repeat(&self.default, self.ty, distance);
        let (rows, kept) = (args.rows, args.rows - distance);
        let both: [ArrayRef; 2] = match self.after {
            true => [values.slice(distance, kept), missing],
            false => [missing, values.slice(0, kept)],
        };
        let result = concat(&[&*both[0], &*both[1]])?;
        debug_assert_eq!(result.len(), rows);
        Ok(result)
    }
}

impl Neighbour {
    /// The values so many rows before or after in the same input.
    fn within(&self, parts: &[usize], values: &ArrayRef) -> Result<ArrayRef, Fault> {
        let rows = values.len();
        let missing = arrays::repeat(&self.default, self.ty, 1);
        let all = concat(&[&**values, &*missing])?;
        let mut places: Vec<u64> = Vec::with_capacity(rows);
        let mut start = 0;
        for end in parts.iter().copied().chain([rows]) {
            places.extend((start..end).map(|row| {
                let place = match self.after {
                    true => row.checked_add(self.distance).filter(|place| *place < end),
                    false => row.checked_sub(self.distance).filter(|place| *place >= start),
                };
                place.unwrap_or(rows) as u64
            }));
            start = end;
        }
        Ok(take(&all, &UInt64Array::from(places), None)?)
    }
}

fn row_cumsum(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let restarts = restarts(args, 1)?;
    match args.ty {
        Type::Int => running(args, &restarts, 0, i32::wrapping_add),
        Type::Long => running(args, &restarts, 0, i64::wrapping_add),
        Type::Decimal => running(args, &restarts, Decimal::from_i64(0), |sum, term| {
            sum.checked_add(term).unwrap_or(sum)
        }),
        _ => running(args, &restarts, 0.0, |sum, term| sum + term),
    }
}

fn running<'a, T>(
    args: &'a Args<'_>,
    restarts: &[bool],
    zero: T,
    add: impl Fn(T, T) -> T,
) -> Result<ArrayRef, Fault>
where
    T: Arg<'a> + crate::plan::args::Ret + Copy,
{
    let terms = args.column::<T>(0)?;
    let mut sum = zero;
    args.build(|row| {
        if restarts[row] {
            sum = zero;
        }
        if let Some(term) = T::at(&terms, row) {
            sum = add(sum, term);
        }
        Some(sum)
    })
}

fn row_rank(args: &Args<'_>, with_gaps: bool) -> Result<ArrayRef, Fault> {
    let values = full(args.datum(0)?, args.rows)?;
    let restarts = restarts(args, 1)?;
    let same = match args.rows {
        0 => BooleanArray::from(Vec::<bool>::new()),
        rows => not_distinct(&values.slice(1, rows - 1), &values.slice(0, rows - 1))?,
    };
    let (mut rank, mut number) = (0, 0);
    let ranks = restarts.into_iter().enumerate().map(|(row, restart)| {
        if restart {
            (rank, number) = (0, 0);
        }
        number += 1;
        if number == 1 || !same.value(row - 1) {
            rank = if with_gaps { number } else { rank + 1 };
        }
        rank
    });
    Ok(Arc::new(Int64Array::from_iter_values(ranks)))
}

fn row_window_session(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let times = args.column::<i64>(0)?;
    let (from_first, between) = (args.column::<i64>(1)?, args.column::<i64>(2)?);
    let restarts = restarts(args, 3)?;
    let mut begins = vec![false; args.rows];
    begin(args, &mut begins);
    let mut session: Option<(i64, i64)> = None;
    args.build(|row| {
        if begins[row] {
            session = None;
        }
        let time = i64::at(&times, row)?;
        let far = |since: i64, limit: Option<i64>| {
            limit.is_some_and(|limit| time.saturating_sub(since) >= limit)
        };
        let start = match session {
            Some((start, last))
                if !restarts[row]
                    && !far(start, i64::at(&from_first, row))
                    && !far(last, i64::at(&between, row)) =>
            {
                start
            }
            _ => time,
        };
        session = Some((start, time));
        Some(start)
    })
}
