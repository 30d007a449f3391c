//! The README says what is true: its first answer, and what runs. `UPDATE=1` rewrites both.

use std::fmt::Write as _;
use std::process::Command;
use std::{env, fs};

use kql::functions::{self, plugins};
use kql::operators;
use kql::plan::{AggregateEval, Eval, Scalar};

use super::support::{root, updating};

const COVERAGE: (&str, &str) = ("<!-- coverage -->\n", "<!-- end of coverage -->");
const CHART: (&str, &str) = ("<!-- chart -->\n", "<!-- end of chart -->");
const COMMANDS: (&str, &str) = ("<!-- commands -->\n", "<!-- end of commands -->");
const QUERY: &str = "queries/internet-facing-port-scan.kql";
const ANSWER: (&str, &str) = (
    "$ kql run queries/internet-facing-port-scan.kql -d testdata --now latest\n",
    "```\n",
);

#[test]
fn the_first_answer_is_the_programs() {
    let output = Command::new(env!("CARGO_BIN_EXE_kql"))
        .args(["run", QUERY, "-d", "testdata", "--now", "latest"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success());
    hold(ANSWER, &String::from_utf8(output.stdout).unwrap());
}

/// Every block that starts with a command of ours shows what it says on standard output.
#[test]
#[cfg(unix)]
fn what_commands_say_is_said() {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_kql"));
    let mut path = program.parent().unwrap().as_os_str().to_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut count = 0;
    for block in readme.split("```console\n").skip(1) {
        let command = block.lines().next().unwrap();
        let Some(line) = command.strip_prefix("$ ").filter(|c| c.starts_with("kql ")) else {
            continue;
        };
        let output = Command::new("sh")
            .args(["-c", line])
            .env("PATH", &path)
            .current_dir(root())
            .output()
            .unwrap();
        let start = format!("```console\n{command}\n");
        hold(
            (&start, "```\n"),
            &String::from_utf8(output.stdout).unwrap(),
        );
        count += 1;
    }
    assert!(count >= 3, "{count}");
}

/// The shell's commands, as `.help` lists them.
#[test]
fn the_commands_are_the_shells() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kql"))
        .arg("repl")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, b".help\n").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let commands = help.lines().filter(|line| line.starts_with('.'));
    let names = commands.filter_map(|line| line.split("  ").next());
    let (mut list, mut taken) = (String::new(), 0);
    for name in names {
        let entry = format!("`{}`", name.trim_end());
        if taken + entry.len() > 115 {
            list.push('\n');
            taken = 0;
        } else if taken > 0 {
            list.push(' ');
        }
        taken += entry.len() + 1;
        list.push_str(&entry);
    }
    hold(COMMANDS, &format!("{list}\n"));
}

#[test]
fn the_chart_is_the_programs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, part) = readme.split_once(CHART.0).unwrap();
    let command = part.lines().find_map(|l| l.strip_prefix("$ kql ")).unwrap();
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("\"$0\" {command}"),
            env!("CARGO_BIN_EXE_kql"),
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success());
    let drawn = String::from_utf8(output.stdout).unwrap();
    hold(CHART, &format!("```console\n$ kql {command}\n{drawn}```\n"));
}

#[test]
fn the_first_query_is_the_published_one() {
    let query = fs::read_to_string(root().join(QUERY)).unwrap();
    let body: Vec<&str> = query
        .lines()
        .filter(|line| !line.starts_with("//") && !line.trim().is_empty())
        .collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("```kusto\n{}\n```", body.join("\n"))));
}

#[test]
fn coverage_is_counted() {
    let runs = |function: &Scalar| !matches!(function.eval, Eval::Unsupported(_));
    let mut scalars = functions::all_scalars();
    scalars.retain(|e| !e.is_internal());
    let (words, signs): (Vec<_>, Vec<_>) = scalars.iter().map(|e| e.function).partition(|f| {
        let call = format!("{}(", f.name());
        f.signatures.iter().any(|s| s.contains(&call))
    });
    let aggregates = functions::all_aggregates();
    let counted = aggregates
        .iter()
        .filter(|e| !matches!(e.function.eval, AggregateEval::Unsupported(_)));
    let ready = operators::ALL
        .iter()
        .filter(|info| operators::unready(info).is_none());
    let mut text = String::from("| | known | run |\n|---|--:|--:|\n");
    for (what, known, run) in [
        (
            "scalar functions",
            words.len(),
            words.iter().filter(|f| runs(f)).count(),
        ),
        (
            "scalar operators",
            signs.len(),
            signs.iter().filter(|f| runs(f)).count(),
        ),
        ("aggregate functions", aggregates.len(), counted.count()),
        ("tabular operators", operators::ALL.len(), ready.count()),
        (
            "plugins of `evaluate`",
            plugins::ALL.len(),
            plugins::ALL
                .iter()
                .filter(|p| operators::plugin_runs(p.name))
                .count(),
        ),
    ] {
        writeln!(text, "| {what} | {known} | {run} |").unwrap();
    }
    hold(COVERAGE, &text);
}

/// Compares what stands between two marks of the README, or puts it there.
pub fn hold((start, end): (&str, &str), text: &str) {
    // The tests run side by side, and each rewrites its own part.
    static README: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = README.lock();
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(start).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if updating() {
        if found != text {
            fs::write(&path, format!("{before}{start}{text}{end}{after}")).unwrap();
        }
        return;
    }
    assert_eq!(found, text, "UPDATE=1 rewrites the README");
}

/// What a newcomer is told to type leads where it says.
#[test]
#[cfg(unix)]
fn five_commands_lead_to_a_chart() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- five commands -->\n").unwrap();
    let commands: Vec<&str> = rest
        .lines()
        .map_while(|line| line.strip_prefix("    "))
        .collect();
    assert_eq!(commands.len(), 5);
    let home = tempfile::tempdir().unwrap();
    let mut export = String::new();
    for hour in 0..24 {
        for user in 0..=hour % 5 {
            let row =
                format!(r#"{{"TimeGenerated":"2026-03-14T{hour:02}:15:00Z","User":"user{user}"}}"#);
            export.push_str(&row);
            export.push('\n');
        }
    }
    fs::write(home.path().join("signins.ndjson"), export).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_kql"));
    let mut path = program.parent().unwrap().as_os_str().to_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let mut said = String::new();
    for command in &commands[2..] {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(home.path())
            .env("HOME", home.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        said.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    assert!(said.contains("TimeGenerated: datetime"), "{said}");
    let page = fs::read_to_string(home.path().join("signins.html")).unwrap();
    assert!(page.contains("<svg"), "{page}");
}
