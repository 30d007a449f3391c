//! What the tools write, read as events.

use std::borrow::Cow;

use super::super::rows::{Object, scalar, text_of};
use super::{Event, Form, LEVELS};
use crate::json::{elements, entries, member, member_chain};
use crate::temporal;
use crate::types::{TICKS_PER_SECOND, UNIX_EPOCH_TICKS};

/// The event of a record.
pub(super) fn event(form: Form, row: &str) -> Option<Event<'_>> {
    match form {
        Form::EvtxDump | Form::Velociraptor => from_system(row),
        Form::EvtxEcmd => from_evtxecmd(row),
        Form::Winlogbeat => from_winlogbeat(row),
        Form::Flat => Some(from_flat(row)),
    }
}

/// The text of a member's value: nothing where there is none.
fn text<'a>(row: &'a str, key: &str) -> Cow<'a, str> {
    member(row, key).map_or(Cow::Borrowed(""), scalar)
}

/// An instant: text, or seconds since 1970.
fn instant(json: &str) -> Option<i64> {
    if json.starts_with('"') {
        return temporal::parse_datetime(&text_of(json));
    }
    let seconds: f64 = json.trim().parse().ok()?;
    let micros = (seconds * 1e6).round() as i64;
    micros
        .checked_mul(TICKS_PER_SECOND / 1_000_000)?
        .checked_add(UNIX_EPOCH_TICKS)
        .filter(|t| temporal::in_range(*t))
}

/// A whole number, maybe as text, maybe in hexadecimal.
fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The header of events that have one: values stand alone, or beside their attributes.
struct System<'a>(&'a str);

impl<'a> System<'a> {
    fn value(&self, key: &str) -> Cow<'a, str> {
        let Some(json) = member(self.0, key) else {
            return Cow::Borrowed("");
        };
        if !json.starts_with('{') {
            return scalar(json);
        }
        let inner = member(json, "#text").or_else(|| member(json, "Value"));
        inner.map_or(Cow::Borrowed(""), scalar)
    }

    /// The JSON text of an attribute.
    fn attribute(&self, key: &str, name: &str) -> Option<&'a str> {
        let beside = || member(self.0, &format!("{key}_attributes"));
        let json = member(self.0, key).filter(|j| j.starts_with('{'));
        let within = json.and_then(|j| member(j, "#attributes").or(Some(j)));
        within.or_else(beside).and_then(|j| member(j, name))
    }

    fn attribute_text(&self, key: &str, name: &str) -> Cow<'a, str> {
        self.attribute(key, name).map_or(Cow::Borrowed(""), scalar)
    }
}

fn from_system(row: &str) -> Option<Event<'_>> {
    let body = member(row, "Event").unwrap_or(row);
    let system = System(member(body, "System")?);
    let mut event = Event {
        time: system
            .attribute("TimeCreated", "SystemTime")
            .and_then(instant),
        id: whole(&system.value("EventID")),
        provider: system.attribute_text("Provider", "Name"),
        channel: system.value("Channel"),
        computer: system.value("Computer"),
        level: whole(&system.value("Level")),
        task: whole(&system.value("Task")),
        version: whole(&system.value("Version")),
        opcode: system.value("Opcode"),
        keywords: system.value("Keywords"),
        record: system.value("EventRecordID"),
        user: system.attribute_text("Security", "UserID"),
        correlation: system.attribute_text("Correlation", "ActivityID"),
        process: whole(&system.attribute_text("Execution", "ProcessID")),
        thread: whole(&system.attribute_text("Execution", "ThreadID")),
        message: text(row, "Message"),
        data: Vec::new(),
    };
    for part in ["EventData", "UserData"] {
        if let Some(data) = member(body, part) {
            event.take_data(data);
        }
    }
    Some(event)
}

fn from_evtxecmd(row: &str) -> Option<Event<'_>> {
    let text = |key: &str| text(row, key);
    let mut event = Event {
        time: member(row, "TimeCreated").and_then(instant),
        id: whole(&text("EventId")),
        provider: text("Provider"),
        channel: text("Channel"),
        computer: text("Computer"),
        level: level_of(&text("Level")),
        keywords: text("Keywords"),
        record: text("EventRecordId"),
        user: text("UserId"),
        process: whole(&text("ProcessId")),
        thread: whole(&text("ThreadId")),
        message: text("MapDescription"),
        ..Event::default()
    };
    event.id?;
    // The payload is a JSON text in a string: its values are owned here.
    let payload = text("Payload").into_owned();
    let mut inner = Event::default();
    if let Some(data) = member(&payload, "EventData").or_else(|| member(&payload, "UserData")) {
        inner.take_data(data);
    }
    event.data = inner
        .data
        .into_iter()
        .map(|(n, v)| (Cow::Owned(n.into_owned()), Cow::Owned(v.into_owned())))
        .collect();
    Some(event)
}

