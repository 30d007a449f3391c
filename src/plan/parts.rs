//! What a plan is made of: its inputs, and the expressions of its node.

use super::{AggregateCall, ExpandItem, Expr, Node, Plan, SortKey};

/// The inputs of `$node`, to read (`iter`) or to change (`iter_mut`).
macro_rules! inputs_of {
    ($node:expr, $iter:ident) => {
        match $node {
            Node::Scan { .. } | Node::Rows { .. } | Node::Range { .. } | Node::Shared { .. } => {
                Vec::new()
            }
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Window { input, .. }
            | Node::Expand { input, .. }
            | Node::Extract { input, .. }
            | Node::Summarize { input, .. }
            | Node::Sort { input, .. }
            | Node::Take { input, .. } => vec![input],
            Node::Join { left, right, .. } => vec![left, right],
            Node::Union { inputs } | Node::Whole { inputs, .. } => inputs.$iter().collect(),
        }
    };
}

/// The expressions of `$node`, to read (`iter`, `exprs`) or to change (`iter_mut`, `exprs_mut`).
macro_rules! exprs_of {
    ($node:expr, $iter:ident, $exprs:ident) => {
        match $node {
            Node::Scan { .. }
            | Node::Rows { .. }
            | Node::Shared { .. }
            | Node::Take { .. }
            | Node::Union { .. } => Vec::new(),
            Node::Whole { operation, .. } => operation.$exprs(),
            Node::Range { from, to, step } => vec![from, to, step],
            Node::Filter { predicate, .. } => vec![predicate],
            Node::Project { columns, .. } | Node::Window { columns, .. } => {
                columns.$iter().collect()
            }
            Node::Expand { items, .. } => {
                let values = items.$iter().map(|ExpandItem { value, .. }| value);
                values.collect()
            }
            Node::Extract { source, .. } => vec![source],
            Node::Summarize {
                keys, aggregates, ..
            } => {
                let read = aggregates
                    .$iter()
                    .flat_map(|AggregateCall { args, filter, .. }| args.$iter().chain(filter));
                keys.$iter().chain(read).collect()
            }
            Node::Sort { keys, .. } => keys.$iter().map(|SortKey { value, .. }| value).collect(),
            Node::Join {
                left_keys,
                right_keys,
                ..
            } => left_keys.$iter().chain(right_keys).collect(),
        }
    };
}

impl Plan {
    /// The inputs.
    pub fn inputs(&self) -> Vec<&Plan> {
        inputs_of!(&self.node, iter)
    }

    /// The inputs, to change.
    pub fn inputs_mut(&mut self) -> Vec<&mut Plan> {
        inputs_of!(&mut self.node, iter_mut)
    }

    /// Its expressions over the input's columns (for a join: over the left, then over the right side's).
    pub fn exprs(&self) -> Vec<&Expr> {
        exprs_of!(&self.node, iter, exprs)
    }

    /// Its expressions, to change, in the order of [`Plan::exprs`].
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        exprs_of!(&mut self.node, iter_mut, exprs_mut)
    }

    /// Calls `f` on it and every plan below it, outermost first.
    pub fn visit(&self, f: &mut dyn FnMut(&Plan)) {
        f(self);
        for input in self.inputs() {
            input.visit(f);
        }
    }

    /// Calls `f` on it and every plan below it, outermost first.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Plan)) {
        f(self);
        for input in self.inputs_mut() {
            input.visit_mut(f);
        }
    }
}
