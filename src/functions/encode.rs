//! Encodings of strings: base64 and percent-encoding.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use crate::json::{self, ArrayWriter};
use crate::plan::args::{Guid, Json};
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &BASE64_ENCODE_TOSTRING,
    &BASE64_ENCODESTRING,
    &BASE64_DECODE_TOSTRING,
    &BASE64_DECODESTRING,
    &BASE64_DECODE_TOARRAY,
    &BASE64_ENCODE_FROMARRAY,
    &BASE64_DECODE_TOGUID,
    &BASE64_ENCODE_FROMGUID,
    &URL_ENCODE,
    &URL_ENCODE_COMPONENT,
    &URL_DECODE,
];

/// What reads and writes base64.
pub(super) static BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

static BASE64_ENCODE_TOSTRING: Scalar = Scalar {
    signatures: &["base64_encode_tostring(source: string) -> string"],
    doc: Doc {
        summary: "Encodes a string's UTF-8 as base64.",
        details: "",
        examples: &[("base64_encode_tostring('Kusto')", "S3VzdG8=")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| BASE64.encode(s))),
    ..Scalar::DEFAULT
};

static BASE64_ENCODESTRING: Scalar = Scalar {
    signatures: &["base64_encodestring(source: string) -> string"],
    doc: Doc {
        summary: "Encodes a string's UTF-8 as base64.",
        details: "",
        examples: &[("base64_encodestring('Kusto')", "S3VzdG8=")],
    },
    eval: BASE64_ENCODE_TOSTRING.eval,
    deprecated: Some("base64_encode_tostring"),
    ..Scalar::DEFAULT
};

static BASE64_DECODE_TOSTRING: Scalar = Scalar {
    signatures: &["base64_decode_tostring(source: string) -> string"],
    doc: Doc {
        summary: "Decodes base64 into a string.",
        details: "\"\" if it is no base64 or its bytes are no UTF-8. Text in UTF-16, as PowerShell's \
            encoded commands are, keeps a null character after each letter.",
        examples: &[
            ("base64_decode_tostring('S3VzdG8=')", "Kusto"),
            ("base64_decode_tostring('!')", ""),
            ("base64_decode_tostring('/w==')", ""),
        ],
    },
    eval: Eval::Columns(|args| args.map(decode_string)),
    ..Scalar::DEFAULT
};

static BASE64_DECODESTRING: Scalar = Scalar {
    signatures: &["base64_decodestring(source: string) -> string"],
    doc: Doc {
        summary: "Decodes base64 into a string.",
        details: "\"\" if it is no base64 or its bytes are no UTF-8.",
        examples: &[("base64_decodestring('S3VzdG8=')", "Kusto")],
    },
    eval: BASE64_DECODE_TOSTRING.eval,
    deprecated: Some("base64_decode_tostring"),
    ..Scalar::DEFAULT
};

fn decode_string(source: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(source).ok()?).ok()
}

static BASE64_DECODE_TOARRAY: Scalar = Scalar {
    signatures: &["base64_decode_toarray(source: string) -> array"],
    doc: Doc {
        summary: "Decodes base64 into an array of bytes.",
        details: "Null if it is no base64.",
        examples: &[("base64_decode_toarray('S3Vz')", "[75,117,115]"), ("base64_decode_toarray('!')", "")],
    },
    eval: Eval::Columns(|args| {
        args.map(|source: &str| {
            let bytes = BASE64.decode(source).ok()?;
            let mut out = ArrayWriter::new();
            bytes.iter().for_each(|b| out.push_long(i64::from(*b)));
            Some(Json(out.finish()))
        })
    }),
    ..Scalar::DEFAULT
};

