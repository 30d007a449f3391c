//! `--fix`: makes the changes that findings come with, in the files they are about.

use super::{FileReport, Finding, Levels, examine_file};
use crate::cli::console::Console;
use crate::cli::files::{self, Input};
use crate::contract::Fault;
use crate::diagnostic;
use crate::sentinel::{self, Edit, edited};
use crate::source::Source;
use crate::text::counted;

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
                "{}:{line}: not all of the query can be mended where it stands; the rest is left as it is",
                report.name
            ));
        }
    }
    if changed.0 > 0 {
        let findings = counted(changed.0, "finding", "findings");
        let files = counted(changed.1, "file", "files");
        console.aside(&format!("mended {findings} in {files}"));
    }
    Ok(())
}

/// Queries with something to mend whose text cannot be changed in place.
fn left_alone(report: &FileReport) -> Vec<&Source> {
    let mut sources: Vec<&Source> = Vec::new();
    for (index, source) in report.sources.iter().enumerate() {
        let left =
            |f: &Finding| f.source == index && f.diagnostic.fix.is_some() && !can_mend(report, f);
        if report.findings.iter().any(left) {
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
    let mut edits: Vec<Edit> = Vec::new();
    let mut count = 0;
    for finding in &report.findings {
        let Some(placed) = placed(report, finding) else {
            continue;
        };
        let apart = |(a, _): &Edit| {
            edits
                .iter()
                .all(|(b, _)| a.end < b.start || b.end < a.start)
        };
        if placed.iter().all(apart) {
            edits.extend(placed);
            count += 1;
        }
    }
    match edits.is_empty() {
        true => (None, 0),
        false => (Some(edited(container, edits)), count),
    }
}

/// Whether `--fix` can mend a finding.
pub(super) fn can_mend(report: &FileReport, finding: &Finding) -> bool {
    placed(report, finding).is_some()
}

/// The changes of a finding's fix in the file, if all of them are possible: if the file's query then reads as it is
/// meant to. What stands for itself in a query may be a mark of the text that the query is in.
pub(super) fn placed(report: &FileReport, finding: &Finding) -> Option<Vec<Edit>> {
    let edits = &finding.diagnostic.fix.as_deref()?.edits;
    let source = report.source(finding);
    if source.is_whole() || edits.iter().all(|edit| edit.text.chars().all(is_plain)) {
        let place = |edit: &diagnostic::Edit| Some((source.place(edit.span)?, edit.text.clone()));
        if let Some(placed) = edits.iter().map(place).collect() {
            return Some(placed);
        }
    }
    let text = source.container();
    let queries = sentinel::contents(&report.name, text).ok()?.queries;
    let edits: Vec<_> = edits.iter().map(|e| (e.span, e.text.as_str())).collect();
    sentinel::mended(&report.name, text, &queries, finding.source, &edits)
}

/// Whether a character stands for itself in YAML, JSON and Markdown.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _.,()=!~<>+*/-".contains(c)
}
