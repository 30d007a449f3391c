//! Binds scalar expressions: names to columns and variables, calls to signatures, operands to types.

use crate::bind::{Binder, Binding};
use crate::contract::Context;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind, Role, fold};
use crate::source::Span;
use crate::syntax::ast::{self};
use crate::types::{TICKS_PER_DAY, Type, UNIX_EPOCH_TICKS, Value};

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

    pub(super) fn scalar_inner(&mut self, e: &ast::Expr) -> Expr {
        match &e.kind {
            ast::ExprKind::Literal(literal) => Expr::literal(literal.value.clone(), e.span),
            ast::ExprKind::Name(name) => self.name(name),
            ast::ExprKind::Call { name, arguments } => self.call(name, arguments, e.span),
            ast::ExprKind::Path { base, member } => self.path(base, member, e.span),
            ast::ExprKind::Index { base, index } => {
                if let Some(value) = self.pattern_index(base, e.span) {
                    return value;
                }
                let said = self.diagnostics.len();
                let base = self.scalar(base);
                let wrong = self.has_errors(said);
                let index = self.scalar(index);
                if wrong {
                    return self.broken(e.span);
                }
                if !matches!(
                    index.ty,
                    Type::String | Type::Dynamic | Type::Bool | Type::Unknown
                ) && !index.ty.is_integer()
                {
                    let message = format!("an index is a whole number or a key, not {}", index.ty);
                    self.error(Code::WrongType, index.span, message);
                    return self.broken(e.span);
                }
                let brackets = Span {
                    start: base.span.end.min(e.span.end),
                    ..e.span
                };
                self.access(base, index, e.span, brackets, "KS147")
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
                // For its own mistakes, without which it would be no value either.
                self.outside(|b| b.table(e));
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
                let said = Diagnostic::new(Code::WrongType, e.span, "`*` cannot stand here");
                self.say(said.kusto_as("KS006"));
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
            ast::ExprKind::TypeOf(ty) => {
                if let ast::TypeOf::Scalar(ty) = ty {
                    self.type_name(ty);
                }
                self.error(Code::ScalarExpected, e.span, "a value is needed here");
                self.broken(e.span)
            }
            ast::ExprKind::Bracketed(_) => {
                let said = Diagnostic::new(Code::ScalarExpected, e.span, "a value is needed here");
                self.say(said.kusto_as("KS117"));
                self.broken(e.span)
            }
            ast::ExprKind::Named { value, .. } => {
                self.error(Code::Syntax, e.span, "a name cannot be given here");
                self.scalar(value)
            }
            ast::ExprKind::Instant(time) => self.instant(*time, e.span),
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
                fold::constant(&folded, Some(&Context::for_check(UNIX_EPOCH_TICKS))).ok()
            }
        }
    }

    /// Puts the values of shared sub-plans in, where data can tell them.
    pub(super) fn fill_shared(&mut self, expr: &mut Expr) -> Option<()> {
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
    pub(super) fn outside_row<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let aggregation = self.aggregation.take();
        let result = f(self);
        self.aggregation = aggregation;
        result
    }

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
        if let Some(value) = self.pattern_variable(name) {
            return value;
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
                if !self.unfold_scalar(&expr, name.span) {
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
            Some(
                Binding::Pattern(_)
                | Binding::Entity(_)
                | Binding::Group(_)
                | Binding::Restricted(_),
            ) => {
                let message = format!("`{text}` is no single value, which is needed here");
                self.error(Code::ScalarExpected, name.span, message);
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
        if crate::functions::scalar(&name.text).is_some()
            || crate::functions::aggregate(&name.text).is_some()
        {
            let message = format!("the function `{}` needs its arguments", name.text);
            self.say(
                Diagnostic::new(Code::UnknownName, name.span, message)
                    .kusto_as("KS117")
                    .help(format!("write {}(…)", name.text)),
            );
            return self.broken(name.span);
        }
        let row = self.row.clone().filter(|r| r.visible);
        if row.as_ref().is_some_and(|r| r.schema.open) {
            return self.broken(name.span);
        }
        if self.gone.contains(&name.text) {
            // It would be there but for a mistake that has been said.
            return self.broken(name.span);
        }
        let columns: Vec<String> = row
            .iter()
            .flat_map(|r| r.schema.columns.iter().map(|c| c.name.to_string()))
            .collect();
        let mut variables: Vec<String> = self.env.iter().map(|(n, _)| n.to_string()).collect();
        variables.extend(self.pattern_names());
        let near = nearest(
            &name.text,
            columns.iter().chain(&variables).map(String::as_str),
        )
        .map(ToString::to_string);
        let what = if row.as_ref().is_some_and(|r| !r.schema.is_empty()) {
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

    /// `datetime()` and `datetime(8:00)`, whatever the query calls functions of its own.
    fn instant(&mut self, time: Option<i64>, span: Span) -> Expr {
        let now = self.by_role(Role::Now, Vec::new(), span);
        let Some(ticks) = time else {
            return now;
        };
        let period = |ticks| Expr::literal(Value::Timespan(ticks), span);
        let midnight = self.operator("bin", vec![now, period(TICKS_PER_DAY)], span, span);
        let words = ast::Infix::Add.text();
        self.operator(words, vec![midnight, period(ticks)], span, span)
    }
}
