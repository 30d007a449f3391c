//! The dot commands: one table, which `.help` shows and completion knows.

use crate::cli::console::Exit;
use crate::repl::shell::Shell;
use crate::repl::{data, look, settings};

/// What follows a line.
pub(super) enum Outcome {
    /// The next.
    Done(Exit),
    /// A line with this text in it already.
    Type(String),
    /// The end.
    Leave,
}

/// What a command takes: what completion offers behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Table,
    File,
    Format,
    /// A function or an operator.
    Name,
    Query,
    /// A number, then a query.
    Interval,
    Words(&'static [&'static str]),
}

/// A dot command.
pub(super) struct Command {
    /// Its name, without the dot.
    pub name: &'static str,
    /// What it takes, for people.
    pub arguments: &'static str,
    /// One sentence.
    pub summary: &'static str,
    pub takes: Takes,
    perform: fn(&mut Shell, &str) -> Outcome,
}

macro_rules! commands {
    ($($name:literal $arguments:literal $takes:expr, $perform:path, $summary:literal;)+) => {
        /// All commands.
        pub(super) static ALL: &[Command] = &[$(Command {
            name: $name,
            arguments: $arguments,
            summary: $summary,
            takes: $takes,
            perform: $perform,
        },)+];
    };
}

commands! {
    "tables" "" Takes::Nothing, data::tables, "Lists the tables, with their files.";
    "schema" "[TABLE]" Takes::Table, data::schema, "Shows the columns of a table, or of all.";
    "load" "PATH [as TABLE]" Takes::File, data::load, "Adds tables: a file, a folder or a glob, as for --data.";
    "drop" "TABLE" Takes::Table, data::drop, "Forgets a table, or a variable.";
    "functions" "[BEGINNING]" Takes::Name, look::functions, "Lists functions, aggregates and operators.";
    "help" "[NAME]" Takes::Name, look::help, "Lists these commands; or explains a function or an operator, and runs its examples.";
    "explain" "[QUERY]" Takes::Query, look::explain, "Shows how a query, or the last one, would run.";
    "profile" "[QUERY]" Takes::Query, look::profile, "Runs a query, or the last one, and shows where the time goes.";
    "format" "[FORMAT]" Takes::Format, settings::format, "How results are shown: table, line (a column per line), csv, json, …";
    "maxrows" "[N|all|auto]" Takes::Words(&["all", "auto"]), settings::max_rows, "Rows of a result that are shown at most.";
    "width" "[N|auto]" Takes::Words(&["auto"]), settings::width, "Columns of the screen.";
    "timing" "[on|off]" Takes::Words(&["on", "off"]), settings::timing, "Whether to say how long each step took.";
    "now" "[TIME|latest|clock]" Takes::Words(&["latest", "clock"]), settings::now, "What now() is: a time, that of the latest row, or the clock's.";
    "param" "[NAME=VALUE]" Takes::Nothing, settings::param, "Gives a value for `declare query_parameters`, or shows them.";
    "lets" "" Takes::Nothing, settings::lets, "Shows the variables of this session.";
    "geoip" "[FILE|none]" Takes::File, settings::geoip, "The database that places addresses.";
    "useragents" "[FILE|none]" Takes::File, settings::user_agents, "The patterns of user agents.";
    "output" "[FILE]" Takes::File, data::output, "Writes results to a file, in the format of its ending; to the screen again without one.";
    "once" "FILE" Takes::File, data::once, "Writes the next result to a file.";
    "save" "FILE" Takes::File, data::save, "Saves the last result in the format of the ending; with .kql, the queries of this session.";
    "read" "FILE" Takes::File, data::read, "Does what the lines of a file say: queries and commands.";
    "edit" "" Takes::Nothing, look::edit, "Opens the last query in $EDITOR.";
    "watch" "SECONDS [QUERY]" Takes::Interval, look::watch, "Runs a query, or the last one, again and again until Ctrl-C.";
    "history" "[N]" Takes::Nothing, look::history, "Shows what was entered.";
    "quit" "" Takes::Nothing, leave, "Leaves, as Ctrl-D does.";
}

fn leave(_: &mut Shell, _: &str) -> Outcome {
    Outcome::Leave
}

/// The command that a text starts with, and where its arguments start.
fn command_of(text: &str) -> Option<(&'static Command, usize)> {
    let begin = text.len() - text.trim_start().len();
    let rest = text.get(begin..)?.strip_prefix('.')?;
    let name = rest.split(char::is_whitespace).next()?;
    let command = ALL.iter().find(|c| c.name == name)?;
    let mut start = begin + 1 + name.len();
    start += text[start..].len() - text[start..].trim_start().len();
    Some((command, start))
}

/// Does what a command says. A beginning that only one command has is enough.
pub(super) fn perform(shell: &mut Shell, text: &str) -> Outcome {
    let text = text.trim();
    if let Some((command, start)) = command_of(text) {
        return (command.perform)(shell, text[start..].trim().trim_end_matches(';').trim_end());
    }
    let name = text.split(char::is_whitespace).next().unwrap_or(text);
    let begun = name.trim_start_matches('.');
    let mut like = ALL
        .iter()
        .filter(|c| !begun.is_empty() && c.name.starts_with(begun));
    if let (Some(command), None) = (like.next(), like.next()) {
        return (command.perform)(shell, text[name.len()..].trim());
    }
    shell
        .console
        .error(&format!("there is no command `{name}`"));
    let names = ALL.iter().map(|c| c.name);
    match crate::diagnostic::nearest(begun, names) {
        Some(near) => shell.console.help(&format!("did you mean `.{near}`?")),
        None => shell.console.help("`.help` lists the commands"),
    }
    Outcome::Done(Exit::Usage)
}

/// The query in a command's arguments.
pub(super) fn query_of(text: &str) -> Option<&str> {
    let (command, start) = command_of(text)?;
    let arguments = &text[start..];
    match command.takes {
        Takes::Query => Some(arguments),
        Takes::Interval => {
            let number = arguments.split(char::is_whitespace).next()?;
            let rest = arguments[number.len()..].trim_start();
            (!rest.is_empty()).then_some(rest)
        }
        _ => None,
    }
}

/// What to show behind a command that is being typed.
pub(super) fn hint(text: &str) -> Option<String> {
    let (command, start) = command_of(text)?;
    let bare = start == text.len() && !command.arguments.is_empty();
    let space = if text.ends_with(char::is_whitespace) {
        ""
    } else {
        " "
    };
    bare.then(|| format!("{space}{}", command.arguments))
}

/// What a command that is being typed could go on with.
pub(super) enum Behind {
    /// A command's name, from this place on.
    Names(usize),
    /// What the command takes, from this place on.
    Takes(Takes, usize),
}

/// What could stand at the end of a line with a command.
pub(super) fn behind(text: &str) -> Option<Behind> {
    let begin = text.len() - text.trim_start().len();
    if !text[begin..].starts_with('.') {
        return None;
    }
    match command_of(text) {
        Some((command, start)) if start > begin + 1 + command.name.len() => {
            Some(Behind::Takes(command.takes, start))
        }
        _ if !text[begin..].contains(char::is_whitespace) => Some(Behind::Names(begin)),
        _ => Some(Behind::Takes(Takes::Nothing, text.len())),
    }
}
