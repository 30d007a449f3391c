//! What the program says: every code's example triggers it, and published queries raise no false alarm.
//!
//! `tests/cases/diagnostics/rendered.txt` has what each code's example is told; `UPDATE=1` rewrites it.

use kql::diagnostic::{Code, Diagnostic, Severity, kusto};
use kql::session::{Failure, check};
use kql::source::Source;

use super::support::{files, root, session, updating};

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

/// Every code has its message here, as it is shown.
#[test]
fn every_code_is_shown_as_before() {
    let mut shown = String::new();
    for code in Code::ALL {
        let source = Source::whole("example.kql", code.example());
        let found = said(code.example());
        let found = found.iter().find(|d| d.code == *code);
        let text = found.map_or_else(
            || "nothing\n".to_string(),
            |d| d.render(&source, false, 100),
        );
        let severity = found.map_or("never", |d| d.severity.name());
        shown += &format!("=== {}: {severity}\n{text}\n", code.name());
    }
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let shown = shown.join("\n") + "\n";
    let path = root().join("tests/cases/diagnostics/rendered.txt");
    if updating() {
        std::fs::write(&path, &shown).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(shown, expected, "UPDATE=1 rewrites {}", path.display());
}

#[test]
fn every_id_is_explained() {
    let mut wrong = Vec::new();
    for known in kusto::IDS {
        let given: Vec<_> = match known.example {
            "" => continue,
            example => said(example).iter().filter_map(Diagnostic::kusto).collect(),
        };
        if !given.contains(&known.id) {
            wrong.push(format!("{}: `{}` gives {given:?}", known.id, known.example));
        }
    }
    assert!(kusto::IDS.windows(2).all(|pair| pair[0].id < pair[1].id));
    // What the sources give must have its line in `src/diagnostic/kusto.rs`.
    for path in files(&root().join("src"), "rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("\"KS") {
            let id = text.get(at + 1..at + 6).unwrap_or_default();
            let number = id.len() == 5 && id[2..].bytes().all(|b| b.is_ascii_digit());
            if number && text[at + 6..].starts_with('"') && kusto::id(id).is_none() {
                wrong.push(format!("{}: {id} is not explained", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A mistake at the end of a query is said there, however long the query is.
#[test]
fn mistakes_at_the_end_are_said_there() {
    const ENDS: [&str; 9] = [
        "| where (",
        "| summarze count()",
        "| extend x_ = no_such_function(1)",
        "| where 'abc",
        "| take",
        "| where 1 == ",
        "| join kind=innr (print a_=1) on a_",
        ")",
        "| extend x_ = strlen()",
    ];
    let mut queries: Vec<String> = Vec::new();
    for path in files(&root().join("queries"), "kql") {
        queries.push(std::fs::read_to_string(&path).unwrap());
    }
    for path in files(&root().join("tests/cases"), "kql") {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("// ---").skip(1) {
            queries.push(case.lines().skip(1).collect::<Vec<_>>().join("\n"));
        }
    }
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (number, query) in queries.iter().enumerate() {
        let light = |d: &Diagnostic| d.severity < Severity::Unsupported;
        if !check(&Source::whole("query", query.as_str()))
            .iter()
            .all(light)
        {
            continue;
        }
        // Of a published query every end, of a case the next one.
        for (n, end) in ENDS.iter().enumerate() {
            if number >= 14 && n != number % ENDS.len() {
                continue;
            }
            let text = format!("{query}\n{end}");
            let source = Source::whole("query", text.as_str());
            let errors: Vec<_> = check(&source)
                .into_iter()
                .filter(|d| d.severity == Severity::Error)
                // What several tables come out of is wrong itself, once something follows.
                .filter(|d| !d.message.contains("gives several tables"))
                .collect();
            tried += 1;
            let early = errors
                .iter()
                .find(|d| (d.span().end as usize) < query.trim_end().len());
            if let Some(early) = early {
                wrong.push(format!("{end} after\n{query}\n{}", early.short(&source)));
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    let few: Vec<&str> = wrong.iter().take(10).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} of {tried}\n{}",
        wrong.len(),
        few.join("\n\n")
    );
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

#[test]
fn an_instant_that_is_not_known_yet_is_no_null() {
    let query = "let start = ago(12h);\n\
        datatable(user: string, seen: datetime) []\n\
        | evaluate sliding_window_counts(user, seen, start, now(), 3h, 1h)";
    assert!(check(&Source::whole("query", query)).is_empty());
}
