//! Custom detections of Defender, as Microsoft Graph has them.

use super::{BAD_VALUE, COLUMNS, Checks, MISSING_FIELD, Output, SCHEDULE, TACTICS};
use crate::diagnostic::Severity;
use crate::sentinel::rule::fields::is_technique;
use crate::sentinel::schedule::seconds;
use crate::sentinel::tree::{Node, Value};

const FIELDS: [&str; 14] = [
    "@odata.type",
    "createdBy",
    "createdDateTime",
    "detectionAction",
    "detectorId",
    "displayName",
    "id",
    "isEnabled",
    "lastModifiedBy",
    "lastModifiedDateTime",
    "lastRunDetails",
    "queryCondition",
    "schedule",
    "status",
];
const TEMPLATE: [&str; 8] = [
    "@odata.type",
    "category",
    "description",
    "impactedAssets",
    "mitreTechniques",
    "recommendedActions",
    "severity",
    "title",
];
const SEVERITIES: [&str; 4] = ["informational", "low", "medium", "high"];
const PERIODS: [&str; 5] = ["0", "1H", "3H", "12H", "24H"];
/// Columns of which an alert takes its time.
const TIMES: [&str; 2] = ["Timestamp", "TimeGenerated"];

impl<'a> Checks<'a> {
    pub(super) fn detection(&mut self) {
        let document = self.document();
        for key in ["displayName", "schedule", "detectionAction"] {
            self.needed(key, Severity::Error);
        }
        self.misspelt(document, &FIELDS);
        self.truth(document, "isEnabled");
        if let Some(condition) = document.filled("queryCondition") {
            self.misspelt(
                condition,
                &["@odata.type", "queryText", "lastModifiedDateTime"],
            );
            self.time_column(condition);
        }
        if let Some(schedule) = document.filled("schedule") {
            self.detection_schedule(schedule);
        }
        let Some(action) = document.filled("detectionAction") else {
            return;
        };
        self.misspelt(
            action,
            &[
                "@odata.type",
                "alertTemplate",
                "organizationalScope",
                "responseActions",
            ],
        );
        match action.filled("alertTemplate") {
            Some(template) => self.alert_template(template),
            None => self.lacks(action, "alertTemplate"),
        }
        for response in list(action, "responseActions") {
            self.identified(response);
        }
    }

    /// Says that a part of the detection has no such field.
    fn lacks(&mut self, map: &Node, key: &str) {
        // A map has no place of its own; its first key has.
        let first = map.entries().and_then(|entries| entries.first());
        let place = first.map_or(map, |(key, _)| key);
        self.error(&MISSING_FIELD, place, format!("there is no `{key}`"));
    }

    fn detection_schedule(&mut self, schedule: &Node) {
        self.misspelt(
            schedule,
            &[
                "@odata.type",
                "frequency",
                "lookback",
                "nextRunDateTime",
                "period",
            ],
        );
        let known = |node: &Node| match &node.value {
            Value::Text(text) => PERIODS.contains(&text.as_str()),
            Value::Integer(n) => *n == 0,
            _ => false,
        };
        match (schedule.filled("period"), schedule.filled("frequency")) {
            (None, None) => self.lacks(schedule, "frequency"),
            (Some(period), _) if !known(period) => {
                let help = format!("it is one of {}", PERIODS.join(", "));
                let message = "no detection has such a period";
                self.error(&SCHEDULE, period, message).help = Some(help);
            }
            _ => {}
        }
        for key in ["frequency", "lookback"] {
            let Some(node) = schedule.filled(key) else {
                continue;
            };
            let is_iso = |text: &str| text.starts_with('P') && seconds(text).is_some();
            if !node.text().is_some_and(is_iso) {
                let message = format!("`{key}` must be a duration");
                self.error(&SCHEDULE, node, message).help =
                    Some("write it as PT1H, P1D".to_string());
            }
        }
    }

    fn alert_template(&mut self, template: &'a Node) {
        self.misspelt(template, &TEMPLATE);
        for key in ["title", "severity"] {
            if template.filled(key).is_none() {
                self.lacks(template, key);
            }
        }
        self.one_of(template, "severity", &SEVERITIES);
        if let Some(techniques) = template.filled("mitreTechniques") {
            for node in self.items_of(techniques, "mitreTechniques") {
                let name = node.text().unwrap_or_default();
                if !is_technique(name) {
                    let message = format!("`{name}` is no technique's number");
                    self.error(&TACTICS, node, message).help =
                        Some("write it as T1046 or T1595.001".to_string());
                }
            }
        }
        for asset in list(template, "impactedAssets") {
            self.identified(asset);
        }
    }

    /// An asset or an action: the columns that tell it are the query's.
    fn identified(&mut self, map: &'a Node) {
        let Some(node) = map.filled("identifier") else {
            return;
        };
        let Some(names) = node.text() else {
            let message = format!("`identifier` must be a text, not {}", node.kind());
            self.error(&BAD_VALUE, node, message);
            return;
        };
        for name in names.split(',').map(str::trim) {
            // Of these the columns are called otherwise.
            if name.starts_with("initiatingAccount") {
                continue;
            }
            let mut chars = name.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            let name: String = first.into_iter().chain(chars).collect();
            let same = match self.output {
                Output::Columns(schema) => {
                    let mut columns = schema.columns.iter();
                    columns.any(|c| c.name.eq_ignore_ascii_case(&name))
                }
                _ => false,
            };
            if !same {
                let span = self.span(node);
                self.column(span, &name);
            }
        }
    }

    /// Of a row without a time no alert can be made.
    fn time_column(&mut self, condition: &Node) {
        let Output::Columns(schema) = self.output else {
            return;
        };
        let Some(query) = condition.filled("queryText") else {
            return;
        };
        if !TIMES.into_iter().any(|name| schema.index(name).is_some()) {
            let message = "the query's output has neither `Timestamp` nor `TimeGenerated`";
            self.warning(&COLUMNS, query, message).help =
                Some("an alert takes its time from there; keep the column".to_string());
        }
    }
}

fn list<'n>(map: &'n Node, key: &str) -> &'n [Node] {
    map.filled(key).and_then(Node::items).unwrap_or_default()
}
