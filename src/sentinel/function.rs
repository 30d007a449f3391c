//! Files of stored functions: parsers in YAML, commands that create functions, `let` statements, or a function's body.

use std::path::Path;

use super::tree::Node;
use super::yaml::{documents, placed_text};
use super::{Broken, rule};
use crate::catalog::StoredFunction;
use crate::contract::Fault;
use crate::diagnostic::Severity;
use crate::json::quote;
use crate::source::Source;
use crate::syntax::{self, ast};
use crate::types::Type;

/// The functions of a file called `name`. A YAML file without any gives none.
///
/// # Errors
/// When it is no YAML, or its statements do not parse.
pub fn functions(name: &str, text: &str) -> Result<Vec<StoredFunction>, Fault> {
    let path = Path::new(name);
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    if matches!(ending.to_ascii_lowercase().as_str(), "yaml" | "yml") {
        return parsers(name, text);
    }
    let commands = commands(name, text);
    if !commands.is_empty() {
        return Ok(commands);
    }
    let source = Source::whole(name, text);
    let parsed = syntax::parse(&source);
    let errors = parsed.diagnostics.iter();
    if let Some(error) = errors
        .filter(|d| d.severity == Severity::Error)
        .min_by_key(|d| d.span().start)
    {
        let at = source.position(error.span().start);
        let message = format!("{name}:{}:{}: {}", at.line, at.column, error.message);
        return Err(Fault::data(message).help("--functions takes files of functions"));
    }
    let statements = &parsed.query.statements;
    let is_query = |s: &ast::Statement| matches!(s.kind, ast::StatementKind::Expression(_));
    match statements.iter().any(is_query) {
        true => Ok(vec![body(path, &source)]),
        false => Ok(declared(statements, &source)),
    }
}

/// A file that is a query is the body of a function called like the file.
fn body(path: &Path, source: &Source) -> StoredFunction {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let head = format!("let {} = () {{\n", bracketed(&name));
    StoredFunction {
        name: (&*name).into(),
        text: format!("{head}{}\n}};", source.text()).into(),
        alike: (head.len(), 0),
        rival: None,
        source: source.clone(),
    }
}

/// A name where one is declared: in brackets if it must be.
pub(super) fn bracketed(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match plain {
        true => name.to_string(),
        false => format!("[{}]", quote(name)),
    }
}

/// Each function that a file of `let` statements declares, with all that stands before it.
fn declared(statements: &[ast::Statement], source: &Source) -> Vec<StoredFunction> {
    let functions = statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            ast::StatementKind::Let {
                name,
                value: ast::LetValue::Function(_),
            } => Some((
                name.text.clone(),
                source.text().get(..statement.span.end as usize)?,
            )),
            _ => None,
        });
    functions
        .map(|(name, text)| StoredFunction {
            name,
            text: format!("{text};").into(),
            source: source.clone(),
            alike: (0, 0),
            rival: None,
        })
        .collect()
}

/// The functions that `.create-or-alter function` and its like create.
fn commands(name: &str, text: &str) -> Vec<StoredFunction> {
    let starts: Vec<usize> = text
        .split_inclusive('\n')
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        })
        .filter(|(_, line)| line.trim_start().starts_with('.'))
        .map(|(start, _)| start)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let source = Source::whole(name, text);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| {
            let command = text.get(*start..end)?;
            let rest = function_of(command)?;
            let at = end - rest.len();
            let word = rest.find(|c: char| c == '(' || c.is_whitespace())?;
            let (name, value) = rest.split_at(word);
            let name = name.trim_start_matches(['[', '\'', '"']);
            let name = name.trim_end_matches([']', '\'', '"']);
            let head = format!("let {} =", bracketed(name));
            let value = value.trim_end().trim_end_matches(';');
            Some(StoredFunction {
                name: name.into(),
                text: format!("{head}{value}\n;").into(),
                alike: (head.len(), at + word),
                rival: None,
                source: source.clone(),
            })
        })
        .collect()
}

/// What follows the options of a command that creates a function: its name, parameters and body.
fn function_of(command: &str) -> Option<&str> {
    let rest = command.trim_start();
    let rest = [".create-or-alter", ".create", ".alter"]
        .iter()
        .find_map(|verb| rest.strip_prefix(verb))?;
    let mut rest = rest.trim_start().strip_prefix("function")?.trim_start();
    if let Some(after) = rest.strip_prefix("ifnotexists") {
        rest = after.trim_start();
    }
    let Some(options) = rest.strip_prefix("with").map(str::trim_start) else {
        return Some(rest);
    };
    let Some(options) = options.strip_prefix('(') else {
        return Some(rest);
    };
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in options.char_indices() {
        match quote {
            Some(_) if std::mem::take(&mut escaped) => {}
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == ')' => return Some(options[at + 1..].trim_start()),
            None => {}
        }
    }
    None
}

