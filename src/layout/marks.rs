//! What the tree tells of the words: which signs are operators, which brackets belong to the word before them.

use std::collections::{HashMap, HashSet};

use crate::functions;
use crate::operators::Operator;
use crate::plan::Role;
use crate::syntax::ast::{ExprKind, Query};
use crate::syntax::print::{Node, Step, walk};

/// Places in the text, as byte offsets.
#[derive(Default)]
pub(super) struct Marks {
    /// Where infix operators start.
    pub infix: HashSet<usize>,
    /// Where signs of one operand start.
    pub signs: HashSet<usize>,
    /// Where what a bracket touches ends: names of calls, values that are indexed, keywords with columns.
    pub tight: HashSet<usize>,
    /// Where names of parameters end, whose `=` has no spaces.
    pub parameters: HashSet<usize>,
    /// Where values of parameters end, which no bracket touches.
    pub values: HashSet<usize>,
    /// Words of several pieces, from their start to their end.
    pub whole: HashMap<usize, usize>,
    /// Operators: where their head ends, keyword and parameters.
    pub heads: HashMap<usize, usize>,
    /// Where operators start that are a keyword and a list.
    pub lists: HashSet<usize>,
    /// Where the names of calls end whose arguments come in pairs.
    pub pairs: HashSet<usize>,
    /// Where the values of tables start, and how many make a row.
    pub rows: HashMap<usize, usize>,
}

impl Marks {
    pub(super) fn of(query: &Query) -> Marks {
        let mut marks = Marks::default();
        // The operators around, innermost last, while their parameters are read.
        let mut around: Vec<usize> = Vec::new();
        walk(query, &mut |node, step| match (node, step) {
            (Node::Expr(expr), Step::Enter) => marks.expr(&expr.kind, expr.span.range().start),
            (Node::Parameter(parameter), Step::Enter) => {
                marks.parameters.insert(parameter.name.span.range().end);
                let name = parameter.name.span.range();
                marks.whole.insert(name.start, name.end);
                marks.values.insert(parameter.value.span.range().end);
                if let Some(head) = around.last().and_then(|start| marks.heads.get_mut(start)) {
                    *head = (*head).max(parameter.value.span.range().end);
                }
            }
            (Node::Operator(piped), Step::Enter) => {
                let start = piped.span.range().start;
                let end = start + piped.keyword.len();
                marks.whole.insert(start, end);
                marks.heads.insert(start, end);
                around.push(start);
                if is_list(&piped.operator) {
                    marks.lists.insert(start);
                }
                match &piped.operator {
                    Operator::Datatable(table) => {
                        marks.tight.insert(end);
                        if let Some(first) = table.values.first() {
                            marks
                                .rows
                                .insert(first.span.range().start, table.columns.len());
                        }
                    }
                    Operator::Externaldata(_) => _ = marks.tight.insert(end),
                    Operator::Evaluate(evaluate) => {
                        _ = marks.tight.insert(evaluate.plugin.span.range().end)
                    }
                    _ => {}
                }
            }
            (Node::Operator(_), Step::Leave) => _ = around.pop(),
            _ => {}
        });
        marks
    }

    fn expr(&mut self, expr: &ExprKind, start: usize) {
        match expr {
            ExprKind::Binary { op_span, .. } | ExprKind::List { op_span, .. } => {
                self.infix.insert(op_span.range().start);
            }
            ExprKind::Unary { .. } => _ = self.signs.insert(start),
            ExprKind::Call { name, .. } => {
                let end = name.span.range().end;
                self.tight.insert(end);
                if functions::scalar(&name.text).is_some_and(|e| e.function.role == Role::Case) {
                    self.pairs.insert(end);
                }
            }
            ExprKind::Index { base, .. } => _ = self.tight.insert(base.span.range().end),
            ExprKind::Wildcard(name) => {
                let range = name.span.range();
                self.whole.insert(range.start, range.end);
            }
            ExprKind::TypeOf(_) => _ = self.tight.insert(start + "typeof".len()),
            _ => {}
        }
    }

    /// The places inside words of several pieces, where nothing may come between.
    pub(super) fn inside(&self) -> HashSet<usize> {
        self.whole
            .iter()
            .flat_map(|(start, end)| start + 1..*end)
            .collect()
    }
}

/// Whether an operator is a keyword and a list, perhaps with another list after `by`.
fn is_list(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Distinct(_)
            | Operator::Extend(_)
            | Operator::MakeSeries(_)
            | Operator::MvExpand(_)
            | Operator::Print(_)
            | Operator::Project(_)
            | Operator::ProjectAway(_)
            | Operator::ProjectKeep(_)
            | Operator::ProjectRename(_)
            | Operator::ProjectReorder(_)
            | Operator::Serialize(_)
            | Operator::Sort(_)
            | Operator::Summarize(_)
            | Operator::TopNested(_)
            | Operator::Union(_)
    )
}
