//! `kql check`: what is wrong with queries, without data.

mod baseline;
mod duplicates;
mod explain;
mod fix;
mod junit;
mod report;
mod sarif;
mod since;
mod watch;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Check;
use super::console::{Console, Exit};
use super::files::{self, Input};
use super::{input, run, stored};
use crate::catalog::Declared;
use crate::contract::Fault;
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::engine;
use crate::lint::{self, RULES, Subject};
use crate::output::WriteError;
use crate::sentinel;
use crate::session;
use crate::source::Source;
use crate::syntax;
use crate::text::counted;

use report::Report;

/// One thing said about a query or a rule, and where.
pub(super) struct Finding {
    pub diagnostic: Diagnostic,
    /// Index into the file's sources.
    pub source: usize,
}

impl Finding {
    /// What is said of a file, not of one of its queries.
    fn of_file(diagnostic: Diagnostic) -> Finding {
        let source = usize::MAX;
        Finding { diagnostic, source }
    }
}

/// What was found in a file.
#[derive(Default)]
pub(super) struct FileReport {
    pub name: String,
    /// Its queries; the last is the file as a whole, if more than its queries was checked.
    pub sources: Vec<Source>,
    pub queries: usize,
    pub findings: Vec<Finding>,
    /// Which rules it has.
    pub rules: Vec<sentinel::Identity>,
    /// Tables it reads whose columns are not known.
    pub custom: BTreeSet<Arc<str>>,
    /// Why it could not be read.
    pub fault: Option<Fault>,
}

impl FileReport {
    pub fn source(&self, finding: &Finding) -> &Source {
        &self.sources[finding.source.min(self.sources.len() - 1)]
    }

    /// The file as a whole, if more than its queries was checked.
    fn whole(&self) -> Option<&Source> {
        self.sources.get(self.queries)
    }

    /// Adds what else was found of the file.
    fn add(&mut self, diagnostic: Diagnostic, levels: &Levels<'_>) {
        let mut found = vec![diagnostic];
        levels.apply(&mut found);
        self.findings
            .extend(found.into_iter().map(Finding::of_file));
        self.sort();
    }

    /// Puts what was found in the order of the file.
    fn sort(&mut self) {
        let mut findings = std::mem::take(&mut self.findings);
        findings.sort_by_cached_key(|f| self.source(f).position(f.diagnostic.span().start));
        self.findings = findings;
    }
}

/// How severe findings are: what was said of rules on the command line.
pub(super) struct Levels<'a> {
    allow: &'a [String],
    deny: &'a [String],
    /// What is known of tables.
    tables: Declared,
    /// Nothing but the syntax is looked at.
    syntax_only: bool,
    /// The files of data that the tables are known from.
    data: Vec<PathBuf>,
}

/// All warnings together.
const WARNINGS: &str = "warnings";

impl Levels<'_> {
    /// Leaves out and promotes what the command line says: notes, warnings, and what rules find.
    fn apply(&self, found: &mut Vec<Diagnostic>) {
        let named = |names: &[String], diagnostic: &Diagnostic| {
            names.iter().any(|name| name == diagnostic.name())
        };
        let all = |names: &[String]| names.iter().any(|name| name == WARNINGS);
        found.retain_mut(|diagnostic| {
            if diagnostic.severity > Severity::Warning && diagnostic.rule.is_none() {
                return true;
            }
            let warning = diagnostic.severity == Severity::Warning;
            let denied = named(self.deny, diagnostic);
            let allowed = named(self.allow, diagnostic) || warning && all(self.allow) && !denied;
            if !allowed && (denied || warning && all(self.deny)) {
                diagnostic.severity = Severity::Error;
            }
            !allowed
        });
    }

    /// A name that is no rule's.
    fn unknown(&self) -> Option<&str> {
        let known = |name: &&String| {
            *name == WARNINGS || lint::can_be_disabled(name) || sentinel::rule(name).is_some()
        };
        self.allow
            .iter()
            .chain(self.deny)
            .find(|name| !known(name))
            .map(String::as_str)
    }
}

pub(super) fn check(args: &Check, console: &Console) -> Exit {
    if let Some(name) = &args.explain {
        return explain::explain(name, console);
    }
    if args.watch {
        return watch::watch(args, console);
    }
    match levels(args, console) {
        Ok(levels) => once(args, &levels, console),
        Err(exit) => exit,
    }
}

