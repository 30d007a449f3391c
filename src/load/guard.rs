//! Keeps damaged binary files from taking the program down: some decoders panic on some of
//! them.

use std::cell::Cell;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::contract::Fault;
use crate::load::input::DataFile;

thread_local! {
    /// Whether a panic of this thread is expected, and shall not be printed.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; a panic in it is a failure of the file.
pub(super) fn guarded<T>(
    file: &DataFile,
    decode: impl FnOnce() -> Result<T, Fault>,
) -> Result<T, Fault> {
    quietly(decode).unwrap_or_else(|| {
        Err(Fault::data(format!("{}: the file is damaged", file.name())).help("write it again"))
    })
}

/// Runs something; `None` when it panics, of which nothing is printed.
fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    // what the decoder leaves behind is dropped, not used again
    let result = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    result.ok()
}

/// A reader that unpacks something, whose panics are failures to read.
pub(super) struct Careful<R>(Option<R>);

impl<R: Read> Careful<R> {
    pub fn new(inner: R) -> Careful<R> {
        Careful(Some(inner))
    }
}

impl<R: Read> Read for Careful<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        let inner = self.0.as_mut().ok_or_else(damaged)?;
        let read = quietly(|| inner.read(buffer)).unwrap_or_else(|| Err(damaged()));
        if read
            .as_ref()
            .is_err_and(|e| e.kind() != io::ErrorKind::Interrupted)
        {
            // A reader that failed is in no state to go on.
            self.0 = None;
        }
        read
    }
}
