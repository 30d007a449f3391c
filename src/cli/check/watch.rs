//! `--watch`: checks again whenever a file changes.
//!
//! The files' sizes and times are looked at a few times a second, which works on every file system, those of
//! containers and networks included.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{levels, once};
use crate::cli::args::Check;
use crate::cli::console::{Console, Exit};
use crate::cli::files;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What tells that a file or folder has changed.
type State = BTreeMap<PathBuf, Seen>;

/// The size and time of what is there.
type Seen = Option<(u64, SystemTime)>;

fn seen(path: &Path) -> Seen {
    let data = path.metadata().ok()?;
    Some((data.len(), data.modified().ok()?))
}

/// How the files are that the command line names, and these.
fn state(args: &Check, data: &[PathBuf]) -> State {
    let named = &args.data.named;
    let queries = [&args.files, &args.functions].into_iter();
    let found = queries
        .flat_map(|paths| files::find(paths))
        .map(|input| input.path);
    let whole = named
        .schemas
        .iter()
        .chain(&args.baseline)
        .chain(data)
        .cloned();
    // A file that comes into a folder, or goes, changes the folder.
    let sources = args
        .data
        .data
        .iter()
        .chain(named.tables.iter().map(|(_, glob)| glob));
    let places = sources.filter_map(|source| place(Path::new(source)));
    found
        .chain(whole)
        .chain(places)
        .map(|path| {
            let state = seen(&path);
            (path, state)
        })
        .collect()
}

/// What is there of a path or glob: itself, or the folder that its files are in.
fn place(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .map(|path| {
            if path.as_os_str().is_empty() {
                Path::new(".")
            } else {
                path
            }
        })
        .find(|path| path.exists())
        .map(Path::to_path_buf)
}

/// Checks until the process is interrupted, or at once finds nothing to check with.
pub(super) fn watch(args: &Check, console: &Console) -> Exit {
    let mut data: Option<Vec<PathBuf>> = None;
    loop {
        let mut before = state(args, &[]);
        let of_data: State = data
            .iter()
            .flatten()
            .map(|path| (path.clone(), seen(path)))
            .collect();
        match levels(args, console) {
            Ok(levels) => {
                once(args, &levels, console);
                data = Some(levels.data);
            }
            // Who is about to write what is not right yet goes on.
            Err(exit) if data.is_none() => return exit,
            Err(_) => {}
        }
        let known = data.as_deref().unwrap_or_default();
        for path in known {
            let known = of_data.get(path).copied();
            before
                .entry(path.clone())
                .or_insert_with(|| known.unwrap_or_else(|| seen(path)));
        }
        console.aside("watching; Ctrl-C ends it");
        let now = changed(args, known, &before);
        console.aside(&format!("\n{} has changed", now.display()));
    }
}

/// Waits until something is no longer as before; what it is.
fn changed(args: &Check, data: &[PathBuf], before: &State) -> PathBuf {
    loop {
        thread::sleep(PAUSE);
        let mut now = state(args, data);
        if now == *before {
            continue;
        }
        // Who writes in several steps is given time to finish.
        loop {
            thread::sleep(PAUSE / 2);
            let then = state(args, data);
            if then == now {
                break;
            }
            now = then;
        }
        let changed = now
            .iter()
            .find(|entry| before.get(entry.0) != Some(entry.1));
        let gone = || before.keys().find(|path| !now.contains_key(*path));
        if let Some(path) = changed.map(|(path, _)| path).or_else(gone) {
            return path.clone();
        }
    }
}
