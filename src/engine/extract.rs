//! Columns cut out of a text: `parse`, `parse-where`, `parse-kv`.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};

use super::expression::Prepared;
use super::filler::Filler;
use super::pipeline::{Next, Step};
use super::rows::gather;
use crate::contract::{Batch, Fault, Flow, Problem};
use crate::functions::extract::{Cut, Extractor};
use crate::plan::extract::Pattern;
use crate::types::Type;

/// The step.
pub struct Extract {
    extractor: Extractor,
    source: Prepared,
    keep: Vec<usize>,
    /// Which of the pattern's columns are yielded, and their types.
    outputs: Vec<(usize, Type)>,
    matched: bool,
}

impl Extract {
    /// Prepares it; the pattern is compiled here.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn new(
        pattern: &Pattern,
        source: Prepared,
        keep: &[usize],
        outputs: &[usize],
        matched: bool,
    ) -> Result<Extract, Problem> {
        let types = pattern.types();
        let output = |i: &usize| (*i, types.get(*i).copied().unwrap_or(Type::Unknown));
        Ok(Extract {
            extractor: Extractor::new(pattern)?,
            source,
            keep: keep.to_vec(),
            outputs: outputs.iter().map(output).collect(),
            matched,
        })
    }
}

impl Step for Extract {
    fn push(&self, batch: Batch, next: &mut Next<'_>) -> Result<Flow, Fault> {
        let texts = self.source.column(&batch)?;
        let Some(texts) = texts.as_string_view_opt() else {
            return Err(Fault::internal("what is parsed is not a string"));
        };
        let mut columns: Vec<Filler> = self.outputs.iter().map(|o| Filler::new(o.1)).collect();
        let mut rows = Vec::new();
        for row in 0..batch.rows {
            let text = if texts.is_valid(row) {
                texts.value(row)
            } else {
                ""
            };
            let cut = self.extractor.cut(text);
            if self.matched {
                if cut.is_none() {
                    continue;
                }
                rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
            for (column, (index, _)) in columns.iter_mut().zip(&self.outputs) {
                match cut.as_ref().and_then(|c| c.get(*index)) {
                    Some(Cut::Text(text)) => column.text(text),
                    Some(Cut::Value(value)) => column.value(value),
                    None => column.null(),
                }
            }
        }
        let kept = self.keep.iter().map(|c| batch.columns.get(*c).cloned());
        let mut kept: Vec<ArrayRef> = kept.flatten().collect();
        let mut count = batch.rows;
        if self.matched && rows.len() < batch.rows {
            count = rows.len();
            kept = gather(&kept, &UInt32Array::from(rows))?;
        }
        if count == 0 {
            return Ok(Flow::More);
        }
        kept.extend(columns.iter_mut().map(Filler::finish));
        next(Batch {
            columns: kept,
            rows: count,
            position: batch.position,
        })
    }
}
