//! The queries of JSON: of rules and saved searches in deployment templates and exports.

use serde_json::value::RawValue;

use super::rule::{By, Form, NO_JSON, NO_QUERY, is_deployed};
use super::tree::{Node, Value};
use super::{Broken, Contents, yaml};
use crate::diagnostic::{Diagnostic, Severity};
use crate::json;
use crate::source::{Source, Span};

/// Values within values at most.
const DEEPEST: usize = 100;

/// Texts of which one is in every file that holds rules or saved searches.
const MARKS: [&str; 5] = [
    "Microsoft.SecurityInsights",
    "alertRules",
    "savedSearches",
    "\"queryCondition\"",
    "\"queryFrequency\"",
];

/// Whether a file may hold rules, so that it is worth to be read as JSON.
pub fn may_hold_rules(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

pub(super) fn contents(name: &str, text: &str) -> Result<Contents, Broken> {
    let document = tree(text)?;
    let whole = Source::whole(name, text);
    let mut contents = Contents::of(&whole);
    let mut walk = Walk {
        whole: &whole,
        contents: &mut contents,
    };
    walk.visit(&document, None, By::Tool)?;
    if contents.queries.is_empty() {
        let message = "there is no query in this file";
        let mut said = Diagnostic::of_rule(NO_QUERY.name, Span::default(), message)
            .help("a rule has its `query` beside its severity or schedule, a saved search beside its category");
        said.severity = Severity::Warning;
        return Err(Broken(Box::new(said)));
    }
    Ok(contents)
}

/// The file as a tree that knows its places.
pub(super) fn tree(text: &str) -> Result<Node, Broken> {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Ok(Places { text }.node(raw.get(), 0)),
        Err(error) => Err(no_json(text, &error)),
    }
}

fn no_json(text: &str, error: &serde_json::Error) -> Broken {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let line = text.split_inclusive('\n').take(error.line().max(1) - 1);
    let start = line.map(str::len).sum::<usize>();
    // Its columns count bytes.
    let mut place = (start + error.column().max(1) - 1).min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    let length = text[place..].chars().next().map_or(0, char::len_utf8);
    let message = format!("this is no JSON: {message}");
    let mut said = Diagnostic::of_rule(NO_JSON.name, Span::new(place, place + length), message);
    said.severity = Severity::Error;
    Broken(Box::new(said))
}

/// Makes nodes of parts of a text.
struct Places<'a> {
    text: &'a str,
}

impl<'a> Places<'a> {
    /// Where a part of the text starts.
    fn start(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// A value, without the white space around it.
    fn node(&self, part: &'a str, depth: usize) -> Node {
        let start = self.start(part);
        let value = match part.as_bytes().first() {
            // What lies deeper is no rule.
            Some(b'{' | b'[') if depth >= DEEPEST => Value::Null,
            Some(b'{') => self.map(part, depth),
            Some(b'[') => Value::List(
                json::elements(part)
                    .map(|item| self.node(item, depth + 1))
                    .collect(),
            ),
            Some(b'"') => Value::Text(json::unescape(part).into_owned()),
            Some(b't' | b'f') => Value::Bool,
            Some(b'n') | None => Value::Null,
            Some(_) => part.parse().map_or(Value::Real, Value::Integer),
        };
        self.of(value, start, part.len())
    }

    fn map(&self, part: &'a str, depth: usize) -> Value {
        let mut end = self.start(part) + 1;
        let entries = json::entries(part).map(|(key, value)| {
            // Between two values there is a key, and nothing else that is quoted.
            let quote = self.text[end..].find('"').map_or(end, |at| end + at);
            let start = self.start(value);
            let written = self.text[quote..start].trim_end_matches([' ', '\t', '\r', '\n']);
            let length = written.trim_end_matches(':').trim_end().len();
            end = start + value.len();
            let key = self.of(Value::Text(key.into_owned()), quote, length);
            (key, self.node(value, depth + 1))
        });
        Value::Map(entries.collect())
    }

    fn of(&self, value: Value, start: usize, length: usize) -> Node {
        Node {
            value,
            span: Span::new(start, start + length),
            line: 1,
        }
    }
}

/// Looks for queries in a tree.
struct Walk<'a> {
    whole: &'a Source,
    contents: &'a mut Contents,
}

