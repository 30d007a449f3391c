//! The queries of rule and parser files in YAML, with their places.

use std::ops::{Range, RangeInclusive};

use super::rule::{self, BAD_VALUE, NO_QUERY, NO_YAML, RuleFile};
use super::tree::{Node, Value};
use super::{Broken, Contents, Query};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};
use crate::types::Type;

/// Where a document may have a query.
struct Place {
    /// The map that has the key, if not the document itself.
    within: Option<&'static str>,
    key: &'static str,
    /// Whether it is a function's body, and where its parameters are.
    library: bool,
    parameters: Option<&'static str>,
}

impl Place {
    const fn of(key: &'static str) -> Place {
        Place {
            within: None,
            key,
            library: false,
            parameters: None,
        }
    }

    const fn function(key: &'static str, parameters: &'static str) -> Place {
        Place {
            library: true,
            parameters: Some(parameters),
            ..Place::of(key)
        }
    }

    fn find<'n>(&self, document: &'n Node) -> Option<&'n Node> {
        match self.within {
            Some(key) => document.get(key)?.filled(self.key),
            None => document.filled(self.key),
        }
    }
}

/// Rules and parsers as Azure-Sentinel has them, then other functions, rules as they are deployed, and Defender's custom
/// detections.
const PLACES: [Place; 5] = [
    Place::of("query"),
    Place::function("ParserQuery", "ParserParams"),
    Place::function("FunctionQuery", "FunctionParams"),
    Place::of("Query"),
    Place {
        within: Some("queryCondition"),
        ..Place::of("queryText")
    },
];

/// The documents of a YAML file.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Broken> {
    // As the readers of rules have it: `n` and `yes` are texts.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| no_yaml(text, &error))
}

pub(super) fn contents(name: &str, text: &str) -> Result<Contents, Broken> {
    let documents = documents(text)?;
    let mut contents = Contents {
        queries: Vec::new(),
        whole: Some(Source::whole(name, text)),
        lacking: Vec::new(),
    };
    for document in documents {
        // What the service adds to the time of a rule's tables, and nobody to that of a hunt's.
        let bounded = ["queryPeriod", "QueryPeriod", "schedule"]
            .into_iter()
            .any(|key| document.filled(key).is_some())
            || document.get("kind").and_then(Node::text) == Some("NRT");
        let first = contents.queries.len();
        for place in PLACES {
            let Some(node) = place.find(&document) else {
                continue;
            };
            contents.queries.push(Query {
                source: placed_text(name, text, node, place.key)?,
                bounded,
                library: place.library,
                parameters: place
                    .parameters
                    .map_or_else(Vec::new, |key| parameters(&document, key)),
                rule: None,
            });
        }
        let wanted = rule::wants_query(&document);
        let is_rule = PLACES[..2].iter().any(|p| p.find(&document).is_some());
        let file = RuleFile::new(document, text);
        match contents.queries.get_mut(first) {
            Some(query) if is_rule => query.rule = Some(file),
            None if wanted => contents.lacking.push(file),
            _ => {}
        }
    }
    match contents.queries.is_empty() && contents.lacking.is_empty() {
        true => Err(no_query()),
        false => Ok(contents),
    }
}

/// The file is fine, but for a query.
pub(super) fn no_query() -> Broken {
    let message = "there is no query in this file";
    let mut said = Diagnostic::of_rule(NO_QUERY.name, Span::default(), message)
        .help("a rule has its query under `query:`, a parser under `ParserQuery:`");
    said.severity = Severity::Warning;
    Broken(Box::new(said))
}

