//! Binds aggregates: calls inside `summarize` and its kin.

use std::sync::Arc;

use crate::bind::Binder;
use crate::bind::name::constant_key;
use crate::bind::overload::{self, Argument, Match, Mismatch};
use crate::contract::{Context, Setup};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::functions::{self, Entry};
use crate::plan::{
    Aggregate, AggregateCall, AggregateEval, AggregateNaming, AggregateRole, Expr,
    PrepareAggregate, fold,
};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Type, Value};

/// The aggregates met so far while the columns of a `summarize` are bound.
#[derive(Debug, Default)]
pub(crate) struct Aggregation {
    /// The calls.
    pub calls: Vec<AggregateCall>,
    /// Output columns before the next call's: keys, then outputs of the calls.
    pub outputs: usize,
    /// Whether an aggregate's arguments are being bound.
    pub inside: bool,
    /// Input columns that are keys by themselves: `*` leaves them out.
    pub key_columns: Vec<usize>,
}

/// A bound call: its output columns.
#[derive(Debug)]
pub(crate) struct Outputs {
    /// Index of the first output among the summarize's columns.
    pub first: usize,
    /// Type of each.
    pub types: Vec<Type>,
    /// Name of each, when the query does not say.
    pub names: Vec<Option<String>>,
}

/// An argument of an aggregate with the name it suggests.
struct Argued {
    expr: Expr,
    name: Option<String>,
    key: Option<String>,
    /// Whether the query says the name, as one that it gives or as a column's.
    has_name: bool,
}

