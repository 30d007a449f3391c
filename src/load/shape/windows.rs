//! Windows events as the tools write them that read event logs, made rows of the tables in which Sentinel keeps them.

use std::borrow::Cow;

use super::rows::{Object, scalar, text_of};
use crate::json::{elements, entries, member, write_quoted};
use crate::temporal;
use crate::types::{TICKS_PER_SECOND, UNIX_EPOCH_TICKS};

/// Who wrote the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Form {
    /// evtx_dump: `{"Event":{"System":…,"EventData":…}}`.
    EvtxDump,
    /// Velociraptor: `{"System":…,"EventData":…}`.
    Velociraptor,
    /// EvtxECmd, from JSON or CSV.
    EvtxEcmd,
    /// Winlogbeat.
    Winlogbeat,
    /// Flat records with the event's data beside its header, as the OTRF data sets have them.
    Flat,
}

impl Form {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Form::EvtxDump => "Windows events of evtx_dump",
            Form::Velociraptor => "Windows events of Velociraptor",
            Form::EvtxEcmd => "Windows events of EvtxECmd",
            Form::Winlogbeat => "Windows events of Winlogbeat",
            Form::Flat => "flat Windows events",
        }
    }
}

/// The table that events become rows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Target {
    /// The event's data as columns.
    SecurityEvent,
    /// The event's data as a dynamic.
    WindowsEvent,
    /// The event's data as XML text.
    Event,
}

impl Target {
    /// The table of this name; others get the form of `WindowsEvent`.
    pub fn of(table: &str) -> Target {
        match table {
            "SecurityEvent" => Target::SecurityEvent,
            "Event" => Target::Event,
            _ => Target::WindowsEvent,
        }
    }
}

/// Which events are rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) enum Channels {
    All,
    Security,
    AllButSecurity,
}

/// An event, whoever wrote it.
#[derive(Default)]
struct Event<'a> {
    time: Option<i64>,
    id: Option<i64>,
    provider: Cow<'a, str>,
    channel: Cow<'a, str>,
    computer: Cow<'a, str>,
    level: Option<i64>,
    task: Option<i64>,
    version: Option<i64>,
    opcode: Cow<'a, str>,
    keywords: Cow<'a, str>,
    record: Cow<'a, str>,
    user: Cow<'a, str>,
    correlation: Cow<'a, str>,
    process: Option<i64>,
    thread: Option<i64>,
    message: Cow<'a, str>,
    /// Names and JSON texts of the event's data; unnamed data has an empty name.
    data: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Makes a row of an event; whether it is one of the table's.
pub(super) fn rewrite(
    form: Form,
    target: Target,
    channels: Channels,
    row: &str,
    out: &mut String,
) -> Result<bool, &'static str> {
    let event = match form {
        Form::EvtxDump | Form::Velociraptor => from_system(row),
        Form::EvtxEcmd => from_evtxecmd(row),
        Form::Winlogbeat => from_winlogbeat(row),
        Form::Flat => Some(from_flat(row)),
    };
    let event = event.ok_or("it is no Windows event")?;
    let security = event.channel.eq_ignore_ascii_case("Security");
    match channels {
        Channels::Security if !security => return Ok(false),
        Channels::AllButSecurity if security => return Ok(false),
        _ => {}
    }
    match target {
        Target::SecurityEvent => event.security_event(out),
        Target::WindowsEvent => event.windows_event(out),
        Target::Event => event.event(out),
    }
    Ok(true)
}

