//! Commands that explain: help, plans, times, what was entered; and those that run a query another way.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command as Process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cli::console::Exit;
use crate::cli::explain::text_of as explained_text;
use crate::cli::{doc, interrupt, progress, run, values};
use crate::engine::Profile;
use crate::output::visible;
use crate::repl::commands::{self, Outcome};
use crate::repl::hint;
use crate::repl::lets::Assembled;
use crate::repl::point::Point;
use crate::repl::shell::Shell;
use crate::session::{Failure, Now};
use crate::source::Source;

fn done(exit: Exit) -> Outcome {
    Outcome::Done(exit)
}

pub(super) fn help(shell: &mut Shell, arguments: &str) -> Outcome {
    if arguments.is_empty() {
        return done(shell.print(&listed()));
    }
    let name = arguments.trim_start_matches('.');
    if let Some(command) = commands::ALL.iter().find(|c| c.name == name)
        && (arguments.starts_with('.') || !doc::is_known(name))
    {
        let text = format!(
            ".{} {}\n\n{}\n",
            command.name, command.arguments, command.summary
        );
        return done(shell.print(&text));
    }
    let own = own_functions(shell).into_iter();
    let mut own = own.filter(|(called, _)| called.split('(').next() == Some(arguments));
    if let Some((called, place)) = own.next() {
        return done(shell.print(&format!("{}: {place}\n", visible(&called))));
    }
    let run = |example: &str, shows| live(shell, example, shows);
    match doc::text(arguments, Some(&run)) {
        Ok(text) => done(shell.print(&text)),
        Err(missing) => done(missing.say(&shell.console, "`.functions` lists them all")),
    }
}

/// The commands, a line each.
fn listed() -> String {
    let shown = |c: &commands::Command| format!(".{} {}", c.name, c.arguments);
    let widest = commands::ALL.iter().map(|c| shown(c).chars().count()).max();
    let widest = widest.unwrap_or(0);
    let mut all = String::new();
    for command in commands::ALL {
        let _ = writeln!(all, "{:widest$}  {}", shown(command), command.summary);
    }
    all.push_str(
        "\nAll else is a query: it runs when it is whole, or at a `;` or an empty line. Alt-Enter starts a new line,\n\
         a line that starts with `|` goes on from the query before, `_` is the last result, and a `let` alone stays.\n\
         Tab completes, Ctrl-R searches what was entered, Ctrl-C stops a query, Ctrl-D leaves.\n",
    );
    all
}

/// What an example shows, computed now.
fn live(shell: &Shell, example: &str, shows: doc::Shows) -> Option<String> {
    let source = |text: String| Source::whole("<example>", text);
    if shows == doc::Shows::Rows {
        let answer = shell.session.run(&source(example.to_string())).ok()?;
        let tables: Vec<String> = answer.results.iter().map(|(t, _)| t.lines()).collect();
        return Some(tables.join("\n\n"));
    }
    let answer = shell
        .session
        .run(&source(format!("print x = {example}")))
        .or_else(|_| shell.session.run(&source(example.to_string())))
        .ok()?;
    let value = answer.results.first()?.0.first_value()?;
    Some(crate::text::value_text(&value))
}

/// The functions of this session and those beside the queries: how they are called, and where they are from.
fn own_functions(shell: &Shell) -> Vec<(String, String)> {
    let lets = shell.lets.all();
    let declared = Point::at_end(&lets);
    let names = declared.declared().into_iter();
    let here = names.filter_map(|name| declared.signature_of(name));
    let mut all: Vec<_> = here.map(|s| (s, "of this session".to_string())).collect();
    let stored = shell.session.catalog.functions().values();
    all.extend(stored.map(|function| {
        let called = hint::stored(function).unwrap_or_else(|| format!("{}()", function.name));
        (called, visible(&function.place(0)).into_owned())
    }));
    all
}

pub(super) fn functions(shell: &mut Shell, arguments: &str) -> Outcome {
    let beginning = arguments.to_lowercase();
    let mut own = own_functions(shell);
    own.retain(|(called, _)| called.to_lowercase().starts_with(&beginning));
    let mut text = doc::list_of(arguments).unwrap_or_default();
    if !own.is_empty() {
        let space = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(
            text,
            "{space}Functions of this session and beside the queries"
        );
        for (called, place) in own {
            let _ = writeln!(text, "  {}  {place}", visible(&called));
        }
    }
    match text.is_empty() {
        false => done(shell.print(&text)),
        true => {
            shell
                .console
                .error(&format!("nothing starts with `{arguments}`"));
            done(Exit::Usage)
        }
    }
}

