//! Every example of a declaration is true.

use kql::bind::special;
use kql::functions;
use kql::operators;
use kql::plan::{Doc, is_query};
use kql::session::{Failure, Session};
use kql::source::Source;
use kql::types::Value;

use super::support::{rows, session};

/// The first cell of a query's answer, as `tostring` would show it.
fn value(session: &Session, query: &str) -> Result<String, String> {
    let source = Source::whole("example", query);
    match session.run(&source) {
        Ok(answer) => {
            let table = &answer.results.first().ok_or("no result")?.0;
            let cell = rows(table)
                .into_iter()
                .next()
                .and_then(|row| row.into_iter().next());
            Ok(match cell {
                None => String::new(),
                Some(Value::Dynamic(json)) => kql::json::display(&json).into_owned(),
                Some(value) => {
                    let mut text = String::new();
                    kql::text::write_value(&value, &mut text);
                    text
                }
            })
        }
        Err(Failure::Query(diagnostics)) => Err(diagnostics
            .iter()
            .map(|d| d.short(&source))
            .collect::<Vec<_>>()
            .join("\n")),
        Err(Failure::Fault(fault)) => Err(fault.to_string()),
    }
}

fn check(name: &str, doc: &Doc, failures: &mut Vec<String>, count: &mut usize) {
    let session = session();
    for (example, expected) in doc.examples {
        *count += 1;
        let query = if is_query(example) {
            (*example).to_string()
        } else {
            format!("print x = {example}")
        };
        match value(&session, &query) {
            Ok(found) if found == *expected => {}
            Ok(found) => failures.push(format!("{name}: {example} is {found}, not {expected}")),
            Err(why) => failures.push(format!("{name}: {example}: {why}")),
        }
    }
}

/// Operators that have no example: they read what only the reader has.
const WITHOUT: &[&str] = &["externaldata"];

#[test]
fn of_operators_are_true() {
    let session = session();
    let mut failures = Vec::new();
    for info in operators::ALL {
        let runs = operators::unready(info).is_none();
        let has = !info.examples.is_empty();
        assert_eq!(
            has,
            runs && !WITHOUT.contains(&info.name()),
            "{}",
            info.name()
        );
        for (example, expected) in info.examples {
            let found = match session.run(&Source::whole("example", *example)) {
                Ok(answer) => {
                    let tables = answer.results.iter().map(|(table, _)| table.lines());
                    tables.collect::<Vec<_>>().join("\n\n")
                }
                Err(why) => format!("{why:?}"),
            };
            let uses = info.keywords.iter().any(|word| example.contains(word));
            if found != *expected || !uses {
                failures.push(format!("{example}\nis\n{found}\nnot\n{expected}\n"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn are_true() {
    let (mut failures, mut count) = (Vec::new(), 0);
    for entry in functions::all_scalars() {
        let f = entry.function;
        check(f.name(), &f.doc, &mut failures, &mut count);
    }
    for entry in functions::all_aggregates() {
        let f = entry.function;
        check(f.name(), &f.doc, &mut failures, &mut count);
    }
    for special in special::ALL {
        check(special.names[0], &special.doc, &mut failures, &mut count);
    }
    println!("{count} examples, {} wrong", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
