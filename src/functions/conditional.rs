//! Functions that choose among their arguments: `iff`, `case`, `coalesce`, `max_of`, `around`, `assert`.

use std::cmp::Ordering;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, Scalar as One, UInt64Array,
};
use arrow::compute::kernels::zip::zip;
use arrow::compute::take;

use super::cell::{Cell, Cells};
use crate::contract::{Args, Datum, Fault, Kernel, Problem, Setup};
use crate::decimal::Decimal;
use crate::diagnostic::Code;
use crate::plan::{Doc, Eval, Role, Scalar};
use crate::types::Value;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&IFF, &IIF, &CASE, &COALESCE, &MAX_OF, &MIN_OF, &AROUND, &ASSERT];

const CHOICE: Scalar = Scalar {
    eval: Eval::Columns(iff),
    role: Role::If,
    ..Scalar::DEFAULT
};

static IFF: Scalar = Scalar {
    signatures: &["iff(if: bool, then: T, else: T) -> T"],
    doc: Doc {
        summary: "Gives the second argument where the first is true, else the third.",
        details: "A null condition counts as not true. Both branches must have one type; int goes with long, and a \
                  dynamic value becomes what the other is.",
        examples: &[
            ("iff(3 > 2, 'more', 'less')", "more"),
            ("iff(bool(null), 1, 2)", "2"),
        ],
    },
    ..CHOICE
};

static IIF: Scalar = Scalar {
    signatures: &["iif(if: bool, then: T, else: T) -> T"],
    doc: Doc {
        summary: "Gives the second argument where the first is true, else the third.",
        details: "The same as iff().",
        examples: &[("iif(1 == 2, 'a', 'b')", "b")],
    },
    ..CHOICE
};

static CASE: Scalar = Scalar {
    signatures: &["case({if: bool, then: T}, ..., else: T) -> T"],
    doc: Doc {
        summary: "Gives what follows the first condition that is true, else the last argument.",
        details: "A null condition counts as not true. All results must have one type.",
        examples: &[
            ("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"),
            ("case(bool(null), 1, 0)", "0"),
        ],
    },
    eval: Eval::Columns(case),
    role: Role::Case,
    ..Scalar::DEFAULT
};

static COALESCE: Scalar = Scalar {
    signatures: &["coalesce(first: T, next: T, ...) -> T"],
    doc: Doc {
        summary: "Gives the first argument that is neither null nor the empty string.",
        details: "When there is none: null, for strings the empty string. All arguments must have one type.",
        examples: &[
            ("coalesce(int(null), 5, 6)", "5"),
            ("coalesce('', 'x')", "x"),
            ("coalesce(' ', 'x')", " "),
            ("coalesce(long(null), long(null))", ""),
        ],
    },
    eval: Eval::Columns(coalesce),
    role: Role::Coalesce,
    most_arguments: Some(64),
    ..Scalar::DEFAULT
};

static MAX_OF: Scalar = Scalar {
    signatures: &["max_of(first: T:orderable, value: T:orderable, ...) -> T"],
    doc: Doc {
        summary: "Gives the greatest of its arguments.",
        details: "Nulls are left out; only when all are null the result is.",
        examples: &[
            ("max_of(3, 17, -2)", "17"),
            ("max_of(1, 2.5)", "2.5"),
            ("max_of(long(null), 4)", "4"),
        ],
    },
    eval: Eval::Columns(|args| extreme(args, Ordering::Greater)),
    most_arguments: Some(64),
    ..Scalar::DEFAULT
};

static MIN_OF: Scalar = Scalar {
    signatures: &["min_of(first: T:orderable, value: T:orderable, ...) -> T"],
    doc: Doc {
        summary: "Gives the least of its arguments.",
        details: "Nulls are left out; only when all are null the result is.",
        examples: &[
            ("min_of(3, 17, -2)", "-2"),
            ("min_of(1d, 2h)", "02:00:00"),
            ("min_of(long(null), 4)", "4"),
        ],
    },
    eval: Eval::Columns(|args| extreme(args, Ordering::Less)),
    most_arguments: Some(64),
    ..Scalar::DEFAULT
};

