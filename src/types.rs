//! KQL's types and values, a table's schema, and the only map between KQL and arrow types.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::DataType;

use crate::decimal::Decimal;

/// Ticks (100 ns) in a second, a day: the unit of `datetime` and `timespan`.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks in a minute.
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Ticks in an hour.
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
/// Ticks in a day.
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
/// The last tick of 9999-12-31, counted from 0001-01-01.
pub const MAX_DATETIME: i64 = 3_155_378_975_999_999_999;
/// Ticks from 0001-01-01 to 1970-01-01.
pub const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;

/// A KQL type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// `true`, `false` or null.
    Bool,
    /// 32-bit signed integer.
    Int,
    /// 64-bit signed integer.
    Long,
    /// IEEE double.
    Real,
    /// 34 decimal digits.
    Decimal,
    /// UTF-8 text, never null.
    String,
    /// Ticks since 0001-01-01 UTC.
    Datetime,
    /// Signed ticks.
    Timespan,
    /// 128 bits.
    Guid,
    /// A JSON value (and a few scalars that JSON lacks).
    Dynamic,
    /// Not known before data is read: columns of open schemas, results of `bag_unpack`.
    Unknown,
}

impl Type {
    /// All types a value can have.
    pub const ALL: [Type; 10] = [
        Type::Bool,
        Type::Int,
        Type::Long,
        Type::Real,
        Type::Decimal,
        Type::String,
        Type::Datetime,
        Type::Timespan,
        Type::Guid,
        Type::Dynamic,
    ];

    /// KQL's own name, as in `getschema`'s `ColumnType`.
    pub fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Long => "long",
            Type::Real => "real",
            Type::Decimal => "decimal",
            Type::String => "string",
            Type::Datetime => "datetime",
            Type::Timespan => "timespan",
            Type::Guid => "guid",
            Type::Dynamic => "dynamic",
            Type::Unknown => "unknown",
        }
    }

    /// The .NET name, as in `getschema`'s `DataType`.
    pub fn dotnet_name(self) -> &'static str {
        match self {
            Type::Bool => "System.SByte",
            Type::Int => "System.Int32",
            Type::Long => "System.Int64",
            Type::Real => "System.Double",
            Type::Decimal => "System.Data.SqlTypes.SqlDecimal",
            Type::String => "System.String",
            Type::Datetime => "System.DateTime",
            Type::Timespan => "System.TimeSpan",
            Type::Guid => "System.Guid",
            Type::Dynamic | Type::Unknown => "System.Object",
        }
    }

    /// The type a KQL type name or alias stands for (`double`, `date`, `uuid`, …).
    pub fn from_name(name: &str) -> Option<Type> {
        Some(match name {
            "bool" | "boolean" => Type::Bool,
            "int" | "int32" | "uint" | "uint32" | "int8" | "uint8" | "int16" | "uint16" => {
                Type::Int
            }
            "long" | "int64" | "ulong" | "uint64" => Type::Long,
            "real" | "double" | "float" => Type::Real,
            "decimal" => Type::Decimal,
            "string" => Type::String,
            "datetime" | "date" => Type::Datetime,
            "timespan" | "time" => Type::Timespan,
            "guid" | "uuid" | "uniqueid" => Type::Guid,
            "dynamic" => Type::Dynamic,
            _ => return None,
        })
    }

    /// Whether values of the type are numbers (`int long real decimal`).
    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Real | Type::Decimal)
    }

    /// Whether values of the type are whole numbers.
    pub fn is_integer(self) -> bool {
        matches!(self, Type::Int | Type::Long)
    }

    /// The arrow type that holds a column of this type.
    pub fn arrow(self) -> DataType {
        match self {
            Type::Bool => DataType::Boolean,
            Type::Int => DataType::Int32,
            Type::Long | Type::Datetime | Type::Timespan => DataType::Int64,
            Type::Real => DataType::Float64,
            Type::String | Type::Dynamic | Type::Unknown => DataType::Utf8View,
            Type::Decimal | Type::Guid => DataType::FixedSizeBinary(16),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value of any type: a constant of a query or a cell.
#[derive(Clone, Debug)]
pub enum Value {
    /// Null of a type other than string.
    Null(Type),
    /// A truth value.
    Bool(bool),
    /// An `int`.
    Int(i32),
    /// A `long`.
    Long(i64),
    /// A `real`.
    Real(f64),
    /// A `decimal`.
    Decimal(Decimal),
    /// A `string`.
    String(Arc<str>),
    /// Ticks since 0001-01-01.
    Datetime(i64),
    /// Ticks.
    Timespan(i64),
    /// A `guid`, big-endian as written.
    Guid([u8; 16]),
    /// JSON text (see [`crate::json`] for the private form of datetimes).
    Dynamic(Arc<str>),
}

impl Value {
    /// The value's type.
    pub fn ty(&self) -> Type {
        match self {
            Value::Null(ty) => *ty,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Long(_) => Type::Long,
            Value::Real(_) => Type::Real,
            Value::Decimal(_) => Type::Decimal,
            Value::String(_) => Type::String,
            Value::Datetime(_) => Type::Datetime,
            Value::Timespan(_) => Type::Timespan,
            Value::Guid(_) => Type::Guid,
            Value::Dynamic(_) => Type::Dynamic,
        }
    }

    /// The null of a type; a string has none, so `""`.
    pub fn null(ty: Type) -> Value {
        match ty {
            Type::String => Value::String("".into()),
            ty => Value::Null(ty),
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null(_))
    }

    /// A string value.
    pub fn string(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    /// The whole number it holds (`int`, `long`), if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(v) => Some(i64::from(*v)),
            Value::Long(v) => Some(*v),
            _ => None,
        }
    }

    /// The number it holds as a double, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(v) => Some(f64::from(*v)),
            Value::Long(v) => Some(*v as f64),
            Value::Real(v) => Some(*v),
            Value::Decimal(v) => Some(v.to_f64()),
            _ => None,
        }
    }

    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(v) => Some(v),
            _ => None,
        }
    }
}

