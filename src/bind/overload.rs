//! Which signature of a builtin a call means, and the conversions its arguments need.

use crate::contract::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::functions;
use crate::plan::signature::{Parameter, Passing, Returns, Signature, TypeSet};
use crate::plan::{Expr, Role, Scalar, fold};
use crate::source::Span;
use crate::types::{Type, Value};

/// A signature that fits a call.
#[derive(Clone, Debug)]
pub struct Match {
    /// Index of the signature.
    pub overload: usize,
    /// The type each argument must be converted to; `None` leaves it as it is.
    pub targets: Vec<Option<Type>>,
    /// The type of the result.
    pub returns: Type,
    cost: u32,
}

/// Why no signature fits.
#[derive(Debug)]
pub enum Mismatch {
    /// None takes so many arguments.
    Count,
    /// None takes these types; the index is an argument that the nearest signature refuses.
    Types(usize),
    /// Arguments that must have one type have several.
    NoCommonType,
}

impl Mismatch {
    /// Whether there are as many arguments as need be but for one that is missing between two commas, as the
    /// parser has said: the other comma is one too many.
    pub fn is_of_a_missing_one(&self, signatures: &[Signature], spans: &[Span]) -> bool {
        let missing = spans.iter().position(|span| span.is_empty());
        let fits = |at: usize| at + 1 < spans.len() && signatures.iter().any(|s| s.takes(at + 1));
        matches!(self, Mismatch::Count) && missing.is_some_and(fits)
    }
}

/// An argument as overloads see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A value of this type.
    Value(Type),
    /// `typeof(…)`.
    TypeOf(Type),
    /// `*`.
    Star,
}

/// The cheapest signature that takes these arguments, earlier ones first. Where an argument's type is not known, nor
/// is that of the result if others that fit give another one.
///
/// # Errors
/// See [`Mismatch`].
pub fn choose(signatures: &[Signature], arguments: &[Argument]) -> Result<Match, Mismatch> {
    let mut best: Option<Match> = None;
    let mut mismatch = Mismatch::Count;
    let unknown = arguments.contains(&Argument::Value(Type::Unknown));
    let mut several = false;
    for (overload, signature) in signatures.iter().enumerate() {
        if !signature.takes(arguments.len()) {
            continue;
        }
        match fit(overload, signature, arguments) {
            Ok(found) => {
                let other = |b: &Match| b.returns != found.returns;
                several |= unknown && best.as_ref().is_some_and(other);
                if best.as_ref().is_none_or(|b| found.cost < b.cost) {
                    best = Some(found);
                }
            }
            Err(why) => {
                let later = match (&mismatch, &why) {
                    (Mismatch::Types(a), Mismatch::Types(b)) => b > a,
                    (_, Mismatch::NoCommonType) | (Mismatch::Count, _) => true,
                    _ => false,
                };
                if later {
                    mismatch = why;
                }
            }
        }
    }
    let mut best = best.ok_or(mismatch)?;
    if several {
        best.returns = Type::Unknown;
    }
    Ok(best)
}

fn fit(overload: usize, signature: &Signature, arguments: &[Argument]) -> Result<Match, Mismatch> {
    let mut variables: Vec<(char, Type, bool)> = Vec::new();
    let mut cost = 0;
    let mut targets = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        let parameter = signature
            .parameter(index, arguments.len())
            .ok_or(Mismatch::Count)?;
        let (added, target) = accept(parameter, *argument).ok_or(Mismatch::Types(index))?;
        cost += added;
        targets.push(target);
        if let (Some(variable), Argument::Value(ty) | Argument::TypeOf(ty)) =
            (parameter.variable, *argument)
        {
            let widen = parameter.types != TypeSet::ANY;
            match variables.iter_mut().find(|(v, _, _)| *v == variable) {
                None => variables.push((variable, ty, widen)),
                Some((_, bound, _)) => {
                    let together = common(*bound, ty, widen).ok_or(Mismatch::NoCommonType)?;
                    *bound = together;
                }
            }
        }
    }
    for (index, argument) in arguments.iter().enumerate() {
        let Some(variable) = signature
            .parameter(index, arguments.len())
            .and_then(|p| p.variable)
        else {
            continue;
        };
        if let (Argument::Value(ty), Some((_, bound, _))) =
            (*argument, variables.iter().find(|(v, _, _)| *v == variable))
            && ty != *bound
            && ty != Type::Unknown
        {
            cost += widening(ty, *bound).unwrap_or(6);
            targets[index] = Some(*bound);
        }
    }
    let returns = match signature.returns {
        Returns::Type(ty) => ty,
        Returns::Variable(v) => variables
            .iter()
            .find(|(name, _, _)| *name == v)
            .map_or(Type::Unknown, |(_, ty, _)| *ty),
    };
    Ok(Match {
        overload,
        targets,
        returns,
        cost,
    })
}

