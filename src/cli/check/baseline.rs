//! A baseline: the findings there were when checking began, so that only new ones count.
//!
//! A finding is known again by its file, its name and the text of its line, so that lines may move.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FileReport, Finding};
use crate::cli::files;
use crate::contract::Fault;

#[derive(Serialize, Deserialize)]
struct Baseline {
    /// The form of this file.
    version: u32,
    findings: Vec<Known>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, Hash)]
struct Known {
    file: String,
    code: String,
    line: String,
}

impl Known {
    fn of(file: &FileReport, finding: &Finding) -> Known {
        let source = file.source(finding);
        let start = finding.diagnostic.span().start;
        let at = source.position(start);
        let line = |text: &str, number: usize| {
            let line = text.lines().nth(number).unwrap_or_default();
            line.trim().to_string()
        };
        let in_file = line(source.container(), at.line - 1);
        // The whole query may be on one line of the file, or the other way round.
        let before = source.text().get(..start as usize).unwrap_or_default();
        let in_query = line(source.text(), before.matches('\n').count());
        let line = match in_query.len() < in_file.len() {
            true => in_query,
            false => in_file,
        };
        let name = file.name.replace('\\', "/");
        let name = name.trim_start_matches("./");
        Known {
            file: name.to_string(),
            code: finding.diagnostic.name().to_string(),
            line,
        }
    }
}

/// What stays the same when the lines around a finding change.
pub(super) fn fingerprint(file: &FileReport, finding: &Finding) -> String {
    let known = Known::of(file, finding);
    let mut hash = Sha256::new();
    for part in [&known.file, &known.code, &known.line] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Writes a baseline of all findings; how many there are.
pub(super) fn write(path: &Path, reports: &[FileReport]) -> Result<usize, Fault> {
    let findings: Vec<Known> = reports
        .iter()
        .flat_map(|file| file.findings.iter().map(|finding| Known::of(file, finding)))
        .collect();
    let count = findings.len();
    let baseline = Baseline {
        version: 1,
        findings,
    };
    let text =
        serde_json::to_string_pretty(&baseline).map_err(|e| Fault::internal(e.to_string()))?;
    files::write(path, format!("{text}\n").as_bytes())?;
    Ok(count)
}

/// Leaves out the findings that a baseline has; how many.
pub(super) fn leave_out(path: &Path, reports: &mut [FileReport]) -> Result<usize, Fault> {
    let text = files::read(path)?.text;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| {
        let message = format!("{} is no baseline: {error}", path.display());
        Fault::data(message).help("--write-baseline makes one")
    })?;
    let mut known: HashMap<Known, usize> = HashMap::new();
    for finding in baseline.findings {
        *known.entry(finding).or_default() += 1;
    }
    let mut count = 0;
    for report in reports {
        let mut findings = std::mem::take(&mut report.findings);
        findings.retain(|finding| match known.get_mut(&Known::of(report, finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                count += 1;
                false
            }
            _ => true,
        });
        report.findings = findings;
    }
    Ok(count)
}
