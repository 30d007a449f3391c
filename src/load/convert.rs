//! Arrow arrays of any type, as files have them, become columns of KQL's types.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Field, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use crate::contract::Fault;
use crate::json;
use crate::load::cells::{CellBuilder, Fits, sample};
use crate::load::source::Wanted;
use crate::temporal;
use crate::text;
use crate::types::{TICKS_PER_DAY, TICKS_PER_SECOND, Type, UNIX_EPOCH_TICKS};

/// The key of a field's metadata that names its KQL type, in files we write.
pub(crate) const KQL_TYPE: &str = "kql.type";

/// Lists in lists deeper than this are not read.
const DEPTH: usize = 100;

/// The KQL type of a file's column: what its metadata says, else what its type is nearest to. `None`
/// for a column of nulls.
pub(super) fn natural(field: &Field) -> Option<Type> {
    let held = held(field.data_type());
    let named = field
        .metadata()
        .get(KQL_TYPE)
        .and_then(|name| Type::from_name(name));
    if let Some(ty) = named
        && fits(ty, held)
    {
        return Some(ty);
    }
    if field
        .metadata()
        .get("ARROW:extension:name")
        .is_some_and(|n| n == "arrow.uuid")
        && fits(Type::Guid, held)
    {
        return Some(Type::Guid);
    }
    use DataType as D;
    Some(match held {
        D::Null => return None,
        D::Boolean => Type::Bool,
        D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 => Type::Int,
        D::Int64 | D::UInt32 => Type::Long,
        D::UInt64 => Type::Decimal,
        D::Float16 | D::Float32 | D::Float64 => Type::Real,
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => {
            Type::Decimal
        }
        D::Timestamp(..) | D::Date32 | D::Date64 => Type::Datetime,
        D::Time32(_) | D::Time64(_) | D::Duration(_) => Type::Timespan,
        D::List(_)
        | D::ListView(_)
        | D::LargeList(_)
        | D::LargeListView(_)
        | D::FixedSizeList(..)
        | D::Struct(_)
        | D::Map(..)
        | D::Union(..) => Type::Dynamic,
        _ => Type::String,
    })
}

/// Whether the field says its KQL type.
pub(super) fn is_ours(field: &Field) -> bool {
    let named = field.metadata().get(KQL_TYPE);
    named.is_some_and(|name| Type::from_name(name) == natural(field))
}

/// The type of the values, whatever way they are encoded.
fn held(ty: &DataType) -> &DataType {
    match ty {
        DataType::Dictionary(_, values) => held(values),
        DataType::RunEndEncoded(_, values) => held(values.data_type()),
        other => other,
    }
}

/// Whether a file's column can hold a KQL type that its metadata names.
fn fits(ty: Type, held: &DataType) -> bool {
    use DataType as D;
    let text = matches!(held, D::Utf8 | D::LargeUtf8 | D::Utf8View);
    match ty {
        Type::Bool => matches!(held, D::Boolean),
        Type::Int => matches!(held, D::Int32),
        Type::Long => matches!(held, D::Int64),
        Type::Real => matches!(held, D::Float64),
        Type::Decimal => text || matches!(held, D::FixedSizeBinary(16) | D::Decimal128(..)),
        Type::Guid => text || matches!(held, D::FixedSizeBinary(16)),
        Type::String | Type::Dynamic => text,
        Type::Datetime => matches!(held, D::Int64 | D::Timestamp(..)),
        Type::Timespan => matches!(held, D::Int64 | D::Duration(_)),
        Type::Unknown => false,
    }
}

/// The column `wanted` out of an array whose natural type is `natural`; `misfit` is told the row and
/// the cell of each value that does not fit.
pub(super) fn convert(
    array: &ArrayRef,
    natural: Option<Type>,
    wanted: &Wanted,
    misfit: &mut dyn FnMut(usize, String) -> Result<(), Fault>,
) -> Result<ArrayRef, Fault> {
    let (Some(natural), false) = (natural, array.null_count() == array.len()) else {
        return Ok(nulls(wanted, array.len()));
    };
    let array = match array.data_type() {
        DataType::Dictionary(_, values) => match **values {
            DataType::Utf8 | DataType::LargeUtf8 => &cast(array, &DataType::Utf8View)?,
            _ => &cast(array, values)?,
        },
        DataType::RunEndEncoded(_, values) => &cast(array, values.data_type())?,
        _ => array,
    };
    if let Some(column) = quick(array, natural, wanted.ty)? {
        return Ok(column);
    }
    let mut builder = wanted.builder(array.len());
    for row in 0..array.len() {
        if !append(array, row, natural, &mut builder) {
            let mut text = String::new();
            write_json(array, row, 0, &mut text);
            misfit(row, sample(text.trim_matches('"')))?;
        }
    }
    Ok(builder.finish())
}

