//! `kql doc`: what the declarations of functions, aggregates and operators say.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::args::Doc as DocArgs;
use super::console::{Console, Exit, broken};
use crate::bind::special;
use crate::diagnostic::nearest;
use crate::functions::{self, plugins};
use crate::operators;
use crate::output::{self, WriteError};
use crate::plan::{Aggregate, AggregateEval, Doc, Eval, Scalar};

/// Columns of a line of notation.
const WIDTH: usize = 92;

/// What there is to say about one thing of the language.
struct Page {
    kind: Kind,
    /// Its names, the current one first.
    names: Vec<&'static str>,
    notation: Vec<&'static str>,
    summary: &'static str,
    details: &'static str,
    examples: &'static [(&'static str, &'static str)],
    /// Whether the examples are queries with rows, and not expressions with a value.
    whole: bool,
    deprecated: Option<&'static str>,
    /// Why it cannot run yet; may be empty.
    unready: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Operator,
    Function,
    Infix,
    Aggregate,
    Special,
    Plugin,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Operator,
        Kind::Function,
        Kind::Infix,
        Kind::Aggregate,
        Kind::Special,
        Kind::Plugin,
    ];

    fn name(self) -> &'static str {
        match self {
            Kind::Operator => "tabular operator",
            Kind::Function => "scalar function",
            Kind::Infix => "scalar operator",
            Kind::Aggregate => "aggregate function",
            Kind::Special => "special function",
            Kind::Plugin => "plugin",
        }
    }
}

/// A page for each operator, function, aggregate and plugin.
fn pages() -> Vec<Page> {
    let mut pages: Vec<Page> = operators::ALL
        .iter()
        .map(|info| of_operator(info))
        .collect();
    let scalars = functions::all_scalars()
        .into_iter()
        .filter(|entry| !entry.is_internal());
    pages.extend(scalars.map(|entry| of_scalar(entry.function)));
    pages.extend(
        functions::all_aggregates()
            .into_iter()
            .map(|entry| of_aggregate(entry.function)),
    );
    pages.extend(special::ALL.iter().map(|special| Page {
        kind: Kind::Special,
        names: special.names.to_vec(),
        notation: vec![special.notation],
        unready: None,
        ..of_doc(&special.doc)
    }));
    pages.extend(plugins::ALL.iter().map(|plugin| Page {
        kind: Kind::Plugin,
        names: vec![plugin.name],
        notation: vec![plugin.signature],
        summary: plugin.summary,
        details: plugin.details,
        examples: &[],
        whole: false,
        deprecated: None,
        unready: (!operators::plugin_runs(plugin.name)).then_some(plugin.reason),
    }));
    pages
}

fn of_operator(info: &'static operators::Info) -> Page {
    Page {
        kind: Kind::Operator,
        names: info.keywords.to_vec(),
        notation: vec![info.syntax],
        summary: info.summary,
        details: "",
        examples: info.examples,
        whole: true,
        deprecated: None,
        unready: operators::unready(info),
    }
}

fn of_scalar(function: &Scalar) -> Page {
    let name = function.name();
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let first = function.signatures.first();
    let call = first.is_some_and(|s| s.contains(&format!("{name}(")));
    Page {
        kind: match word && call {
            true => Kind::Function,
            false => Kind::Infix,
        },
        names: vec![name],
        notation: function.signatures.to_vec(),
        deprecated: function.deprecated,
        unready: match function.eval {
            Eval::Unsupported(reason) => Some(reason),
            _ => None,
        },
        ..of_doc(&function.doc)
    }
}

fn of_aggregate(function: &Aggregate) -> Page {
    Page {
        kind: Kind::Aggregate,
        names: vec![function.name()],
        notation: function.signatures.to_vec(),
        deprecated: function.deprecated,
        unready: match function.eval {
            AggregateEval::Unsupported(reason) => Some(reason),
            _ => None,
        },
        ..of_doc(&function.doc)
    }
}

/// A page with the prose of a declaration, otherwise empty.
fn of_doc(doc: &Doc) -> Page {
    Page {
        kind: Kind::Special,
        names: Vec::new(),
        notation: Vec::new(),
        summary: doc.summary,
        details: doc.details,
        examples: doc.examples,
        whole: false,
        deprecated: None,
        unready: None,
    }
}

pub(crate) fn doc(args: &DocArgs, console: &Console) -> Exit {
    let text = match &args.name {
        None => list(&pages().iter().collect::<Vec<_>>()),
        Some(name) => match text(name, None) {
            Ok(text) => text,
            Err(missing) => return missing.say(console, "`kql doc` lists them all"),
        },
    };
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Exit::Ok,
        Err(error) => console.unwritten(&WriteError::from(error), "to standard output"),
    }
}

/// What an example shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// The first cell.
    Value,
    /// All rows of all results.
    Rows,
}

/// Computes what an example shows; nothing if that fails.
type Live<'a> = &'a dyn Fn(&str, Shows) -> Option<String>;

/// A name that nothing has.
pub(crate) struct Missing(String);

impl Missing {
    /// Says so, and what may have been meant or where all names are.
    pub fn say(&self, console: &Console, otherwise: &str) -> Exit {
        let Missing(name) = self;
        console.error(&format!(
            "no function, aggregate or operator is called `{name}`"
        ));
        let pages = pages();
        let names = pages.iter().flat_map(|p| p.names.iter().copied());
        match nearest(name, names) {
            Some(near) => console.help(&format!("did you mean `{near}`?")),
            None => console.help(otherwise),
        }
        Exit::Usage
    }
}

