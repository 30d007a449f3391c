//! `evaluate`: calls a plugin.

use super::prelude::*;
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

/// `evaluate bag_unpack(d) : (a: long)`
pub fn evaluate(i: Tokens<'_>) -> Parsed<'_, Evaluate> {
    let (i, parameters) = parameters(after(i, &INFO))?;
    let (i, plugin) = name(i)?;
    let (i, arguments) = arguments(i)?;
    let (i, schema) = if i.is_symbol(0, ":") {
        let (i, schema) = row_schema(i.skip(1))?;
        (i, Some(schema))
    } else {
        i.expect("`:`");
        (i, None)
    };
    let node = Evaluate {
        parameters,
        plugin,
        arguments,
        schema,
    };
    Ok((i, node))
}

impl Print for Evaluate {
    fn print(&self, p: &mut Printer) {
        p.parameters(&self.parameters);
        p.push(" ");
        p.name(&self.plugin);
        p.arguments(&self.arguments);
        if let Some(schema) = &self.schema {
            p.push(" : ");
            p.schema(schema.star, &schema.columns);
        }
    }
}
