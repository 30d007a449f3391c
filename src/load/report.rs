//! What went wrong while data was read, counted, with the first places: the warnings at the end of
//! a run, or with `--strict-data` the failure.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::contract::Fault;
use crate::load::input::DataFile;
use crate::types::Type;

/// Where in a file something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A byte of the (unpacked) content; its line is looked up when it is to be shown.
    Byte(u64),
    /// A line.
    Line(u64),
    /// A row of a binary format, from 1.
    Row(u64),
}

/// All that a load has to say, shared by everything that reads.
#[derive(Default)]
pub struct Report {
    strict: bool,
    scans: AtomicUsize,
    found: Mutex<BTreeMap<(Arc<DataFile>, usize), Found>>,
}

#[derive(Default, Clone)]
struct Found {
    broken: Counted,
    ragged: Counted,
    misfits: BTreeMap<Arc<str>, (Type, Counted)>,
    /// Dates that were read as month first for want of better.
    ambiguous: BTreeMap<Arc<str>, Counted>,
}

/// A number of like events, and the first of them.
#[derive(Default, Clone)]
struct Counted {
    count: u64,
    first: Option<(Place, String)>,
}

impl Counted {
    fn add(&mut self, place: Place, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| place < *first) {
            self.first = Some((place, what()));
        }
    }

    fn merge(&mut self, other: Counted) {
        self.count += other.count;
        if let Some((place, what)) = other.first
            && self.first.as_ref().is_none_or(|(first, _)| place < *first)
        {
            self.first = Some((place, what));
        }
    }
}

impl Found {
    fn merge(&mut self, other: Found) {
        self.broken.merge(other.broken);
        self.ragged.merge(other.ragged);
        for (name, (ty, counted)) in other.misfits {
            self.misfits
                .entry(name)
                .or_insert_with(|| (ty, Counted::default()))
                .1
                .merge(counted);
        }
        for (name, counted) in other.ambiguous {
            self.ambiguous.entry(name).or_default().merge(counted);
        }
    }
}

impl Report {
    /// A report; with `strict` the first thing to report is a failure.
    pub fn new(strict: bool) -> Report {
        Report {
            strict,
            ..Report::default()
        }
    }

    /// A number for one scan of a table: what several scans of a file find is the same, and is
    /// said once.
    pub(super) fn scan(&self) -> usize {
        self.scans.fetch_add(1, Ordering::Relaxed)
    }

    /// Everything found so far, as sentences for the user.
    pub fn warnings(&self) -> Vec<String> {
        let mut out = Vec::new();
        let found = self.found.lock().map(|f| f.clone()).unwrap_or_default();
        let mut files: BTreeMap<Arc<DataFile>, Found> = BTreeMap::new();
        for ((file, _), found) in found {
            let most = files.entry(file).or_default();
            if found.broken.count > most.broken.count {
                most.broken = found.broken;
            }
            if found.ragged.count > most.ragged.count {
                most.ragged = found.ragged;
            }
            for (name, counted) in found.ambiguous {
                let entry = most.ambiguous.entry(name).or_default();
                if counted.count > entry.count {
                    *entry = counted;
                }
            }
            for (name, (ty, counted)) in found.misfits {
                let entry = most.misfits.entry(name).or_insert((ty, Counted::default()));
                if counted.count > entry.1.count {
                    *entry = (ty, counted);
                }
            }
        }
        for (file, found) in files {
            out.extend(broken_sentence(&file, &found.broken));
            out.extend(ragged_sentence(&file, &found.ragged));
            for (name, (ty, counted)) in &found.misfits {
                out.extend(misfit_sentence(&file, name, *ty, counted));
            }
            for (name, counted) in &found.ambiguous {
                out.extend(ambiguous_sentence(&file, name, counted));
            }
        }
        out
    }
}

fn broken_sentence(file: &DataFile, counted: &Counted) -> Option<String> {
    let (place, why) = counted.first.as_ref()?;
    let at = file.at(*place);
    Some(match counted.count {
        1 => format!("{at}: a broken row was skipped: {why}"),
        n => format!("{at}: {n} broken rows were skipped; the first: {why}"),
    })
}

