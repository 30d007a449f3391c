//! The shell: queries as they are typed, on the tables at hand, with completion, hints and history.

mod commands;
mod complete;
mod data;
mod highlight;
mod hint;
mod history;
mod lets;
mod line;
mod look;
mod offers;
mod point;
mod settings;
mod shell;
mod values;
mod whole;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustyline::completion::FilenameCompleter;
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{
    Cmd, ColorMode, CompletionType, Config, Editor, EventHandler, KeyCode, KeyEvent, Modifiers,
};

use crate::cli::args::Repl;
use crate::cli::console::{Console, Exit};
use crate::cli::{interrupt, run};
use crate::output::Format;

use commands::Outcome;
use line::{Assistant, PROMPT};
use shell::{Settings, Shell};

pub use complete::{Candidate, Completion, Kind, complete};
pub use hint::hint;
pub use values::Glances;
pub use whole::is_whole;

/// Entries of the history.
const REMEMBERED: usize = 10_000;
/// Tables named at the start.
const NAMED: usize = 8;

type Line = Editor<Assistant, FileHistory>;

/// Runs the shell until the user leaves it.
pub(crate) fn start(args: &Repl, console: Console) -> Exit {
    let session = match run::session(&args.given, &console) {
        Ok(session) => session,
        Err(fault) => return console.fault(&fault),
    };
    let settings = Settings {
        format: Format::Table,
        max_rows: args.max_rows,
        width: None,
        timing: false,
        timeout: args.given.timeout,
        now: args.given.now,
    };
    let mut shell = Shell::new(session, console, settings);
    if !Console::is_interactive() {
        return shell.read(Path::new("-"));
    }
    interrupt::stay();
    shell.interactive = true;
    let file = match args.no_history {
        true => None,
        false => history::file(),
    };
    match converse(shell, file) {
        Ok(()) => Exit::Ok,
        Err((error, console)) => {
            console.error(&format!("the terminal cannot be read: {error}"));
            Exit::Data
        }
    }
}

/// A line editor with the user's history.
fn editor(shell: &Rc<RefCell<Shell>>, file: Option<&Path>) -> rustyline::Result<Line> {
    let color = shell.borrow().console.color;
    let config = Config::builder()
        .max_history_size(REMEMBERED)?
        .history_ignore_dups(true)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .completion_prompt_limit(200)
        .bell_style(BellStyle::None)
        .color_mode(if color {
            ColorMode::Forced
        } else {
            ColorMode::Disabled
        })
        .build();
    let mut editor: Line = Editor::with_config(config)?;
    editor.set_helper(Some(Assistant {
        shell: Rc::clone(shell),
        files: FilenameCompleter::new(),
        color,
        painted: RefCell::default(),
    }));
    editor.bind_sequence(
        KeyEvent(KeyCode::Enter, Modifiers::ALT),
        EventHandler::Simple(Cmd::Newline),
    );
    if let Some(file) = file {
        // There is none the first time.
        let _ = editor.load_history(file);
        shell.borrow_mut().entered = editor.history().iter().cloned().collect();
    }
    Ok(editor)
}

/// Reads lines and does what they say.
fn converse(shell: Shell, file: Option<PathBuf>) -> Result<(), (ReadlineError, Console)> {
    let shell = Rc::new(RefCell::new(shell));
    let failed = |error: ReadlineError, shell: &Rc<RefCell<Shell>>| {
        let color = shell.borrow().console.color;
        (error, Console::plain(color))
    };
    let mut editor = editor(&shell, file.as_deref()).map_err(|e| failed(e, &shell))?;
    greet(&shell.borrow());
    let mut typed = String::new();
    loop {
        let line = match typed.is_empty() {
            true => editor.readline(PROMPT),
            false => editor.readline_with_initial(PROMPT, (&std::mem::take(&mut typed), "")),
        };
        let line = match line {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(failed(error, &shell)),
        };
        remember(&mut editor, &line, file.as_deref(), &shell);
        let outcome = shell.borrow_mut().enter(&line);
        match outcome {
            Outcome::Done(_) => {}
            Outcome::Type(text) => typed = text,
            Outcome::Leave => return Ok(()),
        }
    }
}

/// Adds a line to the history, at once, so that no end of the program loses it.
fn remember(editor: &mut Line, line: &str, file: Option<&Path>, shell: &Rc<RefCell<Shell>>) {
    let line = line.trim_end();
    if line.trim().is_empty() {
        return;
    }
    let added = editor.add_history_entry(line).unwrap_or(false);
    if !added {
        return;
    }
    shell.borrow_mut().entered.push(line.to_string());
    if let Some(file) = file {
        if let Some(folder) = file.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        // A history that cannot be kept is no reason to stop.
        let _ = editor.append_history(file);
    }
}

/// Says what this is, and which tables there are.
fn greet(shell: &Shell) {
    let version = env!("CARGO_PKG_VERSION");
    // Where the cursor cannot be moved, lines are read as they come.
    let dumb =
        std::env::var("TERM").is_ok_and(|term| matches!(&*term, "dumb" | "cons25" | "emacs"));
    let completes = if dumb { "" } else { " Tab completes," };
    shell.console.aside(&format!(
        "kql {version}: .help lists commands,{completes} Ctrl-D leaves"
    ));
    let names: Vec<&str> = shell.session.catalog.names().collect();
    let text = match names.len() {
        0 => "no tables yet; .load PATH adds some".to_string(),
        n if n <= NAMED => format!("tables: {}", names.join(", ")),
        n => format!(
            "tables: {}, … {n} in all (.tables)",
            names[..NAMED].join(", ")
        ),
    };
    shell.console.aside(&crate::output::visible(&text));
}