impl Binder<'_> {
    /// Whether a call is one of an aggregate. Where a scalar function has the same name (`hll_merge`),
    /// it is if aggregates can stand here and it has as many arguments as the aggregate takes.
    pub(crate) fn is_aggregate(&self, name: &ast::Name, arguments: &[ast::Argument]) -> bool {
        let Some(entry) = functions::aggregate(&name.text) else {
            return false;
        };
        let outermost = self.aggregation.as_ref().is_some_and(|a| !a.inside);
        let takes = |count| entry.signatures.iter().any(|s| s.takes(count));
        functions::scalar(&name.text).is_none() || (outermost && takes(arguments.len()))
    }

    /// A call of an aggregate where one value is wanted.
    pub(crate) fn aggregate_scalar(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Expr {
        match self.aggregate(name, arguments, span) {
            Some(outputs) => match outputs.types.first() {
                Some(ty) => Expr::column(outputs.first, *ty, span),
                None => self.broken(span),
            },
            None => self.broken(span),
        }
    }

    /// A call of an aggregate; nothing when it is in error, which has been said.
    pub(crate) fn aggregate(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Option<Outputs> {
        let Some(entry) = functions::aggregate(&name.text) else {
            self.unknown_aggregate(name);
            return None;
        };
        match &mut self.aggregation {
            Some(aggregation) if !aggregation.inside => aggregation.inside = true,
            Some(_) => {
                self.error(
                    Code::AggregateHere,
                    name.span,
                    format!("`{}` cannot stand inside another aggregate", name.text),
                );
                return None;
            }
            None => {
                self.say(
                    Diagnostic::new(
                        Code::AggregateHere,
                        name.span,
                        format!("`{}` is an aggregate and cannot stand here", name.text),
                    )
                    .help("aggregates are computed by summarize"),
                );
                return None;
            }
        }
        self.warn_of_old_name(name, entry.function.deprecated);
        let said = self.diagnostics.len();
        let argued = self.aggregate_arguments(entry, arguments);
        if let Some(aggregation) = &mut self.aggregation {
            aggregation.inside = false;
        }
        let names = output_names(entry.function, &argued);
        let args: Vec<Expr> = argued.into_iter().map(|a| a.expr).collect();
        let Some(call) = self.aggregate_overload(entry, args, None, name.span, span) else {
            let last = self.diagnostics.last().map(|d| d.code);
            if last == Some(Code::ArgumentCount) {
                // What is too much may be meant to stand beside it.
                self.take_back_what(said, |code| code == Code::AggregateHere);
            }
            return None;
        };
        let types = call.outputs.clone();
        let aggregation = self.aggregation.as_mut()?;
        let first = match aggregation.calls.iter().position(|c| *c == call) {
            // The same call twice is computed once.
            Some(index) => {
                let before: usize = aggregation.calls[index..]
                    .iter()
                    .map(|c| c.outputs.len())
                    .sum();
                aggregation.outputs - before
            }
            None => {
                aggregation.calls.push(call);
                let first = aggregation.outputs;
                aggregation.outputs += types.len();
                first
            }
        };
        Some(Outputs {
            first,
            types,
            names,
        })
    }

    /// Says that no aggregate has this name, unless it looks like a scalar function's.
    pub(super) fn unknown_aggregate_near(&mut self, name: &ast::Name) -> bool {
        let scalars = functions::all_scalars();
        let scalars = scalars.iter().map(|e| e.function.name());
        let aggregates = functions::all_aggregates();
        let aggregates: Vec<&str> = aggregates.iter().map(|e| e.function.name()).collect();
        let near = nearest(&name.text, scalars.chain(aggregates.iter().copied()));
        if near.is_some_and(|near| !aggregates.contains(&near)) {
            return false;
        }
        self.unknown_aggregate(name);
        true
    }

    fn unknown_aggregate(&mut self, name: &ast::Name) {
        let mut diagnostic = Diagnostic::new(
            Code::UnknownAggregate,
            name.span,
            format!("no aggregate is called `{}`", name.text),
        );
        let all = functions::all_aggregates();
        if let Some(near) = nearest(&name.text, all.iter().map(|e| e.function.name())) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.say(diagnostic);
    }

    fn aggregate_arguments(
        &mut self,
        entry: &Entry<Aggregate>,
        arguments: &[ast::Argument],
    ) -> Vec<Argued> {
        let mut argued: Vec<Argued> = Vec::new();
        let mut starred = false;
        for argument in arguments {
            if let ast::ExprKind::Star = argument.value.kind {
                self.all_columns_but_given(entry, argument.value.span, &mut argued);
                starred = true;
                continue;
            }
            let explicit = argument.name.as_ref().map(|name| name.text.to_string());
            let is_named = explicit.is_some();
            let name = explicit.or_else(|| self.base_name(&argument.value));
            let expr = self.scalar(&argument.value);
            // A star before has given the column.
            if starred && argued.iter().any(|a| same_column(&a.expr, &expr)) {
                continue;
            }
            argued.push(Argued {
                name,
                key: constant_key(&argument.value).or_else(|| constant_text(&expr)),
                has_name: is_named || matches!(expr.kind, crate::plan::ExprKind::Column(_)),
                expr,
            });
        }
        argued
    }

    /// What a star among the arguments stands for: all columns but the keys and those that are given already.
    fn all_columns_but_given(
        &mut self,
        entry: &Entry<Aggregate>,
        span: Span,
        argued: &mut Vec<Argued>,
    ) {
        // Of columns that are not known there may be any.
        if self.row.as_ref().is_some_and(|r| r.schema.open) {
            argued.push(Argued {
                expr: self.broken(span),
                key: None,
                has_name: false,
                name: None,
            });
        }
        let keys = self.aggregation.as_ref().map(|a| a.key_columns.clone());
        let keys = keys.unwrap_or_default();
        let yields_all = matches!(
            entry.function.role,
            AggregateRole::ArgMax | AggregateRole::ArgMin | AggregateRole::TakeAny
        );
        for expr in self.all_columns(span) {
            let crate::plan::ExprKind::Column(index) = expr.kind else {
                continue;
            };
            let given = yields_all && argued.iter().any(|a| same_column(&a.expr, &expr));
            if given || keys.contains(&index) {
                continue;
            }
            let row = self.row.as_ref();
            let column = row.and_then(|r| r.schema.columns.get(index));
            argued.push(Argued {
                expr,
                key: None,
                has_name: true,
                name: column.map(|c| c.name.to_string()),
            });
        }
    }

    /// Chooses the overload, converts the arguments, and unfolds `…if` aggregates.
    fn aggregate_overload(
        &mut self,
        entry: &Entry<Aggregate>,
        mut args: Vec<Expr>,
        filter: Option<Expr>,
        name_span: Span,
        span: Span,
    ) -> Option<AggregateCall> {
        let found = self.fitting_overload(entry, &args, name_span, span)?;
        if args.iter().any(|a| a.ty == Type::Unknown) {
            return None;
        }
        self.converted_arguments(entry, &found, &mut args, span)?;
        match entry.function.eval {
            AggregateEval::Filtered { of, predicate } => {
                if predicate >= args.len() {
                    return None;
                }
                let filter = args.remove(predicate);
                let entry = functions::aggregate(of.name())?;
                self.aggregate_overload(entry, args, Some(filter), name_span, span)
            }
            AggregateEval::Unsupported(reason) => {
                let mut message = format!("`{}` cannot run yet", entry.function.name());
                if !reason.is_empty() {
                    message = format!("{message}: {reason}");
                }
                self.unsupported(name_span, message);
                None
            }
            AggregateEval::Groups(prepare) => {
                self.try_preparing(prepare, &found, &args, span)?;
                Some(AggregateCall {
                    function: entry.function,
                    overload: found.overload,
                    outputs: output_types(entry.function.role, &args, found.returns),
                    args,
                    filter,
                    span,
                })
            }
        }
    }

    /// The overload that the arguments fit; that none does is said.
    fn fitting_overload(
        &mut self,
        entry: &Entry<Aggregate>,
        args: &[Expr],
        name_span: Span,
        span: Span,
    ) -> Option<Match> {
        let arguments: Vec<Argument> = args.iter().map(|a| Argument::Value(a.ty)).collect();
        let why = match overload::choose(&entry.signatures, &arguments) {
            Ok(found) => return Some(found),
            Err(why) => why,
        };
        let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
        if !why.is_of_a_missing_one(&entry.signatures, &spans) {
            self.say(overload::refuse(
                entry.function.name(),
                &entry.signatures,
                &arguments,
                &spans,
                match why {
                    Mismatch::NoCommonType => span,
                    _ => name_span,
                },
                &why,
            ));
        }
        None
    }

    /// Converts the arguments to what the overload takes; nothing when one that must be constant is not.
    fn converted_arguments(
        &mut self,
        entry: &Entry<Aggregate>,
        found: &Match,
        args: &mut [Expr],
        span: Span,
    ) -> Option<()> {
        let signature = &entry.signatures[found.overload];
        let count = args.len();
        for (index, arg) in args.iter_mut().enumerate() {
            if let Some(target) = found.targets.get(index).copied().flatten() {
                let plain = std::mem::replace(arg, Expr::literal(Value::Null(target), span));
                *arg = overload::convert(plain, target);
            }
            let parameter = signature.parameter(index, count);
            if parameter.is_some_and(|p| p.constant) && !arg.is_constant() {
                let name = entry.function.name();
                let message = format!("`{name}` needs a constant here");
                self.error(Code::ConstantExpected, arg.span, message);
                return None;
            }
        }
        Some(())
    }

    /// Prepares an aggregate as a run will, so that what is wrong with its constants is said before there is one.
    fn try_preparing(
        &mut self,
        prepare: PrepareAggregate,
        found: &Match,
        args: &[Expr],
        span: Span,
    ) -> Option<()> {
        let constants: Vec<Option<Value>> = args
            .iter()
            .map(|a| fold::constant(a, self.context).ok())
            .collect();
        let types: Vec<Type> = args.iter().map(|a| a.ty).collect();
        let check = Context::for_check(0);
        let setup = Setup {
            constants: &constants,
            lists: &[],
            types: &types,
            ty: found.returns,
            overload: found.overload,
            context: &check,
        };
        let Err(problem) = prepare(&setup) else {
            return Some(());
        };
        let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
        self.problem(problem, &spans, span);
        None
    }
}

/// The types of an aggregate's output columns.
fn output_types(role: AggregateRole, args: &[Expr], returns: Type) -> Vec<Type> {
    match role {
        AggregateRole::ArgMax | AggregateRole::ArgMin | AggregateRole::TakeAny => {
            args.iter().map(|a| a.ty).collect()
        }
        role => match percentiles_from(role) {
            Some(first) => vec![returns; args.len().saturating_sub(first)],
            None => vec![returns],
        },
    }
}

/// Index of the first percentile among the arguments of an aggregate that yields a column for each.
fn percentiles_from(role: AggregateRole) -> Option<usize> {
    match role {
        AggregateRole::Percentiles => Some(1),
        AggregateRole::WeightedPercentiles => Some(2),
        _ => None,
    }
}

/// The names of an aggregate's output columns, when the query does not say.
fn output_names(function: &Aggregate, args: &[Argued]) -> Vec<Option<String>> {
    let base = |i: usize| args.get(i).and_then(|a| a.name.clone());
    let first = base(0).unwrap_or_default();
    match function.role {
        AggregateRole::ArgMax | AggregateRole::ArgMin => {
            let word = if function.role == AggregateRole::ArgMax {
                "max"
            } else {
                "min"
            };
            let prefixed = match function.naming {
                AggregateNaming::Prefix(prefix) => Some(prefix),
                _ => None,
            };
            let mut names = Vec::with_capacity(args.len());
            for (index, arg) in args.iter().enumerate() {
                let own = arg.name.clone().filter(|_| index > 0 || arg.has_name);
                names.push(Some(match (own, prefixed) {
                    (Some(own), Some(prefix)) if index > 0 => format!("{prefix}_{first}_{own}"),
                    (Some(own), Some(prefix)) => format!("{prefix}_{own}"),
                    (Some(own), None) => own,
                    (None, _) if index == 0 => format!("{word}_"),
                    (None, _) => format!("{word}_{first}_arg{index}"),
                }));
            }
            names
        }
        AggregateRole::TakeAny => {
            let prefix = match function.naming {
                AggregateNaming::Prefix(prefix) => Some(prefix),
                _ => None,
            };
            let named = args.iter().enumerate().map(|(index, arg)| {
                Some(match (&arg.name, prefix) {
                    (Some(own), Some(prefix)) => format!("{prefix}_{own}"),
                    (Some(own), None) => own.clone(),
                    (None, Some(prefix)) if args.len() == 1 => format!("{prefix}_"),
                    (None, _) => format!("any_arg{index}"),
                })
            });
            named.collect()
        }
        AggregateRole::Percentiles | AggregateRole::WeightedPercentiles => args
            .iter()
            .skip(percentiles_from(function.role).unwrap_or(1))
            .map(|arg| {
                let prefix = match function.naming {
                    AggregateNaming::WithConstants(prefix)
                    | AggregateNaming::Prefix(prefix)
                    | AggregateNaming::Pair(prefix) => prefix,
                    AggregateNaming::First => "",
                };
                Some(format!(
                    "{prefix}_{first}_{}",
                    arg.key.clone().unwrap_or_default()
                ))
            })
            .collect(),
        _ => vec![match function.naming {
            AggregateNaming::Prefix(prefix) => Some(format!("{prefix}_{first}")),
            AggregateNaming::First => base(0),
            AggregateNaming::WithConstants(prefix) => Some(format!(
                "{prefix}_{first}_{}",
                args.get(1).and_then(|a| a.key.clone()).unwrap_or_default()
            )),
            AggregateNaming::Pair(prefix) => {
                Some(format!("{prefix}_{first}_{}", base(1).unwrap_or_default()))
            }
        }],
    }
}

/// Whether both are one column of the row.
fn same_column(a: &Expr, b: &Expr) -> bool {
    match (&a.kind, &b.kind) {
        (crate::plan::ExprKind::Column(a), crate::plan::ExprKind::Column(b)) => a == b,
        _ => false,
    }
}

/// The text of a bound constant in a name: a `let` of 95 makes `percentile_x_95`.
fn constant_text(expr: &Expr) -> Option<String> {
    match expr.as_literal()? {
        Value::Int(v) => Some(v.to_string()),
        Value::Long(v) => Some(v.to_string()),
        Value::Real(v) => Some(v.to_string().replace(['.', '-'], "_")),
        Value::Decimal(v) => Some(v.to_string().replace(['.', '-'], "_")),
        _ => None,
    }
}

/// The explicit names of a list entry, and the expression named.
pub(crate) fn named(e: &ast::Expr) -> (Vec<Arc<str>>, Vec<Span>, bool, &ast::Expr) {
    match &e.kind {
        ast::ExprKind::Named {
            names,
            bracketed,
            value,
        } => (
            names.iter().map(|n| n.text.clone()).collect(),
            names.iter().map(|n| n.span).collect(),
            *bracketed,
            value,
        ),
        _ => (Vec::new(), Vec::new(), false, e),
    }
}
