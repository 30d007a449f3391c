//! The queries of rule and parser files in YAML, with their places.

use std::ops::Range;

use super::rule::{self, RuleFile};
use super::tree::{Node, Value};
use super::{Contents, Query};
use crate::contract::Fault;
use crate::source::Source;
use crate::types::Type;

/// The documents of a YAML file.
pub(super) fn documents(name: &str, text: &str) -> Result<Vec<Node>, Fault> {
    serde_saphyr::from_multiple(text).map_err(|error| {
        let message = error.to_string();
        let message = message.lines().next().unwrap_or_default();
        // The library says the place as well.
        let message = message.rsplit_once("column ").map_or(message, |(_, rest)| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ')
        });
        let at = match error.location() {
            Some(at) if at.line() > 0 => format!("{name}:{}:{}", at.line(), at.column()),
            _ => name.to_string(),
        };
        Fault::data(format!("{at}: this is no YAML of a rule: {message}"))
    })
}

pub(super) fn contents(name: &str, text: &str) -> Result<Contents, Fault> {
    let documents = documents(name, text)?;
    let mut contents = Contents {
        queries: Vec::new(),
        whole: Some(Source::whole(name, text)),
    };
    for document in documents {
        // What the service adds to the time of a rule's tables, and nobody to that of a hunt's.
        let bounded = document.filled("queryPeriod").is_some()
            || document.get("kind").and_then(Node::text) == Some("NRT");
        let query = |key: &str| {
            document
                .filled(key)
                .map(|node| placed_text(name, text, node, key))
                .transpose()
        };
        let (query, parser) = (query("query")?, query("ParserQuery")?);
        let parameters = parameters(&document);
        let mut rule = Some(RuleFile::new(document, text));
        for (source, library) in [(query, false), (parser, true)] {
            let Some(source) = source else {
                continue;
            };
            contents.queries.push(Query {
                source,
                bounded,
                library,
                parameters: if library {
                    parameters.clone()
                } else {
                    Vec::new()
                },
                rule: rule.take(),
            });
        }
    }
    if contents.queries.is_empty() {
        return Err(Fault::data(format!("there is no query in {name}"))
            .help("a rule has its query under `query:`, a parser under `ParserQuery:`"));
    }
    Ok(contents)
}

/// The parameters of a parser.
fn parameters(document: &Node) -> Vec<(String, Type)> {
    let items = document
        .get("ParserParams")
        .and_then(Node::items)
        .unwrap_or_default();
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
pub(super) fn placed_text(name: &str, text: &str, node: &Node, key: &str) -> Result<Source, Fault> {
    match &node.value {
        Value::Text(value) => Ok(placed(name, text, value, node.line)),
        _ => Err(Fault::data(format!(
            "{name}:{}: `{key}` is {}, not a text",
            node.line,
            node.kind()
        ))),
    }
}

/// A query at its place: exactly if its text stands in the file as it is, but for indentation.
fn placed(name: &str, text: &str, value: &str, line: usize) -> Source {
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
    Source::at_line(name, text, value, line)
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
        for wrong in ["name: x\n", "query: [1]\n", "a: [\n", ""] {
            assert!(contents("r.yaml", wrong).is_err(), "{wrong}");
        }
    }
}
