//! Files that hold queries: analytic and hunting rules, ASIM parsers, Markdown pages.

mod markdown;
mod yaml;

use std::path::Path;

use crate::contract::Fault;
use crate::source::Source;

/// The queries of a file called `name`, each with its place in it: of a rule file (`.yaml`) the
/// `query`, of a parser file the `ParserQuery`, of a Markdown page each fenced query, of any other
/// file the whole.
///
/// # Errors
/// When a rule file is no YAML, or there is no query in the file.
pub fn queries(name: &str, text: &str) -> Result<Vec<Source>, Fault> {
    let ending = Path::new(name).extension().and_then(|e| e.to_str());
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "yaml" | "yml" => yaml::queries(name, text),
        "md" | "markdown" => markdown::queries(name, text),
        _ => Ok(vec![Source::whole(name, text)]),
    }
}
