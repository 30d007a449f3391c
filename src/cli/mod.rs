//! The commands of the `kql` program.

pub(crate) mod args;
mod check;
pub(crate) mod console;
mod convert;
pub(crate) mod doc;
pub(crate) mod explain;
mod files;
mod fmt;
pub(crate) mod input;
pub(crate) mod interrupt;
mod machine;
pub(crate) mod pager;
pub(crate) mod progress;
pub(crate) mod run;
pub(crate) mod schema;
mod stored;
pub(crate) mod target;
pub(crate) mod values;
mod written;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};
use console::{Console, Exit};

/// Stack of the thread that does the work: plans of thousands of pipes are walked recursively. Only
/// what is used of it is ever real memory.
const STACK: usize = 256 << 20;

/// The arguments, with the shell's command where they begin with data: `kql -d exports` is `kql repl -d exports`.
fn given(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let first = arguments.get(1).and_then(|first| first.to_str());
    let data = ["-d", "-t", "--data", "--table"];
    if first.is_some_and(|first| data.contains(&first.split('=').next().unwrap_or(first))) {
        arguments.insert(1, "repl".into());
    }
    arguments
}

/// The program: reads its arguments, does what they say, gives the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse_from(given(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come here too, with exit code 0. A closed pipe is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()));
        }
    };
    interrupt::install();
    let worker = thread::Builder::new()
        .name("kql".to_string())
        .stack_size(STACK)
        .spawn(move || perform(arguments));
    let exit = match worker.map(thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        // The panic has said what happened.
        Ok(Err(_)) => Exit::Bug,
        Err(error) => {
            Console::new(args::When::Auto).error(&format!("cannot start a thread: {error}"));
            Exit::Limit
        }
    };
    ExitCode::from(exit.code())
}

fn perform(arguments: Arguments) -> Exit {
    let console = Console::new(arguments.color);
    match arguments.command {
        Some(Command::Run(run)) => run::run(&run, &console),
        Some(Command::Check(check)) => check::check(&check, &console),
        Some(Command::Fmt(fmt)) => fmt::fmt(&fmt, &console),
        Some(Command::Schema(schema)) => schema::schema(&schema, &console),
        Some(Command::Doc(doc)) => doc::doc(&doc, &console),
        Some(Command::Convert(convert)) => convert::convert(&convert, &console),
        Some(Command::Explain(explain)) => explain::explain(&explain, &console),
        Some(Command::Completions { shell }) => completions(shell, &console),
        Some(Command::Man { folder }) => man(&folder, &console),
        Some(Command::Repl(args)) => crate::repl::start(&args, console),
        None if Console::is_interactive() => match Arguments::try_parse_from(["kql", "repl"]) {
            Ok(Arguments {
                command: Some(Command::Repl(args)),
                ..
            }) => crate::repl::start(&args, console),
            _ => Exit::Bug,
        },
        None => {
            let _ = Arguments::command().print_help();
            Exit::Ok
        }
    }
}

/// Writes the completions of a shell to standard output.
fn completions(shell: clap_complete::Shell, console: &Console) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "kql", &mut text);
    match io::Write::write_all(&mut io::stdout(), &text) {
        Ok(()) => Exit::Ok,
        Err(error) => console.unwritten(&error.into(), "to standard output"),
    }
}

/// Writes a manual page for the program and for each command.
fn man(folder: &Path, console: &Console) -> Exit {
    let written = fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder));
    match written {
        Ok(()) => Exit::Ok,
        Err(error) => console.unwritten(&error.into(), &folder.display().to_string()),
    }
}
