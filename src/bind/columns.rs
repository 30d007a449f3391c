//! Lists of columns: what `project`, `extend`, `summarize` and their kin have in common.

use std::collections::HashSet;
use std::sync::Arc;

use crate::bind::aggregate::{Aggregation, named};
use crate::bind::name::Item;
use crate::bind::{Binder, Relation, assign};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::functions;
use crate::json;
use crate::plan::{AggregateCall, AggregateRole, Expr, ExprKind, Node, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::text::wildcard;
use crate::types::{Column, Schema, Type, Value};

/// A bound entry of a list: its value and what it may be called.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The name the query gives, and where.
    pub explicit: Option<(Arc<str>, Span)>,
    /// The name the expression suggests.
    pub base: Option<String>,
    /// Whether it is one of several values of a call, which have names of their own even in `print`.
    pub several: bool,
    /// The value.
    pub expr: Expr,
}

impl Entry {
    fn item(&self) -> Item {
        Item {
            explicit: self.explicit.as_ref().map(|(name, _)| name.clone()),
            base: self.base.clone(),
        }
    }
}

/// The columns of a call that yields several, and what they are called after what its arguments are called.
fn tuple(
    value: &ast::Expr,
    expr: &Expr,
    called: impl Fn(&ast::Expr) -> Option<String>,
) -> Option<(bool, Vec<(String, Expr)>)> {
    let (ast::ExprKind::Call { arguments, .. }, ExprKind::Call(call)) = (&value.kind, &expr.kind)
    else {
        return None;
    };
    let tuple = call.function.tuple?;
    let names: Vec<Option<String>> = arguments.iter().map(|a| called(&a.value)).collect();
    let names: Vec<Option<&str>> = names.iter().map(Option::as_deref).collect();
    let columns = (tuple.columns)(call)?.into_iter().enumerate();
    let columns = columns.map(|(i, e)| ((tuple.name)(&names, i), e));
    let columns: Vec<(String, Expr)> = columns.collect();
    let several = columns.len() > 1 || names.iter().any(Option::is_some);
    Some((several, columns))
}

/// What stands in brackets, perhaps several.
fn unbracketed(mut e: &ast::Expr) -> &ast::Expr {
    while let ast::ExprKind::Paren(inner) = &e.kind {
        e = inner;
    }
    e
}

/// Whether the types of all its parts are known.
fn is_known(expr: &Expr) -> bool {
    let mut known = true;
    expr.visit(&mut |e| known &= e.ty != Type::Unknown);
    known
}

/// What an argument is called that is a name alone.
fn own_name(e: &ast::Expr) -> Option<String> {
    match &e.kind {
        ast::ExprKind::Name(name) => Some(name.text.to_string()),
        ast::ExprKind::Paren(inner) => own_name(inner),
        _ => None,
    }
}

/// Whether it is not certain which columns an aggregate over columns that are not known gives.
fn is_open(e: &ast::Expr) -> bool {
    let (_, _, _, value) = named(e);
    let ast::ExprKind::Call { name, arguments } = &value.kind else {
        return false;
    };
    let role = functions::aggregate(&name.text).map(|entry| entry.function.role);
    let star = |a: &ast::Argument| {
        matches!(
            a.value.kind,
            ast::ExprKind::Star | ast::ExprKind::Wildcard(_)
        )
    };
    arguments.iter().any(star) || role.is_some_and(|role| several(role) && !by_argument(role))
}

/// Whether aggregates of this role give a column for each argument, called like it.
fn by_argument(role: AggregateRole) -> bool {
    matches!(
        role,
        AggregateRole::ArgMax | AggregateRole::ArgMin | AggregateRole::TakeAny
    )
}

