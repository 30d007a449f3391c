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
    let changed = matches!(
        kql::layout::format(text),
        Err(kql::layout::Refusal::Changed)
    );
    assert!(!changed, "{name}: its layout reads otherwise");
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
        survive("pipes", &format!("T{}", " | take 1".repeat(10_000)));
        survive("statements", &"let a = 1;".repeat(10_000));
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

/// Parses and prints; what parses must print stably.
fn is_stable(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let parse = parse_text(text);
    let printed = print::print(&parse.query);
    let changed = matches!(
        kql::layout::format(text),
        Err(kql::layout::Refusal::Changed)
    );
    assert!(!changed, "{text}: its layout reads otherwise");
    if parse.diagnostics.is_empty() {
        let again = parse_text(&printed);
        proptest::prop_assert!(again.diagnostics.is_empty(), "{printed}");
        proptest::prop_assert!(again.query == parse.query, "{printed}");
        proptest::prop_assert_eq!(print::print(&again.query), printed);
    }
    Ok(())
}

/// How many cases; a longer run sets `KQL_FUZZ`.
fn config() -> proptest::test_runner::Config {
    let cases = std::env::var("KQL_FUZZ").ok().and_then(|n| n.parse().ok());
    proptest::test_runner::Config {
        cases: cases.unwrap_or(300),
        failure_persistence: None,
        ..Default::default()
    }
}

/// A piece of a query.
fn piece() -> impl proptest::strategy::Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "T",
        " ",
        "\n",
        "|",
        " where ",
        " summarize ",
        " by ",
        "a",
        "b_1",
        "5h_x",
        "$left",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        ".",
        "..",
        "=",
        "==",
        "=~",
        "!~",
        "!=",
        "<>",
        "<",
        ">=",
        "=>",
        "+",
        "-",
        "*",
        "/",
        "%",
        ":",
        " has ",
        " !has ",
        " in ",
        " in~ ",
        " !in~ ",
        " between ",
        " !between ",
        " and ",
        " or ",
        "not",
        "'s'",
        "\"t\"",
        "@'v\\'",
        "h'x'",
        "```y```",
        "~~~z~~~",
        "1",
        "2.5",
        "1e3",
        "0xF",
        "3d",
        "1.",
        "9223372036854775808",
        "true",
        "null",
        "datetime(",
        "2020-01-01",
        "dynamic(",
        "{'a':",
        "typeof(",
        "let ",
        "set ",
        "declare ",
        "pattern ",
        "query_parameters",
        "restrict access to ",
        "alias database ",
        "print ",
        "range ",
        " from ",
        " to ",
        " step ",
        "datatable",
        "externaldata",
        "union ",
        "find ",
        "search ",
        " join ",
        "kind=inner",
        "hint.strategy=shuffle",
        " on ",
        " mv-expand ",
        " mv-apply ",
        " parse ",
        " with ",
        " as ",
        " make-series ",
        " default=",
        " scan ",
        "step ",
        " top-nested ",
        " of ",
        " top 5 by ",
        " sort by ",
        " asc",
        " desc",
        " nulls first",
        " project-away ",
        " facet by ",
        " fork ",
        " partition by ",
        " graph-match ",
        "-->",
        "<-[",
        "]-",
        " render ",
        " evaluate ",
        " invoke ",
        " reduce by ",
        " macro-expand ",
        "entity_group",
        "//c\n",
        "\u{feff}",
        "é",
        "“",
        "\\",
        "`",
        "~",
        "#",
        "'",
        "\"",
        "\r\n",
    ])
}

proptest::proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_read(text in ".{0,200}") {
        is_stable(&text)?;
    }

    #[test]
    fn any_pieces_are_read(pieces in proptest::collection::vec(piece(), 0..60)) {
        is_stable(&pieces.concat())?;
    }

    #[test]
    fn cut_and_spliced_queries_are_read(
        which in proptest::prelude::any::<(proptest::sample::Index, proptest::sample::Index)>(),
        cuts in proptest::prelude::any::<(proptest::sample::Index, proptest::sample::Index)>(),
        piece in piece(),
    ) {
        let queries = super::grammar::published();
        let cut = |text: &str, at: proptest::sample::Index| {
            let ends: Vec<usize> = text.char_indices().map(|(n, _)| n).collect();
            ends[at.index(ends.len())]
        };
        let (first, second) = (&which.0.get(&queries).1, &which.1.get(&queries).1);
        let head = &first[..cut(first, cuts.0)];
        let tail = &second[cut(second, cuts.1)..];
        is_stable(&format!("{head}{piece}{tail}"))?;
    }
}
