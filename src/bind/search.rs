//! Binds `search`: terms looked for in all columns.

use std::sync::Arc;

use crate::bind::find::names_in;
use crate::bind::{Binder, Relation, overload, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, ExprKind, Plan, Role};
use crate::source::Span;
use crate::syntax::ast::{self, Infix, ListOp};
use crate::syntax::lexer::TokenKind;
use crate::syntax::tokens;
use crate::types::{Column, Schema, Type, Value};

impl Binder<'_> {
    /// The rows of the piped table, or else of all `sources`, for which the predicate is true, with the
    /// name of their table in front.
    pub(crate) fn searched(
        &mut self,
        input: Option<Relation>,
        sources: &[ast::Expr],
        predicate: &ast::Expr,
        sensitive: bool,
        span: Span,
    ) -> Relation {
        let branches: Vec<Relation> = input.into_iter().collect();
        if !branches.is_empty() && !sources.is_empty() {
            let message = "`search in` cannot stand after a pipe";
            self.error(Code::Syntax, span, message);
            return self.broken_table();
        }
        let condition = (predicate, sensitive);
        let looked = self.looked_through(branches, sources, "search_arg", condition, span);
        let Some(branches) = looked else {
            return self.broken_table();
        };
        let all = self.unite(branches, false, Some("$table".into()), span);
        let mut schema = all.plan.schema.clone();
        schema.columns.remove(0);
        let mut condition = self.over(&schema, |b| b.search_predicate(predicate, sensitive));
        condition.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = &mut e.kind {
                *index += 1;
            }
        });
        all.then(|plan| Plan::filter(plan, condition))
    }

    /// What is wrong with a condition over all tables at hand: columns that none of them has, operands that never
    /// fit. A custom log's columns are not known, and are not looked for.
    pub(super) fn checked_over(
        &mut self,
        tables: &[Relation],
        predicate: &ast::Expr,
        sensitive: bool,
    ) {
        let mut names = Vec::new();
        names_in(predicate, &mut names);
        let column = |name: &Arc<str>| {
            let types = tables.iter().filter_map(|t| {
                let schema = &t.plan.schema;
                schema.index(name).map(|i| schema.columns[i].ty)
            });
            let one = |a, b| if a == b { a } else { Type::Unknown };
            types.reduce(one).map(|ty| Column::new(name.clone(), ty))
        };
        let row = Schema {
            columns: names.iter().filter_map(column).collect(),
            open: false,
        };
        let before = self.diagnostics.len();
        self.over(&row, |b| b.search_predicate(predicate, sensitive));
        let unknown = |d: &&mut Diagnostic| d.code == Code::UnknownName;
        for said in self.diagnostics[before..].iter_mut().filter(unknown) {
            let way = "no table that is known has it; --schema FILE and -d DATA tell of others";
            said.help = Some(way.to_string());
        }
    }

    pub(super) fn search_predicate(&mut self, e: &ast::Expr, sensitive: bool) -> Expr {
        match &e.kind {
            ast::ExprKind::Paren(inner) => self.search_predicate(inner, sensitive),
            ast::ExprKind::Star => Expr::literal(Value::Bool(true), e.span),
            ast::ExprKind::Chain { op, terms } => {
                let terms = terms.iter().map(|t| self.search_predicate(t, sensitive));
                Expr {
                    kind: ExprKind::Logic {
                        and: *op == ast::Logic::And,
                        terms: terms.collect(),
                    },
                    ty: Type::Bool,
                    span: e.span,
                }
            }
            ast::ExprKind::Call { name, arguments } if is_not(name) && arguments.len() == 1 => {
                let term = self.search_predicate(&arguments[0].value, sensitive);
                self.by_role(Role::Not, vec![term], e.span)
            }
            ast::ExprKind::Literal(literal) if !matches!(literal.value, Value::Bool(_)) => {
                if !self.is_term(literal, e.span) {
                    return self.broken(e.span);
                }
                let columns = self.all_columns(e.span);
                // A real is not among what a term is looked for in (measured).
                let text = |c: &Expr| !matches!(c.ty, Type::Real | Type::Decimal);
                let columns = columns.into_iter().filter(text).collect();
                let term = parameter_text(e);
                self.search_term(columns, &term, sensitive, e.span)
            }
            ast::ExprKind::Binary {
                op: Infix::Search,
                left,
                right,
                ..
            } => {
                let columns = match left.kind {
                    ast::ExprKind::Star => self.all_columns(e.span),
                    _ => vec![self.scalar(left)],
                };
                match self.text_argument(right, "the term") {
                    Some(term) => self.search_term(columns, &term, sensitive, e.span),
                    None => self.broken(e.span),
                }
            }
            ast::ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } if sensitive => {
                let words = with_case(*op);
                self.binary(words, left, right, *op_span, e.span)
            }
            ast::ExprKind::List {
                op,
                op_span,
                left,
                items,
            } if sensitive => {
                let op = match op {
                    ListOp::InFold => ListOp::In,
                    ListOp::NotInFold => ListOp::NotIn,
                    ListOp::In | ListOp::NotIn => *op,
                    ListOp::HasAny | ListOp::HasAll => {
                        let all = *op == ListOp::HasAll;
                        return self.has_terms(left, items, all, *op_span);
                    }
                };
                self.list(op, left, items, *op_span, e.span)
            }
            _ => self.predicate(e, "what is searched for"),
        }
    }

    /// Whether a value has one of several terms, or all of them, upper and lower case told apart.
    fn has_terms(&mut self, left: &ast::Expr, items: &[ast::Expr], all: bool, at: Span) -> Expr {
        let text = |e: &ast::Expr| match &e.kind {
            ast::ExprKind::Literal(literal) => literal.value.as_str().is_some(),
            _ => false,
        };
        if let Some(other) = items.iter().find(|item| !text(item)) {
            let before = self.diagnostics.len();
            let op = if all { ListOp::HasAll } else { ListOp::HasAny };
            self.list(op, left, items, at, at);
            if self.diagnostics.len() > before {
                return self.broken(other.span);
            }
            let message = "terms that are no literals cannot be searched by case yet";
            self.unsupported(other.span, message);
            return self.broken(other.span);
        }
        let words = Infix::HasCs.text();
        let terms = items
            .iter()
            .map(|item| self.binary(words, left, item, at, item.span));
        Expr {
            kind: ExprKind::Logic {
                and: all,
                terms: terms.collect(),
            },
            ty: Type::Bool,
            span: at,
        }
    }

    /// Whether a literal is a term: a number (measured) or one text, not several side by side. What else it
    /// is has been said.
    fn is_term(&mut self, literal: &ast::Literal, span: Span) -> bool {
        let texts = tokens(&literal.text);
        let texts = texts
            .iter()
            .filter(|t| matches!(t.kind, TokenKind::String(_)));
        let ty = literal.value.ty();
        if ty.is_number() || ty == Type::String && texts.count() < 2 {
            return true;
        }
        let message = match ty {
            Type::String => "several texts side by side are no term".to_string(),
            ty => format!("a term is a text or a number, not {ty}"),
        };
        self.say(
            Diagnostic::new(Code::WrongType, span, message)
                .help("put one text in quotation marks, several with `and` or `or` between"),
        );
        false
    }

    /// Whether one of these columns has the term; stars at its ends say where it may be part of a word.
    fn search_term(&mut self, columns: Vec<Expr>, term: &str, sensitive: bool, span: Span) -> Expr {
        let (word, before) = match term.strip_prefix('*') {
            Some(rest) => (rest, true),
            None => (term, false),
        };
        let (word, behind) = match word.strip_suffix('*') {
            Some(rest) => (rest, true),
            None => (word, false),
        };
        if word.contains('*') {
            let regex = regex_of(word, (before, behind), sensitive);
            return self.in_columns(columns, Infix::MatchesRegex.text(), &regex, span);
        }
        if word.is_empty() && (before || behind) {
            return Expr::literal(Value::Bool(true), span);
        }
        let op = match (before, behind, sensitive) {
            (false, false, false) => Infix::Has,
            (false, false, true) => Infix::HasCs,
            (false, true, false) => Infix::HasPrefix,
            (false, true, true) => Infix::HasPrefixCs,
            (true, false, false) => Infix::HasSuffix,
            (true, false, true) => Infix::HasSuffixCs,
            (true, true, false) => Infix::Contains,
            (true, true, true) => Infix::ContainsCs,
        };
        self.in_columns(columns, op.text(), word, span)
    }

    /// Whether the operator is true for one of these columns and the text.
    fn in_columns(&mut self, columns: Vec<Expr>, words: &str, text: &str, span: Span) -> Expr {
        let word = Expr::literal(Value::string(text), span);
        let mut terms = Vec::with_capacity(columns.len());
        for column in columns {
            let text = overload::convert(column, Type::String);
            terms.push(self.operator(words, vec![text, word.clone()], span, span));
        }
        match terms.len() {
            0 => Expr::literal(Value::Bool(false), span),
            1 => terms.swap_remove(0),
            _ => Expr {
                kind: ExprKind::Logic { and: false, terms },
                ty: Type::Bool,
                span,
            },
        }
    }
}