impl Walk<'_> {
    /// Visits a value; `kind` is that of the resource whose properties it is.
    fn visit(&mut self, node: &Node, kind: Option<&(Node, Node)>, by: By) -> Result<(), Broken> {
        match &node.value {
            Value::List(items) => items.iter().try_for_each(|item| self.visit(item, None, by)),
            Value::Map(entries) => {
                if let Some(found) = document(node, kind, by) {
                    let (document, form) = found;
                    return yaml::add(self.whole, document, form, self.contents);
                }
                let is = |key: &Node, name: &str| key.text() == Some(name);
                // What a resource manager deploys says in which version of its interface.
                let by = match entries.iter().any(|(key, _)| is(key, "apiVersion")) {
                    true => By::Template,
                    false => by,
                };
                let kind = entries.iter().find(|(key, _)| is(key, "kind"));
                entries.iter().try_for_each(|(key, value)| {
                    let kind = kind.filter(|_| is(key, "properties"));
                    self.visit(value, kind, by)
                })
            }
            _ => Ok(()),
        }
    }
}

/// The document that a map is, if it has a query.
fn document(node: &Node, kind: Option<&(Node, Node)>, by: By) -> Option<(Node, Option<Form>)> {
    let text = |key: &str| node.filled(key).and_then(Node::text).is_some();
    let form = if node
        .get("queryCondition")
        .is_some_and(|c| c.filled("queryText").is_some())
    {
        Some(Form::Detection)
    } else if is_deployed(node) && (text("query") || text("Query")) {
        // A rule of the repository has connectors that it requires, and a name that is shown.
        match text("name") && text("id") && !text("displayName") && !text("DisplayName") {
            true => Some(Form::Template),
            false => Some(Form::Deployed(by)),
        }
    } else if text("query") && (text("category") || text("relevantTechniques")) {
        None
    } else {
        return None;
    };
    let mut document = node.clone();
    if let (Value::Map(entries), Some(kind), Some(Form::Deployed(_))) =
        (&mut document.value, kind, form)
        && !entries.iter().any(|(key, _)| key.text() == Some("kind"))
    {
        entries.push(kind.clone());
    }
    Some((document, form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Exactness;

    #[test]
    fn nodes_know_their_places() {
        let text = " { \"a\" : [1, \"b\\n\"], \"c\":{\"d\" :true} } ";
        let node = tree(text).unwrap();
        let of = |node: &Node| &text[node.span.range()];
        let entries = node.entries().unwrap();
        assert_eq!(
            (of(&entries[0].0), of(&entries[0].1)),
            ("\"a\"", "[1, \"b\\n\"]")
        );
        assert_eq!(of(&entries[0].1.items().unwrap()[1]), "\"b\\n\"");
        let inner = entries[1].1.entries().unwrap();
        assert_eq!((of(&inner[0].0), of(&inner[0].1)), ("\"d\"", "true"));
        assert!(tree("{\"a\": }").is_err() && tree("").is_err());
    }

    #[test]
    fn queries_of_templates_and_exports_have_places() {
        let text = r#"{"resources": [
  {"type": "x/alertRules", "apiVersion": "1", "kind": "Scheduled", "properties": {
    "severity": "High", "query": "T\r\n| where a == \"b\"\n| take 1"}},
  {"type": "savedSearches", "properties": {"category": "Hunt", "query": "U | take 2"}},
  {"type": "savedSearches", "properties": {"category": "f", "functionAlias": "f", "query": "V"}},
  {"properties": {"severity": "Low", "query": "[variables('q')]"}},
  {"query": "no rule"}
]}"#;
        let found = contents("t.json", text).unwrap();
        let texts: Vec<_> = found.queries.iter().map(|q| q.source.text()).collect();
        assert_eq!(
            texts,
            ["T\r\n| where a == \"b\"\n| take 1", "U | take 2", "V"]
        );
        let source = &found.queries[0].source;
        assert_eq!(source.exactness(), Exactness::Byte);
        let at = source.text().find("take").unwrap();
        let at = source.position(u32::try_from(at).unwrap());
        assert_eq!((at.line, at.column), (3, 62));
        let rules: Vec<_> = found.queries.iter().map(|q| q.rule.is_some()).collect();
        assert_eq!(rules, [true, false, false]);
        assert!(found.queries[2].library && !found.queries[1].library);
        assert!(contents("t.json", "[{\"query\": 1}]").is_err());
    }
}
