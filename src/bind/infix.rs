//! Binds infix operators, `and` and `or`, lists, and the access to parts of dynamic values.

use crate::bind::Binder;
use crate::bind::call::Operand;
use crate::bind::overload;
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::{self};
use crate::plan::{Expr, ExprKind, Role};
use crate::source::Span;
use crate::syntax::ast::{self, ListOp, Logic};
use crate::types::{Type, Value};

impl Binder<'_> {
    /// An infix operator or other builtin that the binder itself calls by its declared words.
    pub(super) fn operator(
        &mut self,
        words: &str,
        operands: Vec<Expr>,
        at: Span,
        span: Span,
    ) -> Expr {
        let Some(entry) = functions::scalar(words) else {
            self.unsupported(at, format!("operator `{words}` cannot run yet"));
            return self.broken(span);
        };
        if let [left, right] = &operands[..]
            && let Some(ty) = functions::arithmetic::untold(entry.function, left.ty, right.ty)
        {
            let (left, right) = (left.ty, right.ty);
            let message = format!("what Kusto makes of {left} {words} {right} is not known");
            self.unsupported(at, message);
            return Expr::literal(Value::Null(ty), span);
        }
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

    /// What stands beside an operator: a single value, which neither a table nor the name of a type is.
    fn operand(&mut self, e: &ast::Expr, words: &str, at: Span) -> Expr {
        let mut inner = e;
        while let ast::ExprKind::Paren(within) = &inner.kind {
            inner = within;
        }
        let what = match &inner.kind {
            ast::ExprKind::Pipeline(_) => {
                // For its own mistakes, without which it would be no value either.
                let before = self.diagnostics.len();
                self.outside(|b| b.table(inner));
                if self.diagnostics.len() > before && e.span.start < at.start {
                    return self.broken(e.span);
                }
                "a table"
            }
            ast::ExprKind::TypeOf(ast::TypeOf::Scalar(ty)) => {
                if self.type_name(ty) == Type::Unknown {
                    return self.broken(e.span);
                }
                "the name of a type"
            }
            ast::ExprKind::TypeOf(_) => "the name of a type",
            _ => {
                let value = self.scalar(e);
                let is_equality = || {
                    let role = functions::scalar(words).map(|entry| entry.function.role);
                    matches!(role, Some(Role::Equal | Role::NotEqual))
                };
                return match several(e, &value) && !is_equality() {
                    true => self.one_of_several(words, at, e.span),
                    false => value,
                };
            }
        };
        let message = format!("operator `{words}` takes single values, not {what}");
        let said =
            Diagnostic::new(Code::OperandTypes, at, message).also(e.span, "this is no value");
        self.say(match what {
            "a table" => said.help("toscalar(…) takes the first value of a table"),
            _ => said,
        });
        self.broken(e.span)
    }

    /// Says that a call with several values stands where one must.
    fn one_of_several(&mut self, words: &str, at: Span, span: Span) -> Expr {
        let message =
            format!("operator `{words}` takes single values, and this call gives several");
        self.say(
            Diagnostic::new(Code::OperandTypes, at, message)
                .also(span, "this call")
                .help(FIRST_OF_SEVERAL),
        );
        self.broken(span)
    }

    pub(super) fn sign(&mut self, negative: bool, operand: &ast::Expr, span: Span) -> Expr {
        let words = if negative { "-" } else { "+" };
        let at = Span {
            end: (span.start + 1).min(span.end),
            ..span
        };
        let operand = self.operand(operand, words, at);
        let ty = operand.ty;
        let signed = ty.is_number() || matches!(ty, Type::Timespan | Type::Unknown);
        if !(signed || negative && ty == Type::Dynamic) {
            let message = format!("operator `{words}` is not defined for {ty}");
            self.error(Code::OperandTypes, at, message);
            return self.broken(span);
        }
        match operand.as_literal() {
            _ if !negative => operand,
            // A literal keeps its type, an int column becomes long.
            Some(Value::Int(v)) => Expr::literal(Value::Int(v.wrapping_neg()), span),
            _ => self.by_role(Role::Negate, vec![operand], span),
        }
    }

    pub(super) fn binary(
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
        let missing = [left, right].iter().any(|e| e.kind == ast::ExprKind::Error);
        let left = self.operand(left, words, at);
        let right = self.operand(right, words, at);
        if missing {
            return self.broken(span);
        }
        self.compare(words, left, right, at, span)
    }

    pub(super) fn compare(
        &mut self,
        words: &str,
        left: Expr,
        right: Expr,
        at: Span,
        span: Span,
    ) -> Expr {
        let role = functions::scalar(words).map_or(Role::None, |e| e.function.role);
        let (mut left, mut right) = (left, right);
        if matches!(role, Role::Equal | Role::NotEqual) {
            if let Some(converted) = overload::literal_as(&left, right.ty, self.context) {
                left = converted;
            } else if let Some(converted) = overload::literal_as(&right, left.ty, self.context) {
                right = converted;
            } else if let Some(text) = overload::number_as_text(&left, right.ty, self.context) {
                left = text;
            } else if let Some(text) = overload::number_as_text(&right, left.ty, self.context) {
                right = text;
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

    /// `* has 'x'`: whether any column of the row does; `* !has 'x'`: whether none does.
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
                kind: ExprKind::Logic {
                    and: words.starts_with('!'),
                    terms,
                },
                ty: Type::Bool,
                span,
            },
        }
    }

    /// An operand of `and` or `or`; the operator stands between it and its neighbour.
    fn logic_operand(&mut self, words: &str, terms: &[ast::Expr], at: usize) -> Expr {
        let second = at.max(1);
        let between = match (terms.get(second - 1), terms.get(second)) {
            (Some(left), Some(right)) if left.span.end + 1 < right.span.start => Span {
                start: left.span.end + 1,
                end: right.span.start - 1,
            },
            _ => terms[at].span,
        };
        let bound = self.operand(&terms[at], words, between);
        if matches!(bound.ty, Type::Bool | Type::Unknown) {
            return bound;
        }
        let message = format!("operator `{words}` takes bool, not {}", bound.ty);
        self.say(
            Diagnostic::new(Code::OperandTypes, between, message)
                .also(terms[at].span, format!("this is {}", bound.ty))
                .help("compare it, for example with isnotempty(…), or convert it with tobool(…)"),
        );
        self.broken(terms[at].span)
    }

    pub(super) fn chain(&mut self, op: Logic, terms: &[ast::Expr]) -> Expr {
        let (and, words) = match op {
            Logic::And => (true, "and"),
            Logic::Or => (false, "or"),
        };
        let bound: Vec<Expr> = (0..terms.len())
            .map(|at| self.logic_operand(words, terms, at))
            .collect();
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

    pub(super) fn between(
        &mut self,
        negated: bool,
        value: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        span: Span,
    ) -> Expr {
        let words = if negated { "!between" } else { "between" };
        let operands = vec![self.scalar(value), self.scalar(low), self.scalar(high)];
        if several(value, &operands[0]) {
            return self.one_of_several(words, span, value.span);
        }
        let role = if negated {
            Role::NotBetween
        } else {
            Role::Between
        };
        self.by_role(role, operands, span)
    }

    pub(super) fn list(
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

    pub(super) fn path(&mut self, base: &ast::Expr, member: &ast::Expr, span: Span) -> Expr {
        match &member.kind {
            ast::ExprKind::Name(name) => {
                let special = self.state(base, name, span);
                let special = special.or_else(|| self.of_entity(base, name, span));
                if let Some(value) = special.or_else(|| self.pattern_property(base, name, span)) {
                    return value;
                }
                let base = self.scalar(base);
                let key = Expr::literal(Value::String(name.text.clone()), name.span);
                self.access(base, key, span, name.span, "KS142")
            }
            _ if self.is_tabular(base) => {
                self.error(
                    Code::ScalarExpected,
                    span,
                    "a single value is needed here, not a table",
                );
                self.broken(span)
            }
            ast::ExprKind::Error => {
                if !self.is_state(base) {
                    self.scalar(base);
                }
                self.broken(span)
            }
            _ => {
                let before = self.diagnostics.len();
                self.scalar(base);
                // What the base is called may be the mistake.
                if self.diagnostics.len() == before {
                    let message = "a property name must follow the dot";
                    self.error(Code::Syntax, member.span, message);
                }
                self.broken(span)
            }
        }
    }

    /// A part of a dynamic value; of any other it is a mistake `at` a place, which Microsoft's service knows
    /// as `kusto`.
    pub(crate) fn access(
        &mut self,
        base: Expr,
        key: Expr,
        span: Span,
        at: Span,
        kusto: &'static str,
    ) -> Expr {
        if base.ty == Type::Unknown || key.ty == Type::Unknown {
            return Expr::literal(Value::Null(Type::Dynamic), span);
        }
        if let Some(column) = functions::dynamic::column_of(&base, &key) {
            return column;
        }
        if base.ty != Type::Dynamic {
            self.say(
                Diagnostic::new(
                    Code::WrongType,
                    at,
                    format!("only dynamic values have properties, no {}", base.ty),
                )
                .kusto_as(kusto)
                .also(base.span, format!("this is {}", base.ty))
                .help("parse_json(…) reads the JSON text of a string"),
            );
            return self.broken(span);
        }
        self.by_role(Role::Access, vec![base, key], span)
    }
}

/// How to take one of several values.
pub(super) const FIRST_OF_SEVERAL: &str = "`[0]` behind the call takes the first of its values";

/// Whether an expression is a call that gives several values, and no one of them is taken.
pub(super) fn several(e: &ast::Expr, bound: &Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Paren(inner) => return several(inner, bound),
        ast::ExprKind::Call { .. } => {}
        _ => return false,
    }
    let ExprKind::Call(call) = &bound.kind else {
        return false;
    };
    let columns = call.function.tuple.and_then(|tuple| (tuple.columns)(call));
    columns.is_some_and(|columns| columns.len() > 1)
}
