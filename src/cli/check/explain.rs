//! `--explain`: what a code or a rule means.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::cli::console::{Console, Exit};
use crate::diagnostic::{Code, kusto, nearest};
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

/// All rules and codes, a line each.
fn list() -> String {
    let plain = |text: &str| text.to_string();
    let queries = lint::RULES
        .iter()
        .map(|rule| (rule.name, plain(rule.summary)));
    let files = sentinel::RULES
        .iter()
        .map(|rule| (rule.name, plain(rule.summary)));
    // What rules say has their names.
    let codes = Code::ALL
        .iter()
        .filter(|code| !matches!(code, Code::Rule | Code::Deprecated))
        .map(|code| (code.name(), first_sentence(code.explanation())));
    let all: Vec<_> = queries.chain(files).chain(codes).collect();
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

/// The first sentence of a text, on one line.
pub(super) fn first_sentence(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.find(". ") {
        Some(end) => text[..=end].to_string(),
        None => text,
    }
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
        let _ = writeln!(
            out,
            "{}\n\n{}\n\nSwitched off by --allow {name}, or by a comment in the file: # kql: disable={name}",
            rule.summary, rule.why
        );
        return Some(out);
    }
    let id = kusto::id(name);
    if let Some(id) = id {
        let _ = writeln!(
            out,
            "{}, of Microsoft's language service\n\n{}",
            id.id, id.summary
        );
        example(&mut out, id.example);
    }
    let found = Code::ALL.iter().filter(|code| {
        code.name() == other_name(name)
            || id.is_some_and(|id| code.kusto() == Some(id.id))
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
        let _ = writeln!(out, "\n{}", words.join(" "));
        if id.is_none_or(|id| id.example != code.example()) {
            example(&mut out, code.example());
        }
    }
    (!out.is_empty()).then_some(out)
}

fn example(out: &mut String, example: &str) {
    if !example.is_empty() {
        let _ = writeln!(
            out,
            "\nFound in:\n\n    {}",
            example.replace('\n', "\n    ")
        );
    }
}

/// What a code is called by others.
fn other_name(name: &str) -> &str {
    match name {
        "unknown-column" | "unknown-variable" => "unknown-name",
        "unknown-operator" | "syntax-error" => "syntax",
        "type-mismatch" => "wrong-type",
        name => name,
    }
}

fn unknown(name: &str, console: &Console) -> Exit {
    console.error(&format!("no code or rule is called `{name}`"));
    let rules = lint::RULES.iter().map(|rule| rule.name);
    let files = sentinel::RULES.iter().map(|rule| rule.name);
    let codes = Code::ALL
        .iter()
        .flat_map(|code| [Some(code.name()), code.kusto()])
        .flatten();
    // Of numbers, no other is meant.
    let numbered = name.bytes().any(|b| b.is_ascii_digit());
    match nearest(name, rules.chain(files).chain(codes)).filter(|_| !numbered) {
        Some(near) => console.help(&format!("did you mean `{near}`?")),
        None => console.help("`kql check --explain rules` lists the rules and codes"),
    }
    Exit::Usage
}