static AROUND: Scalar = Scalar {
    signatures: &[
        "around(value: number, center: number, delta: number) -> bool",
        "around(value: datetime, center: datetime, delta: timespan) -> bool",
        "around(value: timespan, center: timespan, delta: timespan) -> bool",
    ],
    doc: Doc {
        summary: "Tells whether a value is at most a distance away from a center.",
        details: "Null when an argument is null.",
        examples: &[
            ("around(9, 10, 1)", "True"),
            ("around(8.9, 10, 1)", "False"),
            ("around(datetime(2024-01-01 00:01), datetime(2024-01-01), 1m)", "True"),
        ],
    },
    eval: Eval::Columns(around),
    ..Scalar::DEFAULT
};

static ASSERT: Scalar = Scalar {
    signatures: &["assert(const condition: bool, const message: string) -> bool"],
    doc: Doc {
        summary: "Refuses the query with a message unless a condition is true.",
        details: "The condition must be a constant: it is decided before rows are read. A condition that holds is \
                  true.",
        examples: &[("assert(2 > 1, 'never seen')", "True")],
    },
    eval: Eval::Prepared(assert),
    ..Scalar::DEFAULT
};

// ---------------------------------------------------------------------------------------------

/// A condition that holds.
struct Holds;

impl Kernel for Holds {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        args.build(|_| Some(true))
    }
}

fn assert(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    match setup.constant(0) {
        Some(Value::Bool(true)) | None => Ok(Box::new(Holds)),
        Some(_) => {
            let message = setup.constant(1).and_then(Value::as_str).unwrap_or_default();
            Err(Problem::new(
                Code::ArgumentValue,
                format!("assert() has failed: {message}"),
            ))
        }
    }
}

/// Where a condition is true, one entry per row.
fn mask(args: &Args<'_>, index: usize) -> Result<BooleanArray, Fault> {
    let datum = args.datum(index)?;
    let Some(array) = datum.array.as_boolean_opt() else {
        return Err(Fault::internal(format!("argument {index} is no bool")));
    };
    if datum.constant {
        let value = array.is_valid(0) && array.value(0);
        return Ok(BooleanArray::from(vec![value; args.rows]));
    }
    Ok(match array.nulls() {
        Some(nulls) => BooleanArray::new(array.values() & nulls.inner(), None),
        None => array.clone(),
    })
}

/// `first` where the mask is true, else `second`.
fn select(mask: &BooleanArray, first: &Datum, second: &Datum) -> Result<ArrayRef, Fault> {
    let (a, b) = (&first.array, &second.array);
    Ok(match (first.constant, second.constant) {
        (false, false) => zip(mask, a, b)?,
        (true, false) => zip(mask, &One::new(a), b)?,
        (false, true) => zip(mask, a, &One::new(b))?,
        (true, true) => zip(mask, &One::new(a), &One::new(b))?,
    })
}

fn iff(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    select(&mask(args, 0)?, args.datum(1)?, args.datum(2)?)
}

fn case(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let last = args.len().saturating_sub(1);
    let mut result = args.datum(last)?.clone();
    for branch in (0..last / 2).rev() {
        let mask = mask(args, 2 * branch)?;
        let array = select(&mask, args.datum(2 * branch + 1)?, &result)?;
        result = Datum {
            array,
            constant: false,
            ty: args.ty,
        };
    }
    whole(args, &result)
}

/// A datum as one array with an entry per row.
fn whole(args: &Args<'_>, datum: &Datum) -> Result<ArrayRef, Fault> {
    if !datum.constant {
        return Ok(datum.array.clone());
    }
    Ok(take(
        &datum.array,
        &UInt64Array::from(vec![0; args.rows]),
        None,
    )?)
}

fn coalesce(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let last = args.len().saturating_sub(1);
    let mut result = args.datum(last)?.clone();
    for index in (0..last).rev() {
        let datum = args.datum(index)?;
        let cells = Cells::of(datum)?;
        let mut found = BooleanBufferBuilder::new(args.rows);
        for row in 0..args.rows {
            found.append(match cells.at(row) {
                None => false,
                Some(Cell::String(text)) => !text.is_empty(),
                Some(Cell::Dynamic(text)) => text != "\"\"",
                Some(_) => true,
            });
        }
        let mask = BooleanArray::new(found.finish(), None);
        let array = select(&mask, datum, &result)?;
        result = Datum {
            array,
            constant: false,
            ty: args.ty,
        };
    }
    whole(args, &result)
}

