//! Membership in a list: sets of values, and the kernel of `in` and its kin.

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, make_view};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use hashbrown::HashSet;

use super::convert;
use super::items::{Items, Kept};
use super::search::{folded, length_of};
use crate::contract::{Args, Datum, Fault, Kernel, Problem, Setup};
use crate::decimal::Decimal;
use crate::diagnostic::Code;
use crate::json;
use crate::text::{fold, value_text};
use crate::types::{Type, Value, arrays};

/// A value in the form its kind of list compares.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    /// `bool int long datetime timespan`.
    Whole(i64),
    /// Bits of a `real`, zero without its sign.
    Real(u64),
    Decimal(Decimal),
    /// A `string`, folded if case does not count; of a dynamic, the JSON that identifies it.
    Text(String),
    Guid([u8; 16]),
}

/// How the values of a list compare with those of a column.
#[derive(Clone, Copy, Debug)]
struct Comparison {
    /// Type of the column.
    ty: Type,
    ignore_case: bool,
}

impl Comparison {
    /// The key of a value; `None` when no value of the column equals it.
    fn key(self, value: &Value) -> Option<Key> {
        if is_null(value) {
            return None;
        }
        match self.ty {
            Type::String if self.ignore_case => {
                Some(Key::Text(fold(&value_text(value)).into_owned()))
            }
            // A truth value beside text is one of a dynamic list, and has the text that JSON has for it.
            Type::String => Some(Key::Text(match value {
                Value::Bool(value) => value.to_string(),
                value => value_text(value),
            })),
            Type::Dynamic | Type::Unknown => {
                let text = json::from_value(value)?;
                Some(Key::Text(json::identity(&text).into_owned()))
            }
            Type::Real => real_key(number_of(value, Type::Real)?.as_f64()?),
            Type::Decimal => match number_of(value, Type::Decimal)? {
                Value::Decimal(v) => Some(Key::Decimal(v)),
                Value::Real(v) => Decimal::from_f64(v).map(Key::Decimal),
                whole => Some(Key::Decimal(Decimal::from_i64(whole.as_i64()?))),
            },
            Type::Bool | Type::Int | Type::Long => whole_key(&number_of(value, self.ty)?),
            Type::Datetime | Type::Timespan => match self.typed(value)? {
                Value::Datetime(v) | Value::Timespan(v) => Some(Key::Whole(v)),
                _ => None,
            },
            Type::Guid => match self.typed(value)? {
                Value::Guid(v) => Some(Key::Guid(v)),
                _ => None,
            },
        }
    }

    /// A value of the column's type, read from text if need be.
    fn typed(self, value: &Value) -> Option<Value> {
        if value.ty() == self.ty {
            return Some(value.clone());
        }
        let text = value.as_str()?;
        let read = convert::from_json(&json::quote(text), self.ty);
        (!read.is_null()).then_some(read)
    }

    /// Whether values of type `ty` may be compared with the column at all.
    fn admits(self, ty: Type) -> bool {
        let number = |ty: Type| ty.is_number() || ty == Type::Bool;
        let dynamic = |ty: Type| matches!(ty, Type::Dynamic | Type::Unknown);
        ty == self.ty || dynamic(ty) || dynamic(self.ty) || number(ty) && number(self.ty)
    }
}

/// Whether an item is null, or an element that is.
fn is_null(value: &Value) -> bool {
    match value {
        Value::Dynamic(text) => json::is_null(text),
        value => value.is_null(),
    }
}

/// A number or bool as it is; a text read as a value of type `ty`.
fn number_of(value: &Value, ty: Type) -> Option<Value> {
    match value {
        Value::String(text) => {
            let read = convert::from_json(&json::quote(text), ty);
            (!read.is_null()).then_some(read)
        }
        Value::Bool(v) => Some(Value::Long(i64::from(*v))),
        value => value.ty().is_number().then(|| value.clone()),
    }
}

fn whole_key(value: &Value) -> Option<Key> {
    let whole = match value {
        Value::Bool(v) => Some(i64::from(*v)),
        Value::Real(v) => (*v == v.trunc() && v.abs() < i64::MAX as f64).then_some(*v as i64),
        Value::Decimal(v) => v.to_i64().filter(|whole| Decimal::from_i64(*whole) == *v),
        value => value.as_i64(),
    };
    whole.map(Key::Whole)
}

