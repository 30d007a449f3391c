//! SARIF 2.1.0, which GitHub's code scanning and Azure DevOps read.

use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::baseline::fingerprint;
use super::explain::first_sentence;
use super::report::one_line;
use super::{FileReport, Finding};
use crate::diagnostic::{Code, Diagnostic, Severity, kusto};
use crate::lint;
use crate::sentinel;
use crate::source::{Position, Source, Span};

/// What a path keeps as it is in a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

pub(super) fn text(files: &[FileReport]) -> String {
    let mut rules: Vec<Value> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut results = Vec::new();
    for file in files {
        for finding in &file.findings {
            let id = rule_id(&finding.diagnostic);
            let index = names
                .iter()
                .position(|known| *known == id)
                .unwrap_or_else(|| {
                    rules.push(rule(&finding.diagnostic));
                    names.push(id.clone());
                    names.len() - 1
                });
            results.push(result(file, finding, &id, index));
        }
    }
    let driver = json!({
        "name": "kql",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    let faults = files.iter().filter_map(|file| file.fault.as_ref());
    let notifications: Vec<Value> = faults
        .map(|fault| json!({ "level": "error", "message": { "text": fault.message } }))
        .collect();
    let mut invocation = json!({ "executionSuccessful": notifications.is_empty() });
    if let (Some(invocation), false) = (invocation.as_object_mut(), notifications.is_empty()) {
        let key = "toolExecutionNotifications".to_string();
        invocation.insert(key, Value::Array(notifications));
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Unsupported | Severity::Info => "note",
    }
}

/// The name of a finding, with Microsoft's id where one name of ours stands for several of theirs.
fn rule_id(diagnostic: &Diagnostic) -> String {
    let name = diagnostic.name();
    match diagnostic
        .finer
        .filter(|id| diagnostic.code.kusto() != Some(*id))
    {
        Some(finer) => format!("{name}/{finer}"),
        None => name.to_string(),
    }
}

/// What is to be known of the rule or code behind a finding.
fn rule(diagnostic: &Diagnostic) -> Value {
    let found = diagnostic.rule.and_then(lint::rule);
    let of_rule = diagnostic.rule.and_then(sentinel::rule);
    let explanation = diagnostic.code.explanation();
    let (summary, why) = match (found, of_rule) {
        (Some(rule), _) => (rule.summary.to_string(), rule.why),
        (None, Some(rule)) => (rule.summary.to_string(), rule.why),
        (None, None) => (first_sentence(explanation), explanation),
    };
    let finer = diagnostic.finer.and_then(kusto::id);
    let summary = finer.map_or(summary, |id| id.summary.to_string());
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rule = json!({
        "id": rule_id(diagnostic),
        "shortDescription": { "text": squeezed(&summary) },
        "fullDescription": { "text": squeezed(why) },
        "help": { "text": squeezed(why) },
    });
    if let (Some(kusto), Some(rule)) = (diagnostic.kusto(), rule.as_object_mut())
        && diagnostic.code != Code::Rule
    {
        rule.insert("properties".to_string(), json!({ "kustoCode": kusto }));
    }
    rule
}

fn result(file: &FileReport, finding: &Finding, id: &str, index: usize) -> Value {
    let (source, diagnostic) = (file.source(finding), &finding.diagnostic);
    let uri = uri(&file.name);
    let place = |at: (Position, Position)| {
        json!({
            "artifactLocation": { "uri": uri },
            "region": region(at),
        })
    };
    let related: Vec<Value> = diagnostic
        .labels
        .iter()
        .skip(1)
        .map(|label| {
            let mut location = json!({ "physicalLocation": place(source.region(label.span)) });
            if let (Some(location), false) = (location.as_object_mut(), label.text.is_empty()) {
                location.insert("message".to_string(), json!({ "text": label.text }));
            }
            location
        })
        .collect();
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": level(diagnostic.severity),
        "message": { "text": one_line(finding) },
        "locations": [{ "physicalLocation": place(source.region(diagnostic.span())) }],
        "partialFingerprints": { "kql/v1": fingerprint(file, finding) },
    });
    if let Some(result) = result.as_object_mut() {
        if !related.is_empty() {
            result.insert("relatedLocations".to_string(), Value::Array(related));
        }
        if let Some(fix) = fix(file, finding, &uri) {
            result.insert("fixes".to_string(), json!([fix]));
        }
    }
    result
}

fn region((start, end): (Position, Position)) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn fix(file: &FileReport, finding: &Finding, uri: &str) -> Option<Value> {
    let fix = finding.diagnostic.fix.as_ref()?;
    let source = file.source(finding);
    let whole = Source::whole(source.name(), source.shared());
    let replacements: Vec<Value> = super::fix::placed(file, finding)?
        .into_iter()
        .map(|(range, text)| {
            json!({
                "deletedRegion": region(whole.region(Span::new(range.start, range.end))),
                "insertedContent": { "text": text },
            })
        })
        .collect();
    Some(json!({
        "description": { "text": fix.title },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri },
            "replacements": replacements,
        }],
    }))
}

/// A file's name as a URI, relative to where the program runs if the name is.
fn uri(name: &str) -> String {
    let path = Path::new(name);
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => parts.push("..".to_string()),
            Component::Prefix(prefix) => {
                parts.push(prefix.as_os_str().to_string_lossy().into_owned())
            }
            Component::RootDir | Component::CurDir => {}
        }
    }
    let path_text = parts.join("/");
    let encoded = utf8_percent_encode(&path_text, PATH);
    match path.is_absolute() {
        true => format!("file:///{encoded}"),
        false => encoded.to_string(),
    }
}