static BASE64_ENCODE_FROMARRAY: Scalar = Scalar {
    signatures: &["base64_encode_fromarray(bytes: array) -> string"],
    doc: Doc {
        summary: "Encodes an array of bytes as base64.",
        details: "\"\" if it is no array, or holds anything but whole numbers from 0 to 255.",
        examples: &[("base64_encode_fromarray(dynamic([75, 117, 115]))", "S3Vz")],
    },
    eval: Eval::Columns(|args| {
        args.map(|Json(array): Json<&str>| {
            json::length(array)?;
            let byte = |e: &str| e.trim().parse::<u8>().ok();
            let bytes: Vec<u8> = json::elements(array).map(byte).collect::<Option<_>>()?;
            Some(BASE64.encode(bytes))
        })
    }),
    ..Scalar::DEFAULT
};

static BASE64_DECODE_TOGUID: Scalar = Scalar {
    signatures: &["base64_decode_toguid(source: string) -> guid"],
    doc: Doc {
        summary: "Decodes base64 into a guid.",
        details: "The bytes stand as .NET keeps them: the first three groups are little-endian. Null if \
            there are not 16.",
        examples: &[(
            "base64_decode_toguid('3iaMdE4e2Um1ef4LMx02Qg==')",
            "748c26de-1e4e-49d9-b579-fe0b331d3642",
        )],
    },
    eval: Eval::Columns(|args| {
        args.map(|source: &str| {
            let bytes: [u8; 16] = BASE64.decode(source).ok()?.try_into().ok()?;
            Some(Guid(mixed_endian(bytes)))
        })
    }),
    ..Scalar::DEFAULT
};

static BASE64_ENCODE_FROMGUID: Scalar = Scalar {
    signatures: &["base64_encode_fromguid(guid: guid) -> string"],
    doc: Doc {
        summary: "Encodes a guid as base64.",
        details: "The bytes stand as .NET keeps them: the first three groups are little-endian.",
        examples: &[(
            "base64_encode_fromguid(guid(748c26de-1e4e-49d9-b579-fe0b331d3642))",
            "3iaMdE4e2Um1ef4LMx02Qg==",
        )],
    },
    eval: Eval::Columns(|args| args.map(|Guid(guid): Guid| BASE64.encode(mixed_endian(guid)))),
    ..Scalar::DEFAULT
};

/// Turns round the first three groups of a guid.
fn mixed_endian(mut guid: [u8; 16]) -> [u8; 16] {
    guid[..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    guid
}

static URL_ENCODE: Scalar = Scalar {
    signatures: &["url_encode(source: string) -> string"],
    doc: Doc {
        summary: "Percent-encodes a string, spaces as `+`.",
        details: "Letters, digits and `-_.~` stay; hexadecimal digits are small.",
        examples: &[("url_encode('https://a b')", "https%3a%2f%2fa+b")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| url_encode(s, "+"))),
    ..Scalar::DEFAULT
};

static URL_ENCODE_COMPONENT: Scalar = Scalar {
    signatures: &["url_encode_component(source: string) -> string"],
    doc: Doc {
        summary: "Percent-encodes a string, spaces as `%20`.",
        details: "Letters, digits and `-_.~` stay; hexadecimal digits are small.",
        examples: &[("url_encode_component('https://a b')", "https%3a%2f%2fa%20b")],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| url_encode(s, "%20"))),
    ..Scalar::DEFAULT
};

static URL_DECODE: Scalar = Scalar {
    signatures: &["url_decode(source: string) -> string"],
    doc: Doc {
        summary: "Decodes a percent-encoded string.",
        details: "`+` is a space too. A `%` without two hexadecimal digits stays.",
        examples: &[("url_decode('https%3A%2f%2Fa+b%20c')", "https://a b c"), ("url_decode('100%')", "100%")],
    },
    eval: Eval::Columns(|args| {
        args.map(|s: &str| {
            let spaced = s.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        })
    }),
    ..Scalar::DEFAULT
};

fn url_encode(source: &str, space: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for byte in source.bytes() {
        match byte {
            b' ' => out.push_str(space),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
                }
            }
        }
    }
    out
}
