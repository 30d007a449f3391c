//! The data connectors that a rule needs.

use super::{BAD_VALUE, CONNECTOR, Checks, MISSING_FIELD};
use crate::diagnostic::{Severity, nearest};
use crate::sentinel::facts;
use crate::sentinel::tree::Node;

impl Checks<'_> {
    pub(super) fn connectors(&mut self, document: &Node) {
        let Some(connectors) = document.filled("requiredDataConnectors") else {
            return;
        };
        // One connector is also written without its dash.
        for connector in connectors
            .items()
            .unwrap_or(std::slice::from_ref(connectors))
        {
            if connector.entries().is_none() {
                let message = format!(
                    "a connector is a map of `connectorId` and `dataTypes`, not {}",
                    connector.kind()
                );
                self.warning(&BAD_VALUE, connector, message);
                continue;
            }
            self.connector(connector);
        }
    }

    fn connector(&mut self, connector: &Node) {
        self.misspelt(connector, &["connectorId", "dataTypes"]);
        match connector.filled("connectorId") {
            Some(id) => match id.text() {
                Some(name) => self.connector_id(id, name),
                None => {
                    let message = format!("`connectorId` must be a text, not {}", id.kind());
                    _ = self.error(&BAD_VALUE, id, message);
                }
            },
            None => {
                _ = self.warning(
                    &MISSING_FIELD,
                    connector,
                    "the connector has no `connectorId`",
                )
            }
        }
        match connector.filled("dataTypes") {
            Some(types) => self.data_types(types),
            // Misspelt ones have been said.
            None if connector.get("datatypes").is_some() => {}
            None => {
                _ = self.warning(
                    &MISSING_FIELD,
                    connector,
                    "the connector has no `dataTypes`",
                )
            }
        }
    }

    fn connector_id(&mut self, node: &Node, name: &str) {
        let known = facts::connectors();
        if known.contains(&name) {
            return;
        }
        let same = known
            .iter()
            .find(|id| id.eq_ignore_ascii_case(name))
            .copied();
        // Of short names, many are near one another.
        let near = nearest(name, known.iter().copied()).filter(|near| near.len() > 5);
        if let Some(near) = same.or(near.filter(|near| is_slip(name, near))) {
            let message = format!("no connector is known by the id `{name}`");
            // What is like a connector of 2022 may be one that is newer.
            let span = self.span(node);
            self.at(&CONNECTOR, Severity::Info, span, message).help =
                Some(format!("did you mean `{near}`?"));
        }
    }

    fn data_types(&mut self, types: &Node) {
        let Some(items) = types.items() else {
            let message = format!("`dataTypes` must be a list, not {}", types.kind());
            self.error(&BAD_VALUE, types, message);
            return;
        };
        for item in items {
            if item.text().is_none_or(|text| text.trim().is_empty()) {
                let message = format!("a data type is a table's name, not {}", item.kind());
                self.error(&BAD_VALUE, item, message);
            }
        }
    }
}

/// Whether two ids differ as a slip of the fingers makes them differ: in length by one at most, at the same beginning or
/// end.
fn is_slip(a: &str, b: &str) -> bool {
    let same = |(a, b): &(char, char)| a == b;
    let start = a.chars().zip(b.chars()).take_while(same).count();
    let end = a
        .chars()
        .rev()
        .zip(b.chars().rev())
        .take_while(same)
        .count();
    let (long, short) = (
        a.chars().count().max(b.chars().count()),
        a.chars().count().min(b.chars().count()),
    );
    long - short <= 1 && start + end + 2 >= long
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_other_names() {
        assert!(is_slip("SecurityEvent", "SecurityEvents"));
        assert!(is_slip("Ofice365", "Office365"));
        assert!(is_slip("AzureActivtiy", "AzureActivity"));
        assert!(!is_slip("CiscoSEG", "CiscoASA"));
        assert!(!is_slip("CheckPointCef", "CheckPoint"));
    }
}
