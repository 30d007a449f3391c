//! YAML as a tree whose every value knows its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::yaml::is_computed;
use crate::source::Span;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it is written; of an alias where it was defined.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
}

/// The kinds of value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true`
    Bool,
    /// `10`
    Integer(i64),
    /// `1.0`
    Real,
    /// Text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// What is not known before it is deployed.
    Computed,
    /// Keys and their values, in order.
    Map(Vec<(Node, Node)>),
}

impl Node {
    fn of(spanned: Spanned<Value>) -> Node {
        let at = spanned.defined;
        let (start, len) = (at.span().byte_offset(), at.span().byte_len());
        let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        let start = number(start);
        Node {
            value: spanned.value,
            span: Span::new(start, start + number(len)),
            line: usize::try_from(at.line()).unwrap_or(1).max(1),
        }
    }

    /// Its text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null | Value::Computed => true,
            Value::Text(text) => text.trim().is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The items, if it is a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The keys and values, if it is a map.
    pub fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entries()?.iter().find(|(k, _)| k.text() == Some(key));
        entry.map(|(_, value)| value)
    }

    /// The value of a key, if something is there that is known.
    pub fn filled(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|value| !value.is_empty())
    }

    /// Whether there is anything in it that a template computes when it is deployed.
    fn is_computed(&self) -> bool {
        match &self.value {
            Value::Text(text) => is_computed(text),
            Value::List(items) => items.iter().any(Node::is_computed),
            Value::Map(entries) => entries.iter().any(|(_, value)| value.is_computed()),
            _ => false,
        }
    }

    /// The same, with what is computed as a value of which nothing is known.
    #[must_use]
    pub fn without_computed(mut self) -> Node {
        if let Value::Map(entries) = &mut self.value {
            for (_, value) in entries.iter_mut().filter(|(_, v)| v.is_computed()) {
                value.value = Value::Computed;
            }
        }
        self
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool => "a truth value",
            Value::Integer(_) | Value::Real => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Computed => "an expression",
            Value::Map(_) => "a map",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        Spanned::<Value>::deserialize(deserializer).map(Node::of)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Bool)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Real)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Node>()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry::<Node, Node>()? {
            map.push(entry);
        }
        Ok(Value::Map(map))
    }
}
