//! Functions that take arrays as sets.

use std::borrow::Cow;
use std::collections::HashSet;

use arrow::array::ArrayRef;

use super::array::{array_at, write};
use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault};
use crate::json;
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &SET_UNION,
    &SET_INTERSECT,
    &SET_DIFFERENCE,
    &SET_HAS_ELEMENT,
    &SET_EQUALS,
    &JACCARD_INDEX,
];

static SET_UNION: Scalar = Scalar {
    signatures: &["set_union(first: dynamic, set: dynamic, ...) -> array"],
    doc: Doc {
        summary: "Gives the distinct elements that are in any of the arrays.",
        details: "In the order in which they are first met. Null when an argument is no array.",
        examples: &[
            ("set_union(dynamic([1, 2, 1]), dynamic([3, 2]))", "[1,2,3]"),
            ("set_union(dynamic(['a']), dynamic([]))", "[\"a\"]"),
        ],
    },
    eval: Eval::Columns(|args| combine(args, Keep::Any)),
    ..Scalar::DEFAULT
};

static SET_INTERSECT: Scalar = Scalar {
    signatures: &["set_intersect(first: dynamic, set: dynamic, ...) -> array"],
    doc: Doc {
        summary: "Gives the distinct elements that are in all of the arrays.",
        details: "In the order of the first array. Null when an argument is no array.",
        examples: &[
            ("set_intersect(dynamic([3, 1, 2]), dynamic([2, 3]))", "[3,2]"),
            ("set_intersect(dynamic([1]), dynamic([2]))", "[]"),
        ],
    },
    eval: Eval::Columns(|args| {
        combine(args, Keep::InAll)
    }),
    ..Scalar::DEFAULT
};

static SET_DIFFERENCE: Scalar = Scalar {
    signatures: &["set_difference(set: dynamic, ...) -> array"],
    doc: Doc {
        summary: "Gives the distinct elements of the first array that are in none of the others.",
        details: "In the order of the first array. Null when an argument is no array.",
        examples: &[("set_difference(dynamic([1, 2, 3, 1]), dynamic([2]), dynamic([4]))", "[1,3]")],
    },
    eval: Eval::Columns(|args| {
        combine(args, Keep::InNone)
    }),
    ..Scalar::DEFAULT
};

static SET_HAS_ELEMENT: Scalar = Scalar {
    signatures: &["set_has_element(set: dynamic, value: any) -> bool"],
    doc: Doc {
        summary: "Tells whether an array has an element that equals a value.",
        details: "False when the value to search is no array.",
        examples: &[
            ("set_has_element(dynamic(['a', 'b']), 'b')", "True"),
            ("set_has_element(dynamic([1, 2]), 3)", "False"),
        ],
    },
    eval: Eval::Columns(set_has_element),
    ..Scalar::DEFAULT
};

static SET_EQUALS: Scalar = Scalar {
    signatures: &["set_equals(first: dynamic, second: dynamic) -> bool"],
    doc: Doc {
        summary: "Tells whether two arrays have the same distinct elements.",
        details: "Null when an argument is no array.",
        examples: &[
            ("set_equals(dynamic([1, 2, 1]), dynamic([2, 1]))", "True"),
            ("set_equals(dynamic([1]), dynamic([1, 2]))", "False"),
        ],
    },
    eval: Eval::Columns(|args| pair(args, |a, b| Some(a == b))),
    ..Scalar::DEFAULT
};

static JACCARD_INDEX: Scalar = Scalar {
    signatures: &["jaccard_index(first: dynamic, second: dynamic) -> real"],
    doc: Doc {
        summary: "Tells how alike two sets are: the number of elements in both, over those in either.",
        details: "Null when an argument is no array; NaN when both are empty.",
        examples: &[("jaccard_index(dynamic([1, 2, 3]), dynamic([2, 3, 4]))", "0.5")],
    },
    eval: Eval::Columns(|args| {
        pair(args, |a, b| {
            let both = a.intersection(b).count();
            Some(both as f64 / (a.len() + b.len() - both) as f64)
        })
    }),
    ..Scalar::DEFAULT
};

// ---------------------------------------------------------------------------------------------

/// Elements by what makes them equal.
type Set<'a> = HashSet<Cow<'a, str>>;

fn set_of(text: &str) -> Set<'_> {
    json::elements(text).map(json::identity).collect()
}

/// Which elements of the first array stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// All, and those of the other arrays too.
    Any,
    /// Those that all other arrays have.
    InAll,
    /// Those that no other array has.
    InNone,
}

fn combine(args: &Args<'_>, keep: Keep) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    args.build(|row| {
        let arrays: Vec<&str> = columns.iter().map(|c| array_at(c, row)).collect::<Option<_>>()?;
        let count = if keep == Keep::Any { arrays.len() } else { 1 };
        let sets: Vec<Set<'_>> = arrays.iter().skip(count).map(|text| set_of(text)).collect();
        let mut seen = Set::new();
        let mut kept = Vec::new();
        for element in arrays.iter().take(count).flat_map(|text| json::elements(text)) {
            let identity = json::identity(element);
            let stays = match keep {
                Keep::Any => true,
                Keep::InAll => sets.iter().all(|set| set.contains(&identity)),
                Keep::InNone => !sets.iter().any(|set| set.contains(&identity)),
            };
            if stays && seen.insert(identity) {
                kept.push(element);
            }
        }
        Some(write(&kept))
    })
}

fn set_has_element(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let (sets, values) = (Cells::of(args.datum(0)?)?, Cells::of(args.datum(1)?)?);
    args.build(|row| {
        let needle = values.at(row).map_or_else(|| "null".to_owned(), Cell::json);
        let found = array_at(&sets, row)
            .is_some_and(|text| json::elements(text).any(|e| json::equal(e, &needle)));
        Some(found)
    })
}

fn pair<R: crate::plan::args::Ret>(
    args: &Args<'_>,
    f: fn(&Set<'_>, &Set<'_>) -> Option<R>,
) -> Result<ArrayRef, Fault> {
    let (first, second) = (Cells::of(args.datum(0)?)?, Cells::of(args.datum(1)?)?);
    args.build(|row| f(&set_of(array_at(&first, row)?), &set_of(array_at(&second, row)?)))
}
