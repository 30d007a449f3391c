//! The queries of rule and parser files in YAML, with their places.

use std::ops::Range;

use super::rule::{self, BAD_VALUE, Form, NO_QUERY, NO_YAML, RuleFile};
use super::scalar::{self, Spelling, Style};
use super::tree::{Node, Value};
use super::{Broken, Contents, Query};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};
use crate::syntax;
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
    let whole = Source::whole(name, text);
    let mut contents = Contents::of(&whole);
    for document in documents {
        // A document may be a list of rules.
        let rules = match document.value {
            Value::List(rules) => rules,
            _ => vec![document],
        };
        for rule in rules {
            let form = Form::of(&rule);
            listed(&whole, &rule, &mut contents)?;
            add(&whole, rule, form, &mut contents)?;
        }
    }
    match contents.queries.is_empty() && contents.lacking.is_empty() {
        true => Err(no_query()),
        false => Ok(contents),
    }
}

/// Adds the queries of a list of nothing else, if one of them is a query: other languages have queries, too.
fn listed(whole: &Source, document: &Node, contents: &mut Contents) -> Result<(), Broken> {
    let list = document.get("queries").and_then(Node::items);
    let texts = list.into_iter().flatten().filter(|item| !item.is_empty());
    let texts: Vec<&Node> = texts.filter(|item| item.text().is_some()).collect();
    // A single word would be a table; it is more likely the name of something.
    let is_query = |text: &str| {
        text.trim().contains(char::is_whitespace) && syntax::parse_text(text).diagnostics.is_empty()
    };
    if !texts.iter().filter_map(|item| item.text()).any(is_query) {
        return Ok(());
    }
    for node in texts {
        let (source, spelling) = placed_text(whole, node, "queries")?;
        contents.queries.push(Query {
            source,
            spelling,
            bounded: false,
            library: false,
            parameters: Vec::new(),
            rule: None,
        });
    }
    Ok(())
}

/// Adds the queries of a document, and the rule that it is.
pub(super) fn add(
    whole: &Source,
    document: Node,
    form: Option<Form>,
    contents: &mut Contents,
) -> Result<(), Broken> {
    // What the service adds to the time of a rule's tables, and nobody to that of a hunt's.
    let bounded = ["queryPeriod", "QueryPeriod", "schedule"]
        .into_iter()
        .any(|key| document.filled(key).is_some())
        || ["kind", "Kind"]
            .into_iter()
            .any(|key| document.get(key).and_then(Node::text) == Some("NRT"));
    let first = contents.queries.len();
    for place in PLACES {
        let Some(node) = place.find(&document) else {
            continue;
        };
        if node.text().is_some_and(is_computed) {
            continue;
        }
        let (source, spelling) = placed_text(whole, node, place.key)?;
        contents.queries.push(Query {
            source,
            spelling,
            bounded,
            library: place.library || document.filled("functionAlias").is_some(),
            parameters: match place.parameters {
                Some(key) => parameters(&document, key),
                None => saved_parameters(&document),
            },
            rule: None,
        });
    }
    let wanted = rule::wants_query(&document);
    let found = contents.queries.get_mut(first);
    match (found, form) {
        (Some(query), Some(form)) => query.rule = Some(RuleFile::new(document, form, whole)),
        (None, _) if wanted => {
            contents
                .lacking
                .push(RuleFile::new(document, Form::Template, whole));
        }
        _ => {}
    }
    Ok(())
}

/// Whether a text is an expression of a deployment template, whose value is not in the file.
pub(super) fn is_computed(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner
        .and_then(|inner| inner.split_once('('))
        .is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        })
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

/// The parameters of a saved search that is a function: `name:type, other:type=default`. Tables are left out.
fn saved_parameters(document: &Node) -> Vec<(String, Type)> {
    let written = document.filled("functionParameters").and_then(Node::text);
    let scalar = |part: &str| {
        let (name, ty) = part.split_once(':')?;
        let ty = ty.split('=').next().unwrap_or_default();
        Some((name.trim().to_string(), rule::parameter_type(ty)?))
    };
    written
        .unwrap_or_default()
        .split(',')
        .filter_map(scalar)
        .collect()
}

/// The text of a query at its place, and how the file writes it.
pub(super) fn placed_text(
    whole: &Source,
    node: &Node,
    key: &str,
) -> Result<(Source, Option<Spelling>), Broken> {
    match &node.value {
        Value::Text(value) => Ok(placed(whole, value, node)),
        _ => {
            let message = format!("`{key}` is {}, not a text", node.kind());
            let mut said = Diagnostic::of_rule(BAD_VALUE.name, node.span, message);
            said.severity = Severity::Error;
            Err(Broken(Box::new(said)))
        }
    }
}

