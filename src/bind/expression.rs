//! Binds scalar expressions: names to columns and variables, calls to signatures, operands to types.

use crate::bind::overload::{self, Argument};
use crate::bind::{Binder, Binding, special};
use crate::contract::{Context, Setup};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::functions::{self, Entry};
use crate::plan::signature::Passing;
use crate::plan::{Eval, Expr, ExprKind, Role, Scalar, fold};
use crate::source::Span;
use crate::syntax::ast::{self, ListOp, Logic};
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
    /// Binds an expression that must be a scalar.
    pub(crate) fn scalar(&mut self, e: &ast::Expr) -> Expr {
        if !self.part(e.span) {
            return self.broken(e.span);
        }
        let mut bound = self.scalar_inner(e);
        bound.span = e.span;
        bound
    }

    fn scalar_inner(&mut self, e: &ast::Expr) -> Expr {
        match &e.kind {
            ast::ExprKind::Literal(literal) => Expr::literal(literal.value.clone(), e.span),
            ast::ExprKind::Name(name) => self.name(name),
            ast::ExprKind::Call { name, arguments } => self.call(name, arguments, e.span),
            ast::ExprKind::Path { base, member } => self.path(base, member, e.span),
            ast::ExprKind::Index { base, index } => {
                let base = self.scalar(base);
                let index = self.scalar(index);
                self.access(base, index, e.span)
            }
            ast::ExprKind::Unary { negative, operand } => self.sign(*negative, operand, e.span),
            ast::ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } => self.binary(op.text(), left, right, *op_span, e.span),
            ast::ExprKind::Chain { op, terms } => self.chain(*op, terms),
            ast::ExprKind::List {
                op,
                op_span,
                left,
                items,
            } => self.list(*op, left, items, *op_span, e.span),
            ast::ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => self.between(*negated, value, low, high, e.span),
            ast::ExprKind::Paren(inner) => self.scalar(inner),
            ast::ExprKind::Pipeline(_) => {
                self.say(
                    Diagnostic::new(
                        Code::ScalarExpected,
                        e.span,
                        "a single value is needed here, not a table",
                    )
                    .help("toscalar(…) takes the first value of a table"),
                );
                self.broken(e.span)
            }
            ast::ExprKind::Star => {
                self.error(Code::WrongType, e.span, "`*` cannot stand here");
                self.broken(e.span)
            }
            ast::ExprKind::Wildcard(name) => {
                self.error(
                    Code::ScalarExpected,
                    e.span,
                    format!("the pattern `{}` cannot stand here", name.text),
                );
                self.broken(e.span)
            }
            ast::ExprKind::TypeOf(_) | ast::ExprKind::Bracketed(_) => {
                self.error(Code::ScalarExpected, e.span, "a value is needed here");
                self.broken(e.span)
            }
            ast::ExprKind::Named { value, .. } => {
                self.error(Code::Syntax, e.span, "a name cannot be given here");
                self.scalar(value)
            }
            ast::ExprKind::Error => self.broken(e.span),
        }
    }

    /// Binds an expression that must be `bool`, as `what` says in messages.
    pub(crate) fn predicate(&mut self, e: &ast::Expr, what: &str) -> Expr {
        let bound = self.scalar(e);
        if matches!(bound.ty, Type::Bool | Type::Unknown) {
            return bound;
        }
        let help = match bound.ty {
            Type::String => "compare it, for example with isnotempty(…)",
            _ => "compare it, or convert it with tobool(…)",
        };
        self.say(
            Diagnostic::new(
                Code::WrongType,
                e.span,
                format!("{what} must be bool, not {}", bound.ty),
            )
            .help(help),
        );
        self.broken(e.span)
    }

    /// The value of an expression that must be constant, as `what` says in messages. Nothing when it
    /// is not (which has been said) or not known without data.
    pub(crate) fn constant(&mut self, e: &ast::Expr, what: &str) -> Option<Value> {
        let bound = self.outside_row(|b| b.scalar(e));
        self.constant_of(&bound, what)
    }

    /// The value of a bound expression that must be constant.
    pub(crate) fn constant_of(&mut self, bound: &Expr, what: &str) -> Option<Value> {
        if bound.ty == Type::Unknown {
            return None;
        }
        if !bound.is_constant() {
            self.say(
                Diagnostic::new(
                    Code::ConstantExpected,
                    bound.span,
                    format!("{what} must be a constant"),
                )
                .label("depends on the row"),
            );
            return None;
        }
        let mut folded = bound.clone();
        self.fill_shared(&mut folded)?;
        match fold::constant(&folded, self.context) {
            Ok(value) => Some(value),
            Err(fold::NotConstant::Problem(problem)) => {
                let mut diagnostic = Diagnostic::new(problem.code, bound.span, problem.message);
                diagnostic.help = problem.help;
                self.say(diagnostic);
                None
            }
            Err(fold::NotConstant::Fault(fault)) => {
                self.error(Code::ArgumentValue, bound.span, fault.message);
                None
            }
            // `now()` while the instant is not known: any instant has the same type.
            Err(fold::NotConstant::Depends) => {
                fold::constant(&folded, Some(&Context::for_check(0))).ok()
            }
        }
    }

    /// Puts the values of shared sub-plans in, where data can tell them.
    fn fill_shared(&mut self, expr: &mut Expr) -> Option<()> {
        if let ExprKind::Shared(id) = expr.kind {
            let plan = self.shared.get(id)?.clone();
            match self.resolve.value(&self.shared, &plan)? {
                Ok(value) => *expr = Expr::literal(value, expr.span),
                Err(fault) => {
                    self.error(Code::ConstantExpected, expr.span, fault.message);
                    return None;
                }
            }
        }
        for child in expr.children_mut() {
            self.fill_shared(child)?;
        }
        Some(())
    }

    /// Runs `f` with no columns in sight (constants of an operator), keeping all else.
    fn outside_row<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let aggregation = self.aggregation.take();
        let result = f(self);
        self.aggregation = aggregation;
        result
    }

    // -----------------------------------------------------------------------------------------
    // Names

    /// What a bare name stands for.
    pub(crate) fn name(&mut self, name: &ast::Name) -> Expr {
        let text = &*name.text;
        if let Some(row) = self.row.as_ref().filter(|r| r.visible)
            && let Some(index) = row.schema.index(text)
        {
            let ty = row.schema.columns[index].ty;
            if self.aggregation.as_ref().is_some_and(|a| !a.inside) {
                return self.not_aggregated(name);
            }
            return Expr::column(index, ty, name.span);
        }
        match self.env.get(text).cloned() {
            Some(Binding::Scalar { expr, row }) => {
                if row.is_some() && row != self.row.as_ref().map(|r| r.id) {
                    self.say(
                        Diagnostic::new(
                            Code::RowContext,
                            name.span,
                            format!("`{text}` depends on a row and cannot be used inside a table"),
                        )
                        .help("use join or lookup to bring the tables together"),
                    );
                    return self.broken(name.span);
                }
                Expr {
                    span: name.span,
                    ..expr
                }
            }
            Some(Binding::Function(function)) if !function.tabular => {
                self.call_function(&function, &[], name.span)
            }
            Some(Binding::Table(_) | Binding::Function(_)) => {
                self.say(
                    Diagnostic::new(
                        Code::ScalarExpected,
                        name.span,
                        format!("`{text}` is a table; a single value is needed here"),
                    )
                    .help(format!("toscalar({text}) takes its first value")),
                );
                self.broken(name.span)
            }
            Some(Binding::Broken) => self.broken(name.span),
            None => self.unknown_name(name),
        }
    }

    fn not_aggregated(&mut self, name: &ast::Name) -> Expr {
        self.say(
            Diagnostic::new(
                Code::NotAggregated,
                name.span,
                format!("column `{}` must be inside an aggregate here", name.text),
            )
            .help(format!(
                "add it after `by`, or aggregate it, for example with take_any({})",
                name.text
            )),
        );
        self.broken(name.span)
    }

    fn unknown_name(&mut self, name: &ast::Name) -> Expr {
        let row = self.row.clone().filter(|r| r.visible);
        if row.as_ref().is_some_and(|r| r.schema.open) {
            return self.broken(name.span);
        }
        let columns: Vec<String> = row
            .iter()
            .flat_map(|r| r.schema.columns.iter().map(|c| c.name.to_string()))
            .collect();
        let variables: Vec<String> = self.env.iter().map(|(n, _)| n.to_string()).collect();
        let near = nearest(
            &name.text,
            columns.iter().chain(&variables).map(String::as_str),
        )
        .map(ToString::to_string);
        let what = if row.is_some() {
            "column or variable"
        } else {
            "variable"
        };
        let mut diagnostic = Diagnostic::new(
            Code::UnknownName,
            name.span,
            format!("no {what} is called `{}`", name.text),
        );
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        } else if !columns.is_empty() {
            let few: Vec<&str> = columns.iter().take(12).map(String::as_str).collect();
            let more = if columns.len() > 12 { ", …" } else { "" };
            diagnostic = diagnostic.help(format!("columns here: {}{more}", few.join(", ")));
        }
        self.say(diagnostic);
        self.broken(name.span)
    }

    // -----------------------------------------------------------------------------------------
    // Calls

    fn call(&mut self, name: &ast::Name, arguments: &[ast::Argument], span: Span) -> Expr {
        if let Some(binding) = self.env.get(&name.text).cloned() {
            match binding {
                Binding::Function(function) if !function.tabular => {
                    return self.call_function(&function, arguments, span);
                }
                Binding::Function(_) | Binding::Table(_) => {
                    self.error(
                        Code::ScalarExpected,
                        span,
                        format!("`{}` is a table; a single value is needed here", name.text),
                    );
                    return self.broken(span);
                }
                Binding::Broken => return self.broken(span),
                Binding::Scalar { .. } => {}
            }
        }
        if let Some(bound) = special::scalar(self, name, arguments, span) {
            return bound;
        }
        if functions::aggregate(&name.text).is_some() && functions::scalar(&name.text).is_none() {
            return self.aggregate_scalar(name, arguments, span);
        }
        let Some(entry) = functions::scalar(&name.text).filter(|_| !name.text.starts_with("__"))
        else {
            return self.unknown_function(name, arguments, span);
        };
        let operands = self.operands(entry, name, arguments);
        if let Some(current) = entry.function.deprecated {
            self.say(
                Diagnostic::new(
                    Code::Deprecated,
                    name.span,
                    format!("`{}` is the old name of `{current}`", name.text),
                )
                .help(format!("write {current}")),
            );
        }
        self.apply(entry, operands, name.span, span)
    }

    /// The arguments of a builtin, with a star in a function that does not take one spread into
    /// all columns.
    fn operands(
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
        for argument in arguments {
            if let Some(named) = &argument.name {
                self.error(
                    Code::NamedArgument,
                    named.span,
                    format!("`{}` takes no named arguments", name.text),
                );
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

    /// All columns of the row at hand.
    pub(crate) fn all_columns(&self, span: Span) -> Vec<Expr> {
        let Some(row) = self.row.as_ref().filter(|r| r.visible) else {
            return Vec::new();
        };
        row.schema
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| Expr::column(i, c.ty, span))
            .collect()
    }

    fn unknown_function(
        &mut self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Expr {
        for argument in arguments {
            if !matches!(
                argument.value.kind,
                ast::ExprKind::Star | ast::ExprKind::TypeOf(_)
            ) {
                self.scalar(&argument.value);
            }
        }
        let mut known: Vec<String> = self
            .env
            .iter()
            .filter(|(_, b)| matches!(b, Binding::Function(_)))
            .map(|(n, _)| n.to_string())
            .collect();
        let builtins = functions::all_scalars()
            .into_iter()
            .filter(|e| !e.signatures.iter().any(|s| s.infix))
            .map(|e| e.function.name())
            .filter(|n| !n.starts_with("__"));
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
                let at = if entry.signatures.iter().any(|s| s.infix) {
                    name_span
                } else {
                    span
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
                return match rewrite(args) {
                    Ok(expr) => Expr { span, ..expr },
                    Err(problem) => {
                        self.problem(problem, &[], span);
                        self.broken(span)
                    }
                };
            }
            Eval::Prepared(prepare) => {
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
                if let Err(problem) = prepare(&setup) {
                    self.problem(problem, &spans, span);
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
        let call = Expr::call(function, overload, args, returns, span);
        let literal = call.children().iter().all(|a| a.as_literal().is_some());
        if literal && let Ok(value) = fold::constant(&call, None) {
            return Expr {
                ty: returns,
                kind: ExprKind::Literal(value),
                span,
            };
        }
        call
    }

    /// Says why a declaration refuses its arguments.
    pub(crate) fn problem(
        &mut self,
        problem: crate::contract::Problem,
        spans: &[Span],
        span: Span,
    ) {
        let at = problem
            .argument
            .and_then(|i| spans.get(i))
            .copied()
            .unwrap_or(span);
        let mut diagnostic = Diagnostic::new(problem.code, at, problem.message);
        diagnostic.help = problem.help;
        self.say(diagnostic);
    }

    // -----------------------------------------------------------------------------------------
    // Operators

    /// An infix operator or other builtin that the binder itself calls by its declared words.
    fn operator(&mut self, words: &str, operands: Vec<Expr>, at: Span, span: Span) -> Expr {
        let Some(entry) = functions::scalar(words) else {
            self.unsupported(at, format!("operator `{words}` cannot run yet"));
            return self.broken(span);
        };
        let operands = operands.into_iter().map(Operand::Value).collect();
        self.apply(entry, operands, at, span)
    }

    /// The builtin of a role that only one builtin has.
    pub(crate) fn by_role(&mut self, role: Role, operands: Vec<Expr>, span: Span) -> Expr {
        let Some(entry) = functions::with_role(role).first() else {
            self.unsupported(span, "this cannot run yet");
            return self.broken(span);
        };
        let operands = operands.into_iter().map(Operand::Value).collect();
        self.apply(entry, operands, span, span)
    }

    fn sign(&mut self, negative: bool, operand: &ast::Expr, span: Span) -> Expr {
        let operand = self.scalar(operand);
        if !negative {
            if !(operand.ty.is_number() || matches!(operand.ty, Type::Timespan | Type::Unknown)) {
                self.error(
                    Code::OperandTypes,
                    span,
                    format!("operator `+` is not defined for {}", operand.ty),
                );
            }
            return operand;
        }
        match operand.as_literal() {
            // A literal keeps its type, an int column becomes long.
            Some(Value::Int(v)) => Expr::literal(Value::Int(v.wrapping_neg()), span),
            _ => self.by_role(Role::Negate, vec![operand], span),
        }
    }

    fn binary(
        &mut self,
        words: &str,
        left: &ast::Expr,
        right: &ast::Expr,
        at: Span,
        span: Span,
    ) -> Expr {
        if matches!(left.kind, ast::ExprKind::Star) {
            return self.any_column(words, right, at, span);
        }
        let left = self.scalar(left);
        let right = self.scalar(right);
        self.compare(words, left, right, at, span)
    }

    fn compare(&mut self, words: &str, left: Expr, right: Expr, at: Span, span: Span) -> Expr {
        let role = functions::scalar(words).map_or(Role::None, |e| e.function.role);
        let (mut left, mut right) = (left, right);
        if matches!(role, Role::Equal | Role::NotEqual) {
            if let Some(converted) = overload::literal_as(&left, right.ty, self.context) {
                left = converted;
            } else if let Some(converted) = overload::literal_as(&right, left.ty, self.context) {
                right = converted;
            }
            if left.ty == Type::Dynamic && right.ty == Type::Dynamic {
                self.say(
                    Diagnostic::new(
                        Code::DynamicKey,
                        at,
                        "dynamic values cannot be compared with each other",
                    )
                    .help("convert both sides, for example with tostring()"),
                );
                return self.broken(span);
            }
        }
        self.operator(words, vec![left, right], at, span)
    }

    /// `* has 'x'`: whether any column of the row does.
    fn any_column(&mut self, words: &str, right: &ast::Expr, at: Span, span: Span) -> Expr {
        let right = self.scalar(right);
        let mut terms = Vec::new();
        for column in self.all_columns(at) {
            let text = overload::convert(column, Type::String);
            terms.push(self.operator(words, vec![text, right.clone()], at, span));
        }
        match terms.len() {
            0 => self.broken(span),
            1 => terms.swap_remove(0),
            _ => Expr {
                kind: ExprKind::Logic { and: false, terms },
                ty: Type::Bool,
                span,
            },
        }
    }

    fn chain(&mut self, op: Logic, terms: &[ast::Expr]) -> Expr {
        let (and, words) = match op {
            Logic::And => (true, "and"),
            Logic::Or => (false, "or"),
        };
        let what = format!("an operand of `{words}`");
        let bound: Vec<Expr> = terms.iter().map(|t| self.predicate(t, &what)).collect();
        let span = terms
            .iter()
            .map(|t| t.span)
            .reduce(Span::to)
            .unwrap_or_default();
        if bound.iter().any(|t| t.ty == Type::Unknown) {
            return Expr::literal(Value::Null(Type::Bool), span);
        }
        Expr {
            kind: ExprKind::Logic { and, terms: bound },
            ty: Type::Bool,
            span,
        }
    }

    fn between(
        &mut self,
        negated: bool,
        value: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        span: Span,
    ) -> Expr {
        let operands = vec![self.scalar(value), self.scalar(low), self.scalar(high)];
        let role = if negated {
            Role::NotBetween
        } else {
            Role::Between
        };
        self.by_role(role, operands, span)
    }

    fn list(
        &mut self,
        op: ListOp,
        left: &ast::Expr,
        items: &[ast::Expr],
        at: Span,
        span: Span,
    ) -> Expr {
        if let [only] = items
            && self.is_tabular(only)
        {
            let left = self.scalar(left);
            let Some(list) = self.shared_list(only) else {
                return self.broken(span);
            };
            let comparable = left.ty == list.ty
                || (left.ty.is_number() && list.ty.is_number())
                || [left.ty, list.ty]
                    .iter()
                    .any(|t| matches!(t, Type::Dynamic | Type::Unknown));
            if !comparable {
                self.say(
                    Diagnostic::new(
                        Code::WrongType,
                        only.span,
                        format!(
                            "the table's first column is {}, the value compared with it {}",
                            list.ty, left.ty
                        ),
                    )
                    .help("convert one of them, for example with tostring()"),
                );
                return self.broken(span);
            }
            return self.operator(op.text(), vec![left, list], at, span);
        }
        let left = self.scalar(left);
        let mut operands = vec![left];
        for item in items {
            let item = self.scalar(item);
            let ty = operands[0].ty;
            operands.push(overload::literal_as(&item, ty, self.context).unwrap_or(item));
        }
        self.operator(op.text(), operands, at, span)
    }

    /// The first column of a table as the list that a value is looked up in.
    fn shared_list(&mut self, e: &ast::Expr) -> Option<Expr> {
        let relation = self.outside(|b| b.table(e));
        let Some(first) = relation.plan.schema.columns.first().cloned() else {
            if !relation.plan.schema.open {
                self.error(
                    Code::OneColumnExpected,
                    e.span,
                    "the table needs a column to look values up in",
                );
            }
            return None;
        };
        let column = Expr::column(0, first.ty, e.span);
        let plan = crate::plan::Plan::project(relation.plan, vec![(first.name, column)]);
        let id = self.share(plan);
        Some(Expr {
            kind: ExprKind::SharedList(id),
            ty: first.ty,
            span: e.span,
        })
    }

    // -----------------------------------------------------------------------------------------
    // Dynamic values

    fn path(&mut self, base: &ast::Expr, member: &ast::Expr, span: Span) -> Expr {
        match &member.kind {
            ast::ExprKind::Name(name) => {
                let base = self.scalar(base);
                let key = Expr::literal(Value::String(name.text.clone()), name.span);
                self.access(base, key, span)
            }
            _ if self.is_tabular(base) => {
                self.error(
                    Code::ScalarExpected,
                    span,
                    "a single value is needed here, not a table",
                );
                self.broken(span)
            }
            _ => {
                self.error(
                    Code::Syntax,
                    member.span,
                    "a property name must follow the dot",
                );
                self.broken(span)
            }
        }
    }

    fn access(&mut self, base: Expr, key: Expr, span: Span) -> Expr {
        if base.ty == Type::Unknown || key.ty == Type::Unknown {
            return Expr::literal(Value::Null(Type::Dynamic), span);
        }
        if base.ty != Type::Dynamic {
            self.say(
                Diagnostic::new(
                    Code::WrongType,
                    base.span,
                    format!("only dynamic values have properties; this is {}", base.ty),
                )
                .help("parse_json(…) reads the JSON text of a string"),
            );
            return self.broken(span);
        }
        self.by_role(Role::Access, vec![base, key], span)
    }
}
