//! Looks at the beginning of JSON to tell what it is.

use std::borrow::Cow;

use super::answer::Envelope;
use super::windows::Form;
use crate::json::{member, unescape};
use crate::load::json::{Kind, blank, string_end, unescape as unescape_bytes, value};

/// What the beginning of JSON shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// A document that holds tables.
    Document(Envelope),
    /// Records.
    Records(Hint),
}

/// What kind of records.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hint {
    Plain,
    /// All values are texts.
    Texts,
    /// Rows inside `properties`, with a category.
    Properties,
    /// Rows with the name of their table in `Type`.
    Typed(String),
    Windows(Form),
}

/// The first object of a text: its keys, each with as much of its value as there is.
struct Outline<'a> {
    /// It is an element of an array.
    in_array: bool,
    keys: Vec<(String, &'a [u8])>,
    /// The object's text, if all of it is there.
    whole: Option<&'a str>,
    /// What follows it.
    rest: &'a [u8],
}

/// Skips a line `Record 12`, as evtx_dump writes it before a record.
pub(in crate::load) fn record_line(head: &[u8]) -> Option<usize> {
    let rest = head.strip_prefix(b"Record ")?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let end = rest.get(digits..)?;
    let end = end.strip_prefix(b"\r").unwrap_or(end);
    (digits > 0 && end.first() == Some(&b'\n')).then(|| head.len() - end.len() + 1)
}

fn outline(head: &[u8]) -> Option<Outline<'_>> {
    let mut at = blank(head, 0);
    if let Some(skipped) = record_line(&head[at..]) {
        at = blank(head, at + skipped);
    }
    let in_array = head.get(at) == Some(&b'[');
    if in_array {
        at = blank(head, at + 1);
    }
    let start = at;
    if head.get(at) != Some(&b'{') {
        return None;
    }
    let mut keys = Vec::new();
    at = blank(head, at + 1);
    while head.get(at) == Some(&b'"') {
        let Ok((end, _)) = string_end(head, at + 1) else {
            break;
        };
        let mut key = String::new();
        unescape_bytes(&head[at + 1..end], &mut key);
        at = blank(head, end + 1);
        if head.get(at) != Some(&b':') {
            break;
        }
        let from = blank(head, at + 1);
        let Ok((_, end)) = value(head, from) else {
            keys.push((key, &head[from..]));
            break;
        };
        keys.push((key, &head[from..end]));
        at = blank(head, end);
        match head.get(at) {
            Some(b',') => at = blank(head, at + 1),
            Some(b'}') => {
                return Some(Outline {
                    in_array,
                    keys,
                    whole: std::str::from_utf8(&head[start..=at]).ok(),
                    rest: &head[at + 1..],
                });
            }
            _ => break,
        }
    }
    Some(Outline {
        in_array,
        keys,
        whole: None,
        rest: &[],
    })
}

impl Outline<'_> {
    fn value(&self, key: &str) -> Option<&[u8]> {
        self.keys.iter().find(|(k, _)| k == key).map(|(_, v)| *v)
    }

    fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        let text = std::str::from_utf8(self.value(key)?).ok()?;
        text.starts_with('"').then(|| unescape(text))
    }

    fn is_object(&self, key: &str) -> bool {
        self.value(key).is_some_and(|v| v.starts_with(b"{"))
    }

    /// Whether a key's value is an array whose first element begins so.
    fn lists(&self, key: &str, first: u8) -> bool {
        self.value(key).is_some_and(|v| {
            v.first() == Some(&b'[') && {
                let inner = v.get(blank(v, 1));
                inner == Some(&first) || inner == Some(&b']')
            }
        })
    }

    /// Whether a key's value has a text in it, as far as it can be seen.
    fn mentions(&self, key: &str, text: &str) -> bool {
        self.value(key)
            .is_some_and(|v| memchr::memmem::find(v, text.as_bytes()).is_some())
    }

    fn only(&self, allowed: &[&str]) -> bool {
        self.keys
            .iter()
            .all(|(key, _)| allowed.contains(&key.as_str()) || key.starts_with("@odata."))
    }

    /// Whether nothing follows the object, as far as can be seen.
    fn alone(&self) -> bool {
        blank(self.rest, 0) == self.rest.len()
    }
}

/// Keys beside the rows of a hunting result, and of what PowerShell writes.
const HUNTING: &[&str] = &[
    "Stats",
    "stats",
    "Schema",
    "schema",
    "Results",
    "results",
    "Statistics",
    "Visualization",
    "Render",
    "Error",
];

/// Tells what JSON is by its beginning.
pub(super) fn sniff(head: &[u8]) -> Sniffed {
    match outline(head) {
        Some(outline) => match envelope(&outline) {
            Some(envelope) => Sniffed::Document(envelope),
            None => Sniffed::Records(hint(&outline, head)),
        },
        None => Sniffed::Records(Hint::Plain),
    }
}

