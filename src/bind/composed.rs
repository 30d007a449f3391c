//! Plugins that are queries themselves: their arguments become columns and variables of a text in KQL, which
//! is bound like any other.

use std::rc::Rc;
use std::sync::Arc;

use crate::bind::{Binder, Binding, Called, Env, Relation, overload, share};
use crate::diagnostic::{Code, Diagnostic};
use crate::json;
use crate::plan::{Expr, Node, Plan};
use crate::source::Span;
use crate::syntax::ast::{self, StatementKind};
use crate::types::{Column, Type, Value};

/// A plugin's call on its way to the text that stands for it. The text reads the table `T`.
pub(crate) struct Recipe<'b, 'a, 'c> {
    pub(super) binder: &'b mut Binder<'a>,
    pub(super) call: &'c Called<'c>,
    pub(super) input: Relation,
    /// The plugin, for messages.
    name: &'static str,
    /// How many arguments have been read.
    next: usize,
    /// How many arguments there are to read.
    end: usize,
    /// The columns of `T`.
    columns: Vec<(Arc<str>, Expr)>,
    variables: Vec<(&'static str, Value)>,
    /// Further tables that the text can read.
    tables: Vec<(&'static str, Relation)>,
    /// The type of the column that time runs along.
    time: Type,
}

/// The length of a plugin's windows.
pub(crate) enum Window {
    /// A constant, as a variable of this name.
    Fixed(&'static str),
    /// The function whose periods they are: `startofweek`.
    Calendar(&'static str),
}

impl Window {
    /// The start of the window that `t` is in.
    pub(super) fn of(&self, t: &str) -> String {
        match self {
            Window::Fixed(name) => format!("bin_at({t}, {name}, begin)"),
            Window::Calendar(function) => format!("{function}({t})"),
        }
    }

    /// The start of the window after the one that starts at `w`.
    pub(super) fn next(&self, w: &str) -> String {
        match self {
            Window::Fixed(name) => format!("{w} + {name}"),
            Window::Calendar(function) => format!("{function}({w}, 1)"),
        }
    }

    /// A table of the starts `v` of all windows from `begin` to `finish`, where time is of this type.
    pub(super) fn all(&self, ty: Type) -> String {
        match self {
            Window::Fixed(name) => {
                format!("print v = range(begin, finish, {name}) | mv-expand v to typeof({ty})")
            }
            Window::Calendar(function) => {
                let period = function.trim_start_matches("startof");
                format!(
                    "range i from 0 to datetime_diff('{period}', finish, begin) step 1
                     | project v = {function}(begin, toint(i))"
                )
            }
        }
    }
}

impl<'b, 'a, 'c> Recipe<'b, 'a, 'c> {
    pub(super) fn new(
        binder: &'b mut Binder<'a>,
        input: Relation,
        call: &'c Called<'c>,
        name: &'static str,
    ) -> Self {
        Recipe {
            binder,
            call,
            input,
            name,
            next: 0,
            end: call.arguments.len(),
            columns: Vec::new(),
            variables: Vec::new(),
            tables: Vec::new(),
            time: Type::Unknown,
        }
    }

    /// The type of the column that time runs along.
    pub(super) fn time(&self) -> Type {
        self.time
    }

    /// How many arguments are left.
    pub(super) fn left(&self) -> usize {
        self.end.saturating_sub(self.next)
    }

    /// Takes the last argument off those that are left.
    pub(super) fn leave_last(&mut self) {
        self.end -= 1;
    }

    /// The next argument, which must be there.
    pub(super) fn argument(&mut self, what: &str) -> Option<&'c ast::Argument> {
        let argument = self.call.arguments.get(self.next);
        if argument.is_none() {
            let message = format!("`{}` lacks an argument: {what}", self.name);
            self.binder
                .error(Code::ArgumentCount, self.call.span, message);
        }
        self.next += 1;
        argument
    }

    /// The next argument as a column of the input, and as the column `name` of `T`.
    pub(super) fn column(&mut self, name: &str, what: &str) -> Option<Column> {
        let e = &self.argument(what)?.value;
        let schema = self.input.plan.schema.clone();
        let index = *self.binder.matching_one(&schema, e).first()?;
        let column = schema.columns.get(index)?.clone();
        if column.ty == Type::Dynamic {
            let message = format!("{what} cannot be a dynamic column");
            self.binder.error(Code::WrongType, e.span, message);
            return None;
        }
        let value = Expr::column(index, column.ty, e.span);
        self.columns.push((name.into(), value));
        Some(column)
    }

    /// The next argument as the column `t` of `T` that time runs along: a datetime, a timespan or a number.
    pub(super) fn timeline(&mut self) -> Option<Column> {
        let column = self.column("t", "the column of times")?;
        let (_, value) = self.columns.last_mut()?;
        self.time = match column.ty {
            Type::Int => Type::Long,
            Type::Long | Type::Real | Type::Datetime | Type::Timespan => column.ty,
            ty => {
                let message =
                    format!("time runs along a datetime, a timespan or a number, not {ty}");
                let span = value.span;
                self.binder.error(Code::WrongType, span, message);
                return None;
            }
        };
        *value = overload::convert(value.clone(), self.time);
        Some(column)
    }

    /// The remaining arguments as the columns `d0`, `d1`, … of `T`.
    pub(super) fn dimensions(&mut self) -> Option<Vec<Column>> {
        let mut dimensions = Vec::new();
        while self.left() > 0 {
            let name = format!("d{}", dimensions.len());
            dimensions.push(self.column(&name, "a dimension")?);
        }
        Some(dimensions)
    }

    /// The next argument as a constant.
    pub(super) fn constant(&mut self, what: &str) -> Option<(Value, Span)> {
        let e = &self.argument(what)?.value;
        let value = self.binder.constant(e, what)?;
        if value.is_null() {
            let message = format!("{what} cannot be null");
            self.binder.error(Code::ArgumentValue, e.span, message);
            return None;
        }
        Some((value, e.span))
    }

    /// The next argument, if it is there.
    pub(super) fn peek(&self) -> Option<&'c ast::Expr> {
        self.call.arguments.get(self.next).map(|a| &a.value)
    }

    /// Whether an argument is the name of a column of the input.
    pub(super) fn is_column(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ast::ExprKind::Name(name) => self.input.plan.schema.index(&name.text).is_some(),
            _ => false,
        }
    }

    /// The next argument as an array: its length.
    pub(super) fn array(&mut self, name: &'static str, what: &str) -> Option<usize> {
        let (value, span) = self.constant(what)?;
        let length = match &value {
            Value::Dynamic(text) => json::length(text),
            _ => None,
        };
        let Some(length) = length.filter(|n| (1..=MOST_STEPS).contains(n)) else {
            let message = format!("{what} must be an array of 1 to {MOST_STEPS} values");
            self.binder.error(Code::ArgumentValue, span, message);
            return None;
        };
        self.variable(name, value);
        Some(length)
    }

    /// Another table that the text can read, by this name, once.
    pub(super) fn beside(&mut self, name: &'static str, table: Relation) {
        self.tables.push((name, table));
    }

    /// Says what of the answer may differ from Kusto's.
    pub(super) fn approximate(&mut self, help: &str) {
        let message = format!("what Kusto gives for `{}` may differ in detail", self.name);
        let warning = Diagnostic::new(Code::Approximate, self.call.span, message);
        self.binder.say(warning.help(help));
    }

    /// A constant the text can use.
    pub(super) fn variable(&mut self, name: &'static str, value: Value) {
        self.variables.push((name, value));
    }

    /// The next argument as a variable: a place in time.
    pub(super) fn point(&mut self, name: &'static str, what: &str) -> Option<Value> {
        let (value, span) = self.constant(what)?;
        self.fit(name, value, self.time, span, what)
    }

    /// The next argument as a variable: a distance in time, which must be positive.
    pub(super) fn distance(&mut self, name: &'static str, what: &str) -> Option<Value> {
        let (value, span) = self.constant(what)?;
        let ty = match self.time {
            Type::Datetime => Type::Timespan,
            ty => ty,
        };
        let value = self.fit(name, value, ty, span, what)?;
        let positive = match &value {
            Value::Timespan(ticks) => *ticks > 0,
            value => value.as_f64().is_some_and(|v| v > 0.0),
        };
        if !positive {
            let message = format!("{what} must be greater than zero");
            self.binder.error(Code::ArgumentValue, span, message);
            return None;
        }
        Some(value)
    }

    /// The next argument as the length of windows: a distance, or the name of a period of the calendar.
    pub(super) fn window(&mut self, name: &'static str, what: &str) -> Option<Window> {
        let next = self.call.arguments.get(self.next);
        let literal = next.and_then(|a| match &a.value.kind {
            ast::ExprKind::Literal(literal) => {
                let text = literal.value.as_str()?;
                Some((Arc::<str>::from(text), a.value.span))
            }
            _ => None,
        });
        let Some((text, span)) = literal else {
            self.distance(name, what)?;
            return Some(Window::Fixed(name));
        };
        self.next += 1;
        let periods = [
            ("week", "startofweek"),
            ("month", "startofmonth"),
            ("year", "startofyear"),
        ];
        let found = periods.iter().find(|(period, _)| *period == &*text);
        match found {
            Some((_, function)) if self.time == Type::Datetime => Some(Window::Calendar(function)),
            _ => {
                let message =
                    format!("{what} is a length, or 'week', 'month' or 'year' of a datetime");
                self.binder.error(Code::ArgumentValue, span, message);
                None
            }
        }
    }

    fn fit(
        &mut self,
        name: &'static str,
        value: Value,
        ty: Type,
        span: Span,
        what: &str,
    ) -> Option<Value> {
        let fitting = match (ty, &value) {
            (Type::Long, Value::Int(v)) => Some(Value::Long((*v).into())),
            (Type::Real, Value::Int(_) | Value::Long(_)) => value.as_f64().map(Value::Real),
            _ if value.ty() == ty => Some(value.clone()),
            _ => None,
        };
        match &fitting {
            Some(fitting) => self.variables.push((name, fitting.clone())),
            None => {
                let message = format!("{what} must be {ty} here, not {}", value.ty());
                self.binder.error(Code::WrongType, span, message);
            }
        }
        fitting
    }

    /// A condition over the rows of the input, as the column `name` of `T`, never null.
    pub(super) fn condition(&mut self, name: &str, e: &ast::Expr, what: &str) -> Option<()> {
        let input = self.input.clone();
        let (value, windowed) = self.binder.over_rows(&input, |b| b.predicate(e, what));
        if windowed {
            let message =
                "functions of neighbouring rows cannot stand here; extend the rows with them first";
            self.binder.unsupported(e.span, message);
            return None;
        }
        if value.ty != Type::Bool {
            return None;
        }
        self.columns.push((name.into(), value));
        Some(())
    }

    /// A column of the input, as the column `name` of `T`.
    pub(super) fn keep(&mut self, name: &str, index: usize) {
        if let Some(column) = self.input.plan.schema.columns.get(index) {
            let value = Expr::column(index, column.ty, self.call.span);
            self.columns.push((name.into(), value));
        }
    }

    /// A column of `T` with a value over the input.
    pub(super) fn computed(&mut self, name: &str, value: Expr) {
        self.columns.push((name.into(), value));
    }

    /// Says that there are arguments too many.
    pub(super) fn no_more(&mut self) -> Option<()> {
        let Some(argument) = self.call.arguments.get(self.next) else {
            return Some(());
        };
        let message = format!("`{}` takes no further argument", self.name);
        self.binder
            .error(Code::ArgumentCount, argument.value.span, message);
        None
    }

    /// The table that the text makes of `T`: of its columns these, with these names and types.
    pub(super) fn table(mut self, text: &str, outputs: Outputs<'_>) -> Option<Relation> {
        self.fits(&outputs)?;
        let (binder, call, made) = self.made(text)?;
        binder.named(made, outputs, call.span)
    }

    /// The tables that texts make of the one that `text` makes of `T`.
    pub(super) fn tables(
        mut self,
        text: &str,
        texts: Vec<(&str, Outputs<'_>)>,
    ) -> Option<Relation> {
        let (name, span) = (self.name, self.call.span);
        if !self.binder.gives_several(name, span) {
            return None;
        }
        for (_, outputs) in &texts {
            self.fits(outputs)?;
        }
        let (binder, _, made) = self.made(text)?;
        let made = share(binder, made);
        let mut tables = Vec::with_capacity(texts.len());
        for (text, outputs) in texts {
            let table = binder.text(made.clone(), &[], &[], text, span)?;
            tables.push(binder.named(table, outputs, span)?);
        }
        Some(binder.several(tables))
    }

    /// Refuses a schema clause, and two columns of one name.
    fn fits(&mut self, outputs: &Outputs<'_>) -> Option<()> {
        let span = self.call.span;
        if let Some(schema) = self.call.schema {
            let at = schema.columns.first().map_or(span, |c| c.name.span);
            let message = format!("`{}` with a schema clause cannot run yet", self.name);
            self.binder.unsupported(at, message);
            return None;
        }
        for (i, (_, name, _)) in outputs.iter().enumerate() {
            if outputs[..i].iter().any(|(_, other, _)| other == name) {
                let message = format!("two columns would be called `{name}`");
                self.binder.error(Code::DuplicateColumn, span, message);
                return None;
            }
        }
        Some(())
    }

    fn made(self, text: &str) -> Option<(&'b mut Binder<'a>, &'c Called<'c>, Relation)> {
        let Recipe { binder, call, .. } = self;
        let columns = self.columns;
        let rows = self.input.then(|plan| Plan::project(plan, columns));
        let made = binder.text(rows, &self.tables, &self.variables, text, call.span)?;
        Some((binder, call, made))
    }
}

/// Columns of a text's table, the names they get, and their types.
pub(super) type Outputs<'n> = Vec<(&'n str, Arc<str>, Type)>;

