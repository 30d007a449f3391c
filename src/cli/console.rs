//! What is said beside the results, on standard error; and where colours may go.

use std::collections::HashSet;
use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::sync::Mutex;

use crate::cli::args::When;
use crate::cli::input::reason;
use crate::contract::{Fault, FaultKind, STOP};
use crate::diagnostic::{Diagnostic, Severity};
use crate::output::{self, WriteError};
use crate::session::Failure;
use crate::source::Source;

/// How a command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    #[default]
    Ok,
    /// Queries were checked and mistakes found.
    Findings,
    /// The command line is wrong.
    Usage,
    /// A query is wrong, or cannot run yet.
    Query,
    /// Data or a file cannot be read or written.
    Data,
    /// A limit was hit.
    Limit,
    /// A bug of ours.
    Bug,
    /// Stopped by the user.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Query => 3,
            Exit::Data => 4,
            Exit::Limit => 5,
            Exit::Bug => 70,
            Exit::Interrupted => 130,
        }
    }

    /// The first that is not well.
    #[must_use]
    pub fn or(self, other: Exit) -> Exit {
        if self == Exit::Ok { other } else { self }
    }

    fn of(fault: &Fault) -> Exit {
        match fault.kind {
            FaultKind::Data => Exit::Data,
            FaultKind::Query => Exit::Query,
            FaultKind::Limit => Exit::Limit,
            FaultKind::Cancelled => Exit::Interrupted,
            FaultKind::Internal => Exit::Bug,
        }
    }
}

/// Speaks to the user.
pub(crate) struct Console {
    /// Whether results may have colours.
    pub color: bool,
    /// Whether messages may.
    error_color: bool,
    said: Mutex<HashSet<String>>,
}

/// Columns of a terminal that does not tell.
const ASSUMED_WIDTH: usize = 120;
/// Its lines.
const ASSUMED_HEIGHT: usize = 40;
/// Columns of standard error when it is no terminal.
const MESSAGE_WIDTH: usize = 100;

