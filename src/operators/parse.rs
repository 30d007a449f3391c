//! `parse`: columns cut out of a text by a pattern.

use super::prelude::*;
use crate::syntax::query::is_boundary;
use crate::bind::{Binder, Relation, converted, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::extract::Extractor;
use crate::plan::extract::{Item, Pattern, Sequence, SequenceKind};
use crate::plan::neighbours::apart;
use crate::plan::{self, Node, Plan};
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, OperatorParameter, TypeName};
use crate::types::{Column, Type};
use std::sync::Arc;

/// What users read about `parse`.
pub const INFO: Info = Info {
    keywords: &["parse"],
    place: Place::Piped,
    summary: "Cuts columns out of a text by a pattern.",
    syntax: "T | parse [kind=simple|regex|relaxed [flags=...]] text with [*] 'text' column[: type] ...",
    examples: &[("print line = 'user=ann failed 3 times'\n\
             | parse line with 'user=' user ' failed ' times: long ' times'\n\
             | project user, times", "user | times\nann | 3")],
};

/// `parse kind=relaxed s with * 'a=' a: long ', b=' b *`
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// `kind=…`, `flags=…`
    pub parameters: Vec<OperatorParameter>,
    /// The text.
    pub value: Expr,
    /// The pattern.
    pub pattern: Vec<ParseItem>,
}

/// A piece of a pattern of `parse`.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseItem {
    /// `*`
    Star,
    /// `'text'`: a string literal (or, for the binder to resolve, the name of a constant).
    Text(Expr),
    /// `column: type`
    Column {
        /// The column's name.
        name: Name,
        /// Its type; string if not written.
        ty: Option<TypeName>,
    },
}

/// `parse kind=simple s with * 'a=' a: long *`
pub fn parse(i: Tokens<'_>) -> Parsed<'_, Parse> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, value) = unnamed_expression(i)?;
    let (i, _) = keyword("with")(i)?;
    let (i, pattern) = parse_pattern(i)?;
    let node = Parse {
        parameters,
        value,
        pattern,
    };
    Ok((i, node))
}

/// `* 'a=' a: long ', b=' b *`
pub fn parse_pattern(i: Tokens<'_>) -> Parsed<'_, Vec<ParseItem>> {
    if !is_item(&i) && !is_boundary(&i) {
        i.expect("a string, a column or `*`");
        return Ok((i, Vec::new()));
    }
    let (mut i, first) = parse_item(i)?;
    let mut items = vec![first];
    let mut before = None;
    while is_item(&i) {
        let (rest, item) = parse_item(i)?;
        if let (Some(ParseItem::Star), ParseItem::Star) = (items.last(), &item)
            && before.is_none()
        {
            let message = "what follows `*` in a pattern is a text";
            let said = Diagnostic::new(Code::ParsePattern, i.span(), message).kusto_as("KS102");
            i.note(said.help("one `*` passes over any text; leave the other out"));
            before = Some(i);
        }
        items.push(item);
        i = rest;
    }
    i.expect("a string, a column or `*`");
    Ok((i, items))
}

fn is_item(i: &Tokens) -> bool {
    i.is_symbol(0, "*")
        || i.is_symbol(0, ":")
        || matches!(i.kind(0), TokenKind::String(_))
        || is_name(i, 0)
}

/// `*`, `'a='`, `a: long`
pub fn parse_item(i: Tokens<'_>) -> Parsed<'_, ParseItem> {
    if i.is_symbol(0, "*") {
        return Ok((i.skip(1), ParseItem::Star));
    }
    if let TokenKind::String(_) = i.kind(0) {
        let (i, text) = string(i)?;
        return Ok((i, ParseItem::Text(text)));
    }
    if !(is_name(&i, 0) || i.is_symbol(0, ":")) {
        i.missing("a string, a column or `*`");
        return Ok((i, ParseItem::Star));
    }
    let (i, name) = column_name(i)?;
    let (i, ty) = if i.is_symbol(0, ":") {
        let (i, ty) = type_name(i.skip(1))?;
        (i, Some(ty))
    } else {
        (i, None)
    };
    Ok((i, ParseItem::Column { name, ty }))
}

impl Print for Parse {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        print_parse(p, &self.value, &self.pattern);
    }
}

/// The part that `parse` and `parse-where` share.
pub(super) fn print_parse(p: &mut Printer, value: &Expr, pattern: &[ParseItem]) {
    p.push(" ");
    p.expr(value);
    p.push(" with");
    for item in pattern {
        p.push(" ");
        match item {
            ParseItem::Star => p.push("*"),
            ParseItem::Text(text) => p.expr(text),
            ParseItem::Column { name, ty } => {
                p.name(name);
                p.typed(ty.as_ref());
            }
        }
    }
}

impl super::Bind for Parse {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
        let input = binder.piped(input);
        let written = Written {
            parameters: &self.parameters,
            value: &self.value,
            pattern: &self.pattern,
            matched: false,
            span,
        };
        binder.parsed(input, &written)
    }
}

