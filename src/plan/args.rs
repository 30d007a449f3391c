//! Typed readers and builders, so that a function can be written as a closure over one row.
//!
//! `args.map(|s: &str| s.len() as i64)` reads the first argument as strings and builds a `long` column. Nulls follow the closure's
//! types: an argument read as `T` makes the row's result null when it is null; read as `Option<T>` the
//! closure decides. A result of `Option<T>` is null when `None` (`""` for strings).

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, FixedSizeBinaryArray,
    FixedSizeBinaryBuilder, Float64Array, Float64Builder, Int32Array, Int32Builder, Int64Array,
    Int64Builder, StringViewArray, StringViewBuilder,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::contract::{Args, Datum, Fault};
use crate::decimal::Decimal;

/// The JSON text of a dynamic value, as an argument or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// The 16 bytes of a guid, as an argument or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guid(pub [u8; 16]);

/// A type a row closure can take. `i64` reads `long`, `datetime` and `timespan` (ticks).
pub trait Arg<'a>: Sized {
    /// The column it is read from.
    type Column;
    /// The column of an argument.
    ///
    /// # Errors
    /// An internal fault when the array has another type.
    fn open(datum: &'a Datum) -> Result<Self::Column, Fault>;
    /// The value in a row; `None` is null.
    fn at(column: &Self::Column, row: usize) -> Option<Self>;
}

/// A typed column and whether its one row stands for all.
pub struct Column<'a, A> {
    array: &'a A,
    constant: bool,
}

impl<A: Array> Column<'_, A> {
    fn row(&self, row: usize) -> Option<usize> {
        let row = if self.constant { 0 } else { row };
        (!self.array.is_null(row)).then_some(row)
    }
}

fn open<'a, A>(datum: &'a Datum, array: Option<&'a A>) -> Result<Column<'a, A>, Fault> {
    let constant = datum.constant;
    match array {
        Some(array) => Ok(Column { array, constant }),
        None => Err(Fault::internal(format!(
            "a {} argument holds {}",
            datum.ty,
            datum.array.data_type()
        ))),
    }
}

