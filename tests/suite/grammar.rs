//! The parser against `grammar/kql.ebnf`, and both against real queries.

use std::collections::BTreeSet;

use kql::diagnostic::Code;
use kql::syntax::{parse_text, print, tokens};

use super::ebnf::{Grammar, Maker, Recogniser};
use super::support::{files, root};

fn grammar() -> Grammar {
    Grammar::read(&std::fs::read_to_string(root().join("grammar/kql.ebnf")).unwrap())
}

/// The queries of `queries/`, by name.
pub(super) fn published() -> Vec<(String, String)> {
    files(&root().join("queries"), "kql")
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The queries of the cases, each from its title to the next.
pub(super) fn cases() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in files(&root().join("tests/cases"), "kql") {
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("// ---").skip(1) {
            let title = case.lines().next().unwrap_or("").trim().to_string();
            let query: Vec<&str> = case.lines().skip(1).collect();
            found.push((title, query.join("\n")));
        }
    }
    found
}

/// The queries of the shared conformance set, with whether they must fail; none if it is absent.
pub(super) fn conformance() -> Vec<(String, String, bool)> {
    let path = root().join("../shared/conformance/kusto-open.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: the shared conformance set is not there");
        return Vec::new();
    };
    text.lines()
        .map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            (
                case["id"].as_str().unwrap().to_string(),
                case["kql"].as_str().unwrap().to_string(),
                case["expected"]["error"] == true,
            )
        })
        .collect()
}

/// What the parser says of a query, or whether its tree changes by printing.
fn check(name: &str, text: &str) -> Result<(), String> {
    let parse = parse_text(text);
    if let Some(first) = parse.diagnostics.first() {
        let source = kql::source::Source::whole(name, text);
        return Err(format!("{}\n    {text}", first.short(&source)));
    }
    let printed = print::print(&parse.query);
    let again = parse_text(&printed);
    if again.query != parse.query || print::print(&again.query) != printed {
        let found = again.diagnostics;
        return Err(format!(
            "{name}: {text}\nprinting changed the tree:\n{printed}\n{found:?}"
        ));
    }
    Ok(())
}

#[test]
fn published_queries_parse() {
    for (name, text) in published() {
        check(&name, &text).unwrap();
    }
}

#[test]
fn conformance_queries_parse() {
    let problems: Vec<String> = conformance()
        .iter()
        // What the real engine refuses may be refused here already.
        .filter(|(_, _, refused)| !refused)
        .filter_map(|(id, text, _)| check(id, text).err())
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_rule_is_defined_and_reachable() {
    let grammar = grammar();
    let mut reached = BTreeSet::new();
    let mut next = vec![grammar.start.clone()];
    while let Some(name) = next.pop() {
        assert!(grammar.rules.contains_key(&name), "{name} is not defined");
        if reached.insert(name.clone()) {
            next.extend(grammar.names(&name));
        }
    }
    let unreached: Vec<&String> = grammar
        .rules
        .keys()
        .filter(|r| !reached.contains(*r))
        .collect();
    assert!(unreached.is_empty(), "not reachable: {unreached:?}");
}

#[test]
fn rules_have_the_names_of_parser_functions() {
    let mut functions: BTreeSet<String> = kql::syntax::expression::TABLES
        .iter()
        .map(ToString::to_string)
        .collect();
    for folder in ["src/syntax", "src/operators"] {
        for path in files(&root().join(folder), "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            for line in text.lines() {
                let Some(rest) = line.strip_prefix("pub fn ") else {
                    continue;
                };
                let rest = rest.replace("(mut i: ", "(i: ");
                if let Some((name, _)) = rest.split_once("(i: Tokens<'_>) -> Parsed<") {
                    functions.insert(name.trim_start_matches("r#").to_string());
                }
            }
        }
    }
    let rules: BTreeSet<String> = grammar().rules.into_keys().collect();
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).cloned().collect()
    };
    let (no_function, no_rule) = (only(&rules, &functions), only(&functions, &rules));
    assert!(
        no_function.is_empty(),
        "rules without a parser function: {no_function:?}"
    );
    assert!(
        no_rule.is_empty(),
        "parser functions without a rule: {no_rule:?}"
    );
}

