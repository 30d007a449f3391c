//! Scalar expressions, a row at a time.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Mutex;

use arrow::array::ArrayRef;
use kql::contract::{Args, Datum, Fault, Setup};
use kql::plan::{Call, Eval, Expr, ExprKind, Signature};
use kql::text::fold;
use kql::types::{Type, Value, arrays};

use super::{Naive, Row, Stop, order_of};

/// The functions that only the product's own code computed so far.
pub static OWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Functions that answer otherwise for constants, as measured.
const OF_CONSTANTS: [&str; 2] = ["substring", "toint"];

impl Naive<'_> {
    /// The values of an expression for these rows.
    pub fn values(&self, expr: &Expr, rows: &[Row]) -> Result<Vec<Value>, Stop> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(vec![as_type(value, expr.ty); rows.len()]),
            ExprKind::Column(index) => Ok(rows.iter().map(|r| r[*index].clone()).collect()),
            ExprKind::Logic { and, terms } => {
                let columns: Result<Vec<Vec<Value>>, Stop> =
                    terms.iter().map(|t| self.values(t, rows)).collect();
                let columns = columns?;
                let truth = |row: usize| logic(*and, columns.iter().map(|c| &c[row]));
                Ok((0..rows.len()).map(truth).collect())
            }
            ExprKind::Shared(id) => {
                let shared = self.shared.borrow();
                let value = shared[*id].first().map(|row| row[0].clone());
                let value = value.unwrap_or_else(|| Value::null(expr.ty));
                Ok(vec![value; rows.len()])
            }
            ExprKind::SharedList(_) => Ok(vec![Value::null(expr.ty); rows.len()]),
            ExprKind::Call(call) => match call.function.eval {
                Eval::Window(_) => self.window(call, expr.ty, rows),
                _ => self.calls(call, expr, rows),
            },
        }
    }

    fn calls(&self, call: &Call, expr: &Expr, rows: &[Row]) -> Result<Vec<Value>, Stop> {
        let args: Result<Vec<Vec<Value>>, Stop> =
            call.args.iter().map(|a| self.values(a, rows)).collect();
        let args = args?;
        let lists: Vec<Option<Vec<Value>>> = call.args.iter().map(|a| self.list(a)).collect();
        let mut out = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let values: Vec<Value> = args.iter().map(|a| a[row].clone()).collect();
            out.push(match again(call, expr.ty, &values, &lists) {
                Some(value) => value,
                None => self.own(call, expr, &values, &lists)?,
            });
        }
        Ok(out)
    }

    fn list(&self, expr: &Expr) -> Option<Vec<Value>> {
        let ExprKind::SharedList(id) = expr.kind else {
            return None;
        };
        let shared = self.shared.borrow();
        Some(shared[id].iter().map(|row| row[0].clone()).collect())
    }

    /// The product's own code, given the row once as constants and once as columns.
    fn own(
        &self,
        call: &Call,
        expr: &Expr,
        values: &[Value],
        lists: &[Option<Vec<Value>>],
    ) -> Result<Value, Stop> {
        OWN.lock().unwrap().insert(call.function.name());
        let fixed = self.one_row(call, expr, values, lists, true);
        let free = self.one_row(call, expr, values, lists, false);
        if fixed.is_err() || free.is_err() {
            self.refused.set(true);
        }
        if OF_CONSTANTS.contains(&call.function.name()) {
            let value = if call.args.iter().all(Expr::is_constant) {
                fixed
            } else {
                free
            };
            return value.map_err(Stop::Fault);
        }
        match (fixed, free) {
            (Ok(fixed), Ok(free)) if !alike(&fixed, &free) => Err(Stop::Paths(format!(
                "{}{values:?}: of constants {fixed:?}, of columns {free:?}",
                call.function.name()
            ))),
            (_, Ok(value)) | (Ok(value), Err(_)) => Ok(value),
            (Err(fault), Err(_)) => Err(Stop::Fault(fault)),
        }
    }

    fn one_row(
        &self,
        call: &Call,
        expr: &Expr,
        values: &[Value],
        lists: &[Option<Vec<Value>>],
        fixed: bool,
    ) -> Result<Value, Fault> {
        let signature = Signature::parse(call.function.signatures[call.overload]).unwrap();
        let constant = |index: usize| {
            let parameter = signature.parameter(index, values.len());
            fixed || lists[index].is_some() || parameter.is_some_and(|p| p.constant)
        };
        let types: Vec<Type> = call.args.iter().map(|a| a.ty).collect();
        let data: Vec<Datum> = values
            .iter()
            .zip(&types)
            .enumerate()
            .map(|(index, (value, ty))| Datum {
                array: arrays::of(*ty, [value]),
                constant: constant(index),
                ty: *ty,
            })
            .collect();
        let args = Args {
            values: &data,
            rows: 1,
            ty: expr.ty,
            overload: call.overload,
            position: 0,
            parts: &[],
        };
        let array = match call.function.eval {
            Eval::Columns(f) => f(&args)?,
            Eval::Prepared(prepare) => {
                let constants: Vec<Option<Value>> = values
                    .iter()
                    .enumerate()
                    .map(|(index, value)| {
                        (constant(index) && lists[index].is_none()).then(|| value.clone())
                    })
                    .collect();
                let lists: Vec<Option<ArrayRef>> = lists
                    .iter()
                    .zip(&types)
                    .map(|(list, ty)| list.as_ref().map(|l| arrays::of(*ty, l)))
                    .collect();
                let kernel = prepare(&Setup {
                    constants: &constants,
                    lists: &lists,
                    types: &types,
                    ty: expr.ty,
                    overload: call.overload,
                    context: self.context,
                });
                let kernel = kernel.map_err(|p| Fault::problem(p, expr.span))?;
                kernel.call(&args)?
            }
            _ => panic!("{} cannot run", call.function.name()),
        };
        assert_eq!(array.len(), 1, "{}", call.function.name());
        Ok(arrays::value(&*array, expr.ty, 0))
    }
}

fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(a), Value::Real(b)) => a == b || a.is_nan() && b.is_nan(),
        (a, b) => a == b,
    }
}

fn as_type(value: &Value, ty: Type) -> Value {
    if value.ty() == ty {
        value.clone()
    } else {
        Value::null(ty)
    }
}

fn logic<'v>(and: bool, terms: impl Iterator<Item = &'v Value>) -> Value {
    let mut null = false;
    for term in terms {
        match term {
            Value::Bool(b) if *b != and => return Value::Bool(!and),
            Value::Bool(_) => {}
            _ => null = true,
        }
    }
    if null {
        Value::Null(Type::Bool)
    } else {
        Value::Bool(and)
    }
}

/// The functions that are said again here; nothing for the others.
fn again(call: &Call, ty: Type, v: &[Value], lists: &[Option<Vec<Value>>]) -> Option<Value> {
    let name = call.function.name();
    Some(match name {
        "==" | "!=" => return equality(&v[0], &v[1], name == "!="),
        "<" | "<=" | ">" | ">=" => return ordered(name, &v[0], &v[1]),
        "between" | "!between" => {
            let end = match (&v[1], &v[2]) {
                (Value::Datetime(start), Value::Timespan(length)) => {
                    // The sum may pass the last datetime.
                    let inside = match &v[0] {
                        Value::Datetime(at) => {
                            let (at, start) = (i128::from(*at), i128::from(*start));
                            start <= at && at <= start + i128::from(*length)
                        }
                        _ => return Some(Value::Null(Type::Bool)),
                    };
                    return Some(Value::Bool(inside != (name == "!between")));
                }
                (_, end) => end,
            };
            let inside = logic(
                true,
                [ordered(">=", &v[0], &v[1])?, ordered("<=", &v[0], end)?].iter(),
            );
            if v.iter().any(Value::is_null) {
                return Some(Value::Null(Type::Bool));
            }
            match inside {
                Value::Bool(b) => Value::Bool(b != (name == "!between")),
                other => other,
            }
        }
        "+" | "-" | "*" | "/" | "%" => return arithmetic(name, ty, &v[0], &v[1]),
        "not" => match &v[0] {
            Value::Bool(b) => Value::Bool(!b),
            other => other.clone(),
        },
        "iff" | "iif" => match &v[0] {
            Value::Bool(true) => v[1].clone(),
            _ => v[2].clone(),
        },
        "case" => {
            let branches = v
                .chunks(2)
                .find(|c| c.len() == 1 || c[0] == Value::Bool(true));
            branches?.last()?.clone()
        }
        "coalesce" => {
            let empty = |v: &&Value| match v {
                Value::String(text) => !text.is_empty(),
                Value::Dynamic(text) => &**text != "\"\"",
                v => !v.is_null(),
            };
            v.iter().find(empty).or(v.last())?.clone()
        }
        "isnull" | "isnotnull" | "notnull" => {
            if matches!(v[0], Value::Dynamic(_)) {
                return None;
            }
            Value::Bool(v[0].is_null() == (name == "isnull"))
        }
        "isempty" | "isnotempty" | "notempty" => {
            let empty = match &v[0] {
                Value::Dynamic(_) => return None,
                Value::String(text) => text.is_empty(),
                v => v.is_null(),
            };
            Value::Bool(empty == (name == "isempty"))
        }
        "strlen" => Value::Long(v[0].as_str()?.chars().count() as i64),
        "string_size" => Value::Long(v[0].as_str()?.len() as i64),
        "strcat" => {
            let parts: Option<Vec<&str>> = v.iter().map(Value::as_str).collect();
            Value::string(parts?.concat())
        }
        "strcmp" => Value::Long(match v[0].as_str()?.cmp(v[1].as_str()?) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }),
        "reverse" => Value::string(v[0].as_str()?.chars().rev().collect::<String>()),
        "substring" => {
            let text: Vec<char> = v[0].as_str()?.chars().collect();
            let start = v[1].as_i64()?;
            let length = match v.get(2) {
                Some(length) => length.as_i64()?,
                None => i64::MAX,
            };
            let start = match start {
                s if s >= 0 => s as usize,
                s if (s.unsigned_abs() as usize) <= text.len() => {
                    text.len() - s.unsigned_abs() as usize
                }
                _ => return None,
            };
            let part = text
                .iter()
                .skip(start)
                .take(usize::try_from(length).unwrap_or(0));
            Value::string(part.collect::<String>())
        }
        _ => {
            if let Some(found) = search(name, v) {
                return Some(Value::Bool(found));
            }
            return membership(call, v, lists);
        }
    })
}