/// A column without values.
pub(super) fn nulls(wanted: &Wanted, rows: usize) -> ArrayRef {
    match wanted.ty {
        Type::String => Arc::new(std::iter::repeat_n(Some(""), rows).collect::<StringViewArray>()),
        ty => arrow::array::new_null_array(&ty.arrow(), rows),
    }
}

/// Conversions of whole arrays; `None` where cells must be looked at one by one.
fn quick(array: &ArrayRef, natural: Type, wanted: Type) -> Result<Option<ArrayRef>, Fault> {
    use DataType as D;
    Ok(match (array.data_type(), natural, wanted) {
        (D::Utf8 | D::LargeUtf8 | D::Utf8View, _, Type::String) => {
            let views = cast(array, &D::Utf8View)?;
            match views.null_count() {
                0 => Some(views),
                _ => {
                    let cells = views.as_string_view().iter();
                    let filled = cells.map(|c| Some(c.unwrap_or_default()));
                    Some(Arc::new(filled.collect::<StringViewArray>()))
                }
            }
        }
        (D::Boolean, _, Type::Bool)
        | (D::Int32, Type::Int, Type::Int)
        | (D::Int64, Type::Long, Type::Long)
        | (D::Int64, Type::Timespan, Type::Timespan)
        | (D::Float64, _, Type::Real)
        | (D::FixedSizeBinary(16), Type::Guid, Type::Guid)
        | (D::FixedSizeBinary(16), Type::Decimal, Type::Decimal) => Some(Arc::clone(array)),
        (D::Int8 | D::Int16 | D::UInt8 | D::UInt16, _, Type::Int) => Some(cast(array, &D::Int32)?),
        (D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 | D::UInt32, _, Type::Long) => {
            Some(cast(array, &D::Int64)?)
        }
        (D::Float16 | D::Float32, _, Type::Real) => Some(cast(array, &D::Float64)?),
        (D::Int64, Type::Datetime, Type::Datetime) => {
            let ticks = array.as_primitive::<Int64Type>();
            let fine = ticks.iter().flatten().all(temporal::in_range);
            fine.then(|| Arc::clone(array))
        }
        (D::Timestamp(unit, _), _, Type::Datetime) => timestamps(array, *unit),
        _ => None,
    })
}

/// Timestamps as ticks, if all are in KQL's range.
fn timestamps(array: &ArrayRef, unit: TimeUnit) -> Option<ArrayRef> {
    let convert = |value: i64| -> i64 {
        datetime_ticks(value, unit)
            .filter(|t| temporal::in_range(*t))
            .unwrap_or(-1)
    };
    let ticks: Int64Array = match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().unary(convert),
        TimeUnit::Millisecond => array
            .as_primitive::<TimestampMillisecondType>()
            .unary(convert),
        TimeUnit::Microsecond => array
            .as_primitive::<TimestampMicrosecondType>()
            .unary(convert),
        TimeUnit::Nanosecond => array
            .as_primitive::<TimestampNanosecondType>()
            .unary(convert),
    };
    let least = arrow::compute::min(&ticks)?;
    (least >= 0).then(|| Arc::new(ticks) as ArrayRef)
}

/// Ticks of a count of units; nanoseconds are rounded down.
fn span_ticks(value: i64, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => value.checked_mul(TICKS_PER_SECOND),
        TimeUnit::Millisecond => value.checked_mul(TICKS_PER_SECOND / 1_000),
        TimeUnit::Microsecond => value.checked_mul(10),
        TimeUnit::Nanosecond => Some(value.div_euclid(100)),
    }
}

fn datetime_ticks(value: i64, unit: TimeUnit) -> Option<i64> {
    span_ticks(value, unit)?.checked_add(UNIX_EPOCH_TICKS)
}

