//! The parser and printer against texts that nobody would write.

use std::time::{Duration, Instant};

use kql::syntax::{parse_text, print};

/// Runs with the stack that a thread of the test harness or a server has.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

/// Parses, clones, compares, prints and drops.
fn survive(name: &str, text: &str) {
    let start = Instant::now();
    let parse = parse_text(text);
    let copy = parse.query.clone();
    assert!(copy == parse.query, "{name}");
    let printed = print::print(&parse.query);
    if parse.diagnostics.is_empty() {
        assert!(parse_text(&printed).query == parse.query, "{name}");
    } else {
        assert!(parse.diagnostics.len() < 30, "{name}");
    }
    let took = start.elapsed();
    eprintln!("{name}: {took:?}, {} findings", parse.diagnostics.len());
    assert!(took < Duration::from_secs(20), "{name} took {took:?}");
}

#[test]
fn nothing_overflows_the_stack() {
    on_a_small_stack(|| {
        for depth in [50, 95, 100, 101, 10_000] {
            for (open, close) in [
                ("(", ")"),
                ("f(", ")"),
                ("(T | where ", ")"),
                ("a[", "]"),
                ("a in (", ")"),
                ("a between (1 .. ", ")"),
                ("(T | mv-apply a on (where ", "))"),
                ("(T | join kind=inner (U | summarize a = f(", ")) on b)"),
                ("(T | partition by a { T | extend b = ", "})"),
                ("(T | scan with (step s: a => b = ", ";))"),
                ("(union (T | make-series a = ", " on b step 1))"),
            ] {
                let nested = format!("print {}1{}", open.repeat(depth), close.repeat(depth));
                survive(&format!("{depth} times {open}"), &nested);
                survive(
                    &format!("{depth} times {open}, unclosed"),
                    &nested[..6 + open.len() * depth],
                );
            }
        }
    });
}

#[test]
fn long_and_deep_queries_are_quick() {
    on_a_small_stack(|| {
        let many = 100_000;
        for (open, close) in [("[", "]"), ("{'a':", "}"), ("dynamic(", ")")] {
            let nested = format!(
                "print dynamic({}1{})",
                open.repeat(many),
                close.repeat(many)
            );
            survive(&format!("dynamic {open}"), &nested);
        }
        let functions = format!(
            "let f = {}1{}; f",
            "() { let g = ".repeat(many),
            "; g }".repeat(many)
        );
        survive("functions", &functions);
        survive("pipes", &format!("T{}", " | take 1".repeat(many)));
        survive("statements", &"let a = 1;".repeat(many));
        survive("bare pipes", &format!("T{}", "|".repeat(many)));
        for chain in [
            " or a", " and a", " + 1", " * a", "[0]", ".a", " == 1", " has 'a'", " - -1", "-",
            " in (1)", "(1)", " | f",
        ] {
            survive(chain, &format!("print a{}", chain.repeat(many)));
            survive(
                &format!("300 {chain}"),
                &format!("print a{}", chain.repeat(290)),
            );
        }
        let brackets = "(".repeat(many);
        for text in [
            &brackets,
            &")".repeat(many),
            &"[".repeat(many),
            &"{".repeat(many),
            &"(T|".repeat(many),
        ] {
            survive("brackets", text);
        }
    });
}
