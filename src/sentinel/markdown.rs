//! The queries of a Markdown page: its fenced code blocks.

use std::ops::Range;

use super::Broken;
use super::rule::NO_QUERY;
use super::several;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};
use crate::syntax;

/// How pages call KQL. `cs` is here because pages have long used C#'s colours for it.
const LABELS: [&str; 4] = ["kusto", "kql", "csl", "cs"];

/// C#'s names, which stand for KQL where the block reads like it.
const COLOURS: [&str; 2] = ["c#", "csharp"];

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

pub(super) fn queries(name: &str, text: &str) -> Result<Vec<Source>, Broken> {
    let page = Source::whole(name, text);
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
            found.extend(open.take().iter().flat_map(|f| in_block(&page, f)));
            if inside.is_some() {
                continue;
            }
            // A quotation that has ended ends what is in it; the line is not part of it.
        }
        open = opening(line);
    }
    // A page may end within a block.
    found.extend(open.iter().flat_map(|f| in_block(&page, f)));
    if found.is_empty() {
        let message = "there is no query in this page";
        let mut said = Diagnostic::of_rule(NO_QUERY.name, Span::default(), message)
            .help("queries of a Markdown page are in fenced blocks: ```kusto");
        said.severity = Severity::Warning;
        return Err(Broken(Box::new(said)));
    }
    Ok(found)
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

/// The queries in a block, if it is of KQL: labelled so, or without a label and free of syntax errors.
fn in_block(page: &Source, fence: &Fence<'_>) -> Vec<Source> {
    let block = page.part(fence.lines.iter().cloned());
    let body = block.text().trim();
    let label = fence.label.to_ascii_lowercase();
    let piped = |line: &str| line.starts_with('|') && !line.starts_with("||");
    let (labelled, possible) = match label.as_str() {
        // A single word would be a table; it is more likely a command or a path.
        "" => (false, body.contains(char::is_whitespace)),
        label if COLOURS.contains(&label) => (false, body.lines().any(|l| piped(l.trim_start()))),
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
    let clean = |source: &Source| syntax::parse(source).diagnostics.is_empty();
    match labelled || found.iter().all(clean) {
        true => found,
        false => Vec::new(),
    }
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

    #[test]
    fn fences_stand_in_quotations_and_lists() {
        let texts = |page: &str| {
            let found = queries("p.md", page).unwrap_or_default();
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
        let found = queries("p.md", page).unwrap();
        let texts: Vec<_> = found.iter().map(Source::text).collect();
        assert_eq!(texts, ["T\n| take 1\n\n", "U\n| take 2\n"]);
        assert_eq!(found[1].position(0).line, 6);
        assert_eq!(found[1].position(0).column, 3);
        assert!(queries("p.md", "```csharp\nif (a\n    || b) { }\n```\n").is_err());
    }
}
