//! What becomes of each query in `queries/`, without data: one line each in `tests/corpus.txt`. `UPDATE=1` rewrites it.

use kql::diagnostic::Severity;
use kql::session::check;
use kql::source::Source;

use super::support::{files, root, updating};

#[test]
fn queries_are_understood() {
    let mut lines = String::new();
    for path in files(&root().join("queries"), "kql") {
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        let source = Source::whole(name.as_str(), std::fs::read_to_string(&path).unwrap());
        let said = check(&source);
        let worst = said.iter().max_by_key(|d| d.severity);
        let verdict = match worst {
            Some(d) if d.severity == Severity::Error => format!("error {}", d.code.name()),
            Some(d) if d.severity == Severity::Unsupported => format!("unsupported {}", d.message),
            _ => "ok".to_string(),
        };
        lines.push_str(&format!("{name}: {verdict}\n"));
    }
    let path = root().join("tests/corpus.txt");
    if updating() {
        std::fs::write(&path, &lines).unwrap();
    }
    assert_eq!(lines, std::fs::read_to_string(&path).unwrap());
}
