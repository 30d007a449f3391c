//! Lint: what is valid KQL and probably not what its author wants. One declaration per rule.

mod comments;
mod logic;
mod names;
mod operators;
mod private_range;
mod reading;
mod texts;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::catalog::Product;
use crate::diagnostic::{Code, Diagnostic, Label, Severity};
use crate::plan::QueryPlan;
use crate::source::{Source, Span};
use crate::syntax::ast::{Expr, Piped, Query, StatementKind};
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::print::{Node, Step, walk};
use crate::text::beginning;
use crate::types::Type;

/// Characters of the query that a message repeats at most.
const BRIEF: usize = 60;

/// A rule.
pub struct Rule {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// What it finds, as one sentence.
    pub summary: &'static str,
    /// Why that is worth a thought.
    pub why: &'static str,
    /// A query that it finds something in.
    pub example: &'static str,
    /// The same without it.
    pub better: &'static str,
    look: Look,
}

/// What a rule looks at.
#[derive(Clone, Copy)]
enum Look {
    /// Every expression.
    Expr(fn(&mut Lint<'_>, &Expr)),
    /// The source and the operators of every pipeline.
    Operators(fn(&mut Lint<'_>, Option<&Expr>, &[Piped])),
    /// The query as a whole.
    Query(fn(&mut Lint<'_>)),
    /// Nothing: it is said by another part.
    Elsewhere,
}

/// All rules, by name.
pub static RULES: &[&Rule] = &[
    &logic::AND_OR_MIXED,
    &texts::CASE_FOLDED,
    &texts::CONTAINS_TERM,
    &names::DEAD_LET,
    &names::DEPRECATED,
    &operators::JOIN_KIND,
    &reading::JOIN_TIME_WINDOW,
    &reading::NO_TIME_FILTER,
    &reading::NOTHING_REDUCED,
    &private_range::PRIVATE_RANGE_PREFIX,
    &operators::SCHEMA_FROM_DATA,
    &operators::UNBOUNDED_EXPAND,
    &comments::UNKNOWN_RULE,
    &operators::UNSCOPED_SEARCH,
];

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name).copied()
}

/// Whether what is said under this name can be switched off: what rules find, and notes and warnings.
pub fn can_be_disabled(name: &str) -> bool {
    let light = |code: &&Code| code.severity() <= Severity::Warning || **code == Code::NoQuery;
    rule(name).is_some()
        || Code::ALL
            .iter()
            .filter(light)
            .any(|code| code.name() == name)
}

/// A query that was read without mistakes of syntax.
pub struct Subject<'a> {
    /// Its text and place.
    pub source: &'a Source,
    /// Its tree.
    pub query: &'a Query,
    /// Its plan, as bound.
    pub plan: &'a QueryPlan,
    /// Whether a service bounds the time of all it reads, as for a rule with a period.
    pub bounded: bool,
    /// Whether it is the body of a function, whose caller goes on with its rows.
    pub library: bool,
    /// Where it is to run.
    pub product: Product,
}

/// Adds what the rules find in a query to what was said about it, and leaves out the warnings that its comments
/// switch off (`// kql: disable=RULE`).
pub fn lint(subject: &Subject<'_>, said: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let text = subject.source.text();
    let tokens = crate::syntax::tokens(text);
    let mut lint = Lint {
        text,
        subject,
        tokens: &tokens,
        sound: said.iter().all(|d| d.severity < Severity::Unsupported),
        rule: &comments::UNKNOWN_RULE,
        variables: HashSet::new(),
        types: OnceCell::new(),
        settled: HashSet::new(),
        around: Vec::new(),
        found: said,
    };
    walk(subject.query, &mut |node, step| lint.declared(node, step));
    walk(subject.query, &mut |node, step| lint.node(node, step));
    for rule in RULES {
        if let Look::Query(look) = rule.look {
            lint.rule = rule;
            look(&mut lint);
        }
    }
    let mut found = lint.found;
    let unread: Vec<u32> = found
        .iter()
        .filter(|d| d.code == Code::Syntax)
        .map(|d| d.span().start)
        .collect();
    // Of what does not parse nothing is to be warned.
    let holds = |label: &Label| {
        unread
            .iter()
            .any(|at| (label.span.start..=label.span.end).contains(at))
    };
    found.retain(|d| d.severity > Severity::Warning || !d.labels.iter().any(holds));
    let comments = comments::Comments::read(text, &tokens);
    found.retain(|d| d.severity > Severity::Warning || !comments.disable(d));
    comments.unknown(&mut found);
    found.sort_by_key(|d| d.span().start);
    found
}

/// Of which types the expressions at each place are.
fn types(plan: &QueryPlan) -> HashMap<Span, Type> {
    let mut types: HashMap<Span, Type> = HashMap::new();
    for part in plan
        .shared
        .iter()
        .chain(plan.results.iter().map(|o| &o.plan))
    {
        part.visit(&mut |plan| {
            for expr in plan.exprs() {
                expr.visit(&mut |e| {
                    let known = types.entry(e.span).or_insert(e.ty);
                    if *known != e.ty {
                        *known = Type::Unknown;
                    }
                });
            }
        });
    }
    types
}

/// A query under the eyes of the rules.
struct Lint<'a> {
    text: &'a str,
    subject: &'a Subject<'a>,
    tokens: &'a [Token],
    /// Whether the query has no mistakes, so that its plan is whole.
    sound: bool,
    /// The rule that is looking.
    rule: &'static Rule,
    /// The names that the query declares.
    variables: HashSet<String>,
    types: OnceCell<HashMap<Span, Type>>,
    /// Expressions that a rule has said all about.
    settled: HashSet<(&'static str, Span)>,
    /// Whether each expression around the one looked at gives it a name.
    around: Vec<bool>,
    found: Vec<Diagnostic>,
}

impl Lint<'_> {
    fn declared(&mut self, node: Node<'_>, step: Step) {
        if let (Node::Statement(statement), Step::Enter) = (node, step)
            && let StatementKind::Let { name, .. } = &statement.kind
        {
            self.variables.insert(name.text.to_string());
        }
    }

    fn node(&mut self, node: Node<'_>, step: Step) {
        match (node, step) {
            (Node::Expr(expr), Step::Enter) => {
                for rule in RULES {
                    if let Look::Expr(look) = rule.look {
                        self.rule = rule;
                        look(self, expr);
                    }
                }
                let names = matches!(expr.kind, crate::syntax::ast::ExprKind::Named { .. });
                self.around.push(names);
            }
            (Node::Expr(_), Step::Leave) => {
                self.around.pop();
            }
            (Node::Operators(source, operators), Step::Enter) => {
                for rule in RULES {
                    if let Look::Operators(look) = rule.look {
                        self.rule = rule;
                        look(self, source, operators);
                    }
                }
            }
            _ => {}
        }
    }

    /// The query's text at a place.
    fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The query's text at a place, on one line and not long.
    fn brief(&self, span: Span) -> String {
        let words: Vec<&str> = self.slice(span).split_whitespace().collect();
        beginning(&words.join(" "), BRIEF).into_owned()
    }

    /// Whether the value at a place is known to be a string.
    fn is_string(&self, span: Span) -> bool {
        let types = self.types.get_or_init(|| types(self.subject.plan));
        types.get(&span) == Some(&Type::String)
    }

    /// Whether a word is anywhere in the query.
    fn names_word(&self, word: &str) -> bool {
        let is = |token: &Token| token.kind == TokenKind::Word && self.slice(token.span) == word;
        self.tokens.iter().any(is)
    }

    /// Whether the query's comments stand within a place.
    fn has_comment(&self, span: Span) -> bool {
        self.tokens.iter().any(|token| {
            let inside = token.trivia.start >= span.start && token.trivia.end <= span.end;
            inside && self.slice(token.trivia).contains("//")
        })
    }

    /// Says what the rule that is looking found.
    fn say(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// What the rule that is looking found at a place.
    fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::of_rule(self.rule.name, span, message)
    }

    /// Notes that all has been said about an expression; whether that is news.
    fn settle(&mut self, span: Span) -> bool {
        self.settled.insert((self.rule.name, span))
    }

    /// Whether the old name of a builtin was reported here.
    fn deprecated_at(&mut self, span: Span) -> Option<&mut Diagnostic> {
        let old = |d: &&mut Diagnostic| d.code == Code::Deprecated && d.span() == span;
        self.found.iter_mut().find(old)
    }
}
