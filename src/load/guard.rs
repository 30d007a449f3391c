//! Keeps damaged binary files from taking the program down: the decoders of Arrow and Parquet panic
//! on some of them.

use std::cell::Cell;
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
    let result = catch_unwind(AssertUnwindSafe(decode));
    QUIET.set(before);
    result.unwrap_or_else(|_| {
        Err(Fault::data(format!("{}: the file is damaged", file.name())).help("write it again"))
    })
}
