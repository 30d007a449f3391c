//! What files of text are packed in beyond compression: zip archives, and UTF-16.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use zip::{CompressionMethod, ZipArchive};

use super::input::BUFFER;
use super::kind::ending;
use crate::contract::Fault;

/// A file inside a zip file.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its path in the archive.
    pub name: Arc<str>,
    /// Its size, unpacked, by the archive's word.
    pub size: u64,
    /// Where its packed bytes are.
    start: u64,
    packed: u64,
    stored: bool,
}

impl Member {
    /// Bytes that it takes in the archive.
    pub fn packed(&self) -> u64 {
        self.packed
    }

    /// Its content.
    pub fn reader(
        &self,
        mut file: impl Read + Seek + Send + 'static,
    ) -> io::Result<Box<dyn Read + Send>> {
        file.seek(SeekFrom::Start(self.start))?;
        let packed = io::BufReader::with_capacity(BUFFER, file.take(self.packed));
        Ok(match self.stored {
            true => Box::new(packed),
            false => Box::new(flate2::read::DeflateDecoder::new(packed)),
        })
    }
}

/// Whether a file begins as a zip file does.
fn is_zip(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *b"PK\x03\x04"
}

/// What a file is packed as, beyond compression.
pub(super) enum Pack {
    /// It is not: the file is its own content.
    None,
    /// Files in a zip file.
    Zip(Vec<Member>),
    /// A workbook, which is a zip file as well.
    Workbook,
}

impl Pack {
    /// How a file is packed. One that cannot be read is not, so that reading it says why.
    pub fn of(path: &Path) -> Result<Pack, Fault> {
        match is_zip(path) {
            false => Ok(Pack::None),
            true => members(path),
        }
    }
}

/// The data files in a zip file, by name.
fn members(path: &Path) -> Result<Pack, Fault> {
    let fault = |what: &str, help: &str| {
        Fault::data(format!("{}: {what}", path.display())).help(help.to_string())
    };
    let file = File::open(path)
        .map_err(|e| Fault::data(format!("{} cannot be read: {e}", path.display())))?;
    let damaged = |e: zip::result::ZipError| {
        fault(&format!("the zip file is damaged: {e}"), "write it again")
    };
    let mut archive = ZipArchive::new(io::BufReader::new(file)).map_err(damaged)?;
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(damaged)?;
        let name = member.name().map_err(damaged)?.into_owned();
        if name == "xl/workbook.xml" {
            return Ok(Pack::Workbook);
        }
        if name == "xl/workbook.bin" {
            let what = "this is a workbook of the binary kind (xlsb)";
            return Err(fault(what, "save it as xlsx or CSV"));
        }
        if member.is_dir() || ending(Path::new(&name)).is_none() {
            continue;
        }
        if member.encrypted() {
            return Err(fault(
                &format!("{name} in it is encrypted"),
                "unpack it first",
            ));
        }
        let stored = match member.compression() {
            CompressionMethod::Stored => true,
            CompressionMethod::Deflated => false,
            other => {
                let what = format!("{name} in it is packed with {other}");
                return Err(fault(&what, "unpack it first"));
            }
        };
        members.push(Member {
            name: name.into(),
            size: member.size(),
            start: member
                .data_start()
                .ok_or_else(|| fault("the zip file is damaged", "write it again"))?,
            packed: member.compressed_size(),
            stored,
        });
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    match members.is_empty() {
        true => Err(fault(
            "there is no data in the zip file",
            "data files end in .json .ndjson .jsonl .csv .tsv .parquet .arrow",
        )),
        false => Ok(Pack::Zip(members)),
    }
}

/// How text is encoded, by its byte-order mark or by where its zeros are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unicode {
    Utf8,
    /// UTF-16, the low byte first.
    Little,
    /// UTF-16, the high byte first.
    Big,
}

impl Unicode {
    pub fn of(head: &[u8]) -> Unicode {
        match head {
            // FFFFFFFF begins an Arrow stream, and is no mark.
            [0xff, 0xfe, ..] => Unicode::Little,
            [0xfe, 0xff, ..] => Unicode::Big,
            [first, 0, ..] if is_start(*first) && is_utf16(head, 1) => Unicode::Little,
            [0, first, ..] if is_start(*first) && is_utf16(head, 0) => Unicode::Big,
            _ => Unicode::Utf8,
        }
    }
}

