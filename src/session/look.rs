//! What a shell asks of a session: the columns at a place of a query, its mistakes, the last result.

use std::sync::Arc;

use super::causes::together;
use super::made::kept;
use super::{LAST, Now, Session, has_errors, refuses};
use crate::bind::{self, At, Names, NoData};
use crate::catalog::{self, StoredFunction};
use crate::contract::{Cancel, DataSource, Fault};
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Options, Table};
use crate::load::External;
use crate::plan::optimise;
use crate::source::Source;
use crate::syntax;
use crate::types::Schema;

impl Session {
    /// The data of a table; the last result is one.
    pub(super) fn table(&self, name: &str) -> Result<Option<Arc<dyn DataSource>>, Fault> {
        match &self.last {
            Some((last, _)) if name == LAST => Ok(Some(Arc::clone(last))),
            _ => self.catalog.source(name),
        }
    }

    /// Makes a table the last result; `now` is what `now()` was for it.
    pub fn set_last(&mut self, table: Table, now: i64) {
        self.last = Some((kept(table), now));
    }

    /// Forgets the last result.
    pub fn forget_last(&mut self) {
        self.last = None;
    }

    /// The columns of a table as far as they are known without reading.
    pub fn seen(&self, name: &str) -> Option<Schema> {
        match &self.last {
            Some((last, _)) if name == LAST => Some(last.schema()),
            _ => self.catalog.seen(name),
        }
    }

    /// Whether there is a last result.
    pub fn has_last(&self) -> bool {
        self.last.is_some()
    }

    /// A query's last result, by a run of its own that `cancel` ends; `None` when there is none by then.
    pub fn glance(&self, query: &str, cancel: Cancel) -> Option<Table> {
        let parsed = syntax::parse_text(query);
        if has_errors(&parsed.diagnostics) {
            return None;
        }
        let now = match (self.now, Now::clock()) {
            (Now::At(now), _) | (Now::Latest, Now::At(now)) => now,
            (Now::Latest, Now::Latest) => return None,
        };
        let context = self.context(now);
        let bound = self.bind(&parsed.query, None).ok()?;
        if bound.diagnostics.iter().any(refuses) {
            return None;
        }
        let mut plan = bound.plan;
        optimise::optimise(&mut plan, &context);
        let options = Options {
            cancel,
            ..self.options.clone()
        };
        engine::run(&plan, self, &context, &options).ok()?.pop()
    }

    /// The columns of a query's last result, as far as they can be told without running it. Tables that
    /// it names are opened.
    pub fn columns(&self, query: &str) -> Schema {
        let parsed = syntax::parse_text(query);
        let bound = self.bind(&parsed.query, None).ok();
        let last = bound.and_then(|mut bound| bound.plan.results.pop());
        last.map(|output| output.plan.schema).unwrap_or_default()
    }

    /// What is wrong with a text, by what is known without reading any file.
    pub fn mistakes(&self, source: &Source) -> Vec<Diagnostic> {
        let parsed = syntax::parse(source);
        let bound = bind::bind(&parsed.query, &Seen(self), &NoData, None, &self.parameters);
        together(source.text(), parsed.diagnostics, bound.diagnostics)
    }

    /// What is wrong with a text over the session's tables, which are opened.
    ///
    /// # Errors
    /// When a table cannot be opened.
    pub fn check(&self, source: &Source) -> Result<Vec<Diagnostic>, Fault> {
        let parsed = syntax::parse(source);
        if has_errors(&parsed.diagnostics) {
            return Ok(self.all_mistakes(source, &parsed));
        }
        let bound = self.bind(&parsed.query, None)?;
        Ok(together(
            source.text(),
            parsed.diagnostics,
            bound.diagnostics,
        ))
    }
}

/// The tables with data, as far as they were read before.
struct Seen<'a>(&'a Session);

impl Names for Seen<'_> {
    fn table(&self, name: &str) -> Option<Schema> {
        self.0.seen(name)
    }

    fn names(&self) -> Vec<String> {
        let names = self.0.catalog.names();
        names.map(ToString::to_string).collect()
    }

    fn is_published(&self, name: &str) -> bool {
        catalog::known(name).is_some()
    }

    fn external(&self, _: &str, _: &External) -> At {
        At::Unknown
    }

    fn function(&self, name: &str) -> Option<StoredFunction> {
        self.0.catalog.function(name).cloned()
    }
}
