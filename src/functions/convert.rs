//! Conversions between types, `gettype`, and the tests for null and empty.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};

use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault};
use crate::decimal::Decimal;
use crate::json::{self, Kind};
use crate::plan::args::{Guid, Ret};
use crate::plan::{Doc, Eval, Naming, Role, Scalar};
use crate::temporal;
use crate::text;
use crate::types::{Type, Value};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &TOSTRING,
    &TOINT,
    &TOLONG,
    &TODOUBLE,
    &TOREAL,
    &TODECIMAL,
    &TOBOOL,
    &TOBOOLEAN,
    &TODATETIME,
    &TOTIMESPAN,
    &TOTIME,
    &TOGUID,
    &GETTYPE,
    &ISNULL,
    &ISNOTNULL,
    &NOTNULL,
    &ISEMPTY,
    &ISNOTEMPTY,
    &NOTEMPTY,
];

/// A conversion: the binder may insert it, and a column computed by it keeps its name.
const CONVERSION: Scalar = Scalar {
    naming: Naming::First,
    role: Role::Convert,
    ..Scalar::DEFAULT
};

static TOSTRING: Scalar = Scalar {
    signatures: &["tostring(value: any) -> string"],
    doc: Doc {
        summary: "Gives the text of a value.",
        details: "Null becomes the empty string. A bool is `True` or `False`, a whole real keeps `.0`, a datetime \
                  has seven digits of a second. A dynamic string loses its quotes; other dynamic values are compact \
                  JSON.",
        examples: &[
            ("tostring(42)", "42"),
            ("tostring(6.0)", "6.0"),
            ("tostring(true)", "True"),
            ("tostring(90m)", "01:30:00"),
            ("tostring(datetime(2024-02-03))", "2024-02-03T00:00:00.0000000Z"),
            ("tostring(dynamic({'a': [1, true]}))", "{\"a\":[1,true]}"),
            ("tostring(dynamic('x'))", "x"),
            ("tostring(int(null))", ""),
        ],
    },
    eval: Eval::Columns(tostring),
    role: Role::ToString,
    ..CONVERSION
};

static TOINT: Scalar = Scalar {
    signatures: &["toint(value: any) -> int"],
    doc: Doc {
        summary: "Converts to int.",
        details: "A long keeps its lower 32 bits; a real is cut towards zero and limited to the range of int, but a \
                  constant beyond it is the least int. Text must be a whole number or `0x` and hexadecimal digits; \
                  other text is null.",
        examples: &[
            ("toint('12')", "12"),
            ("toint(-5.7)", "-5"),
            ("toint('0x1F')", "31"),
            ("toint(9999999999)", "1410065407"),
            ("toint(1e10)", "-2147483648"),
            ("toint('5.7')", ""),
        ],
    },
    eval: Eval::Columns(toint),
    ..CONVERSION
};

static TOLONG: Scalar = Scalar {
    signatures: &["tolong(value: any) -> long"],
    doc: Doc {
        summary: "Converts to long.",
        details: "A real is cut towards zero and limited to the range of long; NaN is null. A timespan and a datetime \
                  give their ticks of 100 nanoseconds. Text must be a whole number or `0x` and hexadecimal digits; \
                  other text is null.",
        examples: &[
            ("tolong(' 7 ')", "7"),
            ("tolong(3.99)", "3"),
            ("tolong(true)", "1"),
            ("tolong(1s)", "10000000"),
            ("tolong('1e3')", ""),
        ],
    },
    eval: Eval::Columns(|args| each(args, long_of)),
    ..CONVERSION
};

const TO_REAL: Scalar = Scalar {
    eval: Eval::Columns(|args| each(args, real_of)),
    ..CONVERSION
};

static TODOUBLE: Scalar = Scalar {
    signatures: &["todouble(value: any) -> real"],
    doc: Doc {
        summary: "Converts to real.",
        details: "The same as toreal().",
        examples: &[("todouble('2.5')", "2.5"), ("todouble(3)", "3.0")],
    },
    ..TO_REAL
};

static TOREAL: Scalar = Scalar {
    signatures: &["toreal(value: any) -> real"],
    doc: Doc {
        summary: "Converts to real.",
        details: "A timespan and a datetime give their ticks. Text must be a decimal number, with an exponent if need \
                  be; other text is null.",
        examples: &[
            ("toreal('1e3')", "1000.0"),
            ("toreal('.5')", "0.5"),
            ("toreal(false)", "0.0"),
            ("toreal('1,000')", ""),
        ],
    },
    ..TO_REAL
};

