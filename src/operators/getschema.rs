//! `getschema`: the columns instead of the rows.

use super::prelude::*;

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

/// `getschema`
pub fn getschema(i: Tokens<'_>) -> Parsed<'_, Getschema> {
    Ok((after(i, &INFO), Getschema))
}

impl Print for Getschema {
    fn print(&self, _: &mut Printer) {}
}
