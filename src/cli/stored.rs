//! What the command line tells of a workspace beside its tables: stored functions, and watchlists.

use std::collections::btree_map::Entry;
use std::path::PathBuf;

use super::args::Stored;
use super::console::Console;
use super::files;
use crate::catalog::{Catalog, Functions};
use crate::contract::Fault;
use crate::sentinel;

/// Adds what the options tell of.
pub(crate) fn add(stored: &Stored, catalog: &mut Catalog, console: &Console) -> Result<(), Fault> {
    for (alias, key, file) in &stored.watchlists {
        if !file.is_file() {
            let message = format!("there is no file {} for watchlist {alias}", file.display());
            return Err(Fault::data(message));
        }
        catalog.add_watchlist(alias, key.clone(), file.clone());
    }
    catalog.add_functions(functions(&stored.functions, console)?);
    Ok(())
}

/// The functions of files and folders. A file of a folder that cannot be read is left out, with a warning: who calls
/// its function is told that there is none.
pub(super) fn functions(paths: &[PathBuf], console: &Console) -> Result<Functions, Fault> {
    let mut all = Functions::new();
    for path in paths {
        let inputs = files::find(std::slice::from_ref(path));
        let mut any = false;
        for input in inputs {
            if input.found && !holds_functions(&input.path) {
                continue;
            }
            let read = files::read(&input.path)?;
            let found = match sentinel::functions(&read.name, &read.text) {
                Err(fault) if input.found => {
                    console.warning(&format!("{}; its functions are not known", fault.message));
                    continue;
                }
                found => found?,
            };
            for function in found {
                any = true;
                match all.entry(function.name.clone()) {
                    Entry::Vacant(place) => drop(place.insert(function)),
                    Entry::Occupied(mut known) if known.get().text != function.text => {
                        known.get_mut().rival = Some(function.source.name().into());
                    }
                    Entry::Occupied(_) => {}
                }
            }
        }
        if !any {
            let message = format!("there is no function in {}", path.display());
            let help = "functions are in .kql files, and parsers in .yaml files";
            return Err(Fault::data(message).help(help));
        }
    }
    Ok(all)
}

/// Whether a file of a folder is one of functions: pages and texts of any kind lie there, too.
fn holds_functions(path: &std::path::Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    matches!(ending.as_str(), "kql" | "csl" | "kusto" | "yaml" | "yml")
}