/// The file is no YAML, and where that shows.
fn no_yaml(text: &str, error: &serde_saphyr::Error) -> Broken {
    let message = error.to_string();
    let message = message.lines().next().unwrap_or_default();
    // The library says the place as well.
    let mut message = message
        .rsplit_once("column ")
        .map_or(message, |(_, rest)| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ')
        })
        .replace("`|'", "`|`");
    let number = |n: u64| usize::try_from(n).unwrap_or_default();
    let (line, column) = error
        .location()
        .map_or((1, 1), |at| (number(at.line()), number(at.column())));
    let lines = lines_of(text);
    let mut place = lines.get(line.max(1) - 1).map_or(text.len(), |range| {
        let content = &text[range.clone()];
        let skipped = content.char_indices().nth(column.max(1) - 1);
        range.start + skipped.map_or(content.trim_end().len(), |(at, _)| at)
    });
    let mut help = None;
    // Of a tab, the block's mark is said; it is in one of the next lines.
    let tab = lines
        .iter()
        .skip(line.max(1) - 1)
        .find(|range| text[range.start..].starts_with('\t'));
    if let (true, Some(line)) = (message.contains("tab"), tab) {
        place = line.start;
        message = "a tab cannot indent".to_string();
        help = Some("YAML is indented by spaces".to_string());
    }
    let rest = text.get(place..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let message = format!("this is no YAML: {message}");
    let mut said = Diagnostic::of_rule(NO_YAML.name, Span::new(place, place + length), message);
    said.severity = Severity::Error;
    said.help = help;
    Broken(Box::new(said))
}

/// The parameters of a parser.
fn parameters(document: &Node, key: &str) -> Vec<(String, Type)> {
    let items = document.get(key).and_then(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let name = item.get("Name")?.text()?;
            let ty = rule::parameter_type(item.get("Type")?.text()?)?;
            Some((name.to_string(), ty))
        })
        .collect()
}

/// The text of a query, at its place.
pub(super) fn placed_text(
    name: &str,
    text: &str,
    node: &Node,
    key: &str,
) -> Result<Source, Broken> {
    match &node.value {
        Value::Text(value) => {
            let written = text.get(node.span.range()).unwrap_or_default();
            let last = node.line + written.trim_end().matches('\n').count();
            Ok(placed(name, text, value, node.line..=last))
        }
        _ => {
            let message = format!("`{key}` is {}, not a text", node.kind());
            let mut said = Diagnostic::of_rule(BAD_VALUE.name, node.span, message);
            said.severity = Severity::Error;
            Err(Broken(Box::new(said)))
        }
    }
}

/// A query at its place: exactly if its text stands in the file as it is, but for indentation.
fn placed(name: &str, text: &str, value: &str, at: RangeInclusive<usize>) -> Source {
    let line = *at.start();
    let lines = lines_of(text);
    // The place is that of the block's mark, or of its first line that is not empty.
    let empty = |line: &usize| {
        lines
            .get(*line - 1)
            .is_some_and(|l| text[l.clone()].trim().is_empty())
    };
    let above = (1..line).rev().take_while(empty);
    for first in [line + 1, line].into_iter().chain(above) {
        if let Some(pieces) = block(text, lines.get(first - 1..).unwrap_or_default(), value) {
            return Source::pieces(name, text, &pieces);
        }
    }
    if let Some(range) = lines.get(line - 1).cloned()
        && let Some(at) = text[range.clone()].find(value)
    {
        let start = range.start + at;
        let piece = start..start + value.len();
        return Source::pieces(name, text, std::slice::from_ref(&piece));
    }
    Source::at_line(name, text, value, at)
}

/// The lines of a text, with their ends.
fn lines_of(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let range = start..start + line.len();
            start = range.end;
            range
        })
        .collect()
}

