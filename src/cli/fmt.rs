//! `kql fmt`: queries in the canonical layout, in their files.

use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use similar::TextDiff;

use super::args::Fmt;
use super::console::{Console, Exit};
use super::files::{self, Input, Text};
use crate::engine;
use crate::json::quote;
use crate::layout::{self, Refusal};
use crate::output::{WriteError, visible};
use crate::sentinel;
use crate::source::{Exactness, Source, Span};
use crate::text::counted;

/// A file after its queries were laid out.
struct Laid {
    file: Text,
    text: String,
    /// Queries that do not parse.
    refused: Vec<(Source, Refusal)>,
    /// Lines of queries that cannot be changed in place.
    left: Vec<usize>,
}

pub(super) fn fmt(args: &Fmt, console: &Console) -> Exit {
    let inputs = files::find(&args.files);
    let mut exit = Exit::Ok;
    let mut changed = 0;
    let mut files = 0;
    let mut refused = 0;
    for laid in engine::each(inputs.iter().collect(), lay_out) {
        let laid = match laid {
            Ok(Some(laid)) => laid,
            Ok(None) => continue,
            Err(fault) => {
                exit = exit.or(console.fault(&fault));
                continue;
            }
        };
        files += 1;
        exit = exit.or(said(&laid, console));
        refused += laid.refused.len() + laid.left.len();
        if laid.text != laid.file.text {
            changed += 1;
        }
        match settle(args, &laid, console) {
            Ok(more) => exit = exit.or(more),
            Err(WriteError::Closed) => return exit,
            Err(error) => return exit.or(console.unwritten(&error, "to standard output")),
        }
    }
    if args.check || args.write {
        let files = counted(files, "file", "files");
        let mut text = match (changed, args.write) {
            (0, _) if refused == 0 => format!("{files}: all laid out"),
            (_, true) => format!("{files}: {changed} changed"),
            (_, false) => format!("{files}: {changed} would change; --write changes them"),
        };
        if refused > 0 {
            text += &format!("; {} left alone", counted(refused, "query", "queries"));
        }
        console.aside(&text);
    }
    exit
}

/// Prints, writes or compares a file.
fn settle(args: &Fmt, laid: &Laid, console: &Console) -> Result<Exit, WriteError> {
    let changed = laid.text != laid.file.text;
    if args.write {
        return Ok(match changed.then(|| laid.file.replace(&laid.text)) {
            Some(Err(fault)) => console.fault(&fault),
            _ => Exit::Ok,
        });
    }
    if !args.check {
        io::stdout().write_all(laid.text.as_bytes())?;
        return Ok(Exit::Ok);
    }
    if !changed {
        return Ok(Exit::Ok);
    }
    let name = visible(&laid.file.name);
    let difference = TextDiff::from_lines(laid.file.text.as_str(), laid.text.as_str());
    let mut unified = difference.unified_diff();
    let unified = unified.context_radius(2).header(&name, &name);
    io::stdout().write_all(unified.to_string().as_bytes())?;
    Ok(Exit::Findings)
}

/// Says what could not be laid out.
fn said(laid: &Laid, console: &Console) -> Exit {
    let mut exit = Exit::Ok;
    for line in &laid.left {
        console.note(&format!(
            "{}:{line}: the query is in a folded, quoted or one-line text; it is left as it is (in a literal block, \
             `query: |`, it would be laid out)",
            laid.file.name
        ));
    }
    for (source, refusal) in &laid.refused {
        match refusal {
            Refusal::Mistakes(diagnostics) => {
                console.diagnostics(diagnostics, source);
                exit = exit.or(Exit::Query);
            }
            Refusal::Changed => {
                let line = source.position(0).line;
                console.error(&format!(
                    "{}:{line}: the query would read otherwise; it is left as it is",
                    laid.file.name
                ));
                console.help("this is a bug of kql; please report it together with the query");
                exit = exit.or(Exit::Bug);
            }
        }
    }
    exit
}

/// Lays out the queries of a file; `None` if it was found in a folder and holds none.
fn lay_out(input: &Input) -> Result<Option<Laid>, crate::contract::Fault> {
    let Some(file) = files::read_input(input)? else {
        return Ok(None);
    };
    let contents = match sentinel::contents(&file.name, &file.text) {
        Ok(contents) => contents,
        Err(_) if input.found && !files::is_rule(&file.text) => return Ok(None),
        Err(broken) => return Err(broken.fault(&file.name, &file.text)),
    };
    let mut text = file.text.clone();
    let (mut refused, mut left) = (Vec::new(), Vec::new());
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    for (index, query) in contents.queries.into_iter().enumerate() {
        match layout::format(query.source.text()) {
            Ok(new) if new == query.source.text() => {}
            Ok(new) => match in_place(&query.source, &new) {
                Some((range, new)) if text.get(range.clone()) == Some(new.as_str()) => {}
                Some(change) if reads(&file, index, &change, &new) => changes.push(change),
                _ => left.push(query.source.position(0).line),
            },
            Err(refusal) => refused.push((query.source, refusal)),
        }
    }
    changes.sort_by_key(|(range, _)| range.start);
    for (range, new) in changes.into_iter().rev() {
        text.replace_range(range, &new);
    }
    Ok(Some(Laid {
        file,
        text,
        refused,
        left,
    }))
}

/// Whether a query of the file is read as its new text after a change: the lines of a folded text would be joined.
fn reads(file: &Text, index: usize, (range, new): &(Range<usize>, String), query: &str) -> bool {
    let mut text = file.text.clone();
    text.replace_range(range.clone(), new);
    let Ok(contents) = sentinel::contents(&file.name, &text) else {
        return false;
    };
    let read = contents.queries.get(index).map(|query| query.source.text());
    let lines = |text: &str| text.trim().replace('\r', "");
    read.is_some_and(|read| lines(read) == lines(query))
}

/// What of a file a query's new text replaces, and by what: the lines from its first word to its last, indented as
/// they were. `None` if the query does not have its lines for itself.
fn in_place(source: &Source, new: &str) -> Option<(Range<usize>, String)> {
    let (text, container) = (source.text(), source.container());
    if source.exactness() == Exactness::Line {
        return None;
    }
    if source.is_whole() {
        return Some((0..container.len(), new.to_string()));
    }
    let first = text.len() - text.trim_start().len();
    let last = text.trim_end().len();
    if first >= last {
        return None;
    }
    // The line that the first word is on may be indented within the query, too.
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let range = source.in_container(Span::new(line, last));
    let margin = container[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = container.get(margin..range.start)?;
    let in_json = Path::new(source.name())
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if in_json {
        let quoted = quote(new.trim_end());
        let range = source.in_container(Span::new(first, last));
        return Some((range, quoted[1..quoted.len() - 1].to_string()));
    }
    let alone = container[range.end..]
        .chars()
        .take_while(|c| *c != '\n')
        .all(char::is_whitespace);
    // A query of a page may stand in a quotation.
    if !indent.chars().all(|c| matches!(c, ' ' | '>')) || !alone {
        return None;
    }
    let end = if container.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let lines = new.lines().enumerate().map(|(n, line)| match (n, line) {
        (0, line) => line.to_string(),
        (_, "") => indent.trim_end().to_string(),
        (_, line) => format!("{indent}{line}"),
    });
    let lines: Vec<String> = lines.collect();
    Some((range, lines.join(end)))
}
