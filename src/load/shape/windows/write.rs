//! Events as rows of the tables in which Sentinel keeps them.

use std::borrow::Cow;

use super::super::rows::scalar;
use super::{Event, LEVELS};
use crate::json::write_quoted;
use crate::temporal;

impl Event<'_> {
    /// What Sentinel keeps of an event's header in more than one table.
    fn header(&self, row: &mut RowWriter<'_>) {
        row.text("EventLevelName", self.level_name());
        row.number("Version", self.version);
        row.text("Opcode", &self.opcode);
        row.text("Keywords", &self.keywords);
        row.text("Correlation", &self.correlation);
        row.number("SystemProcessId", self.process);
        row.number("SystemThreadId", self.thread);
        row.text("SystemUserId", &self.user);
        row.text("EventRecordId", &self.record);
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

    pub(super) fn security_event(&self, out: &mut String) {
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
        self.header(&mut row);
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

    pub(super) fn windows_event(&self, out: &mut String) {
        let mut row = RowWriter::new(out);
        row.instant("TimeGenerated", self.time);
        row.text("Provider", &self.provider);
        row.text("Channel", &self.channel);
        row.text("Computer", &self.computer);
        row.number("Task", self.task);
        row.number("EventLevel", self.level);
        row.number("EventID", self.id);
        self.header(&mut row);
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

    pub(super) fn event(&self, out: &mut String) {
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
    text.chars().for_each(|c| crate::text::push_xml(c, out));
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
