//! `partition`: runs a subquery per value of a column.

use super::Operator;
use super::prelude::*;
use crate::bind::{Binder, MOST_LEGACY, Relation, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, OperatorParameter, Piped};

/// What users read about `partition`.
pub const INFO: Info = Info {
    keywords: &["partition"],
    place: Place::Piped,
    summary: "Runs a subquery for each value of a column and unites the results.",
    syntax: "T | partition [hint.strategy=...] by column (operators) | { query }",
    examples: &[("datatable (user: string, n: long) ['ann', 1, 'ann', 7, 'bob', 3]\n\
             | partition by user (top 1 by n)\n\
             | sort by user asc", "user | n\nann | 7\nbob | 3")],
};

/// `partition hint.strategy=native by a (top 1 by b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The column.
    pub column: Expr,
    /// `in (…)`: the values, a call or a dynamic literal.
    pub within: Option<Expr>,
    /// The subquery.
    pub body: PartitionBody,
}

/// The subquery of `partition`.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `(top 1 by b | project b)`: done to the rows of each value
    Operators(Vec<Piped>),
    /// `{ T | where a == toscalar(a) }`: a whole query that refers to the column's value
    Query(Expr),
}

/// `partition by a (top 1 by b)`, `partition by a { T | where b == toscalar(a) }`
pub fn partition(i: Tokens<'_>) -> Parsed<'_, Partition> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, _) = keyword("by")(i)?;
    let (i, column) = column_path(i)?;
    let (i, limited) = optional_keyword(i, "in");
    let (i, within) = if limited {
        let literals = matches!(
            i.kind(0),
            TokenKind::Literal(_) | TokenKind::String(_) | TokenKind::Now | TokenKind::Today(_)
        );
        let (i, within) = if literals { literal(i)? } else { name_or_call(i)? };
        (i, Some(within))
    } else {
        (i, None)
    };
    let (i, body) = partition_body(i)?;
    let node = Partition {
        parameters,
        column,
        within,
        body,
    };
    Ok((i, node))
}

/// `(top 1 by b)`, `{ T | where b == toscalar(a) }`
pub fn partition_body(i: Tokens<'_>) -> Parsed<'_, PartitionBody> {
    if i.is_symbol(0, "{") {
        let (i, query) = between(i, "{", expression, "}")?;
        return Ok((i, PartitionBody::Query(query)));
    }
    i.expect("`{`");
    let (i, operators) = subpipeline(i)?;
    Ok((i, PartitionBody::Operators(operators)))
}

impl Print for Partition {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" by ");
        p.expr(&self.column);
        p.optional(" in ", self.within.as_ref());
        p.push(" ");
        match &self.body {
            PartitionBody::Operators(operators) => p.subpipeline(operators),
            PartitionBody::Query(query) => {
                p.push("{ ");
                p.indented(|p| p.expr(query));
                p.push(" }");
            }
        }
    }
}

impl super::Bind for Partition {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        binder.hints(&self.parameters, &[]);
        binder.hint_word(&self.parameters, STRATEGY, &["native", "shuffle", "legacy"]);
        if let Some(within) = &self.within {
            // For its own mistakes.
            binder.over_rows(&input, |b| b.scalar(&self.column));
            binder.say(
                Diagnostic::unsupported(within.span, "what `in` means in `partition` is not published")
                    .help("keep the values wanted before it: where Column in (…) | partition by Column"),
            );
            return binder.broken_table();
        }
        let strategy = OperatorParameter::find(&self.parameters, STRATEGY);
        let strategy = strategy.map(|p| parameter_text(&p.value).to_ascii_lowercase());
        let strategy = strategy.filter(|s| s != "legacy");
        match &self.body {
            PartitionBody::Operators(operators) => {
                if let Some(strategy) = &strategy {
                    alone(binder, strategy, operators);
                }
                let most = strategy.is_none().then_some(MOST_LEGACY);
                binder.partitioned(input, &self.column, operators, most)
            }
            PartitionBody::Query(query) => {
                if let Some(strategy) = strategy {
                    let message = format!("the strategy `{strategy}` takes no query with a source of its own");
                    let said = Diagnostic::new(Code::ArgumentValue, query.span, message);
                    binder.say(said.help("write hint.strategy=legacy, or leave it out"));
                }
                binder.partitioned_query(input, &self.column, query)
            }
        }
    }
}

/// The hint that says how partitions are run.
const STRATEGY: &str = "hint.strategy";

/// Says which operators read another table than the rows of a part: strategies other than the legacy one take none.
fn alone(binder: &mut Binder<'_>, strategy: &str, operators: &[Piped]) {
    for piped in operators {
        let (Operator::Join(_) | Operator::Lookup(_) | Operator::Union(_) | Operator::Evaluate(_)) = &piped.operator
        else {
            continue;
        };
        let name = piped.operator.info().name();
        let message = format!("the strategy `{strategy}` of `partition` takes no `{name}`");
        let said = Diagnostic::new(Code::ArgumentValue, piped.span, message);
        binder.say(said.help("write hint.strategy=legacy, which takes up to 64 values, or leave it out"));
    }
}
