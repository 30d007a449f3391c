//! `evaluate`: calls a plugin.

use super::{Info, Place};
use crate::syntax::ast::{Argument, Name, OperatorParameter, RowSchema};

/// What users read about `evaluate`.
pub const INFO: Info = Info {
    keywords: &["evaluate"],
    place: Place::Either,
    summary: "Calls a plugin with the rows.",
    syntax: "[T |] evaluate [hint.distribution=...] plugin(argument, ...) [: (column: type, ...)]",
};

/// `evaluate bag_unpack(d) : (*, a: long)`
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluate {
    /// `hint.*=…`
    pub parameters: Vec<OperatorParameter>,
    /// The plugin's name.
    pub plugin: Name,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// The columns it will give, if they are declared.
    pub schema: Option<RowSchema>,
}
