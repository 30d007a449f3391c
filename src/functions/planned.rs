//! Builtins that are typed and documented, and refused when a query would run them.

use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family: what belongs to a cluster and its graphs.
pub static ALL: &[&Scalar] = &[
    &cluster(
        &["current_cluster_endpoint() -> string"],
        "The address of the cluster that runs the query.",
    ),
    &cluster(
        &["current_database() -> string"],
        "The name of the database that the query runs in.",
    ),
    &cluster(
        &["current_principal() -> string"],
        "Who runs the query, as a fully qualified name.",
    ),
    &cluster(
        &["current_principal_details() -> bag"],
        "Who runs the query, as a bag of details.",
    ),
    &cluster(
        &["current_principal_is_member_of(group: string|dynamic, ...) -> bool"],
        "Whether the one who runs the query is a member of a group or has a role.",
    ),
    &cluster(
        &["cursor_after(cursor: string) -> bool"],
        "Whether the row was ingested after the database cursor.",
    ),
    &cluster(
        &["cursor_before_or_at(cursor: string) -> bool"],
        "Whether the row was ingested before the database cursor, or at it.",
    ),
    &cluster(
        &["cursor_current() -> string"],
        "The database cursor's value now.",
    ),
    &cluster(
        &["extent_id() -> guid"],
        "The shard of the table that the row is stored in.",
    ),
    &cluster(
        &["extent_tags() -> array"],
        "The tags of the shard of the table that the row is stored in.",
    ),
    &cluster(
        &["row_id() -> string"],
        "What identifies the row in its table.",
    ),
    &graph(
        &["all(edges: any, predicate: bool) -> bool"],
        "Whether a predicate is true of all edges, or all inner nodes, of a path.",
    ),
    &graph(
        &["any(edges: any, predicate: bool) -> bool"],
        "Whether a predicate is true of some edge, or some inner node, of a path.",
    ),
    &graph(
        &["map(edges: any, value: any) -> array"],
        "A value for each edge, or inner node, of a path.",
    ),
    &graph(
        &["inner_nodes(edges: any) -> array"],
        "The nodes between the first and the last of a path.",
    ),
    &graph(
        &["labels([element: any]) -> array"],
        "The labels of a node or an edge.",
    ),
    &graph(
        &["node_degree_in([node: any]) -> long"],
        "The number of edges that end in a node.",
    ),
    &graph(
        &["node_degree_out([node: any]) -> long"],
        "The number of edges that begin in a node.",
    ),
    &graph(
        &["node_id([node: any]) -> string"],
        "What identifies a node.",
    ),
];

const fn cluster(signatures: &'static [&'static str], summary: &'static str) -> Scalar {
    planned(
        signatures,
        summary,
        "it tells of the cluster that runs a query, and here there is none",
    )
}

const fn graph(signatures: &'static [&'static str], summary: &'static str) -> Scalar {
    planned(signatures, summary, "graphs cannot be queried yet")
}

/// A declaration without code, for a reason.
pub const fn planned(
    signatures: &'static [&'static str],
    summary: &'static str,
    reason: &'static str,
) -> Scalar {
    Scalar {
        signatures,
        doc: Doc {
            summary,
            details: "",
            examples: &[],
        },
        eval: Eval::Unsupported(reason),
        ..Scalar::DEFAULT
    }
}