static TODECIMAL: Scalar = Scalar {
    signatures: &["todecimal(value: any) -> decimal"],
    doc: Doc {
        summary: "Converts to decimal.",
        details: "Text that is not a number is null.",
        examples: &[
            ("todecimal('123.45678')", "123.45678"),
            ("todecimal(10)", "10"),
            ("todecimal('abc')", ""),
        ],
    },
    eval: Eval::Columns(|args| each(args, decimal_of)),
    ..CONVERSION
};

const TO_BOOL: Scalar = Scalar {
    eval: Eval::Columns(|args| each(args, bool_of)),
    ..CONVERSION
};

static TOBOOL: Scalar = Scalar {
    signatures: &["tobool(value: any) -> bool"],
    doc: Doc {
        summary: "Converts to bool.",
        details: "A number is true unless it is zero. Text must be `true` or `false` in any case, without spaces, or a \
                  whole number; other text is null.",
        examples: &[
            ("tobool('TRUE')", "True"),
            ("tobool('0')", "False"),
            ("tobool(-5)", "True"),
            ("tobool('yes')", ""),
        ],
    },
    ..TO_BOOL
};

static TOBOOLEAN: Scalar = Scalar {
    signatures: &["toboolean(value: any) -> bool"],
    doc: Doc {
        summary: "Converts to bool.",
        details: "The same as tobool().",
        examples: &[("toboolean(1)", "True"), ("toboolean('false')", "False")],
    },
    ..TO_BOOL
};

static TODATETIME: Scalar = Scalar {
    signatures: &["todatetime(value: any) -> datetime"],
    doc: Doc {
        summary: "Converts to datetime.",
        details: "Text may have any form that a datetime literal may have; an offset is converted to UTC, and in \
                  `MM/dd/yyyy` the month is first. Text that is no datetime is null. A number is ticks of 100 \
                  nanoseconds since 0001-01-01.",
        examples: &[
            ("todatetime('2024-02-03T04:05:06+02:00')", "2024-02-03T02:05:06.0000000Z"),
            ("todatetime('2/3/2024')", "2024-02-03T00:00:00.0000000Z"),
            ("todatetime('2024-02-30')", ""),
        ],
    },
    eval: Eval::Columns(|args| each(args, datetime_of)),
    ..CONVERSION
};

const TO_TIMESPAN: Scalar = Scalar {
    eval: Eval::Columns(|args| each(args, timespan_of)),
    ..CONVERSION
};

static TOTIMESPAN: Scalar = Scalar {
    signatures: &["totimespan(value: any) -> timespan"],
    doc: Doc {
        summary: "Converts to timespan.",
        details: "Text has the form `[-][d.]hh:mm[:ss[.fffffff]]`, or is a number with a unit such as `1.5h`; other \
                  text is null, a bare number in text too. A number is ticks of 100 nanoseconds.",
        examples: &[
            ("totimespan('1.02:03:04')", "1.02:03:04"),
            ("totimespan('00:00:01.5')", "00:00:01.5000000"),
            ("totimespan(10000000)", "00:00:01"),
            ("totimespan('10')", ""),
        ],
    },
    ..TO_TIMESPAN
};

static TOTIME: Scalar = Scalar {
    signatures: &["totime(value: any) -> timespan"],
    doc: Doc {
        summary: "Converts to timespan.",
        details: "",
        examples: &[("totime('10:30')", "10:30:00")],
    },
    deprecated: Some("totimespan"),
    ..TO_TIMESPAN
};

static TOGUID: Scalar = Scalar {
    signatures: &["toguid(value: stringy|guid) -> guid"],
    doc: Doc {
        summary: "Converts text to guid.",
        details: "Takes the first 32 hexadecimal digits, wherever dashes are among them; text with fewer is null.",
        examples: &[
            (
                "toguid('A1B2C3D4-0000-1111-2222-333344445555')",
                "a1b2c3d4-0000-1111-2222-333344445555",
            ),
            ("toguid('a1b2')", ""),
        ],
    },
    eval: Eval::Columns(|args| each(args, guid_of)),
    ..CONVERSION
};

static GETTYPE: Scalar = Scalar {
    signatures: &["gettype(value: any) -> string"],
    doc: Doc {
        summary: "Names the type of a value.",
        details: "Of a dynamic value it names what it holds: `array`, `dictionary`, `string`, `long`, `double`, \
                  `bool`, `datetime` or `null`.",
        examples: &[
            ("gettype(1)", "long"),
            ("gettype(1.5)", "real"),
            ("gettype(int(null))", "int"),
            ("gettype(dynamic(1.5))", "double"),
            ("gettype(dynamic({'a': 1}))", "dictionary"),
            ("gettype(dynamic(null))", "null"),
        ],
    },
    eval: Eval::Columns(gettype),
    naming: Naming::Prefix("type"),
    ..Scalar::DEFAULT
};

