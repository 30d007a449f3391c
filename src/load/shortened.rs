//! A file without its last record.

use arrow::array::{Array, ArrayRef};

use super::source::{Ask, FileData, Found};
use crate::contract::{Cancel, Fault, Flow, Morsel, Sink};

/// A file whose last record is no row.
pub(super) struct Shortened(pub Box<dyn FileData>);

impl FileData for Shortened {
    fn columns(&self) -> Vec<Found> {
        self.0.columns()
    }

    fn is_complete(&self) -> bool {
        self.0.is_complete()
    }

    fn finish(&self) -> Result<(), Fault> {
        self.0.finish()
    }

    fn holds_json(&self) -> bool {
        self.0.holds_json()
    }

    fn is_text(&self) -> bool {
        self.0.is_text()
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        // With rows left out, another one would be the last.
        let all = Ask { tests: &[], ..*ask };
        let morsels = self.0.morsels(&all)?;
        Ok(vec![Box::new(AllButLast(morsels))])
    }
}

/// All rows of some morsels but the last.
struct AllButLast(Vec<Box<dyn Morsel>>);

impl Morsel for AllButLast {
    fn read(self: Box<Self>, cancel: &Cancel, sink: &mut Sink<'_>) -> Result<(), Fault> {
        // A batch is given when there is a row behind it.
        let mut held: Option<(Vec<ArrayRef>, usize)> = None;
        let mut flow = Flow::More;
        for morsel in self.0 {
            if flow == Flow::Enough {
                return Ok(());
            }
            morsel.read(cancel, &mut |columns, rows| {
                if rows > 0
                    && let Some((columns, rows)) = held.replace((columns, rows))
                {
                    flow = sink(columns, rows)?;
                }
                Ok(flow)
            })?;
        }
        match held {
            Some((columns, rows)) if rows > 1 && flow == Flow::More => {
                let kept = columns.iter().map(|c| c.slice(0, rows - 1)).collect();
                sink(kept, rows - 1).map(drop)
            }
            _ => Ok(()),
        }
    }
}