/// Whether a text of data may begin with a byte.
fn is_start(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Whether bytes are UTF-16 without a mark: most characters are of ASCII, whose `high` byte (the first or the second
/// of two) is zero, and none is NUL.
fn is_utf16(head: &[u8], high: usize) -> bool {
    let units = head.chunks_exact(2).take(2048);
    let (all, ascii) = (units.len(), units.clone().filter(|u| u[high] == 0).count());
    all >= 2 && ascii * 2 > all && units.clone().all(|unit| *unit != [0, 0])
}

/// UTF-16 as UTF-8, its byte-order mark left out; half a surrogate pair becomes U+FFFD.
pub(super) struct Transcoder {
    inner: Box<dyn Read + Send>,
    encoding: Unicode,
    /// Bytes that wait for the rest of their character.
    raw: Vec<u8>,
    text: Vec<u8>,
    /// `text[given..]` has not been handed out.
    given: usize,
    begun: bool,
    finished: bool,
}

/// Bytes transcoded at a time.
const PIECE: usize = 64 * 1024;

impl Transcoder {
    pub fn new(inner: Box<dyn Read + Send>, encoding: Unicode) -> Transcoder {
        Transcoder {
            inner,
            encoding,
            raw: Vec::new(),
            text: Vec::new(),
            given: 0,
            begun: false,
            finished: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let kept = self.raw.len();
        self.raw.resize(kept + PIECE, 0);
        let read = loop {
            match self.inner.read(&mut self.raw[kept..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.raw.truncate(kept + read);
        self.finished = read == 0;
        let mut units: Vec<u16> = self
            .raw
            .chunks_exact(2)
            .map(|pair| match self.encoding {
                Unicode::Big => u16::from_be_bytes([pair[0], pair[1]]),
                _ => u16::from_le_bytes([pair[0], pair[1]]),
            })
            .collect();
        // The first half of a pair waits for the second.
        let half = !self.finished && units.last().is_some_and(|u| (0xD800..0xDC00).contains(u));
        if half {
            units.pop();
        }
        self.raw.drain(..units.len() * 2);
        if !units.is_empty()
            && !std::mem::replace(&mut self.begun, true)
            && units.first() == Some(&0xFEFF)
        {
            units.remove(0);
        }
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.text = text.into_bytes();
        if self.finished && !self.raw.is_empty() {
            // The last character is cut off.
            self.raw.clear();
            let lost = char::REPLACEMENT_CHARACTER;
            self.text
                .extend_from_slice(lost.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.given = 0;
        Ok(())
    }
}

impl Read for Transcoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.finished {
                return Ok(0);
            }
            self.fill()?;
        }
        let rest = &self.text[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_in_any_pieces() {
        struct Drip(Vec<u8>, usize);
        impl Read for Drip {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let n = self.1.min(self.0.len()).min(buffer.len());
                buffer[..n].copy_from_slice(&self.0[..n]);
                self.0.drain(..n);
                Ok(n)
            }
        }
        let text = "a€😀\r\n東";
        for little in [true, false] {
            let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
            let bytes: Vec<u8> = units
                .flat_map(|u| {
                    if little {
                        u.to_le_bytes()
                    } else {
                        u.to_be_bytes()
                    }
                })
                .collect();
            let encoding = Unicode::of(&bytes);
            for step in 1..6 {
                let mut out = String::new();
                Transcoder::new(Box::new(Drip(bytes.clone(), step)), encoding)
                    .read_to_string(&mut out)
                    .unwrap();
                assert_eq!(out, text);
            }
        }
        assert_eq!(Unicode::of(&[0xff, 0xff, 0xff, 0xff]), Unicode::Utf8);
    }

    #[test]
    fn utf16_without_a_mark() {
        for text in ["{\"a\":1}", "a,b\r\n東京,é\r\n", "[ ]", "Zeit,Gerät\n"] {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(Unicode::of(&little), Unicode::Little, "{text}");
            assert_eq!(Unicode::of(&big), Unicode::Big, "{text}");
            assert_eq!(Unicode::of(text.as_bytes()), Unicode::Utf8, "{text}");
        }
        for binary in [&b"a\0"[..], b"a\0\0\0b\0", b"\0\0\0\0", b"ARROW1\0\0"] {
            assert_eq!(Unicode::of(binary), Unicode::Utf8, "{binary:?}");
        }
        let cut = Transcoder::new(Box::new(&b"a\0b"[..]), Unicode::Little);
        assert_eq!(io::read_to_string(cut).unwrap(), "a\u{fffd}");
    }
}
