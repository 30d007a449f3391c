//! Reads the columns a query needs out of a part of a JSON file.

use std::ops::Range;
use std::sync::Arc;

use super::Layout;
use super::record::Keys;
use super::stream::{self, Consumer};
use super::value::{Cell, Kind};
use crate::contract::{Cancel, Fault, Flow, Morsel, Sink};
use crate::load::cells::{CellBuilder, sample};
use crate::load::input::DataFile;
use crate::load::report::{Place, Tally};
use crate::load::shape::Rows;
use crate::load::source::{Part, Wanted};
use crate::load::{LoadOptions, Report};

/// A part of a JSON file.
pub(super) struct JsonMorsel {
    pub file: Arc<DataFile>,
    pub layout: Layout,
    pub rows: Rows,
    pub part: Part,
    pub wanted: Arc<[Wanted]>,
    pub report: Arc<Report>,
    pub scan: usize,
    pub options: LoadOptions,
}

impl Morsel for JsonMorsel {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let mut keys = Keys::new();
        let mut slots = Vec::new();
        for (slot, wanted) in self.wanted.iter().enumerate() {
            let key = keys.intern(&wanted.name) as usize;
            if slots.len() <= key {
                slots.resize(key + 1, NONE);
            }
            slots[key] = slot;
        }
        let batch = self.options.batch_rows;
        let mut rows = Gathered {
            slots,
            cells: vec![ABSENT; self.wanted.len()],
            builders: self.wanted.iter().map(|w| w.builder(batch)).collect(),
            wanted: &self.wanted,
            tally: Tally::new(&self.report, &self.file, self.scan),
            count: 0,
            batch,
            cancel,
            sink,
            flow: Flow::More,
        };
        stream::read_rows(
            (&self.file, self.layout, &self.rows),
            self.part,
            &self.options,
            &mut keys,
            &mut rows,
        )?;
        rows.finish()
    }
}

const NONE: usize = usize::MAX;
const ABSENT: Cell = Cell {
    kind: Kind::Null,
    start: 0,
    end: 0,
};

/// Rows being gathered into batches.
struct Gathered<'a, 's> {
    /// Index into `cells` for each key's number, or [`NONE`].
    slots: Vec<usize>,
    /// The cells of the row at hand; a key given twice counts as given last.
    cells: Vec<Cell>,
    builders: Vec<CellBuilder>,
    wanted: &'a [Wanted],
    tally: Tally,
    count: usize,
    batch: usize,
    cancel: &'a Cancel,
    sink: &'a mut Sink<'s>,
    flow: Flow,
}

impl Gathered<'_, '_> {
    fn finish(mut self) -> Result<(), Fault> {
        if self.count > 0 && self.flow == Flow::More {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<Flow, Fault> {
        self.cancel.check()?;
        let columns = self.builders.iter_mut().map(CellBuilder::finish).collect();
        self.flow = (self.sink)(columns, std::mem::take(&mut self.count))?;
        Ok(self.flow)
    }
}

impl Consumer for Gathered<'_, '_> {
    #[inline]
    fn cell(&mut self, key: u32, cell: Cell) {
        if let Some(slot) = self.slots.get(key as usize)
            && let Some(place) = self.cells.get_mut(*slot)
        {
            *place = cell;
        }
    }

    #[inline]
    fn row(&mut self, b: &[u8], _: Range<usize>, place: u64) -> Result<Flow, Fault> {
        for (i, (builder, cell)) in self.builders.iter_mut().zip(&mut self.cells).enumerate() {
            let cell = std::mem::replace(cell, ABSENT);
            if !builder.json(b, cell) {
                let (name, ty) = (&self.wanted[i].name, builder.ty());
                self.tally.misfit(Place::Byte(place), name, ty, || {
                    sample(&String::from_utf8_lossy(&b[cell.start..cell.end]))
                })?;
            }
        }
        self.count += 1;
        if self.count < self.batch {
            return Ok(Flow::More);
        }
        self.hand_over()
    }

    fn discard(&mut self) {
        self.cells.fill(ABSENT);
    }

    fn broken(&mut self, place: u64, why: &str) -> Result<(), Fault> {
        self.tally.broken(Place::Byte(place), why)
    }

    fn check(&mut self) -> Result<(), Fault> {
        self.cancel.check()
    }
}