/// Whether a name is that of the negation.
pub(super) fn is_not(name: &ast::Name) -> bool {
    crate::functions::scalar(&name.text).is_some_and(|entry| entry.function.role == Role::Not)
}

/// The regular expression of a term with stars inside: a whole word, or part of one at the ends that have a star.
fn regex_of(word: &str, (before, behind): (bool, bool), sensitive: bool) -> String {
    let parts: Vec<String> = word.split('*').map(regex::escape).collect();
    let edge = |open: bool| if open { "" } else { r"\b" };
    format!(
        "{}{}{}{}",
        if sensitive { "" } else { "(?i)" },
        edge(before),
        parts.join(".*"),
        edge(behind)
    )
}

/// The operator that tells upper from lower case, as a case-sensitive search has it.
fn with_case(op: Infix) -> &'static str {
    let sensitive = match op {
        Infix::EqualFold => Infix::Equal,
        Infix::NotEqualFold => Infix::NotEqual,
        Infix::Has => Infix::HasCs,
        Infix::NotHas => Infix::NotHasCs,
        Infix::HasPrefix => Infix::HasPrefixCs,
        Infix::NotHasPrefix => Infix::NotHasPrefixCs,
        Infix::HasSuffix => Infix::HasSuffixCs,
        Infix::NotHasSuffix => Infix::NotHasSuffixCs,
        Infix::Contains => Infix::ContainsCs,
        Infix::NotContains => Infix::NotContainsCs,
        Infix::StartsWith => Infix::StartsWithCs,
        Infix::NotStartsWith => Infix::NotStartsWithCs,
        Infix::EndsWith => Infix::EndsWithCs,
        Infix::NotEndsWith => Infix::NotEndsWithCs,
        Infix::Like => Infix::LikeCs,
        Infix::NotLike => Infix::NotLikeCs,
        op => op,
    };
    sensitive.text()
}
