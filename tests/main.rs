//! All tests that are not beside the code, in one binary: it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod suite {
    mod engine;
    mod grammar;
    mod load;
}
