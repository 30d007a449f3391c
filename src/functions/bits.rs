//! Whole numbers as bits, and in hexadecimal.

use arrow::array::ArrayRef;

use crate::contract::{Args, Fault};
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Naming, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &BINARY_AND,
    &BINARY_OR,
    &BINARY_XOR,
    &BINARY_NOT,
    &SHIFT_LEFT,
    &SHIFT_RIGHT,
    &COUNT_ONES,
    &TOHEX,
];

static BINARY_AND: Scalar = Scalar {
    signatures: &["binary_and(left: long, right: long) -> long"],
    doc: Doc {
        summary: "The bits that are set in both numbers.",
        details: "",
        examples: &[("binary_and(6, 3)", "2")],
    },
    eval: Eval::Columns(|args| args.map2(|a: i64, b: i64| a & b)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static BINARY_OR: Scalar = Scalar {
    signatures: &["binary_or(left: long, right: long) -> long"],
    doc: Doc {
        summary: "The bits that are set in at least one of two numbers.",
        details: "",
        examples: &[("binary_or(6, 3)", "7")],
    },
    eval: Eval::Columns(|args| args.map2(|a: i64, b: i64| a | b)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static BINARY_XOR: Scalar = Scalar {
    signatures: &["binary_xor(left: long, right: long) -> long"],
    doc: Doc {
        summary: "The bits that are set in exactly one of two numbers.",
        details: "",
        examples: &[("binary_xor(6, 3)", "5")],
    },
    eval: Eval::Columns(|args| args.map2(|a: i64, b: i64| a ^ b)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static BINARY_NOT: Scalar = Scalar {
    signatures: &["binary_not(value: long) -> long"],
    doc: Doc {
        summary: "All bits flipped.",
        details: "",
        examples: &[("binary_not(100)", "-101")],
    },
    eval: Eval::Columns(|args| args.map(|v: i64| !v)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

/// A shift by the places modulo 64; null for a negative number of them.
fn shift(args: &Args<'_>, f: fn(i64, u32) -> i64) -> Result<ArrayRef, Fault> {
    args.map2(move |v: i64, places: i64| {
        let places = u32::try_from(places.checked_rem(64)?).ok()?;
        Some(f(v, places))
    })
}

static SHIFT_LEFT: Scalar = Scalar {
    signatures: &["binary_shift_left(value: long, places: long) -> long"],
    doc: Doc {
        summary: "The bits moved to the left.",
        details: "By the number of places modulo 64. Null for a negative one.",
        examples: &[("binary_shift_left(1, 2)", "4"), ("binary_shift_left(1, 65)", "2")],
    },
    eval: Eval::Columns(|args| shift(args, i64::wrapping_shl)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static SHIFT_RIGHT: Scalar = Scalar {
    signatures: &["binary_shift_right(value: long, places: long) -> long"],
    doc: Doc {
        summary: "The bits moved to the right; the sign stays.",
        details: "By the number of places modulo 64. Null for a negative one.",
        examples: &[("binary_shift_right(8, 2)", "2"), ("binary_shift_right(8, -1)", "")],
    },
    eval: Eval::Columns(|args| shift(args, i64::wrapping_shr)),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

static COUNT_ONES: Scalar = Scalar {
    signatures: &["bitset_count_ones(value: long) -> long"],
    doc: Doc {
        summary: "How many bits of a number are set.",
        details: "",
        examples: &[("bitset_count_ones(42)", "3")],
    },
    eval: Eval::Columns(|args| args.map(|v: i64| i64::from(v.count_ones()))),
    naming: Naming::First,
    ..Scalar::DEFAULT
};

/// The greatest length that `tohex` fills up to.
const MOST_DIGITS: usize = 16;

static TOHEX: Scalar = Scalar {
    signatures: &[
        "tohex(value: int, [length: long]) -> string",
        "tohex(value: long, [length: long]) -> string",
    ],
    doc: Doc {
        summary: "A whole number in lower-case hexadecimal.",
        details: "A negative number is written as two's complement of its own type: 8 digits for an `int`, 16 for a `long`. \
                  A shorter text is filled with zeros up to the length, which is 16 at most.",
        examples: &[
            ("tohex(256)", "100"),
            ("tohex(-256)", "ffffffffffffff00"),
            ("tohex(int(-256))", "ffffff00"),
            ("tohex(256, 8)", "00000100"),
            ("tohex(256, 40)", "0000000000000100"),
        ],
    },
    eval: Eval::Columns(|args| {
        let length = match args.len() {
            1 => None,
            _ => Some(args.column::<i64>(1)?),
        };
        let hex = |digits: String, row: usize| {
            let length = length.as_ref().map_or(Some(0), |l| i64::at(l, row))?;
            let width = usize::try_from(length).unwrap_or(0).min(MOST_DIGITS);
            Some(format!("{digits:0>width$}"))
        };
        if args.datum(0)?.ty == Type::Int {
            let value = args.column::<i32>(0)?;
            return args.build(|row| hex(format!("{:x}", i32::at(&value, row)?), row));
        }
        let value = args.column::<i64>(0)?;
        args.build(|row| hex(format!("{:x}", i64::at(&value, row)?), row))
    }),
    naming: Naming::First,
    ..Scalar::DEFAULT
};
