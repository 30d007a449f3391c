//! What columns are called when the query does not say.

use std::collections::HashSet;
use std::sync::Arc;

use crate::bind::columns::names_in;
use crate::bind::{Binder, Binding};
use crate::functions;
use crate::plan::{AggregateNaming, Naming};
use crate::syntax::ast;
use crate::types::{Schema, Value};

/// A column about to be named.
#[derive(Clone, Debug)]
pub struct Item {
    /// The name the query gives.
    pub explicit: Option<Arc<str>>,
    /// The name the expression suggests.
    pub base: Option<String>,
}

/// Names for columns, left to right: the explicit one, else the suggested one with the first free
/// suffix `1, 2, …`, else what `positional` makes of the running number.
///
/// `reserved` are names that positional ones skip.
pub fn assign(
    items: &[Item],
    reserved: &HashSet<Arc<str>>,
    positional: impl Fn(usize, usize) -> String,
) -> Vec<Arc<str>> {
    let explicit: HashSet<Arc<str>> = items.iter().filter_map(|i| i.explicit.clone()).collect();
    let mut taken: HashSet<Arc<str>> = HashSet::new();
    let mut unnamed = 0;
    let mut names = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let name: Arc<str> = match (&item.explicit, &item.base) {
            (Some(name), _) => name.clone(),
            (None, Some(base)) => free(base, &taken, &explicit),
            (None, None) => loop {
                unnamed += 1;
                let name = positional(index, unnamed);
                if !reserved.contains(name.as_str()) {
                    break free(&name, &taken, &explicit);
                }
            },
        };
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

/// `base`, or the first of `base1`, `base2`, … that is neither taken nor written anywhere.
fn free(base: &str, taken: &HashSet<Arc<str>>, explicit: &HashSet<Arc<str>>) -> Arc<str> {
    let used = |name: &str| taken.contains(name) || explicit.contains(name);
    if !used(base) {
        return base.into();
    }
    (1..)
        .map(|n| format!("{base}{n}"))
        .find(|name| !used(name))
        .unwrap_or_default()
        .into()
}

impl Binder<'_> {
    /// The name an expression suggests for its column.
    pub(crate) fn base_name(&self, e: &ast::Expr) -> Option<String> {
        if self.path_in_match(e).is_some() {
            // What a call computes of a node or an edge is not called after it (measured).
            return None;
        }
        match &e.kind {
            ast::ExprKind::Name(name) => Some(name.text.to_string()),
            ast::ExprKind::Paren(inner) => self.base_name(inner),
            ast::ExprKind::Path { base, member } => {
                let ast::ExprKind::Name(key) = &member.kind else {
                    return None;
                };
                Some(joined(self.base_name(base), &key.text))
            }
            ast::ExprKind::Index { base, index } => {
                let key = constant_key(index)?;
                Some(joined(self.base_name(base), &key))
            }
            ast::ExprKind::Call { name, arguments } => self.call_name(name, arguments),
            _ => None,
        }
    }

    /// Gives names to what `distinct` lists without one where they differ from those of other lists: what has no name of
    /// its own, and what is called after a function, is called by a number that follows those that other lists would
    /// give (measured: `distinct i + 1` is `Column2`, `distinct gettype(s)` is `Column1`).
    pub(crate) fn name_distinct(&self, keys: &mut [ast::Expr], columns: &Schema) {
        let mut taken = names_in(columns);
        let mut number = 0;
        for key in &*keys {
            match &key.kind {
                ast::ExprKind::Named { names, .. } => {
                    taken.extend(names.iter().map(|n| n.text.clone()));
                }
                _ if self.base_name(key).is_none() => number += 1,
                _ => {}
            }
        }
        for key in keys {
            let name = match &key.kind {
                ast::ExprKind::Named { .. } => continue,
                _ if !self.has_no_name_in_distinct(key) => continue,
                _ => loop {
                    number += 1;
                    let name: Arc<str> = format!("Column{number}").into();
                    if !taken.contains(&name) {
                        break name;
                    }
                },
            };
            let value = std::mem::replace(&mut key.kind, ast::ExprKind::Error);
            let span = key.span;
            let value = Box::new(ast::Expr { kind: value, span });
            let name = ast::Name {
                text: name,
                quoted: true,
                span,
            };
            key.kind = ast::ExprKind::Named {
                names: vec![name],
                bracketed: false,
                value,
            };
        }
    }

    fn has_no_name_in_distinct(&self, key: &ast::Expr) -> bool {
        let ast::ExprKind::Call { name, .. } = &key.kind else {
            return self.base_name(key).is_none();
        };
        match functions::scalar(&name.text).map(|entry| entry.function) {
            Some(function) if function.tuple.is_some() => false,
            Some(function) if matches!(function.naming, Naming::Prefix(_) | Naming::Fixed(_)) => {
                true
            }
            _ => self.base_name(key).is_none(),
        }
    }

    fn call_name(&self, name: &ast::Name, arguments: &[ast::Argument]) -> Option<String> {
        if matches!(self.env.get(&name.text), Some(Binding::Function(_))) {
            return None;
        }
        let first = || {
            let argument = arguments.first()?;
            match &argument.name {
                Some(name) => Some(name.text.to_string()),
                None => self.base_name(&argument.value),
            }
        };
        let scalar = functions::scalar(&name.text);
        if let Some(entry) = scalar.filter(|_| !self.is_aggregate(name, arguments)) {
            return match entry.function.naming {
                Naming::Positional => None,
                Naming::First => first(),
                Naming::Only if arguments.len() == 1 => first(),
                Naming::Only => None,
                Naming::Prefix(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
                Naming::Fixed(name) => Some(name.to_string()),
                Naming::Path => None,
            };
        }
        if let Some(named) = crate::bind::special::naming(&name.text) {
            return named.then(first).flatten();
        }
        let entry = functions::aggregate(&name.text)?;
        let first = first().unwrap_or_default();
        Some(match entry.function.naming {
            AggregateNaming::Prefix(prefix) => format!("{prefix}_{first}"),
            AggregateNaming::First => return (!first.is_empty()).then_some(first),
            AggregateNaming::WithConstants(prefix) => {
                let constant = arguments.get(1).and_then(|a| constant_key(&a.value));
                format!("{prefix}_{first}_{}", constant.unwrap_or_default())
            }
            AggregateNaming::Pair(prefix) => {
                let second = arguments
                    .get(1)
                    .and_then(|a| self.base_name(&a.value))
                    .unwrap_or_default();
                format!("{prefix}_{first}_{second}")
            }
        })
    }
}

/// `d` and `a` make `d_a`; a value without a name and `0` make `0`.
pub(crate) fn joined(base: Option<String>, key: &str) -> String {
    let base = base.unwrap_or_default();
    if base.is_empty() {
        key.to_string()
    } else {
        format!("{base}_{key}")
    }
}

/// The text of a constant in a name: `0`, `_1` for -1, `99_9` for 99.9, `a` for `'a'`.
pub(crate) fn constant_key(e: &ast::Expr) -> Option<String> {
    match &e.kind {
        ast::ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => Some(text.to_string()),
            Value::Int(_) | Value::Long(_) => literal.value.as_i64().map(|v| v.to_string()),
            Value::Real(v) => Some(v.to_string().replace(['.', '-'], "_")),
            _ => None,
        },
        ast::ExprKind::Unary {
            negative: true,
            operand,
        } => Some(format!("_{}", constant_key(operand)?)),
        ast::ExprKind::Paren(inner) => constant_key(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(items: &[(Option<&str>, Option<&str>)]) -> Vec<String> {
        let items: Vec<Item> = items
            .iter()
            .map(|(explicit, base)| Item {
                explicit: explicit.map(Into::into),
                base: base.map(Into::into),
            })
            .collect();
        assign(&items, &HashSet::new(), |_, n| format!("Column{n}"))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn suffixes_skip_names_written_anywhere() {
        assert_eq!(
            names(&[(None, Some("x")), (None, Some("x")), (Some("x1"), None)]),
            ["x", "x2", "x1"]
        );
        assert_eq!(names(&[(None, None), (None, None)]), ["Column1", "Column2"]);
    }
}
