//! The parser against the grammar for people, and against real queries.

use std::path::{Path, PathBuf};

use kql::syntax::{parse_text, print};

/// All files below a folder with this ending, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The queries of `queries/`.
fn published() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    files(&folder, "kql")
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The queries of the shared conformance set, with whether they must fail; none if it is absent.
fn conformance() -> Vec<(String, String, bool)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance/kusto-open.jsonl");
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

/// What the parser says of a query, and whether its tree survives printing.
fn check(name: &str, text: &str) -> Result<(), String> {
    let parse = parse_text(text);
    if let Some(first) = parse.diagnostics.first() {
        let source = kql::source::Source::whole(name, text);
        return Err(first.short(&source));
    }
    let printed = print::print(&parse.query);
    let again = parse_text(&printed);
    if again.query != parse.query {
        return Err(format!(
            "{name}: printing changed the tree:\n{printed}\n{:?}",
            again.diagnostics
        ));
    }
    Ok(())
}

#[test]
fn published_queries_parse() {
    for (name, text) in published() {
        if let Err(problem) = check(&name, &text) {
            panic!("{problem}");
        }
    }
}

#[test]
fn conformance_queries_parse() {
    let problems: Vec<String> = conformance()
        .iter()
        // What the real engine refuses may be refused here already.
        .filter(|(_, _, refused)| !refused)
        .filter_map(|(id, text, _)| check(id, text).err().map(|p| format!("{p}\n    {text}")))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
