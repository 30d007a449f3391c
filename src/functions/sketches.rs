//! What is read from sketches: the states of `hll` and `tdigest`.

use super::planned::planned;
use crate::plan::{Naming, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &sketch(
        &["dcount_hll(sketch: dynamic) -> long"],
        "The number of distinct values in a sketch of `hll`.",
        Naming::Prefix("dcount_hll"),
    ),
    &sketch(
        &["hll_merge(sketch: dynamic, ...) -> dynamic"],
        "Merges sketches of `hll`.",
        Naming::Fixed("hll_merged_result"),
    ),
    &sketch(
        &["merge_tdigest(sketch: dynamic, ...) -> dynamic"],
        "Merges sketches of `tdigest`.",
        Naming::Fixed("tdigests_merge_result"),
    ),
    &sketch(
        &["tdigest_merge(sketch: dynamic, ...) -> dynamic"],
        "Merges sketches of `tdigest`.",
        Naming::Fixed("tdigests_merge_result"),
    ),
    &sketch(
        &[
            "percentile_tdigest(sketch: dynamic, percentile: real) -> dynamic",
            "percentile_tdigest(sketch: dynamic, percentile: real, kind: type T) -> T",
        ],
        "A percentile of the values in a sketch of `tdigest`.",
        Naming::Prefix("percentile_tdigest"),
    ),
    &sketch(
        &[
            "percentiles_array_tdigest(sketch: dynamic, percentile: real, ...) -> array",
            "percentiles_array_tdigest(sketch: dynamic, percentiles: array) -> array",
        ],
        "Several percentiles of the values in a sketch of `tdigest`.",
        Naming::Positional,
    ),
    &sketch(
        &["percentrank_tdigest(sketch: dynamic, value: any) -> real"],
        "The percentage of the values in a sketch of `tdigest` that do not exceed one.",
        Naming::Positional,
    ),
    &sketch(
        &["rank_tdigest(sketch: dynamic, value: any) -> real"],
        "The number of values in a sketch of `tdigest` that do not exceed one.",
        Naming::Positional,
    ),
];

const fn sketch(
    signatures: &'static [&'static str],
    summary: &'static str,
    naming: Naming,
) -> Scalar {
    Scalar {
        naming,
        ..planned(signatures, summary, "sketches cannot be computed yet")
    }
}
