//! The shell at a terminal: what is typed, and what shows. Every wait is for a text, as long as a slow machine may need.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};

use super::support::root;

/// Milliseconds that a text may take to show.
const PATIENCE: u64 = 60_000;

struct Terminal(PtySession);

impl Terminal {
    /// The shell in a terminal of 110 columns, with this folder as its home.
    fn open(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Terminal {
        Terminal::opened(home, arguments, environment, true)
    }

    /// The same with colours, which [`Terminal::sees`] sees.
    fn colored(home: &Path, arguments: &[&str]) -> Terminal {
        Terminal::opened(home, arguments, &[("NO_COLOR", "")], false)
    }

    fn opened(
        home: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        plain: bool,
    ) -> Terminal {
        let mut command = Command::new("sh");
        command
            .args(["-c", "stty cols 110 rows 30; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_kql"))
            .args(arguments)
            .current_dir(root())
            .env("HOME", home)
            .env("XDG_STATE_HOME", home)
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("KQL_PAGER", "")
            .env("KQL_GEOIP_PATH", "")
            .env_remove("KQL_HISTORY")
            .envs(environment.iter().copied());
        let options = Options::new()
            .timeout_ms(Some(PATIENCE))
            .strip_ansi_escape_codes(plain);
        let mut terminal = Terminal(spawn_with_options(command, options).unwrap());
        terminal.sees("Ctrl-D leaves");
        terminal.sees("kql> ");
        terminal
    }

    fn types(&mut self, text: &str) {
        self.0.send(text).unwrap();
        self.0.flush().unwrap();
    }

    /// Types a line, and Enter.
    fn enters(&mut self, text: &str) {
        self.types(&format!("{text}\r"));
    }

    /// Types a line and Enter, and waits for what it says, and for the next prompt: only that comes right after the
    /// end of a line, and what is typed before it may be lost.
    fn asks(&mut self, text: &str) -> String {
        self.enters(text);
        self.sees("\n\rkql> ")
    }

    /// Waits for a text (of ASCII: bytes are compared); tells what came before it.
    fn sees(&mut self, text: &str) -> String {
        match self.0.exp_string(text) {
            Ok(before) => before,
            Err(error) => panic!("no {text:?} shows: {error}"),
        }
    }

    fn control(&mut self, key: char) {
        self.0.send_control(key).unwrap();
    }

    /// Types a beginning and Tab; waits for what then shows, and clears the line (by Ctrl-U: what is typed right
    /// after Ctrl-C may be lost).
    fn completes(&mut self, beginning: &str, wanted: &[&str]) {
        self.types(beginning);
        self.types("\t");
        for text in wanted {
            self.sees(text);
        }
        self.control('u');
    }

    /// Leaves by Ctrl-D.
    fn leaves(mut self) {
        self.control('d');
        self.0.exp_eof().unwrap();
    }
}

#[test]
fn completion_offers_the_right_things() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::open(home.path(), &["repl", "-d", "testdata"], &[]);
    // The operator, after a pipe.
    at.completes("DeviceInfo | summ", &["summarize"]);
    // Several: all are listed.
    at.completes(
        "DeviceInfo | project-re",
        &["project-rename", "project-reorder"],
    );
    // A table.
    at.completes("CommonS", &["CommonSecurityLog"]);
    // Columns as they are at that stage.
    at.completes(
        "DeviceInfo | project Short = DeviceName | where Sho",
        &["where Short"],
    );
    // A function.
    at.completes("print ipv4_is_p", &["ipv4_is_private("]);
    // An aggregate.
    at.completes("DeviceInfo | summarize dcounti", &["dcountif("]);
    // Operators by the column's type, with their types beside columns.
    at.completes(
        "DeviceInfo | where DeviceName has_a",
        &["has_all", "has_any"],
    );
    // Kinds of join.
    at.completes("DeviceInfo | join kind=lefta", &["kind=leftanti"]);
    // The other side of a join.
    at.completes(
        "DeviceInfo | join (DeviceNetworkEvents) on $left.DeviceId == $right.RemoteP",
        &["$right.RemotePort"],
    );
    // A value from the data.
    at.completes(
        "DeviceNetworkEvents | where ActionType == \"InboundConnectionA",
        &["InboundConnectionAttempt\""],
    );
    // A command, and what it takes.
    at.completes(".sche", &[".schema"]);
    at.completes(".schema _Im", &["_Im_NetworkSession"]);
    at.completes(".format ndj", &["ndjson"]);
    at.leaves();
}

#[test]
fn a_long_query_is_stopped_and_the_shell_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::open(home.path(), &["repl"], &[]);
    at.enters("range x from 1 to 20000000000 step 1 | where x % 7 == 8 | summarize count()");
    // The line that shows how far it is tells that it runs.
    at.sees("running, ");
    at.control('c');
    at.sees("interrupted");
    at.sees("kql> ");
    at.enters("print answer = 6 * 7");
    at.sees("42");
    at.sees("1 row");
    at.leaves();
}