impl Binder<'_> {
    /// Binds a list of `[name =] expression` over the row at hand.
    pub(crate) fn entries(&mut self, list: &[ast::Expr]) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(list.len());
        for e in list {
            self.entry(e, |_, argument| own_name(argument), &mut entries);
        }
        entries
    }

    /// The entry of an expression, or those of a call that yields several columns, unless it has one plain name.
    fn entry(
        &mut self,
        e: &ast::Expr,
        called: impl Fn(&Self, &ast::Expr) -> Option<String>,
        entries: &mut Vec<Entry>,
    ) {
        let (names, spans, bracketed, value) = named(e);
        let base = self.base_name(value);
        let said = self.diagnostics.len();
        let expr = self.scalar(value);
        let explicit = |i: usize| names.get(i).cloned().zip(spans.get(i).copied());
        let columns = if bracketed || names.is_empty() {
            let call = if bracketed { unbracketed(value) } else { value };
            tuple(call, &expr, |argument| called(self, argument))
        } else {
            None
        };
        let Some((several, columns)) = columns else {
            let inner = unbracketed(value);
            let parts = tuple(inner, &expr, |_| None).map_or(1, |(_, columns)| columns.len());
            if names.is_empty() && inner != value && parts > 1 {
                self.several_in_brackets(value.span);
            }
            // With wrong arguments it is not known how many it gives.
            let is_right = self.diagnostics.len() == said
                && is_known(&expr)
                && !self.is_unread(e.span.start, e.span.end);
            if bracketed && names.len() > 1 && is_right {
                let message = "this gives one value, and several names are here";
                self.error(Code::SurplusName, e.span, message);
            }
            entries.push(Entry {
                explicit: explicit(0),
                base,
                several: false,
                expr,
            });
            entries.extend((1..names.len()).map(|i| Entry {
                explicit: explicit(i),
                base: None,
                several: false,
                expr: self.broken(e.span),
            }));
            return;
        };
        self.surplus(&names, &spans, columns.len());
        for (i, (name, expr)) in columns.into_iter().enumerate() {
            entries.push(Entry {
                explicit: explicit(i),
                base: Some(name),
                several,
                expr,
            });
        }
    }

    /// Says that there are more names than values.
    fn surplus(&mut self, names: &[Arc<str>], spans: &[Span], values: usize) {
        if let (Some(name), Some(span)) = (names.get(values), spans.get(values)) {
            let message = format!("there is no value for `{name}`: the call gives {values}");
            self.say(Diagnostic::new(Code::SurplusName, *span, message).kusto_as("KS150"));
        }
    }

    /// Names for the entries of a list; says which are given twice.
    pub(crate) fn names_of(
        &mut self,
        entries: &[Entry],
        reserved: &HashSet<Arc<str>>,
        positional: impl Fn(usize, usize) -> String,
    ) -> Vec<Arc<str>> {
        self.names_of_both(entries, &[], reserved, positional)
    }

    /// The same for entries over the row at hand and, behind them, for others: of keys and aggregates.
    fn names_of_both(
        &mut self,
        entries: &[Entry],
        others: &[Entry],
        reserved: &HashSet<Arc<str>>,
        positional: impl Fn(usize, usize) -> String,
    ) -> Vec<Arc<str>> {
        self.twice(entries, others);
        let items: Vec<Item> = entries.iter().chain(others).map(Entry::item).collect();
        assign(&items, reserved, positional)
    }

    fn twice(&mut self, entries: &[Entry], others: &[Entry]) {
        let mut seen: Vec<(Arc<str>, Span)> = Vec::new();
        for (index, entry) in entries.iter().chain(others).enumerate() {
            // A bare column has its name as surely as if it were written. An aggregate's column is none of the row's.
            let own = match (&entry.explicit, &entry.base, &entry.expr.kind) {
                (Some((name, span)), _, _) => Some((name.clone(), *span)),
                (None, Some(base), ExprKind::Column(_))
                    if index < entries.len() && self.is_bare(entry) =>
                {
                    Some((base.as_str().into(), entry.expr.span))
                }
                _ => None,
            };
            let Some((name, span)) = own else { continue };
            match seen.iter().find(|(n, _)| *n == name) {
                Some((_, first)) => self.say(
                    Diagnostic::new(
                        Code::DuplicateColumn,
                        span,
                        format!("column `{name}` is given twice"),
                    )
                    .also(*first, "first given here"),
                ),
                None => seen.push((name, span)),
            }
        }
    }

    /// Whether an entry is just a column's name.
    fn is_bare(&self, entry: &Entry) -> bool {
        let ExprKind::Column(index) = entry.expr.kind else {
            return false;
        };
        let name = self
            .row
            .as_ref()
            .and_then(|r| r.schema.columns.get(index))
            .map(|c| c.name.clone());
        name.as_deref() == entry.base.as_deref()
    }

    /// The relation with these columns; a window function makes it a `Window`.
    pub(crate) fn computed(
        &mut self,
        input: Relation,
        columns: Vec<(Arc<str>, Expr)>,
        windowed: bool,
    ) -> Relation {
        let open = input.plan.schema.open;
        input.then(|plan| {
            let mut plan = if windowed {
                Plan::window(plan, columns)
            } else {
                Plan::project(plan, columns)
            };
            if open && !plan.schema.columns.is_empty() {
                plan.schema.open = false;
            }
            plan
        })
    }

    /// Binds over the rows of `input`; tells whether a window function was met.
    pub(crate) fn over_rows<T>(
        &mut self,
        input: &Relation,
        f: impl FnOnce(&mut Self) -> T,
    ) -> (T, bool) {
        let outer = (self.serialized, self.windowed);
        self.serialized = input.serialized;
        self.windowed = false;
        let result = self.over(&input.plan.schema, f);
        let windowed = self.windowed;
        (self.serialized, self.windowed) = outer;
        (result, windowed)
    }

    /// The input with computed columns added, or put in the place of those of the same name.
    pub(crate) fn extended(&mut self, input: Relation, list: &[ast::Expr]) -> Relation {
        let reserved: HashSet<Arc<str>> = names_in(&input.plan.schema);
        let ((entries, names), windowed) = self.over_rows(&input, |b| {
            let mut entries = Vec::with_capacity(list.len());
            for e in list {
                // With names in brackets, only the columns named are added.
                let (names, _, bracketed, _) = named(e);
                let mut own = b.entries(std::slice::from_ref(e));
                own.truncate(if bracketed { names.len() } else { own.len() });
                entries.append(&mut own);
            }
            let names = b.names_of(&entries, &reserved, |_, n| format!("Column{n}"));
            (entries, names)
        });
        let span = list.first().map(|e| e.span).unwrap_or_default();
        let mut columns = input.plan.columns(span);
        for (entry, name) in entries.into_iter().zip(names) {
            match columns.iter_mut().find(|(n, _)| *n == name) {
                Some((_, expr)) => *expr = entry.expr,
                None => columns.push((name, entry.expr)),
            }
        }
        let open = input.plan.schema.open;
        let mut output = self.computed(input, columns, windowed);
        output.plan.schema.open = open;
        output
    }

    /// The columns that a list of names and patterns means, in the input's order; unknown names are said.
    pub(crate) fn matching(&mut self, schema: &Schema, list: &[ast::Expr]) -> Vec<usize> {
        self.asks_schema = true;
        let mut found: Vec<usize> = Vec::new();
        for e in list {
            found.extend(self.matching_one(schema, e));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The columns that one name or pattern means.
    pub(crate) fn matching_one(&mut self, schema: &Schema, e: &ast::Expr) -> Vec<usize> {
        match &e.kind {
            ast::ExprKind::Name(name) => match self.column_index(schema, name) {
                Some(index) => vec![index],
                None => Vec::new(),
            },
            ast::ExprKind::Wildcard(pattern) => schema
                .columns
                .iter()
                .enumerate()
                .filter(|(_, c)| wildcard(&pattern.text, &c.name))
                .map(|(i, _)| i)
                .collect(),
            ast::ExprKind::Star => (0..schema.len()).collect(),
            ast::ExprKind::Error => Vec::new(),
            _ => {
                self.error(
                    Code::ColumnExpected,
                    e.span,
                    "a column's name is needed here",
                );
                Vec::new()
            }
        }
    }

    /// The columns that a name or pattern means which is given as text; one that is not there is none.
    pub(crate) fn columns_like(&mut self, schema: &Schema, name: &str) -> Vec<usize> {
        self.asks_schema = true;
        let columns = schema.columns.iter().enumerate();
        let found = columns.filter(|(_, c)| match name.contains('*') {
            true => wildcard(name, &c.name),
            false => *c.name == *name,
        });
        found.map(|(i, _)| i).collect()
    }

    /// The names that a constant gives: a text, or an array of texts. Nothing when it gives none, which is said.
    pub(crate) fn names_given(&mut self, e: &ast::Expr) -> Option<Vec<Arc<str>>> {
        let names = match self.constant(e, "the names of columns")? {
            Value::String(name) => Some(vec![name]),
            Value::Dynamic(names) => match json::value_of(&names) {
                Value::String(name) => Some(vec![name]),
                Value::Dynamic(names) if json::length(&names).is_some() => {
                    let name = |element| match json::value_of(element) {
                        Value::String(name) => Some(name),
                        _ => None,
                    };
                    json::elements(&names).map(name).collect()
                }
                _ => None,
            },
            _ => None,
        };
        if names.is_none() {
            let message = "names of columns are a string or an array of strings";
            self.error(Code::WrongType, e.span, message);
        }
        names
    }

    /// The index of a column by name; an unknown one is said.
    pub(crate) fn column_index(&mut self, schema: &Schema, name: &ast::Name) -> Option<usize> {
        if let Some(index) = schema.index(&name.text) {
            return Some(index);
        }
        if !schema.open {
            let mut diagnostic = Diagnostic::new(
                Code::UnknownName,
                name.span,
                format!("no column is called `{}`", name.text),
            );
            if let Some(near) = nearest(&name.text, schema.columns.iter().map(|c| &*c.name)) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.say(diagnostic);
        }
        None
    }

    /// Groups the input: keys first, then the aggregates' columns.
    pub(crate) fn summarized(
        &mut self,
        input: Relation,
        aggregates: &[ast::Expr],
        by: &[ast::Expr],
        span: Span,
    ) -> Relation {
        let reserved = names_in(&input.plan.schema);
        let said = self.diagnostics.len();
        let mut broken = false;
        let ((keys, entries, calls, names), _) = self.over_rows(&input, |b| {
            let mut keys = b.entries(by);
            for (key, e) in keys.iter_mut().zip(by) {
                b.group_key(key, e, &mut broken);
            }
            let key_columns = keys
                .iter()
                .filter_map(|k| match k.expr.kind {
                    ExprKind::Column(index) => Some(index),
                    _ => None,
                })
                .collect();
            b.aggregation = Some(Aggregation {
                outputs: keys.len(),
                key_columns,
                ..Aggregation::default()
            });
            let entries = b.aggregate_entries(aggregates);
            let calls: Vec<AggregateCall> =
                b.aggregation.take().map(|a| a.calls).unwrap_or_default();
            let names = b.names_of_both(&keys, &entries, &reserved, |_, n| format!("Column{n}"));
            (keys, entries, calls, names)
        });
        broken |= entries.iter().any(|e| e.expr.ty == Type::Unknown);
        if broken || input.plan.schema.open && input.plan.schema.is_empty() {
            let mut relation = self.typed_broken(&keys, &entries, &names);
            // Of columns that are not known, too, the ones that come out are those written, unless all are asked for.
            let mistaken = self.diagnostics[said..]
                .iter()
                .any(|d| d.severity == Severity::Error);
            let nameless =
                |e: &Entry| e.expr.ty == Type::Unknown && e.base.is_none() && e.explicit.is_none();
            let written = !mistaken
                && !names.is_empty()
                && !aggregates.iter().any(is_open)
                && !keys.iter().chain(&entries).any(nameless);
            relation.plan.schema.open = !written;
            return relation;
        }
        let key_exprs: Vec<Expr> = keys.into_iter().map(|k| k.expr).collect();
        let mut schema = Schema::default();
        for (key, name) in key_exprs.iter().zip(&names) {
            schema.columns.push(Column::new(name.clone(), key.ty));
        }
        for call in &calls {
            for (output, ty) in call.outputs.iter().enumerate() {
                let name = call.column_name(output, &input.plan.schema);
                schema.columns.push(Column::new(name, *ty));
            }
        }
        let mut columns: Vec<(Arc<str>, Expr)> = Vec::with_capacity(names.len());
        for (index, key) in key_exprs.iter().enumerate() {
            columns.push((names[index].clone(), Expr::column(index, key.ty, span)));
        }
        for (entry, name) in entries.into_iter().zip(names.iter().skip(key_exprs.len())) {
            columns.push((name.clone(), entry.expr));
        }
        let plan = Plan::summarize(input.plan, key_exprs, calls, schema);
        Relation::new(Plan::project(plan, columns))
    }

    /// The columns of a summarize in error, so that later stages are checked as far as they can be.
    fn typed_broken(&self, keys: &[Entry], entries: &[Entry], names: &[Arc<str>]) -> Relation {
        let mut relation = self.broken_table();
        relation.plan.schema.columns = keys
            .iter()
            .chain(entries)
            .zip(names)
            .map(|(e, name)| Column::new(name.clone(), e.expr.ty))
            .collect();
        if let Node::Rows { columns, .. } = &mut relation.plan.node {
            *columns = vec![Vec::new(); relation.plan.schema.columns.len()];
        }
        relation
    }

    fn group_key(&mut self, key: &mut Entry, e: &ast::Expr, broken: &mut bool) {
        // A scalar variable as a key has no name of its own (measured).
        let (_, _, _, value) = named(e);
        if let ast::ExprKind::Name(name) = &value.kind
            && !matches!(key.expr.kind, ExprKind::Column(_))
            && self.env.get(&name.text).is_some()
        {
            key.base = None;
        }
        match key.expr.ty {
            Type::Unknown => *broken = true,
            Type::Dynamic => {
                *broken = true;
                self.say(
                    Diagnostic::new(
                        Code::DynamicKey,
                        e.span,
                        "rows cannot be grouped by a dynamic value",
                    )
                    .help("convert them, for example with tostring(…)"),
                );
            }
            _ => {}
        }
    }

    /// Says that it is not known what becomes of several values in brackets that have no name.
    fn several_in_brackets(&mut self, span: Span) {
        let message = "which columns Kusto makes of several values in brackets is not known";
        self.say(
            Diagnostic::unsupported(span, message).help("leave out the brackets, or give a name"),
        );
    }

    /// The aggregates of a summarize: each gives one column, `arg_max` and its like several.
    fn aggregate_entries(&mut self, aggregates: &[ast::Expr]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for e in aggregates {
            let (names, spans, bracketed, given) = named(e);
            let value = unbracketed(given);
            let call = match &value.kind {
                ast::ExprKind::Call { name, arguments } if self.env.get(&name.text).is_none() => {
                    functions::aggregate(&name.text)
                        .filter(|a| several(a.function.role))
                        .map(|_| (name, arguments))
                }
                _ => None,
            };
            let Some((name, arguments)) = call else {
                self.entry(e, Self::base_name, &mut entries);
                continue;
            };
            match self.aggregate(name, arguments, value.span) {
                Some(outputs) => {
                    if names.is_empty() && value != given && outputs.types.len() > 1 {
                        self.several_in_brackets(given.span);
                    }
                    let renamed = if bracketed { names.len() } else { 1 };
                    let star = |a: &ast::Argument| a.value.kind == ast::ExprKind::Star;
                    if !arguments.iter().any(star) {
                        self.surplus(&names, &spans, outputs.types.len());
                    }
                    for (i, ty) in outputs.types.iter().enumerate() {
                        let explicit = names.get(i).filter(|_| i < renamed).cloned();
                        entries.push(Entry {
                            explicit: explicit.zip(spans.get(i).copied()),
                            base: outputs.names.get(i).cloned().flatten(),
                            several: false,
                            expr: Expr::column(outputs.first + i, *ty, value.span),
                        });
                    }
                }
                None => {
                    let role = functions::aggregate(&name.text).map(|a| a.function.role);
                    let each = role.is_some_and(by_argument);
                    let columns = if each {
                        arguments.as_slice()
                    } else {
                        &arguments[..0]
                    };
                    let renamed = if bracketed { names.len() } else { 1 };
                    for i in 0..columns.len().max(1) {
                        let explicit = names.get(i).filter(|_| i < renamed).cloned();
                        entries.push(Entry {
                            explicit: explicit.zip(spans.get(i).copied()),
                            base: columns.get(i).and_then(|a| self.base_name(&a.value)),
                            several: false,
                            expr: self.broken(value.span),
                        });
                    }
                }
            }
        }
        entries
    }
}

/// Whether aggregates of this role may have several output columns.
fn several(role: AggregateRole) -> bool {
    matches!(
        role,
        AggregateRole::ArgMax
            | AggregateRole::ArgMin
            | AggregateRole::TakeAny
            | AggregateRole::Percentiles
            | AggregateRole::WeightedPercentiles
    )
}

/// The names of a schema's columns.
pub(crate) fn names_in(schema: &Schema) -> HashSet<Arc<str>> {
    schema.columns.iter().map(|c| c.name.clone()).collect()
}
