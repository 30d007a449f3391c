//! `kql explain`: the plan of a query as it is meant, as it will run, and what of it the files do themselves.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::args::Explain;
use super::console::{Console, Exit};
use super::{input, run, stored};
use crate::contract::{Fault, ScanRequest, Tables};
use crate::output::{WriteError, visible};
use crate::plan::{Node, Plan, QueryPlan};
use crate::session::{Explained, Now, Session};
use crate::source::Source;

pub(super) fn explain(args: &Explain, console: &Console) -> Exit {
    let prepared = prepare(args, console);
    let (sources, session) = match prepared {
        Ok(prepared) => prepared,
        Err(fault) => return console.fault(&fault),
    };
    let mut exit = Exit::Ok;
    for (i, source) in sources.iter().enumerate() {
        let explained = match session.explain(source) {
            Ok(explained) => explained,
            Err(failure) => {
                exit = exit.or(console.failure(&failure, source));
                continue;
            }
        };
        console.diagnostics(&explained.diagnostics, source);
        let text = match text_of(&explained, &session) {
            Ok(text) => text,
            Err(fault) => return exit.or(console.fault(&fault)),
        };
        let apart = if i > 0 { "\n" } else { "" };
        if let Err(error) = io::stdout().write_all(format!("{apart}{text}").as_bytes()) {
            return exit.or(console.unwritten(&WriteError::from(error), "to standard output"));
        }
    }
    for warning in session.catalog.report().warnings() {
        console.warning(&warning);
    }
    exit
}

fn prepare(args: &Explain, console: &Console) -> Result<(Vec<Source>, Session), Fault> {
    let mut sources = Vec::new();
    for file in &args.files {
        sources.extend(input::queries(file)?);
    }
    let arguments = args.queries.iter().enumerate();
    sources.extend(arguments.map(|(i, text)| input::argument(text, i)));
    let mut catalog = run::open(&args.data.data, &args.data.named, console)?;
    stored::add(&args.stored, &mut catalog, console)?;
    let mut session = Session::new(catalog);
    session.now = args.now.unwrap_or_else(Now::clock);
    session.geoip = crate::contract::GeoIp::Nulls;
    Ok((sources, session))
}

/// The plans of a query, and what they ask of the files.
pub(crate) fn text_of(explained: &Explained, session: &Session) -> Result<String, Fault> {
    let mut text = String::from("as written\n");
    let indented = |plan: &QueryPlan, text: &mut String| {
        for line in format!("{plan:#}").lines() {
            let _ = writeln!(text, "  {}", visible(line));
        }
    };
    indented(&explained.bound, &mut text);
    text.push_str("\nas it runs\n");
    indented(&explained.optimised, &mut text);
    let mut reads = String::new();
    let plan = &explained.optimised;
    let results = plan.results.iter().map(|output| &output.plan);
    for part in plan.shared.iter().chain(results) {
        let mut scans = Vec::new();
        part.visit(&mut |p| {
            if let Node::Scan { .. } = p.node {
                scans.push(p.clone());
            }
        });
        for scan in scans {
            describe(&scan, session, &mut reads)?;
        }
    }
    if !reads.is_empty() {
        let _ = write!(text, "\nwhat is read\n{reads}");
    }
    Ok(text)
}

/// What a scan asks of its table.
fn describe(scan: &Plan, session: &Session, out: &mut String) -> Result<(), Fault> {
    let Node::Scan {
        table,
        columns,
        predicates,
    } = &scan.node
    else {
        return Ok(());
    };
    let Some(source) = session.source(table) else {
        let _ = writeln!(out, "  {}: no data was given", visible(table));
        return Ok(());
    };
    let schema = source.schema();
    let all = schema.len();
    let request = ScanRequest {
        columns: columns.clone(),
        predicates: predicates.clone(),
        limit: None,
    };
    let asked = source.morsels(&request)?.len();
    let without = ScanRequest {
        predicates: Vec::new(),
        ..request
    };
    let total = source.morsels(&without)?.len();
    let _ = write!(
        out,
        "  {}: {} of {all} columns",
        visible(table),
        columns.len()
    );
    let _ = write!(out, ", {asked} of {total} pieces");
    for (i, predicate) in predicates.iter().enumerate() {
        let column = schema.columns.get(predicate.column);
        let text = predicate.of_column(column.map_or("", |c| &c.name));
        let word = if i == 0 { " that may hold" } else { " and" };
        let _ = write!(out, "{word} {}", visible(&text));
    }
    out.push('\n');
    Ok(())
}
