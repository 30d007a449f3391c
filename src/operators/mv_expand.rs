//! `mv-expand`: one row per element of an array or bag.

use super::prelude::*;
use crate::bind::{Binder, Relation, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::neighbours::apart;
use crate::functions;
use crate::plan::{self, ExpandItem, Naming, Node, Plan};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter, TypeName};
use crate::types::{Column, Schema, Type};
use std::collections::HashSet;
use std::sync::Arc;

/// What users read about `mv-expand`.
pub const INFO: Info = Info {
    keywords: &["mv-expand", "mvexpand"],
    place: Place::Piped,
    summary: "Makes one row per element of an array or bag.",
    syntax: "T | mv-expand [kind=bag|array] [with_itemindex=Name] [name =] array [to typeof(type)], ... [limit n]",
    examples: &[("datatable (user: string, ips: dynamic) ['ann', dynamic(['10.0.0.1', '10.0.0.2'])]\n\
             | mv-expand ips to typeof(string)", "user | ips\nann | 10.0.0.1\nann | 10.0.0.2")],
};

/// `mv-expand kind=array with_itemindex=i a = d to typeof(long), e limit 5`
#[derive(Clone, Debug, PartialEq)]
pub struct MvExpand {
    /// `kind=…`, `bagexpansion=…`, `with_itemindex=…`
    pub parameters: Vec<OperatorParameter>,
    /// The arrays.
    pub columns: Vec<ExpandColumn>,
    /// How many elements per row.
    pub limit: Option<Expr>,
    /// Written `mvexpand`, which has a limit of 128 unless told otherwise.
    pub legacy: bool,
}

/// `a = d to typeof(long)`
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandColumn {
    /// The array, named or not.
    pub value: Expr,
    /// The elements' type.
    pub ty: Option<TypeName>,
}

