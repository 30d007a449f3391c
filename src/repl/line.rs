//! The line editor: what rustyline asks, answered by the shell.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use crate::cli::console::Console;
use crate::cli::doc;
use crate::output::Format;
use crate::repl::commands::{self, Behind, Takes};
use crate::repl::complete::{Candidate, complete};
use crate::repl::highlight::highlight;
use crate::repl::hint::hint;
use crate::repl::offers::quoted;
use crate::repl::shell::Shell;
use crate::repl::whole::is_whole;

/// What stands before a line.
pub(super) const PROMPT: &str = "kql> ";
/// Columns that part of a hint must have to be worth it.
const LEAST_HINT: usize = 12;
/// Candidates up to which types stand beside columns.
const WITH_TYPES: usize = 60;

/// Answers the line editor.
pub(super) struct Assistant {
    pub shell: Rc<RefCell<Shell>>,
    pub files: FilenameCompleter,
    /// Whether there are colours.
    pub color: bool,
    /// The last text, and how it looks.
    pub painted: RefCell<(String, usize, String)>,
}

impl Helper for Assistant {}

/// The query before, if a text goes on from it.
fn before(shell: &Shell, text: &str) -> String {
    match text.trim_start().starts_with('|') {
        true => format!("{}\n", shell.last.trim_end().trim_end_matches(';')),
        false => String::new(),
    }
}

impl Assistant {
    fn command(&self, shell: &Shell, line: &str, pos: usize) -> Option<(usize, Vec<Pair>)> {
        let begun = line.get(..pos)?;
        let (takes, start) = match commands::behind(begun)? {
            Behind::Names(start) => {
                let names = commands::ALL.iter().map(|c| format!(".{}", c.name));
                return Some((start, beginning(names, &begun[start..])));
            }
            Behind::Takes(takes, start) => (takes, start),
        };
        let word = &begun[start..];
        let catalog = &shell.session.catalog;
        Some((
            start,
            match takes {
                Takes::Nothing => Vec::new(),
                Takes::Table => beginning(catalog.names().map(quoted), word),
                Takes::Format => beginning(Format::ALL.iter().map(|f| f.name().to_string()), word),
                Takes::Name => beginning(doc::names().into_iter().map(String::from), word),
                Takes::Words(words) => beginning(words.iter().map(ToString::to_string), word),
                Takes::File => return self.files.complete_path(line, pos).ok(),
                Takes::Query | Takes::Interval => {
                    let query = commands::query_of(begun)?;
                    let offset = begun.len() - query.len();
                    let (start, pairs) = query_pairs(shell, query, query.len());
                    return Some((start + offset, pairs));
                }
            },
        ))
    }
}

/// What starts with a word, letter case aside.
fn beginning(names: impl Iterator<Item = String>, word: &str) -> Vec<Pair> {
    let word = word.to_lowercase();
    let begun = names.filter(|n| n.to_lowercase().starts_with(&word));
    begun
        .map(|name| Pair {
            display: name.clone(),
            replacement: name,
        })
        .collect()
}

fn query_pairs(shell: &Shell, text: &str, pos: usize) -> (usize, Vec<Pair>) {
    let before = before(shell, text);
    let whole = format!("{before}{text}");
    let cursor = before.len() + pos;
    let lets = shell.lets.all();
    let found = complete(&shell.session, &shell.glances, &lets, &whole, cursor);
    let with_types = found.candidates.len() <= WITH_TYPES;
    let pair = |candidate: Candidate| Pair {
        display: match candidate.note {
            Some(note) if with_types => format!("{}: {note}", candidate.text),
            _ => candidate.text.clone(),
        },
        replacement: candidate.text,
    };
    let start = found.start.saturating_sub(before.len());
    (start, found.candidates.into_iter().map(pair).collect())
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Ok(shell) = self.shell.try_borrow() else {
            return Ok((pos, Vec::new()));
        };
        if line.trim_start().starts_with('.') {
            return Ok(self.command(&shell, line, pos).unwrap_or((pos, Vec::new())));
        }
        Ok(query_pairs(&shell, line, pos))
    }
}

/// A hint that is shown, and never becomes part of the text.
pub(super) struct Shown(String);

impl Hint for Shown {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Assistant {
    type Hint = Shown;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Shown> {
        if pos < line.len() {
            return None;
        }
        // A hint that does not fit would break the line.
        let typed = line.rsplit('\n').next().unwrap_or(line).chars().count();
        let room = Console::width()?.checked_sub(PROMPT.len() + typed + 1)?;
        let hint = {
            let shell = self.shell.try_borrow().ok()?;
            hint(&shell.session, &shell.lets.all(), line)?
        };
        let fits = hint.chars().count() <= room;
        match (fits, room > LEAST_HINT) {
            (true, _) => Some(Shown(hint)),
            (false, true) => {
                let start: String = hint.chars().take(room - 1).collect();
                Some(Shown(format!("{start}…")))
            }
            (false, false) => None,
        }
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if !self.color {
            return Cow::Borrowed(line);
        }
        let mut painted = self.painted.borrow_mut();
        if painted.0 != line || painted.1 != pos {
            let Ok(shell) = self.shell.try_borrow() else {
                return Cow::Borrowed(line);
            };
            let lets = format!("{}{}", shell.lets.all(), before(&shell, line));
            let text = highlight(&shell.session, &lets, line, pos);
            *painted = (line.to_string(), pos, text);
        }
        Cow::Owned(painted.2.clone())
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.color {
            true => Cow::Owned(format!("\x1b[1m{prompt}\x1b[0m")),
            false => Cow::Borrowed(prompt),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.color {
            true => Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")),
            false => Cow::Borrowed(hint),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match is_whole(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}
