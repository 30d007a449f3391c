//! `--fix`: makes the changes that findings come with, in the files they are about.

use std::ops::Range;

use super::{FileReport, Levels, examine_file};
use crate::cli::console::{Console, number};
use crate::cli::files::{self, Input};
use crate::contract::Fault;
use crate::diagnostic::Fix;
use crate::source::{Exactness, Source};

/// A change may make room for another; more rounds than this are not needed.
const ROUNDS: usize = 10;

/// Mends what can be mended, and checks the changed files anew.
pub(super) fn fix(
    inputs: &[Input],
    reports: &mut [FileReport],
    levels: &Levels<'_>,
    console: &Console,
) -> Result<(), Fault> {
    let mut changed = (0, 0);
    for report in reports {
        let Some(input) = inputs
            .iter()
            .find(|input| input.path.display().to_string() == report.name)
        else {
            continue;
        };
        let mut mended = 0;
        for _ in 0..ROUNDS {
            let (text, count) = mend(report);
            let Some(text) = text else {
                break;
            };
            files::read(&input.path)?.replace(&text)?;
            mended += count;
            match examine_file(input, levels) {
                Some(again) => *report = again,
                None => break,
            }
        }
        if mended > 0 {
            changed = (changed.0 + mended, changed.1 + 1);
        }
        for source in left_alone(report) {
            let line = source.position(0).line;
            console.note(&format!(
                "{}:{line}: the query is in a folded or quoted text, whose places are known to the line only; it is left \
                 as it is (in a literal block, `query: |`, it would be mended)",
                report.name
            ));
        }
    }
    if changed.0 > 0 {
        let findings = number(changed.0, "finding", "findings");
        let files = number(changed.1, "file", "files");
        console.aside(&format!("mended {findings} in {files}"));
    }
    Ok(())
}

/// Queries with something to mend whose text cannot be changed in place.
fn left_alone(report: &FileReport) -> Vec<&Source> {
    let mut sources: Vec<&Source> = Vec::new();
    for (index, source) in report.sources.iter().enumerate() {
        let fixable = |f: &super::Finding| f.source == index && f.diagnostic.fix.is_some();
        if source.exactness() == Exactness::Line && report.findings.iter().any(fixable) {
            sources.push(source);
        }
    }
    sources
}

/// The file's text with all changes that do not touch one another; none if there is nothing to change.
fn mend(report: &FileReport) -> (Option<String>, usize) {
    let Some(container) = report.sources.first().map(Source::container) else {
        return (None, 0);
    };
    let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
    let mut count = 0;
    for finding in &report.findings {
        let Some(fix) = &finding.diagnostic.fix else {
            continue;
        };
        let Some(placed) = placed(report.source(finding), fix) else {
            continue;
        };
        let apart = |(a, _): &(Range<usize>, &str)| {
            edits
                .iter()
                .all(|(b, _)| a.end < b.start || b.end < a.start)
        };
        if placed.iter().all(apart) {
            edits.extend(placed);
            count += 1;
        }
    }
    if edits.is_empty() {
        return (None, 0);
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = container.to_string();
    for (range, new) in edits.into_iter().rev() {
        text.replace_range(range, new);
    }
    (Some(text), count)
}

/// Whether `--fix` can mend a finding.
pub(super) fn can_mend(report: &FileReport, finding: &super::Finding) -> bool {
    let fix = finding.diagnostic.fix.as_deref();
    fix.is_some_and(|fix| placed(report.source(finding), fix).is_some())
}

/// The changes of a fix in the file, if all of them are possible.
fn placed<'f>(source: &Source, fix: &'f Fix) -> Option<Vec<(Range<usize>, &'f str)>> {
    fix.edits
        .iter()
        .map(|edit| Some((source.place(edit.span)?, edit.text.as_str())))
        .collect()
}
