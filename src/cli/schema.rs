//! `kql schema`: tables, and their columns as KQL knows them.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::Value as Json;

use super::args::Schema as SchemaArgs;
use super::console::{Console, Exit};
use super::input;
use super::run;
use crate::catalog::{self, Catalog, Declared, Product};
use crate::contract::{Cancel, Fault, Flow, ScanRequest};
use crate::diagnostic::nearest;
use crate::engine;
use crate::load::Origin;
use crate::output::{WriteError, visible};
use crate::syntax::keyword::needs_brackets;
use crate::text::counted;
use crate::types::{Column, Schema};

pub(crate) fn schema(args: &SchemaArgs, console: &Console) -> Exit {
    let text = match &args.builtin {
        Some(name) if name.is_empty() => {
            let names = builtin_names(args.product.unwrap_or_default(), console);
            Ok((names, Exit::Ok))
        }
        Some(name) => match Declared::new(args.product.unwrap_or_default()).schema(name) {
            Some(schema) if !schema.open => Ok((builtin(name, &schema), Exit::Ok)),
            _ => return unknown(name, console),
        },
        None => match &args.write {
            Some(file) => written(args, file, console).map(|text| (text, Exit::Ok)),
            None => tables(args, console),
        },
    };
    let (text, exit) = match text {
        Ok(done) => done,
        Err(fault) => return console.fault(&fault),
    };
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => exit,
        Err(error) => console.unwritten(&WriteError::from(error), "to standard output"),
    }
}

fn unknown(name: &str, console: &Console) -> Exit {
    console.error(&format!(
        "no table of Sentinel or Defender is called `{name}`"
    ));
    let mut names = catalog::asim_names();
    names.extend(catalog::published_names().map(ToString::to_string));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => console.help(&format!("did you mean `{near}`?")),
        None => console.help("`kql schema --builtin` lists them all"),
    }
    Exit::Usage
}

/// Writes the columns of the data's tables to a schema file.
fn written(args: &SchemaArgs, file: &Path, console: &Console) -> Result<String, Fault> {
    let catalog = run::open(&args.data, &args.named, console)?;
    let mut all = serde_json::Map::new();
    for name in catalog.names() {
        let Some(source) = catalog.source(name)? else {
            continue;
        };
        source.complete()?;
        let columns = source.schema().columns;
        let columns = columns
            .iter()
            .map(|c| (c.name.to_string(), c.ty.name().into()));
        all.insert(name.to_string(), Json::Object(columns.collect()));
    }
    let tables = all.len();
    let text = serde_json::to_string_pretty(&Json::Object(all))
        .map_err(|error| Fault::internal(error.to_string()))?;
    fs::write(file, text + "\n").map_err(|error| {
        Fault::data(format!(
            "cannot write {}: {}",
            file.display(),
            input::reason(&error)
        ))
    })?;
    for warning in catalog.report().warnings() {
        console.warning(&warning);
    }
    console.aside(&format!(
        "{}: {}",
        file.display(),
        counted(tables, "table", "tables")
    ));
    Ok(String::new())
}

/// Where published columns are from.
const PUBLISHED: &str =
    "Microsoft's references of Azure Monitor's, Sentinel's and Defender's tables";

/// A published table, with whose it is, where its columns are from and of when they are.
fn builtin(name: &str, schema: &Schema) -> String {
    let has = |product| Declared::new(product).schema(name).is_some();
    let whose = match (has(Product::Sentinel), has(Product::Defender)) {
        (true, true) => "Sentinel and Defender",
        (false, true) => "Defender",
        (true, false) | (false, false) => "Sentinel",
    };
    format!(
        "// {name}: a table of {whose}, from {PUBLISHED}, as of {}\n{}",
        catalog::AS_OF,
        columns_text(name, &schema.columns)
    )
}

fn builtin_names(product: Product, console: &Console) -> String {
    let mut names = Declared::new(product).candidates();
    names.sort();
    names.dedup();
    console.aside(&format!(
        "{}, from {PUBLISHED}, as of {}",
        counted(names.len(), "table", "tables"),
        catalog::AS_OF
    ));
    names.join("\n") + "\n"
}

