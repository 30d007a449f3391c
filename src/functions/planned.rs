//! Builtins that are typed and documented, and refused when a query would run them.

use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family: what belongs to a cluster.
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
];

const fn cluster(signatures: &'static [&'static str], summary: &'static str) -> Scalar {
    planned(
        signatures,
        summary,
        "it tells of the cluster that runs a query, and here there is none",
    )
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
