//! What was found, in the formats of people, editors and build servers.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{FileReport, Finding, junit, sarif};
use crate::cli::args::CheckFormat;
use crate::diagnostic::Severity;
use crate::output::visible;

/// All that was found, ready to be written.
pub(super) struct Report<'a> {
    pub files: &'a [FileReport],
    pub color: bool,
    pub width: usize,
}

impl Report<'_> {
    /// The report in a format.
    pub fn text(&self, format: CheckFormat) -> String {
        match format {
            CheckFormat::Text => self.each(|file, finding| {
                let source = file.source(finding);
                finding.diagnostic.render(source, self.color, self.width) + "\n"
            }),
            CheckFormat::Short => self.each(short),
            CheckFormat::Github => self.each(github),
            CheckFormat::Json => self.json(),
            CheckFormat::Sarif => sarif::text(self.files),
            CheckFormat::Junit => junit::text(self.files),
        }
    }

    fn each(&self, text: impl Fn(&FileReport, &Finding) -> String) -> String {
        let mut out = String::new();
        for file in self.files {
            for finding in &file.findings {
                out += &text(file, finding);
            }
        }
        out
    }

    fn json(&self) -> String {
        let findings = self
            .files
            .iter()
            .flat_map(|file| file.findings.iter().map(move |f| (file, f)));
        let findings: Vec<Value> = findings
            .map(|(file, finding)| {
                let diagnostic = &finding.diagnostic;
                let (start, end) = file.source(finding).region(diagnostic.span());
                json!({
                    "file": file.name,
                    "line": start.line,
                    "column": start.column,
                    "end_line": end.line,
                    "end_column": end.column,
                    "code": diagnostic.name(),
                    "kusto_code": diagnostic.kusto(),
                    "severity": diagnostic.severity.name(),
                    "message": diagnostic.message,
                    "help": diagnostic.help,
                })
            })
            .collect();
        format!("{:#}\n", Value::Array(findings))
    }
}

/// The code that a finding is shown under where Microsoft's is better known.
pub(super) fn code(finding: &Finding) -> &'static str {
    let diagnostic = &finding.diagnostic;
    match diagnostic.rule {
        Some(rule) => rule,
        None => diagnostic.kusto().unwrap_or(diagnostic.code.name()),
    }
}

/// `file:line:column: error[KS142]: message`
pub(super) fn short(file: &FileReport, finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    let at = file.source(finding).position(diagnostic.span().start);
    let severity = diagnostic.severity.name();
    let message = one_line(finding);
    let line = format!(
        "{}:{}:{}: {severity}[{}]: {message}",
        file.name,
        at.line,
        at.column,
        code(finding)
    );
    visible(&line).into_owned() + "\n"
}

/// The message, and the way out.
pub(super) fn one_line(finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    match &diagnostic.help {
        Some(help) => format!("{}; {}", diagnostic.message, help.replace('\n', " ")),
        None => diagnostic.message.clone(),
    }
}

/// An annotation of a GitHub workflow.
fn github(file: &FileReport, finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    let (start, end) = file.source(finding).region(diagnostic.span());
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Unsupported | Severity::Info => "notice",
    };
    let escape = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let mut line = format!(
        "::{kind} file={},line={},col={}",
        property(&file.name),
        start.line,
        start.column
    );
    let _ = write!(line, ",endLine={}", end.line);
    if end.line == start.line {
        let _ = write!(line, ",endColumn={}", end.column);
    }
    format!(
        "{line},title={}::{}\n",
        property(code(finding)),
        escape(&visible(&one_line(finding)))
    )
}