fn matching<'a>(pages: &'a [Page], test: &dyn Fn(&str) -> bool) -> Vec<&'a Page> {
    let has = |page: &&Page| page.names.iter().any(|n| test(&n.to_lowercase()));
    pages.iter().filter(has).collect()
}

/// Whether something is called so.
pub(crate) fn is_known(name: &str) -> bool {
    !matching(&pages(), &|n| n == name).is_empty()
}

/// All names, the current ones.
pub(crate) fn names() -> Vec<&'static str> {
    let pages = pages();
    pages
        .iter()
        .filter_map(|p| p.names.first().copied())
        .collect()
}

/// The list of what begins so.
pub(crate) fn list_of(beginning: &str) -> Option<String> {
    let beginning = beginning.to_lowercase();
    let pages = pages();
    let begun = matching(&pages, &|n| n.starts_with(&beginning));
    (!begun.is_empty()).then(|| list(&begun))
}

/// The pages of this name, or the list of those whose names begin so. Examples are run if `live` can.
pub(crate) fn text(name: &str, live: Option<Live<'_>>) -> Result<String, Missing> {
    let name = name.trim().trim_end_matches("()").to_lowercase();
    let pages = pages();
    let exact = matching(&pages, &|n| n == name);
    if !exact.is_empty() {
        let texts: Vec<String> = exact.into_iter().map(|p| page(p, live)).collect();
        return Ok(texts.join("\n"));
    }
    list_of(&name).ok_or(Missing(name))
}

/// All that is known of one thing.
fn page(page: &Page, live: Option<Live<'_>>) -> String {
    let mut out = String::new();
    let name = page.names.first().copied().unwrap_or_default();
    let _ = writeln!(out, "{name}: {}", page.kind.name());
    if let Some((_, others)) = page.names.split_first()
        && !others.is_empty()
    {
        let _ = writeln!(out, "also called {}", others.join(", "));
    }
    let _ = writeln!(out);
    for notation in &page.notation {
        let lines = broken(notation, Some(WIDTH), &[' ', '|']);
        let _ = writeln!(out, "  {}", lines.replace('\n', "\n      "));
    }
    let _ = writeln!(out, "\n{}", page.summary);
    if !page.details.is_empty() {
        let _ = writeln!(out, "{}", page.details);
    }
    if let Some(current) = page.deprecated {
        let _ = writeln!(out, "\nDeprecated: the current spelling is {current}.");
    }
    match page.unready {
        Some("") => out.push_str("\nCannot run yet; queries with it are checked.\n"),
        Some(reason) => {
            let _ = writeln!(out, "\nCannot run yet: {reason}");
        }
        None => {}
    }
    if !page.examples.is_empty() {
        out.push_str("\nExamples:\n");
        for (i, (query, result)) in page.examples.iter().enumerate() {
            if i > 0 && page.whole {
                out.push('\n');
            }
            let shows = if page.whole {
                Shows::Rows
            } else {
                Shows::Value
            };
            let now = live.and_then(|live| live(query, shows));
            let result = now.as_deref().unwrap_or(result);
            let query = query.replace('\n', "\n  ");
            let _ = writeln!(out, "  {query}");
            match shows {
                Shows::Value => {
                    let _ = writeln!(out, "    = {}", shown(result));
                }
                Shows::Rows => aligned(result, &mut out),
            }
        }
    }
    out
}

/// Tables as [`crate::engine::Table::lines`] writes them, with their columns below each other.
fn aligned(tables: &str, out: &mut String) {
    for table in tables.split("\n\n") {
        let rows = || table.lines().map(|line| line.split(" | "));
        let mut widths: Vec<usize> = Vec::new();
        for row in rows() {
            for (i, cell) in row.enumerate() {
                let wide = output::width(&output::visible(cell));
                match widths.get_mut(i) {
                    Some(width) => *width = wide.max(*width),
                    None => widths.push(wide),
                }
            }
        }
        out.push('\n');
        for row in rows() {
            let mut line = String::from("    ");
            for (cell, width) in row.zip(&widths) {
                let cell = output::visible(cell);
                let space = width.saturating_sub(output::width(&cell)) + 2;
                line.push_str(&cell);
                line.extend(std::iter::repeat_n(' ', space));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
}

fn shown(result: &str) -> String {
    match result {
        "" => "(null or empty)".to_string(),
        text => text.replace('\n', "\\n"),
    }
}

/// A line per page, by kind.
fn list(pages: &[&Page]) -> String {
    let mut out = String::new();
    let widest = pages
        .iter()
        .flat_map(|p| p.names.first())
        .map(|n| n.chars().count())
        .max();
    let widest = widest.unwrap_or(0).min(30);
    for kind in Kind::ALL {
        let mut of_kind = pages.iter().filter(|p| p.kind == kind).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}s", capital(kind.name()));
        for page in of_kind {
            let name = page.names.first().copied().unwrap_or_default();
            let status = if page.unready.is_some() {
                " (cannot run yet)"
            } else {
                ""
            };
            let line = format!("  {name:widest$}  {}{status}", page.summary);
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
