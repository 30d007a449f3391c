//! Where results go: standard output, a file, or files of a folder.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::pager::Pager;
use crate::engine::Table;
use crate::output::{self, Format, Grid, Left, WriteError};
use crate::source::Source;

/// Where results go, and in which format.
pub(crate) struct Target {
    pub format: Format,
    grid: Grid,
    place: Place,
    /// Whether a table went to standard output already.
    begun: bool,
    /// What shows long tables.
    pager: Option<Pager>,
}

enum Place {
    Stdout,
    /// One file; further results go to numbered ones.
    File(PathBuf, usize),
    /// Files called like the queries, by how many each has.
    Folder(PathBuf, HashMap<String, usize>),
}

/// What became of one result.
pub(crate) struct Written {
    /// Its file, if it went to one.
    pub file: Option<PathBuf>,
    /// What was left out.
    pub left: Left,
    pub rows: usize,
}

/// Why results could not be written, and where to.
pub(crate) struct Unwritten {
    pub error: WriteError,
    pub to: String,
}

impl Target {
    pub fn new(output: Option<&Path>, format: Option<Format>, grid: Grid) -> Target {
        let place = match output {
            None => Place::Stdout,
            Some(path) if is_folder(path) => Place::Folder(path.to_path_buf(), HashMap::new()),
            Some(path) => Place::File(path.to_path_buf(), 0),
        };
        let by_ending = match &place {
            Place::File(path, _) => Format::of_file(path),
            _ => None,
        };
        let grid = match place {
            Place::Stdout => grid,
            _ => Grid::default(),
        };
        Target {
            format: format.or(by_ending).unwrap_or(Format::Table),
            grid,
            place,
            begun: false,
            pager: None,
        }
    }

    /// The same, with a program for what is longer than the terminal.
    #[must_use]
    pub fn paged(mut self, pager: Option<Pager>) -> Target {
        self.pager = pager;
        self
    }

    pub fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Writes the results of one query.
    pub fn write(&mut self, tables: &[&Table], query: &Source) -> Result<Vec<Written>, Unwritten> {
        if self.format.holds_many() {
            let rows = tables.iter().map(|t| t.rows()).sum();
            return Ok(vec![self.one(query, rows, &mut |out, _| {
                output::write_envelope(tables, out).map(|()| Left::default())
            })?]);
        }
        let format = self.format;
        let mut written = Vec::with_capacity(tables.len());
        for table in tables {
            written.push(self.one(query, table.rows(), &mut |out, grid| {
                output::write(table, format, grid, out)
            })?);
        }
        Ok(written)
    }

    fn one(
        &mut self,
        query: &Source,
        rows: usize,
        write: &mut Writer<'_>,
    ) -> Result<Written, Unwritten> {
        let grid = self.grid;
        let file = match &mut self.place {
            Place::Stdout => {
                let apart = std::mem::replace(&mut self.begun, true)
                    && matches!(
                        self.format,
                        Format::Table | Format::Line | Format::Csv | Format::Markdown
                    );
                let people = matches!(self.format, Format::Table | Format::Line);
                let pager = self.pager.as_ref().filter(|_| people);
                let left = to_stdout(apart, &grid, pager, write).map_err(|error| Unwritten {
                    error,
                    to: "to standard output".to_string(),
                })?;
                return Ok(Written {
                    file: None,
                    left,
                    rows,
                });
            }
            Place::File(path, count) => {
                *count += 1;
                numbered(path, *count)
            }
            Place::Folder(folder, names) => {
                let stem = stem(query.name());
                let count = names.entry(stem.clone()).or_default();
                *count += 1;
                numbered(
                    &folder.join(format!("{stem}.{}", self.format.ending())),
                    *count,
                )
            }
        };
        match to_file(&file, &grid, write) {
            Ok(left) => Ok(Written {
                file: Some(file),
                left,
                rows,
            }),
            Err(error) => Err(Unwritten {
                error,
                to: file.display().to_string(),
            }),
        }
    }
}

type Writer<'a> = dyn FnMut(&mut dyn Write, &Grid) -> Result<Left, WriteError> + 'a;

fn to_stdout(
    apart: bool,
    grid: &Grid,
    pager: Option<&Pager>,
    write: &mut Writer<'_>,
) -> Result<Left, WriteError> {
    if let Some(pager) = pager {
        let mut text = Vec::from(if apart { "\n" } else { "" });
        let left = write(&mut text, grid)?;
        pager.show(&text)?;
        return Ok(left);
    }
    let mut out = io::stdout().lock();
    if apart {
        out.write_all(b"\n")?;
    }
    let left = write(&mut out, grid)?;
    out.flush()?;
    Ok(left)
}

/// Writes a file as a whole or not at all.
fn to_file(path: &Path, grid: &Grid, write: &mut Writer<'_>) -> Result<Left, WriteError> {
    // A link stays one; a device is written to as it is.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if path.exists() && !path.is_file() {
        return write(&mut File::create(&path)?, grid);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.exists() {
        fs::create_dir_all(folder)?;
    }
    let mut file = new_file(folder)?;
    let left = write(&mut file, grid)?;
    file.flush()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(left)
}

/// A new file that gets its name when it is whole, with the permissions of any new file.
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    let builder = builder.permissions(permissions);
    builder.prefix(".kql-").tempfile_in(folder)
}

fn is_folder(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    path.is_dir() || text.ends_with(['/', std::path::MAIN_SEPARATOR])
}

/// The file itself for the first result, `NAME-2.csv` for the second.
fn numbered(path: &Path, count: usize) -> PathBuf {
    if count <= 1 {
        return path.to_path_buf();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(match path.extension() {
        Some(ending) => format!("{stem}-{count}.{}", ending.to_string_lossy()),
        None => format!("{stem}-{count}"),
    })
}

/// How files for the results of a query are called.
fn stem(name: &str) -> String {
    if name.starts_with('<') {
        return "query".to_string();
    }
    let stem = Path::new(name).file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