fn ragged_sentence(file: &DataFile, counted: &Counted) -> Option<String> {
    let (place, why) = counted.first.as_ref()?;
    let at = file.at(*place);
    Some(match counted.count {
        1 => format!("{at}: {why}"),
        n => format!("{at}: {n} rows do not have as many cells as the header; the first: {why}"),
    })
}

fn misfit_sentence(file: &DataFile, name: &str, ty: Type, counted: &Counted) -> Option<String> {
    let (place, cell) = counted.first.as_ref()?;
    let at = file.at(*place);
    let mut text = String::new();
    let _ = match counted.count {
        1 => write!(
            text,
            "{at}: `{cell}` in column `{name}` is no {ty} and was read as null"
        ),
        n => write!(
            text,
            "{at}: {n} cells of column `{name}` are no {ty} and were read as null; the first: `{cell}`"
        ),
    };
    Some(text)
}

fn ambiguous_sentence(file: &DataFile, name: &str, counted: &Counted) -> Option<String> {
    let (place, cell) = counted.first.as_ref()?;
    let at = file.at(*place);
    Some(format!(
        "{at}: `{cell}` in column `{name}` may be day first or month first, and was read as month first \
         ({} such cells); --date-order says which",
        counted.count
    ))
}

/// What one reader of one file found, handed to the report when it is done.
pub(super) struct Tally {
    report: Arc<Report>,
    file: Arc<DataFile>,
    scan: usize,
    found: Option<Box<Found>>,
}

impl Tally {
    pub fn new(report: &Arc<Report>, file: &Arc<DataFile>, scan: usize) -> Tally {
        Tally {
            report: Arc::clone(report),
            file: Arc::clone(file),
            scan,
            found: None,
        }
    }

    /// A row that cannot be read.
    pub fn broken(&mut self, place: Place, why: impl Into<String>) -> Result<(), Fault> {
        let why = why.into();
        if self.report.strict {
            return Err(self.strict(place, &format!("a row is broken: {why}")));
        }
        self.found().broken.add(place, || why);
        Ok(())
    }

    /// A row with more or fewer cells than the header.
    pub fn ragged(&mut self, place: Place, why: impl FnOnce() -> String) -> Result<(), Fault> {
        if self.report.strict {
            return Err(self.strict(place, &why()));
        }
        self.found().ragged.add(place, why);
        Ok(())
    }

    /// A date that may be day first or month first.
    pub fn ambiguous(
        &mut self,
        place: Place,
        column: &Arc<str>,
        cell: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        if self.report.strict {
            let cell = cell();
            let what = format!("`{cell}` in column `{column}` may be day first or month first");
            return Err(self.strict(place, &what));
        }
        let column = self.found().ambiguous.entry(Arc::clone(column));
        column.or_default().add(place, cell);
        Ok(())
    }

    /// A cell that does not fit the type of its column.
    #[cold]
    pub fn misfit(
        &mut self,
        place: Place,
        column: &Arc<str>,
        ty: Type,
        cell: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        if self.report.strict {
            let what = format!("`{}` in column `{column}` is no {ty}", cell());
            return Err(self.strict(place, &what));
        }
        self.found()
            .misfits
            .entry(Arc::clone(column))
            .or_insert_with(|| (ty, Counted::default()))
            .1
            .add(place, cell);
        Ok(())
    }

    fn found(&mut self) -> &mut Found {
        self.found.get_or_insert_default()
    }

    fn strict(&self, place: Place, what: &str) -> Fault {
        Fault::data(format!("{}: {what}", self.file.at(place)))
            .help("without --strict-data such rows and cells are left out, and counted")
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Some(found) = self.found.take()
            && let Ok(mut all) = self.report.found.lock()
        {
            all.entry((Arc::clone(&self.file), self.scan))
                .or_default()
                .merge(*found);
        }
    }
}