/// Where a document has a function: its names, its text, its parameters.
const PARSERS: [(&[&str], &str, &str); 2] = [
    (
        &["ParserName", "EquivalentBuiltInParser"],
        "ParserQuery",
        "ParserParams",
    ),
    (
        &["FunctionName", "FunctionAlias", "EquivalentBuiltInFunction"],
        "FunctionQuery",
        "FunctionParams",
    ),
];

fn parsers(name: &str, text: &str) -> Result<Vec<StoredFunction>, Fault> {
    let mut all: Vec<StoredFunction> = Vec::new();
    let fault = |broken: Broken| broken.fault(name, text);
    let whole = Source::whole(name, text);
    for document in documents(text).map_err(fault)? {
        for (names, query, parameters) in PARSERS {
            let Some(node) = document.filled(query) else {
                continue;
            };
            let (source, _) = placed_text(&whole, node, query).map_err(fault)?;
            let parameters = declarations(document.get(parameters), text).map_err(|what| {
                Fault::data(format!(
                    "{name}: parameter `{what}` has no type that is known"
                ))
            })?;
            for name in names {
                let Some(function) = document.filled(name).and_then(Node::text) else {
                    continue;
                };
                if all.iter().any(|f| *f.name == *function) {
                    continue;
                }
                let head = format!("let {} = ({parameters}) {{\n", bracketed(function));
                all.push(StoredFunction {
                    name: function.into(),
                    text: format!("{head}{}\n}};", source.text()).into(),
                    alike: (head.len(), 0),
                    rival: None,
                    source: source.clone(),
                });
            }
        }
    }
    Ok(all)
}

/// The parameters of a parser as KQL declares them; the name of one without a type that is known.
fn declarations(list: Option<&Node>, text: &str) -> Result<String, String> {
    let mut declared = Vec::new();
    for item in list.and_then(Node::items).unwrap_or_default() {
        let Some(name) = item.get("Name").and_then(Node::text) else {
            continue;
        };
        let ty = item.get("Type").and_then(Node::text).unwrap_or_default();
        if ty.starts_with("table") {
            // Its columns may stand in the type or, as published functions have it, beside the name.
            let name = name.split_once(':').map_or(name, |(name, _)| name.trim());
            declared.push(format!("{}: (*)", bracketed(name)));
            continue;
        }
        let ty = rule::parameter_type(ty).ok_or(name)?;
        let default = item.get("Default").map(|node| match node.text() {
            Some(value) => value,
            // `false` and `0` are no texts in YAML.
            None => text.get(node.span.range()).unwrap_or_default(),
        });
        let default = match (default.map(str::trim), ty) {
            (None, _) => String::new(),
            (Some(value), Type::String) if !is_quoted(value) => format!(" = {}", quote(value)),
            (Some(value), Type::Bool) => format!(" = {}", value.to_ascii_lowercase()),
            (Some(""), _) => String::new(),
            (Some(value), _) => format!(" = {value}"),
        };
        declared.push(format!("{}: {ty}{default}", bracketed(name)));
    }
    Ok(declared.join(", "))
}

fn is_quoted(text: &str) -> bool {
    text.len() >= 2
        && ['\'', '"']
            .iter()
            .any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(file: &str, text: &str) -> Vec<String> {
        let found = functions(file, text).unwrap();
        for function in &found {
            let parsed = syntax::parse_text(&function.text);
            assert!(parsed.diagnostics.is_empty(), "{}", function.text);
        }
        found.iter().map(|f| f.name.to_string()).collect()
    }

    #[test]
    fn every_form_of_file() {
        let lets = "let most = 5;\nlet F = (x: long) { x + most }; // five\nlet G = () { T };\n";
        assert_eq!(names("lib.kql", lets), ["F", "G"]);
        assert_eq!(names("dir/My-Hunt.kql", "T\n| take 1 // one"), ["My-Hunt"]);
        let commands = ".create-or-alter function with (docstring = \"a ) 'b'\", folder='x') F(x: long)\n{\n  T | where a == x\n}\n\n\
                        .create function ifnotexists ['G'] () { F(1) }\n";
        assert_eq!(names("lib.csl", commands), ["F", "G"]);
        let parser = "ParserName: P\nEquivalentBuiltInParser: _P\nParserParams:\n  - Name: disabled\n    Type: bool\n    Default: False\n\
                      \x20 - Name: who\n    Type: string\n    Default: '*'\nParserQuery: |\n  T\n  | where who == '*'\n";
        assert_eq!(names("p.yaml", parser), ["P", "_P"]);
        let found = functions("p.yaml", parser).unwrap();
        assert!(
            found[0]
                .text
                .starts_with("let P = (disabled: bool = false, who: string = \"*\") {\n")
        );
        let at = found[0].text.find("where").unwrap();
        assert_eq!(found[0].place(at), "p.yaml:12");
        let found = functions("lib.csl", commands).unwrap();
        let at = found[0].text.find("where").unwrap();
        assert_eq!(found[0].place(at), "lib.csl:3");
        assert_eq!(functions("r.yaml", "query: T\n").unwrap().len(), 0);
        assert!(functions("x.kql", "T | where (").is_err());
    }
}
