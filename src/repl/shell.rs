//! The shell's state, and what becomes of a text that was entered.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::console::{Console, Exit};
use crate::cli::input;
use crate::cli::interrupt;
use crate::cli::pager::Pager;
use crate::cli::progress;
use crate::cli::run::{self, Beside};
use crate::cli::target::{Kept, Stopped, Target};
use crate::contract::{Cancel, STOP};
use crate::diagnostic::Diagnostic;
use crate::engine::Table;
use crate::output::{Format, Grid, WriteError};
use crate::plan::Render;
use crate::repl::commands::{self, Outcome};
use crate::repl::lets::{Assembled, Lets};
use crate::repl::values::Glances;
use crate::session::{Answer, Failure, Now, Session};
use crate::source::Source;
use crate::syntax;

/// What settings can be made.
pub(super) struct Settings {
    /// How results are drawn.
    pub format: Format,
    /// Rows shown at most; 0 is all.
    pub max_rows: Option<usize>,
    /// Columns of the screen, if not those it tells.
    pub width: Option<usize>,
    /// Whether times are told step by step.
    pub timing: bool,
    /// Time a query may take.
    pub timeout: Option<Duration>,
    /// What now is; the clock's instant if nothing.
    pub now: Option<Now>,
}

/// The shell.
pub struct Shell {
    pub(super) session: Session,
    pub(super) lets: Lets,
    pub(super) glances: Glances,
    pub(super) console: Console,
    pub(super) settings: Settings,
    /// Where results go instead of the screen.
    pub(super) output: Option<Target>,
    /// Where the next result goes.
    pub(super) once: Option<Target>,
    /// The last query that ran.
    pub(super) last: String,
    /// The rows and the chart of the last result.
    pub(super) result: Option<(Table, Option<Render>)>,
    /// What `now()` was for it.
    result_now: i64,
    /// The queries that ran, for `.save`.
    pub(super) ran: Vec<String>,
    /// What was entered, in this session and before.
    pub(super) entered: Vec<String>,
    /// How many files that are read read each other.
    depth: usize,
    /// Whether a person sits at the terminal.
    pub(super) interactive: bool,
}

/// What became of a query that ran.
struct Ran {
    took: Duration,
    diagnostics: Vec<Diagnostic>,
    notes: Vec<String>,
    now: i64,
    /// The last of its results, if it was kept.
    last: Option<(Table, Option<Render>)>,
    /// Its results, if they are yet to be written.
    answer: Option<Answer>,
}

/// What results were sent to.
enum From {
    Screen,
    Output,
    Once,
}

/// Bytes of a result that is written while its rows come, up to which `_` keeps it.
const KEPT: usize = 256 << 20;
/// Files that read files.
const DEEPEST: usize = 20;

impl Shell {
    pub(super) fn new(session: Session, console: Console, settings: Settings) -> Shell {
        Shell {
            session,
            lets: Lets::default(),
            glances: Glances::default(),
            console,
            settings,
            output: None,
            once: None,
            last: String::new(),
            result: None,
            result_now: 0,
            ran: Vec::new(),
            entered: Vec::new(),
            depth: 0,
            interactive: false,
        }
    }

    /// Does what a line says.
    pub(super) fn enter(&mut self, line: &str) -> Outcome {
        STOP.clear();
        let text = line.trim();
        if text.is_empty() {
            return Outcome::Done(Exit::Ok);
        }
        if text.starts_with('.') {
            return commands::perform(self, text);
        }
        Outcome::Done(self.query(text))
    }

    /// The text with the query before, if it starts with a pipe.
    fn continued(&self, text: &str) -> String {
        match text.starts_with('|') && !self.last.is_empty() {
            true => {
                let before = self.last.trim_end().trim_end_matches(';');
                format!("{before}\n{text}")
            }
            false => text.to_string(),
        }
    }

