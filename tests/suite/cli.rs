//! Transcripts of the program in `tests/cli/*.txt`: commands, and what they said.
//!
//! A line `$ command` is run by `sh`; lines `> …` below it continue it. Then comes what it wrote to standard
//! output, then its standard error with `! ` before each line, then `[exit N]` unless N is 0. Lines that start
//! with `#` before a command are comments. A file's commands run one after the other in an empty folder with
//! links to `queries` and `testdata`; times are written as `N ms`. `UPDATE=1` rewrites what they say.

use super::support::updating;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs, thread};

/// A command of a transcript.
struct Step {
    comment: String,
    command: String,
    says: String,
}

#[test]
#[cfg(unix)]
fn transcripts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("tests/cli"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let queue = Mutex::new(files.into_iter());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(file) = next else { break };
                    if let Some(difference) = replay(root, &file) {
                        wrong.lock().unwrap().push(difference);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{}\nUPDATE=1 rewrites the transcripts",
        wrong.join("\n")
    );
}

/// Runs a transcript; what differs, if anything does.
fn replay(root: &Path, file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["queries", "testdata"] {
        link(&root.join(name), &folder.path().join(name));
    }
    let mut now = String::new();
    let mut wrong = None;
    for step in parse(&text) {
        let says = run(&step.command, folder.path());
        if wrong.is_none() && says != step.says {
            wrong = Some(format!(
                "{}: $ {}\n--- expected\n{}--- said\n{says}",
                file.file_name().unwrap().to_string_lossy(),
                step.command,
                step.says,
            ));
        }
        let command = step.command.replace('\n', "\n> ");
        let apart = if now.is_empty() { "" } else { "\n" };
        write!(now, "{apart}{}$ {command}\n{says}", step.comment).unwrap();
    }
    if updating() {
        if now != text {
            fs::write(file, now).unwrap();
        }
        return None;
    }
    wrong
}

fn link(from: &Path, to: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(from, to).unwrap();
    #[cfg(not(unix))]
    let _ = (from, to);
}

fn parse(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut comment = String::new();
    let mut in_command = false;
    // A carriage return is a part of what is said.
    for line in text.split_terminator('\n') {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                comment: std::mem::take(&mut comment),
                command: command.to_string(),
                says: String::new(),
            });
            in_command = true;
        } else if let (true, Some(more), Some(step)) =
            (in_command, line.strip_prefix("> "), steps.last_mut())
        {
            step.command.push('\n');
            step.command.push_str(more);
        } else if line.starts_with('#') {
            writeln!(comment, "{line}").unwrap();
            in_command = false;
        } else if let Some(step) = steps.last_mut() {
            writeln!(step.says, "{line}").unwrap();
            in_command = false;
        }
    }
    for step in &mut steps {
        // The empty line before the next command is ours.
        let length = step.says.trim_end_matches('\n').len();
        step.says.truncate(length);
        if length > 0 {
            step.says.push('\n');
        }
    }
    steps
}

fn run(command: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_kql"));
    let mut path = program.parent().unwrap().as_os_str().to_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("KQL_GEOIP_PATH", "")
        .env_remove("RAYON_NUM_THREADS")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let mut says = String::from_utf8_lossy(&output.stdout).into_owned();
    if !says.is_empty() && !says.ends_with('\n') {
        says.push_str("\n[no end of line]\n");
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let line = format!("! {}", timeless(line));
        writeln!(says, "{}", line.trim_end()).unwrap();
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => writeln!(says, "[exit {code}]").unwrap(),
        None => says.push_str("[killed]\n"),
    }
    let length = says.trim_end_matches('\n').len();
    says.truncate(length);
    if length > 0 {
        says.push('\n');
    }
    says
}

/// A line with its times as `N ms`.
fn timeless(line: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in line.split(' ') {
        let unit = word.trim_end_matches(',');
        let number = words.last().is_some_and(|n| n.parse::<f64>().is_ok());
        if number && matches!(unit, "ms" | "s") {
            words.pop();
            words.push("N");
            words.push(if word.ends_with(',') { "ms," } else { "ms" });
        } else {
            words.push(word);
        }
    }
    words.join(" ")
}
