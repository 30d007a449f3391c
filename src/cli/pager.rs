//! The pager for results longer than the terminal is high.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::console::Console;

/// A program that shows a text page by page, and the lines that need none.
#[derive(Clone, Debug)]
pub(crate) struct Pager {
    command: String,
    height: usize,
}

/// Options of `less` unless the user has some: go when all fits, colours, cut lines, leave the text where it is.
const LESS: &str = "FRSX";
/// Lines that what is said below a result takes, and the prompt.
const BELOW: usize = 4;

impl Pager {
    /// The user's pager: `KQL_PAGER`, `PAGER`, or `less` where there is one; none off a terminal, or if the
    /// variable is empty or `cat`.
    pub fn find() -> Option<Pager> {
        if !Console::is_interactive() {
            return None;
        }
        let named = |name| env::var(name).ok();
        let command = match named("KQL_PAGER").or_else(|| named("PAGER")) {
            Some(command) => command,
            None => is_installed("less").then(|| "less".to_string())?,
        };
        let command = command.trim().to_string();
        (!matches!(&*command, "" | "cat")).then(|| Pager {
            command,
            height: Console::height().saturating_sub(BELOW).max(5),
        })
    }

    /// Shows a text, by the program if it is long.
    ///
    /// # Errors
    /// When standard output takes no more.
    pub fn show(&self, text: &[u8]) -> io::Result<()> {
        let lines = memchr::memchr_iter(b'\n', text)
            .take(self.height + 1)
            .count();
        if lines <= self.height || self.run(text).is_err() {
            let mut out = io::stdout().lock();
            out.write_all(text)?;
            return out.flush();
        }
        Ok(())
    }

    fn run(&self, text: &[u8]) -> io::Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).stdin(Stdio::piped());
        if env::var_os("LESS").is_none() {
            command.env("LESS", LESS);
        }
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // Who has seen enough leaves, and that is no failure.
            let _ = stdin.write_all(text);
        }
        let status = child.wait()?;
        // What the shell says of a program that it does not find.
        match status.code() {
            Some(126 | 127) => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(()),
        }
    }
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}
