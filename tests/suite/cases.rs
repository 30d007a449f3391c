//! The cases: KQL with its expectation in comments below it, in `tests/cases`. `UPDATE=1` rewrites them.
//!
//! A case starts with `// --- title`; its query ends at the first line that starts with `//` after it.
//! Expected rows: `// name: type, …`, then `// cell | cell` per row (several results are parted by `// ;`).
//! An expected refusal: `// line:column: severity[code]: message` for each diagnostic.

use std::collections::HashSet;
use std::path::Path;

use kql::catalog::Catalog;
use kql::load::LoadOptions;
use kql::session::{Failure, Session};
use kql::source::Source;

use super::support::{cell, files, header, root, rows, session, updating};

/// A case: its title, its query and what it expects, both as lines.
struct Case {
    title: String,
    query: String,
    expected: Vec<String>,
}

fn read(text: &str, path: &Path) -> (Vec<String>, Vec<Case>) {
    let mut preamble = Vec::new();
    let mut cases: Vec<Case> = Vec::new();
    let mut in_query = false;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("// --- ") {
            cases.push(Case {
                title: title.to_string(),
                query: String::new(),
                expected: Vec::new(),
            });
            in_query = true;
            continue;
        }
        let Some(case) = cases.last_mut() else {
            preamble.push(line.to_string());
            continue;
        };
        match line.strip_prefix("//") {
            // A comment inside a query is indented or written behind its text.
            Some(expected) if !case.query.trim().is_empty() => {
                in_query = false;
                case.expected
                    .push(expected.strip_prefix(' ').unwrap_or(expected).to_string());
            }
            _ if in_query => {
                case.query.push_str(line);
                case.query.push('\n');
            }
            _ => assert!(
                line.trim().is_empty(),
                "{}: text between cases: {line}",
                path.display()
            ),
        }
    }
    (preamble, cases)
}

/// What a query answers, in the lines of a case.
pub fn answer(session: &Session, query: &str) -> Vec<String> {
    let source = Source::whole("case", query.trim_end());
    match session.run(&source) {
        Ok(answer) => {
            let mut lines = Vec::new();
            for (i, (table, _)) in answer.results.iter().enumerate() {
                if i > 0 {
                    lines.push(";".to_string());
                }
                lines.push(header(table));
                for row in rows(table) {
                    lines.push(row.iter().map(cell).collect::<Vec<_>>().join(" | "));
                }
            }
            lines
        }
        Err(Failure::Query(diagnostics)) => diagnostics
            .iter()
            .map(|d| {
                let short = d.short(&source);
                short.strip_prefix("case:").unwrap_or(&short).to_string()
            })
            .collect(),
        Err(Failure::Fault(fault)) => vec![format!("fault: {fault}")],
    }
}

/// What the plan of a query is once it is optimised.
fn plan(session: &Session, query: &str) -> Vec<String> {
    let source = Source::whole("case", query.trim_end());
    match session.prepare(&source) {
        Ok(prepared) => prepared
            .plan
            .to_string()
            .lines()
            .map(String::from)
            .collect(),
        Err(failure) => vec![format!("{failure:?}")],
    }
}

fn check(folder: &str) {
    check_with(folder, &session(), answer);
}

/// Compares what `found` gives for each case of a folder with its expectation.
fn check_with(folder: &str, session: &Session, find: impl Fn(&Session, &str) -> Vec<String>) {
    let update = updating();
    let mut titles = HashSet::new();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in files(&root().join("tests/cases").join(folder), "kql") {
        let text = std::fs::read_to_string(&path).unwrap();
        let (preamble, cases) = read(&text, &path);
        let mut rewritten = preamble.join("\n");
        if !preamble.is_empty() {
            rewritten.push('\n');
        }
        for case in &cases {
            count += 1;
            assert!(
                titles.insert(case.title.clone()),
                "{}: two cases are called `{}`",
                path.display(),
                case.title
            );
            let found = find(session, &case.query);
            if found != case.expected {
                failures.push(format!(
                    "{} — {}\n{}expected:\n  {}\nfound:\n  {}",
                    path.display(),
                    case.title,
                    case.query,
                    case.expected.join("\n  "),
                    found.join("\n  ")
                ));
            }
            rewritten.push_str(&format!(
                "// --- {}\n{}\n",
                case.title,
                case.query.trim_end()
            ));
            for line in &found {
                rewritten.push_str(format!("// {line}").trim_end());
                rewritten.push('\n');
            }
            rewritten.push('\n');
        }
        let rewritten = format!("{}\n", rewritten.trim_end());
        if update && rewritten != text {
            std::fs::write(&path, rewritten).unwrap();
        }
    }
    println!("{folder}: {count} cases, {} differ", failures.len());
    if !update && !failures.is_empty() {
        let shown: Vec<&str> = failures.iter().take(20).map(String::as_str).collect();
        panic!(
            "{} of {count} cases differ\n\n{}",
            failures.len(),
            shown.join("\n\n")
        );
    }
}

#[test]
fn functions() {
    check("functions");
}

#[test]
fn operators() {
    check("operators");
}

#[test]
fn types() {
    check("types");
}

#[test]
fn diagnostics() {
    check("diagnostics");
}

#[test]
fn plans() {
    let data = [root().join("testdata").display().to_string()];
    let catalog = Catalog::open(&data, &[], LoadOptions::default()).unwrap();
    let mut over_tables = Session::new(catalog);
    over_tables.now = session().now;
    check_with("plans", &over_tables, plan);
}
