//! Rules of several files, or documents, with the same id: whoever is deployed last replaces the others.

use std::collections::HashMap;

use super::{FileReport, Levels};
use crate::diagnostic::{Diagnostic, Severity};
use crate::sentinel::DUPLICATE_ID;

/// Says which ids are not a rule's own, at all but the first place.
pub(super) fn find(reports: &mut [FileReport], levels: &Levels<'_>) {
    let mut first: HashMap<String, String> = HashMap::new();
    for report in reports {
        for rule in report.rules.clone() {
            let known = rule.id.to_ascii_lowercase();
            let Some(other) = first.get(&known) else {
                let line = report.whole().map_or(1, |s| s.position(rule.at.start).line);
                first.insert(known, format!("{}:{line}", report.name));
                continue;
            };
            let message = format!("another rule has the id {}", rule.id);
            let mut said = Diagnostic::of_rule(DUPLICATE_ID.name, rule.at, message)
                .help(format!("it is that of {other}"));
            said.severity = Severity::Error;
            report.add(said, levels);
        }
    }
}
