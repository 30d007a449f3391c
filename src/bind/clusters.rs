//! Binds the plugins that search patterns of values: `autocluster`, `diffpatterns`, `diffpatterns_text`; and what they
//! have in common with `basket`.

use std::slice::Iter;
use std::sync::Arc;

use crate::bind::{Binder, Called, Relation, overload};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::whole::{Patterns, Search, Words};
use crate::plan::{Expr, Operation, Plan};
use crate::syntax::ast;
use crate::types::{Column, Schema, Type, Value};

/// The share that patterns have at least, or by which theirs differ, unless another is written.
pub(super) const THRESHOLD: f64 = 0.05;

/// The least share that can be asked for.
const LEAST_THRESHOLD: f64 = 0.015;

/// How much the number of rows counts, and how many rows a search starts from, unless it is told.
const CLUSTER: (f64, usize) = (0.5, 25);

/// Rows that a search starts from at most.
const MOST_SEEDS: usize = 1000;

/// Words of a pattern at most, and told at least, unless it is told.
const WORDS: (usize, usize) = (20, 1);

/// Words that must be told at most.
const MOST_TOLD: usize = 200;

/// The arguments one after the other; `'~'` stands for what is taken without an argument.
pub(super) struct Given<'c>(Iter<'c, ast::Argument>);

impl<'c> Given<'c> {
    pub(super) fn new(call: &'c Called<'_>) -> Given<'c> {
        Given(call.arguments.iter())
    }

    /// The next argument; nothing if there is none or it is `'~'`.
    pub(super) fn next(&mut self) -> Option<&'c ast::Expr> {
        self.0.next().map(|a| &a.value).filter(|e| !is_default(e))
    }

    fn rest(self) -> impl Iterator<Item = &'c ast::Expr> {
        self.0.map(|a| &a.value).filter(|e| !is_default(e))
    }
}

fn is_default(e: &ast::Expr) -> bool {
    matches!(&e.kind, ast::ExprKind::Literal(literal) if literal.value.as_str() == Some("~"))
}

/// The rows that are searched: the input's columns, and what stands behind them.
pub(super) struct Rows {
    pub(super) schema: Schema,
    columns: Vec<(Arc<str>, Expr)>,
    weight: Option<usize>,
}

impl Rows {
    pub(super) fn new(input: &Relation, call: &Called<'_>) -> Rows {
        Rows {
            schema: input.plan.schema.clone(),
            columns: input.plan.columns(call.span),
            weight: None,
        }
    }
}

