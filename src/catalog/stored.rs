//! What a workspace keeps beside its tables: functions, and watchlists.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use crate::contract::{DataSource, Fault};
use crate::json::quote;
use crate::load::{Known, LoadOptions, Origin, Report, open_table};
use crate::source::Source;
use crate::temporal;
use crate::types::{Column, Schema, Type, UNIX_EPOCH_TICKS};

/// A function that is kept beside the queries that call it.
#[derive(Clone, Debug)]
pub struct StoredFunction {
    /// Its name.
    pub name: Arc<str>,
    /// Statements, the last of which declares it.
    pub text: Arc<str>,
    /// Where they come from.
    pub source: Source,
    /// The places in the text and in the source at which both go on alike.
    pub alike: (usize, usize),
    /// Where a function of this name is declared otherwise; then neither can be called.
    pub rival: Option<Arc<str>>,
}

impl StoredFunction {
    /// `FILE:LINE` of a place in the text.
    pub fn place(&self, at: usize) -> String {
        let (text, source) = self.alike;
        let at = at.saturating_sub(text) + source;
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        format!("{}:{}", self.source.name(), self.source.position(at).line)
    }
}

/// Such functions by their names.
pub type Functions = BTreeMap<Arc<str>, StoredFunction>;

/// The columns that each row of a watchlist has, whatever its file has.
const COLUMNS: [(&str, Type); 4] = [
    ("_DTItemId", Type::String),
    ("LastUpdatedTimeUTC", Type::Datetime),
    ("SearchKey", Type::String),
    ("WatchlistItem", Type::Dynamic),
];

/// Watchlists of Sentinel's own parsers, which a workspace need not have.
const OPTIONAL: [&str; 3] = [
    "ASimDisabledParsers",
    "ASimSourceType",
    "Sources_by_SourceType",
];

/// The columns of a watchlist of which nothing else is known.
pub fn watchlist_schema() -> Schema {
    let columns = COLUMNS.map(|(name, ty)| Column::new(name, ty));
    Schema {
        columns: columns.into(),
        open: true,
    }
}

/// A file that stands for a watchlist.
pub(super) struct Watchlist {
    /// Its alias, as it was given.
    pub alias: String,
    /// The column that is its `SearchKey`; the first unless given.
    pub key: Option<String>,
    pub file: PathBuf,
    source: OnceLock<Result<Arc<dyn DataSource>, Fault>>,
}

/// Watchlists by their aliases in lower case.
#[derive(Default)]
pub(super) struct Watchlists(BTreeMap<String, Watchlist>);

/// What the table of a watchlist's file is called.
const PREFIX: &str = "_GetWatchlist:";

impl Watchlists {
    /// Adds a watchlist, in place of one of the same alias.
    pub fn add(&mut self, alias: &str, key: Option<String>, file: PathBuf) {
        let watchlist = Watchlist {
            alias: alias.to_string(),
            key,
            file,
            source: OnceLock::new(),
        };
        self.0.insert(alias.to_lowercase(), watchlist);
    }

    /// The aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|watchlist| watchlist.alias.as_str())
    }

    /// Forgets what was read.
    pub fn refresh(&mut self) {
        for watchlist in self.0.values_mut() {
            watchlist.source = OnceLock::new();
        }
    }

    /// The data of the table that a watchlist's file is.
    pub fn source(
        &self,
        table: &str,
        options: &LoadOptions,
        report: &Arc<Report>,
    ) -> Option<Result<Arc<dyn DataSource>, Fault>> {
        let alias = table.strip_prefix(PREFIX)?;
        let watchlist = self.0.get(alias)?;
        Some(watchlist.source(options, report))
    }

    /// The function that a call of `_GetWatchlist` is, as KQL; none for an alias without a file.
    pub fn function(
        &self,
        alias: &str,
        options: &LoadOptions,
        report: &Arc<Report>,
    ) -> Result<Option<String>, Fault> {
        let lower = alias.to_lowercase();
        match self.0.get(&lower) {
            Some(watchlist) => watchlist.function(&lower, options, report).map(Some),
            None if OPTIONAL.iter().any(|own| own.eq_ignore_ascii_case(alias)) => {
                let columns = COLUMNS.map(|(name, ty)| format!("{name}: {ty}")).join(", ");
                Ok(Some(declared(&format!("datatable({columns}) []"))))
            }
            None => Ok(None),
        }
    }
}

