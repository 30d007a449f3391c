//! `kql run`: queries in, rows out.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::args::{Data, Given, Named, Run};
use super::console::{Console, Exit};
use super::pager::Pager;
use super::target::{Kept, Stopped, Target, Written};
use super::{files, input, interrupt, machine, progress, stored};
use crate::catalog::{Catalog, Declared, Functions};
use crate::contract::{Budget, Cancel, Fault, GeoIp, UserAgents};
use crate::engine::{Profile, Stage};
use crate::functions::{geo, user_agent};
use crate::load::LoadOptions;
use crate::output::{Grid, visible};
use crate::session::{Answer, Failure, Now, Prepared, Session};
use crate::source::Source;
use crate::text::counted;
use crate::types::Value;

/// Rows of a table that a terminal shows at most.
const MAX_ROWS: usize = 50;
/// The same where a pager shows them.
const PAGED_ROWS: usize = 10_000;
/// Names of columns that are listed below a table at most, on a terminal and elsewhere.
const LISTED: (usize, usize) = (6, 60);

pub(crate) fn run(args: &Run, console: &Console) -> Exit {
    let read = Instant::now();
    let (sources, mut session) = match prepare(args, console) {
        Ok(ready) => ready,
        Err(fault) => return console.fault(&fault),
    };
    if args.timings {
        console.aside(&format!(
            "reading queries and finding data: {}",
            taken(read.elapsed())
        ));
    }
    let pager = Pager::find();
    let grid = grid(args.max_rows, pager.as_ref(), console);
    let target = Target::new(args.output.as_deref(), args.format, grid);
    let mut target = match target {
        Ok(target) => target.paged(pager),
        Err(unknown) => return unknown.say(console, "; for another, give --format"),
    };
    if target.is_misplaced() {
        console.error(&format!(
            "{} is no text for a terminal",
            target.format.name()
        ));
        console.help("write it to a file with --output, or into a pipe");
        return Exit::Usage;
    }
    if args.timings {
        let start = Instant::now();
        session.options.profile = Some(Arc::new(Profile::new(move || start.elapsed())));
    }
    let mut exit = Exit::Ok;
    for source in &sources {
        if sources.len() > 1 {
            console.aside(&heading(source));
        }
        let cancel = Cancel::at(
            args.given
                .timeout
                .and_then(|t| Instant::now().checked_add(t)),
        );
        session.options.cancel = cancel.clone();
        let this = interrupt::listening(&cancel, || {
            one(args, &session, source, &mut target, console)
        });
        if matches!(this, Err(Exit::Ok | Exit::Interrupted)) {
            // Nobody reads on, or the user has had enough.
            return exit.or(this.err().unwrap_or_default());
        }
        exit = exit.or(this.err().unwrap_or_default());
    }
    exit
}

/// What a query is called among others.
fn heading(source: &Source) -> String {
    match source.text().len() == source.container().len() {
        true => source.name().to_string(),
        false => format!("{}:{}", source.name(), source.position(0).line),
    }
}

/// Reads the queries, and finds the data.
fn prepare(args: &Run, console: &Console) -> Result<(Vec<Source>, Session), Fault> {
    let (mut sources, mut functions) = (Vec::new(), Functions::new());
    for file in &args.files {
        let (queries, parsers) = input::runnable(file)?;
        sources.extend(queries);
        functions.extend(parsers.into_iter().map(|f| (f.name.clone(), f)));
    }
    let arguments = args.queries.iter().enumerate();
    sources.extend(arguments.map(|(i, text)| input::argument(text, i)));
    let mut session = session(&args.given, console)?;
    session.catalog.add_functions(functions);
    Ok((sources, session))
}

/// A session as the command line wants it.
pub(crate) fn session(given: &Given, console: &Console) -> Result<Session, Fault> {
    let Data { data, named } = &given.data;
    let mut catalog = open(data, named, console)?;
    stored::add(&given.stored, &mut catalog, console)?;
    let geoip = find_geoip(given.geoip.as_deref(), &catalog)?;
    let user_agents = find_user_agents(given.user_agents.as_deref(), &catalog)?;
    let mut session = Session::new(catalog);
    session.geoip = geoip;
    session.user_agents = user_agents;
    session.now = given.now.unwrap_or_else(Now::clock);
    session.seed = seed();
    session.url_map = given.urls.iter().cloned().collect();
    let parameters = given.parameters.iter();
    session.parameters = parameters
        .map(|(name, value)| (name.clone(), Value::string(value.as_str())))
        .collect();
    session.options.threads = given.threads.unwrap_or_else(machine::default_threads);
    session.options.budget = Budget::new(given.max_memory.unwrap_or_else(machine::default_memory));
    Ok(session)
}