/// Equality of constants in plans: same type and same bits (NaN equals NaN), not KQL's `==`.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null(a), Value::Null(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Long(a), Value::Long(b))
            | (Value::Datetime(a), Value::Datetime(b))
            | (Value::Timespan(a), Value::Timespan(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (Value::Decimal(a), Value::Decimal(b)) => a == b,
            (Value::String(a), Value::String(b)) | (Value::Dynamic(a), Value::Dynamic(b)) => a == b,
            (Value::Guid(a), Value::Guid(b)) => a == b,
            _ => false,
        }
    }
}

/// A column's name and type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, case-sensitive.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
}

impl Column {
    /// A column called `name`.
    pub fn new(name: impl Into<Arc<str>>, ty: Type) -> Column {
        Column {
            name: name.into(),
            ty,
        }
    }
}

/// The columns of a table, in order, and whether there may be more that are not known.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Schema {
    /// The known columns.
    pub columns: Vec<Column>,
    /// An open schema may have further columns that only data can tell.
    pub open: bool,
}

impl Schema {
    /// A closed schema of these columns.
    pub fn new(columns: Vec<Column>) -> Schema {
        Schema {
            columns,
            open: false,
        }
    }

    /// A closed schema from names and types.
    pub fn of(columns: &[(&str, Type)]) -> Schema {
        Schema::new(columns.iter().map(|(n, t)| Column::new(*n, *t)).collect())
    }

    /// Index of the column called `name`.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }

    /// Number of known columns.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether no column is known.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}: {}", column.name, column.ty)?;
        }
        if self.open {
            f.write_str(if self.columns.is_empty() { "*" } else { ", *" })?;
        }
        Ok(())
    }
}

/// Arrays of KQL values: the bridge between [`Value`]s and arrow arrays.
pub mod arrays {
    use std::sync::Arc;

    use arrow::array::{
        Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryBuilder, Float64Array, Int32Array,
        Int64Array, StringViewArray, new_null_array,
    };
    use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

    use super::{Decimal, Type, Value};