fn envelope(o: &Outline<'_>) -> Option<Envelope> {
    if o.in_array {
        let frames = o.text("FrameType").is_some();
        return frames.then_some(Envelope::KustoV2);
    }
    if o.lists("records", b'{') && o.only(&["records"]) {
        return Some(Envelope::Records);
    }
    if o.lists("Records", b'{') && o.only(&["Records"]) && o.mentions("Records", "eventVersion") {
        return Some(Envelope::CloudTrail);
    }
    if !o.alone() {
        return None;
    }
    if o.lists("Tables", b'{') && (o.mentions("Tables", "Columns") || o.lists("Tables", b']')) {
        return Some(Envelope::KustoV1);
    }
    if o.lists("tables", b'{') && (o.mentions("tables", "columns") || o.lists("tables", b']')) {
        return Some(Envelope::LogAnalytics);
    }
    if o.lists("responses", b'{') && o.only(&["responses"]) && o.mentions("responses", "\"body\"") {
        return Some(Envelope::Batch);
    }
    let results = o.lists("Results", b'{') || o.lists("results", b'{');
    let schema = o.lists("Schema", b'{') || o.lists("schema", b'{');
    // The rows may stand behind a schema that fills what can be seen.
    let seen = results || (schema && o.whole.is_none());
    if seen && o.only(HUNTING) {
        return Some(Envelope::Hunting);
    }
    if o.lists("value", b'{') && o.only(&["value", "nextLink", "count"]) {
        return Some(Envelope::Page);
    }
    (o.is_object("error") && o.only(&["error"])).then_some(Envelope::Error)
}

fn hint(o: &Outline<'_>, head: &[u8]) -> Hint {
    let has = |key: &str| o.value(key).is_some();
    if has("time") && has("category") && o.is_object("properties") {
        return Hint::Properties;
    }
    if o.is_object("Event") && o.mentions("Event", "\"System\"") {
        return Hint::Windows(Form::EvtxDump);
    }
    if o.is_object("System")
        && (has("EventData") || has("UserData"))
        && o.mentions("System", "EventID")
    {
        return Hint::Windows(Form::Velociraptor);
    }
    if o.is_object("winlog") && o.mentions("winlog", "event_id") {
        return Hint::Windows(Form::Winlogbeat);
    }
    if ["EventId", "Channel", "Payload", "MapDescription"]
        .iter()
        .all(|key| has(key))
    {
        return Hint::Windows(Form::EvtxEcmd);
    }
    if ["EventID", "Channel", "Hostname", "SourceName"]
        .iter()
        .all(|key| has(key))
    {
        return Hint::Windows(Form::Flat);
    }
    if o.in_array && o.text("TableName").as_deref() == Some("PrimaryResult") {
        let texts = o
            .keys
            .iter()
            .all(|(_, v)| matches!(v.first(), Some(b'"' | b'n')));
        if texts {
            return Hint::Texts;
        }
    }
    match o.text("Type") {
        Some(name) if has("TimeGenerated") && is_constant("Type", &name, head) => {
            Hint::Typed(name.into_owned())
        }
        _ => Hint::Plain,
    }
}

/// Whether a key has the same value in all objects that can be seen.
fn is_constant(key: &str, wanted: &str, head: &[u8]) -> bool {
    let mut at = blank(head, 0);
    if head.get(at) == Some(&b'[') {
        at += 1;
    }
    loop {
        at = blank(head, at);
        if head.get(at) == Some(&b',') {
            at = blank(head, at + 1);
        }
        let Ok((cell, end)) = value(head, at) else {
            return true;
        };
        let text = std::str::from_utf8(&head[cell.start..cell.end]).unwrap_or_default();
        let same = member(text, key).is_some_and(|v| unescape(v) == wanted);
        if cell.kind != Kind::Nested || !same {
            return false;
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_beginnings() {
        use Envelope as E;
        let records = Sniffed::Records;
        for (text, expected) in [
            (
                r#"{"Tables":[{"TableName":"Table_0","Columns":[{"#,
                Sniffed::Document(E::KustoV1),
            ),
            (
                r#"[{"FrameType":"DataSetHeader","#,
                Sniffed::Document(E::KustoV2),
            ),
            (
                r#"{"tables":[{"name":"PrimaryResult","columns":[],"rows":[]}]}"#,
                Sniffed::Document(E::LogAnalytics),
            ),
            (
                r#"{"@odata.context":"x","schema":[{"name":"a","type":"Int64"}],"results":[{"a":"#,
                Sniffed::Document(E::Hunting),
            ),
            (
                r#"{"records":[{"a":1}]}{"records":[]}"#,
                Sniffed::Document(E::Records),
            ),
            (r#"{"value":[{"a":1}]}"#, Sniffed::Document(E::Page)),
            (
                r#"{"responses":[{"id":"1","status":200,"body":{"tables":[]}}]}"#,
                Sniffed::Document(E::Batch),
            ),
            (r#"{"responses":[{"a":1}]}"#, records(Hint::Plain)),
            (r#"{"error":{"code":"x"}}"#, Sniffed::Document(E::Error)),
            // Records that look a little like documents.
            (r#"{"results":[{"a":1}],"host":"x"}"#, records(Hint::Plain)),
            (
                "{\"results\":[{\"a\":1}]}\n{\"results\":[]}",
                records(Hint::Plain),
            ),
            (r#"{"Records":[{"a":1}]}"#, records(Hint::Plain)),
            (r#"{"value":[1,2]}"#, records(Hint::Plain)),
            (r#"{"error":{"code":"x"},"a":1}"#, records(Hint::Plain)),
            (
                r#"[{"TableName":"PrimaryResult","n":1}]"#,
                records(Hint::Plain),
            ),
            (
                r#"[{"TableName":"PrimaryResult","n":"1"}]"#,
                records(Hint::Texts),
            ),
            (
                "{\"Type\":\"A\",\"TimeGenerated\":\"\"}\n{\"Type\":\"B\"}",
                records(Hint::Plain),
            ),
            (
                "Record 1\n{\n \"Event\": { \"System\": {} } }\nRecord 2\n",
                records(Hint::Windows(Form::EvtxDump)),
            ),
            ("[1]", records(Hint::Plain)),
            ("{\"a", records(Hint::Plain)),
        ] {
            assert_eq!(sniff(text.as_bytes()), expected, "{text}");
        }
    }
}
