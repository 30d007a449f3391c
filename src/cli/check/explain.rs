//! `--explain`: what a code or a rule means.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::cli::console::{Console, Exit};
use crate::diagnostic::{Code, nearest};
use crate::lint;
use crate::output::WriteError;
use crate::sentinel;

pub(super) fn explain(name: &str, console: &Console) -> Exit {
    let text = match name {
        "rules" => list(),
        name => match about(name) {
            Some(text) => text,
            None => return unknown(name, console),
        },
    };
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Exit::Ok,
        Err(error) => console.unwritten(&WriteError::from(error), "to standard output"),
    }
}

/// All rules, a line each.
fn list() -> String {
    let queries = lint::RULES.iter().map(|rule| (rule.name, rule.summary));
    let files = sentinel::RULES.iter().map(|rule| (rule.name, rule.summary));
    let all: Vec<_> = queries.chain(files).collect();
    let width = all
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    for (name, summary) in all {
        let _ = writeln!(out, "{name:width$}  {summary}");
    }
    out
}

fn about(name: &str) -> Option<String> {
    let mut out = String::new();
    if let Some(rule) = lint::rule(name) {
        let _ = writeln!(out, "{}\n\n{}\n", rule.summary, rule.why);
        let _ = writeln!(
            out,
            "Found in:\n\n    {}\n",
            rule.example.replace('\n', "\n    ")
        );
        let _ = writeln!(
            out,
            "Not in:\n\n    {}\n",
            rule.better.replace('\n', "\n    ")
        );
        let _ = writeln!(
            out,
            "Switched off by --allow {name}, or by a comment: // kql: disable={name}"
        );
        return Some(out);
    }
    if let Some(rule) = sentinel::rule(name) {
        let _ = writeln!(out, "{}\n\n{}", rule.summary, rule.why);
        return Some(out);
    }
    let found = Code::ALL.iter().filter(|code| {
        code.name() == name
            || code
                .kusto()
                .is_some_and(|kusto| kusto.eq_ignore_ascii_case(name))
    });
    for code in found {
        if !out.is_empty() {
            out.push('\n');
        }
        match code.kusto() {
            Some(kusto) => {
                _ = writeln!(out, "{} ({kusto}), {}", code.name(), code.severity().name())
            }
            None => _ = writeln!(out, "{}, {}", code.name(), code.severity().name()),
        }
        let words: Vec<&str> = code.explanation().split_whitespace().collect();
        let _ = writeln!(
            out,
            "\n{}\n\nFound in:\n\n    {}",
            words.join(" "),
            code.example()
        );
    }
    (!out.is_empty()).then_some(out)
}

fn unknown(name: &str, console: &Console) -> Exit {
    console.error(&format!("no code or rule is called `{name}`"));
    let rules = lint::RULES.iter().map(|rule| rule.name);
    let files = sentinel::RULES.iter().map(|rule| rule.name);
    let codes = Code::ALL
        .iter()
        .flat_map(|code| [Some(code.name()), code.kusto()])
        .flatten();
    match nearest(name, rules.chain(files).chain(codes)) {
        Some(near) => console.help(&format!("did you mean `{near}`?")),
        None => console.help("`kql check --explain rules` lists the rules"),
    }
    Exit::Usage
}