/// The order of two cells of one type; `None` with NaN.
fn compare(a: Cell<'_>, b: Cell<'_>) -> Option<Ordering> {
    match (a, b) {
        (Cell::Bool(a), Cell::Bool(b)) => Some(a.cmp(&b)),
        (Cell::Long(a), Cell::Long(b))
        | (Cell::Datetime(a), Cell::Datetime(b))
        | (Cell::Timespan(a), Cell::Timespan(b)) => Some(a.cmp(&b)),
        (Cell::Real(a), Cell::Real(b)) => a.partial_cmp(&b),
        (Cell::Decimal(a), Cell::Decimal(b)) => Some(a.cmp(&b)),
        (Cell::String(a), Cell::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn extreme(args: &Args<'_>, wanted: Ordering) -> Result<ArrayRef, Fault> {
    let cells = Cells::all(args.values)?;
    let mut result = args.datum(0)?.clone();
    for (index, datum) in args.values.iter().enumerate().skip(1) {
        let best = Cells::of(&result)?;
        let mut better = BooleanBufferBuilder::new(args.rows);
        for row in 0..args.rows {
            better.append(match (cells[index].at(row), best.at(row)) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(new), Some(old)) => compare(new, old) == Some(wanted),
            });
        }
        let mask = BooleanArray::new(better.finish(), None);
        let array = select(&mask, datum, &result)?;
        result = Datum {
            array,
            constant: false,
            ty: args.ty,
        };
    }
    whole(args, &result)
}

fn around(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::all(args.values)?;
    args.build(|row| {
        let mut at = cells.iter().map(|c| c.at(row));
        let (value, center, delta) = (at.next()??, at.next()??, at.next()??);
        match (value, center, delta) {
            (Cell::Long(v), Cell::Long(c), Cell::Long(d))
            | (Cell::Datetime(v), Cell::Datetime(c), Cell::Timespan(d))
            | (Cell::Timespan(v), Cell::Timespan(c), Cell::Timespan(d)) => {
                let (v, c, d) = (i128::from(v), i128::from(c), i128::from(d));
                Some(c - d <= v && v <= c + d)
            }
            (Cell::Real(_), ..) | (_, Cell::Real(_), _) | (.., Cell::Real(_)) => {
                let (v, c, d) = (real(value)?, real(center)?, real(delta)?);
                Some(c - d <= v && v <= c + d)
            }
            _ => {
                let (v, c, d) = (decimal(value)?, decimal(center)?, decimal(delta)?);
                Some(c.checked_sub(d)? <= v && v <= c.checked_add(d)?)
            }
        }
    })
}

fn real(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Long(v) => Some(v as f64),
        Cell::Real(v) => Some(v),
        Cell::Decimal(v) => Some(v.to_f64()),
        _ => None,
    }
}

fn decimal(cell: Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Long(v) => Some(Decimal::from_i64(v)),
        Cell::Decimal(v) => Some(v),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Type, arrays};

    fn datum(ty: Type, constant: bool, values: &[Value]) -> Datum {
        Datum {
            array: arrays::of(ty, values),
            constant,
            ty,
        }
    }

    #[test]
    fn branches_are_chosen_row_by_row() {
        let null = Value::Null(Type::Bool);
        let mask = datum(
            Type::Bool,
            false,
            &[Value::Bool(true), Value::Bool(false), null],
        );
        let strings = ["a", "b", "c"].map(Value::string);
        let values = [
            mask,
            datum(Type::String, true, &[Value::string("yes")]),
            datum(Type::String, false, &strings),
        ];
        let args = Args {
            values: &values,
            rows: 3,
            ty: Type::String,
            overload: 0,
            position: 0,
            parts: &[],
        };
        for f in [iff, case] {
            let array = f(&args).unwrap();
            let array = array.as_string_view();
            let found: Vec<_> = array.iter().flatten().collect();
            assert_eq!(found, ["yes", "b", "c"]);
        }
    }
}
