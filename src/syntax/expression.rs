//! Grammar rules of expressions.

mod word;

use super::ast::{Argument, Expr, ExprKind, Infix, ListOp, Literal, Logic, TypeOf};
use super::keyword::Use;
use super::lexer::TokenKind;
use super::literal::LEAST_LONG;
use super::name::{
    is_name, is_named, name, note_keyword, of_name, reference, row_schema, string, type_name,
    value_name,
};
use super::query;
use super::tokens::{
    Parsed, Tokens, between, bracketed_list, bracketed_some, close, list_unless, symbol,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::types::Value;
pub use word::starts_expression;
use word::{bare_query, bracketed_name, follows_name, no_expression, word};

/// The grammar rules that are read from tables: the levels of infix operators, loosest first, then
/// the operators of two of them.
pub const TABLES: [&str; 9] = [
    "unnamed_expression",
    "and_expression",
    "equality",
    "relation",
    "sum",
    "product",
    "string_operation",
    "list_operator",
    "string_operator",
];

/// How many levels there are.
const LEVELS: usize = 7;

/// What an infix operator that comes next does, and its level.
enum Next {
    Chain(Logic),
    Binary(Infix),
    List(ListOp),
    Between { negated: bool },
}

impl Next {
    fn level(&self) -> usize {
        match self {
            Next::Chain(Logic::Or) => 0,
            Next::Chain(Logic::And) => 1,
            Next::List(_) | Next::Between { .. } => 2,
            Next::Binary(op) => match op {
                Infix::Equal | Infix::NotEqual => 2,
                Infix::Less | Infix::LessOrEqual | Infix::Greater | Infix::GreaterOrEqual => 3,
                Infix::Add | Infix::Subtract => 4,
                Infix::Multiply | Infix::Divide | Infix::Modulo => 5,
                _ => 6,
            },
        }
    }
}

/// The infix operator that comes next, and how many tokens it takes.
fn next_operator(i: &Tokens) -> Option<(Next, usize)> {
    let text = match i.kind(0) {
        TokenKind::Symbol("!between") => return Some((Next::Between { negated: true }, 1)),
        TokenKind::Symbol(symbol) => symbol,
        TokenKind::Word => i.word(0)?,
        _ => return None,
    };
    Some(match text {
        "and" => (Next::Chain(Logic::And), 1),
        "or" => (Next::Chain(Logic::Or), 1),
        "between" => (Next::Between { negated: false }, 1),
        "matches" if i.word(1) == Some("regex") => (Next::Binary(Infix::MatchesRegex), 2),
        _ => match ListOp::from_text(text) {
            // `on x in range(…)` is no list.
            Some(op) => return (i.word(1) != Some("range")).then_some((Next::List(op), 1)),
            None => (Next::Binary(Infix::from_text(text)?), 1),
        },
    })
}

/// Whether a word is an infix operator or a keyword that no expression can start with.
fn is_reserved(word: &str) -> bool {
    matches!(word, "and" | "or" | "by" | "between" | "matches")
        || ListOp::from_text(word).is_some()
        || Infix::from_text(word).is_some()
}

/// Whether a word is a keyword that cannot stand for a column or table.
fn cannot_be_name(word: &str) -> bool {
    is_reserved(word)
        || matches!(
            word,
            "as" | "asc"
                | "desc"
                | "find"
                | "invoke"
                | "of"
                | "others"
                | "print"
                | "project"
                | "search"
                | "set"
                | "to"
                | "toscalar"
                | "union"
                | "where"
        )
}

/// An operator that waits for its right operand.
enum Pending {
    Chain {
        op: Logic,
        terms: Vec<Expr>,
    },
    Binary {
        op: Infix,
        op_span: Span,
        left: Expr,
    },
}

impl Pending {
    fn level(&self) -> usize {
        match self {
            Pending::Chain { op, .. } => Next::Chain(*op).level(),
            Pending::Binary { op, .. } => Next::Binary(*op).level(),
        }
    }

    fn finish(self, right: Expr) -> Expr {
        match self {
            Pending::Chain { op, mut terms } => {
                let span = terms.first().map_or(right.span, |t| t.span.to(right.span));
                terms.push(right);
                Expr {
                    kind: ExprKind::Chain { op, terms },
                    span,
                }
            }
            Pending::Binary { op, op_span, left } => Expr {
                span: left.span.to(right.span),
                kind: ExprKind::Binary {
                    op,
                    op_span,
                    left: Box::new(left),
                    right: Box::new(right),
                },
            },
        }
    }
}

/// Closes the pending operators that bind tighter than `level`, or as tight if `equal`.
fn reduce(pending: &mut Vec<Pending>, mut right: Expr, level: usize, equal: bool) -> Expr {
    while let Some(top) = pending.last() {
        if top.level() < level || top.level() == level && !equal {
            break;
        }
        if let Some(top) = pending.pop() {
            right = top.finish(right);
        }
    }
    right
}

/// `a or b and c == d + e * f has 'g'`: operands and infix operators of all levels.
///
/// All levels in one loop, with the pending operators on a stack of our own: a recursion per level
/// would cost seven times the stack for each bracket.
pub fn unnamed_expression(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let mut pending: Vec<Pending> = Vec::new();
    let (mut i, mut value) = operand(i)?;
    // After a list or a range only `and` and `or` can follow.
    let mut tightest = LEVELS;
    while let Some((next, length)) = next_operator(&i) {
        let level = next.level();
        if level >= tightest || matches!(level, 2 | 3) && is_open(&pending, level) {
            break;
        }
        let op_span = i.span_to(i.skip(length));
        let rest = i.skip(length);
        tightest = LEVELS;
        match next {
            Next::Chain(op) => {
                value = reduce(&mut pending, value, level, false);
                match pending.last_mut() {
                    Some(Pending::Chain { op: same, terms }) if *same == op => terms.push(value),
                    _ => pending.push(Pending::Chain {
                        op,
                        terms: vec![value],
                    }),
                }
                (i, value) = operand(rest)?;
            }
            Next::Binary(op) => {
                let left = reduce(&mut pending, value, level, true);
                pending.push(Pending::Binary { op, op_span, left });
                (i, value) = operand(rest)?;
            }
            Next::List(op) => {
                let left = reduce(&mut pending, value, level, false);
                let (rest, items) = list_items(rest)?;
                value = Expr {
                    span: left.span.to(i.span_to(rest)),
                    kind: ExprKind::List {
                        op,
                        op_span,
                        left: Box::new(left),
                        items,
                    },
                };
                i = rest;
                tightest = 2;
            }
            Next::Between { negated } => {
                let left = reduce(&mut pending, value, level, false);
                let (rest, (low, high)) = between(rest, "(", bounds, ")")?;
                value = Expr {
                    span: left.span.to(i.span_to(rest)),
                    kind: ExprKind::Between {
                        negated,
                        value: Box::new(left),
                        low: Box::new(low),
                        high: Box::new(high),
                    },
                };
                i = rest;
                tightest = 2;
            }
        }
    }
    i.expect("an operator such as `==`");
    Ok((i, reduce(&mut pending, value, 0, true)))
}

/// Whether an operator of a level that does not repeat is pending in the current operand of
/// `and` and `or`.
fn is_open(pending: &[Pending], level: usize) -> bool {
    pending
        .iter()
        .rev()
        .take_while(|p| p.level() >= 2)
        .any(|p| p.level() == level)
}

/// `a .. b`
fn bounds(i: Tokens<'_>) -> Parsed<'_, (Expr, Expr)> {
    let (i, low) = unnamed_expression(i)?;
    let (i, _) = symbol("..")(i)?;
    let (i, high) = unnamed_expression(i)?;
    Ok((i, (low, high)))
}

/// `a = b`, `(a, b) = c`, `b`
pub fn named_expression(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, names, bracketed) = if is_named(&i) {
        let (rest, name) = value_name(i)?;
        (rest, vec![name], false)
    } else if is_name_list(&i) {
        let (rest, names) = bracketed_list(i, "(", value_name, ")", false)?;
        (rest, names, true)
    } else {
        return unnamed_expression(i);
    };
    let (rest, _) = symbol("=")(rest)?;
    let (rest, value) = unnamed_expression(rest)?;
    let named = Expr {
        kind: ExprKind::Named {
            names,
            bracketed,
            value: Box::new(value),
        },
        span: i.span_to(rest),
    };
    Ok((rest, named))
}

/// Whether `(a, b) =` comes next.
fn is_name_list(i: &Tokens) -> bool {
    i.is_symbol(0, "(") && is_name(i, 1) && i.after_bracket_is("=")
}

/// `a`, `-a`, `a.b[0]`: what stands between infix operators.
pub fn operand(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if matches!(i.kind(0), TokenKind::Symbol("-" | "+")) {
        return signed(i);
    }
    path(i)
}

/// `-a`, `+1`
pub fn signed(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if i.is_symbol(0, "-") && is_least_long(&i.skip(1)) {
        return signed_literal(i);
    }
    let (rest, value) = path(i.skip(1))?;
    Ok((rest, with_sign(i, rest, value)))
}

/// `-1`, where nothing but a literal can follow the sign.
pub(super) fn signed_literal(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if i.is_symbol(0, "-") && is_least_long(&i.skip(1)) {
        let rest = i.skip(2);
        let span = i.span_to(rest);
        let least = Literal {
            value: Value::Long(i64::MIN),
            text: format!("-{LEAST_LONG}").into(),
        };
        let kind = ExprKind::Literal(least);
        return Ok((rest, Expr { kind, span }));
    }
    let (rest, value) = literal(i.skip(1))?;
    Ok((rest, with_sign(i, rest, value)))
}

fn with_sign<'a>(i: Tokens<'a>, rest: Tokens<'a>, value: Expr) -> Expr {
    Expr {
        kind: ExprKind::Unary {
            negative: i.is_symbol(0, "-"),
            operand: Box::new(value),
        },
        span: i.span_to(rest),
    }
}

