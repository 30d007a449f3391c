//! Binds calls: operands, the signature they fit, and what a declaration makes of its constants.

use crate::bind::infix::{FIRST_OF_SEVERAL, several};
use crate::bind::overload::{self, Argument};
use crate::bind::{Binder, Binding, special};
use crate::contract::{Context, Kernel, Problem, Setup};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::functions::{self, Entry};
use crate::plan::signature::{Parameter, Passing, Signature, TypeSet};
use crate::plan::{Eval, Expr, ExprKind, Role, Scalar, fold};
use crate::source::Span;
use crate::syntax::ast::{self};
use crate::types::{Type, Value};

/// An operand of a builtin.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// A value.
    Value(Expr),
    /// `typeof(…)`.
    TypeOf(Type, Span),
    /// `*`.
    Star(Span),
}

impl Operand {
    fn argument(&self) -> Argument {
        match self {
            Operand::Value(expr) => Argument::Value(expr.ty),
            Operand::TypeOf(ty, _) => Argument::TypeOf(*ty),
            Operand::Star(_) => Argument::Star,
        }
    }

    fn span(&self) -> Span {
        match self {
            Operand::Value(expr) => expr.span,
            Operand::TypeOf(_, span) | Operand::Star(span) => *span,
        }
    }
}

impl Binder<'_> {
    pub(super) fn call(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Expr {
        if let Some(binding) = self.env.get(&name.text).cloned() {
            match binding {
                Binding::Function(function) if !function.tabular => {
                    return self.call_function(&function, arguments, span);
                }
                Binding::Function(_) | Binding::Table(_) | Binding::Pattern(_) => {
                    self.error(
                        Code::ScalarExpected,
                        span,
                        format!("`{}` is a table; a single value is needed here", name.text),
                    );
                    return self.broken(span);
                }
                Binding::Broken => return self.broken(span),
                Binding::Scalar { .. }
                | Binding::Entity(_)
                | Binding::Group(_)
                | Binding::Restricted(_) => {}
            }
        }
        if let Some(bound) = special::scalar(self, name, arguments, span) {
            return bound;
        }
        if self.is_aggregate(name, arguments) {
            return self.aggregate_scalar(name, arguments, span);
        }
        let Some(entry) = functions::scalar(&name.text).filter(|e| callable(e)) else {
            return match self.stored(name, span) {
                Some(Some(function)) if !function.tabular => {
                    self.call_function(&function, arguments, span)
                }
                Some(Some(_)) => {
                    let message =
                        format!("`{}` is a table; a single value is needed here", name.text);
                    self.error(Code::ScalarExpected, span, message);
                    self.broken(span)
                }
                Some(None) => self.broken(span),
                None => self.unknown_function(name, arguments, span),
            };
        };
        let operands = self.operands(entry, name, arguments);
        self.warn_of_old_name(name, entry.function.deprecated);
        if self.takes_several(entry, &operands, arguments, name.span) {
            return self.broken(span);
        }
        self.apply(entry, operands, name.span, span)
    }

    /// Says when a call with several values is the argument of a function that takes one of some types.
    fn takes_several(
        &mut self,
        entry: &Entry<Scalar>,
        operands: &[Operand],
        given: &[ast::Argument],
        name_span: Span,
    ) -> bool {
        let count = operands.len();
        let takes_any = |index: usize| {
            let mut parameters = entry
                .signatures
                .iter()
                .filter_map(|s| s.parameter(index, count));
            parameters.any(|p| p.types == TypeSet::ANY)
        };
        let found = operands.iter().zip(given).position(|(operand, argument)| {
            matches!(operand, Operand::Value(e) if several(&argument.value, e))
        });
        // A star stands for several arguments.
        let Some(index) = found.filter(|index| count == given.len() && !takes_any(*index)) else {
            return false;
        };
        let mut arguments: Vec<Argument> = operands.iter().map(Operand::argument).collect();
        // What no parameter takes.
        arguments[index] = Argument::Star;
        let spans: Vec<Span> = operands.iter().map(Operand::span).collect();
        let mut said = overload::refuse(
            entry.function.name(),
            &entry.signatures,
            &arguments,
            &spans,
            name_span,
            &overload::Mismatch::Types(index),
        );
        let function = entry.function.name();
        said.message = format!("`{function}` takes one value here, and this call gives several");
        self.say(said.help(FIRST_OF_SEVERAL));
        true
    }

    /// Says that a builtin has another name by now.
    pub(super) fn warn_of_old_name(&mut self, name: &ast::Name, current: Option<&str>) {
        if let Some(current) = current {
            let message = format!("`{}` is the old name of `{current}`", name.text);
            let said = Diagnostic::new(Code::Deprecated, name.span, message);
            self.say(said.help(format!("write {current}")));
        }
    }

    /// The arguments of a builtin, with a star in a function that does not take one spread into
    /// all columns.
    pub(super) fn operands(
        &mut self,
        entry: &Entry<Scalar>,
        name: &ast::Name,
        arguments: &[ast::Argument],
    ) -> Vec<Operand> {
        let takes_star = entry
            .signatures
            .iter()
            .any(|s| s.parameters.iter().any(|p| p.passing == Passing::Star));
        let mut operands = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            if let Some(named) = &argument.name {
                self.named_in_builtin(entry, name, named, index);
            }
            match &argument.value.kind {
                ast::ExprKind::Star if takes_star => {
                    operands.push(Operand::Star(argument.value.span));
                }
                ast::ExprKind::Star => {
                    let columns = self.all_columns(argument.value.span);
                    operands.extend(columns.into_iter().map(Operand::Value));
                }
                ast::ExprKind::TypeOf(ast::TypeOf::Scalar(ty)) => {
                    let ty = self.type_name(ty);
                    operands.push(Operand::TypeOf(ty, argument.value.span));
                }
                _ => operands.push(Operand::Value(self.scalar(&argument.value))),
            }
        }
        operands
    }

    /// The name of a builtin's argument names a column, and says nothing of the order: as Microsoft's language
    /// service has it, a builtin's arguments are told by their place. Where the name is that of another parameter
    /// this is hardly what was meant.
    fn named_in_builtin(
        &mut self,
        entry: &Entry<Scalar>,
        function: &ast::Name,
        named: &ast::Name,
        index: usize,
    ) {
        let places = |s: &Signature| {
            let called = |p: &Parameter| p.name.eq_ignore_ascii_case(&named.text);
            s.parameters.iter().position(called)
        };
        let meant = entry.signatures.iter().find(|s| places(s).is_some());
        let Some(signature) = meant.filter(|s| places(s) != Some(index)) else {
            return;
        };
        let here = match signature.parameters.get(index) {
            Some(parameter) => format!("this is its `{}`", parameter.name),
            None => "this is none of its arguments".to_string(),
        };
        let message = format!(
            "arguments of `{}` are told by their place, not by name: {here}",
            function.text
        );
        let mut said = Diagnostic::new(Code::NamedArgument, named.span, message);
        said.severity = Severity::Warning;
        let names: Vec<&str> = signature.parameters.iter().map(|p| p.name).collect();
        self.say(said.help(format!("the order is ({})", names.join(", "))));
    }

    /// All columns of the row at hand.
    pub(crate) fn all_columns(&mut self, span: Span) -> Vec<Expr> {
        if self.aggregation.as_ref().is_some_and(|a| !a.inside) {
            self.error(
                Code::NotAggregated,
                span,
                "all columns must be inside an aggregate here",
            );
            return Vec::new();
        }
        let Some(row) = self.row.as_ref().filter(|r| r.visible) else {
            return Vec::new();
        };
        // Those without a name, of the parts of a graph, are none of the query's.
        let columns = row.schema.columns.iter().enumerate();
        columns
            .filter(|(_, c)| !c.name.is_empty())
            .map(|(i, c)| Expr::column(i, c.ty, span))
            .collect()
    }

    pub(super) fn unknown_function(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Expr {
        // Between aggregates, an unknown name may be one of an aggregate: its arguments see the rows.
        let among_aggregates = self.aggregation.as_ref().is_some_and(|a| !a.inside);
        if let Some(aggregation) = self.aggregation.as_mut() {
            aggregation.inside = true;
        }
        let said = self.diagnostics.len();
        for argument in arguments {
            if !matches!(
                argument.value.kind,
                ast::ExprKind::Star | ast::ExprKind::TypeOf(_)
            ) {
                self.scalar(&argument.value);
            }
        }
        // What its arguments may be is not known, nor, in patterns of graphs, whose properties they see.
        let of_pattern = self.row.as_ref().is_some_and(|row| row.pattern.is_some());
        self.take_back_what(said, |code| match code {
            Code::TableExpected | Code::ScalarExpected => true,
            Code::UnknownName | Code::UnknownFunction => of_pattern,
            _ => false,
        });
        if let Some(aggregation) = self.aggregation.as_mut() {
            aggregation.inside = !among_aggregates;
        }
        if among_aggregates && self.unknown_aggregate_near(name) {
            return self.broken(span);
        }
        if self.is_under_way(name) {
            self.calls_itself(name);
            return self.broken(span);
        }
        let mut known: Vec<String> = self
            .env
            .iter()
            .filter(|(_, b)| matches!(b, Binding::Function(_)))
            .map(|(n, _)| n.to_string())
            .collect();
        let builtins = functions::all_scalars()
            .into_iter()
            .filter(|e| callable(e))
            .map(|e| e.function.name());
        known.extend(builtins.chain(special::names()).map(ToString::to_string));
        let near = nearest(&name.text, known.iter().map(String::as_str));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownFunction,
            name.span,
            format!("no function is called `{}`", name.text),
        );
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.say(diagnostic);
        self.broken(span)
    }

    /// The type a type name stands for; an unknown name is said.
    pub(crate) fn type_name(&mut self, name: &ast::TypeName) -> Type {
        if let Some(ty) = name.ty {
            return ty;
        }
        let mut diagnostic = Diagnostic::new(
            Code::UnknownType,
            name.span,
            format!("no type is called `{}`", name.text),
        );
        let all = Type::ALL.iter().map(|t| t.name());
        if let Some(near) = nearest(&name.text, all) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.say(diagnostic);
        Type::Unknown
    }

    /// A call of a builtin with bound operands.
    pub(crate) fn apply(
        &mut self,
        entry: &'static Entry<Scalar>,
        operands: Vec<Operand>,
        name_span: Span,
        span: Span,
    ) -> Expr {
        let arguments: Vec<Argument> = operands.iter().map(Operand::argument).collect();
        let found = match overload::choose(&entry.signatures, &arguments) {
            Ok(found) => found,
            Err(why) => {
                let spans: Vec<Span> = operands.iter().map(Operand::span).collect();
                if why.is_of_a_missing_one(&entry.signatures, &spans) {
                    return self.broken(span);
                }
                let infix = entry.signatures.iter().any(|s| s.infix);
                let at = match why {
                    overload::Mismatch::NoCommonType if !infix => span,
                    _ => name_span,
                };
                self.say(overload::refuse(
                    entry.function.name(),
                    &entry.signatures,
                    &arguments,
                    &spans,
                    at,
                    &why,
                ));
                return self.broken(span);
            }
        };
        let signature = &entry.signatures[found.overload];
        let count = operands.len();
        if let Some(most) = entry.function.most_arguments.filter(|most| count > *most) {
            let name = entry.function.name();
            let message = format!("`{name}` takes at most {most} arguments, not {count}");
            let said = Diagnostic::new(Code::ArgumentCount, name_span, message);
            self.say(said.kusto_as("KS120"));
            return self.broken(span);
        }
        let mut args = Vec::with_capacity(count);
        for (index, operand) in operands.into_iter().enumerate() {
            let Operand::Value(expr) = operand else {
                continue;
            };
            let constant = signature
                .parameter(index, count)
                .is_some_and(|p| p.constant);
            if constant && !expr.is_constant() && expr.ty != Type::Unknown {
                self.say(
                    Diagnostic::new(
                        Code::ConstantExpected,
                        expr.span,
                        format!("`{}` needs a constant here", entry.function.name()),
                    )
                    .label("depends on the row"),
                );
                return self.broken(span);
            }
            args.push(match found.targets.get(index).copied().flatten() {
                Some(target) => overload::convert(expr, target),
                None => expr,
            });
        }
        self.finish_call(
            entry.function,
            found.overload,
            args,
            found.returns,
            name_span,
            span,
        )
    }

    /// A call whose signature is chosen and whose arguments are converted.
    fn finish_call(
        &mut self,
        function: &'static Scalar,
        overload: usize,
        args: Vec<Expr>,
        returns: Type,
        name_span: Span,
        span: Span,
    ) -> Expr {
        if args.iter().any(|a| a.ty == Type::Unknown) {
            return Expr::literal(Value::Null(returns), span);
        }
        match function.eval {
            Eval::Unsupported(reason) => {
                let mut message = format!("`{}` cannot run yet", function.name());
                if !reason.is_empty() {
                    message = format!("{message}: {reason}");
                }
                self.unsupported(name_span, message);
                return Expr::literal(Value::Null(returns), span);
            }
            Eval::Rewrite(rewrite) => {
                let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
                return match rewrite(args) {
                    Ok(expr) => self.rewritten(expr, span),
                    Err(problem) => {
                        self.problem(problem, &spans, span);
                        self.broken(span)
                    }
                };
            }
            Eval::Prepared(prepare) => {
                if !self.prepares(prepare, &args, overload, returns, span) {
                    return Expr::literal(Value::Null(returns), span);
                }
            }
            Eval::Window(_) => {
                self.windowed = true;
                if !self.serialized {
                    self.say(
                        Diagnostic::new(
                            Code::NotSerialized,
                            name_span,
                            format!("`{}` needs rows in a fixed order", function.name()),
                        )
                        .help("put `| serialize` or `| sort by …` before it"),
                    );
                    return Expr::literal(Value::Null(returns), span);
                }
            }
            Eval::Columns(_) => {}
        }
        if let Some(overflow) = overflows(function.role, &args, span) {
            self.say(overflow);
            return Expr::literal(Value::Null(returns), span);
        }
        let call = Expr::call(function, overload, args, returns, span);
        // The columns of a call that yields several are named after its arguments.
        let literal =
            function.tuple.is_none() && call.children().iter().all(|a| a.as_literal().is_some());
        if literal && let Ok(value) = fold::constant(&call, None) {
            return Expr {
                ty: returns,
                kind: ExprKind::Literal(value),
                span,
            };
        }
        call
    }

    /// What a call stands for, whose declaration may refuse its arguments too.
    fn rewritten(&mut self, expr: Expr, span: Span) -> Expr {
        if let ExprKind::Call(call) = &expr.kind
            && let Eval::Prepared(prepare) = call.function.eval
            && !self.prepares(prepare, &call.args, call.overload, expr.ty, span)
        {
            return Expr::literal(Value::Null(expr.ty), span);
        }
        Expr { span, ..expr }
    }

    /// Whether a declaration takes its constant arguments; says why it does not.
    fn prepares(
        &mut self,
        prepare: fn(&Setup<'_>) -> Result<Box<dyn Kernel>, Problem>,
        args: &[Expr],
        overload: usize,
        returns: Type,
        span: Span,
    ) -> bool {
        let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
        let constants: Vec<Option<Value>> = args
            .iter()
            .map(|a| fold::constant(a, self.context).ok())
            .collect();
        let types: Vec<Type> = args.iter().map(|a| a.ty).collect();
        let lists: Vec<_> = args
            .iter()
            .map(|a| match a.kind {
                ExprKind::SharedList(_) => Some(crate::types::arrays::nulls(a.ty, 0)),
                _ => None,
            })
            .collect();
        let check = Context::for_check(self.context.map_or(0, |c| c.now));
        let setup = Setup {
            constants: &constants,
            lists: &lists,
            types: &types,
            ty: returns,
            overload,
            context: &check,
        };
        match prepare(&setup) {
            Ok(_) => true,
            Err(problem) => {
                self.problem(problem, &spans, span);
                false
            }
        }
    }

    /// Says why a declaration refuses its arguments.
    pub(crate) fn problem(&mut self, problem: Problem, spans: &[Span], span: Span) {
        let at = problem
            .argument
            .and_then(|i| spans.get(i))
            .copied()
            .unwrap_or(span);
        let mut diagnostic = Diagnostic::new(problem.code, at, problem.message);
        diagnostic.help = problem.help;
        self.say(diagnostic);
    }
}

/// Whether a query can call it by name: it is no infix operator, and no part of plans alone.
fn callable(entry: &Entry<Scalar>) -> bool {
    !entry.signatures.iter().any(|s| s.infix) && !entry.is_internal()
}

/// Arithmetic of whole constants beyond 64 bits is refused, as the engine does; over rows it wraps.
fn overflows(role: Role, args: &[Expr], span: Span) -> Option<Diagnostic> {
    let [a, b] = args else { return None };
    let (Some(Value::Long(a)), Some(Value::Long(b))) = (a.as_literal(), b.as_literal()) else {
        return None;
    };
    let fits = match role {
        Role::Add => a.checked_add(*b).is_some(),
        Role::Subtract => a.checked_sub(*b).is_some(),
        Role::Multiply => a.checked_mul(*b).is_some(),
        _ => true,
    };
    (!fits).then(|| {
        Diagnostic::new(
            Code::BadLiteral,
            span,
            "the result of this constant arithmetic does not fit a long",
        )
        .help("use real numbers, such as 1.0, or todecimal(…)")
    })
}