#[test]
fn generated_sentences_are_accepted() {
    let grammar = grammar();
    let mut maker = Maker::new(&grammar, 20_260_101);
    let mut problems = Vec::new();
    let mut made = 0;
    while made < 500 || made % 100 != 0 || !maker.unused().is_empty() {
        let sentence = maker.sentence();
        if let Err(problem) = check("generated", &sentence) {
            problems.push(problem);
        }
        made += 1;
        assert!(made < 8_000, "never used: {:?}", maker.unused());
    }
    problems.sort_by_key(String::len);
    problems.truncate(10);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What the parser and the grammar say of a text, if they must agree on it.
fn disagreement(grammar: &Grammar, text: &str) -> Option<String> {
    let parse = parse_text(text);
    // Literals and nesting are not the grammar's business.
    if parse.diagnostics.iter().any(|d| d.code != Code::Syntax) {
        return None;
    }
    let tokens = tokens(text);
    let says = Recogniser::accepts(grammar, text, &tokens);
    let accepts = parse.diagnostics.is_empty();
    let found = parse.diagnostics.first().map(|d| d.message.clone());
    (says != accepts).then(|| format!("grammar {says}, parser {accepts} ({found:?}): {text}"))
}

/// One token dropped, doubled, swapped with the next or replaced.
fn mutated(text: &str, maker: &mut Maker) -> String {
    const OTHERS: &[&str] = &[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        "|",
        "=",
        "==",
        "-",
        "*",
        ".",
        "..",
        ":",
        "=>",
        "in",
        "and",
        "by",
        "with",
        "on",
        "where",
        "has",
        "1",
        "'s'",
        "a",
        "print",
        "let",
        "between",
        "limit",
        "asc",
        "to",
        "of",
        "step",
        "typeof",
        "datatable",
        "mv-expand",
        "kind",
        "as",
    ];
    let tokens = tokens(text);
    let count = tokens.len() - 1;
    if count == 0 {
        return String::new();
    }
    let mut words: Vec<String> = tokens[..count]
        .iter()
        .map(|t| text[t.trivia.start as usize..t.span.end as usize].into())
        .collect();
    let at = maker.below(count);
    match maker.below(5) {
        0 => words[at] = String::new(),
        1 => words[at] = format!("{0} {0}", words[at]),
        2 if at + 1 < count => words.swap(at, at + 1),
        3 => words[at] = words[maker.below(count)].clone(),
        _ => words[at] = format!(" {} ", OTHERS[maker.below(OTHERS.len())]),
    }
    words.concat()
}

#[test]
fn the_grammar_agrees_with_the_parser() {
    // The recogniser recurses once per rule.
    let work = || {
        let grammar = grammar();
        let mut maker = Maker::new(&grammar, 7);
        let rounds: usize = std::env::var("KQL_MUTATIONS").map_or(2, |n| n.parse().unwrap());
        let mut problems = Vec::new();
        // The parser commits after an operator's keyword: `print` alone lacks its list, `project-keep * *` is
        // none of `project -keep * *`. The grammar reads what is left of a mutated text in any way it can.
        let mut committed = Vec::new();
        let mut mutations = 0;
        let mut queries: Vec<String> = published()
            .into_iter()
            .chain(cases())
            .map(|q| q.1)
            .collect();
        queries.extend(conformance().into_iter().map(|q| q.1));
        for text in &queries {
            problems.extend(disagreement(&grammar, text));
            if text.len() < 3_000 {
                for _ in 0..rounds {
                    mutations += 1;
                    match disagreement(&grammar, &mutated(text, &mut maker)) {
                        Some(found) if found.starts_with("grammar true") => committed.push(found),
                        found => problems.extend(found),
                    }
                }
            }
        }
        println!(
            "{} of {mutations} mutations differ by commitment",
            committed.len()
        );
        if committed.len() * 200 > mutations {
            problems.extend(committed);
        }
        problems.sort_by_key(String::len);
        let count = problems.len();
        problems.truncate(15);
        assert!(
            problems.is_empty(),
            "{count} disagreements\n{}",
            problems.join("\n")
        );
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024 * 1024);
    if let Err(panic) = thread.spawn(work).unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}
