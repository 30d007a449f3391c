//! `kql run`: queries in, rows out.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::args::{Data, Given, Named, Run};
use super::console::{Console, Exit};
use super::pager::Pager;
use super::target::{Target, Written};
use super::{input, interrupt, machine, progress};
use crate::catalog::Catalog;
use crate::contract::{Budget, Cancel, Fault, GeoIp, UserAgents};
use crate::functions::{geo, user_agent};
use crate::load::LoadOptions;
use crate::output::{Format, Grid};
use crate::session::{Answer, Now, Session};
use crate::source::Source;
use crate::types::Value;

/// Rows of a table that a terminal shows at most.
const MAX_ROWS: usize = 50;
/// The same where a pager shows them.
const PAGED_ROWS: usize = 10_000;
/// Names of columns that are listed below a table at most.
const LISTED: usize = 60;

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
    let mut target = Target::new(args.output.as_deref(), args.format, grid).paged(pager);
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
    let mut sources = Vec::new();
    for file in &args.files {
        sources.extend(input::queries(file)?);
    }
    let arguments = args.queries.iter().enumerate();
    sources.extend(arguments.map(|(i, text)| input::argument(text, i)));
    let session = session(&args.given, console)?;
    Ok((sources, session))
}

/// A session as the command line wants it.
pub(crate) fn session(given: &Given, console: &Console) -> Result<Session, Fault> {
    let Data { data, named } = &given.data;
    let catalog = open(data, named, console)?;
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
        ..LoadOptions::default()
    };
    let catalog = Catalog::open(data, &named.tables, options)?;
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
    let answer = progress::watching(|| session.run(source));
    let ran = started.elapsed();
    let said = |answer: Option<&Answer>| {
        let notes = answer.map_or(&[][..], |answer| &answer.notes);
        for warning in session.catalog.report().warnings().iter().chain(notes) {
            console.warning(warning);
        }
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            let exit = console.failure(&failure, source);
            said(None);
            return Err(exit);
        }
    };
    let beside = Beside {
        ran,
        timings: args.timings,
        ..Beside::default()
    };
    show(&answer, source, target, &beside, console)?;
    console.diagnostics(&answer.diagnostics, source);
    said(Some(&answer));
    Ok(())
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
    let tables: Vec<_> = answer.results.iter().map(|(table, _)| table).collect();
    let writing = Instant::now();
    let written = target
        .write(&tables, source)
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
    for (_, render) in &answer.results {
        if let Some(render) = render {
            console.note(&format!(
                "`render {}`: charts are not drawn, the rows are",
                render.kind
            ));
        }
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
    let rows = match written.rows {
        1 => "1 row".to_string(),
        n => format!("{n} rows"),
    };
    if let Some(file) = &written.file {
        console.aside(&format!("{rows} in {}", file.display()));
        return;
    }
    if !matches!(target.format, Format::Table | Format::Line) || !target.is_stdout() {
        return;
    }
    let left = &written.left;
    let mut line = rows;
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
        console.aside("what ends in … is cut; a pipe or another --format has all of it");
    }
    if !left.empty.is_empty() {
        let (n, names) = (left.empty.len(), listed(&left.empty));
        console.aside(&format!("{n} columns are empty in every row: {names}"));
    }
    if !left.narrow.is_empty() {
        let (n, names) = (left.narrow.len(), listed(&left.narrow));
        console.aside(&format!(
            "the terminal is too narrow for {n} more columns ({} shows them): {names}",
            beside.all_columns
        ));
    }
}

/// Names with commas between them, the first of very many.
fn listed(names: &[String]) -> String {
    match names.get(..LISTED) {
        Some(first) if names.len() > LISTED => {
            format!("{}, … and {} more", first.join(", "), names.len() - LISTED)
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
