//! What completion learns from data: the values of a column that has few, the keys of a dynamic one. A glance at
//! the first rows, ended by a deadline.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use crate::contract::Cancel;
use crate::engine::Table;
use crate::session::Session;
use crate::types::{Value, arrays};

/// Time that a glance may take.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Rows looked at.
const ROWS: usize = 20_000;
/// Values up to which a column is one of a few values.
const FEW: usize = 60;
/// Glances remembered.
const REMEMBERED: usize = 50;

/// Glances, and what they showed.
#[derive(Default)]
pub struct Glances(RefCell<Vec<(String, Vec<String>)>>);

impl Glances {
    /// Forgets them all: the data is another.
    pub fn forget(&self) {
        self.0.borrow_mut().clear();
    }

    /// The values of a text column in the first rows of a query, the most frequent first; none if there are many.
    pub(super) fn values(&self, session: &Session, query: &str, column: &str) -> Vec<String> {
        self.first(session, query, |rows| {
            format!(
                "{rows} | take {ROWS} | where isnotempty({column}) \
                 | summarize n_ = count() by v_ = tostring({column}) | sort by n_ desc, v_ asc \
                 | project v_ | take {}",
                FEW + 1
            )
        })
    }

    /// The keys of a dynamic value in the first rows of a query.
    pub(super) fn keys(&self, session: &Session, query: &str, value: &str) -> Vec<String> {
        self.first(session, query, |rows| {
            format!(
                "{rows} | take {ROWS} | project v_ = bag_keys(todynamic({value})) \
                 | mv-expand v_ to typeof(string) | summarize n_ = count() by v_ \
                 | sort by n_ desc, v_ asc | project v_ | take {}",
                4 * FEW
            )
        })
    }

    /// What a glance at a query's rows shows, or if it shows nothing, one at the table it starts with.
    fn first(
        &self,
        session: &Session,
        query: &str,
        glance: impl Fn(&str) -> String,
    ) -> Vec<String> {
        let found = self.look(session, &glance(query));
        if !found.is_empty() {
            return found;
        }
        let last = query.rsplit(";\n").next().unwrap_or(query);
        let table = last.split(['|', '\n']).next().unwrap_or("").trim();
        match session.catalog.contains(table) {
            true => self.look(session, &glance(table)),
            false => found,
        }
    }

    fn look(&self, session: &Session, query: &str) -> Vec<String> {
        let known = self.0.borrow();
        if let Some((_, values)) = known.iter().find(|(q, _)| q == query) {
            return values.clone();
        }
        drop(known);
        let cancel = Cancel::at(Instant::now().checked_add(PATIENCE));
        let table = session.glance(query, cancel);
        let mut values = table.as_ref().map(texts).unwrap_or_default();
        if values.len() > 4 * FEW - 1 || query.contains("tostring(") && values.len() > FEW {
            values.clear();
        }
        let mut known = self.0.borrow_mut();
        if known.len() >= REMEMBERED {
            known.remove(0);
        }
        known.push((query.to_string(), values.clone()));
        values
    }
}

/// The texts of a table's first column.
fn texts(table: &Table) -> Vec<String> {
    let Some(ty) = table.schema.columns.first().map(|c| c.ty) else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    for batch in &table.batches {
        let Some(column) = batch.columns.first() else {
            continue;
        };
        for row in 0..batch.rows {
            if let Value::String(text) = arrays::value(&**column, ty, row) {
                texts.push(text.to_string());
            }
        }
    }
    texts
}
