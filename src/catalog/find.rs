//! Which files are which tables: `-d` files, folders and globs, and `-t Name=GLOB`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::published_spelling;
use crate::contract::Fault;
use crate::load::{Origin, discover, ending, table_of};

/// The tables found, and what there is to say of the search.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Where the rows of each table are, in order.
    pub tables: BTreeMap<String, Vec<Origin>>,
    /// What was left alone.
    pub notes: Vec<String>,
    /// A GeoIP database in a data folder.
    pub geoip: Option<PathBuf>,
    /// Patterns of user agents in a data folder.
    pub user_agents: Option<PathBuf>,
    /// Watchlists in a data folder: aliases and files.
    pub watchlists: Vec<(String, PathBuf)>,
    /// Tables named by `-t`, which win.
    named: Vec<String>,
}

const ENDINGS: &str = "data files end in .json .ndjson .jsonl .csv .tsv .parquet .arrow .arrows .feather .ipc, each also with .gz, .zst, .bz2 or .xz, or in a .zip, or in .xlsx";

impl Search {
    /// `-t Name=GLOB`: all files of the glob are one table.
    pub fn named(&mut self, name: &str, pattern: &str) -> Result<(), Fault> {
        let path = Path::new(pattern);
        let mut files = if path.is_dir() {
            let listing = Listing::of(path)?;
            listing.files.into_iter().filter(|f| is_data(f)).collect()
        } else {
            expand(pattern)?
        };
        files.retain(|f| f.is_file());
        if files.is_empty() {
            return Err(
                Fault::data(format!("there is no file {pattern} for table {name}")).help(ENDINGS),
            );
        }
        self.tables
            .entry(name.to_string())
            .or_default()
            .extend(files.into_iter().map(Origin::from));
        self.named.push(name.to_string());
        Ok(())
    }

    /// `-d PATH`: a file, a folder or a glob.
    pub fn data(&mut self, argument: &str) -> Result<(), Fault> {
        let path = Path::new(argument);
        if path.is_dir() {
            return self.folder(path);
        }
        let files = expand(argument)?;
        if files.is_empty() {
            return Err(
                Fault::data(format!("there is no file or folder {argument}"))
                    .help("check the path; a relative one starts at the current folder"),
            );
        }
        let one = files.len() == 1;
        for file in files {
            match is_data(&file) {
                true => self.file(&file)?,
                _ if is_mmdb(&file) => self.database(&file),
                _ if one && file.is_file() => self.file(&file)?,
                _ if file.is_dir() => self.folder(&file)?,
                _ => self.notes.push(format!(
                    "{} was left alone: its ending is none of data",
                    file.display()
                )),
            }
        }
        Ok(())
    }

    /// A file: the tables that are in it.
    fn file(&mut self, file: &Path) -> Result<(), Fault> {
        let found = discover(file, &published_spelling);
        let recognised: Vec<&(String, Origin)> =
            found.iter().filter(|(_, o)| o.is_recognised()).collect();
        if let Some((name, origin)) = recognised.first() {
            let what = origin.what(name)?;
            let names: Vec<&str> = recognised.iter().map(|(name, _)| name.as_str()).collect();
            let s = if names.len() == 1 { "" } else { "s" };
            self.notes.push(format!(
                "{origin} holds {what}: table{s} {}",
                names.join(", ")
            ));
        }
        for (name, origin) in found {
            self.add(name, vec![origin])?;
        }
        Ok(())
    }

    /// A container of exported logs: all files below it are one table.
    fn container(&mut self, folder: &Path, table: String) -> Result<(), Fault> {
        let files = tree(folder);
        if files.is_empty() {
            self.notes
                .push(format!("there is no data in {}", folder.display()));
            return Ok(());
        }
        self.notes.push(format!(
            "{} holds exported logs in {}: table {table}",
            folder.display(),
            match files.len() {
                1 => "a file".to_string(),
                n => format!("{n} files"),
            }
        ));
        self.add(table, files.into_iter().map(Origin::from).collect())
    }