macro_rules! arg {
    ($ty:ty, $array:ty, $cast:expr, $value:expr) => {
        impl<'a> Arg<'a> for $ty {
            type Column = Column<'a, $array>;
            fn open(datum: &'a Datum) -> Result<Self::Column, Fault> {
                let cast: fn(&'a dyn Array) -> Option<&'a $array> = $cast;
                open(datum, cast(&*datum.array))
            }
            fn at(column: &Self::Column, row: usize) -> Option<Self> {
                let row = column.row(row)?;
                let value: fn(&'a $array, usize) -> $ty = $value;
                Some(value(column.array, row))
            }
        }
    };
}

fn sixteen(bytes: &[u8]) -> [u8; 16] {
    bytes.try_into().unwrap_or([0; 16])
}

arg!(bool, BooleanArray, |a| a.as_boolean_opt(), |a, i| a
    .value(i));
arg!(
    i32,
    Int32Array,
    |a| a.as_primitive_opt::<Int32Type>(),
    |a, i| a.value(i)
);
arg!(
    i64,
    Int64Array,
    |a| a.as_primitive_opt::<Int64Type>(),
    |a, i| a.value(i)
);
arg!(
    f64,
    Float64Array,
    |a| a.as_primitive_opt::<Float64Type>(),
    |a, i| a.value(i)
);
arg!(
    &'a str,
    StringViewArray,
    |a| a.as_string_view_opt(),
    |a, i| a.value(i)
);
arg!(
    Json<&'a str>,
    StringViewArray,
    |a| a.as_string_view_opt(),
    |a, i| Json(a.value(i))
);
arg!(
    Guid,
    FixedSizeBinaryArray,
    |a| a.as_fixed_size_binary_opt(),
    |a, i| Guid(sixteen(a.value(i)))
);
arg!(
    Decimal,
    FixedSizeBinaryArray,
    |a| a.as_fixed_size_binary_opt(),
    |a, i| Decimal::from_bytes(sixteen(a.value(i)))
);

impl<'a, T: Arg<'a>> Arg<'a> for Option<T> {
    type Column = T::Column;
    fn open(datum: &'a Datum) -> Result<Self::Column, Fault> {
        T::open(datum)
    }
    fn at(column: &Self::Column, row: usize) -> Option<Self> {
        Some(T::at(column, row))
    }
}

/// A type a row closure can return.
pub trait Ret: Sized {
    /// Collects the column.
    type Builder;
    /// A builder for about `rows` rows.
    fn builder(rows: usize) -> Self::Builder;
    /// Adds a row; `None` is null.
    fn push(builder: &mut Self::Builder, value: Option<Self>);
    /// The column.
    fn finish(builder: Self::Builder) -> ArrayRef;
}

macro_rules! ret {
    ($ty:ty, $builder:ty, $new:expr, $push:expr) => {
        impl Ret for $ty {
            type Builder = $builder;
            fn builder(rows: usize) -> $builder {
                let new: fn(usize) -> $builder = $new;
                new(rows)
            }
            fn push(builder: &mut $builder, value: Option<$ty>) {
                let push: fn(&mut $builder, Option<$ty>) = $push;
                push(builder, value);
            }
            fn finish(mut builder: $builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
        }
    };
}

ret!(
    bool,
    BooleanBuilder,
    BooleanBuilder::with_capacity,
    |b, v| b.append_option(v)
);
ret!(i32, Int32Builder, Int32Builder::with_capacity, |b, v| b
    .append_option(v));
ret!(i64, Int64Builder, Int64Builder::with_capacity, |b, v| b
    .append_option(v));
ret!(
    f64,
    Float64Builder,
    Float64Builder::with_capacity,
    |b, v| b.append_option(v)
);
ret!(
    String,
    StringViewBuilder,
    StringViewBuilder::with_capacity,
    |b, v| b.append_value(v.as_deref().unwrap_or(""))
);
ret!(
    Cow<'_, str>,
    StringViewBuilder,
    StringViewBuilder::with_capacity,
    |b, v| b.append_value(v.as_deref().unwrap_or(""))
);
ret!(
    &str,
    StringViewBuilder,
    StringViewBuilder::with_capacity,
    |b, v| b.append_value(v.unwrap_or(""))
);
ret!(
    Json<String>,
    StringViewBuilder,
    StringViewBuilder::with_capacity,
    |b, v| b.append_option(v.map(|j| j.0))
);
ret!(
    Json<Cow<'_, str>>,
    StringViewBuilder,
    StringViewBuilder::with_capacity,
    |b, v| b.append_option(v.map(|j| j.0))
);
ret!(
    Json<&str>,
    StringViewBuilder,
    StringViewBuilder::with_capacity,
    |b, v| b.append_option(v.map(|j| j.0))
);
ret!(
    Guid,
    FixedSizeBinaryBuilder,
    |n| FixedSizeBinaryBuilder::with_capacity(n, 16),
    |b, v| {
        match v {
            // The builder takes exactly 16 bytes, so appending cannot fail.
            Some(v) => b.append_value(v.0).unwrap_or_default(),
            None => b.append_null(),
        }
    }
);
ret!(
    Decimal,
    FixedSizeBinaryBuilder,
    |n| FixedSizeBinaryBuilder::with_capacity(n, 16),
    |b, v| {
        match v {
            Some(v) => b.append_value(v.bytes()).unwrap_or_default(),
            None => b.append_null(),
        }
    }
);

impl<T: Ret> Ret for Option<T> {
    type Builder = T::Builder;
    fn builder(rows: usize) -> T::Builder {
        T::builder(rows)
    }
    fn push(builder: &mut T::Builder, value: Option<Option<T>>) {
        T::push(builder, value.flatten());
    }
    fn finish(builder: T::Builder) -> ArrayRef {
        T::finish(builder)
    }
}

impl Args<'_> {
    /// Argument `index`.
    ///
    /// # Errors
    /// An internal fault when there is none.
    pub fn datum(&self, index: usize) -> Result<&Datum, Fault> {
        self.values
            .get(index)
            .ok_or_else(|| Fault::internal(format!("argument {index} is missing")))
    }

    /// Argument `index` as a typed column.
    ///
    /// # Errors
    /// An internal fault when it is missing or of another type.
    pub fn column<'a, A: Arg<'a>>(&'a self, index: usize) -> Result<A::Column, Fault> {
        A::open(self.datum(index)?)
    }

    /// Builds the result row by row.
    ///
    /// # Errors
    /// As the closure says.
    pub fn build<R: Ret>(&self, mut f: impl FnMut(usize) -> Option<R>) -> Result<ArrayRef, Fault> {
        let mut out = R::builder(self.rows);
        for row in 0..self.rows {
            R::push(&mut out, f(row));
        }
        Ok(R::finish(out))
    }

    /// One argument, row by row.
    ///
    /// # Errors
    /// An internal fault when the argument has another type.
    pub fn map<'a, A: Arg<'a>, R: Ret>(&'a self, f: impl Fn(A) -> R) -> Result<ArrayRef, Fault> {
        let a = self.column::<A>(0)?;
        self.build(|row| Some(f(A::at(&a, row)?)))
    }

    /// Two arguments, row by row.
    ///
    /// # Errors
    /// An internal fault when an argument has another type.
    pub fn map2<'a, A: Arg<'a>, B: Arg<'a>, R: Ret>(
        &'a self,
        f: impl Fn(A, B) -> R,
    ) -> Result<ArrayRef, Fault> {
        let (a, b) = (self.column::<A>(0)?, self.column::<B>(1)?);
        self.build(|row| Some(f(A::at(&a, row)?, B::at(&b, row)?)))
    }

    /// Three arguments, row by row.
    ///
    /// # Errors
    /// An internal fault when an argument has another type.
    pub fn map3<'a, A: Arg<'a>, B: Arg<'a>, C: Arg<'a>, R: Ret>(
        &'a self,
        f: impl Fn(A, B, C) -> R,
    ) -> Result<ArrayRef, Fault> {
        let (a, b, c) = (
            self.column::<A>(0)?,
            self.column::<B>(1)?,
            self.column::<C>(2)?,
        );
        self.build(|row| Some(f(A::at(&a, row)?, B::at(&b, row)?, C::at(&c, row)?)))
    }

    /// Number of arguments.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