/// What it costs to pass an argument, and the type it must be converted to first.
fn accept(parameter: &Parameter, argument: Argument) -> Option<(u32, Option<Type>)> {
    let ty = match (parameter.passing, argument) {
        (Passing::TypeOf, Argument::TypeOf(_)) | (Passing::Star, Argument::Star) => {
            return Some((0, None));
        }
        (Passing::TypeOf | Passing::Star, _) | (_, Argument::TypeOf(_) | Argument::Star) => {
            return None;
        }
        (_, Argument::Value(ty)) => ty,
    };
    if ty == Type::Unknown {
        return Some((0, None));
    }
    match parameter.passing {
        Passing::Text if parameter.types.contains(ty) => match ty {
            Type::String => Some((0, None)),
            _ => Some((1, Some(Type::String))),
        },
        Passing::Widened => {
            let wanted = parameter.types.single()?;
            if ty == wanted {
                return Some((0, None));
            }
            widening(ty, wanted).map(|cost| (cost, Some(wanted)))
        }
        Passing::Truth if ty == Type::Bool => Some((0, None)),
        Passing::Truth if ty.is_number() => Some((8, Some(Type::Bool))),
        Passing::AsIs if parameter.types.contains(ty) => Some((0, None)),
        _ => None,
    }
}

/// What it costs to widen a number; `None` if it cannot be.
fn widening(from: Type, to: Type) -> Option<u32> {
    Some(match (from, to) {
        (Type::Int, Type::Long) | (Type::Real, Type::Decimal) => 1,
        (Type::Long, Type::Real) => 2,
        (Type::Int, Type::Real) | (Type::Long, Type::Decimal) => 3,
        (Type::Int, Type::Decimal) => 4,
        (Type::Decimal, Type::Real) => 5,
        _ => return None,
    })
}

/// The one type that values of both types can have: equal, `int` with `long`, the other type beside
/// `dynamic` (as the language service has it, and published queries group by it); with `widen` also
/// the wider of two numbers.
pub fn common(a: Type, b: Type, widen: bool) -> Option<Type> {
    if a == b || b == Type::Unknown {
        return Some(a);
    }
    if a == Type::Unknown {
        return Some(b);
    }
    if a.is_integer() && b.is_integer() {
        return Some(Type::Long);
    }
    if widen && a.is_number() && b.is_number() {
        return Some(a.max(b));
    }
    match (a, b) {
        (Type::Dynamic, other) | (other, Type::Dynamic) if !widen => Some(other),
        _ => None,
    }
}

/// `expr` as a value of type `to`, by the conversion that is declared for that type; a constant is
/// converted at once.
pub fn convert(expr: Expr, to: Type) -> Expr {
    if expr.ty == to || expr.ty == Type::Unknown || to == Type::Unknown {
        return expr;
    }
    let role = match to {
        Type::Dynamic => Role::Box,
        Type::String => Role::ToString,
        _ => Role::Convert,
    };
    let Some((function, overload)) = conversion(role, expr.ty, to) else {
        return expr;
    };
    let span = expr.span;
    let literal = expr.as_literal().is_some();
    let call = Expr::call(function, overload, vec![expr], to, span);
    if literal && let Ok(value) = fold::constant(&call, None) {
        return Expr::literal(value, span).typed(to);
    }
    call
}