/// The pieces of the literal block that starts with these lines, if it holds `value`.
fn block(text: &str, lines: &[Range<usize>], value: &str) -> Option<Vec<Range<usize>>> {
    let is_blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
    let first = lines.iter().find(|line| !is_blank(line))?;
    let spaces = |line: &Range<usize>| {
        text[line.clone()]
            .bytes()
            .take_while(|b| *b == b' ')
            .count()
    };
    // An indentation indicator may say less than the first line has; what the value starts with tells.
    let start = value.bytes().take_while(|b| *b == b'\n').count();
    let extra = value[start..].bytes().take_while(|b| *b == b' ').count();
    let indent = spaces(first).checked_sub(extra)?;
    let mut pieces = Vec::new();
    let mut rest = value.trim_end_matches('\n');
    for line in lines {
        if rest.is_empty() {
            break;
        }
        let content = &text[line.clone()];
        let body = content.trim_end_matches(['\n', '\r']);
        let skip = spaces(line).min(indent);
        let piece = body.get(skip..)?;
        rest = rest.strip_prefix(piece)?;
        pieces.push(line.start + skip..line.start + body.len());
        if content.ends_with('\n') {
            pieces.push(line.end - 1..line.end);
        }
        match rest.strip_prefix('\n') {
            Some(more) => rest = more,
            None if rest.is_empty() => {}
            None => return None,
        }
    }
    rest.is_empty().then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Exactness;

    fn one(text: &str) -> Source {
        let mut found = contents("r.yaml", text).unwrap().queries;
        assert_eq!(found.len(), 1);
        found.remove(0).source
    }

    #[test]
    fn literal_blocks_map_to_the_byte() {
        for ends in ["\n", "\r\n"] {
            let text = "id: 1\nquery: |-\n\n  T\n    | where é == 1\n\n  | take 1\nkind: x\n"
                .replace('\n', ends);
            let source = one(&text);
            assert_eq!(
                source.text().trim_end(),
                "\nT\n  | where é == 1\n\n| take 1"
            );
            assert_eq!(source.exactness(), Exactness::Byte);
            let at = source.text().find("==").unwrap();
            let at = source.position(u32::try_from(at).unwrap());
            assert_eq!((at.line, at.column), (5, 15));
        }
        let source = one("query: |2\n    T\n  | take 1\n");
        assert_eq!(source.text(), "  T\n| take 1\n");
        assert_eq!(source.position(4).line, 3);
    }

    #[test]
    fn other_scalars_map_to_the_line_or_better() {
        let plain = one("query: T | take 1 # first\n");
        assert_eq!((plain.text(), plain.position(0).column), ("T | take 1", 8));
        let quoted = one("a: 1\nquery: \"T\\n| take 1\"\n");
        assert_eq!(quoted.exactness(), Exactness::Line);
        assert_eq!((quoted.text(), quoted.position(0).line), ("T\n| take 1", 2));
        assert_eq!(quoted.position(5).line, 2, "all of it is on one line");
        let folded = one("a: 1\nquery: >\n  T\n  | take 1\n");
        assert_eq!(folded.text(), "T | take 1\n");
    }

    #[test]
    fn documents_and_parsers() {
        let text = "query: |\n  A\n---\nParserQuery: |\n  B\n---\nname: c\n";
        let found = contents("r.yaml", text).unwrap().queries;
        let texts: Vec<_> = found.iter().map(|q| q.source.text().trim()).collect();
        assert_eq!(texts, ["A", "B"]);
        assert_eq!(found[1].source.position(0).line, 5);
        let text = "QueryPeriod: P1D\nQuery: |\n  A\n---\nschedule: {period: 1H}\nqueryCondition:\n  queryText: |\n    B\n---\n\
                    FunctionName: f\nFunctionParams: [{Name: x, Type: long}]\nFunctionQuery: print x\n";
        let found = contents("r.yaml", text).unwrap().queries;
        let texts: Vec<_> = found.iter().map(|q| q.source.text().trim()).collect();
        assert_eq!(texts, ["A", "B", "print x"]);
        assert!(found[0].bounded && found[1].bounded && found[2].library);
        assert!(found.iter().all(|query| query.rule.is_none()));
        assert_eq!(found[2].parameters.len(), 1);
        for wrong in ["name: x\n", "query: [1]\n", "a: [\n", ""] {
            assert!(contents("r.yaml", wrong).is_err(), "{wrong}");
        }
    }
}
