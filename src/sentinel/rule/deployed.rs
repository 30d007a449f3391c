//! Rules as they are deployed: in templates of Azure's resource manager, in exports, and as tools write them.

use super::{Checks, Form};
use crate::diagnostic::Severity;
use crate::sentinel::rule::fields::SEVERITIES;
use crate::sentinel::schedule::{exported, seconds};
use crate::sentinel::tree::{Node, Value};

/// Whose words a deployed rule is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A deployment template: those of the service.
    Template,
    /// Tools that export or deploy rules have some of their own.
    Tool,
}

/// All properties of rules that run queries.
const FIELDS: [&str; 32] = [
    "alertDetailsOverride",
    "alertRuleTemplateName",
    "alertRulesCreatedByTemplateCount",
    "createdDateUTC",
    "customDetails",
    "description",
    "displayName",
    "enabled",
    "entityMappings",
    "etag",
    "eventGroupingSettings",
    "id",
    "incidentConfiguration",
    "kind",
    "lastModifiedUtc",
    "lastUpdatedDateUTC",
    "name",
    "query",
    "queryFrequency",
    "queryPeriod",
    "requiredDataConnectors",
    "sentinelEntitiesMappings",
    "severity",
    "status",
    "subTechniques",
    "suppressionDuration",
    "suppressionEnabled",
    "tactics",
    "techniques",
    "templateVersion",
    "triggerOperator",
    "triggerThreshold",
];

/// What only a rule has beside its query.
const OF_RULES: [&str; 5] = [
    "severity",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "entityMappings",
];

/// Whether a map with a query is a rule.
pub(in crate::sentinel) fn is_rule(map: &Node) -> bool {
    let entries = map.entries().unwrap_or_default();
    let has = |name: &str| {
        entries
            .iter()
            .any(|(key, _)| key.text().is_some_and(|key| lower(key) == name))
    };
    has("query") && OF_RULES.into_iter().any(has)
}

/// A key with its first letter in lower case, as the service has it.
fn lower(key: &str) -> String {
    let mut chars = key.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// The rule with its fields called as the service calls them.
pub(super) fn unified(mut document: Node) -> Node {
    if let Value::Map(entries) = &mut document.value {
        for (key, _) in entries {
            if let Value::Text(text) = &mut key.value {
                *text = lower(text);
            }
        }
    }
    document.without_computed()
}

impl Checks<'_> {
    pub(super) fn deployed(&mut self, by: By) {
        let document = self.document();
        let kind = document.get("kind").and_then(Node::text);
        for key in ["displayName", "query", "severity"] {
            self.needed(key, Severity::Error);
        }
        if kind == Some("Scheduled") {
            self.needs_schedule();
        }
        if by == By::Template {
            self.misspelt(document, &FIELDS);
        }
        self.one_of(document, "kind", &["Scheduled", "NRT"]);
        self.one_of(document, "severity", &SEVERITIES);
        self.query_length(document);
        self.trigger(document, Self::DEPLOYED_OPERATORS);
        // Of one that runs all the time the service reads no schedule, and some tools write one.
        if kind != Some("NRT") {
            self.schedule(document, false);
        }
        self.tactics(document);
    }

    /// Whether durations are ISO 8601 alone.
    pub(super) fn iso_only(&self) -> bool {
        self.file.form == Form::Deployed(By::Template)
    }

    /// The seconds of a duration.
    pub(super) fn seconds(&self, text: &str) -> Option<u64> {
        match self.file.form {
            Form::Deployed(By::Template) => {
                text.strip_prefix(['P', 'p']).and_then(|_| seconds(text))
            }
            Form::Deployed(By::Tool) => exported(text),
            _ => seconds(text),
        }
    }
}