static ISNULL: Scalar = Scalar {
    signatures: &["isnull(value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is null.",
        details: "A string is never null, not even the empty one: see isempty().",
        examples: &[
            ("isnull(int(null))", "True"),
            ("isnull('')", "False"),
            ("isnull(dynamic({'a': null}).a)", "True"),
        ],
    },
    eval: Eval::Columns(|args| test(args, |cell| cell.is_none())),
    ..Scalar::DEFAULT
};

const IS_NOT_NULL: Scalar = Scalar {
    eval: Eval::Columns(|args| test(args, |cell| cell.is_some())),
    ..Scalar::DEFAULT
};

static ISNOTNULL: Scalar = Scalar {
    signatures: &["isnotnull(value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is not null.",
        details: "A string is never null: see isnotempty().",
        examples: &[("isnotnull(0)", "True"), ("isnotnull(real(null))", "False"), ("isnotnull('')", "True")],
    },
    ..IS_NOT_NULL
};

static NOTNULL: Scalar = Scalar {
    signatures: &["notnull(value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is not null.",
        details: "",
        examples: &[("notnull(1)", "True")],
    },
    deprecated: Some("isnotnull"),
    ..IS_NOT_NULL
};

static ISEMPTY: Scalar = Scalar {
    signatures: &["isempty(value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is null or the empty string.",
        details: "An empty array or bag is not empty in this sense, and neither are 0 and false.",
        examples: &[
            ("isempty('')", "True"),
            ("isempty(' ')", "False"),
            ("isempty(long(null))", "True"),
            ("isempty(dynamic([]))", "False"),
        ],
    },
    eval: Eval::Columns(|args| test(args, is_empty)),
    ..Scalar::DEFAULT
};

const IS_NOT_EMPTY: Scalar = Scalar {
    eval: Eval::Columns(|args| test(args, |cell| !is_empty(cell))),
    ..Scalar::DEFAULT
};

static ISNOTEMPTY: Scalar = Scalar {
    signatures: &["isnotempty(value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is neither null nor the empty string.",
        details: "",
        examples: &[("isnotempty('x')", "True"), ("isnotempty('')", "False"), ("isnotempty(0)", "True")],
    },
    ..IS_NOT_EMPTY
};

static NOTEMPTY: Scalar = Scalar {
    signatures: &["notempty(value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is neither null nor the empty string.",
        details: "",
        examples: &[("notempty('x')", "True")],
    },
    deprecated: Some("isnotempty"),
    ..IS_NOT_EMPTY
};

// ---------------------------------------------------------------------------------------------

/// The argument itself, if it has the result's type already.
fn same(args: &Args<'_>) -> Option<ArrayRef> {
    let datum = args.values.first()?;
    (datum.ty == args.ty && datum.array.len() == args.rows).then(|| datum.array.clone())
}

fn each<R: Ret>(args: &Args<'_>, convert: fn(Cell<'_>) -> Option<R>) -> Result<ArrayRef, Fault> {
    if let Some(array) = same(args) {
        return Ok(array);
    }
    let cells = Cells::of(args.datum(0)?)?;
    args.build(|row| with_content(cells.at(row)?, convert))
}

fn test(args: &Args<'_>, f: fn(Option<Cell<'_>>) -> bool) -> Result<ArrayRef, Fault> {
    let cells = Cells::of(args.datum(0)?)?;
    args.build(|row| Some(f(cells.at(row))))
}

fn is_empty(cell: Option<Cell<'_>>) -> bool {
    match cell {
        None => true,
        Some(Cell::String(text)) => text.is_empty(),
        Some(Cell::Dynamic(text)) => text == "\"\"",
        Some(_) => false,
    }
}

fn tostring(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    if let Some(array) = same(args) {
        return Ok(array);
    }
    let cells = Cells::of(args.datum(0)?)?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let mut text = String::new();
    for row in 0..args.rows {
        match cells.at(row) {
            Some(Cell::Dynamic(dynamic)) => out.append_value(json::display(dynamic)),
            Some(cell) => {
                text.clear();
                cell.write_text(&mut text);
                out.append_value(&text);
            }
            None => out.append_value(""),
        }
    }
    Ok(Arc::new(out.finish()))
}

fn gettype(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let datum = args.datum(0)?;
    let cells = Cells::of(datum)?;
    args.build(|row| {
        Some(match (datum.ty, cells.at(row)) {
            (Type::Dynamic | Type::Unknown, Some(Cell::Dynamic(text))) => json::kind(text).name(),
            (Type::Dynamic | Type::Unknown, _) => Kind::Null.name(),
            (ty, _) => ty.name(),
        })
    })
}

