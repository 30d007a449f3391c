//! Texts made to break things: each is answered or refused within seconds, on a stack like the program's.

use std::time::{Duration, Instant};

use kql::session::{Failure, check};
use kql::source::Source;

use super::support::session;

/// What is said about a text, by running and by checking it: codes, or `ok`.
fn outcome(name: &'static str, text: String) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    let started = Instant::now();
    let work = move || {
        let source = Source::whole(name, text.trim_end());
        let checked = check(&source);
        let ran = match session().run(&source) {
            Ok(_) => "ok".to_string(),
            Err(Failure::Query(diagnostics)) => {
                assert!(
                    !checked.is_empty() || diagnostics.iter().any(|d| d.help.is_some()),
                    "{name}: refused, and check says nothing"
                );
                diagnostics
                    .first()
                    .map(|d| d.code.name().to_string())
                    .unwrap_or_default()
            }
            Err(Failure::Fault(fault)) => format!("fault: {fault}"),
        };
        let _ = send.send(ran);
    };
    std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(work)
        .unwrap();
    let found = receive
        .recv_timeout(Duration::from_secs(60))
        .unwrap_or_else(|_| panic!("{name}: no answer"));
    println!("{name}: {found} after {:?}", started.elapsed());
    found
}

fn repeat(text: &str, n: usize) -> String {
    text.repeat(n)
}

#[test]
fn nested_brackets() {
    let text = format!("print {}1{}", repeat("(", 10_000), repeat(")", 10_000));
    assert_eq!(outcome("brackets", text), "too-deep");
    let text = format!(
        "print x = {}1{}",
        repeat("iff(true, ", 10_000),
        repeat(", 1)", 10_000)
    );
    assert_eq!(outcome("calls", text), "too-deep");
    let text = format!(
        "print dynamic({}1{})",
        repeat("[", 10_000),
        repeat("]", 10_000)
    );
    assert_eq!(outcome("arrays", text), "too-deep");
    let text = format!(
        "{}print x = 1{}",
        repeat("union (", 10_000),
        repeat(")", 10_000)
    );
    assert_eq!(outcome("unions", text), "too-deep");
}

#[test]
fn brackets_never_closed() {
    for open in [
        "(",
        "[",
        "{",
        "dynamic([",
        "iff(",
        "print (",
        "let f = () {",
        "union (",
    ] {
        assert_ne!(outcome("open", repeat(open, 10_000)), "ok");
    }
    assert_ne!(outcome("closed", repeat(")", 10_000)), "ok");
}

#[test]
fn deep_within_the_limit() {
    for depth in [10, 50, 100, 200, 400] {
        let text = format!("print x = {}1{}", repeat("(", depth), repeat(")", depth));
        outcome("brackets within", text);
        let text = format!("print x = {}1{}", repeat("abs(", depth), repeat(")", depth));
        outcome("calls within", text);
        let text = format!(
            "{}print x = 1{}",
            repeat("union (", depth),
            repeat(")", depth)
        );
        outcome("unions within", text);
        let text = format!(
            "print y = 1 | where {}y{}",
            repeat("1 == toscalar(print y = 1 | where 1 == (", depth),
            repeat("))", depth)
        );
        outcome("toscalars within", text);
    }
}

#[test]
fn long_disjunction() {
    let terms: Vec<String> = (0..50_000).map(|i| format!("x == {i}")).collect();
    let text = format!("range x from 1 to 10 step 1 | where {}", terms.join(" or "));
    assert_eq!(outcome("or", text), "ok");
    let terms: Vec<String> = (0..50_000).map(|i| format!("x != {i}")).collect();
    let text = format!(
        "range x from 1 to 10 step 1 | where {}",
        terms.join(" and ")
    );
    assert_eq!(outcome("and", text), "ok");
}

#[test]
fn long_lists_run() {
    let terms: Vec<String> = (0..100_000).map(|i| i.to_string()).collect();
    let text = format!(
        "range x from 1 to 10 step 1 | where x in ({})",
        terms.join(", ")
    );
    assert_eq!(outcome("in", text), "ok");
    let text = format!("datatable(x: long) [{}] | count", terms.join(", "));
    assert_eq!(outcome("datatable", text), "ok");
    let text = format!("print dynamic([{}])", terms.join(", "));
    assert_eq!(outcome("dynamic", text), "ok");
    let text = format!("print strcat({})", terms.join(", "));
    outcome("strcat", text);
    let text = format!("print case({} 0)", repeat("1 == 2, 3, ", 20_000));
    outcome("case", text);
}

#[test]
fn long_chains_of_operands_do_not_overflow() {
    let text = format!("print x = 1{}", repeat(" + 1", 100_000));
    outcome("constants", text);
    let text = format!(
        "range x from 1 to 3 step 1 | project y = x{}",
        repeat(" + x", 100_000)
    );
    outcome("columns", text);
    let text = format!("print x = {}1", repeat("-", 100_000));
    outcome("signs", text);
    let text = format!(
        "print d = dynamic({{}}) | project x = d{}",
        repeat(".a", 100_000)
    );
    outcome("path", text);
    let text = format!(
        "print d = dynamic({{}}) | project x = d{}",
        repeat("[0]", 100_000)
    );
    outcome("index", text);
    let text = format!(
        "print x = {}",
        repeat("not(", 400) + "true" + &repeat(")", 400)
    );
    outcome("not", text);
}

