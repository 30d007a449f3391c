//! The queries of a Markdown page: its fenced code blocks, and those of rules in blocks of YAML.

use std::ops::Range;

use super::rule::{self, NO_QUERY};
use super::scalar::Spelling;
use super::tree::{Node, Value};
use super::{Broken, Contents, Query, several, yaml};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};
use crate::syntax;

/// How pages call KQL. `cs` is here because pages have long used C#'s colours for it.
const LABELS: [&str; 4] = ["kusto", "kql", "csl", "cs"];

/// C#'s names, which stand for KQL where the block reads like it.
const COLOURS: [&str; 2] = ["c#", "csharp"];

/// How they call YAML.
const YAML: [&str; 2] = ["yaml", "yml"];

/// A fenced block that is open.
struct Fence<'a> {
    mark: char,
    length: usize,
    /// How many quotations it is in.
    quotes: usize,
    indent: usize,
    label: &'a str,
    lines: Vec<Range<usize>>,
}

pub(super) fn contents(name: &str, text: &str) -> Result<Contents, Broken> {
    let page = Source::whole(name, text);
    let mut contents = Contents::plain(Vec::new());
    for block in blocks(text) {
        contents.queries.extend(in_block(&page, &block));
    }
    if contents.queries.is_empty() {
        let message = "there is no query in this page";
        let mut said = Diagnostic::of_rule(NO_QUERY.name, Span::default(), message)
            .help("queries of a Markdown page are in fenced blocks: ```kusto");
        said.severity = Severity::Warning;
        return Err(Broken(Box::new(said)));
    }
    Ok(contents)
}

/// The texts of the blocks of YAML, and their documents.
pub(super) fn documents(name: &str, text: &str) -> Vec<(String, Vec<Node>)> {
    let page = Source::whole(name, text);
    let blocks = blocks(text).into_iter().filter(Fence::is_yaml);
    let texts = blocks.map(|block| page.part(block.lines).text().to_string());
    texts
        .filter_map(|text| Some((text.clone(), yaml::documents(&text).ok()?)))
        .collect()
}

/// The fenced blocks of a page.
fn blocks(text: &str) -> Vec<Fence<'_>> {
    let mut found = Vec::new();
    let mut open: Option<Fence<'_>> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        if let Some(fence) = &mut open {
            let inside = unquoted(line, fence.quotes);
            if let Some(content) = inside.filter(|content| !closes(content, fence)) {
                let spaces = content.bytes().take(fence.indent);
                let indent = spaces.take_while(|b| *b == b' ').count();
                fence
                    .lines
                    .push(range.end - content.len() + indent..range.end);
                continue;
            }
            found.extend(open.take());
            if inside.is_some() {
                continue;
            }
            // A quotation that has ended ends what is in it; the line is not part of it.
        }
        open = opening(line);
    }
    // A page may end within a block.
    found.extend(open);
    found
}

/// What follows so many marks of quotations; `None` if there are fewer.
fn unquoted(line: &str, quotes: usize) -> Option<&str> {
    let mut rest = line;
    for _ in 0..quotes {
        rest = rest.trim_start_matches(' ').strip_prefix('>')?;
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    Some(rest)
}

/// What follows the mark of a list's item, if a line starts with one.
fn item(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    rest.starts_with(' ').then_some(rest)
}

/// The fence that a line opens, in quotations and lists or not.
fn opening(line: &str) -> Option<Fence<'_>> {
    let (mut rest, mut quotes, mut indent) = (line, 0, 0);
    let body = loop {
        let body = rest.trim_start_matches(' ');
        indent += rest.len() - body.len();
        if let Some(quoted) = body.strip_prefix('>') {
            (quotes, indent) = (quotes + 1, 0);
            rest = quoted.strip_prefix(' ').unwrap_or(quoted);
        } else if let Some(content) = item(body) {
            indent += body.len() - content.len();
            rest = content;
        } else {
            break body;
        }
    };
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|c| *c == mark).count();
    let info = body[length..].trim();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    // `kql title="x"`, `kql:file`, `{.kql #id}`
    let label = info.trim_start_matches(['{', '.', ' ']);
    let end = label.find([' ', ',', '{', '}', '\t', ':']);
    Some(Fence {
        mark,
        length,
        quotes,
        indent,
        label: &label[..end.unwrap_or(label.len())],
        lines: Vec::new(),
    })
}