/// Appends one cell; whether it fitted.
fn append(array: &dyn Array, row: usize, natural: Type, to: &mut CellBuilder) -> Fits {
    if array.is_null(row) {
        to.null();
        return true;
    }
    if let Some((ticks, ty)) = moment(array, row, natural) {
        return match ticks {
            Some(ticks) => to.ticks(ticks, ty),
            None => to.misfit(),
        };
    }
    if let Some(value) = whole(array, row) {
        return to.whole(value);
    }
    match array.data_type() {
        DataType::Boolean => to.bool(array.as_boolean().value(row)),
        DataType::UInt64 => to.number(
            array
                .as_primitive::<UInt64Type>()
                .value(row)
                .to_string()
                .as_bytes(),
        ),
        DataType::Float16 => to.real(f64::from(array.as_primitive::<Float16Type>().value(row))),
        DataType::Float32 => to.real(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => to.real(array.as_primitive::<Float64Type>().value(row)),
        DataType::FixedSizeBinary(16) if matches!(natural, Type::Guid | Type::Decimal) => {
            match array.as_fixed_size_binary().value(row).try_into() {
                Ok(bytes) => to.bytes(bytes, natural),
                Err(_) => to.misfit(),
            }
        }
        _ => match (string(array, row), decimal(array, row)) {
            (Some(text), _) if natural == Type::Dynamic => to.csv(text),
            (Some(text), _) => to.string(text),
            (_, Some(number)) => to.number(number.as_bytes()),
            _ => match binary(array, row) {
                Some(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => to.string(text),
                    Err(_) => {
                        let _ = to.string(&String::from_utf8_lossy(bytes));
                        false
                    }
                },
                None => {
                    let mut text = String::new();
                    write_json(array, row, 0, &mut text);
                    to.nested(text.as_bytes())
                }
            },
        },
    }
}

fn whole(array: &dyn Array, row: usize) -> Option<i64> {
    Some(match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        _ => return None,
    })
}

fn string(array: &dyn Array, row: usize) -> Option<&str> {
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        DataType::Utf8View => array.as_string_view().value(row),
        _ => return None,
    })
}

fn binary(array: &dyn Array, row: usize) -> Option<&[u8]> {
    Some(match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => return None,
    })
}

fn decimal(array: &dyn Array, row: usize) -> Option<String> {
    Some(match array.data_type() {
        DataType::Decimal32(..) => array.as_primitive::<Decimal32Type>().value_as_string(row),
        DataType::Decimal64(..) => array.as_primitive::<Decimal64Type>().value_as_string(row),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row),
        _ => return None,
    })
}

/// The ticks of a cell of a time type (`None` inside when there are too many), and whether it is a
/// datetime or a timespan.
fn moment(array: &dyn Array, row: usize, natural: Type) -> Option<(Option<i64>, Type)> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    let value = match array.data_type() {
        DataType::Int64 if matches!(natural, Type::Datetime | Type::Timespan) => {
            return Some((Some(array.as_primitive::<Int64Type>().value(row)), natural));
        }
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(row));
            let ticks = days
                .checked_mul(TICKS_PER_DAY)
                .and_then(|t| t.checked_add(UNIX_EPOCH_TICKS));
            return Some((ticks, Type::Datetime));
        }
        DataType::Date64 => {
            let value = array.as_primitive::<Date64Type>().value(row);
            return Some((datetime_ticks(value, Millisecond), Type::Datetime));
        }
        DataType::Timestamp(Second, _) => array.as_primitive::<TimestampSecondType>().value(row),
        DataType::Timestamp(Millisecond, _) => {
            array.as_primitive::<TimestampMillisecondType>().value(row)
        }
        DataType::Timestamp(Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().value(row)
        }
        DataType::Timestamp(Nanosecond, _) => {
            array.as_primitive::<TimestampNanosecondType>().value(row)
        }
        DataType::Duration(Second) => array.as_primitive::<DurationSecondType>().value(row),
        DataType::Duration(Millisecond) => {
            array.as_primitive::<DurationMillisecondType>().value(row)
        }
        DataType::Duration(Microsecond) => {
            array.as_primitive::<DurationMicrosecondType>().value(row)
        }
        DataType::Duration(Nanosecond) => array.as_primitive::<DurationNanosecondType>().value(row),
        DataType::Time32(Second) => array.as_primitive::<Time32SecondType>().value(row).into(),
        DataType::Time32(Millisecond) => array
            .as_primitive::<Time32MillisecondType>()
            .value(row)
            .into(),
        DataType::Time64(Microsecond) => array.as_primitive::<Time64MicrosecondType>().value(row),
        DataType::Time64(Nanosecond) => array.as_primitive::<Time64NanosecondType>().value(row),
        _ => return None,
    };
    Some(match array.data_type() {
        DataType::Timestamp(unit, _) => (datetime_ticks(value, *unit), Type::Datetime),
        DataType::Duration(unit) | DataType::Time32(unit) | DataType::Time64(unit) => {
            (span_ticks(value, *unit), Type::Timespan)
        }
        _ => return None,
    })
}