#[test]
fn an_error_shows_and_the_session_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::open(home.path(), &["repl", "-d", "testdata"], &[]);
    at.enters("DeviceInfo | where DeviceNme == 'x'");
    at.sees("no column or variable is called `DeviceNme`");
    at.sees("did you mean `DeviceName`?");
    at.sees("kql> ");
    at.enters("let Servers = DeviceInfo | where DeviceType == 'Server'");
    at.sees("Servers stays for this session");
    at.enters("Servers | distinct OSPlatform");
    at.sees("OSPlatform");
    at.sees("string");
    at.sees(" rows, ");
    at.enters("| count");
    at.sees("Count");
    at.sees("1 row, ");
    at.enters("_ | project Twice = 2 * Count");
    at.sees("Twice");
    at.sees("1 row, ");
    at.leaves();
}

#[test]
fn a_query_goes_on_until_it_is_whole() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::open(home.path(), &["repl", "--no-history"], &[]);
    // A trailing pipe, then an open bracket.
    at.enters("range x from 1 to 9 step 1 |");
    at.enters("where x in (3,");
    at.enters("4)");
    at.sees("2 rows");
    // Alt-Enter, and a line that goes on.
    at.types("range y from 1 to 9 step 1\x1b\r| where y > 8");
    at.enters("");
    at.sees("1 row");
    // An empty line runs what is not whole.
    at.enters("print (1 +");
    at.enters("");
    at.sees("expected an expression");
    // Ctrl-C forgets the line.
    at.types("print 'never");
    at.sees("never");
    at.control('c');
    at.sees("\n");
    at.sees("kql> ");
    at.enters("print 'after'");
    at.sees("1 row");
    at.leaves();
    assert!(!home.path().join("kql/history").exists());
}

#[test]
fn history_survives() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::open(home.path(), &["repl"], &[]);
    at.enters("print told = 'remembered once'");
    at.sees("1 row");
    at.leaves();
    let kept = fs::read_to_string(home.path().join("kql/history")).unwrap();
    assert!(kept.contains("remembered once"), "{kept}");
    let mut at = Terminal::open(home.path(), &["repl"], &[]);
    // Up, and the line is there again.
    at.types("\x1b[A");
    at.sees("remembered once");
    at.enters("");
    at.sees("told");
    at.sees("1 row");
    at.enters(".history");
    at.sees("print told = 'remembered once'");
    at.leaves();
    // The history of one that keeps none is as it was.
    let mut at = Terminal::open(home.path(), &["repl"], &[("KQL_HISTORY", "off")]);
    at.enters("print 'kept nowhere'");
    at.sees("1 row");
    at.leaves();
    let after = fs::read_to_string(home.path().join("kql/history")).unwrap();
    assert!(!after.contains("kept nowhere"), "{after}");
}

#[test]
fn hints_show_what_a_call_takes() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::open(home.path(), &[], &[]);
    at.types("print substring('abc', ");
    at.sees("start: long, [length: long]) -> string");
    at.control('u');
    at.types(".load ");
    at.sees("PATH [as TABLE]");
    at.control('u');
    at.leaves();
}

#[test]
fn long_results_go_through_the_pager_and_wide_ones_stand_upright() {
    let home = tempfile::tempdir().unwrap();
    let pager = [("KQL_PAGER", "sed 's/^/page: /'")];
    let mut at = Terminal::open(home.path(), &["repl", "-d", "testdata"], &pager);
    at.enters("range x from 1 to 99 step 1");
    at.sees("page: ");
    at.sees("99");
    at.sees("99 rows");
    at.enters("print short = 1");
    assert!(!at.sees("1 row").contains("page:"));
    at.enters("DeviceInfo | take 1");
    // A name, its type and its cell on a line.
    at.sees("OnboardingStatus   string    Onboarded");
    at.sees("1 row");
    at.leaves();
}

#[test]
fn the_last_query_is_edited() {
    let home = tempfile::tempdir().unwrap();
    let editor = home.path().join("editor.sh");
    fs::write(&editor, "sed -i.bak 's/first/second/' \"$1\"\n").unwrap();
    let command = format!("sh '{}'", editor.display());
    let mut at = Terminal::open(home.path(), &[], &[("EDITOR", &command), ("VISUAL", "")]);
    at.enters("print 'first'");
    at.sees("1 row");
    at.enters(".edit");
    at.sees("print 'second'");
    at.enters("");
    at.sees("1 row");
    at.enters(".watch 0.2");
    at.sees("again every");
    at.sees("again every");
    at.control('c');
    at.sees("interrupted");
    at.enters(".quit");
    at.0.exp_eof().unwrap();
}