/// Finds the tables that the options name.
pub(crate) fn open(data: &[String], named: &Named, console: &Console) -> Result<Catalog, Fault> {
    let options = LoadOptions {
        strict_data: named.strict_data,
        date_order: named.date_order,
        zone: named.tz.clone(),
        ..LoadOptions::default()
    };
    let mut declared = Declared::default();
    files::schemas(&named.schemas, &mut declared)?;
    let mut catalog = Catalog::open(data, &named.tables, options)?;
    catalog.declare(declared);
    for note in catalog.notes() {
        console.note(note);
    }
    Ok(catalog)
}

pub(crate) fn find_geoip(asked: Option<&Path>, catalog: &Catalog) -> Result<GeoIp, Fault> {
    let path = match asked {
        Some(path) if path.as_os_str() == "none" => return Ok(GeoIp::Nulls),
        Some(path) => Some(path.to_path_buf()),
        None => catalog
            .geoip()
            .map(Path::to_path_buf)
            .or_else(machine::geoip_database),
    };
    match path {
        Some(path) => Ok(GeoIp::Database(Arc::new(geo::database(&path)?))),
        None => Ok(GeoIp::Unavailable),
    }
}

pub(crate) fn find_user_agents(
    asked: Option<&Path>,
    catalog: &Catalog,
) -> Result<UserAgents, Fault> {
    match asked {
        Some(path) if path.as_os_str() == "none" => Ok(UserAgents::Nulls),
        asked => match asked.or(catalog.user_agents()) {
            Some(path) => Ok(UserAgents::Patterns(Arc::new(user_agent::open(path)?))),
            None => Ok(UserAgents::Unavailable),
        },
    }
}

/// Another seed for each run.
pub(crate) fn seed() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    now.as_secs() ^ u64::from(now.subsec_nanos()) << 32
}

/// How tables are drawn on standard output.
pub(crate) fn grid(max_rows: Option<usize>, pager: Option<&Pager>, console: &Console) -> Grid {
    let width = Console::width();
    let terminal = width.is_some();
    Grid {
        width,
        max_rows: match max_rows {
            Some(0) => None,
            Some(rows) => Some(rows),
            None if pager.is_some() => Some(PAGED_ROWS),
            None => terminal.then_some(MAX_ROWS),
        },
        types: terminal,
        color: console.color,
    }
}

/// Runs one query and writes its results. Fails with what the process shall end with.
fn one(
    args: &Run,
    session: &Session,
    source: &Source,
    target: &mut Target,
    console: &Console,
) -> Result<(), Exit> {
    let started = Instant::now();
    let said = |notes: &[String]| {
        for warning in session.catalog.report().warnings().iter().chain(notes) {
            console.warning(warning);
        }
    };
    let failed = |failure: &Failure| {
        let exit = console.failure(failure, source);
        said(&[]);
        exit
    };
    let beside = Beside {
        timings: args.timings,
        ..Beside::default()
    };
    let (diagnostics, notes) = match target.format.streams() {
        true => {
            let mut kept = Kept::default();
            let prepared = stream(session, source, target, &beside, &mut kept, console);
            let prepared = prepared.map_err(|stopped| match stopped {
                Stopped::Failure(failure) => failed(&failure),
                Stopped::Unwritten(unwritten) => console.unwritten(&unwritten.error, &unwritten.to),
            })?;
            (prepared.diagnostics, prepared.context.notes.take())
        }
        false => {
            let answer = progress::watching(|| session.run(source)).map_err(|f| failed(&f))?;
            let ran = started.elapsed();
            show(&answer, source, target, &Beside { ran, ..beside }, console)?;
            (answer.diagnostics, answer.notes)
        }
    };
    if let Some(profile) = &session.options.profile {
        stages(&profile.take(), console);
    }
    console.diagnostics(&diagnostics, source);
    said(&notes);
    Ok(())
}

/// Runs a query whose results are written as their rows come.
pub(crate) fn stream(
    session: &Session,
    source: &Source,
    target: &mut Target,
    beside: &Beside,
    kept: &mut Kept,
    console: &Console,
) -> Result<Prepared, Stopped> {
    let started = Instant::now();
    let running = progress::watching(|| session.start(source)).map_err(Stopped::Failure)?;
    // Rows that go to a terminal are progress enough.
    let rows = target.is_stdout() && std::io::IsTerminal::is_terminal(&std::io::stdout());
    let mut stream = || target.stream(session, &running, source, kept);
    let written = match rows {
        true => stream()?,
        false => progress::watching(stream)?,
    };
    for result in &written {
        footer(result, None, target, beside, console);
    }
    if beside.timings {
        let time = taken(started.elapsed());
        console.aside(&format!("running and writing: {time}"));
    }
    Ok(running.prepared)
}

