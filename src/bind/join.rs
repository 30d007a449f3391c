//! Binds `join` and `lookup`: conditions, keys, and the names of both sides' columns.

use std::collections::HashSet;
use std::sync::Arc;

use crate::bind::columns::names_in;
use crate::bind::{Binder, Relation, overload};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::{Expr, JoinKind, Node, Plan};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, Infix, Logic};
use crate::types::{Column, Schema, Type};

/// One equality of a join's condition: a column of either side.
struct Pair {
    left: usize,
    right: usize,
    span: Span,
}

impl Binder<'_> {
    /// Joins `left` with a table. `lookup` leaves the right side's key columns out.
    pub(crate) fn joined(
        &mut self,
        left: Relation,
        right: &ast::Expr,
        on: &[ast::Expr],
        kind: JoinKind,
        lookup: bool,
        span: Span,
    ) -> Relation {
        let right = self.outside(|b| b.table(right));
        let (l, r) = (left.plan.schema.clone(), right.plan.schema.clone());
        let mut pairs = Vec::new();
        let mut ok = true;
        for condition in on {
            ok &= self.condition(condition, &l, &r, &mut pairs);
        }
        if on.is_empty() {
            self.say(
                Diagnostic::new(Code::JoinCondition, span, "a join needs a condition")
                    .kusto_as("KS006")
                    .help("add `on` and the columns that must be equal"),
            );
            ok = false;
        }
        let mut left_keys = Vec::new();
        let mut right_keys = Vec::new();
        for pair in &pairs {
            match self.key_pair(pair, &l, &r) {
                Some((a, b)) => {
                    left_keys.push(a);
                    right_keys.push(b);
                }
                None => ok = false,
            }
        }
        if !ok || l.open && l.is_empty() || r.open && r.is_empty() {
            return self.broken_join(&l, &r);
        }
        let schema = match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => l.clone(),
            JoinKind::RightSemi | JoinKind::RightAnti => r.clone(),
            _ => both(&l, &r, &HashSet::new()),
        };
        let plan = Plan {
            node: Node::Join {
                left: Box::new(left.plan),
                right: Box::new(right.plan),
                kind,
                left_keys,
                right_keys,
            },
            schema,
        };
        if !lookup {
            return Relation::new(plan);
        }
        let dropped: HashSet<usize> = pairs.iter().map(|p| p.right).collect();
        let named = both(&l, &r, &dropped);
        let kept = (0..l.len()).chain(
            (0..r.len())
                .filter(|i| !dropped.contains(i))
                .map(|i| l.len() + i),
        );
        let columns: Vec<(Arc<str>, Expr)> = kept
            .zip(&named.columns)
            .map(|(i, c)| (c.name.clone(), Expr::column(i, c.ty, span)))
            .collect();
        let mut looked_up = Relation::new(Plan::project(plan, columns));
        looked_up.plan.schema.open = l.open || r.open;
        looked_up
    }

    fn broken_join(&self, left: &Schema, right: &Schema) -> Relation {
        let mut relation = self.broken_table();
        relation.plan.schema = both(left, right, &HashSet::new());
        relation.plan.schema.open = true;
        relation
    }

    /// Reads a condition into pairs of columns; `false` when it is in error, which has been said.
    fn condition(
        &mut self,
        e: &ast::Expr,
        left: &Schema,
        right: &Schema,
        pairs: &mut Vec<Pair>,
    ) -> bool {
        match &e.kind {
            ExprKind::Error => false,
            ExprKind::Paren(inner) => self.condition(inner, left, right, pairs),
            ExprKind::Chain {
                op: Logic::And,
                terms,
            } => {
                let mut ok = true;
                for term in terms {
                    ok &= self.condition(term, left, right, pairs);
                }
                ok
            }
            ExprKind::Name(name) => {
                let found = (left.index(&name.text), right.index(&name.text));
                if let (Some(l), Some(r)) = found {
                    let (a, b) = (left.columns[l].ty, right.columns[r].ty);
                    if a != b && a.is_integer() && b.is_integer() {
                        self.common_column(name, a, b);
                        return false;
                    }
                    pairs.push(Pair {
                        left: l,
                        right: r,
                        span: name.span,
                    });
                    return true;
                }
                self.missing(name, left, right, found.0.is_some(), found.1.is_some());
                false
            }
            ExprKind::Binary {
                op: Infix::Equal,
                left: a,
                right: b,
                ..
            } => self.equality(a, b, left, right, pairs, e.span),
            _ => {
                self.say(
                    Diagnostic::new(
                        Code::JoinCondition,
                        e.span,
                        "a join condition is a column's name or $left.a == $right.b",
                    )
                    .help("other conditions belong into a `where` after the join"),
                );
                false
            }
        }
    }

    /// A column that both sides have has one type.
    fn common_column(&mut self, name: &ast::Name, a: Type, b: Type) {
        let text = &name.text;
        let message = format!("`{text}` is {a} on the left side of the join, {b} on the right");
        self.say(
            Diagnostic::new(Code::JoinTypes, name.span, message)
                .kusto_as("KS227")
                .help(format!("write $left.{text} == $right.{text}")),
        );
    }

    fn equality(
        &mut self,
        a: &ast::Expr,
        b: &ast::Expr,
        left: &Schema,
        right: &Schema,
        pairs: &mut Vec<Pair>,
        span: Span,
    ) -> bool {
        let (Some((side_a, name_a)), Some((side_b, name_b))) = (sided(a), sided(b)) else {
            // The side that is none, if the other is one.
            let wrong = [a, b].into_iter().filter(|e| sided(e).is_none());
            let (at, kusto) = match wrong.clone().count() {
                1 => (wrong.map(|e| e.span).next().unwrap_or(span), "KS183"),
                _ => (span, "KS182"),
            };
            let message = "both sides of a join's equality are columns: $left.a == $right.b";
            self.say(
                Diagnostic::new(Code::JoinCondition, at, message)
                    .kusto_as(kusto)
                    .help("compute other values with extend before the join"),
            );
            return false;
        };
        let (l, r) = match (side_a, side_b) {
            ("$left", "$right") => (name_a, name_b),
            ("$right", "$left") => {
                self.error(
                    Code::JoinCondition,
                    a.span,
                    "the left side of a join's equality is a column of $left",
                );
                return false;
            }
            _ => {
                let is_side = |side: &str| matches!(side, "$left" | "$right");
                let (at, kusto) = match (is_side(side_a), is_side(side_b)) {
                    (true, false) => (b.span, "KS183"),
                    (false, true) => (a.span, "KS183"),
                    _ => (span, "KS182"),
                };
                let message = "one side of a join's equality must be of $left, the other of $right";
                self.say(Diagnostic::new(Code::JoinCondition, at, message).kusto_as(kusto));
                return false;
            }
        };
        let found = (self.column_index(left, l), self.column_index(right, r));
        if let (Some(left), Some(right)) = found {
            pairs.push(Pair { left, right, span });
            return true;
        }
        false
    }

    fn missing(
        &mut self,
        name: &ast::Name,
        left: &Schema,
        right: &Schema,
        in_left: bool,
        in_right: bool,
    ) {
        if (!in_left && left.open) || (!in_right && right.open) {
            return;
        }
        let (side, schema) = match (in_left, in_right) {
            (true, _) => ("the right side", right),
            (_, true) => ("the left side", left),
            _ => ("either side", left),
        };
        let mut diagnostic = Diagnostic::new(
            Code::UnknownName,
            name.span,
            format!("`{}` is no column of {side} of the join", name.text),
        )
        .kusto_as(if in_left || in_right {
            "KS145"
        } else {
            "KS142"
        });
        if let Some(near) = nearest(&name.text, schema.columns.iter().map(|c| &*c.name)) {
            diagnostic = diagnostic.help(format!(
                "did you mean `{near}`? Columns of other names: on $left.a == $right.b"
            ));
        }
        self.say(diagnostic);
    }

    /// The two key expressions of a pair, in one type.
    fn key_pair(&mut self, pair: &Pair, left: &Schema, right: &Schema) -> Option<(Expr, Expr)> {
        let (a, b) = (left.columns[pair.left].ty, right.columns[pair.right].ty);
        if a == Type::Unknown || b == Type::Unknown {
            return None;
        }
        if a == Type::Dynamic || b == Type::Dynamic {
            self.say(
                Diagnostic::new(
                    Code::DynamicKey,
                    pair.span,
                    "dynamic values cannot be joined on as they are",
                )
                .help("convert them with extend before the join, for example with tostring(…)"),
            );
            return None;
        }
        let together = if a == b {
            Some(a)
        } else if a.is_integer() && b.is_integer() {
            Some(Type::Long)
        } else {
            None
        };
        let Some(ty) = together else {
            self.say(
                Diagnostic::new(
                    Code::JoinTypes,
                    pair.span,
                    format!("the join compares columns of different types: {a} and {b}"),
                )
                .help("convert one of them with extend before the join"),
            );
            return None;
        };
        let key = |index, own| overload::convert(Expr::column(index, own, pair.span), ty);
        Some((key(pair.left, a), key(pair.right, b)))
    }
}

