//! `where`: keeps the rows that meet a condition.

use super::prelude::*;
use crate::syntax::ast::{Expr, OperatorParameter};

/// What users read about `where`.
pub const INFO: Info = Info {
    keywords: &["where", "filter"],
    place: Place::Piped,
    summary: "Keeps the rows for which a condition is true.",
    syntax: "T | where condition",
    examples: &[("range n from 1 to 5 step 1\n| where n > 3", "n\n4\n5"), ("datatable (command: string) ['powershell -enc', 'notepad']\n\
             | where command has 'powershell'", "command\npowershell -enc")],
};
use crate::bind::{Binder, Relation};
use crate::plan::{self, JoinKind, Node, Plan};
use crate::source::Span;

/// `where a == 1 and b has 'x'`
#[derive(Clone, Debug, PartialEq)]
pub struct Where {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The condition.
    pub predicate: Expr,
}

/// `where a == 1`
pub fn r#where(i: Tokens<'_>) -> Parsed<'_, Where> {
    let (i, parameters) = hints(after(i, &INFO))?;
    let (i, predicate) = unnamed_expression(i)?;
    let node = Where {
        parameters,
        predicate,
    };
    Ok((i, node))
}

impl Print for Where {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.optional(" ", Some(&self.predicate));
    }
}

impl super::Bind for Where {
    fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, _: Span) -> Relation {
        let input = binder.piped(input);
        let (predicate, windowed) =
            binder.over_rows(&input, |b| b.predicate(&self.predicate, "the condition"));
        if input.plan.schema.open && input.plan.schema.is_empty() {
            return input;
        }
        if !windowed {
            return input.then(|plan| below_innerunique(plan, predicate));
        }
        // The condition looks at neighbouring rows: it is computed over all rows first, as a column.
        let span = predicate.span;
        let kept = input.plan.columns(span);
        let mut columns = kept.clone();
        columns.push(("$condition".into(), predicate));
        let condition = plan::Expr::column(kept.len(), crate::types::Type::Bool, span);
        input.then(|plan| {
            let all = Plan::window(plan, columns);
            Plan::project_of_all(Plan::filter(all, condition), kept)
        })
    }
}

/// The rows that meet a condition. Which left row of a key an innerunique join keeps is the engine's choice, and
/// Kusto filters first (measured): what a condition says of the left side is asked before the join.
fn below_innerunique(mut plan: Plan, predicate: plan::Expr) -> Plan {
    let Node::Join {
        left,
        kind: JoinKind::InnerUnique,
        ..
    } = &mut plan.node
    else {
        return Plan::filter(plan, predicate);
    };
    let width = left.schema.len();
    let of_left = |term: &plan::Expr| {
        let (mut columns, mut left) = (0, true);
        term.visit(&mut |e| {
            if let plan::ExprKind::Column(index) = e.kind {
                columns += 1;
                left &= index < width;
            }
        });
        columns > 0 && left
    };
    let terms = match predicate.kind {
        plan::ExprKind::Logic { and: true, terms } => terms,
        _ => vec![predicate],
    };
    let (below, above): (Vec<_>, Vec<_>) = terms.into_iter().partition(of_left);
    for term in below {
        let input = std::mem::replace(&mut **left, Plan::one_row());
        **left = Plan::filter(input, term);
    }
    above.into_iter().fold(plan, Plan::filter)
}
