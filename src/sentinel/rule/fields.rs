//! The fields of a rule that stand by themselves: names, severity, schedule, tactics, version.

use super::{BAD_VALUE, Checks, MISSING_FIELD, SCHEDULE, TACTICS, UNKNOWN_FIELD};
use crate::diagnostic::{Severity, nearest};
use crate::sentinel::facts;
use crate::sentinel::schedule::{DAY, HOUR, MINUTE};
use crate::sentinel::tree::{Node, Value};

/// All fields of rules and hunting queries.
pub(super) const FIELDS: [&str; 28] = [
    "id",
    "name",
    "description",
    "severity",
    "requiredDataConnectors",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "tactics",
    "relevantTechniques",
    "techniques",
    "query",
    "entityMappings",
    "version",
    "kind",
    "status",
    "tags",
    "customDetails",
    "alertDetailsOverride",
    "eventGroupingSettings",
    "incidentConfiguration",
    "suppressionDuration",
    "suppressionEnabled",
    "sentinelEntitiesMappings",
    "alertRuleTemplateName",
    "enabled",
    "metadata",
];

pub(super) const SEVERITIES: [&str; 4] = ["Informational", "Low", "Medium", "High"];
/// The repository's own words, then those of the service.
const OPERATORS: [&str; 8] = [
    "gt",
    "lt",
    "eq",
    "ne",
    "GreaterThan",
    "LessThan",
    "Equal",
    "NotEqual",
];

/// Characters of a query at most.
const LONGEST_QUERY: usize = 10_000;
/// Alerts start at so many rows at most.
const HIGHEST_THRESHOLD: i64 = 10_000;
/// Characters of a version at most.
const LONGEST_VERSION: usize = 20;