/// Numbers and bools, as doubles if one of them is.
fn numbers(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    let whole = |v: &Value| match v {
        Value::Bool(b) => Some(i64::from(*b)),
        v => v.as_i64(),
    };
    let real = |v: &Value| match v {
        Value::Real(r) => Some(*r),
        v => whole(v).map(|w| w as f64),
    };
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Some(Some(a.cmp(&b)));
    }
    Some(real(a)?.partial_cmp(&real(b)?))
}

/// The order of two values that are not null; the outer nothing if it is not said here.
fn compared(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    if a.ty() == b.ty() && a.ty() != Type::Dynamic {
        return Some(order_of(a, b));
    }
    numbers(a, b)
}

fn equality(a: &Value, b: &Value, negated: bool) -> Option<Value> {
    if [a.ty(), b.ty()].contains(&Type::Dynamic) {
        return None;
    }
    Some(match (a.is_null(), b.is_null()) {
        (true, true) => Value::Null(Type::Bool),
        (true, false) | (false, true) => Value::Bool(negated),
        _ => Value::Bool((compared(a, b)? == Some(Ordering::Equal)) != negated),
    })
}

fn ordered(op: &str, a: &Value, b: &Value) -> Option<Value> {
    if [a.ty(), b.ty()].contains(&Type::Dynamic) {
        return None;
    }
    if a.is_null() || b.is_null() {
        return Some(Value::Null(Type::Bool));
    }
    let order = compared(a, b)?;
    Some(Value::Bool(match op {
        "<" => order == Some(Ordering::Less),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ">" => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }))
}

