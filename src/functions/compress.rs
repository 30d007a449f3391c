//! Compressed strings: gzip and zlib, as base64.

use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewBuilder};
use base64::Engine as _;

use super::encode::BASE64;
use super::string::{LONGEST, bounded};
use crate::contract::{Args, Fault};
use crate::plan::args::Arg;
use crate::plan::{Doc, Eval, Scalar};

/// The declarations of this family.
pub static ALL: &[&Scalar] = &[
    &GZIP_COMPRESS,
    &GZIP_DECOMPRESS,
    &ZLIB_COMPRESS,
    &ZLIB_DECOMPRESS,
];

const COMPRESSED: &str = "Texts of more than 32 bytes may be compressed into other bytes than \
    Kusto's, which decompress to the same text.";
const DECOMPRESSED: &str = "\"\" if it is no base64, is not compressed so, or holds no UTF-8.";

static GZIP_COMPRESS: Scalar = Scalar {
    signatures: &["gzip_compress_to_base64_string(source: string) -> string"],
    doc: Doc {
        summary: "Compresses a string with gzip and encodes that as base64.",
        details: COMPRESSED,
        examples: &[(
            "gzip_decompress_from_base64_string(gzip_compress_to_base64_string('Kusto'))",
            "Kusto",
        )],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| BASE64.encode(gzip(s.as_bytes())))),
    ..Scalar::DEFAULT
};

static GZIP_DECOMPRESS: Scalar = Scalar {
    signatures: &["gzip_decompress_from_base64_string(source: string) -> string"],
    doc: Doc {
        summary: "Decodes base64 and decompresses it with gzip.",
        details: DECOMPRESSED,
        examples: &[("gzip_decompress_from_base64_string('x0x0x0')", "")],
    },
    eval: Eval::Columns(|args| decompress(args, |b| Box::new(flate2::read::GzDecoder::new(b)))),
    ..Scalar::DEFAULT
};

static ZLIB_COMPRESS: Scalar = Scalar {
    signatures: &["zlib_compress_to_base64_string(source: string) -> string"],
    doc: Doc {
        summary: "Compresses a string with zlib and encodes that as base64.",
        details: COMPRESSED,
        examples: &[(
            "zlib_decompress_from_base64_string(zlib_compress_to_base64_string('Kusto'))",
            "Kusto",
        )],
    },
    eval: Eval::Columns(|args| args.map(|s: &str| BASE64.encode(zlib(s.as_bytes())))),
    ..Scalar::DEFAULT
};

static ZLIB_DECOMPRESS: Scalar = Scalar {
    signatures: &["zlib_decompress_from_base64_string(source: string) -> string"],
    doc: Doc {
        summary: "Decodes base64 and decompresses it with zlib.",
        details: DECOMPRESSED,
        examples: &[(
            "zlib_decompress_from_base64_string('eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=')",
            "Test string 123",
        )],
    },
    eval: Eval::Columns(|args| decompress(args, |b| Box::new(flate2::read::ZlibDecoder::new(b)))),
    ..Scalar::DEFAULT
};

/// Texts of up to so many bytes are stored, not compressed: so Kusto's own results have them.
const STORED: usize = 32;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    out.extend(deflate(bytes));
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    out.extend(crc.sum().to_le_bytes());
    out.extend(crc.amount().to_le_bytes());
    out
}

/// The modulus of zlib's checksum, Adler-32.
const ADLER: u32 = 65_521;

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    out.extend(deflate(bytes));
    let (mut low, mut high) = (1u32, 0u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % ADLER;
        high = (high + low) % ADLER;
    }
    out.extend((high << 16 | low).to_be_bytes());
    out
}

/// The deflate stream of some bytes.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if let (..=STORED, Ok(size)) = (bytes.len(), u16::try_from(bytes.len())) {
        out.push(1);
        out.extend(size.to_le_bytes());
        out.extend((!size).to_le_bytes());
        out.extend(bytes);
        return out;
    }
    let mut encoder = flate2::read::DeflateEncoder::new(bytes, flate2::Compression::default());
    // Reading from memory into memory does not fail.
    encoder.read_to_end(&mut out).unwrap_or_default();
    out
}

/// Makes a decompressor of bytes.
type Decoder = fn(&[u8]) -> Box<dyn Read + '_>;

fn decompress(args: &Args<'_>, decoder: Decoder) -> Result<ArrayRef, Fault> {
    let sources = args.column::<&str>(0)?;
    let mut out = StringViewBuilder::with_capacity(args.rows);
    for row in 0..args.rows {
        let source = <&str>::at(&sources, row).unwrap_or("");
        let bytes = BASE64.decode(source).unwrap_or_default();
        let mut text = String::new();
        // A few bytes can stand for gigabytes.
        let mut limited = decoder(&bytes).take(LONGEST as u64 + 1);
        if limited.read_to_string(&mut text).is_err() {
            text.clear();
        }
        bounded(text.len())?;
        out.append_value(&text);
    }
    Ok(Arc::new(out.finish()))
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{s, text_of};

    #[test]
    fn packs_to_the_bytes_that_the_engine_gave() {
        for (name, source, expected) in [
            (
                "gzip_compress_to_base64_string",
                "1234567890qwertyuiop",
                "H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==",
            ),
            (
                "zlib_compress_to_base64_string",
                "1234567890qwertyuiop",
                "eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==",
            ),
            ("punycode_domain_from_string", "xn--Ge-mia.Bulg.edu", "Gáe.Bulg.edu"),
        ] {
            assert_eq!(text_of(name, &[s(source)]), expected);
        }
        let long = "a longer text, a longer text, a longer text";
        for kind in ["gzip", "zlib"] {
            let packed = text_of(&format!("{kind}_compress_to_base64_string"), &[s(long)]);
            let name = format!("{kind}_decompress_from_base64_string");
            assert_eq!(text_of(&name, &[s(&packed)]), long);
        }
    }
}
