//! The invariants of the architecture that no compiler holds: layers, who names which crate, file sizes.

use std::path::Path;

use super::support::{files, root};

/// The layer of each module; a module uses modules of lower layers, or of its own.
const LAYERS: &[(&str, u8)] = &[
    ("source", 1),
    ("diagnostic", 1),
    ("types", 1),
    ("decimal", 1),
    ("contract", 1),
    ("temporal", 1),
    ("json", 1),
    ("text", 1),
    ("interned", 1),
    ("syntax", 2),
    ("plan", 2),
    ("functions", 3),
    ("catalog", 3),
    ("load", 3),
    ("bind", 4),
    ("operators", 4),
    ("engine", 5),
    ("layout", 5),
    ("lint", 5),
    ("session", 6),
    ("sentinel", 7),
    ("output", 7),
    ("cli", 7),
    ("repl", 7),
    ("main", 7),
];

/// Modules that may name a module of a higher layer: the node after a pipe.
const EXCEPTIONS: &[(&str, &str)] = &[("syntax", "operators")];

fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str();
    first.to_string_lossy().trim_end_matches(".rs").to_string()
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(m, _)| *m == module).map(|(_, l)| *l)
}

/// The code of a file without comments and without its tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines()
        .map(|l| l.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn modules_use_lower_layers_only() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let module = module_of(&path);
        if module == "lib" {
            continue;
        }
        let Some(own) = layer(&module) else {
            wrong.push(format!("{module} has no layer in this test"));
            continue;
        };
        let code = code(&path);
        for (used, theirs) in LAYERS {
            let named = code.contains(&format!("crate::{used}::"))
                || code.contains(&format!("crate::{used};"))
                || code.contains(&format!("crate::{used} "));
            let allowed = *theirs <= own || EXCEPTIONS.contains(&(module.as_str(), used));
            // Syntax and plan are strangers.
            let strangers = matches!(
                (module.as_str(), *used),
                ("syntax", "plan") | ("plan", "syntax")
            );
            if named && (!allowed || strangers) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_are_named_where_they_belong() {
    let homes: &[(&str, &[&str])] = &[
        ("nom", &["syntax", "operators"]),
        ("miette", &["diagnostic"]),
        ("rayon", &["engine"]),
        ("clap", &["cli", "main"]),
        ("rustyline", &["repl"]),
    ];
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let (module, code) = (module_of(&path), code(&path));
        for (name, places) in homes {
            let named =
                code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
            if named && !places.contains(&module.as_str()) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_readable() {
    let mut long = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        if lines > 700 {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(
        long.is_empty(),
        "split by what they know:\n{}",
        long.join("\n")
    );
}

#[test]
fn environment_is_read_by_the_outer_layers_only() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let module = module_of(&path);
        let outer = matches!(module.as_str(), "session" | "cli" | "repl" | "main");
        let code = code(&path);
        for reading in ["std::env::", "env::var", "SystemTime::now", "Instant::now"] {
            // A deadline is an instant of the run, not of the query.
            let deadline = module == "contract" && reading == "Instant::now";
            if code.contains(reading) && !outer && !deadline {
                wrong.push(format!("{} reads {reading}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