/// Whether the digits of the least `long` come next, which fit only with their sign.
fn is_least_long(i: &Tokens) -> bool {
    matches!(i.kind(0), TokenKind::Literal(Some(Value::Long(i64::MIN))))
        && i.text(i.span()) == LEAST_LONG
}

/// `a`, `a.b`, `a['b'].c[0]`, `database('d').T`
pub fn path(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (mut rest, mut base) = primary(i)?;
    loop {
        let (after, kind) = if rest.is_symbol(0, "[") {
            let (after, index) = element(rest)?;
            (after, element_of(base, index))
        } else if rest.is_symbol(0, ".") && rest.is_symbol(1, "[") && !is_name(&rest, 1) {
            let (after, index) = element(rest.skip(1))?;
            (after, element_of(base, index))
        } else if rest.is_symbol(0, ".") {
            let (after, member) = member(rest.skip(1))?;
            let kind = ExprKind::Path {
                base: Box::new(base),
                member: Box::new(member),
            };
            (after, kind)
        } else {
            return Ok((rest, base));
        };
        rest = after;
        base = Expr {
            kind,
            span: i.span_to(rest),
        };
    }
}

/// A column that brackets can follow, so no call: `a`, `a.b`, `a['b']`
pub fn column_path(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (mut rest, first) = reference(i)?;
    let mut base = of_name(first);
    loop {
        let (after, kind) = if rest.is_symbol(0, "[") {
            let (after, index) = element(rest)?;
            (after, element_of(base, index))
        } else if rest.is_symbol(0, ".") {
            let (after, member) = reference(rest.skip(1))?;
            let kind = ExprKind::Path {
                base: Box::new(base),
                member: Box::new(of_name(member)),
            };
            (after, kind)
        } else {
            return Ok((rest, base));
        };
        rest = after;
        base = Expr {
            kind,
            span: i.span_to(rest),
        };
    }
}

