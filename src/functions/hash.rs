//! Hashes.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewBuilder};
use md5::Digest;

use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault, Kernel, Problem, Setup};
use crate::diagnostic::Code;
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Scalar};
use crate::types::Type;

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &HASH,
    &HASH_XXHASH64,
    &HASH_COMBINE,
    &HASH_MANY,
    &HASH_MD5,
    &HASH_SHA1,
    &HASH_SHA256,
];

const HASH_DETAILS: &str = "XXH64 of a string's UTF-8, or of the eight bytes of a number, time or \
    period; a null hashes as the empty string does (measured). With a modulus the result is from 0 to below it.";

/// `hash(…)`, which also makes the identities that a graph's nodes have in tables.
pub static HASH: Scalar = Scalar {
    signatures: &["hash(source: scalar, [modulus: long]) -> long"],
    doc: Doc {
        summary: "Hashes a value.",
        details: HASH_DETAILS,
        examples: &[
            ("hash('World')", "1846988464401551951"),
            ("hash('World', 100)", "51"),
            ("hash(datetime(2015-01-01))", "1380966698541616202"),
        ],
    },
    eval: Eval::Prepared(hash),
    ..Scalar::DEFAULT
};

static HASH_XXHASH64: Scalar = Scalar {
    signatures: &["hash_xxhash64(source: scalar, [modulus: long]) -> long"],
    doc: Doc {
        summary: "Hashes a value.",
        details: HASH_DETAILS,
        examples: &[("hash_xxhash64('World')", "1846988464401551951")],
    },
    eval: Eval::Prepared(hash),
    ..Scalar::DEFAULT
};

const MIXING: &str = "how Kusto mixes several hashes is not published; use hash(strcat(…))";

static HASH_COMBINE: Scalar = Scalar {
    signatures: &["hash_combine(first: any, hash: any, ...) -> long"],
    doc: Doc {
        summary: "Makes one hash of several.",
        details: "",
        examples: &[],
    },
    eval: Eval::Unsupported(MIXING),
    ..Scalar::DEFAULT
};

static HASH_MANY: Scalar = Scalar {
    signatures: &["hash_many(source: scalar, ...) -> long"],
    doc: Doc {
        summary: "Hashes several values into one hash.",
        details: "",
        examples: &[],
    },
    eval: Eval::Unsupported(MIXING),
    ..Scalar::DEFAULT
};

const DIGEST_DETAILS: &str =
    "Of the UTF-8 of its text as `tostring` gives it, in small hexadecimal digits. \"\" for \"\" and null.";

static HASH_MD5: Scalar = Scalar {
    signatures: &["hash_md5(source: scalar) -> string"],
    doc: Doc {
        summary: "Takes the MD5 hash of a value.",
        details: DIGEST_DETAILS,
        examples: &[
            ("hash_md5('World')", "f5a7924e621e84c9280a9a27e1bcb7f6"),
            ("hash_md5(datetime(2020-01-01))", "786c530672d1f8db31fee25ea8a9390b"),
            ("hash_md5('')", ""),
        ],
    },
    eval: Eval::Columns(digest::<md5::Md5>),
    ..Scalar::DEFAULT
};

static HASH_SHA1: Scalar = Scalar {
    signatures: &["hash_sha1(source: scalar) -> string"],
    doc: Doc {
        summary: "Takes the SHA-1 hash of a value.",
        details: DIGEST_DETAILS,
        examples: &[("hash_sha1('World')", "70c07ec18ef89c5309bbb0937f3a6342411e1fdd")],
    },
    eval: Eval::Columns(digest::<sha1::Sha1>),
    ..Scalar::DEFAULT
};

static HASH_SHA256: Scalar = Scalar {
    signatures: &["hash_sha256(source: scalar) -> string"],
    doc: Doc {
        summary: "Takes the SHA-256 hash of a value.",
        details: DIGEST_DETAILS,
        examples: &[(
            "hash_sha256('abc')",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        )],
    },
    eval: Eval::Columns(digest::<sha2::Sha256>),
    ..Scalar::DEFAULT
};

fn digest<D: Digest>(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let cells = Cells::of(args.datum(0)?)?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    let (mut text, mut hex) = (String::new(), String::new());
    for row in 0..args.rows {
        text.clear();
        hex.clear();
        cells.write_text(row, &mut text);
        if !text.is_empty() {
            for byte in D::digest(&text) {
                for digit in [byte >> 4, byte & 15] {
                    hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
                }
            }
        }
        out.append_value(&hex);
    }
    Ok(Arc::new(out.finish()))
}

fn hash(setup: &Setup<'_>) -> Result<Box<dyn Kernel>, Problem> {
    match setup.types.first() {
        Some(ty @ (Type::Bool | Type::Int | Type::Decimal | Type::Guid)) => {
            let message = format!("which bytes Kusto hashes of {ty} values is not known");
            let problem = Problem::new(Code::Unsupported, message).at(0);
            Err(problem.help("hash another type: hash(tolong(x)), hash(tostring(x))"))
        }
        _ => Ok(Box::new(Hash)),
    }
}

struct Hash;

impl Kernel for Hash {
    fn call(&self, args: &Args<'_>) -> Result<ArrayRef, Fault> {
        let cells = Cells::of(args.datum(0)?)?;
        let modulus = (args.len() > 1).then(|| args.column::<i64>(1)).transpose()?;
        let of = |bytes: &[u8]| xxhash_rust::xxh64::xxh64(bytes, 0).cast_signed();
        let hashes: Int64Array = (0..args.rows)
            .map(|row| {
                let hash = match cells.at(row).unwrap_or(Cell::String("")) {
                    Cell::String(text) => of(text.as_bytes()),
                    Cell::Long(v) | Cell::Datetime(v) | Cell::Timespan(v) => of(&v.to_le_bytes()),
                    Cell::Real(v) => of(&v.to_le_bytes()),
                    _ => return None,
                };
                match &modulus {
                    Some(column) => hash.checked_rem_euclid(i64::at(column, row)?),
                    None => Some(hash),
                }
            })
            .collect();
        Ok(Arc::new(hashes))
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{s, text_of};
    use crate::temporal::parse_datetime;
    use crate::types::Value;

    #[test]
    fn hashes_are_those_that_the_engine_gave() {
        let time = |text| Value::Datetime(parse_datetime(text).unwrap());
        assert_eq!(text_of("hash", &[s("Hello")]), "753694413698530628");
        assert_eq!(text_of("hash", &[time("2015-01-01")]), "1380966698541616202");
        assert_eq!(
            text_of("hash_sha1", &[time("2020-01-01")]),
            "e903e533f4d636b4fc0dcf3cf81e7b7f330de776"
        );
    }
}
