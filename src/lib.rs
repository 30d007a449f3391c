//! `kql`: Kusto Query Language on local tables.
//!
//! Text becomes tokens, tokens a tree, the tree a typed plan, the plan rows. Everything KQL
//! *knows* (functions, aggregates, operators, error codes) is a value declared once, with its
//! prose and examples.
//!
//! Layers; a module uses modules of lower layers only:
//! 1. [`source`], [`diagnostic`], [`types`], [`decimal`], [`contract`], [`temporal`],
//!    [`json`], [`text`]
//! 2. [`plan`], [`syntax`] (which refers to [`operators`] for the node after a pipe)
//! 3. [`functions`], [`catalog`], [`load`]
//! 4. [`bind`], [`operators`] (mutual: an operator binds expressions, a query binds operators)
//! 5. [`engine`], [`layout`], [`lint`]
//! 6. [`session`]
//! 7. [`sentinel`], [`output`], [`cli`], [`repl`]
//!
//! What the layers do not tell:
//! - a plan names a table, and [`contract::Tables`] finds its source, so that plans stay plain data;
//! - a row closure is no way of its own to evaluate: [`plan::args`] makes columns of it;
//! - all work is scheduled by [`engine`], but for the survey of files, which [`load`] makes before there is a plan;
//! - only [`session`], [`cli`] and [`repl`] read the environment; a query's clock and random numbers are its
//!   [`contract::Context`]'s;
//! - a condition right after an innerunique join is asked of the left side first, as Kusto was measured to do;
//! - `--now latest` keeps the columns that the query needs from the one reading that finds the latest instant;
//! - sums of reals have a grouping of their own, so that they can go on in files and still be added in order;
//! - what one group gathers, the values that `dcount` tells apart included, has to fit in memory.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )
)]

pub mod bind;
pub mod catalog;
pub mod cli;
pub mod contract;
pub mod decimal;
pub mod diagnostic;
pub mod engine;
pub mod functions;
pub(crate) mod interned;
pub mod json;
pub mod layout;
pub mod lint;
pub mod load;
pub mod operators;
pub mod output;
pub mod plan;
pub mod repl;
pub mod sentinel;
pub mod session;
pub mod source;
pub mod syntax;
pub mod temporal;
pub mod text;
pub mod types;
