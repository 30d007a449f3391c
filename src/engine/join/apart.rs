//! A join whose right side does not fit in memory: both sides go to temporary files, parted by key, and are joined part
//! by part. Each part's rows come out in order, so the parts are merged as sorted runs.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::BooleanBuffer;

use super::{Build, Firsts, Side, columns, probe, types};
use crate::contract::{Batch, Fault, Flow};
use crate::engine::expression::Prepared;
use crate::engine::keys::KeyHasher;
use crate::engine::pipeline::{Pipeline, Step};
use crate::engine::rows::{stream, weight};
use crate::engine::spill::{self, Key, Parts, SpillFile, SpillReader, merged, places};
use crate::engine::{Held, Run, steps};
use crate::plan::JoinKind;
use crate::types::{Column, Schema, Type};

/// A side's rows: in memory, or apart.
pub enum Rows<'a> {
    /// They fit.
    Held(Vec<Batch>, Held<'a>),
    /// They do not.
    Apart(Apart<'a>),
}

/// A side's rows in files by part of their keys, each row with its place behind its columns.
pub struct Apart<'a> {
    keys: &'a [Prepared],
    /// The rows' columns, and their place.
    pub schema: Schema,
    /// The files.
    pub parts: Parts<'a>,
}

/// A pipeline's rows.
///
/// # Errors
/// As the pipeline's, the keys', and when they cannot be written.
pub fn rows<'a>(
    run: &'a Run<'_>,
    pipeline: Pipeline,
    schema: &Schema,
    keys: &'a [Prepared],
) -> Result<Rows<'a>, Fault> {
    let mut rows = Rows::Held(Vec::new(), run.held());
    stream(run, pipeline, None, &mut |batch| {
        if let Rows::Held(batches, held) = &mut rows {
            if held.add(weight(&batch)).is_ok() && !run.options.budget.is_crowded() {
                batches.push(batch);
                return Ok(Flow::More);
            }
            let hasher = Arc::new(KeyHasher::new(&types(keys)));
            let mut apart = Apart::new(run, schema, keys, hasher);
            batches.iter().try_for_each(|b| apart.add(b))?;
            rows = Rows::Apart(apart);
        }
        if let Rows::Apart(apart) = &mut rows {
            apart.add(&batch)?;
        }
        Ok(Flow::More)
    })?;
    Ok(rows)
}

impl<'a> Apart<'a> {
    fn new(
        run: &'a Run<'_>,
        schema: &Schema,
        keys: &'a [Prepared],
        hasher: Arc<KeyHasher>,
    ) -> Apart<'a> {
        let mut schema = schema.clone();
        schema.columns.push(Column::new("", Type::Long));
        Apart {
            keys,
            parts: Parts::new(run, spill::types(&schema), hasher),
            schema,
        }
    }

    /// All rows of a pipeline.
    ///
    /// # Errors
    /// As the pipeline's, the keys', and when they cannot be written.
    pub fn all(
        run: &'a Run<'_>,
        pipeline: Pipeline,
        schema: &Schema,
        keys: &'a [Prepared],
        hasher: Arc<KeyHasher>,
    ) -> Result<Apart<'a>, Fault> {
        let mut apart = Apart::new(run, schema, keys, hasher);
        stream(run, pipeline, None, &mut |batch| {
            apart.add(&batch)?;
            Ok(Flow::More)
        })?;
        Ok(apart)
    }

    fn add(&mut self, batch: &Batch) -> Result<(), Fault> {
        let mut all = batch.columns.clone();
        all.push(places((0..batch.rows as u64).map(|i| batch.position + i)));
        let keys = columns(self.keys, batch)?;
        self.parts.add(&keys, &all, batch.rows)
    }
}

