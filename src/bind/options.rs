//! Binds `set`: request properties. Most of them change how the service works; those that change an answer either do
//! so here, or are refused.

use crate::bind::{Binder, parameter_text};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Output, Plan};
use crate::syntax::ast;
use crate::types::Value;

/// The property that bounds the rows of each result.
const MOST_ROWS: &str = "query_take_max_records";

/// Properties that change answers and have no effect here: why, and what to write instead.
static REFUSED: &[(&str, &str, &str)] = &[
    ("query_datetimescope_column", UNPUBLISHED_SCOPE, FILTER),
    ("query_datetimescope_from", UNPUBLISHED_SCOPE, FILTER),
    ("query_datetimescope_to", UNPUBLISHED_SCOPE, FILTER),
    (
        "query_cursor_scoped_tables",
        "tables here have no cursor, which tells when rows were ingested",
        FILTER,
    ),
    (
        "query_results_apply_getschema",
        "results are given as they are",
        "end the query with `| getschema`",
    ),
];

const UNPUBLISHED_SCOPE: &str =
    "to which tables the service applies it, and whether it takes in its ends, is not published";
const FILTER: &str = "filter the tables themselves: | where TimeGenerated between (… .. …)";

impl Binder<'_> {
    /// `set name = value`
    pub(super) fn option(&mut self, name: &ast::Name, value: Option<&ast::Expr>) {
        if let Some(signed) = value.filter(|v| matches!(v.kind, ast::ExprKind::Unary { .. })) {
            let message = "an option is given a literal or a name, without a sign";
            let said = Diagnostic::new(Code::ConstantExpected, signed.span, message);
            self.say(said.kusto_as("KS130"));
        }
        let given = value.and_then(|value| match value.kind {
            // A word stands for itself: `set query_datascope = hotcache`.
            ast::ExprKind::Name(_) => Some(Value::string(parameter_text(value))),
            _ => self.constant(value, "the option's value"),
        });
        if *name.text == *MOST_ROWS
            && let Some(value) = value
            && given.as_ref().is_some_and(|v| rows_of(v).is_none())
        {
            let message = format!("`{MOST_ROWS}` is a number of rows");
            self.error(Code::ArgumentValue, value.span, message);
        }
        let refused = REFUSED
            .iter()
            .find(|(refused, _, _)| **refused == *name.text);
        if let Some((_, reason, help)) = refused
            && given != Some(Value::Bool(false))
        {
            let message = format!("the property `{}` has no effect here: {reason}", name.text);
            self.say(Diagnostic::unsupported(name.span, message).help(*help));
        }
        self.options.push((name.text.to_string(), given));
    }

    /// Bounds the rows of results, as the query's `set` statements so far want it.
    pub(super) fn bound_rows(&self, outputs: Vec<Output>) -> Vec<Output> {
        let mut given = self.options.iter().rev();
        let most = given.find(|(name, _)| name == MOST_ROWS);
        let Some(most) = most.and_then(|(_, value)| rows_of(value.as_ref()?)) else {
            return outputs;
        };
        let bounded = outputs.into_iter().map(|output| Output {
            plan: Plan::take(output.plan, most),
            ..output
        });
        bounded.collect()
    }
}

fn rows_of(value: &Value) -> Option<u64> {
    match value {
        Value::Int(rows) => u64::try_from(*rows).ok(),
        Value::Long(rows) => u64::try_from(*rows).ok(),
        _ => None,
    }
}