fn real_key(value: f64) -> Option<Key> {
    // Zero has one key whatever its sign; NaN equals nothing.
    (!value.is_nan()).then(|| Key::Real((value + 0.0).to_bits()))
}

/// The known values of a list.
enum Set {
    Wholes(Bag<i64>),
    Reals(Bag<u64>),
    Decimals(Bag<Decimal>),
    Texts(Texts),
    Guids(Bag<[u8; 16]>),
}

/// Few values are compared one by one, many are hashed.
enum Bag<T> {
    Few(Vec<T>),
    Many(HashSet<T>),
}

impl<T: Hash + Eq> Bag<T> {
    fn new(values: Vec<T>) -> Bag<T> {
        match values.len() {
            0..=4 => Bag::Few(values),
            _ => Bag::Many(values.into_iter().collect()),
        }
    }

    fn has(&self, value: &T) -> bool {
        match self {
            Bag::Few(values) => values.contains(value),
            Bag::Many(values) => values.contains(value),
        }
    }
}

/// Texts; those of up to 12 bytes are wholly in their views.
struct Texts {
    short: Bag<u128>,
    long: HashSet<Box<str>>,
}

impl Texts {
    fn has(&self, text: &str) -> bool {
        match text.len() {
            0..=12 => self.short.has(&make_view(text.as_bytes(), 0, 0)),
            _ => self.long.contains(text),
        }
    }
}

impl Set {
    fn new(ty: Type, keys: impl IntoIterator<Item = Key>) -> Set {
        let (mut wholes, mut reals, mut decimals) = (Vec::new(), Vec::new(), Vec::new());
        let (mut guids, mut short, mut long) = (Vec::new(), Vec::new(), HashSet::new());
        for key in keys {
            match key {
                Key::Whole(v) => wholes.push(v),
                Key::Real(v) => reals.push(v),
                Key::Decimal(v) => decimals.push(v),
                Key::Guid(v) => guids.push(v),
                Key::Text(v) if v.len() <= 12 => short.push(make_view(v.as_bytes(), 0, 0)),
                Key::Text(v) => {
                    long.insert(v.into_boxed_str());
                }
            }
        }
        match ty {
            Type::String | Type::Dynamic | Type::Unknown => Set::Texts(Texts {
                short: Bag::new(short),
                long,
            }),
            Type::Real => Set::Reals(Bag::new(reals)),
            Type::Decimal => Set::Decimals(Bag::new(decimals)),
            Type::Guid => Set::Guids(Bag::new(guids)),
            _ => Set::Wholes(Bag::new(wholes)),
        }
    }

    /// For every cell of a column, whether it is in the set; what a null cell gives is open.
    fn column(&self, datum: &Datum, ignore_case: bool) -> Option<BooleanBuffer> {
        let (array, rows) = (&datum.array, datum.array.len());
        Some(match self {
            Set::Wholes(set) => match datum.ty {
                Type::Int => {
                    let values = array.as_primitive_opt::<Int32Type>()?.values();
                    BooleanBuffer::collect_bool(rows, |i| set.has(&i64::from(values[i])))
                }
                Type::Bool => {
                    let values = array.as_boolean_opt()?;
                    BooleanBuffer::collect_bool(rows, |i| set.has(&i64::from(values.value(i))))
                }
                _ => {
                    let values = array.as_primitive_opt::<Int64Type>()?.values();
                    BooleanBuffer::collect_bool(rows, |i| set.has(&values[i]))
                }
            },
            Set::Reals(set) => {
                let values = array.as_primitive_opt::<Float64Type>()?.values();
                BooleanBuffer::collect_bool(rows, |i| {
                    !values[i].is_nan() && set.has(&(values[i] + 0.0).to_bits())
                })
            }
            Set::Decimals(set) => {
                let values = array.as_fixed_size_binary_opt()?;
                BooleanBuffer::collect_bool(rows, |i| {
                    let bytes = values.value(i).try_into();
                    bytes.is_ok_and(|bytes| set.has(&Decimal::from_bytes(bytes)))
                })
            }
            Set::Guids(set) => {
                let values = array.as_fixed_size_binary_opt()?;
                BooleanBuffer::collect_bool(rows, |i| {
                    values.value(i).try_into().is_ok_and(|guid| set.has(&guid))
                })
            }
            Set::Texts(set) => {
                let texts = array.as_string_view_opt()?;
                let views = texts.views();
                let mut scratch = String::new();
                if datum.ty != Type::String {
                    BooleanBuffer::collect_bool(rows, |i| set.has(&json::identity(texts.value(i))))
                } else if ignore_case {
                    BooleanBuffer::collect_bool(rows, |i| {
                        set.has(folded(texts.value(i), &mut scratch))
                    })
                } else {
                    BooleanBuffer::collect_bool(rows, |i| match length_of(views[i]) {
                        0..=12 => set.short.has(&views[i]),
                        _ => !set.long.is_empty() && set.long.contains(texts.value(i)),
                    })
                }
            }
        })
    }
}

