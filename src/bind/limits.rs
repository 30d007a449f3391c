//! How large a query may become while it is bound: what its functions and variables unfold into, and the columns
//! that its operators yield.

use super::Binder;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Expr, Plan};
use crate::source::Span;

/// Parts bound inside functions at most, so that functions that call functions that call functions end.
const MOST_PARTS: usize = 500_000;

/// Nodes of expressions and plans that uses of variables may copy.
const MOST_NODES: usize = 2_000_000;

/// Most columns that all operators of a query yield together.
const MOST_COLUMNS: usize = 4_000_000;

/// What a node of a plan counts for beside the nodes of its expressions: it has a schema, too.
const PLAN_NODE: usize = 8;

/// What a node of a scalar variable counts for: scalars stand in each other, so that they double soonest.
const SCALAR_NODE: usize = 10;

/// What a query has used up of its limits.
#[derive(Debug, Default)]
pub(super) struct Spent {
    parts: usize,
    nodes: usize,
    columns: usize,
}

/// The nodes of an expression.
fn size_of_expr(expr: &Expr) -> usize {
    let mut nodes = 0;
    expr.visit(&mut |_| nodes += 1);
    nodes
}

/// The nodes of a plan and of its expressions.
fn size_of_plan(plan: &Plan) -> usize {
    let mut nodes = 0;
    plan.visit(&mut |p| {
        let exprs = p.exprs().into_iter().map(size_of_expr);
        nodes += PLAN_NODE + exprs.sum::<usize>();
    });
    nodes
}

impl Binder<'_> {
    /// Counts a scalar variable where it is used; `false` as for [`Binder::unfold`].
    pub(super) fn unfold_scalar(&mut self, expr: &Expr, span: Span) -> bool {
        self.unfold(SCALAR_NODE * size_of_expr(expr), span)
    }

    /// Counts a variable's table where it is used; `false` as for [`Binder::unfold`].
    pub(super) fn unfold_table(&mut self, plan: &Plan, span: Span) -> bool {
        self.unfold(size_of_plan(plan), span)
    }

    /// Counts a part; `false` when the query has too many, which has then been said.
    pub(crate) fn part(&mut self, span: Span) -> bool {
        if self.calls.is_empty() {
            return true;
        }
        self.spent.parts += 1;
        if self.spent.parts == MOST_PARTS {
            let message = "the query's functions unfold into too many parts";
            self.say(
                Diagnostic::new(Code::TooComplex, span, message)
                    .help("materialize(…) what a function yields instead of calling it again"),
            );
        }
        self.spent.parts < MOST_PARTS
    }

    /// Counts the columns that an operator yields; `false` when those of all operators are too many, which has then
    /// been said: a query that adds column after column needs memory that grows with its length's square.
    pub(super) fn widen(&mut self, columns: usize, span: Span) -> bool {
        let before = self.spent.columns;
        self.spent.columns += columns;
        if before <= MOST_COLUMNS && self.spent.columns > MOST_COLUMNS {
            let message = "the query's operators yield too many columns, all together";
            self.say(
                Diagnostic::new(Code::TooComplex, span, message)
                    .help("several columns can be added in one `extend`, and `project` leaves out those no longer used"),
            );
        }
        self.spent.columns <= MOST_COLUMNS
    }

    /// Counts what a variable stands for where it is used; `false` when all uses together are too much,
    /// which has then been said. Variables that use earlier ones twice each would double without end.
    fn unfold(&mut self, nodes: usize, span: Span) -> bool {
        let before = self.spent.nodes;
        self.spent.nodes += nodes;
        if before <= MOST_NODES && self.spent.nodes > MOST_NODES {
            self.say(
                Diagnostic::new(
                    Code::TooComplex,
                    span,
                    "the query's variables unfold into too many parts",
                )
                .help("materialize(…) a table, and toscalar(…) a value, that is used many times"),
            );
        }
        self.spent.nodes <= MOST_NODES
    }
}
