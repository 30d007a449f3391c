//! Sketches: states of `dcount` and `percentile` that can be stored and merged later.

use crate::plan::{Aggregate, AggregateEval, AggregateNaming, Doc};

/// Sketches.
pub static ALL: &[&Aggregate] = &[
    &sketch(
        &["hll(value: any, [const accuracy: long]) -> dynamic"],
        "A sketch of the distinct values.",
        "hll",
    ),
    &sketch(
        &["hll_if(value: any, predicate: bool, [const accuracy: long]) -> dynamic"],
        "A sketch of the distinct values of the rows for which the predicate is true.",
        "hll_if",
    ),
    &sketch(
        &["hll_merge(sketch: dynamic) -> dynamic"],
        "Merges sketches of `hll`.",
        "hll_merge",
    ),
    &sketch(
        &["tdigest(value: summable, [weight: long]) -> dynamic"],
        "A sketch of the distribution of the values.",
        "tdigest",
    ),
    &sketch(
        &["tdigest_merge(sketch: dynamic) -> dynamic"],
        "Merges sketches of `tdigest`.",
        "merge_tdigests",
    ),
    &sketch(
        &["merge_tdigest(sketch: dynamic) -> dynamic"],
        "Merges sketches of `tdigest`.",
        "merge_tdigests",
    ),
];

const fn sketch(
    signatures: &'static [&'static str],
    summary: &'static str,
    prefix: &'static str,
) -> Aggregate {
    Aggregate {
        signatures,
        doc: Doc {
            summary,
            details: "",
            examples: &[],
        },
        eval: AggregateEval::Unsupported("sketches cannot be computed yet"),
        naming: AggregateNaming::Prefix(prefix),
        ..Aggregate::DEFAULT
    }
}
