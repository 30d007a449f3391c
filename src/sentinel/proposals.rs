//! How a file could have a query's new text: in its lines, in a literal block, in quotes.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::rewrite::Edit;
use super::scalar::{Spelling, Style};
use super::{Query, ending, yaml};
use crate::json::quote;
use crate::source::{Exactness, Source, Span};

/// Spaces that a block stands further right than its key, where the file has no other custom.
const STEP: usize = 2;

/// Whether a query stands in its file as it is to be: a text in quotes may be in any style.
pub(super) fn is_written(query: &Query, new: &str) -> bool {
    let in_lines = matches!(
        &query.spelling,
        None | Some(Spelling {
            style: Style::Literal,
            ..
        })
    );
    !in_lines && query.source.text().trim() == new.trim_end()
}

/// How a file could have a query's new text, the best first.
pub(super) fn proposals(name: &str, query: &Query, new: &str) -> Vec<Vec<Edit>> {
    let source = &query.source;
    match &query.spelling {
        None if source.exactness() == Exactness::Line => Vec::new(),
        None if source.is_whole() => {
            vec![vec![(0..source.container().len(), new.to_string())]]
        }
        None => in_lines(source, new)
            .into_iter()
            .map(|edit| vec![edit])
            .collect(),
        Some(spelling) => match spelling.style {
            Style::Literal => in_lines(source, new)
                .into_iter()
                .map(|edit| vec![edit])
                .collect(),
            Style::Folded => {
                let mark = (spelling.range.clone(), "|".to_string());
                let lines = in_lines(source, new).into_iter();
                lines.map(|edit| vec![mark.clone(), edit]).collect()
            }
            Style::Plain | Style::Single | Style::Double => {
                let block = match ending(name) == "json" {
                    true => None,
                    false => in_block(source, &spelling.range, new),
                };
                let quotes = in_quotes(source, spelling, new).map(|edit| vec![edit]);
                block.into_iter().chain(quotes).collect()
            }
        },
    }
}

