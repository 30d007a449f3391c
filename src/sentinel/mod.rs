//! Files that hold queries: analytic and hunting rules, ASIM parsers, Markdown pages.

mod facts;
mod function;
mod markdown;
mod rule;
mod schedule;
mod tree;
mod yaml;

use std::path::Path;

use crate::contract::Fault;
use crate::source::Source;
use crate::types::Type;

pub use function::functions;
pub use rule::{RULES, Rule, RuleFile, check as check_rule, rule};

/// A query of a file, and what its file makes of it.
pub struct Query {
    /// Its text and place.
    pub source: Source,
    /// Whether a service bounds the time of what it reads: that of a rule with a period.
    pub bounded: bool,
    /// Whether it is the body of a function: of a parser.
    pub library: bool,
    /// The parameters of that function.
    pub parameters: Vec<(String, Type)>,
    /// The rule it belongs to; of several queries in one document, the first has it.
    pub rule: Option<RuleFile>,
}

/// What is in a file.
pub struct Contents {
    /// Its queries.
    pub queries: Vec<Query>,
    /// The file as a whole, if there is more in it than queries.
    pub whole: Option<Source>,
}

/// What is in a file called `name`: of a rule file (`.yaml`) the `query`, of a parser file the `ParserQuery`, of a
/// Markdown page each fenced query, of any other file the whole.
///
/// # Errors
/// When a rule file is no YAML, or there is no query in the file.
pub fn contents(name: &str, text: &str) -> Result<Contents, Fault> {
    let ending = Path::new(name).extension().and_then(|e| e.to_str());
    let sources = match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "yaml" | "yml" => return yaml::contents(name, text),
        "md" | "markdown" => markdown::queries(name, text)?,
        _ => vec![Source::whole(name, text)],
    };
    let queries = sources.into_iter().map(|source| Query {
        source,
        bounded: false,
        library: false,
        parameters: Vec::new(),
        rule: None,
    });
    Ok(Contents {
        queries: queries.collect(),
        whole: None,
    })
}

/// The queries of a file called `name`, each with its place in it.
///
/// # Errors
/// As for [`contents`].
pub fn queries(name: &str, text: &str) -> Result<Vec<Source>, Fault> {
    let contents = contents(name, text)?;
    Ok(contents
        .queries
        .into_iter()
        .map(|query| query.source)
        .collect())
}