/// Says how long the stages of a run took, and how many rows came out of each node.
pub(crate) fn stages(stages: &[Stage], console: &Console) {
    /// Longest description shown.
    const WIDEST: usize = 100;
    if !stages.is_empty() {
        console.aside(&format!(
            "{:>8} {:>12}  step, after what it gets its rows from",
            "time", "rows"
        ));
    }
    for stage in stages {
        let time = stage.time.map(taken).unwrap_or_default();
        let rows = stage.rows.map(|n| counted(n as usize, "row", "rows"));
        let what: String = stage.what.chars().take(WIDEST).collect();
        let cut = if what.len() < stage.what.len() {
            "…"
        } else {
            ""
        };
        console.aside(&format!(
            "{time:>8} {:>12}  {}{cut}",
            rows.unwrap_or_default(),
            visible(&what)
        ));
    }
}

/// What is said beside results.
pub(crate) struct Beside {
    /// How long the query ran.
    pub ran: Duration,
    /// Whether to say how long writing took.
    pub timings: bool,
    /// What shows all rows.
    pub all_rows: &'static str,
    /// What shows all columns.
    pub all_columns: &'static str,
}

impl Default for Beside {
    fn default() -> Beside {
        Beside {
            ran: Duration::ZERO,
            timings: false,
            all_rows: "--max-rows 0",
            all_columns: "--format line",
        }
    }
}

/// Writes the results of a query, and what is to be said below them.
pub(crate) fn show(
    answer: &Answer,
    source: &Source,
    target: &mut Target,
    beside: &Beside,
    console: &Console,
) -> Result<(), Exit> {
    let writing = Instant::now();
    let written = target
        .write(&answer.results, answer.now, source)
        .map_err(|unwritten| console.unwritten(&unwritten.error, &unwritten.to))?;
    for (i, result) in written.iter().enumerate() {
        let time = (i + 1 == written.len()).then_some(beside.ran);
        footer(result, time, target, beside, console);
    }
    if beside.timings {
        console.aside(&format!(
            "running: {}, writing: {}",
            taken(beside.ran),
            taken(writing.elapsed())
        ));
    }
    Ok(())
}

/// Says what is to be said below a result.
fn footer(
    written: &Written,
    time: Option<Duration>,
    target: &Target,
    beside: &Beside,
    console: &Console,
) {
    let rows = counted(written.rows, "row", "rows");
    if let Some(file) = &written.file {
        console.aside(&format!("{rows} in {}", file.display()));
        return;
    }
    let left = &written.left;
    if let Some(why) = &left.undrawn {
        console.note(why);
    }
    if !target.format.is_for_people() || !target.is_stdout() {
        return;
    }
    let mut line = rows;
    if left.drawn {
        let _ = write!(line, " drawn (--format line shows them)");
    }
    if left.rows > 0 {
        let _ = write!(
            line,
            ", the first {} are shown ({} shows all)",
            written.rows - left.rows,
            beside.all_rows
        );
    }
    if let Some(time) = time {
        let _ = write!(line, ", {}", taken(time));
    }
    console.aside(&line);
    if left.cut {
        console.aside(&format!(
            "what ends in … is cut; {} or a pipe has all of it",
            beside.all_columns
        ));
    }
    if !left.empty.is_empty() {
        let (n, names) = (left.empty.len(), listed(&left.empty));
        let are = if n == 1 { "column is" } else { "columns are" };
        console.aside(&format!("{n} {are} empty in every row: {names}"));
    }
    if !left.narrow.is_empty() {
        let (n, names) = (left.narrow.len(), listed(&left.narrow));
        let (columns, them) = match n {
            1 => ("column", "it"),
            _ => ("columns", "them"),
        };
        console.aside(&format!(
            "the terminal is too narrow for {n} more {columns} ({} shows {them}): {names}",
            beside.all_columns
        ));
    }
}

/// Names with commas between them, the first of very many.
fn listed(names: &[String]) -> String {
    let most = match Console::width() {
        Some(_) => LISTED.0,
        None => LISTED.1,
    };
    match names.get(..most) {
        Some(first) if names.len() > most => {
            format!("{} and {} more", first.join(", "), names.len() - most)
        }
        _ => names.join(", "),
    }
}

/// A time for people.
pub(crate) fn taken(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s >= 10.0 => format!("{s:.1} s"),
        s if s >= 1.0 => format!("{s:.2} s"),
        s => format!("{:.0} ms", (s * 1000.0).max(1.0)),
    }
}
