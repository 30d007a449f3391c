//! Files that are there for a while only, and what is left of those whose program was killed.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

/// What their names begin with.
const PREFIX: &str = ".kql-";

/// One that nobody has locked is nobody's any more when it was last written to before this.
const STALE: Duration = Duration::from_secs(60);

/// A new file beside others, which shall get a name there, with the permissions of any new file. It is locked.
///
/// # Errors
/// When it cannot be made.
pub fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt;
        fs::Permissions::from_mode(0o666)
    };
    #[cfg(unix)]
    let builder = builder.permissions(permissions);
    sweep(folder);
    let file = builder.prefix(PREFIX).tempfile_in(folder)?;
    // Where files cannot be locked, their age alone tells.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// A new file in the system's folder for such.
pub(super) fn temporary() -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new().prefix(PREFIX).tempfile()?;
    if let Some(folder) = file.path().parent() {
        sweep(folder);
    }
    Ok(file)
}

/// Such a file with all its content, which stays as long as it is held.
pub(super) fn kept(file: NamedTempFile) -> NamedTempFile {
    let _ = file.as_file().try_lock_shared();
    file
}

/// Removes what runs that were killed have left in a folder.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let age = entry.metadata().and_then(|data| data.modified()).ok();
        let age = age.and_then(|changed| changed.elapsed().ok());
        if age.is_some_and(|age| age >= STALE) {
            let path = entry.path();
            let free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if free {
                let _ = fs::remove_file(path);
            }
        }
    }
}
