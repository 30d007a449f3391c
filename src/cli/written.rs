//! Files that are written as a whole or not at all, packed if their name says so, and what is left of those that
//! were not.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::contract::Fault;
use crate::load::{Packing, packing};
use crate::output::{Sink, WriteError};

/// What the names of files begin with that are being written.
const PREFIX: &str = ".kql-";

/// Such a file is one that nobody writes any more when it was last written to before this.
const STALE: Duration = Duration::from_secs(60);

/// Writes a file as a whole or not at all.
pub(super) fn to_file<T>(
    path: &Path,
    write: &mut dyn FnMut(&mut Sink<'_>) -> Result<T, WriteError>,
) -> Result<T, WriteError> {
    // A link stays one; a device is written to as it is.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if path.exists() && !path.is_file() {
        return write(&mut File::create(&path)?);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match folder.exists() {
        true => sweep(folder),
        false => fs::create_dir_all(folder)?,
    }
    let mut file = BufWriter::with_capacity(1 << 18, new_file(folder)?);
    let written = match packing(&path) {
        Packing::Gzip => {
            let mut packed =
                flate2::write::GzEncoder::new(&mut file, flate2::Compression::default());
            let written = write(&mut packed)?;
            packed.finish()?;
            written
        }
        Packing::Zstd => {
            let mut packed = zstd::stream::write::Encoder::new(&mut file, 3)?;
            let written = write(&mut packed)?;
            packed.finish()?;
            written
        }
        Packing::Plain => write(&mut file)?,
        Packing::Bzip2 | Packing::Xz => {
            let fault = Fault::data("bzip2 and xz are read, not written");
            return Err(fault.help("end the name in .gz or .zst").into());
        }
    };
    file.flush()?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(written)
}

/// A new file that gets its name when it is whole, with the permissions of any new file. It is locked as long as it is
/// written.
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    let builder = builder.permissions(permissions);
    let file = builder.prefix(PREFIX).tempfile_in(folder)?;
    // Where files cannot be locked, their age alone tells.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Removes what runs that were killed have left in a folder.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let age = entry.metadata().and_then(|data| data.modified()).ok();
        let age = age.and_then(|changed| changed.elapsed().ok());
        if ours && age.is_some_and(|age| age >= STALE) {
            let path = entry.path();
            let free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if free {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// The file itself for the first result, `NAME-2.csv` for the second.
pub(super) fn numbered(path: &Path, count: usize) -> PathBuf {
    if count <= 1 {
        return path.to_path_buf();
    }
    let inner = match packing(path) {
        Packing::Plain => path.to_path_buf(),
        _ => path.with_extension(""),
    };
    let stem = inner.file_stem().unwrap_or_default().to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends = name.strip_prefix(&*stem).unwrap_or_default();
    path.with_file_name(format!("{stem}-{count}{ends}"))
}