    /// The value in row `row` of a column of type `ty`; null when the array is not of that type.
    pub fn value(array: &dyn Array, ty: Type, row: usize) -> Value {
        if row >= array.len() || array.is_null(row) {
            return Value::null(ty);
        }
        let found = match ty {
            Type::Bool => array.as_boolean_opt().map(|a| Value::Bool(a.value(row))),
            Type::Int => array
                .as_primitive_opt::<Int32Type>()
                .map(|a| Value::Int(a.value(row))),
            Type::Long | Type::Datetime | Type::Timespan => {
                array.as_primitive_opt::<Int64Type>().map(|a| {
                    let v = a.value(row);
                    match ty {
                        Type::Long => Value::Long(v),
                        Type::Datetime => Value::Datetime(v),
                        _ => Value::Timespan(v),
                    }
                })
            }
            Type::Real => array
                .as_primitive_opt::<Float64Type>()
                .map(|a| Value::Real(a.value(row))),
            Type::String => array
                .as_string_view_opt()
                .map(|a| Value::String(a.value(row).into())),
            Type::Dynamic | Type::Unknown => array
                .as_string_view_opt()
                .map(|a| Value::Dynamic(a.value(row).into())),
            Type::Guid | Type::Decimal => array.as_fixed_size_binary_opt().and_then(|a| {
                let bytes: [u8; 16] = a.value(row).try_into().ok()?;
                Some(match ty {
                    Type::Guid => Value::Guid(bytes),
                    _ => Value::Decimal(Decimal::from_bytes(bytes)),
                })
            }),
        };
        found.unwrap_or_else(|| Value::null(ty))
    }

    /// A column of type `ty` of the given values; a value of another type becomes null.
    pub fn of<'a>(ty: Type, values: impl IntoIterator<Item = &'a Value>) -> ArrayRef {
        let values = values.into_iter();
        match ty {
            Type::Bool => Arc::new(BooleanArray::from_iter(values.map(|v| match v {
                Value::Bool(v) => Some(*v),
                _ => None,
            }))),
            Type::Int => Arc::new(Int32Array::from_iter(values.map(|v| match v {
                Value::Int(v) => Some(*v),
                _ => None,
            }))),
            Type::Long | Type::Datetime | Type::Timespan => {
                Arc::new(Int64Array::from_iter(values.map(|v| match v {
                    Value::Long(v) | Value::Datetime(v) | Value::Timespan(v) => Some(*v),
                    _ => None,
                })))
            }
            Type::Real => Arc::new(Float64Array::from_iter(values.map(|v| match v {
                Value::Real(v) => Some(*v),
                _ => None,
            }))),
            Type::String => {
                let texts = values.map(|v| v.as_str().unwrap_or(""));
                Arc::new(StringViewArray::from_iter_values(texts))
            }
            Type::Dynamic | Type::Unknown => {
                Arc::new(StringViewArray::from_iter(values.map(|v| match v {
                    Value::Dynamic(v) => Some(&**v),
                    _ => None,
                })))
            }
            Type::Guid | Type::Decimal => {
                let mut b = FixedSizeBinaryBuilder::new(16);
                for v in values {
                    match v {
                        // The builder takes exactly 16 bytes, so appending cannot fail.
                        Value::Guid(v) => b.append_value(v).unwrap_or_default(),
                        Value::Decimal(v) => b.append_value(v.bytes()).unwrap_or_default(),
                        _ => b.append_null(),
                    }
                }
                Arc::new(b.finish())
            }
        }
    }

    /// A column of `rows` nulls (`""` for strings).
    pub fn nulls(ty: Type, rows: usize) -> ArrayRef {
        if ty == Type::String {
            let empty = std::iter::repeat_n("", rows);
            return Arc::new(StringViewArray::from_iter_values(empty));
        }
        new_null_array(&ty.arrow(), rows)
    }

    /// A column of `rows` times the same value.
    pub fn repeat(value: &Value, ty: Type, rows: usize) -> ArrayRef {
        of(ty, std::iter::repeat_n(value, rows))
    }
}
