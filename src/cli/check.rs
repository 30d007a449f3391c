//! `kql check`: what is wrong with queries, without data.

use std::io::{self, Write};
use std::path::Path;

use super::args::Check;
use super::console::{Console, Exit};
use super::input;
use crate::diagnostic::{Diagnostic, Severity};
use crate::output::{WriteError, visible};
use crate::session;
use crate::source::Source;

/// How many of each there were.
#[derive(Default)]
struct Counts {
    queries: usize,
    errors: usize,
    unsupported: usize,
    warnings: usize,
}

pub(super) fn check(args: &Check, console: &Console) -> Exit {
    let mut exit = Exit::Ok;
    let mut counts = Counts::default();
    for file in &args.files {
        match check_file(file, &mut counts, console) {
            Ok(()) => {}
            Err(Stop::Closed) => return exit,
            Err(Stop::Unread(failed)) => exit = exit.or(failed),
        }
    }
    console.aside(&counts.text());
    if counts.errors > 0 {
        exit = exit.or(Exit::Findings);
    }
    exit
}

enum Stop {
    /// Nobody reads the findings.
    Closed,
    /// The file could not be read, or findings not be written.
    Unread(Exit),
}

fn check_file(file: &Path, counts: &mut Counts, console: &Console) -> Result<(), Stop> {
    let sources = input::queries(file).map_err(|fault| Stop::Unread(console.fault(&fault)))?;
    for source in &sources {
        counts.queries += 1;
        for diagnostic in session::check(source) {
            match diagnostic.severity {
                Severity::Error => counts.errors += 1,
                Severity::Unsupported => counts.unsupported += 1,
                Severity::Warning => counts.warnings += 1,
            }
            let text = finding(&diagnostic, source, console);
            if let Err(error) = io::stdout().write_all(text.as_bytes()) {
                return Err(match WriteError::from(error) {
                    WriteError::Closed => Stop::Closed,
                    error => Stop::Unread(console.unwritten(&error, "to standard output")),
                });
            }
        }
    }
    Ok(())
}

fn finding(diagnostic: &Diagnostic, source: &Source, console: &Console) -> String {
    match diagnostic.severity {
        Severity::Warning => format!("{}\n", visible(&diagnostic.short(source))),
        _ => {
            let width = Console::width().unwrap_or(100).clamp(40, 160);
            diagnostic.render(source, console.color, width) + "\n"
        }
    }
}

impl Counts {
    fn text(&self) -> String {
        let queries = number(self.queries, "query", "queries");
        let counts = [
            (self.errors, "error", "errors"),
            (self.warnings, "warning", "warnings"),
            (
                self.unsupported,
                "thing that cannot run yet",
                "things that cannot run yet",
            ),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| number(*n, one, many))
            .collect();
        match counts.is_empty() {
            true => format!("{queries}: no mistakes"),
            false => format!("{queries}: {}", counts.join(", ")),
        }
    }
}

fn number(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
