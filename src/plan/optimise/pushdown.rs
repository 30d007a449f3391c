//! Filters move down, term by term, to where there are fewer columns and more rows to leave out.

use std::collections::BTreeSet;

use super::super::{Expr, ExprKind, JoinKind, Node, Plan};
use super::{columns_of, conjuncts, filtered, is_volatile, take};
use crate::types::Type;

/// Moves the filters of a plan down.
pub fn filters(plan: &mut Plan) {
    if matches!(plan.node, Node::Filter { .. }) {
        let mut terms = Vec::new();
        let input = unfiltered(take(plan), &mut terms);
        *plan = pushed(input, terms);
    }
    // What was moved down is in its place already; filters that stood lower are moved now.
    plan.inputs_mut().into_iter().for_each(filters);
}

/// A plan without the filters at its top; their terms, in the order the rows meet them.
fn unfiltered(plan: Plan, terms: &mut Vec<Expr>) -> Plan {
    match plan.node {
        Node::Filter { input, predicate } => {
            let input = unfiltered(*input, terms);
            conjuncts(predicate, terms);
            input
        }
        _ => plan,
    }
}

/// `plan` filtered by `terms`, each as far down as it may go.
fn pushed(mut plan: Plan, terms: Vec<Expr>) -> Plan {
    // A random term stays where it is, and so does what comes after it.
    let fixed = terms.iter().position(is_volatile).unwrap_or(terms.len());
    let mut stay = Vec::new();
    let mut down: Vec<Vec<Expr>> = Vec::new();
    for (i, term) in terms.into_iter().enumerate() {
        match if i < fixed {
            routes(&plan, &term)
        } else {
            Vec::new()
        } {
            routes if routes.is_empty() => stay.push(term),
            routes => {
                down.resize(down.len().max(routes.len()), Vec::new());
                for (terms, term) in down.iter_mut().zip(routes) {
                    terms.extend(term);
                }
            }
        }
    }
    if !down.is_empty() {
        let mut down = down.into_iter();
        for input in plan.inputs_mut() {
            let mut terms = Vec::new();
            let bare = unfiltered(take(input), &mut terms);
            terms.extend(down.next().unwrap_or_default());
            *input = pushed(bare, terms);
        }
    }
    filtered(plan, stay)
}

/// What becomes of a term in each input of a node; nothing when it has to stay above.
fn routes(plan: &Plan, term: &Expr) -> Vec<Option<Expr>> {
    match &plan.node {
        Node::Project { columns, .. } => substituted(term, columns),
        Node::Expand { keep, .. } | Node::Extract { keep, .. } => through_kept(term, keep),
        Node::Sort { limit: None, .. } => vec![Some(term.clone())],
        Node::Union { inputs } => vec![Some(term.clone()); inputs.len()],
        Node::Summarize { keys, .. } => {
            // Groups of reals join what a function could still tell apart: 0.0 and -0.0.
            let exact = keys.iter().all(|k| k.ty != Type::Real);
            match exact && !keys.is_empty() {
                true => substituted(term, keys),
                false => Vec::new(),
            }
        }
        Node::Join {
            left,
            kind,
            left_keys,
            ..
        } => through_join(term, *kind, left.schema.len(), left_keys),
        _ => Vec::new(),
    }
}

/// The term over the input of a node whose first columns are these of the input.
fn through_kept(term: &Expr, keep: &[usize]) -> Vec<Option<Expr>> {
    let mut read = BTreeSet::new();
    columns_of(term, &mut read);
    if read.is_empty() || read.iter().any(|c| *c >= keep.len()) {
        return Vec::new();
    }
    let mut term = term.clone();
    term.visit_mut(&mut |e| {
        if let ExprKind::Column(index) = &mut e.kind {
            *index = keep.get(*index).copied().unwrap_or(usize::MAX);
        }
    });
    vec![Some(term)]
}

/// The term over a node's input, if all it reads is passed through as it is.
fn substituted(term: &Expr, columns: &[Expr]) -> Vec<Option<Expr>> {
    let mut read = BTreeSet::new();
    columns_of(term, &mut read);
    let simple = |i: &usize| {
        let column = columns.get(*i).map(|c| &c.kind);
        matches!(column, Some(ExprKind::Column(_) | ExprKind::Literal(_)))
    };
    if read.is_empty() || !read.iter().all(simple) {
        return Vec::new();
    }
    let mut term = term.clone();
    replace(&mut term, columns);
    vec![Some(term)]
}

/// Puts `columns[i]` for column `i`.
fn replace(expr: &mut Expr, columns: &[Expr]) {
    if let ExprKind::Column(index) = expr.kind {
        if let Some(column) = columns.get(index) {
            expr.kind = column.kind.clone();
        }
        return;
    }
    for child in expr.children_mut() {
        replace(child, columns);
    }
}

/// A term on one side's columns goes to that side, unless rows of that side without a match are made up
/// above, or the first row of a key is to be found first.
fn through_join(
    term: &Expr,
    kind: JoinKind,
    left_columns: usize,
    left_keys: &[Expr],
) -> Vec<Option<Expr>> {
    use JoinKind as K;
    let mut read = BTreeSet::new();
    columns_of(term, &mut read);
    if read.is_empty() {
        return Vec::new();
    }
    let shown_left = !matches!(kind, K::RightSemi | K::RightAnti);
    let width = if shown_left { left_columns } else { 0 };
    let on_left = read.iter().all(|c| *c < width);
    let on_right = read.iter().all(|c| *c >= width);
    let is_key = |c: &usize| {
        let key = |k: &Expr| matches!(k.kind, ExprKind::Column(i) if i == *c);
        left_keys.iter().any(key)
    };
    let left_may = match kind {
        K::Inner | K::LeftOuter | K::LeftSemi | K::LeftAnti => true,
        K::InnerUnique => read.iter().all(is_key),
        K::RightOuter | K::FullOuter | K::RightSemi | K::RightAnti => false,
    };
    let right_may = matches!(
        kind,
        K::Inner | K::InnerUnique | K::RightOuter | K::RightSemi | K::RightAnti
    );
    if on_left && left_may {
        return vec![Some(term.clone()), None];
    }
    if on_right && right_may {
        let mut term = term.clone();
        term.visit_mut(&mut |e| {
            if let ExprKind::Column(index) = &mut e.kind {
                *index -= width;
            }
        });
        return vec![None, Some(term)];
    }
    Vec::new()
}
