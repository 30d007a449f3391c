//! `kql fmt`: queries in the canonical layout, in their files.

use std::io::{self, Write};

use similar::TextDiff;

use super::args::Fmt;
use super::console::{Console, Exit};
use super::files::{self, Input, Text};
use crate::engine;
use crate::layout::{self, Refusal};
use crate::output::{WriteError, visible};
use crate::sentinel::{self, Change, Left};
use crate::source::Source;
use crate::text::counted;

/// A file after its queries were laid out.
struct Laid {
    file: Text,
    text: String,
    /// Queries that do not parse.
    refused: Vec<(Source, Refusal)>,
    /// Lines of queries that cannot be changed in place, and why.
    left: Vec<(usize, Left)>,
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
    for (line, why) in &laid.left {
        let why = match why {
            Left::Unspelled => "how the file writes the query cannot be told",
            Left::Otherwise => "laid out, the query would change what the file says around it",
        };
        console.note(&format!(
            "{}:{line}: {why}; it is left as it is",
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
    let (mut refused, mut changes) = (Vec::new(), Vec::new());
    for (index, query) in contents.queries.iter().enumerate() {
        match layout::format(query.source.text()) {
            Ok(new) if new == query.source.text() => {}
            Ok(text) => changes.push(Change { index, text }),
            Err(refusal) => refused.push((query.source.clone(), refusal)),
        }
    }
    let new = sentinel::rewritten(&file.name, &file.text, &contents.queries, changes);
    let line = |index: usize| contents.queries[index].source.position(0).line;
    let left = new.left.iter().map(|(index, why)| (line(*index), *why));
    Ok(Some(Laid {
        left: left.collect(),
        text: new.text,
        refused,
        file,
    }))
}