fn closes(line: &str, fence: &Fence<'_>) -> bool {
    let body = line.trim();
    body.chars().count() >= fence.length && body.chars().all(|c| c == fence.mark)
}

impl Fence<'_> {
    fn is_yaml(&self) -> bool {
        YAML.iter()
            .any(|label| label.eq_ignore_ascii_case(self.label))
    }
}

fn is_clean(source: &Source) -> bool {
    syntax::parse(source).diagnostics.is_empty()
}

fn is_piped(text: &str) -> bool {
    let piped = |line: &str| line.starts_with('|') && !line.starts_with("||");
    text.lines().any(|line| piped(line.trim_start()))
}

/// The queries in a block, if it is of KQL: labelled so, or without a label and free of syntax errors.
fn in_block(page: &Source, fence: &Fence<'_>) -> Vec<Query> {
    let block = page.part(fence.lines.iter().cloned());
    if fence.is_yaml() {
        return in_yaml(&block);
    }
    let body = block.text().trim();
    let label = fence.label.to_ascii_lowercase();
    let (labelled, possible) = match label.as_str() {
        // A single word would be a table; it is more likely a command or a path.
        "" => (false, body.contains(char::is_whitespace)),
        label if COLOURS.contains(&label) => (false, is_piped(body)),
        label => (LABELS.contains(&label), false),
    };
    if body.is_empty() || !(labelled || possible) {
        return Vec::new();
    }
    let ranges = several::queries(block.text());
    let divided = ranges.iter().map(|range| match ranges.len() {
        1 => block.clone(),
        _ => page.part(lines_within(fence, range)),
    });
    let found: Vec<Source> = divided.collect();
    match labelled || found.iter().all(is_clean) {
        true => Contents::plain(found).queries,
        false => Vec::new(),
    }
}

/// The queries of the rules and parsers in a block of YAML. Of other things that have queries, those that are KQL: a
/// page shows parts of rules, too, so that what is said of a rule as a whole is not said here.
fn in_yaml(block: &Source) -> Vec<Query> {
    let (name, text) = (block.name(), block.text());
    let (Ok(found), Ok(documents)) = (yaml::contents(name, text), yaml::documents(text)) else {
        return Vec::new();
    };
    let is_rule = documents.iter().any(|document| match &document.value {
        Value::List(rules) => rules.iter().any(rule::wants_query),
        _ => rule::wants_query(document),
    });
    let is_kql =
        |query: &Query| query.library || is_piped(query.source.text()) && is_clean(&query.source);
    if !is_rule && !found.queries.iter().all(is_kql) {
        return Vec::new();
    }
    let placed = found.queries.into_iter().map(|query| Query {
        source: query.source.within(block),
        spelling: query.spelling.map(|spelling| Spelling {
            range: block.in_container(Span::new(spelling.range.start, spelling.range.end)),
            ..spelling
        }),
        rule: None,
        ..query
    });
    placed.collect()
}