/// The query of a command, or the last one.
fn query(shell: &Shell, arguments: &str) -> Result<String, Outcome> {
    let last = shell.last.trim_end().trim_end_matches(';');
    match (arguments.is_empty(), last.is_empty()) {
        (true, true) => {
            shell.console.error("no query ran yet");
            Err(done(Exit::Usage))
        }
        (true, false) => Ok(last.to_string()),
        (false, false) if arguments.starts_with('|') => Ok(format!("{last}\n{arguments}")),
        (false, _) => Ok(arguments.to_string()),
    }
}

pub(super) fn explain(shell: &mut Shell, arguments: &str) -> Outcome {
    let text = match query(shell, arguments) {
        Ok(text) => text,
        Err(outcome) => return outcome,
    };
    shell.session.now = shell.settings.now.unwrap_or_else(Now::clock);
    let assembled = Assembled::new(&shell.lets, "<query>", &text);
    let cancel = shell.cancel();
    shell.session.options.cancel = cancel.clone();
    let explained = interrupt::listening(&cancel, || {
        progress::watching(|| shell.session.explain(&assembled.whole))
    });
    done(match explained {
        Ok(explained) => match explained_text(&explained, &shell.session) {
            Ok(text) => shell.print(&text),
            Err(fault) => shell.console.fault(&fault),
        },
        Err(Failure::Fault(fault)) => shell.console.fault(&fault),
        Err(Failure::Query(diagnostics)) => {
            shell.say(&diagnostics, &assembled);
            Exit::Query
        }
    })
}

pub(super) fn profile(shell: &mut Shell, arguments: &str) -> Outcome {
    let text = match query(shell, arguments) {
        Ok(text) => text,
        Err(outcome) => return outcome,
    };
    let before = std::mem::replace(&mut shell.settings.timing, true);
    let start = Instant::now();
    let profile = Arc::new(Profile::new(move || start.elapsed()));
    shell.session.options.profile = Some(Arc::clone(&profile));
    let exit = shell.query(&text);
    shell.session.options.profile = None;
    shell.settings.timing = before;
    run::stages(&profile.take(), &shell.console);
    done(exit)
}

pub(super) fn history(shell: &mut Shell, arguments: &str) -> Outcome {
    let count = match arguments {
        "" => 20,
        number => match number.parse() {
            Ok(count) => count,
            Err(_) => {
                shell.console.error("expected a number");
                return done(Exit::Usage);
            }
        },
    };
    let from = shell.entered.len().saturating_sub(count);
    let mut all = String::new();
    for line in &shell.entered[from..] {
        for line in line.lines() {
            let _ = writeln!(all, "{}", visible(line));
        }
    }
    done(shell.print(&all))
}

pub(super) fn edit(shell: &mut Shell, _: &str) -> Outcome {
    match edited(&shell.last) {
        Ok(text) => Outcome::Type(text),
        Err(message) => {
            shell.console.error(&message);
            done(Exit::Data)
        }
    }
}

/// A text as it comes back from the user's editor.
fn edited(text: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("the query cannot be edited: {error}");
    let mut file = tempfile::Builder::new()
        .prefix("query-")
        .suffix(".kql")
        .tempfile()
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let named = |name| std::env::var(name).ok().filter(|v| !v.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_string());
    // The variable may hold arguments, as in `code --wait`.
    let status = Process::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(file.path())
        .status()
        .map_err(failed)?;
    if !status.success() {
        return Err(format!("`{editor}` failed; the query is as it was"));
    }
    let text = std::fs::read_to_string(file.path()).map_err(failed)?;
    Ok(text.trim_end().to_string())
}

pub(super) fn watch(shell: &mut Shell, arguments: &str) -> Outcome {
    let (seconds, rest) = match arguments.split_once(char::is_whitespace) {
        Some((seconds, rest)) => (seconds, rest.trim()),
        None => (arguments, ""),
    };
    let pause = match seconds.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && (0.1..=86400.0).contains(&seconds) => {
            Ok(Duration::from_secs_f64(seconds))
        }
        _ => values::duration(seconds),
    };
    let Ok(pause) = pause else {
        shell
            .console
            .error("expected a number of seconds, then perhaps a query");
        return done(Exit::Usage);
    };
    let text = match query(shell, rest) {
        Ok(text) => text,
        Err(outcome) => return outcome,
    };
    loop {
        // The files may have grown.
        shell.session.catalog.refresh();
        let exit = shell.query(&text);
        if exit != Exit::Ok {
            return done(exit);
        }
        shell.console.aside(&format!(
            "again every {}; Ctrl-C ends this",
            run::taken(pause)
        ));
        if !waited(shell, pause) {
            return done(Exit::Ok);
        }
    }
}

/// Waits; whether nobody stopped it.
fn waited(shell: &Shell, pause: Duration) -> bool {
    let cancel = crate::contract::Cancel::default();
    let end = Instant::now() + pause;
    interrupt::listening(&cancel, || {
        while Instant::now() < end && !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(50).min(pause));
        }
    });
    let stopped = cancel.is_cancelled();
    if stopped {
        shell.console.line("interrupted");
    }
    !stopped
}
