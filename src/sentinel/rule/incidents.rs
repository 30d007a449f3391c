//! How alerts become incidents, and how long a rule keeps quiet after one.

use super::{BAD_VALUE, Checks, ENTITIES, INCIDENTS};
use crate::diagnostic::nearest;
use crate::sentinel::facts;
use crate::sentinel::tree::Node;

const METHODS: [&str; 3] = ["AllEntities", "AnyAlert", "Selected"];
const ALERT_DETAILS: [&str; 2] = ["DisplayName", "Severity"];
const GROUPING: [&str; 7] = [
    "enabled",
    "reopenClosedIncident",
    "lookbackDuration",
    "matchingMethod",
    "groupByEntities",
    "groupByAlertDetails",
    "groupByCustomDetails",
];

impl<'a> Checks<'a> {
    pub(super) fn incidents(&mut self) {
        let document = self.document();
        self.incident_duration(document, "suppressionDuration");
        let Some(incidents) = document.filled("incidentConfiguration") else {
            return;
        };
        self.misspelt(incidents, &["createIncident", "groupingConfiguration"]);
        self.truth(incidents, "createIncident");
        let Some(grouping) = incidents.filled("groupingConfiguration") else {
            return;
        };
        self.misspelt(grouping, &GROUPING);
        for key in ["enabled", "reopenClosedIncident"] {
            self.truth(grouping, key);
        }
        self.incident_duration(grouping, "lookbackDuration");
        self.one_of(grouping, "matchingMethod", &METHODS);
        let selected = self.entities_grouped_by(grouping)
            + self.details_grouped_by(grouping)
            + self.alert_details_grouped_by(grouping);
        if let Some(method) = grouping.filled("matchingMethod")
            && method.text() == Some("Selected")
            && selected == 0
        {
            let message = "`Selected` needs something to be selected";
            self.error(&INCIDENTS, method, message).help = Some(
                "name entity types in groupByEntities, or details in groupByCustomDetails or groupByAlertDetails"
                    .to_string(),
            );
        }
    }

    fn incident_duration(&mut self, map: &Node, key: &str) {
        if let Some(node) = map.filled(key)
            && node.text().and_then(|text| self.seconds(text)).is_none()
        {
            let message = format!("`{key}` must be a duration");
            let help = match self.iso_only() {
                true => "write it as PT5H, P1D",
                false => "write it as 5h, 1d or PT5H, P1D",
            };
            self.error(&INCIDENTS, node, message).help = Some(help.to_string());
        }
    }

    /// The texts of a list under a key.
    fn selected(&mut self, map: &'a Node, key: &str) -> Vec<(&'a Node, &'a str)> {
        let Some(list) = map.filled(key) else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in self.items_of(list, key) {
            match item.text() {
                Some(text) => texts.push((item, text)),
                None => {
                    let message = format!("`{key}` is a list of names, not of {}", item.kind());
                    self.error(&BAD_VALUE, item, message);
                }
            }
        }
        texts
    }

    fn entities_grouped_by(&mut self, grouping: &'a Node) -> usize {
        let document = self.document();
        let mappings = document.filled("entityMappings").and_then(Node::items);
        let mapped: Vec<&str> = mappings
            .unwrap_or_default()
            .iter()
            .filter_map(|mapping| mapping.get("entityType")?.text())
            .collect();
        let selected = self.selected(grouping, "groupByEntities");
        for (node, name) in &selected {
            let mut types = facts::entities().iter().map(|entity| entity.name);
            if mapped.contains(name) {
                continue;
            }
            if !types.any(|known| known == *name)
                && let Some(near) = nearest(name, facts::entities().iter().map(|e| e.name))
            {
                let message = format!("no entity type is called `{name}`");
                self.error(&ENTITIES, node, message).help = Some(format!("did you mean `{near}`?"));
            } else {
                let message = format!("no mapping makes entities of the type `{name}`");
                self.error(&INCIDENTS, node, message).help =
                    Some("incidents are grouped by types that entityMappings has".to_string());
            }
        }
        selected.len()
    }

    fn details_grouped_by(&mut self, grouping: &'a Node) -> usize {
        let document = self.document();
        let details = document.filled("customDetails").and_then(Node::entries);
        let known: Vec<&str> = details
            .unwrap_or_default()
            .iter()
            .filter_map(|(key, _)| key.text())
            .collect();
        let selected = self.selected(grouping, "groupByCustomDetails");
        for (node, name) in &selected {
            if !known.contains(name) {
                let message = format!("there is no custom detail `{name}`");
                let near = nearest(name, known.iter().copied());
                self.error(&INCIDENTS, node, message).help =
                    near.map(|near| format!("did you mean `{near}`?"));
            }
        }
        selected.len()
    }

    fn alert_details_grouped_by(&mut self, grouping: &'a Node) -> usize {
        let selected = self.selected(grouping, "groupByAlertDetails");
        for (node, name) in &selected {
            if !ALERT_DETAILS.contains(name) {
                let message = format!("incidents cannot be grouped by the alert's `{name}`");
                self.error(&INCIDENTS, node, message).help =
                    Some(format!("it is one of {}", ALERT_DETAILS.join(", ")));
            }
        }
        selected.len()
    }
}