/// The rows of a join of a kind that pairs rows.
///
/// # Errors
/// As the left side's, and on limits: one part of the right side has to fit.
pub fn join(
    run: &Run<'_>,
    kind: JoinKind,
    left: Side<'_>,
    left_keys: Arc<[Prepared]>,
    right: Apart<'_>,
) -> Result<Pipeline, Fault> {
    let hasher = right.parts.hasher();
    let left = Apart::all(run, left.pipeline, left.schema, &left_keys, hasher)?;
    let join = Join {
        run,
        kind,
        left: &left.schema,
        left_keys: &left_keys,
        right: &right.schema,
        right_keys: right.keys,
    };
    let mut runs = Vec::new();
    for (left, right) in left.parts.files.into_iter().zip(right.parts.files) {
        if left.is_some() || right.is_some() {
            let left = left.map(SpillFile::finish).transpose()?;
            let right = right.map(SpillFile::finish).transpose()?;
            runs.push(join.part(left, right)?);
        }
    }
    let width = join.left.len() + join.right.len() - 2;
    // Right rows without a match have no place on the left, and come last.
    let keys = vec![Key::place(width, false), Key::place(width + 1, true)];
    merged(run, runs, keys, width, usize::MAX)
}

struct Join<'a> {
    run: &'a Run<'a>,
    kind: JoinKind,
    /// Both with the rows' places as their last column.
    left: &'a Schema,
    left_keys: &'a Arc<[Prepared]>,
    right: &'a Schema,
    right_keys: &'a [Prepared],
}

impl Join<'_> {
    /// Joins one part of both sides into a sorted run.
    fn part(
        &self,
        left: Option<SpillReader>,
        right: Option<SpillReader>,
    ) -> Result<SpillReader, Fault> {
        let (run, kind) = (self.run, self.kind);
        let mut held = run.held();
        let mut batches = Vec::new();
        if let Some(mut right) = right {
            while let Some(batch) = right.next_batch()? {
                held.add(weight(&batch))?;
                batches.push(batch);
            }
        }
        let build = Arc::new(Build::new(run, batches, held, self.right, self.right_keys)?);
        let mut out = self.output()?;
        let mut write = |batch: Batch| {
            out.write(&self.arranged(batch.columns), batch.rows)?;
            Ok(Flow::More)
        };
        if let Some(mut left) = left {
            let outer = matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter);
            let probe = probe(run, Arc::clone(&build), Arc::clone(self.left_keys), outer);
            let mut seen = vec![false; build.keys.len()];
            while let Some(batch) = left.next_batch()? {
                run.options.cancel.check()?;
                let batch = match kind {
                    JoinKind::InnerUnique => self.firsts(&build, &mut seen, batch)?,
                    _ => Some(batch),
                };
                if let Some(batch) = batch {
                    probe.push(batch, &mut write)?;
                }
            }
        }
        if matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter) {
            let types: Vec<Type> = self.left.columns.iter().map(|c| c.ty).collect();
            for batch in build.unmatched(&types, run.options.batch_rows)? {
                write(batch)?;
            }
        }
        out.finish()
    }

    /// The rows of a batch that are the first of their keys.
    fn firsts(
        &self,
        build: &Build,
        seen: &mut [bool],
        batch: Batch,
    ) -> Result<Option<Batch>, Fault> {
        let numbers = build
            .keys
            .find(&columns(self.left_keys, &batch)?, batch.rows)?;
        steps::keep(batch, BooleanBuffer::from(Firsts::fresh(seen, &numbers)))
    }

    /// A file for joined rows: both sides' columns, then both sides' places.
    fn output(&self) -> Result<SpillFile, Fault> {
        let mut schema = Schema::default();
        let sides = [self.left, self.right];
        let own = sides.iter().flat_map(|s| &s.columns[..s.len() - 1]);
        schema.columns.extend(own.cloned());
        schema
            .columns
            .extend([Column::new("", Type::Long), Column::new("", Type::Long)]);
        self.run.spill_file(&spill::types(&schema))
    }

    /// Joined columns with the places at the end.
    fn arranged(&self, mut columns: Vec<ArrayRef>) -> Vec<ArrayRef> {
        let left = columns.remove(self.left.len() - 1);
        let right = columns.pop();
        columns.push(left);
        columns.extend(right);
        columns
    }
}
