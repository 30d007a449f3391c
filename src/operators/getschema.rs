//! `getschema`: the columns instead of the rows.

use super::{Info, Place};

/// What users read about `getschema`.
pub const INFO: Info = Info {
    keywords: &["getschema"],
    place: Place::Piped,
    summary: "Gives one row per column: its name, place and type.",
    syntax: "T | getschema",
};

/// `getschema`
#[derive(Clone, Debug, PartialEq)]
pub struct Getschema;
