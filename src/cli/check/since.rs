//! `--since`: whether the version of each rule that has changed since a commit has risen. Git is asked for what was then.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{FileReport, Levels};
use crate::contract::Fault;
use crate::diagnostic::{Diagnostic, Severity};
use crate::sentinel::{self, Identity, VERSION};

/// Says which rules have changed and have the version that they had.
///
/// # Errors
/// When there is no git, or it knows no such commit.
pub(super) fn find(
    commit: &str,
    reports: &mut [FileReport],
    levels: &Levels<'_>,
) -> Result<(), Fault> {
    let mut known = false;
    for report in reports.iter_mut().filter(|report| !report.rules.is_empty()) {
        let path = Path::new(&report.name);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => Path::new(".").to_path_buf(),
        };
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !known {
            let commit_of = format!("{commit}^{{commit}}");
            if git(&folder, &["rev-parse", "--verify", "--quiet", &commit_of])?.is_none() {
                let message = format!("git knows no commit `{commit}` in {}", folder.display());
                return Err(Fault::data(message).help("--since takes a commit, a branch or a tag"));
            }
            known = true;
        }
        // A file that was not there has no version to rise from.
        let Some(before) = git(&folder, &["show", &format!("{commit}:./{file}")])? else {
            continue;
        };
        compare(&before, commit, report, levels);
    }
    Ok(())
}

/// What git says; nothing if it fails.
fn git(folder: &Path, arguments: &[&str]) -> Result<Option<String>, Fault> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Fault::data(format!("git cannot be run: {error}")))?;
    Ok(match output.status.success() {
        true => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => None,
    })
}

fn compare(before: &str, commit: &str, report: &mut FileReport, levels: &Levels<'_>) {
    let now = report.whole().map(|source| source.container().to_string());
    let plain = |text: &str| text.trim_start_matches('\u{feff}').replace('\r', "");
    let before = plain(before);
    if now.is_none_or(|now| plain(&now) == before) {
        return;
    }
    let Ok(contents) = sentinel::contents(&report.name, &before) else {
        return;
    };
    let then = contents.identities();
    for rule in report.rules.clone() {
        let old = then
            .iter()
            .find(|old| old.id.eq_ignore_ascii_case(&rule.id));
        if let Some(said) = old.and_then(|old| unrisen(old, &rule, commit)) {
            report.add(said, levels);
        }
    }
}

/// What is to be said of a rule whose version has not risen.
fn unrisen(old: &Identity, new: &Identity, commit: &str) -> Option<Diagnostic> {
    let (before, _) = old.version.as_ref()?;
    // That there is none is said by another rule.
    let (now, at) = new.version.as_ref()?;
    if numbers(now)? > numbers(before)? {
        return None;
    }
    let message = match now == before {
        true => format!("the rule has changed since {commit}, and its version has not"),
        false => format!("the version was {before} at {commit}, which is higher"),
    };
    let mut said = Diagnostic::of_rule(VERSION.name, *at, message);
    said.severity = Severity::Error;
    said.help = next(before).map(|next| format!("write {next}"));
    Some(said)
}

/// The numbers of a version.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// The next version.
fn next(version: &str) -> Option<String> {
    let mut numbers = numbers(version)?;
    let last = numbers.last_mut()?;
    *last = last.checked_add(1)?;
    let parts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Some(parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn rule(version: &str) -> Identity {
        Identity {
            id: "x".to_string(),
            at: Span::default(),
            version: Some((version.to_string(), Span::default())),
        }
    }

    #[test]
    fn versions_rise_number_by_number() {
        let said = |old: &str, new: &str| unrisen(&rule(old), &rule(new), "main").is_some();
        assert!(!said("1.0.9", "1.0.10") && !said("1.9.9", "2.0.0"));
        assert!(said("1.0.0", "1.0.0") && said("1.0.10", "1.0.9") && said("2.0.0", "1.9.9"));
        // What is no version is said by another rule.
        assert!(!said("1.0.0", "one"));
        assert_eq!(next("1.0.9").as_deref(), Some("1.0.10"));
    }
}
