//! Tables that a query makes while it is bound: files at addresses it names, and rows that had to be
//! computed before the rest of it could be understood.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::Session;
use crate::bind::{At, Learnt};
use crate::contract::{Batch, Cancel, Context, DataSource, Fault, Flow, Morsel, ScanRequest, Sink};
use crate::engine::{self, Table};
use crate::load::External;
use crate::plan::QueryPlan;
use crate::types::Schema;

/// Rows that weigh more are computed once more instead of being kept.
const KEPT_BYTES: usize = 64 << 20;

/// A file as it was opened for an address.
struct Opened {
    address: String,
    data: External,
    source: Arc<dyn DataSource>,
}

/// Such tables, by the names that plans have for them.
#[derive(Default)]
pub(super) struct Made {
    files: Mutex<Vec<Opened>>,
    rows: Mutex<BTreeMap<Arc<str>, Arc<dyn DataSource>>>,
    again: AtomicBool,
}

fn file_name(address: &str, index: usize) -> Arc<str> {
    format!("externaldata {index}: {address}").into()
}

impl Made {
    /// The table of this name.
    pub fn source(&self, name: &str) -> Option<Arc<dyn DataSource>> {
        if let Ok(rows) = self.rows.lock()
            && let Some(source) = rows.get(name)
        {
            return Some(Arc::clone(source));
        }
        let files = self.files.lock().ok()?;
        let mut numbered = files.iter().enumerate();
        let found = numbered.find(|(i, file)| *file_name(&file.address, *i) == *name);
        found.map(|(_, file)| Arc::clone(&file.source))
    }

    /// Says that a table has more columns than the query was bound with.
    pub fn bind_again(&self) {
        self.again.store(true, Ordering::Relaxed);
    }

    /// Whether that was said since the last time.
    pub fn is_to_bind_again(&self) -> bool {
        self.again.swap(false, Ordering::Relaxed)
    }

    /// Forgets rows that were kept for a query before.
    pub fn forget_rows(&self) {
        if let Ok(mut rows) = self.rows.lock() {
            rows.clear();
        }
    }

    /// The file that stands for an address.
    pub fn external(&self, session: &Session, address: &str, data: &External) -> Result<At, Fault> {
        // What follows a `;` is a secret, or says how to get one.
        let bare = address.split(';').next().unwrap_or(address);
        let map = &session.url_map;
        let Some(path) = map.get(address).or_else(|| map.get(bare)) else {
            return Ok(At::Nothing);
        };
        let Ok(mut files) = self.files.lock() else {
            return Ok(At::Nothing);
        };
        let known = files
            .iter()
            .position(|f| f.address == bare && f.data == *data);
        let index = match known {
            Some(index) => index,
            None => {
                let source =
                    data.open(path, session.catalog.options(), session.catalog.report())?;
                files.push(Opened {
                    address: bare.to_string(),
                    data: data.clone(),
                    source,
                });
                files.len() - 1
            }
        };
        let schema = files.get(index).map(|file| file.source.schema());
        Ok(At::Table(
            file_name(bare, index),
            schema.unwrap_or_default(),
        ))
    }

    /// Runs a plan; its rows are kept if they are few enough.
    pub fn rows(
        &self,
        session: &Session,
        context: &Context,
        query: &QueryPlan,
        sink: &mut (dyn FnMut(&Batch) + Send),
    ) -> Result<Learnt, Fault> {
        let Some(output) = query.results.first() else {
            return Ok(Learnt::Gone);
        };
        let options = &session.options;
        let shared = engine::run_shared(query, session, context, options)?;
        let mut kept = Some(Vec::new());
        let mut bytes = 0;
        let mut take = |batch: Batch| {
            sink(&batch);
            bytes += batch.bytes();
            match &mut kept {
                Some(batches) if bytes <= KEPT_BYTES => batches.push(batch),
                kept => *kept = None,
            }
            Ok(Flow::More)
        };
        engine::stream_plan(&output.plan, &shared, session, context, options, &mut take)?;
        let (Some(batches), Ok(mut rows)) = (kept, self.rows.lock()) else {
            return Ok(Learnt::Gone);
        };
        let name: Arc<str> = format!("rows {}", rows.len()).into();
        let schema = output.plan.schema.clone();
        rows.insert(name.clone(), Arc::new(Kept { schema, batches }));
        Ok(Learnt::Kept(name))
    }
}

/// A table in memory as a source.
pub(super) fn kept(table: Table) -> Arc<dyn DataSource> {
    let (schema, batches) = (table.schema, table.batches);
    Arc::new(Kept { schema, batches })
}

/// Rows in memory.
struct Kept {
    schema: Schema,
    batches: Vec<Batch>,
}

impl DataSource for Kept {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn morsels(&self, request: &ScanRequest) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        pieces(&self.batches, &request.columns)
    }

    fn latest(&self, _: usize) -> Result<Option<i64>, Fault> {
        Ok(None)
    }
}

/// These columns of rows in memory, a morsel per batch.
pub(super) fn pieces(batches: &[Batch], columns: &[usize]) -> Result<Vec<Box<dyn Morsel>>, Fault> {
    let lost = || Fault::internal("a scan asks for a column that kept rows lack");
    let pick = |batch: &Batch| {
        let columns = columns.iter().map(|i| batch.columns.get(*i));
        let columns: Option<Vec<_>> = columns.map(|c| c.cloned()).collect();
        let morsel: Box<dyn Morsel> = Box::new(Piece(Batch {
            columns: columns.ok_or_else(lost)?,
            rows: batch.rows,
            position: 0,
        }));
        Ok(morsel)
    };
    batches.iter().map(pick).collect()
}

struct Piece(Batch);

impl Morsel for Piece {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        cancel.check()?;
        sink(self.0.columns, self.0.rows).map(|_| ())
    }
}