fn declared(body: &str) -> String {
    format!("let _GetWatchlist = () {{ {body} }};")
}

/// A name as a query writes it.
fn bracketed(name: &str) -> String {
    format!("[{}]", quote(name))
}

impl Watchlist {
    fn source(
        &self,
        options: &LoadOptions,
        report: &Arc<Report>,
    ) -> Result<Arc<dyn DataSource>, Fault> {
        let open = || {
            let files = [Origin::from(self.file.clone())];
            let open = |known| open_table(&self.alias, &files, known, options, report);
            let plain = open(None)?;
            plain.complete()?;
            // Sentinel keeps all values as texts.
            let text = |column: Column| {
                let own = COLUMNS.iter().find(|(name, _)| **name == *column.name);
                let ty = own.map_or(Type::String, |(_, ty)| *ty);
                Column::new(column.name, ty)
            };
            open(Some(Known {
                schema: Schema::new(plain.schema().columns.into_iter().map(text).collect()),
                twins: false,
                named: None,
            }))
        };
        self.source.get_or_init(open).clone()
    }

    /// Its rows as a function's: what a workspace adds, and behind it the columns of the file.
    fn function(
        &self,
        lower: &str,
        options: &LoadOptions,
        report: &Arc<Report>,
    ) -> Result<String, Fault> {
        let columns = self.source(options, report)?.schema().columns;
        let has = |name: &str| columns.iter().any(|c| *c.name == *name);
        let own: Vec<&str> = columns
            .iter()
            .map(|c| &*c.name)
            .filter(|name| COLUMNS.iter().all(|(own, _)| own != name))
            .collect();
        let key = match &self.key {
            Some(key) if has(key) => Some(key.as_str()),
            Some(key) => {
                let message = format!(
                    "watchlist {} has no column `{key}` in {}",
                    self.alias,
                    self.file.display()
                );
                let help = format!("its columns: {}", own.join(", "));
                return Err(Fault::data(message).help(help));
            }
            None => own.first().copied(),
        };
        let item: Vec<String> = own
            .iter()
            .map(|name| format!("{}, {}", quote(name), bracketed(name)))
            .collect();
        let added = [
            format!(
                "strcat_delim('-', substring({0}, 0, 8), substring({0}, 8, 4), substring({0}, 12, 4), \
                 substring({0}, 16, 4), substring({0}, 20))",
                format!("hash_md5(strcat({}, '/', row_number()))", quote(lower))
            ),
            format!("datetime({})", temporal::datetime_text(self.changed())),
            key.map_or("''".to_string(), bracketed),
            format!("bag_pack({})", item.join(", ")),
        ];
        let mut body = format!("{} | serialize", bracketed(&format!("{PREFIX}{lower}")));
        for ((name, _), value) in COLUMNS.iter().zip(added) {
            if !has(name) || (*name == "SearchKey" && self.key.is_some()) {
                body.push_str(&format!(" | extend {name} = {value}"));
            }
        }
        let named = COLUMNS.iter().map(|(name, _)| (*name).to_string());
        let all: Vec<String> = named.chain(own.iter().map(|n| bracketed(n))).collect();
        body.push_str(&format!(" | project {}", all.join(", ")));
        Ok(declared(&body))
    }

    /// When its file was changed last.
    fn changed(&self) -> i64 {
        let changed = std::fs::metadata(&self.file).and_then(|m| m.modified());
        let since = changed.ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let ticks = since.and_then(|since| i64::try_from(since.as_nanos() / 100).ok());
        UNIX_EPOCH_TICKS + ticks.unwrap_or(0)
    }
}
