//! The tables a query can name: those of the data given, and what is published of all others.

mod asim;
mod declared;
mod find;
mod published;
mod service;
mod stored;
mod workspace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::contract::{DataSource, Fault, STOP};
use crate::load::{Known, LoadOptions, Origin, Report, open_table};
use crate::text::wildcard;
use crate::types::Schema;

pub use asim::{AsimParameter, asim_function, asim_names, asim_parameters, asim_schema};
pub use declared::{Declared, Product};
use published::published_spelling;
pub use published::{AS_OF, is_defender, known, published, published_names};
pub use service::{ServiceFunction, service_function};
use stored::Watchlists;
pub use stored::{Functions, StoredFunction, watchlist_schema};
pub use workspace::workspace_function;

/// The tables of a session.
pub struct Catalog {
    tables: BTreeMap<Arc<str>, Table>,
    options: LoadOptions,
    report: Arc<Report>,
    notes: Vec<String>,
    geoip: Option<PathBuf>,
    user_agents: Option<PathBuf>,
    functions: Functions,
    watchlists: Watchlists,
    declared: Declared,
}

/// A table with data: its files, opened when it is first named.
struct Table {
    files: Vec<Origin>,
    source: OnceLock<Result<Arc<dyn DataSource>, Fault>>,
}

impl Catalog {
    /// A catalog without data.
    pub fn new(options: LoadOptions) -> Catalog {
        Catalog {
            tables: BTreeMap::new(),
            report: Arc::new(Report::new(options.strict_data)),
            options,
            notes: Vec::new(),
            geoip: None,
            user_agents: None,
            functions: Functions::new(),
            watchlists: Watchlists::default(),
            declared: Declared::default(),
        }
    }

    /// A catalog of the data that `-d` arguments and `-t Name=GLOB` pairs name. Files are looked for
    /// now and read when their table is first named.
    ///
    /// # Errors
    /// When an argument names nothing, or a table could be two things.
    pub fn open(
        data: &[String],
        named: &[(String, String)],
        options: LoadOptions,
    ) -> Result<Catalog, Fault> {
        let mut catalog = Catalog::new(options);
        catalog.add(data, named)?;
        Ok(catalog)
    }

    /// Adds the tables that such arguments name, in place of those of the same names; tells which.
    ///
    /// # Errors
    /// As for [`Catalog::open`].
    pub fn add(
        &mut self,
        data: &[String],
        named: &[(String, String)],
    ) -> Result<Vec<Arc<str>>, Fault> {
        let mut search = find::Search::default();
        for (name, pattern) in named {
            search.named(name, pattern)?;
        }
        for argument in data {
            search.data(argument)?;
        }
        let mut names: Vec<Arc<str>> = Vec::new();
        for (name, files) in search.tables {
            let name: Arc<str> = name.into();
            let source = OnceLock::new();
            names.push(Arc::clone(&name));
            self.tables.insert(name, Table { files, source });
        }
        self.notes = search.notes;
        self.geoip = search.geoip.or(self.geoip.take());
        self.user_agents = search.user_agents.or(self.user_agents.take());
        for (alias, file) in search.watchlists {
            self.watchlists.add(&alias, None, file);
        }
        Ok(names)
    }

    /// Forgets what was read of files, so that they are looked at anew.
    pub fn refresh(&mut self) {
        for table in self.tables.values_mut().filter(|t| !t.files.is_empty()) {
            table.source = OnceLock::new();
        }
        self.watchlists.refresh();
    }

    /// Adds the file of a watchlist, whose `key` is the column to search by.
    pub fn add_watchlist(&mut self, alias: &str, key: Option<String>, file: PathBuf) {
        self.watchlists.add(alias, key, file);
    }

    /// The aliases of the watchlists.
    pub fn watchlists(&self) -> impl Iterator<Item = &str> {
        self.watchlists.names()
    }

