//! Reading queries: files of any kind, standard input, arguments.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::catalog::StoredFunction;
use crate::contract::Fault;
use crate::sentinel;
use crate::source::Source;

/// Positions in a query are 32 bits wide, and no query is that large.
const LARGEST: u64 = 256 << 20;

/// The queries of a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read, is no text, or holds no query.
pub(crate) fn queries(path: &Path) -> Result<Vec<Source>, Fault> {
    let (name, bytes) = bytes(path)?;
    let text = decoded(&name, bytes)?;
    match path.as_os_str() == "-" {
        true => Ok(vec![Source::whole(name, text)]),
        false => sentinel::queries(&name, &text),
    }
}

/// The same as they run, with the functions of the file that they call.
///
/// # Errors
/// As for [`queries`].
pub(crate) fn runnable(path: &Path) -> Result<(Vec<Source>, Vec<StoredFunction>), Fault> {
    let (name, bytes) = bytes(path)?;
    let text = decoded(&name, bytes)?;
    match path.as_os_str() == "-" {
        true => Ok((vec![Source::whole(name, text)], Vec::new())),
        false => sentinel::runnable(&name, &text),
    }
}

/// A file's name as it is shown, and its content; `-` is standard input.
///
/// # Errors
/// When it cannot be read.
pub(super) fn bytes(path: &Path) -> Result<(String, Vec<u8>), Fault> {
    if path.as_os_str() == "-" {
        let bytes = read(io::stdin().lock(), "standard input")?;
        return Ok(("<stdin>".to_string(), bytes));
    }
    let name = path.display().to_string();
    let unreadable = |error: io::Error| {
        let fault = Fault::data(format!("cannot read {name}: {}", reason(&error)));
        match error.kind() {
            io::ErrorKind::NotFound if name.contains(['|', ' ']) => {
                fault.help("a query itself is given with -e")
            }
            _ => fault,
        }
    };
    if path.is_dir() {
        std::fs::read_dir(path).map_err(unreadable)?;
        return Err(
            Fault::data(format!("{name} is a folder, not a file with queries"))
                .help("tables are given with --data"),
        );
    }
    let file = File::open(path).map_err(unreadable)?;
    let bytes = read(file, &name)?;
    Ok((name, bytes))
}

/// The query of argument `index`.
pub(crate) fn argument(text: &str, index: usize) -> Source {
    let name = match index {
        0 => "<query>".to_string(),
        n => format!("<query {}>", n + 1),
    };
    Source::whole(name, text)
}

fn read(input: impl Read, name: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = input.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Fault::data(format!("cannot read {name}: {}", reason(&error))))?;
    if bytes.len() as u64 > LARGEST {
        let megabytes = LARGEST >> 20;
        return Err(Fault::data(format!(
            "{name} is larger than {megabytes} MB, which no query is"
        )));
    }
    Ok(bytes)
}

/// The text of a file: UTF-8, with or without a byte-order mark, or UTF-16 with one.
pub(super) fn decoded(name: &str, bytes: Vec<u8>) -> Result<String, Fault> {
    let utf16 = |little: bool, content: &[u8]| {
        let units = content.chunks_exact(2).map(|pair| match little {
            true => u16::from_le_bytes([pair[0], pair[1]]),
            false => u16::from_be_bytes([pair[0], pair[1]]),
        });
        let text = char::decode_utf16(units).collect::<Result<String, _>>();
        // A byte too many is not of a letter.
        text.ok()
            .filter(|_| content.len().is_multiple_of(2))
            .ok_or_else(|| Fault::data(format!("{name} is not valid UTF-16")))
    };
    if let Some(content) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(true, content);
    }
    if let Some(content) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(false, content);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        Fault::data(format!(
            "{name} is not UTF-8: byte 0x{byte:02X} at offset {at} (line {line})"
        ))
        .help("save the file as UTF-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_string(),
        None => text,
    })
}

/// What the system said, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => {
            let text = error.to_string();
            let said = text.split(" (os error").next().unwrap_or_default();
            said.to_string()
        }
    }
}
