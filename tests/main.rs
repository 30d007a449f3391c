//! All tests that are not beside the code, in one binary: it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod suite {
    mod cases;
    mod charts;
    mod cli;
    mod complete;
    mod conformance;
    mod corpus;
    mod diagnostics;
    mod differ;
    mod ebnf;
    mod engine;
    mod examples;
    mod fuzz;
    mod grammar;
    mod layout;
    mod lint;
    mod load;
    mod proof;
    mod readme;
    mod repl;
    mod rewrite;
    mod robust;
    mod seeds;
    mod support;
    mod tidy;
}
