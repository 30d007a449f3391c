//! `kql convert`: tables of any form become typed, compressed files, a folder per table.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::args::Convert;
use super::console::{Console, Exit};
use super::run;
use super::target::again_when_wide;
use super::written::to_file;
use super::{interrupt, progress};
use crate::contract::{Cancel, Context, Fault, Flow};
use crate::engine;
use crate::load::ending;
use crate::output::{Document, Format, WriteError, visible};
use crate::plan::{Node, Plan};
use crate::session::Session;
use crate::text::counted;
use crate::types::Schema;

pub(super) fn convert(args: &Convert, console: &Console) -> Exit {
    let format = match args.format {
        None | Some(Format::Parquet) => Format::Parquet,
        Some(Format::Arrow) => Format::Arrow,
        Some(other) => {
            console.error(&format!("data is not converted to {}", other.name()));
            console.help("--format parquet or --format arrow; `kql run` writes the others");
            return Exit::Usage;
        }
    };
    if let Some(data) = args
        .data
        .iter()
        .find(|data| same_folder(data, &args.output))
    {
        console.error(&format!(
            "{data} cannot be converted into itself: its tables would then be there twice"
        ));
        console.help("give --output a folder of its own");
        return Exit::Usage;
    }
    let catalog = match run::open(&args.data, &args.named, console) {
        Ok(catalog) => catalog,
        Err(fault) => return console.fault(&fault),
    };
    let mut session = Session::new(catalog);
    let cancel = Cancel::default();
    session.options.cancel = cancel.clone();
    let names: Vec<String> = session.catalog.names().map(str::to_string).collect();
    let exit = interrupt::listening(&cancel, || {
        let mut exit = Exit::Ok;
        for name in &names {
            match table(name, &args.output, format, &session) {
                Ok(said) => {
                    if let Err(error) = io::stdout().write_all(said.as_bytes()) {
                        return exit.or(console.unwritten(&error.into(), "to standard output"));
                    }
                }
                Err((error, to)) => exit = exit.or(console.unwritten(&error, &to)),
            }
            if exit == Exit::Interrupted {
                break;
            }
        }
        exit
    });
    for warning in session.catalog.report().warnings() {
        console.warning(&warning);
    }
    exit
}

fn same_folder(data: &str, output: &Path) -> bool {
    let (data, output) = (Path::new(data).canonicalize(), output.canonicalize());
    matches!((data, output), (Ok(data), Ok(output)) if data == output)
}

/// Converts a table; what to say of it.
fn table(
    name: &str,
    output: &Path,
    format: Format,
    session: &Session,
) -> Result<String, (WriteError, String)> {
    let started = Instant::now();
    let path = place(name, output, format);
    let to = path.display().to_string();
    let fail = |error: WriteError| (error, to.clone());
    if let Some(other) = stranger(&path) {
        let fault = Fault::data(format!(
            "{} has other data in it: {}",
            path.parent().unwrap_or(output).display(),
            other.display()
        ));
        let help = "remove it, or give --output another folder";
        return Err(fail(fault.help(help).into()));
    }
    let plan = scan(name, session).map_err(|fault| fail(fault.into()))?;
    let (rows, columns) = (
        progress::watching(|| {
            again_when_wide(|wide| {
                to_file(&path, &mut |out| {
                    let mut document = Document::new(format, out).wide(wide);
                    document.begin(&plan.schema)?;
                    let rows = stream(&plan, session, &mut document)?;
                    document.finish()?;
                    Ok(rows)
                })
            })
        })
        .map_err(|error| {
            // A folder made for the file is not left behind empty.
            let _ = path.parent().map(fs::remove_dir);
            fail(error)
        })?,
        plan.schema.len(),
    );
    let size = fs::metadata(&path).map_or(0, |m| m.len());
    let rows = counted(rows, "row", "rows");
    let columns = counted(columns, "column", "columns");
    Ok(format!(
        "{}: {rows}, {columns}, {} in {} ({})\n",
        visible(name),
        bytes(size),
        visible(&path.display().to_string()),
        run::taken(started.elapsed())
    ))
}

/// The file of a table: in a folder of its name, if that can be one of a table.
fn place(name: &str, output: &Path, format: Format) -> PathBuf {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match fits {
        true => output.join(name).join(format!("data.{}", format.ending())),
        false => output.join(format!("{name}.{}", format.ending())),
    }
}

/// Data beside the file in its folder, which would be read together with it.
fn stranger(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    if !path
        .file_name()
        .is_some_and(|n| n.to_string_lossy().starts_with("data."))
    {
        return None;
    }
    let entries = fs::read_dir(folder).ok()?;
    let mut files = entries.flatten().map(|entry| entry.path());
    files.find(|file| file != path && ending(file).is_some())
}

/// All that a table's own files have.
fn scan(name: &str, session: &Session) -> Result<Plan, Fault> {
    let missing = || Fault::internal(format!("table {name} has no source"));
    let source = session.catalog.source(name)?.ok_or_else(missing)?;
    source.complete()?;
    let schema = source.schema();
    let own = source.present().unwrap_or(schema.len()).min(schema.len());
    Ok(Plan {
        node: Node::Scan {
            table: Arc::from(name),
            columns: (0..own).collect(),
            predicates: Vec::new(),
        },
        schema: Schema::new(schema.columns.into_iter().take(own).collect()),
    })
}

fn stream(
    plan: &Plan,
    session: &Session,
    document: &mut Document<'_>,
) -> Result<usize, WriteError> {
    let context = Context::for_check(0);
    let (mut rows, mut failed) = (0, None);
    let options = &session.options;
    let streamed = engine::stream_plan(plan, &[], session, &context, options, &mut |batch| {
        rows += batch.rows;
        Ok(match document.batch(&batch) {
            Ok(()) => Flow::More,
            Err(error) => {
                failed = Some(error);
                Flow::Enough
            }
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(streamed.map(|()| rows)?),
    }
}

/// A number of bytes for people.
fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}
