//! Binds names of tables elsewhere (`database('d').T`), patterns, and what `restrict access to` leaves in sight.
//!
//! A table of another database is a local one that is called by its whole path: `d.T` stands for
//! `database('d').T`, `c.d.T` for `cluster('c').database('d').T`.

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::scope::{Access, Declared, Function};
use crate::bind::{Binder, Binding, Relation, scan, special};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::Expr;
use crate::source::Span;
use crate::syntax::ast;
use crate::text::wildcard;
use crate::types::{Schema, Type, Value};

impl Binder<'_> {
    /// The columns of a table with data, if it may be named here.
    pub(crate) fn known_table(&self, name: &str) -> Option<Schema> {
        let schema = self.names.table(name)?;
        self.env.allows_table(name).then_some(schema)
    }

    /// `database('d').T`, `cluster('c').database('d').T`, `P('x').y` of a pattern `P`.
    pub(super) fn entity(&mut self, base: &ast::Expr, member: &ast::Expr, span: Span) -> Relation {
        if let ast::ExprKind::Call { name, arguments } = &base.kind
            && let Some(Binding::Pattern(pattern)) = self.env.get(&name.text).cloned()
        {
            return self.pattern_call(&pattern, arguments, Some(member), span);
        }
        let said = self.diagnostics.len();
        let place = self.place(base);
        if self.diagnostics.len() > said {
            return self.broken_table();
        }
        let Some(place) = place else {
            self.error(Code::TableExpected, span, "a table is needed here");
            return self.broken_table();
        };
        let ast::ExprKind::Name(table) = &member.kind else {
            let message = "only single tables of another database can be read";
            self.unsupported(span, message);
            return self.broken_table();
        };
        if place.is_empty() {
            return self.own_table(table);
        }
        let path = format!("{}.{}", place.join("."), table.text);
        if let Some(schema) = self.known_table(&path) {
            let mut relation = scan(&path, schema);
            relation.label = Some(table.text.clone());
            return relation;
        }
        self.say(
            Diagnostic::unsupported(
                span,
                format!(
                    "`{}` of another database cannot be reached from here",
                    table.text
                ),
            )
            .help(format!(
                "name the table alone and give its data, or give data for it with --table '{path}=FILE'"
            )),
        );
        self.broken_table()
    }

    /// `database('d').T*` in a union: adds the tables of a database whose names fit.
    pub(super) fn branches_of(
        &mut self,
        base: &ast::Expr,
        pattern: &str,
        span: Span,
        fuzzy: bool,
        branches: &mut Vec<Relation>,
    ) {
        let said = self.diagnostics.len();
        let Some(place) = self.place(base) else {
            if self.diagnostics.len() == said {
                self.error(Code::TableExpected, span, "a table is needed here");
            }
            let broken = self.broken_table();
            branches.push(broken);
            return;
        };
        if place.is_empty() {
            return self.branches_like(pattern, span, fuzzy, branches);
        }
        let path = place.join(".");
        let mut names = self.names.names();
        names.sort();
        let before = branches.len();
        for name in names {
            let own = name.strip_prefix(&path).and_then(|n| n.strip_prefix('.'));
            let Some(own) = own.filter(|own| wildcard(pattern, own)) else {
                continue;
            };
            if let Some(schema) = self.known_table(&name) {
                let mut relation = scan(&name, schema);
                relation.label = Some(own.into());
                branches.push(relation);
            }
        }
        if branches.len() > before {
            return;
        }
        let message = format!("no table `{pattern}` of another database can be reached from here");
        let help = format!("give data for one with --table '{path}.NAME=FILE'");
        self.say(Diagnostic::unsupported(span, message).help(help));
        let broken = self.broken_table();
        branches.push(broken);
    }

    /// A table of the database at hand: a variable of the query is none.
    fn own_table(&mut self, name: &ast::Name) -> Relation {
        let is_variable = matches!(
            self.env.get(&name.text),
            Some(Binding::Table(_) | Binding::Function(_) | Binding::Scalar { .. })
        );
        if !is_variable {
            return self.table_name(name);
        }
        if let Some(schema) = self.known_table(&name.text) {
            return scan(&name.text, schema);
        }
        let message = format!("the database has no table called `{}`", name.text);
        let said = Diagnostic::new(Code::UnknownTable, name.span, message);
        self.say(said.help("it is a variable of this query: name it alone"));
        self.broken_table()
    }

    /// The names on the way to a database; none for the one at hand. Nothing when it is no such way.
    pub(crate) fn place(&mut self, e: &ast::Expr) -> Option<Vec<String>> {
        match &e.kind {
            ast::ExprKind::Name(name) => match self.env.get(&name.text).cloned() {
                Some(Binding::Entity(entity)) => self.place(&entity),
                _ => None,
            },
            ast::ExprKind::Path { base, member } => {
                let mut place = self.place(base)?;
                place.extend(self.place(member)?);
                Some(place)
            }
            ast::ExprKind::Call { name, arguments } if special::is_entity(&name.text) => {
                let Some(argument) = arguments.first() else {
                    return Some(Vec::new());
                };
                if arguments.len() > 1 {
                    let message =
                        format!("`{}` takes 1 argument, not {}", name.text, arguments.len());
                    let said = Diagnostic::new(Code::ArgumentCount, name.span, message);
                    self.say(said.kusto_as("KS119"));
                    return None;
                }
                let given = match self.constant(&argument.value, "the name of what holds the table")
                {
                    Some(Value::String(given)) if !given.is_empty() => given,
                    None | Some(Value::String(_) | Value::Null(Type::String)) => name.text.clone(),
                    Some(value) => {
                        let message = format!(
                            "the name of a {} is a string, not {}",
                            name.text,
                            value.ty()
                        );
                        let said = Diagnostic::new(Code::WrongType, argument.value.span, message);
                        self.say(said.kusto_as("KS107"));
                        return None;
                    }
                };
                let alias = self.aliases.iter().rev().find(|(alias, _)| *alias == given);
                match alias.map(|(_, entity)| entity.clone()) {
                    // An alias may have the name of what it stands for.
                    Some(entity) if entity != *e => {
                        let aliases = std::mem::take(&mut self.aliases);
                        let place = self.place(&entity);
                        self.aliases = aliases;
                        place
                    }
                    _ => Some(vec![given.to_string()]),
                }
            }
            _ => None,
        }
    }

    /// `X.$current_database` where `X` is a member of a group: the name of the database.
    pub(super) fn of_entity(
        &mut self,
        base: &ast::Expr,
        member: &ast::Name,
        span: Span,
    ) -> Option<Expr> {
        let ast::ExprKind::Name(name) = &base.kind else {
            return None;
        };
        if !matches!(self.env.get(&name.text), Some(Binding::Entity(_)))
            || !member.text.starts_with('$')
        {
            return None;
        }
        let mut place = self.place(base)?;
        match place.pop() {
            Some(database) if *member.text == *"$current_database" => {
                Some(Expr::literal(Value::string(database), span))
            }
            _ => {
                let message = format!("`{}` cannot be told here: there is no cluster", member.text);
                self.unsupported(span, message);
                Some(self.broken(span))
            }
        }
    }

    /// Whether a path starts at what holds tables.
    pub(super) fn starts_entity(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ast::ExprKind::Name(name) => {
                matches!(self.env.get(&name.text), Some(Binding::Entity(_)))
            }
            ast::ExprKind::Call { name, .. } => match self.env.get(&name.text) {
                Some(binding) => matches!(binding, Binding::Pattern(_)),
                None => special::is_entity(&name.text),
            },
            ast::ExprKind::Path { base, .. } => self.starts_entity(base),
            _ => false,
        }
    }

    /// The table that a call of a pattern stands for.
    pub(super) fn pattern_call(
        &mut self,
        pattern: &Rc<Declared>,
        arguments: &[ast::Argument],
        path: Option<&ast::Expr>,
        span: Span,
    ) -> Relation {
        let name = &pattern.ast.name.text;
        let mut given: Vec<Value> = Vec::with_capacity(arguments.len() + 1);
        for argument in arguments {
            match self.constant(&argument.value, "the argument of a pattern") {
                Some(value) => given.push(value),
                None => return self.broken_table(),
            }
        }
        let path = path.and_then(|path| match &path.kind {
            ast::ExprKind::Name(path) => Some(Value::String(path.text.clone())),
            _ => None,
        });
        let definition = pattern.ast.definition.as_ref();
        let cases = definition.map_or(&[][..], |d| &d.cases);
        let fits = |binder: &mut Self, case: &ast::PatternCase| {
            let mut values = case.values.iter().chain(&case.path);
            let all = given.iter().chain(&path).all(|given| {
                let value = values.next();
                value.and_then(|v| binder.constant(v, "the value of a pattern"))
                    == Some(given.clone())
            });
            all && values.next().is_none() && case.path.is_some() == path.is_some()
        };
        let Some(case) = cases.iter().find(|case| fits(self, case)) else {
            self.say(
                Diagnostic::new(
                    Code::UnknownFunction,
                    span,
                    format!("pattern `{name}` has no case for these arguments"),
                )
                .help(format!("add one to `declare pattern {name}`")),
            );
            return self.broken_table();
        };
        let scope = self.fresh();
        let mut env = pattern.env.clone();
        let parameters = definition.into_iter();
        let parameters = parameters.flat_map(|d| d.parameters.iter().chain(&d.path));
        for (parameter, value) in parameters.zip(given.iter().chain(&path)) {
            let at = parameter.name.span;
            let expr = Expr::literal(value.clone(), at);
            let binding = Binding::Scalar { expr, row: None };
            env = env.with(parameter.name.text.clone(), binding, scope, at);
        }
        let function = Function {
            name: name.clone(),
            ast: Arc::new(case.body.clone()),
            env,
            tabular: true,
            stored: None,
        };
        self.call_table_function(&Rc::new(function), &[], None, span)
    }

    /// `restrict access to (A, B*, database().T)`
    pub(super) fn restrict(&mut self, entities: &[ast::Expr], span: Span) {
        let mut access = Access::default();
        for e in entities {
            match &e.kind {
                ast::ExprKind::Name(name) => {
                    self.is_there(name);
                    access.declared.push(name.text.clone());
                    access.tables.push(name.text.clone());
                }
                ast::ExprKind::Star => access.declared.push("*".into()),
                ast::ExprKind::Wildcard(pattern) => {
                    self.is_there(pattern);
                    access.declared.push(pattern.text.clone());
                }
                ast::ExprKind::Path { base, member } => {
                    let Some(mut place) = self.place(base) else {
                        self.error(Code::TableExpected, e.span, "a table is needed here");
                        continue;
                    };
                    match &member.kind {
                        ast::ExprKind::Name(name) => place.push(name.text.to_string()),
                        ast::ExprKind::Wildcard(name) => place.push(name.text.to_string()),
                        ast::ExprKind::Star => place.push("*".to_string()),
                        ast::ExprKind::Call { name, .. } => place.push(name.text.to_string()),
                        _ => {}
                    }
                    access.tables.push(place.join(".").into());
                }
                _ => {
                    let message = "a table's name is needed here";
                    let said = Diagnostic::new(Code::TableExpected, e.span, message);
                    self.say(said.kusto_as("KS006"));
                }
            }
        }
        let scope = self.scope;
        let binding = Binding::Restricted(Rc::new(access));
        self.env = self.env.with("".into(), binding, scope, span);
    }

    /// Says when nothing that can be restricted has this name, or one like it.
    fn is_there(&mut self, name: &ast::Name) {
        let text = &*name.text;
        let there = self.known_table(text).is_some()
            || self.names.function(text).is_some()
            || self
                .env
                .iter()
                .any(|(declared, _)| wildcard(text, declared))
            || self.names.names().iter().any(|table| wildcard(text, table));
        if !there {
            let message = format!("no table or view is called `{text}`");
            let said = Diagnostic::new(Code::UnknownTable, name.span, message);
            self.say(said.kusto_as("KS142"));
        }
    }
}