/// What is written after `parse` or `parse-where`.
pub(super) struct Written<'a> {
    pub parameters: &'a [OperatorParameter],
    pub value: &'a Expr,
    pub pattern: &'a [ParseItem],
    /// Whether rows that do not match are dropped.
    pub matched: bool,
    pub span: Span,
}

impl Binder<'_> {
    /// The rows with the columns cut out by a pattern of `parse`.
    pub(super) fn parsed(&mut self, input: Relation, written: &Written<'_>) -> Relation {
        let mut kinds = vec![("simple", SequenceKind::Simple), ("regex", SequenceKind::Regex)];
        if !written.matched {
            kinds.push(("relaxed", SequenceKind::Relaxed));
        }
        let of_kind: Vec<OperatorParameter> = written
            .parameters
            .iter()
            .filter(|p| &*p.name.text != "flags")
            .cloned()
            .collect();
        let kind = self.kind(&of_kind, &kinds, SequenceKind::Simple);
        let flags = self.flags(written.parameters, kind);
        let names = self.pattern_columns(written.pattern);
        let items = self.pattern_items(written.pattern);
        let (Some(flags), Some(names), Some(items)) = (flags, names, items) else {
            // For its own mistakes.
            self.over_rows(&input, |b| b.scalar(written.value));
            return super::mv_expand::open(input);
        };
        let pattern = Pattern::Sequence(Sequence { kind, flags, items });
        self.extracted(input, written.value, pattern, &names, written.matched, written.span)
    }

    fn flags(&mut self, parameters: &[OperatorParameter], kind: SequenceKind) -> Option<String> {
        let Some(parameter) = OperatorParameter::find(parameters, "flags") else {
            return Some(String::new());
        };
        let flags = parameter_text(&parameter.value);
        let span = parameter.value.span;
        if kind != SequenceKind::Regex {
            let diagnostic = Diagnostic::new(Code::ArgumentValue, span, "only kind=regex has flags");
            self.say(diagnostic.help("write kind=regex before flags"));
            return None;
        }
        if let Some(bad) = flags.chars().find(|c| !"imsUx".contains(*c)) {
            let message = format!("no flag is called `{bad}`");
            let diagnostic = Diagnostic::new(Code::ArgumentValue, span, message);
            self.say(diagnostic.help("flags: i (any case), m (lines), s (. is any character), U (ungreedy), x"));
            return None;
        }
        Some(flags)
    }

    /// The columns of a pattern; one named twice is said.
    fn pattern_columns(&mut self, pattern: &[ParseItem]) -> Option<Vec<Arc<str>>> {
        let mut names: Vec<&Name> = Vec::new();
        for item in pattern {
            let ParseItem::Column { name, .. } = item else {
                continue;
            };
            if let Some(first) = names.iter().find(|n| n.text == name.text) {
                let message = format!("column `{}` is given twice", name.text);
                let diagnostic = Diagnostic::new(Code::DuplicateColumn, name.span, message);
                self.say(diagnostic.also(first.span, "first given here"));
                return None;
            }
            names.push(name);
        }
        Some(names.into_iter().map(|n| n.text.clone()).collect())
    }

    /// A pattern's items, if they stand where they may.
    fn pattern_items(&mut self, pattern: &[ParseItem]) -> Option<Vec<Item>> {
        let mut items: Vec<Item> = Vec::with_capacity(pattern.len());
        for item in pattern {
            let bound = match item {
                ParseItem::Star => {
                    if let (Some(Item::Column(Type::String)), Some(name)) =
                        (items.last(), last_column(pattern, items.len()))
                    {
                        let message = "`*` after a string column leaves open where the column ends";
                        let diagnostic = Diagnostic::new(Code::ParsePattern, name.span, message);
                        self.say(diagnostic.help("write a text between the column and `*`"));
                        return None;
                    }
                    Item::Skip
                }
                ParseItem::Text(text) => match self.constant(text, "a text of the pattern")? {
                    value if value.as_str() == Some("") => {
                        let message = "a text of the pattern cannot be empty";
                        self.error(Code::ParsePattern, text.span, message);
                        return None;
                    }
                    value => Item::Text(value.as_str()?.into()),
                },
                ParseItem::Column { name, ty } => {
                    if matches!(items.last(), Some(Item::Skip | Item::Column(_))) {
                        let message = format!("column `{}` must stand after a text", name.text);
                        self.error(Code::ParsePattern, name.span, message);
                        return None;
                    }
                    match ty.as_ref().map_or(Type::String, |ty| self.type_name(ty)) {
                        Type::Unknown => return None,
                        ty => Item::Column(ty),
                    }
                }
            };
            items.push(bound);
        }
        Some(items)
    }

    /// The rows with columns cut out of a text: in the place of those of the same name, else at the end.
    pub(super) fn extracted(
        &mut self,
        input: Relation,
        value: &Expr,
        pattern: Pattern,
        names: &[Arc<str>],
        matched: bool,
        span: Span,
    ) -> Relation {
        let (source, _) = self.over_rows(&input, |b| b.scalar(value));
        if let Err(problem) = Extractor::new(&pattern) {
            let mut diagnostic = Diagnostic::new(problem.code, span, problem.message);
            diagnostic.help = problem.help;
            self.say(diagnostic);
            return super::mv_expand::open(input);
        }
        let types = pattern.types();
        let width = input.plan.schema.len();
        let mut schema = input.plan.schema.clone();
        let mut columns = input.plan.columns(span);
        for (i, (name, ty)) in names.iter().zip(&types).enumerate() {
            schema.columns.push(Column::new(name.clone(), *ty));
            let cut = plan::Expr::column(width + i, *ty, span);
            match columns.iter_mut().find(|(n, _)| n == name) {
                Some((_, expr)) => *expr = cut,
                None => columns.push((name.clone(), cut)),
            }
        }
        let open = schema.open;
        let mut relation = input.then(|plan| {
            let mut source = converted(source, Type::String);
            let plan = apart(plan, [&mut source]);
            let cut = Plan {
                schema,
                node: Node::Extract {
                    keep: (0..width).collect(),
                    input: Box::new(plan),
                    source,
                    pattern: Arc::new(pattern),
                    outputs: (0..types.len()).collect(),
                    matched,
                },
            };
            Plan::project(cut, columns)
        });
        relation.plan.schema.open = open;
        relation
    }
}

/// The name of the pattern's item before index `end`, if it is a column.
fn last_column(pattern: &[ParseItem], end: usize) -> Option<&Name> {
    match pattern.get(end.checked_sub(1)?) {
        Some(ParseItem::Column { name, .. }) => Some(name),
        _ => None,
    }
}