impl Console {
    pub fn new(when: When) -> Console {
        let color = |terminal: bool| match when {
            When::Always => true,
            When::Never => false,
            When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Console {
            color: color(stdout().is_terminal()),
            error_color: color(stderr().is_terminal()),
            said: Mutex::default(),
        }
    }

    /// One that has said nothing yet, with the same colours or without.
    pub fn plain(color: bool) -> Console {
        Console::new(if color { When::Always } else { When::Never })
    }

    /// Whether a person sits before and behind the program.
    pub fn is_interactive() -> bool {
        stdin().is_terminal() && stdout().is_terminal()
    }

    /// Columns of the terminal that results go to; `None` when they do not go to one.
    pub fn width() -> Option<usize> {
        if !stdout().is_terminal() {
            return None;
        }
        let size = terminal_size::terminal_size_of(stdout());
        let width = size.map_or(ASSUMED_WIDTH, |(width, _)| usize::from(width.0));
        Some(width.max(20))
    }

    /// Lines of the terminal.
    pub fn height() -> usize {
        let size = terminal_size::terminal_size_of(stdout());
        size.map_or(ASSUMED_HEIGHT, |(_, height)| usize::from(height.0))
    }

    /// Columns of the terminal that messages go to, if they go to one.
    fn room() -> Option<usize> {
        let size = terminal_size::terminal_size_of(stderr())?;
        Some(usize::from(size.0.0).max(20))
    }

    fn message_width() -> usize {
        let size = terminal_size::terminal_size_of(stderr());
        size.map_or(MESSAGE_WIDTH, |(width, _)| {
            usize::from(width.0).clamp(40, 160)
        })
    }

    /// A line on standard error. That nobody may listen is no failure.
    pub fn line(&self, text: &str) {
        let _ = writeln!(stderr(), "{text}");
    }

    /// A dim line on standard error.
    pub fn aside(&self, text: &str) {
        let text = &wrapped(text, Console::room());
        match self.error_color {
            true => self.line(&format!("\x1b[2m{text}\x1b[0m")),
            false => self.line(text),
        }
    }

    fn labelled(&self, style: &str, label: &str, text: &str) {
        let text = output::visible(text);
        let room = Console::room().map(|room| room.saturating_sub(label.len() + 2));
        let text = wrapped(&text, room);
        match self.error_color {
            true => self.line(&format!("\x1b[{style}m{label}:\x1b[0m {text}")),
            false => self.line(&format!("{label}: {text}")),
        }
    }

    pub fn error(&self, text: &str) {
        self.labelled("1;31", "error", text);
    }

    /// Says a warning, once.
    pub fn warning(&self, text: &str) {
        let new = self
            .said
            .lock()
            .is_ok_and(|mut said| said.insert(text.to_string()));
        if new {
            self.labelled("1;33", "warning", text);
        }
    }

    pub fn note(&self, text: &str) {
        self.labelled("1", "note", text);
    }

    pub fn help(&self, text: &str) {
        self.labelled("36", "help", text);
    }

    /// Says why data, a limit or the user stopped the work.
    pub fn fault(&self, fault: &Fault) -> Exit {
        if STOP.is_asked() {
            // Whatever it is that did not work then.
            self.line("interrupted");
            return Exit::Interrupted;
        }
        match fault.kind {
            FaultKind::Cancelled => self.line("interrupted"),
            FaultKind::Internal => {
                self.error(&fault.message);
                self.help("this is a bug of kql; please report it together with the query");
            }
            _ => self.error(&fault.message),
        }
        if let Some(help) = &fault.help {
            self.help(help);
        }
        Exit::of(fault)
    }

    /// Says why a query has no answer.
    pub fn failure(&self, failure: &Failure, source: &Source) -> Exit {
        match failure {
            Failure::Fault(fault) => self.fault(fault),
            Failure::Query(diagnostics) => {
                self.diagnostics(diagnostics, source);
                Exit::Query
            }
        }
    }

    /// Says what is wrong with a query; a note or warning takes a line, all else shows its place.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], source: &Source) {
        for diagnostic in diagnostics {
            if diagnostic.severity <= Severity::Warning {
                self.line(&output::visible(&diagnostic.short(source)));
            } else {
                self.line(&diagnostic.render(source, self.error_color, Console::message_width()));
            }
        }
    }

    /// Says why results could not be written. A reader that left is no failure.
    pub fn unwritten(&self, error: &WriteError, to: &str) -> Exit {
        match error {
            WriteError::Closed => Exit::Ok,
            WriteError::Io(error) => {
                self.error(&format!("cannot write {to}: {}", reason(error)));
                Exit::Data
            }
            WriteError::Fault(fault) => self.fault(fault),
            WriteError::Wide(..) => {
                self.fault(&Fault::internal("a datetime column stays too wide"))
            }
        }
    }
}

/// A text whose lines end between words where a terminal's would end within one.
fn wrapped(text: &str, room: Option<usize>) -> String {
    broken(text, room, &[' '])
}

/// A text in lines of so many columns, each of which ends behind one of some characters.
pub(super) fn broken(text: &str, room: Option<usize>, behind: &[char]) -> String {
    let Some(room) = room else {
        return text.to_string();
    };
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let (mut out, mut taken) = (String::new(), 0);
        for word in line.split_inclusive(behind) {
            let wide = output::width(word.trim_end());
            if taken > 0 && taken + wide > room {
                lines.push(out.trim_end().to_string());
                out.clear();
                taken = 0;
            }
            out.push_str(word);
            taken += output::width(word);
        }
        lines.push(out);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn messages_break_between_words() {
        let text = "one two three\nfour 東京 five";
        assert_eq!(wrapped(text, None), text);
        assert_eq!(wrapped(text, Some(9)), "one two\nthree\nfour 東京\nfive");
        assert_eq!(wrapped("much-too-long a", Some(5)), "much-too-long\na");
        assert_eq!(wrapped("  indented text", Some(40)), "  indented text");
    }
}
