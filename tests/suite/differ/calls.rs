//! Random calls of every builtin, made from its signatures.

use std::collections::HashMap;
use std::sync::OnceLock;

use kql::functions;
use kql::plan::signature::{Parameter, Passing, Returns};
use kql::plan::{AggregateEval, Eval, Role, Signature, Volatility};
use kql::types::Type;

use super::dice::Dice;
use super::expressions::{Scope, constant, expression};
use super::tables::TEXTS;
use super::tree::Tree;

/// Texts that functions want where they want a constant.
const WORDS: [&str; 26] = [
    "day",
    "hour",
    "Month",
    "week",
    "nanosecond",
    "yyyy-MM-dd",
    "hh:mm:ss.fff",
    "d.hh",
    "[a-z]+",
    "(a)(b)?",
    "a|b",
    "^a",
    ",",
    "=",
    "$.a",
    "$.a.b[0]",
    "regex",
    "normal",
    "windows",
    "browser",
    "US/Pacific",
    "Europe/Brussels",
    "Kilogram",
    "Gram",
    "Degree",
    "KB",
];

type Calls = HashMap<Type, Vec<&'static Signature>>;

fn add(calls: &mut Calls, signature: &'static Signature) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let named = signature.infix || signature.name.chars().all(word);
    let star = signature
        .parameters
        .iter()
        .any(|p| p.passing == Passing::Star);
    if !named || star || signature.name.starts_with("__") {
        return;
    }
    match signature.returns {
        Returns::Type(ty) => calls.entry(ty).or_default().push(signature),
        Returns::Variable(_) => {
            for ty in Type::ALL {
                calls.entry(ty).or_default().push(signature);
            }
        }
    }
}

/// The signatures of scalar functions by what they may return.
fn scalars() -> &'static Calls {
    static ALL: OnceLock<Calls> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut calls = Calls::new();
        for entry in functions::all_scalars() {
            let f = entry.function;
            let runs = !matches!(f.eval, Eval::Unsupported(_) | Eval::Window(_));
            if runs && f.volatility != Volatility::PerRow && f.role != Role::Binder {
                entry.signatures.iter().for_each(|s| add(&mut calls, s));
            }
        }
        calls
    })
}

/// The signatures of aggregates by what they may return.
fn aggregates() -> &'static Calls {
    static ALL: OnceLock<Calls> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut calls = Calls::new();
        for entry in functions::all_aggregates() {
            if !matches!(entry.function.eval, AggregateEval::Unsupported(_)) {
                entry.signatures.iter().for_each(|s| add(&mut calls, s));
            }
        }
        calls
    })
}

/// A call of a scalar function that may be of a type.
pub fn scalar(dice: &mut Dice, ty: Type, scope: &Scope<'_>, depth: usize) -> Option<Tree> {
    let signature = dice.pick(scalars().get(&ty)?);
    called(dice, signature, ty, scope, depth)
}

/// A call of an aggregate.
pub fn aggregate(dice: &mut Dice, scope: &Scope<'_>, depth: usize) -> Option<Tree> {
    let ty = *dice.pick(&Type::ALL);
    let signature = dice.pick(aggregates().get(&ty)?);
    called(dice, signature, ty, scope, depth)
}

fn called(
    dice: &mut Dice,
    signature: &Signature,
    ty: Type,
    scope: &Scope<'_>,
    depth: usize,
) -> Option<Tree> {
    let (start, end) = match signature.repeated {
        Some((start, end)) => (start, end),
        None => (signature.parameters.len(), signature.parameters.len()),
    };
    let mut parameters: Vec<&Parameter> = signature.parameters[..start].iter().collect();
    for _ in 0..1 + dice.roll(3) {
        parameters.extend(&signature.parameters[start..end]);
    }
    parameters.extend(&signature.parameters[end..]);
    let mut bound: HashMap<char, Type> = HashMap::new();
    if let Returns::Variable(letter) = signature.returns {
        bound.insert(letter, ty);
    }
    let mut args: Vec<Tree> = Vec::new();
    for parameter in parameters {
        if parameter.optional && dice.chance(50) {
            break;
        }
        if parameter.passing == Passing::TypeOf {
            args.push(Tree::text(format!("typeof({ty})")));
            continue;
        }
        let types: Vec<Type> = parameter.types.types().collect();
        // An int goes where a long goes.
        let pick = match (dice.roll(10), &types[..]) {
            (0, [Type::Long]) => Type::Int,
            (0, [Type::Real]) => Type::Long,
            _ => *dice.pick(&types),
        };
        let ty = match parameter.variable {
            Some(letter) => *bound.entry(letter).or_insert(pick),
            None => pick,
        };
        args.push(match (parameter.constant, ty) {
            (true, Type::String) => {
                let text = match dice.chance(60) {
                    true => *dice.pick(&WORDS),
                    false => *dice.pick(&TEXTS),
                };
                Tree::Node(ty, vec![Tree::text(kql::json::quote(text))])
            }
            (true, Type::Long | Type::Int | Type::Real) if dice.chance(70) => {
                Tree::text(dice.roll(6).to_string())
            }
            (true, _) => constant(dice, ty),
            _ => expression(dice, ty, scope, depth.saturating_sub(1)),
        });
    }
    if !signature.infix {
        let list = Tree::List(", ", signature.arity().0, args);
        let name = Tree::text(format!("{}(", signature.name));
        return Some(Tree::Node(ty, vec![name, list, Tree::text(")")]));
    }
    let mut args = args.into_iter();
    let (left, right) = (args.next()?, args.next()?);
    let mut parts = vec![
        Tree::text("("),
        left,
        Tree::text(format!(" {} ", signature.name)),
    ];
    match (signature.repeated, args.next()) {
        (Some(_), third) => {
            let items = [Some(right), third].into_iter().flatten().chain(args);
            parts.push(Tree::text("("));
            parts.push(Tree::List(", ", 1, items.collect()));
            parts.push(Tree::text(")"));
        }
        (None, Some(third)) => {
            parts.extend([
                Tree::text("("),
                right,
                Tree::text(" .. "),
                third,
                Tree::text(")"),
            ]);
        }
        (None, None) => parts.push(right),
    }
    parts.push(Tree::text(")"));
    Some(Tree::Node(ty, parts))
}
