//! What a file of text turns out to be: records, an answer of a service, events of Windows; and which tables it holds.

mod answer;
mod outline;
mod rows;
mod windows;

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::csv;
use super::input::{DataFile, HEAD, Shape};
use super::json::{blank, categories, value};
use super::kind::{ending, unpacked_name};
use super::packed::{Member, Pack};
use super::source::Found;
use super::workbook;
use crate::contract::Fault;
use answer::Envelope;
use outline::{Hint, Sniffed};
use windows::{Channels, Form, Target};

pub(super) use outline::record_line;
pub(super) use rows::{RECORD, Rows};

/// Where rows of a table come from: a file, or a part of one.
#[derive(Clone)]
pub struct Origin {
    path: PathBuf,
    member: Option<Member>,
    found: Option<Arc<Recognised>>,
}

/// A table of a file, ready to be read.
pub(super) struct Recognised {
    pub file: Arc<DataFile>,
    pub rows: Rows,
    /// Its columns, where the file declares them.
    pub declared: Option<Vec<Found>>,
    /// What the file is, for people; nothing for plain records.
    what: Option<String>,
}

impl From<PathBuf> for Origin {
    fn from(path: PathBuf) -> Origin {
        Origin {
            path,
            member: None,
            found: None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "{} ({})", self.path.display(), member.name),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Origin {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a table was found in it that its name does not tell of.
    pub fn is_recognised(&self) -> bool {
        self.found.is_some()
    }

    /// What it is: its format, or the service or tool that wrote it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn what(&self, table: &str) -> Result<String, Fault> {
        let found = self.resolve(table)?;
        let names: Vec<&str> = found
            .iter()
            .map(|r| r.what.as_deref().unwrap_or(r.file.shape.name()))
            .collect();
        Ok(names.first().copied().unwrap_or_default().to_string())
    }

    /// What is read for a table of this name; several where it is a zip file of several.
    pub(super) fn resolve(&self, table: &str) -> Result<Vec<Arc<Recognised>>, Fault> {
        if let Some(found) = &self.found {
            return Ok(vec![Arc::clone(found)]);
        }
        let naming = Naming::Given(table);
        let parts = match &self.member {
            Some(member) => vec![recognise(&self.path, Some(member.clone()), &naming)?],
            None => match Pack::of(&self.path)? {
                Pack::None => vec![recognise(&self.path, None, &naming)?],
                Pack::Workbook => vec![sheets(&self.path, &naming)?],
                Pack::Zip(members) => members
                    .into_iter()
                    .map(|member| recognise(&self.path, Some(member), &naming))
                    .collect::<Result<_, Fault>>()?,
            },
        };
        let mut all = Vec::new();
        for mut found in parts {
            if found.len() > 1 {
                let n = found.len();
                return Err(Fault::data(format!("{self} holds {n} tables"))
                    .help("give it with --data, which gives each a name of its own"));
            }
            all.extend(found.pop().map(|(_, table)| Arc::new(table)));
        }
        Ok(all)
    }
}

/// The tables of a file that was given without a name; `published` gives the right spelling of the name of a known
/// table. A file that cannot be read is a table, too: what is wrong is said when it is used.
pub fn discover(path: &Path, published: &dyn Fn(&str) -> Option<String>) -> Vec<(String, Origin)> {
    let plain = || vec![(stem(path), Origin::from(path.to_path_buf()))];
    let tables = |member: Option<Member>, stem: &str, found: Vec<Named>| {
        let origin = Origin {
            path: path.to_path_buf(),
            member,
            found: None,
        };
        let table = |(name, table): Named| {
            // Plain records are looked at again when they are needed.
            let found = table.what.is_some().then(|| Arc::new(table));
            let origin = Origin {
                found,
                ..origin.clone()
            };
            (name.unwrap_or_else(|| stem.to_string()), origin)
        };
        found.into_iter().map(table).collect::<Vec<_>>()
    };
    let members = match Pack::of(path) {
        Err(_) => return plain(),
        Ok(Pack::None) => vec![None],
        Ok(Pack::Zip(members)) => members.into_iter().map(Some).collect(),
        Ok(Pack::Workbook) => {
            let stem = &stem(path);
            return match sheets(path, &Naming::Free { stem, published }) {
                Ok(found) => tables(None, stem, found),
                Err(_) => plain(),
            };
        }
    };
    let mut all = Vec::new();
    for member in members {
        let stem = match &member {
            Some(member) => stem(Path::new(&*member.name)),
            None => stem(path),
        };
        let naming = Naming::Free {
            stem: &stem,
            published,
        };
        match recognise(path, member.clone(), &naming) {
            Ok(found) => all.extend(tables(member, &stem, found)),
            Err(_) => {
                let path = path.to_path_buf();
                let found = None;
                all.push((
                    stem,
                    Origin {
                        path,
                        member,
                        found,
                    },
                ));
            }
        }
    }
    all
}

/// The tables of a workbook: its sheets. One is called as the file is; of several each as the file and the sheet, or as
/// the sheet alone where that is the name of a known table.
fn sheets(path: &Path, naming: &Naming<'_>) -> Result<Vec<Named>, Fault> {
    let file = DataFile::unseen(path)?;
    let mut sheets = workbook::sheets(&file)?;
    if let Naming::Given(table) = naming
        && sheets.iter().any(|sheet| sheet.name == *table)
    {
        sheets.retain(|sheet| sheet.name == *table);
    }
    let many = sheets.len() > 1;
    let named = sheets.into_iter().map(|sheet| {
        let name = match naming {
            Naming::Given(_) => None,
            Naming::Free { stem, published } => published(&sheet.name)
                .or_else(|| many.then(|| format!("{stem}_{}", identifier(&sheet.name)))),
        };
        let column = |ty| Found {
            name: "".into(),
            ty,
            declared: false,
        };
        let file = file.clone().with_sheet(&sheet.name, sheet.values);
        let mut table = plain(file);
        table.declared = Some(sheet.types.into_iter().map(column).collect());
        table.what = Some(Shape::Workbook.name().to_string());
        (name, table)
    });
    Ok(named.collect())
}

/// A name with what no table's name has replaced.
fn identifier(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.chars().map(fits).collect()
}

/// What a file's name says of its table.
fn stem(path: &Path) -> String {
    match ending(path) {
        Some((stem, ..)) => stem.to_string(),
        None => unpacked_name(path)
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

/// How tables get their names.
enum Naming<'a> {
    /// Someone else says.
    Given(&'a str),
    /// By the content, else by the file's name.
    Free {
        stem: &'a str,
        published: &'a dyn Fn(&str) -> Option<String>,
    },
}

type Named = (Option<String>, Recognised);

/// The tables of a file, or of a part of one.
fn recognise(
    path: &Path,
    member: Option<Member>,
    naming: &Naming<'_>,
) -> Result<Vec<Named>, Fault> {
    let (file, head) = DataFile::look_at(path, member)?;
    match file.shape {
        Shape::Json => {}
        Shape::Csv if csv::is_evtxecmd(&head) => {
            let rows = csv::as_records(&Arc::new(file.clone()))?;
            let file = file.with_rows(rows);
            return Ok(windows_tables(&file, Form::EvtxEcmd, naming));
        }
        Shape::Csv | Shape::Tsv => return Ok(vec![values(file, &head, naming)]),
        _ => return Ok(vec![(None, plain(file))]),
    }
    match outline::sniff(&head) {
        Sniffed::Document(envelope) => document(file, envelope, naming),
        Sniffed::Records(hint) => records(file, hint, None, naming),
    }
}

/// A file of separated values, whose rows may say which table they are of.
fn values(file: DataFile, head: &[u8], naming: &Naming<'_>) -> Named {
    let delimiter = if file.shape == Shape::Tsv {
        b'\t'
    } else {
        b','
    };
    let name = match naming {
        Naming::Given(_) => None,
        Naming::Free { stem, published } => csv::typed(head, delimiter, head.len() + 3 >= HEAD)
            .and_then(|name| published(&name))
            .filter(|name| name != stem),
    };
    let what = name.as_ref().map(|name| exported(name));
    let table = Recognised {
        what,
        ..plain(file)
    };
    (name, table)
}

fn exported(name: &str) -> String {
    format!("exported rows of {name}")
}

fn plain(file: DataFile) -> Recognised {
    Recognised {
        file: Arc::new(file),
        rows: Rows::Plain,
        declared: None,
        what: None,
    }
}

/// A document is read as a whole, so it must not be larger.
const LARGEST: u64 = 2 << 30;
/// One that is packed may be this large, or larger if it is large on disk.
const PACKED: u64 = 256 << 20;

fn document(file: DataFile, envelope: Envelope, naming: &Naming<'_>) -> Result<Vec<Named>, Fault> {
    let mut bytes = Vec::new();
    file.whole(PACKED)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| file.fault(&e))?;
    let what = envelope.name();
    let fault = |why: &str| Fault::data(format!("{}: {what}: {why}", file.name()));
    if bytes.len() as u64 > LARGEST {
        return Err(fault("it is larger than 2 GB").help("ask for NDJSON, or for less at a time"));
    }
    let text = String::from_utf8(bytes).map_err(|_| fault("it is not UTF-8"))?;
    if let Err(why) = check(&text) {
        return Err(fault(&format!("it is damaged or cut off: {why}")).help("fetch it again"));
    }
    let answers = answer::tables(envelope, &text).map_err(|why| fault(&why))?;
    drop(text);
    let many = answers.len() > 1;
    let mut all = Vec::new();
    for (number, answer) in answers.into_iter().enumerate() {
        let file = file.clone().with_rows(answer.rows);
        let Some(columns) = answer.columns else {
            let (hint, what) = match envelope {
                Envelope::Hunting => (Hint::Texts, "rows of PowerShell"),
                _ => (hint_of(&file)?, what),
            };
            all.extend(records(file, hint, Some(what), naming)?);
            continue;
        };
        let name = match naming {
            Naming::Free { stem, .. } if many && number > 0 => {
                Some(format!("{stem}_{}", number + 1))
            }
            _ => None,
        };
        let declared = columns.into_iter().map(|(name, ty)| Found {
            name,
            ty,
            declared: ty.is_some(),
        });
        let table = Recognised {
            file: Arc::new(file),
            rows: Rows::Plain,
            declared: Some(declared.collect()),
            what: Some(what.to_string()),
        };
        all.push((name, table));
    }
    if all.is_empty() {
        return Err(fault("it holds no table"));
    }
    Ok(all)
}

/// What rows made of a document are.
fn hint_of(file: &DataFile) -> Result<Hint, Fault> {
    let mut head = Vec::new();
    file.reader()?
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|e| file.fault(&e))?;
    Ok(match outline::sniff(&head) {
        Sniffed::Records(hint) => hint,
        Sniffed::Document(_) => Hint::Plain,
    })
}

/// Tables of records of some kind, maybe `within` a document.
fn records(
    file: DataFile,
    hint: Hint,
    within: Option<&str>,
    naming: &Naming<'_>,
) -> Result<Vec<Named>, Fault> {
    let table = |file: Arc<DataFile>, rows: Rows, what: Option<String>| Recognised {
        file,
        rows,
        declared: None,
        what,
    };
    Ok(match hint {
        Hint::Plain => vec![(
            None,
            table(Arc::new(file), Rows::Plain, within.map(str::to_string)),
        )],
        Hint::Texts => {
            let what = within.unwrap_or("rows of the az command line");
            vec![(None, table(Arc::new(file), Rows::Texts, Some(what.into())))]
        }
        Hint::Typed(name) => {
            let name = match naming {
                Naming::Free { stem, published } if *stem != name => published(&name),
                _ => None,
            };
            let what = match (&name, within) {
                (Some(name), _) => Some(exported(name)),
                (None, within) => within.map(str::to_string),
            };
            vec![(name, table(Arc::new(file), Rows::Plain, what))]
        }
        Hint::Windows(form) => windows_tables(&file, form, naming),
        Hint::Properties => {
            let what = "records of diagnostic settings or the streaming API";
            let file = Arc::new(file);
            let Naming::Free { published, .. } = naming else {
                return Ok(vec![(
                    None,
                    table(file, Rows::Properties(None, None), Some(what.into())),
                )]);
            };
            categories(&file)?
                .into_iter()
                .map(|category| {
                    let name = table_of(&category, published);
                    let rows = Rows::Properties(Some(category.as_str().into()), None);
                    (
                        Some(name),
                        table(Arc::clone(&file), rows, Some(what.into())),
                    )
                })
                .collect()
        }
    })
}

/// The table that a category of records is.
pub fn table_of(category: &str, published: &dyn Fn(&str) -> Option<String>) -> String {
    const PREFIX: &str = "advancedhunting-";
    let bare = match category.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => &category[PREFIX.len()..],
        _ => category,
    };
    published(bare)
        // Entra's sign-ins of other kinds, as `NonInteractiveUserSignInLogs`.
        .or_else(|| published(&format!("AAD{bare}")))
        .unwrap_or_else(|| identifier(bare))
}

