//! What this program says of queries, one JSON object per line, for comparison with Microsoft's service.
//!
//! Without arguments it answers each `{"id", "text"}` of standard input; `--schema` prints the published
//! tables and functions; `--sentences N SEED` prints sentences of the grammar.

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "written for the tests, of which this uses a part"
)]
#[path = "../suite/ebnf.rs"]
mod ebnf;

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::thread;

use kql::catalog;
use kql::session;
use kql::source::Source;
use kql::types::Schema;
use serde_json::{Value, json};

/// As the program's own worker thread.
const STACK: usize = 256 << 20;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let worker = thread::Builder::new().stack_size(STACK);
    let worker = worker.spawn(move || match arguments.first().map(String::as_str) {
        Some("--schema") => writeln!(io::stdout(), "{}", schema()),
        Some("--sentences") => sentences(&arguments[1..]),
        _ => answers(),
    })?;
    worker.join().unwrap_or(Ok(()))
}

fn columns(schema: &Schema) -> Value {
    let columns = schema.columns.iter();
    columns.map(|c| json!([&*c.name, c.ty.name()])).collect()
}

/// All published tables, and the ASIM functions.
fn schema() -> Value {
    let functions: BTreeSet<String> = catalog::asim_names().into_iter().collect();
    let table =
        |name: &str| catalog::known(name).map(|known| (name.to_string(), columns(&known.schema)));
    let tables: serde_json::Map<String, Value> = catalog::published_names()
        .filter(|name| !functions.contains(*name))
        .filter_map(table)
        .collect();
    let function = |name: &String| {
        let parameters: Vec<Value> = catalog::asim_parameters(name)?
            .iter()
            .map(|p| json!([p.name, p.ty.name(), p.default]))
            .collect();
        let columns = columns(&catalog::asim_schema(name)?);
        Some((
            name.clone(),
            json!({ "parameters": parameters, "columns": columns }),
        ))
    };
    let functions: serde_json::Map<String, Value> = functions.iter().filter_map(function).collect();
    json!({ "tables": tables, "functions": functions })
}

/// So many sentences from this seed on.
fn sentences(arguments: &[String]) -> io::Result<()> {
    let number = |n: usize| arguments.get(n).and_then(|a| a.parse().ok());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/kql.ebnf");
    let grammar = ebnf::Grammar::read(&std::fs::read_to_string(path)?);
    let mut maker = ebnf::Maker::new(&grammar, number(1).unwrap_or(1));
    let mut out = io::stdout().lock();
    for n in 0..number(0).unwrap_or(100) {
        writeln!(
            out,
            "{}",
            json!({ "id": format!("grammar/{n}"), "text": maker.sentence() })
        )?;
    }
    Ok(())
}

fn answers() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let query: Value = serde_json::from_str(&line?)?;
        writeln!(
            out,
            "{}",
            answer(&query["id"], query["text"].as_str().unwrap_or_default())
        )?;
    }
    out.flush()
}

fn answer(id: &Value, text: &str) -> Value {
    let source = Source::whole("query", text);
    // Microsoft counts in UTF-16 units.
    let place = |at: u32| {
        let before = text.get(..at as usize).unwrap_or(text);
        before.encode_utf16().count()
    };
    let checked = session::examine(&source, &[]);
    let diagnostics: Vec<Value> = checked
        .diagnostics
        .iter()
        .map(|d| {
            json!({
                "name": d.code.name(),
                "code": d.kusto(),
                "severity": d.severity.name(),
                "start": place(d.span().start),
                "end": place(d.span().end),
                "message": d.message,
            })
        })
        .collect();
    let result = checked
        .plan
        .results
        .last()
        .map(|output| &output.plan.schema);
    json!({
        "id": id,
        "diagnostics": diagnostics,
        "columns": result.map(columns),
        "open": result.is_some_and(|s| s.open),
    })
}