    /// Runs a query, or keeps what it declares.
    pub(super) fn query(&mut self, text: &str) -> Exit {
        let text = self.continued(text);
        let parsed = syntax::parse_text(&text);
        if parsed.diagnostics.is_empty() && Lets::only_declares(&parsed.query) {
            return self.declare(&text, &parsed.query);
        }
        if parsed.diagnostics.is_empty() && parsed.query.statements.is_empty() {
            return Exit::Ok;
        }
        let exit = self.run(&text, "<query>");
        if exit == Exit::Ok {
            self.ran.push(text.clone());
            self.last = text;
        }
        exit
    }

    fn declare(&mut self, text: &str, query: &syntax::ast::Query) -> Exit {
        // Each name anew: a variable cannot be made of itself.
        let mut others = Lets::default();
        let before = syntax::parse_text(&self.lets.all());
        others.keep(&before.query, &self.lets.all());
        for statement in &query.statements {
            if let syntax::ast::StatementKind::Let { name, .. } = &statement.kind {
                others.forget(&name.text);
            }
        }
        let assembled = Assembled::new(&others, "<query>", text);
        let found = match self.session.check(&assembled.whole) {
            Ok(found) => found,
            Err(fault) => return self.console.fault(&fault),
        };
        let found: Vec<_> = found
            .into_iter()
            .filter(|d| d.code != crate::diagnostic::Code::NoQuery)
            .collect();
        let wrong = found
            .iter()
            .any(|d| d.severity > crate::diagnostic::Severity::Warning);
        self.say(&found, &assembled);
        if wrong {
            return Exit::Query;
        }
        let names = self.lets.keep(query, text);
        if self.interactive {
            let names = names.join(", ");
            self.console
                .aside(&format!("{names} stays for this session"));
        }
        Exit::Ok
    }

    /// Says what is wrong with a query, at the place where it was typed.
    pub(super) fn say(&self, diagnostics: &[Diagnostic], assembled: &Assembled) {
        for diagnostic in diagnostics {
            let (placed, source) = assembled.placed(diagnostic);
            self.console
                .diagnostics(std::slice::from_ref(&placed), &source);
        }
    }

    /// Runs a query and shows its results.
    pub(super) fn run(&mut self, text: &str, name: &str) -> Exit {
        let assembled = Assembled::new(&self.lets, name, text);
        let cancel = self.cancel();
        self.session.options.cancel = cancel.clone();
        self.session.now = self.settings.now.unwrap_or_else(Now::clock);
        let (mut target, from) = self.target();
        let ran = interrupt::listening(&cancel, || self.ran(&assembled, &mut target));
        let exit = match ran {
            Ok(ran) => {
                let exit = match &ran.answer {
                    Some(answer) => self.show(answer, &assembled.whole, &mut target, ran.took),
                    None => Exit::Ok,
                };
                self.say(&ran.diagnostics, &assembled);
                self.warn(&ran.notes);
                self.keep(ran);
                exit
            }
            Err(Stopped::Failure(failure)) => {
                let exit = match &failure {
                    Failure::Fault(fault) => self.console.fault(fault),
                    Failure::Query(diagnostics) => {
                        self.say(diagnostics, &assembled);
                        Exit::Query
                    }
                };
                self.warn(&[]);
                exit
            }
            Err(Stopped::Unwritten(unwritten)) => {
                self.console.unwritten(&unwritten.error, &unwritten.to)
            }
        };
        match from {
            From::Output => self.output = Some(target),
            // What was not written goes there yet.
            From::Once if exit != Exit::Ok => self.once = Some(target),
            _ => {}
        }
        exit
    }

    /// Where the results of the next query go.
    fn target(&mut self) -> (Target, From) {
        if let Some(once) = self.once.take() {
            return (once, From::Once);
        }
        if let Some(output) = self.output.take() {
            return (output, From::Output);
        }
        let screen = Target::screen(self.settings.format, self.grid()).paged(self.pager());
        (screen, From::Screen)
    }