/// `kind=array`, `with_itemindex=i`
pub fn expand_parameters(i: Tokens<'_>) -> Parsed<'_, Vec<OperatorParameter>> {
    known_parameters(i, &["kind", "bagexpansion", "with_itemindex"])
}

/// `mv-expand kind=array a = d to typeof(long) limit 5`
pub fn mv_expand(i: Tokens<'_>) -> Parsed<'_, MvExpand> {
    let legacy = i.is_keyword("mvexpand");
    let (i, parameters) = expand_parameters(after(i, &INFO))?;
    let (i, columns) = list(i, expand_column)?;
    let (i, limit) = expand_limit(i)?;
    let node = MvExpand {
        parameters,
        columns,
        limit,
        legacy,
    };
    Ok((i, node))
}

/// `a = d to typeof(long)`
pub fn expand_column(i: Tokens<'_>) -> Parsed<'_, ExpandColumn> {
    let (i, value) = named_expression(i)?;
    let (i, typed) = optional_keyword(i, "to");
    let (i, ty) = if typed {
        if !i.is_keyword("typeof") {
            i.missing("`typeof`");
            return Ok((i, ExpandColumn { value, ty: None }));
        }
        let (i, ty) = between(i.skip(1), "(", type_name, ")")?;
        (i, Some(ty))
    } else {
        (i, None)
    };
    Ok((i, ExpandColumn { value, ty }))
}

/// `limit 5`, or nothing
pub fn expand_limit(i: Tokens<'_>) -> Parsed<'_, Option<Expr>> {
    let (i, found) = optional_keyword(i, "limit");
    if !found {
        return Ok((i, None));
    }
    let (i, limit) = unnamed_expression(i)?;
    Ok((i, Some(limit)))
}

impl Print for MvExpand {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_expand(p, &self.columns, self.limit.as_ref());
    }
}

/// The part that `mv-expand` and `mv-apply` share.
pub(super) fn print_expand(p: &mut Printer, columns: &[ExpandColumn], limit: Option<&Expr>) {
    p.push(" ");
    p.list(columns, |p, column| {
        p.expr(&column.value);
        if let Some(ty) = &column.ty {
            p.push(" to typeof(");
            p.push(&ty.text);
            p.push(")");
        }
    });
    p.optional(" limit ", limit);
}

impl super::Bind for MvExpand {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let legacy = if self.legacy { Some(LEGACY_LIMIT) } else { None };
        let limit = match &self.limit {
            Some(limit) => Some(binder.row_count(limit, &input)),
            None => legacy,
        };
        let expansion = binder.expansion(&input, &self.parameters, &self.columns, limit);
        let Some(expansion) = expansion else {
            return open(input);
        };
        let width = input.plan.schema.len();
        let mut columns = input.plan.columns(span);
        for (i, item) in expansion.items.iter().enumerate() {
            let expr = plan::Expr::column(width + i, item.1.ty, span);
            match item.2 {
                Some(place) => columns[place].1 = expr,
                None => columns.push((item.0.clone(), expr)),
            }
        }
        if let Some(name) = &expansion.index {
            let names: HashSet<Arc<str>> = columns.iter().map(|(n, _)| n.clone()).collect();
            let last = width + expansion.items.len();
            columns.push((free(name, &names), plan::Expr::column(last, Type::Long, span)));
        }
        input.then(|plan| Plan::project_of_all(expansion.plan(plan), columns))
    }
}

/// The rows before, with columns that are not known.
pub(super) fn open(mut input: Relation) -> Relation {
    input.plan.schema.open = true;
    input
}

/// `name`, or the first of `name1`, `name2`, … that is not taken.
pub(super) fn free(name: &Arc<str>, taken: &HashSet<Arc<str>>) -> Arc<str> {
    if !taken.contains(name) {
        return name.clone();
    }
    let numbered = (1..).map(|n| Arc::from(format!("{name}{n}")));
    let mut free = numbered.filter(|name: &Arc<str>| !taken.contains(name));
    free.next().unwrap_or_default()
}

/// Most rows that `mvexpand` makes of one.
const LEGACY_LIMIT: u64 = 128;

/// What `mv-expand` and `mv-apply` expand.
pub(super) struct Expansion {
    /// Each with its name, and the input's column whose place it takes.
    pub items: Vec<(Arc<str>, ExpandItem, Option<usize>)>,
    /// The name of the index column.
    pub index: Option<Arc<str>>,
    limit: Option<u64>,
}

impl Expansion {
    /// All columns of the input, then the elements, then the index.
    pub fn plan(&self, input: Plan) -> Plan {
        let mut schema = input.schema.clone();
        for (name, item, _) in &self.items {
            schema.columns.push(Column::new(name.clone(), item.ty));
        }
        if let Some(name) = &self.index {
            schema.columns.push(Column::new(name.clone(), Type::Long));
        }
        let keep = (0..input.schema.len()).collect();
        let mut items: Vec<ExpandItem> = self.items.iter().map(|(_, i, _)| i.clone()).collect();
        let input = apart(input, items.iter_mut().map(|item| &mut item.value));
        Plan {
            schema,
            node: Node::Expand {
                keep,
                input: Box::new(input),
                items,
                index: self.index.is_some(),
                limit: self.limit,
            },
        }
    }
}

impl Binder<'_> {
    /// Binds what is expanded; nothing when it is in error or its input is not known.
    pub(super) fn expansion(
        &mut self,
        input: &Relation,
        parameters: &[OperatorParameter],
        columns: &[ExpandColumn],
        limit: Option<u64>,
    ) -> Option<Expansion> {
        self.hints(parameters, &["kind", "bagexpansion", "with_itemindex"]);
        let pairs = self.bag_as_array(parameters);
        let index = OperatorParameter::find(parameters, "with_itemindex");
        let index = index.map(|p| Arc::from(parameter_text(&p.value)));
        let schema = input.plan.schema.clone();
        let (items, _) = self.over_rows(input, |b| {
            let mut items: Vec<(Arc<str>, ExpandItem, Option<usize>)> = Vec::new();
            let mut whole = true;
            for column in columns {
                match b.expanded(&schema, column, pairs, items.len()) {
                    Some(item) => items.push(item),
                    None => whole = false,
                }
            }
            whole.then_some(items)
        });
        let items = items?;
        for (i, (name, item, _)) in items.iter().enumerate() {
            if items[..i].iter().any(|(n, ..)| n == name) {
                let message = format!("column `{name}` is given twice");
                self.error(Code::DuplicateColumn, item.value.span, message);
                return None;
            }
        }
        Some(Expansion {
            items,
            index,
            limit,
        })
    }

    fn bag_as_array(&mut self, parameters: &[OperatorParameter]) -> bool {
        let mut pairs = false;
        for parameter in parameters {
            if !matches!(&*parameter.name.text, "kind" | "bagexpansion") {
                continue;
            }
            match &*parameter_text(&parameter.value) {
                "bag" => pairs = false,
                "array" => pairs = true,
                other => {
                    let message = format!("a bag cannot be expanded as `{other}`");
                    let span = parameter.value.span;
                    let diagnostic = Diagnostic::new(Code::ArgumentValue, span, message);
                    self.say(diagnostic.help("kinds: bag, array"));
                }
            }
        }
        pairs
    }

    /// One thing to expand: its name and the column whose place it takes.
    fn expanded(
        &mut self,
        schema: &Schema,
        column: &ExpandColumn,
        pairs: bool,
        before: usize,
    ) -> Option<(Arc<str>, ExpandItem, Option<usize>)> {
        let (explicit, value) = match &column.value.kind {
            ExprKind::Named { names, value, .. } => (names.first(), &**value),
            _ => (None, &column.value),
        };
        let ty = match &column.ty {
            Some(name) => self.type_name(name),
            None => Type::Dynamic,
        };
        let bound = self.scalar(value);
        match bound.ty {
            Type::Unknown => return None,
            Type::Dynamic => {}
            other => {
                let message = format!("only dynamic values can be expanded, not {other}");
                let diagnostic = Diagnostic::new(Code::NotExpandable, value.span, message);
                self.say(match other {
                    Type::String => diagnostic
                        .help("parse_json(…) reads JSON text, split(…) makes an array of a text"),
                    _ => diagnostic.help("pack_array(…) makes an array"),
                });
                return None;
            }
        }
        if ty == Type::Unknown {
            return None;
        }
        let named = match explicit {
            Some(name) => Some(name.text.clone()),
            // A part of a column is called after its path, as in any list: `mv-expand d.a` leaves `d` and adds `d_a`.
            None if is_part(value) => self.base_name(value).map(Arc::from),
            None => None,
        };
        let place = match &named {
            Some(name) => schema.index(name),
            None => only_column(&bound),
        };
        let name: Arc<str> = match (named, place.and_then(|p| schema.columns.get(p))) {
            (Some(name), _) => name,
            (None, Some(column)) => column.name.clone(),
            (None, None) => format!("Column{}", before + 1).into(),
        };
        let item = ExpandItem {
            value: bound,
            ty,
            pairs,
        };
        Some((name, item, place))
    }
}

/// Whether an expression is a member or an element of another, or called like one: `d.a`, `todynamic(s)[0]`,
/// `parse_json(d.a)`.
fn is_part(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Paren(inner) => is_part(inner),
        ExprKind::Path { .. } | ExprKind::Index { .. } => true,
        ExprKind::Call { name, arguments } => {
            functions::scalar(&name.text).is_some_and(|f| f.function.naming == Naming::First)
                && arguments.first().is_some_and(|a| is_part(&a.value))
        }
        _ => false,
    }
}

/// The column an expression reads, if it reads exactly one.
fn only_column(expr: &plan::Expr) -> Option<usize> {
    let mut columns = Vec::new();
    expr.visit(&mut |e| {
        if let plan::ExprKind::Column(index) = e.kind {
            columns.push(index);
        }
    });
    columns.dedup();
    match columns[..] {
        [column] => Some(column),
        _ => None,
    }
}
