//! Custom details, and the texts of alerts with columns in them.

use super::{BAD_VALUE, Checks, DETAILS, is_identifier};
use crate::diagnostic::Severity;
use crate::sentinel::tree::Node;
use crate::source::Span;

/// Custom details of a rule at most.
const MOST_DETAILS: usize = 20;
/// Characters of a detail's name at most.
const LONGEST_KEY: usize = 20;
/// Placeholders of a text at most.
const MOST_PLACEHOLDERS: usize = 3;

/// The texts of alerts, and how long they may be.
const FORMATS: [(&str, usize); 2] = [
    ("alertDisplayNameFormat", 256),
    ("alertDescriptionFormat", 5_000),
];
/// What of an alert a column can give.
const PROPERTIES: [&str; 10] = [
    "AlertLink",
    "ConfidenceLevel",
    "ConfidenceScore",
    "ExtendedLinks",
    "ProductComponentName",
    "ProductName",
    "ProviderName",
    "RemediationSteps",
    "SubTechniques",
    "Techniques",
];
/// The fields that name a column.
const COLUMN_FIELDS: [&str; 2] = ["alertTacticsColumnName", "alertSeverityColumnName"];

impl Checks<'_> {
    pub(super) fn details(&mut self) {
        let document = self.document();
        if let Some(details) = document.filled("customDetails") {
            self.custom(details);
        }
        if let Some(details) = document.filled("alertDetailsOverride") {
            self.alert(details);
        }
    }

    fn custom(&mut self, details: &Node) {
        let Some(entries) = details.entries() else {
            let message = format!("`customDetails` must be a map, not {}", details.kind());
            self.error(&BAD_VALUE, details, message);
            return;
        };
        if entries.len() > MOST_DETAILS {
            let message = format!(
                "there are {} custom details; Sentinel takes {MOST_DETAILS}",
                entries.len()
            );
            self.error(&DETAILS, &entries[MOST_DETAILS].0, message);
        }
        for (key, value) in entries {
            let name = key.text().unwrap_or_default();
            if !is_identifier(name, false) || name.len() > LONGEST_KEY {
                let message = format!("a detail cannot be called `{name}`");
                self.error(&DETAILS, key, message).help = Some(format!(
                    "a letter, then letters, digits and underscores; {LONGEST_KEY} in all"
                ));
            }
            match value.text() {
                Some(column) => self.column_name(value, column),
                None => {
                    let message = format!("a detail is a column's name, not {}", value.kind());
                    self.error(&BAD_VALUE, value, message);
                }
            }
        }
    }

    fn alert(&mut self, details: &Node) {
        let known: Vec<&str> = FORMATS
            .iter()
            .map(|(name, _)| *name)
            .chain(COLUMN_FIELDS)
            .chain(["alertDynamicProperties"])
            .collect();
        self.misspelt(details, &known);
        for (key, longest) in FORMATS {
            if let Some(node) = details.filled(key) {
                self.format(node, key, longest);
            } else if let Some(node) = details.get(key)
                && node.text().is_some()
            {
                self.error(&DETAILS, node, format!("`{key}` is empty"));
            }
        }
        for key in COLUMN_FIELDS {
            if let Some(node) = details.filled(key)
                && let Some(name) = node.text()
            {
                self.column_name(node, name);
            }
        }
        for property in details
            .filled("alertDynamicProperties")
            .and_then(Node::items)
            .unwrap_or_default()
        {
            self.misspelt(property, &["alertProperty", "value"]);
            self.one_of(property, "alertProperty", &PROPERTIES);
            if let Some(node) = property.filled("value")
                && let Some(name) = node.text()
            {
                self.column_name(node, name);
            }
        }
    }

    /// A text with `{{Column}}` in it.
    fn format(&mut self, node: &Node, key: &str, longest: usize) {
        let Some(text) = node.text() else {
            let message = format!("`{key}` must be a text, not {}", node.kind());
            self.error(&BAD_VALUE, node, message);
            return;
        };
        let length = text.chars().count();
        if length > longest {
            let message = format!("`{key}` has {length} characters; Sentinel takes {longest}");
            self.error(&DETAILS, node, message);
        }
        // In the file's own text, where the places are.
        let range = node.span.range();
        let written = self.file.text.get(range.clone()).unwrap_or_default();
        let found = placeholders(written);
        if found.len() > MOST_PLACEHOLDERS {
            let message = format!(
                "`{key}` has {} placeholders; Sentinel takes {MOST_PLACEHOLDERS}",
                found.len()
            );
            let (at, name) = &found[MOST_PLACEHOLDERS];
            let start = range.start + at;
            self.at(
                &DETAILS,
                Severity::Error,
                Span::new(start, start + name.len()),
                message,
            );
        }
        for (at, name) in found {
            let start = range.start + at;
            self.column(Span::new(start, start + name.len()), name);
        }
    }
}

/// The columns between double braces, and where they start.
fn placeholders(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        let start = at + open + 2;
        let Some(length) = text[start..].find("}}") else {
            break;
        };
        let inner = &text[start..start + length];
        let name = inner.trim();
        if is_identifier(name, true) {
            found.push((start + inner.len() - inner.trim_start().len(), name));
        }
        at = start + length + 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_their_places() {
        assert_eq!(
            placeholders("a {{X}} b {{ Y_1 }} {{}} {{a b}}"),
            [(4, "X"), (13, "Y_1")]
        );
        assert!(placeholders("{{X").is_empty());
    }
}
