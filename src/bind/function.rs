//! Calls of functions declared by `let`: arguments to parameters, the body bound at the call.

use std::rc::Rc;

use crate::bind::scope::Function;
use crate::bind::{Binder, Binding, Env, Relation, overload};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Schema, Type, Value};

/// How deep calls of functions may nest: each level takes stack.
const DEEPEST_CALL: usize = 200;

/// What is said of a function that nobody calls.
const NAMES_NOTHING: [Code; 7] = [
    Code::UnknownName,
    Code::UnknownTable,
    Code::UnknownFunction,
    Code::UnknownAggregate,
    Code::UnknownPlugin,
    Code::UnknownParameter,
    Code::UnknownType,
];

/// An argument of a call: given in the query, or a table piped in by `invoke`.
enum Given<'a> {
    Ast(&'a ast::Expr),
    Piped(Rc<Relation>),
}

impl Binder<'_> {
    /// The value of a call of a function whose body is a scalar.
    pub(crate) fn call_function(
        &mut self,
        function: &Rc<Function>,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Expr {
        let Some((env, scope)) = self.parameters(function, arguments, None, span) else {
            return self.broken(span);
        };
        if !self.enter(function, span) {
            return self.broken(span);
        }
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        // The body sees its parameters and scope, not the columns of the caller's row.
        let visible = self
            .row
            .as_mut()
            .map(|r| std::mem::replace(&mut r.visible, false));
        let aggregation = self.aggregation.take();
        let (abroad, shared) = (
            self.go_abroad(function.stored.as_ref(), span),
            self.shared.len(),
        );
        self.statements(&function.ast.statements);
        let mut value = match &function.ast.body {
            Some(body) => self.scalar(body),
            None => self.broken(span),
        };
        if function.stored.is_some() && abroad.is_none() {
            value.visit_mut(&mut |e| e.span = span);
        }
        self.come_back(abroad, None, shared);
        self.aggregation = aggregation;
        if let (Some(row), Some(visible)) = (&mut self.row, visible) {
            row.visible = visible;
        }
        self.scope = outer_scope;
        self.env = outer_env;
        self.calls.pop();
        value
    }

    /// Starts a function's body; `false` when calls nest too deep or unfold into too much, which has
    /// then been said.
    fn enter(&mut self, function: &Function, span: Span) -> bool {
        if !self.part(span) {
            return false;
        }
        if self.calls.len() >= DEEPEST_CALL {
            self.error(
                Code::TooComplex,
                span,
                format!("functions call one another more than {DEEPEST_CALL} deep"),
            );
            return false;
        }
        self.calls.push(function.name.clone());
        self.called
            .extend(function.ast.body.as_ref().map(|b| b.span));
        true
    }

    /// Says which names in functions that nobody calls mean nothing. Of values and columns that only a call gives,
    /// nothing is said.
    pub(crate) fn look_at_uncalled(&mut self) {
        let mut at = 0;
        while let Some(function) = self.functions.get(at).cloned() {
            at += 1;
            let body = function.ast.body.as_ref().map(|b| b.span);
            if body.is_none_or(|body| self.called.contains(&body)) {
                continue;
            }
            let before = std::mem::take(&mut self.diagnostics);
            self.look_at(&function);
            let found = std::mem::replace(&mut self.diagnostics, before);
            let names_nothing = |d: &Diagnostic| NAMES_NOTHING.contains(&d.code);
            self.diagnostics
                .extend(found.into_iter().filter(names_nothing));
        }
    }

    fn look_at(&mut self, function: &Rc<Function>) {
        let scope = self.fresh();
        let mut env = function.env.clone();
        for parameter in &function.ast.parameters {
            let binding = match &parameter.ty {
                ast::ParameterType::Scalar(_) => Binding::Broken,
                ast::ParameterType::Table { columns, open } => {
                    let mut table = self.broken_table();
                    if !open {
                        table.plan.schema = self.declared(columns);
                    }
                    Binding::Table(Rc::new(table))
                }
            };
            let name = &parameter.name;
            env = env.with(name.text.clone(), binding, scope, name.span);
        }
        if !self.enter(function, Span::default()) {
            return;
        }
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        self.outside(|b| {
            b.statements(&function.ast.statements);
            match &function.ast.body {
                Some(body) if function.tabular => drop(b.table_or_graph(body)),
                Some(body) => drop(b.scalar(body)),
                None => {}
            }
        });
        self.scope = outer_scope;
        self.env = outer_env;
        self.calls.pop();
    }

    /// Whether the body at hand is that of a function of this name.
    pub(crate) fn is_under_way(&self, name: &ast::Name) -> bool {
        self.calls.contains(&name.text)
    }

    /// Says that a function calls itself.
    pub(crate) fn calls_itself(&mut self, name: &ast::Name) {
        self.say(
            Diagnostic::new(
                Code::Recursion,
                name.span,
                format!("`{}` calls itself", name.text),
            )
            .help("a function can call only functions declared before it"),
        );
    }

    /// The table a call of a function yields.
    pub(crate) fn call_table_function(
        &mut self,
        function: &Rc<Function>,
        arguments: &[ast::Argument],
        piped: Option<Relation>,
        span: Span,
    ) -> Relation {
        let Some((env, scope)) = self.parameters(function, arguments, piped, span) else {
            return self.broken_table();
        };
        if !self.enter(function, span) {
            return self.broken_table();
        }
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let (abroad, shared) = (
            self.go_abroad(function.stored.as_ref(), span),
            self.shared.len(),
        );
        let mut relation = self.outside(|b| {
            b.statements(&function.ast.statements);
            match &function.ast.body {
                Some(body) => b.table_or_graph(body),
                None => b.broken_table(),
            }
        });
        self.come_back(abroad, Some(&mut relation.plan), shared);
        self.scope = outer_scope;
        self.env = outer_env;
        self.calls.pop();
        relation.label = function.ast.view.then(|| function.name.clone());
        relation
    }

    /// The scope of a function's body: its own, with the parameters bound; and its number. Nothing when an
    /// argument is missing or surplus, which has been said.
    fn parameters(
        &mut self,
        function: &Rc<Function>,
        arguments: &[ast::Argument],
        piped: Option<Relation>,
        span: Span,
    ) -> Option<(Env, usize)> {
        let given = self.given(function, arguments, piped, span)?;
        let scope = self.fresh();
        let mut env = function.env.clone();
        for (parameter, given) in function.ast.parameters.iter().zip(given) {
            let binding = match (&parameter.ty, given) {
                (ast::ParameterType::Table { columns, open }, Some(given)) => {
                    self.table_argument(columns, *open, given, span)?
                }
                (ast::ParameterType::Scalar(ty), Some(Given::Ast(e))) => {
                    let ty = self.type_name(ty);
                    self.scalar_argument(function, &parameter.name, ty, e)
                }
                (ast::ParameterType::Scalar(_), Some(Given::Piped(_))) => {
                    self.error(
                        Code::ScalarExpected,
                        span,
                        format!("the first parameter of `{}` is no table", function.name),
                    );
                    return None;
                }
                (ast::ParameterType::Scalar(ty), None) if parameter.default.is_some() => {
                    let ty = self.type_name(ty);
                    let default = parameter.default.as_ref()?;
                    let value = self.outside(|b| b.scalar(default));
                    Binding::Scalar {
                        expr: overload::convert(value, ty),
                        row: None,
                    }
                }
                (_, None) => {
                    self.count(function, arguments.len(), span);
                    return None;
                }
            };
            env = env.with(
                parameter.name.text.clone(),
                binding,
                scope,
                parameter.name.span,
            );
        }
        Some((env, scope))
    }

    /// What is given for each parameter; nothing when the call is wrong, which has been said.
    fn given<'a>(
        &mut self,
        function: &Function,
        arguments: &'a [ast::Argument],
        piped: Option<Relation>,
        span: Span,
    ) -> Option<Vec<Option<Given<'a>>>> {
        let parameters = &function.ast.parameters;
        let mut given: Vec<Option<Given<'a>>> = parameters.iter().map(|_| None).collect();
        let mut next = 0;
        if let Some(piped) = piped {
            let Some(first) = given.first_mut() else {
                self.error(
                    Code::ArgumentCount,
                    span,
                    format!("`{}` takes no table", function.name),
                );
                return None;
            };
            *first = Some(Given::Piped(Rc::new(piped)));
            next = 1;
        }
        let mut ok = true;
        for argument in arguments {
            let index = match &argument.name {
                Some(name) => match parameters.iter().position(|p| p.name.text == name.text) {
                    Some(index) => index,
                    None => {
                        self.unknown_parameter(function, name);
                        ok = false;
                        continue;
                    }
                },
                None => {
                    next += 1;
                    next - 1
                }
            };
            match given.get_mut(index) {
                Some(slot @ None) => *slot = Some(Given::Ast(&argument.value)),
                Some(_) => {
                    let name = &parameters[index].name.text;
                    self.error(
                        Code::NamedArgument,
                        argument.value.span,
                        format!("parameter `{name}` is given twice"),
                    );
                    ok = false;
                }
                None => {
                    self.count(function, next, span);
                    ok = false;
                    break;
                }
            }
        }
        ok.then_some(given)
    }

    fn scalar_argument(
        &mut self,
        function: &Function,
        name: &ast::Name,
        ty: Type,
        e: &ast::Expr,
    ) -> Binding {
        let value = self.scalar(e);
        let value = overload::literal_as(&value, ty, self.context)
            .filter(|literal| {
                ty != Type::Dynamic && literal.as_literal().is_some_and(|v| !v.is_null())
            })
            .unwrap_or(value);
        let given = value.ty;
        let numbers = given.is_number() && ty.is_number();
        let value = if numbers || ty == Type::Dynamic || given == Type::Dynamic {
            overload::convert(value, ty)
        } else {
            value
        };
        if value.ty != ty && value.ty != Type::Unknown && ty != Type::Unknown {
            // Kusto converts the argument when the query runs, by rules that nobody has written down.
            let message = format!(
                "parameter `{}` of `{}` is {ty}; what Kusto makes of this {given} is not known",
                name.text, function.name
            );
            self.say(Diagnostic::unsupported(e.span, message).help("convert it before the call"));
            return Binding::Broken;
        }
        let mut depends = false;
        value.visit(&mut |e| depends |= matches!(e.kind, ExprKind::Column(_)));
        let row = self.row.as_ref().map(|r| r.id).filter(|_| depends);
        Binding::Scalar { expr: value, row }
    }

    fn table_argument(
        &mut self,
        columns: &[ast::ColumnDeclaration],
        open: bool,
        given: Given<'_>,
        call: Span,
    ) -> Option<Binding> {
        let (relation, span) = match given {
            Given::Ast(e) => (Rc::new(self.outside(|b| b.table(e))), e.span),
            Given::Piped(relation) => (relation, call),
        };
        if open || relation.plan.schema.open {
            return Some(Binding::Table(relation));
        }
        // What the parameter declares must be there; the body sees the whole table (Microsoft's language service and
        // the printed answer of a documented sample agree on that).
        for column in columns {
            let ty = self.type_name(&column.ty);
            let found = relation.plan.schema.index(&column.name.text);
            let found = found.and_then(|i| relation.plan.schema.columns.get(i));
            let what = match found {
                Some(found) if found.ty == ty => continue,
                Some(found) => format!(
                    "the table's column `{}` is {}, the parameter wants {ty}",
                    column.name.text, found.ty
                ),
                None => format!(
                    "the table has no column `{}`, which the parameter wants",
                    column.name.text
                ),
            };
            self.error(Code::ArgumentTypes, span, what);
            return None;
        }
        Some(Binding::Table(relation))
    }

    fn unknown_parameter(&mut self, function: &Function, name: &ast::Name) {
        let mut diagnostic = Diagnostic::new(
            Code::NamedArgument,
            name.span,
            format!("`{}` has no parameter `{}`", function.name, name.text),
        );
        let all = function.ast.parameters.iter().map(|p| &*p.name.text);
        if let Some(near) = nearest(&name.text, all) {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.say(diagnostic);
    }

    fn count(&mut self, function: &Function, given: usize, span: Span) {
        let parameters = &function.ast.parameters;
        let least = parameters.iter().filter(|p| p.default.is_none()).count();
        let wanted = if least == parameters.len() {
            least.to_string()
        } else {
            format!("{least} to {}", parameters.len())
        };
        let plural = if wanted == "1" { "" } else { "s" };
        let mut diagnostic = Diagnostic::new(
            Code::ArgumentCount,
            span,
            format!(
                "`{}` takes {wanted} argument{plural}, not {given}",
                function.name
            ),
        );
        if !parameters.is_empty() {
            let names: Vec<&str> = parameters.iter().map(|p| &*p.name.text).collect();
            diagnostic = diagnostic.help(format!("its parameters: {}", names.join(", ")));
        }
        self.say(diagnostic);
    }

    /// The schema that `(a: long, b: string)` declares.
    pub(crate) fn declared(&mut self, columns: &[ast::ColumnDeclaration]) -> Schema {
        let mut schema = Schema::default();
        for column in columns {
            let ty = self.type_name(&column.ty);
            if schema.index(&column.name.text).is_some() {
                self.error(
                    Code::DuplicateColumn,
                    column.name.span,
                    format!("column `{}` is declared twice", column.name.text),
                );
                continue;
            }
            schema
                .columns
                .push(crate::types::Column::new(column.name.text.clone(), ty));
        }
        schema
    }

    /// The value of a query parameter given by the user, as text or value, in its declared type.
    pub(crate) fn given_parameter(&self, name: &str, ty: Type) -> Option<Value> {
        let (_, value) = self.given_parameters().iter().find(|(n, _)| n == name)?;
        let expr = Expr::literal(value.clone(), Span::default());
        let expr = overload::literal_as(&expr, ty, None).unwrap_or(expr);
        overload::convert(expr, ty).as_literal().cloned()
    }
}
