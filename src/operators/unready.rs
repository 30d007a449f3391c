//! Operators that are parsed and checked for their input, and cannot run yet.

use super::{Bind, Info};
use crate::bind::{Binder, Relation};
use crate::source::Span;

/// What binding such an operator says and yields.
fn unready(
    binder: &mut Binder<'_>,
    info: &Info,
    reason: &str,
    input: Option<Relation>,
    span: Span,
) -> Relation {
    drop(input);
    let mut message = format!("`{}` cannot run yet", info.name());
    if !reason.is_empty() {
        message = format!("{message}: {reason}");
    }
    binder.unsupported(span, message);
    binder.broken_table()
}

macro_rules! unready {
    ($($node:ident in $file:ident: $reason:literal;)+) => {
        $(impl Bind for super::$node {
            fn bind(&self, binder: &mut Binder<'_>, input: Option<Relation>, span: Span) -> Relation {
                unready(binder, &super::$file::INFO, $reason, input, span)
            }
        })+

        /// These operators, each with why it cannot run yet (may be empty).
        pub(super) static REASONS: &[(&Info, &str)] = &[$((&super::$file::INFO, $reason)),+];
    };
}

unready! {
    GraphWhereEdges in graph_where_edges: "what its condition can name is not published";
    GraphWhereNodes in graph_where_nodes: "what its condition can name is not published";
}
