//! `--watch`: checks again whenever a file changes.
//!
//! The files' sizes and times are looked at a few times a second, which works on every file system, those of
//! containers and networks included.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use super::{Levels, once};
use crate::cli::args::Check;
use crate::cli::console::{Console, Exit};
use crate::cli::files;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What tells that a file has changed.
type State = BTreeMap<PathBuf, Option<(u64, SystemTime)>>;

fn state(args: &Check) -> State {
    files::find(&args.files)
        .into_iter()
        .map(|input| {
            let data = input.path.metadata().ok();
            let state = data.and_then(|data| Some((data.len(), data.modified().ok()?)));
            (input.path, state)
        })
        .collect()
}

/// Checks until the process is interrupted.
pub(super) fn watch(args: &Check, levels: &Levels<'_>, console: &Console) -> Exit {
    let mut before = state(args);
    loop {
        once(args, levels, console);
        console.aside("watching; Ctrl-C ends it");
        loop {
            thread::sleep(PAUSE);
            let mut now = state(args);
            if now != before {
                // Who writes in several steps is given time to finish.
                loop {
                    thread::sleep(PAUSE / 2);
                    let then = state(args);
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
                    console.aside(&format!("\n{} has changed", path.display()));
                }
                before = now;
                break;
            }
        }
    }
}
