//! `== != < <= > >=` and `between`, with Kusto's rules for nulls.

use super::compare::{Op, between, equality, order};
use super::vector::{Nulls, compare, longs, with_nulls};
use crate::plan::{Doc, Eval, Role, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &EQUAL,
    &NOT_EQUAL,
    &LESS,
    &LESS_OR_EQUAL,
    &GREATER,
    &GREATER_OR_EQUAL,
    &BETWEEN,
    &NOT_BETWEEN,
    &NOT,
];

/// The signatures of an infix operator: a pair of types each.
macro_rules! infix {
    ($op:literal: $($left:ident $right:ident),+ $(,)?) => {
        &[$(concat!("left: ", stringify!($left), " ", $op, " right: ", stringify!($right), " -> bool")),+]
    };
}

/// The signatures of an equality: every pair of types that has one.
macro_rules! equality {
    ($op:literal) => {
        infix!($op:
            string string, bool bool, long long, real real, decimal decimal,
            datetime datetime, timespan timespan, guid guid,
            bool long, long bool, bool real, real bool,
            dynamic string, string dynamic, dynamic bool, bool dynamic,
            dynamic long, long dynamic, dynamic real, real dynamic,
        )
    };
}

/// The signatures of an ordering: texts and guids have none.
macro_rules! ordering {
    ($op:literal) => {
        infix!($op:
            long long, real real, decimal decimal, datetime datetime, timespan timespan, bool bool,
            bool long, long bool, bool real, real bool,
            dynamic long, long dynamic, dynamic real, real dynamic,
        )
    };
}

const ORDER_DETAILS: &str = "Null when a side is null. Strings have no order here: use `strcmp`.";

static EQUAL: Scalar = Scalar {
    signatures: equality!("=="),
    doc: Doc {
        summary: "Whether both sides are equal.",
        details: "Strings by letter case (`=~` ignores it). False when just one side is null, null when both are; \
                  a string is never null. Two dynamic values must be converted first; one compares with a string, \
                  number or bool by its content, and is unequal to those of another type.",
        examples: &[
            ("1 == 1.0", "True"),
            ("'Kusto' == 'kusto'", "False"),
            ("long(null) == 1", "False"),
            ("isnull(long(null) == long(null))", "True"),
            ("dynamic({'a': 'x'}).a == 'x'", "True"),
            ("dynamic(5) == '5'", "False"),
        ],
    },
    eval: Eval::Columns(|args| equality(args, false)),
    role: Role::Equal,
    ..Scalar::DEFAULT
};

static NOT_EQUAL: Scalar = Scalar {
    signatures: equality!("!="),
    doc: Doc {
        summary: "Whether the sides differ.",
        details: "True when just one side is null: `where x != 5` keeps rows without x. Null when both are.",
        examples: &[
            ("1 != 2", "True"),
            ("long(null) != 5", "True"),
            ("'Kusto' != 'kusto'", "True"),
        ],
    },
    eval: Eval::Columns(|args| equality(args, true)),
    role: Role::NotEqual,
    ..Scalar::DEFAULT
};

static LESS: Scalar = Scalar {
    signatures: ordering!("<"),
    doc: Doc {
        summary: "Whether the left side is less.",
        details: ORDER_DETAILS,
        examples: &[
            ("1 < 2", "True"),
            ("1h < 90m", "True"),
            ("long(null) < 1", ""),
        ],
    },
    eval: Eval::Columns(|args| order(args, Op::Less)),
    role: Role::Less,
    ..Scalar::DEFAULT
};

static LESS_OR_EQUAL: Scalar = Scalar {
    signatures: ordering!("<="),
    doc: Doc {
        summary: "Whether the left side is less or equal.",
        details: ORDER_DETAILS,
        examples: &[("2 <= 2.0", "True"), ("3 <= 2", "False")],
    },
    eval: Eval::Columns(|args| order(args, Op::LessOrEqual)),
    role: Role::LessOrEqual,
    ..Scalar::DEFAULT
};

static GREATER: Scalar = Scalar {
    signatures: ordering!(">"),
    doc: Doc {
        summary: "Whether the left side is greater.",
        details: ORDER_DETAILS,
        examples: &[
            ("2 > 1", "True"),
            ("datetime(2024-01-02) > datetime(2024-01-01)", "True"),
        ],
    },
    eval: Eval::Columns(|args| order(args, Op::Greater)),
    role: Role::Greater,
    ..Scalar::DEFAULT
};

static GREATER_OR_EQUAL: Scalar = Scalar {
    signatures: ordering!(">="),
    doc: Doc {
        summary: "Whether the left side is greater or equal.",
        details: ORDER_DETAILS,
        examples: &[("2 >= 2", "True"), ("1 >= 2", "False")],
    },
    eval: Eval::Columns(|args| order(args, Op::GreaterOrEqual)),
    role: Role::GreaterOrEqual,
    ..Scalar::DEFAULT
};

/// The signatures of `between` and its negation: the types of the value and of both ends.
macro_rules! range {
    ($name:literal) => {
        range!($name:
            long long long, real real real, decimal decimal decimal, datetime datetime datetime,
            datetime datetime timespan, timespan timespan timespan, bool bool bool,
        )
    };
    ($name:literal: $($value:ident $low:ident $high:ident),+ $(,)?) => {
        &[$(concat!(
            $name, "(value: ", stringify!($value), ", low: ", stringify!($low), ", high: ", stringify!($high), ") -> bool"
        )),+]
    };
}

static BETWEEN: Scalar = Scalar {
    signatures: range!("between"),
    doc: Doc {
        summary: "Whether a value is in a range, both ends included.",
        details: "Null when any of the three is null. After a datetime a timespan is the range's length: \
                  `t between (start .. 1d)`. A range whose ends are swapped is empty.",
        examples: &[
            ("5 between (1 .. 5)", "True"),
            ("5 between (6 .. 1)", "False"),
            (
                "datetime(2024-01-02) between (datetime(2024-01-01) .. 1d)",
                "True",
            ),
        ],
    },
    eval: Eval::Columns(|args| between(args, false)),
    role: Role::Between,
    ..Scalar::DEFAULT
};

static NOT_BETWEEN: Scalar = Scalar {
    signatures: range!("!between"),
    doc: Doc {
        summary: "Whether a value is outside a range; both ends are inside.",
        details: "Null when any of the three is null.",
        examples: &[
            ("5 !between (1 .. 5)", "False"),
            ("6 !between (1 .. 5)", "True"),
        ],
    },
    eval: Eval::Columns(|args| between(args, true)),
    role: Role::NotBetween,
    ..Scalar::DEFAULT
};

static NOT: Scalar = Scalar {
    signatures: &["not(value: truth) -> bool"],
    doc: Doc {
        summary: "Turns true into false and false into true.",
        details: "The negation of null is null. A number counts as true unless it is 0.",
        examples: &[("not(true)", "False"), ("not(1)", "False"), ("not(bool(null))", "")],
    },
    eval: Eval::Columns(|args| {
        let value = args.datum(0)?;
        let operand = longs(value)?;
        let truth = compare(&operand, &operand, args.rows, |v, _| v == 0);
        let nulls = operand.nulls(args.rows);
        Ok(with_nulls(truth, nulls.clone(), nulls, Nulls::Order))
    }),
    role: Role::Not,
    ..Scalar::DEFAULT
};