    /// The declaration of a function whose rows are those of a watchlist; `None` for an alias without a file.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn watchlist(&self, alias: &str) -> Result<Option<String>, Fault> {
        self.watchlists.function(alias, &self.options, &self.report)
    }

    /// Declares columns of tables, whose types then hold for their data.
    pub fn declare(&mut self, declared: Declared) {
        self.declared = declared;
    }

    /// What is known of a table before its data is read: what was declared, else what is published.
    fn known(&self, name: &str) -> Option<Known> {
        let declared = self.declared.own(name).map(|schema| Known {
            schema: schema.clone(),
            twins: false,
            named: None,
        });
        declared.or_else(|| known(name))
    }

    /// Adds stored functions, in place of those of the same names.
    pub fn add_functions(&mut self, functions: Functions) {
        self.functions.extend(functions);
    }

    /// The stored functions.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The stored function of a name, else what every workspace has under it.
    pub fn function(&self, name: &str) -> Option<&StoredFunction> {
        self.functions
            .get(name)
            .or_else(|| workspace_function(name))
    }

    /// Adds a table, or replaces the one of this name.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, source: Arc<dyn DataSource>) {
        let table = Table {
            files: Vec::new(),
            source: OnceLock::from(Ok(source)),
        };
        self.tables.insert(name.into(), table);
    }

    /// Forgets a table; whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.tables.remove(name).is_some()
    }

    /// The names of the tables with data, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(|name| &**name)
    }

    /// Whether there is data for a table.
    pub fn contains(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    /// The files of a table, in order.
    pub fn files(&self, name: &str) -> &[Origin] {
        self.tables.get(name).map_or(&[], |table| &table.files)
    }

    /// The tables with data whose names match a pattern of text and `*`.
    pub fn matching<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = &'a str> {
        self.names().filter(|name| wildcard(pattern, name))
    }

    /// The data of a table; `None` if there is none of this name.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn source(&self, name: &str) -> Result<Option<Arc<dyn DataSource>>, Fault> {
        if let Some(source) = self.watchlists.source(name, &self.options, &self.report) {
            return source.map(Some);
        }
        let Some(table) = self.tables.get(name) else {
            return Ok(None);
        };
        let open = || {
            open_table(
                name,
                &table.files,
                self.known(name),
                &self.options,
                &self.report,
            )
        };
        if let Some(source) = table.source.get() {
            return source.clone().map(Some);
        }
        let opened = open();
        if opened.is_err() && STOP.is_asked() {
            // It may be opened another time.
            return opened.map(Some);
        }
        let source = table.source.get_or_init(|| opened);
        source.clone().map(Some)
    }

    /// Reads a table whose files have no more than so many bytes, so that its columns are known; what fails is told
    /// when the table is used.
    pub fn read_small(&self, name: &str, most: u64) {
        let Some(table) = self.tables.get(name) else {
            return;
        };
        let is_known = |source: &Arc<dyn DataSource>| !source.provisional();
        if table
            .source
            .get()
            .is_some_and(|s| s.as_ref().is_ok_and(is_known))
        {
            return;
        }
        let size = |file: &Origin| std::fs::metadata(file.path()).map_or(u64::MAX, |m| m.len());
        let sizes = table.files.iter().map(size);
        if sizes.fold(0, u64::saturating_add) <= most
            && let Ok(Some(source)) = self.source(name)
        {
            let _ = source.complete();
        }
    }

    /// The columns of a table with data as far as they are known without reading: an open schema, unless
    /// the table was read before.
    pub fn seen(&self, name: &str) -> Option<Schema> {
        let table = self.tables.get(name)?;
        let read = match table.source.get() {
            Some(Ok(source)) => Some((source.schema(), source.provisional())),
            _ => None,
        };
        let (schema, open) = match read {
            Some(read) => read,
            None => (self.known(name).map(|k| k.schema).unwrap_or_default(), true),
        };
        Some(Schema {
            open: schema.open || open,
            ..schema
        })
    }

    /// The columns of a table: those of its data, else the published ones.
    ///
    /// # Errors
    /// As for [`Catalog::source`].
    pub fn schema(&self, name: &str) -> Result<Option<Schema>, Fault> {
        Ok(match self.source(name)? {
            Some(source) => Some(source.schema()),
            None => self.known(name).map(|known| known.schema),
        })
    }

    /// What reading the data found wrong.
    pub fn report(&self) -> &Arc<Report> {
        &self.report
    }

    /// How its data is read.
    pub fn options(&self) -> &LoadOptions {
        &self.options
    }

    /// What was left alone when the data was looked for.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Patterns of user agents that lie in a data folder.
    pub fn user_agents(&self) -> Option<&Path> {
        self.user_agents.as_deref()
    }

    /// A GeoIP database that lies in a data folder.
    pub fn geoip(&self) -> Option<&Path> {
        self.geoip.as_deref()
    }
}