impl Checks<'_> {
    pub(super) fn fields(&mut self) {
        let document = self.document();
        let has = |key: &str| document.filled(key).is_some();
        // A hunting query has no kind, and nothing that starts it.
        let analytic = has("kind") || has("queryFrequency") || has("triggerOperator");
        let nrt = document.get("kind").and_then(Node::text) == Some("NRT");
        for key in ["id", "name", "description", "query"] {
            self.needed(key, Severity::Error);
        }
        if analytic {
            for key in ["kind", "severity"] {
                self.needed(key, Severity::Error);
            }
            self.needed("version", Severity::Warning);
            if !nrt {
                self.needs_schedule();
            }
        }
        if document.get("requiredDataConnectors").is_none() {
            self.needed("requiredDataConnectors", Severity::Warning);
        }
        self.misspelt(document, &FIELDS);
        self.identity(document, analytic);
        self.trigger(document, &OPERATORS);
        self.schedule(document, nrt);
        self.tactics(document);
        self.connectors(document);
    }

    /// What starts a rule must be there.
    pub(super) fn needs_schedule(&mut self) {
        for key in [
            "queryFrequency",
            "queryPeriod",
            "triggerOperator",
            "triggerThreshold",
        ] {
            self.needed(key, Severity::Error);
        }
    }

    /// Says if a field is empty; that it is missing is said together with others.
    pub(super) fn needed(&mut self, key: &'static str, severity: Severity) {
        let document = self.document();
        let computed = |node: &Node| matches!(node.value, Value::Computed);
        if document.filled(key).is_some() || document.get(key).is_some_and(computed) {
            return;
        }
        let entries = document.entries().unwrap_or_default();
        match entries.iter().find(|(k, _)| k.text() == Some(key)) {
            Some((place, _)) => {
                let span = self.span(place);
                self.at(&MISSING_FIELD, severity, span, format!("`{key}` is empty"));
            }
            None => self.missing.push((severity, key)),
        }
    }

    /// Says which fields are missing.
    pub(super) fn missing(&mut self) {
        let document = self.document();
        let first = document.entries().and_then(|entries| entries.first());
        let span = self.span(first.map_or(document, |(key, _)| key));
        let mut missing = std::mem::take(&mut self.missing);
        missing.retain(|(severity, key)| !self.is_misspelt(*severity, key));
        for severity in [Severity::Error, Severity::Warning] {
            let keys = missing.iter().filter(|(s, _)| *s == severity);
            let keys: Vec<String> = keys.map(|(_, key)| format!("`{key}`")).collect();
            let Some((last, before)) = keys.split_last() else {
                continue;
            };
            let message = match before {
                [] => format!("there is no {last}"),
                before => format!("there is no {} and no {last}", before.join(", no ")),
            };
            self.at(&MISSING_FIELD, severity, span, message);
        }
    }

    /// Whether a field that is missing is there under a misspelt name, which then is what is wrong.
    fn is_misspelt(&mut self, severity: Severity, key: &str) -> bool {
        let help = Some(meant(key));
        let said = self
            .found
            .iter_mut()
            .find(|d| d.rule == Some(UNKNOWN_FIELD.name) && d.help == help);
        match said {
            Some(said) => {
                said.severity = severity;
                true
            }
            None => false,
        }
    }

    /// Says which keys are nearly, but not, known ones.
    pub(super) fn misspelt(&mut self, map: &Node, known: &[&str]) {
        for (key, _) in map.entries().unwrap_or_default() {
            let Some(name) = key.text().filter(|name| !known.contains(name)) else {
                continue;
            };
            if let Some(near) = nearest(name, known.iter().copied())
                && map.get(near).is_none()
            {
                let message = format!("no field is called `{name}`");
                self.warning(&UNKNOWN_FIELD, key, message).help = Some(meant(near));
            }
        }
    }

    fn identity(&mut self, document: &Node, analytic: bool) {
        if let Some(id) = document.filled("id") {
            let is_guid = id.text().is_some_and(is_guid);
            if !is_guid {
                let example = "as in 6ccb1f3e-0d67-4c6e-9c1f-3f0f5a1f2b7d";
                self.error(&BAD_VALUE, id, "the id must be a GUID").help =
                    Some(example.to_string());
            }
        }
        for key in ["name", "description"] {
            if let Some(node) = document.filled(key)
                && node.text().is_none()
            {
                let message = format!("`{key}` must be a text, not {}", node.kind());
                self.error(&BAD_VALUE, node, message);
            }
        }
        if analytic {
            self.one_of(document, "kind", &["Scheduled", "NRT"]);
        }
        self.one_of(document, "severity", &SEVERITIES);
        self.version(document);
        self.query_length(document);
    }

    fn version(&mut self, document: &Node) {
        if let Some(version) = document.filled("version") {
            let text = version.text().unwrap_or_default();
            let numbers: Vec<&str> = text.split('.').collect();
            let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if numbers.len() != 3 || !numbers.iter().all(number) || text.len() > LONGEST_VERSION {
                let help = "write three numbers, as in 1.0.0";
                self.error(
                    &BAD_VALUE,
                    version,
                    "the version must be three numbers with dots between",
                )
                .help = Some(help.to_string());
            }
        }
    }

    pub(super) fn query_length(&mut self, document: &Node) {
        if let Some(query) = document.filled("query")
            && let Some(length) = query.text().map(|text| text.chars().count())
            && length > LONGEST_QUERY
        {
            let message =
                format!("the query has {length} characters; Sentinel takes {LONGEST_QUERY}");
            self.error(&BAD_VALUE, query, message);
        }
    }

    /// Says if a field has none of these values.
    pub(super) fn one_of(&mut self, map: &Node, key: &str, values: &[&str]) {
        let Some(node) = map.filled(key) else {
            return;
        };
        let text = node.text().unwrap_or_default();
        if values.contains(&text) {
            return;
        }
        let message = format!("`{key}` cannot be `{text}`");
        let help = match nearest(text, values.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", values.join(", ")),
        };
        self.error(&BAD_VALUE, node, message).help = Some(help);
    }

    /// Says if a field is there and neither true nor false.
    pub(super) fn truth(&mut self, map: &Node, key: &str) {
        if let Some(node) = map.filled(key)
            && !matches!(node.value, Value::Bool)
        {
            let message = format!("`{key}` must be true or false, not {}", node.kind());
            self.error(&BAD_VALUE, node, message);
        }
    }

    /// The operators that a deployed rule may have.
    pub(super) const DEPLOYED_OPERATORS: &'static [&'static str] = OPERATORS.split_at(4).1;

    pub(super) fn trigger(&mut self, document: &Node, operators: &[&str]) {
        self.one_of(document, "triggerOperator", operators);
        if let Some(threshold) = document.filled("triggerThreshold") {
            let fits = matches!(threshold.value, Value::Integer(n) if (0..=HIGHEST_THRESHOLD).contains(&n));
            if !fits {
                let message =
                    format!("the threshold must be a whole number from 0 to {HIGHEST_THRESHOLD}");
                self.error(&BAD_VALUE, threshold, message);
            }
        }
        for key in ["enabled", "suppressionEnabled"] {
            self.truth(document, key);
        }
        if let Some(grouping) = document.filled("eventGroupingSettings") {
            self.misspelt(grouping, &["aggregationKind"]);
            self.one_of(
                grouping,
                "aggregationKind",
                &["SingleAlert", "AlertPerResult"],
            );
        }
    }

    pub(super) fn schedule(&mut self, document: &Node, nrt: bool) {
        if nrt {
            for key in ["queryFrequency", "queryPeriod"] {
                if let Some(node) = document.filled(key) {
                    let message = format!("a rule of kind NRT has no `{key}`");
                    self.error(&SCHEDULE, node, message);
                }
            }
            return;
        }
        let frequency = self.duration(document, "queryFrequency");
        let period = self.duration(document, "queryPeriod");
        let (Some(frequency), Some(period), Some(node)) =
            (frequency, period, document.get("queryPeriod"))
        else {
            return;
        };
        if period < frequency {
            self.error(&SCHEDULE, node, "the period is shorter than the frequency")
                .help = Some("what happens between two runs would not be looked at".to_string());
        } else if period >= 2 * DAY && frequency < HOUR {
            let message = "a period of 2 days or more needs a frequency of at least 1 hour";
            self.error(&SCHEDULE, node, message);
        }
    }

    /// The seconds of a field that is a duration of 5 minutes to 14 days.
    fn duration(&mut self, document: &Node, key: &str) -> Option<u64> {
        let node = document.filled(key)?;
        let Some(seconds) = node.text().and_then(|text| self.seconds(text)) else {
            let message = format!("`{key}` must be a duration");
            let help = match self.iso_only() {
                true => "write it as PT5M, PT1H, P14D",
                false => "write it as 5m, 1h, 14d or PT5M, PT1H, P14D",
            };
            self.error(&SCHEDULE, node, message).help = Some(help.to_string());
            return None;
        };
        if !(5 * MINUTE..=14 * DAY).contains(&seconds) {
            let message = format!("`{key}` must be from 5 minutes to 14 days");
            self.error(&SCHEDULE, node, message);
            return None;
        }
        Some(seconds)
    }

    pub(super) fn tactics(&mut self, document: &Node) {
        let mut listed = Vec::new();
        let mut all_known = true;
        if let Some(tactics) = document.filled("tactics") {
            for node in tactics.items().unwrap_or_default() {
                let name = node.text().unwrap_or_default();
                match facts::tactics().iter().find(|tactic| tactic.name == name) {
                    Some(tactic) => listed.push(tactic),
                    None => {
                        all_known = false;
                        let squeezed: String =
                            name.chars().filter(|c| c.is_alphanumeric()).collect();
                        let names = || facts::tactics().iter().map(|t| t.name);
                        let same = names().find(|n| n.eq_ignore_ascii_case(&squeezed));
                        let near = same.or_else(|| nearest(name, names()));
                        let found =
                            self.error(&TACTICS, node, format!("no tactic is called `{name}`"));
                        found.help = near.map(|near| format!("did you mean `{near}`?"));
                    }
                }
            }
            if tactics.items().is_none() {
                let message = format!("`tactics` must be a list, not {}", tactics.kind());
                self.error(&BAD_VALUE, tactics, message);
            }
        }
        for key in ["relevantTechniques", "techniques"] {
            for node in document
                .filled(key)
                .and_then(Node::items)
                .unwrap_or_default()
            {
                self.technique(node, &listed, all_known);
            }
        }
    }

    pub(super) fn technique(&mut self, node: &Node, listed: &[&facts::Tactic], all_known: bool) {
        let name = node.text().unwrap_or_default();
        let base = name.split('.').next().unwrap_or_default();
        if !is_technique(name) {
            let message = format!("`{name}` is no technique's number");
            self.error(&TACTICS, node, message).help =
                Some("write it as T1046 or T1595.001".to_string());
            return;
        }
        let homes: Vec<&str> = facts::tactics()
            .iter()
            .filter(|tactic| tactic.techniques.contains(&base))
            .map(|tactic| tactic.name)
            .collect();
        let fits = listed
            .iter()
            .any(|tactic| tactic.techniques.contains(&base));
        if !homes.is_empty() && !fits && all_known {
            let message = format!("{base} belongs to none of the tactics listed");
            self.warning(&TACTICS, node, message).help =
                Some(format!("it belongs to {}", homes.join(", ")));
        }
    }

    /// A parser: a function that makes a table of a normalised schema.
    pub(super) fn parser(&mut self) {
        self.needed("ParserName", Severity::Error);
        for key in [
            "Parser",
            "Product",
            "Normalization",
            "References",
            "Description",
        ] {
            self.needed(key, Severity::Warning);
        }
        let document = self.document();
        if let Some(name) = document.filled("ParserName")
            && !name
                .text()
                .is_some_and(|text| super::is_identifier(text, true))
        {
            self.error(
                &BAD_VALUE,
                name,
                "the parser's name must be one that a function can have",
            );
        }
        for parameter in document
            .filled("ParserParams")
            .and_then(Node::items)
            .unwrap_or_default()
        {
            for key in ["Name", "Type"] {
                if parameter.filled(key).is_none() {
                    self.error(
                        &MISSING_FIELD,
                        parameter,
                        format!("the parameter has no `{key}`"),
                    );
                }
            }
            if let Some(ty) = parameter.filled("Type") {
                let text = ty.text().unwrap_or_default();
                if super::parameter_type(text).is_none() && !text.starts_with("table") {
                    self.error(&BAD_VALUE, ty, format!("no type is called `{text}`"));
                }
            }
        }
    }
}

fn meant(name: &str) -> String {
    format!("did you mean `{name}`?")
}

pub(super) fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |(group, length): (&&str, usize)| {
        group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
    };
    groups.len() == lengths.len() && groups.iter().zip(lengths).all(hex)
}

/// `T1046`, `T1595.001`
pub(super) fn is_technique(text: &str) -> bool {
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = text.strip_prefix('T') else {
        return false;
    };
    match rest.split_once('.') {
        Some((number, sub)) => digits(number, 4) && digits(sub, 3),
        None => digits(rest, 4),
    }
}