/// What the command line says of rules and tables; says what is wrong with it.
fn levels<'a>(args: &'a Check, console: &Console) -> Result<Levels<'a>, Exit> {
    let mut levels = Levels {
        allow: &args.allow,
        deny: &args.deny,
        tables: Declared::new(args.product.unwrap_or_default()),
        syntax_only: args.syntax_only,
        data: Vec::new(),
    };
    if let Some(name) = levels.unknown() {
        if Code::ALL.iter().any(|code| code.name() == name) {
            console.error(&format!(
                "`{name}` is a mistake, and cannot be switched off"
            ));
            return Err(Exit::Usage);
        }
        console.error(&format!("no rule is called `{name}`"));
        let names = RULES.iter().map(|rule| rule.name).chain([WARNINGS]);
        match nearest(
            name,
            names.chain(sentinel::RULES.iter().map(|rule| rule.name)),
        ) {
            Some(near) => console.help(&format!("did you mean `{near}`?")),
            None => console.help("`kql check --explain rules` lists them"),
        }
        return Err(Exit::Usage);
    }
    match declared(args, &mut levels.tables, console) {
        Ok(data) => levels.data = data,
        Err(fault) => return Err(console.fault(&fault)),
    }
    Ok(levels)
}

/// Adds the tables that the command line tells of to the published ones; the files of data that were read.
fn declared(args: &Check, tables: &mut Declared, console: &Console) -> Result<Vec<PathBuf>, Fault> {
    let mut data = Vec::new();
    tables.functions = stored::functions(&args.functions, console)?;
    files::schemas(&args.data.named.schemas, tables)?;
    if !(args.data.data.is_empty() && args.data.named.tables.is_empty()) {
        let catalog = run::open(&args.data.data, &args.data.named, console)?;
        for name in catalog.names() {
            data.extend(
                catalog
                    .files(name)
                    .iter()
                    .map(|origin| origin.path().to_path_buf()),
            );
            if let Some(source) = catalog.source(name)? {
                source.complete()?;
                tables.insert(name, source.schema());
            }
        }
    }
    Ok(data)
}

/// Checks all files once.
fn once(args: &Check, levels: &Levels<'_>, console: &Console) -> Exit {
    let inputs = files::find(&args.files);
    let mut reports = examine_all(&inputs, levels);
    let arguments = args.queries.iter().enumerate();
    reports.extend(arguments.map(|(index, text)| {
        let query = input::argument(text, index);
        let name = query.name().to_string();
        examine(&name, sentinel::Contents::plain(vec![query]), levels)
    }));
    if args.fix {
        match fix::fix(&inputs, &mut reports, levels, console) {
            Ok(()) => {}
            Err(fault) => return console.fault(&fault),
        }
    }
    duplicates::find(&mut reports, levels);
    if let Some(commit) = &args.since
        && let Err(fault) = since::find(commit, &mut reports, levels)
    {
        return console.fault(&fault);
    }
    if let Some(file) = &args.write_baseline {
        return match baseline::write(file, &reports) {
            Ok(count) => {
                let findings = counted(count, "finding", "findings");
                console.aside(&format!("{findings} written to {}", file.display()));
                Exit::Ok
            }
            Err(fault) => console.fault(&fault),
        };
    }
    let mut known = 0;
    if let Some(file) = &args.baseline {
        match baseline::leave_out(file, &mut reports) {
            Ok(count) => known = count,
            Err(fault) => return console.fault(&fault),
        }
    }
    print(args, &reports, known, console)
}

/// Writes what was found, and gives the exit code.
fn print(args: &Check, reports: &[FileReport], known: usize, console: &Console) -> Exit {
    let mut exit = Exit::Ok;
    for report in reports {
        if let Some(fault) = &report.fault {
            exit = exit.or(console.fault(fault));
        }
    }
    let report = Report {
        files: reports,
        color: console.color,
        width: Console::width().unwrap_or(100).clamp(40, 160),
    };
    let text = report.text(args.format);
    if let Err(error) = io::stdout().write_all(text.as_bytes()) {
        return match WriteError::from(error) {
            WriteError::Closed => exit,
            error => exit.or(console.unwritten(&error, "to standard output")),
        };
    }
    let counts = Counts::of(reports, known);
    if let Some(text) = unknown_columns(reports) {
        console.note(&text);
    }
    console.aside(&counts.text());
    if counts.errors > 0 {
        exit = exit.or(Exit::Findings);
    }
    exit
}

/// Says of which tables the columns are not known, so that their names were not checked.
fn unknown_columns(reports: &[FileReport]) -> Option<String> {
    /// As many are named.
    const NAMED: usize = 3;
    let tables: BTreeSet<&Arc<str>> = reports.iter().flat_map(|r| &r.custom).collect();
    let names: Vec<String> = tables
        .iter()
        .take(NAMED)
        .map(|n| format!("`{n}`"))
        .collect();
    if names.is_empty() {
        return None;
    }
    let more = match tables.len() - names.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(format!(
        "which columns {}{more} may have is not known, so their names are not checked; --schema FILE or -d DATA tells",
        names.join(", ")
    ))
}

fn examine_all(inputs: &[Input], levels: &Levels<'_>) -> Vec<FileReport> {
    let reports = engine::each(inputs.iter().collect(), |input: &Input| {
        examine_file(input, levels)
    });
    reports.into_iter().flatten().collect()
}

