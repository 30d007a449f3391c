//! Calls of functions that only Defender's service can answer.

use crate::bind::{Binder, Relation};
use crate::catalog::{ServiceFunction, service_function};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast;
use crate::text::counted;
use crate::types::{Column, Schema, Value};

impl Binder<'_> {
    /// A call of a service's function: its columns are known, its rows are not.
    pub(super) fn ask_service(
        &mut self,
        function: &ServiceFunction,
        arguments: &[ast::Argument],
        piped: Option<Relation>,
        span: Span,
    ) -> Relation {
        let name = function.name;
        if arguments.len() > function.most {
            let most = counted(function.most, "argument", "arguments");
            let message = format!("`{name}` takes at most {most}, not {}", arguments.len());
            self.error(Code::ArgumentCount, span, message);
        }
        let rows = piped.map(|relation| relation.plan.schema);
        let known = rows.clone().unwrap_or_default();
        self.over(&known, |b| {
            for argument in arguments {
                b.scalar(&argument.value);
            }
        });
        let message = format!(
            "`{name}` tells {}, which Defender's service alone knows",
            function.tells
        );
        let help = "a function of that name given with --functions FOLDER stands in for it";
        self.say(Diagnostic::unsupported(span, message).help(help));
        let mut relation = self.broken_table();
        let schema = &mut relation.plan.schema;
        // What it calls its columns where the rows have columns of those names is not documented.
        *schema = Schema {
            open: rows.is_some(),
            columns: known.columns,
        };
        for (name, ty) in function.columns {
            if schema.index(name).is_none() {
                schema.columns.push(Column::new(*name, *ty));
            }
        }
        relation
    }
}

/// The arguments for a function that stands in for a service's: a column is told by its name.
pub(super) fn by_name(name: &str, arguments: &[ast::Argument]) -> Vec<ast::Argument> {
    let mut arguments = arguments.to_vec();
    if service_function(name).is_none() {
        return arguments;
    }
    for argument in &mut arguments {
        if let ast::ExprKind::Name(column) = &argument.value.kind {
            argument.value.kind = ast::ExprKind::Literal(ast::Literal {
                value: Value::String(column.text.clone()),
                text: format!("'{}'", column.text).into(),
            });
        }
    }
    arguments
}
