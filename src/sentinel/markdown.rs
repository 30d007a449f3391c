//! The queries of a Markdown page: its fenced code blocks.

use std::ops::Range;

use super::Broken;
use super::rule::NO_QUERY;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};
use crate::syntax;

/// How pages call KQL. `cs` is here because pages have long used C#'s colours for it.
const LABELS: [&str; 4] = ["kusto", "kql", "csl", "cs"];

/// A fenced block that is open.
struct Fence<'a> {
    mark: char,
    length: usize,
    indent: usize,
    label: &'a str,
    lines: Vec<Range<usize>>,
}

pub(super) fn queries(name: &str, text: &str) -> Result<Vec<Source>, Broken> {
    let mut found = Vec::new();
    let mut open: Option<Fence<'_>> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        match &mut open {
            None => open = opening(line),
            Some(fence) if closes(line, fence) => {
                found.extend(open.take().and_then(|fence| query(name, text, &fence)));
            }
            Some(fence) => {
                let indent = line
                    .bytes()
                    .take(fence.indent)
                    .take_while(|b| *b == b' ')
                    .count();
                fence.lines.push(range.start + indent..range.end);
            }
        }
    }
    // A page may end within a block.
    found.extend(open.and_then(|fence| query(name, text, &fence)));
    if found.is_empty() {
        let message = "there is no query in this page";
        let mut said = Diagnostic::of_rule(NO_QUERY.name, Span::default(), message)
            .help("queries of a Markdown page are in fenced blocks: ```kusto");
        said.severity = Severity::Warning;
        return Err(Broken(Box::new(said)));
    }
    Ok(found)
}

/// The fence that a line opens.
fn opening(line: &str) -> Option<Fence<'_>> {
    let body = line.trim_start_matches(' ');
    let indent = line.len() - body.len();
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|c| *c == mark).count();
    let info = body[length..].trim();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    Some(Fence {
        mark,
        length,
        indent,
        label: info.split([' ', ',', '{', '\t']).next().unwrap_or_default(),
        lines: Vec::new(),
    })
}

fn closes(line: &str, fence: &Fence<'_>) -> bool {
    let body = line.trim();
    body.chars().count() >= fence.length && body.chars().all(|c| c == fence.mark)
}

/// The query in a block, if it is one: labelled so, or without a label and free of syntax errors.
fn query(name: &str, text: &str, fence: &Fence<'_>) -> Option<Source> {
    let source = Source::pieces(name, text, &fence.lines);
    let body = source.text().trim();
    let label = fence.label.to_ascii_lowercase();
    let is_query = match label.as_str() {
        // A single word would be a table; it is more likely a command or a path.
        "" => body.contains(char::is_whitespace) && syntax::parse(&source).diagnostics.is_empty(),
        label => LABELS.contains(&label),
    };
    (is_query && !body.is_empty()).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fenced_queries_keep_their_places() {
        let page = "# Page\n\n```kusto\nT\n| take 1\n```\n\n- item\n  ~~~ KQL\n  U\n    | take 2\n  ~~~\n```sh\nls\n```\n";
        let found = queries("p.md", page).unwrap();
        let texts: Vec<_> = found.iter().map(Source::text).collect();
        assert_eq!(texts, ["T\n| take 1\n", "U\n  | take 2\n"]);
        assert_eq!(found[1].position(0).line, 10);
        assert_eq!(found[1].position(0).column, 3);
        assert!(queries("p.md", "no query\n").is_err());
    }
}
