//! Files that hold queries: analytic and hunting rules, as templates and as deployed, ASIM parsers, Markdown pages.

mod facts;
mod function;
mod json;
mod markdown;
mod proposals;
mod rewrite;
mod rule;
mod scalar;
mod schedule;
mod several;
mod tree;
mod yaml;

use std::ops::Range;
use std::path::Path;

use crate::catalog::StoredFunction;
use crate::contract::Fault;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::types::Type;

pub use function::functions;
pub use json::may_hold_rules;
pub use rewrite::{Change, Edit, Left, Rewritten, edited, mended, rewritten};
pub use rule::{
    DUPLICATE_ID, Identity, Output, RULES, Rule, RuleFile, VERSION, check as check_rule, rule,
};

/// Why the queries of a file cannot be told: a finding of a rule, at its place in the file.
#[derive(Debug)]
pub struct Broken(pub Box<Diagnostic>);

impl Broken {
    /// The same for who wants to run the queries.
    pub fn fault(&self, name: &str, text: &str) -> Fault {
        let Diagnostic { message, help, .. } = &*self.0;
        let at = Source::whole(name, text).position(self.0.span().start);
        let fault = Fault::data(match self.0.span() == Span::default() {
            true => format!("{name}: {message}"),
            false => format!("{name}:{}:{}: {message}", at.line, at.column),
        });
        match help {
            Some(help) => fault.help(help),
            None => fault,
        }
    }
}

/// A query of a file, and what its file makes of it.
pub struct Query {
    /// Its text and place.
    pub source: Source,
    /// How the file writes it, if it is a value of YAML or JSON of which that can be told.
    spelling: Option<scalar::Spelling>,
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
    /// What is a rule, but for a query.
    pub lacking: Vec<RuleFile>,
}

impl Contents {
    /// Queries, and nothing else.
    pub fn plain(sources: Vec<Source>) -> Contents {
        let queries = sources.into_iter().map(|source| Query {
            source,
            spelling: None,
            bounded: false,
            library: false,
            parameters: Vec::new(),
            rule: None,
        });
        Contents {
            queries: queries.collect(),
            whole: None,
            lacking: Vec::new(),
        }
    }
}

/// What is in a file called `name`: of a rule file (`.yaml`) the `query`, of a parser file the `ParserQuery`, of a
/// template or an export (`.json`) the queries of rules and saved searches, of a Markdown page each fenced query and those
/// of rules in YAML, of any other file the whole. Of a text that is no query as a whole, blank lines divide queries.
///
/// # Errors
/// When a rule file is no YAML or JSON, or there is no query in the file.
pub fn contents(name: &str, text: &str) -> Result<Contents, Broken> {
    let sources = match ending(name).as_str() {
        "yaml" | "yml" => return yaml::contents(name, text),
        "json" => return json::contents(name, text),
        "md" | "markdown" => return markdown::contents(name, text),
        _ => plain(name, text),
    };
    Ok(Contents::plain(sources))
}

/// What a file's name ends in, in lower case.
fn ending(name: &str) -> String {
    let ending = Path::new(name).extension().and_then(|e| e.to_str());
    ending.unwrap_or_default().to_ascii_lowercase()
}

/// The queries of a file that holds nothing else.
fn plain(name: &str, text: &str) -> Vec<Source> {
    match &several::queries(text)[..] {
        [] | [_] => vec![Source::whole(name, text)],
        ranges => {
            let piece = |range: &Range<usize>| Source::pieces(name, text, [range.clone()]);
            ranges.iter().map(piece).collect()
        }
    }
}

impl Contents {
    /// Nothing yet of a file in which there is more than queries.
    fn of(whole: &Source) -> Contents {
        Contents {
            queries: Vec::new(),
            whole: Some(whole.clone()),
            lacking: Vec::new(),
        }
    }

    /// The rules of the file that have an id.
    pub fn identities(&self) -> Vec<Identity> {
        let rules = self.queries.iter().filter_map(|query| query.rule.as_ref());
        rules
            .chain(&self.lacking)
            .filter_map(RuleFile::identity)
            .collect()
    }
}

/// The queries of a file called `name` as they run: of a parser with parameters a call that gives none, and the
/// function it calls.
///
/// # Errors
/// As for [`queries`].
pub fn runnable(name: &str, text: &str) -> Result<(Vec<Source>, Vec<StoredFunction>), Fault> {
    let mut sources = queries(name, text)?;
    let contents = contents(name, text).map_err(|broken| broken.fault(name, text))?;
    // A page shows functions, and declares none.
    let page = matches!(ending(name).as_str(), "md" | "markdown");
    let takes_arguments = |query: &Query| !(page || query.parameters.is_empty());
    if !contents.queries.iter().any(takes_arguments) {
        return Ok((sources, Vec::new()));
    }
    let functions = functions(name, text)?;
    for (source, query) in sources.iter_mut().zip(&contents.queries) {
        let body = query.source.text();
        let function = functions.iter().find(|f| f.source.text() == body);
        if let (Some(function), true) = (function, takes_arguments(query)) {
            *source = Source::whole(name, format!("{}()", function::bracketed(&function.name)));
        }
    }
    Ok((sources, functions))
}

/// The queries of a file called `name`, each with its place in it.
///
/// # Errors
/// As for [`contents`], and when a rule lacks its query.
pub fn queries(name: &str, text: &str) -> Result<Vec<Source>, Fault> {
    let contents = contents(name, text).map_err(|broken| broken.fault(name, text))?;
    if contents.queries.is_empty() {
        return Err(yaml::no_query().fault(name, text));
    }
    Ok(contents
        .queries
        .into_iter()
        .map(|query| query.source)
        .collect())
}
