//! Files that are written as a whole or not at all, packed if their name says so.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::contract::Fault;
use crate::load::{Packing, packing, temporary_in, unpacked_name};
use crate::output::{Sink, WriteError};

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
    if !folder.exists() {
        fs::create_dir_all(folder)?;
    }
    let mut file = BufWriter::with_capacity(1 << 18, temporary_in(folder)?);
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

/// The file itself for the first result, `NAME-2.csv` for the second.
pub(super) fn numbered(path: &Path, count: usize) -> PathBuf {
    if count <= 1 {
        return path.to_path_buf();
    }
    let inner = unpacked_name(path);
    let stem = inner.file_stem().unwrap_or_default().to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends = name.strip_prefix(&*stem).unwrap_or_default();
    path.with_file_name(format!("{stem}-{count}{ends}"))
}