fn element_of(base: Expr, index: Expr) -> ExprKind {
    ExprKind::Index {
        base: Box::new(base),
        index: Box::new(index),
    }
}

/// `[0]`, `['a']`
pub fn element(i: Tokens<'_>) -> Parsed<'_, Expr> {
    between(i, "[", unnamed_expression, "]")
}

/// What stands after a dot: `a`, `['a b']`, `f(x)`
pub fn member(i: Tokens<'_>) -> Parsed<'_, Expr> {
    if is_name(&i, 0) {
        return name_or_call(i);
    }
    Ok((i, query::hole(i.missing("a name"))))
}

/// `a`, `f(x)`
pub fn name_or_call(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, name) = name(i)?;
    if !rest.is_symbol(0, "(") {
        note_keyword(i, &name, Use::Reference);
        return Ok((rest, of_name(name)));
    }
    // Where only a table's value stands in brackets that nobody closes, the pipe belongs to them.
    let takes_table = matches!(&*name.text, "toscalar" | "materialize" | "totable");
    let (rest, arguments) = match rest.after_bracket().is_none() && !takes_table {
        true => unclosed_arguments(rest)?,
        false => arguments(rest)?,
    };
    if let [Argument { value, .. }] = arguments.as_slice()
        && !takes_table
        && query::is_pipeline(value)
    {
        i.note(bare_query(&name, value.span));
    }
    let call = Expr {
        kind: ExprKind::Call { name, arguments },
        span: i.span_to(rest),
    };
    Ok((rest, call))
}

/// `(a, b = 2, *)`
pub fn arguments(i: Tokens<'_>) -> Parsed<'_, Vec<Argument>> {
    if i.is_symbol(1, ")") || is_named(&i.skip(1)) {
        return bracketed_list(i, "(", argument, ")", false);
    }
    let alone = |value| Argument { name: None, value };
    pipeline_or(i, alone, argument)
}

/// Arguments whose closing bracket is missing: it belongs before the next pipe.
fn unclosed_arguments(i: Tokens<'_>) -> Parsed<'_, Vec<Argument>> {
    if query::is_source(&i.skip(1)) || is_named(&i.skip(1)) {
        return arguments(i);
    }
    let first = |i| {
        let (rest, value) = argument(i)?;
        Ok((rest, (value, false)))
    };
    items_from(i, first, argument)
}

/// `(a, b)`, `(T | project a)`: what stands after `in`
fn list_items(i: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    if i.is_symbol(0, "(") && i.is_symbol(1, ")") {
        i.skip(1).missing("an expression");
        return Ok((i.skip(2), vec![query::hole(i.skip(1).gap())]));
    }
    pipeline_or(i, |value| value, unnamed_expression)
}

/// Items between brackets; a pipeline must be the only one, as its operators take the commas.
fn pipeline_or<'a, T>(
    i: Tokens<'a>,
    alone: impl Fn(Expr) -> T,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let first = |i| {
        let (rest, value) = query::expression(i)?;
        let is_pipeline = query::is_pipeline(&value);
        Ok((rest, (alone(value), is_pipeline)))
    };
    items_from(i, first, item)
}

/// Items between brackets, of which the first may be the only one.
fn items_from<'a, T>(
    i: Tokens<'a>,
    first: impl Fn(Tokens<'a>) -> Parsed<'a, (T, bool)>,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let opened = i.is_symbol(0, "(");
    let (rest, _) = symbol("(")(i)?;
    let keyword = rest.word(0).is_some() && follows_name(&rest.skip(1));
    let starts = starts_statement(&rest) || rest.is_symbol(0, "*") || rest.is_symbol(0, ",");
    if !(starts || keyword) {
        rest.expect("an expression");
        let (rest, _) = close(rest, i, ")")?;
        return Ok((rest, Vec::new()));
    }
    let (mut rest, (first, alone)) = first(rest)?;
    let mut items = vec![first];
    // Without its brackets, it is not known what belongs to it.
    if !alone && opened {
        while let Some(next) = rest.after_comma(starts_statement) {
            let (after, value) = item(next)?;
            items.push(value);
            rest = after;
        }
    }
    // Where one bracket is missing, the other may be too.
    if !opened && !rest.is_symbol(0, ")") {
        return Ok((rest, items));
    }
    let (rest, _) = close(rest, i, ")")?;
    Ok((rest, items))
}

/// `a`, `b = 2`, `*`
pub fn argument(i: Tokens<'_>) -> Parsed<'_, Argument> {
    if !is_named(&i) {
        let (rest, value) = unnamed_expression(i)?;
        return Ok((rest, Argument { name: None, value }));
    }
    let (rest, name) = value_name(i)?;
    let (rest, _) = symbol("=")(rest)?;
    let (rest, value) = unnamed_expression(rest)?;
    let argument = Argument {
        name: Some(name),
        value,
    };
    Ok((rest, argument))
}

/// `1`, `'a'`, `a`, `f(x)`, `(a)`, `*`, `typeof(long)`, `datatable (…) […]`
pub fn primary(i: Tokens<'_>) -> Parsed<'_, Expr> {
    match i.kind(0) {
        TokenKind::Literal(_) | TokenKind::String(_) | TokenKind::Now | TokenKind::Today(_) => {
            literal(i)
        }
        TokenKind::Symbol("(") => bracketed(i),
        TokenKind::Symbol("*") => Ok((
            i.skip(1),
            Expr {
                kind: ExprKind::Star,
                span: i.span(),
            },
        )),
        TokenKind::Symbol("[") => bracketed_name(i),
        TokenKind::Word => word(i),
        _ => no_expression(i),
    }
}

/// `1`, `'a'`, `datetime(2020-01-01)`, `datetime()`, `dynamic([1])`
pub fn literal(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let span = i.span();
    let kind = match i.kind(0) {
        TokenKind::String(_) => return string(i),
        TokenKind::Literal(_) if is_least_long(&i) => {
            i.note(Diagnostic::new(
                Code::BadLiteral,
                span,
                format!("`{LEAST_LONG}` does not fit a `long`"),
            ));
            ExprKind::Error
        }
        TokenKind::Literal(Some(value)) => ExprKind::Literal(Literal {
            value: value.clone(),
            text: i.text(span).into(),
        }),
        TokenKind::Literal(None) => ExprKind::Error,
        TokenKind::Now => ExprKind::Instant(None),
        TokenKind::Today(ticks) => ExprKind::Instant(Some(*ticks)),
        _ => return Ok((i, query::hole(i.missing("a literal")))),
    };
    Ok((i.skip(1), Expr { kind, span }))
}

/// `(a)`, `(T | take 1)`
pub fn bracketed(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, inner) = between(i, "(", query::expression, ")")?;
    let paren = Expr {
        kind: ExprKind::Paren(Box::new(inner)),
        span: i.span_to(rest),
    };
    Ok((rest, paren))
}

/// `entity_group [A, B]`
pub fn entity_group(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, items) = bracketed_some(i.skip(1), "[", unnamed_expression, "]", "an entity")?;
    let group = Expr {
        kind: ExprKind::Bracketed(items),
        span: i.span_to(rest),
    };
    Ok((rest, group))
}

/// `typeof(long)`, `typeof(*, a: long)`
pub fn type_literal(i: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, kind) = if i.word(2).is_some() && i.is_symbol(3, ")") {
        let (rest, ty) = between(i.skip(1), "(", type_name, ")")?;
        (rest, TypeOf::Scalar(ty))
    } else {
        let (rest, schema) = row_schema(i.skip(1))?;
        let schema = TypeOf::Schema {
            star: schema.star,
            columns: schema.columns,
        };
        (rest, schema)
    };
    let literal = Expr {
        kind: ExprKind::TypeOf(kind),
        span: i.span_to(rest),
    };
    Ok((rest, literal))
}

/// `a, b = c`
pub fn named_expressions(i: Tokens<'_>) -> Parsed<'_, Vec<Expr>> {
    list_unless(i, named_expression, starts_statement)
}

/// One or more with commas between, but nothing before what can neither be one nor end the operator.
pub fn list_unless_else<'a, T>(
    i: Tokens<'a>,
    what: &'static str,
    starts: impl Fn(&Tokens<'a>) -> bool,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    if starts(&i) || query::is_boundary(&i) || i.is_symbol(0, "*") {
        return list_unless(i, item, starts_statement);
    }
    i.expect(what);
    Ok((i, Vec::new()))
}

/// As [`list_unless_else`], but none where the operator ends.
pub fn list_or_none<'a, T>(
    i: Tokens<'a>,
    what: &'static str,
    starts: impl Fn(&Tokens<'a>) -> bool,
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    if query::is_boundary(&i) && !i.is_symbol(0, ",") {
        i.expect(what);
        return Ok((i, Vec::new()));
    }
    list_unless_else(i, what, starts, item)
}

/// Whether the word that comes next can start an expression.
pub fn can_start(i: &Tokens) -> bool {
    i.word(0).is_some_and(|word| !is_reserved(word)) || i.is_symbol(1, "(")
}

/// Whether a statement can start with what comes next.
pub fn starts_statement(i: &Tokens) -> bool {
    match i.kind(0) {
        TokenKind::Symbol(symbol) => matches!(*symbol, "(" | "[" | "-" | "+"),
        TokenKind::Word => {
            let word = i.word(0).unwrap_or("");
            // No function is called `by`: `summarize count() by (a)`.
            !cannot_be_name(word)
                || (i.is_symbol(1, "(") && word != "by")
                || crate::operators::find_operator(i).is_some()
                || word == "set"
        }
        TokenKind::End => false,
        _ => true,
    }
}