    /// A part of such a container, which does not say which table it is: the content does, else the folder's name.
    fn blobs(&mut self, folder: &Path, name: &str) -> Result<(), Fault> {
        let mut unnamed = Vec::new();
        for file in tree(folder) {
            let found = discover(&file, &published_spelling);
            for (name, origin) in found {
                match origin.is_recognised() {
                    true => self.add(name, vec![origin])?,
                    false => unnamed.push(origin),
                }
            }
        }
        match unnamed.is_empty() {
            true => Ok(()),
            false => self.add(table_of(name, &published_spelling), unnamed),
        }
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Fault> {
        if let Some(table) = container_of(&name_of(folder)) {
            return self.container(folder, table);
        }
        let before = self.tables.len();
        let listing = Listing::of(folder)?;
        let mut left = Vec::new();
        for file in listing.files {
            match is_data(&file) {
                true => self.file(&file)?,
                _ if is_mmdb(&file) => self.database(&file),
                _ if name_of(&file) == USER_AGENTS => self.user_agents = Some(file),
                _ => left.push(name_of(&file)),
            }
        }
        for sub in listing.folders {
            let name = name_of(&sub);
            if name.eq_ignore_ascii_case(WATCHLISTS) {
                self.watchlists(&sub)?;
                continue;
            }
            if let Some(table) = container_of(&name) {
                self.container(&sub, table)?;
                continue;
            }
            if name.eq_ignore_ascii_case("WorkspaceResourceId=")
                || name.eq_ignore_ascii_case("resourceId=")
            {
                self.blobs(&sub, &name_of(folder))?;
                continue;
            }
            match sub_folder(&sub)? {
                Some(files) => self.add(name, files.into_iter().map(Origin::from).collect())?,
                None => left.push(format!("{name}/")),
            }
        }
        if self.tables.len() == before && self.named.is_empty() {
            return Err(
                Fault::data(format!("there is no data in folder {}", folder.display()))
                    .help(ENDINGS),
            );
        }
        if !left.is_empty() {
            self.notes.push(format!(
                "left alone in {}: {}",
                folder.display(),
                left.join(", ")
            ));
        }
        Ok(())
    }

    /// The watchlists of a data folder.
    fn watchlists(&mut self, folder: &Path) -> Result<(), Fault> {
        let files = Listing::of(folder)?.files.into_iter();
        let lists: Vec<(String, PathBuf)> = files
            .filter_map(|file| Some((ending(&file)?.0.to_string(), file)))
            .collect();
        let names: Vec<&str> = lists.iter().map(|(name, _)| name.as_str()).collect();
        self.notes.push(match names.is_empty() {
            true => format!("there is no watchlist in {}", folder.display()),
            false => format!(
                "{} holds watchlists: {}",
                folder.display(),
                names.join(", ")
            ),
        });
        self.watchlists.extend(lists);
        Ok(())
    }

    fn database(&mut self, file: &Path) {
        match &self.geoip {
            Some(first) if first != file => self.notes.push(format!(
                "{} is the GeoIP database; {} was left alone",
                first.display(),
                file.display()
            )),
            _ => self.geoip = Some(file.to_path_buf()),
        }
    }

    /// Adds a table unless its name is taken.
    fn add(&mut self, name: String, files: Vec<Origin>) -> Result<(), Fault> {
        if let Some(taken) = self.tables.get_mut(&name) {
            if taken.iter().any(|t| files.iter().any(|f| same(t, f))) {
                return Ok(());
            }
            // Tables that files name themselves come in as many files as they like.
            if !self.named.contains(&name) && taken.iter().chain(&files).all(Origin::is_recognised)
            {
                taken.extend(files);
                return Ok(());
            }
            let show = |files: &[Origin]| match files {
                [file] => file.to_string(),
                files => files
                    .first()
                    .and_then(|f| f.path().parent())
                    .map(|p| format!("{}/", p.display()))
                    .unwrap_or_default(),
            };
            let (first, second) = (show(taken), show(&files));
            if self.named.contains(&name) {
                self.notes.push(format!(
                    "table {name} is {first} as --table says; {second} was left alone"
                ));
                return Ok(());
            }
            return Err(
                Fault::data(format!("table {name} could be {first} or {second}")).help(format!(
                    "say which with --table {name}=FILE, or name both in one glob"
                )),
            );
        }
        self.tables.insert(name, files);
        Ok(())
    }
}

/// The files of a sub-folder that is a table: its name can be one, and its data files share one
/// format.
fn sub_folder(folder: &Path) -> Result<Option<Vec<PathBuf>>, Fault> {
    if !can_be_a_table(&name_of(folder)) {
        return Ok(None);
    }
    let files: Vec<PathBuf> = Listing::of(folder)?
        .files
        .into_iter()
        .filter(|f| ending(f).is_some())
        .collect();
    let mut formats = files
        .iter()
        .filter_map(|f| ending(f).map(|(_, format, _)| family(format)));
    let Some(first) = formats.next() else {
        return Ok(None);
    };
    Ok(formats.all(|format| format == first).then_some(files))
}

/// Endings of one format have one name here.
fn family(format: &'static str) -> &'static str {
    match format {
        "ndjson" | "jsonl" => "json",
        "arrows" | "feather" | "ipc" => "arrow",
        "xlsm" => "xlsx",
        other => other,
    }
}

fn can_be_a_table(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The folder of watchlists in a data folder.
const WATCHLISTS: &str = "watchlists";

/// What uap-core calls its patterns of user agents.
const USER_AGENTS: &str = "regexes.yaml";

fn is_mmdb(file: &Path) -> bool {
    file.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("mmdb"))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn same(a: &Origin, b: &Origin) -> bool {
    if a.to_string() == b.to_string() {
        return true;
    }
    // Members of a zip file are told apart by their names.
    let (path, other) = (a.path(), b.path());
    let whole = |o: &Origin| o.to_string() == o.path().display().to_string();
    whole(a)
        && whole(b)
        && matches!((path.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Whether a file's name is one of data.
fn is_data(file: &Path) -> bool {
    ending(file).is_some()
        || file
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("zip"))
}

/// The table of a storage container's name.
fn container_of(name: &str) -> Option<String> {
    let after = |prefix: &str| {
        let start = name.get(..prefix.len())?;
        start
            .eq_ignore_ascii_case(prefix)
            .then(|| &name[prefix.len()..])
    };
    let table = after("am-").or_else(|| after("insights-logs-"))?;
    (!table.is_empty()).then(|| table_of(table, &published_spelling))
}

/// The data files below a folder, by path.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(folder, 64, &mut |file| {
        if ending(file).is_some() && file.is_file() {
            files.push(file.to_path_buf());
        }
    });
    files.sort();
    files
}

/// A folder's files and folders by name, hidden ones aside.
struct Listing {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Listing {
    fn of(folder: &Path) -> Result<Listing, Fault> {
        let fault = |e: std::io::Error| {
            Fault::data(format!("folder {} cannot be read: {e}", folder.display()))
        };
        let mut listing = Listing {
            files: Vec::new(),
            folders: Vec::new(),
        };
        for entry in fs::read_dir(folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if name_of(&path).starts_with('.') {
                continue;
            }
            if path.is_dir() {
                listing.folders.push(path);
            } else {
                listing.files.push(path);
            }
        }
        listing.files.sort();
        listing.folders.sort();
        Ok(listing)
    }
}

/// The files that a path or glob names, sorted; a path that exists is taken as it is.
fn expand(pattern: &str) -> Result<Vec<PathBuf>, Fault> {
    let path = Path::new(pattern);
    if path.exists() {
        return Ok(vec![path.to_path_buf()]);
    }
    if !pattern.contains(['*', '?', '[', '{']) {
        return Ok(Vec::new());
    }
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|e| Fault::data(format!("{pattern} is no glob: {}", e.kind())))?
        .compile_matcher();
    let special = |c: &Component<'_>| {
        c.as_os_str()
            .to_string_lossy()
            .contains(['*', '?', '[', '{'])
    };
    let base: PathBuf = path.components().take_while(|c| !special(c)).collect();
    let depth = if pattern.contains("**") || pattern.contains('{') {
        64
    } else {
        path.components().count() - base.components().count()
    };
    let mut found = Vec::new();
    walk(&base, depth, &mut |file| {
        if glob.is_match(file) {
            found.push(file.to_path_buf());
        }
    });
    found.sort();
    Ok(found)
}

/// Visits everything in a folder, down to a depth; what cannot be read is passed over.
fn walk(folder: &Path, depth: usize, visit: &mut dyn FnMut(&Path)) {
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(entries) = fs::read_dir(here) else {
        return;
    };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        let is_dir = entry.file_type().is_ok_and(|t| t.is_dir());
        visit(&path);
        if is_dir && depth > 1 {
            walk(&path, depth - 1, visit);
        }
    }
}