/// The lines of a block that are this range of its text.
fn lines_within(fence: &Fence<'_>, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut at = 0;
    let within = fence.lines.iter().filter(|line| {
        let start = at;
        at += line.len();
        range.contains(&start)
    });
    within.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(page: &str) -> Vec<Source> {
        let found = contents("p.md", page).map(|contents| contents.queries);
        let sources = found.into_iter().flatten().map(|query| query.source);
        sources.collect()
    }

    #[test]
    fn rules_stand_in_blocks_of_yaml() {
        let page = "1. A rule:\n   ```yaml\n   id: a\n   name: b\n   query: |\n     T\n     | take nope(1)\n   ```\n\n> ```YML\n> query: \"T\\n| where a ==\n>   'b'\"\n> ```\n\n```yaml\nquery: up == 0\n```\n";
        let found = sources(page);
        let texts: Vec<_> = found.iter().map(Source::text).collect();
        assert_eq!(texts, ["T\n| take nope(1)\n", "T\n| where a == 'b'"]);
        let place = |source: &Source, word: &str| {
            let at = source.text().find(word).unwrap();
            let at = source.position(Span::new(at, at + 1).start);
            (at.line, at.column)
        };
        assert_eq!(place(&found[0], "T"), (6, 6));
        assert_eq!(place(&found[0], "nope"), (7, 13));
        assert_eq!(place(&found[1], "where"), (11, 16));
        assert_eq!(place(&found[1], "b'"), (12, 6));
    }

    #[test]
    fn fenced_queries_keep_their_places() {
        let page = "# Page\n\n```kusto\nT\n| take 1\n```\n\n- item\n  ~~~ KQL\n  U\n    | take 2\n  ~~~\n```sh\nls\n```\n";
        let found = sources(page);
        let texts: Vec<_> = found.iter().map(Source::text).collect();
        assert_eq!(texts, ["T\n| take 1\n", "U\n  | take 2\n"]);
        assert_eq!(found[1].position(0).line, 10);
        assert_eq!(found[1].position(0).column, 3);
        assert!(contents("p.md", "no query\n").is_err());
    }

    #[test]
    fn fences_stand_in_quotations_and_lists() {
        let texts = |page: &str| {
            let found = sources(page);
            let texts = found.iter().map(|q| {
                let at = q.position(0);
                (q.text().to_string(), at.line, at.column)
            });
            texts.collect::<Vec<_>>()
        };
        let one = |text: &str, line, column| vec![(text.to_string(), line, column)];
        let quoted = "> [!TIP]\n> ```kql\n> T\n>\n>   | take 1\n> ```\n";
        assert_eq!(texts(quoted), one("T\n\n  | take 1\n", 3, 3));
        // A quotation that ends, ends its block.
        assert_eq!(texts("> ```kql\n>T\n| a |\n```kql\nU\n```\n").len(), 2);
        assert_eq!(
            texts("1. ```kql\n   T\n     | take 1\n   ```\n"),
            one("T\n  | take 1\n", 2, 4)
        );
        assert_eq!(texts("- > ~~~ kql\n  > T\n  > ~~~\n"), one("T\n", 2, 5));
        // A block shows how blocks are written.
        assert_eq!(texts("````md\n```kql\nT\n```\n````\n"), []);
        for info in [
            "kql title=\"a b\" {1,3}",
            "{.kql #a}",
            "KQL{1}",
            "kusto,run",
            "{kql}",
            "kql:x.kql",
        ] {
            let page = format!("```{info}\nT\n```\n");
            assert_eq!(texts(&page), one("T\n", 2, 1), "{info}");
        }
        assert_eq!(texts("```kqlx\nT\n```\n"), []);
    }

    #[test]
    fn a_block_may_hold_several_queries_and_have_the_colours_of_another_language() {
        let page =
            "- a\n  ```C#\n  T\n  | take 1\n\n  U\n  | take 2\n  ```\n```csharp\nvar a = 1;\n```\n";
        let found = sources(page);
        let texts: Vec<_> = found.iter().map(Source::text).collect();
        assert_eq!(texts, ["T\n| take 1\n\n", "U\n| take 2\n"]);
        assert_eq!(found[1].position(0).line, 6);
        assert_eq!(found[1].position(0).column, 3);
        assert!(contents("p.md", "```csharp\nif (a\n    || b) { }\n```\n").is_err());
    }
}