/// The conversion of this role that takes `from` and returns `to`.
fn conversion(role: Role, from: Type, to: Type) -> Option<(&'static Scalar, usize)> {
    functions::with_role(role).iter().find_map(|entry| {
        let fits = choose(&entry.signatures, &[Argument::Value(from)]).ok()?;
        // A declaration may take text or dynamic only by a further conversion: not those.
        let direct = fits.targets.iter().all(Option::is_none);
        (fits.returns == to && direct && entry.function.deprecated.is_none())
            .then_some((entry.function, fits.overload))
    })
}

/// A string literal beside a value of another type is read as that type: `n == '1'`,
/// `t == '2020-01-01'` (measured).
pub fn literal_as(expr: &Expr, other: Type, context: Option<&Context>) -> Option<Expr> {
    let suits = !matches!(other, Type::String | Type::Dynamic | Type::Unknown);
    if expr.ty != Type::String || !suits {
        return None;
    }
    let value = fold::constant(expr, context).ok()?;
    let literal = Expr::literal(value, expr.span);
    let converted = convert(literal, other);
    (converted.ty == other).then_some(converted)
}

/// A number that is constant beside text is read as text: `ResultType == 0` of published rules, whose
/// column has the texts of codes.
pub fn number_as_text(expr: &Expr, other: Type, context: Option<&Context>) -> Option<Expr> {
    if other != Type::String || !expr.ty.is_number() {
        return None;
    }
    let value = fold::constant(expr, context).ok()?;
    Some(convert(Expr::literal(value, expr.span), Type::String))
}

/// What is given for the parameters that must have one type.
fn alike(signatures: &[Signature], arguments: &[Argument]) -> Vec<String> {
    let mut fitting = signatures.iter().filter(|s| s.takes(arguments.len()));
    let chosen = fitting.clone().find(|s| {
        (0..arguments.len())
            .filter_map(|i| s.parameter(i, arguments.len()))
            .any(|p| p.variable.is_some())
    });
    let chosen = chosen.or_else(|| fitting.next());
    let free = |i: usize| {
        let parameter = chosen.and_then(|s| s.parameter(i, arguments.len()));
        parameter.is_none_or(|p| p.variable.is_some())
    };
    let given = arguments.iter().enumerate().filter(|(i, _)| free(*i));
    given.map(|(_, a)| describe(*a)).collect()
}

/// The diagnostic for a call that no signature fits.
pub fn refuse(
    name: &str,
    signatures: &[Signature],
    arguments: &[Argument],
    spans: &[Span],
    span: Span,
    why: &Mismatch,
) -> Diagnostic {
    let infix = signatures.first().is_some_and(|s| s.infix);
    let forms: Vec<&str> = signatures.iter().map(|s| s.notation).take(4).collect();
    let help = format!("it is declared as {}", forms.join("  or  "));
    let given: Vec<String> = arguments.iter().map(|a| describe(*a)).collect();
    match why {
        Mismatch::Count => {
            let least = signatures.iter().map(|s| s.arity().0).min().unwrap_or(0);
            let most = signatures
                .iter()
                .map(|s| s.arity().1)
                .try_fold(0, |m, a| a.map(|a| m.max(a)));
            let wanted = match most {
                Some(most) if most == least => plural(least),
                Some(most) => format!("{least} to {}", plural(most)),
                None => format!("at least {}", plural(least)),
            };
            Diagnostic::new(
                Code::ArgumentCount,
                span,
                format!("`{name}` takes {wanted}, not {}", arguments.len()),
            )
            .kusto_as(count_id(signatures))
            .help(help)
        }
        _ if infix => Diagnostic::new(
            Code::OperandTypes,
            span,
            format!(
                "operator `{name}` is not defined for {}",
                given.join(" and ")
            ),
        )
        .help("convert one side, for example with tostring(), tolong() or todatetime()"),
        Mismatch::NoCommonType => Diagnostic::new(
            Code::CommonType,
            span,
            format!(
                "the arguments of `{name}` have no common type: {}",
                alike(signatures, arguments).join(", ")
            ),
        )
        .help("convert them to one type, for example with tostring() or todouble()"),
        Mismatch::Types(index) => {
            let argument = spans.get(*index).copied().unwrap_or(span);
            let wanted = wanted(signatures, arguments, *index);
            let kusto = match alone_wrong(signatures, arguments, *index) {
                true => wanted_id(&wanted),
                false => "KS127",
            };
            let wanted = wanted.join(" or ");
            let found = given.get(*index).cloned().unwrap_or_default();
            let message = format!("`{name}` cannot take {found} here");
            let said = match kusto {
                "KS127" => Diagnostic::new(Code::ArgumentTypes, span, message)
                    .also(argument, format!("wants {wanted}")),
                _ => Diagnostic::new(Code::ArgumentTypes, argument, message)
                    .label(format!("wants {wanted}")),
            };
            said.kusto_as(kusto).help(help)
        }
    }
}