/// Converts a cell; of a dynamic one, the scalar it holds. Arrays and bags have no conversion.
fn with_content<R>(cell: Cell<'_>, convert: impl Fn(Cell<'_>) -> Option<R>) -> Option<R> {
    let Cell::Dynamic(json) = cell else {
        return convert(cell);
    };
    match json::kind(json) {
        Kind::Null | Kind::Array | Kind::Bag => None,
        Kind::Bool => convert(Cell::Bool(json.trim() == "true")),
        Kind::Long => convert(Cell::Long(json.trim().parse().ok()?)),
        Kind::Double => convert(Cell::Real(json::number(json)?)),
        Kind::String => convert(Cell::String(&json::unescape(json))),
        Kind::Datetime => convert(Cell::Datetime(json::datetime_of(json)?)),
    }
}

fn long_of(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Bool(v) => Some(i64::from(v)),
        Cell::Long(v) | Cell::Datetime(v) | Cell::Timespan(v) => Some(v),
        // A cast saturates.
        Cell::Real(v) => (!v.is_nan()).then_some(v as i64),
        Cell::Decimal(v) => v.to_i64(),
        Cell::String(v) => text::parse_long(v),
        Cell::Guid(_) | Cell::Dynamic(_) => None,
    }
}

/// A real that is a constant is converted beforehand, and then one beyond the range becomes the least int (measured).
fn toint(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let datum = args.datum(0)?;
    if !datum.constant || datum.ty != Type::Real {
        return each(args, int_of);
    }
    each(args, |cell| match cell {
        Cell::Real(v) if v >= -f64::from(i32::MIN) => Some(i32::MIN),
        cell => int_of(cell),
    })
}

fn int_of(cell: Cell<'_>) -> Option<i32> {
    match cell {
        Cell::Real(v) => (!v.is_nan()).then_some(v as i32),
        Cell::String(v) => text::parse_int(v),
        // A cast keeps the lower 32 bits.
        cell => long_of(cell).map(|v| v as i32),
    }
}

fn real_of(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Real(v) => Some(v),
        Cell::Decimal(v) => Some(v.to_f64()),
        Cell::String(v) => text::parse_real(v),
        cell => long_of(cell).map(|v| v as f64),
    }
}

fn decimal_of(cell: Cell<'_>) -> Option<Decimal> {
    match cell {
        Cell::Decimal(v) => Some(v),
        Cell::Real(v) => Decimal::from_f64(v),
        Cell::String(v) => Decimal::parse(v),
        cell => long_of(cell).map(Decimal::from_i64),
    }
}

fn bool_of(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Bool(v) => Some(v),
        Cell::Real(v) => Some(v != 0.0),
        Cell::Decimal(v) => Some(v != Decimal::from_i64(0)),
        Cell::String(v) => text::parse_bool(v),
        cell => long_of(cell).map(|v| v != 0),
    }
}

fn datetime_of(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::String(v) => temporal::parse_datetime(v),
        cell => long_of(cell).and_then(temporal::checked),
    }
}

fn timespan_of(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::String(v) => temporal::parse_timespan(v),
        cell => long_of(cell),
    }
}

fn guid_of(cell: Cell<'_>) -> Option<Guid> {
    match cell {
        Cell::Guid(v) => Some(Guid(v)),
        Cell::String(v) => text::parse_guid(v).map(Guid),
        _ => None,
    }
}

/// A JSON value as a value of type `ty`, as the conversion functions would give it; null when it
/// has none.
pub fn from_json(text: &str, ty: Type) -> Value {
    let cell = Cell::Dynamic(text);
    let found = match ty {
        Type::Bool => with_content(cell, bool_of).map(Value::Bool),
        Type::Int => with_content(cell, int_of).map(Value::Int),
        Type::Long => with_content(cell, long_of).map(Value::Long),
        Type::Real => with_content(cell, real_of).map(Value::Real),
        Type::Decimal => with_content(cell, decimal_of).map(Value::Decimal),
        Type::Datetime => with_content(cell, datetime_of).map(Value::Datetime),
        Type::Timespan => with_content(cell, timespan_of).map(Value::Timespan),
        Type::Guid => with_content(cell, guid_of).map(|g| Value::Guid(g.0)),
        Type::String => match json::display(text) {
            Cow::Borrowed(text) => Some(Value::string(text)),
            Cow::Owned(text) => Some(Value::string(text)),
        },
        Type::Dynamic | Type::Unknown => {
            (!json::is_null(text)).then(|| Value::Dynamic(text.into()))
        }
    };
    found.unwrap_or_else(|| Value::null(ty))
}