fn arithmetic(op: &str, ty: Type, a: &Value, b: &Value) -> Option<Value> {
    use Value as V;
    if [a.ty(), b.ty()].contains(&Type::Dynamic) {
        return None;
    }
    if a.is_null() || b.is_null() {
        return Some(V::Null(ty));
    }
    let null = V::Null(ty);
    Some(match (a, b, ty) {
        (V::Decimal(a), V::Decimal(b), _) => {
            let made = match op {
                "+" => a.checked_add(*b),
                "-" => a.checked_sub(*b),
                "*" => a.checked_mul(*b),
                "/" => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            made.map_or(null, V::Decimal)
        }
        (V::Datetime(a) | V::Timespan(a), V::Datetime(b) | V::Timespan(b), Type::Real) => {
            V::Real(*a as f64 / *b as f64)
        }
        (V::Timespan(_), V::Real(_) | V::Decimal(_), _)
        | (V::Real(_) | V::Decimal(_), V::Timespan(_), _) => {
            let real = |v: &Value| match v {
                V::Timespan(v) => *v as f64,
                v => v.as_f64().unwrap(),
            };
            let made = real_op(op, real(a), real(b)).round();
            let fits = made >= i64::MIN as f64 && made < i64::MAX as f64;
            if fits { V::Timespan(made as i64) } else { null }
        }
        (_, _, Type::Real) => V::Real(real_op(op, a.as_f64()?, b.as_f64()?)),
        _ => {
            let (x, y) = (super::whole::ticks(a), super::whole::ticks(b));
            if y == 0 && matches!(op, "/" | "%") {
                return Some(null);
            }
            let exact = match op {
                "+" => x + y,
                "-" => x - y,
                "*" => x * y,
                "/" => x / y,
                _ => x.rem_euclid(y),
            };
            match ty {
                // There is no datetime before the year 1 or after 9999.
                Type::Datetime => match i64::try_from(exact) {
                    Ok(v) if kql::temporal::in_range(v) => V::Datetime(v),
                    _ => null,
                },
                Type::Timespan => V::Timespan(exact as i64),
                _ => V::Long(exact as i64),
            }
        }
    })
}

fn real_op(op: &str, a: f64, b: f64) -> f64 {
    match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        _ => match a % b {
            rest if rest < 0.0 => rest + b.abs(),
            rest => rest,
        },
    }
}

/// Whether a text is found in another, by the operator's rule.
fn search(name: &str, v: &[Value]) -> Option<bool> {
    let (negated, rest) = match name {
        "!~" => (true, "=~"),
        name => match name.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, name),
        },
    };
    let (kind, sensitive) = match rest.strip_suffix("_cs") {
        Some(kind) => (kind, true),
        None => (rest, false),
    };
    let known = [
        "=~",
        "contains",
        "startswith",
        "endswith",
        "has",
        "hasprefix",
        "hassuffix",
    ];
    if !known.contains(&kind) {
        return None;
    }
    let (text, part) = (v[0].as_str()?, v[1].as_str()?);
    let folded = |text: &str| match sensitive {
        true => text.to_string(),
        false => fold(text).into_owned(),
    };
    let (text, part) = (folded(text), folded(part));
    let found = match kind {
        "=~" => text == part,
        "contains" => text.contains(&part),
        "startswith" => text.starts_with(&part),
        "endswith" => text.ends_with(&part),
        kind => has(&text, &part, kind != "hassuffix", kind != "hasprefix"),
    };
    Some(found != negated)
}

/// Whether a text has another, whose start and end have to be those of terms.
fn has(text: &str, part: &str, start: bool, end: bool) -> bool {
    let is_term = |c: char| c.is_alphanumeric();
    let (first, last) = (part.chars().next(), part.chars().next_back());
    let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let mut places = places.filter(|at| text[*at..].starts_with(part));
    places.any(|at| {
        let before = text[..at].chars().next_back();
        let after = text[at + part.len()..].chars().next();
        let clear = |edge: Option<char>, beside: Option<char>| {
            !edge.is_some_and(is_term) || !beside.is_some_and(is_term)
        };
        (!start || clear(first, before)) && (!end || clear(last, after))
    })
}

/// `in` and its kin, where all items have the value's type.
fn membership(call: &Call, v: &[Value], lists: &[Option<Vec<Value>>]) -> Option<Value> {
    let (negated, folds) = match call.function.name() {
        "in" => (false, false),
        "!in" => (true, false),
        "in~" => (false, true),
        "!in~" => (true, true),
        _ => return None,
    };
    let ty = v[0].ty();
    let mut items: Vec<Value> = Vec::new();
    for (item, list) in v.iter().zip(lists).skip(1) {
        match list {
            Some(list) => items.extend(list.iter().cloned()),
            None => items.push(item.clone()),
        }
    }
    if ty == Type::Dynamic || items.iter().any(|i| i.ty() != ty) {
        return None;
    }
    let null = items.iter().any(Value::is_null);
    if v[0].is_null() {
        return Some(match null {
            true => Value::Null(Type::Bool),
            false => Value::Bool(negated),
        });
    }
    let same = |item: &Value| match (item, &v[0]) {
        (Value::String(a), Value::String(b)) if folds => fold(a) == fold(b),
        (a, b) => !a.is_null() && compared(a, b) == Some(Some(Ordering::Equal)),
    };
    Some(Value::Bool(items.iter().any(same) != negated))
}