/// `$left.a` as its side and column.
fn sided(e: &ast::Expr) -> Option<(&str, &ast::Name)> {
    match &e.kind {
        ExprKind::Paren(inner) => sided(inner),
        ExprKind::Path { base, member } => match (&base.kind, &member.kind) {
            (ExprKind::Name(side), ExprKind::Name(column)) => Some((&side.text, column)),
            _ => None,
        },
        ExprKind::Index { base, index } => match (&base.kind, &index.kind) {
            (ExprKind::Name(side), ExprKind::Name(column)) => Some((&side.text, column)),
            _ => None,
        },
        _ => None,
    }
}

/// The left columns, then the right ones but `dropped`; a right name that is taken gets the first
/// free suffix `1, 2, …`.
pub(super) fn both(left: &Schema, right: &Schema, dropped: &HashSet<usize>) -> Schema {
    let mut taken = names_in(left);
    // A suffixed name must not meet a later column's own name either.
    let rights = names_in(right);
    let mut columns = left.columns.clone();
    for (i, column) in right.columns.iter().enumerate() {
        if dropped.contains(&i) {
            continue;
        }
        let mut name = column.name.clone();
        if taken.contains(&name) {
            name = (1..)
                .map(|n| Arc::from(format!("{}{n}", column.name)))
                .find(|n| !taken.contains(n) && !rights.contains(n))
                .unwrap_or(name);
        }
        taken.insert(name.clone());
        columns.push(Column::new(name, column.ty));
    }
    Schema {
        columns,
        open: left.open || right.open,
    }
}