/// Checks a file; `None` if it was found in a folder and holds no query.
fn examine_file(input: &Input, levels: &Levels<'_>) -> Option<FileReport> {
    let text = match files::read_input(input) {
        Ok(text) => text?,
        Err(fault) => return Some(unread(&input.path, fault)),
    };
    match sentinel::contents(&text.name, &text.text) {
        Ok(contents) => Some(examine(&text.name, contents, levels)),
        Err(_) if input.found && !files::is_rule(&text.text) => None,
        Err(broken) => {
            let mut found = vec![*broken.0];
            levels.apply(&mut found);
            Some(FileReport {
                sources: vec![Source::whole(text.name.as_str(), text.text)],
                findings: found.into_iter().map(Finding::of_file).collect(),
                name: text.name,
                ..FileReport::default()
            })
        }
    }
}

fn unread(path: &Path, fault: Fault) -> FileReport {
    FileReport {
        name: path.display().to_string(),
        fault: Some(fault),
        ..FileReport::default()
    }
}

/// Checks the queries of a file.
fn examine(name: &str, contents: sentinel::Contents, levels: &Levels<'_>) -> FileReport {
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    let mut custom = BTreeSet::new();
    let rules = match levels.syntax_only {
        true => Vec::new(),
        false => contents.identities(),
    };
    for rule in contents.lacking.iter().filter(|_| !levels.syntax_only) {
        let mut about = sentinel::check_rule(rule, sentinel::Output::Unknown);
        levels.apply(&mut about);
        findings.extend(about.into_iter().map(Finding::of_file));
    }
    for query in contents.queries {
        let (mut found, mut about) = said(&query, levels, &mut custom);
        levels.apply(&mut found);
        levels.apply(&mut about);
        findings.extend(about.into_iter().map(Finding::of_file));
        findings.extend(found.into_iter().map(|diagnostic| Finding {
            diagnostic,
            source: sources.len(),
        }));
        sources.push(query.source);
    }
    let queries = sources.len();
    sources.extend(contents.whole);
    let mut report = FileReport {
        name: name.to_string(),
        sources,
        queries,
        findings,
        rules,
        custom,
        fault: None,
    };
    report.sort();
    report
}

/// What is to be said of a query, and of the rule that it belongs to.
fn said(
    query: &sentinel::Query,
    levels: &Levels<'_>,
    custom: &mut BTreeSet<Arc<str>>,
) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    if levels.syntax_only {
        return (syntax::parse(&query.source).diagnostics, Vec::new());
    }
    let checked = session::examine_with(&query.source, &query.parameters, &levels.tables);
    custom.extend(checked.plan.open_tables().into_keys());
    let sound = |d: &Diagnostic| d.severity < Severity::Unsupported;
    let whole = checked.diagnostics.iter().all(sound);
    let subject = Subject {
        source: &query.source,
        query: &checked.query,
        plan: &checked.plan,
        bounded: query.bounded,
        library: query.library,
        product: levels.tables.product,
    };
    let found = lint::lint(&subject, checked.diagnostics);
    let result = checked.plan.results.last().filter(|_| whole);
    let output = result.map_or(sentinel::Output::Unknown, |output| {
        sentinel::Output::of(&output.plan.schema)
    });
    let rule = query.rule.as_ref();
    let about = rule.map(|rule| sentinel::check_rule(rule, output));
    (found, about.unwrap_or_default())
}

/// How many of each there were.
#[derive(Default)]
struct Counts {
    queries: usize,
    errors: usize,
    unsupported: usize,
    warnings: usize,
    notes: usize,
    fixes: usize,
    known: usize,
}

impl Counts {
    fn of(reports: &[FileReport], known: usize) -> Counts {
        let mut counts = Counts {
            known,
            ..Counts::default()
        };
        for report in reports {
            counts.queries += report.queries;
            for finding in &report.findings {
                match finding.diagnostic.severity {
                    Severity::Error => counts.errors += 1,
                    Severity::Unsupported => counts.unsupported += 1,
                    Severity::Warning => counts.warnings += 1,
                    Severity::Info => counts.notes += 1,
                }
                // What is no file cannot be mended.
                let in_file = !report.name.starts_with("<query");
                counts.fixes += usize::from(in_file && fix::can_mend(report, finding));
            }
        }
        counts
    }

    fn text(&self) -> String {
        let queries = counted(self.queries, "query", "queries");
        let counts = [
            (self.errors, "error", "errors"),
            (self.warnings, "warning", "warnings"),
            (self.notes, "note", "notes"),
            (
                self.unsupported,
                "thing that cannot run yet",
                "things that cannot run yet",
            ),
            (
                self.known,
                "known finding left out",
                "known findings left out",
            ),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| counted(*n, one, many))
            .collect();
        let mut text = match counts.is_empty() {
            true => format!("{queries}: no mistakes"),
            false => format!("{queries}: {}", counts.join(", ")),
        };
        if self.fixes > 0 {
            text += &format!("; --fix mends {}", self.fixes);
        }
        text
    }
}
