//! JUnit's XML: a suite per file, a test case per query.

use std::fmt::Write as _;

use super::report::{code, short};
use super::{FileReport, Finding};
use crate::diagnostic::Severity;

/// A test case: a query, or what stands around the queries of a file.
struct Case {
    name: String,
    errors: String,
    first: Option<(String, &'static str)>,
    other: String,
}

pub(super) fn text(files: &[FileReport]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kql check\">\n",
    );
    for file in files {
        let cases = cases(file);
        let failures = cases.iter().filter(|case| case.first.is_some()).count();
        let errors = usize::from(file.fault.is_some());
        let tests = cases.len() + errors;
        let name = escape(&file.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\">"
        );
        if let Some(fault) = &file.fault {
            let message = escape(&fault.message);
            let _ = writeln!(out, "    <testcase name=\"file\" classname=\"{name}\">");
            let _ = writeln!(
                out,
                "      <error message=\"{message}\" type=\"file\">{message}</error>\n    </testcase>"
            );
        }
        for case in &cases {
            write_case(&mut out, &name, case);
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

fn cases(file: &FileReport) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (index, source) in file.sources.iter().enumerate() {
        let name = match index < file.queries {
            true => format!("query at line {}", source.position(0).line),
            false => "rule".to_string(),
        };
        cases.push(Case {
            name,
            errors: String::new(),
            first: None,
            other: String::new(),
        });
    }
    for finding in &file.findings {
        let last = cases.len().saturating_sub(1);
        let Some(case) = cases.get_mut(finding.source.min(last)) else {
            continue;
        };
        add(case, file, finding);
    }
    cases
}

fn add(case: &mut Case, file: &FileReport, finding: &Finding) {
    let line = short(file, finding);
    match finding.diagnostic.severity {
        Severity::Error => {
            case.errors += &line;
            let first = || (finding.diagnostic.message.clone(), code(finding));
            case.first.get_or_insert_with(first);
        }
        _ => case.other += &line,
    }
}

fn write_case(out: &mut String, class: &str, case: &Case) {
    let name = escape(&case.name);
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{class}\"");
    if case.first.is_none() && case.other.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    if let Some((message, code)) = &case.first {
        let (message, code) = (escape(message), escape(code));
        let text = escape(&case.errors);
        let _ = writeln!(
            out,
            "      <failure message=\"{message}\" type=\"{code}\">{text}</failure>"
        );
    }
    if !case.other.is_empty() {
        let _ = writeln!(
            out,
            "      <system-out>{}</system-out>",
            escape(&case.other)
        );
    }
    out.push_str("    </testcase>\n");
}

/// Text as XML may hold it; characters that it cannot hold become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => crate::text::push_xml(c, &mut out),
        }
    }
    out
}
