//! Strings as code points, and domain names as punycode.

use arrow::array::ArrayRef;

use super::cell::{Cell, Cells};
use crate::contract::{Args, Fault};
use crate::json::{self, ArrayWriter};
use crate::plan::args::Json;
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &CODEPOINTS_FROM_STRING,
    &TO_UTF8,
    &CODEPOINTS_TO_STRING,
    &MAKE_STRING,
    &PUNYCODE_TO_STRING,
    &PUNYCODE_FROM_STRING,
    &PUNYCODE_DOMAIN_TO_STRING,
    &PUNYCODE_DOMAIN_FROM_STRING,
];

static CODEPOINTS_FROM_STRING: Scalar = Scalar {
    signatures: &["unicode_codepoints_from_string(source: text) -> array"],
    doc: Doc {
        summary: "Lists the code points of a string's characters.",
        details: "",
        examples: &[("unicode_codepoints_from_string('aé')", "[97,233]")],
    },
    eval: Eval::Columns(|args| {
        args.map(|s: &str| {
            let mut out = ArrayWriter::new();
            s.chars().for_each(|c| out.push_long(i64::from(u32::from(c))));
            Json(out.finish())
        })
    }),
    ..Scalar::DEFAULT
};

static TO_UTF8: Scalar = Scalar {
    signatures: &["to_utf8(source: text) -> array"],
    doc: Doc {
        summary: "Lists the code points of a string's characters.",
        details: "",
        examples: &[("to_utf8('aé')", "[97,233]")],
    },
    eval: CODEPOINTS_FROM_STRING.eval,
    deprecated: Some("unicode_codepoints_from_string"),
    ..Scalar::DEFAULT
};

static CODEPOINTS_TO_STRING: Scalar = Scalar {
    signatures: &["unicode_codepoints_to_string(codepoint: integer|dynamic, ...) -> string"],
    doc: Doc {
        summary: "Makes a string of code points.",
        details: "Given one by one or in arrays. \"\" if one is no character.",
        examples: &[
            ("unicode_codepoints_to_string(75, dynamic([117, 115]))", "Kus"),
            ("unicode_codepoints_to_string(-1)", ""),
        ],
    },
    eval: Eval::Columns(codepoints_to_string),
    ..Scalar::DEFAULT
};

static MAKE_STRING: Scalar = Scalar {
    signatures: &["make_string(codepoint: integer|dynamic, ...) -> string"],
    doc: Doc {
        summary: "Makes a string of code points.",
        details: "Given one by one or in arrays. \"\" if one is no character.",
        examples: &[("make_string(75, 117, 115)", "Kus")],
    },
    eval: CODEPOINTS_TO_STRING.eval,
    deprecated: Some("unicode_codepoints_to_string"),
    ..Scalar::DEFAULT
};

fn codepoints_to_string(args: &Args<'_>) -> Result<ArrayRef, Fault> {
    let columns = Cells::all(args.values)?;
    let character = |code: i64| u32::try_from(code).ok().and_then(char::from_u32);
    args.build(|row| {
        let mut out = String::new();
        for column in &columns {
            match column.at(row)? {
                Cell::Long(code) => out.push(character(code)?),
                Cell::Dynamic(text) if json::length(text).is_some() => {
                    for element in json::elements(text) {
                        out.push(character(element.trim().parse().ok()?)?);
                    }
                }
                Cell::Dynamic(text) => out.push(character(text.trim().parse().ok()?)?),
                _ => return None,
            }
        }
        Some(out)
    })
}

static PUNYCODE_TO_STRING: Scalar = Scalar {
    signatures: &["punycode_to_string(source: string) -> string"],
    doc: Doc {
        summary: "Decodes punycode without the prefix `xn--`.",
        details: "\"\" if that fails. For domain names it is `punycode_domain_from_string` that decodes.",
        examples: &[("punycode_to_string('acadmie-eya')", "académie")],
    },
    eval: Eval::Columns(|args| args.map(idna::punycode::decode_to_string)),
    ..Scalar::DEFAULT
};

static PUNYCODE_FROM_STRING: Scalar = Scalar {
    signatures: &["punycode_from_string(source: string) -> string"],
    doc: Doc {
        summary: "Encodes a string as punycode, without the prefix `xn--`.",
        details: "\"\" if that fails. For domain names it is `punycode_domain_to_string` that encodes.",
        examples: &[
            ("punycode_from_string('académie')", "acadmie-eya"),
            ("punycode_from_string('艺术')", "cqv902d"),
        ],
    },
    eval: Eval::Columns(|args| args.map(idna::punycode::encode_str)),
    ..Scalar::DEFAULT
};

static PUNYCODE_DOMAIN_TO_STRING: Scalar = Scalar {
    signatures: &["punycode_domain_to_string(domain: string) -> string"],
    doc: Doc {
        summary: "Encodes the parts of a domain name that are not ASCII as punycode.",
        details: "Such a part gets the prefix `xn--`. The full stops of East Asian scripts become dots. \
            \"\" if it fails.",
        examples: &[("punycode_domain_to_string('académie.fr')", "xn--acadmie-eya.fr")],
    },
    eval: Eval::Columns(|args| {
        args.map(|domain: &str| {
            let part = |part: &str| match part.is_ascii() {
                true => Some(part.to_owned()),
                false => Some(format!("xn--{}", idna::punycode::encode_str(part)?)),
            };
            let parts = domain.split(['.', '。', '．', '｡']).map(part);
            Some(parts.collect::<Option<Vec<_>>>()?.join("."))
        })
    }),
    ..Scalar::DEFAULT
};

static PUNYCODE_DOMAIN_FROM_STRING: Scalar = Scalar {
    signatures: &["punycode_domain_from_string(domain: string) -> string"],
    doc: Doc {
        summary: "Decodes the parts of a domain name that are punycode.",
        details: "Those with the prefix `xn--`. \"\" if it fails.",
        examples: &[("punycode_domain_from_string('xn--acadmie-eya.fr')", "académie.fr")],
    },
    eval: Eval::Columns(|args| {
        args.map(|domain: &str| {
            let part = |part: &str| match part.strip_prefix("xn--") {
                Some(encoded) => idna::punycode::decode_to_string(encoded),
                None => Some(part.to_owned()),
            };
            let parts = domain.split('.').map(part);
            Some(parts.collect::<Option<Vec<_>>>()?.join("."))
        })
    }),
    ..Scalar::DEFAULT
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{s, text_of};

    #[test]
    fn writes_domains_as_the_engine_did() {
        for (name, source, expected) in [
            (
                "punycode_domain_from_string",
                "xn--Ry-lja8c.xn--Jng-uta63a.xn--Bng-9ka.com",
                "Rúyì.Jīngū.Bàng.com",
            ),
            (
                "punycode_domain_to_string",
                "Lê Lợi。Thuận Thiên。com",
                "xn--L Li-gpa4517b.xn--Thun Thin-s4a7194f.com",
            ),
            (
                "punycode_domain_to_string",
                "Kaledvoulc'h.Artorījos.edu",
                "Kaledvoulc'h.xn--Artorjos-ejb.edu",
            ),
        ] {
            assert_eq!(text_of(name, &[s(source)]), expected);
        }
    }
}
