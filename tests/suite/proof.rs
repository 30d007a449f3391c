//! Every builtin that runs has an example with its result, and a case with null or empty input.

use std::collections::BTreeSet;

use kql::bind::special;
use kql::functions::{self, Entry};
use kql::plan::{Aggregate, AggregateEval, Eval, Scalar};
use kql::syntax::lexer::TokenKind;
use kql::{operators, syntax};

use super::support::{files, root};

/// Scalars that a query can name and that run.
fn scalars() -> Vec<&'static Entry<Scalar>> {
    let mut all = functions::all_scalars();
    all.retain(|e| !e.is_internal() && !matches!(e.function.eval, Eval::Unsupported(_)));
    all
}

fn aggregates() -> Vec<&'static Entry<Aggregate>> {
    let mut all = functions::all_aggregates();
    all.retain(|e| !matches!(e.function.eval, AggregateEval::Unsupported(_)));
    all
}

#[test]
fn every_builtin_has_an_example() {
    let mut without: Vec<&str> = Vec::new();
    for entry in scalars() {
        // What gives another value each time has no result to show.
        let function = entry.function;
        let random = function.volatility == kql::plan::Volatility::PerRow;
        if function.doc.examples.is_empty() && !random {
            without.push(function.name());
        }
    }
    for entry in aggregates() {
        if entry.function.doc.examples.is_empty() {
            without.push(entry.function.name());
        }
    }
    for special in special::ALL {
        if special.doc.examples.is_empty() && special.names_in_catalog == special::Named::Nothing {
            without.push(special.names[0]);
        }
    }
    assert!(
        without.is_empty(),
        "without an example: {}",
        without.join(", ")
    );
}

/// The words and signs of the queries that ask what null and empty input become: those of the files
/// `nulls_*.kql` in `tests/cases/functions`.
struct Asked {
    /// Names before a bracket.
    calls: BTreeSet<String>,
    /// Everything else.
    words: BTreeSet<String>,
}

fn asked() -> Asked {
    let mut asked = Asked {
        calls: BTreeSet::new(),
        words: BTreeSet::new(),
    };
    for path in files(&root().join("tests/cases/functions"), "kql") {
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        if !name.starts_with("nulls_") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("// --- ").skip(1) {
            let lines = case.lines().skip(1).filter(|l| !l.starts_with("//"));
            let query: Vec<&str> = lines.collect();
            read(&query.join("\n"), &mut asked);
        }
    }
    asked
}

/// Takes in a query, which must hold null, empty text, an empty array or no rows.
fn read(query: &str, asked: &mut Asked) {
    let nothing = ["null", "''", "[]", "\"\""];
    assert!(
        nothing.iter().any(|n| query.contains(n)),
        "nothing is null or empty in\n{query}"
    );
    let mut tokens: Vec<&str> = Vec::new();
    for token in syntax::tokens(query) {
        let text = &query[token.span.start as usize..token.span.end as usize];
        if !matches!(token.kind, TokenKind::End) && !text.trim().is_empty() {
            tokens.push(text);
        }
    }
    for (i, text) in tokens.iter().enumerate() {
        if tokens.get(i + 1) == Some(&"(") {
            asked.calls.insert((*text).to_string());
        }
        asked.words.insert((*text).to_string());
        if let Some(next) = tokens.get(i + 1) {
            asked.words.insert(format!("{text} {next}"));
        }
    }
}

#[test]
fn every_builtin_has_a_case_with_null_or_empty_input() {
    let asked = asked();
    let mut without: Vec<&str> = Vec::new();
    for entry in scalars() {
        let name = entry.function.name();
        let infix = entry.signatures.iter().any(|s| s.infix);
        let found = match name {
            // Written without its name.
            "[]" => asked.words.contains("["),
            _ if infix => asked.words.contains(name),
            _ => asked.calls.contains(name),
        };
        if !found {
            without.push(name);
        }
    }
    for entry in aggregates() {
        if !asked.calls.contains(entry.function.name()) {
            without.push(entry.function.name());
        }
    }
    assert!(
        without.is_empty(),
        "without such a case: {}",
        without.join(", ")
    );
}

#[test]
fn every_plugin_that_does_not_run_says_why() {
    let silent = functions::plugins::ALL
        .iter()
        .filter(|p| !operators::plugin_runs(p.name) && p.reason.is_empty());
    let silent: Vec<&str> = silent.map(|p| p.name).collect();
    assert!(
        silent.is_empty(),
        "no reason is given for {}",
        silent.join(", ")
    );
}
