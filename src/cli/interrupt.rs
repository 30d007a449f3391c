//! Ctrl-C: the query that runs is asked to stop; if it does not soon, the process ends.

use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::console::Exit;
use crate::contract::{Cancel, STOP};

/// What stops the query that runs.
static CURRENT: Mutex<Option<Cancel>> = Mutex::new(None);

/// Time that a query has to stop by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether Ctrl-C ends the query only, not the program.
static STAYS: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C stops what runs, and the program stays; asked twice, it goes.
pub(crate) fn stay() {
    STAYS.store(true, Ordering::Relaxed);
}

/// From now on Ctrl-C is heard.
pub(crate) fn install() {
    // Without a handler Ctrl-C ends the process at once, which is good enough.
    let _ = ctrlc::set_handler(|| {
        let current = CURRENT.lock().ok().and_then(|mut current| current.take());
        if STAYS.load(Ordering::Relaxed) {
            match current {
                // A child that runs in the foreground, such as a pager, hears it too: that is its matter.
                None => return,
                Some(cancel) if !cancel.is_cancelled() => {
                    cancel.cancel();
                    STOP.ask();
                    set(Some(cancel));
                    return;
                }
                Some(_) => {}
            }
        } else if let Some(cancel) = current {
            cancel.cancel();
            STOP.ask();
            thread::sleep(PATIENCE);
        }
        process::exit(i32::from(Exit::Interrupted.code()));
    });
}

/// Lets Ctrl-C stop this while `work` is done.
pub(crate) fn listening<T>(cancel: &Cancel, work: impl FnOnce() -> T) -> T {
    STOP.clear();
    set(Some(cancel.clone()));
    let done = work();
    set(None);
    done
}

fn set(cancel: Option<Cancel>) {
    if let Ok(mut current) = CURRENT.lock() {
        *current = cancel;
    }
}
