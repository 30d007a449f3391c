//! Binds statements: `let`, `set`, parameters, and the tabular expressions that are a query's results.

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::scope::{Declared, Function};
use crate::bind::{Binder, Binding, Relation, overload, special};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Output, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Type, Value};

impl Binder<'_> {
    /// Binds a whole query; one output per tabular statement.
    pub(crate) fn query(&mut self, query: &ast::Query) -> Vec<Output> {
        let mut outputs = Vec::new();
        let mut end = Span::default();
        for statement in &query.statements {
            end = statement.span.after();
            match &statement.kind {
                ast::StatementKind::Expression(e) => {
                    let mut results = vec![self.result(e)];
                    results.append(&mut self.further);
                    outputs.extend(self.bound_rows(results));
                }
                _ => self.statement(statement),
            }
        }
        if outputs.is_empty() {
            self.say(
                Diagnostic::new(Code::NoQuery, end, "the query has nothing to show")
                    .help("end it with a tabular expression, such as a table's name"),
            );
        }
        outputs
    }

    /// A statement that is an expression: a table, or a scalar, which becomes a table of one cell.
    fn result(&mut self, e: &ast::Expr) -> Output {
        if let ast::ExprKind::Pipeline(pipeline) = &e.kind {
            self.last = pipeline.operators.last().map(|last| last.span);
        }
        // A name alone may be anything.
        if let ast::ExprKind::Name(name) = &e.kind
            && self.names_nothing(e)
        {
            let broken = self.unknown_source(&name.text, name.span, "table", "KS142");
            return Output {
                plan: broken.plan,
                render: None,
            };
        }
        let relation = if self.is_tabular(e) || !self.is_scalar(e) {
            self.table(e)
        } else {
            let value = self.scalar(e);
            Relation::new(Plan::project(
                Plan::one_row(),
                vec![("print_0".into(), value)],
            ))
        };
        self.last = None;
        relation.into()
    }

    /// Whether the operator that stands here may give several tables: only the last of a statement may.
    pub(crate) fn gives_several(&mut self, name: &str, span: Span) -> bool {
        if self.last.take() == Some(span) && self.calls.is_empty() {
            return true;
        }
        self.say(
            Diagnostic::new(
                Code::TableExpected,
                span,
                format!("`{name}` gives several tables, and one is needed here"),
            )
            .help("it can only be the last operator of a statement"),
        );
        false
    }

    /// Several tables as what a statement gives: the first as its own.
    pub(crate) fn several(&mut self, tables: Vec<Relation>) -> Relation {
        let mut tables = tables.into_iter();
        let first = tables.next();
        self.further.extend(tables.map(Output::from));
        first.unwrap_or_else(|| self.broken_table())
    }

    /// Whether a statement's expression can only be a scalar.
    fn is_scalar(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ast::ExprKind::Name(name) => {
                matches!(self.env.get(&name.text), Some(Binding::Scalar { .. }))
            }
            ast::ExprKind::Paren(inner) => self.is_scalar(inner),
            ast::ExprKind::Call { name, .. } => {
                self.env.get(&name.text).is_some()
                    || crate::functions::scalar(&name.text).is_some()
                    || self.stored_yields_table(name) == Some(false)
            }
            ast::ExprKind::Path { .. } | ast::ExprKind::Pipeline(_) | ast::ExprKind::Error => false,
            _ => true,
        }
    }

    /// Binds the statements before a function's body.
    pub(crate) fn statements(&mut self, statements: &[ast::Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &ast::Statement) {
        match &statement.kind {
            ast::StatementKind::Let { name, value } => self.declare(name, value),
            ast::StatementKind::Set { name, value } => {
                self.option(name, value.as_ref());
            }
            ast::StatementKind::QueryParameters(parameters) => {
                for parameter in parameters {
                    self.query_parameter(parameter);
                }
            }
            ast::StatementKind::Pattern(pattern) => {
                if let Some(definition) = &pattern.definition {
                    self.parameter_types(&definition.parameters);
                    self.parameter_types(definition.path.as_slice());
                }
                let declared = Declared {
                    ast: pattern.clone(),
                    env: self.env.clone(),
                };
                self.bind_name(&pattern.name, Binding::Pattern(Rc::new(declared)));
            }
            ast::StatementKind::Restrict(entities) => self.restrict(entities, statement.span),
            ast::StatementKind::Alias { name, value } => {
                // Nothing may use it, and its mistakes are some all the same.
                self.outside(|b| match b.starts_entity(value) {
                    true => _ = b.place(value),
                    false => _ = b.scalar(value),
                });
                self.aliases.push((name.text.clone(), value.clone()));
            }
            // That it is none, the parser has said.
            ast::StatementKind::Expression(e) => {
                self.outside(|b| b.result(e));
            }
        }
    }

    fn declare(&mut self, name: &ast::Name, value: &ast::LetValue) {
        let said = self.diagnostics.len();
        if let Some(first) = self.env.declared_in(&name.text, self.scope) {
            self.say(
                Diagnostic::new(
                    Code::DuplicateVariable,
                    name.span,
                    format!("`{}` is declared twice", name.text),
                )
                .also(first, "first declared here"),
            );
        }
        let binding = match value {
            ast::LetValue::Function(function) => {
                self.function_types(function);
                let (from, to) = (name.span.end, function.span.end);
                let body = function.statements.first().map(|s| s.span.start);
                let body = body.or(function.body.as_ref().map(|b| b.span.start));
                let header = self.is_unread(from, body.unwrap_or(to).saturating_sub(1));
                let function = Rc::new(Function {
                    name: name.text.clone(),
                    tabular: self.yields_table(function),
                    ast: Arc::new((**function).clone()),
                    env: self.env.clone(),
                    stored: None,
                });
                if self.abroad.is_none() && !header {
                    self.functions.push(Rc::clone(&function));
                }
                match header {
                    true => Binding::Broken,
                    false => Binding::Function(function),
                }
            }
            ast::LetValue::Expr(ast::Expr {
                kind: ast::ExprKind::Bracketed(entities),
                ..
            }) => Binding::Group(Rc::new(entities.clone())),
            ast::LetValue::Expr(e) if self.names_nothing(e) => {
                if let ast::ExprKind::Name(name) = &e.kind {
                    self.unknown_source(&name.text, name.span, "table or variable", "KS142");
                }
                Binding::Broken
            }
            ast::LetValue::Expr(e) if self.is_tabular(e) || self.names_a_table(e) => {
                let relation = self.outside(|b| b.table_or_graph(e));
                let schema = &relation.plan.schema;
                if relation.graph.is_none() && schema.open && schema.is_empty() {
                    Binding::Broken
                } else {
                    Binding::Table(Rc::new(relation))
                }
            }
            ast::LetValue::Expr(e) => {
                let value = self.scalar(e);
                let wrong = self.has_errors(said) || self.is_unread(name.span.end, e.span.end);
                if wrong || value.ty == Type::Unknown {
                    Binding::Broken
                } else {
                    // Inside a scalar function the value may depend on the caller's row.
                    let mut depends = false;
                    value.visit(&mut |e| {
                        depends |= matches!(e.kind, crate::plan::ExprKind::Column(_));
                    });
                    let row = self.row.as_ref().map(|r| r.id).filter(|_| depends);
                    Binding::Scalar { expr: value, row }
                }
            }
        };
        self.env = self
            .env
            .with(name.text.clone(), binding, self.scope, name.span);
    }

    /// Says what is wrong with the types of a function's parameters, and of the functions inside it.
    fn function_types(&mut self, function: &ast::Function) {
        self.parameter_types(&function.parameters);
        for statement in &function.statements {
            if let ast::StatementKind::Let {
                value: ast::LetValue::Function(inner),
                ..
            } = &statement.kind
            {
                self.function_types(inner);
            }
        }
    }

    fn parameter_types(&mut self, parameters: &[ast::Parameter]) {
        for (index, parameter) in parameters.iter().enumerate() {
            let name = &parameter.name;
            if let Some(first) = parameters[..index]
                .iter()
                .find(|p| p.name.text == name.text)
            {
                let message = format!("`{}` is declared twice", name.text);
                self.say(
                    Diagnostic::new(Code::DuplicateVariable, name.span, message)
                        .also(first.name.span, "first declared here"),
                );
            }
            match &parameter.ty {
                ast::ParameterType::Scalar(ty) => {
                    let ty = self.type_name(ty);
                    if let Some(default) = &parameter.default {
                        let given = self.outside(|b| b.scalar(default));
                        self.default_fits(ty, &given);
                    }
                }
                ast::ParameterType::Table { columns, .. } => {
                    let is_value =
                        |p: &ast::Parameter| matches!(p.ty, ast::ParameterType::Scalar(_));
                    if parameters[..index].iter().any(is_value) {
                        let message =
                            format!("`{}` is a table, and tables come before values", name.text);
                        let said = Diagnostic::new(Code::Syntax, name.span, message);
                        self.say(said.kusto_as("KS226"));
                    }
                    for column in columns {
                        self.type_name(&column.ty);
                    }
                }
            }
        }
    }

    /// Says when the default of a parameter has another type.
    fn default_fits(&mut self, ty: Type, default: &Expr) {
        let given = default.ty;
        let fits = given == ty
            || given.is_number() && ty.is_number()
            || ty == Type::Dynamic
            || [given, ty].contains(&Type::Unknown);
        if !fits {
            let message = format!("the parameter is {ty}, its default {given}");
            self.error(Code::WrongType, default.span, message);
        }
    }

    /// Whether `let x = Name` names something that is no scalar, so that the message about it is
    /// one about tables.
    fn names_a_table(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ast::ExprKind::Name(name) => self.env.get(&name.text).is_none(),
            ast::ExprKind::Paren(inner) => self.names_a_table(inner),
            _ => false,
        }
    }

    /// Whether `let x = Name` names neither a variable nor a table.
    fn names_nothing(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ast::ExprKind::Name(name) => {
                self.env.get(&name.text).is_none()
                    && self.known_table(&name.text).is_none()
                    && self.names.function(&name.text).is_none()
            }
            _ => false,
        }
    }

    fn query_parameter(&mut self, parameter: &ast::Parameter) {
        let ast::ParameterType::Scalar(ty) = &parameter.ty else {
            self.error(
                Code::ScalarExpected,
                parameter.name.span,
                "a query parameter cannot be a table",
            );
            return;
        };
        let ty = self.type_name(ty);
        let name = &parameter.name;
        let value = match (self.given_parameter(&name.text, ty), &parameter.default) {
            (Some(value), _) => Some(Expr::literal(value, name.span)),
            (None, Some(default)) => {
                let value = self.scalar(default);
                self.default_fits(ty, &value);
                Some(overload::convert(value, ty))
            }
            // Who checks gives no values: any one may come.
            (None, None) if self.context.is_none() && !self.names.has_rows() => {
                let any = Expr::literal(Value::null(ty), name.span);
                Some(special::once(self, Plan::one_row(), name.text.clone(), any))
            }
            (None, None) => {
                self.say(
                    Diagnostic::new(
                        Code::ConstantExpected,
                        name.span,
                        format!("query parameter `{}` has no value", name.text),
                    )
                    .help(format!("give one with --param {}=VALUE", name.text)),
                );
                None
            }
        };
        let binding = match value {
            Some(expr) => Binding::Scalar { expr, row: None },
            None => Binding::Broken,
        };
        self.env = self
            .env
            .with(name.text.clone(), binding, self.scope, name.span);
    }

    /// The values the user gave for query parameters.
    pub(crate) fn given_parameters(&self) -> &[(String, Value)] {
        self.parameters
    }

    // -----------------------------------------------------------------------------------------
    // Tables and scalars, told apart by what names mean

    /// Whether an expression yields a table.
    pub(crate) fn is_tabular(&self, e: &ast::Expr) -> bool {
        self.tabular_in(e, &[])
    }

    /// As [`Binder::is_tabular`], where `locals` (innermost last) are known to be tables or not.
    fn tabular_in(&self, e: &ast::Expr, locals: &[(&str, bool)]) -> bool {
        match &e.kind {
            ast::ExprKind::Pipeline(_) => true,
            ast::ExprKind::Paren(inner) => self.tabular_in(inner, locals),
            ast::ExprKind::Name(name) => {
                if let Some((_, table)) = locals.iter().rev().find(|(n, _)| *n == &*name.text) {
                    return *table;
                }
                let column = self.row.as_ref().filter(|r| r.visible);
                if column.is_some_and(|r| r.schema.index(&name.text).is_some()) {
                    return false;
                }
                match self.env.get(&name.text) {
                    Some(Binding::Table(_) | Binding::Pattern(_)) => true,
                    Some(Binding::Function(function)) => function.tabular,
                    Some(_) => false,
                    None => self
                        .stored_yields_table(name)
                        .unwrap_or_else(|| self.known_table(&name.text).is_some()),
                }
            }
            ast::ExprKind::Call { name, .. } => match self.env.get(&name.text) {
                Some(Binding::Function(function)) => function.tabular,
                Some(Binding::Pattern(_)) => true,
                Some(_) => false,
                None => {
                    crate::bind::special::is_table_function(&name.text)
                        || (crate::functions::scalar(&name.text).is_none()
                            && self
                                .stored_yields_table(name)
                                .unwrap_or_else(|| self.known_table(&name.text).is_some()))
                        || crate::catalog::service_function(&name.text).is_some()
                }
            },
            ast::ExprKind::Path { base, .. } => self.starts_entity(base),
            _ => false,
        }
    }

    /// Whether a function's value is a table.
    pub(super) fn yields_table(&self, function: &ast::Function) -> bool {
        let mut locals: Vec<(&str, bool)> = function
            .parameters
            .iter()
            .map(|p| {
                let table = matches!(p.ty, ast::ParameterType::Table { .. });
                (&*p.name.text, table)
            })
            .collect();
        for statement in &function.statements {
            if let ast::StatementKind::Let { name, value } = &statement.kind {
                let table = match value {
                    ast::LetValue::Expr(e) => self.tabular_in(e, &locals),
                    ast::LetValue::Function(inner) => self.yields_table(inner),
                };
                locals.push((&name.text, table));
            }
        }
        function
            .body
            .as_ref()
            .is_some_and(|body| self.call_or_value(body, &locals))
    }

    /// A call of a local function counts as what its body yields.
    fn call_or_value(&self, body: &ast::Expr, locals: &[(&str, bool)]) -> bool {
        if let ast::ExprKind::Call { name, .. } = &body.kind
            && let Some((_, table)) = locals.iter().rev().find(|(n, _)| *n == &*name.text)
        {
            return *table;
        }
        self.tabular_in(body, locals) || self.means_nothing(body, locals)
    }

    /// Whether an expression is a name that nothing has: as a function's value it can only be a table that is not there.
    fn means_nothing(&self, e: &ast::Expr, locals: &[(&str, bool)]) -> bool {
        match &e.kind {
            ast::ExprKind::Paren(inner) => self.means_nothing(inner, locals),
            ast::ExprKind::Name(name) => {
                !locals.iter().any(|(local, _)| *local == &*name.text)
                    && self.env.get(&name.text).is_none()
                    && self.stored_yields_table(name).is_none()
            }
            _ => false,
        }
    }
}
