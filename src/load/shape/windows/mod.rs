//! Windows events as the tools write them that read event logs, made rows of the tables in which Sentinel keeps them.

mod read;
mod write;

use std::borrow::Cow;

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
    let event = read::event(form, row).ok_or("it is no Windows event")?;
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

/// The names of levels, by their numbers.
const LEVELS: [&str; 6] = [
    "LogAlways",
    "Critical",
    "Error",
    "Warning",
    "Information",
    "Verbose",
];