/// The tables of the data, each with its files and columns.
fn tables(args: &SchemaArgs, console: &Console) -> Result<(String, Exit), Fault> {
    let catalog = run::open(&args.data, &args.named, console)?;
    let described = described(catalog.names(), &catalog, console);
    for warning in catalog.report().warnings() {
        console.warning(&warning);
    }
    Ok(described)
}

/// What there is to say of tables; one that cannot be read is told of, and does not keep the others back.
pub(crate) fn described<'a>(
    names: impl Iterator<Item = &'a str>,
    catalog: &Catalog,
    console: &Console,
) -> (String, Exit) {
    let (mut out, mut exit) = (String::new(), Exit::Ok);
    for name in names {
        let mut text = String::new();
        match describe(name, catalog, &mut text) {
            Ok(()) if out.is_empty() => out = text,
            Ok(()) => {
                out.push('\n');
                out.push_str(&text);
            }
            Err(fault) => exit = exit.or(console.fault(&fault)),
        }
        if exit == Exit::Interrupted {
            break;
        }
    }
    (out, exit)
}

fn describe(table: &str, catalog: &Catalog, out: &mut String) -> Result<(), Fault> {
    let Some(source) = catalog.source(table)? else {
        return Ok(());
    };
    source.complete()?;
    let schema: Schema = source.schema();
    // The columns of the files come first, then the published ones that they lack.
    let (own, lacking) = match source.present() {
        Some(own) => schema.columns.split_at(own.min(schema.len())),
        None => (&schema.columns[..], &[][..]),
    };
    let files = catalog.files(table);
    let what = files.first().map(|file| file.what(table)).transpose()?;
    let rows = rows_of(table, catalog)?;
    let _ = writeln!(
        out,
        "// {}: {}, {}",
        files_text(files),
        what.unwrap_or_default(),
        counted(rows, "row", "rows")
    );
    out.push_str(&columns_text(table, own));
    // A row of Defender has its time under both names, whichever the data has.
    let is_twin =
        |name: &str| catalog::is_defender(table) && matches!(name, "Timestamp" | "TimeGenerated");
    let names: Vec<&str> = lacking
        .iter()
        .map(|c| &*c.name)
        .filter(|n| !is_twin(n))
        .collect();
    if !names.is_empty() {
        let _ = writeln!(
            out,
            "// and {} published columns that the data lacks: {}",
            names.len(),
            names.join(", ")
        );
    }
    Ok(())
}

/// How many rows a table has.
fn rows_of(table: &str, catalog: &Catalog) -> Result<usize, Fault> {
    let Some(source) = catalog.source(table)? else {
        return Ok(0);
    };
    let cancel = Cancel::default();
    let morsels = source.morsels(&ScanRequest::default())?;
    let counts = engine::each(morsels, |morsel| {
        let mut rows = 0;
        morsel.read(&cancel, &mut |_, n| {
            rows += n;
            Ok(Flow::More)
        })?;
        Ok(rows)
    });
    counts.into_iter().sum()
}

pub(crate) fn files_text(files: &[Origin]) -> String {
    match files {
        [] => "no file".to_string(),
        [file] => visible(&file.to_string()).into_owned(),
        [first, .., last] => {
            let (first, last) = (first.to_string(), last.to_string());
            format!(
                "{} files, {} to {}",
                files.len(),
                visible(&first),
                visible(&last)
            )
        }
    }
}

/// A table as KQL's schemas are written: `Name: type` in parentheses.
pub(crate) fn columns_text(name: &str, columns: &[Column]) -> String {
    let mut out = format!("{} (\n", visible(name));
    for (i, column) in columns.iter().enumerate() {
        let comma = if i + 1 < columns.len() { "," } else { "" };
        let _ = writeln!(out, "    {}: {}{comma}", quoted(&column.name), column.ty);
    }
    out.push_str(")\n");
    out
}

/// A name as a query writes it.
fn quoted(name: &str) -> String {
    match needs_brackets(name) {
        false => name.to_string(),
        true => format!(
            "['{}']",
            visible(&name.replace('\\', "\\\\").replace('\'', "\\'"))
        ),
    }
}