/// `in` and its kin.
pub(super) struct Members {
    comparison: Comparison,
    set: Set,
    /// Whether a null is listed: a null value is then neither in nor out.
    null: bool,
    items: Items,
    kept: Kept<(Set, bool)>,
    negate: bool,
}

impl Members {
    /// A list of `items`, whose types must go with that of the value.
    pub(super) fn new(
        setup: &Setup<'_>,
        mut items: Items,
        ignore_case: bool,
        negate: bool,
    ) -> Result<Members, Problem> {
        let ty = setup.types.first().copied().unwrap_or(Type::Unknown);
        let comparison = Comparison { ty, ignore_case };
        for (argument, item) in setup.types.iter().enumerate().skip(1) {
            // A constant is read as the value's type.
            let constant = setup.constant(argument).is_some();
            let read = constant && (ty == Type::String || *item == Type::String);
            if !read && !comparison.admits(*item) {
                let message = format!("a {item} cannot be compared with a {ty}");
                let problem = Problem::new(Code::OperandTypes, message).at(argument);
                return Err(problem.help("convert one side, for example with tostring()"));
            }
        }
        let known = std::mem::take(&mut items.known);
        let mut keys = Vec::with_capacity(known.len());
        for item in &known {
            match comparison.key(&item.value) {
                Some(key) => keys.push(key),
                None if item.element || item.value.as_str().is_none() => {}
                None => {
                    let message = format!("'{}' is not a {ty}", value_text(&item.value));
                    return Err(Problem::new(Code::WrongType, message).at(item.argument));
                }
            }
        }
        Ok(Members {
            comparison,
            set: Set::new(ty, keys),
            null: known.iter().any(|item| is_null(&item.value)),
            items,
            kept: Kept::default(),
            negate,
        })
    }

    /// Whether each row is in the items that differ by row, added to `found`; and whether a null
    /// is among them.
    fn varying(
        &self,
        args: &Args<'_>,
        value: &Datum,
        found: &BooleanBuffer,
    ) -> Result<(BooleanBuffer, Vec<bool>), Fault> {
        let (mut all, mut nulls) = (Vec::new(), Vec::new());
        for row in 0..args.rows {
            let at = if value.constant { 0 } else { row };
            let key = self
                .comparison
                .key(&arrays::value(&value.array, value.ty, at));
            let mut null = false;
            let here = found.value(at)
                || self.items.any_varying(args, row, &mut |item| {
                    null |= is_null(item);
                    key.is_some() && self.comparison.key(item) == key
                })?;
            all.push(here);
            nulls.push(null);
        }
        Ok((all.into(), nulls))
    }
}

impl Kernel for Members {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let value = args.datum(0)?;
        let wrong = || Fault::internal(format!("a {} holds another type", value.ty));
        let ignore_case = self.comparison.ignore_case;
        let mut found = self.set.column(value, ignore_case).ok_or_else(wrong)?;
        let mut null = self.null;
        let fixed = self.kept.of(self.items.fixed(args)?, |values| {
            let keys = values.iter().filter_map(|v| self.comparison.key(v));
            let set = Set::new(self.comparison.ty, keys);
            Ok((set, values.iter().any(is_null)))
        })?;
        if let Some(fixed) = &fixed {
            let more = fixed.0.column(value, ignore_case).ok_or_else(wrong)?;
            found = &found | &more;
            null |= fixed.1;
        }
        let mut nulls = Vec::new();
        if self.items.varies(args)? {
            (found, nulls) = self.varying(args, value, &found)?;
        } else if value.constant && args.rows != 1 {
            found = match found.value(0) {
                true => BooleanBuffer::new_set(args.rows),
                false => BooleanBuffer::new_unset(args.rows),
            };
        }
        Ok(Arc::new(self.finish(value, found, null, &nulls)))
    }
}

