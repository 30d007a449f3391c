//! Files of queries: found in folders, read, and written back as they were encoded.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::input::{self, reason};
use crate::catalog::Declared;
use crate::contract::Fault;
use crate::sentinel;

/// A file to be read.
pub(super) struct Input {
    pub path: PathBuf,
    /// Whether it was found in a folder, and may hold no query.
    pub found: bool,
}

/// Endings of files that may hold queries.
const ENDINGS: [&str; 9] = [
    "kql", "csl", "kusto", "yaml", "yml", "md", "markdown", "txt", "json",
];
/// Bytes of a JSON file in a folder at most: what is larger is data.
const LARGEST_JSON: u64 = 16 << 20;

/// The files that arguments name: themselves, or what may hold queries in a folder and its sub-folders, in order of
/// their names. Hidden files and folders, and those of packages, are left out.
pub(super) fn find(arguments: &[PathBuf]) -> Vec<Input> {
    let mut found = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            folder(argument, &mut found);
        } else {
            found.push(Input {
                path: argument.clone(),
                found: false,
            });
        }
    }
    // A file that is named once more, itself or by a folder, is the same file.
    let mut seen = HashSet::new();
    found.retain(|input| match input.path.canonicalize() {
        Ok(path) => seen.insert(path),
        Err(_) => true,
    });
    found
}

fn folder(path: &Path, found: &mut Vec<Input>) {
    let Ok(entries) = fs::read_dir(path) else {
        // Reading it as a file will say why.
        found.push(Input {
            path: path.to_path_buf(),
            found: false,
        });
        return;
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "node_modules" {
            continue;
        }
        // Who says `.` wants names as from there.
        let path = match path.as_os_str() == "." {
            true => PathBuf::from(entry.file_name()),
            false => entry.path(),
        };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folder(&path, found),
            Ok(_) => {
                let ending = path
                    .extension()
                    .and_then(|e| e.to_str())
                    .unwrap_or_default();
                let is_known = ENDINGS
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(ending));
                if is_known && path.is_file() && !is_data(&path, ending) {
                    found.push(Input { path, found: true });
                }
            }
            Err(_) => {}
        }
    }
}

fn is_data(path: &Path, ending: &str) -> bool {
    let large = |data: fs::Metadata| data.len() > LARGEST_JSON;
    ending.eq_ignore_ascii_case("json") && path.metadata().is_ok_and(large)
}

/// Whether a file found in a folder is to be taken for one with queries: any text could be in a `.txt`, and any data in
/// a `.json`.
pub(super) fn holds_queries(path: &Path, text: &str) -> bool {
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "txt" => text.lines().any(|line| line.trim_start().starts_with('|')),
        "json" => sentinel::may_hold_rules(text),
        "md" | "markdown" => text.contains("```") || text.contains("~~~"),
        _ => true,
    }
}

/// Reads a file that holds queries; `None` if it was found in a folder and holds none.
///
/// # Errors
/// When it cannot be read or is no text, but for what need not be text.
pub(super) fn read_input(input: &Input) -> Result<Option<Text>, Fault> {
    let (name, bytes) = input::bytes(&input.path)?;
    let text = match input::decoded(&name, bytes.clone()) {
        Ok(text) => text,
        Err(fault) if input.found => {
            let text = String::from_utf8_lossy(&bytes);
            let is_yaml = [".yaml", ".yml"]
                .iter()
                .any(|ending| name.ends_with(ending));
            return match holds_queries(&input.path, &text) && (!is_yaml || is_rule(&text)) {
                true => Err(fault),
                false => Ok(None),
            };
        }
        Err(fault) => return Err(fault),
    };
    let text = Text {
        name,
        text,
        path: input.path.clone(),
        bytes,
    };
    Ok((!input.found || holds_queries(&input.path, &text.text)).then_some(text))
}

/// Whether a YAML or JSON file without a query that can be read was meant to have one.
pub(super) fn is_rule(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && sentinel::may_hold_rules(text)
        && text.contains("\"query\"")
        || text.lines().any(|line| {
            let key = line.split(':').next().unwrap_or_default();
            let keys = [
                "query",
                "ParserQuery",
                "FunctionQuery",
                "Query",
                "queryCondition",
            ];
            keys.contains(&key) && line.contains(':')
        })
}

/// Declares the tables of schema files.
pub(super) fn schemas(files: &[PathBuf], tables: &mut Declared) -> Result<(), Fault> {
    for file in files {
        let text = read(file)?.text;
        tables.read(&file.display().to_string(), &text)?;
    }
    Ok(())
}

/// A file's text.
pub(super) struct Text {
    /// The name that is shown.
    pub name: String,
    pub text: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Reads a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read or is no text.
pub(super) fn read(path: &Path) -> Result<Text, Fault> {
    let (name, bytes) = input::bytes(path)?;
    let text = input::decoded(&name, bytes.clone())?;
    Ok(Text {
        name,
        text,
        path: path.to_path_buf(),
        bytes,
    })
}

impl Text {
    /// Writes another text in the file's place, encoded as it was: in UTF-8 with its mark if it had one, or in UTF-16.
    ///
    /// # Errors
    /// When it cannot be written, or is standard input.
    pub fn replace(&self, text: &str) -> Result<(), Fault> {
        if self.path.as_os_str() == "-" {
            return Err(
                Fault::data("standard input cannot be written to").help("give the file's name")
            );
        }
        write(&self.path, &encoded(text, &self.bytes))
    }
}

/// A text in the encoding of other bytes, as their mark tells it.
fn encoded(text: &str, like: &[u8]) -> Vec<u8> {
    const UTF_8: &[u8] = b"\xef\xbb\xbf";
    const LITTLE: &[u8] = b"\xff\xfe";
    const BIG: &[u8] = b"\xfe\xff";
    if like.starts_with(LITTLE) {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        return LITTLE.iter().copied().chain(units).collect();
    }
    if like.starts_with(BIG) {
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        return BIG.iter().copied().chain(units).collect();
    }
    let mark = if like.starts_with(UTF_8) { UTF_8 } else { b"" };
    [mark, text.as_bytes()].concat()
}

/// Writes a file, as a whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let failed = |error: &std::io::Error| {
        let message = format!("cannot write {}: {}", path.display(), reason(error));
        Fault::data(message)
    };
    // A link stays one: what it names is written.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
    file.write_all(content).map_err(|e| failed(&e))?;
    match target.metadata() {
        Ok(data) => fs::set_permissions(file.path(), data.permissions()).map_err(|e| failed(&e))?,
        Err(_) => readable(file.path()).map_err(|e| failed(&e))?,
    }
    file.persist(&target).map_err(|e| failed(&e.error))?;
    Ok(())
}

/// A temporary file is its owner's alone; a new file of the user's is as new files are.
fn readable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}