/// A query's new text where it has its lines for itself: the lines from its first word to its last, indented as they
/// were.
fn in_lines(source: &Source, new: &str) -> Option<Edit> {
    let (text, container) = (source.text(), source.container());
    let (first, last) = words(text)?;
    // The line that the first word is on may be indented within the query, too.
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let range = source.in_container(Span::new(line, last));
    let margin = container[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = container.get(margin..range.start)?;
    let alone = container[range.end..]
        .chars()
        .take_while(|c| *c != '\n')
        .all(char::is_whitespace);
    // A query of a page may stand in a quotation.
    if !indent.chars().all(|c| matches!(c, ' ' | '>')) || !alone {
        return None;
    }
    let end = match container.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let lines = new.lines().enumerate().map(|(n, line)| match (n, line) {
        (0, line) => line.to_string(),
        (_, "") => indent.trim_end().to_string(),
        (_, line) => format!("{indent}{line}"),
    });
    let lines: Vec<String> = lines.collect();
    Some((range, lines.join(end)))
}

/// Where a text's first word starts and its last ends.
fn words(text: &str) -> Option<(usize, usize)> {
    let first = text.len() - text.trim_start().len();
    let last = text.trim_end().len();
    (first < last).then_some((first, last))
}

/// A query's new text in double quotes. What was in double quotes keeps what is around its words.
fn in_quotes(source: &Source, spelling: &Spelling, new: &str) -> Option<Edit> {
    let text = source.text();
    let (first, last) = words(text)?;
    // Of halves of characters, which all read alike, it is not known which goes where.
    let halves = source.spelled().filter(|(read, _)| *read == "\u{fffd}");
    let halves: HashSet<&str> = halves.map(|(_, written)| written).collect();
    if halves.len() > 1 {
        return None;
    }
    let new = escaped(source, new.trim_end());
    Some(match spelling.style {
        Style::Double => (source.in_container(Span::new(first, last)), new),
        _ => {
            let (before, behind) = (
                escaped(source, &text[..first]),
                escaped(source, &text[last..]),
            );
            (spelling.range.clone(), format!("\"{before}{new}{behind}\""))
        }
    })
}

/// A text as it stands between double quotes. A character that the query has by an escape alone stays escaped so.
pub(super) fn escaped(source: &Source, text: &str) -> String {
    let mut escapes: HashMap<char, &str> = HashMap::new();
    let single = |read: &str| read.chars().next().filter(|c| c.len_utf8() == read.len());
    let is_escaped = |read: &str, written: &str| read != written && written.starts_with('\\');
    for (read, written) in source.spelled().filter(|(r, w)| is_escaped(r, w)) {
        if let Some(c) = single(read).filter(|c| *c != ' ' && !written.contains('\n')) {
            escapes.entry(c).or_insert(written);
        }
    }
    for (read, _) in source.spelled().filter(|(read, written)| read == written) {
        for c in read.chars() {
            escapes.remove(&c);
        }
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match escapes.get(&c) {
            Some(escape) => out.push_str(escape),
            None if is_printable(c) || c < ' ' => {
                let quoted = quote(c.encode_utf8(&mut [0; 4]));
                out.push_str(&quoted[1..quoted.len() - 1]);
            }
            None => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out
}

/// Whether a character may stand in a YAML file as it is, and everywhere does not end a line.
fn is_printable(c: char) -> bool {
    match c {
        '\t' | '\n' => true,
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => !c.is_control(),
    }
}

/// A query's new text in a literal block, in the place of a quoted or plain text.
fn in_block(source: &Source, range: &Range<usize>, new: &str) -> Option<Vec<Edit>> {
    let text = source.container();
    let new = new.trim_end().replace("\r\n", "\n");
    if !new.chars().all(is_printable) || new.lines().any(|line| line.starts_with('\t')) {
        return None;
    }
    // A comment may follow on the line of the block's mark.
    let rest = text.get(range.end..)?;
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let after = line.trim_end_matches('\r');
    let behind = after.trim_start_matches([' ', '\t']);
    if !behind.is_empty() && (!behind.starts_with('#') || behind.len() == after.len()) {
        return None;
    }
    let is_last = line.len() == rest.len();
    let end = match is_last && text.contains("\r\n") || line.ends_with('\r') {
        true => "\r\n",
        false => "\n",
    };
    let owner = owner(text, range.start)?;
    let margin = " ".repeat(owner + step(text, owner));
    let value = source.text();
    let breaks = value[value.trim_end().len()..].matches('\n').count();
    let (start, lead) = place_of_mark(text, range.start);
    let keep = match breaks {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let mut lines = String::new();
    for line in new.lines() {
        lines.push_str(end);
        if !line.is_empty() {
            lines.push_str(&margin);
            lines.push_str(line);
        }
    }
    // The block's last line ends as the line of the text did; empty lines that follow count.
    let follow = rest.get(line.len() + 1..).unwrap_or_default();
    let empty = follow.lines().take_while(|line| line.trim().is_empty());
    let there = usize::from(!is_last) + if breaks > 1 { empty.count() } else { 0 };
    lines.push_str(&end.repeat(breaks.saturating_sub(there)));
    let at = range.end + after.len();
    let mark = (start..range.end, format!("{lead}|{keep}"));
    Some(vec![mark, (at..at, lines)])
}

/// The column of what a text belongs to, its key or the `-` of an item of a list; none of a text within brackets.
fn owner(text: &str, at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
        let words = before_properties(&text[start..end]);
        if !words.trim().is_empty() {
            return column(words);
        }
        end = start.checked_sub(1)?;
    }
}

/// What a line has before a comment and before the names and types of a value: `&name`, `!!str`.
fn before_properties(line: &str) -> &str {
    let comment = match line.trim_start().starts_with('#') {
        true => 0,
        false => line.find(" #").unwrap_or(line.len()),
    };
    let mut rest = line[..comment].trim_end();
    loop {
        let word = rest.rfind([' ', '\t']).map_or(0, |at| at + 1);
        match rest[word..].starts_with(['&', '!']) {
            true => rest = rest[..word].trim_end(),
            false => return rest,
        }
    }
}

/// Where the key starts that ends a line, or the last `-` if it does.
fn column(line: &str) -> Option<usize> {
    let (mut column, mut rest, mut item) = (0, line, None);
    loop {
        let body = rest.trim_start_matches(' ');
        column += rest.len() - body.len();
        let inner = body.strip_prefix(['-', '?']);
        let Some(inner) = inner.filter(|inner| inner.is_empty() || inner.starts_with(' ')) else {
            return match body {
                "" => item,
                _ => body.ends_with(':').then_some(column),
            };
        };
        item = Some(column);
        column += 1;
        rest = inner;
    }
}

/// How much further right than its key the file has the lines of another block of a key in the same column.
fn step(text: &str, owner: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let opens =
            yaml::block_mark(line).is_some() && !line.ends_with(|c: char| c.is_ascii_digit());
        if !opens || indent(line) != owner {
            continue;
        }
        let first = lines.clone().find(|line| !line.trim().is_empty());
        if let Some(step) = first.and_then(|first| indent(first).checked_sub(owner))
            && (1..=8).contains(&step)
        {
            return step;
        }
    }
    STEP
}

/// Where the mark of a block goes in place of a text, and what is before it: to the line of the key, if the text stands
/// below it and no comment is between.
fn place_of_mark(text: &str, at: usize) -> (usize, &'static str) {
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let before = text[..line].trim_end();
    let above = before.rsplit('\n').next().unwrap_or_default();
    let below = text[line..at].trim().is_empty() && !above.is_empty() && !above.contains('#');
    match below {
        true => (before.len(), " "),
        false => (at, ""),
    }
}
