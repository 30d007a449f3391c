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
    GraphMarkComponents in graph_mark_components: "";
    GraphMatch in graph_match: "";
    GraphShortestPaths in graph_shortest_paths: "";
    GraphToTable in graph_to_table: "";
    GraphWhereEdges in graph_where_edges: "";
    GraphWhereNodes in graph_where_nodes: "";
    MakeGraph in make_graph: "";
}
