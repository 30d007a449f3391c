//! `render`: how the result should be drawn.

use super::{Info, Place};
use crate::syntax::ast::{Name, OperatorParameter};

/// What users read about `render`.
pub const INFO: Info = Info {
    keywords: &["render"],
    place: Place::Piped,
    summary: "Says how the result should be drawn.",
    syntax: "T | render chart [with (property = value, ...)]",
};

/// `render timechart with (title='x', ycolumns=a, b)`
#[derive(Clone, Debug, PartialEq)]
pub struct Render {
    /// The kind of chart, known or not.
    pub chart: Name,
    /// The properties; a list of names is an [`crate::syntax::ast::ExprKind::Bracketed`].
    pub properties: Vec<OperatorParameter>,
}
