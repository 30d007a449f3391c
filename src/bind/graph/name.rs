//! What the columns given of a match are called when the query does not say (measured).

use super::pattern::Variable;
use super::{Function, fold};
use crate::bind::Binder;
use crate::bind::name::{constant_key, joined};
use crate::syntax::ast;

impl Binder<'_> {
    /// The name that an expression over a match suggests: nothing when it is named like any other, `None` within
    /// when it is numbered.
    pub(super) fn name_in_match(&self, e: &ast::Expr) -> Option<Option<String>> {
        match &e.kind {
            ast::ExprKind::Paren(inner) => self.name_in_match(inner),
            ast::ExprKind::Name(name) => {
                let (pattern, variable) = self.variable(e)?;
                // A node that holds nothing is numbered.
                let bare = pattern.graph.properties().next().is_none();
                let numbered = bare && matches!(variable, Variable::Node(_));
                Some((!numbered).then(|| name.text.to_string()))
            }
            ast::ExprKind::Call { name, arguments } => {
                let function = fold::function(&name.text)?;
                self.pattern_here()?;
                Some(self.name_of_fold(&name.text, function, arguments))
            }
            _ => self.path_in_match(e).map(Some),
        }
    }

    /// `a.d.x[0]` is `a_d_x_0`.
    pub(crate) fn path_in_match(&self, e: &ast::Expr) -> Option<String> {
        self.pattern_here()?;
        match &e.kind {
            ast::ExprKind::Name(name) => self.variable(e).map(|_| name.text.to_string()),
            ast::ExprKind::Path { base, member } => {
                let ast::ExprKind::Name(key) = &member.kind else {
                    return None;
                };
                let base = self.path_in_match(base)?;
                Some(joined(Some(base), &key.text))
            }
            ast::ExprKind::Index { base, index } => {
                let base = self.path_in_match(base)?;
                Some(joined(Some(base), &constant_key(index)?))
            }
            _ => None,
        }
    }

    fn name_of_fold(
        &self,
        name: &str,
        function: Function,
        arguments: &[ast::Argument],
    ) -> Option<String> {
        let first = arguments.first().map(|a| &a.value);
        if !matches!(function, Function::Fold(_)) {
            let of = first.and_then(|e| self.path_in_match(e));
            return Some(match of {
                Some(of) => format!("{name}_{of}"),
                None => name.to_string(),
            });
        }
        let path = first?;
        let of = match &path.kind {
            ast::ExprKind::Call { name, arguments } => {
                let inner = self.path_in_match(&arguments.first()?.value)?;
                format!("{}_{inner}", name.text)
            }
            _ => self.path_in_match(path)?,
        };
        let body = &arguments.get(1)?.value;
        let own = match &body.kind {
            ast::ExprKind::Call { name, arguments } if arguments.is_empty() => {
                fold::function(&name.text).map(|_| name.text.to_string())
            }
            _ => self.base_name(body),
        };
        Some(format!("{of}_{}", own.unwrap_or_else(|| "Column".into())))
    }
}
