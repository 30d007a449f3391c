//! What the program says: every code's example triggers it, and published queries raise no false alarm.

use kql::diagnostic::{Code, Diagnostic, Severity};
use kql::session::{Failure, check};
use kql::source::Source;

use super::support::{files, root, session};

/// Everything said about a query, by checking and by running it.
fn said(query: &str) -> Vec<Diagnostic> {
    let source = Source::whole("example", query);
    let mut all = super::lint::found(&source);
    let mut session = session();
    session.geoip = kql::contract::GeoIp::Unavailable;
    session.user_agents = kql::contract::UserAgents::Unavailable;
    match session.run(&source) {
        Ok(answer) => all.extend(answer.diagnostics),
        Err(Failure::Query(diagnostics)) => all.extend(diagnostics),
        Err(Failure::Fault(_)) => {}
    }
    all
}

#[test]
fn every_example_triggers_its_code() {
    let mut missing = Vec::new();
    for code in Code::ALL {
        let found = said(code.example());
        if !found.iter().any(|d| d.code == *code) {
            let found: Vec<String> = found
                .iter()
                .map(|d| format!("{}: {}", d.code.name(), d.message))
                .collect();
            missing.push(format!(
                "{}: `{}` says {found:?}",
                code.name(),
                code.example()
            ));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn places_lie_within_the_text() {
    for code in Code::ALL {
        let text = code.example();
        for diagnostic in said(text) {
            for label in &diagnostic.labels {
                let (start, end) = (label.span.start as usize, label.span.end as usize);
                assert!(
                    start <= end && end <= text.len(),
                    "{}: {start}..{end} of {} bytes",
                    code.name(),
                    text.len()
                );
            }
        }
    }
}

#[test]
fn messages_are_one_sentence_without_a_full_stop() {
    for code in Code::ALL {
        for diagnostic in said(code.example()) {
            let message = &diagnostic.message;
            assert!(
                !message.ends_with('.') && !message.contains('\n') && !message.is_empty(),
                "{}: {message}",
                code.name()
            );
        }
    }
}

#[test]
fn published_queries_raise_no_alarm() {
    let queries = files(&root().join("queries"), "kql");
    assert!(queries.len() >= 14);
    for path in queries {
        let text = std::fs::read_to_string(&path).unwrap();
        let source = Source::whole("query", text.as_str());
        let alarms: Vec<String> = check(&source)
            .iter()
            .filter(|d| d.severity > Severity::Warning)
            .map(|d| d.short(&source))
            .collect();
        assert!(alarms.is_empty(), "{}: {alarms:?}", path.display());
    }
}

#[test]
fn help_names_what_was_meant() {
    let mut missing = Vec::new();
    for (query, help) in [
        ("print n = 1 | where severity == 1", "columns here: n"),
        (
            "datatable(Account: string)['a'] | where Acount == 'a'",
            "did you mean `Account`?",
        ),
        (
            "print x = 1 | summarise count()",
            "did you mean `summarize`?",
        ),
        ("print strlenn('a')", "did you mean `strlen`?"),
        (
            "print x = 1 | summarize dcuont(x)",
            "did you mean `dcount`?",
        ),
        ("SigninLog | take 1", "did you mean `SigninLogs`?"),
        ("let failed = 1; print faild", "did you mean `failed`?"),
        (
            "print x = 1 | join kind=leftout (print x = 1) on x",
            "did you mean `leftouter`?",
        ),
        ("datatable(x: strin)['a']", "did you mean `string`?"),
        (
            "print x = 1 | where (print y = 1)",
            "toscalar(…) takes the first value of a table",
        ),
        (
            "let f = (limit: long = 1) { limit }; print f(limt = 2)",
            "did you mean `limit`?",
        ),
        ("print x = 1 | where x = 1", "`==` compares"),
        ("print d = dynamic([1]) | summarize by d", "convert"),
    ] {
        let source = Source::whole("query", query);
        let all = check(&source);
        let found: Vec<&str> = all.iter().filter_map(|d| d.help.as_deref()).collect();
        if !found.iter().any(|h| h.contains(help)) {
            missing.push(format!("{query}\n  wants: {help}\n  says: {all:?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