#[test]
fn long_pipelines_do_not_overflow() {
    let text = format!("print x = 1{}", repeat(" | where x == 1", 10_000));
    outcome("where", text);
    let text = format!("print x = 1{}", repeat(" | extend x = x + 1", 10_000));
    outcome("extend", text);
    let more: String = (0..20_000).map(|i| format!(" | extend a{i} = x")).collect();
    assert_eq!(
        outcome("widening", format!("print x = 1{more}")),
        "too-complex"
    );
    let text = format!("print x = 1{}", repeat(" | summarize x = max(x)", 10_000));
    outcome("summarize", text);
    let text = format!("print x = 1{}", repeat(" | sort by x", 10_000));
    outcome("sort", text);
    let text = format!(
        "print x = 1{}",
        repeat(" | join (print x = 1) on x | project x", 10_000)
    );
    outcome("join", text);
    let text = format!("print x = 1{}", repeat(" | union (print x = 1)", 10_000));
    outcome("union", text);
    let text = format!("print x = 1{}", repeat(" | as T", 5_000));
    outcome("as", text);
}

#[test]
fn many_statements() {
    let text: String = (1..2_000)
        .map(|i| format!("let a{i} = a{} + 1;\n", i - 1))
        .collect();
    outcome("scalar lets", format!("let a0 = 1;\n{text}print a1999"));
    let text: String = (1..2_000)
        .map(|i| format!("let f{i} = (x: long) {{ f{}(x) + 1 }};\n", i - 1))
        .collect();
    outcome(
        "calls of calls",
        format!("let f0 = (x: long) {{ x }};\n{text}print f1999(1)"),
    );
    let text: String = (1..2_000)
        .map(|i| format!("let T{i} = T{} | where x > 0;\n", i - 1))
        .collect();
    outcome(
        "tables of tables",
        format!("let T0 = print x = 1;\n{text}T1999"),
    );
}

#[test]
fn functions_that_double() {
    let chain = |body: &str| -> String {
        (1..=40)
            .map(|i| {
                body.replace("%i", &i.to_string())
                    .replace("%p", &(i - 1).to_string())
            })
            .collect()
    };
    let text = chain("let f%i = (x: long) { f%p(x) + f%p(x) };\n");
    outcome(
        "scalar functions",
        format!("let f0 = (x: long) {{ x }};\n{text}print f40(1)"),
    );
    let text = chain("let f%i = () { union f%p(), f%p() };\n");
    outcome(
        "table functions",
        format!("let f0 = () {{ print x = 1 }};\n{text}f40() | count"),
    );
    let text = chain("let a%i = a%p + a%p;\n");
    outcome("scalars", format!("let a0 = rand();\n{text}print a40"));
    let text = chain("let s%i = strcat(s%p, s%p);\n");
    outcome(
        "texts",
        format!("let s0 = 'abcdefgh';\n{text}print strlen(s40)"),
    );
    let text = chain("let T%i = union T%p, T%p;\n");
    outcome(
        "tables",
        format!("let T0 = print x = 1;\n{text}T40 | count"),
    );
    let text = chain("let T%i = T%p | join kind=inner T%p on x | project x;\n");
    outcome("joins", format!("let T0 = print x = 1;\n{text}T40 | count"));
    let text = chain("let T%i = materialize(union T%p, T%p);\n");
    outcome(
        "shared tables",
        format!("let T0 = print x = 1;\n{text}T12 | count"),
    );
    let text = repeat(" | extend x = strcat(x, x)", 60);
    outcome(
        "extends",
        format!("print x = 'abcdefgh'{text} | project strlen(x)"),
    );
    let text = repeat(" | extend x = x + x", 60);
    outcome(
        "extends of numbers",
        format!("range x from 1 to 2 step 1{text}"),
    );
}

#[test]
fn large_texts() {
    outcome("comment", format!("// {}\nprint 1", repeat("x", 5 << 20)));
    let found = outcome(
        "string",
        format!("print strlen('{}')", repeat("x", 5 << 20)),
    );
    assert_eq!(found, "ok");
    outcome("name", format!("print {} = 1", repeat("x", 5 << 20)));
    outcome("number", format!("print {}", repeat("1", 5 << 20)));
    outcome("words", repeat("x ", 1 << 19));
    outcome("pipes", repeat("|", 1 << 18));
    outcome("semicolons", repeat(";", 1 << 18));
    outcome("quotes", repeat("\"", 1 << 19));
    outcome("commas", format!("print {}", repeat(",", 1 << 18)));
    outcome("prints", repeat("print 1;", 50_000));
    outcome("mistakes", repeat("print nothing_;", 20_000));
    outcome(
        "regex",
        format!("print 'a' matches regex '{}'", repeat("(a|b)*", 50_000)),
    );
    outcome(
        "pattern",
        format!("print x = 1 | project-away {}", repeat("*a", 50_000)),
    );
}