/// Values of an array at most, where each is a step of the text.
const MOST_STEPS: usize = 64;

impl Binder<'_> {
    /// Some columns of a table under new names.
    fn named(&mut self, table: Relation, outputs: Outputs<'_>, span: Span) -> Option<Relation> {
        let schema = table.plan.schema.clone();
        let mut columns = Vec::with_capacity(outputs.len());
        for (column, name, ty) in outputs {
            let index = schema.index(column)?;
            let value = Expr::column(index, schema.columns[index].ty, span);
            columns.push((name, overload::convert(value, ty)));
        }
        Some(table.then(|plan| Plan::project(plan, columns)))
    }

    /// Binds a text over the table `T`, others and some variables, as if it stood at `span`.
    fn text(
        &mut self,
        rows: Relation,
        tables: &[(&'static str, Relation)],
        variables: &[(&'static str, Value)],
        text: &str,
        span: Span,
    ) -> Option<Relation> {
        let parsed = crate::syntax::parse_text(text);
        let id = self.share(rows.plan.clone());
        let leaf = Relation {
            plan: Plan {
                node: Node::Shared { id },
                schema: rows.plan.schema.clone(),
            },
            ..rows.clone()
        };
        let scope = self.fresh();
        let mut env = Env::default().with("T".into(), Binding::Table(Rc::new(leaf)), scope, span);
        for (name, table) in tables {
            let binding = Binding::Table(Rc::new(table.clone()));
            env = env.with((*name).into(), binding, scope, span);
        }
        for (name, value) in variables {
            let expr = Expr::literal(value.clone(), span);
            let binding = Binding::Scalar { expr, row: None };
            env = env.with((*name).into(), binding, scope, span);
        }
        let said = self.diagnostics.len();
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let made = self.outside(|b| {
            let (last, before) = parsed.query.statements.split_last()?;
            b.statements(before);
            match &last.kind {
                StatementKind::Expression(e) => Some(b.table(e)),
                _ => None,
            }
        });
        self.scope = outer_scope;
        self.env = outer_env;
        // What is wrong with the text is not said at places of the text, which nobody sees.
        let wrong = self.diagnostics.split_off(said);
        if let Some(first) = parsed.diagnostics.first().or(wrong.first()) {
            let message = format!("the plugin does not take such arguments: {}", first.message);
            self.say(Diagnostic::new(Code::ArgumentTypes, span, message));
            return None;
        }
        let mut made = made?;
        let mut uses = 0;
        for plan in self.shared.iter_mut().skip(id + 1).chain([&mut made.plan]) {
            plan.visit_mut(&mut |p| {
                uses += usize::from(p.node == Node::Shared { id });
                stand_at(p, span);
            });
        }
        if uses == 1 {
            // Nobody else reads the rows, so they need not be held.
            let empty = Plan::rows(
                rows.plan.schema.clone(),
                vec![Vec::new(); rows.plan.schema.len()],
            );
            self.shared[id] = empty;
            for plan in self.shared.iter_mut().skip(id + 1).chain([&mut made.plan]) {
                plan.visit_mut(&mut |p| {
                    if p.node == (Node::Shared { id }) {
                        *p = rows.plan.clone();
                    }
                });
            }
        }
        Some(made)
    }
}

/// Moves a node's expressions to a place of the query: where they stand in a text of ours says nothing.
fn stand_at(plan: &mut Plan, span: Span) {
    for expr in plan.exprs_mut() {
        expr.visit_mut(&mut |e| e.span = span);
    }
    if let Node::Summarize { aggregates, .. } = &mut plan.node {
        aggregates.iter_mut().for_each(|a| a.span = span);
    }
}