impl Binder<'_> {
    /// Few patterns that say much of many rows.
    pub(crate) fn clustered(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        self.cluster(input, call)
            .unwrap_or_else(|| self.broken_table())
    }

    fn cluster(&mut self, input: Relation, call: &Called<'_>) -> Option<Relation> {
        let mut given = Given::new(call);
        let (size, weight, seeds) = (given.next(), given.next(), given.next());
        let size = match size {
            None => CLUSTER.0,
            Some(e) => self.real_in(e, (0.0, 1.0), "the weight of the size")?,
        };
        let mut rows = Rows::new(&input, call);
        self.weights(&mut rows, weight)?;
        let seeds = match seeds {
            None => CLUSTER.1,
            Some(e) => self.whole_in(e, (1, MOST_SEEDS), "the number of seeds")?,
        };
        let wildcards = self.wildcards(&rows.schema, given)?;
        self.not_published("autocluster", call);
        self.patterns(
            input,
            rows,
            Search::Telling { size, seeds },
            wildcards,
            call,
        )
    }

    /// Patterns whose shares in two sets of rows differ.
    pub(crate) fn diffpatterns(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        self.differing(input, call)
            .unwrap_or_else(|| self.broken_table())
    }

    fn differing(&mut self, input: Relation, call: &Called<'_>) -> Option<Relation> {
        let mut given = Given::new(call);
        let first = (given.next(), given.next(), given.next());
        let (Some(split), Some(a), Some(b)) = first else {
            let message = "`diffpatterns` needs a column and two of its values";
            self.error(Code::ArgumentCount, call.span, message);
            return None;
        };
        let (weight, threshold, dimensions) = (given.next(), given.next(), given.next());
        let mut rows = Rows::new(&input, call);
        let index = *self.matching_one(&rows.schema, split).first()?;
        self.weights(&mut rows, weight)?;
        let threshold = self.threshold(threshold, THRESHOLD)?;
        let dimensions = self.dimensions(dimensions, usize::MAX)?;
        let wildcards = self.wildcards(&rows.schema, given)?;
        let ty = rows.schema.columns.get(index)?.ty;
        for (name, e) in [("$a", a), ("$b", b)] {
            let value = self.constant(e, "a value of the column")?;
            if value.as_str().is_none() {
                let message = "a value of the column is told by its text";
                self.error(Code::WrongType, e.span, message);
                return None;
            }
            let own = overload::convert(Expr::column(index, ty, split.span), Type::String);
            let value = Expr::literal(value, e.span);
            let equal = self.compare("==", own, value, e.span, e.span);
            rows.columns.push((name.into(), equal));
        }
        self.not_published("diffpatterns", call);
        let search = Search::Differing {
            split: index,
            threshold,
            dimensions,
        };
        self.patterns(input, rows, search, wildcards, call)
    }

    /// Patterns of words whose shares among the rows with and without a condition differ.
    pub(crate) fn diffpatterns_text(&mut self, input: Relation, call: &Called<'_>) -> Relation {
        self.differing_words(input, call)
            .unwrap_or_else(|| self.broken_table())
    }

    fn differing_words(&mut self, input: Relation, call: &Called<'_>) -> Option<Relation> {
        let mut given = Given::new(call);
        let (Some(text), Some(condition)) = (given.next(), given.next()) else {
            let message = "`diffpatterns_text` needs a text and a condition";
            self.error(Code::ArgumentCount, call.span, message);
            return None;
        };
        let ((text_value, condition), windowed) = self.over_rows(&input, |b| {
            (b.scalar(text), b.predicate(condition, "the condition"))
        });
        if text_value.ty != Type::String || condition.ty != Type::Bool || windowed {
            if !matches!(text_value.ty, Type::String | Type::Unknown) {
                let message = format!("texts are searched, and this is {}", text_value.ty);
                self.error(Code::WrongType, text.span, message);
            } else if windowed {
                let message = "functions of neighbouring rows cannot stand here; extend the rows with them first";
                self.unsupported(call.span, message);
            }
            return None;
        }
        let (least, threshold, most) = (given.next(), given.next(), given.next());
        let least = match least {
            None => WORDS.1,
            Some(e) => self.whole_in(e, (0, MOST_TOLD), "the number of words")?,
        };
        let threshold = self.threshold(threshold, THRESHOLD)?;
        let most = match most {
            None => WORDS.0,
            Some(e) => self.whole_in(e, (0, WORDS.0), "the number of words")?,
        };
        self.not_published("diffpatterns_text", call);
        self.no_schema(call, "diffpatterns_text")?;
        let columns = vec![("$text".into(), text_value), ("$with".into(), condition)];
        let schema = Schema::of(&[
            ("Count_of_True", Type::Long),
            ("Count_of_False", Type::Long),
            ("Percent_of_True", Type::Real),
            ("Percent_of_False", Type::Real),
            ("Pattern", Type::String),
        ]);
        let operation = Operation::Words(Words {
            least,
            most,
            threshold,
        });
        let rows = Plan::project(input.plan, columns);
        Some(Relation::new(Plan::whole(vec![rows], operation, schema)))
    }

    fn not_published(&mut self, name: &str, call: &Called<'_>) {
        let message = format!("the patterns that Kusto finds by `{name}` may differ");
        self.say(
            Diagnostic::new(Code::Approximate, call.span, message).help(format!(
                "`kql doc {name}` says how they are found here; Kusto's own way is not published"
            )),
        );
    }

    fn no_schema(&mut self, call: &Called<'_>, name: &str) -> Option<()> {
        if call.schema.is_some() {
            let message = format!("`{name}` with a schema clause cannot run yet");
            self.unsupported(call.span, message);
            return None;
        }
        Some(())
    }

    fn real_in(&mut self, e: &ast::Expr, (low, high): (f64, f64), what: &str) -> Option<f64> {
        let value = self.constant(e, what)?.as_f64();
        let value = value.filter(|v| (low..=high).contains(v));
        if value.is_none() {
            let message = format!("{what} is a number from {low} to {high}");
            self.error(Code::ArgumentValue, e.span, message);
        }
        value
    }

    fn whole_in(
        &mut self,
        e: &ast::Expr,
        (low, high): (usize, usize),
        what: &str,
    ) -> Option<usize> {
        let value = self.constant(e, what)?.as_i64();
        let value = value.and_then(|n| usize::try_from(n).ok());
        let value = value.filter(|n| (low..=high).contains(n));
        if value.is_none() {
            let message = format!("{what} is a whole number from {low} to {high}");
            self.error(Code::ArgumentValue, e.span, message);
        }
        value
    }

    pub(super) fn threshold(&mut self, e: Option<&ast::Expr>, usual: f64) -> Option<f64> {
        match e {
            None => Some(usual),
            Some(e) => self.real_in(e, (LEAST_THRESHOLD, 1.0), "the threshold"),
        }
    }

    pub(super) fn dimensions(&mut self, e: Option<&ast::Expr>, usual: usize) -> Option<usize> {
        let Some(e) = e else {
            return Some(usual);
        };
        match self.constant(e, "the number of dimensions")?.as_i64() {
            Some(n) if n > 0 => Some(usize::try_from(n).unwrap_or(usize::MAX)),
            _ => {
                let message = "the number of dimensions is a whole number greater than zero";
                self.error(Code::ArgumentValue, e.span, message);
                None
            }
        }
    }

    /// What stands for any value of each column.
    pub(super) fn wildcards(&mut self, schema: &Schema, given: Given<'_>) -> Option<Vec<Value>> {
        let mut wildcards: Vec<Value> = schema.columns.iter().map(|c| nothing(c.ty)).collect();
        for e in given.rest() {
            let value = self.constant(e, "a wildcard")?;
            for (wildcard, column) in wildcards.iter_mut().zip(&schema.columns) {
                if column.ty == value.ty() {
                    *wildcard = value.clone();
                }
            }
        }
        Some(wildcards)
    }

    /// Puts the column of weights behind the others, a `long`.
    pub(super) fn weights(&mut self, rows: &mut Rows, e: Option<&ast::Expr>) -> Option<()> {
        let Some(e) = e else {
            return Some(());
        };
        let index = *self.matching_one(&rows.schema, e).first()?;
        let column = rows.schema.columns.get(index)?;
        if !column.ty.is_integer() {
            let message = format!("weights that are {} cannot be counted yet", column.ty);
            self.unsupported(e.span, message);
            return None;
        }
        let value = Expr::column(index, column.ty, e.span);
        let value = overload::convert(value, Type::Long);
        rows.columns.push(("$weight".into(), value));
        rows.weight = Some(index);
        Some(())
    }

    /// The table of the patterns that are searched.
    pub(super) fn patterns(
        &mut self,
        input: Relation,
        rows: Rows,
        search: Search,
        wildcards: Vec<Value>,
        call: &Called<'_>,
    ) -> Option<Relation> {
        let (split, counts): (Option<usize>, &[(&str, Type)]) = match &search {
            Search::Frequent { .. } | Search::Telling { .. } => {
                (None, &[("Count", Type::Long), ("Percent", Type::Real)])
            }
            Search::Differing { split, .. } => (
                Some(*split),
                &[
                    ("CountA", Type::Long),
                    ("CountB", Type::Long),
                    ("PercentA", Type::Real),
                    ("PercentB", Type::Real),
                    ("PercentDiffAB", Type::Real),
                ],
            ),
        };
        let mut output = vec![Column::new("SegmentId", Type::Long)];
        output.extend(counts.iter().map(|(name, ty)| Column::new(*name, *ty)));
        for (index, column) in rows.schema.columns.iter().enumerate() {
            if split == Some(index) {
                continue;
            }
            if output.iter().any(|c| c.name == column.name) {
                let message = format!("two columns would be called `{}`", column.name);
                self.error(Code::DuplicateColumn, call.span, message);
                return None;
            }
            output.push(column.clone());
        }
        let operation = Operation::Patterns(Patterns {
            search,
            weight: rows.weight,
            wildcards,
        });
        self.no_schema(call, operation.name())?;
        let rows = Plan::project(input.plan, rows.columns);
        let patterns = Plan::whole(vec![rows], operation, Schema::new(output));
        Some(Relation::new(patterns))
    }
}

/// What stands for any value of a type.
fn nothing(ty: Type) -> Value {
    match ty {
        Type::String => Value::string(""),
        ty => Value::Null(ty),
    }
}
