//! Rules of several files, or documents, with the same id: whoever is deployed last replaces the others.

use std::collections::HashMap;

use super::{FileReport, Finding, Levels};
use crate::diagnostic::{Diagnostic, Severity};
use crate::sentinel::DUPLICATE_ID;

/// Says which ids are not a rule's own, at all but the first place.
pub(super) fn find(reports: &mut [FileReport], levels: &Levels<'_>) {
    let mut first: HashMap<String, String> = HashMap::new();
    for report in reports {
        for (id, span) in std::mem::take(&mut report.ids) {
            let known = id.to_ascii_lowercase();
            let Some(other) = first.get(&known) else {
                let line = report.whole().map_or(1, |s| s.position(span.start).line);
                first.insert(known, format!("{}:{line}", report.name));
                continue;
            };
            let message = format!("another rule has the id {id}");
            let mut said = Diagnostic::of_rule(DUPLICATE_ID.name, span, message)
                .help(format!("it is that of {other}"));
            said.severity = Severity::Error;
            let mut found = vec![said];
            levels.apply(&mut found);
            report
                .findings
                .extend(found.into_iter().map(Finding::of_file));
        }
        report.sort();
    }
}