#[test]
fn what_is_typed_is_painted_by_what_it_is() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::colored(home.path(), &["repl", "-d", "testdata"]);
    at.types("DeviceInfo | where DeviceName has 'x' and Nope == strlen(DeviceId) ");
    // A column that there is, and one that there is not.
    at.sees("\x1b[32mDeviceName\x1b[0m");
    at.sees("\x1b[33m'x'\x1b[0m");
    at.sees("\x1b[4;31mNope\x1b[0m");
    at.sees("\x1b[36mstrlen\x1b[0m");
    at.control('u');
    // What the pipe no longer has is wrong, too.
    at.types("DeviceInfo | project DeviceId | where DeviceName == 1 ");
    at.sees("\x1b[4;31mDeviceName\x1b[0m");
    at.control('u');
    at.leaves();
}

#[test]
fn a_bar_shows_how_far_reading_is_and_goes() {
    let home = tempfile::tempdir().unwrap();
    let mut rows = String::from("a,b\n");
    for i in 0..40_000 {
        rows.push_str(&format!("{i},{}\n", i * 7));
    }
    let file = home.path().join("T.csv");
    fs::write(&file, rows).unwrap();
    let arguments = ["repl", "-d", &file.display().to_string()];
    let mut at = Terminal::colored(home.path(), &arguments);
    // Each row with each: more than anybody waits for.
    at.enters("T | extend k = 1 | join kind=inner (T | extend k = 1) on k | summarize sum(a)");
    at.sees("\r\x1b[2K");
    at.sees("%  ");
    at.sees(" rows (");
    at.sees("B/s), ");
    at.control('c');
    // The bar is wiped before anything is said.
    at.sees("\r\x1b[2K");
    at.sees("interrupted");
    at.sees("kql> ");
    at.leaves();
}

#[test]
fn files_are_read_and_written() {
    let home = tempfile::tempdir().unwrap();
    let read = home.path().join("some.kql");
    fs::write(
        &read,
        "let n = 3;\nprint wrong = nope\n\nrange x from 1 to n step 1\n| count\n.nope\nprint last = 'of the file'\n",
    )
    .unwrap();
    let mut at = Terminal::open(home.path(), &["repl"], &[]);
    // What is wrong is said; what is right runs.
    let said = at.asks(&format!(".read {}", read.display()));
    for text in [
        "no variable is called `nope`",
        "Count",
        "there is no command `.nope`",
        "of the file",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
    let file = |name: &str| home.path().join(name);
    at.asks(&format!(".once {}", file("once.csv").display()));
    let said = at.asks("range x from 1 to 3 step 1 | where nope");
    assert!(said.contains("nope"), "{said}");
    let said = at.asks("range x from 1 to 100000 step 1");
    assert!(said.contains("100000 rows in"), "{said}");
    let said = at.asks("_ | summarize total = sum(x)");
    assert!(said.contains("5000050000"), "{said}");
    let said = at.asks(&format!(".save {}", file("total.json").display()));
    assert!(said.contains("1 row in"), "{said}");
    at.asks(".format csv");
    let said = at.asks("range y from 1 to 2 step 1");
    assert!(said.contains("y\r\n1\r\n2\r"), "{said:?}");
    let said = at.asks("_ | count");
    assert!(said.contains("Count\r\n2\r"), "{said:?}");
    at.leaves();
    let once = fs::read_to_string(file("once.csv")).unwrap();
    assert_eq!(once.lines().count(), 100_001);
    let total = fs::read_to_string(file("total.json")).unwrap();
    assert_eq!(total, "[\n{\"total\":5000050000}\n]\n");
}

/// The README's session is what shows. `UPDATE=1` writes what does.
#[test]
fn the_session_of_the_readme_is_true() {
    const START: &str = "<!-- session: kql repl -d testdata --now latest -->\n```console\n";
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(START).unwrap();
    let (session, _) = rest.split_once("```").unwrap();
    let home = tempfile::tempdir().unwrap();
    let arguments = ["repl", "-d", "testdata", "--now", "latest"];
    let mut at = Terminal::open(home.path(), &arguments, &[]);
    let mut now = String::new();
    for line in session.lines().filter_map(|l| l.strip_prefix("kql> ")) {
        at.enters(line);
        // Only a new prompt comes right after the end of a line.
        let shown = at.sees("\n\rkql> ");
        now.push_str(&format!("kql> {line}\n{}", lines(&format!("{shown}\n"))));
    }
    at.leaves();
    super::readme::hold((START, "```\n"), &now);
}

/// What a query says: the lines behind its own, with 5 ms for times.
fn lines(shown: &str) -> String {
    // The bytes were taken for characters.
    let bytes: Vec<u8> = shown.chars().map(|c| c as u8).collect();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut out = String::new();
    // The first ends what was typed.
    for line in text.split_inclusive('\n').skip(1) {
        let line = line.trim_end_matches(['\r', '\n']);
        let line = line.trim_end();
        let timed = line.strip_suffix(" ms").and_then(|l| l.rsplit_once(' '));
        match timed {
            Some((rest, _)) => out.push_str(&format!("{rest} 5 ms\n")),
            None => out.push_str(&format!("{line}\n")),
        }
    }
    out
}