/// A query at its place: exactly, unless it cannot be told how the file spells it.
fn placed(whole: &Source, value: &str, node: &Node) -> (Source, Option<Spelling>) {
    let (text, line, range) = (whole.container(), node.line, node.span.range());
    let rest = text.get(range.start..).unwrap_or_default();
    let quoted = rest.starts_with(['"', '\'']);
    if quoted && let Some((pieces, spelling)) = scalar::flow(text, range.start, value) {
        return (whole.part(pieces), Some(spelling));
    }
    let lines = lines_of(text);
    // The place is that of the block's mark, or of its first line that is not empty.
    let empty = |line: &usize| {
        lines
            .get(*line - 1)
            .is_some_and(|l| text[l.clone()].trim().is_empty())
    };
    let above = (1..line).rev().take_while(empty);
    for first in [line + 1, line].into_iter().chain(above) {
        let header = first.checked_sub(2).and_then(|header| lines.get(header));
        let Some((header, (at, style))) =
            header.and_then(|line| Some((line, block_mark(&text[line.clone()])?)))
        else {
            continue;
        };
        let lines = lines.get(first - 1..).unwrap_or_default();
        if let Some(pieces) = scalar::block(text, lines, value, style == Style::Folded) {
            let at = header.start + at;
            let range = at..at + 1;
            return (whole.part(pieces), Some(Spelling { style, range }));
        }
    }
    if let Some((pieces, spelling)) = scalar::flow(text, range.start, value) {
        return (whole.part(pieces), Some(spelling));
    }
    // The places of JSON do not say their lines.
    let before = text.get(..range.start).unwrap_or_default();
    let line = line.max(1 + before.matches('\n').count());
    let written = text.get(range).unwrap_or_default();
    let last = line + written.trim_end().matches('\n').count();
    let source = Source::at_line(whole.name(), whole.shared(), value, line..=last);
    (source, None)
}

/// Where in a line the mark is of the block that it opens, `|` or `>`, after which comes how it is indented and ends.
pub(super) fn block_mark(line: &str) -> Option<(usize, Style)> {
    let before = line.split(" #").next().unwrap_or_default().trim_end();
    let at = before.rfind([' ', '\t']).map_or(0, |at| at + 1);
    let style = match before[at..].chars().next()? {
        '|' => Style::Literal,
        '>' => Style::Folded,
        _ => return None,
    };
    let rest = before[at + 1..]
        .chars()
        .all(|c| matches!(c, '+' | '-' | '0'..='9'));
    rest.then_some((at, style))
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
    fn other_scalars_map_to_the_byte() {
        let plain = one("query: T | take 1 # first\n");
        assert_eq!((plain.text(), plain.position(0).column), ("T | take 1", 8));
        let quoted = one("a: 1\nquery: \"T\\n| take 1\"\n");
        assert_eq!(quoted.exactness(), Exactness::Byte);
        let place = |source: &Source, text: &str| {
            let at = source.text().find(text).unwrap();
            let at = source.position(u32::try_from(at).unwrap());
            (at.line, at.column)
        };
        assert_eq!(
            (quoted.text(), place(&quoted, "T")),
            ("T\n| take 1", (2, 9))
        );
        assert_eq!(place(&quoted, "take"), (2, 14));
        let folded = one("a: 1\nquery: >  # folded\n  T\n  | take 1\n\n  | count\nb: 2\n");
        assert_eq!(folded.text(), "T | take 1\n| count\n");
        assert_eq!(
            (place(&folded, "take"), place(&folded, "count")),
            ((4, 5), (6, 5))
        );
        let single = one("query: 'T\n  | where a == ''b'' | take 1'\n");
        assert_eq!(single.text(), "T | where a == 'b' | take 1");
        assert_eq!(place(&single, "take"), (2, 24));
        let spread = one("query: T\n  | where a == 1\n\n  | take 1\n");
        assert_eq!(spread.text(), "T | where a == 1\n| take 1");
        assert_eq!(place(&spread, "take"), (4, 5));
        let tagged = one("query: !!str &q \"T | take 1\"\n");
        assert_eq!(
            (tagged.exactness(), place(&tagged, "take")),
            (Exactness::Byte, (1, 22))
        );
        let named = one("a: &q |\n  T\n  | take 1\nquery: *q\n");
        assert_eq!(
            (named.exactness(), place(&named, "take")),
            (Exactness::Byte, (3, 5))
        );
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
        let rules: Vec<_> = found.iter().map(|query| query.rule.is_some()).collect();
        assert_eq!(rules, [true, true, false]);
        assert_eq!(found[2].parameters.len(), 1);
        for wrong in ["name: x\n", "query: [1]\n", "a: [\n", ""] {
            assert!(contents("r.yaml", wrong).is_err(), "{wrong}");
        }
    }
}
