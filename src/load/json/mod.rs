//! JSON files: objects one per line, one after the other, or in an array.
//!
//! Lines are split at line ends into parts that are read side by side; everything else is read from
//! its beginning to its end.

mod record;
mod scan;
mod stream;
mod survey;
mod value;

use std::sync::{Arc, RwLock};

use crate::contract::{Fault, METER, Morsel};
use crate::load::input::DataFile;
use crate::load::shape::Rows;
use crate::load::source::{Ask, FileData, Found, Part};
use crate::load::{Known, LoadOptions};

pub(in crate::load) use record::MANY_KEYS;
pub(in crate::load) use survey::categories;
pub(in crate::load) use value::{Cell, Kind, blank, string_end, unescape, value};

/// How the objects stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One per line.
    Lines,
    /// One per line, in an array: every line has been looked at.
    ArrayLines,
    /// Over several lines, or several on a line, or in an array.
    Stream,
}

/// A JSON file.
pub(super) struct JsonFile {
    file: Arc<DataFile>,
    layout: Layout,
    /// What of its objects is a row.
    rows: Rows,
    options: LoadOptions,
    survey: RwLock<Survey>,
}

/// The columns found, and whether by reading all rows.
struct Survey {
    columns: Vec<Found>,
    complete: bool,
}

impl JsonFile {
    /// Recognises the layout and surveys every row, unless the columns are declared; of a large file
    /// of a known table only the beginning, if that has no columns but published ones.
    pub fn open_rows(
        file: Arc<DataFile>,
        rows: Rows,
        declared: Option<Vec<Found>>,
        options: &LoadOptions,
        known: Option<&Known>,
    ) -> Result<JsonFile, Fault> {
        let layout = survey::layout(&file)?;
        let mut json = JsonFile {
            file,
            layout,
            rows,
            options: options.clone(),
            survey: RwLock::new(Survey {
                columns: Vec::new(),
                complete: false,
            }),
        };
        if let Some(mut columns) = declared {
            // What has no type of its own gets one by its values.
            if columns.iter().any(|c| c.ty.is_none()) {
                let seen = survey::all(&json)?;
                for column in columns.iter_mut().filter(|c| c.ty.is_none()) {
                    let like = seen.iter().find(|s| s.name == column.name);
                    column.ty = like.and_then(|s| s.ty);
                }
            }
            json.store(columns, true);
            return Ok(json);
        }
        if layout == Layout::ArrayLines {
            // a line of an array is an object only if all lines are
            match survey::array_lines(&json)? {
                Some(columns) => {
                    json.store(columns, true);
                    return Ok(json);
                }
                None => json.layout = Layout::Stream,
            }
        }
        if let Some(known) = known
            && json.file.size > json.options.survey_bytes
        {
            let columns = survey::head(&json)?;
            if columns
                .iter()
                .all(|c| known.schema.index(&c.name).is_some())
            {
                json.store(columns, false);
                return Ok(json);
            }
        }
        json.finish()?;
        Ok(json)
    }

    fn store(&self, columns: Vec<Found>, complete: bool) {
        if let Ok(mut survey) = self.survey.write() {
            *survey = Survey { columns, complete };
        }
    }

    /// The parts of the file that are read side by side.
    fn parts(&self, size: u64) -> Vec<Part> {
        let (Layout::Lines | Layout::ArrayLines, Some(content)) = (self.layout, self.file.splits())
        else {
            return vec![Part {
                from: 0,
                end: u64::MAX,
            }];
        };
        (0..content.div_ceil(size))
            .map(|i| Part {
                from: i * size,
                end: ((i + 1) * size).min(content),
            })
            .collect()
    }
}

impl FileData for JsonFile {
    fn columns(&self) -> Vec<Found> {
        self.survey
            .read()
            .map(|s| s.columns.clone())
            .unwrap_or_default()
    }

    fn is_complete(&self) -> bool {
        self.survey.read().is_ok_and(|s| s.complete)
    }

    fn holds_json(&self) -> bool {
        self.columns().iter().any(|c| c.declared)
    }

    fn finish(&self) -> Result<(), Fault> {
        if !self.is_complete() {
            METER.expect(self.file.size);
            let columns = survey::all(self)?;
            self.store(columns, true);
        }
        Ok(())
    }

    fn morsels(&self, ask: &Ask<'_>) -> Result<Vec<Box<dyn Morsel>>, Fault> {
        METER.expect(self.file.size);
        let parts = self.parts(self.options.morsel_bytes);
        Ok(parts
            .into_iter()
            .map(|part| -> Box<dyn Morsel> {
                Box::new(scan::JsonMorsel {
                    file: Arc::clone(&self.file),
                    layout: self.layout,
                    rows: self.rows.clone(),
                    part,
                    wanted: Arc::clone(ask.wanted),
                    report: Arc::clone(ask.report),
                    scan: ask.scan,
                    options: self.options.clone(),
                })
            })
            .collect())
    }
}
