//! What the suites share: sessions without data, and values as text.

use std::path::{Path, PathBuf};

use kql::catalog::Catalog;
use kql::contract::{GeoIp, UserAgents};
use kql::engine::Table;
use kql::json;
use kql::load::LoadOptions;
use kql::session::{Now, Session};
use kql::text;
use kql::types::{Value, arrays};

/// The instant of every case: 2026-03-14T12:00:00Z.
pub const NOW: &str = "2026-03-14T12:00:00Z";

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expectations shall be rewritten: `UPDATE=1`.
pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|given| !given.is_empty())
}

/// The folder beside the repository that holds the shared cases, if it is there.
pub fn shared() -> Option<PathBuf> {
    let path = root().join("../shared");
    path.is_dir().then_some(path)
}

/// A session without tables, at a fixed instant.
pub fn session() -> Session {
    let mut session = Session::new(Catalog::new(LoadOptions::default()));
    session.now = Now::At(kql::temporal::parse_datetime(NOW).unwrap());
    session.geoip = GeoIp::Nulls;
    let agents = root().join("tests/cases/functions/user_agents.yaml");
    let agents = kql::functions::user_agent::open(&agents).unwrap();
    session.user_agents = UserAgents::Patterns(std::sync::Arc::new(agents));
    session.options.threads = 1;
    // `https://files.example/NAME` stands for a file beside the cases.
    let data = root().join("tests/cases/operators/externaldata");
    for entry in std::fs::read_dir(data).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let url = format!("https://files.example/{name}");
        session.url_map.insert(url, entry.path());
    }
    session
}

/// Files below a folder with this ending, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All cells of a table, row by row.
pub fn rows(table: &Table) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for batch in &table.batches {
        for row in 0..batch.rows {
            let cells = batch
                .columns
                .iter()
                .zip(&table.schema.columns)
                .map(|(array, column)| arrays::value(&**array, column.ty, row));
            rows.push(cells.collect());
        }
    }
    rows
}

/// A cell as cases show it: `tostring`'s text, but a null as `null`, and a string in JSON quotes when it
/// would otherwise be mistaken for something else.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null(_) => "null".to_string(),
        Value::Dynamic(json) => json::for_output(json).into_owned(),
        Value::String(text) => {
            let plain = !text.is_empty()
                && text.trim() == &**text
                && &**text != "null"
                && !text.starts_with('"')
                && !text.contains(" | ")
                && !text.chars().any(char::is_control);
            if plain {
                text.to_string()
            } else {
                json::quote(text)
            }
        }
        Value::Bool(true) => "true".to_string(),
        Value::Bool(false) => "false".to_string(),
        value => {
            let mut out = String::new();
            text::write_value(value, &mut out);
            out
        }
    }
}

/// `name: type, …`
pub fn header(table: &Table) -> String {
    table.schema.to_string()
}