/// An instant: text, or seconds since 1970.
fn instant(json: &str) -> Option<i64> {
    if json.starts_with('"') {
        return temporal::parse_datetime(&text_of(json));
    }
    let seconds: f64 = json.trim().parse().ok()?;
    #[allow(clippy::cast_possible_truncation)]
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
        message: member(row, "Message").map_or(Cow::Borrowed(""), scalar),
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
    let text = |key: &str| member(row, key).map_or(Cow::Borrowed(""), scalar);
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
    let text = |key: &str| member(log, key).map_or(Cow::Borrowed(""), scalar);
    let inner = |keys: &[&str]| crate::json::member_chain(log, keys).map(scalar);
    let mut event = Event {
        time: member(row, "@timestamp").and_then(instant),
        id: whole(&text("event_id")),
        provider: text("provider_name"),
        channel: text("channel"),
        computer: text("computer_name"),
        level: crate::json::member_chain(row, &["log", "level"])
            .and_then(|level| level_of(&scalar(level))),
        version: whole(&text("version")),
        record: text("record_id"),
        user: inner(&["user", "identifier"]).unwrap_or_default(),
        correlation: text("activity_id"),
        process: inner(&["process", "pid"]).and_then(|t| whole(&t)),
        thread: inner(&["process", "thread", "id"]).and_then(|t| whole(&t)),
        message: member(row, "message").map_or(Cow::Borrowed(""), scalar),
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

const LEVELS: [&str; 6] = [
    "LogAlways",
    "Critical",
    "Error",
    "Warning",
    "Information",
    "Verbose",
];

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

    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.data.iter().find(|(key, _)| key == name)?;
        Some(scalar(&found.1))
    }

    fn level_name(&self) -> &'static str {
        let level = self.level.and_then(|l| usize::try_from(l).ok());
        // What Sentinel calls the level of audit events.
        match level {
            Some(0) => "Information",
            Some(level) => LEVELS.get(level).copied().unwrap_or(""),
            None => "",
        }
    }

    fn security_event(&self, out: &mut String) {
        let mut row = RowWriter::new(out);
        row.instant("TimeGenerated", self.time);
        row.text("Computer", &self.computer);
        row.text("EventSourceName", &self.provider);
        row.text("Channel", &self.channel);
        row.number("Task", self.task);
        row.number("EventID", self.id);
        if let Some(level) = self.level {
            row.text("Level", &level.to_string());
        }
        row.text("EventLevelName", self.level_name());
        row.text("EventRecordId", &self.record);
        row.number("Version", self.version);
        row.text("Opcode", &self.opcode);
        row.text("Keywords", &self.keywords);
        row.text("Correlation", &self.correlation);
        row.number("SystemProcessId", self.process);
        row.number("SystemThreadId", self.thread);
        row.text("SystemUserId", &self.user);
        for (key, domain, user) in [
            ("SubjectAccount", "SubjectDomainName", "SubjectUserName"),
            ("TargetAccount", "TargetDomainName", "TargetUserName"),
        ] {
            if let Some(account) = self.account(domain, user) {
                row.text(key, &account);
            }
        }
        // A logon is the target's, a process and the use of a privilege the subject's.
        let account = match self.id {
            Some(4624 | 4625 | 4634 | 4647) => self.account("TargetDomainName", "TargetUserName"),
            Some(4672..=4674 | 4688 | 4689) => self.account("SubjectDomainName", "SubjectUserName"),
            _ => None,
        };
        if let Some(account) = account {
            let machine = account.ends_with('$');
            row.text("Account", &account);
            row.text("AccountType", if machine { "Machine" } else { "User" });
        }
        let process = self.field("NewProcessName").or(self.field("ProcessName"));
        if let Some(path) = process.filter(|p| !p.is_empty()) {
            row.text("Process", path.rsplit('\\').next().unwrap_or(&path));
        }
        for (key, value) in &self.data {
            if !key.is_empty() {
                row.json(key, value);
            }
        }
        row.text("SourceSystem", "OpsManager");
        row.text("Type", "SecurityEvent");
        row.end();
    }

    fn account(&self, domain: &str, user: &str) -> Option<String> {
        let user = self.field(user)?;
        Some(match self.field(domain) {
            Some(domain) if !matches!(&*domain, "" | "-") => format!("{domain}\\{user}"),
            _ => user.into_owned(),
        })
    }

    fn windows_event(&self, out: &mut String) {
        let mut row = RowWriter::new(out);
        row.instant("TimeGenerated", self.time);
        row.text("Provider", &self.provider);
        row.text("Channel", &self.channel);
        row.text("Computer", &self.computer);
        row.number("Task", self.task);
        row.number("EventLevel", self.level);
        row.text("EventLevelName", self.level_name());
        row.number("EventID", self.id);
        row.text("SystemUserId", &self.user);
        row.number("Version", self.version);
        row.text("Opcode", &self.opcode);
        row.text("Keywords", &self.keywords);
        row.text("Correlation", &self.correlation);
        row.number("SystemProcessId", self.process);
        row.number("SystemThreadId", self.thread);
        row.text("EventRecordId", &self.record);
        let mut bag = String::new();
        let mut data = RowWriter::new(&mut bag);
        let mut unnamed = 0;
        for (key, value) in &self.data {
            match key.is_empty() {
                true => {
                    unnamed += 1;
                    data.json(&format!("Data{unnamed}"), value);
                }
                false => data.json(key, value),
            }
        }
        data.end();
        row.json("EventData", &bag);
        row.text("Type", "WindowsEvent");
        row.end();
    }

    fn event(&self, out: &mut String) {
        let time = self.time.map(temporal::datetime_wire).unwrap_or_default();
        let mut xml = format!(
            "<DataItem Type=\"System.XmlData\" time=\"{time}\" sourceHealthServiceId=\"\"><EventData \
             xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">"
        );
        let mut parameters = String::new();
        for (key, value) in &self.data {
            let value = scalar(value);
            xml.push_str("<Data");
            if !key.is_empty() {
                xml.push_str(" Name=\"");
                escape(key, &mut xml);
                xml.push('"');
            }
            xml.push('>');
            escape(&value, &mut xml);
            xml.push_str("</Data>");
            parameters.push_str("<Param>");
            escape(&value, &mut parameters);
            parameters.push_str("</Param>");
        }
        xml.push_str("</EventData></DataItem>");
        let mut row = RowWriter::new(out);
        row.instant("TimeGenerated", self.time);
        row.text("Source", &self.provider);
        row.text("EventLog", &self.channel);
        row.text("Computer", &self.computer);
        row.number("EventLevel", self.level);
        row.text("EventLevelName", self.level_name());
        row.text("ParameterXml", &parameters);
        row.text("EventData", &xml);
        row.number("EventID", self.id);
        row.text("RenderedDescription", &self.message);
        row.number("EventCategory", self.task);
        row.text("UserName", &self.user);
        row.text("Type", "Event");
        row.end();
    }
}

/// Appends text as XML has it.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// Writes an object; what is empty is left out.
struct RowWriter<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> RowWriter<'a> {
    fn new(out: &'a mut String) -> RowWriter<'a> {
        out.push('{');
        RowWriter { out, first: true }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(',');
        }
        write_quoted(key, self.out);
        self.out.push(':');
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.key(key);
            write_quoted(text, self.out);
        }
    }

    fn number(&mut self, key: &str, number: Option<i64>) {
        if let Some(number) = number {
            self.key(key);
            self.out.push_str(&number.to_string());
        }
    }

    fn instant(&mut self, key: &str, ticks: Option<i64>) {
        if let Some(ticks) = ticks {
            self.text(key, &temporal::datetime_wire(ticks));
        }
    }

    fn json(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.push_str(json);
    }

    fn end(self) {
        self.out.push('}');
    }
}