impl Members {
    /// Nulls are in no list, unless a null is listed: then the answer is null.
    fn finish(
        &self,
        value: &Datum,
        mut found: BooleanBuffer,
        null: bool,
        nulls: &[bool],
    ) -> BooleanArray {
        let rows = found.len();
        let mut valid = None;
        if self.comparison.ty != Type::String
            && let Some(present) = value.array.nulls()
        {
            let present = match value.constant {
                true if present.is_valid(0) => BooleanBuffer::new_set(rows),
                true => BooleanBuffer::new_unset(rows),
                false => present.inner().clone(),
            };
            found = &found & &present;
            let open = |row: usize| null || nulls.get(row).is_some_and(|n| *n);
            valid = Some(NullBuffer::new(BooleanBuffer::collect_bool(rows, |row| {
                present.value(row) || !open(row)
            })));
        }
        if self.negate {
            found = !&found;
        }
        BooleanArray::new(found, valid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::testing::{d, n, s, text_of};

    #[test]
    fn constants_of_every_type() {
        let null = Value::Null(Type::Long);
        for (value, items, expected) in [
            (s("b"), vec![s("a"), s("b")], "True"),
            (
                s("longer than twelve"),
                vec![s("longer than twelve")],
                "True",
            ),
            (s("2"), vec![n(2)], "True"),
            (n(2), vec![Value::Real(2.0)], "True"),
            (n(2), vec![Value::Real(2.5)], "False"),
            (n(2), vec![s("2")], "True"),
            (n(2), vec![s("x")], "!'x' is not a long"),
            (Value::Real(0.5), vec![n(1), Value::Real(0.5)], "True"),
            (n(3), vec![d("[1,2,3]"), s("4"), n(5), n(6), n(7)], "True"),
            (d("\"a\""), vec![s("a")], "True"),
            (d("5"), vec![s("5")], "False"),
            (d("5.0"), vec![n(5)], "True"),
            (null.clone(), vec![n(1)], "False"),
            (null.clone(), vec![n(1), null.clone()], ""),
            (n(1), vec![null], "False"),
            (Value::Datetime(0), vec![s("0001-01-01")], "True"),
            (
                Value::Datetime(0),
                vec![n(0)],
                "!a long cannot be compared with a datetime",
            ),
        ] {
            let mut args = vec![value];
            args.extend(items);
            assert_eq!(text_of("in", &args), expected, "{args:?}");
        }
        assert_eq!(text_of("in~", &[s("ÉTÉ"), d("[\"été\"]")]), "True");
        assert_eq!(text_of("!in~", &[s("POST"), s("get"), s("post")]), "False");
    }

    #[test]
    fn items_that_are_known_late_or_differ_by_row() {
        let kernel = |types: &[Type]| {
            let context = crate::contract::Context::at(0);
            let constants = vec![None; types.len()];
            let setup = Setup {
                constants: &constants,
                lists: &[],
                types,
                ty: Type::Bool,
                overload: 0,
                context: &context,
            };
            Members::new(&setup, Items::of(&setup, 1), false, false).unwrap()
        };
        let datum = |ty, constant, values: &[Value]| Datum {
            array: arrays::of(ty, values),
            constant,
            ty,
        };
        let types = [Type::String, Type::String, Type::Dynamic];
        let values = [
            datum(Type::String, false, &["a", "b", "c", "d"].map(s)),
            datum(Type::String, false, &["x", "b", "x", "x"].map(s)),
            datum(Type::Dynamic, true, &[d("[\"c\",\"z\"]")]),
        ];
        let args = Args {
            values: &values,
            rows: 4,
            ty: Type::Bool,
            overload: 0,
            position: 0,
            parts: &[],
        };
        let found = kernel(&types).call(&args).unwrap();
        let found: Vec<bool> = found.as_boolean().iter().flatten().collect();
        assert_eq!(found, [false, true, true, false]);
    }
}