/// Events are offered as each of the tables that Sentinel keeps such events in.
fn windows_tables(file: &DataFile, form: Form, naming: &Naming<'_>) -> Vec<Named> {
    let file = Arc::new(file.clone());
    let table = |name: Option<&str>, target: Target, channels: Channels| {
        let found = Recognised {
            file: Arc::clone(&file),
            rows: Rows::Windows(form, target, channels),
            declared: None,
            what: Some(form.name().to_string()),
        };
        (name.map(str::to_string), found)
    };
    match naming {
        Naming::Given(name)
        | Naming::Free {
            stem: name @ ("SecurityEvent" | "WindowsEvent" | "Event"),
            ..
        } => vec![table(None, Target::of(name), Channels::All)],
        Naming::Free { .. } => vec![
            table(
                Some("SecurityEvent"),
                Target::SecurityEvent,
                Channels::Security,
            ),
            table(Some("Event"), Target::Event, Channels::AllButSecurity),
            table(Some("WindowsEvent"), Target::WindowsEvent, Channels::All),
        ],
    }
}

/// Whether text is JSON values, one after the other.
fn check(text: &str) -> Result<(), &'static str> {
    let b = text.as_bytes();
    let mut at = blank(b, 0);
    while at < b.len() {
        at = value(b, at).map_err(|broken| broken.why)?.1;
        at = blank(b, at);
    }
    Ok(())
}

/// The values of a text that is nothing but valid JSON values.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let b = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = blank(b, at);
        (start < b.len()).then_some(())?;
        at = value(b, start).ok()?.1;
        text.get(start..at)
    })
}