fn from_winlogbeat(row: &str) -> Option<Event<'_>> {
    let log = member(row, "winlog")?;
    let message = text(row, "message");
    let text = |key: &str| text(log, key);
    let inner = |keys: &[&str]| member_chain(log, keys).map(scalar);
    let mut event = Event {
        time: member(row, "@timestamp").and_then(instant),
        id: whole(&text("event_id")),
        provider: text("provider_name"),
        channel: text("channel"),
        computer: text("computer_name"),
        level: member_chain(row, &["log", "level"]).and_then(|level| level_of(&scalar(level))),
        version: whole(&text("version")),
        record: text("record_id"),
        user: inner(&["user", "identifier"]).unwrap_or_default(),
        correlation: text("activity_id"),
        process: inner(&["process", "pid"]).and_then(|t| whole(&t)),
        thread: inner(&["process", "thread", "id"]).and_then(|t| whole(&t)),
        message,
        ..Event::default()
    };
    for part in ["event_data", "user_data"] {
        if let Some(data) = member(log, part) {
            event.take_data(data);
        }
    }
    Some(event)
}

/// Keys of flat records that are no data of the event.
const HEADER: &[&str] = &[
    "EventTime",
    "TimeCreated",
    "@timestamp",
    "UtcTimeCreated",
    "Hostname",
    "Computer",
    "SourceName",
    "ProviderGuid",
    "Channel",
    "EventID",
    "Task",
    "Version",
    "Opcode",
    "OpcodeValue",
    "Keywords",
    "RecordNumber",
    "ExecutionProcessID",
    "ThreadID",
    "ActivityID",
    "Severity",
    "SeverityValue",
    "EventType",
    "EventTypeOrignal",
    "Category",
    "Message",
    "UserID",
    "EventReceivedTime",
    "SourceModuleName",
    "SourceModuleType",
    "@version",
    "host",
    "port",
    "tags",
    "Level",
];

fn from_flat(row: &str) -> Event<'_> {
    let all = Object::of(row);
    let text = |key: &str| all.get(key).map_or(Cow::Borrowed(""), scalar);
    let time = ["EventTime", "TimeCreated", "@timestamp"];
    Event {
        time: time.iter().find_map(|key| instant(all.get(key)?)),
        id: whole(&text("EventID")),
        provider: text("SourceName"),
        channel: text("Channel"),
        computer: match all.get("Hostname") {
            Some(name) => scalar(name),
            None => text("Computer"),
        },
        task: whole(&text("Task")),
        version: whole(&text("Version")),
        opcode: text("OpcodeValue"),
        keywords: text("Keywords"),
        record: text("RecordNumber"),
        user: text("UserID"),
        correlation: text("ActivityID"),
        process: whole(&text("ExecutionProcessID")),
        thread: whole(&text("ThreadID")),
        message: text("Message"),
        level: None,
        data: all
            .0
            .iter()
            .filter(|(key, _)| !HEADER.contains(&&**key))
            .map(|(key, value)| (key.clone(), Cow::Borrowed(*value)))
            .collect(),
    }
}

fn level_of(name: &str) -> Option<i64> {
    let found = LEVELS.iter().position(|level| {
        level.eq_ignore_ascii_case(name)
            || (*level == "Information" && name.eq_ignore_ascii_case("Info"))
    });
    match found {
        Some(at) => i64::try_from(at).ok(),
        None => whole(name),
    }
}

impl<'a> Event<'a> {
    /// The event's data: a bag, or a list of names and texts.
    fn take_data(&mut self, json: &'a str) {
        for (key, value) in entries(json) {
            match &*key {
                "#attributes" | "@xmlns" => {}
                "Data" if value.starts_with('[') => {
                    for element in elements(value) {
                        self.take_item(element);
                    }
                }
                "Data" => self.take_item(value),
                _ if key.ends_with("_attributes") => {}
                _ => self.data.push((key, Cow::Borrowed(value))),
            }
        }
    }

    /// One `Data` element.
    fn take_item(&mut self, json: &'a str) {
        if !json.starts_with('{') {
            self.data.push((Cow::Borrowed(""), Cow::Borrowed(json)));
            return;
        }
        let name = member(json, "@Name").or_else(|| {
            let attributes = member(json, "#attributes")?;
            member(attributes, "Name")
        });
        let value = member(json, "#text").unwrap_or("\"\"");
        if name.is_none() && value.starts_with('[') {
            for element in elements(value) {
                self.data.push((Cow::Borrowed(""), Cow::Borrowed(element)));
            }
            return;
        }
        self.data
            .push((name.map_or(Cow::Borrowed(""), scalar), Cow::Borrowed(value)));
    }
}
