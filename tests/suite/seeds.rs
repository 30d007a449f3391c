//! The published queries on the test tables, in every format, against answers worked out apart from the engine
//! (`testdata/expected.py`, `tests/cases/seeds`), whatever the threads and morsels.

use kql::catalog::Catalog;
use kql::engine::Table;
use kql::json;
use kql::load::LoadOptions;
use kql::session::{Now, Session};
use kql::source::Source;
use kql::types::Value;

use super::support::{files, root, rows};

/// Queries whose last operator promises no order: their rows are a multiset.
const UNORDERED: &[&str] = &[
    "possible-network-scans",
    "asim-port-scan",
    "t1595-001-ip-block-scan",
];

fn open(folder: &str, options: LoadOptions) -> Session {
    let path = root().join(folder).display().to_string();
    let catalog = Catalog::open(&[path], &[], options).unwrap();
    let database = catalog.geoip().unwrap().to_path_buf();
    let mut session = Session::new(catalog);
    session.now = Now::Latest;
    let lookup = kql::functions::geo::database(&database).unwrap();
    session.geoip = kql::contract::GeoIp::Database(std::sync::Arc::new(lookup));
    session
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null(_) => String::new(),
        Value::Dynamic(text) => json::for_output(text).into_owned(),
        Value::Bool(b) => b.to_string(),
        value => {
            let mut out = String::new();
            kql::text::write_value(value, &mut out);
            out
        }
    }
}

/// The answer in the format of the `.expected` files.
fn lines(table: &Table) -> Vec<String> {
    let head: Vec<String> = table
        .schema
        .columns
        .iter()
        .map(|c| format!("{}: {}", c.name, c.ty))
        .collect();
    let mut lines = vec![head.join(" | ")];
    for row in rows(table) {
        lines.push(row.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    lines
}

fn answers(session: &Session) -> Vec<(String, Vec<String>)> {
    files(&root().join("queries"), "kql")
        .iter()
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_string();
            let text = std::fs::read_to_string(path).unwrap();
            let source = Source::whole(stem.as_str(), text);
            match session.run(&source) {
                Ok(answer) => {
                    assert_eq!(answer.results.len(), 1, "{stem}");
                    let lines = lines(&answer.results[0].0);
                    (stem, lines)
                }
                Err(why) => panic!("{stem}: {why:?}"),
            }
        })
        .collect()
}

fn compare(stem: &str, found: &[String]) {
    let path = root().join(format!("tests/cases/seeds/{stem}.expected"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut wanted: Vec<String> = text.lines().map(ToString::to_string).collect();
    let mut found = found.to_vec();
    assert_eq!(found[0], wanted[0], "{stem}: columns");
    if UNORDERED.contains(&stem) {
        found[1..].sort();
        wanted[1..].sort();
    }
    for (f, w) in found.iter().zip(&wanted) {
        assert_eq!(f, w, "{stem}");
    }
    assert_eq!(found.len(), wanted.len(), "{stem}: rows");
    assert!(found.len() > 1, "{stem} has no rows");
}

#[test]
fn answer_exactly_on_every_format() {
    let mut count = 0;
    for folder in [
        "testdata",
        "testdata/formats/csv",
        "testdata/formats/parquet",
        "testdata/formats/arrow",
    ] {
        let session = open(folder, LoadOptions::default());
        for (stem, found) in answers(&session) {
            compare(&stem, &found);
            count += 1;
        }
    }
    assert_eq!(count, 4 * 14);
}

#[test]
fn do_not_change_with_threads_or_morsels() {
    let reference = answers(&open("testdata", LoadOptions::default()));
    for threads in [1, 2, 7] {
        let tiny = LoadOptions {
            morsel_bytes: 4096,
            chunk_bytes: 512,
            batch_rows: 7,
            ..LoadOptions::default()
        };
        let mut session = open("testdata", tiny);
        session.options.threads = threads;
        session.options.batch_rows = 5;
        session.options.morsel_rows = 11;
        for ((stem, wanted), (_, found)) in reference.iter().zip(answers(&session)) {
            assert_eq!(*wanted, found, "{stem} on {threads} threads");
        }
    }
}
