//! What a file's content is, by its first bytes, and what its name says.

use std::path::{Path, PathBuf};

use super::input::{Packing, Shape};
use crate::contract::Fault;

/// Kinds of files that are met where data is and are no data yet: how they begin, what they are, what helps.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (
        b"FEA1\0",
        "a Feather file of version 1",
        "write it again as version 2, which is Arrow's file format",
    ),
    (
        b"ElfFile\0",
        "a Windows event log (EVTX)",
        "evtx_dump -o jsonl -f events.jsonl FILE.evtx makes it one that can be read",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an Excel workbook of the old kind (xls), or one with a password",
        "save it as xlsx or CSV, without a password",
    ),
    (
        b"PK\x03\x04",
        "a zip file inside another",
        "unpack it first",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "export its tables as CSV or JSON",
    ),
    (b"Obj\x01", "an Avro file", "convert it to Parquet or JSON"),
];

/// What content is, by its first bytes; for text without a mark of its own, by the file's name.
pub(super) fn recognise(path: &Path, head: &[u8]) -> Result<Shape, Fault> {
    let no = |what: &str, help: &str| {
        Err(Fault::data(format!(
            "{} is {what}, which cannot be read",
            path.display()
        ))
        .help(help))
    };
    match head {
        [b'P', b'A', b'R', b'1', ..] => return Ok(Shape::Parquet),
        [b'P', b'A', b'R', b'E', ..] if head.contains(&0) => {
            return no("an encrypted Parquet file", "decrypt it first");
        }
        [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..] => return Ok(Shape::ArrowFile),
        [0xff, 0xff, 0xff, 0xff, ..] => return Ok(Shape::ArrowStream),
        _ => {}
    }
    if let Some((_, what, help)) = OTHERS.iter().find(|(mark, ..)| head.starts_with(mark)) {
        return no(what, help);
    }
    if Packing::of(head) != Packing::Plain {
        return no("packed twice", "unpack it once");
    }
    if head.get(257..262) == Some(b"ustar") {
        return no("a tar archive", "unpack it first");
    }
    let named = ending(path).map(|(_, format, _)| format);
    Ok(match head.iter().find(|c| !c.is_ascii_whitespace()) {
        None if head.is_empty() || named != Some("csv") => Shape::Empty,
        Some(b'{' | b'[') if !matches!(named, Some("csv" | "tsv")) => Shape::Json,
        _ => match named {
            Some("tsv") => Shape::Tsv,
            Some("json" | "ndjson" | "jsonl") => Shape::Json,
            Some("parquet") => return no("no Parquet file", "look at how it begins"),
            Some("arrow" | "arrows" | "feather" | "ipc") => {
                return no("no Arrow file", "look at how it begins");
            }
            Some("xlsx" | "xlsm") => return no("no Excel workbook", "look at how it begins"),
            Some(_) => Shape::Csv,
            None if head.contains(&0) => {
                return no(
                    "of an unknown kind",
                    "data is JSON, CSV, TSV, Parquet, Arrow or an Excel workbook",
                );
            }
            None => text_shape(path, head),
        },
    })
}

/// Tabs or commas, whichever the first line has more of; without any separator, and in logs, lines are values.
fn text_shape(path: &Path, head: &[u8]) -> Shape {
    let inner = unpacked_name(path);
    let is_log = inner
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("log"));
    let line = head.split(|c| *c == b'\n').next().unwrap_or(&[]);
    let count = |byte| memchr::memchr_iter(byte, line).count();
    let separated = b",;|\t".iter().any(|mark| count(*mark) > 0);
    if is_log || !separated {
        Shape::Lines
    } else if count(b'\t') > count(b',') {
        Shape::Tsv
    } else {
        Shape::Csv
    }
}

/// The endings of data files.
const ENDINGS: [&str; 12] = [
    "json", "ndjson", "jsonl", "csv", "tsv", "parquet", "arrow", "arrows", "feather", "ipc",
    "xlsx", "xlsm",
];

/// The endings of packed files.
const PACKED: [(&str, Packing); 4] = [
    ("gz", Packing::Gzip),
    ("zst", Packing::Zstd),
    ("bz2", Packing::Bzip2),
    ("xz", Packing::Xz),
];

/// How the content of a file is packed by its name.
pub fn packing(path: &Path) -> Packing {
    let end = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let packed = PACKED
        .iter()
        .find(|(known, _)| end.eq_ignore_ascii_case(known));
    packed.map_or(Packing::Plain, |(_, packing)| *packing)
}

/// A file's name without what says how it is packed.
pub fn unpacked_name(path: &Path) -> PathBuf {
    match packing(path) {
        Packing::Plain => path.to_path_buf(),
        _ => path.with_extension(""),
    }
}

/// A file name's stem, its data ending and its packing; `None` for other names.
pub fn ending(path: &Path) -> Option<(&str, &'static str, Packing)> {
    let name = path.file_name()?.to_str()?;
    let (rest, last) = name.rsplit_once('.')?;
    let packed = PACKED
        .iter()
        .find(|(end, _)| last.eq_ignore_ascii_case(end));
    let (rest, last, packing) = match packed {
        Some((_, packing)) => {
            let (rest, last) = rest.rsplit_once('.')?;
            (rest, last, *packing)
        }
        None => (rest, last, Packing::Plain),
    };
    let format = ENDINGS.iter().find(|e| last.eq_ignore_ascii_case(e))?;
    (!rest.is_empty()).then_some((rest, *format, packing))
}
