//! Binds `bag_unpack`: a column of each property of a bag.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray};

use crate::bind::{Binder, Called, Relation, overload};
use crate::diagnostic::Code;
use crate::json::{self, Kind};
use crate::plan::{Expr, Plan};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::{Column, Type, Value};

/// What becomes of a property called like a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conflict {
    Error,
    ReplaceSource,
    KeepSource,
}

/// How a bag is unpacked.
struct Unpacking {
    /// The bag's column.
    bag: usize,
    prefix: Arc<str>,
    conflict: Conflict,
    ignored: HashSet<String>,
}

impl Binder<'_> {
    /// The rows with the properties of a bag in the place of the bag.
    pub(crate) fn bag_unpacked(&mut self, mut input: Relation, call: &Called<'_>) -> Relation {
        let Some(unpacking) = self.unpacking(&input, call) else {
            return self.broken_table();
        };
        if let Some(schema) = call.schema {
            return self.unpacked_as(input, &unpacking, schema, call.span);
        }
        let mut found: BTreeMap<String, Option<Type>> = BTreeMap::new();
        let bag = unpacking.bag;
        let mut see = |batch: &crate::contract::Batch| {
            let texts = batch.columns.get(bag).and_then(|c| c.as_string_view_opt());
            for row in texts
                .into_iter()
                .flat_map(|t| (0..t.len()).map(move |r| (t, r)))
            {
                let (texts, row) = row;
                if texts.is_valid(row) {
                    see_bag(texts.value(row), &mut found);
                }
            }
        };
        if self.learnt(&mut input, call.span, &mut see).is_none() {
            let columns = &input.plan.schema.columns;
            let kept = columns.iter().enumerate().filter(|(i, _)| *i != bag);
            return self.partly_known(kept.map(|(_, c)| c.clone()).collect());
        }
        let properties = found
            .into_iter()
            .filter(|(key, _)| !unpacking.ignored.contains(key))
            .map(|(key, ty)| (key, ty.unwrap_or(Type::Dynamic)));
        self.unpacked(input, &unpacking, properties.collect(), call.span)
    }

    fn unpacking(&mut self, input: &Relation, call: &Called<'_>) -> Option<Unpacking> {
        let Some(column) = call.argument(0, "column") else {
            let message = "`bag_unpack` needs the column to unpack";
            self.error(Code::ArgumentCount, call.span, message);
            return None;
        };
        let bag = *self.matching_one(&input.plan.schema, column).first()?;
        let ty = input.plan.schema.columns[bag].ty;
        if ty != Type::Dynamic {
            let message = format!("only a dynamic column can be unpacked; this is {ty}");
            self.error(Code::WrongType, column.span, message);
            return None;
        }
        let prefix = match call.argument(1, "OutputColumnPrefix") {
            Some(e) => self.text_argument(e, "the prefix")?,
            None => "".into(),
        };
        let conflict = match call.argument(2, "columnsConflict") {
            None => Conflict::Error,
            Some(e) => match &*self.text_argument(e, "columnsConflict")? {
                "error" => Conflict::Error,
                "replace_source" => Conflict::ReplaceSource,
                "keep_source" => Conflict::KeepSource,
                _ => {
                    let message = "columnsConflict is 'error', 'replace_source' or 'keep_source'";
                    self.error(Code::ArgumentValue, e.span, message);
                    return None;
                }
            },
        };
        let mut ignored = HashSet::new();
        if let Some(e) = call.argument(3, "ignoredProperties") {
            match self.constant(e, "ignoredProperties")? {
                Value::Dynamic(text) => {
                    let names = json::elements(&text).map(|e| json::display(e).into_owned());
                    ignored = names.collect();
                }
                Value::Null(_) => {}
                value => {
                    let message =
                        format!("ignoredProperties is a dynamic array, not {}", value.ty());
                    self.error(Code::WrongType, e.span, message);
                    return None;
                }
            }
        }
        Some(Unpacking {
            bag,
            prefix,
            conflict,
            ignored,
        })
    }

    /// A constant string.
    pub(crate) fn text_argument(&mut self, e: &ast::Expr, what: &str) -> Option<Arc<str>> {
        match self.constant(e, what)? {
            Value::String(text) => Some(text),
            value => {
                let message = format!("{what} must be a string, not {}", value.ty());
                self.error(Code::WrongType, e.span, message);
                None
            }
        }
    }

    /// The rows with these properties as columns.
    fn unpacked(
        &mut self,
        input: Relation,
        unpacking: &Unpacking,
        properties: Vec<(String, Type)>,
        span: Span,
    ) -> Relation {
        let mut columns: Vec<(Arc<str>, Option<Expr>)> = Vec::new();
        for (i, (name, e)) in input.plan.columns(span).into_iter().enumerate() {
            columns.push((name, (i != unpacking.bag).then_some(e)));
        }
        let bag = || Expr::column(unpacking.bag, Type::Dynamic, span);
        let sources = columns.len();
        for (key, ty) in properties {
            let name: Arc<str> = format!("{}{key}", unpacking.prefix).into();
            if name.is_empty() {
                let message = "a property without a name cannot become a column";
                self.error(Code::ArgumentValue, span, message);
                return self.broken_table();
            }
            let value = self.property(bag(), &key, ty, span);
            // The bag's own column makes place for a property of its name.
            match columns.iter_mut().take(sources).find(|(n, _)| *n == name) {
                Some((_, place @ None)) => *place = Some(value),
                Some((_, Some(place))) => match unpacking.conflict {
                    Conflict::ReplaceSource => *place = value,
                    Conflict::KeepSource => {}
                    Conflict::Error => {
                        let message = format!("there is a column `{name}` already");
                        self.say(
                            crate::diagnostic::Diagnostic::new(Code::DuplicateColumn, span, message)
                                .help("say what to do with columnsConflict='replace_source' or 'keep_source'"),
                        );
                    }
                },
                None => columns.push((name, Some(value))),
            }
        }
        let columns = columns.into_iter().filter_map(|(n, e)| Some((n, e?)));
        let columns = columns.collect();
        input.then(|plan| Plan::project(plan, columns))
    }

    /// The rows with the columns that a schema clause declares.
    fn unpacked_as(
        &mut self,
        input: Relation,
        unpacking: &Unpacking,
        schema: &ast::RowSchema,
        span: Span,
    ) -> Relation {
        let declared = self.declared(&schema.columns);
        let mut columns: Vec<(Arc<str>, Expr)> = Vec::new();
        if schema.star {
            let all = input.plan.columns(span).into_iter().enumerate();
            columns.extend(all.filter(|(i, _)| *i != unpacking.bag).map(|(_, c)| c));
        }
        for Column { name, ty } in declared.columns {
            let source = input.plan.schema.index(&name);
            let source = source.filter(|i| *i != unpacking.bag);
            let key = name.strip_prefix(&*unpacking.prefix);
            let key = key.filter(|key| !unpacking.ignored.contains(*key));
            let value = match (source, key) {
                (Some(i), _) if unpacking.conflict != Conflict::ReplaceSource => {
                    Expr::column(i, input.plan.schema.columns[i].ty, span)
                }
                (_, Some(key)) => {
                    let bag = Expr::column(unpacking.bag, Type::Dynamic, span);
                    self.property(bag, key, ty, span)
                }
                _ => Expr::literal(Value::null(ty), span),
            };
            let value = overload::convert(value, ty);
            match columns.iter_mut().find(|(n, _)| *n == name) {
                Some((_, place)) => *place = value,
                None => columns.push((name, value)),
            }
        }
        input.then(|plan| Plan::project(plan, columns))
    }

    fn property(&mut self, bag: Expr, key: &str, ty: Type, span: Span) -> Expr {
        let key = Expr::literal(Value::string(key), span);
        overload::convert(self.access(bag, key, span, span, "KS142"), ty)
    }
}

/// Notes the properties of a bag and their types; two types make a dynamic column.
fn see_bag(text: &str, found: &mut BTreeMap<String, Option<Type>>) {
    if json::kind(text) != Kind::Bag {
        return;
    }
    for (key, value) in json::entries(text) {
        let ty = match json::kind(value) {
            Kind::Null => None,
            Kind::Bool => Some(Type::Bool),
            Kind::Long => Some(Type::Long),
            Kind::Double => Some(Type::Real),
            Kind::String => Some(Type::String),
            Kind::Datetime => Some(Type::Datetime),
            Kind::Array | Kind::Bag => Some(Type::Dynamic),
        };
        match found.get_mut(&*key) {
            None => {
                found.insert(key.into_owned(), ty);
            }
            Some(known) if known.is_none() => *known = ty,
            Some(known) if ty.is_some() && *known != ty => *known = Some(Type::Dynamic),
            Some(_) => {}
        }
    }
}