    /// Runs a query; where its rows can be written while they come, they are.
    fn ran(&self, assembled: &Assembled, target: &mut Target) -> Result<Ran, Stopped> {
        let started = Instant::now();
        let session = &self.session;
        if !target.format.streams() {
            let answer = progress::watching(|| session.run(&assembled.whole));
            let mut answer = answer.map_err(Stopped::Failure)?;
            return Ok(Ran {
                took: started.elapsed(),
                diagnostics: std::mem::take(&mut answer.diagnostics),
                notes: std::mem::take(&mut answer.notes),
                now: answer.now,
                last: answer.results.last().cloned(),
                answer: Some(answer),
            });
        }
        let mut kept = Kept::new(KEPT);
        let beside = self.beside(Duration::ZERO);
        let source = &assembled.whole;
        let prepared = run::stream(session, source, target, &beside, &mut kept, &self.console)?;
        let render = prepared.plan.results.last().and_then(|r| r.render.clone());
        let mut notes = prepared.context.notes.take();
        let last = kept.into_table().map(|table| (table, render));
        if last.is_none() {
            notes.push(
                "`_` has no rows: there were too many to keep beside writing them".to_string(),
            );
        }
        Ok(Ran {
            took: started.elapsed(),
            diagnostics: prepared.diagnostics,
            notes,
            now: prepared.context.now,
            last,
            answer: None,
        })
    }

    /// What stops the next query.
    pub(super) fn cancel(&self) -> Cancel {
        let timeout = self.settings.timeout;
        Cancel::at(timeout.and_then(|t| Instant::now().checked_add(t)))
    }

    fn warn(&self, notes: &[String]) {
        for warning in self.session.catalog.report().warnings().iter().chain(notes) {
            self.console.warning(warning);
        }
    }

    /// Makes the last result of a query the last one; where it was not kept, there is none.
    fn keep(&mut self, ran: Ran) {
        self.result_now = ran.now;
        match ran.last {
            Some((table, render)) => {
                self.session.set_last(table.clone(), ran.now);
                self.result = Some((table, render));
            }
            // A query without a result leaves the one before.
            None if ran.answer.is_some() => {}
            None => {
                self.session.forget_last();
                self.result = None;
            }
        }
    }

    fn beside(&self, ran: Duration) -> Beside {
        Beside {
            ran,
            timings: self.settings.timing,
            all_rows: ".maxrows all",
            all_columns: ".format line",
        }
    }

    /// Shows the results of a query, on the screen or where they are to go.
    fn show(&self, answer: &Answer, source: &Source, target: &mut Target, took: Duration) -> Exit {
        let beside = self.beside(took);
        let shown = run::show(answer, source, target, &beside, &self.console);
        shown.err().unwrap_or_default()
    }

    /// What shows long results.
    fn pager(&self) -> Option<Pager> {
        Pager::find().filter(|_| self.interactive)
    }

    /// How a table is drawn on the screen.
    pub(super) fn grid(&self) -> Grid {
        let pager = self.pager();
        let grid = run::grid(self.settings.max_rows, pager.as_ref(), &self.console);
        Grid {
            width: self.settings.width.or(grid.width),
            ..grid
        }
    }

    /// Does what the lines of a file say.
    pub(super) fn read(&mut self, path: &Path) -> Exit {
        if self.depth >= DEEPEST {
            self.console.error("files that read each other do not end");
            return Exit::Data;
        }
        let sources = match input::queries(path) {
            Ok(sources) => sources,
            Err(fault) => return self.console.fault(&fault),
        };
        self.depth += 1;
        let mut exit = Exit::Ok;
        for text in texts(&sources) {
            for piece in pieces(text) {
                if self.interactive && !piece.starts_with('.') {
                    self.console.aside(piece);
                }
                exit = match self.enter(piece) {
                    Outcome::Done(this) => exit.or(this),
                    Outcome::Leave | Outcome::Type(_) => exit,
                };
                if exit == Exit::Interrupted {
                    break;
                }
            }
        }
        self.depth -= 1;
        exit
    }