/// Appends a cell of any type as JSON.
fn write_json(array: &dyn Array, row: usize, depth: usize, out: &mut String) {
    if array.is_null(row) || depth > DEPTH {
        out.push_str("null");
        return;
    }
    if let Some((ticks, ty)) = moment(array, row, Type::Dynamic) {
        match (ticks, ty) {
            (Some(t), Type::Datetime) if temporal::in_range(t) => {
                json::write_quoted(&temporal::datetime_text(t), out);
            }
            (Some(t), Type::Timespan) => json::write_quoted(&temporal::timespan_text(t), out),
            _ => out.push_str("null"),
        }
        return;
    }
    if let Some(value) = whole(array, row) {
        text::write_long(value, out);
        return;
    }
    if let Some(text) = string(array, row) {
        return json::write_quoted(text, out);
    }
    if let Some(bytes) = binary(array, row) {
        return json::write_quoted(&String::from_utf8_lossy(bytes), out);
    }
    if let Some(number) = decimal(array, row) {
        return out.push_str(&number);
    }
    let real = |value: f64, out: &mut String| match value.is_finite() {
        true => text::write_real(value, out),
        false => json::write_quoted(&text::real_text(value), out),
    };
    match array.data_type() {
        DataType::Boolean if array.as_boolean().value(row) => out.push_str("true"),
        DataType::Boolean => out.push_str("false"),
        DataType::UInt64 => {
            out.push_str(&array.as_primitive::<UInt64Type>().value(row).to_string());
        }
        DataType::Float16 => real(
            f64::from(array.as_primitive::<Float16Type>().value(row)),
            out,
        ),
        DataType::Float32 => real(
            f64::from(array.as_primitive::<Float32Type>().value(row)),
            out,
        ),
        DataType::Float64 => real(array.as_primitive::<Float64Type>().value(row), out),
        DataType::List(_) => write_list(&*array.as_list::<i32>().value(row), depth, out),
        DataType::LargeList(_) => write_list(&*array.as_list::<i64>().value(row), depth, out),
        DataType::ListView(_) => write_list(&*array.as_list_view::<i32>().value(row), depth, out),
        DataType::LargeListView(_) => {
            write_list(&*array.as_list_view::<i64>().value(row), depth, out)
        }
        DataType::FixedSizeList(..) => {
            write_list(&*array.as_fixed_size_list().value(row), depth, out);
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let entries = fields
                .iter()
                .zip(columns)
                .map(|(f, c)| (f.name().as_str(), &**c, row));
            write_bag(entries, depth, out);
        }
        DataType::Map(..) => write_map(&array.as_map().value(row), depth, out),
        _ => match cast_values(array) {
            Some(plain) => write_json(&*plain, row, depth + 1, out),
            None => out.push_str("null"),
        },
    }
}

/// An encoded array (dictionary, runs) as a plain one.
fn cast_values(array: &dyn Array) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values).ok(),
        DataType::RunEndEncoded(_, values) => cast(array, values.data_type()).ok(),
        _ => None,
    }
}

fn write_list(values: &dyn Array, depth: usize, out: &mut String) {
    out.push('[');
    for row in 0..values.len() {
        if row > 0 {
            out.push(',');
        }
        write_json(values, row, depth + 1, out);
    }
    out.push(']');
}

fn write_bag<'a>(
    entries: impl Iterator<Item = (&'a str, &'a dyn Array, usize)>,
    depth: usize,
    out: &mut String,
) {
    out.push('{');
    for (i, (name, values, row)) in entries.enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::write_quoted(name, out);
        out.push(':');
        write_json(values, row, depth + 1, out);
    }
    out.push('}');
}

/// A map's entries, its keys as text.
fn write_map(entries: &arrow::array::StructArray, depth: usize, out: &mut String) {
    let [keys, values] = entries.columns() else {
        out.push_str("null");
        return;
    };
    out.push('{');
    for row in 0..entries.len() {
        if row > 0 {
            out.push(',');
        }
        let mut key = String::new();
        write_json(&**keys, row, depth + 1, &mut key);
        match key.starts_with('"') {
            true => out.push_str(&key),
            false => json::write_quoted(&key, out),
        }
        out.push(':');
        write_json(&**values, row, depth + 1, out);
    }
    out.push('}');
}
