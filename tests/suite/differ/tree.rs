//! Queries as trees of text, so that a failing one can be made smaller without knowing the language.

use std::fmt;

use kql::types::Type;

/// A piece of a query.
#[derive(Clone, Debug)]
pub enum Tree {
    Text(String),
    /// An expression of a type; a smaller one of the type may stand in its place.
    Node(Type, Vec<Tree>),
    /// Pieces one after the other.
    Group(Vec<Tree>),
    /// Items with a separator between them; all but so many may be left out.
    List(&'static str, usize, Vec<Tree>),
    /// A piece that may be left out.
    Optional(Box<Tree>),
}

impl Tree {
    pub fn text(text: impl Into<String>) -> Tree {
        Tree::Text(text.into())
    }

    /// All trees that are one step smaller, the smallest first.
    pub fn smaller(&self) -> Vec<Tree> {
        let mut found = Vec::new();
        match self {
            Tree::Text(_) => {}
            Tree::Optional(part) => {
                found.push(Tree::text(""));
                let keep = |t| Tree::Optional(Box::new(t));
                found.extend(part.smaller().into_iter().map(keep));
            }
            Tree::Group(parts) => within(parts, &mut found, Tree::Group),
            Tree::Node(ty, parts) => {
                let simple = Tree::text(simple(*ty));
                if simple.to_string().len() < self.to_string().len() {
                    found.push(simple);
                }
                parts.iter().for_each(|p| p.of_type(*ty, &mut found));
                within(parts, &mut found, |parts| Tree::Node(*ty, parts));
            }
            Tree::List(separator, least, items) => {
                if items.len() > *least {
                    for index in 0..items.len() {
                        let mut fewer = items.clone();
                        fewer.remove(index);
                        found.push(Tree::List(separator, *least, fewer));
                    }
                }
                let list = |items| Tree::List(separator, *least, items);
                within(items, &mut found, list);
            }
        }
        found
    }

    /// The outermost expressions of a type in it.
    fn of_type(&self, wanted: Type, found: &mut Vec<Tree>) {
        match self {
            Tree::Node(ty, _) if *ty == wanted => found.push(self.clone()),
            Tree::Node(_, parts) | Tree::Group(parts) | Tree::List(_, _, parts) => {
                parts.iter().for_each(|p| p.of_type(wanted, found));
            }
            Tree::Optional(part) => part.of_type(wanted, found),
            Tree::Text(_) => {}
        }
    }
}

fn within(parts: &[Tree], found: &mut Vec<Tree>, whole: impl Fn(Vec<Tree>) -> Tree) {
    for (index, part) in parts.iter().enumerate() {
        for smaller in part.smaller() {
            let mut parts = parts.to_vec();
            parts[index] = smaller;
            found.push(whole(parts));
        }
    }
}

/// The simplest expression of a type.
fn simple(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "true",
        Type::Int => "int(1)",
        Type::Long => "1",
        Type::Real => "1.0",
        Type::Decimal => "decimal(1)",
        Type::String => "'a'",
        Type::Datetime => "datetime(2024-01-01)",
        Type::Timespan => "1h",
        Type::Guid => "guid(00000000-0000-0000-0000-000000000001)",
        Type::Dynamic | Type::Unknown => "dynamic([1])",
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tree::Text(text) => f.write_str(text),
            Tree::Optional(part) => part.fmt(f),
            Tree::Node(_, parts) | Tree::Group(parts) => {
                parts.iter().try_for_each(|part| part.fmt(f))
            }
            Tree::List(separator, _, items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(separator)?;
                    }
                    item.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}
