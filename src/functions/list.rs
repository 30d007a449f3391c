//! `in` and its kin: whether a list has a value.

use super::items::Items;
use super::members::Members;
use crate::contract::{Kernel, Problem, Setup};
use crate::plan::{Doc, Eval, Role, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[&IN, &NOT_IN, &IN_FOLD, &NOT_IN_FOLD];

const DETAILS: &str = "Items may be values, dynamic arrays (each of their elements) or one table \
    (its first column). Numbers are equal whatever their type, as in `2 in (2.0)`; a constant of \
    another type is read as the value's type, as in `1 in ('1')`. A null equals no other value.";
const FOLDED: &str = "Items may be values, dynamic arrays (each of their elements) or one table \
    (its first column). Case is compared character by character, beyond ASCII too.";

static IN: Scalar = Scalar {
    signatures: &["value: any in (item: any, ...) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is one of those listed, case included.",
        details: DETAILS,
        examples: &[
            ("'b' in ('a', 'b')", "True"),
            ("'B' in ('a', 'b')", "False"),
            ("2 in (1, 2.0)", "True"),
            ("'b' in (dynamic(['a', 'b']))", "True"),
            ("2 in ('2')", "True"),
            ("long(null) in (1)", "False"),
            ("'a' in (dynamic([]))", "False"),
        ],
    },
    eval: Eval::Prepared(|setup| prepare(setup, false, false)),
    role: Role::In,
    ..Scalar::DEFAULT
};

static NOT_IN: Scalar = Scalar {
    signatures: &["value: any !in (item: any, ...) -> bool"],
    doc: Doc {
        summary: "Tells whether a value is none of those listed, case included.",
        details: DETAILS,
        examples: &[
            ("'b' !in ('a', 'b')", "False"),
            ("'B' !in ('a', 'b')", "True"),
            ("long(null) !in (1)", "True"),
        ],
    },
    eval: Eval::Prepared(|setup| prepare(setup, false, true)),
    role: Role::NotIn,
    ..Scalar::DEFAULT
};

static IN_FOLD: Scalar = Scalar {
    signatures: &["value: stringy in~ (item: any, ...) -> bool"],
    doc: Doc {
        summary: "Tells whether a text is one of those listed, whatever the case.",
        details: FOLDED,
        examples: &[
            ("'POST' in~ ('get', 'post')", "True"),
            ("'ÉTÉ' in~ ('été')", "True"),
            ("'a' in~ ('b')", "False"),
        ],
    },
    eval: Eval::Prepared(|setup| prepare(setup, true, false)),
    role: Role::InFold,
    ..Scalar::DEFAULT
};

static NOT_IN_FOLD: Scalar = Scalar {
    signatures: &["value: stringy !in~ (item: any, ...) -> bool"],
    doc: Doc {
        summary: "Tells whether a text is none of those listed, whatever the case.",
        details: FOLDED,
        examples: &[
            ("'POST' !in~ ('get', 'post')", "False"),
            ("'a' !in~ ('b')", "True"),
        ],
    },
    eval: Eval::Prepared(|setup| prepare(setup, true, true)),
    role: Role::NotInFold,
    ..Scalar::DEFAULT
};

fn prepare(
    setup: &Setup<'_>,
    ignore_case: bool,
    negate: bool,
) -> Result<Box<dyn Kernel>, Problem> {
    Ok(Box::new(Members::new(
        setup,
        Items::of(setup, 1),
        ignore_case,
        negate,
    )?))
}