    /// Writes text to standard output.
    pub(super) fn print(&self, text: &str) -> Exit {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Exit::Ok,
            Err(error) => self
                .console
                .unwritten(&WriteError::from(error), "to standard output"),
        }
    }

    /// Saves the last result in the format of the file's ending; with the ending of a query, what was
    /// declared and ran.
    pub(super) fn save(&mut self, path: &Path) -> Exit {
        let is_query = path
            .extension()
            .is_some_and(|e| ["kql", "csl", "kusto"].iter().any(|k| e == *k));
        if is_query {
            let mut text = self.lets.all();
            for query in &self.ran {
                text.push_str(&format!("\n{};\n", query.trim_end().trim_end_matches(';')));
            }
            return match fs::write(path, text.trim_start()) {
                Ok(()) => {
                    self.console.aside(&format!(
                        "{} queries in {}",
                        self.ran.len(),
                        path.display()
                    ));
                    Exit::Ok
                }
                Err(error) => self
                    .console
                    .unwritten(&WriteError::from(error), &path.display().to_string()),
            };
        }
        let Some((table, render)) = self.result.take() else {
            self.console.error("there is no result to save yet");
            return Exit::Usage;
        };
        let answer = Answer {
            results: vec![(table, render)],
            diagnostics: Vec::new(),
            notes: Vec::new(),
            now: self.result_now,
        };
        let mut target = match Target::new(Some(path), None, Grid::default()) {
            Ok(target) => target,
            Err(unknown) => {
                self.result = answer.results.into_iter().next();
                return unknown.say(&self.console, "; .kql saves the queries");
            }
        };
        let source = Source::whole("<query>", self.last.as_str());
        let beside = Beside::default();
        let shown = run::show(&answer, &source, &mut target, &beside, &self.console);
        self.result = answer.results.into_iter().next();
        shown.err().unwrap_or_default()
    }

    /// A path as a shell would read it: `~` is the home folder, quotation marks around it are not part of it.
    pub(super) fn path(text: &str) -> PathBuf {
        let text = text.trim();
        let unquoted = ['"', '\'']
            .iter()
            .find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
        let text = unquoted.unwrap_or(text);
        match (text.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => PathBuf::from(text),
        }
    }
}

/// The texts of a file's queries; of a file of nothing else its whole text, in which statements go on to hold.
fn texts(sources: &[Source]) -> Vec<&str> {
    let length: usize = sources.iter().map(|source| source.text().len()).sum();
    match sources.first().map(Source::container) {
        Some(file) if file.len() == length => vec![file],
        _ => sources.iter().map(Source::text).collect(),
    }
}

/// The commands of a file, and the queries between them. What is no query as a whole is several, each up to
/// where it is whole and no line with a pipe follows.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if line.starts_with('.') {
            queries(&text[start..at], &mut pieces);
            pieces.push(&text[at..end]);
            start = end;
        }
        at = end;
    }
    queries(&text[start..], &mut pieces);
    let pieces = pieces.into_iter().map(str::trim);
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn queries<'a>(text: &'a str, pieces: &mut Vec<&'a str>) {
    if syntax::parse_text(text).diagnostics.is_empty() {
        pieces.push(text);
        return;
    }
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let before = text[start..at].trim_end();
        let goes_on = line.trim_start().starts_with(['|', ')', ']', '}']) && !before.ends_with(';');
        let blank = line.trim().is_empty();
        if !blank && !goes_on && super::whole::is_whole(before) {
            pieces.push(&text[start..at]);
            start = at;
        }
        at += line.len();
    }
    pieces.push(&text[start..]);
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn a_file_is_commands_and_queries() {
        assert_eq!(
            pieces(".load x\nT\n\n| take 5\n.timing on\nA\nB\n| take 1\n\nlet a = 1;\nprint a\n"),
            [
                ".load x",
                "T\n\n| take 5",
                ".timing on",
                "A",
                "B\n| take 1",
                "let a = 1;",
                "print a"
            ]
        );
    }
}