/// Microsoft's id of a wrong number of arguments: groups repeat, single arguments do, or none.
fn count_id(signatures: &[Signature]) -> &'static str {
    let repeated = |s: &Signature| s.repeated.map(|(start, end)| end - start);
    match signatures.iter().filter_map(repeated).max() {
        None => "KS119",
        Some(1) => "KS120",
        Some(_) => "KS121",
    }
}

/// What the signatures want of an argument, each once.
fn wanted(signatures: &[Signature], arguments: &[Argument], index: usize) -> Vec<&'static str> {
    let takes = signatures.iter().filter(|s| s.takes(arguments.len()));
    let mut wanted = Vec::new();
    for parameter in takes.filter_map(|s| s.parameter(index, arguments.len())) {
        if !wanted.contains(&parameter.notation) {
            wanted.push(parameter.notation);
        }
    }
    wanted
}

/// Whether one argument is wrong whatever the others are: no signature takes it, and the signatures differ
/// in it alone, or in others alone.
fn alone_wrong(signatures: &[Signature], arguments: &[Argument], index: usize) -> bool {
    let takes: Vec<_> = signatures
        .iter()
        .filter(|s| s.takes(arguments.len()))
        .collect();
    let same = |i: usize| wanted(signatures, arguments, i).len() < 2;
    let refused = takes.iter().all(|s| {
        s.parameter(index, arguments.len())
            .is_none_or(|p| accept(p, arguments[index]).is_none())
    });
    refused && (same(index) || (0..arguments.len()).all(|i| i == index || same(i)))
}

/// Microsoft's id of an argument that is not what these notations say.
fn wanted_id(wanted: &[&str]) -> &'static str {
    let class = |w: &&str| match w.rsplit(':').next().unwrap_or(w) {
        "integer" | "int" | "long" => 1,
        "real" | "decimal" | "number" => 2,
        "summable" | "datetime" | "timespan" => 3,
        // The service wants a number where a truth value counts as one.
        "bool" => 0,
        _ => 4,
    };
    match wanted {
        ["datetime" | "timespan" | "bool" | "string" | "guid"] => "KS107",
        ["orderable"] => "KS206",
        ["scalar"] => "KS116",
        ["array" | "dynamic" | "dynamic|number"] => "KS234",
        ["bag"] => "KS235",
        ["string|dynamic"] => "KS233",
        ["stringy"] => "KS141",
        [only] if only.contains('|') => "KS141",
        _ => match wanted.iter().map(class).max() {
            Some(1) => "KS134",
            Some(2) => "KS137",
            Some(3) => "KS138",
            _ => "KS107",
        },
    }
}

fn describe(argument: Argument) -> String {
    match argument {
        Argument::Value(ty) => ty.name().to_string(),
        Argument::TypeOf(_) => "typeof(…)".to_string(),
        Argument::Star => "*".to_string(),
    }
}

fn plural(count: usize) -> String {
    match count {
        0 => "no arguments".to_string(),
        1 => "1 argument".to_string(),
        n => format!("{n} arguments"),
    }
}

impl Expr {
    /// The same with another type: for constants that became null.
    #[must_use]
    fn typed(mut self, ty: Type) -> Expr {
        if let crate::plan::ExprKind::Literal(value @ Value::Null(_)) = &mut self.kind {
            *value = Value::null(ty);
        }
        self.ty = ty;
        self
    }
}
